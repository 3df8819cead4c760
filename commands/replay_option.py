"""The replay line that `--replay` names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from game.session.replay import ReplayTarget

STDIN = "-"  # lines may be longer than the arguments of a process


def read_replay(option: str) -> ReplayTarget:
    """Read a replay line, from standard input for '-'. Raises as `read_line` does."""
    from game.session.replay import MOST_LINE, read_line

    if option == STDIN:
        option = sys.stdin.buffer.read(MOST_LINE + 1).decode(errors="replace")
    return read_line(option)

"""Notices: messages over a screen."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Notice(NamedTuple):
    """A message over the screen.

    A transient notice disappears by itself and lets keys through. Any other notice stays until a
    key or a click dismisses it. Where `edits` is a level file with errors, only Enter, Esc, Space or
    a click does, so that a person who is playing reads it, and Ctrl E opens the editor on the file.
    `cells` are the (row, column) of errors on the board, which are marked there.
    """

    heading: str
    text: str
    transient: bool = False
    edits: Path | None = None
    cells: tuple[tuple[int, int], ...] = ()

"""A level for the board, from any text: what can be read of it, without checks.

A text that is being edited often has problems, such as no goal yet. The board shows it all the
same.
"""

from __future__ import annotations

import contextlib
from typing import Any

from game.text.header import AUTO, HEADER
from game.text.level import ENDS_BOXES, Level
from game.text.source_map import SourceMap
from game.text.tiles import BY_CHAR, FLOOR
from game.text.values import Fault

UNREAD = ("dialect", "candidates")  # keys that make no difference to the picture
EMPTY = (FLOOR,)  # the rows of a text without a map


def drawable(source: SourceMap) -> Level:
    """Return the level of a text as far as it can be read; unknown tiles are floor."""
    settings: dict[str, Any] = {}
    for entry in source.entries:
        if entry.key not in UNREAD:
            with contextlib.suppress(Fault):
                found = HEADER[entry.key].read(entry.parts.value)
                settings = HEADER[entry.key].join(settings, found)
    if settings.get("step_reward") == AUTO:
        del settings["step_reward"]
    if source.is_puzzle:
        settings.setdefault("ends", ENDS_BOXES)
    known = {*BY_CHAR, *(one.char for one in settings.get("legend", ()))}
    unknown = {ord(char): FLOOR for char in {*"".join(source.board)} - known}
    rows = tuple(row.translate(unknown) for row in source.board) if source.width else EMPTY
    return Level(rows, **settings)


def unknown_cells(source: SourceMap, level: Level) -> list[tuple[int, int]]:
    """Return the cells (row, column) whose character is none of the level's tiles."""
    known = {*BY_CHAR, *(one.char for one in level.legend)}
    if {*"".join(source.board)} <= known:
        return []
    return [
        (r, c)
        for r, row in enumerate(source.board)
        for c, char in enumerate(row)
        if char not in known
    ]

"""The symmetric variants of a level: mirrored and rotated maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from game.text.header import HEADER, Words
from game.text.level import MIRROR, ROTATE, Cell, Level
from game.text.tiles import ARROWS

MIRRORED = "mirrored"  # how the names of mirrored variants begin
_MIRROR: Words = {"left": "right", "right": "left"}
_QUARTER: Words = {  # clockwise; x and y are the axes of patrols
    "up": "right",
    "right": "down",
    "down": "left",
    "left": "up",
    "x": "y",
    "y": "x",
}


def mirrored(level: Level) -> Level:
    """The level with left and right swapped; opponents still set out to the right, or down."""
    rows = tuple(row[::-1] for row in level.rows)
    return _turned(level, rows, _MIRROR, lambda row, column: (row, level.width - 1 - column))


def rotated(level: Level) -> Level:
    """The level turned clockwise by a quarter; opponents still set out to the right, or down."""
    rows = tuple("".join(column[::-1]) for column in zip(*level.rows))
    return _turned(level, rows, _QUARTER, lambda row, column: (column, level.height - 1 - row))


def _turned(
    level: Level, rows: tuple[str, ...], words: Words, place: Callable[[int, int], Cell]
) -> Level:
    """The level with other rows, and with all its directions replaced as `words` say.

    `place` gives the new place of a cell.
    """
    arrows = str.maketrans({ARROWS[a]: ARROWS[b] for a, b in words.items() if a in ARROWS})
    changed = {n: value for key in HEADER.values() for n, value in key.turn(level, words).items()}
    return replace(
        level,
        **changed,
        rows=tuple(row.translate(arrows) for row in rows),
        candidates=tuple(sorted(place(*cell) for cell in level.candidates)),
        shown=level.shown and _turned(level.shown, rows, words, place),
    )


def variants(level: Level) -> list[tuple[str, Level]]:
    """The symmetric variants that `vary` allows, each with a name, the level itself first."""
    found = [("", level)]
    if MIRROR in level.vary:
        found.append((MIRRORED, mirrored(level)))
    if ROTATE in level.vary:
        for name, variant in list(found):
            for quarter in (90, 180, 270):
                variant = rotated(variant)
                found.append((f"{name} turned {quarter}".strip(), variant))
    return found

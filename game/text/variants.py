"""The symmetric variants of a level: mirrored and rotated maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from game.text.header import HEADER, Words
from game.text.legend import turn_kind
from game.text.level import MIRROR, ROTATE, Cell, Level
from game.text.tiles import ARROWS, PATROL
from game.text.values import Value

MIRRORED = "mirrored"  # how the names of mirrored variants begin
LEFT_RIGHT: Words = {"left": "right", "right": "left"}
UP_DOWN: Words = {"up": "down", "down": "up"}
QUARTER: Words = {  # clockwise; x and y are the axes of patrols
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
    return _turned(level, rows, LEFT_RIGHT, lambda row, column: (row, level.width - 1 - column))


def rotated(level: Level) -> Level:
    """The level turned clockwise by a quarter; opponents still set out to the right, or down."""
    rows = tuple("".join(column[::-1]) for column in zip(*level.rows))
    return _turned(level, rows, QUARTER, lambda row, column: (column, level.height - 1 - row))


def _turned(
    level: Level, rows: tuple[str, ...], words: Words, place: Callable[[int, int], Cell]
) -> Level:
    """The level with other rows, and with all its directions replaced as `words` say.

    `place` gives the new place of a cell.
    """
    arrows = str.maketrans(turned_arrows(words))
    changed = {n: value for key in HEADER.values() for n, value in key.turn(level, words).items()}
    return replace(
        level,
        **changed,
        rows=tuple(row.translate(arrows) for row in rows),
        candidates=tuple(sorted(place(*cell) for cell in level.candidates)),
        shown=level.shown and _turned(level.shown, rows, words, place),
    )


def turned_arrows(words: Words) -> dict[str, str]:
    """Return the one-way tiles by those that they replace when directions change as `words` say."""
    return {ARROWS[a]: ARROWS[b] for a, b in words.items() if a in ARROWS}


def turned_characters(level: Level, words: Words) -> dict[str, str]:
    """Return the characters by those that they replace when a part of a level's map is turned.

    They are the one-way tiles, and those characters of the legend, and patrols, for which another
    character of the level is the same turned. All others stay as they are.
    """
    turned = turned_arrows(words)
    axes = {one.char: _patrol(level, one.char) for one in level.legend} | {
        PATROL: _patrol(level, PATROL)
    }
    for one in level.legend:
        if one.tile in turned:
            twins = [other.char for other in level.legend if other.tile == turned[one.tile]]
            turned[one.char] = next(iter(twins), turned[one.tile])
    for char, (tile, kind, pace) in axes.items():
        wanted = (tile, turn_kind(kind, words), pace)
        if tile == PATROL and wanted != axes[char]:
            turned[char] = next((c for c, axis in axes.items() if axis == wanted), char)
    return turned


def _patrol(level: Level, char: str) -> tuple[str, Value, Value]:
    """The tile of a character, and the axis and pace of a patrol."""
    if level.tile(char) != PATROL:
        return level.tile(char), 0.0, 0.0
    return PATROL, level.setting(f"{char} kind"), level.setting(f"{char} every")


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

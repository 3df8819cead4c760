"""Run-length encoding of Sokoban maps: `4#` is `####`, `2(#-)` is `#-#-`, `|` ends a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from game.text.values import Fault

DIGITS = "0123456789"
MARKS = f"{DIGITS}()|"
MOST_REPEATS = 256  # of a tile or a row: as many as a map may have
MOST_TILES = 1 << 17  # of an encoded map: twice those of the largest one
MOST_NESTED = 8  # parentheses within each other
_TOKEN = re.compile(r"([0-9]*)([^0-9]|$)")
_SMALLER = f"use at most {MOST_REPEATS} rows and columns"
TAB = 8  # columns from one tab stop to the next

Tiles = list[tuple[str, int]]  # characters, each with its column in the line, from 1


def plain_row(line: str) -> Tiles:
    """The tiles of a row that is not encoded; a tab leads to the next tab stop."""
    tiles: Tiles = []
    for column, char in enumerate(line, 1):
        tiles += [(" ", column)] * (TAB - len(tiles) % TAB) if char == "\t" else [(char, column)]
    return tiles


def encoded_rows(line: str, most: int = MOST_TILES) -> list[Tiles]:
    """The rows of a line that is encoded, with up to `most` tiles in total.

    Raises Fault before anything large is made.
    """
    groups: list[Tiles] = [[]]
    opened: list[tuple[int, int]] = []  # column and number of repeats of each open parenthesis
    for token in _TOKEN.finditer(line):
        digits, char = token.groups()
        column, times = token.start(2) + 1, _repeats(digits, token.start())
        if digits and not char:
            raise Fault("a number at the end of a row", "write the tile behind it", token.start())
        if not char:
            break
        if char == "(":
            if len(opened) == MOST_NESTED:
                what = f"over {MOST_NESTED} parentheses within each other"
                raise Fault(what, "write the row without some of them", column - 1)
            opened.append((column, times))
            groups.append([])
            continue
        repeated: Tiles = [(" " if char == "\t" else char, column)]
        if char == ")":
            if not opened:
                raise Fault("')' without '('", "remove it", column - 1)
            column, times = opened.pop()
            repeated = groups.pop()
        if len(groups[-1]) + len(repeated) * times > most:
            raise Fault("too many tiles", _SMALLER, column - 1)
        groups[-1] += repeated * times
    if opened:
        raise Fault("'(' without ')'", "close it", opened[-1][0] - 1)
    return _divided(groups[0])


def _repeats(digits: str, at: int) -> int:
    """The number that a run of digits stands for. Raises Fault where no map has so many."""
    if not digits:
        return 1
    if len(digits) > 9 or not 1 <= int(digits) <= MOST_REPEATS:
        shown = digits if len(digits) <= 9 else f"{digits[:9]}..."
        raise Fault(f"{shown} repeats", f"use 1 to {MOST_REPEATS}", at)
    return int(digits)


def _divided(tiles: Sequence[tuple[str, int]]) -> list[Tiles]:
    """The rows between `|`; one at the end of the line ends the last row."""
    rows: list[Tiles] = [[]]
    for tile in tiles:
        if tile[0] == "|":
            rows.append([])
        else:
            rows[-1].append(tile)
    return rows[:-1] if not rows[-1] else rows

"""Run-length encoding of Sokoban maps: `4#` is `####`, `2(#-)` is `#-#-`, `|` ends a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Run:
    """A part of a line: a tile or a group of parts, and how often it is repeated.

    `text` is the part as it is written, and `one` a single repeat of it. `column` is that of the
    tile, from 1. `size` is the number of tiles, with `|`.
    """

    text: str
    one: str
    column: int
    times: int
    size: int
    group: tuple[Run, ...] | None = None  # None: a tile


def plain_runs(line: str) -> list[Run]:
    """The parts of a row that is not encoded; a tab is a group of blanks to the next tab stop."""
    runs: list[Run] = []
    at = 0
    for column, char in enumerate(line, 1):
        size = TAB - at % TAB if char == "\t" else 1
        blank = Run(" ", " ", column, 1, 1)
        runs.append(Run(char, char, column, 1, size, (blank,) * size if char == "\t" else None))
        at += size
    return runs


def encoded_runs(line: str, most: int = MOST_TILES) -> list[Run]:
    """The parts of a line that is encoded, with up to `most` tiles in total.

    Raises Fault before anything large is made.
    """
    groups: list[list[Run]] = [[]]
    sizes = [0]
    opened: list[tuple[int, int, int]] = []  # begin, column and repeats of each open parenthesis
    for token in _TOKEN.finditer(line):
        digits, char = token.groups()
        begin, column, times = token.start(), token.start(2) + 1, _repeats(digits, token.start())
        if digits and not char:
            raise Fault("a number at the end of a row", "write the tile behind it", begin)
        if not char:
            break
        if char == "(":
            if len(opened) == MOST_NESTED:
                what = f"over {MOST_NESTED} parentheses within each other"
                raise Fault(what, "write the row without some of them", column - 1)
            opened.append((begin, column, times))
            groups.append([])
            sizes.append(0)
            continue
        size, group = times, None
        if char == ")":
            if not opened:
                raise Fault("')' without '('", "remove it", column - 1)
            begin, column, times = opened.pop()
            size, group = times * sizes.pop(), tuple(groups.pop())
        sizes[-1] += size
        if sizes[-1] > most:
            raise Fault("too many tiles", _SMALLER, column - 1)
        text, one = line[begin : token.end()], line[column - 1 : token.end()]
        groups[-1].append(Run(text, one, column, times, size, group))
    if opened:
        raise Fault("'(' without ')'", "close it", opened[-1][1] - 1)
    return groups[0]


def tiles_of(runs: Iterable[Run]) -> Tiles:
    """The tiles of the parts of a line, with `|`; a tab is a blank."""
    tiles: Tiles = []
    for run in runs:
        tile = " " if run.one == "\t" else run.one, run.column
        tiles += (tiles_of(run.group) if run.group is not None else [tile]) * run.times
    return tiles


def respelled(runs: Iterable[Run], changes: Mapping[int, str]) -> str:
    """The text of the parts of a line with other characters in place of some of its tiles.

    The tiles are numbered from 0, with `|`; what has the number behind the last goes to the end.
    Parts without a change stay as they are written, and of a part only those repeats are written
    out that have one.
    """
    text, at = "", 0
    for run in runs:
        text += _respelled_run(run, _between(changes, at, at + run.size))
        at += run.size
    return text + changes.get(at, "")


def _respelled_run(run: Run, changes: Mapping[int, str]) -> str:
    if not changes:
        return run.text
    size = run.size // run.times
    text, same = "", 0
    for begin in range(0, run.size, size):
        here = _between(changes, begin, begin + size)
        if not here:
            same += 1
            continue
        changed = here[0] if run.group is None else respelled(run.group, here)
        text += _repeated(run.one, same) + changed
        same = 0
    return text + _repeated(run.one, same)


def _between(changes: Mapping[int, str], begin: int, end: int) -> dict[int, str]:
    """The changes from one number to another one, numbered from there."""
    return {at - begin: new for at, new in changes.items() if begin <= at < end}


def _repeated(one: str, times: int) -> str:
    return f"{times}{one}" if times > 1 else one * times


def _repeats(digits: str, at: int) -> int:
    """The number that a run of digits stands for. Raises Fault where no map has so many."""
    if not digits:
        return 1
    if len(digits) > 9 or not 1 <= int(digits) <= MOST_REPEATS:
        shown = digits if len(digits) <= 9 else f"{digits[:9]}..."
        raise Fault(f"{shown} repeats", f"use 1 to {MOST_REPEATS}", at)
    return int(digits)


def divided(tiles: Iterable[tuple[str, int]]) -> list[Tiles]:
    """The rows between `|`; one at the end of the line ends the last row."""
    rows: list[Tiles] = [[]]
    for tile in tiles:
        if tile[0] == "|":
            rows.append([])
        else:
            rows[-1].append(tile)
    return rows[:-1] if not rows[-1] else rows

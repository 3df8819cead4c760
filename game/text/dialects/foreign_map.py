"""The common ground of all foreign map formats: parts of files, maps, and checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from game.text.guesses import count_unknown, times
from game.text.level import RowPlace, Rows, place_in_row
from game.text.tiles import WALL
from game.text.values import quote

MAX_SIDE = 256
MAX_TEXT = 200

Report = Callable[[int, int, str, str], None]  # line, column, what is wrong, what to do


@dataclass(frozen=True)
class Part:
    """The lines of a file that hold one level, and the number of the first.

    `settings` are the header fields that the lines around them set, such as the title.
    """

    first: int
    lines: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ForeignMap:
    """A map in our tiles, the number of its first line, and the header fields that it sets.

    `distance` is that of the farthest goal where goals were added: episodes need time for it.
    `row_places` say where each row is in the file, where its rows are not just lines of it.
    """

    rows: Rows
    first: int
    settings: dict[str, Any] = field(default_factory=dict)
    distance: int = 0
    row_places: tuple[RowPlace, ...] = ()


@dataclass(frozen=True)
class WrittenMap:
    """The rows of a foreign map in its own characters, and the number of the first one's line.

    `row_places` say where each row is in the file, where its rows are not just lines of it.
    """

    rows: Rows
    first: int
    row_places: tuple[RowPlace, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """A foreign map format.

    `split(lines, first)` divides the lines of a file, of which `first` is the number of the first,
    into its levels: always at least one. `read(part, report)` returns None after it has reported
    what is wrong. `locate(part, report)` finds the rows alone, in whatever state the map is.
    `tiles(rows)` are the tiles of its characters, and `chars` the characters of the tiles that it
    can say. `complete(rows)` adds to rows in our tiles, of one length, what reading adds.
    `respell(lines, rows)` returns the lines of a map, in which a character may stand for several
    tiles, with as many rows as before.
    """

    name: str
    suffixes: tuple[str, ...]
    text: str
    read: Callable[[Part, Report], ForeignMap | None]
    split: Callable[[Sequence[str], int], list[Part]]
    locate: Callable[[Part, Report], WrittenMap | None]
    tiles: Callable[[Rows], Mapping[str, str]]
    chars: Mapping[str, str]
    complete: Callable[[Rows], Rows] = lambda rows: rows
    respell: Callable[[Sequence[str], Rows], list[str]] = lambda lines, rows: [*rows]


def undivided(lines: Sequence[str], first: int) -> list[Part]:
    """The one part of a file that holds one level."""
    return [Part(first, tuple(lines))]


# --- places ------------------------------------------------------------------------------------


def located(report: Report, first: int, row_places: Sequence[RowPlace]) -> Report:
    """The report for places on a map whose first row would be line `first`, turned into places in
    the file."""
    if not row_places:
        return report

    def report_place(line: int, column: int, what: str, todo: str) -> None:
        if line >= first:  # else it is in the header
            line, column = place_in_row(row_places[line - first], column)
        report(line, column, what, todo)

    return report_place


# --- checks ------------------------------------------------------------------------------------


def check_size(rows: Rows, first: int, report: Report) -> bool:
    """Whether the map has at most MAX_SIDE rows and columns."""
    wide = max(map(len, rows))
    if max(len(rows), wide) <= MAX_SIDE:
        return True
    what = f"a map of {len(rows)} rows and up to {wide} columns"
    report(first, 1, what, f"use at most {MAX_SIDE} of each")
    return False


def check_shape(rows: Rows, first: int, report: Report, fill: str = "'#' or '.'") -> bool:
    """Whether all rows have one length: that of most of them."""
    lengths = [len(row) for row in rows]
    usual = max(set(lengths), key=lambda n: (lengths.count(n), n))
    for i, length in enumerate(lengths):
        if length != usual:
            what = f"a row of {length} tiles among rows of {usual}"
            less = f"fill it up with {fill}" if length else "remove the empty line"
            more = "cut it (a space counts as floor)"
            column = min(length, usual) + 1 if length < usual else usual + 1
            report(first + i, column, what, less if length < usual else more)
    return len(set(lengths)) == 1


def translated(
    rows: Rows, first: int, tiles: dict[str, str], known: str, report: Report
) -> Rows | None:
    """The rows in our tiles; each character that the dialect does not have is reported once."""
    unknown = count_unknown(rows, tiles)
    for char, (i, j, number) in unknown.items():
        what = f"unknown tile {quote(char)}" + times(number)
        report(first + i, j + 1, what, f"use one of: {known}")
    table = str.maketrans(tiles)
    return None if unknown else tuple(row.translate(table) for row in rows)


def find_board(
    part: Part,
    locate: Callable[[Part, Report], WrittenMap | None],
    tiles: dict[str, str],
    known: str,
    report: Report,
) -> tuple[WrittenMap, Rows | None, Report] | None:
    """A map, its rows in our tiles, and the report for places on it; None after a fatal problem.

    Without rows in our tiles the map has unknown characters, which have been reported.
    """
    found = locate(part, report)
    if found is None:
        return None
    on_map = located(report, found.first, found.row_places)
    if not check_size(found.rows, found.first, on_map):
        return None
    return found, translated(found.rows, found.first, tiles, known, on_map), on_map


# --- maps --------------------------------------------------------------------------------------


def _neighbours(cell: tuple[int, int]) -> Iterator[tuple[int, int]]:
    row, column = cell
    yield from ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))


def walk(rows: Rows, starts: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The distance of each cell that can be reached."""
    distance = dict.fromkeys(starts, 0)
    queue = list(distance)
    for cell in queue:
        for r, c in _neighbours(cell):
            inside = 0 <= r < len(rows) and 0 <= c < len(rows[0])
            if inside and rows[r][c] != WALL and (r, c) not in distance:
                distance[r, c] = distance[cell] + 1
                queue.append((r, c))
    return distance


def cells_of(rows: Rows, chars: str) -> list[tuple[int, int]]:
    """The cells with one of these characters, in reading order."""
    return [(r, c) for r, row in enumerate(rows) for c, char in enumerate(row) if char in chars]

"""The places of the parts of a level in its text: header lines, their values, and the map's cells.

A text need not be valid to be located: what can be found is there, and everything else is missing.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from game.text.dialects import DIALECTS, SOKOBAN, dialect_of
from game.text.dialects.foreign_map import Dialect, Part
from game.text.guesses import guess_file
from game.text.header import HEADER
from game.text.header_lines import HeaderLine, header_line
from game.text.level import Cell, RowPlace, Rows
from game.text.reading import BOM, LevelFile, split_lines
from game.text.tiles import BOXES, BY_CHAR, FLOOR, WALL

Patch = tuple[int, int, str]  # begin and end in the text, and what is there instead


def patched(text: str, patches: Iterable[Patch]) -> str:
    """Return the text with parts of it replaced; the parts do not overlap."""
    pieces, at = [], 0
    for begin, end, new in sorted(patches, key=lambda patch: patch[:2]):
        pieces += [text[at:begin], new]
        at = end
    return "".join([*pieces, text[at:]])


@dataclass(frozen=True)
class Entry:
    """A header line with a known key, and the number of its line."""

    line: int
    parts: HeaderLine

    @property
    def key(self) -> str:
        return self.parts.key


@dataclass(frozen=True)
class SourceMap:
    """The text of a level file with the places of its parts. Lines and columns count from 1.

    `name` is that of the file, which may say the format; `number` is that of the level in a file
    that holds several. `written` are the rows of the map in the characters of the text, and
    `row_places` the place of each. `dialect` is the foreign format of the map; None for our own.
    `levels` is the number of levels in the file: more than one in a collection.
    """

    text: str
    name: str
    number: int | None
    lines: tuple[str, ...]
    entries: tuple[Entry, ...]
    map_line: int
    written: Rows
    row_places: tuple[RowPlace, ...]
    dialect: Dialect | None = None
    levels: int = 1

    # --- places ---

    @cached_property
    def begins(self) -> list[int]:
        """The offset in the text at which each line begins."""
        begins, at = [], len(self.text) - len(self.text.removeprefix(BOM))
        while at >= 0:
            begins.append(at)
            at = self.text.find("\n", at) + 1 or -1
        return begins

    def offset(self, line: int, column: int = 1) -> int:
        """Return the offset in the text of a line and column; a column may be that of its end."""
        return self.begins[line - 1] + min(column - 1, len(self.lines[line - 1]))

    def end_of(self, line: int) -> int:
        """Return the offset of the end of a line, in front of its line end."""
        return self.begins[line - 1] + len(self.lines[line - 1])

    def next_begin(self, line: int) -> int:
        """Return the offset of the next line, or of the end of the text."""
        return self.begins[line] if line < len(self.begins) else len(self.text)

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset in the text."""
        line = max(1, bisect.bisect_right(self.begins, offset))
        column = max(0, offset - self.begins[line - 1])
        return line, min(column, len(self.lines[line - 1])) + 1

    def line_end(self, line: int) -> str:
        """Return the line end that a new line beside this one takes: that of the text around it."""
        for one in (line, line - 1, 1):
            if 1 <= one < len(self.begins):
                return self.text[self.end_of(one) : self.begins[one]]
        return "\n"

    # --- the map ---

    @property
    def has_map(self) -> bool:
        """Whether there is a map to edit; the map may be empty."""
        return bool(self.written) or (self.map_line > 0 and self.dialect is None)

    @cached_property
    def rows(self) -> Rows:
        """The rows of the map in our own notation, each as long as it is written."""
        if not self.dialect:
            return tuple(row.replace(" ", FLOOR) for row in self.written)
        table = str.maketrans(dict(self.dialect.tiles(self.written)))
        return tuple(row.translate(table) for row in self.written)

    @property
    def height(self) -> int:
        return len(self.rows)

    @cached_property
    def width(self) -> int:
        """The length of the longest row."""
        return max(map(len, self.rows), default=0)

    @property
    def missing(self) -> str:
        """The tile that a cell beyond the end of its row counts as."""
        return WALL if self.dialect and self.dialect.name == SOKOBAN else FLOOR

    @cached_property
    def board(self) -> Rows:
        """The rows of the map in our own notation, of one length, as the level has them."""
        rows = tuple(row.ljust(self.width, self.missing) for row in self.rows)
        return self.dialect.complete(rows) if self.dialect else rows

    @property
    def is_puzzle(self) -> bool:
        """Whether the map is a foreign one with boxes, which ends when they are on targets."""
        return self.dialect is not None and any(box in row for row in self.board for box in BOXES)

    def place_of(self, cell: Cell) -> tuple[int, int] | None:
        """Return line and column of a cell; None where the text has no such cell."""
        row, column = cell
        if not (0 <= row < self.height and 0 <= column < len(self.rows[row])):
            return None
        line, columns = self.row_places[row]
        return line, columns[column]

    def cell_at(self, line: int, column: int) -> Cell | None:
        """Return the cell at a place in the text; None where it is no part of the map."""
        for row, (at, columns) in enumerate(self.row_places):
            if at == line and column in (found := columns[: len(self.rows[row])]):
                return row, found.index(column)
        return None

    @cached_property
    def is_direct(self) -> bool:
        """Whether each cell has a character of its own in the text, with nothing encoded."""
        return all(
            _is_direct(row, self.lines[line - 1], columns[: len(row)])
            for row, (line, columns) in zip(self.written, self.row_places)
        )

    # --- the header ---

    @property
    def is_foreign(self) -> bool:
        """Whether the text is a foreign file as it stands, without a header of ours."""
        return self.dialect is not None and not self.map_line

    @property
    def is_guessed(self) -> bool:
        """Whether only the looks of a foreign file say its format, neither its suffix nor a
        header."""
        return self.is_foreign and dialect_of(self.name) is None

    def entries_of(self, key: str) -> list[Entry]:
        """Return the header lines with a key, in the order of the text."""
        return [entry for entry in self.entries if entry.key == key]


def _is_direct(row: str, line: str, columns: Sequence[int]) -> bool:
    """Whether each character of a row is at its own column of a line."""
    first = columns[0] if columns else 1
    if [*columns] == [*range(first, first + len(row))]:  # as nearly always, and fast to compare
        return line[first - 1 : first - 1 + len(row)] == row
    is_there = (line[column - 1 : column] == char for char, column in zip(row, columns))
    return len(row) == len(set(columns)) and all(is_there)


def locate(text: str, name: str = "level", number: int | None = None) -> SourceMap:
    """Return the places of the parts of a level's text; never raise."""
    file, lines = LevelFile(text, name), split_lines(text)
    dialect, part = file.dialect, file.part(number)
    if not dialect and not file.map_line:
        dialect, part = _guessed(lines)
    written, places = _placed_rows(file, dialect, part)
    header = [*file.header][:-1] if file.map_line else [] if dialect else lines
    entries = tuple(
        Entry(at, parts)
        for at, line in enumerate(header, 1)
        if (parts := header_line(line)) and parts.colon >= 0 and parts.key in HEADER
    )
    return SourceMap(
        text,
        name,
        number,
        tuple(lines),
        entries,
        file.map_line,
        written,
        places,
        dialect,
        len(file),
    )


def _guessed(lines: Sequence[str]) -> tuple[Dialect | None, Part | None]:
    """The foreign format that a file without a line `map:` looks like, and its only level.

    Reading such a file is an error, but its map can be drawn on all the same.
    """
    dialect = DIALECTS.get(guess_file(lines))
    parts = dialect.split(lines, 1) if dialect else []
    return (dialect, parts[0]) if len(parts) == 1 else (None, None)


def _bare_rows(lines: Sequence[str]) -> tuple[Rows, int]:
    """The rows that a file ends with where the line `map:` above them is missing, and the number
    of the first one's line."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    begin = end
    while begin and _is_bare_row(lines[begin - 1]):
        begin -= 1
    return (tuple(lines[begin:end]), begin + 1) if end - begin > 1 else ((), 1)


def _is_bare_row(line: str) -> bool:
    return line != "" and {*line} <= {*BY_CHAR, " "} and not line.strip().isalpha()


def _placed_rows(
    file: LevelFile, dialect: Dialect | None, part: Part | None
) -> tuple[Rows, tuple[RowPlace, ...]]:
    """The rows of the map as they are written, and the place of each."""
    rows, first = tuple(file.own_rows()), file.map_line + 1
    if not file.map_line and not dialect:
        rows, first = _bare_rows(file.lines)
    if dialect and part:
        found = dialect.locate(part, lambda *problem: None)
        if found and found.row_places:
            return found.rows, found.row_places
        rows, first = (found.rows, found.first) if found else ((), 0)
    return rows, tuple((first + i, range(1, len(row) + 2)) for i, row in enumerate(rows))

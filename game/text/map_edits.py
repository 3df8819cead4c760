"""Change the map of a level's text in place: only the characters of changed cells are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from game.text.dialects import MOVING_AI_NAME, SOKOBAN
from game.text.dialects.foreign_map import MAX_SIDE
from game.text.header_edits import (
    EditError,
    with_header,
    without_line,
)
from game.text.header_lines import header_line
from game.text.level import Cell
from game.text.source_map import Patch, SourceMap, locate, patched
from game.text.tiles import BY_CHAR, FLOOR, FREE, WALL

CANDIDATES = "candidates"
PAINTABLE = {*BY_CHAR, *FREE}
_NUMBERS = re.compile(r"([0-9]{1,3}),([0-9]{1,3})")

Cells = Mapping[Cell, str]  # characters in our own notation by row and column, from 0


class NeedsConversion(EditError):
    """A foreign map cannot say what was drawn; `conversion.in_own_notation` converts it."""


# --- cells -------------------------------------------------------------------------------------


def set_cells(source: SourceMap, cells: Cells) -> str:
    """Return the text with these characters in these cells; all other characters stay.

    A row that is too short is filled up to the cell. A cell that has the tile already stays as it
    is written. Raises EditError, or NeedsConversion for a foreign map that cannot say it.
    """
    tiles = {cell: FLOOR if char == " " else char for cell, char in cells.items()}
    changed = {cell: tile for cell, tile in tiles.items() if _tile_at(source, cell) != tile}
    if not changed:
        return source.text
    _check_cells(source, changed)
    wanted = _with_cells(source, changed)
    kept, below = wanted[: source.height], wanted[source.height :]
    patches = [*_map_patches(source, kept), *_rows_below(source, below)]
    try:
        return _verified(source, patches, wanted)
    except NeedsConversion:
        if not source.is_guessed:
            raise
        return set_cells(with_header(source), cells)  # which names the format


def _tile_at(source: SourceMap, cell: Cell) -> str:
    """The tile of a cell in our own notation; "" where the text has none."""
    row, column = cell
    rows = source.board if source.dialect else source.rows  # foreign rows are filled up as they are
    return rows[row][column : column + 1] if 0 <= row < source.height and column >= 0 else ""


def _check_cells(source: SourceMap, cells: Cells) -> None:
    """Raise EditError for cells and characters that no map can have."""
    if not source.has_map:
        raise EditError("there is no map to draw on - write a line 'map:' and its rows below it")
    if unknown := {*cells.values()} - PAINTABLE:
        raise EditError(f"{min(unknown)!r} cannot be a tile - use a character of the keyboard")
    rows, columns = zip(*cells)
    if min(rows) < 0 or min(columns) < 0:
        raise EditError("a cell above or left of the map - make the map larger first")
    _check_size(max(rows) + 1, max(columns) + 1)


def _check_size(height: int, width: int) -> None:
    """Raise EditError for a map that no file may have."""
    if max(height, width) > MAX_SIDE:
        raise EditError(f"a map of {height} rows and {width} columns - use at most {MAX_SIDE}")


def _with_cells(source: SourceMap, cells: Cells) -> list[str]:
    """The rows as they are to be written, with these tiles in them."""
    rows = [list(row) for row in source.written]
    spelled = {tile: _spelled(source, tile) for tile in {*cells.values(), source.missing}}
    for (row, column), tile in sorted(cells.items()):
        while len(rows) <= row:
            rows.append([])
        rows[row] += [spelled[source.missing]] * (column + 1 - len(rows[row]))
        rows[row][column] = spelled[tile]
    for blank in (row for row in rows[source.height :] if not row):
        blank += spelled[source.missing]
    return [_closed(source, row) for row in rows]


def _spelled(source: SourceMap, tile: str) -> str:
    """The character for a tile; floor is written as the map writes it."""
    text = "".join(source.written)
    if not source.dialect:
        return " " if tile == FLOOR and " " in text and FLOOR not in text else tile
    used = [char for char, one in source.dialect.tiles(source.written).items() if one == tile]
    found = next((char for char in used if char in text), source.dialect.chars.get(tile))
    if found is None:
        name = BY_CHAR[tile].name if tile in BY_CHAR else repr(tile)
        what = f"a map of the format '{source.dialect.name}' has no {name}"
        raise NeedsConversion(f"{what} - convert it to our own notation")
    return found


def _closed(source: SourceMap, row: Sequence[str]) -> str:
    """The text of a row; Sokoban has no blanks at the end of one."""
    text = "".join(row)
    is_open = source.dialect and source.dialect.name == SOKOBAN and text.endswith(" ")
    return f"{text[:-1]}-" if is_open else text


def _map_patches(source: SourceMap, rows: Sequence[str]) -> Iterator[Patch]:
    """The patches that bring the rows of the map to these; there are as many as before."""
    if source.is_direct or source.dialect is None:
        for row, new in enumerate(rows):
            yield from _row_patches(source, row, new)
        return
    first, last = source.row_places[0][0], source.row_places[-1][0]
    lines = source.lines[first - 1 : last]
    texts = source.dialect.respell(lines, tuple(rows))
    for line, (old, new) in enumerate(zip(lines, texts), first):
        if old != new:
            yield source.begins[line - 1], source.end_of(line), new


def _row_patches(source: SourceMap, row: int, new: str) -> Iterator[Patch]:
    """The patches of a row's changed cells, and of what is added at its end."""
    old, (line, columns) = source.written[row], source.row_places[row]
    if new == old:
        return
    for column, (before, after) in enumerate(zip(old, new)):
        if before != after:
            at = source.offset(line, columns[column])
            yield at, at + 1, after
    if len(new) > len(old):
        at = source.offset(line, columns[len(old)])
        yield at, at, new[len(old) :]


def _rows_below(source: SourceMap, rows: Sequence[str]) -> list[Patch]:
    """The patch that adds rows below the map."""
    if not rows:
        return []
    line = source.row_places[-1][0] if source.row_places else source.map_line
    at, end = source.end_of(line), source.line_end(line)
    return [(at, at, "".join(f"{end}{row}" for row in rows))]


def _verified(source: SourceMap, patches: Sequence[Patch], wanted: Sequence[str]) -> str:
    """The text with the patches. Raises an error unless its map is the wanted one."""
    text = patched(source.text, patches)
    found = locate(text, source.name, source.number)
    if [*found.written] == [*wanted] and found.dialect is source.dialect:
        return text
    if source.dialect:
        raise NeedsConversion(
            f"the format '{source.dialect.name}' would read this as another map - convert it to "
            "our own notation"
        )
    raise EditError("this row would be read as a header line - choose other characters")


# --- size --------------------------------------------------------------------------------------


def resize(
    source: SourceMap,
    top: int = 0,
    bottom: int = 0,
    left: int = 0,
    right: int = 0,
    fill: str = WALL,
) -> str:
    """Return the text with rows and columns added at the sides of its map, or cut off if negative.

    New cells have the tile `fill`, and rows that are too short are filled up. The cells of
    `candidates:` lines move along. So `resize(source, top=1, bottom=-1)` shifts the map down.
    """
    height, width = source.height + top + bottom, source.width + left + right
    if not source.has_map or not source.height:
        raise EditError("there is no map to resize - draw one first")
    if min(height, width, source.height + min(top, 0) + min(bottom, 0)) < 1:
        raise EditError("nothing would be left of the map - cut off less")
    _check_size(height, width)
    if source.width + min(left, 0) + min(right, 0) < 1:
        raise EditError("nothing would be left of the map - cut off less")
    source = _with_plain_rows(source)
    _check_resizable(source)
    char = _spelled(source, fill)
    kept = {
        row: _closed(source, _resized(source, source.written[row], left, right, char))
        for row in range(max(0, -top), source.height - max(0, -bottom))
    }
    above, below = ([_closed(source, char * width)] * max(0, n) for n in (top, bottom))
    patches = [_row_replaced(source, row, new) for row, new in kept.items()]
    patches += _cut_rows(source, min(kept), max(kept))
    patches += _added_rows(source, min(kept), above, max(kept), below)
    patches += _moved_candidates(source, top, left, height, width)
    return _verified(source, patches, [*above, *kept.values(), *below])


def _with_plain_rows(source: SourceMap) -> SourceMap:
    """The source with each row of an encoded Sokoban map on a line of its own, tile by tile."""
    if source.is_direct or not (source.dialect and source.dialect.name == SOKOBAN):
        return source
    first, last = source.row_places[0][0], source.row_places[-1][0]
    rows = source.line_end(first).join(_closed(source, row) for row in source.written)
    text = patched(source.text, [(source.begins[first - 1], source.end_of(last), rows)])
    found = locate(text, source.name, source.number)
    return found if found.board == source.board else source


def _check_resizable(source: SourceMap) -> None:
    """Raise NeedsConversion where the rows of a foreign map are not lines of their own."""
    if not source.dialect:
        return
    lines = [source.lines[line - 1].strip(" \t") for line, _ in source.row_places]
    stripped = [row.strip(" \t") for row in source.written]
    if not source.is_direct or lines != stripped or source.dialect.name == MOVING_AI_NAME:
        what = f"this map of the format '{source.dialect.name}' cannot be resized as it is"
        raise NeedsConversion(f"{what} - convert it to our own notation")


def _resized(source: SourceMap, row: str, left: int, right: int, char: str) -> str:
    """A row filled up, with columns added or cut off at either side."""
    if len(row) < source.width:
        row = row.ljust(source.width, _spelled(source, source.missing))
    row = row[max(0, -left) : source.width - max(0, -right)]
    return char * max(0, left) + row + char * max(0, right)


def _row_replaced(source: SourceMap, row: int, new: str) -> Patch:
    """The patch that replaces a row."""
    line, columns = source.row_places[row]
    length = len(source.written[row])
    return source.offset(line, columns[0]), source.offset(line, columns[length]), new


def _cut_rows(source: SourceMap, first: int, last: int) -> Iterator[Patch]:
    """The patches that remove the lines of the rows above `first` and below `last`."""
    if first > 0:
        begin, end = source.row_places[0][0], source.row_places[first][0]
        yield source.begins[begin - 1], source.begins[end - 1], ""
    if last < source.height - 1:
        begin, end = source.row_places[last][0], source.row_places[-1][0]
        yield source.end_of(begin), source.end_of(end), ""


def _added_rows(
    source: SourceMap, first: int, above: Sequence[str], last: int, below: Sequence[str]
) -> Iterator[Patch]:
    """The patches that add lines above and below the rows `first` and `last`."""
    if above:
        line = source.row_places[first][0]
        at, end = source.begins[line - 1], source.line_end(line)
        yield at, at, "".join(f"{row}{end}" for row in above)
    if below:
        line = source.row_places[last][0]
        at, end = source.end_of(line), source.line_end(line)
        yield at, at, "".join(f"{end}{row}" for row in below)


def _moved_candidates(
    source: SourceMap, top: int, left: int, height: int, width: int
) -> Iterator[Patch]:
    """The patches of the header's candidates that a new size moves or cuts off."""
    for entry in source.entries_of(CANDIDATES):
        at = source.begins[entry.line - 1] + entry.parts.begin
        found = list(_NUMBERS.finditer(entry.parts.value))
        cells = [(int(one[1]) + top, int(one[2]) + left) for one in found]
        kept = [1 <= row <= height and 1 <= column <= width for row, column in cells]
        if not any(kept):
            yield without_line(source, entry)
            continue
        for i, (one, (row, column)) in enumerate(zip(found, cells)):
            if not kept[i]:
                begins = any(kept[:i])  # then the blanks in front of it go, else those behind
                begin = found[i - 1].end() if begins else one.start()
                yield at + begin, at + (one.end() if begins else found[i + 1].start()), ""
            elif top or left:
                yield at + one.start(), at + one.end(), f"{row},{column}"


# --- whole maps --------------------------------------------------------------------------------


def new_map(source: SourceMap, rows: Sequence[str]) -> str:
    """Return the text with these rows as its map, where it has none yet.

    Raises EditError where a map would stand below something else than a header.
    """
    header = {entry.line for entry in source.entries}
    odd = [n for n, line in enumerate(source.lines, 1) if n not in header and header_line(line)]
    if source.rows or source.dialect or (odd and not source.map_line):
        raise EditError("there is no map to draw on - write a line 'map:' and its rows below it")
    if not source.map_line:
        line = len(source.lines)
        end = source.line_end(line)
        begin = end if source.lines[-1] else ""
        text = f"{source.text}{begin}map:{end}"
        source = locate(text, source.name, source.number)
    return _verified(source, _rows_below(source, rows), rows)


def replace_map(source: SourceMap, rows: Sequence[str]) -> str:
    """Return the text with these rows, all of one length, in place of those of its map."""
    if not rows or len({*map(len, rows)}) != 1 or not rows[0]:
        raise EditError("the rows of a map have one length - fill them up")
    bottom, right = len(rows) - source.height, len(rows[0]) - source.width
    if source.height and (bottom or right):
        text = resize(source, bottom=bottom, right=right)
        source = locate(text, source.name, source.number)
    cells = {(r, c): char for r, row in enumerate(rows) for c, char in enumerate(row)}
    return set_cells(source, cells)

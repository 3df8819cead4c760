"""Maps of the MovingAI benchmarks (Sturtevant 2012), read into our tiles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from game.text.dialects.foreign_map import (
    MAX_SIDE,
    ForeignMap,
    Part,
    Report,
    WrittenMap,
    cells_of,
    located,
    translated,
    walk,
)
from game.text.level import RowPlace, Rows
from game.text.tiles import BY_NAME, CANDIDATE, FLOOR, START, WALL
from game.text.values import quote

MOST_GOALS = 255  # candidates that a map without goals is given: those of 16 x 16 cells
MOST_GOAL_CELLS = 1_000_000  # cells of all tasks of such a map together
MOVING_AI = {
    **dict.fromkeys(".G", FLOOR),
    **dict.fromkeys("@OTW", WALL),
    "S": BY_NAME["mud"].char,
}
_PATTERNS = {"type": r"type[ \t]+\S+", "map": "map"}
_EXAMPLE = "a MovingAI map begins with: type octile, height N, width N, map"


def read_moving_ai(part: Part, report: Report) -> ForeignMap | None:
    """Read four header lines and the map; start and goals are added, see `_populated`.

    Upper and lower case, blank lines, and the order of height and width make no difference.
    """
    lines, first = part.lines, part.first
    filled = _filled(part)
    if not filled:
        report(max(1, first - 1), 1, "the map is empty", "put the MovingAI file here")
        return None
    sizes = _read_sizes(filled, first + len(lines) - 1, report)
    if not sizes:
        return None
    (height, _), (width, _) = sizes["height"], sizes["width"]
    if min(height, width) < 1 or max(height, width) > MAX_SIDE:
        what = f"a map of {height} x {width} = {height * width:,} cells"
        todo = f"use at most {MAX_SIDE} x {MAX_SIDE}: cut out a part, and set height and width"
        report(sizes["height"][1], 1, what, todo)
        return None
    found_rows = _written(filled)
    rows, begin, row_places = found_rows.rows, found_rows.first, found_rows.row_places
    on_map = located(report, begin, row_places)
    whole = _has_size(rows, begin, sizes["height"], width, report, on_map)
    known = "'.' and 'G' ground, 'S' swamp; '@', 'O', 'T' and 'W' are walls"
    board = translated(rows, begin, MOVING_AI, known, on_map) if whole else None
    found = _populated(board, begin, on_map) if board else None
    return replace(found, row_places=row_places) if found else None


def locate_moving_ai(part: Part, report: Report) -> WrittenMap | None:
    """The rows below the four header lines."""
    filled = _filled(part)
    has_header = filled and _read_sizes(filled, part.first + len(part.lines) - 1, report)
    return _written(filled) if has_header else None


def complete_moving_ai(rows: Rows) -> Rows:
    """Return rows in our tiles with a start and candidates, where there are cells to walk on."""
    found = _populated(rows, 1, lambda *problem: None) if rows else None
    return found.rows if found else rows


def _filled(part: Part) -> list[tuple[int, str]]:
    """The number and text of each line that is not blank."""
    return [(part.first + i, line.rstrip()) for i, line in enumerate(part.lines) if line.strip()]


def _written(filled: Sequence[tuple[int, str]]) -> WrittenMap:
    """The rows of the map, from the lines that are not blank."""
    rows = tuple(text for _, text in filled[4:])
    begin = filled[4][0] if rows else filled[3][0] + 1
    row_places: tuple[RowPlace, ...] = ()
    if rows and filled[-1][0] - begin >= len(rows):  # with blank lines between them
        row_places = tuple((number, range(1, len(text) + 2)) for number, text in filled[4:])
    return WrittenMap(rows, begin, row_places)


def _read_sizes(
    filled: Sequence[tuple[int, str]], last: int, report: Report
) -> dict[str, tuple[int, int]]:
    """Height and width, each with the number of its line; empty where the header has a fault.

    `filled` are the numbers and texts of the lines that are not blank, `last` is the number of the
    last line.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for due in ("type", "height", "width", "map"):
        line, text = filled[len(sizes)] if len(sizes) < len(filled) else (last, "")
        if due == "height" and text.lower().lstrip().startswith("width"):
            due = "width"
        elif due in sizes:
            due = "height"
        sized = due in ("height", "width")
        pattern = rf"{due}[ \t]+([0-9]{{1,6}})" if sized else _PATTERNS[due]
        if not (found := re.fullmatch(pattern, text.strip(), re.IGNORECASE)):
            what = f"{quote(text.strip())} where the line '{due}' is due" if text else ""
            report(line, 1, what or f"no line '{due}'", _EXAMPLE)
            return {}
        sizes[due] = int(found[1]) if sized else 0, line
    return sizes


def _has_size(
    rows: Rows, first: int, height: tuple[int, int], width: int, report: Report, on_map: Report
) -> bool:
    """Whether there are as many rows and columns as the header says."""
    if len(rows) != height[0]:
        what = f"height {height[0]}, and the map has {len(rows)} rows"
        report(height[1], 1, what, "make them agree")
    for i, row in enumerate(rows[:MAX_SIDE]):
        if len(row) != width:
            what = f"a row of {len(row)} tiles, and the width is {width}"
            on_map(first + i, min(len(row), width) + 1, what, "make them agree")
    return len(rows) == height[0] and all(len(row) == width for row in rows)


def _populated(board: Rows, first: int, report: Report) -> ForeignMap | None:
    """The map with its start on the first cell of the largest region, and candidates on the others.

    If there are too many cells, every second, third ... is a candidate.
    """
    region: dict[tuple[int, int], int] = {}
    seen: set[tuple[int, int]] = set()
    for cell in cells_of(board, "".join({*MOVING_AI.values()} - {WALL})):
        if cell not in seen:
            found = walk(board, [cell])
            seen.update(found)
            region = max(region, found, key=len)
    if len(region) < 2:
        report(first, 1, "no two cells to walk between", "leave more ground, as '.'")
        return None
    start, *others = sorted(region)
    most = min(MOST_GOALS, max(1, MOST_GOAL_CELLS // (len(board) * len(board[0]))))
    goals = others[:: -(-len(others) // most)]
    cells = [list(row) for row in board]
    for (row, column), char in {start: START, **dict.fromkeys(goals, CANDIDATE)}.items():
        cells[row][column] = char
    distance = walk(board, [start])
    farthest = max(distance[goal] for goal in goals)
    return ForeignMap(tuple("".join(row) for row in cells), first, distance=farthest)

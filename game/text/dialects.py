"""Foreign map formats: Sokoban, FrozenLake and MovingAI, each read into our tiles.

A dialect is recognised by the suffix of a file, or by its name in a header line (`dialect:
frozenlake`) above a foreign map. Reading changes characters, never places, so that problems are
reported where they are in the file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from game.text.guesses import count_unknown, times
from game.text.tiles import BY_NAME, CANDIDATE, FLOOR, GOAL, START, WALL
from game.text.values import quote

MAX_SIDE = 256
MOST_GOALS = 255  # candidates that a map without goals is given: those of 16 x 16 cells
MOST_GOAL_CELLS = 1_000_000  # cells of all tasks of such a map together
MAX_TEXT = 200

Rows = tuple[str, ...]
Report = Callable[[int, int, str, str], None]  # line, column, what is wrong, what to do


@dataclass(frozen=True)
class ForeignMap:
    """A map in our tiles, the number of its first line, and the header fields that it sets.

    `way` is the distance of the farthest goal where goals were added: episodes need time for it.
    """

    rows: Rows
    first: int
    settings: dict[str, Any] = field(default_factory=dict)
    way: int = 0


@dataclass(frozen=True)
class Dialect:
    """A foreign map format. `read(lines, first, report)` reads the lines from number `first` on; it
    returns None after it has reported what is wrong."""

    name: str
    suffixes: tuple[str, ...]
    text: str
    read: Callable[[Sequence[str], int, Report], ForeignMap | None]


# --- what holds for all maps ------------------------------------------------------------------


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


def _translated(
    rows: Rows, first: int, tiles: dict[str, str], known: str, report: Report
) -> Rows | None:
    """The rows in our tiles; each character that the dialect does not have is reported once."""
    unknown = count_unknown(rows, tiles)
    for char, (i, j, number) in unknown.items():
        what, todo = f"unknown tile {quote(char)}", f"use one of: {known}"
        if tiles is SOKOBAN and char in BOX_CHARS:
            what, todo = (
                BOX_CHARS[char],
                "remove it, or make it a wall",
            )
        report(first + i, j + 1, what + times(number), todo)
    table = str.maketrans(tiles)
    return None if unknown else tuple(row.translate(table) for row in rows)


def _block(lines: Sequence[str], first: int) -> tuple[Rows, int]:
    """The lines without blank ones at both ends, and the number of the first."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if not filled:
        return (), first
    return tuple(lines[filled[0] : filled[-1] + 1]), first + filled[0]


def _neighbours(cell: tuple[int, int]) -> Iterator[tuple[int, int]]:
    row, column = cell
    yield from ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))


def _walk(rows: Rows, starts: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Each cell that can be reached, with its distance."""
    distance = dict.fromkeys(starts, 0)
    queue = list(distance)
    for cell in queue:
        for r, c in _neighbours(cell):
            inside = 0 <= r < len(rows) and 0 <= c < len(rows[0])
            if inside and rows[r][c] != WALL and (r, c) not in distance:
                distance[r, c] = distance[cell] + 1
                queue.append((r, c))
    return distance


def _cells(rows: Rows, chars: str) -> list[tuple[int, int]]:
    return [(r, c) for r, row in enumerate(rows) for c, char in enumerate(row) if char in chars]


# --- Sokoban -----------------------------------------------------------------------------------

BOX_CHARS = {"$": "a box", "*": "a box on a goal"}
SOKOBAN = {"#": WALL, "@": START, ".": GOAL, " ": FLOOR, "-": FLOOR, "_": FLOOR}
SOKOBAN |= {"+": "+"}  # a player on a goal, which our tiles do not have


def _read_sokoban(lines: Sequence[str], first: int, report: Report) -> ForeignMap | None:
    """Read a Sokoban map: rows of any length, wall outside the walls; other lines are text.

    A player on a goal (`+`) is a start only: there is nothing to reach where an episode begins.
    """
    numbers = [i for i, line in enumerate(lines) if _is_board(line)]
    if not numbers:
        what = "no row of a Sokoban level"
        report(max(1, first - 1), 1, what, "write its rows, with '#' '@' '.' and spaces")
        return None
    begin, end = numbers[0], numbers[-1] + 1
    if len(numbers) < end - begin:
        second = next(b for a, b in itertools.pairwise(numbers) if b > a + 1)
        report(first + second, 1, "a second level in the file", "write each to a file of its own")
        return None
    rows, first_row = tuple(line.rstrip(" \t") for line in lines[begin:end]), first + begin
    if not check_size(rows, first_row, report):
        return None
    known = "'#' wall, '@' player, '.' goal, '+' player on a goal; floor is ' ', '-' or '_'"
    board = _translated(rows, first_row, SOKOBAN, known, report)
    if board is None:
        return None
    on_goal, goals = _cells(board, "+"), _cells(board, GOAL)
    if not (on_goal or _cells(board, START)):
        report(first_row, 1, "no player", "put '@' where the episode begins")
        return None
    if not goals:
        row, column = on_goal[0] if on_goal else (0, 0)
        what = "the player stands on the only goal" if on_goal else "no goal"
        report(first_row + row, column + 1, what, "put '.' where the goal is")
        return None
    wide = max(map(len, board))
    board = tuple(row.replace("+", START).ljust(wide, WALL) for row in board)
    inside = _walk(board, _cells(board, START))
    board = tuple(
        "".join(x if (r, c) in inside or x != FLOOR else WALL for c, x in enumerate(row))
        for r, row in enumerate(board)
    )
    return ForeignMap(board, first_row, _names([*lines[:begin], *lines[end:]]))


def _is_board(line: str) -> bool:
    """Whether a line is a row of the map: it begins with a wall, or has nothing but tiles."""
    text = line.strip(" -_\t")
    return text.startswith("#") or (bool(text) and set(text) <= {*SOKOBAN, *BOX_CHARS})


def _names(lines: Sequence[str]) -> dict[str, str]:
    """Title and author, from lines as `Title: Microban 1`."""
    found = {}
    for line in lines:
        match = re.match(r"(title|author)\s*:([^;]*)", line[: 2 * MAX_TEXT], re.IGNORECASE)
        if match:
            text = "".join(c for c in match[2] if c.isprintable())
            found[match[1].lower()] = text.strip()[:MAX_TEXT].strip()
    return found


# --- FrozenLake --------------------------------------------------------------------------------

FROZEN_LAKE = {"S": START, "F": FLOOR, "H": BY_NAME["lava"].char, "G": GOAL}


def _read_frozen_lake(lines: Sequence[str], first: int, report: Report) -> ForeignMap | None:
    """Read a map in Gymnasium's letters; a hole is lava."""
    rows, first_row = _block([line.rstrip(" \t") for line in lines], first)
    if not rows:
        report(max(1, first - 1), 1, "the map is empty", "write its rows, as 'SFFF'")
        return None
    if not check_size(rows, first_row, report):
        return None
    known = "'S' start, 'F' frozen, 'H' hole, 'G' goal"
    board = _translated(rows, first_row, FROZEN_LAKE, known, report)
    even = check_shape(rows, first_row, report, "'F' or 'H'")
    text = "".join(rows)
    for char, what, todo in (
        ("S", "no start", "put 'S' where the episode begins"),
        ("G", "no goal", "put 'G' at the goal"),
    ):
        if char not in text:
            report(first_row, 1, what, todo)
            even = False
    return ForeignMap(board, first_row) if board and even else None


# --- MovingAI ----------------------------------------------------------------------------------

MOVING_AI = {
    **dict.fromkeys(".G", FLOOR),
    **dict.fromkeys("@OTW", WALL),
    "S": BY_NAME["mud"].char,
}
_MAP_HEADER = ("type octile", "height 8", "width 8", "map")  # examples, too


def _read_moving_ai(lines: Sequence[str], first: int, report: Report) -> ForeignMap | None:
    """Read four header lines and the map; start and goals are added, see `_populated`."""
    if not lines:
        report(max(1, first - 1), 1, "the map is empty", "put the MovingAI file here")
        return None
    given = [(i, line.strip()) for i, line in enumerate(lines) if line.strip()][:4]
    sizes: dict[str, tuple[int, int]] = {}  # number and line
    for k, example in enumerate(_MAP_HEADER):
        at, text = given[k] if k < len(given) else (max(0, len(lines) - 1), "")
        key, number = example.split()[0], text.split()[-1] if text else ""
        sized = key in ("height", "width")
        ok = text.split()[:1] == [key] and len(text.split()) == len(example.split())
        if not ok or (sized and not re.fullmatch(r"[0-9]{1,6}", number)):
            what = f"{quote(text)} where the line '{example.split()[0]}' is due"
            todo = "a MovingAI map begins with: type octile, height N, width N, map"
            report(first + at, 1, what if text else f"no line '{key}'", todo)
            return None
        if sized:
            sizes[key] = int(number), first + at
    height, width = sizes["height"][0], sizes["width"][0]
    if min(height, width) < 1 or max(height, width) > MAX_SIDE:
        what = f"a map of {height} x {width} = {height * width:,} cells"
        todo = f"use at most {MAX_SIDE} x {MAX_SIDE}: cut out a part, and set height and width"
        report(sizes["height"][1], 1, what, todo)
        return None
    begin = given[3][0] + 1
    rows = tuple(line.rstrip(" \t") for line in lines[begin:])
    while rows and not rows[-1]:
        rows = rows[:-1]
    whole = _has_size(rows, first + begin, sizes["height"], width, report)
    known = "'.' and 'G' ground, 'S' swamp; '@', 'O', 'T' and 'W' are walls"
    board = _translated(rows, first + begin, MOVING_AI, known, report) if whole else None
    return _populated(board, first + begin, report) if board else None


def _has_size(rows: Rows, first: int, height: tuple[int, int], width: int, report: Report) -> bool:
    """Whether there are as many rows and columns as the header says."""
    if len(rows) != height[0]:
        what = f"height {height[0]}, and the map has {len(rows)} rows"
        report(height[1], 1, what, "make them agree")
    for i, row in enumerate(rows[:MAX_SIDE]):
        if len(row) != width:
            what = f"a row of {len(row)} tiles, and the width is {width}"
            report(first + i, min(len(row), width) + 1, what, "make them agree")
    return len(rows) == height[0] and all(len(row) == width for row in rows)


def _populated(board: Rows, first: int, report: Report) -> ForeignMap | None:
    """The map with its start on the first cell of the largest region, and candidates on the others.

    If there are too many cells, every second, third ... is a candidate.
    """
    region: dict[tuple[int, int], int] = {}
    seen: set[tuple[int, int]] = set()
    for cell in _cells(board, "".join({*MOVING_AI.values()} - {WALL})):
        if cell not in seen:
            found = _walk(board, [cell])
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
    distance = _walk(board, [start])
    way = max(distance[goal] for goal in goals)
    return ForeignMap(tuple("".join(row) for row in cells), first, way=way)


# --- the table ---------------------------------------------------------------------------------

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "xsb",
            (".xsb", ".sok"),
            "Sokoban: # wall, @ player, . goal, + player on a goal; no boxes",
            _read_sokoban,
        ),
        Dialect(
            "frozenlake",
            (".frozenlake",),
            "Gymnasium's FrozenLake: S start, F frozen, H hole (lava), G goal",
            _read_frozen_lake,
        ),
        Dialect(
            "movingai",
            (".map",),
            "MovingAI: . G ground, S swamp (mud), @ O T W wall; a start and goals are added",
            _read_moving_ai,
        ),
    )
}

SUFFIXES = (".txt", *(suffix for dialect in DIALECTS.values() for suffix in dialect.suffixes))


def dialect_of(file: str) -> Dialect | None:
    """The dialect that the suffix of a file stands for."""
    suffix = PurePath(file).suffix.lower()
    return next((d for d in DIALECTS.values() if suffix in d.suffixes), None)

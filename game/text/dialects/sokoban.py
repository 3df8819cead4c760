"""Sokoban levels, read into our tiles.

With boxes they are puzzles of pushes; without any, their goals `.` are goals to walk to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from game.text.dialects.foreign_map import (
    MAX_SIDE,
    ForeignMap,
    Part,
    Report,
    WrittenMap,
    cells_of,
    find_board,
    walk,
)
from game.text.dialects.run_length import (
    MARKS,
    MOST_TILES,
    Run,
    Tiles,
    divided,
    encoded_runs,
    plain_runs,
    respelled,
    tiles_of,
)
from game.text.dialects.sokoban_files import FLOORS, PLAYERS, TILES
from game.text.guesses import counted
from game.text.level import ENDS_BOXES, RowPlace, Rows
from game.text.tiles import (
    BOX,
    BOX_ON_TARGET,
    FLOOR,
    GOAL,
    START,
    START_ON_TARGET,
    TARGET,
    TARGETS,
    WALL,
)
from game.text.values import Fault

KNOWN = (
    "'#' wall, '@' player, '$' box, '.' goal, '*' box and '+' player on a goal; "
    "floor is ' ', '-' or '_'"
)
# letters that stand for the usual characters
LETTERS = {"p": "@", "P": "+", "b": "$", "B": "*"}
SOKOBAN = {char: LETTERS.get(char, " " if char in FLOORS else char) for char in TILES}
PUZZLE = {"#": WALL, "@": START, "+": START_ON_TARGET, "$": BOX, "*": BOX_ON_TARGET}
PUZZLE |= {".": TARGET, " ": FLOOR}
WALK = {"#": WALL, "@": START, "+": START, ".": GOAL, " ": FLOOR}
# a goal is a target as soon as there is a box
SOKOBAN_CHARS = {tile: char for char, tile in reversed(PUZZLE.items())} | {GOAL: "."}


def sokoban_tiles(rows: Rows) -> dict[str, str]:
    """The tiles of all characters, as they are in a map of these rows."""
    has_boxes = any(SOKOBAN.get(char) in ("$", "*") for char in "".join(rows))
    tiles = PUZZLE if has_boxes else WALK
    return {char: tiles[plain] for char, plain in SOKOBAN.items() if plain in tiles}


def read_sokoban(part: Part, report: Report) -> ForeignMap | None:
    """Read a Sokoban map: rows of any length, wall outside the walls."""
    if not part.lines:
        what = "no row of a Sokoban level"
        todo = "write its rows, with '#' '@' '$' '.' and spaces"
        report(max(1, part.first - 1), 1, what, todo)
        return None
    found = find_board(part, locate_sokoban, SOKOBAN, KNOWN, report)
    if found is None:
        return None
    written, board, report = found
    first = written.first
    if board is None or not _has_player(board, first, report):
        return None
    wide = max(map(len, board))
    if any(char in row for row in board for char in "$*"):
        whole = _has_goals(board, first, report)
        board = _enclosed([_in_tiles(row, PUZZLE, wide) for row in board], (FLOOR, *TARGETS))
        settings = part.settings | {"ends": ENDS_BOXES}
    else:
        whole = _has_way(board, first, report)
        board = _enclosed([_in_tiles(row, WALK, wide) for row in board], (FLOOR,))
        settings = part.settings
    return ForeignMap(board, first, settings, row_places=written.row_places) if whole else None


def locate_sokoban(part: Part, report: Report) -> WrittenMap | None:
    """The rows in the characters of the file, without blanks at their ends."""
    lines = [line.rstrip(" \t") for line in part.lines]
    if not _is_compact(lines):
        return WrittenMap(tuple(lines), part.first)
    rows: list[str] = []
    places: list[RowPlace] = []
    left = MOST_TILES
    for number, line in enumerate(islice(lines, MAX_SIDE + 1), part.first):
        try:
            found = divided(tiles_of(_runs(lines, line, left)))
        except Fault as fault:
            report(number, fault.offset + 1, fault.what, fault.todo)
            return None
        left -= sum(map(len, found))
        rows += ["".join(char for char, _ in row).rstrip(" ") for row in found]
        places += [(number, _columns(row, len(line))) for row in found]
    return WrittenMap(tuple(rows), part.first, tuple(places))


def respell_sokoban(lines: Sequence[str], rows: Rows) -> list[str]:
    """Return the lines of a map, which may be encoded, with these rows in them.

    Only the changed tiles are spelled anew, see `respelled`. There are as many rows as before.
    """
    texts, left = [], iter(rows)
    for line in lines:
        text = line.rstrip(" \t")
        runs = _runs(lines, text, MOST_TILES)
        tiles, changes, at = tiles_of(runs), dict[int, str](), 0
        for row in divided(tiles):
            old, new = "".join(char for char, _ in row), next(left)
            changes |= {at + i: b for i, (a, b) in enumerate(zip(old, new)) if a != b}
            at += len(old)
            if len(new) > len(old):
                changes[at] = new[len(old) :] + ("|" if at < len(tiles) else "")
            at += 1
        texts.append(respelled(runs, changes) + line[len(text) :])
    return texts


def _is_compact(lines: Sequence[str]) -> bool:
    """Whether a map is encoded, or has tabs: then a character may stand for several tiles."""
    return _is_encoded(lines) or any("\t" in line.rstrip(" \t") for line in lines)


def _is_encoded(lines: Sequence[str]) -> bool:
    return any(char in line for line in lines for char in MARKS)


def _runs(lines: Sequence[str], line: str, most: int) -> list[Run]:
    """The parts of a line of a map. Raises Fault."""
    return encoded_runs(line, most) if _is_encoded(lines) else plain_runs(line)


def _columns(row: Tiles, length: int) -> tuple[int, ...]:
    """The columns of the tiles of a row, and of its end."""
    columns = tuple(column for _, column in row)
    return (*columns, min(columns[-1] + 1, length) if columns else 1)


def _in_tiles(row: str, tiles: Mapping[str, str], wide: int) -> str:
    """A row in our tiles, filled up with walls."""
    return "".join(tiles[char] for char in row).ljust(wide, WALL)


def complete_sokoban(rows: Rows) -> Rows:
    """Return rows in our tiles with walls outside the walls; without a player as they are."""
    if not cells_of(rows, START + START_ON_TARGET):
        return rows
    has_boxes = bool(cells_of(rows, BOX + BOX_ON_TARGET))
    return _enclosed(rows, (FLOOR, *TARGETS) if has_boxes else (FLOOR,))


def _enclosed(rows: Sequence[str], open_tiles: Sequence[str]) -> Rows:
    """The map with walls in place of these tiles wherever the player can never come."""
    board = tuple(rows)
    inside = walk(board, cells_of(board, START + START_ON_TARGET))
    return tuple(
        "".join(WALL if x in open_tiles and (r, c) not in inside else x for c, x in enumerate(row))
        for r, row in enumerate(board)
    )


# --- what a map must have ----------------------------------------------------------------------


def _has_player(board: Rows, first: int, report: Report) -> bool:
    """Whether the map has a player."""
    if cells_of(board, PLAYERS):
        return True
    report(first, 1, "no player", "put '@' where the episode begins")
    return False


def _has_way(board: Rows, first: int, report: Report) -> bool:
    """Whether a map without boxes has a goal to walk to, besides that where the player stands."""
    if cells_of(board, "."):
        return True
    row, column = next(iter(cells_of(board, "+")), (0, 0))
    what = "the player stands on the only goal" if "+" in board[row] else "no goal"
    report(first + row, column + 1, what, "put '.' where the goal is")
    return False


def _has_goals(board: Rows, first: int, report: Report) -> bool:
    """Whether a map with boxes has one player, and a goal for each box."""
    players, boxes = cells_of(board, PLAYERS), cells_of(board, "$*")
    goals = len(cells_of(board, ".*+"))
    for row, column in players[1:2]:
        report(first + row, column + 1, "a second player", "keep one '@' or '+'")
    if goals < len(boxes):
        row, column = boxes[goals]
        what = f"{counted(len(boxes), 'box', 'es')}, and {counted(goals, 'goal')}"
        report(first + row, column + 1, what, "put '.' where the boxes belong")
    return len(players) == 1 and goals >= len(boxes)

"""The drawing tools of the editor: pure functions from a board to the characters of its cells.

A board is the rows of a map, all of one length. Cells are (row, column), from 0; tools leave out
those outside the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from game.text.level import Cell, Rows
from game.text.tiles import FLOOR

Drawing = dict[Cell, str]
Turn = Mapping[str, str]  # what characters with a direction become, see `turned_characters`

LEFT_RIGHT, UP_DOWN = "left-right", "up-down"  # axes of symmetry; both are four-fold symmetry


# --- brushes -----------------------------------------------------------------------------------


def line(start: Cell, end: Cell) -> list[Cell]:
    """Return the cells of a straight line, in order, both ends included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    return [
        (_between(start[0], end[0], i, steps), _between(start[1], end[1], i, steps))
        for i in range(steps + 1)
    ]


def _between(first: int, last: int, step: int, steps: int) -> int:
    """The whole number nearest to the way from `first` to `last` after some of the steps."""
    return first + (2 * (last - first) * step + steps) // (2 * steps) if steps else first


def brush(dragged: Sequence[Cell]) -> list[Cell]:
    """Return the cells of a stroke, with the gaps between the cells of the pointer filled."""
    cells = list(dragged[:1])
    for start, end in pairwise(dragged):
        cells += line(start, end)[1:]
    return list(dict.fromkeys(cells))


def rectangle(corner: Cell, other: Cell, filled: bool = False) -> list[Cell]:
    """Return the cells of a rectangle between two corners, or of its outline."""
    (top, bottom), (left, right) = (sorted(pair) for pair in zip(corner, other))
    return [
        (r, c)
        for r in range(top, bottom + 1)
        for c in range(left, right + 1)
        if filled or r in (top, bottom) or c in (left, right)
    ]


def flood(board: Rows, start: Cell) -> list[Cell]:
    """Return the cells with the same tile that hang together with a cell, side by side."""
    if not is_inside(board, start):
        return []
    char, found = _at(board, start), {start: None}
    for r, c in (queue := [start]):
        for cell in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if cell not in found and is_inside(board, cell) and _at(board, cell) == char:
                found[cell] = None
                queue.append(cell)
    return queue


def cells_of(board: Rows, char: str) -> list[Cell]:
    """Return all cells with a character: those in which `paint` replaces it by another."""
    return [(r, c) for r, row in enumerate(board) for c, one in enumerate(row) if one == char]


def paint(
    board: Rows,
    cells: Iterable[Cell],
    char: str,
    symmetry: Iterable[str] = (),
    turns: Mapping[str, Turn] | None = None,
) -> Drawing:
    """Return these cells of the board, with a character in each of them, drawn symmetrically.

    `symmetry` names the axes, and `turns` says for each axis what characters with a direction
    become in the mirror. Where a cell and a mirror image meet, the cell comes first.
    """
    drawn = {cell: char for cell in cells if is_inside(board, cell)}
    for axis in symmetry:
        turn = (turns or {}).get(axis, {})
        mirrored = {_mirrored(board, cell, axis): turn.get(one, one) for cell, one in drawn.items()}
        drawn = mirrored | drawn
    return drawn


def _mirrored(board: Rows, cell: Cell, axis: str) -> Cell:
    row, column = cell
    if axis == LEFT_RIGHT:
        return row, len(board[0]) - 1 - column
    return len(board) - 1 - row, column


def is_inside(board: Rows, cell: Cell) -> bool:
    """Whether a cell is on the board."""
    return 0 <= cell[0] < len(board) and 0 <= cell[1] < len(board[0])


def _at(board: Rows, cell: Cell) -> str:
    return board[cell[0]][cell[1]]


# --- regions -----------------------------------------------------------------------------------


def copied(board: Rows, corner: Cell, other: Cell) -> Rows:
    """Return the rows of the region between two corners, as far as it is on the board."""
    (top, bottom), (left, right) = (sorted(pair) for pair in zip(corner, other))
    rows = board[max(0, top) : max(0, bottom + 1)]
    return tuple(row[max(0, left) : max(0, right + 1)] for row in rows)


def cleared(board: Rows, corner: Cell, other: Cell, fill: str = FLOOR) -> Drawing:
    """Return the region between two corners without its contents: what a cut leaves."""
    return paint(board, rectangle(corner, other, filled=True), fill)


def pasted(board: Rows, region: Rows, corner: Cell) -> Drawing:
    """Return a region with its upper left cell in a corner, as far as it is on the board."""
    return {cell: char for cell, char in _cells(region, corner) if is_inside(board, cell)}


def overhang(board: Rows, region: Rows, corner: Cell) -> tuple[int, int]:
    """Return how many rows and columns of a region are beyond the board, see `pasted`."""
    bottom, right = corner[0] + len(region), corner[1] + max(map(len, region), default=0)
    return max(0, bottom - len(board)), max(0, right - max(map(len, board), default=0))


def moved(board: Rows, corner: Cell, other: Cell, to: Cell, fill: str = FLOOR) -> Drawing:
    """Return the region between two corners at another place, and `fill` where it was."""
    region = copied(board, corner, other)
    return cleared(board, corner, other, fill) | pasted(board, region, to)


def shifted(board: Rows, down: int, right: int) -> Drawing:
    """Return the board shifted; what leaves it at one side comes back at the other."""
    first, left = -down % len(board), -right % len(board[0])
    rows = (*board[first:], *board[:first])
    return pasted(board, tuple(row[left:] + row[:left] for row in rows), (0, 0))


def _cells(region: Rows, corner: Cell) -> Iterator[tuple[Cell, str]]:
    for r, row in enumerate(region, corner[0]):
        for c, char in enumerate(row, corner[1]):
            yield (r, c), char


def mirrored_region(region: Rows, axis: str, turn: Turn) -> Rows:
    """Return a region mirrored at an axis."""
    rows = tuple(row[::-1] for row in region) if axis == LEFT_RIGHT else region[::-1]
    return _turned(rows, turn)


def rotated_region(region: Rows, turn: Turn) -> Rows:
    """Return a region turned clockwise by a quarter."""
    return _turned(tuple("".join(column[::-1]) for column in zip(*region)), turn)


def _turned(rows: Rows, turn: Turn) -> Rows:
    return tuple("".join(turn.get(char, char) for char in row) for row in rows)

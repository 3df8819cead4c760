"""Where the marks of goals belong after a map has been edited: the drawing follows the map.

A drawing has a character per cell of its map, as in pack.toml. Each step of the undo is explained
on its own, because one stroke is nearly always one of few things: a tile painted, the map or a
region of it moved, mirrored or turned, a line of cells added or removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from game.authoring.drawing import (
    LEFT_RIGHT,
    UP_DOWN,
    cells_of,
    mirrored_region,
    pasted,
    rotated_region,
)
from game.authoring.goal_marks import HELD_OUT, MARKS, VALIDATION
from game.text.level import Cell, Rows
from game.text.tiles import ARROWS, CANDIDATE, FLOOR

SLACK = 2  # cells that a map may have moved, beyond what its new size explains
MOST_GROWTH = 40  # rows or columns, beyond which no place of the old map is looked for
CERTAIN = 0.1  # share of its score by which an explanation must surpass any other
_NEW = "\0"  # a cell that an explanation says nothing about
_ONE_ARROW = str.maketrans(dict.fromkeys(ARROWS.values(), ARROWS["right"]))
Move = Callable[[Rows], Rows]  # of a map, or of its drawing


def follow_all(drawing: Rows, maps: Sequence[Rows]) -> Rows | None:
    """Return a drawing of the first map as one of the last; None where that is not certain.

    `maps` are the tiles after each step.
    """
    found: Rows | None = drawing
    for before, after in pairwise(maps):
        found = follow(found, before, after) if found is not None else None
    return found


def follow(drawing: Rows, before: Rows, after: Rows) -> Rows | None:
    """Return a drawing of the map `before` as one of the map `after`, floor in its new cells.

    None where explanations of the change differ in the marks, or none is certain.
    """
    before, after = (tuple(row.translate(_ONE_ARROW) for row in rows) for rows in (before, after))
    if before == after or _is_painted(before, after):
        return drawing
    moves = [move for move in _moves(before, after) if _explains(move(before), after)]
    stays = _size(before) == _size(after) and (
        cells_of(before, CANDIDATE) == cells_of(after, CANDIDATE)
    )
    if stays and not moves:
        return drawing
    found = [move(drawing) for move in moves] or _best_matches(drawing, before, after)
    if not moves and any(_loses(one, after, drawing, before) for one in found):
        return None
    fresh = [_marks_at(one, after).count("") for one in found]
    found = [one for one, n in zip(found, fresh) if n == min(fresh)]  # that leave least open
    if len({_marks_at(one, after) for one in found}) != 1:
        return None
    return tuple(row.replace(_NEW, FLOOR) for row in found[0])


def _marks_at(drawing: Rows, tiles: Rows) -> tuple[str, ...]:
    """The marks of the candidates of a map, "" for those without one."""
    chars = (drawing[r][c] for r, c in cells_of(tiles, CANDIDATE))
    return tuple(char if char in MARKS else "" for char in chars)


def _loses(new: Rows, after: Rows, old: Rows, before: Rows) -> bool:
    """Whether a new drawing has fewer marks of a kind other than training."""
    lost = Counter(_marks_at(old, before)) - Counter(_marks_at(new, after))
    return any(lost[mark] for mark in (VALIDATION, HELD_OUT))


def _size(rows: Rows) -> tuple[int, int]:
    return len(rows), len(rows[0])


def _explains(moved: Rows, after: Rows) -> bool:
    """Whether a moved map is the other one, wherever it says something."""
    return _size(moved) == _size(after) and all(
        a in (b, _NEW) for one, other in zip(moved, after) for a, b in zip(one, other)
    )


def _is_painted(before: Rows, after: Rows) -> bool:
    """Whether all cells that differ have the same tile now, as after a stroke of a brush.

    No map that is moved, mirrored or turned is like that: it has as many tiles of a kind as before.
    """
    return _size(before) == _size(after) and len(set(_changes(before, after).values())) == 1


def _changes(before: Rows, after: Rows) -> dict[Cell, str]:
    """The new tiles of the cells that differ, in maps of one size."""
    return {
        (r, c): new
        for r, (one, other) in enumerate(zip(before, after))
        if one != other
        for c, (old, new) in enumerate(zip(one, other))
        if old != new
    }


# --- explanations ------------------------------------------------------------------------------


def _moves(before: Rows, after: Rows) -> Iterator[Move]:
    """All that the editor does to a map or a region in one step, if the sizes allow it."""
    (height, width), size = _size(before), _size(after)
    if size == (height, width):
        yield from (_mirrored(axis) for axis in (LEFT_RIGHT, UP_DOWN))
        yield from (_turned, lambda rows: _turned(_turned(_turned(rows))))
        yield from (_wrapped(down, right) for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        changed = list(_changes(before, after))
        yield from _region_moves(changed)
        yield from _wide_mirrors(changed, before)
    elif size == (width, height):
        yield from (_turned, lambda rows: _turned(_turned(_turned(rows))))
    elif size[1] == width and abs(size[0] - height) == 1:
        yield from (_line_changed(at, size[0] - height) for at in range(max(height, size[0])))
    elif size[0] == height and abs(size[1] - width) == 1:
        for at in range(max(width, size[1])):
            yield _transposed(_line_changed(at, size[1] - width))


def _stay(rows: Rows) -> Rows:
    return rows


def _mirrored(axis: str) -> Move:
    return lambda rows: mirrored_region(rows, axis, {})


def _turned(rows: Rows) -> Rows:
    return rotated_region(rows, {})


def _transposed(move: Move) -> Move:
    """The move with rows and columns exchanged."""
    return lambda rows: tuple(map("".join, zip(*move(tuple(map("".join, zip(*rows)))))))


def _wrapped(down: int, right: int) -> Move:
    """The whole map shifted by a cell; what leaves it comes back at the opposite side."""

    def move(rows: Rows) -> Rows:
        rows = rows[-down:] + rows[:-down]
        return tuple(row[-right:] + row[:-right] for row in rows)

    return move


def _line_changed(at: int, by: int) -> Move:
    """A row added (1) or removed (-1)."""

    def move(rows: Rows) -> Rows:
        if by < 0:
            return (*rows[:at], *rows[at + 1 :])
        return (*rows[:at], _NEW * len(rows[0]), *rows[at:])

    return move


def _region_moves(changed: Sequence[Cell]) -> Iterator[Move]:
    """The region that has changed mirrored, turned, or moved within itself by a cell.

    Its middle is that of the selection, even if the selection was larger: rows that look the same
    mirrored have not changed, though their marks have changed places if they were selected.
    """
    top, bottom = min(r for r, _ in changed), max(r for r, _ in changed)
    left, right = min(c for _, c in changed), max(c for _, c in changed)

    def within(move: Move) -> Move:
        def moved(rows: Rows) -> Rows:
            region = move(tuple(row[left : right + 1] for row in rows[top : bottom + 1]))
            grid = [list(row) for row in rows]
            for (r, c), char in pasted(rows, region, (top, left)).items():
                grid[r][c] = char
            return tuple(map("".join, grid))

        return moved

    yield from (within(_mirrored(axis)) for axis in (LEFT_RIGHT, UP_DOWN))
    yield within(lambda rows: _mirrored(LEFT_RIGHT)(_mirrored(UP_DOWN)(rows)))
    if bottom - top == right - left:
        yield from (within(_turned), within(lambda rows: _turned(_turned(_turned(rows)))))
    blank = _NEW * (right - left + 1)
    yield within(lambda rows: (blank, *rows[:-1]))
    yield within(lambda rows: (*rows[1:], blank))
    yield within(lambda rows: tuple(_NEW + row[:-1] for row in rows))
    yield within(lambda rows: tuple(row[1:] + _NEW for row in rows))


def _wide_mirrors(changed: Sequence[Cell], before: Rows) -> Iterator[Move]:
    """The changed region mirrored, with all pairs of cells beyond it that look the same mirrored.

    The selection may have held any of them: its marks are certain if this makes no difference.
    """
    rows, columns = [r for r, _ in changed], [c for _, c in changed]
    top, bottom, left, right = min(rows), max(rows), min(columns), max(columns)
    height, width = _size(before)

    def mirrored(is_row: bool, is_column: bool) -> Move:
        def source(r: int, c: int) -> Cell:
            """The cell whose content a cell gets."""
            row = top + bottom - r if is_row else r
            column = left + right - c if is_column else c
            is_there = 0 <= row < height and 0 <= column < width
            is_changed = top <= r <= bottom and left <= c <= right
            if is_there and (is_changed or before[row][column] == before[r][c]):
                return row, column
            return r, c

        def move(grid: Rows) -> Rows:
            cells = ([source(r, c) for c in range(width)] for r in range(height))
            return tuple("".join(grid[r][c] for r, c in row) for row in cells)

        return move

    yield from (mirrored(*axes) for axes in ((False, True), (True, False), (True, True)))


# --- without an explanation --------------------------------------------------------------------


def _best_matches(drawing: Rows, before: Rows, after: Rows) -> list[Rows]:
    """The drawing where the old map matches the new one best, and where it does so nearly as well.

    Each kind of tile counts the same, so that few candidates weigh as much as many walls. Empty
    where half of that is not found again.
    """
    counts = Counter("".join(before))
    scored: list[tuple[float, Rows]] = []
    for turn in _turns():
        old, wanted = turn(before), turn(drawing)
        found = _scores(old, after, counts)
        best = max(found.values(), default=0.0)
        near = (at for at, score in found.items() if score >= (1 - CERTAIN) * best)
        scored += [(found[at], _placed(wanted, at, _size(after))) for at in near]
    best = max((score for score, _ in scored), default=0.0)
    if best < len(counts) / 2:
        return []
    return [one for score, one in sorted(scored, reverse=True) if score >= (1 - CERTAIN) * best]


def _turns() -> Iterator[Move]:
    """The eight symmetries of a square."""
    for mirror in (_stay, _mirrored(LEFT_RIGHT)):
        move: Move = mirror
        for _ in range(4):
            yield move
            move = (lambda inner: lambda rows: _turned(inner(rows)))(move)


def _scores(old: Rows, new: Rows, counts: Counter[str]) -> dict[Cell, float]:
    """How well a map matches another one, by the cell at which its upper left corner lies there."""
    (height, width), (rows, columns) = _size(old), _size(new)
    if max(abs(rows - height), abs(columns - width)) > MOST_GROWTH:
        return {}
    before, after = (np.array([list(row) for row in grid]) for grid in (old, new))
    weights = np.vectorize(lambda char: 1 / counts[char])(before)
    found = {}
    for r in range(min(0, rows - height) - SLACK, max(0, rows - height) + SLACK + 1):
        for c in range(min(0, columns - width) - SLACK, max(0, columns - width) + SLACK + 1):
            there = after[max(0, r) : r + height, max(0, c) : c + width]
            cells = np.s_[max(0, -r) : max(0, rows - r), max(0, -c) : max(0, columns - c)]
            if there.size and there.shape == before[cells].shape:
                found[r, c] = float((weights[cells] * (before[cells] == there)).sum())
    return found


def _placed(drawing: Rows, at: Cell, size: tuple[int, int]) -> Rows:
    """A drawing with its upper left corner at a cell of a map of this size."""
    blank = (_NEW * size[1],) * size[0]
    grid = [list(row) for row in blank]
    for (r, c), char in pasted(blank, drawing, at).items():
        grid[r][c] = char
    return tuple(map("".join, grid))

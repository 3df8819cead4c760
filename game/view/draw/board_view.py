"""The view of a board: which part of a map it shows, and how large the cells are.

A view is data. Zooming, panning and following a cell return another view; places are (x, y).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pygame

from game.text.level import Cell
from game.view.draw.theme import Point

READABLE_CELL = 10  # px at scale 1: the least size of cells until the author zooms
WIDEST_CELL = 72  # px at scale 1: a small map does not fill a large window
LEAST_CELL = 1  # px
ZOOM = 1.25  # by which a step enlarges the cells

Pair = tuple[int, int]


@dataclass(frozen=True)
class BoardView:
    """The view of a map of `grid` (columns, rows) cells in a room of some px, `cell` px per cell.

    `middle` is the place of the map, in cells, that is in the middle of the room. A map that fits
    into the room is shown whole.
    """

    room: Pair
    grid: Pair
    cell: int
    middle: Point = (0.0, 0.0)

    @property
    def part(self) -> pygame.Rect:
        """The part of the picture of the whole map that is shown, in px of that picture."""
        spans = zip(self.room, self.grid, self.middle, strict=True)
        (left, wide), (top, high) = (_shown(*span, self.cell) for span in spans)
        return pygame.Rect(left, top, wide, high)

    @property
    def whole(self) -> Pair:
        """The size of the picture of the whole map in px."""
        return self.grid[0] * self.cell, self.grid[1] * self.cell

    @property
    def is_whole(self) -> bool:
        """Whether the whole map is shown."""
        return self.part.size == self.whole

    def clamped(self) -> BoardView:
        """Return the same view with its middle where the part that is shown has it."""
        x, y, wide, high = self.part
        return replace(self, middle=((x + wide / 2) / self.cell, (y + high / 2) / self.cell))

    def zoomed(self, cell: int, about: Point) -> BoardView:
        """Return the view with larger or smaller cells, in which the place of the map stays that is
        `about` px from the middle of the room."""
        x, y = (m + d / self.cell - d / cell for m, d in zip(self.middle, about, strict=True))
        return replace(self, cell=cell, middle=(x, y)).clamped()

    def panned(self, by: Point) -> BoardView:
        """Return the view of a part that begins so many px further to the right and below."""
        x, y = (m + d / self.cell for m, d in zip(self.middle, by, strict=True))
        return replace(self, middle=(x, y)).clamped()

    def showing(self, cell: Cell, margin: int) -> BoardView:
        """Return the view that is panned as little as needed to show a cell of the map.

        `margin` is the number of cells around it that are to be seen, too.
        """
        around = pygame.Rect(cell[1], cell[0], 1, 1).inflate(2 * margin, 2 * margin)
        x, y, wide, high = (side * self.cell for side in around)
        part = self.part
        return self.panned(
            (
                min(0, x - part.left) or max(0, x + wide - part.right),
                min(0, y - part.top) or max(0, y + high - part.bottom),
            )
        )


def fitting_cell(room: Pair, grid: Pair, scale: float) -> int:
    """Return the size in px of cells with which a map of `grid` cells fits into a room."""
    cell = min(room[0] // grid[0], room[1] // grid[1], round(WIDEST_CELL * scale))
    return max(cell, LEAST_CELL)


def next_cell(cell: int, steps: int) -> int:
    """Return the size of cells in px that is so many steps larger, or smaller."""
    for _ in range(abs(steps)):
        cell = max(cell + 1, round(cell * ZOOM)) if steps > 0 else min(cell - 1, round(cell / ZOOM))
    return cell


def _shown(room: int, cells: int, middle: float, cell: int) -> Pair:
    """Return the begin and the length in px of what is shown of a row or column of a map."""
    whole = cells * cell
    length = min(room, whole)
    begin = round(middle * cell - length / 2)
    return min(max(begin, 0), whole - length), length

"""The board: a level as a picture, painted without image files.

Everything that does not move is painted once per level and size.
"""

from __future__ import annotations

import math

import pygame

from game.text.level import Level
from game.text.tiles import FLOOR, WALL
from game.view.draw.badges import has_badge
from game.view.draw.board_painting import CORNER, BoardPainter, paper_corners
from game.view.draw.marks import DYNAMIC_TILES
from game.view.draw.theme import LIGHT, Palette, Point

CROP = 0.45  # of a cell: how much of the outermost walls is cut off


def walled(level: Level) -> tuple[tuple[str, ...], int]:
    """Return the map's tiles within a ring of walls, and the ring's width: 0 if it was there."""
    rows = level.tiles
    edge = rows[0] + rows[-1] + "".join(row[0] + row[-1] for row in rows)
    if set(edge) == {WALL}:
        return rows, 0
    lid = WALL * (level.width + 2)
    return (lid, *(WALL + row + WALL for row in rows), lid), 1


def grid_size(level: Level) -> tuple[float, float]:
    """Return the board's size (columns, rows) in cells; its outermost walls are cropped."""
    rows, _ = walled(level)
    return len(rows[0]) - 2 * CROP, len(rows) - 2 * CROP


class BoardGrid:
    """The places of a board's cells, `cell` px wide.

    The map is within a `ring` of walls. The board shows a part of the picture of that, from the
    `first` (x, y) px on.
    """

    def __init__(
        self,
        size: tuple[int, int],
        cell: int,
        palette: Palette,
        ring: int = 0,
        first: tuple[int, int] = (0, 0),
    ) -> None:
        self.size, self.cell, self.palette = size, cell, palette
        self.ring, self.first = ring, first
        self.radius = round(CORNER * cell)  # of its corners, in px

    def centre(self, row: float, column: float) -> Point:
        """Return the middle of a cell of the level's map, in px of the board."""
        x, y = (column + self.ring + 0.5) * self.cell, (row + self.ring + 0.5) * self.cell
        return x - self.first[0], y - self.first[1]

    def box(self, cell: tuple[int, int], board: pygame.Rect) -> pygame.Rect | None:
        """Return where a cell of the map is on the surface that shows this board at `board`; None
        where it is not shown."""
        if not self.shows(cell):
            return None
        x, y = self.centre(*cell)
        box = pygame.Rect(0, 0, self.cell, self.cell)
        box.center = round(board.left + x), round(board.top + y)
        return box

    def cell_at(self, at: Point) -> tuple[int, int]:
        """Return the (row, column) at a place in px; it may lie outside the map."""
        x, y = ((v + f) / self.cell - self.ring for v, f in zip(at, self.first, strict=True))
        return math.floor(y), math.floor(x)

    def shows(self, cell: tuple[int, int]) -> bool:
        """Whether the board shows a cell of the map, or a part of it."""
        x, y = self.centre(*cell)
        reach = self.cell / 2
        return -reach < x < self.size[0] + reach and -reach < y < self.size[1] + reach


class Board(BoardGrid):
    """A level's picture with cells of `cell` px. Blit `surface`, but do not draw on it."""

    def __init__(self, level: Level, cell: int, palette: Palette = LIGHT) -> None:
        self.rows, ring = walled(level)
        crop = round(CROP * cell)
        badges = badges_of(level, ring)
        whole = BoardPainter(self.rows, cell, palette, level.goal == "hidden", badges).whole()
        inside = whole.get_rect().inflate(-2 * crop, -2 * crop)
        super().__init__(inside.size, cell, palette, ring, (crop, crop))
        by_moves = not level.world or level.world.rules.by_moves
        self.reach = 1 if by_moves else math.inf  # longest stretch of a trail, in cells
        self.surface = whole.subsurface(inside).copy()
        self.surface.blit(paper_corners(self.size, self.radius, palette.paper), (0, 0))


def badges_of(level: Level, ring: int = 0) -> dict[tuple[int, int], str]:
    """Return the badges of the cells that are painted once, by (row, column) within a ring.

    The arms of a bandit, and the states of an MDP beside the first one, have their numbers.
    """
    if level.world and not level.world.rules.by_moves:
        return {(r + ring, c + ring): str(i) for i, (r, c) in enumerate(level.find(FLOOR), 1)}
    return {
        (r + ring, c + ring): char
        for r, row in enumerate(level.rows if level.legend else ())
        for c, char in enumerate(row)
        if has_badge(level, char) and level.tile(char) not in DYNAMIC_TILES
    }

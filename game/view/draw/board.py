"""The board: a level as a picture, painted without image files.

Everything that does not move is painted once per level and size. Details are jittered by a hash of
the cell, not by the frame, so that the same level always looks the same.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache

import pygame

from game.text.level import Level
from game.text.tiles import BY_CHAR, FLOOR, WALL
from game.view.draw.badges import has_badge, put_badge
from game.view.draw.ground_patterns import PATTERNS
from game.view.draw.marks import DYNAMIC_TILES, MARKS
from game.view.draw.theme import LIGHT, Colour, Palette, Point, darker, smooth

WALL_DEPTH = 0.2  # of a cell: the height of a wall's south face
CORNER = 0.24  # of a cell: the radius of rounded corners
CROP = 0.45  # of a cell: how much of the outermost walls is cut off
LEAST_PATTERNED = 8  # px: smaller cells have no patterns
JITTER = 0.018  # of brightness, from cell to cell
SHADOW: Colour = (30, 32, 50)
NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
AROUND = ((NORTH, -1, 0), (EAST, 0, 1), (SOUTH, 1, 0), (WEST, 0, -1))


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


def neighbours(rows: tuple[str, ...], row: int, column: int) -> int:
    """Return the 4-bit mask of the sides where the cell's neighbour is the same tile or a wall.

    Sides at the edge of the board are set, too.
    """
    mask = 0
    for bit, dr, dc in AROUND:
        r, c = row + dr, column + dc
        inside = 0 <= r < len(rows) and 0 <= c < len(rows[0])
        if not inside or rows[r][c] in (rows[row][column], WALL):
            mask |= bit
    return mask


def corner_radii(mask: int, radius: int) -> dict[str, int]:
    """Return keyword arguments of `pygame.draw.rect` that round the corners with two free sides."""

    def free(a: int, b: int) -> int:
        return 0 if mask & (a | b) else radius

    return {
        "border_top_left_radius": free(NORTH, WEST),
        "border_top_right_radius": free(NORTH, EAST),
        "border_bottom_left_radius": free(SOUTH, WEST),
        "border_bottom_right_radius": free(SOUTH, EAST),
    }


class Board:
    """A level's picture with cells of `cell` px. Blit `surface`, but do not draw on it."""

    def __init__(self, level: Level, cell: int, palette: Palette = LIGHT) -> None:
        self.palette = palette
        self.rows, self.ring = walled(level)
        self.cell = cell
        self._crop = round(CROP * cell)
        self._badges = [
            (r + self.ring, c + self.ring, char)
            for r, row in enumerate(level.rows if level.legend else ())
            for c, char in enumerate(row)
            if has_badge(level, char) and level.tile(char) not in DYNAMIC_TILES
        ]
        self._whole = (len(self.rows[0]) * cell, len(self.rows) * cell)
        whole = self._paint(hidden=level.goal == "hidden")
        inside = whole.get_rect().inflate(-2 * self._crop, -2 * self._crop)
        self.size = inside.size
        self.surface = whole.subsurface(inside).copy()
        self.radius = round(CORNER * cell)  # of its corners, in px
        self.surface.blit(_paper_corners(self.size, self.radius, palette.paper), (0, 0))

    def centre(self, row: float, column: float) -> Point:
        """Return the middle of a cell of the level's map, in px of the board."""
        x, y = (column + self.ring + 0.5) * self.cell, (row + self.ring + 0.5) * self.cell
        return x - self._crop, y - self._crop

    def cell_at(self, at: Point) -> tuple[int, int]:
        """Return the (row, column) at a place in px; it may lie outside the map."""
        x, y = ((v + self._crop) / self.cell - self.ring for v in at)
        return math.floor(y), math.floor(x)

    def _paint(self, hidden: bool) -> pygame.Surface:
        """Return the whole board, not cropped yet; a `hidden` goal is marked as such."""
        board = pygame.Surface(self._whole)
        board.fill(self.palette.paper)
        board.blit(smooth(self._whole, self._paint_ground, self._hue(FLOOR)), (0, 0))
        for r, row in enumerate(self.rows):
            for c, char in enumerate(row):
                if mark := MARKS.get(char):
                    picture = mark(self.cell, hidden, self.palette)
                    board.blit(picture, (c * self.cell, r * self.cell))
        board.blit(self._shadow(), (0, 0))
        board.blit(smooth(self._whole, self._paint_walls, self._hue(WALL)), (0, 0))
        for r, c, char in self._badges:
            box = pygame.Rect(c * self.cell, r * self.cell, self.cell, self.cell)
            put_badge(board, box, char, self.palette)
        return board

    def _hue(self, char: str) -> Colour:
        """Return a tile's colour in this theme."""
        return self.palette.board(BY_CHAR[char].colour)

    def _cells(self, factor: int) -> list[tuple[int, int, str, pygame.Rect]]:
        """Return (row, column, character, rectangle) of each cell, enlarged by `factor`."""
        side = self.cell * factor
        return [
            (r, c, char, pygame.Rect(c * side, r * side, side, side))
            for r, row in enumerate(self.rows)
            for c, char in enumerate(row)
        ]

    def _paint_ground(self, surface: pygame.Surface, factor: int) -> None:
        """Paint floor everywhere, with seams that make cells countable, and terrain on it."""
        floor = self._hue(FLOOR)
        for r, c, _, rect in self._cells(factor):
            surface.fill(darker(floor, _shade(r, c)), rect)
            _paint_seams(surface, rect, floor, NORTH | WEST, factor)
        for r, c, char, rect in self._cells(factor):
            tile = BY_CHAR[char]
            colour = self._hue(char)
            if tile.passable and colour != floor:
                mask = neighbours(self.rows, r, c)
                radii = corner_radii(mask, round(CORNER * rect.width))
                pygame.draw.rect(surface, darker(colour, _shade(r, c)), rect, **radii)
                _paint_seams(surface, rect, colour, mask, factor)
            pattern = PATTERNS.get(tile.pattern) if self.cell >= LEAST_PATTERNED else None
            if pattern:
                pattern(surface, rect, colour, random.Random(r * 1009 + c))

    def _shadow(self) -> pygame.Surface:
        """Return the soft shadow south-east of the walls, blurred at half size to save time."""
        half = self.cell / 2
        shade = pygame.Surface((self._whole[0] // 2, self._whole[1] // 2), pygame.SRCALPHA)
        shade.fill((*SHADOW, 0))
        for r, c, char, _ in self._cells(1):
            if char == WALL:
                box = ((c + 0.05) * half, (r + 0.13) * half, math.ceil(half), math.ceil(half))
                shade.fill((*SHADOW, 88), box)
        soft = pygame.transform.gaussian_blur(shade, max(1, round(half * 0.1)))
        return pygame.transform.smoothscale(soft, self._whole)

    def _paint_walls(self, surface: pygame.Surface, factor: int) -> None:
        """Paint each wall: a dark south face, a light top, and a lighter edge in the north."""
        colour = self._hue(WALL)
        for r, c, char, rect in self._cells(factor):
            if char != WALL:
                continue
            mask = neighbours(self.rows, r, c)
            radii = corner_radii(mask, round(CORNER * rect.width))
            top = rect.copy()
            if not mask & SOUTH:
                pygame.draw.rect(surface, darker(colour, 0.38), rect, **radii)
                top.height -= round(WALL_DEPTH * rect.height)
            if not mask & NORTH:
                pygame.draw.rect(surface, darker(colour, -0.32), top, **radii)
                top = pygame.Rect(top.x, top.y + factor * 2, top.width, top.height - factor * 2)
            pygame.draw.rect(surface, colour, top, **radii)


@lru_cache(maxsize=10_000)
def _shade(row: int, column: int) -> float:
    """Return the share by which this cell is darker than its tile's colour."""
    return random.Random(row * 1009 + column).uniform(-JITTER, JITTER)


def _paint_seams(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, sides: int, thick: int
) -> None:
    """Paint faint lines at the north and the west side, if `sides` contains them."""
    seam = darker(colour, 0.07)
    if sides & NORTH:
        surface.fill(seam, (rect.left, rect.top, rect.width, thick))
    if sides & WEST:
        surface.fill(seam, (rect.left, rect.top, thick, rect.height))


def _paper_corners(size: tuple[int, int], radius: int, paper: Colour) -> pygame.Surface:
    """Return the paper around the rounded corners of the board, to be blitted over it."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        surface.fill((*paper, 255))
        pygame.draw.rect(surface, (*paper, 0), surface.get_rect(), border_radius=radius * factor)

    return smooth(size, paint, paper)

"""The painting of a board: ground, marks, shadows and walls of all cells, or of some of them.

A cell's picture depends on its neighbours alone, so that an area that is painted by itself looks
like that area of the whole picture, up to the softness of its shadows. Details are jittered by a
hash of the cell, not by the frame, so that the same level always looks the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pygame

from game.text.tiles import BY_CHAR, FLOOR, WALL
from game.view.draw.badges import put_badge
from game.view.draw.ground_patterns import PATTERNS
from game.view.draw.marks import MARKS
from game.view.draw.theme import Colour, Palette, darker, smooth, smooth_factor

WALL_DEPTH = 0.2  # of a cell: the height of a wall's south face
CORNER = 0.24  # of a cell: the radius of rounded corners
LEAST_PATTERNED = 8  # px: smaller cells have no patterns
JITTER = 0.018  # of brightness, from cell to cell
MARGIN = 1  # cells around an area that its picture depends on
SHADOW: Colour = (30, 32, 50)
NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
AROUND = ((NORTH, -1, 0), (EAST, 0, 1), (SOUTH, 1, 0), (WEST, 0, -1))


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


@dataclass(frozen=True)
class BoardPainter:
    """Paints tiles with cells of `cell` px. A `hidden` goal is marked as such.

    `badges` are characters to draw in the corner of cells (row, column).
    """

    rows: tuple[str, ...]
    cell: int
    palette: Palette
    hidden: bool = False
    badges: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """The size of the whole picture in px."""
        return len(self.rows[0]) * self.cell, len(self.rows) * self.cell

    def whole(self) -> pygame.Surface:
        """Return the picture of all cells."""
        return self._paint(pygame.Rect(0, 0, len(self.rows[0]), len(self.rows)))

    def area(self, area: pygame.Rect) -> pygame.Surface:
        """Return the picture of an area (columns and rows of cells), as it is in the whole one."""
        around = area.inflate(2 * MARGIN, 2 * MARGIN)
        around.left, around.width = around.left // 2 * 2, around.width + around.left % 2
        around.top, around.height = around.top // 2 * 2, around.height + around.top % 2
        around = around.clip(pygame.Rect(0, 0, len(self.rows[0]), len(self.rows)))
        inside = area.move(-around.left, -around.top)
        side = self.cell
        box = inside.left * side, inside.top * side, inside.width * side, inside.height * side
        return self._paint(around).subsurface(box)

    def _paint(self, area: pygame.Rect) -> pygame.Surface:
        """Return the picture of an area whose edges may lack what is around them."""
        size = area.width * self.cell, area.height * self.cell
        factor = smooth_factor(self.size)
        board = pygame.Surface(size)
        board.fill(self.palette.paper)
        ground = smooth(size, lambda s, f: self._paint_ground(s, f, area), self._hue(FLOOR), factor)
        board.blit(ground, (0, 0))
        for _, _, char, box in self._cells(area, 1):
            if char in MARKS:
                board.blit(_mark(char, self.cell, self.hidden, self.palette), box)
        board.blit(self._shadow(area), (0, 0))
        walls = smooth(size, lambda s, f: self._paint_walls(s, f, area), self._hue(WALL), factor)
        board.blit(walls, (0, 0))
        for r, c, _, box in self._cells(area, 1):
            if (r, c) in self.badges:
                put_badge(board, box, self.badges[r, c], self.palette)
        return board

    def _hue(self, char: str) -> Colour:
        """Return a tile's colour in this theme."""
        return self.palette.board(BY_CHAR[char].colour)

    def _cells(self, area: pygame.Rect, factor: int) -> Iterator[tuple[int, int, str, pygame.Rect]]:
        """Yield (row, column, tile, rectangle in the area's picture) of each cell of an area.

        The rectangles are enlarged by `factor`.
        """
        side = self.cell * factor
        for r in range(area.top, area.bottom):
            for c in range(area.left, area.right):
                x, y = (c - area.left) * side, (r - area.top) * side
                yield r, c, self.rows[r][c], pygame.Rect(x, y, side, side)

    def _paint_ground(self, surface: pygame.Surface, factor: int, area: pygame.Rect) -> None:
        """Paint floor everywhere, with seams that make cells countable, and terrain on it."""
        floor = self._hue(FLOOR)
        for r, c, _, rect in self._cells(area, factor):
            surface.fill(darker(floor, _shade(r, c)), rect)
            _paint_seams(surface, rect, floor, NORTH | WEST, factor)
        for r, c, char, rect in self._cells(area, factor):
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

    def _shadow(self, area: pygame.Rect) -> pygame.Surface:
        """Return the soft shadow south-east of the walls, blurred at half size to save time."""
        half = self.cell / 2
        size = math.ceil(area.width * half), math.ceil(area.height * half)
        shade = pygame.Surface(size, pygame.SRCALPHA)
        shade.fill((*SHADOW, 0))
        for r, c, char, _ in self._cells(area, 1):
            if char == WALL:
                x, y = c - area.left + 0.05, r - area.top + 0.13
                box = (x * half, y * half, math.ceil(half), math.ceil(half))
                shade.fill((*SHADOW, 88), box)
        soft = pygame.transform.gaussian_blur(shade, max(1, round(half * 0.1)))
        return pygame.transform.smoothscale(soft, (2 * size[0], 2 * size[1]))

    def _paint_walls(self, surface: pygame.Surface, factor: int, area: pygame.Rect) -> None:
        """Paint each wall: a dark south face, a light top, and a lighter edge in the north."""
        colour = self._hue(WALL)
        for r, c, char, rect in self._cells(area, factor):
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


@lru_cache(maxsize=256)
def _mark(char: str, cell: int, hidden: bool, palette: Palette) -> pygame.Surface:
    """Return the mark of a tile. Blit it; do not draw on it, it is shared."""
    return MARKS[char](cell, hidden, palette)


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


def paper_corners(size: tuple[int, int], radius: int, paper: Colour) -> pygame.Surface:
    """Return the paper around the rounded corners of the board, to be blitted over it."""
    side = 2 * max(radius, 1)

    def paint(surface: pygame.Surface, factor: int) -> None:
        surface.fill((*paper, 255))
        pygame.draw.rect(surface, (*paper, 0), surface.get_rect(), border_radius=radius * factor)

    corners = smooth((side, side), paint, paper, smooth_factor(size))
    whole = pygame.Surface(size, pygame.SRCALPHA)
    half = side // 2
    for x, left in ((0, 0), (half, size[0] - half)):
        for y, top in ((0, 0), (half, size[1] - half)):
            whole.blit(corners, (left, top), (x, y, half, half))
    return whole

"""The board: a level as a picture, drawn without image files.

Everything that stands still is painted once per level and size. Details are jittered by a hash of
the cell, never by the frame, so that the same level always looks the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache

import pygame

from game.text.level import Level
from game.text.tiles import BY_CHAR, CANDIDATE, COIN, FLOOR, GOAL, HUNTER, PATROL, START, WALL
from game.view.draw.marks import GROUNDS, SIGNS
from game.view.draw.theme import (
    DARK_INK,
    LIGHT,
    WHITE,
    Colour,
    Palette,
    Point,
    darker,
    dashes,
    mix,
    smooth,
)
from game.world.rules import KEYS

Cell = tuple[int, int]

WALL_DEPTH = 0.2  # of a cell: the height of a wall's south face
ROUND = 0.24  # of a cell: the radius of free corners
CROP = 0.45  # of a cell: how much of the outermost walls is cut off
FINEST = 8  # px: smaller cells have no patterns
JITTER = 0.018  # of brightness, from cell to cell
SHADOW: Colour = (30, 32, 50)
NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
AROUND = ((NORTH, -1, 0), (EAST, 0, 1), (SOUTH, 1, 0), (WEST, 0, -1))


def walled(level: Level) -> tuple[tuple[str, ...], int]:
    """The rows with a ring of walls where the map has none, and the ring's thickness (0 or 1)."""
    edge = level.rows[0] + level.rows[-1] + "".join(row[0] + row[-1] for row in level.rows)
    if set(edge) == {WALL}:
        return level.rows, 0
    lid = WALL * (level.width + 2)
    return (lid, *(WALL + row + WALL for row in level.rows), lid), 1


def grid_size(level: Level) -> tuple[float, float]:
    """Columns and rows of the board. Of the outermost cells, all walls, only a part is shown."""
    rows, _ = walled(level)
    return len(rows[0]) - 2 * CROP, len(rows) - 2 * CROP


def neighbours(rows: tuple[str, ...], row: int, column: int) -> int:
    """The 4-bit mask of the sides on which the tile goes on: as itself, or under a wall.

    Beyond the board, all tiles go on.
    """
    mask = 0
    for bit, dr, dc in AROUND:
        r, c = row + dr, column + dc
        inside = 0 <= r < len(rows) and 0 <= c < len(rows[0])
        if not inside or rows[r][c] in (rows[row][column], WALL):
            mask |= bit
    return mask


def corner_radii(mask: int, radius: int) -> dict[str, int]:
    """Which corners of a cell are round: those with both sides free."""

    def free(a: int, b: int) -> int:
        return 0 if mask & (a | b) else radius

    return {
        "border_top_left_radius": free(NORTH, WEST),
        "border_top_right_radius": free(NORTH, EAST),
        "border_bottom_left_radius": free(SOUTH, WEST),
        "border_bottom_right_radius": free(SOUTH, EAST),
    }


class Board:
    """A level's picture with cells of `cell` px. `surface` is shared: blit it, don't draw on it."""

    def __init__(self, level: Level, cell: int, palette: Palette = LIGHT) -> None:
        self.palette = palette
        self.rows, self.ring = walled(level)
        self.cell = cell
        self._crop = round(CROP * cell)
        self._whole = (len(self.rows[0]) * cell, len(self.rows) * cell)
        whole = self._paint(hidden=level.goal == "hidden")
        inside = whole.get_rect().inflate(-2 * self._crop, -2 * self._crop)
        self.size = inside.size
        self.surface = whole.subsurface(inside).copy()
        self.radius = round(ROUND * cell)  # of its corners, in px
        self.surface.blit(_paper_corners(self.size, self.radius, palette.paper), (0, 0))

    def centre(self, row: float, column: float) -> Point:
        """The middle of a cell of the level's map, in px of the board."""
        x, y = (column + self.ring + 0.5) * self.cell, (row + self.ring + 0.5) * self.cell
        return x - self._crop, y - self._crop

    def cell_at(self, at: Point) -> tuple[int, int]:
        """The (row, column) at a place of the board; it may lie outside of the map."""
        x, y = ((v + self._crop) / self.cell - self.ring for v in at)
        return math.floor(y), math.floor(x)

    def _paint(self, hidden: bool) -> pygame.Surface:
        board = pygame.Surface(self._whole)
        board.fill(self.palette.paper)
        board.blit(smooth(self._whole, self._paint_ground, self._hue(FLOOR)), (0, 0))
        for r, row in enumerate(self.rows):
            for c, char in enumerate(row):
                mark = MARKS.get(char)
                if mark and char not in CAST:
                    board.blit(
                        mark(self.cell, hidden, self.palette), (c * self.cell, r * self.cell)
                    )
        board.blit(self._shadow(), (0, 0))
        board.blit(smooth(self._whole, self._paint_walls, self._hue(WALL)), (0, 0))
        return board

    def _hue(self, char: str) -> Colour:
        """A tile's colour in this theme."""
        return self.palette.board(BY_CHAR[char].colour)

    def _cells(self, factor: int) -> list[tuple[int, int, str, pygame.Rect]]:
        side = self.cell * factor
        return [
            (r, c, char, pygame.Rect(c * side, r * side, side, side))
            for r, row in enumerate(self.rows)
            for c, char in enumerate(row)
        ]

    def _paint_ground(self, surface: pygame.Surface, factor: int) -> None:
        """Floor everywhere, with seams so that cells can be counted; on it patches of terrain."""
        floor = self._hue(FLOOR)
        for r, c, _, rect in self._cells(factor):
            surface.fill(darker(floor, _shade(r, c)), rect)
            _paint_seams(surface, rect, floor, NORTH | WEST, factor)
        for r, c, char, rect in self._cells(factor):
            tile = BY_CHAR[char]
            colour = self._hue(char)
            if tile.passable and colour != floor:
                mask = neighbours(self.rows, r, c)
                radii = corner_radii(mask, round(ROUND * rect.width))
                pygame.draw.rect(surface, darker(colour, _shade(r, c)), rect, **radii)
                _paint_seams(surface, rect, colour, mask, factor)
            pattern = PATTERNS.get(tile.pattern) if self.cell >= FINEST else None
            if pattern:
                pattern(surface, rect, colour, random.Random(r * 1009 + c))

    def _shadow(self) -> pygame.Surface:
        """A soft shadow south-east of the walls; blurred at half size, which nobody can tell."""
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
        """Each wall: a dark south face, a light top above it, and a lighter edge in the north."""
        colour = self._hue(WALL)
        for r, c, char, rect in self._cells(factor):
            if char != WALL:
                continue
            mask = neighbours(self.rows, r, c)
            radii = corner_radii(mask, round(ROUND * rect.width))
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
    """How much darker this cell is than its tile."""
    return random.Random(row * 1009 + column).uniform(-JITTER, JITTER)


def _paint_seams(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, sides: int, thick: int
) -> None:
    """Faint lines towards the neighbours in the north and in the west, where `sides` has them."""
    seam = darker(colour, 0.07)
    if sides & NORTH:
        surface.fill(seam, (rect.left, rect.top, rect.width, thick))
    if sides & WEST:
        surface.fill(seam, (rect.left, rect.top, thick, rect.height))


def _paper_corners(size: tuple[int, int], radius: int, paper: Colour) -> pygame.Surface:
    """What makes the corners of the board round."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        surface.fill((*paper, 255))
        pygame.draw.rect(surface, (*paper, 0), surface.get_rect(), border_radius=radius * factor)

    return smooth(size, paint, paper)


# --- patterns: each marks one cell; the middle stays clear for trails and the agent --------------

Pattern = Callable[[pygame.Surface, pygame.Rect, Colour, random.Random], None]


def _spots(rect: pygame.Rect, chance: random.Random, across: int) -> list[Point]:
    """Jittered places in a cell, `across` squared of them, without those in its middle."""
    pitch = rect.width / across
    places = [
        (
            rect.x + (i + 0.5 + chance.uniform(-0.22, 0.22)) * pitch,
            rect.y + (j + 0.5 + chance.uniform(-0.22, 0.22)) * pitch,
        )
        for j in range(across)
        for i in range(across)
    ]
    return [p for p in places if math.dist(p, rect.center) > rect.width * 0.13]


def _plain(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """No mark."""


def _ticks(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Tufts of grass."""
    mark, h, thick = darker(colour, 0.26), rect.width * 0.1, max(2, rect.width // 34)
    for x, y in _spots(rect, chance, 3):
        pygame.draw.line(surface, mark, (x, y + h * 0.6), (x - h * 0.7, y - h * 0.6), thick)
        pygame.draw.line(surface, mark, (x, y + h * 0.6), (x + h * 0.6, y - h * 0.8), thick)


def _dots(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Grains of sand."""
    for x, y in _spots(rect, chance, 4):
        size = rect.width * chance.uniform(0.02, 0.034)
        pygame.draw.circle(surface, darker(colour, 0.24), (x, y), size)


def _hatch(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Slanting strokes in mud."""
    mark, h, thick = darker(colour, 0.26), rect.width * 0.085, max(2, rect.width // 26)
    for x, y in _spots(rect, chance, 3):
        pygame.draw.line(surface, mark, (x - h, y + h), (x + h, y - h), thick)


def _waves(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Ripples of water: bright and dark short waves."""
    thick = max(2, rect.width // 28)
    for x, y in _spots(rect, chance, 3):
        reach = rect.width * 0.1
        x = min(max(x, rect.left + reach), rect.right - reach)
        mark = darker(colour, chance.choice((-0.55, 0.2)))
        line = [
            (x + reach * t / 4, y - math.sin(t * math.pi / 4) * rect.width * 0.028)
            for t in range(-4, 5)
        ]
        pygame.draw.lines(surface, mark, False, line, thick)


PATTERNS: dict[str, Pattern] = {
    "ticks": _ticks,
    "dots": _dots,
    "hatch": _hatch,
    "waves": _waves,
    **GROUNDS,
}


# --- marks of a single cell ----------------------------------------------------------------------


def start_mark(cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """Where episodes begin: a ring on the floor."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = cell * factor
        middle = (side / 2, side / 2)
        colour = mix(palette.board(BY_CHAR[FLOOR].colour), palette.ink, 0.32)
        pygame.draw.circle(surface, colour, middle, side * 0.4, max(2, side // 18))
        pygame.draw.circle(surface, colour, middle, side * 0.27, max(2, side // 34))

    return smooth((cell, cell), paint, BY_CHAR[FLOOR].colour)


def candidate_mark(cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """A cell that may be the goal: a question mark."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = cell * factor
        mark = pygame.font.Font(None, round(side * 0.8)).render("?", True, palette.muted)
        surface.blit(mark, mark.get_rect(center=(side / 2, side / 2)))

    return smooth((cell, cell), paint, BY_CHAR[FLOOR].colour)


def goal_mark(cell: int, hidden: bool, palette: Palette = LIGHT) -> pygame.Surface:
    """The goal: a flag. Hidden from the agent it is a ghost: dashed, pale, an eye struck out."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = cell * factor
        hue = palette.goal
        frame = pygame.Rect(0, 0, side, side).inflate(-side * 0.12, -side * 0.12)
        pygame.draw.rect(surface, (*hue, 38), frame, border_radius=side // 6)
        if hidden:
            _dashed_frame(surface, frame, side, hue)
            _flag(surface, side, (0.44, 0.56), hue, ghost=True)
            _struck_eye(surface, side, (0.7, 0.27), hue)
        else:
            pygame.draw.rect(surface, hue, frame, max(2, side // 18), border_radius=side // 6)
            _flag(surface, side, (0.53, 0.5), hue, ghost=False)

    return smooth((cell, cell), paint, palette.goal)


def _dashed_frame(surface: pygame.Surface, frame: pygame.Rect, side: int, hue: Colour) -> None:
    corners = [frame.topleft, frame.topright, frame.bottomright, frame.bottomleft]
    on = frame.width / 9
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        for a, b in dashes(start, end, on, on):
            pygame.draw.line(surface, hue, a, b, max(2, side // 22))


def _flag(surface: pygame.Surface, side: int, middle: Point, hue: Colour, ghost: bool) -> None:
    """A pennant on a pole around `middle` (in cells)."""

    def at(x: float, y: float) -> Point:
        return (middle[0] + x) * side, (middle[1] + y) * side

    cloth = [at(-0.12, -0.24), at(0.2, -0.12), at(-0.12, 0.0)]
    thick = max(2, side // 18)
    pygame.draw.polygon(surface, (*hue, 110) if ghost else hue, cloth)
    pygame.draw.polygon(surface, hue, cloth, max(2, side // 36))
    pygame.draw.line(surface, hue, at(-0.13, -0.26), at(-0.13, 0.26), thick)
    pygame.draw.line(surface, hue, at(-0.22, 0.26), at(-0.04, 0.26), thick)


def _struck_eye(surface: pygame.Surface, side: int, middle: Point, hue: Colour) -> None:
    """The sign for 'not to be seen' in a white disc."""
    x, y = middle[0] * side, middle[1] * side
    disc, wide, high = side * 0.23, side * 0.15, side * 0.085
    pygame.draw.circle(surface, WHITE, (x, y), disc)
    pygame.draw.circle(surface, hue, (x, y), disc, max(1, side // 44))
    ink, thick = DARK_INK, max(2, side // 32)
    lid = [(x + wide * t / 6, y - high * math.cos(t * math.pi / 12)) for t in range(-6, 7)]
    under = [(px, 2 * y - py) for px, py in lid]
    pygame.draw.lines(surface, ink, False, lid, thick)
    pygame.draw.lines(surface, ink, False, under, thick)
    pygame.draw.circle(surface, ink, (x, y), high * 0.55)
    pygame.draw.line(surface, WHITE, (x - wide, y + wide), (x + wide, y - wide), thick * 3)
    pygame.draw.line(surface, ink, (x - wide, y + wide), (x + wide, y - wide), thick)


def swatch(char: str, cell: int, palette: Palette = LIGHT) -> pygame.Surface:
    """A tile as it looks on the board, for a legend."""
    tile = BY_CHAR[char]
    colour = palette.board(tile.colour)

    def paint(surface: pygame.Surface, factor: int) -> None:
        whole = pygame.Rect(0, 0, cell * factor, cell * factor)
        surface.fill(colour)
        PATTERNS.get(tile.pattern, _plain)(surface, whole, colour, random.Random(1))
        if char in SIGNS:
            surface.blit(SIGNS[char](whole.width, True, palette), (0, 0))
        pygame.draw.rect(surface, darker(colour, 0.25), whole, factor)

    return smooth((cell, cell), paint, colour)


CAST = {*KEYS, COIN, PATROL, HUNTER}  # come and go while an episode runs: see `actors.Cast`
MARKS: dict[str, Callable[[int, bool, Palette], pygame.Surface]] = {
    START: start_mark,
    CANDIDATE: candidate_mark,
    GOAL: goal_mark,
    **SIGNS,
}

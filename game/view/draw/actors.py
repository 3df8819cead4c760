"""Everything that moves on the board: the agent, its trails, items and opponents."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pygame

from game.text.tiles import COIN, HUNTER, PATROL
from game.view.draw.board import Board
from game.view.draw.marks import DYNAMIC_TILES, MARKS
from game.view.draw.theme import DARK_INK, WHITE, Colour, Palette, Point, darker, mix, smooth
from game.world.rules import KEYS, MOVES, Floats, Ints
from game.world.tables import Tables

Stretch = tuple[Point, Point]  # a straight part of a trail, in px
Look = tuple[int, int]  # direction in which the agent looks: (row, column), each -1, 0 or 1

BUMP = 0.16  # of a cell: how far the agent runs into a wall
TRAILS_SHOWN = 3  # episodes
FADES = (150, 105)  # opacity of the trails of the last episode and of those before


class Token:
    """The agent's token: a round face that looks where it goes, painted once per direction."""

    def __init__(self, cell: int, colour: Colour) -> None:
        looks = [_look(move) for move in MOVES]
        self._pictures = {look: _paint_token(cell, look, colour) for look in looks}

    def draw(self, surface: pygame.Surface, middle: Point, look: Look) -> None:
        """Draw the token around `middle` (px), looking in one of the directions of `MOVES`."""
        picture = self._pictures.get(look, self._pictures[0, 0])
        surface.blit(picture, picture.get_rect(center=middle))


def _paint_token(cell: int, look: Look, colour: Colour) -> pygame.Surface:
    def paint(surface: pygame.Surface, factor: int) -> None:
        x = y = cell * factor / 2
        r = cell * factor * 0.34
        foot = pygame.Rect(x - r, y + r * 0.62, r * 2, r * 0.55)
        pygame.draw.ellipse(surface, (*DARK_INK, 60), foot)
        pygame.draw.circle(surface, WHITE, (x, y), r * 1.13)
        pygame.draw.circle(surface, darker(colour, 0.16), (x, y), r)
        pygame.draw.circle(surface, colour, (x, y - r * 0.07), r * 0.93)
        pygame.draw.circle(surface, mix(colour, WHITE, 0.22), (x, y - r * 0.3), r * 0.6)
        pygame.draw.circle(surface, colour, (x, y - r * 0.16), r * 0.66)
        _paint_face(surface, (x + look[1] * r * 0.24, y + look[0] * r * 0.2), look, r)

    return smooth((cell, cell), paint, WHITE)


def _paint_face(surface: pygame.Surface, middle: Point, look: Look, radius: float) -> None:
    x, y = middle
    for side in (-1, 1):
        eye = (x + side * radius * 0.32, y - radius * 0.12)
        pupil = (eye[0] + look[1] * radius * 0.1, eye[1] + look[0] * radius * 0.1)
        pygame.draw.circle(surface, WHITE, eye, radius * 0.26)
        pygame.draw.circle(surface, DARK_INK, pupil, radius * 0.14)
    smile = pygame.Rect(0, 0, radius * 0.62, radius * 0.5)
    smile.center = (round(x), round(y + radius * 0.24))
    pygame.draw.arc(
        surface, DARK_INK, smile, math.pi * 1.1, math.pi * 1.9, max(2, round(radius * 0.09))
    )


class DynamicTiles:
    """The tiles that change during an episode: keys and coins that are left, and opponents."""

    def __init__(self, tables: Tables, board: Board) -> None:
        level = tables.level
        self._tables, self._board = tables, board
        self._signs = {char: MARKS[char](board.cell, True, board.palette) for char in DYNAMIC_TILES}
        self._keys = [(i, cell) for i, char in enumerate(KEYS) for cell in level.find(char)]
        self._coins = level.find(COIN)
        self._opponents = [char for char in (PATROL, HUNTER) for _ in level.find(char)]

    def draw(self, surface: pygame.Surface, state: int, following: int, fraction: float) -> None:
        """Draw them in a state, the opponents `fraction` of the way to the `following` state."""
        tables = self._tables
        for key, cell in self._keys:
            if not tables.keys[state, key]:
                self._put(surface, KEYS[key], cell)
        for left, cell in zip(tables.coins[state], self._coins, strict=True):
            if left:
                self._put(surface, COIN, cell)
        here, there = tables.opponents[state], tables.opponents[following]
        for char, at in zip(self._opponents, here + fraction * (there - here), strict=True):
            self._put(surface, char, at)

    def _put(self, surface: pygame.Surface, char: str, at: Sequence[float]) -> None:
        """Draw the sign of a tile at a place (row, column)."""
        sign = self._signs[char]
        surface.blit(sign, sign.get_rect(center=self._board.centre(at[0], at[1])))


def place(cells: Ints, path: Ints, moves: Ints, move: int, fraction: float) -> tuple[Point, Look]:
    """Return the agent's place, as (row, column) with fractions, and the direction of its look.

    cells: [S, 2]; path: [H + 1] states and moves: [H] actions of one episode, of which `move` moves
    and a `fraction` of the next one are made. A move against a wall is a bump: there and back.
    """
    here = cells[path[move]].astype(float)
    if move >= len(moves) or moves[move] < 0:
        return _pair(here), _look(cells[path[move]] - cells[path[max(move - 1, 0)]])
    there = cells[path[move + 1]].astype(float)
    direction = MOVES[moves[move]]
    if (here == there).all():
        return _pair(here + direction * BUMP * math.sin(fraction * math.pi)), _look(direction)
    return _pair(here + (there - here) * fraction), _look(there - here)


def _pair(point: Floats) -> Point:
    """Return an array of two numbers as a pair."""
    return float(point[0]), float(point[1])


def _look(direction: Floats | Ints) -> Look:
    """Return the signs of a direction (row, column)."""
    row, column = np.sign(direction)
    return int(row), int(column)


def draw_goal_ring(surface: pygame.Surface, board: Board, at: Point, share: float) -> None:
    """Draw a ring that opens around an agent on the goal; `share` is 0..1 of its duration."""
    reach = board.cell * (0.4 + 0.5 * (1 - (1 - share) ** 2))
    width = max(1, round(board.cell * 0.11 * (1 - share)))
    if share < 0.98:
        pygame.draw.aacircle(surface, board.palette.goal, board.centre(*at), reach, width)


def segments(board: Board, cells: Ints, path: Ints, lane: float) -> list[Stretch]:
    """Return the stretches of a path without repeats; `lane` shifts them sideways, in cells."""
    walk = path[path >= 0].tolist()
    pairs = {(min(a, b), max(a, b)) for a, b in itertools.pairwise(walk) if a != b}
    near = [(a, b) for a, b in sorted(pairs) if math.dist(cells[a], cells[b]) <= 1]
    return [stretch(board, cells[a], cells[b], lane) for a, b in near]


def stretch(board: Board, a: Sequence[float], b: Sequence[float], lane: float) -> Stretch:
    """Return the stretch between two places (row, column), in px."""
    return board.centre(a[0] + lane, a[1] + lane), board.centre(b[0] + lane, b[1] + lane)


def lane_of(episode: int) -> float:
    """Return the lane of an episode's trail: neighbouring trails do not cover each other."""
    return (0.0, -0.11, 0.11)[episode % 3]


def draw_walk(
    surface: pygame.Surface, stretches: Sequence[Stretch], colour: Colour, width: int
) -> None:
    """Draw a trail: each stretch is extended by half its width, which makes clean corners."""
    for (x, y), (to_x, to_y) in stretches:
        left, top = round(min(x, to_x) - width / 2), round(min(y, to_y) - width / 2)
        size = round(abs(to_x - x)) + width, round(abs(to_y - y)) + width
        surface.fill(colour, (left, top, *size))


def trail_hue(palette: Palette, episode: int) -> Colour:
    """Return the colour of an episode's trail."""
    return palette.trails[episode % len(palette.trails)]


def trail_width(board: Board) -> int:
    """Return the width of trails on a board, in px."""
    return max(2, round(board.cell * 0.07))


def past_trails(
    board: Board, cells: Ints, walks: Sequence[tuple[Colour, float, Ints]]
) -> pygame.Surface:
    """Return the trails of finished episodes, the last one most visible.

    walks: (colour, lane, states [H + 1]) of each episode, oldest first.
    """
    trails = pygame.Surface(board.size, pygame.SRCALPHA)
    for age, (colour, lane, path) in reversed(list(enumerate(reversed(walks)))):
        one = pygame.Surface(board.size, pygame.SRCALPHA)
        draw_walk(one, segments(board, cells, path, lane), colour, trail_width(board))
        one.set_alpha(FADES[min(age, len(FADES) - 1)])
        trails.blit(one, (0, 0))
    return trails

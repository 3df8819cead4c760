"""The agent and its trails on the board."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pygame

from game.text.level import Level
from game.text.tiles import ACTIONS
from game.text.values import moves_of
from game.view.draw.board import Board
from game.view.draw.theme import DARK_INK, WHITE, Colour, Palette, Point, darker, mix, smooth
from game.world.rules import MOVES, Floats, Ints

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


def directions(level: Level) -> Ints:
    """Return the direction (row, column) in which each action moves [A, 2].

    It depends on the level's controls. In a world whose actions are no moves, it is none.
    """
    if level.world and not level.world.rules.by_moves:
        return np.zeros((level.world.n_actions, 2), int)
    return MOVES[[ACTIONS.index(move) for move in moves_of(str(level.controls))]]


def place(
    cells: Ints, path: Ints, moves: Ints, move: int, fraction: float, ways: Ints = MOVES
) -> tuple[Point, Look]:
    """Return the agent's place, as (row, column) with fractions, and the direction of its look.

    cells: [S, 2]; path: [H + 1] states and moves: [H] actions of one episode, of which `move` moves
    and a `fraction` of the next one are made; ways: [A, 2] the direction of each action. A move
    against a wall is a bump: there and back.
    """
    here = cells[path[move]].astype(float)
    if move >= len(moves) or moves[move] < 0:
        return _pair(here), _look(cells[path[move]] - cells[path[max(move - 1, 0)]])
    there = cells[path[move + 1]].astype(float)
    direction = ways[moves[move]]
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
    """Return the stretches of a path without repeats; `lane` shifts them sideways, in cells.

    Stretches beyond the board's reach, as by a teleporter, are left out.
    """
    walk = path[path >= 0].tolist()
    pairs = {(min(a, b), max(a, b)) for a, b in itertools.pairwise(walk) if a != b}
    near = [(a, b) for a, b in sorted(pairs) if math.dist(cells[a], cells[b]) <= board.reach]
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
    """Draw a trail: each stretch is extended by half its width, which makes clean corners.

    A stretch that is neither level nor upright, as in an MDP, is a line.
    """
    for (x, y), (to_x, to_y) in stretches:
        if min(abs(to_x - x), abs(to_y - y)) >= 1:
            pygame.draw.line(surface, colour, (x, y), (to_x, to_y), width)
            continue
        left, top = round(min(x, to_x) - width / 2), round(min(y, to_y) - width / 2)
        size = round(abs(to_x - x)) + width, round(abs(to_y - y)) + width
        surface.fill(colour, (left, top, *size))


def small_trail_width(board: Board, parts: int) -> int:
    """Return the width of a trail on a small board, one of so many parts of a cell; trails that
    cross the board are as thin as can be."""
    return max(2, board.cell // parts) if board.reach == 1 else 1


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

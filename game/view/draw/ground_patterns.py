"""Patterns that mark the ground of a cell, besides its colour.

Each pattern is a function of (surface, cell, colour, random source). The middle of a cell stays
clear for trails and the agent.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial

import pygame

from game.view.draw.theme import Colour, Point, darker

EMBER: Colour = (255, 214, 92)  # in lava
Pattern = Callable[[pygame.Surface, pygame.Rect, Colour, random.Random], None]


def _spots(rect: pygame.Rect, chance: random.Random, across: int) -> list[Point]:
    """Return `across` x `across` jittered places in a cell, without those in its middle."""
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


def no_pattern(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint nothing."""


def _ticks(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint tufts of grass."""
    mark, h, thick = darker(colour, 0.26), rect.width * 0.1, max(2, rect.width // 34)
    for x, y in _spots(rect, chance, 3):
        pygame.draw.line(surface, mark, (x, y + h * 0.6), (x - h * 0.7, y - h * 0.6), thick)
        pygame.draw.line(surface, mark, (x, y + h * 0.6), (x + h * 0.6, y - h * 0.8), thick)


def _dots(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint grains of sand."""
    for x, y in _spots(rect, chance, 4):
        size = rect.width * chance.uniform(0.02, 0.034)
        pygame.draw.circle(surface, darker(colour, 0.24), (x, y), size)


def _hatch(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint slanting strokes of mud."""
    mark, h, thick = darker(colour, 0.26), rect.width * 0.085, max(2, rect.width // 26)
    for x, y in _spots(rect, chance, 3):
        pygame.draw.line(surface, mark, (x - h, y + h), (x + h, y - h), thick)


def _waves(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint ripples of water: short bright and dark waves."""
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


def _glints(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint glints of ice: long, slanting, bright and dark streaks."""
    thick = max(2, rect.width // 24)
    for x, y, length, shade in (
        (0.2, 0.45, 0.3, -0.8),
        (0.55, 0.9, 0.38, -0.8),
        (0.3, 0.9, 0.24, 0.2),
    ):
        start = (rect.x + x * rect.width, rect.y + y * rect.height)
        end = (start[0] + length * rect.width, start[1] - length * rect.height)
        pygame.draw.line(surface, darker(colour, shade), start, end, thick)


def _lava(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Paint lava: dark cracks with bright embers between them."""
    thick, (x, y), side = max(2, rect.width // 14), rect.topleft, rect.width
    for line in (((0.1, 0.16), (0.5, 0.42), (0.9, 0.2)), ((0.12, 0.86), (0.5, 0.6), (0.88, 0.84))):
        points = [(x + a * side, y + b * side) for a, b in line]
        pygame.draw.lines(surface, darker(colour, 0.55), False, points, thick)
    for a, b in ((0.5, 0.18), (0.2, 0.52), (0.8, 0.52), (0.5, 0.84)):
        pygame.draw.circle(surface, EMBER, (x + a * side, y + b * side), side * 0.055)


def _chevrons(
    down: int,
    right: int,
    surface: pygame.Surface,
    rect: pygame.Rect,
    colour: Colour,
    chance: random.Random,
) -> None:
    """Paint two arrowheads in the direction in which a one-way tile can be left."""
    reach, thick = rect.width * 0.22, max(2, rect.width // 12)
    for at in (-0.14, 0.18):
        tip_x = rect.centerx + right * rect.width * (at + 0.14)
        tip_y = rect.centery + down * rect.width * (at + 0.14)
        wings = [
            (tip_x - right * reach - down * reach * s, tip_y - down * reach - right * reach * s)
            for s in (1, -1)
        ]
        points = [wings[0], (tip_x, tip_y), wings[1]]
        pygame.draw.lines(surface, darker(colour, 0.5), False, points, thick)


PATTERNS: dict[str, Pattern] = {
    "ticks": _ticks,
    "dots": _dots,
    "hatch": _hatch,
    "waves": _waves,
    "glints": _glints,
    "lava": _lava,
    "up": partial(_chevrons, -1, 0),
    "down": partial(_chevrons, 1, 0),
    "left": partial(_chevrons, 0, -1),
    "right": partial(_chevrons, 0, 1),
}

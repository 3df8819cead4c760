"""Places for the texts of a plot: beside the points they name, where they cover nothing.

A text that finds no free place is left out: the table below the plot has all names and numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pygame

from game.view.draw.theme import Point

Segment = tuple[Point, Point]
CLEARANCE = 3  # px between a text and the middle of a line beside it


def free_place(
    size: tuple[int, int],
    points: Sequence[Point],
    gap: float,
    area: pygame.Rect,
    lines: Sequence[Segment],
    taken: Sequence[pygame.Rect],
    others: Sequence[Point] = (),
) -> pygame.Rect | None:
    """Return a rectangle of `size` beside one of the points, the first ones preferred.

    It is `gap` px away from its point and inside `area`, and it touches none of the `lines` and
    no rectangle that is `taken`. None of the `others`, the points of other curves, is nearer, so
    that nobody takes it for their name. Return None if there is no such place.
    """
    for point in points:
        for place in _places(size, point, gap):
            if not area.contains(place) or place.collidelist(list(taken)) >= 0:
                continue
            own = _distance(place, point)
            if any(_distance(place, other) < own for other in others):
                continue
            around = place.inflate(2 * CLEARANCE, 2 * CLEARANCE)
            if not any(around.clipline(*line) for line in lines):
                return place
    return None


def _distance(place: pygame.Rect, point: Point) -> float:
    """Return the distance from a rectangle to a point, in px."""
    x, y = point
    return math.hypot(
        max(place.left - x, 0, x - place.right), max(place.top - y, 0, y - place.bottom)
    )


def _places(size: tuple[int, int], point: Point, gap: float) -> Iterator[pygame.Rect]:
    """Yield the places beside a point, from the most to the least usual one."""
    x, y = point
    anchors = (
        {"midleft": (x + gap, y)},
        {"midtop": (x, y + gap)},
        {"midbottom": (x, y - gap)},
        {"topleft": (x + gap / 2, y + gap)},
        {"topright": (x - gap / 2, y + gap)},
        {"bottomleft": (x + gap / 2, y - gap)},
        {"bottomright": (x - gap / 2, y - gap)},
        {"midright": (x - gap, y)},
    )
    for anchor in anchors:
        place = pygame.Rect((0, 0), size)
        for name, at in anchor.items():
            setattr(place, name, (round(at[0]), round(at[1])))
        yield place

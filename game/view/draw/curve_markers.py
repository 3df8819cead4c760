"""The markers that tell agents apart besides their colours: on curves, in tables, above boards."""

from __future__ import annotations

import pygame

from game.view.draw.theme import Colour, Point, Typeset, smooth

MARKERS = ("dot", "square", "triangle", "diamond")  # of the first agent, the second, ...


def marker_picture(agent: int, type: Typeset) -> pygame.Surface:
    """Return the marker of the agent with this index, in its colour."""
    side = type.unit + type.unit // 2
    colour = type.palette.agents[agent]

    def paint(canvas: pygame.Surface, factor: int) -> None:
        middle = canvas.get_rect().center
        paint_marker(canvas, MARKERS[agent % len(MARKERS)], middle, side * factor * 0.38, colour)

    return smooth((side, side), paint, type.palette.card)


def paint_marker(
    canvas: pygame.Surface, marker: str, middle: Point, size: float, colour: Colour
) -> None:
    """Paint one of `MARKERS`; `size` is the distance in px from its middle to its edge."""
    x, y = middle
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "triangle": ((0, -1.15), (1.1, 0.8), (-1.1, 0.8)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    }
    if marker in corners:
        places = [(x + a * size, y + b * size) for a, b in corners[marker]]
        pygame.draw.polygon(canvas, colour, places)
    else:
        pygame.draw.circle(canvas, colour, middle, size)

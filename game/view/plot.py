"""The plot of the return after each adaptation step.

Its axes are fixed before the run, from the random policy to the optimum, so that one look tells how
much of the way has been gone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.view.theme import (
    CARD,
    FAINT,
    INK,
    MUTED,
    RULE,
    Colour,
    Point,
    Typeset,
    dashes,
    number,
    smooth,
)

PAD_ABOVE, PAD_BELOW = 0.08, 0.14  # of the way from random to optimum


@dataclass(frozen=True)
class Axes:
    """What the plot spans: steps 0..`steps` of `episodes` episodes, returns `low`..`high`."""

    steps: int
    episodes: int
    random: float
    optimal: float

    @property
    def room(self) -> float:
        return max(self.optimal - self.random, 1e-6)

    @property
    def low(self) -> float:
        return self.random - PAD_BELOW * self.room

    @property
    def high(self) -> float:
        return self.optimal + PAD_ABOVE * self.room

    def x(self, step: float, area: pygame.Rect) -> float:
        """Where a step stands, in px; half a step of room at either end."""
        return area.left + area.width * (step + 0.5) / (self.steps + 1)

    def y(self, value: float, area: pygame.Rect) -> float:
        """Where a return stands, in px; what is beyond the axis stands at its end."""
        share = (value - self.low) / (self.high - self.low)
        return area.bottom - area.height * min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class Curve:
    """One agent's returns so far, from step 0."""

    name: str
    values: tuple[float, ...]
    colour: Colour
    text_colour: Colour
    marker: str  # "dot" or "square"


def nice_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers from low to high, about `most` of them."""
    rough = max((high - low) / most, 1e-9)
    power = 10.0 ** math.floor(math.log10(rough))
    pitch = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.ceil(low / pitch), math.floor(high / pitch)
    return [i * pitch for i in range(first, last + 1)]


def shown_steps(steps: int, width: float, each: float) -> list[int]:
    """The steps that get a number below the axis: all, or every 2nd, 5th, ... if it gets tight."""
    fit = max(1, int(width / each))
    pitch = next(p for p in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if steps / p < fit)
    return list(range(0, steps + 1, pitch))


def spread(wanted: Sequence[float], gap: float, lowest: float) -> list[float]:
    """Heights for labels: as wanted, but at least `gap` apart and none below `lowest`."""
    placed: list[float] = []
    for value in wanted:
        placed.append(max(value, placed[-1] + gap) if placed else value)
    excess = max(0.0, placed[-1] - lowest) if placed else 0.0
    return [value - excess for value in placed]


def draw_plot(
    surface: pygame.Surface,
    rect: pygame.Rect,
    axes: Axes,
    curves: Sequence[Curve],
    now: int | None,
    type: Typeset,
) -> None:
    """Draw axes, curves and labels into `rect`; `now` is the step that is on screen."""
    area = plot_area(rect, axes, type)
    _draw_axes(surface, area, axes, now, type)

    def paint(canvas: pygame.Surface, factor: int) -> None:
        inner = pygame.Rect(
            (area.x - rect.x) * factor,
            (area.y - rect.y) * factor,
            area.width * factor,
            area.height * factor,
        )
        for curve in reversed(curves):
            _paint_curve(canvas, inner, axes, curve, now, factor * type.scale)

    _draw_lines(surface, area, axes, type)
    surface.blit(smooth(rect.size, paint), rect)
    _label_curves(surface, area, axes, curves, type)


def plot_area(rect: pygame.Rect, axes: Axes, type: Typeset) -> pygame.Rect:
    """The part of `rect` inside the axes: room is left for tick labels and for line labels."""
    ticks = nice_ticks(axes.low, axes.high)
    left = max(type.width(number(v, digits_for(ticks)), "small") for v in ticks) + type.unit
    right = max(type.width(word, "small") for word in ("optimum", "episodes")) + type.unit
    below = 2 * type.height("small") + type.unit // 2
    above = type.height("small") // 2
    return pygame.Rect(
        rect.left + left, rect.top + above, rect.width - left - right, rect.height - above - below
    )


def digits_for(ticks: Sequence[float]) -> int:
    """How many decimals tell these ticks apart."""
    pitch = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return max(0, -math.floor(math.log10(pitch) + 1e-9))


def _draw_axes(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    if now is not None:
        column = pygame.Rect(0, area.top, area.width / (axes.steps + 1), area.height)
        column.centerx = round(axes.x(now, area))
        pygame.draw.rect(surface, FAINT, column, border_radius=type.unit // 2)
    most = max(2, area.height // (2 * type.height("small")))
    ticks = nice_ticks(axes.low, axes.high, min(most, 7))
    for value in ticks:
        y = round(axes.y(value, area))
        pygame.draw.line(surface, RULE, (area.left, y), (area.right, y))
        at = (area.left - type.unit * 0.75, y)
        type.write(surface, number(value, digits_for(ticks)), "small", MUTED, midright=at)
    _draw_steps(surface, area, axes, now, type)


def _draw_steps(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """The numbers below: adaptation steps, and the episodes spent until then."""
    first = area.bottom + type.unit // 2
    second = first + type.height("small")
    each = type.width(f" {axes.steps * axes.episodes} ", "small")
    for step in shown_steps(axes.steps, area.width, each):
        x = axes.x(step, area)
        style, colour = ("label", INK) if step == now else ("small", MUTED)
        type.write(surface, str(step), style, colour, midtop=(x, first))
        type.write(surface, str(step * axes.episodes), "small", MUTED, midtop=(x, second))
    right = area.right + type.unit * 0.75
    type.write(surface, "step", "small", MUTED, topleft=(right, first))
    type.write(surface, "episodes", "small", MUTED, topleft=(right, second))


def _draw_lines(surface: pygame.Surface, area: pygame.Rect, axes: Axes, type: Typeset) -> None:
    """The dashed line of the optimum and the dotted one of the random policy, with their names."""
    lines = (("optimum", axes.optimal, 7.0, INK, 1), ("random", axes.random, 2.0, MUTED, -1))
    for name, value, on, colour, side in lines:
        y = round(axes.y(value, area))
        for a, b in dashes((area.left, y), (area.right, y), on, 4.0):
            pygame.draw.line(surface, colour, a, b, 2)
        x = area.right + type.unit * 0.75
        place = type.write(surface, name, "small", colour, midleft=(x, y))
        below = place.centery + side * place.height
        type.write(surface, number(value), "small", colour, midleft=(x, below))


def _paint_curve(
    canvas: pygame.Surface, area: pygame.Rect, axes: Axes, curve: Curve, now: int | None, px: float
) -> None:
    """A curve with its markers; `px` is a pixel of the window. Points below the axis are arrows."""
    points = [(axes.x(k, area), axes.y(v, area)) for k, v in enumerate(curve.values)]
    solid = curve.marker == "dot"
    for a, b in itertools.pairwise(points):
        for start, end in [(a, b)] if solid else dashes(a, b, 6 * px, 4 * px):
            pygame.draw.line(canvas, curve.colour, start, end, round(2.5 * px))
    for k, (point, value) in enumerate(zip(points, curve.values)):
        size = (6.5 if k == now else 4.5) * px
        if value < axes.low:
            _paint_down(canvas, point, curve.colour, size)
        elif solid:
            pygame.draw.circle(canvas, CARD, point, size + 1.5 * px)
            pygame.draw.circle(canvas, curve.colour, point, size)
        else:
            box = pygame.Rect(0, 0, 2 * size, 2 * size)
            box.center = (round(point[0]), round(point[1]))
            pygame.draw.rect(canvas, CARD, box)
            pygame.draw.rect(canvas, curve.colour, box, round(2 * px))


def _paint_down(canvas: pygame.Surface, point: Point, colour: Colour, size: float) -> None:
    """A triangle that points below the axis."""
    x, y = point
    corners = [(x, y), (x - size, y - 1.6 * size), (x + size, y - 1.6 * size)]
    pygame.draw.polygon(canvas, colour, corners)


def _label_curves(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, curves: Sequence[Curve], type: Typeset
) -> None:
    """Each curve's name at its last point: beside it, or where the plot ends below it."""
    line = type.height("small")
    ends = []
    for curve in curves:
        x, y = axes.x(len(curve.values) - 1, area), axes.y(curve.values[-1], area)
        near_optimum = abs(y - axes.y(axes.optimal, area)) < line
        if len(curve.values) > axes.steps or near_optimum:
            y += 1.1 * line
        ends.append((y, x, curve))
    ends.sort(key=lambda end: end[0])
    heights = spread([y for y, _, _ in ends], line, area.bottom - line / 2)
    for (_, x, curve), y in zip(ends, heights, strict=True):
        place = type.render(curve.name, "label").get_rect(midleft=(x + type.unit * 1.4, y))
        if len(curve.values) > axes.steps:
            place.centerx = round(x)
            place.right = min(place.right, area.right)
        _write_clear(surface, curve, place, type)


def _write_clear(surface: pygame.Surface, curve: Curve, place: pygame.Rect, type: Typeset) -> None:
    """A curve's name with a rim of paper, so that it is read over lines."""
    rim = type.render(curve.name, "label", CARD)
    for dx, dy in itertools.product((-2, 0, 2), repeat=2):
        surface.blit(rim, place.move(dx, dy))
    surface.blit(type.render(curve.name, "label", curve.text_colour), place)

"""The plot of the return after each adaptation step.

Its axes are fixed before the run, from the random policy to the optimum, so that one look tells how
much of the way has been gone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pygame

from game.view.draw.theme import Colour, Palette, Point, Typeset, dashes, mix, number, smooth

MARKERS = ("dot", "square", "triangle", "diamond")
DASHES = ((0.0, 0.0), (6.0, 4.0), (2.0, 3.0), (10.0, 3.0))  # on, off in px; the first is solid
PAD_ABOVE, PAD_BELOW = 0.08, 0.14  # of the way from random to optimum


@dataclass(frozen=True)
class Axes:
    """What the plot spans: `steps` steps of `episodes` episodes each, returns `low`..`high`.

    `last` is where the axis of episodes ends, if another agent goes on for longer.
    """

    steps: int
    episodes: int
    random: float
    optimal: float
    last: int = 0
    usual: tuple[tuple[int, float], ...] = ()  # (episodes, return) to be expected of the agent
    word: str = ""  # what is counted, from 1 on, where that is not steps of some episodes
    logarithmic: bool = False  # in episodes, 0 included
    events: tuple[int, ...] = ()  # episodes after which something was changed
    bayes: float | None = None  # what nobody surpasses who does not know the goal
    span: tuple[float, float] | None = None  # of returns, if it is more than random to optimal

    @property
    def end(self) -> int:
        return max(self.last, self.steps * self.episodes, 1)

    @property
    def ends(self) -> tuple[float, float]:
        return self.span or (self.random, self.optimal)

    @property
    def room(self) -> float:
        return max(self.ends[1] - self.ends[0], 1e-6)

    @property
    def low(self) -> float:
        return self.ends[0] - PAD_BELOW * self.room

    @property
    def high(self) -> float:
        return self.ends[1] + PAD_ABOVE * self.room

    @property
    def margin(self) -> float:
        """The share of the width that is left free at either end."""
        return min(0.5 / (self.steps + 1), 0.1)

    def x(self, episodes: float, area: pygame.Rect) -> float:
        """Where a number of episodes stands, in px."""
        share = episodes / self.end
        if self.logarithmic:
            share = math.log1p(max(episodes, 0)) / math.log1p(self.end)
        return area.left + area.width * (self.margin + (1 - 2 * self.margin) * min(share, 1))

    def y(self, value: float, area: pygame.Rect) -> float:
        """Where a return stands, in px; what is beyond the axis stands at its end."""
        share = (value - self.low) / (self.high - self.low)
        return area.bottom - area.height * min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class Curve:
    """One agent's returns so far, from step 0. `hue` is its number: colour, marker and dash."""

    name: str  # "" where none is to be written
    episodes: tuple[int, ...]  # spent before each return
    values: tuple[float, ...]
    hue: int = 0
    fade: float = 0.0  # how far a curve of the past goes towards the paper

    @property
    def marker(self) -> str:
        return MARKERS[self.hue % len(MARKERS)]

    def points(self, axes: Axes, area: pygame.Rect) -> list[Point]:
        return [(axes.x(e, area), axes.y(v, area)) for e, v in zip(self.episodes, self.values)]


def nearest(
    curves: Sequence[Curve], axes: Axes, area: pygame.Rect, at: Point, reach: float
) -> tuple[int, int] | None:
    """(curve, point) that is nearest to a place and within `reach` px of it, if any is."""
    found = [
        (math.dist(point, at), i, k)
        for i, curve in enumerate(curves)
        for k, point in enumerate(curve.points(axes, area))
    ]
    distance, i, k = min(found, default=(reach, 0, 0))
    return (i, k) if distance < reach else None


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
    inner = (area.x - rect.x, area.y - rect.y, area.width, area.height)
    _draw_axes(surface, area, axes, now, type)
    surface.blit(_usual_picture(rect.size, inner, axes, type.scale, type.palette), rect)
    _draw_lines(surface, area, axes, type)
    shown = tuple(curves)
    surface.blit(
        _curves_picture(rect.size, inner, axes, shown, now, type.scale, type.palette), rect
    )
    _label_curves(surface, area, axes, curves, type)


Box = tuple[int, int, int, int]


@lru_cache(maxsize=4)
def _usual_picture(
    size: tuple[int, int], inner: Box, axes: Axes, scale: float, palette: Palette
) -> pygame.Surface:
    """The band behind the curves: it is the same as long as the axes are."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        _paint_usual(canvas, _times(inner, factor), axes, palette, factor * scale)

    return smooth(size, paint, palette.card)


@lru_cache(maxsize=8)
def _curves_picture(
    size: tuple[int, int],
    inner: Box,
    axes: Axes,
    curves: tuple[Curve, ...],
    now: int | None,
    scale: float,
    palette: Palette,
) -> pygame.Surface:
    """The curves: words around them change more often than they do."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        for curve in reversed(curves):
            area = _times(inner, factor)
            _paint_curve(canvas, area, axes, curve, now, factor * scale, palette)

    return smooth(size, paint, palette.card)


def _times(box: Box, factor: int) -> pygame.Rect:
    return pygame.Rect(*(value * factor for value in box))


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
        pitch = axes.x(axes.episodes, area) - axes.x(0, area)
        pitch = 2 * type.unit if axes.logarithmic else max(pitch, type.unit)
        column = pygame.Rect(0, area.top, pitch, area.height)
        column.centerx = round(axes.x(now * axes.episodes, area))
        column = column.clip(area)
        pygame.draw.rect(surface, type.palette.faint, column, border_radius=type.unit // 2)
    most = max(2, area.height // (2 * type.height("small")))
    ticks = nice_ticks(axes.low, axes.high, min(most, 7))
    for value in ticks:
        y = round(axes.y(value, area))
        pygame.draw.line(surface, type.palette.rule, (area.left, y), (area.right, y))
        at = (area.left - type.unit * 0.75, y)
        type.write(
            surface, number(value, digits_for(ticks)), "small", type.palette.muted, midright=at
        )
    _draw_steps(surface, area, axes, now, type)


def _draw_steps(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """The numbers below: adaptation steps, and the episodes spent until then."""
    first = area.bottom + type.unit // 2
    second = first + type.height("small")
    right = area.right + type.unit * 0.75
    type.write(surface, axes.word or "step", "small", type.palette.muted, topleft=(right, first))
    if not axes.word:
        type.write(surface, "episodes", "small", type.palette.muted, topleft=(right, second))
    if axes.logarithmic:
        _draw_logarithmic(surface, area, axes, now, type)
        return
    each = type.width(f" {axes.steps * axes.episodes} ", "small")
    width = axes.x(axes.steps * axes.episodes, area) - axes.x(0, area)
    for step in shown_steps(axes.steps, width, each):
        x = axes.x(step * axes.episodes, area)
        palette = type.palette
        style, colour = ("label", palette.ink) if step == now else ("small", palette.muted)
        text = str(step + 1) if axes.word else str(step)
        type.write(surface, text, style, colour, midtop=(x, first))
        if not axes.word:
            spent = str(step * axes.episodes)
            type.write(surface, spent, "small", palette.muted, midtop=(x, second))


def _draw_logarithmic(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """The same, where numbers stand ever closer: those that would touch another are left out."""
    steps = [(step * axes.episodes, step) for step in range(axes.steps + 1)]
    spent = [(e, e) for e in round_numbers(axes.end)]
    for line, labels in enumerate((steps, spent)):
        y = area.bottom + type.unit // 2 + line * type.height("small")
        free = -math.inf  # to the right of what is written
        for episodes, value in labels:
            x, here = axes.x(episodes, area), line == 0 and value == now
            if x - type.width(str(value), "label") / 2 < free:
                continue
            style, colour = ("label", "ink") if here else ("small", "muted")
            ink = getattr(type.palette, colour)
            place = type.write(surface, str(value), style, ink, midtop=(x, y))
            free = place.right + type.unit / 2


def round_numbers(end: int) -> list[int]:
    """0, 1, 2, 5, 10, 20, 50 ... up to the end."""
    found = [m * 10**power for power in range(len(str(end))) for m in (1, 2, 5)]
    return [0, *(one for one in found if one <= end)]


def _draw_lines(surface: pygame.Surface, area: pygame.Rect, axes: Axes, type: Typeset) -> None:
    """The dashed line of the optimum and the dotted one of the random policy, with their names."""
    lines = (
        ("optimum", axes.optimal, 7.0, type.palette.ink, 1),
        ("random", axes.random, 2.0, type.palette.muted, -1),
    )
    for name, value, on, colour, side in lines:
        y = round(axes.y(value, area))
        for a, b in dashes((area.left, y), (area.right, y), on, 4.0):
            pygame.draw.line(surface, colour, a, b, 2)
        x = area.right + type.unit * 0.75
        place = type.write(surface, name, "small", colour, midleft=(x, y))
        below = place.centery + side * place.height
        type.write(surface, number(value), "small", colour, midleft=(x, below))
    if axes.bayes is not None:
        _draw_bayes(surface, area, axes, axes.bayes, type)
    for episodes in axes.events:
        x = round(axes.x(episodes, area))
        for a, b in dashes((x, area.top), (x, area.bottom), 3.0, 3.0):
            pygame.draw.line(surface, type.palette.alert, a, b, 2)


def _draw_bayes(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, value: float, type: Typeset
) -> None:
    """The long-dashed line of the Bayes bound; its name stands between those of the other lines."""
    y, colour, line = round(axes.y(value, area)), type.palette.muted, type.height("small")
    for a, b in dashes((area.left, y), (area.right, y), 16.0, 6.0):
        pygame.draw.line(surface, colour, a, b, 2)
    highest = axes.y(axes.optimal, area) + 2.4 * line
    lowest = axes.y(axes.random, area) - 2.4 * line
    if highest <= lowest:
        x, middle = area.right + type.unit * 0.75, min(max(y, highest), lowest)
        type.write(surface, "Bayes", "small", colour, midleft=(x, middle - line / 2))
        type.write(surface, number(value), "small", colour, midleft=(x, middle + line / 2))


def usual_hue(palette: Palette) -> Colour:
    """Of the band behind the agent's curve."""
    return mix(palette.agent, palette.card, 0.72)


def _paint_usual(
    canvas: pygame.Surface, area: pygame.Rect, axes: Axes, palette: Palette, px: float
) -> None:
    """The broad pale band where the agent's curve is to be expected."""
    points = [(axes.x(e, area), axes.y(value, area)) for e, value in axes.usual]
    for a, b in itertools.pairwise(points):
        pygame.draw.line(canvas, usual_hue(palette), a, b, round(11 * px))
    for point in points:
        pygame.draw.circle(canvas, usual_hue(palette), point, 5.5 * px)


def _paint_curve(
    canvas: pygame.Surface,
    area: pygame.Rect,
    axes: Axes,
    curve: Curve,
    now: int | None,
    px: float,
    palette: Palette,
) -> None:
    """A curve with its markers; `px` is a pixel of the window. Points below the axis are arrows."""
    points = curve.points(axes, area)
    colour = mix(palette.agents[curve.hue], palette.card, curve.fade)
    on, off = DASHES[curve.hue % len(DASHES)]
    for a, b in itertools.pairwise(points):
        for start, end in dashes(a, b, on * px, off * px) if on else [(a, b)]:
            pygame.draw.line(canvas, colour, start, end, round(2.5 * px))
    if curve.fade:
        return
    for k, (point, value) in enumerate(zip(points, curve.values)):
        size = (6.5 if k == now else 4.5) * px
        if value < axes.low:
            _paint_down(canvas, point, colour, size)
        else:
            paint_marker(canvas, curve.marker, point, size + 1.5 * px, palette.card)
            paint_marker(canvas, curve.marker, point, size, colour)


def paint_marker(
    canvas: pygame.Surface, marker: str, middle: Point, size: float, colour: Colour
) -> None:
    """A curve's marker, `size` px from its middle to its edge."""
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
    for curve in (one for one in curves if one.name):
        x, y = curve.points(axes, area)[-1]
        left = x + type.unit * 1.4
        at_end = left + type.width(curve.name, "label") > area.right
        near_optimum = abs(y - axes.y(axes.optimal, area)) < line
        if at_end or near_optimum:
            y += 1.1 * line
        ends.append((y, x if at_end else left, at_end, curve))
    ends.sort(key=lambda end: end[0])
    heights = spread([end[0] for end in ends], line, area.bottom - line / 2)
    for (_, x, at_end, curve), y in zip(ends, heights, strict=True):
        picture = type.render(curve.name, "label", type.palette.card)
        place = picture.get_rect(midtop=(x, 0)) if at_end else picture.get_rect(left=round(x))
        place.centery, place.right = round(y), min(place.right, area.right)
        _write_clear(surface, curve, place, type)


def _write_clear(surface: pygame.Surface, curve: Curve, place: pygame.Rect, type: Typeset) -> None:
    """A curve's name with a rim of paper, so that it is read over lines."""
    rim = type.render(curve.name, "label", type.palette.card)
    for dx, dy in itertools.product((-2, 0, 2), repeat=2):
        surface.blit(rim, place.move(dx, dy))
    colour = mix(type.palette.texts[curve.hue], type.palette.muted, min(1.0, 1.2 * curve.fade))
    surface.blit(type.render(curve.name, "label", colour), place)


# --- a small plot of how something went -----------------------------------------------------------


def draw_strip(
    surface: pygame.Surface,
    rect: pygame.Rect,
    title: str,
    lines: dict[str, list[tuple[float, float]]],
    type: Typeset,
) -> None:
    """Scores by name, as (share of the way, score). Each line is thinner than the one before."""
    palette, small = type.palette, type.height("small")
    type.write(surface, title, "label", palette.ink, topleft=rect.topleft)
    left = type.width("0.0", "small") + type.unit
    right = max(type.width(name, "small") for name in lines) + type.unit
    above = type.height("label") + type.unit
    area = pygame.Rect(
        rect.left + left,
        rect.top + above,
        rect.width - left - right,
        rect.height - above - small // 2,
    )
    lowest = min(0.0, *(value for line in lines.values() for _, value in line))

    def place(share: float, value: float) -> Point:
        height = min((value - lowest) / (1 - lowest), 1.0)
        return area.left + share * area.width, area.bottom - height * area.height

    for value in (0.0, 0.5, 1.0):
        y = round(place(0, value)[1])
        pygame.draw.line(surface, palette.rule, (area.left, y), (area.right, y))
        at = (area.left - type.unit * 0.75, y)
        type.write(surface, number(value, 1), "small", palette.muted, midright=at)
    active_overlays = zip(
        (palette.agent, mix(palette.agent, palette.card, 0.35), palette.muted), (3, 2, 1)
    )
    for (hue, thick), line in reversed(list(zip(active_overlays, lines.values()))):
        points = [place(share, value) for share, value in line]
        if len(points) > 1:
            pygame.draw.lines(surface, hue, False, points, thick)
        pygame.draw.circle(surface, hue, points[-1], thick + 2)
    ends = sorted((place(0, line[-1][1])[1], name) for name, line in lines.items())
    heights = spread([height for height, _ in ends], small * 0.9, area.bottom + small / 2)
    for (_, name), height in zip(ends, heights, strict=True):
        middle = (area.right + type.unit, height)
        type.write(surface, name, "small", palette.muted, midleft=middle)

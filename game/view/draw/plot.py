"""The plot of the score after each adaptation step, and the small plot of a training's scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import pygame

from game.text.percentage import percentage
from game.view.draw.curve_markers import paint_marker
from game.view.draw.plot_axes import (
    Axes,
    Curve,
    digits_for,
    nice_ticks,
    round_numbers,
    shown_steps,
    spread,
)
from game.view.draw.plot_labels import Segment, free_place
from game.view.draw.theme import Colour, Palette, Point, Typeset, dashes, mix, smooth

BAND_OPACITY = 56  # 0..255, of the intervals around a curve
TURN = 6.0  # px: length of the strokes of curves that lie on each other
SAME = 3.0  # px of the enlarged picture: nearer points of two curves look the same
DASHES = ((0.0, 0.0), (6.0, 4.0), (2.0, 3.0), (10.0, 3.0))  # on, off in px; the first is solid
Box = tuple[int, int, int, int]  # a rectangle that can be hashed, for the caches


def draw_plot(
    surface: pygame.Surface,
    rect: pygame.Rect,
    axes: Axes,
    curves: Sequence[Curve],
    now: int | None,
    type: Typeset,
) -> None:
    """Draw axes, curves and labels into `rect`; `now` is the adaptation step on screen."""
    area = plot_area(rect, axes, type)
    inner = (area.x - rect.x, area.y - rect.y, area.width, area.height)
    _draw_axes(surface, area, axes, now, type)
    surface.blit(_usual_band(rect.size, inner, axes, type.scale, type.palette), rect)
    _draw_baselines(surface, area, axes, type)
    shown = tuple(curves)
    surface.blit(_curve_layer(rect.size, inner, axes, shown, now, type.scale, type.palette), rect)
    _label_curves(surface, area, axes, curves, type)


@lru_cache(maxsize=4)
def _usual_band(
    size: tuple[int, int], inner: Box, axes: Axes, scale: float, palette: Palette
) -> pygame.Surface:
    """Return the band of the usual returns; it changes only with the axes."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        _paint_usual(canvas, _scaled(inner, factor), axes, palette, factor * scale)

    return smooth(size, paint, palette.card)


@lru_cache(maxsize=8)
def _curve_layer(
    size: tuple[int, int],
    inner: Box,
    axes: Axes,
    curves: tuple[Curve, ...],
    now: int | None,
    scale: float,
    palette: Palette,
) -> pygame.Surface:
    """Return the curves; they change less often than the texts around them."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        area, px = _scaled(inner, factor), factor * scale
        lines = [curve.points(axes, area) for curve in curves]
        for curve in curves:
            _paint_band(canvas, curve.band(axes, area), palette.agents[curve.hue], px)
        for i in reversed(range(len(curves))):
            _paint_line(canvas, curves, lines, i, px, palette)
        for i in reversed(range(len(curves))):
            if not curves[i].fade:
                _paint_markers(canvas, axes, curves, lines, i, now, px, palette)

    return smooth(size, paint, palette.card)


def _scaled(box: Box, factor: int) -> pygame.Rect:
    """Return a box enlarged by a factor."""
    return pygame.Rect(*(value * factor for value in box))


def plot_area(rect: pygame.Rect, axes: Axes, type: Typeset) -> pygame.Rect:
    """Return the part of `rect` inside the axes; tick labels and line labels get the rest."""
    ticks = nice_ticks(axes.low, axes.high)
    left = max(type.width(axes.text(v, digits_for(ticks)), "small") for v in ticks) + type.unit
    right = max(type.width(word, "small") for word in ("optimum", "episodes")) + type.unit
    half = type.width(str(axes.end), "label") / 2  # of the last tick label, left of the words
    right += max(0, round(half - axes.margin * (rect.width - left - right)))
    below = 2 * type.height("small") + type.unit // 2
    above = type.height("small") // 2
    return pygame.Rect(
        rect.left + left, rect.top + above, rect.width - left - right, rect.height - above - below
    )


def _draw_axes(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """Draw the column of the step on screen, the lines of the values, and all tick labels."""
    if now is not None:
        pitch = axes.x(axes.episodes, area) - axes.x(0, area)
        pitch = 2 * type.unit if axes.logarithmic else max(pitch, type.unit)
        column = pygame.Rect(0, area.top, pitch, area.height)
        column.centerx = round(axes.x(now * axes.episodes, area))
        column = column.clip(area)
        pygame.draw.rect(surface, type.palette.faint, column, border_radius=type.unit // 2)
    ticks = _vertical_ticks(area, axes, type)
    for value in ticks:
        y = round(axes.y(value, area))
        pygame.draw.line(surface, type.palette.rule, (area.left, y), (area.right, y))
        at = (area.left - type.unit * 0.75, y)
        text = axes.text(value, digits_for(ticks))
        type.write(surface, text, "small", type.palette.muted, midright=at)
    _draw_ticks(surface, area, axes, now, type)


def _vertical_ticks(area: pygame.Rect, axes: Axes, type: Typeset) -> list[float]:
    """Return the values with a tick label on the vertical axis."""
    most = max(2, area.height // (2 * type.height("small")))
    return nice_ticks(axes.low, axes.high, min(most, 7))


def _draw_ticks(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """Draw the tick labels: adaptation steps, and below them the episodes spent until then."""
    first = area.bottom + type.unit // 2
    second = first + type.height("small")
    half = type.width(str(axes.end), "label") / 2
    right = max(area.right, axes.x(axes.end, area) + half) + type.unit * 0.75
    type.write(surface, axes.word or "step", "small", type.palette.muted, topleft=(right, first))
    has_episodes = not (axes.word or axes.by_step)
    if has_episodes:
        type.write(surface, "episodes", "small", type.palette.muted, topleft=(right, second))
    if axes.logarithmic:
        _draw_logarithmic_ticks(surface, area, axes, now, type)
        return
    each = type.width(f" {axes.steps * axes.episodes} ", "small")
    width = axes.x(axes.steps * axes.episodes, area) - axes.x(0, area)
    for step in shown_steps(axes.steps, width, each):
        x = axes.x(step * axes.episodes, area)
        palette = type.palette
        style, colour = ("label", palette.ink) if step == now else ("small", palette.muted)
        text = str(step + 1) if axes.word else str(step)
        type.write(surface, text, style, colour, midtop=(x, first))
        if has_episodes:
            spent = str(step * axes.episodes)
            type.write(surface, spent, "small", palette.muted, midtop=(x, second))


def _draw_logarithmic_ticks(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, now: int | None, type: Typeset
) -> None:
    """Draw the tick labels of a logarithmic axis, without those that would touch the one before."""
    steps = [(step * axes.episodes, step) for step in range(axes.steps + 1)]
    spent = [(e, e) for e in round_numbers(axes.end)]
    for line, labels in enumerate((steps, spent)):
        y = area.bottom + type.unit // 2 + line * type.height("small")
        free = -math.inf  # x from which on nothing is written yet
        for episodes, value in labels:
            x, here = axes.x(episodes, area), line == 0 and value == now
            if x - type.width(str(value), "label") / 2 < free:
                continue
            style, colour = ("label", "ink") if here else ("small", "muted")
            ink = getattr(type.palette, colour)
            place = type.write(surface, str(value), style, ink, midtop=(x, y))
            free = place.right + type.unit / 2


def _draw_baselines(surface: pygame.Surface, area: pygame.Rect, axes: Axes, type: Typeset) -> None:
    """Draw the baseline returns and the edits of the level as dashed lines.

    Each stretch of the axis has lines of its own. The labels are those of the last stretch.
    """
    lines = (
        ("optimum", [part.optimal for part in axes.stretches], 7.0, type.palette.ink, 1),
        ("random", [part.random for part in axes.stretches], 2.0, type.palette.muted, -1),
    )
    last = axes.stretches[-1]
    room = axes.y(last.random, area) - axes.y(last.optimal, area)
    for name, values, on, colour, side in lines:
        _draw_levels(surface, area, axes, values, (on, 4.0), colour)
        value = values[-1]
        x, y = area.right + type.unit * 0.75, round(axes.y(value, area))
        place = type.write(surface, name, "small", colour, midleft=(x, y))
        if room > 3 * place.height:
            below = place.centery + side * place.height
            type.write(surface, axes.text(value), "small", colour, midleft=(x, below))
    bounds = [part.bayes for part in axes.stretches]
    _draw_levels(surface, area, axes, bounds, (16.0, 6.0), type.palette.muted)
    if bounds[-1] is not None:
        _label_bayes_bound(surface, area, axes, bounds[-1], type)
    for episodes in axes.events:
        x = round(axes.x(episodes, area))
        for a, b in dashes((x, area.top), (x, area.bottom), 3.0, 3.0):
            pygame.draw.line(surface, type.palette.alert, a, b, 2)


def _draw_levels(
    surface: pygame.Surface,
    area: pygame.Rect,
    axes: Axes,
    values: Sequence[float | None],
    on_off: tuple[float, float],
    colour: Colour,
) -> None:
    """Draw a dashed line at each stretch's value, as long as the stretch; None draws no line."""
    for value, (left, right) in zip(values, itertools.pairwise(axes.borders(area)), strict=True):
        if value is None:
            continue
        y = round(axes.y(value, area))
        for a, b in dashes((left, y), (right, y), *on_off):
            pygame.draw.line(surface, colour, a, b, 2)


def _label_bayes_bound(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, value: float, type: Typeset
) -> None:
    """Label the line of the Bayes bound, between the labels of optimum and random."""
    y, colour, line = round(axes.y(value, area)), type.palette.muted, type.height("small")
    highest = axes.y(axes.stretches[-1].optimal, area) + 2.5 * line
    lowest = axes.y(axes.stretches[-1].random, area) - 2.5 * line
    if highest <= lowest:
        x, middle = area.right + type.unit * 0.75, min(max(y, highest), lowest)
        type.write(surface, "Bayes", "small", colour, midleft=(x, middle - line / 2))
        type.write(surface, axes.text(value), "small", colour, midleft=(x, middle + line / 2))


def usual_hue(palette: Palette) -> Colour:
    """Return the colour of the band of usual returns."""
    return mix(palette.agent, palette.card, 0.72)


def _paint_usual(
    canvas: pygame.Surface, area: pygame.Rect, axes: Axes, palette: Palette, px: float
) -> None:
    """Paint the returns that are expected of the agent: a broad pale line, in a band if it is known
    how much they vary."""
    points, low, high = (
        [(axes.x(e, area), axes.y(value, area)) for e, value in line]
        for line in (axes.usual, axes.usual_low, axes.usual_high)
    )
    if len(low) > 1:
        pygame.draw.polygon(canvas, mix(palette.agent, palette.card, 0.86), low + high[::-1])
    for a, b in itertools.pairwise(points):
        pygame.draw.line(canvas, usual_hue(palette), a, b, round(11 * px))
    for point in points:
        pygame.draw.circle(canvas, usual_hue(palette), point, 5.5 * px)


def _paint_band(
    canvas: pygame.Surface, outline: Sequence[Point], colour: Colour, px: float
) -> None:
    """Paint the intervals around a curve: a pale band; that of a single value is a line."""
    if not outline:
        return
    layer = pygame.Surface(canvas.get_size(), pygame.SRCALPHA)
    layer.fill((*colour, 0))
    if len(outline) > 2:
        pygame.draw.polygon(layer, (*colour, BAND_OPACITY), outline)
    else:
        start, end = outline
        pygame.draw.line(layer, (*colour, BAND_OPACITY), start, end, round(6 * px))
    canvas.blit(layer, (0, 0))


def _paint_line(
    canvas: pygame.Surface,
    curves: Sequence[Curve],
    lines: Sequence[Sequence[Point]],
    i: int,
    px: float,
    palette: Palette,
) -> None:
    """Paint the line of curve `i`; where several curves are equal, their strokes take turns.

    lines: the points of each curve. `px` is the width of a pixel of the window on the canvas.
    """
    colour = mix(palette.agents[curves[i].hue], palette.card, curves[i].fade)
    on, off = DASHES[curves[i].hue % len(DASHES)]
    for a, b in itertools.pairwise(lines[i]):
        turn, turns = turn_of(curves, lines, i, (a, b))
        if turns > 1:
            strokes = dashes(a, b, TURN * px, TURN * (turns - 1) * px, turn * TURN * px)
        else:
            strokes = dashes(a, b, on * px, off * px) if on else iter([(a, b)])
        for start, end in strokes:
            pygame.draw.line(canvas, colour, start, end, round(2.5 * px))


def turn_of(
    curves: Sequence[Curve], lines: Sequence[Sequence[Point]], i: int, part: tuple[Point, ...]
) -> tuple[int, int]:
    """Return which turn curve `i` has among the curves that share a part of it, and their number.

    part: consecutive points of the curve; others share it if they are not to be told apart from
    it. Earlier runs, which are paler, do not count.
    """
    if curves[i].fade:
        return 0, 1
    size = len(part)
    sharing = [
        k
        for k, line in enumerate(lines)
        if not curves[k].fade
        and any(_is_near(line[at : at + size], part) for at in range(len(line) - size + 1))
    ]
    return sharing.index(i), len(sharing)


def _is_near(line: Sequence[Point], part: Sequence[Point]) -> bool:
    """Whether the points of two parts of curves cannot be told apart."""
    return all(math.dist(a, b) < SAME for a, b in zip(line, part, strict=True))


def _paint_markers(
    canvas: pygame.Surface,
    axes: Axes,
    curves: Sequence[Curve],
    lines: Sequence[Sequence[Point]],
    i: int,
    now: int | None,
    px: float,
    palette: Palette,
) -> None:
    """Paint the markers of curve `i`; values beyond the axis become arrows that point there.

    Where several curves are equal, the markers of the later ones are larger, to be seen below.
    """
    colour = palette.agents[curves[i].hue]
    for k, (point, value) in enumerate(zip(lines[i], curves[i].values)):
        turn, _ = turn_of(curves, lines, i, (point,))
        size = ((6.5 if k == now else 4.5) + 2.5 * turn) * px
        if axes.is_out_of_range(value):
            _paint_arrow(canvas, point, colour, size, 1 if value < axes.low else -1)
        else:
            paint_marker(canvas, curves[i].marker, point, size + 1.5 * px, palette.card)
            paint_marker(canvas, curves[i].marker, point, size, colour)


def _paint_arrow(
    canvas: pygame.Surface, point: Point, colour: Colour, size: float, down: int
) -> None:
    """Paint a triangle whose tip is at a point; it points down if `down` is 1, up if it is -1."""
    x, y = point
    back = y - 1.6 * size * down
    pygame.draw.polygon(canvas, colour, [point, (x - size, back), (x + size, back)])


def _label_curves(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, curves: Sequence[Curve], type: Typeset
) -> None:
    """Write each curve's name beside one of its points, and the values that are out of range."""
    for text, style, colour, place in curve_labels(area, axes, curves, type):
        type.write(surface, text, style, colour, topleft=place.topleft)


def curve_labels(
    area: pygame.Rect, axes: Axes, curves: Sequence[Curve], type: Typeset
) -> list[tuple[str, str, Colour, pygame.Rect]]:
    """Return (text, style, colour, place) of the names of curves and of values out of range.

    No text lies on a line, a point or another text. Texts without a free place are left out.
    """
    ticks = [axes.y(value, area) for value in _vertical_ticks(area, axes, type)]
    lines: list[Segment] = [((area.left, y), (area.right, y)) for y in ticks]
    lines += _baselines(area, axes)
    taken: list[pygame.Rect] = []
    marker = round(7 * type.scale)
    for curve in curves:
        points = curve.points(axes, area)
        lines += itertools.pairwise(points)
        if not curve.fade:
            taken += [
                pygame.Rect(x - marker, y - marker, 2 * marker, 2 * marker) for x, y in points
            ]
    labels: list[tuple[str, str, Colour, pygame.Rect]] = []

    def add(
        text: str, style: str, colour: Colour, points: Sequence[Point], others: Sequence[Point] = ()
    ) -> None:
        size = type.width(text, style), type.height(style)
        gaps = 1.4 * type.unit, 4 * type.unit
        places = (free_place(size, points, gap, area, lines, taken, others) for gap in gaps)
        place = next((place for place in places if place), None)
        if place:
            taken.append(place)
            labels.append((text, style, colour, place))

    for curve in sorted(curves, key=lambda one: -one.fade):  # earlier runs are known by name alone
        colour = mix(type.palette.texts[curve.hue], type.palette.muted, min(1, 1.2 * curve.fade))
        points = curve.points(axes, area)
        if curve.name:
            others = [
                at for other in curves if other is not curve for at in other.points(axes, area)
            ]
            add(curve.name, "label", colour, points[::-1], others)
        if not curve.fade:
            for point, value in zip(points, curve.values):
                if axes.is_out_of_range(value):
                    add(axes.text(value), "small", colour, [point])
    return labels


def _baselines(area: pygame.Rect, axes: Axes) -> Iterator[Segment]:
    """Yield the lines of the baselines, and those where the level was edited."""
    for part, (left, right) in zip(axes.stretches, itertools.pairwise(axes.borders(area))):
        for value in (part.optimal, part.random, part.bayes):
            if value is not None:
                y = axes.y(value, area)
                yield (left, y), (right, y)
    for episodes in axes.events:
        x = axes.x(episodes, area)
        yield (x, area.top), (x, area.bottom)


def draw_strip(
    surface: pygame.Surface,
    rect: pygame.Rect,
    title: str,
    lines: dict[str, list[tuple[float, float]]],
    type: Typeset,
) -> None:
    """Draw scores in percent by name against the progress of training.

    lines: points (progress 0..1, score 0..1) of each name; each line is thinner than the last.
    """
    palette, small = type.palette, type.height("small")
    type.write(surface, title, "label", palette.ink, topleft=rect.topleft)
    left = type.width("100%", "small") + type.unit
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
        text = percentage(value)
        type.write(surface, text, "small", palette.muted, midright=at)
    hues = palette.agent, mix(palette.agent, palette.card, 0.35), palette.muted
    for hue, thick, line in reversed(list(zip(hues, (3, 2, 1), lines.values()))):
        points = [place(share, value) for share, value in line]
        if len(points) > 1:
            pygame.draw.lines(surface, hue, False, points, thick)
        pygame.draw.circle(surface, hue, points[-1], thick + 2)
    ends = sorted((place(0, line[-1][1])[1], name) for name, line in lines.items())
    heights = spread([height for height, _ in ends], small * 0.9, area.bottom + small / 2)
    for (_, name), height in zip(ends, heights, strict=True):
        middle = (area.right + type.unit, height)
        type.write(surface, name, "small", palette.muted, midleft=middle)

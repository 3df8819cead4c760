"""The axes of the plots of scores and returns: their span, their ticks, and the curves' places.

The span is fixed before the run, from the random policy's return to the optimal return, so that a
glance at the plot tells how large a part of that gap is closed. In percent, the random return is 0
and the optimal return is 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pygame

from game.view.draw.curve_markers import MARKERS
from game.view.draw.theme import Point, number

PAD_ABOVE, PAD_BELOW = 0.08, 0.14  # shares of the span that are left free beyond its ends


@dataclass(frozen=True)
class Stretch:
    """A part of the horizontal axis with one task: it begins after `start` episodes."""

    start: int
    random: float
    optimal: float
    bayes: float | None = None

    def percent(self, value: float) -> float:
        """Return the score of a return in percent, by these baseline returns."""
        room = self.optimal - self.random
        return 100 * (value - self.random) / room if room > 1e-12 else 0.0

    def in_percent(self) -> Stretch:
        """Return the stretch with scores in percent for its returns."""
        bayes = None if self.bayes is None else self.percent(self.bayes)
        return Stretch(self.start, 0.0, 100.0, bayes)


@dataclass(frozen=True)
class Axes:
    """The span of a plot: `steps` adaptation steps of `episodes` episodes each, and the values.

    The values are returns, or scores in percent.

    `last` is the number of episodes at which the horizontal axis ends if another agent's run is
    longer than `steps * episodes`.
    """

    steps: int
    episodes: int
    random: float  # return of the random policy
    optimal: float
    last: int = 0
    usual: tuple[tuple[int, float], ...] = ()  # (episodes, return) expected of the agent
    usual_low: tuple[tuple[int, float], ...] = ()  # the band around it, where that is known
    usual_high: tuple[tuple[int, float], ...] = ()
    word: str = ""  # what the ticks count from 1 on, if not adaptation steps
    logarithmic: bool = False  # horizontal axis: log(1 + episodes)
    events: tuple[int, ...] = ()  # episodes after which the level was edited
    bayes: float | None = None  # Bayes bound: upper bound on the return when the goal is hidden
    span: tuple[float, float] | None = None  # of values, if it is wider than random to optimal
    percent: bool = False  # whether the values are scores in percent instead of returns
    moves: tuple[Stretch, ...] = ()  # one for each position of the goal, if it has been moved
    by_step: bool = False  # whether curves have a place for each step, whatever its episodes

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The parts of the horizontal axis, each with its own baseline returns."""
        return self.moves or (Stretch(0, self.random, self.optimal, self.bayes),)

    @property
    def end(self) -> int:
        """The number of episodes at which the horizontal axis ends."""
        return max(self.last, self.steps * self.episodes, 1)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that the axis must hold."""
        return self.span or (self.random, self.optimal)

    @property
    def room(self) -> float:
        """The difference between the ends, never zero."""
        return max(self.ends[1] - self.ends[0], 1e-6)

    @property
    def low(self) -> float:
        """The value at the lower end of the vertical axis."""
        return self.ends[0] - PAD_BELOW * self.room

    @property
    def high(self) -> float:
        """The value at the upper end of the vertical axis."""
        return self.ends[1] + PAD_ABOVE * self.room

    @property
    def margin(self) -> float:
        """The share of the width that is left free at either end."""
        return min(0.5 / (self.steps + 1), 0.1)

    def x(self, episodes: float, area: pygame.Rect) -> float:
        """Return the x in px of a number of episodes."""
        share = episodes / self.end
        if self.logarithmic:
            share = math.log1p(max(episodes, 0)) / math.log1p(self.end)
        return area.left + area.width * (self.margin + (1 - 2 * self.margin) * min(share, 1))

    def borders(self, area: pygame.Rect) -> list[float]:
        """Return the x in px where each stretch begins, and where the last one ends."""
        inner = [self.x(stretch.start, area) for stretch in self.stretches[1:]]
        return [area.left, *inner, area.right]

    def stretch_at(self, x: float, area: pygame.Rect) -> Stretch:
        """Return the stretch at an x in px; beyond the ends of the axis, the first or the last."""
        return self.stretches[sum(x >= border for border in self.borders(area)[1:-1])]

    def y(self, value: float, area: pygame.Rect) -> float:
        """Return the y in px of a value, clipped to the area."""
        share = (value - self.low) / (self.high - self.low)
        return area.bottom - area.height * min(max(share, 0.0), 1.0)

    def without_usual(self) -> Axes:
        """Return these axes without what is expected of the agent."""
        return replace(self, usual=(), usual_low=(), usual_high=())

    def in_percent(self) -> Axes:
        """Return these axes of returns as axes of scores, from 0 (random) to 100 % (optimum)."""
        whole = Stretch(0, self.random, self.optimal, self.bayes)

        def scores(line: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
            return tuple((episodes, whole.percent(value)) for episodes, value in line)

        return replace(
            self,
            random=0.0,
            optimal=100.0,
            usual=scores(self.usual),
            usual_low=scores(self.usual_low),
            usual_high=scores(self.usual_high),
            bayes=whole.in_percent().bayes,
            span=None,
            moves=tuple(stretch.in_percent() for stretch in self.moves),
            percent=True,
        )

    def text(self, value: float, digits: int | None = None) -> str:
        """Return a value in words: a score with its unit, or a return."""
        if self.percent:
            return f"{number(value, digits or 0)}%"
        return number(value, 2 if digits is None else digits)

    def is_out_of_range(self, value: float) -> bool:
        """Whether a value lies beyond the ends of the vertical axis."""
        return not self.low <= value <= self.high


@dataclass(frozen=True)
class Curve:
    """One agent's values so far, from step 0. `hue` is its index: colour, marker and dash."""

    name: str  # "" leaves the curve without a label
    episodes: tuple[int, ...]  # spent before each value
    values: tuple[float, ...]
    hue: int = 0
    fade: float = 0.0  # 0..1: how far an earlier run's colour goes towards the card's
    low: tuple[float, ...] = ()  # lower and upper end of an interval around each value, if known
    high: tuple[float, ...] = ()

    @property
    def marker(self) -> str:
        return MARKERS[self.hue % len(MARKERS)]

    def points(self, axes: Axes, area: pygame.Rect) -> list[Point]:
        """Return the curve's points in px."""
        return [(axes.x(e, area), axes.y(v, area)) for e, v in zip(self.episodes, self.values)]

    def band(self, axes: Axes, area: pygame.Rect) -> list[Point]:
        """Return the outline of the intervals in px; [] where they are not known."""
        x = [axes.x(e, area) for e in self.episodes]
        low, high = ([axes.y(v, area) for v in ends] for ends in (self.low, self.high))
        return [*zip(x, low), *zip(x[::-1], high[::-1])] if low else []


def nearest(
    curves: Sequence[Curve], axes: Axes, area: pygame.Rect, at: Point, reach: float
) -> tuple[int, int] | None:
    """Return (curve, point) of the point nearest to `at`, or None if none is within `reach` px."""
    found = [
        (math.dist(point, at), i, k)
        for i, curve in enumerate(curves)
        for k, point in enumerate(curve.points(axes, area))
    ]
    distance, i, k = min(found, default=(reach, 0, 0))
    return (i, k) if distance < reach else None


def nice_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return about `most` round numbers from low to high."""
    rough = max((high - low) / most, 1e-9)
    power = 10.0 ** math.floor(math.log10(rough))
    pitch = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.ceil(low / pitch), math.floor(high / pitch)
    return [i * pitch for i in range(first, last + 1)]


def digits_for(ticks: Sequence[float]) -> int:
    """Return the number of decimals that tells these ticks apart."""
    pitch = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return max(0, -math.floor(math.log10(pitch) + 1e-9))


def shown_steps(steps: int, width: float, each: float) -> list[int]:
    """Return the steps that get a tick label: all, or every 2nd, 5th, ... where space is short.

    The axis is `width` px wide and a label takes `each` px.
    """
    fit = max(1, int(width / each))
    pitch = next(p for p in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if steps / p < fit)
    return list(range(0, steps + 1, pitch))


def round_numbers(end: int) -> list[int]:
    """Return 0, 1, 2, 5, 10, 20, 50, ... up to `end`."""
    found = [m * 10**power for power in range(len(str(end))) for m in (1, 2, 5)]
    return [0, *(one for one in found if one <= end)]


def spread(wanted: Sequence[float], gap: float, lowest: float) -> list[float]:
    """Return the wanted heights of labels, moved to be `gap` px apart and not below `lowest`."""
    placed: list[float] = []
    for value in wanted:
        placed.append(max(value, placed[-1] + gap) if placed else value)
    excess = max(0.0, placed[-1] - lowest) if placed else 0.0
    return [value - excess for value in placed]

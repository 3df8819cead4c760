"""The panels of the pitfalls' figure: bars over groups of tasks, and curves over episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    episode_axis,
    lowest_value,
    place_labels,
    score_axis,
    style_axes,
)
from game.world.rules import Floats

LEGEND = 0.25  # room for a legend, over a score of 1


@dataclass(frozen=True)
class BarPanel:
    """Bars of the mean over seeds, with whiskers from the lowest to the highest."""

    title: str
    groups: Sequence[str]
    bars: Mapping[str, Sequence[Floats]]  # by name: the values of the seeds [M] in each group
    y_label: str = "normalised score"
    value: str = "{:z.2f}"
    note: str = ""  # below the groups

    @property
    def lowest(self) -> float:
        """The lowest value of all seeds."""
        return min(float(np.min(group)) for values in self.bars.values() for group in values)

    def draw(self, axes: Any, low: float) -> None:
        """Draw the panel; its axis begins at `low`, if that is below 0."""
        style_axes(axes, self.title, self.note, self.y_label)
        bars = [
            (
                name,
                [float(group.mean()) for group in values],
                ([group.min() for group in values], [group.max() for group in values]),
            )
            for name, values in self.bars.items()
        ]
        draw_bars(axes, self.groups, bars, value=self.value)
        bottom = min(0.0, low - 0.05)
        axes.set_ylim(bottom, 1 + LEGEND)
        axes.set_yticks([tick for tick in axes.get_yticks() if bottom <= tick < 1 + 1e-6])


@dataclass(frozen=True)
class CurvePanel:
    """Curves of the mean score over seeds, with bands from the lowest to the highest."""

    title: str
    scores: Mapping[str, Floats]  # by name: [seeds, steps + 1]
    episodes: Mapping[str, Sequence[int]]  # by name: [steps + 1]

    @property
    def lines(self) -> list[Line]:
        """The curves and their bands."""
        return [
            Line(name, self.episodes[name], values.mean(0), values.min(0), values.max(0))
            for name, values in self.scores.items()
        ]

    @property
    def lowest(self) -> float:
        """The lowest value of all seeds."""
        return lowest_value(self.lines)

    def draw(self, axes: Any, low: float) -> None:
        """Draw the panel; its axis begins at `low`, if that is below 0."""
        style_axes(axes, self.title, "", "normalised score")
        draw_lines(axes, self.lines)
        episode_axis(axes, self.lines)
        score_axis(axes, low)
        place_labels(axes)


Panel = BarPanel | CurvePanel

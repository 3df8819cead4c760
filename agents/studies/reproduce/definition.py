"""What a benchmark is: settings with trainings and published figures, all of it data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from game.tasks.packs import Pack
from game.world.rules import Floats

ORACLE = "oracle"  # the policy that knows the task, in references
Bounds = tuple[float | None, float | None]
Length = Mapping[str, float]
"""The length of a training: {"minutes": 5} or {"iterations": 300}."""


@dataclass(frozen=True)
class Measure:
    """A number of a trial: the sum of what its episodes `first` to `last` return, from 1 on.

    With `less`, the return of that episode is subtracted.
    """

    first: int
    last: int
    less: int = 0

    @property
    def title(self) -> str:
        """Its name in tables."""
        if self.first == self.last:
            one = f"episode {self.first}"
        elif self.first == 1:
            one = f"trial of {self.last}"
        else:
            one = f"episodes {self.first} to {self.last}"
        return f"{one} - episode {self.less}" if self.less else one

    def of(self, returns: Floats) -> Floats:
        """Return the measure [...] of returns [..., K] by episode. They have enough episodes."""
        total: Floats = returns[..., self.first - 1 : self.last].sum(-1)
        return total - returns[..., self.less - 1] if self.less else total

    @property
    def episodes(self) -> int:
        """The number of episodes that it takes."""
        return max(self.last, self.less)


def episode(n: int) -> Measure:
    """Return the measure of one episode, from 1 on."""
    return Measure(n, n)


def trial(n: int) -> Measure:
    """Return the measure of a trial of n episodes."""
    return Measure(1, n)


def change(first: int, last: int) -> Measure:
    """Return the measure of how much more an episode returns than an earlier one."""
    return Measure(last, last, first)


@dataclass(frozen=True)
class BenchmarkTraining:
    """A training that a setting repeats with several seeds."""

    learner: str
    full: Length
    quick: Length
    """Its length with --quick."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options by their dotted names, of the learner or of training, as in the file of a sweep."""
    name: str = ""
    """Its name in tables if it is not that of the learner; unique within a setting."""

    @property
    def title(self) -> str:
        """Its name in tables."""
        return self.name or self.learner


Figures = Mapping[str, Mapping[Measure, float]]
"""Figures of agents by their names in tables."""


@dataclass(frozen=True)
class BarFrom:
    """A bar that is computed with the tables."""

    policy: str = ""
    """The policy of the references whose return is the bar; else the mean of `metric`."""
    metric: str = ""
    """A metric of the agent's own training."""


Bars = Mapping[str, Mapping[Measure, float | BarFrom]]
"""The least that agents should reach, by their names in tables."""


@dataclass(frozen=True)
class BenchmarkSetting:
    """A task distribution, the agents that meet it, and what is measured."""

    name: str
    pack: str
    trainings: tuple[BenchmarkTraining, ...]
    measures: tuple[Measure, ...] = ()
    episodes: int = 1
    """Episodes of a trial in the evaluation; for agents that adapt by gradients, one more than the
    adaptation steps."""
    adaptation_seeds: int = 1
    held_out: float = 0.0
    """Share of the tasks that are held out from training, else the splits of the pack."""
    sampled: int = 0
    """Number of test tasks that are a sample of all tasks, on which agents train; else the splits
    of the pack."""
    beside: tuple[str, ...] = ()
    """Agents that need no training, as `eval` takes them. `scratch` has the network of the first
    training."""
    also: tuple[str, ...] = ()
    """Further packs whose test tasks the trained agents adapt to."""
    published: Figures = field(default_factory=dict)
    bars: Bars = field(default_factory=dict)
    """The least that agents should reach with the full training."""


@dataclass(frozen=True)
class Source:
    """Where published figures are from."""

    paper: str
    where: str
    address: str


@dataclass(frozen=True)
class References:
    """What is known of a setting without training."""

    bounds: Mapping[Measure, Bounds] = field(default_factory=dict)
    """Of the best possible agent; both are equal where it is known exactly, None if unknown."""
    policies: Mapping[str, Floats] = field(default_factory=dict)
    """Mean returns by episode [K] of agents that are computed or simulated."""
    notes: Sequence[str] = ()
    """How they were found, where that is not the same for all settings: sentences."""


@dataclass(frozen=True)
class PublishedBenchmark:
    """Published figures, trainings that repeat them, and what is known exactly."""

    name: str
    title: str
    text: str
    """What the tables need to be understood: Markdown."""
    settings: tuple[BenchmarkSetting, ...]
    references: Callable[[Pack, BenchmarkSetting], References] = lambda pack, setting: References()
    sources: tuple[Source, ...] = ()
    unit: Literal["return", "score", "regret"] = "return"
    """What figure and table of all episodes show. Regret is cumulative: how much more the oracle,
    which has to be in the references, gets up to an episode."""

"""The inner loop in slow motion: one adaptation step as a sequence of phases. No pygame.

All that is shown depends on the step, the time and nothing else, so it can be paused and sought.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from game.session.trace import AdaptationStep, Floats

FIRST_WALKS = (2.0, 1.0)  # seconds of the first walks, which are slower than the others
OTHER_WALKS = 0.35  # seconds of each further walk
JUDGING, SUMMING, CHANGING, KNOWING = 4.0, 5.0, 6.0, 5.0  # seconds of the other phases
AFTER_STEP = ("policy", "maps")  # kinds of phases that show what the step has led to
LEAST_SPREAD = 1e-9  # of returns that count as different


@dataclass(frozen=True)
class SlowPhase:
    """A phase of a step: "walks", "returns", "sum", "policy" or "maps"; what happens in it."""

    kind: str
    caption: str
    seconds: float


@dataclass(frozen=True, eq=False)
class SlowStep:
    """An adaptation step of one task in slow motion.

    `before` is the step with the walks, and `after` the next one, with what they led to. None if
    that has not arrived yet, or if it belongs to another task.
    """

    before: AdaptationStep
    after: AdaptationStep | None

    @cached_property
    def walks(self) -> int:
        """The number of walks that are shown. Other episodes of an agent that adapts after every
        episode belong to other trials."""
        recorded: int = self.before.paths.shape[1]
        return min(recorded, self.taken or recorded)

    @cached_property
    def taken(self) -> int:
        """The number of walks that the step takes; 0 if it is not known yet."""
        return self.after.episodes - self.before.episodes if self.after else 0

    @cached_property
    def returns(self) -> Floats | None:
        """The returns of the walks [n], if they are known."""
        known = self.before.walk_returns
        return None if known is None else known[0, : self.walks]

    @cached_property
    def mean(self) -> float:
        """The mean return of all walks of the step, of those too that are not shown."""
        return float(self.before.return_sampled[0])

    @cached_property
    def push(self) -> Floats | None:
        """[S, A] the sum of advantages that the gradient step has used, if it took one."""
        return None if self.after is None or self.after.push is None else self.after.push[0]

    @cached_property
    def phases(self) -> tuple[SlowPhase, ...]:
        """The phases in order; fewer for agents that take no gradient step."""
        found = [("walks", self._walks_text(), walk_starts(self.walks)[-1])]
        if self.push is not None and self.returns is not None:
            found.append(("returns", self._returns_text(self.returns), JUDGING))
            found.append(("sum", self._sum_text(self.returns), SUMMING))
            found.append(("policy", "One gradient step: the policy before and after.", CHANGING))
        elif self.after is not None and self.after.maps is not None:
            found.append(("maps", "No gradient step: this is what it knows now.", KNOWING))
        elif self.after is not None:
            found.append(("policy", self._policy_text(self.after), CHANGING))
        return tuple(
            SlowPhase(kind, f"{i} · {caption}", seconds)
            for i, (kind, caption, seconds) in enumerate(found, 1)
        )

    def _walks_text(self) -> str:
        times = self.taken or self.walks
        text = "It walks once." if times == 1 else f"It walks {times:,} times."
        return text if self.walks >= times else f"{text} {self.walks} of them are shown."

    def _returns_text(self, returns: Floats) -> str:
        if np.ptp(returns) < LEAST_SPREAD:
            return f"All walks have the return {_decimal(returns[0])}: none is better."
        better = int((returns > self.mean).sum())
        return f"{better} of {len(returns)} walks are better than the mean, {_decimal(self.mean)}."

    def _sum_text(self, returns: Floats) -> str:
        if np.ptp(returns) < LEAST_SPREAD:
            return "The sum of all walks: which steps the learner makes more likely, or less."
        return "Steps of good walks are made more likely, of bad ones less: this is the sum."

    def _policy_text(self, after: AdaptationStep) -> str:
        if np.allclose(self.before.action_probs[0], after.action_probs[0]):
            return "No gradient step: the policy stays as it is."
        return "No gradient step: what it remembers has changed what it does."


@dataclass(frozen=True)
class SlowMoment:
    """A time in slow motion: the phase with this index, and the seconds since it began."""

    step: int
    phase: int = 0
    seconds: float = 0.0

    def advanced(self, slow: SlowStep, seconds: float) -> SlowMoment:
        """Return the moment so many seconds later; the last phase does not end."""
        phase, seconds = self.phase, self.seconds + seconds
        while phase + 1 < len(slow.phases) and seconds >= slow.phases[phase].seconds:
            seconds -= slow.phases[phase].seconds
            phase += 1
        return SlowMoment(self.step, phase, min(seconds, slow.phases[phase].seconds))


def _decimal(value: float) -> str:
    """Return a return with two decimals and a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def walk_starts(walks: int) -> list[float]:
    """Return when each of `walks` walks begins, in seconds, and when the last one ends."""
    durations = [*FIRST_WALKS[:walks], *[OTHER_WALKS] * (walks - len(FIRST_WALKS))]
    return list(itertools.accumulate(durations, initial=0.0))


def walk_at(seconds: float, walks: int) -> tuple[int, float]:
    """Return which walk is under way, and its progress 0..1."""
    starts = walk_starts(walks)
    walk = max(i for i in range(walks) if starts[i] <= max(seconds, 0.0))
    return walk, min(1.0, (seconds - starts[walk]) / (starts[walk + 1] - starts[walk]))


def slow_step(
    steps: Sequence[AdaptationStep],
    number: int,
    same_task: bool = True,
    shown: SlowStep | None = None,
) -> SlowStep:
    """Return a step in slow motion, the one that is `shown` if it is that one.

    `same_task` says whether the next step is of the same task.
    """
    before = steps[number]
    after = steps[number + 1] if number + 1 < len(steps) and same_task else None
    if shown and shown.before is before and shown.after is after:
        return shown
    return SlowStep(before, after)

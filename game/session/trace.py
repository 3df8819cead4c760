"""What an adaptation looks like from outside: plain numpy, saved and loaded as JSON and npz.

The window, the evaluator and the tests all consume `AdaptationStep`s, and none of them needs to
know what kind of learner made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EPISODES_SHOWN = 8  # at most, of those of an adaptation step


@dataclass(frozen=True)
class AdaptationStep:
    """One step of the adaptation of T tasks. Step 0 is before adaptation.

    `episodes`, `env_steps` [T] and `gradient_steps` count what was spent *before* the returns of
    this step were reached.
    """

    step: int
    episodes: int
    env_steps: Ints  # [T]
    gradient_steps: int
    return_sampled: Floats  # [T] mean of this step's own episodes
    return_exact: Floats | None  # [T] where it can be known
    action_probs: Floats  # [T, S, A]
    paths: Ints  # [T, n, steps + 1] states of a few of this step's episodes; -1 once they are over
    moves: Ints  # [T, n, steps] the actions chosen there; -1 once they are over
    belief: Floats | None = None
    """[T, steps, cells] where the agent believed the goal to be when it chose the moves of the
    first of these episodes, if it has words for that: chances, cell `row * width + column` of the
    task's map; 0 once the episode is over, and where a map is smaller than others."""
    drawn: Floats | None = None
    """[T, steps, answers] what it believed of all else that a task may draw: a distribution over
    the answers of each question of `game.hidden`; 0 once the episode is over."""
    stationary: bool = True
    """Whether the policy goes by the state alone. If not, for it has a memory or minds the time
    left, `action_probs` are but what it would do in each state as the episode begins."""


@dataclass
class AdaptationTrace:
    """The adaptation of one agent to one task: index 0 of each step's task axis is the task."""

    name: str
    random_return: float
    optimal_return: float
    steps: list[AdaptationStep] = field(default_factory=list)
    moved: tuple[tuple[int, float, float], ...] = ()
    """(step, random, optimal) where the task has changed from a step on, in order."""

    def exact(self, step: AdaptationStep) -> float:
        """The step's return, exact where it can be known, else the mean of its episodes."""
        known = step.return_sampled if step.return_exact is None else step.return_exact
        return float(known[0])

    def bounds(self, step: int) -> tuple[float, float]:
        """The random and the optimal return of the task as it is at a step."""
        since = [(random, optimal) for first, random, optimal in self.moved if first <= step]
        return since[-1] if since else (self.random_return, self.optimal_return)

    def score(self, step: AdaptationStep) -> float:
        random, optimal = self.bounds(step.step)
        room = optimal - random
        return (self.exact(step) - random) / room if room > 1e-12 else 0.0

    def action_probs(self) -> Floats:
        """[K + 1, S, A] the task's policy at every step."""
        return np.stack([step.action_probs[0] for step in self.steps])

    def arrays(self) -> dict[str, np.ndarray]:
        """The task's policy at every step [K + 1, S, A], and what the agent believed, if anything:
        `belief` [K + 1, steps, cells] and `drawn` [K + 1, steps, answers]."""
        found = {"action_probs": self.action_probs()}
        for name in ("belief", "drawn"):
            values = [getattr(step, name) for step in self.steps]
            if all(value is not None for value in values):
                found[name] = np.stack([value[0] for value in values])
        return found

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "steps": [self._row(step) for step in self.steps]}

    def _row(self, step: AdaptationStep) -> dict[str, Any]:
        exact = None if step.return_exact is None else float(step.return_exact[0])
        return {
            "step": step.step,
            "episodes": step.episodes,
            "env_steps": int(step.env_steps[0]),
            "gradient_steps": step.gradient_steps,
            "return_sampled": float(step.return_sampled[0]),
            "return_exact": exact,
            "score": self.score(step),
        }


def trace_json(
    level: str, task: str, seed: int, traces: Sequence[AdaptationTrace]
) -> dict[str, Any]:
    """What trace.json holds: the watched agent's trace, then, by name, the others."""
    watched, *others = traces
    facts = {
        "level": level,
        "task": task,
        "seed": seed,
        "optimal_return": watched.optimal_return,
        "random_return": watched.random_return,
        "agent": watched.to_json(),
    }
    named = {trace.name if trace.name not in facts else "versus": trace for trace in others}
    return facts | {name: trace.to_json() for name, trace in named.items()}

"""Adaptations as plain numpy data, saved as JSON and npz.

The window, the evaluator and the tests all consume `AdaptationStep`s, whatever learner made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EPISODES_SHOWN = 20  # at most, of each adaptation step


@dataclass(frozen=True)
class ExperienceMaps:
    """What an agent with maps knew before a step, for T tasks.

    Maps [T, cells] have the number `row * width + column` for a cell of the task's map, and are 0
    beyond a smaller one.
    """

    reachable: Floats  # [T, cells] 1 where the shown level can be walked to, else 0
    visits: Floats  # [T, cells] how often a cell was entered or stood on
    paid: Floats  # [T, cells] mean reward there beyond what the level shows
    goals: Floats  # [T, cells] how often a goal was reached there
    deaths: Floats  # [T, cells] how often an episode ended there without a goal
    controls: Floats  # [T, A, A] probability that an action (row) makes a move (column)
    goal_hidden: Floats  # [T] 1 where there is a goal to be found, else 0

    @staticmethod
    def of(parts: Sequence[ExperienceMaps]) -> ExperienceMaps:
        """Return the maps of several tasks as one, with zeros beyond smaller maps."""
        most = max(part.visits.shape[1] for part in parts)

        def joined(name: str) -> Floats:
            rows = [getattr(part, name) for part in parts]
            if rows[0].ndim == 2:
                rows = [np.pad(row, ((0, 0), (0, most - row.shape[1]))) for row in rows]
            return np.concatenate(rows)

        return ExperienceMaps(*(joined(one.name) for one in fields(ExperienceMaps)))

    def explored(self, t: int) -> float:
        """The share of task t's reachable cells that have been visited."""
        reachable = self.reachable[t] > 0
        return float((self.visits[t][reachable] > 0).mean()) if reachable.any() else 1.0

    def percent_explored(self, t: int) -> int:
        """The explored share in percent, rounded down: 100 stands for all cells."""
        return int(100 * self.explored(t) + 1e-9)

    def is_searching(self, t: int) -> bool:
        """Whether task t has a hidden goal that has not been found yet."""
        return bool(self.goal_hidden[t]) and not self.goals[t].any()


MAP_NAMES = tuple(field.name for field in fields(ExperienceMaps))


@dataclass(frozen=True)
class AdaptationStep:
    """One step of the adaptation of T tasks. Step 0 is before adaptation.

    `episodes`, `env_steps` [T] and `gradient_steps` count what was spent *before* this step's
    returns.
    """

    step: int
    episodes: int
    env_steps: Ints  # [T]
    gradient_steps: int
    return_sampled: Floats  # [T] mean over this step's own episodes
    return_exact: Floats | None  # [T] where it can be computed
    action_probs: Floats  # [T, S, A]
    paths: Ints  # [T, n, steps + 1] states in a few of this step's episodes; -1 after the end
    moves: Ints  # [T, n, steps] the actions chosen there; -1 after the end
    belief: Floats | None = None
    """[T, steps, cells] the agent's belief about the goal at each move of the first of these
    episodes, for agents that hold one: the probability of each cell `row * width + column` of the
    task's map. 0 after the end of the episode, and for cells beyond a smaller map."""
    drawn: Floats | None = None
    """[T, steps, answers] the agent's belief about the other hidden variables: a distribution over
    the answers to each question (`game.world.beliefs`). 0 after the end of the episode."""
    stationary: bool = True
    """Whether the policy depends on the state alone. Otherwise (with a memory, or a clock)
    `action_probs` are those of each state at the beginning of the episode."""
    maps: ExperienceMaps | None = None
    """What the agent knew before this step, for agents that keep maps."""
    walk_returns: Floats | None = None
    """[T, n] the returns of the episodes in `paths`."""
    push: Floats | None = None
    """[T, S, A] for agents that take gradient steps: the advantages of the episodes of the step
    before, summed over the visits to each state and action. The gradient step that led to this
    step's policy raised the log-probabilities of actions in proportion to it."""

    @property
    def returns(self) -> Floats:
        """The returns [T]: exact where they are known, else the means over this step's episodes."""
        return self.return_sampled if self.return_exact is None else self.return_exact


@dataclass
class AdaptationTrace:
    """The adaptation of one agent to one task (index 0 of each step's task axis)."""

    name: str
    random_return: float
    optimal_return: float
    steps: list[AdaptationStep] = field(default_factory=list)
    moved: tuple[tuple[int, float, float], ...] = ()
    """(step, random return, optimal return) of each change of the task, in order."""
    note: str = ""
    """How the agent's inner loop was chosen, where that needs saying."""

    def exact(self, step: AdaptationStep) -> float:
        """The step's return: exact where it is known, else the mean over its episodes."""
        return float(step.returns[0])

    def bounds(self, step: int) -> tuple[float, float]:
        """The random and the optimal return of the task at a step."""
        since = [(random, optimal) for first, random, optimal in self.moved if first <= step]
        return since[-1] if since else (self.random_return, self.optimal_return)

    def score(self, step: AdaptationStep) -> float:
        """The normalised score of a step: 0 for the random return, 1 for the optimal one."""
        random, optimal = self.bounds(step.step)
        room = optimal - random
        return (self.exact(step) - random) / room if room > 1e-12 else 0.0

    def action_probs(self) -> Floats:
        """[K + 1, S, A] the task's policy at every step."""
        return np.stack([step.action_probs[0] for step in self.steps])

    def arrays(self) -> dict[str, np.ndarray]:
        """The policy at every step [K + 1, S, A], and what else the agent has: its beliefs `belief`
        [K + 1, steps, cells] and `drawn` [K + 1, steps, answers], and each of its maps [K + 1,
        cells], or [K + 1, A, A] for the controls, as `maps_visits` and so on."""
        found = {"action_probs": self.action_probs()}
        for name in ("belief", "drawn"):
            values = [getattr(step, name) for step in self.steps]
            if all(value is not None for value in values):
                found[name] = np.stack([value[0] for value in values])
        maps = [step.maps for step in self.steps if step.maps is not None]
        for name in MAP_NAMES if len(maps) == len(self.steps) else ():
            found[f"maps_{name}"] = np.stack([getattr(one, name)[0] for one in maps])
        return found

    def to_json(self) -> dict[str, Any]:
        note = {"note": self.note} if self.note else {}
        return {"name": self.name, **note, "steps": [self._row(step) for step in self.steps]}

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
            **_search(step),
        }


def _search(step: AdaptationStep) -> dict[str, Any]:
    """Return how far an agent with maps has explored its task; {} for an agent without maps."""
    if step.maps is None:
        return {}
    return {"explored": step.maps.explored(0), "searching": step.maps.is_searching(0)}


def trace_json(
    level: str, task: str, seed: int, traces: Sequence[AdaptationTrace]
) -> dict[str, Any]:
    """The content of trace.json: the watched agent's trace, then the others by name."""
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

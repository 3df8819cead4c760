"""Adaptation curves: an agent's returns and scores on tasks after each adaptation step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.learner import AgentError, Learner
from agents.rollout import MOST_SAMPLED
from agents.training.statistics import (
    interquartile_mean,
    mean_score,
    percentile_20,
    score_intervals,
    worse_fraction,
)
from game.session.trace import AdaptationStep
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch
from game.world.planner import BaselineReturns, baseline_returns
from game.world.rules import Floats, Ints

CHUNK = 64  # tasks adapted in parallel
MOST_KEPT = 20_000  # states in batches that are kept beside the one in use


@dataclass(frozen=True)
class Curves:
    """An agent's results on N tasks with M adaptation seeds, before and after each of K steps."""

    returns: Floats  # [M, N, K + 1] exact if possible, else sampled
    scores: Floats  # [M, N, K + 1]
    env_steps: Ints  # [M, N, K + 1] spent before the step
    episodes: tuple[int, ...]  # [K + 1] spent before the step
    gradient_steps: tuple[int, ...]  # [K + 1] taken before the step
    baselines: BaselineReturns  # [N]
    training_runs: int = 1  # that are pooled along the seeds, one after the other

    @property
    def mean_scores(self) -> list[float]:
        """The mean score over seeds and tasks [K + 1]."""
        return [float(value) for value in mean_score(self.scores)]

    @staticmethod
    def pooled(runs: Sequence[Curves]) -> Curves:
        """Pool the curves of several training seeds: concatenate them along the seeds."""
        first = runs[0]
        return Curves(
            returns=np.concatenate([run.returns for run in runs]),
            scores=np.concatenate([run.scores for run in runs]),
            env_steps=np.concatenate([run.env_steps for run in runs]),
            episodes=first.episodes,
            gradient_steps=first.gradient_steps,
            baselines=first.baselines,
            training_runs=sum(run.training_runs for run in runs),
        )

    def summary(self) -> dict[str, Any]:
        """Return lists over adaptation steps, as in results.json."""
        (low, high), (mean_low, mean_high) = score_intervals(self.scores, self.training_runs)
        return {
            "episodes": list(self.episodes),
            "env_steps": self.env_steps.mean((0, 1)).tolist(),
            "gradient_steps": list(self.gradient_steps),
            "return_mean": self.returns.mean((0, 1)).tolist(),
            "score_mean": self.mean_scores,
            "score_mean_low": mean_low.tolist(),
            "score_mean_high": mean_high.tolist(),
            "score_iqm": interquartile_mean(self.scores).tolist(),
            "score_low": low.tolist(),
            "score_high": high.tolist(),
            "score_p20": percentile_20(self.scores).tolist(),
            "worse_fraction": worse_fraction(self.scores).tolist(),
        }


class TaskBatches:
    """Batches of tasks, made once for several adaptations to them.

    Batches are dropped once they hold more than MOST_KEPT states. `prepare` is called on each.
    """

    def __init__(
        self, tasks: Sequence[Task], prepare: Callable[[GridBatch], GridBatch] = lambda batch: batch
    ) -> None:
        self.tasks, self._prepare = tasks, prepare
        self._kept: dict[tuple[int, int], GridBatch] = {}

    def batch(self, first: int, size: int) -> GridBatch:
        """Return the batch of up to `size` tasks, from the task with index `first` on."""
        key = first, size
        if key not in self._kept:
            if sum(one.over.size for one in self._kept.values()) > MOST_KEPT:
                self._kept.clear()
            chunk = self.tasks[first : first + size]
            self._kept[key] = self._prepare(GridBatch.of([task.level for task in chunk]))
        return self._kept[key]


def tasks_at_once(tasks: Sequence[Task], episodes: int) -> int:
    """Return how many of the tasks are adapted in parallel, with so many episodes in each step."""
    longest = max(task.level.steps for task in tasks)
    return min(CHUNK, max(1, MOST_SAMPLED // (episodes * longest)))


def adaptation_curves(
    load: Callable[[int], Learner],
    batches: TaskBatches,
    seeds: Sequence[int],
    steps: int,
) -> Curves:
    """Adapt to every task with every seed; `load` returns the learner for a seed.

    Adaptation that does not depend on the seed is run once and counts for all seeds.
    """
    tasks = batches.tasks
    learners = {seed: load(seed) for seed in seeds}
    baselines: list[BaselineReturns] = []
    parts: list[list[AdaptationStep]] = []
    episodes = max((learner.episodes_per_step for learner in learners.values()), default=1)
    size = tasks_at_once(tasks, episodes)
    for first in range(0, len(tasks), size):
        chunk = tasks[first : first + size]
        batch = batches.batch(first, size)
        baselines.append(baseline_returns(batch))
        for seed in seeds:
            if seed != seeds[0] and _is_deterministic(parts[-1]):
                parts.append(parts[-1])
                continue
            rngs = [task_rng(seed, task) for task in chunk]
            part = [_figures(step) for step in learners[seed].adapt(batch, rngs, steps)]
            if len(part) != steps + 1:
                raise AgentError(f"adapt of the learner gave {len(part)} steps, not {steps + 1}")
            parts.append(part)

    def gather(values: Sequence[Any]) -> np.ndarray:
        """Join values [tasks] of each part and step into one array [M, N, K + 1]."""
        by_part = [np.stack(value, -1) for value in values]
        chunks = [np.stack(by_part[i : i + len(seeds)]) for i in range(0, len(parts), len(seeds))]
        return np.concatenate(chunks, 1)

    returns = gather([[step.returns for step in part] for part in parts])
    random = np.concatenate([one.random for one in baselines])
    optimal = np.concatenate([one.optimal for one in baselines])
    return Curves(
        returns=returns,
        scores=BaselineReturns(random[:, None], optimal[:, None]).score(returns),
        env_steps=gather([[step.env_steps for step in part] for part in parts]),
        episodes=tuple(step.episodes for step in parts[0]),
        gradient_steps=tuple(step.gradient_steps for step in parts[0]),
        baselines=BaselineReturns(random, optimal),
    )


def _figures(step: AdaptationStep) -> AdaptationStep:
    """Return a step's figures alone: policies and paths of many tasks and seeds fill the memory."""
    probs, states = np.empty(0), np.empty(0, int)
    return replace(step, action_probs=probs, paths=states, moves=states, belief=None, drawn=None)


def _is_deterministic(steps: Sequence[AdaptationStep]) -> bool:
    """Whether an adaptation does not depend on its seed: returns are exact, and no gradient steps
    are estimated from sampled episodes."""
    return all(step.return_exact is not None and not step.gradient_steps for step in steps)

"""Adaptation curves: what an agent reaches on tasks after each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.training.statistics import (
    bootstrap_interval,
    interquartile_mean,
    percentile_20,
    worse_fraction,
)
from game.session.trace import AdaptationStep
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return, score
from game.world.rules import Floats, Ints

CHUNK = 64  # tasks adapted side by side


@dataclass(frozen=True)
class Curves:
    """What an agent reached on N tasks with M seeds of adaptation, after each of K + 1 steps."""

    returns: Floats  # [M, N, K + 1] exact where that can be known
    scores: Floats  # [M, N, K + 1]
    env_steps: Ints  # [M, N, K + 1] spent before
    episodes: tuple[int, ...]  # [K + 1] spent before
    gradient_steps: tuple[int, ...]  # [K + 1]
    optimal: Floats  # [N]
    random: Floats  # [N]

    @property
    def mean_scores(self) -> list[float]:
        return [float(value) for value in self.scores.mean((0, 1))]

    @staticmethod
    def pooled(runs: Sequence[Curves]) -> Curves:
        """Training seeds of one learner as one agent: their seeds one after the other."""
        first = runs[0]
        return Curves(
            returns=np.concatenate([run.returns for run in runs]),
            scores=np.concatenate([run.scores for run in runs]),
            env_steps=np.concatenate([run.env_steps for run in runs]),
            episodes=first.episodes,
            gradient_steps=first.gradient_steps,
            optimal=first.optimal,
            random=first.random,
        )

    def summary(self) -> dict[str, Any]:
        """Lists over adaptation steps, as in results.json."""
        low, high = bootstrap_interval(self.scores)
        return {
            "episodes": list(self.episodes),
            "env_steps": self.env_steps.mean((0, 1)).tolist(),
            "gradient_steps": list(self.gradient_steps),
            "return_mean": self.returns.mean((0, 1)).tolist(),
            "score_mean": self.mean_scores,
            "score_iqm": interquartile_mean(self.scores).tolist(),
            "score_low": low.tolist(),
            "score_high": high.tolist(),
            "score_p20": percentile_20(self.scores).tolist(),
            "worse_fraction": worse_fraction(self.scores).tolist(),
        }


def adaptation_curves(
    load: Callable[[int], Learner], tasks: Sequence[Task], seeds: Sequence[int], steps: int
) -> Curves:
    """Adapt to every task with every seed, with the learner that `load` gives for the seed.

    What nothing but the task decides is evaluated once, and stands for all seeds.
    """
    learners = {seed: load(seed) for seed in seeds}
    optimal, random = [], []
    parts: list[list[AdaptationStep]] = []
    for first in range(0, len(tasks), CHUNK):
        chunk = tasks[first : first + CHUNK]
        batch = GridBatch.of([task.level for task in chunk])
        optimal.append(optimal_return(batch))
        random.append(random_return(batch))
        for seed in seeds:
            if seed != seeds[0] and _is_certain(parts[-1]):
                parts.append(parts[-1])
                continue
            rngs = [task_rng(seed, task) for task in chunk]
            parts.append(list(learners[seed].adapt(batch, rngs, steps)))

    def gather(values: Sequence[Any]) -> np.ndarray:
        """[M, N, K + 1] from what each part says of each of its steps and tasks."""
        by_part = [np.stack(value, -1) for value in values]
        chunks = [np.stack(by_part[i : i + len(seeds)]) for i in range(0, len(parts), len(seeds))]
        return np.concatenate(chunks, 1)

    def reached(step: Any) -> Floats:
        known: Floats = step.return_sampled if step.return_exact is None else step.return_exact
        return known

    returns = gather([[reached(step) for step in part] for part in parts])
    best, worst = np.concatenate(optimal), np.concatenate(random)
    return Curves(
        returns=returns,
        scores=score(returns, worst[:, None], best[:, None]),
        env_steps=gather([[step.env_steps for step in part] for part in parts]),
        episodes=tuple(step.episodes for step in parts[0]),
        gradient_steps=tuple(step.gradient_steps for step in parts[0]),
        optimal=best,
        random=worst,
    )


def _is_certain(steps: Sequence[AdaptationStep]) -> bool:
    """Whether neither what an agent does nor what comes of it is left to chance: its returns are
    exact, and it takes no gradient steps, which go by the episodes that it happens to play."""
    return all(step.return_exact is not None and not step.gradient_steps for step in steps)

"""The choice of a step size for learners that do not learn it: one grid for all of them.

The configured step size times each multiplier is tried on validation tasks. `train` does so at
every validation, and `scratch` is tuned alike before it is compared with other agents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import numpy as np

from agents.learner import Learner
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.train_config import VALIDATION_TASKS
from game.tasks.packs import Pack
from game.tasks.task import Task

MULTIPLIERS = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)  # of the configured step size
VALIDATION_RUNS = 64  # pairs of task and adaptation seed in a validation, with at most 8 seeds
Pause = TypeVar("Pause")


def tuning_tasks(pack: Pack) -> Sequence[Task]:
    """Return the validation tasks of a pack that step sizes are tuned on."""
    return pack.split("validation").tasks[:VALIDATION_TASKS]


def validation_seeds(n_tasks: int) -> range:
    """Return the adaptation seeds of a validation on this number of tasks."""
    return range(min(8, -(-VALIDATION_RUNS // n_tasks)))


def tuning_value(load: Callable[[int], Learner], batches: TaskBatches) -> float:
    """Return the mean score over the judged steps, by which all learners are tuned.

    `load` returns the learner for an adaptation seed.
    """
    judged = load(0).judged
    seeds = validation_seeds(len(batches.tasks))
    scores = adaptation_curves(load, batches, seeds, max(judged)).mean_scores
    return float(np.mean([scores[k] for k in judged]))


def try_multipliers(value: Callable[[float], float], pause: Pause) -> Generator[Pause, None, float]:
    """Return the multiplier with the highest value; of equals, the one nearest to 1.

    Yields `pause` before each trial, so that a caller can show progress or stop.
    """
    values = {}
    for multiplier in MULTIPLIERS:
        yield pause
        values[multiplier] = value(multiplier)
    return max(values, key=lambda m: (values[m], -abs(math.log(m))))


def best_multiplier(value: Callable[[float], float]) -> float:
    """Return what `try_multipliers` returns, without a pause."""
    trials = try_multipliers(value, None)
    while True:
        try:
            next(trials)
        except StopIteration as end:
            best: float = end.value
            return best

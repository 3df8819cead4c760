"""The statistics of an evaluation: pure functions of scores.

`values` are `[M, N, ...]`: M seeds, N tasks, then whatever is kept apart (adaptation steps). After
Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice", where a
mean hides failures and a single number hides its uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from game.world.rules import Floats

REPETITIONS = 2000  # of the bootstrap
LEVEL = 0.95  # of intervals
WORSE_BY = 0.02  # of the score: a task on which adaptation did harm


def interquartile_mean(values: Floats) -> Floats:
    """[...] mean of the middle half over seeds and tasks together (Agarwal et al. 2021).

    A quarter of the M x N values, rounded down, is cut off at either end: less noisy than the
    median, and no single task moves it much.
    """
    ordered = np.sort(values.reshape(-1, *values.shape[2:]), axis=0)
    cut = len(ordered) // 4
    result: Floats = ordered[cut : len(ordered) - cut].mean(0)
    return result


def bootstrap_interval(
    values: Floats,
    statistic: Callable[[Floats], Floats] = interquartile_mean,
    seed: int = 0,
    repetitions: int = REPETITIONS,
    level: float = LEVEL,
) -> tuple[Floats, Floats]:
    """The two ends [...] of the percentile interval of a statistic, by stratified bootstrap over
    tasks and seeds (Agarwal et al. 2021, with their resampling of tasks: appendix on task bias).

    Tasks are drawn with replacement, being a sample of a distribution; and for each of them, the
    stratum, as many seeds as there are. So the interval says what other tasks and other seeds of
    the same kind might have given. Steps of one adaptation stay together.
    """
    n_seeds, n_tasks = values.shape[:2]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repetitions):
        tasks = rng.integers(n_tasks, size=n_tasks)
        seeds = rng.integers(n_seeds, size=(n_seeds, n_tasks))
        found.append(statistic(values[seeds, tasks]))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def percentile_20(values: Floats) -> Floats:
    """[...] a fifth of the seeds and tasks stays below this."""
    result: Floats = np.quantile(values, 0.2, axis=(0, 1))
    return result


def worse_fraction(scores: Floats, by: float = WORSE_BY) -> Floats:
    """[K + 1] share of seeds and tasks whose score after k steps, `scores` [M, N, K + 1], is more
    than `by` below the one before adaptation."""
    result: Floats = (scores < scores[..., :1] - by).mean((0, 1))
    return result


def probability_of_improvement(values: Floats, others: Floats) -> Floats:
    """[...] the chance that a seed of `values` [M, N, ...] beats one of `others` [M', N, ...] on
    the same task, ties counted half; mean over tasks (Agarwal et al. 2021, section 4.3)."""
    a, b = values[:, None], others[None]
    result: Floats = ((a > b) + 0.5 * (a == b)).mean((0, 1, 2))
    return result


def area_under_curve(curve: Sequence[float], episodes: Sequence[int]) -> float:
    """The mean height of a curve over the episodes spent, by trapezoids (one point: its height)."""
    heights, at = np.asarray(curve, float), np.asarray(episodes, float)
    if at[-1] == at[0]:
        return float(heights[0])
    between = (heights[1:] + heights[:-1]) / 2 * np.diff(at)
    return float(between.sum() / (at[-1] - at[0]))

"""The statistics of an evaluation: pure functions of scores.

`values` are `[M, N, ...]`: M seeds, N tasks, and further axes such as adaptation steps. The choice
of statistics follows Agarwal et al. 2021, "Deep reinforcement learning at the edge of the
statistical precipice": means hide failures, and point estimates hide their uncertainty.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from game.world.rules import Floats, Ints

REPETITIONS = 2000  # bootstrap samples
MOST_COUNTS = 1 << 18  # that are computed with at a time: these fit into the cache
LEVEL = 0.95  # confidence level of intervals
WORSE_BY = 0.02  # a larger loss of score counts as made worse by adaptation


def interquartile_mean(values: Floats) -> Floats:
    """Return the mean [...] of the middle half of all seeds and tasks (Agarwal et al. 2021).

    A quarter of the M x N values, rounded down, is dropped at each end. The result is less noisy
    than the median and robust to outliers.
    """
    ordered = np.sort(values.reshape(-1, *values.shape[2:]), axis=0)
    cut = len(ordered) // 4
    result: Floats = ordered[cut : len(ordered) - cut].mean(0)
    return result


def mean_score(values: Floats) -> Floats:
    """Return the mean [...] over all seeds and tasks."""
    result: Floats = values.mean((0, 1))
    return result


def bootstrap_interval(
    values: Floats,
    statistic: Callable[[Floats], Floats] = interquartile_mean,
    seed: int = 0,
    repetitions: int = REPETITIONS,
    level: float = LEVEL,
    training_runs: int = 1,
) -> tuple[Floats, Floats]:
    """Return the ends [...] of a statistic's percentile interval, by stratified bootstrap over
    tasks and seeds (Agarwal et al. 2021, with resampled tasks as in their appendix on task bias).

    Tasks are drawn with replacement, as a sample of the task distribution; for each drawn task (the
    stratum), M seeds are drawn with replacement. The interval thus covers variation of both tasks
    and seeds. Steps of one adaptation stay together.

    Where the M seeds are those of several training runs, in this order, runs are drawn first, once
    for all tasks: one agent is good or bad on all of them. Its adaptation seeds are drawn for each
    task.
    """
    n_seeds, n_tasks = values.shape[:2]
    draws = _draws(n_seeds, n_tasks, training_runs, seed, repetitions)
    return _ends([statistic(values[seeds, tasks]) for seeds, tasks in draws], level)


def _draws(
    n_seeds: int, n_tasks: int, training_runs: int, seed: int, repetitions: int
) -> Iterator[tuple[Ints, Ints]]:
    """Yield the seeds [M, N] and tasks [N] of each bootstrap sample, see `bootstrap_interval`."""
    per_run = n_seeds // training_runs
    rng = np.random.default_rng(seed)
    for _ in range(repetitions):
        tasks = rng.integers(n_tasks, size=n_tasks)
        runs = rng.integers(training_runs, size=training_runs) if training_runs > 1 else [0]
        seeds = rng.integers(per_run, size=(n_seeds, n_tasks))
        seeds += np.repeat(runs, per_run)[:, None] * per_run
        yield seeds, tasks


def _ends(estimates: Sequence[Floats] | Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the ends [...] of the percentile interval of estimates [repetitions, ...]."""
    low, high = np.quantile(estimates, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def score_intervals(
    values: Floats, training_runs: int = 1
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return the intervals of the interquartile mean and of the mean of `values` [M, N, K + 1], as
    `bootstrap_interval` has them but for rounding, several times as fast.

    Both are computed from how often each value is in a bootstrap sample, which depends on the shape
    alone: values are sorted once, not once for each sample.
    """
    n_seeds, n_tasks, n_steps = values.shape
    flat = values.reshape(-1, n_steps)
    iqms, means = list[Floats](), list[Floats]()
    for counts in _counts(n_seeds, n_tasks, training_runs):
        iqms.append(np.stack([_interquartile_means(column, counts) for column in flat.T], 1))
        means.append(counts @ flat / len(flat))
    return _ends(np.concatenate(iqms)), _ends(np.concatenate(means))


def _counts(n_seeds: int, n_tasks: int, training_runs: int) -> Iterator[Ints]:
    """Yield how often each seed and task is in some bootstrap samples [samples, M x N]."""
    n = n_seeds * n_tasks
    draws = _draws(n_seeds, n_tasks, training_runs, 0, REPETITIONS)
    while some := list(itertools.islice(draws, max(1, MOST_COUNTS // n))):
        places = (seeds * n_tasks + tasks for seeds, tasks in some)
        yield np.array([np.bincount(one.ravel(), minlength=n) for one in places], np.int32)


def _interquartile_means(values: Floats, counts: Ints) -> Floats:
    """Return the interquartile mean of each sample, which has `counts` [samples, n] times each
    of the values [n]."""
    order = np.argsort(values, kind="stable")
    n, cut = len(values), len(values) // 4
    ranks = np.cumsum(counts[:, order], axis=1, dtype=counts.dtype)  # of the last of each value
    np.clip(ranks, cut, n - cut, out=ranks)
    kept = np.diff(ranks, axis=1, prepend=ranks.dtype.type(cut))  # of each value, in the middle
    result: Floats = kept @ values[order] / (n - 2 * cut)
    return result


def percentile_20(values: Floats) -> Floats:
    """Return the 20th percentile [...] over seeds and tasks."""
    result: Floats = np.quantile(values, 0.2, axis=(0, 1))
    return result


def score_changes(scores: Floats, by: float = WORSE_BY) -> Ints:
    """Return how each score stands to that of step 0: -1 where it fell by more than `by`, 1 where
    it rose by more, else 0.

    `scores` and result are [..., K + 1].
    """
    first = scores[..., :1]
    result: Ints = (scores > first + by).astype(int) - (scores < first - by)
    return result


def worse_fraction(scores: Floats, by: float = WORSE_BY) -> Floats:
    """Return the share [K + 1] of seeds and tasks whose score fell by more than `by` since step 0.

    `scores` are [M, N, K + 1].
    """
    result: Floats = (score_changes(scores, by) < 0).mean((0, 1))
    return result


def probability_of_improvement(values: Floats, others: Floats) -> Floats:
    """Return the probability [...] that `values` [M, N, ...] beat `others` [M', N, ...] on a task.

    All pairs of seeds are compared, ties count half, and the result is the mean over tasks
    (Agarwal et al. 2021, section 4.3).
    """
    a, b = values[:, None], others[None]
    result: Floats = ((a > b) + 0.5 * (a == b)).mean((0, 1, 2))
    return result


def area_under_curve(curve: Sequence[float], episodes: Sequence[int]) -> float:
    """Return a curve's mean height over the episodes, by the trapezoidal rule."""
    heights, x = np.asarray(curve, float), np.asarray(episodes, float)
    if x[-1] == x[0]:
        return float(heights[0])
    between = (heights[1:] + heights[:-1]) / 2 * np.diff(x)
    return float(between.sum() / (x[-1] - x[0]))


def mean_interval(values: Floats, level: float = LEVEL) -> tuple[Floats, Floats] | None:
    """Return the ends [...] of Student's interval of the mean of values [R, ...] of R training
    seeds; None for a single one, which says nothing of their variation.
    """
    n = len(values)
    if n < 2:
        return None
    mean, error = values.mean(0), values.std(0, ddof=1) / np.sqrt(n)
    half = student_quantile((1 + level) / 2, n - 1) * error
    return mean - half, mean + half


def student_quantile(chance: float, freedom: int) -> float:
    """Return the quantile of Student's distribution at a chance above one half.

    The angle a = arctan(t / sqrt(freedom)) has density proportional to cos(a)^(freedom - 1), which
    is integrated by the trapezoidal rule.
    """
    angles = np.linspace(0, np.pi / 2, 100_001)
    density = np.cos(angles) ** (freedom - 1)
    mass = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    angle = np.interp(2 * chance - 1, mass / mass[-1], angles)
    return float(np.sqrt(freedom) * np.tan(angle))

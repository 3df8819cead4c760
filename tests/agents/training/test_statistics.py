"""The statistics of an evaluation against examples computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from agents.training.statistics import (
    area_under_curve,
    bootstrap_interval,
    interquartile_mean,
    mean_score,
    percentile_20,
    probability_of_improvement,
    score_intervals,
    worse_fraction,
)


def test_the_interquartile_mean_is_of_the_middle_half_of_all_seeds_and_tasks():
    values = np.array([[9.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, -70.0]])  # [M, N]
    # in order: -70 1 | 2 3 4 5 | 6 9
    assert interquartile_mean(values) == pytest.approx(3.5)
    assert interquartile_mean(values[:1]) == pytest.approx(2.5)  # 1 | 2 3 | 9
    assert interquartile_mean(np.array([[7.0]])) == 7
    by_step = np.stack([values, -values], -1)
    assert interquartile_mean(by_step) == pytest.approx([3.5, -3.5])


def test_a_quarter_is_rounded_down_at_each_end():
    five = np.array([[0.0, 1.0, 2.0, 3.0, 100.0]])
    assert interquartile_mean(five) == pytest.approx(2.0)  # 0 | 1 2 3 | 100
    three = np.array([[0.0, 3.0, 30.0]])
    assert interquartile_mean(three) == pytest.approx(11.0)  # nothing is cut


def test_the_interval_resamples_tasks_and_the_seeds_within_each():
    # two tasks that never vary: a mean is 0, 1/2 or 1 with chances 1/4, 1/2, 1/4
    tasks_differ = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert bootstrap_interval(tasks_differ, lambda v: v.mean((0, 1))) == (0, 1)
    low, high = bootstrap_interval(tasks_differ, lambda v: v.mean((0, 1)), level=0.4)
    assert (low, high) == (0.5, 0.5)
    # one task whose two seeds differ: the same chances
    seeds_differ = np.array([[0.0], [1.0]])
    low, high = bootstrap_interval(seeds_differ, lambda v: v.mean((0, 1)), level=0.4)
    assert (low, high) == (0.5, 0.5)
    # a value of one task is never taken for another's
    seen: set[tuple[float, float]] = set()
    values = np.array([[[0.0, 10.0]], [[1.0, 11.0]]])  # one task, two seeds, two steps

    def note(drawn: np.ndarray) -> np.ndarray:
        seen.update((float(a), float(b)) for a, b in drawn.reshape(-1, 2))
        return drawn.mean((0, 1))

    bootstrap_interval(values, note, repetitions=50)
    assert seen == {(0.0, 10.0), (1.0, 11.0)}  # steps of one adaptation stay together


def test_the_interval_of_a_mean_agrees_with_theory():
    values = np.random.default_rng(1).normal(size=(1, 400))
    low, high = bootstrap_interval(values, lambda v: v.mean((0, 1)))
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.01)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.01)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)


def test_the_20th_percentile_of_eleven_values():
    values = np.arange(11.0).reshape(1, 11)
    assert percentile_20(values) == pytest.approx(2.0)


def test_a_task_is_made_worse_if_it_loses_more_than_the_tolerance():
    scores = np.array([[[0.5, 0.49, 0.9], [0.5, 0.47, 0.4]]])  # [1, 2 tasks, 3 steps]
    assert worse_fraction(scores).tolist() == [0, 0.5, 0.5]
    assert worse_fraction(scores, by=0.0).tolist() == [0, 1, 0.5]


def test_improvement_compares_seeds_task_by_task_and_counts_ties_half():
    ours = np.array([[1.0, 5.0], [3.0, 5.0]])  # two seeds, two tasks
    theirs = np.array([[2.0, 5.0]])
    # task 1: one of two pairs is won; task 2: all are ties
    assert probability_of_improvement(ours, theirs) == pytest.approx(0.5)
    assert probability_of_improvement(theirs, ours) == pytest.approx(0.5)
    assert probability_of_improvement(ours + 9, theirs) == 1


def test_the_area_is_the_mean_height_over_episodes():
    assert area_under_curve([0.0, 1.0, 1.0], [0, 10, 40]) == pytest.approx((5 + 30) / 40)
    assert area_under_curve([0.3], [0]) == pytest.approx(0.3)


def test_training_runs_are_drawn_for_all_tasks_together():
    """An agent that is better on every task is one observation, not one for each task."""
    runs_differ = np.repeat([0.0, 1.0], 3)[:, None, None] * np.ones((6, 50, 1))
    low, high = bootstrap_interval(runs_differ, mean_score, training_runs=2)
    assert (low, high) == (0, 1)
    low, high = bootstrap_interval(runs_differ, mean_score)
    assert high - low < 0.2


@pytest.mark.parametrize(("shape", "runs"), [((6, 5, 3), 2), ((1, 7, 2), 1), ((2, 1, 1), 2)])
def test_intervals_of_scores_are_those_of_each_statistic(shape: tuple[int, ...], runs: int):
    values = np.random.default_rng(1).normal(size=shape).round(1)  # with ties
    for found, statistic in zip(score_intervals(values, runs), (interquartile_mean, mean_score)):
        expected = bootstrap_interval(values, statistic, training_runs=runs)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_one_training_run_has_the_interval_of_its_seeds():
    values = np.random.default_rng(0).random((4, 6, 2))
    seeds = [bootstrap_interval(values), bootstrap_interval(values, training_runs=1)]
    np.testing.assert_array_equal(*seeds)

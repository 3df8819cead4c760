"""The classic bandit policies: their definitions, the published rows, and the bounds on them."""

from __future__ import annotations

import os

import numpy as np
import pytest

from agents.reference.bandit_policies import (
    EPSILONS,
    SAMPLES,
    SCALES,
    best_of_grid,
    discounted_gittins,
    epsilon_greedy,
    finite_horizon_gittins,
    greedy,
    optimistic_thompson,
    play_bandits,
    random_arms,
    thompson,
    ucb1,
    whittle_gittins,
)
from game.world.bandit_bounds import lagrangian_bound, with_control
from game.world.bandits import bayes_optimal_total, draw_bandits, informed_total

WON, LOST = np.array([[3, 0, 9]]), np.array([[1, 0, 3]])  # means 4/6, 1/2, 10/14


def choices(policy, n: int = 4000, step: int = 16) -> np.ndarray:
    """The share of each arm among the choices of a policy on one state."""
    rng = np.random.default_rng(0)
    arms = policy(np.tile(WON, (n, 1)), np.tile(LOST, (n, 1)), step, rng)
    return np.bincount(arms, minlength=3) / n


def test_greedy_pulls_the_best_mean():
    assert choices(greedy).tolist() == [0, 0, 1]


def test_epsilon_greedy_and_random_explore():
    assert choices(random_arms) == pytest.approx([1 / 3] * 3, abs=0.03)
    assert choices(epsilon_greedy(0.3)) == pytest.approx([0.1, 0.1, 0.8], abs=0.02)


def test_thompson_pulls_an_arm_as_often_as_it_is_best():
    means = np.random.default_rng(1).beta(WON[0] + 1, LOST[0] + 1, (20000, 3))
    best = np.bincount(means.argmax(1)) / 20000
    assert choices(thompson) == pytest.approx(best, abs=0.03)
    assert choices(optimistic_thompson(1)) == pytest.approx(best, abs=0.03)


def test_many_samples_lead_to_the_most_likely_means():
    # the posterior's mode is (3/4, any, 9/12): what varies is the arm never pulled
    share = choices(optimistic_thompson(200), 1500)
    assert share[1] == pytest.approx(0.25, abs=0.08)


def test_ucb1_adds_its_bonus():
    bonus = np.sqrt(2 * np.log(16) / (WON + LOST + 2))[0]
    scores = (WON[0] + 1) / (WON + LOST + 2)[0] + 0.5 * bonus
    assert choices(ucb1(0.5))[scores.argmax()] == 1
    assert choices(ucb1(0.0)).tolist() == [0, 0, 1]


def test_the_gittins_policies_prefer_what_is_unknown():
    won, lost = np.array([[10, 0]]), np.array([[10, 0]])
    rng = np.random.default_rng(0)
    for policy in (discounted_gittins(21, 0.9), finite_horizon_gittins(50), whittle_gittins()):
        assert policy(won, lost, 20, rng).tolist() == [1]


def test_the_horizon_ends_exploration():
    won, lost = np.array([[11, 0]]), np.array([[9, 0]])
    policy = finite_horizon_gittins(21)
    assert policy(won, lost, 20, np.random.default_rng(0)).tolist() == [0]


def test_two_arms_are_played_optimally_by_the_finite_horizon_index():
    means = draw_bandits(20000, 2, np.random.default_rng(3))
    _, expected = play_bandits(finite_horizon_gittins(6), means, 6, np.random.default_rng(4))
    mean, error = with_control(expected.sum(0), 6 * means.max(1), informed_total(2, 6))
    assert abs(mean - bayes_optimal_total(2, 6)) < 4 * error + 0.01


# Duan et al. (2016), table 1, which gives averages over 1,000 tasks: pulls, arms, then the totals.
COLUMNS = ("random", "gittins", "thompson", "optimistic", "ucb1", "epsilon", "greedy")
PUBLISHED = {
    (10, 5): (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6),
    (10, 10): (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6),
    (10, 50): (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5),
    (100, 5): (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8),
    (100, 10): (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1),
    (100, 50): (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0),
}
TUNED = {"optimistic": optimistic_thompson, "ucb1": ucb1, "epsilon": epsilon_greedy}
GRIDS = {"optimistic": SAMPLES, "ucb1": SCALES, "epsilon": EPSILONS}
PLAIN = {
    "random": random_arms,
    "gittins": whittle_gittins(),
    "thompson": thompson,
    "greedy": greedy,
}


def check_row(n_tasks: int, pulls: int, arms: int, name: str, setting: float | None = None) -> None:
    rng = np.random.default_rng(pulls * 100 + arms)
    means = draw_bandits(n_tasks, arms, rng)
    if name in PLAIN or setting is not None:
        policy = PLAIN[name] if setting is None else TUNED[name](setting)
        rewards = play_bandits(policy, means, pulls, rng)[0].sum(0)
    else:
        _, rewards = best_of_grid(TUNED[name], GRIDS[name], means, pulls, rng)
    published = PUBLISHED[pulls, arms][COLUMNS.index(name)]
    error = rewards.std() * np.sqrt(1 / n_tasks + 1 / 1000) + 0.05  # and its rounding
    assert abs(rewards.mean() - published) < 3 * error
    if pulls == 10:
        sampled = rewards.std() / np.sqrt(n_tasks)
        assert rewards.mean() < bayes_optimal_total(arms, 10) + 4 * sampled


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("arms", [5, 50])
def test_published_rows(name: str, arms: int):
    for pulls in (10, 100):
        check_row(1000, pulls, arms, name)


@pytest.mark.parametrize("name", ["ucb1", "epsilon"])
def test_published_rows_of_tuned_policies(name: str):
    check_row(1000, 10, 5, name)
    check_row(1000, 100, 5, name, {"ucb1": 0.2, "epsilon": 0.0}[name])
    check_row(1000, 10, 5, "optimistic", 19)


def test_no_policy_is_above_the_bound():
    means = draw_bandits(2000, 50, np.random.default_rng(5))
    bound = lagrangian_bound(50, 100, 40)
    for policy in (finite_horizon_gittins(100), whittle_gittins(), ucb1(0.2)):
        _, expected = play_bandits(policy, means, 100, np.random.default_rng(6))
        mean, error = with_control(expected.sum(0), 100 * means.max(1), informed_total(50, 100))
        assert mean < bound + 4 * error


@pytest.mark.skipif("GRIDAPT_SWEEPS" not in os.environ, reason="ten minutes: GRIDAPT_SWEEPS=1")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("pulls", "arms"), PUBLISHED)
def test_all_published_rows(pulls: int, arms: int):
    for name in COLUMNS:
        check_row(1000, pulls, arms, name)

"""Bernoulli bandits: exact totals, Gittins indices against published ones, and upper bounds."""

from __future__ import annotations

import numpy as np
import pytest

from game.world.bandit_bounds import (
    hindsight_bound,
    lagrangian_bound,
    with_control,
)
from game.world.bandits import bayes_optimal_total, draw_bandits, informed_total
from game.world.gittins import (
    arm_entry,
    discounted_index,
    finite_horizon_index,
    whittle_index,
)

# Exact totals for 10 pulls, by a separate program (k: total).
EXACT = {5: 6.660, 10: 6.714, 50: 6.714}


def brute_force(arms: list[list[int]], left: int) -> float:
    """The optimal total without any use of symmetry; an arm is [successes, failures]."""
    if left == 0:
        return 0.0
    totals = []
    for i, (won, lost) in enumerate(arms):
        chance = (won + 1) / (won + lost + 2)
        after_win = [[won + 1, lost] if j == i else arm for j, arm in enumerate(arms)]
        after_loss = [[won, lost + 1] if j == i else arm for j, arm in enumerate(arms)]
        win, loss = brute_force(after_win, left - 1), brute_force(after_loss, left - 1)
        totals.append(chance * (1 + win) + (1 - chance) * loss)
    return max(totals)


@pytest.mark.parametrize(("n_arms", "pulls"), [(1, 4), (2, 5), (3, 4), (5, 3)])
def test_the_optimal_total_is_that_of_brute_force(n_arms: int, pulls: int):
    assert bayes_optimal_total(n_arms, pulls) == pytest.approx(
        brute_force([[0, 0]] * n_arms, pulls), abs=1e-12
    )


@pytest.mark.parametrize("n_arms", EXACT)
def test_the_optimal_total_of_ten_pulls(n_arms: int):
    assert bayes_optimal_total(n_arms, 10) == pytest.approx(EXACT[n_arms], abs=5e-4)


# Gittins, Glazebrook and Weber (2011), tables of the index of Bernoulli arms: (discount, successes,
# failures, index) for a uniform prior.
PUBLISHED = [
    (0.9, 0, 0, 0.7029),
    (0.9, 1, 0, 0.8001),
    (0.9, 2, 0, 0.8452),
    (0.9, 1, 1, 0.6346),
    (0.9, 2, 2, 0.6010),
    (0.9, 9, 1, 0.8695),
    (0.95, 0, 0, 0.7614),
    (0.99, 0, 0, 0.8699),
]


@pytest.mark.parametrize("discount", [0.9, 0.95, 0.99])
def test_gittins_indices_are_the_published_ones(discount: float):
    rows = [row[1:] for row in PUBLISHED if row[0] == discount]
    table = discounted_index(max(won + lost for won, lost, _ in rows), discount, accuracy=3e-5)
    for won, lost, index in rows:
        assert table[arm_entry(np.array(won), np.array(lost))] == pytest.approx(index, abs=6e-5)


@pytest.mark.parametrize(("won", "lost"), [(12, 0), (0, 12), (5, 7), (0, 0)])
def test_interpolation_makes_an_index_slightly_too_high(won: int, lost: int):
    index = discounted_index(12, 0.9)[arm_entry(np.array(won), np.array(lost))]
    assert -1e-5 < index - restart_index(won, lost, 0.9) < 2e-4


def restart_index(won: int, lost: int, discount: float, depth: int = 200) -> float:
    """Return a Gittins index by restarting in its state (Katehakis and Veinott 1987).

    An arm is known after `depth` further pulls.
    """
    means = [(won + 1 + np.arange(n + 1)) / (won + lost + 2 + n) for n in range(depth + 1)]
    before, restart = 0.0, means[0][0] / (1 - discount)
    while restart - before > 1e-9:
        value = np.maximum(means[-1] / (1 - discount), restart)
        for mean in reversed(means[:-1]):
            go_on = mean * (1 + discount * value[1:]) + (1 - mean) * discount * value[:-1]
            value = np.maximum(go_on, restart)
        before, restart = restart, value[0]
    return float((1 - discount) * restart)


def test_a_discount_of_one_has_no_index():
    with pytest.raises(ValueError, match="less than 1"):
        discounted_index(3, 1.0)


def test_the_finite_horizon_index_ends_at_the_mean_and_grows_with_the_horizon():
    tables = finite_horizon_index(6)
    assert tables[-1][arm_entry(np.array(3), np.array(2))] == pytest.approx(4 / 7, abs=1e-5)
    fresh = [table[0] for table in tables]
    assert all(np.diff(fresh) < 0)
    # two pulls left: 1/2 - price + 1/2 (2/3 - price) = 0
    assert fresh[-2] == pytest.approx(5 / 9, abs=1e-4)


def test_whittles_index_approaches_the_gittins_index():
    won, lost = np.array([5, 20, 8]), np.array([5, 4, 30])
    exact = discounted_index(40, 0.95)[arm_entry(won, lost)]
    assert np.abs(whittle_index(won, lost, 0.95) - exact).max() < 0.02


@pytest.mark.parametrize("n_arms", EXACT)
def test_the_bounds_are_above_the_optimal_total(n_arms: int):
    exact = bayes_optimal_total(n_arms, 10)
    assert exact <= lagrangian_bound(n_arms, 10, 200) < exact * 1.012
    for scale, looks in ((1.0, 0), (0.5, 4)):
        rng = np.random.default_rng(0)
        mean, error = hindsight_bound(n_arms, 10, 300, rng, scale, looks)
        assert exact - 4 * error < mean < informed_total(n_arms, 10)


def test_any_multipliers_give_a_bound():
    one_step = lagrangian_bound(10, 10, 1)
    assert one_step > lagrangian_bound(10, 10, 60) > bayes_optimal_total(10, 10)


def test_a_single_arm_has_nothing_to_decide():
    rng = np.random.default_rng(1)
    assert bayes_optimal_total(1, 12) == pytest.approx(6)
    mean, error = hindsight_bound(1, 12, 400, rng, 0.0, 0)
    assert abs(mean - 6) < 4 * error + 1e-9


def test_a_control_variate_keeps_the_mean_and_reduces_the_error():
    rng = np.random.default_rng(2)
    best = draw_bandits(4000, 5, rng).max(1)
    samples = 3 * best + 0.1 * rng.normal(size=4000)
    mean, error = with_control(samples, best, informed_total(5, 1))
    assert abs(mean - 2.5) < 4 * error
    assert error < 0.01 * samples.std()

"""Proven upper bounds on the Bayes-optimal total of a Bernoulli bandit with a uniform prior.

Exact values are out of reach for more than some 16 pulls. Each bound relaxes the problem in another
way, so the lowest of them counts: `lagrangian_bound` is the better one for many arms,
`hindsight_bound` for few, and `informed_total` of `game.world.bandits` bounds all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from game.world.bandits import draw_bandits, informed_total
from game.world.gittins import posterior_means
from game.world.rules import Bools, Floats, Ints

KNOTS = 16  # of the multipliers, piecewise linear in time
PRICES = 24  # prices that the penalty averages over
BATCH = 100  # tasks at once


class SampledBound(NamedTuple):
    """An expectation estimated from samples."""

    mean: float
    standard_error: float


def lagrangian_bound(n_arms: int, pulls: int, iterations: int = 100) -> float:
    """Return Whittle's Lagrangian bound, minimised over multipliers by a subgradient method.

    Let pulls at step t cost lambda_t and allow any number of them. A policy that makes one pull a
    step earns its reward - sum lambda; without the limit, arms no longer compete, and the best is
    n_arms times the value of a single arm. So n_arms * value + sum lambda is an upper bound for any
    multipliers (Whittle 1988, "Restless bandits"; Hawkins 2003).
    """
    knots = min(KNOTS, pulls)
    basis = np.array(
        [np.interp(np.linspace(0, knots - 1, pulls), range(knots), row) for row in np.eye(knots)]
    )  # [knots, pulls]
    prices = 1 - np.linspace(0.8, 1.5, knots) / np.sqrt(pulls)
    lowest = np.inf
    for i in range(iterations):
        multipliers = prices @ basis
        value, pulled = _single_arm(multipliers)
        lowest = min(lowest, float(n_arms * value + multipliers.sum()))
        slope = basis @ (1 - n_arms * pulled)
        prices = prices - 0.05 / np.sqrt(i + 4) * slope / max(np.sqrt((slope**2).mean()), 1e-9)
    return lowest


def _single_arm(multipliers: Floats) -> tuple[float, Floats]:
    """Return the value of one arm whose pulls cost lambda_t [T], and the chance of each pull [T].

    Backward induction over the arm's successes and failures, then its distribution forward.
    """
    pulls = len(multipliers)
    count = np.arange(pulls + 1)
    mean = (count[:, None] + 1) / (count[:, None] + count + 2)  # [successes, failures]
    value = np.zeros((pulls + 1, pulls + 1))
    choices: list[Bools] = []
    for n in range(pulls, 0, -1):
        chance, idle = mean[:n, :n], value[:n, :n]
        won, lost = value[1 : n + 1, :n], value[:n, 1 : n + 1]
        pull = chance * (1 + won) + (1 - chance) * lost - multipliers[n - 1]
        choices.append(pull > idle)
        value[:n, :n] = np.maximum(pull, idle)
    likely, pulled = np.zeros_like(value), np.zeros(pulls)
    likely[0, 0] = 1
    for n, choice in enumerate(reversed(choices), 1):
        moved = likely[:n, :n] * choice
        pulled[n - 1] = moved.sum()
        likely[:n, :n] -= moved
        likely[1 : n + 1, :n] += moved * mean[:n, :n]
        likely[:n, 1 : n + 1] += moved * (1 - mean[:n, :n])
    return float(value[0, 0]), pulled


def hindsight_bound(
    n_arms: int, pulls: int, n_tasks: int, rng: np.random.Generator, scale: float, looks: int
) -> SampledBound:
    """Return an information-relaxation bound, estimated on sampled tasks.

    Adding E[phi(next state)] - phi(next state) to each pull's posterior mean changes no policy's
    value, whatever phi of the arm's state (and of other arms' rewards, which are independent of the
    arm's next one): the terms have mean zero given the past. A planner that knows all rewards
    beforehand earns at least as much, so its average total is an upper bound (Brown, Smith and
    Sun 2010). Its plan is only how often to pull each arm.

    phi is `scale` times the value of going on with the arm, with free stopping, at a price a pull
    that is averaged over the best of the other arms' means given their first `looks` rewards. Any
    scale and looks give a bound. The informed total, whose expectation is known, reduces the
    variance.
    """
    prices = (np.arange(PRICES) + 0.5) / PRICES
    values = _stopping_values(prices, pulls)
    totals, best = [], []
    for begin in range(0, n_tasks, BATCH):
        means = draw_bandits(min(BATCH, n_tasks - begin), n_arms, rng)
        rewards = rng.random((*means.shape, pulls)) < means[..., None]
        weights = scale * _best_of_others(prices, rewards[..., :looks])
        totals.append(_best_plan(_penalised_sums(rewards, values, weights)))
        best.append(pulls * means.max(1))
    return with_control(np.concatenate(totals), np.concatenate(best), informed_total(n_arms, pulls))


def with_control(samples: Floats, control: Floats, expected: float) -> SampledBound:
    """Return the mean of samples [N], corrected by a control variate [N] of known expectation."""
    covariance = np.cov(samples, control)
    corrected = samples - covariance[0, 1] / covariance[1, 1] * (control - expected)
    return SampledBound(float(corrected.mean()), float(corrected.std() / np.sqrt(len(samples))))


def _stopping_values(prices: Floats, pulls: int) -> list[Floats]:
    """Return the value of an arm at each price a pull, with free stopping.

    Entry m [prices, m + 1] is for an arm with m pulls so far and s = 0..m successes.
    """
    values = [np.zeros((len(prices), pulls + 1))]
    for m in reversed(range(pulls)):
        mean, later = posterior_means(m), values[-1]
        go_on = mean - prices[:, None] + mean * later[:, 1:] + (1 - mean) * later[:, :-1]
        values.append(np.maximum(0, go_on))
    return values[::-1]


def _best_of_others(prices: Floats, rewards: Bools) -> Floats:
    """Return the distribution over prices [N, k, P] of the best mean among the other arms."""
    won, seen = rewards.sum(-1)[..., None], rewards.shape[-1]
    density = np.exp(won * np.log(prices) + (seen - won) * np.log(1 - prices))
    below = (density / density.sum(-1, keepdims=True)).cumsum(-1)
    others = [np.delete(below, arm, 1).prod(1) for arm in range(below.shape[1])]
    return np.diff(np.stack(others, 1), axis=-1, prepend=0)


def _penalised_sums(rewards: Bools, values: list[Floats], weights: Floats) -> Floats:
    """Return the penalised sum [N, k, T + 1] of the first 0..T pulls of each arm."""
    n_tasks, n_arms, pulls = rewards.shape
    sums = np.zeros((n_tasks, n_arms, pulls + 1))
    wins: Ints = np.zeros((n_tasks, n_arms), int)
    by_price = np.moveaxis(weights, -1, 0)  # [P, N, k]
    for m in range(pulls):
        won = rewards[..., m]
        if_lost = (by_price * values[m + 1][:, wins]).sum(0)
        if_won = (by_price * values[m + 1][:, wins + 1]).sum(0)
        mean = (wins + 1) / (m + 2)
        expected = mean * if_won + (1 - mean) * if_lost
        sums[..., m + 1] = sums[..., m] + mean + expected - np.where(won, if_won, if_lost)
        wins = wins + won
    return sums


def _best_plan(sums: Floats) -> Floats:
    """Return the best total [N] of T pulls spread over arms with sums [N, k, T + 1]."""
    best = sums[:, 0]
    length = best.shape[1]
    for arm in range(1, sums.shape[1]):
        spread = best.copy()
        for m in range(1, length):
            together = best[:, : length - m] + sums[:, arm, m, None]
            np.maximum(spread[:, m:], together, out=spread[:, m:])
        best = spread
    return best[:, -1]

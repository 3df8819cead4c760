"""Classic policies for Bernoulli bandits: the baselines of Duan et al. (2016, section 3.1).

A policy maps the successes [N, k] and failures [N, k] of N tasks' arms, the number of pulls so far
and a generator to the arm [N] that each task pulls next. Arms begin with one success and one
failure, as in the paper: the prior of the Bayesian policies, and the initial means of the others.
Ties go to the first arm; arms are exchangeable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from game.world.gittins import arm_entry, discounted_index, finite_horizon_index, whittle_index
from game.world.rules import Floats, Ints

BanditPolicy = Callable[[Ints, Ints, int, np.random.Generator], Ints]

# The grids of the paper's authors, from which the best is chosen for each number of arms and pulls.
SAMPLES = range(1, 21)  # optimistic Thompson sampling
SCALES = tuple(i / 10 for i in range(11))  # UCB1
EPSILONS = tuple(i / 10 for i in range(11))  # epsilon-greedy


def play_bandits(
    policy: BanditPolicy, means: Floats, pulls: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the rewards [pulls, N] of all tasks, and the means of the arms pulled [pulls, N].

    `means` is [N, k]. Both have the same expectation; the second varies less.
    """
    tasks = np.arange(len(means))
    successes, failures = np.zeros(means.shape, int), np.zeros(means.shape, int)
    rewards, expected = np.zeros((pulls, len(means))), np.zeros((pulls, len(means)))
    for step in range(pulls):
        arm = policy(successes, failures, step, rng)
        won = rng.random(len(means)) < means[tasks, arm]
        successes[tasks, arm] += won
        failures[tasks, arm] += ~won
        rewards[step] = won
        expected[step] = means[tasks, arm]
    return rewards, expected


def random_arms(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
    """Pull arms uniformly at random."""
    return rng.integers(successes.shape[1], size=len(successes))


def greedy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
    """Pull the arm with the highest posterior mean."""
    return _first_best(_means(successes, failures))


def thompson(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
    """Sample means from the posterior and pull the best arm among them (Thompson 1933)."""
    return _first_best(rng.beta(successes + 1, failures + 1))


def optimistic_thompson(samples: int) -> BanditPolicy:
    """Return Thompson sampling from the most probable of several samples of all arms' means.

    This is the paper's definition: "samples N times from the posterior, and takes the one with the
    highest probability". In May et al. (2012) a sample is raised to the posterior mean instead.
    """

    def policy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
        size = (samples, *successes.shape)
        means = rng.beta(successes + 1, failures + 1, size)
        log_density = (successes * _log(means) + failures * _log(1 - means)).sum(-1)
        return _first_best(means[log_density.argmax(0), np.arange(len(successes))])

    return policy


def ucb1(scale: float) -> BanditPolicy:
    """Return UCB1 (Auer et al. 2002): pull the highest mean + scale sqrt(2 log(t) / pulls).

    `pulls` includes the initial success and failure; t counts the pulls of all arms so far, and
    the bonus is zero in the first two.
    """

    def policy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
        bonus = np.sqrt(2 * np.log(max(step, 1)) / (successes + failures + 2))
        return _first_best(_means(successes, failures) + scale * bonus)

    return policy


def epsilon_greedy(epsilon: float) -> BanditPolicy:
    """Return the policy that pulls a random arm with probability epsilon, else the best mean."""

    def policy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
        explores = rng.random(len(successes)) < epsilon
        random = random_arms(successes, failures, step, rng)
        return np.where(explores, random, greedy(successes, failures, step, rng))

    return policy


def whittle_gittins(discount: float = 1.0) -> BanditPolicy:
    """Return the policy of the highest Gittins index in Whittle's approximation."""

    def policy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
        return _first_best(whittle_index(successes, failures, discount))

    return policy


def discounted_gittins(pulls: int, discount: float) -> BanditPolicy:
    """Return the policy of the highest Gittins index, optimal for an endless discounted trial."""
    return _of_tables([discounted_index(pulls, discount)] * pulls)


def finite_horizon_gittins(pulls: int) -> BanditPolicy:
    """Return the policy of the highest finite-horizon Gittins index in a trial of `pulls` pulls."""
    return _of_tables(finite_horizon_index(pulls))


def best_of_grid(
    family: Callable[[Any], BanditPolicy],
    grid: tuple[Any, ...] | range,
    means: Floats,
    pulls: int,
    rng: np.random.Generator,
) -> tuple[Any, Floats]:
    """Return the setting with the highest mean total on the tasks, and its totals [N].

    The paper reports the best of the grid on the tasks that chose it: it is slightly too high.
    """
    played = {one: play_bandits(family(one), means, pulls, rng)[0].sum(0) for one in grid}
    best = max(played, key=lambda one: played[one].mean())
    return best, played[best]


def _of_tables(tables: list[Floats]) -> BanditPolicy:
    """Return the policy that pulls the arm with the highest entry in the step's flat table."""

    def policy(successes: Ints, failures: Ints, step: int, rng: np.random.Generator) -> Ints:
        return _first_best(tables[step][arm_entry(successes, failures)])

    return policy


def _means(successes: Ints, failures: Ints) -> Floats:
    means: Floats = (successes + 1) / (successes + failures + 2)
    return means


def _first_best(scores: Floats) -> Ints:
    best: Ints = scores.argmax(1)
    return best


def _log(chances: Floats) -> Floats:
    return np.log(np.maximum(chances, 1e-300))

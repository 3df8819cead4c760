"""Bernoulli bandits with a uniform prior: drawing tasks, and exact Bayes-optimal totals.

The set-up of Duan et al. (2016, "RL^2", section 3.1): k arms whose means are drawn uniformly
from [0, 1], and n pulls in all. An arm with s successes and f failures has the posterior
Beta(s + 1, f + 1), and so pays (s + 1) / (s + f + 2) in expectation.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from game.world.rules import Floats

Arm = tuple[int, int]  # successes and failures

FRESH: Arm = (0, 0)


def draw_bandits(n_tasks: int, n_arms: int, rng: np.random.Generator) -> Floats:
    """Return the arms' means [N, k] of tasks drawn from the prior."""
    return rng.random((n_tasks, n_arms))


def informed_total(n_arms: int, pulls: int) -> float:
    """Return the expected total reward when the means are known: n k / (k + 1)."""
    return pulls * n_arms / (n_arms + 1)


def bayes_optimal_total(n_arms: int, pulls: int) -> float:
    """Return the exact Bayes-optimal expected total reward, by dynamic programming.

    Arms are exchangeable, so a state is the multiset of the posteriors of the arms pulled so far.
    The number of states grows fast: 10 pulls take well under a second, 16 pulls a second.
    """

    @cache
    def value(pulled: tuple[Arm, ...]) -> float:
        if sum(map(sum, pulled)) == pulls:
            return 0.0
        fresh = {FRESH} if len(pulled) < n_arms else set()
        return max(pull_value(arm, pulled) for arm in fresh.union(pulled))

    def pull_value(arm: Arm, pulled: tuple[Arm, ...]) -> float:
        others = list(pulled)
        if arm != FRESH:
            others.remove(arm)
        wins, losses = arm
        chance = (wins + 1) / (wins + losses + 2)
        won = value(tuple(sorted([*others, (wins + 1, losses)])))
        lost = value(tuple(sorted([*others, (wins, losses + 1)])))
        return chance * (1 + won) + (1 - chance) * lost

    return value(())

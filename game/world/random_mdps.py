"""Random tabular MDPs: drawing tasks, and exact values with a finite horizon.

The set-up is that of Duan et al. (2016, "RL^2", section 3.2): 10 states, 5 actions, episodes of 10
steps from state 0; mean rewards are drawn from normal(1, 1), the noise of a reward from
normal(0, 1), and next states from a flat Dirichlet distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.world.rules import Floats, Ints

HORIZON = 10
START = 0


@dataclass(frozen=True)
class RandomMDPs:
    """N tasks: mean rewards [N, S, A], and the chances of next states [N, S, A, S]."""

    reward: Floats
    transition: Floats

    def step(self, state: Ints, action: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Return the next state [N] and the reward [N] of each task's action [N]."""
        tasks = np.arange(len(state))
        steps = self.transition[tasks, state, action].cumsum(-1)
        drawn = rng.random((len(state), 1))
        next_state = np.minimum((drawn > steps).sum(-1), steps.shape[1] - 1)
        return next_state, self.reward[tasks, state, action] + rng.normal(size=len(state))


def draw_mdps(
    n_tasks: int, rng: np.random.Generator, n_states: int = 10, n_actions: int = 5
) -> RandomMDPs:
    """Return tasks drawn from the prior."""
    shape = (n_tasks, n_states, n_actions)
    return RandomMDPs(rng.normal(1, 1, shape), draw_dirichlet(np.ones((*shape, n_states)), rng))


def draw_dirichlet(counts: Floats, rng: np.random.Generator) -> Floats:
    """Return probabilities [..., n] drawn from Dirichlet distributions with `counts` [..., n]."""
    gamma = rng.standard_gamma(counts)
    probabilities: Floats = gamma / gamma.sum(-1, keepdims=True)
    return probabilities


def optimal_q(reward: Floats, transition: Floats, horizon: int = HORIZON) -> Floats:
    """Return the optimal action values [horizon, N, S, A], by backward induction.

    Entry t holds the expected return from step t to the end of the episode.
    """
    q = np.empty((horizon, *reward.shape))
    value = np.zeros(reward.shape[:2])
    for t in reversed(range(horizon)):
        q[t] = reward + expected_next(transition, value)
        value = q[t].max(-1)
    return q


def expected_next(transition: Floats, value: Floats) -> Floats:
    """Return the expected value [N, S, A] of the next state, for values [N, S]."""
    n, s, a, _ = transition.shape
    flat = transition.reshape(n, s * a, s) @ value[:, :, None]
    return flat.reshape(n, s, a)


def optimal_returns(mdps: RandomMDPs, horizon: int = HORIZON) -> Floats:
    """Return each task's optimal return [N] of an episode: an informed oracle's."""
    best: Floats = optimal_q(mdps.reward, mdps.transition, horizon)[0, :, START].max(-1)
    return best


def random_returns(mdps: RandomMDPs, horizon: int = HORIZON) -> Floats:
    """Return each task's expected return [N] of an episode of random actions."""
    value = np.zeros(mdps.reward.shape[:2])
    for _ in range(horizon):
        value = (mdps.reward + expected_next(mdps.transition, value)).mean(-1)
    return value[:, START]

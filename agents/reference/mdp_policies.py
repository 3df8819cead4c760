"""Classic learners for random tabular MDPs: the baselines of Duan et al. (2016, section 3.2).

A learner plans once before each episode: it maps N tasks' statistics to action values
[horizon, N, S, A], and plays the best action by them. The Bayesian learners know the distribution
that tasks are drawn from; the others begin without a prior, but take rewards never seen for the
prior's mean. Their parameters are tuned for each number of episodes on the grids of the paper's
authors. The published rows come out with a prior mean of 0 for the rewards, where the tasks have 1:
with the tasks' own mean, most of these learners reach much more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from game.world.random_mdps import (
    HORIZON,
    START,
    RandomMDPs,
    draw_dirichlet,
    expected_next,
    optimal_q,
)
from game.world.rules import Floats, Ints

PRIOR_MEAN = 1.0  # of mean rewards; their variance and that of the noise are one
PUBLISHED_PRIOR_MEAN = 0.0  # reproduces the published rows, which it makes lower
NO_PRIOR = 1e-4  # weight of the prior of learners without one, in observations
CONFIDENCE = 0.05  # of UCRL2: the chance that its confidence sets fail

SAMPLES = range(1, 21)  # optimistic PSRL
EPSILONS = tuple(i / 10 for i in range(1, 11))  # epsilon-greedy
SCALES = tuple(np.geomspace(1e-4, 1, 21))  # BEB, UCRL2


class Statistics:
    """What N tasks have shown: visits [N, S, A], next states [N, S, A, S], rewards [N, S, A].

    The last step of an episode shows no next state, because the next episode begins.
    """

    def __init__(self, mdps: RandomMDPs, prior_mean: float) -> None:
        self.prior_mean = prior_mean
        self.visits = np.zeros(mdps.reward.shape)
        self.rewards = np.zeros(mdps.reward.shape)
        self.next_states = np.zeros(mdps.transition.shape)
        self.episodes = 0

    def add(self, state: Ints, action: Ints, reward: Floats, next_state: Ints | None) -> None:
        """Add one step of each task, all [N]."""
        tasks = np.arange(len(state))
        self.visits[tasks, state, action] += 1
        self.rewards[tasks, state, action] += reward
        if next_state is not None:
            self.next_states[tasks, state, action, next_state] += 1

    def posterior_mean(self, weight: float = 1.0) -> tuple[Floats, Floats]:
        """Return the mean reward and transition of the posterior, which are its most likely.

        The prior weighs as much as `weight` observations of the reward and of each next state.
        """
        reward = (self.rewards + weight * self.prior_mean) / (self.visits + weight)
        counts = self.next_states + weight
        return reward, counts / counts.sum(-1, keepdims=True)

    def posterior_sample(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return a reward and transition sampled from the posterior."""
        mean, _ = self.posterior_mean()
        reward = mean + rng.normal(size=mean.shape) / np.sqrt(self.visits + 1)
        return reward, draw_dirichlet(self.next_states + 1, rng)


MDPLearner = Callable[[Statistics, np.random.Generator], Floats]


def play_mdps(
    learner: MDPLearner,
    mdps: RandomMDPs,
    episodes: int,
    rng: np.random.Generator,
    epsilon: float = 0.0,
    prior_mean: float = PRIOR_MEAN,
    horizon: int = HORIZON,
) -> Floats:
    """Return the returns [episodes, N] of a learner that plays a random action with `epsilon`.

    Ties between actions are broken at random.
    """
    n_tasks, _, n_actions = mdps.reward.shape
    statistics, tasks = Statistics(mdps, prior_mean), np.arange(n_tasks)
    returns = np.zeros((episodes, n_tasks))
    for episode in range(episodes):
        statistics.episodes = episode + 1
        q = learner(statistics, rng)
        q = q + 1e-9 * rng.random(q.shape)
        state = np.full(n_tasks, START)
        for t in range(horizon):
            explores = rng.random(n_tasks) < epsilon
            best = q[t, tasks, state].argmax(-1)
            action = np.where(explores, rng.integers(n_actions, size=n_tasks), best)
            next_state, reward = mdps.step(state, action, rng)
            returns[episode] += reward
            statistics.add(state, action, reward, next_state if t < horizon - 1 else None)
            state = next_state
    return returns


def greedy(statistics: Statistics, rng: np.random.Generator) -> Floats:
    """Plan for the empirical MDP. With an epsilon in `play_mdps`, it is epsilon-greedy."""
    return optimal_q(*statistics.posterior_mean(NO_PRIOR))


def psrl(statistics: Statistics, rng: np.random.Generator) -> Floats:
    """Plan for an MDP sampled from the posterior (Strens 2000; Osband et al. 2013)."""
    return optimal_q(*statistics.posterior_sample(rng))


def optimistic_psrl(samples: int) -> MDPLearner:
    """Return PSRL with, for each action, the highest of its values in several sampled MDPs."""

    def learner(statistics: Statistics, rng: np.random.Generator) -> Floats:
        q = psrl(statistics, rng)
        for _ in range(samples - 1):
            np.maximum(q, psrl(statistics, rng), out=q)
        return q

    return learner


def beb(scale: float) -> MDPLearner:
    """Return the learner with a Bayesian exploration bonus (Kolter and Ng 2009).

    It plans for the posterior's mean with beta / (1 + n) added to each reward, where n counts the
    observations of a state and action and those that its prior weighs, and beta is 2 H^2 `scale`
    (theorem 1 of the paper: 2 H^2 suffices for rewards in [0, 1] and a horizon of H steps).
    """

    def learner(statistics: Statistics, rng: np.random.Generator) -> Floats:
        reward, transition = statistics.posterior_mean()
        weight = statistics.next_states.sum(-1) + transition.shape[-1]
        return optimal_q(reward + 2 * HORIZON**2 * scale / (1 + weight), transition)

    return learner


def beb_per_step_left(scale: float) -> MDPLearner:
    """Return BEB with a bonus for each step left, as in TabulaRL (Osband), which was published.

    An uncertain transition matters more when more steps are left: the bonus of the definition,
    times H and the steps left after this one. Rewards have a bonus of their own.
    """

    def learner(statistics: Statistics, rng: np.random.Generator) -> Floats:
        reward, transition = statistics.posterior_mean()
        reward = reward + 1 / (statistics.visits + 2)
        weight = statistics.next_states.sum(-1) + transition.shape[-1]
        per_step = 2 * HORIZON**3 * scale / (1 + weight)
        q, value = np.empty((HORIZON, *reward.shape)), np.zeros(reward.shape[:2])
        for t in reversed(range(HORIZON)):
            q[t] = reward + expected_next(transition, value) + per_step * (HORIZON - 1 - t)
            value = q[t].max(-1)
        return q

    return learner


def ucrl2(scale: float) -> MDPLearner:
    """Return UCRL2 (Jaksch et al. 2010) for episodes, its confidence sets scaled by `scale`.

    It plans by extended value iteration: for the best rewards and transitions in the sets.
    """

    def learner(statistics: Statistics, rng: np.random.Generator) -> Floats:
        reward, transition = statistics.posterior_mean(NO_PRIOR)
        _, n_states, n_actions = reward.shape
        log = np.log(2 * n_states * n_actions * (statistics.episodes + 1) / CONFIDENCE)
        seen = np.maximum(statistics.visits, 1)
        left = np.maximum(statistics.next_states.sum(-1), 1)
        reward = reward + scale * np.sqrt(4 * log / seen)
        radius = scale * np.sqrt(4 * n_states * log / left)
        return _extended_value_iteration(reward, transition, radius)

    return learner


def _extended_value_iteration(reward: Floats, transition: Floats, radius: Floats) -> Floats:
    """Return action values [horizon, N, S, A] for the best transitions within an L1 radius."""
    q = np.empty((HORIZON, *reward.shape))
    value = np.zeros(reward.shape[:2])
    for t in reversed(range(HORIZON)):
        q[t] = reward + expected_next(optimistic_transition(transition, value, radius), value)
        value = q[t].max(-1)
    return q


def optimistic_transition(transition: Floats, value: Floats, radius: Floats) -> Floats:
    """Return the transitions [N, S, A, S] within an L1 radius [N, S, A] with the best next values.

    Half the radius goes to the best next state, and is taken from the worst first (Jaksch et al.
    2010, figure 2). `value` is [N, S].
    """
    order = value.argsort(-1)[:, None, None]  # worst first
    chances = np.take_along_axis(transition, order, -1)
    moved = np.minimum(radius / 2, 1 - chances[..., -1])[..., None]
    before = chances.cumsum(-1) - chances
    chances = chances - np.clip(moved - before, 0, chances)
    chances[..., -1:] += 1 - chances.sum(-1, keepdims=True)
    best = np.empty_like(chances)
    np.put_along_axis(best, np.broadcast_to(order, chances.shape), chances, -1)
    return best

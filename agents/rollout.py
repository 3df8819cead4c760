"""Sample episodes of policies in a GridBatch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.session.trace import EPISODES_SHOWN, AdaptationStep
from game.world.batch import GridBatch
from game.world.noise import DRAWS
from game.world.rules import Bools, Floats, Ints
from game.world.tables import TooLarge

Rngs = Sequence[np.random.Generator]
MOST_SAMPLED = 2_000_000  # environment steps sampled at once: about 300 MB


@dataclass(frozen=True)
class Rollout:
    """E episodes of each of T tasks, of at most H steps."""

    state: Ints  # [H + 1, T, E] state indices within the task
    action: Ints  # [H, T, E] chosen actions
    reward: Floats  # [H, T, E] 0 after the end of the episode
    alive: Bools  # [H, T, E] whether the episode was running when the action was chosen

    @classmethod
    def joined(cls, parts: Sequence[Rollout]) -> Rollout:
        """Return the episodes of several rollouts in the same tasks as one rollout."""
        names = ("state", "action", "reward", "alive")
        return cls(*(np.concatenate([getattr(part, n) for part in parts], 2) for n in names))

    @property
    def returns(self) -> Floats:
        """The undiscounted return [T, E] of each episode."""
        total: Floats = self.reward.sum(0)
        return total

    @property
    def env_steps(self) -> Ints:
        """The number of environment steps [T] in all episodes of each task."""
        steps: Ints = self.alive.sum((0, 2))
        return steps


def roll_out(batch: GridBatch, action_probs: Floats, episodes: int, rngs: Rngs) -> Rollout:
    """Sample episodes of memoryless policies with action probabilities [T, S, A].

    With [H, T, S, A] the policies also depend on the step of the episode.

    Each task draws from its own generator, as many numbers as its level needs, so that its episodes
    do not depend on the other tasks in the batch. Raises TooLarge over MOST_SAMPLED steps.
    """
    shape = (batch.horizon, batch.n_tasks, episodes)
    if math.prod(shape) > MOST_SAMPLED:
        raise TooLarge(
            f"{batch.n_tasks} tasks with {episodes:,} episodes of {batch.horizon:,} steps are over "
            f"the limit of {MOST_SAMPLED:,} steps at once - use fewer episodes"
        )
    first = np.arange(batch.n_tasks)[:, None] * batch.n_states  # [T, 1] flat index of state 0
    action_draws, slip_draws, reward_draws, state = draw(batch, episodes, rngs)
    states = np.empty((batch.horizon + 1, *shape[1:]), np.int64)
    actions = np.empty(shape, np.int64)
    index = np.empty(shape, np.int64)
    by_step = action_probs if action_probs.ndim == 4 else action_probs[None]
    bounds = [  # cumulative probabilities [A - 1, T * S], per step or once for all steps
        np.cumsum(probs.reshape(-1, batch.n_actions), 1)[:, :-1].T.copy() for probs in by_step
    ]
    state = state + first
    states[0] = state
    for h in range(batch.horizon):
        action = (bounds[min(h, len(bounds) - 1)].take(state, 1) < action_draws[h]).sum(0)
        luck = None if slip_draws is None else slip_draws[h]
        batch.transitions(state, action, luck, out=index[h])
        state = batch.flat_next.take(index[h])
        actions[h], states[h + 1] = action, state
    alive = ~batch.over.ravel().take(states[:-1])
    in_time = np.arange(batch.horizon)[:, None] < batch.steps  # [H, T]
    alive &= in_time[..., None]
    reward = np.where(alive, batch.rewards(index, reward_draws), 0.0)
    return Rollout(states - first, actions, reward, alive)


def draw(
    batch: GridBatch, episodes: int, rngs: Rngs
) -> tuple[Floats, Floats | None, Floats | None, NDArray[np.int64]]:
    """Draw a rollout's random numbers: for actions [H, T, E], for transitions by chance [H, T, E]
    (None if no task has any), for rewards [DRAWS, H, T, E] (None without noise), and the start
    states [T, E].

    Each task draws from its own generator, as many numbers as its level needs.
    """
    shape = (batch.horizon, batch.n_tasks, episodes)
    action_draws = np.zeros(shape)
    slip_draws = np.ones(shape) if batch.stochastic.any() else None
    reward_draws = np.zeros((DRAWS, *shape)) if batch.noise else None
    state = np.empty(shape[1:], np.int64)
    for t, (tables, rng) in enumerate(zip(batch.tables, rngs, strict=True)):
        n_starts = len(tables.starts)
        chosen = (rng.random(episodes) * n_starts).astype(int) if n_starts > 1 else 0
        state[t] = tables.starts[chosen]
        action_draws[: batch.steps[t], t] = rng.random((batch.steps[t], episodes))
        if slip_draws is not None and batch.stochastic[t]:
            slip_draws[: batch.steps[t], t] = rng.random((batch.steps[t], episodes))
        if reward_draws is not None:
            reward_draws[:, : batch.steps[t], t] = rng.random((DRAWS, batch.steps[t], episodes))
    return action_draws, slip_draws, reward_draws, state


def adaptation_step(
    k: int,
    env_steps: np.ndarray,
    probs: Floats,
    data: Rollout,
    exact: Floats | None,
    gradient_steps: int,
    stationary: bool = True,
    push: Floats | None = None,
) -> AdaptationStep:
    """Return step k of an adaptation: policies `probs` [T, S, A] and their episodes `data`.

    `push` [T, S, A] are the summed advantages that led to these policies, if any did.
    """
    shown = min(EPISODES_SHOWN, data.action.shape[2])
    alive = data.alive[..., :shown]  # [H, T, n]
    visited = np.concatenate([np.ones_like(alive[:1]), alive])
    return AdaptationStep(
        step=k,
        episodes=k * data.action.shape[2],
        env_steps=env_steps,
        gradient_steps=gradient_steps,
        return_sampled=data.returns.mean(1),
        return_exact=exact,
        action_probs=probs,
        paths=np.where(visited, data.state[..., :shown], -1).transpose(1, 2, 0),
        moves=np.where(alive, data.action[..., :shown], -1).transpose(1, 2, 0),
        stationary=stationary,
        walk_returns=data.returns[:, :shown],
        push=push,
    )

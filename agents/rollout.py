"""The one place where a policy meets a GridBatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.session.trace import EPISODES_SHOWN, AdaptationStep
from game.world.batch import GridBatch
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS

Rngs = Sequence[np.random.Generator]


@dataclass(frozen=True)
class Rollout:
    """E episodes of each of T tasks over at most H steps."""

    state: Ints  # [H + 1, T, E] states of the task, from 0
    action: Ints  # [H, T, E] as chosen
    reward: Floats  # [H, T, E] 0 once the episode is over
    alive: Bools  # [H, T, E] the episode was still on when the action was taken

    @property
    def returns(self) -> Floats:
        """[T, E] undiscounted."""
        total: Floats = self.reward.sum(0)
        return total

    @property
    def env_steps(self) -> Ints:
        """[T] steps taken in all episodes together."""
        steps: Ints = self.alive.sum((0, 2))
        return steps


def roll_out(batch: GridBatch, action_probs: Floats, episodes: int, rngs: Rngs) -> Rollout:
    """Sample episodes of policies without memory, `action_probs` [T, S, A].

    With [H, T, S, A] they may also depend on the step of the episode.

    Each task draws from its own generator, as many numbers as its own level needs, so that a task's
    episodes do not depend on which other tasks are in the batch.
    """
    shape = (batch.horizon, batch.n_tasks, episodes)
    first = np.arange(batch.n_tasks)[:, None] * batch.n_states  # [T, 1] flat state 0 of each task
    chance, luck, state = draw(batch, episodes, rngs)
    states = np.empty((batch.horizon + 1, *shape[1:]), np.int64)
    actions = np.empty(shape, np.int64)
    index = np.empty(shape, np.int64)
    by_step = action_probs if action_probs.ndim == 4 else action_probs[None]
    bounds = [  # for each step, or for all: [A - 1, T * S]
        np.cumsum(probs.reshape(-1, N_ACTIONS), 1)[:, :-1].T.copy() for probs in by_step
    ]
    state = state + first
    states[0] = state
    for h in range(batch.horizon):
        action = (bounds[min(h, len(bounds) - 1)].take(state, 1) < chance[h]).sum(0)
        np.add(state * N_ACTIONS, action, out=index[h])
        if luck is not None:
            batch.detours.divert(index[h], luck[h])
        state = batch.flat_next.take(index[h])
        actions[h], states[h + 1] = action, state
    alive = ~batch.over.ravel().take(states[:-1])
    in_time = np.arange(batch.horizon)[:, None] < batch.steps  # [H, T]
    alive &= in_time[..., None]
    reward = np.where(alive, batch.reward.ravel().take(index), 0.0)
    return Rollout(states - first, actions, reward, alive)


def draw(
    batch: GridBatch, episodes: int, rngs: Rngs
) -> tuple[Floats, Floats | None, NDArray[np.int64]]:
    """The random numbers of a rollout: for actions [H, T, E], wind and slips; first states [T, E].

    Each task draws from its own generator, as many numbers as its own level needs.
    """
    shape = (batch.horizon, batch.n_tasks, episodes)
    chance = np.zeros(shape)
    luck = np.ones(shape) if batch.chancy.any() else None
    state = np.empty(shape[1:], np.int64)
    for t, (tables, rng) in enumerate(zip(batch.tables, rngs, strict=True)):
        n_starts = len(tables.starts)
        chosen = (rng.random(episodes) * n_starts).astype(int) if n_starts > 1 else 0
        state[t] = tables.starts[chosen]
        chance[: batch.steps[t], t] = rng.random((batch.steps[t], episodes))
        if luck is not None and batch.chancy[t]:
            luck[: batch.steps[t], t] = rng.random((batch.steps[t], episodes))
    return chance, luck, state


def adaptation_step(
    k: int,
    env_steps: np.ndarray,
    probs: Floats,
    data: Rollout,
    exact: Floats | None,
    gradient_steps: int,
    stationary: bool = True,
) -> AdaptationStep:
    """Step k of an adaptation, its policies [T, S, A] having played the episodes `data`."""
    shown = min(EPISODES_SHOWN, data.action.shape[2])
    alive = data.alive[..., :shown]  # [H, T, n]
    begun = np.concatenate([np.ones_like(alive[:1]), alive])
    return AdaptationStep(
        step=k,
        episodes=k * data.action.shape[2],
        env_steps=env_steps,
        gradient_steps=gradient_steps,
        return_sampled=data.returns.mean(1),
        return_exact=exact,
        action_probs=probs,
        paths=np.where(begun, data.state[..., :shown], -1).transpose(1, 2, 0),
        moves=np.where(alive, data.action[..., :shown], -1).transpose(1, 2, 0),
        stationary=stationary,
    )

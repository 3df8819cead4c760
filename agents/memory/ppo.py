"""Proximal policy optimisation (Schulman et al. 2017) over the trials of agents with memory.

A trial is one long episode to the agent: its return sums the rewards of all episodes in the trial.
Otherwise the agent would have no reason to explore in the first one for the benefit of the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.learner import Diverged, check_options
from agents.memory.trials import Episode, Floats32, TrialSteps
from agents.rollout import Rngs
from game.world.batch import GridBatch
from game.world.rules import Bools, Ints


@dataclass(frozen=True)
class PpoConfig:
    """Options of PPO for agents with memory."""

    discount: float = 0.95
    """Discount of rewards per step, also from one episode of a trial to the next (0 to 1)."""
    trace: float = 0.95
    """Lambda of generalised advantage estimation (0 to 1; Schulman et al. 2016)."""
    reward_scale: float = 0.3
    """Factor on rewards in the advantages and the critic's targets (1e-6 to 1e6)."""
    epochs: int = 2
    """Passes over the sampled trials per iteration (1 to 100)."""
    minibatches: int = 4
    """Minibatches per epoch (1 to 1000)."""
    clip: float = 0.2
    """Largest change of an action's probability ratio that has a gradient (1e-6 to 1e6)."""
    critic: float = 0.5
    """Weight of the critic's loss (0 to 1e6)."""
    informed: bool = False
    """Give the critic the optimal value of each state during training (discarded afterwards)."""
    entropy: float = 0.12
    """Initial weight of the policy's entropy, a reward for exploration (0 to 1e6)."""
    final_entropy: float = 0.0
    """Final weight of the policy's entropy (0 to 1e6)."""
    entropy_until: float = 0.8
    """Share of training at which entropy and curiosity reach their final values (1e-6 to 1)."""
    curiosity: float = 0.0
    """Initial bonus for entering a new cell before the goal has been found (0 to 1e6)."""
    final_curiosity: float = 0.0
    """Final bonus for entering a new cell before the goal has been found (0 to 1e6)."""
    learning_rate: float = 4e-3
    """Initial learning rate of Adam (0 to 10)."""
    final_rate: float = 2e-4
    """Final learning rate (0 to 10); the schedule is a cosine."""
    gradient_norm: float = 0.5
    """Largest norm of a gradient; longer ones are scaled down to it (1e-6 to 1e6)."""

    def __post_init__(self) -> None:
        check_options(self, discount=(0, 1), trace=(0, 1), reward_scale=(1e-6, 1e6))
        check_options(self, epochs=(1, 100), minibatches=(1, 1000), clip=(1e-6, 1e6))
        check_options(self, critic=(0, 1e6), entropy=(0, 1e6), final_entropy=(0, 1e6))
        check_options(self, entropy_until=(1e-6, 1), learning_rate=(0, 10), final_rate=(0, 10))
        check_options(self, gradient_norm=(1e-6, 1e6), curiosity=(0, 1e6), final_curiosity=(0, 1e6))

    def rate_at(self, progress: float) -> float:
        """Return the learning rate at this share of training."""
        high, low = self.learning_rate, self.final_rate
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def entropy_at(self, progress: float) -> float:
        """Return the weight of the entropy at this share of training."""
        return self._interpolate(self.entropy, self.final_entropy, progress)

    def curiosity_at(self, progress: float) -> float:
        """Return the bonus for a new cell at this share of training."""
        return self._interpolate(self.curiosity, self.final_curiosity, progress)

    def _interpolate(self, first: float, last: float, progress: float) -> float:
        return first + (last - first) * min(1.0, progress / self.entropy_until)


@dataclass(frozen=True)
class Trajectories:
    """N whole trials: arrays [L, N, ..] with the steps of each trial without gaps, then zeros.

    The fields after `lengths` are those of `Episode`.
    """

    lengths: Ints  # [N]
    state: Ints
    entered: Ints
    clock: Ints
    last_move: Ints
    last_reward: Floats32
    action: Ints
    log_prob: Floats32
    value: Floats32
    reward: Floats32
    belief: Floats32

    @classmethod
    def of(cls, episodes: Sequence[Episode]) -> Trajectories:
        """Return the trials that consist of these episodes, in order."""
        lengths = np.sum([e.alive.sum(0) for e in episodes], 0)
        names = [field.name for field in fields(cls)[1:]]
        by_name = ([getattr(e, name)[: len(e.alive)] for e in episodes] for name in names)
        return cls(lengths, *(joined_steps(episodes, arrays) for arrays in by_name))

    @property
    def alive(self) -> Bools:
        """The steps that lie within each trial's length [L, N]."""
        alive: Bools = np.arange(len(self.state))[:, None] < self.lengths
        return alive


def joined_steps(episodes: Sequence[Episode], arrays: Sequence[Any]) -> Any:
    """Return arrays [L, N, ..] of each episode as one, with the steps of each trial without gaps,
    then zeros."""
    alive = np.concatenate([e.alive for e in episodes])  # [sum of L, N]
    step, trial = (alive.cumsum(0) - 1)[alive], np.nonzero(alive)[1]
    array = np.concatenate(arrays)
    out = np.zeros((alive.sum(0).max(), *array.shape[1:]), array.dtype)
    out[step, trial] = array[alive]
    return out


def first_visits(data: Trajectories, batch: GridBatch) -> Bools:
    """Return the steps [L, N] that enter a cell for the first time in a trial, as long as the trial
    has not reached the goal. They earn the bonus `curiosity` (as in Zintgraf et al. 2021)."""
    cell, goal = batch.cell.reshape(-1, 2), batch.goal.ravel()
    width = int(cell.max()) + 1
    visited = np.concatenate([data.state[:1], data.entered])  # [1 + L, N] with the start cell
    place = (cell[:, 0] * width + cell[:, 1])[visited]
    found = np.logical_or.accumulate(goal[data.entered] & data.alive, 0)
    _, first = np.unique(place + np.arange(place.shape[1]) * width**2, return_index=True)
    new = np.zeros(place.size, bool)
    new[first] = True
    result: Bools = new.reshape(place.shape)[1:] & data.alive & ~found
    return result


def generalized_advantages(
    data: Trajectories, discount: float, trace: float, scale: float
) -> Floats32:
    """Return advantages [L, N] of rewards times `scale` (Schulman et al. 2016, eq. 16)."""
    next_advantage = np.zeros_like(data.value[0])
    next_value = np.zeros_like(next_advantage)
    result = np.zeros_like(data.value)
    for t in reversed(range(len(result))):
        error = data.reward[t] * scale + discount * next_value - data.value[t]
        alive = t < data.lengths
        next_advantage = np.where(alive, error + discount * trace * next_advantage, 0.0)
        next_value = np.where(alive, data.value[t], 0.0)
        result[t] = next_advantage
    return result


@dataclass(frozen=True)
class Minibatch(TrialSteps):
    """The P steps of some trials, with what PPO needs of them."""

    action: Tensor  # [P], as are the following
    log_prob: Tensor
    advantage: Tensor
    target: Tensor  # of the critic
    belief: Tensor  # [P, B]


def minibatches(
    data: Trajectories, config: PpoConfig, rng: np.random.Generator
) -> Iterator[Minibatch]:
    """Yield the minibatches of all epochs; see `packed_parts`."""
    advantage = generalized_advantages(data, config.discount, config.trace, config.reward_scale)
    target = advantage + data.value
    advantage = _normalized(advantage, data.alive)
    others = data.action, data.log_prob, advantage, target, data.belief
    for steps, packed in packed_parts(data, config.epochs, config.minibatches, rng):
        yield Minibatch(*vars(steps).values(), *map(packed, others))


def packed_parts(
    data: Trajectories, epochs: int, n: int, rng: np.random.Generator
) -> Iterator[tuple[TrialSteps, Callable[[Any], Tensor]]]:
    """Yield the trials in n parts in each epoch, which divides them anew at random, with a function
    that packs arrays [L, N, ..] in the same way."""
    alive = data.alive
    lengths, own = ranks.gather(data.lengths), ranks.own_rows(len(data.lengths))
    for _ in range(epochs):
        order = rng.permutation(len(lengths))
        for part in np.array_split(order, min(n, len(order))):
            n_steps = lengths[part].sum()
            part = part[(part >= own.start) & (part < own.stop)] - own.start
            part = part[np.argsort(-data.lengths[part], kind="stable")]
            chosen = alive[:, part]
            at = (np.arange(alive.size).reshape(alive.shape)[:, part])[chosen]

            def packed(array: Any, at: Ints = at) -> Tensor:
                return torch.from_numpy(array.reshape(alive.size, *array.shape[2:]).take(at, 0))

            share, sizes = chosen.sum() / n_steps, [int(size) for size in chosen.sum(1) if size]
            inputs = data.state, data.clock, data.last_move, data.last_reward
            yield TrialSteps(float(share), sizes, *map(packed, inputs)), packed


def _normalized(advantage: Floats32, alive: Bools) -> Floats32:
    """Return advantages [L, N] with mean 0 and variance 1 over the steps of all ranks' trials.

    Sums are doubles, so that the result hardly depends on the number of ranks.
    """
    played = advantage[alive]
    n, sum_played = ranks.totals(played.size, played.sum(dtype=float))
    average = sum_played / n
    variance = ranks.total(np.square(played - average).sum(dtype=float)) / n
    normalized: Floats32 = ((advantage - average) / (variance**0.5 + 1e-8)).astype(advantage.dtype)
    return normalized


def ppo_loss(
    log_probs: Tensor, value: Tensor, part: Minibatch, config: PpoConfig, entropy_weight: float
) -> tuple[Tensor, Tensor]:
    """Return the loss of the clipped objective (Schulman et al. 2017, eq. 9) with critic and
    entropy terms, and the policy's mean entropy in nats.

    `log_probs` [P, A] and `value` [P] are the network's outputs at the steps of the minibatch.
    """
    chosen = log_probs.gather(1, part.action[:, None])[:, 0]
    ratio = (chosen - part.log_prob).exp()
    clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
    objective = torch.minimum(ratio * part.advantage, clipped * part.advantage).mean()
    entropy = -(log_probs.exp() * log_probs).sum(1).mean()
    error = (value - part.target).square().mean()
    return config.critic * error - objective - entropy_weight * entropy, entropy


def check_finite(norm: Tensor) -> None:
    """Raise Diverged where the norm of the gradient is not finite."""
    if not math.isfinite(float(norm)):
        raise Diverged("the gradient is not finite - try a smaller learning rate")


def batch_rng(rngs: Rngs) -> np.random.Generator:
    """Return a generator for what all tasks of a batch share, derived from the first task's; on
    all ranks the same."""
    return ranks.from_first(lambda: rngs[0].spawn(1)[0])

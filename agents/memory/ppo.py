"""Proximal policy optimisation (Schulman et al. 2017) over the trials of agents with memory.

To the agent a trial is one long episode: returns run on over the ends of the episodes in it, or it
would have no reason to explore in the first for the sake of the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.learner import Diverged, check_options
from agents.memory.trials import Episode, Floats32
from agents.rollout import Rngs
from game.world.batch import GridBatch
from game.world.rules import Bools, Ints


@dataclass(frozen=True)
class PpoConfig:
    """How an agent with memory is trained."""

    discount: float = 0.95
    """Of rewards within a trial, over the ends of its episodes: a deliberate bias."""
    trace: float = 0.95
    """Decay of generalised advantages (lambda; Schulman et al. 2016)."""
    reward_scale: float = 0.3
    """What rewards count to the critic."""
    epochs: int = 2
    """Passes over the trials of an iteration,"""
    minibatches: int = 4
    """each in so many parts."""
    clip: float = 0.2
    """How far the chance of an action may move before its gradient stops."""
    critic: float = 0.5
    """Weight of the critic's loss."""
    informed: bool = False
    """In training the critic is told what each state is worth to who knows the task."""
    entropy: float = 0.12
    """Reason to explore: weight of the policy's entropy at first, from where it falls"""
    final_entropy: float = 0.0
    """to this,"""
    entropy_until: float = 0.8
    """when this share of training is done."""
    curiosity: float = 0.0
    """What it pays in training, at first, to enter a cell for the first time in a trial as long as
    the goal is not found (as Zintgraf et al. 2021); it falls as the entropy's weight does"""
    final_curiosity: float = 0.0
    """to this."""
    learning_rate: float = 4e-3
    """Of Adam at first; it falls as a cosine to"""
    final_rate: float = 2e-4
    """this."""
    gradient_norm: float = 0.5
    """Longer gradients are shortened to this."""

    def __post_init__(self) -> None:
        check_options(self, discount=(0, 1), trace=(0, 1), reward_scale=(1e-6, 1e6))
        check_options(self, epochs=(1, 100), minibatches=(1, 1000), clip=(1e-6, 1e6))
        check_options(self, critic=(0, 1e6), entropy=(0, 1e6), final_entropy=(0, 1e6))
        check_options(self, entropy_until=(1e-6, 1), learning_rate=(0, 10), final_rate=(0, 10))
        check_options(self, gradient_norm=(1e-6, 1e6), curiosity=(0, 1e6), final_curiosity=(0, 1e6))

    def rate(self, progress: float) -> float:
        """The learning rate when this share of training is done."""
        high, low = self.learning_rate, self.final_rate
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def entropy_weight(self, progress: float) -> float:
        """What the entropy counts when this share of training is done."""
        return self._fallen(self.entropy, self.final_entropy, progress)

    def bonus(self, progress: float) -> float:
        """What a new cell pays when this share of training is done."""
        return self._fallen(self.curiosity, self.final_curiosity, progress)

    def _fallen(self, first: float, last: float, progress: float) -> float:
        return first + (last - first) * min(1.0, progress / self.entropy_until)


@dataclass(frozen=True)
class Trajectories:
    """N whole trials, the moments of each without gaps: arrays [L, N, ..], zero after its length.

    What they hold is said at `Episode`.
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
        """The episodes of trials, one after the other."""
        alive = np.concatenate([e.alive for e in episodes])  # [sum of L, N]
        place, trial = (alive.cumsum(0) - 1)[alive], np.nonzero(alive)[1]
        lengths = alive.sum(0)

        def joined(name: str) -> Any:
            parts = [getattr(e, name)[: len(e.alive)] for e in episodes]
            array = np.concatenate(parts)
            out = np.zeros((lengths.max(), *array.shape[1:]), array.dtype)
            out[place, trial] = array[alive]
            return out

        return cls(lengths, *(joined(field.name) for field in fields(cls)[1:]))

    @property
    def alive(self) -> Bools:
        """[L, N]"""
        alive: Bools = np.arange(len(self.state))[:, None] < self.lengths
        return alive


def news(data: Trajectories, batch: GridBatch) -> Bools:
    """[L, N] where a trial enters a cell for the first time, and has not been at the goal yet."""
    cell, goal = batch.cell.reshape(-1, 2), batch.goal.ravel()
    width = int(cell.max()) + 1
    visited = np.concatenate([data.state[:1], data.entered])  # [1 + L, N] where it began is not new
    place = (cell[:, 0] * width + cell[:, 1])[visited]
    found = np.logical_or.accumulate(goal[data.entered] & data.alive, 0)
    _, first = np.unique(place + np.arange(place.shape[1]) * width**2, return_index=True)
    new = np.zeros(place.size, bool)
    new[first] = True
    result: Bools = new.reshape(place.shape)[1:] & data.alive & ~found
    return result


def advantages(data: Trajectories, discount: float, trace: float, scale: float) -> Floats32:
    """[L, N] generalised advantages (Schulman et al. 2016, eq. 16) of rewards times `scale`."""
    after = np.zeros_like(data.value[0])
    value_after = np.zeros_like(after)
    result = np.zeros_like(data.value)
    for t in reversed(range(len(result))):
        error = data.reward[t] * scale + discount * value_after - data.value[t]
        on = t < data.lengths
        after = np.where(on, error + discount * trace * after, 0.0)
        value_after = np.where(on, data.value[t], 0.0)
        result[t] = after
    return result


@dataclass(frozen=True)
class Minibatch:
    """Some trials, packed: the first moments of all, then the second of all that have one ..."""

    sizes: list[int]  # how many have a first moment, a second ...
    state: Tensor  # [P], as all below
    clock: Tensor
    last_move: Tensor
    last_reward: Tensor
    action: Tensor
    log_prob: Tensor
    advantage: Tensor
    target: Tensor  # of the critic
    belief: Tensor  # [P, B]


def minibatches(
    data: Trajectories, config: PpoConfig, rng: np.random.Generator
) -> Iterator[Minibatch]:
    """The trials of every epoch in random parts."""
    alive = data.alive
    advantage = advantages(data, config.discount, config.trace, config.reward_scale)
    target = advantage + data.value
    advantage = (advantage - advantage[alive].mean()) / (advantage[alive].std() + 1e-8)
    for _ in range(config.epochs):
        order = rng.permutation(len(data.lengths))
        for part in np.array_split(order, min(config.minibatches, len(order))):
            part = part[np.argsort(-data.lengths[part], kind="stable")]
            on = alive[:, part]

            def packed(array: Any, on: Bools = on, part: Ints = part) -> Tensor:
                return torch.from_numpy(array[:, part][on])

            yield Minibatch(
                [int(size) for size in on.sum(1) if size],
                *map(packed, (data.state, data.clock, data.last_move, data.last_reward)),
                *map(packed, (data.action, data.log_prob, advantage, target, data.belief)),
            )


def ppo_loss(
    log_probs: Tensor, value: Tensor, part: Minibatch, config: PpoConfig, entropy_weight: float
) -> tuple[Tensor, Tensor]:
    """The clipped objective (Schulman et al. 2017, eq. 9) as a loss, and the policy's entropy.

    `log_probs` [P, A] and `value` [P] are those of the moments of a minibatch.
    """
    chosen = log_probs.gather(1, part.action[:, None])[:, 0]
    ratio = (chosen - part.log_prob).exp()
    clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
    gain = torch.minimum(ratio * part.advantage, clipped * part.advantage).mean()
    entropy = -(log_probs.exp() * log_probs).sum(1).mean()
    error = (value - part.target).square().mean()
    return config.critic * error - gain - entropy_weight * entropy, entropy


def check_finite(norm: Tensor) -> None:
    """Raise Diverged where the gradient is not finite."""
    if not math.isfinite(float(norm)):
        raise Diverged("the gradient is not finite - try a smaller learning rate")


def shuffler(rngs: Rngs) -> np.random.Generator:
    """A generator for what concerns all tasks of a batch, from those of the tasks."""
    return rngs[0].spawn(1)[0]

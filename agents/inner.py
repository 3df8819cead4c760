"""The inner loop that all gradient learners share: episodes, one gradient step, again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from agents.losses import advantages, lvc_surrogate, plain_surrogate, state_action_sums
from agents.policy import Params, log_probs
from agents.rollout import Rngs, Rollout, roll_out
from game.features import observe_batch
from game.planner import expected_return
from game.rules import Floats
from game.tables import GridBatch
from game.trace import AdaptationStep

SURROGATES = {"plain": plain_surrogate, "lvc": lvc_surrogate}
EPISODES_SHOWN = 8


@dataclass(frozen=True)
class InnerConfig:
    """How a gradient learner adapts."""

    episodes: int = 20
    """Episodes of each task before every gradient step."""
    discount: float = 0.95
    """Of the inner loop's returns: a deliberate bias for less variance."""
    surrogate: Literal["lvc", "plain"] = "lvc"
    """Inner loss: 'lvc' credits the pre-update policy for its data, 'plain' does not."""
    shrink: float = 1.0
    """Weight of the time-step mean in the baseline, in visits."""
    curiosity: float = 0.1
    """Until a task's goal has been found, entering a state pays this / sqrt(visits so far), too:
    or else every step without success makes the policy shyer, and the goal is never found."""


def see(batch: GridBatch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """A batch's features [T, S, F'] without the columns that are all zero, and those columns."""
    seen, columns = observe_batch(batch)
    return torch.from_numpy(seen).to(dtype), torch.from_numpy(columns)


def collect(batch: GridBatch, log_probs: Tensor, episodes: int, rngs: Rngs) -> Rollout:
    """Episodes of the policies that `log_probs` [T, S, A] gives."""
    return roll_out(batch, to_numpy(log_probs.exp()), episodes, rngs)


def to_numpy(tensor: Tensor) -> Floats:
    """The tensor's values in float64, apart from autograd."""
    array: Floats = tensor.detach().double().numpy()
    return array


class Trial:
    """What the inner loop remembers of T tasks' episodes: where they went, what they found."""

    def __init__(self, batch: GridBatch, config: InnerConfig) -> None:
        self.batch, self.config = batch, config
        self.visits = np.zeros(batch.over.shape)  # [T, S]
        self.found = np.zeros(batch.n_tasks, bool)  # [T]

    def weights(self, data: Rollout) -> Floats:
        """[T, S, A] summed advantages per episode: all that the inner loss needs of them."""
        task = np.arange(self.batch.n_tasks)[:, None]
        entered = data.state[1:]
        index = (entered + task * self.batch.n_states).ravel()
        count = np.bincount(index, data.alive.ravel(), self.visits.size)
        self.visits += count.reshape(self.visits.shape)
        self.found |= (self.batch.goal[task, entered] & data.alive).any((0, 2))
        reward = data.reward
        if self.config.curiosity:
            novelty = 1 / np.sqrt(np.maximum(1, self.visits[task, entered]))
            curious = data.alive & ~self.found[:, None]
            reward = reward + self.config.curiosity * novelty * curious
        data = replace(data, reward=reward)
        advantage = advantages(data, self.batch.n_states, self.config.discount, self.config.shrink)
        sums = state_action_sums(data, advantage, self.batch.n_states)
        return sums / data.action.shape[2]

    def loss(self, log_probs: Tensor, data: Rollout) -> Tensor:
        """[T] the inner loss on new episodes."""
        weights = torch.from_numpy(self.weights(data)).to(log_probs.dtype)
        return SURROGATES[self.config.surrogate](log_probs, weights)


def inner_update(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool = False
) -> Params:
    """One gradient step of every task on its own loss [T]. Returns new parameters.

    With `differentiable` the outer loop can differentiate through the step (second order).
    """
    grads = torch.autograd.grad(
        loss.sum(), list(params.values()), create_graph=differentiable, retain_graph=True
    )
    return {
        name: p - step_sizes[name] * grad
        for (name, p), grad in zip(params.items(), grads, strict=True)
    }


def adapt(
    params: Params,
    step_sizes: Params,
    features: Tensor,
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    config: InnerConfig,
) -> Iterator[AdaptationStep]:
    """The inner loop as everybody sees it: step 0 is before adaptation.

    `features` [T, S, F'] are those of `see`; `params` and `step_sizes` carry a task dimension, have
    rows for these F' features, and are left as they are.
    """
    step_sizes = {name: p.detach() for name, p in step_sizes.items()}
    params = {name: p.detach() for name, p in params.items()}
    env_steps = np.zeros(batch.n_tasks, int)
    trial = Trial(batch, config)
    for k in range(steps + 1):
        params = {name: p.requires_grad_() for name, p in params.items()}
        logp = log_probs(params, features)
        data = collect(batch, logp, config.episodes, rngs)
        yield _describe(k, env_steps, batch, logp, data)
        if k == steps:
            return
        env_steps = env_steps + data.env_steps
        params = inner_update(params, step_sizes, trial.loss(logp, data))
        params = {name: p.detach() for name, p in params.items()}


def _describe(
    k: int, env_steps: np.ndarray, batch: GridBatch, logp: Tensor, data: Rollout
) -> AdaptationStep:
    probs = to_numpy(logp.exp())
    probs /= probs.sum(-1, keepdims=True)
    shown = min(EPISODES_SHOWN, data.action.shape[2])
    alive = data.alive[..., :shown]  # [H, T, n]
    begun = np.concatenate([np.ones_like(alive[:1]), alive])
    return AdaptationStep(
        step=k,
        episodes=k * data.action.shape[2],
        env_steps=env_steps,
        gradient_steps=k,
        return_sampled=data.returns.mean(1),
        return_exact=expected_return(batch, probs),
        action_probs=probs,
        paths=np.where(begun, data.state[..., :shown], -1).transpose(1, 2, 0),
        moves=np.where(alive, data.action[..., :shown], -1).transpose(1, 2, 0),
    )

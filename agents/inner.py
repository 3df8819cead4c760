"""The inner loop that all gradient learners share: episodes, one gradient step, again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.losses import advantages, lvc_surrogate, plain_surrogate, state_action_sums
from agents.policy import Params, keep_columns, log_probs
from agents.rollout import Rngs, Rollout, roll_out
from game.features import observe_batch
from game.planner import expected_return
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
    surrogate: str = "lvc"
    """Inner loss: 'lvc' credits the pre-update policy for its data, 'plain' does not."""
    shrink: float = 1.0
    """Weight of the time-step mean in the baseline, in visits."""


def see(batch: GridBatch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The features [T, S, F'] of a batch without the columns that are all zero, and those columns."""
    seen = observe_batch(batch)
    columns = np.flatnonzero(seen.any((0, 1)))
    return torch.from_numpy(seen[..., columns]).to(dtype), torch.from_numpy(columns)


def collect(batch: GridBatch, log_probs: Tensor, episodes: int, rngs: Rngs) -> Rollout:
    """Episodes of the policies that `log_probs` [T, S, A] gives."""
    return roll_out(batch, to_numpy(log_probs.exp()), episodes, rngs)


def to_numpy(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().double().numpy()
    return array


def inner_weights(data: Rollout, n_states: int, config: InnerConfig) -> np.ndarray:
    """[T, S, A] summed advantages per episode: all that the inner loss needs of the data."""
    advantage = advantages(data, n_states, config.discount, config.shrink)
    return state_action_sums(data, advantage, n_states) / data.action.shape[2]


def inner_update(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool = False
) -> Params:
    """One gradient step of every task on its own loss [T]. Returns new parameters.

    With `differentiable` the outer loop can differentiate through the step (second order).
    """
    grads = torch.autograd.grad(loss.sum(), list(params.values()), create_graph=differentiable)
    return {
        name: p - step_sizes[name] * grad
        for (name, p), grad in zip(params.items(), grads, strict=True)
    }


def adapt(
    params: Params,
    step_sizes: Params,
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    config: InnerConfig,
) -> Iterator[AdaptationStep]:
    """The inner loop as everybody sees it: step 0 is before adaptation.

    `params` and `step_sizes` carry a task dimension and are left as they are.
    """
    features, columns = see(batch, params["w0"].dtype)
    step_sizes = {k: p.detach() for k, p in keep_columns(step_sizes, columns).items()}
    params = {k: p.detach() for k, p in keep_columns(params, columns).items()}
    env_steps = np.zeros(batch.n_tasks, int)
    for k in range(steps + 1):
        params = {name: p.requires_grad_() for name, p in params.items()}
        logp = log_probs(params, features)
        data = collect(batch, logp, config.episodes, rngs)
        yield _describe(k, env_steps, batch, logp, data)
        if k == steps:
            return
        env_steps = env_steps + data.env_steps
        weights = torch.from_numpy(inner_weights(data, batch.n_states, config)).to(logp.dtype)
        loss = SURROGATES[config.surrogate](logp, weights)
        params = {k: p.detach() for k, p in inner_update(params, step_sizes, loss).items()}


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

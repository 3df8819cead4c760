"""The inner loop of all gradient learners: sample episodes, take a gradient step, repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from agents.gradient.losses import (
    advantages,
    dice_surrogate,
    lvc_surrogate,
    plain_surrogate,
    state_action_sums,
)
from agents.gradient.policy import Params, log_probs
from agents.inner_config import InnerConfig
from agents.rollout import Rngs, Rollout, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import expected_return
from game.world.rules import Bools, Floats

SURROGATES_OF_SUMS = {"plain": plain_surrogate, "lvc": lvc_surrogate}  # of state-action sums
ChangedTask = tuple[GridBatch, Tensor]  # the new tasks, and their features [T, S, F']


def collect_episodes(batch: GridBatch, log_probs: Tensor, episodes: int, rngs: Rngs) -> Rollout:
    """Sample episodes of the policies with log-probabilities `log_probs` [T, S, A]."""
    return roll_out(batch, to_numpy(log_probs.exp()), episodes, rngs)


def to_numpy(tensor: Tensor) -> Floats:
    """Return a tensor's values as a float64 array, detached from autograd."""
    array: Floats = tensor.detach().double().numpy()
    return array


class InnerObjective:
    """The inner loss of T tasks. It counts the visits to each state and the steps taken so far."""

    def __init__(self, batch: GridBatch, config: InnerConfig) -> None:
        self.batch, self.config = batch, config
        self.visits = np.zeros(batch.over.shape)  # [T, S]
        self.steps = 0

    def loss(self, log_probs: Tensor, data: Rollout) -> Tensor:
        """Return the inner loss [T] on new episodes."""
        if self.config.surrogate == "dice":
            return dice_surrogate(log_probs, data, self.advantages(data)) / data.action.shape[2]
        weights = torch.from_numpy(self.weights(data)).to(log_probs.dtype)
        return SURROGATES_OF_SUMS[self.config.surrogate](log_probs, weights)

    def weights(self, data: Rollout) -> Floats:
        """Return the summed advantages per episode [T, S, A], which most inner losses use."""
        sums = state_action_sums(data, self.advantages(data), self.batch.n_states)
        return sums / data.action.shape[2]

    def advantages(self, data: Rollout) -> Floats:
        """Return the advantages [H, T, E] of new episodes, bonuses included."""
        batch, alive = self.batch, data.alive
        entered = data.state[1:]  # [H, T, E]
        task = np.arange(batch.n_tasks)[:, None]
        count = np.bincount(
            (entered + task * batch.n_states).ravel(), alive.ravel(), batch.over.size
        )
        self.visits += count.reshape(batch.over.shape)
        reached = batch.goal[task, entered] & alive

        first = reached & (reached.cumsum(0) == 1)  # reaching the goal need not end the episode
        reward = data.reward + self._rarity_bonus(reached) * first
        success = np.asarray(reached.any((0, 2)))[:, None]  # [T, 1]
        novelty = 1 / np.sqrt(np.maximum(1, self.visits[task, entered]))
        reward = reward + self.config.curiosity * novelty * (alive & ~success)
        lost_discount = 1.0 if self.config.lost_undiscounted else self.config.discount
        discount = np.where(success, self.config.discount, lost_discount)  # [T, 1]
        return advantages(
            replace(data, reward=reward), batch.n_states, discount, self.config.shrink
        )

    def _rarity_bonus(self, reached: Bools) -> Floats:
        """Return the bonus [T, E] for reaching the goal in each episode; `reached` is [H, T, E]."""
        success = np.asarray(reached.any(0))
        others = success.sum(1, keepdims=True) - success
        bonus: Floats = self.config.rarity * (1 - others / max(1, success.shape[1] - 1))
        return bonus


def gradient_step(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool = False
) -> Params:
    """Take one gradient step of every task on its own loss [T], and return new parameters.

    Parameters without a step size are unchanged. With `differentiable`, the outer loop can
    differentiate through the step (second order).
    """
    moving = {name: params[name] for name in params if name in step_sizes}
    grads = torch.autograd.grad(
        loss.sum(), list(moving.values()), create_graph=differentiable, retain_graph=True
    )
    return params | {
        name: p - step_sizes[name] * grad
        for (name, p), grad in zip(moving.items(), grads, strict=True)
    }


def inner_update(
    params: Params,
    step_sizes: Params,
    features: Tensor,
    logp: Tensor,
    data: Rollout,
    objective: InnerObjective,
    differentiable: bool = False,
) -> Params:
    """Take the inner loop's gradient step within the trust region, and return new parameters.

    `logp` [T, S, A] are the log-probabilities of `params`, and `data` the episodes sampled from
    them. A step whose divergence exceeds the limit is shortened by an estimated factor: divergence
    grows with the square of a short step and in proportion to a long one, so the power 4/3 is
    assumed. The outer loop treats the factor as a constant.

    The idea is from TRPO (Schulman et al. 2015). Without it, a long step makes the policy
    deterministic, and it can no longer learn from actions that it does not take.
    """
    stepped = gradient_step(params, step_sizes, objective.loss(logp, data), differentiable)
    limit = objective.config.trust / (1 + objective.config.narrowing * objective.steps)
    objective.steps += 1
    if not limit:
        return stepped
    visits = state_action_sums(data, data.alive.astype(float), logp.shape[1]).sum(2)
    visits /= visits.sum(1, keepdims=True)
    with torch.no_grad():
        per_state = (logp.exp() * (logp - log_probs(stepped, features))).sum(2)
        divergence = (per_state * torch.from_numpy(visits).to(logp.dtype)).sum(1)
        factor = (limit / divergence.clamp_min(1e-9)).pow(0.75).clamp_max(1)[:, None, None]
    shortened = {n: params[n] + factor * (stepped[n] - params[n]) for n in step_sizes}
    return params | shortened


def inner_loop(
    params: Params,
    step_sizes: Sequence[Params],
    features: Tensor,
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    config: InnerConfig,
    changes: Mapping[int, ChangedTask],
) -> Iterator[AdaptationStep]:
    """Run the inner loop and yield one `AdaptationStep` per step; step 0 is before adaptation.

    `features` [T, S, F'] come from `features_of`. `params` and `step_sizes` (one entry per step;
    further steps use the last entry) have a leading task dimension and rows for these F' features;
    they are not modified. `changes` maps a step to the tasks from that step on. The parameters are
    kept when tasks change, so the episodes of that step show the policy before it adapts to them.
    """
    params = {name: p.detach() for name, p in params.items()}
    env_steps = np.zeros(batch.n_tasks, int)
    objective = InnerObjective(batch, config)
    for k in range(steps + 1):
        if k in changes:
            batch, features = changes[k]
            objective = InnerObjective(batch, config)
        params = {name: p.requires_grad_() for name, p in params.items()}
        logp = log_probs(params, features)
        data = collect_episodes(batch, logp, config.episodes, rngs)
        probs = to_numpy(logp.exp())
        probs /= probs.sum(-1, keepdims=True)
        exact = expected_return(batch, probs)
        yield adaptation_step(k, env_steps, probs, data, exact, gradient_steps=k)
        if k == steps:
            return
        env_steps = env_steps + data.env_steps
        sizes = step_sizes[min(k, len(step_sizes) - 1)]
        params = inner_update(params, sizes, features, logp, data, objective)
        params = {name: p.detach() for name, p in params.items()}

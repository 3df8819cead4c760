"""The inner loop that all gradient learners share: episodes, one gradient step, again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

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
from agents.learner import check_options
from agents.rollout import Rngs, Rollout, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import expected_return
from game.world.rules import Bools, Floats

BY_SUMS = {"plain": plain_surrogate, "lvc": lvc_surrogate}  # need no whole episodes
ChangedTask = tuple[GridBatch, Tensor]  # tasks that have changed, and their features [T, S, F']


@dataclass(frozen=True)
class InnerConfig:
    """How a gradient learner adapts."""

    episodes: int = 20
    """Episodes of each task before every gradient step."""
    discount: float = 0.9
    """Of the inner loop's returns: a deliberate bias for less variance."""
    surrogate: Literal["lvc", "plain", "dice"] = "lvc"
    """Inner loss. All have the same gradient; in the outer loop 'lvc' and 'dice' also credit the
    pre-update policy for its data ('dice' without bias, but with more variance), 'plain' does
    not."""
    shrink: float = 1.0
    """Weight of the time-step mean in the baseline, in visits."""
    rarity: float = 10.0
    """Reaching the goal pays this more, times the share of the task's other episodes that did not:
    or else the few lucky episodes of twenty are outvoted, and the policy gives up."""
    curiosity: float = 0.3
    """In a step none of whose episodes reaches the goal, entering a state also pays this, over the
    root of the visits to it so far: or else, without success, the policy only grows shyer."""
    trust: float = 0.7
    """A step that moves the policy further than this divergence (nats, mean over the visits) is
    shortened to about it; 0 leaves all steps as they are."""
    narrowing: float = 0.5
    """After k steps the limit is `trust / (1 + narrowing * k)`: what has been learned is put at
    stake less and less."""
    lost_undiscounted: bool = False
    """A step none of whose episodes reaches the goal does not discount: where one may lose, it
    would learn to put losses off, whatever that costs."""

    def __post_init__(self) -> None:
        check_options(self, episodes=(1, 10_000), discount=(0, 1), shrink=(0, 1e6))
        check_options(self, rarity=(0, 1e6), curiosity=(0, 1e6))
        check_options(self, trust=(0, 1e6), narrowing=(0, 1e6))


def collect(batch: GridBatch, log_probs: Tensor, episodes: int, rngs: Rngs) -> Rollout:
    """Episodes of the policies that `log_probs` [T, S, A] gives."""
    return roll_out(batch, to_numpy(log_probs.exp()), episodes, rngs)


def to_numpy(tensor: Tensor) -> Floats:
    """The tensor's values in float64, apart from autograd."""
    array: Floats = tensor.detach().double().numpy()
    return array


class InnerObjective:
    """What the inner loop makes of T tasks' episodes; it remembers where they went, and how many
    steps it has taken."""

    def __init__(self, batch: GridBatch, config: InnerConfig) -> None:
        self.batch, self.config = batch, config
        self.visits = np.zeros(batch.over.shape)  # [T, S]
        self.steps = 0

    def loss(self, log_probs: Tensor, data: Rollout) -> Tensor:
        """[T] the inner loss on new episodes."""
        if self.config.surrogate == "dice":
            return dice_surrogate(log_probs, data, self.advantages(data)) / data.action.shape[2]
        weights = torch.from_numpy(self.weights(data)).to(log_probs.dtype)
        return BY_SUMS[self.config.surrogate](log_probs, weights)

    def weights(self, data: Rollout) -> Floats:
        """[T, S, A] summed advantages per episode: all that most inner losses need of them."""
        sums = state_action_sums(data, self.advantages(data), self.batch.n_states)
        return sums / data.action.shape[2]

    def advantages(self, data: Rollout) -> Floats:
        """[H, T, E] of new episodes, bonuses included."""
        batch, alive = self.batch, data.alive
        entered = data.state[1:]  # [H, T, E]
        task = np.arange(batch.n_tasks)[:, None]
        count = np.bincount(
            (entered + task * batch.n_states).ravel(), alive.ravel(), batch.over.size
        )
        self.visits += count.reshape(batch.over.shape)
        reached = batch.goal[task, entered] & alive

        first = reached & (reached.cumsum(0) == 1)  # the goal may not end the episode
        reward = data.reward + self._rarity(reached) * first
        found = np.asarray(reached.any((0, 2)))[:, None]  # [T, 1]
        novelty = 1 / np.sqrt(np.maximum(1, self.visits[task, entered]))
        reward = reward + self.config.curiosity * novelty * (alive & ~found)
        lost_discount = 1.0 if self.config.lost_undiscounted else self.config.discount
        discount = np.where(found, self.config.discount, lost_discount)  # [T, 1]
        return advantages(
            replace(data, reward=reward), batch.n_states, discount, self.config.shrink
        )

    def _rarity(self, reached: Bools) -> Floats:
        """[T, E] the bonus for reaching the goal in each episode; `reached` is [H, T, E]."""
        won = np.asarray(reached.any(0))
        others = won.sum(1, keepdims=True) - won
        bonus: Floats = self.config.rarity * (1 - others / max(1, won.shape[1] - 1))
        return bonus


def gradient_step(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool = False
) -> Params:
    """One gradient step of every task on its own loss [T]. Returns new parameters.

    Those without a step size stay as they are. With `differentiable` the outer loop can
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


def improve(
    params: Params,
    step_sizes: Params,
    features: Tensor,
    logp: Tensor,
    data: Rollout,
    trial: InnerObjective,
    differentiable: bool = False,
) -> Params:
    """The inner loop's step: along the gradient of the loss, within the trust region.

    `logp` [T, S, A] are the log-probabilities of `params`, and `data` the episodes they gave. A
    step that moves a policy further than the trial's limit is shortened by an estimate: divergence
    grows with the square of a short step and in proportion to a long one, so the power between is
    taken, 4/3. The outer loop takes the shortening for a constant.
    (The idea is that of Schulman et al. 2015, TRPO. A step too long makes a policy deterministic,
    and what it does not do any more it cannot learn from.)
    """
    stepped = gradient_step(params, step_sizes, trial.loss(logp, data), differentiable)
    limit = trial.config.trust / (1 + trial.config.narrowing * trial.steps)
    trial.steps += 1
    if not limit:
        return stepped
    visits = state_action_sums(data, data.alive.astype(float), logp.shape[1]).sum(2)
    visits /= visits.sum(1, keepdims=True)
    with torch.no_grad():
        per_state = (logp.exp() * (logp - log_probs(stepped, features))).sum(2)
        moved = (per_state * torch.from_numpy(visits).to(logp.dtype)).sum(1)
        share = (limit / moved.clamp_min(1e-9)).pow(0.75).clamp_max(1)[:, None, None]
    shortened = {name: params[name] + share * (stepped[name] - params[name]) for name in step_sizes}
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
    """The inner loop as everybody sees it: step 0 is before adaptation.

    `features` [T, S, F'] are those of `features_of`. `params` and the `step_sizes` of each step
    (the last ones go on) carry a task dimension, have rows for these F' features, and are left as
    they are. `changes` gives the tasks from a step on: their episodes are the first that the
    parameters reached by then have not been trained on.
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
        data = collect(batch, logp, config.episodes, rngs)
        probs = to_numpy(logp.exp())
        probs /= probs.sum(-1, keepdims=True)
        exact = expected_return(batch, probs)
        yield adaptation_step(k, env_steps, probs, data, exact, gradient_steps=k)
        if k == steps:
            return
        env_steps = env_steps + data.env_steps
        sizes = step_sizes[min(k, len(step_sizes) - 1)]
        params = improve(params, sizes, features, logp, data, objective)
        params = {name: p.detach() for name, p in params.items()}

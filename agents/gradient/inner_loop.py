"""The inner loop of all gradient learners: sample episodes, take a gradient step, repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from agents.gradient.losses import (
    advantages,
    dice_surrogate,
    lvc_surrogate,
    plain_surrogate,
    state_action_sums,
)
from agents.gradient.policy import Observation, Params, log_probs
from agents.graph.experience import Experience
from agents.inner_config import InnerConfig
from agents.rollout import Rngs, Rollout, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import expected_return
from game.world.rules import Bools, Floats, Ints
from game.world.shown_graph import shown_graph

SURROGATES_OF_SUMS = {"plain": plain_surrogate, "lvc": lvc_surrogate}  # of state-action sums
ChangedTask = tuple[GridBatch, Observation]  # the new tasks, and what is observed of them


def collect_episodes(batch: GridBatch, log_probs: Tensor, episodes: int, rngs: Rngs) -> Rollout:
    """Sample episodes of the policies with log-probabilities `log_probs` [T, S, A]."""
    return roll_out(batch, to_numpy(log_probs.exp()), episodes, rngs)


def to_numpy(tensor: Tensor) -> Floats:
    """Return a tensor's values as a float64 array, detached from autograd."""
    array: Floats = tensor.detach().double().numpy()
    return array


class InnerObjective:
    """The inner loss of T tasks. It keeps the visits, the best episodes, and the steps so far."""

    def __init__(self, batch: GridBatch, config: InnerConfig) -> None:
        self.batch, self.config = batch, config
        self.first = np.arange(batch.n_tasks)[:, None] * batch.n_states  # [T, 1] flat state 0
        self.visits = np.zeros(batch.over.shape)  # [T, S]
        self.found = np.zeros(batch.n_tasks, bool)  # whether an episode has reached a goal
        self.kept: Rollout | None = None  # the best episodes of earlier steps
        self._last: tuple[Rollout, Floats, int] | None = None  # what `_sums` had in the last loss
        self.steps = 0
        self.unit: Floats | float = 1.0  # of rewards
        if config.scaled:
            self.unit = shown_graph(batch).largest_reward[:, None]  # [T, 1]

    def loss(self, log_probs: Tensor, data: Rollout) -> Tensor:
        """Return the inner loss [T] on new episodes."""
        joined, credit, new = self.with_kept(data), self.advantages(data), data.action.shape[2]
        self._last = joined, credit, new
        if self.config.surrogate == "dice":
            return dice_surrogate(log_probs, joined, credit) / new
        weights = torch.from_numpy(self._sums(*self._last)).to(log_probs.dtype)
        return SURROGATES_OF_SUMS[self.config.surrogate](log_probs, weights)

    @property
    def push(self) -> Floats | None:
        """The summed advantages [T, S, A] of the last loss; None before the first one.

        They are summed when asked for: training with DiCE does without them.
        """
        return None if self._last is None else self._sums(*self._last)

    def weights(self, data: Rollout) -> Floats:
        """Return the summed advantages per episode [T, S, A], which most inner losses use."""
        joined = self.with_kept(data)
        return self._sums(joined, self.advantages(data), data.action.shape[2])

    def _sums(self, joined: Rollout, credit: Floats, new: int) -> Floats:
        """Return advantages [H, T, E + K], summed by state and action per one of E new episodes."""
        batch = self.batch
        return state_action_sums(joined, credit, batch.n_states, batch.n_actions) / new

    def with_kept(self, data: Rollout) -> Rollout:
        """Return new episodes, followed by those that earlier steps have kept."""
        return data if self.kept is None else Rollout.joined([data, self.kept])

    def advantages(self, data: Rollout) -> Floats:
        """Return the advantages [H, T, E + K] of E new episodes and K kept ones, bonuses included.

        The best of all these episodes are then kept for the next step.
        """
        batch, config, new = self.batch, self.config, data.action.shape[2]
        entered = data.state[1:] + self.first  # [H, T, E] flat states
        count = np.bincount(entered.ravel(), data.alive.ravel(), batch.over.size)
        self.visits += count.reshape(batch.over.shape)
        data = self.with_kept(data)
        entered = data.state[1:] + self.first  # [H, T, E + K]
        reached = batch.goal.ravel().take(entered) & data.alive
        played = data.alive[0]  # [T, E'] there may be fewer kept episodes

        reward = data.reward / self.unit + self._rarity_bonus(reached, played) * _first(reached)
        success = np.asarray(reached.any((0, 2)))[:, None]  # [T, 1]
        self.found |= success[:, 0]
        novelty = config.curiosity * (1 / np.sqrt(np.maximum(1, self.visits)))  # [T, S]
        reward += novelty.ravel().take(entered) * (data.alive & ~success)
        lost_discount = 1.0 if config.lost_undiscounted else config.discount
        discount = np.where(success, config.discount, lost_discount)  # [T, 1]
        result = advantages(replace(data, reward=reward), batch.n_states, discount, config.shrink)
        result[..., new:] *= config.kept_weight
        if config.kept:
            self._keep(data, np.asarray(reached.any(0)))
        return result

    def _keep(self, data: Rollout, won: Bools) -> None:
        """Keep the most rewarding of the episodes that `won` [T, E].

        Later steps learn from them too, so that a goal which was found once is not lost again
        (self-imitation, Oh et al. 2018). Their weights are no importance weights.
        """
        merit = np.where(won, data.returns, -np.inf)
        best = np.argsort(-merit, 1, kind="stable")[:, : self.config.kept]  # [T, K]
        chosen = {n: np.take_along_axis(a, best[None], 2) for n, a in vars(data).items()}
        chosen["alive"] &= np.take_along_axis(won, best, 1)  # there may be fewer
        self.kept = Rollout(**chosen)

    def _rarity_bonus(self, reached: Bools, played: Bools) -> Floats:
        """Return the bonus [T, E] for reaching the goal in each episode that was `played` [T, E];
        `reached` is [H, T, E]."""
        success = np.asarray(reached.any(0))
        others = success.sum(1, keepdims=True) - success
        n_others = np.maximum(1, played.sum(1, keepdims=True) - 1)
        bonus: Floats = self.config.rarity * (1 - others / n_others)
        return bonus


def _first(reached: Bools) -> Bools:
    """Return the first step of each episode in `reached` [H, T, E]; an episode may go on."""
    first = np.zeros_like(reached)
    ever = reached.any(0, keepdims=True)
    np.put_along_axis(first, reached.argmax(0, keepdims=True), ever, 0)
    return first


def gradient_step(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool = False
) -> Params:
    """Take one gradient step of every task on its own loss [T], and return new parameters.

    Parameters without a step size are unchanged. With `differentiable`, the outer loop can
    differentiate through the step (second order).
    """
    grads = inner_gradients(params, step_sizes, loss, differentiable)
    return params | {name: params[name] - step_sizes[name] * grads[name] for name in grads}


def inner_gradients(
    params: Params, step_sizes: Params, loss: Tensor, differentiable: bool
) -> Params:
    """Return the gradients of the losses [T] by the parameters that have a step size."""
    moving = {name: p for name, p in params.items() if name in step_sizes}
    grads = torch.autograd.grad(
        loss.sum(), list(moving.values()), create_graph=differentiable, retain_graph=True
    )
    return dict(zip(moving, grads, strict=True))


class _ShortenedStep(torch.autograd.Function):
    """The parameter after a share `factor` [T, 1, 1] of the step `param - size * grad`.

    Parameters [T, F', H] are the largest arrays of the outer loop. One function for the whole step
    reads and writes them half as often as separate operations, and rounds the same.
    """

    @staticmethod
    def forward(
        ctx: Any, param: Tensor, size: Tensor, grad: Tensor, stepped: Tensor, factor: Tensor
    ) -> Tensor:
        """Return `param + factor * (stepped - param)`, in the memory of `stepped`."""
        ctx.save_for_backward(size, grad, factor)
        ctx.mark_dirty(stepped)
        return stepped.sub_(param).mul_(factor).add_(param)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None, None]:
        """Return the derivatives by `param`, `size` and `grad`, given that by the result."""
        size, grad, factor = ctx.saved_tensors
        back = outer[0] * -factor  # the derivative by the product of `size` and `grad`
        by_param = (outer[0] + back).sub_(back)
        by_size = (back * grad).sum_to_size(size.shape)
        by_grad = back.mul_(size) if ctx.needs_input_grad[2] else None
        return by_param, by_size, by_grad, None, None


def inner_update(
    params: Params,
    step_sizes: Params,
    features: Observation,
    logp: Tensor,
    data: Rollout,
    objective: InnerObjective,
    differentiable: bool = False,
) -> Params:
    """Take the inner loop's gradient step on new episodes, and return new parameters.

    `logp` [T, S, A] are the log-probabilities of `params`, and `data` the episodes sampled from
    them.
    """
    episodes = objective.with_kept(data)
    loss = objective.loss(logp, data)
    return trusted_step(
        params, step_sizes, features, logp, episodes, loss, objective, differentiable
    )


def trusted_step(
    params: Params,
    step_sizes: Params,
    features: Observation,
    logp: Tensor,
    data: Rollout,
    loss: Tensor,
    objective: InnerObjective,
    differentiable: bool = False,
) -> Params:
    """Take the step of `inner_update` on its `loss` [T] within the trust region.

    A step whose divergence exceeds the limit is shortened by an estimated factor: divergence grows
    with the square of a short step and in proportion to a long one, so the power 4/3 is assumed.
    The outer loop treats the factor as a constant.

    The idea is from TRPO (Schulman et al. 2015). Without it, a long step makes the policy
    deterministic, and it can no longer learn from actions that it does not take.
    """
    limit = objective.config.trust / (1 + objective.config.narrowing * objective.steps)
    objective.steps += 1
    if not limit:
        return gradient_step(params, step_sizes, loss, differentiable)
    grads = inner_gradients(params, step_sizes, loss, differentiable)
    with torch.no_grad():
        steps = {name: step_sizes[name] * grad for name, grad in grads.items()}
        stepped = {name: torch.sub(params[name], step, out=step) for name, step in steps.items()}
        after = log_probs(params | stepped, features)
        factor = _trusted_share(logp, after, data, limit)
    return params | {
        name: _ShortenedStep.apply(params[name], step_sizes[name], grad, stepped[name], factor)
        for name, grad in grads.items()
    }


def _trusted_share(before: Tensor, after: Tensor, data: Rollout, limit: float) -> Tensor:
    """Return the share [T, 1, 1] of a step that the trust region allows, by its divergence.

    `before` and `after` [T, S, A] are the log-probabilities before and after the whole step.
    """
    n_tasks, n_states, _ = before.shape
    states = data.state[:-1] + np.arange(n_tasks)[:, None] * n_states  # [H, T, E] flat states
    visits = np.bincount(states.ravel(), data.alive.ravel(), n_tasks * n_states)
    visits = visits.reshape(n_tasks, n_states)
    share = torch.from_numpy(visits / visits.sum(1, keepdims=True)).to(before.dtype)
    per_state = (before.exp() * (before - after)).sum(2)
    divergence = (per_state * share).sum(1)
    return (limit / divergence.clamp_min(1e-9)).pow(0.75).clamp_max(1)[:, None, None]


class ToldControls:
    """What the episodes of T tasks tell about which move each action is."""

    def __init__(self, batch: GridBatch) -> None:
        self._batch = batch
        self._experience: Experience | None = None

    def controls(
        self, params: Params, features: Observation, log_probs_before: Tensor, data: Rollout
    ) -> tuple[Observation, Tensor]:
        """Return what policies observe after new episodes, and their log-probabilities [T, S, A].

        Only policies that observe moves take heed: their actions are told apart by what they did.
        """
        if isinstance(features, Tensor):
            return features, log_probs_before
        self._experience = self._experience or Experience(self._batch)
        self._experience.add_episodes(data)
        believed = self._experience.moves.estimate().controls  # [T, A, A]
        controls = torch.from_numpy(believed).to(log_probs_before.dtype).mT
        features = replace(features, controls=controls)
        return features, log_probs(params, features)


@dataclass(frozen=True)
class InnerStep:
    """Step k of the inner loop on T tasks: the policies after k updates, and their episodes."""

    batch: GridBatch
    probs: Floats  # [T, S, A]
    data: Rollout
    push: Floats | None  # [T, S, A] the summed advantages that led to these policies, if any did


def adaptation_steps(inner_steps: Iterable[InnerStep]) -> Iterator[AdaptationStep]:
    """Yield the `AdaptationStep` of each step of the inner loop."""
    env_steps: Ints | int = 0
    for k, step in enumerate(inner_steps):
        spent = env_steps + np.zeros(step.batch.n_tasks, int)
        exact = expected_return(step.batch, step.probs)
        yield adaptation_step(k, spent, step.probs, step.data, exact, k, push=step.push)
        env_steps = spent + step.data.env_steps


def inner_loop(
    params: Params,
    step_sizes: Sequence[Params],
    features: Observation,
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    config: InnerConfig,
    changes: Mapping[int, ChangedTask],
) -> Iterator[InnerStep]:
    """Run the inner loop and yield each of its steps; step 0 is before adaptation.

    `features` are what the policies observe, see `Body.observe`. `params` and `step_sizes` (one
    entry per step; further steps use the last entry) have a leading task dimension and rows for
    these features; they are not modified. `changes` maps a step to the tasks from that step on. The
    parameters are kept when tasks change, so the episodes of that step show the policy before it
    adapts to them.
    """
    params = {name: p.detach() for name, p in params.items()}
    objective, told = InnerObjective(batch, config), ToldControls(batch)
    for k in range(steps + 1):
        if k in changes:
            batch, features = changes[k]
            objective, told = InnerObjective(batch, config), ToldControls(batch)
        params = {name: p.requires_grad_() for name, p in params.items()}
        logp = log_probs(params, features)
        data = collect_episodes(batch, logp, config.episodes, rngs)
        probs = to_numpy(logp.exp())
        probs /= probs.sum(-1, keepdims=True)
        yield InnerStep(batch, probs, data, objective.push)
        if k == steps:
            return
        features, logp = told.controls(params, features, logp, data)
        sizes = step_sizes[min(k, len(step_sizes) - 1)]
        params = inner_update(params, sizes, features, logp, data, objective)
        params = {name: p.detach() for name, p in params.items()}

"""Returns, advantages, sufficient statistics and policy-gradient surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.rollout import Rollout
from game.world.batch import Chance, GridBatch
from game.world.rules import Floats
from game.world.tables import N_ACTIONS

# --- from episodes -----------------------------------------------------------------------------


def returns_to_go(reward: Floats, discount: float | Floats) -> Floats:
    """Return discounted sums [H, T, E] of rewards from each step on; `discount` may be [T, 1]."""
    togo = np.empty_like(reward)
    ahead = np.zeros(reward.shape[1:])
    for h in range(len(reward) - 1, -1, -1):
        togo[h] = ahead = reward[h] + discount * ahead
    return togo


def advantages(
    data: Rollout, n_states: int, discount: float | Floats, shrink: float = 1.0
) -> Floats:
    """Return advantages [H, T, E]: return-to-go minus a baseline from the task's *other* episodes.

    The baseline is the mean over the other episodes' visits to the same state, shrunk towards their
    mean at the same time step, which counts as `shrink` further visits. No episode contributes to
    its own baseline, so the policy gradient is unbiased at discount 1. This requires that an
    episode's rewards depend on that episode alone; the inner loop's bonuses do not satisfy it.
    """
    _, n_tasks, episodes = data.action.shape
    togo = returns_to_go(data.reward, discount) * data.alive
    alive = data.alive.astype(float)
    row = np.arange(n_tasks * episodes).reshape(n_tasks, episodes) * n_states
    visited = (data.state[:-1] + row).ravel()  # flat index of episode and state
    size = n_tasks * episodes * n_states
    shape = (n_tasks, episodes, n_states)

    def others(values: Floats) -> Floats:
        """Return, for each visit, the sum of `values` over other episodes' visits to that state."""
        own = np.bincount(visited, values.ravel(), size).reshape(shape)
        rest = own.sum(1, keepdims=True) - own
        return rest.ravel().take(visited).reshape(values.shape)

    n_others = alive.sum(2, keepdims=True) - alive
    sum_others = togo.sum(2, keepdims=True) - togo
    step_mean = np.divide(sum_others, n_others, out=np.zeros_like(togo), where=n_others > 0)
    weight = others(alive) + shrink
    total = others(togo) + shrink * step_mean
    baseline = np.divide(total, weight, out=np.zeros_like(togo), where=weight > 0)
    return (togo - baseline) * alive


def state_action_sums(data: Rollout, values: Floats, n_states: int) -> Floats:
    """Return `values` [H, T, E] summed over the visits to each state and action, as [T, S, A].

    For log-probabilities given as a table these sums are sufficient statistics: a surrogate needs
    nothing else from the episodes.
    """
    n_tasks = data.action.shape[1]
    row = np.arange(n_tasks)[:, None] * n_states
    index = (data.state[:-1] + row) * N_ACTIONS + data.action
    size = n_tasks * n_states * N_ACTIONS
    sums: Floats = np.bincount(index.ravel(), values.ravel(), size).astype(float)
    return sums.reshape(n_tasks, n_states, N_ACTIONS)


# --- surrogates --------------------------------------------------------------------------------


def plain_surrogate(log_probs: Tensor, weights: Tensor) -> Tensor:
    """Return minus log-probability times advantage [T] (REINFORCE, Williams 1992).

    `weights` [T, S, A] are the advantages summed by `state_action_sums`.
    """
    return -(log_probs * weights).sum((1, 2))


def lvc_surrogate(log_probs: Tensor, weights: Tensor) -> Tensor:
    """Return the low-variance curvature surrogate [T] (ProMP, Rothfuss et al. 2019, eq. 10).

    Its gradient equals that of `plain_surrogate`. Its Hessian also contains the outer product of
    the score function, so that the outer loop credits the pre-update policy for its data.
    """
    return -(torch.exp(log_probs - log_probs.detach()) * weights).sum((1, 2))


def dice_surrogate(log_probs: Tensor, data: Rollout, advantage: Floats) -> Tensor:
    """Return the DiCE surrogate [T] (Foerster et al. 2018), in the form of Loaded DiCE with
    lambda 1 (Farquhar et al. 2019).

    Each advantage [H, T, E] is weighted by the product of the probabilities of all actions up to
    and including its own, minus the product that excludes its own. The gradient equals that of
    `plain_surrogate`. The expected Hessian equals that of the expected return at discount 1, with
    baselines, because an action is also credited for its effect on later states.
    """
    task = torch.arange(log_probs.shape[0])[:, None]
    state, action = torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action)
    own = log_probs[task, state, action] * torch.from_numpy(data.alive).to(log_probs.dtype)
    so_far = own.cumsum(0)
    before = so_far - own
    factor = (so_far - so_far.detach()).exp() - (before - before.detach()).exp()
    credit = torch.from_numpy(advantage).to(log_probs.dtype)
    return -(factor * credit).sum((0, 2))  # its value is 0; only its derivatives matter


def log_likelihood(log_probs: Tensor, data: Rollout) -> Tensor:
    """Return the log-probability [T] of all actions in all episodes: a sum, not a mean."""
    visits = state_action_sums(data, data.alive.astype(float), log_probs.shape[1])
    return (log_probs * torch.from_numpy(visits).to(log_probs.dtype)).sum((1, 2))


def emaml_loss(log_likelihoods: Sequence[Tensor], values: Sequence[Tensor]) -> Tensor:
    """Return a loss [T] that credits the inner loop's policies for the episodes they collected.

    `log_likelihoods` [T] belong to the episodes of the first K policies, `values` [T] to all K + 1
    policies. Episodes are credited with the sum of the values of all later policies, minus the
    value of their own policy as a baseline for each. Added to the outer loss, it makes the outer
    gradient unbiased for the expectation over inner data if the inner surrogate is 'plain'.
    (E-MAML, Stadie et al. 2018; Al-Shedivat et al. 2018, who also sum over all episodes.)
    """
    loss = torch.zeros_like(values[0])
    for k, likelihood in enumerate(log_likelihoods):
        later = values[k + 1 :]
        gain = sum(later, -len(later) * values[k]).detach()
        loss = loss - gain * likelihood
    return loss


# --- from the tables ---------------------------------------------------------------------------


class Dynamics:
    """The exact expected return of policies in a GridBatch, and its gradient, from the tables.

    Arrays are [A, T * S]: contiguous states make the sweeps several times faster.
    """

    def __init__(self, batch: GridBatch, dtype: torch.dtype, discovery: bool = False) -> None:
        """Prepare the tables; with `discovery`, the return is the chance of reaching a goal."""
        self.shape = batch.reward.shape  # T, S, A
        following = batch.flat_next.reshape(-1, N_ACTIONS)
        enters = batch.goal.ravel().take(following) & ~batch.goal.ravel()[:, None]
        exact = torch.empty(0, dtype=dtype).numpy().dtype
        reward = enters if discovery else batch.reward.reshape(-1, N_ACTIONS)
        self.next = np.ascontiguousarray(following.T)  # [A, T * S]
        self.reward = np.ascontiguousarray(reward.T).astype(exact)
        self.unfinished = np.ascontiguousarray(~enters.T).astype(exact) if discovery else None
        self.start = batch.start.ravel().astype(exact)  # [T * S]
        self.chance = batch.chance and Chance(
            *(
                array if array is None else torch.from_numpy(array).to(dtype)
                for array in vars(batch.chance).values()
            )
        )
        steps = np.repeat(batch.steps, batch.n_states)
        alike = (steps == batch.horizon).all()
        self.running = [  # per step: states [T * S] within the time limit (None: all)
            None if alike else steps > step for step in range(batch.horizon)
        ]

    def effective(self, action_probs: Tensor) -> Tensor:
        """Return the probabilities [T, S, A] of the actions that take effect (slips, wind)."""
        if self.chance is None:
            return action_probs
        effective: Tensor = self.chance.effective(action_probs)
        return effective

    def by_action(self, probs: Tensor) -> np.ndarray:
        """Return probabilities [T, S, A] as a contiguous array [A, T * S]."""
        return np.ascontiguousarray(probs.detach().numpy().reshape(-1, N_ACTIONS).T)

    def before_goal(self, values: np.ndarray) -> np.ndarray:
        """Return `values` [A, T * S], with 0 for actions that complete the discovery."""
        return values if self.unfinished is None else values * self.unfinished

    def values(self, probs: Tensor) -> list[np.ndarray]:
        """Return each state's return-to-go [T * S], for each step of the episode and its end."""
        moves = self.by_action(probs)
        now = (moves * self.reward).sum(0)
        moves = self.before_goal(moves)
        values = [np.zeros_like(self.start)]
        for running in reversed(self.running):
            value = now + np.einsum("an,an->n", moves, values[-1].take(self.next))
            values.append(value if running is None else value * running)
        return values[::-1]

    def gradient(self, probs: Tensor, values: Sequence[np.ndarray]) -> np.ndarray:
        """Return the gradient [T, S, A] of the return, by the policy gradient theorem.

        For each step it is the probability of being in a state times the action's return-to-go.
        `values` come from the method `values`.
        """
        moves = self.before_goal(self.by_action(probs))
        flat = self.next.ravel()
        occupancy, visits, ahead = self.start, np.zeros_like(self.start), np.zeros_like(moves)
        for running, value in zip(self.running, values[1:], strict=True):
            occupancy = occupancy if running is None else occupancy * running
            visits += occupancy
            ahead += occupancy * value.take(self.next)
            occupancy = np.bincount(flat, (occupancy * moves).ravel(), occupancy.size).astype(
                occupancy.dtype
            )
        gradient = visits * self.reward + self.before_goal(ahead)
        return np.ascontiguousarray(gradient.T).reshape(self.shape)

    def torch_return(self, probs: Tensor) -> Tensor:
        """Compute the return [T] by the same recursion in torch, differentiable to any order."""
        flat = torch.from_numpy(self.next)
        moves = probs.reshape(-1, N_ACTIONS).T
        now = (moves * torch.from_numpy(self.reward)).sum(0)
        moves = moves if self.unfinished is None else moves * torch.from_numpy(self.unfinished)
        value = torch.from_numpy(np.zeros_like(self.start))
        for running in reversed(self.running):
            value = now + (moves * value[flat]).sum(0)
            value = value if running is None else value * torch.from_numpy(running)
        return self.mean_over_starts(value)

    def mean_over_starts(self, value: Tensor) -> Tensor:
        """Return values [T * S] averaged over the start states, as [T]."""
        return (torch.from_numpy(self.start) * value).reshape(self.shape[:2]).sum(1)


class _ExpectedReturn(torch.autograd.Function):
    """The exact return with its gradient from table sweeps: many times cheaper than autograd."""

    @staticmethod
    def forward(ctx: Any, probs: Tensor, dynamics: Dynamics) -> Tensor:
        ctx.save_for_backward(probs)
        ctx.dynamics, ctx.values = dynamics, dynamics.values(probs)
        return dynamics.mean_over_starts(torch.from_numpy(ctx.values[0]))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (probs,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph: second derivatives will be needed
            value = ctx.dynamics.torch_return(probs).sum()
            (gradient,) = torch.autograd.grad(value, probs, create_graph=True)
        else:
            gradient = torch.from_numpy(ctx.dynamics.gradient(probs, ctx.values))
        return grads[0][:, None, None] * gradient, None


def expected_return(dynamics: Dynamics, action_probs: Tensor) -> Tensor:
    """Return the exact return [T] of policies [T, S, A], differentiable to any order."""
    result: Tensor = _ExpectedReturn.apply(dynamics.effective(action_probs), dynamics)
    return result


def entropy(log_probs: Tensor, mask: Tensor) -> Tensor:
    """Return the policy's entropy [T] in nats, averaged over the states in `mask` [T, S]."""
    per_state = -(log_probs.exp() * log_probs).sum(-1)
    return (per_state * mask).sum(1) / mask.sum(1)

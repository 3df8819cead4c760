"""Returns, advantages, sufficient statistics and policy-gradient surrogates: each once."""

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
    """[H, T, E] discounted sum of the rewards from each step on; discounts may be [T, 1]."""
    togo = np.empty_like(reward)
    ahead = np.zeros(reward.shape[1:])
    for h in range(len(reward) - 1, -1, -1):
        togo[h] = ahead = reward[h] + discount * ahead
    return togo


def advantages(
    data: Rollout, n_states: int, discount: float | Floats, shrink: float = 1.0
) -> Floats:
    """[H, T, E] return-to-go less a baseline from the *other* episodes of the task.

    The baseline is the mean over the other episodes' visits to the same state, shrunk towards the
    mean of the other episodes at the same time step (as if that were `shrink` more visits). No
    episode enters its own baseline, so the policy gradient stays unbiased at discount 1, as long as
    each episode's rewards are its own (the inner loop's bonuses look across episodes, and are not).
    """
    _, n_tasks, episodes = data.action.shape
    togo = returns_to_go(data.reward, discount) * data.alive
    alive = data.alive.astype(float)
    row = np.arange(n_tasks * episodes).reshape(n_tasks, episodes) * n_states
    visited = (data.state[:-1] + row).ravel()  # episode and state
    size = n_tasks * episodes * n_states
    shape = (n_tasks, episodes, n_states)

    def others(values: Floats) -> Floats:
        """At each visit, the sum of `values` over the other episodes' visits to that state."""
        own = np.bincount(visited, values.ravel(), size).reshape(shape)
        rest = own.sum(1, keepdims=True) - own
        return rest.ravel().take(visited).reshape(values.shape)

    n_then = alive.sum(2, keepdims=True) - alive
    sum_then = togo.sum(2, keepdims=True) - togo
    then = np.divide(sum_then, n_then, out=np.zeros_like(togo), where=n_then > 0)
    weight = others(alive) + shrink
    total = others(togo) + shrink * then
    baseline = np.divide(total, weight, out=np.zeros_like(togo), where=weight > 0)
    return (togo - baseline) * alive


def state_action_sums(data: Rollout, values: Floats, n_states: int) -> Floats:
    """[T, S, A] `values` [H, T, E] summed over the visits to each state and action.

    With a table policy this is all that a log-probability surrogate needs of the episodes.
    """
    n_tasks = data.action.shape[1]
    row = np.arange(n_tasks)[:, None] * n_states
    index = (data.state[:-1] + row) * N_ACTIONS + data.action
    size = n_tasks * n_states * N_ACTIONS
    sums: Floats = np.bincount(index.ravel(), values.ravel(), size).astype(float)
    return sums.reshape(n_tasks, n_states, N_ACTIONS)


# --- surrogates --------------------------------------------------------------------------------


def plain_surrogate(log_probs: Tensor, weights: Tensor) -> Tensor:
    """[T] log-probability times advantage (Williams 1992), from sufficient statistics [T, S, A]."""
    return -(log_probs * weights).sum((1, 2))


def lvc_surrogate(log_probs: Tensor, weights: Tensor) -> Tensor:
    """[T] low-variance curvature (Rothfuss et al. 2019, ProMP, eq. 10).

    Its gradient is that of `plain_surrogate`; its Hessian also has the score function's outer
    product, so that the outer loop credits the pre-update policy for the data it collected.
    """
    return -(torch.exp(log_probs - log_probs.detach()) * weights).sum((1, 2))


def dice_surrogate(log_probs: Tensor, data: Rollout, advantage: Floats) -> Tensor:
    """[T] DiCE (Foerster et al. 2018) in the form of Farquhar et al. 2019 (Loaded DiCE, lambda 1).

    From whole episodes and their advantages [H, T, E]: each weighs with the product of the
    probabilities of *all* moves up to its own, less the product without its own. Its gradient is
    that of `plain_surrogate`, and its expected Hessian that of the expected return, baselines and
    all (at discount 1): a move also answers for what it did to the chances of later moves.
    """
    task = torch.arange(log_probs.shape[0])[:, None]
    state, action = torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action)
    own = log_probs[task, state, action] * torch.from_numpy(data.alive).to(log_probs.dtype)
    so_far = own.cumsum(0)
    before = so_far - own
    factor = (so_far - so_far.detach()).exp() - (before - before.detach()).exp()
    credit = torch.from_numpy(advantage).to(log_probs.dtype)
    return -(factor * credit).sum((0, 2))  # 0 in value: it is there for its derivatives


def log_likelihood(log_probs: Tensor, data: Rollout) -> Tensor:
    """[T] the log-probability of all moves of all episodes together: a sum, not a mean."""
    visits = state_action_sums(data, data.alive.astype(float), log_probs.shape[1])
    return (log_probs * torch.from_numpy(visits).to(log_probs.dtype)).sum((1, 2))


def emaml_credit(log_likelihoods: Sequence[Tensor], values: Sequence[Tensor]) -> Tensor:
    """[T] a loss that credits the policies of the inner loop for the episodes they collected.

    `log_likelihoods` [T] are of the episodes that each of K policies gave, `values` [T] of the
    K + 1 policies. An episode deserves what all later policies reach, less as many times what its
    own policy does, a baseline that it has no part in. Added to the outer loss it makes the
    gradient that of the expectation over inner data, exactly, if the inner surrogate is `plain`.
    (Stadie et al. 2018, E-MAML; Al-Shedivat et al. 2018, who keep the sum over all episodes.)
    """
    loss = torch.zeros_like(values[0])
    for k, likelihood in enumerate(log_likelihoods):
        later = values[k + 1 :]
        gain = sum(later, -len(later) * values[k]).detach()
        loss = loss - gain * likelihood
    return loss


# --- from the tables ---------------------------------------------------------------------------


class Dynamics:
    """What a policy reaches in a GridBatch, computed exactly from the tables.

    In the arrays the flat states of an action lie side by side, which makes the sweeps several
    times faster.
    """

    def __init__(self, batch: GridBatch, dtype: torch.dtype, discovery: bool = False) -> None:
        """With `discovery` the return is the chance to reach a goal: 1 on entering, then 0."""
        self.shape = batch.reward.shape  # T, S, A
        following = batch.flat_next.reshape(-1, N_ACTIONS)
        enters = batch.goal.ravel().take(following) & ~batch.goal.ravel()[:, None]
        exact = torch.empty(0, dtype=dtype).numpy().dtype
        reward = enters if discovery else batch.reward.reshape(-1, N_ACTIONS)
        self.next = np.ascontiguousarray(following.T)  # [A, T * S]
        self.reward = np.ascontiguousarray(reward.T).astype(exact)
        self.goes_on = np.ascontiguousarray(~enters.T).astype(exact) if discovery else None
        self.start = batch.start.ravel().astype(exact)  # [T * S]
        self.chance = batch.chance and Chance(
            *(torch.from_numpy(array).to(dtype) for array in vars(batch.chance).values())
        )
        steps = np.repeat(batch.steps, batch.n_states)
        alike = (steps == batch.horizon).all()
        self.running = [  # for each step of the episode, in which states it counts
            None if alike else steps > step for step in range(batch.horizon)
        ]

    def effective(self, action_probs: Tensor) -> Tensor:
        """[T, S, A] the chances of the moves that take effect."""
        if self.chance is None:
            return action_probs
        effective: Tensor = self.chance.effective(action_probs)
        return effective

    def by_action(self, probs: Tensor) -> np.ndarray:
        """[A, T * S] of probabilities [T, S, A]."""
        return np.ascontiguousarray(probs.detach().numpy().reshape(-1, N_ACTIONS).T)

    def going_on(self, values: np.ndarray) -> np.ndarray:
        """[A, T * S] the values of the moves after which there is more to come; of others 0."""
        return values if self.goes_on is None else values * self.goes_on

    def values(self, probs: Tensor) -> list[np.ndarray]:
        """For each step of the episode, and for its end, [T * S] the return from there on."""
        moves = self.by_action(probs)
        now = (moves * self.reward).sum(0)
        moves = self.going_on(moves)
        found = [np.zeros_like(self.start)]
        for running in reversed(self.running):
            value = now + np.einsum("an,an->n", moves, found[-1].take(self.next))
            found.append(value if running is None else value * running)
        return found[::-1]

    def gradient(self, probs: Tensor, values: Sequence[np.ndarray]) -> np.ndarray:
        """[T, S, A] of the return, by the policy gradient theorem: chance to be there at each
        step, times the return of each move from there on, summed over the steps."""
        moves = self.going_on(self.by_action(probs))
        flat = self.next.ravel()
        here, visits, ahead = self.start, np.zeros_like(self.start), np.zeros_like(moves)
        for running, value in zip(self.running, values[1:], strict=True):
            here = here if running is None else here * running
            visits += here
            ahead += here * value.take(self.next)
            here = np.bincount(flat, (here * moves).ravel(), here.size).astype(here.dtype)
        paid = visits * self.reward + self.going_on(ahead)
        return np.ascontiguousarray(paid.T).reshape(self.shape)

    def plain_return(self, probs: Tensor) -> Tensor:
        """[T] the return by the same recursion in torch, for derivatives of any order."""
        flat = torch.from_numpy(self.next)
        moves = probs.reshape(-1, N_ACTIONS).T
        now = (moves * torch.from_numpy(self.reward)).sum(0)
        moves = moves if self.goes_on is None else moves * torch.from_numpy(self.goes_on)
        value = torch.from_numpy(np.zeros_like(self.start))
        for running in reversed(self.running):
            value = now + (moves * value[flat]).sum(0)
            value = value if running is None else value * torch.from_numpy(running)
        return self.averaged(value)

    def averaged(self, value: Tensor) -> Tensor:
        """[T] values [T * S] averaged over starts."""
        return (torch.from_numpy(self.start) * value).reshape(self.shape[:2]).sum(1)


class _ExpectedReturn(torch.autograd.Function):
    """Value and gradient by sweeps through the tables: many times cheaper than autograd."""

    @staticmethod
    def forward(ctx: Any, probs: Tensor, dynamics: Dynamics) -> Tensor:
        ctx.save_for_backward(probs)
        ctx.dynamics, ctx.values = dynamics, dynamics.values(probs)
        return dynamics.averaged(torch.from_numpy(ctx.values[0]))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (probs,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # a gradient of this gradient will be asked for
            value = ctx.dynamics.plain_return(probs).sum()
            (gradient,) = torch.autograd.grad(value, probs, create_graph=True)
        else:
            gradient = torch.from_numpy(ctx.dynamics.gradient(probs, ctx.values))
        return grads[0][:, None, None] * gradient, None


def expected_return(dynamics: Dynamics, action_probs: Tensor) -> Tensor:
    """[T] the exact return of policies [T, S, A], differentiable any number of times."""
    result: Tensor = _ExpectedReturn.apply(dynamics.effective(action_probs), dynamics)
    return result


def entropy(log_probs: Tensor, mask: Tensor) -> Tensor:
    """[T] the policy's entropy in nats, averaged over the states in `mask` [T, S]."""
    per_state = -(log_probs.exp() * log_probs).sum(-1)
    return (per_state * mask).sum(1) / mask.sum(1)

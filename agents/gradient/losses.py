"""Returns, advantages, sufficient statistics and policy-gradient surrogates."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.rollout import Rollout
from game.world.batch import GridBatch
from game.world.rules import Floats, Ints

MOST_ENTRANCES = 8  # transitions into a state that `Dynamics` gathers; further ones are scattered

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
        rest = np.subtract(own.sum(1, keepdims=True), own, out=own)
        return rest.ravel().take(visited).reshape(values.shape)

    n_others = np.einsum("hte->ht", alive)[..., None] - alive
    sum_others = togo.sum(2, keepdims=True) - togo
    step_mean = np.divide(sum_others, n_others, out=np.zeros_like(togo), where=n_others > 0)
    weight = others(alive) + shrink
    total = others(togo) + shrink * step_mean
    baseline = np.divide(total, weight, out=np.zeros_like(togo), where=weight > 0)
    return (togo - baseline) * alive


def state_action_sums(data: Rollout, values: Floats, n_states: int, n_actions: int) -> Floats:
    """Return `values` [H, T, E] summed over the visits to each state and action, as [T, S, A].

    For log-probabilities given as a table these sums are sufficient statistics: a surrogate needs
    nothing else from the episodes.
    """
    n_tasks = data.action.shape[1]
    row = np.arange(n_tasks)[:, None] * n_states
    index = (data.state[:-1] + row) * n_actions + data.action
    size = n_tasks * n_states * n_actions
    sums: Floats = np.bincount(index.ravel(), values.ravel(), size).astype(float)
    return sums.reshape(n_tasks, n_states, n_actions)


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
    visits = state_action_sums(data, data.alive.astype(float), *log_probs.shape[1:])
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
    """The tables of a GridBatch as the exact returns of policies need them.

    Arrays are [E, n], over the n *live* states: the flat states in which an episode goes on. From
    all other states the return-to-go is 0; the number n stands for them. On the grid, the E effects
    are the A actions.
    """

    def __init__(self, batch: GridBatch, dtype: torch.dtype) -> None:
        """Prepare the tables."""
        self.shape = batch.reward.shape  # T, S, E
        self.dtype = torch.empty(0, dtype=dtype).numpy().dtype
        self.live = np.flatnonzero(~batch.over)  # [n]
        number = np.full(batch.over.size, len(self.live))  # of each flat state, from 0 to n
        number[self.live] = np.arange(len(self.live))
        following, goal = self.by_effect(batch.flat_next), batch.goal.ravel()
        self.next = number[following]
        self.reward = self.by_effect(batch.reward).astype(self.dtype)
        self.finds = goal[following] & ~goal[self.live]  # transitions that reach a goal
        self.find_discount = 1.0
        self.start = batch.start.ravel()[self.live, None].astype(self.dtype)  # [n, 1]
        self.entrances, self.further = _entrances(self.next, len(self.live))
        steps = np.repeat(batch.steps, batch.n_states)[self.live, None]
        alike = (steps == batch.horizon).all()
        self.running = [  # per step: live states [n, 1] within the time limit (None: all)
            None if alike else steps > step for step in range(batch.horizon)
        ]
        self.chance = batch.chance and type(batch.chance)(
            *(
                array if array is None else torch.from_numpy(array).to(dtype)
                for array in vars(batch.chance).values()
            )
        )

    def from_states(self, state: Ints, steps_left: Ints) -> Dynamics:
        """Return the same dynamics for episodes that go on from a state of each task [T], for so
        many steps [T]."""
        other = copy.copy(self)
        n_tasks, n_states, _ = self.shape
        start = np.zeros((n_tasks, n_states), self.dtype)
        start[np.arange(n_tasks), state] = 1
        other.start = start.ravel()[self.live, None]
        steps = np.repeat(steps_left, n_states)[self.live, None]
        other.running = [steps > step for step in range(int(steps_left.max()))]
        return other

    def finding(self, finds: np.ndarray, discount: float = 1.0) -> Dynamics:
        """Return the same dynamics, in which these transitions [T, S, E] count as discoveries, and
        later ones count less by a discount for each step."""
        other = copy.copy(self)
        other.finds, other.find_discount = self.by_effect(finds), discount
        return other

    def effective(self, action_probs: Tensor) -> Tensor:
        """Return the probabilities [T, S, E] of what takes effect, by policies [T, S, A]."""
        if self.chance is None:
            return action_probs
        effective: Tensor = self.chance.effective(action_probs)
        return effective

    def by_effect(self, values: np.ndarray) -> np.ndarray:
        """Return values [T, S, E] as a contiguous array [E, n]."""
        return np.ascontiguousarray(values.reshape(-1, self.shape[2])[self.live].T)

    def by_task(self, values: np.ndarray) -> np.ndarray:
        """Return values [E, n] as an array [T, S, E], 0 in states that are not live."""
        full = np.zeros((self.shape[0] * self.shape[1], self.shape[2]), values.dtype)
        full[self.live] = values.T
        return full.reshape(self.shape)

    def rewards(self, discovery: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return each transition's reward, and whether the rewards after it count (1, else 0).

        For `discovery` the only reward is 1, for reaching a goal for the first time.
        """
        if not discovery:
            return self.reward, np.ones_like(self.reward)
        found = self.finds.astype(self.dtype)
        return found, (1 - found) * self.dtype.type(self.find_discount)

    def mean_over_starts(self, value: Tensor) -> Tensor:
        """Return values [n, K] averaged over the start states, as [K, T]."""
        full = torch.zeros(value.shape[1], self.shape[0] * self.shape[1], dtype=value.dtype)
        weighted = (torch.from_numpy(self.start) * value).T
        full = full.index_copy(1, torch.from_numpy(self.live), weighted)
        return full.reshape(-1, *self.shape[:2]).sum(2)

    def torch_return(self, probs: Tensor, discovery: bool) -> Tensor:
        """Compute a return [T] in torch, differentiable to any order."""
        reward, onward = map(torch.from_numpy, self.rewards(discovery))
        moves = probs.reshape(-1, self.shape[2])[torch.from_numpy(self.live)].T
        now, moves = (moves * reward).sum(0), moves * onward
        value = torch.zeros_like(now)
        for running in reversed(self.running):
            ahead = torch.cat([value, value.new_zeros(1)])[torch.from_numpy(self.next)]
            value = now + (moves * ahead).sum(0)
            value = value if running is None else value * torch.from_numpy(running[:, 0])
        return self.mean_over_starts(value[:, None])[0]


def _entrances(following: Ints, n: int) -> tuple[Ints, tuple[Ints, Ints]]:
    """Return the transitions into each of n states, as indices of `following` [E * n].

    The first result [.., n] holds up to MOST_ENTRANCES transitions for each state, ascending; E * n
    stands for none. Sums over its rows are faster than `np.bincount`. The second result holds
    further transitions, and the states that they lead into.
    """
    order = np.argsort(following.ravel(), kind="stable")
    into = following.ravel()[order]
    order, into = order[into < n], into[into < n]
    rank = np.arange(len(into)) - np.searchsorted(into, into)
    few = rank < MOST_ENTRANCES
    entrances = np.full((rank[few].max(initial=0) + 1, n), following.size)
    entrances[rank[few], into[few]] = order[few]
    return entrances, (order[~few], into[~few])


class _Sweeps:
    """The exact returns of K policies, and their gradients, by sweeps over an episode's steps.

    Arrays are [n, K] and [E, n, K]: one look-up of the next state serves all policies.
    """

    def __init__(
        self, dynamics: Dynamics, policies: Sequence[Tensor], discovery: Sequence[bool]
    ) -> None:
        """Sweep backward for the values. `policies` [T, S, E] are of what takes effect;
        where `discovery`, the return is the chance of reaching a goal."""
        self.dynamics = dynamics
        probs = np.stack([p.detach().numpy().reshape(-1, dynamics.shape[2]) for p in policies], -1)
        moves = np.ascontiguousarray(probs[dynamics.live].swapaxes(0, 1))  # [E, n, K]
        rewards, onward = zip(*map(dynamics.rewards, discovery))
        self.reward, self.onward = np.stack(rewards, -1), np.stack(onward, -1)
        self.moves = moves * self.onward
        self.values = self._values((moves * self.reward).sum(0))

    def _values(self, now: np.ndarray) -> list[np.ndarray]:
        """Return each state's return-to-go [n + 1, K], for each step of the episode and its end.

        `now` [n, K] is the expected reward of one step.
        """
        flat = self.moves.reshape(len(self.moves), -1)
        values = [np.zeros((len(now) + 1, now.shape[1]), now.dtype)]
        for running in reversed(self.dynamics.running):
            ahead = values[-1].take(self.dynamics.next, 0).reshape(flat.shape)
            value = np.zeros_like(values[0])
            np.add(now, np.einsum("an,an->n", flat, ahead).reshape(now.shape), out=value[:-1])
            if running is not None:
                value[:-1] *= running
            values.append(value)
        return values[::-1]

    def returns(self) -> Tensor:
        """Return the returns [K, T]."""
        return self.dynamics.mean_over_starts(torch.from_numpy(self.values[0][:-1]))

    def gradients(self) -> list[np.ndarray]:
        """Return the gradient [T, S, E] of each return, by the policy gradient theorem.

        For each step it is the probability of being in a state times the action's return-to-go.
        """
        dynamics, (n, k) = self.dynamics, (len(self.dynamics.live), self.moves.shape[2])
        occupancy = np.repeat(dynamics.start, k, 1)
        visits, ahead = np.zeros_like(occupancy), np.zeros_like(self.moves)
        flows = np.zeros((len(self.moves) * n + 1, k), occupancy.dtype)  # the last row stays 0
        flow = flows[:-1].reshape(self.moves.shape)
        further, into = dynamics.further
        for running, value in zip(dynamics.running, self.values[1:], strict=True):
            occupancy = occupancy if running is None else occupancy * running
            visits += occupancy
            ahead += np.multiply(occupancy, value.take(dynamics.next, 0), out=flow)
            np.multiply(occupancy, self.moves, out=flow)
            entering = flows.take(dynamics.entrances, 0).reshape(-1, n * k)
            inflow = np.add.reduce(entering, 0, dtype=float).reshape(n, k)
            np.add.at(inflow, into, flows.take(further, 0))
            occupancy = inflow.astype(flow.dtype)
        gradient = visits * self.reward + ahead * self.onward
        return [dynamics.by_task(gradient[..., i]) for i in range(k)]


class _ExpectedReturns(torch.autograd.Function):
    """The exact returns with gradients from table sweeps: many times cheaper than autograd."""

    @staticmethod
    def forward(
        ctx: Any, dynamics: Dynamics, discovery: Sequence[bool], *policies: Tensor
    ) -> Tensor:
        ctx.save_for_backward(*policies)
        ctx.dynamics, ctx.discovery = dynamics, discovery
        ctx.sweeps = _Sweeps(dynamics, policies, discovery)
        returns: Tensor = ctx.sweeps.returns()
        return returns

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # create_graph: second derivatives will be needed
            gradients = [
                torch.autograd.grad(
                    ctx.dynamics.torch_return(probs, discovery).sum(), probs, create_graph=True
                )[0]
                for probs, discovery in zip(ctx.saved_tensors, ctx.discovery, strict=True)
            ]
        else:
            gradients = list(map(torch.from_numpy, ctx.sweeps.gradients()))
        return None, None, *(grad[:, None, None] * g for grad, g in zip(grads[0], gradients))


def expected_returns(
    dynamics: Dynamics, policies: Sequence[Tensor], discovery: Sequence[bool]
) -> Tensor:
    """Return the exact returns [K, T] of K policies [T, S, A], differentiable to any order.

    Where `discovery`, it is the probability of reaching a goal instead.
    """
    effective = [dynamics.effective(policy) for policy in policies]
    result: Tensor = _ExpectedReturns.apply(dynamics, discovery, *effective)
    return result


def expected_return(dynamics: Dynamics, action_probs: Tensor, discovery: bool = False) -> Tensor:
    """Return the exact return [T] of policies [T, S, A]; see `expected_returns`."""
    return expected_returns(dynamics, [action_probs], [discovery])[0]


def entropy(log_probs: Tensor, mask: Tensor) -> Tensor:
    """Return the policy's entropy [T] in nats, averaged over the states in `mask` [T, S]."""
    per_state = -(log_probs.exp() * log_probs).sum(-1)
    return (per_state * mask).sum(1) / mask.sum(1)

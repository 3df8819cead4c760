"""What can be known exactly from the tables: the optimum, returns of policies, scores.

Returns are undiscounted sums of reward over an episode, averaged over starts and chance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from game.world.batch import GridBatch
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS, Tables


def looking_ahead(batch: GridBatch) -> Callable[[Floats], Floats]:
    """What turns values [T, S] into those [T, S, A] of what takes effect, and then of these.

    In memory the states of an action lie side by side, which makes it several times faster.
    """
    shape = batch.next_state.shape
    flat = np.ascontiguousarray(batch.flat_next.reshape(shape).swapaxes(1, 2))
    reward = np.ascontiguousarray(batch.reward.swapaxes(1, 2))
    return lambda value: (reward + value.ravel().take(flat)).swapaxes(1, 2)


def chosen(batch: GridBatch, q: Floats) -> Floats:
    """[T, S, A] the value of choosing each action, where `q` is that of its taking effect."""
    return q if batch.chance is None else batch.chance.expected(q)


def _values(batch: GridBatch, action_probs: Floats | None, discount: float = 1.0) -> Floats:
    """[T, S] the return from each state of a policy [T, S, A], or of the best one (None)."""
    look_ahead, value = looking_ahead(batch), np.zeros(batch.over.shape)
    if action_probs is not None:
        moves = np.ascontiguousarray(batch.effective(action_probs).swapaxes(1, 2)).swapaxes(1, 2)
    for left in range(1, batch.horizon + 1):
        q = look_ahead(discount * value)
        new = chosen(batch, q).max(-1) if action_probs is None else (q * moves).sum(-1)
        new = np.where((left <= batch.steps)[:, None], new, value)
        if np.array_equal(new, value):
            break  # more steps change nothing
        value = new
    return value


def optimal_values(batch: GridBatch, discount: float) -> Floats:
    """[T, S] the best discounted return of an episode that begins in this state, all being
    known."""
    return _values(batch, None, discount)


def _averaged(batch: GridBatch, action_probs: Floats | None) -> Floats:
    """[T] the same, averaged over starts."""
    result: Floats = (batch.start * _values(batch, action_probs)).sum(1)
    return result


def optimal_return(batch: GridBatch) -> Floats:
    """[T] the best expected return within the steps of an episode, all being known."""
    return _averaged(batch, None)


def optimal_policy(batch: GridBatch) -> Floats:
    """[H, T, S, A] for each step of the episode, uniform over the best actions."""
    look_ahead, value = looking_ahead(batch), np.zeros(batch.over.shape)
    policy = np.empty((batch.horizon, *batch.reward.shape))
    task = np.arange(batch.n_tasks)
    for left in range(1, batch.horizon + 1):
        q = chosen(batch, look_ahead(value))
        best = q > q.max(-1, keepdims=True) - 1e-9
        known = task[left <= batch.steps]  # for whom this is a step of the episode
        policy[batch.steps[known] - left, known] = (best / best.sum(-1, keepdims=True))[known]
        value[known] = q.max(-1)[known]
    for t in task:  # after a shorter episode nothing counts
        policy[batch.steps[t] :, t] = 1 / N_ACTIONS
    return policy


def expected_return(batch: GridBatch, action_probs: Floats) -> Floats:
    """[T] the exact return of a policy without memory, `action_probs` [T, S, A]."""
    return _averaged(batch, action_probs)


def state_values(batch: GridBatch, action_probs: Floats) -> Floats:
    """[T, S] the exact return of a policy [T, S, A] whose episode begins in this state."""
    return _values(batch, action_probs)


def visits(batch: GridBatch, action_probs: Floats) -> Floats:
    """[T, S] how often a policy [T, S, A] is in each state in an episode, on average."""
    moves = batch.effective(action_probs)  # [T, S, A]
    here = batch.start  # [T, S] chance to be there
    total: Floats = here.copy()
    for step in range(batch.horizon):
        going = (batch.steps > step)[:, None] & ~batch.over
        flow = (moves * (here * going)[..., None]).ravel()
        here = np.bincount(batch.flat_next, flow, here.size).astype(float).reshape(here.shape)
        total += here
    return total


def random_return(batch: GridBatch) -> Floats:
    """[T] the exact return of the policy that is uniform over the five actions."""
    return _averaged(batch, np.full(batch.reward.shape, 1 / N_ACTIONS))


def score(value: Floats, random: Floats, optimal: Floats) -> Floats:
    """Normalised: 0 for the uniform random policy, 1 for the optimum; 0 where the two are equal."""
    room = np.asarray(optimal - random, float)
    result: Floats = np.divide(value - random, room, out=np.zeros_like(value), where=room > 1e-12)
    return result


def optimal_path(tables: Tables) -> tuple[Ints, Ints]:
    """States [n + 1] and actions [n] of a best episode from the first start, by the likeliest luck.

    Of several best actions it takes the first in the order of ACTIONS; the chosen one takes effect
    unless another is likelier to.
    """
    batch = GridBatch([tables])
    look_ahead, likeliest = looking_ahead(batch), _likeliest(batch)
    plan = []  # plan[k] [S]: best action with k + 1 steps left
    value = np.zeros((1, batch.n_states))
    for _ in range(tables.level.steps):
        q = chosen(batch, look_ahead(value))
        value = q.max(-1)
        plan.append((q[0] > value[0][:, None] - 1e-9).argmax(-1))
    states, actions = [int(tables.starts[0])], []
    for best in reversed(plan):
        if tables.over[states[-1]]:
            break
        actions.append(int(best[states[-1]]))
        effect = likeliest[actions[-1], states[-1]]
        states.append(int(tables.next_state[states[-1], effect]))
    return np.array(states), np.array(actions, int)


def _likeliest(batch: GridBatch) -> Ints:
    """[A, S] the action of the one task that is likeliest to take effect where one is chosen."""
    chosen = np.eye(N_ACTIONS)[:, None, None] * np.ones(batch.reward.shape)  # [A, 1, S, A]
    effects = [batch.effective(one)[0] + 1e-9 * one[0] for one in chosen]
    return np.stack(effects).argmax(-1)


def shortest_path(tables: Tables) -> int | None:
    """The fewest moves from a start to a goal, the best start and luck; None if there is no way."""
    batch = GridBatch([tables])
    possible = batch.effective(np.full(batch.reward.shape, 0.2))[0] > 0  # [S, A] by some luck
    distance = np.full(tables.n_states, -1)
    frontier, steps = tables.starts, 0
    while len(frontier):
        distance[frontier] = steps
        if tables.goal[frontier].any():
            return steps
        ahead = np.unique(tables.next_state[frontier][possible[frontier]])
        frontier, steps = ahead[distance[ahead] < 0], steps + 1
    return None

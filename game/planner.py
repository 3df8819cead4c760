"""What can be known exactly from the tables: the optimum, returns of policies, scores.

Returns are undiscounted sums of reward over an episode, averaged over starts and chance.
"""

from __future__ import annotations

import numpy as np

from game.rules import Floats, Ints
from game.tables import N_ACTIONS, GridBatch, Tables


def _backup(batch: GridBatch, value: Floats) -> Floats:
    """One step of look-ahead: [T, S, A] return of the chosen action, then `value` [T, S]."""
    flat = batch.flat_next.reshape(batch.next_state.shape)
    q = batch.reward + value.ravel().take(flat)
    return q if batch.chance is None else batch.chance.expected(q)


def _values(batch: GridBatch, choose: object) -> Floats:
    """[T, S] the return from each state, where `choose(q)` is that of one with action values q."""
    value = np.zeros(batch.over.shape)
    for left in range(1, batch.horizon + 1):
        new = choose(_backup(batch, value))  # type: ignore[operator]
        value = np.where((left <= batch.steps)[:, None], new, value)
    return value


def _averaged(batch: GridBatch, choose: object) -> Floats:
    """[T] the same, averaged over starts."""
    result: Floats = (batch.start * _values(batch, choose)).sum(1)
    return result


def optimal_return(batch: GridBatch) -> Floats:
    """[T] the best expected return within the steps of an episode, all being known."""
    return _averaged(batch, lambda q: q.max(-1))


def optimal_policy(batch: GridBatch) -> Floats:
    """[H, T, S, A] for each step of the episode, uniform over the best actions."""
    value = np.zeros(batch.over.shape)
    policy = np.empty((batch.horizon, *batch.reward.shape))
    task = np.arange(batch.n_tasks)
    for left in range(1, batch.horizon + 1):
        q = _backup(batch, value)
        best = q > q.max(-1, keepdims=True) - 1e-9
        known = task[left <= batch.steps]  # for whom this is a step of the episode
        policy[batch.steps[known] - left, known] = (best / best.sum(-1, keepdims=True))[known]
        value[known] = q.max(-1)[known]
    for t in task:  # after a shorter episode nothing counts
        policy[batch.steps[t] :, t] = 1 / N_ACTIONS
    return policy


def expected_return(batch: GridBatch, action_probs: Floats) -> Floats:
    """[T] the exact return of a policy without memory, `action_probs` [T, S, A]."""
    return _averaged(batch, lambda q: (q * action_probs).sum(-1))


def state_values(batch: GridBatch, action_probs: Floats) -> Floats:
    """[T, S] the exact return of a policy [T, S, A] whose episode begins in this state."""
    return _values(batch, lambda q: (q * action_probs).sum(-1))


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
    return _averaged(batch, lambda q: q.mean(-1))


def score(value: Floats, random: Floats, optimal: Floats) -> Floats:
    """Normalised: 0 for the uniform random policy, 1 for the optimum; 0 where the two are equal."""
    room = np.asarray(optimal - random, float)
    result: Floats = np.divide(value - random, room, out=np.zeros_like(value), where=room > 1e-12)
    return result


def optimal_path(tables: Tables) -> tuple[Ints, Ints]:
    """States [n + 1] and actions [n] of a best episode from the first start, without bad luck.

    Of several best actions it takes the first in the order of ACTIONS.
    """
    batch = GridBatch([tables])
    plan = []  # plan[k] [S]: best action with k + 1 steps left
    value = np.zeros((1, batch.n_states))
    for _ in range(tables.level.steps):
        q = _backup(batch, value)
        value = q.max(-1)
        plan.append((q[0] > value[0][:, None] - 1e-9).argmax(-1))
    states, actions = [int(tables.starts[0])], []
    for best in reversed(plan):
        if tables.over[states[-1]]:
            break
        actions.append(int(best[states[-1]]))
        states.append(int(tables.next_state[states[-1], actions[-1]]))
    return np.array(states), np.array(actions, int)


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

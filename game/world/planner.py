"""Exact planning on the tables: optimal returns, returns of policies, scores, paths.

Returns are undiscounted sums of rewards over an episode, in expectation over starts and chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.world.batch import GridBatch, once_per_batch
from game.world.rules import Floats, Ints
from game.world.tables import Tables, TooLarge

MOST_PROBABILITIES = 25_000_000  # of a policy for each step: 200 MB


def bellman_backup(batch: GridBatch) -> Callable[[Floats], Floats]:
    """Return a function from state values [T, S] to action values [T, S, E].

    An action value is the reward plus the value of the next state when the action takes effect;
    `choice_values` accounts for wind and slip. In memory the states of one action are contiguous,
    which makes the function several times faster.
    """
    reward, ahead = np.ascontiguousarray(batch.reward.swapaxes(1, 2)), _look_ahead(batch)
    return lambda value: (reward + ahead(value)).swapaxes(1, 2)


def _look_ahead(batch: GridBatch) -> Callable[[Floats], Floats]:
    """Return a function from values of states [T, S] to those of the next states [T, E, S]."""
    shape = batch.next_state.shape
    flat = np.ascontiguousarray(batch.flat_next.reshape(shape).swapaxes(1, 2))
    return lambda value: value.ravel().take(flat)


def choice_values(batch: GridBatch, q: Floats) -> Floats:
    """Return the value of choosing each action [T, S, A], in expectation over chance.

    `q` [T, S, E] is the value of each action or effect when it takes place.
    """
    return q if batch.chance is None else batch.chance.expected(q)


def _values(batch: GridBatch, action_probs: Floats | None, discount: float = 1.0) -> Floats:
    """Return the state values [T, S] of a policy [T, S, A], or of an optimal one (None)."""
    backup, value = bellman_backup(batch), np.zeros(batch.over.shape)
    if action_probs is not None:
        moves = np.ascontiguousarray(batch.effective(action_probs).swapaxes(1, 2)).swapaxes(1, 2)
    for left in range(1, batch.horizon + 1):
        q = backup(discount * value)
        new = choice_values(batch, q).max(-1) if action_probs is None else (q * moves).sum(-1)
        new = np.where((left <= batch.steps)[:, None], new, value)
        if np.array_equal(new, value):
            break  # converged: further steps change nothing
        value = new
    return value


def optimal_values(batch: GridBatch, discount: float) -> Floats:
    """Return the optimal discounted value of each state [T, S], with all steps left and the task
    known."""
    return _values(batch, None, discount)


def _averaged(batch: GridBatch, action_probs: Floats | None) -> Floats:
    """Return the values of `_values`, averaged over starts [T]."""
    result: Floats = (batch.start * _values(batch, action_probs)).sum(1)
    return result


def optimal_return(batch: GridBatch) -> Floats:
    """Return the optimal expected return of an episode [T] when the task is known."""
    return _averaged(batch, None)


def optimal_policy(batch: GridBatch) -> Floats:
    """Return an optimal policy for each step [H, T, S, A], uniform over the optimal actions.

    Raises TooLarge if it has over MOST_PROBABILITIES numbers.
    """
    shape = (batch.horizon, *batch.over.shape, batch.n_actions)
    size = math.prod(shape)
    if size > MOST_PROBABILITIES:
        raise TooLarge(
            f"{batch.tables[0].level.where}an optimal policy for each state and step has {size:,} "
            f"probabilities, over the limit of {MOST_PROBABILITIES:,} - use fewer 'steps' or states"
        )
    backup, value = bellman_backup(batch), np.zeros(batch.over.shape)
    policy = np.empty(shape)
    task = np.arange(batch.n_tasks)
    for left in range(1, batch.horizon + 1):
        q = choice_values(batch, backup(value))
        best = q > q.max(-1, keepdims=True) - 1e-9
        active = task[left <= batch.steps]  # tasks whose episode is at least this long
        policy[batch.steps[active] - left, active] = (best / best.sum(-1, keepdims=True))[active]
        value[active] = q.max(-1)[active]
    for t in task:  # steps after the end of a shorter episode have no effect
        policy[batch.steps[t] :, t] = 1 / batch.n_actions
    return policy


def goal_probability(batch: GridBatch) -> tuple[Floats, Floats]:
    """Return the probability of reaching a goal [T] under an optimal policy, and the highest one.

    Ties between optimal actions are resolved in favour of the goal. The second probability is that
    of a policy which maximises nothing else.
    """
    _, reached, highest = optimum_and_goal(batch)
    return reached, highest


def optimum_and_goal(batch: GridBatch) -> tuple[Floats, Floats, Floats]:
    """Return `optimal_return` and the two arrays of `goal_probability`, in one sweep."""
    backup, look = bellman_backup(batch), _look_ahead(batch)
    value, reach = np.zeros(batch.over.shape), batch.goal.astype(float)
    most = reach

    def ahead(probability: Floats) -> Floats:
        return choice_values(batch, look(probability).swapaxes(1, 2))

    for left in range(1, batch.horizon + 1):
        active = (left <= batch.steps)[:, None]
        q = choice_values(batch, backup(value))
        highest = q.max(-1)
        best = q > highest[..., None] - 1e-9
        chosen = np.where(best, ahead(reach), 0).max(-1)
        new_value = np.where(active, highest, value)
        new_reach = np.where(active & ~batch.goal, chosen, reach)
        new_most = np.where(active & ~batch.goal, ahead(most).max(-1), most)
        old, new = (value, reach, most), (new_value, new_reach, new_most)
        value, reach, most = new
        if all(map(np.array_equal, old, new)):
            break  # converged: further steps change nothing
    start = batch.start
    return (start * value).sum(1), (start * reach).sum(1), (start * most).sum(1)


def expected_return(batch: GridBatch, action_probs: Floats) -> Floats:
    """Return the exact expected return [T] of a memoryless policy `action_probs` [T, S, A]."""
    return _averaged(batch, action_probs)


def state_values(batch: GridBatch, action_probs: Floats) -> Floats:
    """Return the exact state values [T, S] of a policy [T, S, A], with all steps left."""
    return _values(batch, action_probs)


def visits(batch: GridBatch, action_probs: Floats) -> Floats:
    """Return the expected number of visits to each state per episode [T, S] of a policy
    [T, S, A]."""
    moves = batch.effective(action_probs)  # [T, S, E]
    here = batch.start  # [T, S] probability of being in the state
    total: Floats = here.copy()
    for step in range(batch.horizon):
        going = (batch.steps > step)[:, None] & ~batch.over
        flow = (moves * (here * going)[..., None]).ravel()
        here = np.bincount(batch.flat_next, flow, here.size).astype(float).reshape(here.shape)
        total += here
    return total


def random_return(batch: GridBatch) -> Floats:
    """Return the exact expected return [T] of the policy that is uniform over the actions."""
    return _averaged(batch, batch.uniform_policy)


def score(value: Floats, random: Floats, optimal: Floats) -> Floats:
    """Return normalised returns: 0 is the random return and 1 the optimal return.

    The score is 0 where these two are equal.
    """
    room = np.asarray(optimal - random, float)
    result: Floats = np.divide(value - random, room, out=np.zeros_like(value), where=room > 1e-12)
    return result


@dataclass(frozen=True)
class BaselineReturns:
    """The exact returns of T tasks that scores are measured between."""

    random: Floats  # [T] of the policy that is uniform over the actions
    optimal: Floats  # [T] of the planner, which knows the task

    def score(self, returns: Floats) -> Floats:
        """The normalised score of returns [T]."""
        return score(returns, self.random, self.optimal)


@once_per_batch
def baseline_returns(batch: GridBatch) -> BaselineReturns:
    """Compute both baselines of every task of a batch."""
    return BaselineReturns(random_return(batch), optimal_return(batch))


def optimal_path(tables: Tables) -> tuple[Ints, Ints]:
    """Return states [n + 1] and actions [n] of an optimal episode from the first start.

    In each step the most likely outcome of wind and slip is taken. Ties between optimal actions are
    resolved in the order of ACTIONS, ties between outcomes in favour of the chosen action.
    """
    batch = GridBatch([tables])
    backup, likeliest = bellman_backup(batch), _likeliest(batch)
    plan: list[NDArray[np.int8]] = []  # plan[k] [S]: optimal action with k + 1 steps left
    value = np.zeros((1, batch.n_states))
    for _ in range(tables.level.steps):
        q = choice_values(batch, backup(value))
        plan.append((q[0] > q.max(-1)[0][:, None] - 1e-9).argmax(-1).astype(np.int8))
        if np.array_equal(q.max(-1), value):
            break  # converged: with more steps left, the plan stays the same
        value = q.max(-1)
    states, actions = [int(tables.starts[0])], []
    for left in range(tables.level.steps, 0, -1):
        if tables.over[states[-1]]:
            break
        best = plan[min(left, len(plan)) - 1]
        actions.append(int(best[states[-1]]))
        effect = likeliest[actions[-1], states[-1]]
        states.append(int(tables.next_state[states[-1], effect]))
    return np.array(states), np.array(actions, int)


def _likeliest(batch: GridBatch) -> Ints:
    """Return the action or effect that most likely takes place [A, S] for each chosen action of one
    task."""
    shape = (*batch.over.shape, batch.n_actions)
    chosen = np.eye(batch.n_actions)[:, None, None] * np.ones(shape)  # [A, 1, S, A]
    effects = np.stack([batch.effective(one)[0] for one in chosen])
    if batch.n_outcomes == 1:
        effects += 1e-9 * chosen[:, 0]
    return effects.argmax(-1)


def shortest_path(tables: Tables) -> int | None:
    """Return the fewest moves from any start to any goal; None if there is no path.

    All outcomes of wind and slip count as possible.
    """
    return shortest_paths(GridBatch([tables]))[0]


def shortest_paths(batch: GridBatch) -> list[int | None]:
    """Return the `shortest_path` of each task."""
    possible = batch.effective(batch.uniform_policy).reshape(-1, batch.n_effects) > 0
    next_state, goal = batch.flat_next.reshape(-1, batch.n_effects), batch.goal.ravel()
    paths: list[int | None] = [None] * batch.n_tasks
    going_on = np.ones(batch.n_tasks, bool)
    seen = np.zeros(goal.size, bool)
    frontier, steps = np.flatnonzero(batch.start), 0
    while len(frontier):
        for task in set((frontier[goal[frontier]] // batch.n_states).tolist()):
            paths[task], going_on[task] = steps, False
        seen[frontier] = True
        frontier = frontier[going_on[frontier // batch.n_states]]
        ahead = np.zeros(goal.size, bool)
        ahead[next_state[frontier][possible[frontier]]] = True
        frontier, steps = np.flatnonzero(ahead & ~seen), steps + 1
    return paths

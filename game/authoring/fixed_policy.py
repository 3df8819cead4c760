"""The best policy that does not adapt: the score without learning the hidden variables of a task.

Tasks that differ only in hidden variables form a group. A memoryless policy that does not adapt
depends on their features only. It is one table over the distinct feature rows of the group, the
same for all tasks. The search for the table with the highest mean score is an ascent on the exact
return: a natural policy gradient (Kakade 2001), whose step for a table is
`probs * exp(rate * action value)`, with a rate that grows as long as the score does. The score of
the table found is exact. The search has several starts and may miss the best table, so the score is
a lower bound on what such a policy can reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from game.tasks.distribution import SPLITS
from game.tasks.family import count_tasks, draw_task, family
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.drawn_values import without_goals
from game.text.level import Level
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.features import observe
from game.world.planner import baseline_returns, bellman_backup, choice_values
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS, compile_level

ROUND = 8  # steps of ascent between two halvings of the starts
PATIENCE = 1e-4  # gain in score per round below which the ascent stops
MOST_ROUNDS = 25  # rounds of the last remaining start
OPTIMUM_WEIGHT = 0.9  # weight of a task's optimal policy in a start; the rest is uniform


@dataclass(frozen=True)
class FixedPolicy:
    """The best policy found for a group of tasks."""

    tasks: list[Task]
    score: float  # mean over the tasks
    probs: Floats  # [R, A] by feature row
    states: int  # number of states of the largest task


def best_fixed_policies(
    pack: Pack,
    split: str = "test",
    groups: int = 4,
    tasks: int = 64,
    starts: int = 3,
    seed: int = 0,
) -> Iterator[FixedPolicy]:
    """Yield the best policy found for each of the first `groups` groups of a split's tasks.

    At most `tasks` tasks of a group are used. `starts` is the number of random starts.
    """
    rng = np.random.default_rng(seed)
    for group in indistinguishable_tasks(pack, split, groups, tasks, rng):
        yield best_fixed_policy(group, starts, rng)


def indistinguishable_tasks(
    pack: Pack, split: str, groups: int, most: int, rng: np.random.Generator
) -> list[list[Task]]:
    """Return groups of tasks that cannot be told apart before they are played.

    The group of a generated task has all tasks that the generator could have drawn with the same
    visible part. Authored tasks are grouped by their visible part, across all splits, because an
    agent cannot see which goals are held out. Larger groups are reduced to `most` random tasks.
    """
    distribution = pack.split(split)
    if distribution.possible_families:
        return [
            _tasks_of(distribution.possible_families(task), task.name, most, rng)
            for task in distribution.tasks[:groups]
        ]
    found: dict[str, dict[str, Task]] = {_visible(task.level): {} for task in distribution.tasks}
    for task in (task for name in SPLITS for task in pack.split(name).tasks):
        found.get(_visible(task.level), {})[task.id] = task
    return [_subset(list(group.values()), most, rng) for group in list(found.values())[:groups]]


def alike_tasks(level: Level, most: int, rng: np.random.Generator) -> list[Task]:
    """Return the tasks of a level that look like its first one, or `most` random ones of these.

    Mirrored and rotated maps look different, and so do tasks whose goals are visible.
    """
    tasks = _tasks_of([replace(level, vary=())], "", most, rng)
    seen = _visible(tasks[0].level)
    return [task for task in tasks if _visible(task.level) == seen]


def _visible(level: Level) -> str:
    """Return the canonical text of what is visible of a level before it is played."""
    shown = level.shown or level
    if level.goal == "hidden":
        shown = without_goals(shown)
    return canonical(shown)


def _subset(tasks: list[Task], most: int, rng: np.random.Generator) -> list[Task]:
    """Return the tasks, or `most` random ones of them."""
    chosen = rng.permutation(len(tasks))[:most] if len(tasks) > most else np.arange(len(tasks))
    return [tasks[i] for i in chosen]


def _tasks_of(levels: list[Level], name: str, most: int, rng: np.random.Generator) -> list[Task]:
    """Return all tasks of these families, or equally many random ones of each."""
    share = -(-most // len(levels))
    found: list[Task] = []
    for level in levels:
        if count_tasks(level) <= share:
            found += family(level, name)
        else:
            found += [draw_task(level, name, rng) for _ in range(share)]
    return found


# --- the search --------------------------------------------------------------------------------


class TaskGroup:
    """T tasks that share one table. `row` [T, S] is the table row of each state."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.batch = GridBatch([compile_level(task.level) for task in tasks])
        self.baselines = baseline_returns(self.batch)
        self.row, self.n_rows = _rows(self.batch)
        room = self.baselines.optimal - self.baselines.random
        weight = np.divide(1, room, out=np.zeros_like(room), where=room > 1e-9) / len(tasks)
        self.start = self.batch.start * weight[:, None]  # weighted returns sum to the mean score
        self.offset = float((weight * self.baselines.random).sum())

    def action_values(self, probs: Floats) -> tuple[float, Floats]:
        """Return the mean score of a table [R, A], and the mean value of each action by row [R, A].

        The mean is weighted by visits of the policy. A backward pass computes the values and a
        forward pass the visits.
        """
        batch, policy = self.batch, probs[self.row]  # [T, S, A]
        backup, value = bellman_backup(batch), np.zeros(batch.over.shape)
        q = []
        for left in range(1, batch.horizon + 1):
            q.append(choice_values(batch, backup(value)) * (left <= batch.steps)[:, None, None])
            value = (q[-1] * policy).sum(-1)
        mean = float((self.start * value).sum()) - self.offset
        effective = batch.effective(policy)
        visits: Floats = self.start
        total, gain = np.zeros(self.row.shape), np.zeros(policy.shape)
        for values in reversed(q):
            total += visits
            gain += visits[..., None] * values
            flow = (visits[..., None] * effective).ravel()
            entered = np.bincount(batch.flat_next, flow, self.row.size)
            visits = np.asarray(entered, float).reshape(self.row.shape)
        rows = self.row.ravel()
        weights = np.bincount(rows, total.ravel(), self.n_rows)
        sums = [np.bincount(rows, g, self.n_rows) for g in gain.reshape(-1, N_ACTIONS).T]
        means = np.stack(sums, 1) / np.maximum(weights, 1e-12)[:, None]
        return mean, means * (weights > 0)[:, None]

    def own_optimum(self, task: int) -> Floats:
        """Return a table [R, A] close to the optimal policy of one task with all steps left."""
        batch = GridBatch([self.batch.tables[task]])
        backup, value = bellman_backup(batch), np.zeros(batch.over.shape)
        for _ in range(batch.horizon):
            q = choice_values(batch, backup(value))
            value = q.max(-1)
        best = np.eye(N_ACTIONS)[q[0].argmax(-1)]
        rows = self.row[task, : batch.n_states]
        votes = np.stack([np.bincount(rows, b, self.n_rows) for b in best.T], 1)
        votes[votes.sum(1) == 0] = 1
        optimum = OPTIMUM_WEIGHT * votes / votes.sum(1, keepdims=True)
        return optimum + (1 - OPTIMUM_WEIGHT) / N_ACTIONS


def _rows(batch: GridBatch) -> tuple[Ints, int]:
    """Return the table row of each state [T, S], and the number of rows.

    There is one row per distinct feature vector. Terminal states have row 0 and no weight there.
    """
    number: dict[bytes, int] = {}
    row = np.zeros(batch.over.shape, np.int64)
    for t, tables in enumerate(batch.tables):
        for s, features in enumerate(observe(tables)):
            if not tables.over[s]:
                digest = hashlib.blake2b(features.tobytes(), digest_size=16).digest()
                row[t, s] = number.setdefault(digest, len(number))
    return row, len(number)


class _Ascent:
    """A gradient ascent on the mean score of a table."""

    def __init__(self, group: TaskGroup, probs: Floats) -> None:
        self.group, self.probs, self.rate = group, probs, 1.0
        self.score, self.values = group.action_values(probs)

    def run(self, steps: int) -> float:
        """Take steps of ascent and return the gain in score.

        A step that does not raise the score is undone and the rate is lowered.
        """
        before = self.score
        for _ in range(steps):
            gain = self.rate * (self.values - self.values.max(1, keepdims=True))
            probs = self.probs * np.exp(np.maximum(gain, -50)) + 1e-12
            probs /= probs.sum(1, keepdims=True)
            score, values = self.group.action_values(probs)
            if score > self.score:
                self.probs, self.score, self.values = probs, score, values
                self.rate *= 2
            else:
                self.rate /= 4
        return self.score - before


def best_fixed_policy(tasks: list[Task], starts: int, rng: np.random.Generator) -> FixedPolicy:
    """Return the best policy found for a group of tasks."""
    *_, best = improving_fixed_policies(tasks, starts, rng)
    return best


def improving_fixed_policies(
    tasks: list[Task], starts: int, rng: np.random.Generator
) -> Iterator[FixedPolicy]:
    """Yield better and better policies for a group of tasks, the best one found last.

    The ascent starts from the uniform table and from the `starts` best tables among the tasks' own
    optima and as many random tables. After each round the lower half is dropped.
    """
    group = TaskGroup(tasks)

    def best() -> FixedPolicy:
        [highest] = _highest(ascents, 1)
        return FixedPolicy(tasks, highest.score, highest.probs, group.batch.n_states)

    uniform = np.full((group.n_rows, N_ACTIONS), 1 / N_ACTIONS)
    tables = [group.own_optimum(task) for task in range(len(tasks))]
    tables += [rng.dirichlet(np.ones(N_ACTIONS), group.n_rows) for _ in range(starts)]
    ascents = _highest([_Ascent(group, table) for table in tables], starts)
    ascents.append(_Ascent(group, uniform))
    while len(ascents) > 1:
        for ascent in ascents:
            ascent.run(ROUND)
            yield best()
        ascents = _highest(ascents, len(ascents) // 2)
    for _ in range(MOST_ROUNDS):
        gain = ascents[0].run(ROUND)
        yield best()
        if gain < PATIENCE:
            break


def _highest(ascents: list[_Ascent], n: int) -> list[_Ascent]:
    """Return the n ascents with the highest scores."""
    return sorted(ascents, key=lambda ascent: -ascent.score)[:n]

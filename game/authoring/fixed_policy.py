"""The best policy that does not adapt: how far one gets without learning what a task hides.

Tasks that look alike form a group. A policy without memory that does not adapt sees of them only
their features, so it is one table over the distinct feature rows of the group, the same for all its
tasks. We look for the table with the highest mean score by ascent on the exact return: a natural
policy gradient (Kakade 2001), whose step for a table is `probs * exp(rate * action value)`, with a
rate that grows while the score does. The result is exact for the table found; it is the best one
found, from several starts, and so a lower bound on what such a policy can reach.
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
from game.text.level import Level
from game.text.tiles import FLOOR, GOAL
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.features import observe
from game.world.planner import chosen, looking_ahead, optimal_return, random_return
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS, compile_level

ROUND = 8  # steps of ascent before the worse half of the starts is given up
PATIENCE = 1e-4  # of score in a round: less is no progress
MOST_ROUNDS = 25  # of the last one
GREED = 0.9  # of a start that goes by one task's optimum


@dataclass(frozen=True)
class FixedPolicy:
    """The best table that was found for a group of tasks."""

    tasks: list[Task]
    score: float  # mean over the tasks
    probs: Floats  # [R, A] by feature row
    states: int  # of the largest task


def best_tables(
    pack: Pack,
    split: str = "test",
    groups: int = 4,
    tasks: int = 64,
    starts: int = 3,
    seed: int = 0,
) -> Iterator[FixedPolicy]:
    """The best table for each of the first groups of a split's tasks."""
    rng = np.random.default_rng(seed)
    for group in look_alikes(pack, split, groups, tasks, rng):
        yield best_table(group, starts, rng)


def look_alikes(
    pack: Pack, split: str, groups: int, most: int, rng: np.random.Generator
) -> list[list[Task]]:
    """Groups of tasks that one cannot tell apart before playing.

    A generated task stands for all that the generator may have drawn in its stead. Listed tasks of
    authored levels are grouped by what they show, with those of the other splits: which goals are
    held out, nobody sees. Of more than `most` tasks so many are drawn.
    """
    distribution = pack.split(split)
    if distribution.guises:
        return [
            _drawn(distribution.guises(task), task.name, most, rng)
            for task in distribution.tasks[:groups]
        ]
    found: dict[str, dict[str, Task]] = {_look(task.level): {} for task in distribution.tasks}
    for task in (task for name in SPLITS for task in pack.split(name).tasks):
        found.get(_look(task.level), {})[task.id] = task
    return [_some(list(group.values()), most, rng) for group in list(found.values())[:groups]]


def _look(level: Level) -> str:
    """What of a level can be seen before playing it."""
    seen = level.shown or level
    if level.goal == "hidden":
        seen = replace(seen, rows=tuple(row.replace(GOAL, FLOOR) for row in seen.rows))
    return canonical(seen)


def _some(tasks: list[Task], most: int, rng: np.random.Generator) -> list[Task]:
    chosen = rng.permutation(len(tasks))[:most] if len(tasks) > most else np.arange(len(tasks))
    return [tasks[i] for i in chosen]


def _drawn(levels: list[Level], name: str, most: int, rng: np.random.Generator) -> list[Task]:
    """All tasks of these families, or some of each."""
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
    """Tasks that share one table: row [T, S] says which row of it applies in a state."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.batch = GridBatch([compile_level(task.level) for task in tasks])
        self.optimal, self.random = optimal_return(self.batch), random_return(self.batch)
        self.row, self.n_rows = _rows(self.batch)
        room = self.optimal - self.random
        weight = np.divide(1, room, out=np.zeros_like(room), where=room > 1e-9) / len(tasks)
        self.start = self.batch.start * weight[:, None]  # returns from here add up to mean scores
        self.offset = float((weight * self.random).sum())

    def action_values(self, probs: Floats) -> tuple[float, Floats]:
        """The mean score, and the mean value [R, A] of each action where a row applies, weighted by
        how often the policy is there: a pass backward for values, one forward for visits."""
        batch, policy = self.batch, probs[self.row]  # [T, S, A]
        ahead, value = looking_ahead(batch), np.zeros(batch.over.shape)
        q = []
        for left in range(1, batch.horizon + 1):
            q.append(chosen(batch, ahead(value)) * (left <= batch.steps)[:, None, None])
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
        """[R, A] mostly what is best in one task with many steps left."""
        batch = GridBatch([self.batch.tables[task]])
        ahead, value = looking_ahead(batch), np.zeros(batch.over.shape)
        for _ in range(batch.horizon):
            q = chosen(batch, ahead(value))
            value = q.max(-1)
        best = np.eye(N_ACTIONS)[q[0].argmax(-1)]
        rows = self.row[task, : batch.n_states]
        votes = np.stack([np.bincount(rows, b, self.n_rows) for b in best.T], 1)
        votes[votes.sum(1) == 0] = 1
        return GREED * votes / votes.sum(1, keepdims=True) + (1 - GREED) / N_ACTIONS


def _rows(batch: GridBatch) -> tuple[Ints, int]:
    """[T, S] which of the distinct feature rows each state shows, and how many there are.

    An episode that is over shows no row of its own; it has row 0, where its weight is nothing.
    """
    number: dict[bytes, int] = {}
    row = np.zeros(batch.over.shape, np.int64)
    for t, tables in enumerate(batch.tables):
        for s, features in enumerate(observe(tables)):
            if not tables.over[s]:
                digest = hashlib.blake2b(features.tobytes(), digest_size=16).digest()
                row[t, s] = number.setdefault(digest, len(number))
    return row, len(number)


class _Climber:
    """A table on its way up."""

    def __init__(self, group: TaskGroup, probs: Floats) -> None:
        self.group, self.probs, self.rate = group, probs, 1.0
        self.score, self.values = group.action_values(probs)

    def climb(self, steps: int) -> float:
        """Steps of ascent; one that does not rise is taken back, and the next is shorter. Returns
        what the score has gained."""
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


def best_table(tasks: list[Task], starts: int, rng: np.random.Generator) -> FixedPolicy:
    """The best table found. The ascent starts from the uniform table, and from the best `starts` of
    each task's own optimum and as many random ones; the worse half is given up again and again."""
    group = TaskGroup(tasks)
    uniform = np.full((group.n_rows, N_ACTIONS), 1 / N_ACTIONS)
    tables = [group.own_optimum(task) for task in range(len(tasks))]
    tables += [rng.dirichlet(np.ones(N_ACTIONS), group.n_rows) for _ in range(starts)]
    climbers = _best([_Climber(group, table) for table in tables], starts)
    climbers.append(_Climber(group, uniform))
    while len(climbers) > 1:
        for climber in climbers:
            climber.climb(ROUND)
        climbers = _best(climbers, len(climbers) // 2)
    for _ in range(MOST_ROUNDS):
        if climbers[0].climb(ROUND) < PATIENCE:
            break
    return FixedPolicy(tasks, climbers[0].score, climbers[0].probs, group.batch.n_states)


def _best(climbers: list[_Climber], n: int) -> list[_Climber]:
    return sorted(climbers, key=lambda climber: -climber.score)[:n]

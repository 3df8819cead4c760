"""The figures of a task that do not depend on an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from game.tasks.task import Task
from game.text.level import MAX_STEPS, Level
from game.text.tiles import HUNTER, PATROL
from game.text.values import NORMAL
from game.text.variants import variants
from game.text.walking import explore, goal_test, start_cells
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.planner import (
    BaselineReturns,
    baseline_returns,
    optimum_and_goal,
    random_return,
    shortest_path,
    shortest_paths,
)
from game.world.tables import Tables, TooLarge, compile_level, compile_levels

MOST_AT_ONCE = 20_000  # states in a batch of tasks
MOST_WORK = 8_000_000  # states x steps, of all tasks that are computed
MOST_AHEAD = 32  # tasks that are compiled together, where that many are to be computed
CHANCE_WORK = 6  # times as much of it with wind or slip, where planning hardly converges early
FEWEST_TASKS = 2  # that are computed, however much that is


@dataclass(frozen=True)
class TaskFigures:
    """A task with its size, baseline returns and shortest path, each computed on first use."""

    task: Task
    compiled: Tables | None = None

    @cached_property
    def tables(self) -> Tables:
        """The transition tables. Raises TooLarge."""
        return self.compiled or compile_level(self.task.level)

    @cached_property
    def batch(self) -> GridBatch:
        """The task as a batch of one."""
        return GridBatch([self.tables])

    @cached_property
    def shortest_path(self) -> int | None:
        """The fewest moves to a goal; None if there is no path."""
        return self.longer_path(shortest_path(self.tables))

    def longer_path(self, path: int | None) -> int | None:
        """Return the fewest moves to a goal where these are the fewest in the tables.

        The tables contain the opponents' phases of one episode only. Where that is too short, the
        path is searched again with the most steps that a level may have. Where that is too large,
        and no path is known, the opponents are ignored.
        """
        level = self.task.level
        if self.tables.opponents.size and (path is None or path > level.steps):
            try:
                return shortest_path(compile_level(replace(level, steps=MAX_STEPS)))
            except TooLarge:
                return path or _path_past_no_opponents(level)
        return path

    @cached_property
    def baselines(self) -> BaselineReturns:
        """The random and the optimal return, each [1]."""
        return baseline_returns(self.batch)

    @property
    def optimal_return(self) -> float:
        """The optimal return when the task is known."""
        return float(self.baselines.optimal[0])

    @property
    def random_return(self) -> float:
        """The return of the uniform random policy."""
        return float(self.baselines.random[0])

    @property
    def figures(self) -> dict[str, Any]:
        """The figures by name, for JSON."""
        return {
            "states": self.tables.n_states,
            "shortest_path": self.shortest_path,
            "optimal_return": self.optimal_return,
            "random_return": self.random_return,
        }


def _path_past_no_opponents(level: Level) -> int | None:
    """Return the fewest moves from any start to any goal if there were no opponents."""
    nodes, is_goal = explore(level, start_cells(level)), goal_test(level)
    return next((steps for node, (steps, _) in nodes.items() if is_goal(node)), None)


@dataclass(frozen=True)
class CheckedTask:
    """A task with the figures that `levels check` reports."""

    task: Task
    states: int
    shortest_path: int | None
    optimal_return: float
    random_return: float
    goal_probability: float
    """Probability of reaching a goal under an optimal policy, ties in favour of the goal."""
    best_probability: float
    """The highest probability of reaching a goal."""


Progress = Callable[[int, int], None]  # tasks done, and their number


def no_progress(done: int, total: int) -> None:
    """Show nothing."""


def check_tasks(tasks: Sequence[Task], progress: Progress = no_progress) -> list[CheckedTask]:
    """Return the figures of tasks, or of a random part of them where they take over MOST_WORK.

    Tasks that play alike are computed once. Raises TooLarge.
    """
    *_, checked = checked_so_far(tasks, progress)
    return checked


def checked_so_far(
    tasks: Sequence[Task], progress: Progress = no_progress
) -> Iterator[list[CheckedTask]]:
    """Yield the figures of more and more tasks, at last what `check_tasks` returns.

    Raises TooLarge.
    """
    keys = _play_keys([task.level for task in tasks])
    distinct = dict(zip(keys, tasks))
    order = [list(distinct)[i] for i in np.random.default_rng(0).permutation(len(distinct))]
    found: dict[str, CheckedTask] = {}
    chunk: dict[str, TaskFigures] = {}
    ahead: list[Tables] = []  # of the next tasks, the last one first
    work = largest = 0
    for i, key in enumerate(order):
        progress(i, len(distinct))
        if not ahead:
            n = min(MOST_AHEAD, max(1, (MOST_WORK - work) * i // max(1, work)))
            ahead = compile_levels([distinct[one].level for one in order[i : i + n]])[::-1]
        chunk[key] = TaskFigures(distinct[key], ahead.pop())
        work += planning_work(chunk[key])
        largest = max(largest, chunk[key].tables.n_states)
        if len(chunk) * largest > MOST_AT_ONCE:
            found |= _check_chunk(chunk)
            chunk, largest = {}, 0
            yield _of_tasks(tasks, keys, found)
        if work > MOST_WORK and i + 1 >= FEWEST_TASKS:
            break
    found |= _check_chunk(chunk)
    yield _of_tasks(tasks, keys, found)


def _of_tasks(
    tasks: Sequence[Task], keys: Sequence[str], found: dict[str, CheckedTask]
) -> list[CheckedTask]:
    """Return the figures of each task whose key has been computed."""
    return [replace(found[key], task=task) for key, task in zip(keys, tasks) if key in found]


def planning_work(one: TaskFigures) -> int:
    """Return the work of planning a task, in states x steps."""
    tables = one.tables
    work = tables.n_states * one.task.level.steps
    return work * (CHANCE_WORK if tables.slip.any() or tables.wind.any() else 1)


def _play_keys(levels: Sequence[Level]) -> list[str]:
    """Return texts that are equal for levels whose figures are equal.

    Permuted controls change no figure, and neither do symmetries where there are no opponents.
    """
    levels = [replace(level, controls=NORMAL) for level in levels]
    found: dict[Level, str] = {}
    for level in levels:
        if level not in found:
            alike = [level]
            if not level.has((PATROL, HUNTER)):
                alike = [variant for _, variant in variants(level)]
            found |= dict.fromkeys(alike, min(map(canonical, alike)))
    return [found[level] for level in levels]


def _check_chunk(chunk: dict[str, TaskFigures]) -> dict[str, CheckedTask]:
    """Return the figures of tasks by key, computed as one batch."""
    if not chunk:
        return {}
    batch = GridBatch([one.tables for one in chunk.values()])
    paths, random = shortest_paths(batch), random_return(batch)
    optimal, reached, best = optimum_and_goal(batch)
    return {
        key: CheckedTask(
            one.task,
            one.tables.n_states,
            one.longer_path(paths[i]),
            float(optimal[i]),
            float(random[i]),
            float(reached[i]),
            float(best[i]),
        )
        for i, (key, one) in enumerate(chunk.items())
    }


def describe_draws(task: Task) -> str:
    """Return what was drawn for the task, in one line."""
    return ", ".join(f"{what} {value}" for what, value in task.drawn)

"""The figures of a task that do not depend on an agent."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from game.tasks.task import Task
from game.text.level import MAX_STEPS
from game.world.batch import GridBatch
from game.world.planner import BaselineReturns, baseline_returns, shortest_path
from game.world.tables import Tables, TooLarge, compile_level


@dataclass(frozen=True)
class TaskFigures:
    """A task with its size, baseline returns and shortest path, each computed on first use."""

    task: Task

    @cached_property
    def tables(self) -> Tables:
        """The transition tables. Raises TooLarge."""
        return compile_level(self.task.level)

    @cached_property
    def batch(self) -> GridBatch:
        """The task as a batch of one."""
        return GridBatch([self.tables])

    @cached_property
    def shortest_path(self) -> int | None:
        """The fewest moves to a goal; None if there is no path.

        The tables contain the opponents' phases of one episode only. Where that is too short, the
        path is searched again with the most steps that a level may have.
        """
        path, level = shortest_path(self.tables), self.task.level
        if self.tables.opponents.size and (path is None or path > level.steps):
            with contextlib.suppress(TooLarge):
                return shortest_path(compile_level(replace(level, steps=MAX_STEPS)))
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


def describe_draws(task: Task) -> str:
    """Return what was drawn for the task, in one line."""
    return ", ".join(f"{what} {value}" for what, value in task.drawn)

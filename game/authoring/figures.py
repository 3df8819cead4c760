"""The figures of a task before any agent has met it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from game.tasks.task import Task
from game.text.level import MAX_STEPS
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return, shortest_path
from game.world.tables import Tables, TooLarge, compile_level


@dataclass(frozen=True)
class TaskFigures:
    """A task, and what can be said of it before any agent has met it."""

    task: Task

    @cached_property
    def tables(self) -> Tables:
        return compile_level(self.task.level)

    @cached_property
    def batch(self) -> GridBatch:
        return GridBatch([self.tables])

    @cached_property
    def shortest_path(self) -> int | None:
        """Tables know the phases of one episode; a longer way past opponents needs them all."""
        path, level = shortest_path(self.tables), self.task.level
        if self.tables.opponents.size and (path is None or path > level.steps):
            with contextlib.suppress(TooLarge):
                return shortest_path(compile_level(replace(level, steps=MAX_STEPS)))
        return path

    @cached_property
    def optimal_return(self) -> float:
        return float(optimal_return(self.batch)[0])

    @cached_property
    def random_return(self) -> float:
        return float(random_return(self.batch)[0])

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "states": self.tables.n_states,
            "shortest_path": self.shortest_path,
            "optimal_return": self.optimal_return,
            "random_return": self.random_return,
        }


def drawn_text(task: Task) -> str:
    """What was drawn for the task, in a line."""
    return ", ".join(f"{what} {value}" for what, value in task.drawn)

"""A split of a pack as a distribution over tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from game.tasks.family import redraw_ranges
from game.tasks.task import Task
from game.text.level import Level

SPLITS = ("train", "validation", "test")
MOST_REDRAWS = 100  # attempts to redraw a task so that it is not held out


@dataclass(frozen=True)
class TaskDistribution:
    """One split of a pack: a list of tasks, or a function that draws new ones.

    With both, the function draws from the list.

    With `redraws_ranges`, the ranges of a listed task are redrawn each time it is sampled, and
    never give a task whose id is in `held_out`. `possible_families` is set for generated levels: it
    returns the families that a task may be a draw of, given what is visible of it.
    """

    name: str
    tasks: tuple[Task, ...] = ()
    draw: Callable[[np.random.Generator], Task] | None = None
    redraws_ranges: bool = False
    held_out: frozenset[str] = frozenset()
    possible_families: Callable[[Task], list[Level]] | None = None

    @property
    def unlimited(self) -> bool:
        """Whether sampling can give tasks that are not listed."""
        if self.redraws_ranges and any(task.member for task in self.tasks):
            return True
        return self.draw is not None and not self.tasks

    def sample(self, n: int, rng: np.random.Generator) -> list[Task]:
        """Return n random tasks; a list repeats none before it has given all, by their weights.

        Raises LookupError where the split has no tasks.
        """
        if self.draw:
            return [self.draw(rng) for _ in range(n)]
        if not self.tasks:
            raise LookupError(f"the {self.name} split has no tasks")
        tasks = [task for task in self.tasks for _ in range(task.weight)]
        rounds = -(-n // len(tasks))
        order = np.concatenate([rng.permutation(len(tasks)) for _ in range(rounds)])
        chosen = [tasks[i] for i in order[:n]]
        return [self._redraw(task, rng) for task in chosen] if self.redraws_ranges else chosen

    def _redraw(self, task: Task, rng: np.random.Generator) -> Task:
        """Return the task with its ranges redrawn, and not held out."""
        for _ in range(MOST_REDRAWS if task.member else 0):
            new = redraw_ranges(task, rng)
            if new.id not in self.held_out:
                return new
        return task  # a listed task is never held out

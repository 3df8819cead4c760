"""One split of a pack, to sample tasks from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from game.tasks.family import redrawn
from game.tasks.task import Task
from game.text.level import Level

SPLITS = ("train", "validation", "test")
MOST_REDRAWS = 100  # of a range whose points are held out elsewhere


@dataclass(frozen=True)
class TaskDistribution:
    """One split of a pack: a list of tasks, or a source that draws ever new ones.

    With `fresh`, the ranges of a listed task are drawn from anew each time that it is sampled; what
    is `held_out`, by id, is never drawn. `guises`, of a pack that generates its levels, gives the
    families that a task may be a draw of, as far as an agent sees.
    """

    name: str
    tasks: tuple[Task, ...] = ()
    draw: Callable[[np.random.Generator], Task] | None = None
    fresh: bool = False
    held_out: frozenset[str] = frozenset()
    guises: Callable[[Task], list[Level]] | None = None

    @property
    def unlimited(self) -> bool:
        return self.draw is not None or (self.fresh and any(t.member for t in self.tasks))

    def sample(self, n: int, rng: np.random.Generator) -> list[Task]:
        """n tasks; from a list without repeats as long as it lasts. Raises LookupError if empty."""
        if self.draw:
            return [self.draw(rng) for _ in range(n)]
        if not self.tasks:
            raise LookupError(f"the {self.name} split has no tasks")
        rounds = -(-n // len(self.tasks))
        order = np.concatenate([rng.permutation(len(self.tasks)) for _ in range(rounds)])
        chosen = [self.tasks[i] for i in order[:n]]
        return [self._redrawn(task, rng) for task in chosen] if self.fresh else chosen

    def _redrawn(self, task: Task, rng: np.random.Generator) -> Task:
        for _ in range(MOST_REDRAWS if task.member else 0):
            new = redrawn(task, rng)
            if new.id not in self.held_out:
                return new
        return task  # listed, and so not held out

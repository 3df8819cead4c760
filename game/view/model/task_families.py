"""The level family that a task was drawn from, and the Bayes bound that follows from it."""

from __future__ import annotations

import math

from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import CANDIDATE
from game.text.writing import canonical
from game.view.model.background_jobs import BackgroundJobs
from game.world.bayes_optimal import first_episode_score


class Families:
    """The level families of a pack's tasks, looked up once. All of that goes to `jobs`."""

    def __init__(self, pack: Pack, jobs: BackgroundJobs) -> None:
        self._pack, self._jobs = pack, jobs
        self._found: dict[str, Level | None] = {}  # by task id
        self._bounds: dict[str, float] = {}

    def of(self, task: Task) -> Level | None:
        """Return the family of a task with a hidden goal, with all candidate cells of the goal.

        None if the goal is visible, if several families could have produced the task, or while they
        are being looked up.
        """
        if task.id not in self._found:
            key = (self, task.id)
            found = self._jobs.ask(key, lambda: self._possible(task), lambda why: [])
            if found is None:
                return None
            self._jobs.forget(key)
            one = found[0] if len(found) == 1 and found[0].find(CANDIDATE) else None
            self._found[task.id] = one
        return self._found[task.id]

    def _possible(self, task: Task) -> list[Level]:
        """Return the families that a task with a hidden goal may come from."""
        return self._pack.families(task) if task.level.goal == "hidden" else []

    def bayes_bound(self, task: Task) -> float | None:
        """Return the upper bound on the mean score in the first episode when the goal is hidden.

        None if the task has no family, if there is no such bound, or while it is being computed.
        """
        level = self.of(task)
        if level is None:
            return None
        if task.id not in self._bounds:
            key = ("bayes", canonical(level))

            def compute() -> float:
                return _nan_if_none(first_episode_score(level))

            found = self._jobs.ask(key, compute, lambda why: math.nan)
            if found is None:
                return None
            self._bounds[task.id] = found
        bound = self._bounds[task.id]
        return None if math.isnan(bound) else bound


def _nan_if_none(score: float | None) -> float:
    """Return the score, or nan for None, which would mean that the background job is not done."""
    return math.nan if score is None else score

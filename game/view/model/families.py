"""What a task may be, as far as an agent sees, and what follows for who has to find the goal."""

from __future__ import annotations

import math

from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import CANDIDATE
from game.text.writing import canonical
from game.view.model.background_jobs import BackgroundJobs
from game.world.bayes import first_episode_score


class Families:
    """The families of a pack's tasks. What takes time is left to `jobs`."""

    def __init__(self, pack: Pack, jobs: BackgroundJobs) -> None:
        self._pack, self._jobs = pack, jobs
        self._found: dict[str, Level | None] = {}  # by task id
        self._bounds: dict[str, float] = {}

    def of(self, task: Task) -> Level | None:
        """The one family that a task with a hidden goal may be of, with all its candidates."""
        if task.id not in self._found:
            found = self._pack.families(task) if task.level.goal == "hidden" else []
            one = found[0] if len(found) == 1 and found[0].find(CANDIDATE) else None
            self._found[task.id] = one
        return self._found[task.id]

    def bound(self, task: Task) -> float | None:
        """The score that nobody surpasses in a first episode, in the mean over the candidates; None
        as long as it is not known."""
        level = self.of(task)
        if level is None:
            return None
        if task.id not in self._bounds:
            key = ("bayes", canonical(level))
            found = self._jobs.ask(key, lambda: _known(first_episode_score(level)))
            if found is None:
                return None
            self._bounds[task.id] = found
        bound = self._bounds[task.id]
        return None if math.isnan(bound) else bound


def _known(score: float | None) -> float:
    """A score, or nan: of an errand None says that it is not done."""
    return math.nan if score is None else score

"""What can be said of a task before any agent has met it, found out beside the drawing."""

from __future__ import annotations

from dataclasses import dataclass

from game.tasks.task import Task
from game.view.model.background_jobs import BackgroundJobs
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return
from game.world.tables import Tables, TooLarge, compile_level

MOST_KNOWN = 16  # tasks that stay compiled
PATIENCE = 0.012  # seconds that a frame waits for a plan: most levels take less


@dataclass(frozen=True)
class PlannedTask:
    """What can be said of a task before any agent has met it."""

    tables: Tables | None = None
    random_return: float = 0.0
    optimal_return: float = 1.0
    failure: str = ""


def plan_task(task: Task) -> PlannedTask:
    """Compile the task and plan; where it is too large, say so."""
    try:
        tables = compile_level(task.level)
    except TooLarge as error:
        return PlannedTask(failure=str(error))
    batch = GridBatch([tables])
    return PlannedTask(tables, float(random_return(batch)[0]), float(optimal_return(batch)[0]))


class BaselineCache:
    """What is known of tasks. A large level takes its time, and only so many are kept."""

    def __init__(self, jobs: BackgroundJobs | None = None) -> None:
        self._jobs = jobs or BackgroundJobs(at_once=True)
        self._known: dict[str, PlannedTask] = {}  # by task id

    def of(self, task: Task) -> PlannedTask | None:
        """What is known of a task; None as long as it is being planned."""
        if task.id not in self._known:
            key = ("plan", task.id)
            found: PlannedTask | None = self._jobs.ask(key, lambda: plan_task(task), PATIENCE)
            if found is None:
                return None
            self._jobs.forget(key)
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[task.id] = found
        return self._known[task.id]

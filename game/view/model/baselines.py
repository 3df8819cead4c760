"""The tables and baseline returns of tasks, computed in background jobs."""

from __future__ import annotations

from dataclasses import dataclass

from game.tasks.task import Task
from game.view.model.background_jobs import BackgroundJobs
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return
from game.world.tables import Tables, TooLarge, compile_level

MOST_KEPT = 16  # planned tasks
PATIENCE = 0.012  # seconds that a frame waits for planning; most levels take less


@dataclass(frozen=True)
class PlannedTask:
    """A task's tables and baseline returns, or the reason why it could not be planned."""

    tables: Tables | None = None
    random_return: float = 0.0
    optimal_return: float = 1.0
    failure: str = ""


def plan_task(task: Task) -> PlannedTask:
    """Compile a task and compute its baseline returns, or name the failure if it is too large."""
    try:
        tables = compile_level(task.level)
    except TooLarge as error:
        return PlannedTask(failure=str(error))
    batch = GridBatch([tables])
    return PlannedTask(tables, float(random_return(batch)[0]), float(optimal_return(batch)[0]))


def plan_failure(why: str) -> PlannedTask:
    """Return the result of planning that has failed with an error of this text."""
    return PlannedTask(failure=f"the level cannot be planned ({why}) - choose another one")


class BaselineCache:
    """The most recently planned tasks. A large level takes seconds to plan and much memory."""

    def __init__(self, jobs: BackgroundJobs | None = None) -> None:
        self._jobs = jobs or BackgroundJobs(at_once=True)
        self._planned: dict[str, PlannedTask] = {}  # by task id

    def of(self, task: Task) -> PlannedTask | None:
        """Return the planned task, or None while it is being planned."""
        if task.id not in self._planned:
            key = ("plan", task.id)
            found = self._jobs.ask(key, lambda: plan_task(task), plan_failure, PATIENCE)
            if found is None:
                return None
            self._jobs.forget(key)
            while len(self._planned) >= MOST_KEPT:
                del self._planned[next(iter(self._planned))]
            self._planned[task.id] = found
        return self._planned[task.id]

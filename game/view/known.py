"""What can be said of a task before any agent has met it, found out beside the drawing."""

from __future__ import annotations

from dataclasses import dataclass

from game.planner import optimal_return, random_return
from game.tables import GridBatch, Tables, TooLarge, compile_level
from game.tasks import Task
from game.view.errands import Errands

MOST_KNOWN = 16  # tasks that stay compiled
PATIENCE = 0.012  # seconds that a frame waits for a plan: most levels take less


@dataclass(frozen=True)
class Known:
    """What can be said of a task before any agent has met it."""

    tables: Tables | None = None
    random_return: float = 0.0
    optimal_return: float = 1.0
    failure: str = ""


def know(task: Task) -> Known:
    """Compile the task and plan; where it is too large, say so."""
    try:
        tables = compile_level(task.level)
    except TooLarge as error:
        return Known(failure=str(error))
    batch = GridBatch([tables])
    return Known(tables, float(random_return(batch)[0]), float(optimal_return(batch)[0]))


class Plans:
    """What is known of tasks. A large level takes its time, and only so many are kept."""

    def __init__(self, errands: Errands | None = None) -> None:
        self._errands = errands or Errands(at_once=True)
        self._known: dict[str, Known] = {}  # by task id

    def of(self, task: Task) -> Known | None:
        """What is known of a task; None as long as it is being planned."""
        if task.id not in self._known:
            key = ("plan", task.id)
            found: Known | None = self._errands.ask(key, lambda: know(task), PATIENCE)
            if found is None:
                return None
            self._errands.forget(key)
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[task.id] = found
        return self._known[task.id]

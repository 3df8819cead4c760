"""Tasks prepared for single environments, one at a time or several ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.env.observation_rows import KIND, WIDTH, Observation, observe_rows
from game.tasks.distribution import TaskDistribution
from game.tasks.task import Task
from game.world.batch import Detours, GridBatch, OutcomeDraws
from game.world.features import observe_batch
from game.world.rules import Ints
from game.world.tables import Tables

MOST_AHEAD = 16  # tasks that are drawn at once
MOST_STATES_AHEAD = 8_192  # about; larger levels take no less time together


@dataclass(frozen=True)
class PreparedTask:
    """A task with everything that an episode on it looks up.

    `observations` [S, n] are the given columns of each state's row, None for the number of the
    state. The other columns are 0.
    """

    task: Task
    tables: Tables
    detours: Detours | OutcomeDraws | None
    observation: Observation
    observations: NDArray[Any] | None
    columns: Ints | slice

    def row(self, state: int) -> NDArray[Any] | None:
        """Return the features [F] or codes [C] of a state; None for the number of the state."""
        if self.observations is None:
            return None
        row: NDArray[Any] = np.zeros(WIDTH[self.observation], KIND[self.observation])
        row[self.columns] = self.observations[state]
        return row


def prepare(tasks: Sequence[Task], observation: Observation) -> list[PreparedTask]:
    """Compile and observe tasks: several at once take less time each."""
    batch = GridBatch.of([task.level for task in tasks])
    columns: Ints | slice = slice(None)
    observations: Any = [None] * len(tasks)
    if observation == "features":
        observations, columns = observe_batch(batch, np.float32)
    elif observation == "codes":
        observations = observe_rows(batch, observation)
    prepared = []
    for task, tables, stochastic, seen in zip(tasks, batch.tables, batch.stochastic, observations):
        detours = GridBatch([tables]).detours if stochastic else None
        prepared.append(PreparedTask(task, tables, detours, observation, seen, columns))
    return prepared


class UpcomingTasks:
    """Random tasks of a distribution: those that draws one by one would give, in less time.

    Sixteen levels are compiled and observed in 0.4 times the time that they take one by one. Tasks
    are therefore drawn ahead, each time twice as many, as long as nothing else uses the random
    generator between two draws. When something does, what was drawn ahead is dropped. A draw leaves
    the generator as if only its own task had been drawn.
    """

    def __init__(self, tasks: TaskDistribution, observation: Observation) -> None:
        self._tasks, self._observation = tasks, observation
        self._ahead = 1
        self._queue: deque[tuple[PreparedTask, Any]] = deque()  # with the generator's next state
        self._expected: Any = None  # the generator's state if nothing else has used it

    def draw(self, rng: np.random.Generator) -> PreparedTask:
        """Return a random task. Raises as `TaskDistribution.sample` and `prepare` do."""
        if not isinstance(rng.bit_generator, np.random.PCG64):  # the states of others hold arrays
            return prepare(self._tasks.sample(1, rng), self._observation)[0]
        if rng.bit_generator.state != self._expected:
            self._queue.clear()
            self._ahead = 1
        if not self._queue:
            self._fill(rng)
        prepared, self._expected = self._queue.popleft()
        rng.bit_generator.state = self._expected
        if not self._queue:
            most = min(MOST_AHEAD, MOST_STATES_AHEAD // prepared.tables.n_states)
            self._ahead = max(1, min(2 * self._ahead, most))
        return prepared

    def _fill(self, rng: np.random.Generator) -> None:
        """Draw tasks into the empty queue."""
        state = rng.bit_generator.state
        try:
            tasks: list[Task] = []
            states = []
            for _ in range(self._ahead):
                tasks += self._tasks.sample(1, rng)
                states.append(rng.bit_generator.state)
            self._queue.extend(zip(prepare(tasks, self._observation), states))
        except Exception:
            if self._ahead == 1:
                raise
            # A later task may be at fault, and its error belongs to its own draw.
            self._ahead, rng.bit_generator.state = 1, state
            self._fill(rng)

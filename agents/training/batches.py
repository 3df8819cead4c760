"""The batches of tasks that meta-training runs on, from this process or a second one.

Drawing, compiling and observing levels takes no learner, and a batch depends on the seed and the
iteration alone. So a second process can make the batch of the next iteration while the learner
works on this one. This module imports no torch, and neither does that process.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import numpy as np

from agents import ranks
from agents.graph.shown_inputs import shown_inputs
from agents.training.processes import end_process, start_process
from game.tasks.distribution import TaskDistribution
from game.world.batch import GridBatch
from game.world.features import N_FEATURES, observe_batch, pad_alike
from game.world.planner import baseline_returns
from game.world.tables import Tables, compile_levels

MOST_COMPILED = 2000  # tasks whose tables are cached
DRAWN_TOGETHER = 4  # batches whose tasks are drawn at once, to be sorted by size


def iteration_rng(seed: int, iteration: int) -> np.random.Generator:
    """Return the generator of an iteration, which all of its random numbers derive from."""
    return np.random.default_rng([seed, iteration])


def useful_processes() -> int:
    """Return how many processes training can use here: 2 where it may run on several cores, and
    each of the ranks on this machine has as many."""
    cores = getattr(os, "sched_getaffinity", None)  # not on every system
    n = len(cores(0)) if cores else os.cpu_count() or 1
    return 2 if n // ranks.ranks_here() > 1 else 1


@dataclass
class Batches:
    """Makes the batch of each iteration: `n_tasks` tasks of a split, or a share of them."""

    split: TaskDistribution
    n_tasks: int
    seed: int
    sees_graph: bool = False
    """Whether learners want the shown levels' graphs of them instead of features."""
    share: slice = field(default_factory=lambda: slice(None))
    """The tasks of each batch that are made; all of them are drawn."""
    _compiled: dict[str, Tables] = field(default_factory=dict)
    _by_size: tuple[int, list[Tables]] = (-1, [])  # what was drawn together last, and its number

    def batch(self, iteration: int) -> GridBatch:
        """Return the batch of an iteration.

        The tasks of a finite split are compiled once. Raises LookupError where there are no tasks,
        and as drawing and compiling do.
        """
        if self.sees_graph and self.split.unlimited:
            return self._similar_batch(iteration)
        tasks = self.split.sample(self.n_tasks, iteration_rng(self.seed, iteration))[self.share]
        if self.split.unlimited:
            return GridBatch.of([task.level for task in tasks])
        new = {task.id: task.level for task in tasks if task.id not in self._compiled}
        found = self._compiled | dict(zip(new, compile_levels([*new.values()])))
        self._compiled = dict(itertools.islice(found.items(), MOST_COMPILED))
        return GridBatch([found[task.id] for task in tasks])

    def _similar_batch(self, iteration: int) -> GridBatch:
        """Return a batch of levels of similar size, so that little of it is padding.

        The tasks of several iterations are drawn together, and sorted by their numbers of states.
        """
        group, place = divmod(iteration, DRAWN_TOGETHER)
        rng = iteration_rng(self.seed, group)
        order = rng.permutation(DRAWN_TOGETHER)  # so that sizes do not rise with iterations
        if self._by_size[0] != group:
            tasks = self.split.sample(self.n_tasks * DRAWN_TOGETHER, rng)
            tables = compile_levels([task.level for task in tasks])
            self._by_size = group, sorted(tables, key=lambda one: one.n_states)
        first = int(order[place]) * self.n_tasks
        return GridBatch(self._by_size[1][first : first + self.n_tasks][self.share])


def padded_as_whole(batch: GridBatch) -> GridBatch:
    """Return this rank's share of a batch padded as the whole of it: with the same numbers of
    states and steps, and the same columns of features.

    Sums are rounded differently in arrays of another shape, and then, now and then, an agent
    samples another action. Raises TooLargeToSee.
    """
    if ranks.n_ranks() == 1:
        return batch
    _, columns = observe_batch(batch, np.float32)
    used = np.isin(np.arange(N_FEATURES), columns)
    n_states, horizon, *any_used = ranks.largest(np.array([batch.n_states, batch.horizon, *used]))
    shape = int(n_states), int(horizon), np.flatnonzero(any_used)
    padded = pad_alike(batch, *shape, np.float32)
    baselines = (baseline_returns.__name__,)
    if baselines in batch.results:  # made ahead by the second process
        padded.results[baselines] = batch.results[baselines]
    return padded


class BatchesAhead:
    """The same batches, in order from iteration `first` on, which a second process makes ahead.

    Where that process fails or ends, this one makes the rest itself: then training takes longer, or
    meets the same error.
    """

    def __init__(self, batches: Batches, first: int) -> None:
        """Start the process. Raises OSError if the system cannot."""
        self.batches = batches
        self._process: BaseProcess | None
        self._process, self._connection = start_process(_send_batches, batches, first)

    def batch(self, iteration: int) -> GridBatch:
        """See `Batches.batch`."""
        if self._process:
            try:
                batch: GridBatch = self._connection.recv()
                return batch
            except (EOFError, OSError):
                self.close()
        return self.batches.batch(iteration)

    def close(self) -> None:
        """End the process."""
        if self._process:
            end_process(self._process, self._connection)
        self._process = None


@contextlib.contextmanager
def open_batches(batches: Batches, first: int, processes: int) -> Iterator[Batches | BatchesAhead]:
    """Give the batches from iteration `first` on, with 2 `processes` from a second one.

    A process that may have no children, as that of the window's learners, makes them itself.
    """
    if processes < 2 or multiprocessing.current_process().daemon:
        yield batches
        return
    try:
        ahead = BatchesAhead(batches, first)
    except OSError:  # no memory, or too many processes
        yield batches
        return
    with contextlib.closing(ahead):
        yield ahead


def _send_batches(connection: Connection, batches: Batches, first: int) -> None:
    """Send the batches from iteration `first` on with what learners want of them, until the other
    process has ended or an error occurs, which the other process will meet itself."""
    with contextlib.suppress(Exception):
        for iteration in itertools.count(first):
            batch = batches.batch(iteration)
            if batches.sees_graph:
                shown_inputs(batch)
            else:
                observe_batch(batch, np.float32)
            baseline_returns(batch)
            connection.send(batch)

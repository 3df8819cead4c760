"""The runs of a sweep in processes of this machine, each of which takes one run after another.

A process stays for several runs, since torch takes seconds to load. It saves its run and ends when
its connection ends: this process closes it, and the system does if this process is killed.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from agents.sweep.engine import MOST_RETRIES, RunEvent
from agents.sweep.runs_process import Outcome, carry_out_runs
from agents.sweep.sweep_run import SweepRun
from agents.training.processes import end_process, start_process, usable_cores

SAVE_TIMEOUT = 20.0  # seconds that all workers together have to save their runs


@dataclass
class _Worker:
    """A process, and the run that it works on."""

    core: int | None  # the one that it is pinned to, if any
    run: SweepRun
    process: BaseProcess
    connection: Connection


class LocalEngine:
    """Carries out runs in `workers` processes; if there is one for each core, they are pinned."""

    def __init__(self, workers: int) -> None:
        self._n_workers = workers

    def run(self, runs: Sequence[SweepRun], folder: Path) -> Generator[RunEvent, None, None]:
        """See `Engine.run`. Raises OSError also where the system cannot start a process."""
        sweep = _LocalSweep(runs, folder)
        try:
            yield from sweep.start(self._n_workers)
            while sweep.workers:
                yield from sweep.news()
        finally:
            sweep.end()


class _LocalSweep:
    """The workers of a sweep, and the runs that wait for one."""

    def __init__(self, runs: Sequence[SweepRun], folder: Path) -> None:
        self.workers: list[_Worker] = []  # those that have a run
        self._ending: list[_Worker] = []
        self._waiting, self._folder = deque(runs), folder
        self._losses: Counter[str] = Counter()  # of workers, by run

    def start(self, n_workers: int) -> Iterator[RunEvent]:
        """Start workers, as many as there are runs at most."""
        cores: list[int | None] = [*usable_cores()]
        n = min(n_workers, len(self._waiting))
        if n < len(cores):  # other programs may use the cores, which only the system knows
            cores = [None]
        for i in range(n):
            yield self._start_worker(cores[i % len(cores)], self._waiting.popleft())

    def _start_worker(self, core: int | None, run: SweepRun) -> RunEvent:
        process, connection = start_process(carry_out_runs, self._folder, core)
        self.workers.append(_Worker(core, run, process, connection))
        with contextlib.suppress(OSError):  # it has ended, which `news` will notice
            connection.send(run)
        return RunEvent(run, "started")

    def news(self) -> Iterator[RunEvent]:
        """Wait for news of workers, and give the next runs to those that are free."""
        by_connection = {worker.connection: worker for worker in self.workers}
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                outcome: Outcome = worker.connection.recv()
            except (EOFError, OSError):
                yield from self._replace(worker)
                continue
            if outcome.kind == "full":
                raise OSError(*outcome.disk_full)
            yield RunEvent(worker.run, outcome.kind, outcome.share, outcome.message)
            if outcome.kind != "progress":
                yield from self._next_run(worker)

    def _next_run(self, worker: _Worker) -> Iterator[RunEvent]:
        """Give a worker the next run, or let it end."""
        if not self._waiting:
            worker.connection.close()  # so it ends
            self.workers.remove(worker)
            self._ending.append(worker)
            return
        worker.run = self._waiting.popleft()
        with contextlib.suppress(OSError):  # it has ended, which `news` will notice
            worker.connection.send(worker.run)
        yield RunEvent(worker.run, "started")

    def _replace(self, worker: _Worker) -> Iterator[RunEvent]:
        """Start another worker in place of one that is lost, for its run or else for the next."""
        end_process(worker.process, worker.connection)
        self.workers.remove(worker)
        run, code = worker.run, worker.process.exitcode
        how = f"was ended by signal {-code}" if code and code < 0 else "ended unexpectedly"
        self._losses[run.name] += 1
        if self._losses[run.name] <= MOST_RETRIES:
            self._waiting.appendleft(run)
            yield RunEvent(run, "retried", message=f"its process {how}")
        else:
            what = f"its process {how}, for the {self._losses[run.name]}th time"
            todo = "use fewer --workers if memory is short"
            yield RunEvent(run, "failed", message=f"{what} - {todo}")
        if self._waiting:
            yield self._start_worker(worker.core, self._waiting.popleft())

    def end(self) -> None:
        """Let all workers save their runs and end; those that take too long are ended at once."""
        try:
            for worker in self.workers:
                worker.connection.close()
            until = time.monotonic() + SAVE_TIMEOUT
            for worker in [*self.workers, *self._ending]:
                worker.process.join(max(0.0, until - time.monotonic()))
        finally:  # also after a second Ctrl-C
            for worker in [*self.workers, *self._ending]:
                end_process(worker.process, worker.connection)

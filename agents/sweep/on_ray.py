"""The runs of a sweep on a Ray cluster: scheduling, retries, placement and logs are Ray's.

Source: https://docs.ray.io/en/latest/ray-core/tasks.html
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.learner import AgentError
from agents.sweep.engine import MOST_RETRIES, RunEvent
from agents.sweep.ray_cluster import ray_cluster
from agents.sweep.ray_task import News, UnfitNode, Work, code_hash, do_work
from agents.sweep.runs_process import Outcome
from agents.sweep.sweep_run import SweepRun

SAVE_TIMEOUT = 20.0  # seconds that interrupted runs have to save
POLL_INTERVAL = 0.5  # seconds
MARKER = ".ray-"  # begins the name of a file in the folder of a sweep


@dataclass(frozen=True)
class RayEngine:
    """Carries out runs as tasks of a Ray cluster, each on one core."""

    address: str
    """HOST:PORT of a running cluster, or `auto` to look for it; "" to start one here."""
    workers: int
    """Cores of the cluster that is started here."""
    on_note: Callable[[str], object]
    """Called with the place of Ray's logs."""

    def run(self, runs: Sequence[SweepRun], folder: Path) -> Generator[RunEvent, None, None]:
        """Carry out runs as `Engine` says.

        Raises AgentError where Ray or the cluster cannot be used, or where a node lacks this
        version of the project or does not see the folder of the sweep.
        """
        with (
            ray_cluster(self.address, self.workers, self.on_note) as ray,
            _marker(folder.resolve()) as marker,
        ):
            tasks = _Tasks(ray, _news_board(ray))
            code = code_hash() if self.address else ""
            try:
                for run in runs:
                    tasks.submit(Work(run, folder.resolve(), marker, code))
                yield from tasks.events()
            finally:
                tasks.cancel()


@contextlib.contextmanager
def _marker(folder: Path) -> Iterator[str]:
    """Make a file in the folder of a sweep, by which nodes see that it is the same one."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{MARKER}*"):  # of a sweep that was killed
        left.unlink(missing_ok=True)
    path = folder / f"{MARKER}{uuid.uuid4().hex}"
    path.touch()
    try:
        yield path.name
    finally:
        path.unlink(missing_ok=True)


class _NewsBoard:
    """Keeps the messages of tasks until the sweep takes them; a Ray actor."""

    def __init__(self) -> None:
        self.kept: list[News] = []

    def put(self, news: News) -> None:
        """Add a message."""
        self.kept.append(news)

    def take(self) -> list[News]:
        """Return the messages since the last call."""
        taken, self.kept = self.kept, []
        return taken


def _news_board(ray: Any) -> Any:
    """Return a board on this machine: it lasts as long as the sweep."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(_NewsBoard).remote()


@dataclass
class _Tasks:
    """The tasks of a sweep that have not ended."""

    ray: Any
    board: Any  # a _NewsBoard
    pending: dict[Any, SweepRun] = field(default_factory=dict)  # by reference to the result
    nodes: dict[str, str] = field(default_factory=dict)  # where runs began, by their names

    def submit(self, work: Work) -> None:
        """Hand a run to Ray; it retries the task where a worker or a node is lost."""
        task = self.ray.remote(num_cpus=1, max_retries=MOST_RETRIES)(do_work)
        name = f"sweep {work.run.name}"
        self.pending[task.options(name=name).remote(work, self.board)] = work.run

    def events(self) -> Iterator[RunEvent]:
        """Yield what happens until all tasks have ended."""
        while self.pending:
            ended, _ = self.ray.wait(list(self.pending), timeout=POLL_INTERVAL)
            yield from self._news()
            for reference in ended:
                run = self.pending.pop(reference)
                if run.name not in self.nodes:  # the message comes late, or was lost
                    yield RunEvent(run, "started")
                yield self._end(reference, run)

    def _news(self) -> Iterator[RunEvent]:
        """Yield the messages of tasks as events; a run that begins again has lost its worker."""
        runs = {run.name: run for run in self.pending.values()}
        for news in self.ray.get(self.board.take.remote()):
            run = runs.get(news.name)
            if run is None:  # it has ended: messages may come late
                continue
            if news.kind == "started":
                if lost := self.nodes.get(news.name):
                    what = f"its worker on node {lost} was lost"
                    yield RunEvent(run, "retried", message=what)
                self.nodes[news.name] = news.node
            yield RunEvent(run, news.kind, news.share)

    def _end(self, reference: Any, run: SweepRun) -> RunEvent:
        """Return how a run ended. Raises AgentError and OSError where that ends the sweep."""
        errors = self.ray.exceptions
        try:
            outcome: Outcome = self.ray.get(reference)
        except errors.RayTaskError as error:  # what a run raises is in its outcome
            raise AgentError(_unfit(error)) from None
        except errors.RayError as error:
            what = f"its worker was lost {MOST_RETRIES + 1} times ({type(error).__name__})"
            return RunEvent(run, "failed", message=f"{what} - see Ray's logs")
        if outcome.kind == "full":
            raise OSError(*outcome.disk_full)
        return RunEvent(run, outcome.kind, outcome.share, outcome.message)

    def cancel(self) -> None:
        """End all tasks: they save their runs, unless they take too long."""
        left = list(self.pending)
        self.pending.clear()
        for reference in left:
            self.ray.cancel(reference)
        if left:
            _, late = self.ray.wait(left, num_returns=len(left), timeout=SAVE_TIMEOUT)
            for reference in late:
                self.ray.cancel(reference, force=True)


def _unfit(error: Any) -> str:
    """Return a message about a node where tasks fail before their runs begin."""
    if isinstance(error.cause, UnfitNode):
        return str(error.cause)
    what = next(line for line in reversed(str(error).splitlines()) if line.strip())
    node = re.search(r"\bip=([^)\s]+)", str(error))
    todo = "install the same version of Gridapt, with all that it needs, for Ray's Python there"
    return f"node {node[1] if node else '?'}: {what.strip()} - {todo}"

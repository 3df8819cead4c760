"""What a Ray task does: it carries out one run of a sweep, in a worker process of some node."""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agents.run_folder import wait_until_free
from agents.sweep.runs_process import Outcome, outcome_of
from agents.sweep.sweep_run import SweepRun
from agents.torch_start import load_torch

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("agents", "game", "levels")
NEWS_INTERVAL = 1.0  # seconds between two messages about the progress of a run
LOCK_TIMEOUT = 120.0  # seconds; a file server frees the locks of a lost machine after about 90


@dataclass(frozen=True)
class Work:
    """What a task is to do, and how its node recognises the folder and code of the sweep."""

    run: SweepRun
    folder: Path  # of the sweep
    marker: str  # name of a file in that folder, which a node must see
    code: str  # `code_hash` where the sweep was started; "" on that machine alone


@dataclass(frozen=True)
class News:
    """A task's message to the sweep: it has begun its run on a node, or done a share of it."""

    name: str  # of the run
    kind: Literal["started", "progress"]
    node: str
    share: float = 0.0


class UnfitNode(Exception):
    """A node cannot carry out any run of the sweep; the message says why and what to do."""


def do_work(work: Work, board: Any) -> Outcome:
    """Carry out a run, or go on with it, and put messages on the sweep's board.

    Raises UnfitNode, and KeyboardInterrupt once the run is saved, if the task is cancelled.
    """
    import ray

    node = ray.util.get_node_ip_address()
    if problem := _problem_of_node(work):
        raise UnfitNode(f"node {node}: {problem}")
    report = _Reporter(board, work.run.name, node)
    report.send("started")
    load_torch()
    # A file server frees the lock of a worker that was lost with its machine, but not at once.
    wait_until_free(work.folder / work.run.name, LOCK_TIMEOUT)
    return outcome_of(work.run, work.folder, report.progress)


def _problem_of_node(work: Work) -> str:
    """Return why a run cannot be carried out on this node; "" if it can."""
    if not (work.folder / work.marker).is_file():
        return f"does not see {work.folder} - use an --out on a disk that all nodes share"
    if work.code and code_hash() != work.code:
        what = f"Gridapt in {PROJECT} is another version than the one that started the sweep"
        return f"{what} - install the same version for {sys.executable} there"
    return ""


@cache
def code_hash() -> str:
    """Return a hash of the project's code and shipped levels, which results depend on."""
    digest = hashlib.sha256()
    for source in SOURCES:
        for path in sorted((PROJECT / source).rglob("*")):
            if path.suffix in (".py", ".txt", ".toml"):
                digest.update(path.relative_to(PROJECT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass
class _Reporter:
    """Sends messages about a run, on its progress at most one in NEWS_INTERVAL."""

    board: Any
    name: str
    node: str
    due: float = 0.0  # when the next message about progress may be sent

    def progress(self, share: float) -> None:
        if time.monotonic() >= self.due:
            self.send("progress", share)
            self.due = time.monotonic() + NEWS_INTERVAL

    def send(self, kind: Literal["started", "progress"], share: float = 0.0) -> None:
        # Not waited for: Ray would give the core of a task that waits to another one.
        self.board.put.remote(News(self.name, kind, self.node, share))

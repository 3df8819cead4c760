"""The seam between a sweep and what carries out its runs: processes here, or a cluster."""

from __future__ import annotations

import errno
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from agents.sweep.sweep_run import SweepRun

MOST_RETRIES = 3  # of a run whose worker was lost
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # numbers of an OSError: no space, or no quota, is left


@dataclass(frozen=True)
class RunEvent:
    """News of a run.

    A `started` run is `retried` if its worker is lost, and ends as `done` or `failed`.
    """

    run: SweepRun
    kind: Literal["started", "progress", "done", "failed", "retried"]
    share: float = 0.0
    """Share of its training that is done, 0 to 1."""
    message: str = ""
    """Why it failed, or is retried."""


class Engine(Protocol):
    """Carries out runs by `agents.sweep.carry_out.carry_out`, several at a time."""

    def run(self, runs: Sequence[SweepRun], folder: Path) -> Generator[RunEvent, None, None]:
        """Carry out runs in the folder of a sweep, yielding news of them until all have ended.

        A run whose worker is lost goes on from its checkpoint, at most MOST_RETRIES times; a run
        that fails does not end the others. When the generator is closed, or interrupted by
        KeyboardInterrupt, all workers save their runs and end. Raises OSError where the disk is
        full, once they have.
        """
        ...

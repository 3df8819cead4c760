"""What a process of a local sweep does: it carries out the runs that it is sent, one at a time."""

from __future__ import annotations

import _thread
import contextlib
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from agents.sweep.engine import DISK_FULL
from agents.sweep.sweep_run import SweepRun
from agents.training.processes import ignore_signals

NEWS_INTERVAL = 0.2  # seconds between two messages on a run's progress, at least
Runs = queue.SimpleQueue[SweepRun | None]  # None is the end


@dataclass(frozen=True)
class Outcome:
    """A message about the run that was sent last; any but `progress` ends that run."""

    kind: Literal["progress", "done", "failed", "full"]
    share: float = 0.0
    """Share of its training that is done, 0 to 1."""
    message: str = ""
    """Why it failed."""
    disk_full: tuple[int, str, str] = (0, "", "")
    """Number, text and file of the OSError, if the kind is `full`."""


def carry_out_runs(connection: Connection, folder: Path, core: int | None) -> None:
    """Carry out runs in the folder of a sweep until the other process closes the connection; the
    run of that moment is saved. See `start_process`."""
    ignore_signals("SIGTERM", "SIGHUP")  # the other process gets them, too, and closes it
    signal.signal(signal.SIGINT, signal.default_int_handler)  # for `_receive`
    if core is not None and hasattr(os, "sched_setaffinity"):  # not on every system
        with contextlib.suppress(OSError):  # the core was taken away meanwhile
            os.sched_setaffinity(0, [core])
    runs: Runs = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, runs), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        from agents.torch_start import load_torch

        load_torch()
        while run := runs.get():
            connection.send(outcome_of(run, folder, _reporter(connection)))


def _receive(connection: Connection, runs: Runs) -> None:
    """Pass on the runs that are sent; interrupt the work when the connection ends."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            runs.put(connection.recv())
    runs.put(None)
    _thread.interrupt_main()


def outcome_of(run: SweepRun, folder: Path, report: Callable[[float], None]) -> Outcome:
    """Carry out a run; return how it has ended. Whatever goes wrong is that run's failure alone."""
    from agents.learner import AgentError, Diverged
    from agents.sweep.carry_out import carry_out
    from game.session.messages import unexpected
    from game.tasks.pack_file import PackError
    from game.text.level import LevelError

    try:
        carry_out(run, folder, report)
    except (AgentError, Diverged, LevelError, PackError) as error:
        return Outcome("failed", message=str(error))
    except OSError as error:
        where = error.filename or str(folder / run.name)
        if error.errno in DISK_FULL:
            facts = (error.errno, error.strerror or "the disk is full", str(where))
            return Outcome("full", disk_full=facts)
        return Outcome("failed", message=f"{where}: {error.strerror or error}")
    except Exception as error:  # of an external learner, whose author needs the traceback
        traceback.print_exception(error)
        return Outcome("failed", message=unexpected(error))
    return Outcome("done", 1.0)


def _reporter(connection: Connection) -> Callable[[float], None]:
    """Return a function that sends a run's progress, now and then."""
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= NEWS_INTERVAL:
            last = now
            with contextlib.suppress(OSError):  # it is closed: the work is interrupted soon
                connection.send(Outcome("progress", share))

    return report

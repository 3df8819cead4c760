"""Processes beside this one: their cores and signals, and a connection to each."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

END_TIMEOUT = 2  # seconds


def usable_cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def ignore_signals(*names: str) -> None:
    """Ignore signals, given by names such as "SIGTERM", from now on; Windows lacks some of them."""
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def start_process(target: Callable[..., None], *args: Any) -> tuple[BaseProcess, Connection]:
    """Call `target(connection, *args)` in a new process; return that process, and the other end of
    the connection, which can no longer be read from or written to once the process has ended.

    The process ends with this one if it uses the connection now and then: that raises EOFError or
    OSError once this process has ended, which `target` need not catch. Ctrl-C is for this process
    alone. Raises OSError if the system cannot start a process.
    """
    context = multiprocessing.get_context("spawn")
    connection, other_end = context.Pipe()
    process = context.Process(target=_begin, args=(other_end,), daemon=True)
    with _postponed_interrupts():  # the process inherits that, and never gets any
        process.start()
    other_end.close()
    # As arguments of the process, they would block this one if it ended before it had read them.
    with contextlib.suppress(OSError):  # it has ended, which the next use of the connection tells
        connection.send((target, args))
    return process, connection


def _begin(connection: Connection) -> None:
    """Do in the new process what it is to do."""
    with contextlib.suppress(EOFError, OSError):  # the other process has ended
        target, args = connection.recv()
        target(connection, *args)


def end_process(process: BaseProcess, connection: Connection) -> None:
    """End a process at once."""
    connection.close()
    process.kill()
    process.join(END_TIMEOUT)


@contextlib.contextmanager
def _postponed_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # otherwise the block starts it, which ends the waiting
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""A process beside this one, with a connection to it."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

END_TIMEOUT = 2  # seconds


def start_process(target: Callable[..., None], *args: Any) -> tuple[BaseProcess, Connection]:
    """Call `target(connection, *args)` in a new process; return that process, and the other end of
    the connection, which can no longer be read from or written to once the process has ended.

    The process ends with this one if it uses the connection now and then: that raises EOFError or
    OSError once this process has ended. Ctrl-C is for this process alone. Raises OSError if the
    system cannot start a process.
    """
    context = multiprocessing.get_context("spawn")
    connection, other_end = context.Pipe()
    process = context.Process(target=target, args=(other_end, *args), daemon=True)
    with _ignored_interrupts():  # the process inherits this
        process.start()
    other_end.close()
    return process, connection


def end_process(process: BaseProcess, connection: Connection) -> None:
    """End a process at once."""
    connection.close()
    process.kill()
    process.join(END_TIMEOUT)


@contextlib.contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """Ignore SIGINT for a while, where that can be set."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)

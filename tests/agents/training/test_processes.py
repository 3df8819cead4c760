"""A process beside this one, however it fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

import pytest

from agents.training.batches import Batches, open_batches
from agents.training.processes import end_process, start_process
from game.tasks.packs import load_pack

LARGE = b"x" * 1_000_000  # more than a pipe holds


def answer_size(connection: Connection, data: bytes) -> None:
    connection.send(len(data))


def say_whether_interrupts_are_blocked(connection: Connection) -> None:
    connection.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))


@pytest.fixture
def processes_that_end_at_once() -> Iterator[None]:
    """Have each new process end before it has read anything."""
    resource_tracker.ensure_running()  # it is a process, too
    multiprocessing.set_executable("/bin/false")
    try:
        yield
    finally:
        multiprocessing.set_executable(sys.executable)


def test_a_process_gets_arguments_of_any_size():
    process, connection = start_process(answer_size, LARGE)
    assert connection.recv() == len(LARGE)
    end_process(process, connection)


needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs processes as POSIX has them")


@needs_posix
@pytest.mark.usefixtures("processes_that_end_at_once")
def test_a_process_that_ends_at_once_keeps_nobody_waiting():
    process, connection = start_process(answer_size, LARGE)
    with pytest.raises((EOFError, OSError)):
        connection.recv()
    end_process(process, connection)


@needs_posix
@pytest.mark.usefixtures("processes_that_end_at_once")
def test_training_has_its_batches_where_the_process_ends_at_once():
    batches = Batches(load_pack("boxes").split("train"), 3, seed=0)
    with open_batches(batches, 0, processes=2) as source:
        assert source.batch(0).n_tasks == 3


@needs_posix
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_a_process_starts_is_not_lost(monkeypatch: pytest.MonkeyPatch):
    kind = multiprocessing.get_context("spawn").Process
    start = kind.start

    def start_and_interrupt(process: multiprocessing.process.BaseProcess) -> None:
        start(process)  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(kind, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        start_process(say_whether_interrupts_are_blocked)
    monkeypatch.undo()
    process, connection = start_process(say_whether_interrupts_are_blocked)
    assert connection.recv(), "Ctrl-C reaches the other process"
    end_process(process, connection)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])

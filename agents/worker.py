"""A process of its own for learners, so that the window neither imports torch nor ever waits.

`Worker` is the window's end and imports nothing heavy; `_serve` is the other end.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection

from game.features import TooLargeToSee
from game.feed import Failed, Finished, Message, Ready, Stepped
from game.planner import optimal_return, random_return
from game.tables import GridBatch, TooLarge
from game.tasks import Task, task_rng
from game.trace import AdaptationTrace


class Worker:
    """Adapts agents in another process. A `Feed`: no call ever blocks."""

    def __init__(self, agents: tuple[str, ...], pack: str) -> None:
        """`agents` as `load_agent` takes them, for a pack of this name."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, agents, pack), daemon=True)
        self._process.start()
        theirs.close()  # so that a read ends when the process does
        self._lost = False

    def request(self, number: int, task: Task, seed: int, steps: int) -> None:
        """Drop what is being done and adapt every agent to this task."""
        if not self._lost:
            with contextlib.suppress(OSError):  # `poll` notices that the process is gone
                self._connection.send((number, task, seed, steps))

    def poll(self) -> list[Message]:
        """All that has arrived since the last call."""
        messages: list[Message] = []
        try:
            while not self._lost and self._connection.poll():
                messages.append(self._connection.recv())
        except (EOFError, OSError):
            self._lost = True
            messages.append(Failed(None, "the learner's process ended unexpectedly - start again"))
        return messages

    def close(self) -> None:
        """End the process at once."""
        self._lost = True
        self._connection.close()
        self._process.terminate()
        self._process.join(2)
        if self._process.is_alive():
            self._process.kill()


def _serve(connection: Connection, names: tuple[str, ...], pack: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's to handle
    with contextlib.suppress(EOFError, OSError):  # the window has gone
        _serve_requests(connection, names, pack)


def _serve_requests(connection: Connection, names: tuple[str, ...], pack: str) -> None:
    import torch

    from agents.learner import AgentError
    from agents.runs import load_agent

    torch.set_num_threads(1)
    try:
        for name in names:
            load_agent(name, pack)
    except AgentError as error:
        connection.send(Failed(None, str(error)))
        while True:  # answer, so that the window does not take us for dead
            number, *_ = connection.recv()
            connection.send(Failed(number, str(error)))
    connection.send(Ready(names))
    request = connection.recv()
    while True:
        work = _adapt(names, pack, *request)
        while not connection.poll():
            message = next(work, None)
            if message is None:
                break
            connection.send(message)
        request = connection.recv()


def _adapt(
    names: tuple[str, ...], pack: str, number: int, task: Task, seed: int, steps: int
) -> Iterator[Message]:
    """The agents' steps in turn, so that all curves grow together."""
    from agents.learner import AgentError
    from agents.runs import load_agent

    try:
        agents = [load_agent(name, pack, seed) for name in names]
        batch = GridBatch.of([task.level])
        streams = [a.learner.adapt(batch, [task_rng(seed, task)], steps) for a in agents]
        for _ in range(steps + 1):
            for i, stream in enumerate(streams):
                yield Stepped(number, i, next(stream))
        yield Finished(number)
    except (AgentError, TooLarge, TooLargeToSee) as error:
        yield Failed(number, str(error))


def trace_task(name: str, pack: str, task: Task, seed: int, steps: int) -> AdaptationTrace:
    """The whole adaptation of one agent to one task."""
    from agents.runs import load_agent

    agent = load_agent(name, pack, seed)
    batch = GridBatch.of([task.level])
    taken = list(agent.learner.adapt(batch, [task_rng(seed, task)], steps))
    random, optimal = float(random_return(batch)[0]), float(optimal_return(batch)[0])
    return AdaptationTrace(agent.name, random, optimal, taken)

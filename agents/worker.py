"""A process of its own for learners, so that the window neither imports torch nor ever waits.

`Worker` is the window's end and imports nothing heavy; `_serve` is the other end.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from game.features import TooLargeToSee
from game.feed import Failed, Finished, Message, Ready, Request, Stepped
from game.planner import optimal_return, random_return
from game.tables import GridBatch, TooLarge
from game.tasks import Task, task_rng
from game.trace import AdaptationStep, AdaptationTrace


class Worker:
    """Adapts agents in another process. A `Feed`: no call ever blocks."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that a read ends when the process does
        self._lost = False

    def request(self, request: Request) -> None:
        """Drop what is being done and do this; a process that has died is started again."""
        if self._lost:
            self.close()
            self._start()
        with contextlib.suppress(OSError):  # `poll` notices that the process is gone
            self._connection.send(request)

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


def _serve(connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's to handle
    with contextlib.suppress(EOFError, OSError):  # the window has gone
        _serve_requests(connection)


def _serve_requests(connection: Connection) -> None:
    import torch

    torch.set_num_threads(1)
    connection.send(Ready())
    request = connection.recv()
    while True:
        work = _adapt(request)
        while not connection.poll():
            message = next(work, None)
            if message is None:
                break
            connection.send(message)
        request = connection.recv()


def _adapt(request: Request) -> Iterator[Message]:
    """The agents' steps in turn, so that all curves grow together."""
    from agents.learner import AgentError

    try:
        batch = GridBatch.of([request.task.level])
        streams = [_stream(name, request, batch) for name in request.agents]
        for _ in range(request.steps + 1):
            for i, stream in enumerate(streams):
                yield Stepped(request.number, i, next(stream))
        yield Finished(request.number)
    except (AgentError, TooLarge, TooLargeToSee) as error:
        yield Failed(request.number, str(error))


def _stream(name: str, request: Request, batch: GridBatch) -> Iterator[AdaptationStep]:
    from agents.runs import load_agent

    learner = load_agent(name, request.pack, request.seed).learner
    if request.episodes:
        learner.config = _with_episodes(learner.config, request.episodes)
    return learner.adapt(batch, [task_rng(request.seed, request.task)], request.steps)


def _with_episodes(config: Any, episodes: int) -> Any:
    """A learner's config with so many episodes a step, where its steps have episodes."""
    if hasattr(config, "inner"):
        return replace(config, inner=replace(config.inner, episodes=episodes))
    return replace(config, episodes=episodes) if hasattr(config, "episodes") else config


def trace_task(name: str, pack: str, task: Task, seed: int, steps: int) -> AdaptationTrace:
    """The whole adaptation of one agent to one task."""
    from agents.runs import load_agent

    agent = load_agent(name, pack, seed)
    batch = GridBatch.of([task.level])
    taken = list(agent.learner.adapt(batch, [task_rng(seed, task)], steps))
    random, optimal = float(random_return(batch)[0]), float(optimal_return(batch)[0])
    return AdaptationTrace(agent.name, random, optimal, taken)

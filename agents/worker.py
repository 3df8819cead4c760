"""A process of its own for learners, so that the window neither imports torch nor ever waits.

`Worker` is the window's end and imports nothing heavy; `_serve` is the other end.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Generator, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from game.features import TooLargeToSee
from game.feed import Failed, Finished, Message, Ready, Request, Stepped
from game.planner import optimal_return, random_return
from game.tables import GridBatch, TooLarge
from game.tasks import Task, task_rng
from game.trace import AdaptationStep, AdaptationTrace

if TYPE_CHECKING:
    from agents.learner import Learner


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
    if request.step_size != 1:
        learner.scale_steps(request.step_size)
    return _steps(learner, request, batch)


def _steps(learner: Learner, request: Request, batch: GridBatch) -> Iterator[AdaptationStep]:
    """The steps of an adaptation, through all that changes meanwhile.

    Where the goal moves an agent goes on from what it has learned, if it can (see `inner.adapt`);
    others begin anew, as all do where what was learned is thrown away. What was spent counts on.
    """
    rngs = [task_rng(request.seed, request.task)]
    stream = learner.adapt(batch, rngs, request.steps)
    first = batch  # that the stream was begun with
    begun: AdaptationStep | None = None  # the step at which the stream was begun anew
    yield next(stream)
    for k in range(1, request.steps + 1):
        changes = [one for one in request.changes if one.step == k]
        moved = None
        if any(one.goal for one in changes):
            moved = GridBatch.of([request.task_at(k).level])
        news = _seen(learner, first, moved)
        step = stream.send(news) if isinstance(stream, Generator) else next(stream)
        step = _counted(step, begun)
        batch = moved or batch
        if any(one.goal is None for one in changes) or (moved and not news):
            first = batch
            begun, stream = step, learner.adapt(batch, rngs, request.steps - k)
            step = _counted(next(stream), begun)
        yield step


def _seen(learner: Learner, first: GridBatch, moved: GridBatch | None) -> Any:
    """What to send to an adapting learner, so that it goes on from what it has learned; else None.

    It has inputs for what there was to see at first; what is new beside that, it does not see.
    """
    from agents.gradient import GradientLearner
    from agents.inner import see, see_again

    hidden = moved is not None and moved.tables[0].level.goal == "hidden"
    if moved is None or not hidden or not isinstance(learner, GradientLearner):
        return None
    return moved, see_again(moved, learner.dtype, see(first, learner.dtype)[1])


def _counted(step: AdaptationStep, begun: AdaptationStep | None) -> AdaptationStep:
    """A step of a stream that was begun anew, with what had been spent before."""
    if begun is None:
        return step
    return replace(
        step,
        step=begun.step + step.step,
        episodes=begun.episodes + step.episodes,
        env_steps=begun.env_steps + step.env_steps,
        gradient_steps=begun.gradient_steps + step.gradient_steps,
    )


def _with_episodes(config: Any, episodes: int) -> Any:
    """A learner's config with so many episodes a step, where its steps have episodes."""
    if hasattr(config, "inner"):
        return replace(config, inner=replace(config.inner, episodes=episodes))
    return replace(config, episodes=episodes) if hasattr(config, "episodes") else config


def trace_task(name: str, pack: str, task: Task, seed: int, steps: int) -> AdaptationTrace:
    """The whole adaptation of one agent to one task."""
    return trace(Request(0, task, seed, steps, (name,), pack))[0]


def trace(request: Request) -> list[AdaptationTrace]:
    """All that a request asks for: the same steps as the window gets."""
    from agents.catalog import agent_card

    batch = GridBatch.of([request.task.level])
    moves = [one.step for one in request.changes if one.goal]
    moved = tuple((step, *_bounds(GridBatch.of([request.task_at(step).level]))) for step in moves)
    traces = []
    for name in request.agents:
        card = agent_card(name, request.pack)
        taken = list(_stream(name, request, batch))
        traces.append(AdaptationTrace(card.name, *_bounds(batch), taken, moved))
    return traces


def _bounds(batch: GridBatch) -> tuple[float, float]:
    """The random and the optimal return."""
    return float(random_return(batch)[0]), float(optimal_return(batch)[0])

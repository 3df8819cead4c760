"""A process of its own for learners, so that the window neither imports torch nor ever waits.

`Worker` is the window's end and imports nothing heavy; `_serve` is the other end.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import numpy as np

from game.session.messages import (
    Begun,
    Evaluated,
    Failed,
    Finished,
    Message,
    Ready,
    Request,
    Stepped,
    Stop,
    Trained,
    TrainRequest,
)
from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.pack_file import PackError
from game.tasks.task import Task, task_rng
from game.text.level import LevelError
from game.world.batch import GridBatch
from game.world.features import TooLargeToSee
from game.world.planner import optimal_return, random_return
from game.world.tables import TooLarge

if TYPE_CHECKING:
    from agents.adaptation import TaskChange
    from agents.training.train import Training

LOOK_EACH = 2.5  # seconds of training between two looks at what the learner reaches
LOOK_SHARE = 0.1  # of the time at most for looks
LONGEST_SAVING = 60  # seconds
Train = Callable[[Sequence[str]], "Training"]  # what a command line of `train` asks for


class Worker:
    """Adapts and trains agents in another process. A `Feed`: no call blocks, but `close` waits
    until a training is saved.

    `train` makes the training that a command line asks for; it is sent to that process by its name.
    `learners` are files with learners of one's own (FILE.py:CLASS), which are imported there.
    """

    def __init__(self, train: Train | None = None, learners: Sequence[str] = ()) -> None:
        self._train, self._learners = train, tuple(learners)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._train, self._learners), daemon=True
        )
        ours = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: Ctrl-C is the window's
        self._process.start()
        signal.signal(signal.SIGINT, ours)
        theirs.close()  # so that a read ends when the process does
        self._lost, self._to_save = False, False

    def request(self, request: Request | TrainRequest | Stop) -> None:
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
                self._to_save = self._to_save or isinstance(messages[-1], Begun)
        except (EOFError, OSError):
            self._lost = True
            messages.append(Failed(None, "the learner's process ended unexpectedly - start again"))
        return messages

    def close(self) -> None:
        """End the process: at once, or as soon as a training is saved."""
        self._lost = True
        self._connection.close()
        if self._to_save:  # the process sees that nobody listens any more
            self._process.join(LONGEST_SAVING)
        self._process.terminate()
        self._process.join(2)
        if self._process.is_alive():
            self._process.kill()


def _serve(connection: Connection, train: Train | None, learners: Sequence[str]) -> None:
    from agents.registry import register_files

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where that is not inherited
    register_files(learners)
    with contextlib.suppress(EOFError, OSError):  # the window has gone
        _serve_requests(connection, train)


def _serve_requests(connection: Connection, train: Train | None) -> None:
    import torch

    torch.set_num_threads(1)
    connection.send(Ready())
    request = connection.recv()
    while True:
        with contextlib.closing(_work(request, train)) as work:  # a training that ends is saved
            while not connection.poll():
                message = next(work, None)
                if message is None:
                    break
                connection.send(message)
        request = connection.recv()


def _work(
    request: Request | TrainRequest | Stop, train: Train | None
) -> Generator[Message, None, None]:
    if isinstance(request, Request):
        yield from _adapt(request)
    elif isinstance(request, TrainRequest):
        assert train
        yield from _meta_train(request, train)
    else:
        yield Finished(request.number)


def _meta_train(request: TrainRequest, train: Train) -> Iterator[Message]:
    """The training as it goes on. However it ends, it is saved before the last message."""
    from agents.learner import AgentError, Diverged
    from agents.training.train import Update

    number = request.number
    try:
        training = train(request.args)
        sample = _sample_of(training)
        config = training.config
        yield Begun(
            number,
            training.learner_name,
            training.pack.path,
            training.pack.title,
            training.out,
            sample,
            config.iterations,
            config.minutes,
        )
    except (AgentError, PackError, LevelError, TooLarge, OSError, ValueError) as error:
        yield Failed(number, str(error))
        return
    due, failure = 0.0, ""
    try:
        for event in training.run():
            if isinstance(event, Update):
                at = event.iteration, event.progress, event.seconds, event.env_steps
                yield Trained(number, *at)
            if time.monotonic() >= due:
                began = time.monotonic()
                yield _looked(number, training, sample)
                now = time.monotonic()
                due = now + max(LOOK_EACH, (now - began) / LOOK_SHARE)
        yield _looked(number, training, sample)
    except (Diverged, AgentError, OSError) as error:
        failure = f"{error}; what was best before is in {training.out}"
    finally:
        training.save()
    yield Failed(number, failure) if failure else Finished(number)


def _sample_of(training: Training) -> Task:
    """A task to show the learner on: one for validation, or else for training."""
    tasks = training.validation_tasks
    train = training.pack.split("train")
    return tasks[0] if tasks else train.sample(1, np.random.default_rng(0))[0]


def _looked(number: int, training: Training, sample: Task) -> Evaluated:
    """What the learner reaches as it is now."""
    learner, at = training.learner, training.at
    batch, rngs = GridBatch.of([sample.level]), [task_rng(0, sample)]
    steps = tuple(learner.adapt(batch, rngs, max(learner.judged)))
    return Evaluated(number, at.iteration, at.seconds, training.look(), steps)


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
    """One agent's adaptation, as a request wants it."""
    from agents.adaptation import adapt_through
    from agents.runs import load_agent

    learner = load_agent(name, request.pack, request.seed).learner
    if request.episodes:
        learner = learner.with_episodes(request.episodes)
    if request.step_size != 1:
        learner.scale_steps(request.step_size)
    rngs = [task_rng(request.seed, request.task)]
    return adapt_through(learner, batch, rngs, request.steps, _changes(request))


def _changes(request: Request) -> dict[int, TaskChange]:
    """What happens at which adaptation step."""
    from agents.adaptation import TaskChange

    found: dict[int, TaskChange] = {}
    for step in sorted({one.step for one in request.changes}):
        here = [one for one in request.changes if one.step == step]
        moved = any(one.goal for one in here)
        tasks = GridBatch.of([request.task_at(step).level]) if moved else None
        found[step] = TaskChange(tasks, forget=any(one.goal is None for one in here))
    return found


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

"""A separate process for learners, so that the window never imports torch and never waits.

`Worker` is the window's side and imports nothing heavy; `_serve` runs in the other process.
Whatever goes wrong there becomes a `Failed` message, and the process serves the next request. If it
dies, the next request starts another one.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.training.processes import end_process, ignore_signals, start_process
from game.session.messages import (
    AgentNote,
    Asked,
    Begun,
    Doing,
    Evaluated,
    Failed,
    Finished,
    Message,
    Phase,
    Ready,
    Request,
    Stepped,
    TasksAdapting,
    TasksRequest,
    TasksStepped,
    Trained,
    TrainRequest,
    labels,
    unexpected,
)
from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.pack_file import PackError
from game.tasks.packs import load_pack
from game.tasks.task import Task, task_rng
from game.text.level import LevelError
from game.world.batch import GridBatch
from game.world.features import CannotObserve
from game.world.planner import baseline_returns
from game.world.tables import TooLarge

if TYPE_CHECKING:
    from agents.adaptation import TaskChange
    from agents.learner import Learner
    from agents.training.train import Training

EVALUATION_INTERVAL = 2.5  # seconds of training between two evaluations, at least
EVALUATION_SHARE = 0.1  # share of the time that evaluations may take
SAVE_TIMEOUT = 60  # seconds
Tell = Callable[[Message], None]  # sends a message at once
Train = Callable[[Sequence[str]], "Training"]  # from a command line of `train` to its run


class Worker:
    """A `Feed` that adapts and trains agents in another process.

    No call blocks, except that `close` waits until training is saved. `train` turns a command line
    into a training run; it is pickled by name. `learners` are the user's own learners
    (FILE.py:CLASS), which the other process imports.
    """

    def __init__(self, train: Train | None = None, learners: Sequence[str] = ()) -> None:
        self._train, self._learners = train, tuple(learners)
        self._unread: list[Message] = []
        self._start()

    def _start(self) -> None:
        """Start the process. Raises OSError if the system cannot."""
        arguments = self._train, self._learners
        self._process, self._connection = start_process(_serve, *arguments)
        self._lost, self._saves_on_close = False, False
        self._requests: queue.SimpleQueue[Asked | None]
        self._requests = queue.SimpleQueue()
        ends = self._connection, self._requests
        threading.Thread(target=_send_requests, args=ends, daemon=True).start()

    def request(self, request: Asked) -> None:
        """Replace the current request by this one; restart the process if it has died."""
        if self._lost:
            self.close()
            try:
                self._start()
            except OSError as error:  # no memory, or too many processes
                what = f"the learner's process cannot be started ({error})"
                self._unread.append(Failed(None, f"{what} - close other programs and try again"))
                return
        self._requests.put(request)

    def poll(self) -> list[Message]:
        """Return all messages since the last call."""
        messages, self._unread = self._unread, []
        try:
            while not self._lost and self._connection.poll():
                messages.append(_unpickled(self._connection.recv_bytes()))
                self._saves_on_close = self._saves_on_close or _is_kept(messages[-1])
        except (EOFError, OSError):
            self._lost = True
            messages.append(Failed(None, "the learner's process ended unexpectedly - start again"))
        return messages

    def close(self) -> None:
        """End the process, as soon as a training run is saved."""
        self._lost = True
        self._requests.put(None)
        self._connection.close()
        if self._saves_on_close:  # the process notices that the connection is closed
            self._process.join(SAVE_TIMEOUT)
        end_process(self._process, self._connection)


def _send_requests(connection: Connection, requests: queue.SimpleQueue[Any]) -> None:
    """Send requests, up to None.

    This runs in a thread of its own: a pipe may be full for as long as the other process works on
    one step, and that process may itself wait for the window to read.
    """
    with contextlib.suppress(OSError, TypeError):  # the connection is closed: `poll` reports it
        while (request := requests.get()) is not None:
            connection.send(request)


def _is_kept(message: Message) -> bool:
    """Whether a training has begun whose agent is kept."""
    return isinstance(message, Begun) and message.is_kept


def _unpickled(data: bytes) -> Message:
    """Return a message of the other process, or the failure to read it."""
    try:
        message: Message = pickle.loads(data)
        return message
    except Exception as error:  # of code that is known in the other process alone
        return Failed(None, f"the window cannot read the learner's answer: {unexpected(error)}")


def _serve(connection: Connection, train: Train | None, learners: Sequence[str]) -> None:
    """Run the worker's process until the window closes the connection; see `start_process`."""
    ignore_signals("SIGINT", "SIGTERM", "SIGHUP")  # the window gets them, closes the connection
    _register(learners, connection)
    _serve_requests(connection, train)


def _register(learners: Sequence[str], connection: Connection) -> None:
    """Register the user's own learners; where that fails, only their agents cannot be used."""
    from agents.learner_registry import register_files

    try:
        register_files(learners)
    except BaseException as error:
        connection.send(Failed(None, _text_of(error)))


def _serve_requests(connection: Connection, train: Train | None) -> None:
    """Answer requests one at a time; a new request interrupts the current one."""
    from agents.torch_start import load_torch

    load_torch()
    connection.send(Ready())
    request = connection.recv()
    while True:
        _serve_one(request, connection, train)
        request = connection.recv()


def _serve_one(request: Asked, connection: Connection, train: Train | None) -> None:
    """Answer a request until the next one arrives. Whatever fails is sent as the last message.

    Raises OSError if the window has closed the connection.
    """
    try:
        tell = partial(_tell, connection)
        messages = _answer(request, train, tell)
        with contextlib.closing(messages):  # closing saves training
            while not connection.poll():
                message = next(messages, None)
                if message is None:
                    break
                data = pickle.dumps(message)  # fails before anything of it is sent
                _send(data, connection)
    except _Closed:
        raise
    except BaseException as error:  # even SystemExit, from the code of a learner
        text = _text_of(error)
        try:
            _send(pickle.dumps(Failed(request.number, text)), connection)
        except _Closed:
            print(text, file=sys.stderr)
            raise


class _Closed(OSError):
    """The window has closed the connection."""


def _send(data: bytes, connection: Connection) -> None:
    """Send a pickled message. Raises _Closed."""
    try:
        connection.send_bytes(data)
    except OSError as error:
        raise _Closed from error


def _tell(connection: Connection, message: Message) -> None:
    """Send a message in the midst of work. If the connection is closed, the next message that the
    work yields says so."""
    with contextlib.suppress(_Closed):
        _send(pickle.dumps(message), connection)


def _text_of(error: BaseException) -> str:
    """Return what the window says of an error. One that nobody foresees is printed as well: the
    author of an external learner needs the traceback."""
    from agents.learner import AgentError, Diverged

    known = (AgentError, Diverged, PackError, LevelError, TooLarge, CannotObserve, OSError)
    if isinstance(error, known):
        return str(error)
    traceback.print_exception(error)
    return f"the learner failed: {unexpected(error)}"


def _answer(request: Asked, train: Train | None, tell: Tell) -> Generator[Message, None, None]:
    """Yield the messages that answer a request, and `tell` those that come in the midst of work.

    Raises whatever goes wrong.
    """
    if isinstance(request, Request):
        yield from _adapt(request)
    elif isinstance(request, TasksRequest):
        yield from _adapt_to_tasks(request)
    elif isinstance(request, TrainRequest):
        assert train
        yield from _meta_train(request, train, tell)
    yield Finished(request.number)


def _meta_train(request: TrainRequest, train: Train, tell: Tell) -> Iterator[Message]:
    """Train, and yield its messages. However training ends, it is saved before the last one."""
    from agents.learner import AgentError

    number = request.number
    try:
        training = train(request.args)
    except ValueError as error:  # an option out of its range
        raise AgentError(str(error)) from None
    training.on_phase = lambda phase: tell(Doing(number, phase))
    with training.opened():
        yield from _train_and_save(number, training)


def _train_and_save(number: int, training: Training) -> Iterator[Message]:
    """Train, and save however training ends."""
    from agents.learner import AgentError

    sample = _sample_task(training)
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
        config.tasks,
        _different_tasks(training),
    )
    try:
        yield from _train_to_the_end(number, training, sample)
    except GeneratorExit:
        training.save()
        raise
    except BaseException as error:
        best = f"; the best agent before that is in {training.out}" if training.agent_saved else ""
        with contextlib.suppress(Exception):  # the first error is the one to report
            training.save()
        if isinstance(error, (AgentError, OSError)):
            raise AgentError(f"{error}{best}") from error
        raise
    training.save()


def _train_to_the_end(number: int, training: Training, sample: Task) -> Iterator[Message]:
    """Train, and yield the progress and an evaluation from time to time."""
    from agents.training.train import Update

    next_evaluation = 0.0
    for event in training.run():
        if isinstance(event, Update):
            yield Trained(number, event.iteration, event.progress, event.seconds, event.env_steps)
        if time.monotonic() >= next_evaluation:
            began = time.monotonic()
            yield _evaluate_now(number, training, sample)
            now = time.monotonic()
            pause = max(EVALUATION_INTERVAL, (now - began) / EVALUATION_SHARE)
            next_evaluation = now + pause
    yield _evaluate_now(number, training, sample)


def _different_tasks(training: Training) -> int:
    """Return the number of tasks that training draws from; 0 if there is no end of them."""
    train = training.pack.split("train")
    return 0 if train.unlimited else len(train.tasks)


def _sample_task(training: Training) -> Task:
    """Return the task that the window shows: a validation task, or else a training task."""
    tasks = training.validation_tasks
    train = training.pack.split("train")
    return tasks[0] if tasks else train.sample(1, np.random.default_rng(0))[0]


def _evaluate_now(number: int, training: Training, sample: Task) -> Evaluated:
    """Evaluate the learner as it is now, on validation tasks and on the sample task."""
    training.on_phase(Phase.EVALUATION)
    learner, status = training.learner, training.status
    batch, rngs = GridBatch.of([sample.level]), [task_rng(0, sample)]
    adaptation = learner.adapt(batch, rngs, max(learner.judged))
    steps = tuple(_checked(training.learner_name, adaptation, batch, {}))
    scores = training.evaluate_now()
    return Evaluated(number, status.iteration, status.seconds, scores, steps)


def _adapt(request: Request) -> Iterator[Message]:
    """Adapt all agents, one step of each in turn, so that their curves grow together."""
    batch = GridBatch.of([request.task.level])
    streams: dict[int, Iterator[AdaptationStep]] = {}
    for _ in range(request.steps + 1):
        for i in range(len(request.agents)):
            if i not in streams:
                streams[i] = yield from _stream(i, request, batch)
            yield Stepped(request.number, i, next(streams[i]))


def _adapt_to_tasks(asked: TasksRequest) -> Iterator[Message]:
    """Adapt all agents to several tasks, one step of each in turn."""
    from agents.training.many_tasks import steps_of

    streams: dict[int, Iterator[TasksAdapting | TasksStepped]] = {}
    for _ in range(asked.request.steps + 1):
        for agent, name in enumerate(asked.request.agents):
            if agent not in streams:
                learner = yield from _set_learner(agent, asked.request)
                streams[agent] = steps_of(agent, learner, asked, partial(_checked, name))
            for message in streams[agent]:
                yield message
                if isinstance(message, TasksStepped):
                    break


def _stream(
    agent: int, request: Request, batch: GridBatch
) -> Generator[AgentNote, None, Iterator[AdaptationStep]]:
    """Return the adaptation steps of the request's agent with this index.

    Yields notes meanwhile, so that a new request can interrupt the choice of a step size.
    """
    from agents.adaptation import adapt_through

    learner = yield from _set_learner(agent, request)
    rngs, changes = [task_rng(request.seed, request.task)], _changes(request)
    steps = adapt_through(learner, batch, rngs, request.steps, changes)
    return _checked(request.agents[agent], steps, batch, changes)


def _checked(
    name: str,
    steps: Iterable[AdaptationStep],
    batch: GridBatch,
    changes: Mapping[int, TaskChange] = MappingProxyType({}),
) -> Iterator[AdaptationStep]:
    """Yield an agent's steps, or raise AgentError at one that the window could not draw."""
    from agents.learner import AgentError
    from agents.step_check import check_step

    for k, step in enumerate(steps):
        changed = changes[k].tasks if k in changes else None
        batch = changed or batch
        try:
            check_step(step, k, batch)
        except AgentError as error:
            raise AgentError(f"{name}: {error}") from None
        yield step


def _set_learner(agent: int, request: Request) -> Generator[AgentNote, None, Learner]:
    """Return the learner of the request's agent with this index, with the request's settings."""
    learner = yield from _learner(agent, request)
    if request.episodes:
        learner = learner.with_episodes(request.episodes)
    if request.step_size != 1:
        learner.scale_steps(request.step_size)
    return learner


def _learner(agent: int, request: Request) -> Generator[AgentNote, None, Learner]:
    """Return the learner of the request's agent with this index; the step size of scratch is tuned
    first, with notes about it."""
    from agents.runs import load_agent
    from agents.scratch_agents import is_scratch
    from agents.training.scratch_baseline import tune_scratch

    name = request.agents[agent]
    if not is_scratch(name):
        return load_agent(name, request.pack, request.seed).learner
    place = request.path or request.pack
    for scratch in tune_scratch(name, load_pack(place) if place else None):
        yield AgentNote(request.number, agent, scratch.text)
    return scratch.learner(request.seed)


def _changes(request: Request) -> dict[int, TaskChange]:
    """Return a request's changes of the task by adaptation step."""
    from agents.adaptation import TaskChange

    changes: dict[int, TaskChange] = {}
    for step in sorted({one.step for one in request.changes}):
        at_step = [one for one in request.changes if one.step == step]
        moved = any(one.goal for one in at_step)
        tasks = GridBatch.of([request.task_at(step).level]) if moved else None
        changes[step] = TaskChange(tasks, forget=any(one.goal is None for one in at_step))
    return changes


def trace_task(name: str, pack: str, task: Task, seed: int, steps: int) -> AdaptationTrace:
    """Return the complete adaptation of one agent to one task."""
    return trace(Request(0, task, seed, steps, (name,), pack))[0]


def trace(request: Request) -> list[AdaptationTrace]:
    """Return the complete adaptations of a request: the same steps as the window gets."""
    from agents.agent_catalog import agent_card
    from agents.scratch_agents import with_scratch

    request = replace(request, agents=tuple(with_scratch(request.agents, request.pack)))
    batch = GridBatch.of([request.task.level])
    steps = [one.step for one in request.changes if one.goal]
    levels = {step: request.task_at(step).level for step in steps}
    moved = tuple((step, *_baselines(GridBatch.of([levels[step]]))) for step in steps)
    traces = []
    names = labels([agent_card(name, request.pack) for name in request.agents])
    for agent, name in enumerate(names):
        note, stream = _finish(_stream(agent, request, batch))
        traces.append(AdaptationTrace(name, *_baselines(batch), list(stream), moved, note))
    return traces


def trace_tasks(asked: TasksRequest) -> Iterator[TasksStepped]:
    """Yield the adaptation steps of all agents on many tasks: the same as the window gets."""
    from agents.scratch_agents import with_scratch

    request = asked.request
    agents = tuple(with_scratch(request.agents, request.pack))
    for message in _adapt_to_tasks(replace(asked, request=replace(request, agents=agents))):
        if isinstance(message, TasksStepped):
            yield message


def _finish(
    stream: Generator[AgentNote, None, Iterator[AdaptationStep]],
) -> tuple[str, Iterator[AdaptationStep]]:
    """Return the last note of a stream that is being prepared, and the stream."""
    note = ""
    while True:
        try:
            note = next(stream).text
        except StopIteration as end:
            return note, end.value


def _baselines(batch: GridBatch) -> tuple[float, float]:
    """Return the random and the optimal return of a batch of one task."""
    baselines = baseline_returns(batch)
    return float(baselines.random[0]), float(baselines.optimal[0])

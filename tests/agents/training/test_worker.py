"""The learner's process sends the window exactly the steps that a headless run computes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from agents.learner import AgentError
from agents.runs import load_agent
from agents.step_check import check_step
from agents.training.train import Update
from agents.training.train_config import TrainConfig
from agents.training.worker import Train, Worker, _answer, _serve_one, _unpickled, trace_task
from commands.train import training_of
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
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.reading import parse
from game.world.batch import GridBatch
from tests.view_data import experience

ROOT = Path(__file__).resolve().parents[3]
TASKS = load_pack("goals-5x5").split("test").tasks
AGENTS = ("maml-mazes-9x9", "scratch")


def wait(worker: Worker, kind: type, seconds: float = 60) -> list[Message]:
    """All messages up to the first of a kind."""
    messages: list[Message] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        messages += worker.poll()
        if any(isinstance(message, kind) for message in messages):
            return messages
        time.sleep(0.01)
    raise AssertionError(f"no {kind.__name__} within {seconds} s: {messages}")


@pytest.fixture(scope="module")
def worker():
    started = Worker()
    wait(started, Ready)
    yield started
    started.close()


def test_the_worker_sends_the_steps_of_a_headless_trace(worker: Worker):
    worker.request(Request(1, TASKS[0], 4, 2, AGENTS, "goals-5x5"))
    messages = wait(worker, Finished)
    for index, name in enumerate(AGENTS):
        steps = [m.step for m in messages if isinstance(m, Stepped) and m.agent == index]
        expected = trace_task(name, "goals-5x5", TASKS[0], 4, 2)
        assert expected.name == name
        for a, b in zip(steps, expected.steps, strict=True):
            assert all(np.array_equal(getattr(a, key), getattr(b, key)) for key in vars(a))


def test_a_new_request_replaces_the_old_one(worker: Worker):
    worker.request(Request(2, TASKS[1], 0, 1000, AGENTS))
    worker.request(Request(3, TASKS[2], 0, 1, AGENTS))
    messages = wait(worker, Finished)
    assert messages[-1] == Finished(3)
    numbers = [m.number for m in messages if isinstance(m, Stepped)]
    assert numbers.count(3) == 4
    assert numbers.count(2) < 2000


def test_a_level_that_is_too_large_fails_without_affecting_others(worker: Worker):
    wide = Task(parse("map:\n@" + "." * 20 + "G\n"), "wide")
    worker.request(Request(4, wide, 0, 1, AGENTS))
    (failed,) = [m for m in wait(worker, Failed) if isinstance(m, Failed)]
    assert failed.number == 4
    assert "1 x 22" in failed.text
    worker.request(Request(5, TASKS[0], 0, 0, AGENTS))
    assert wait(worker, Finished)[-1] == Finished(5)


def test_an_agent_that_cannot_be_loaded_is_reported_and_the_worker_continues(worker: Worker):
    worker.request(Request(6, TASKS[0], 0, 1, ("nobody",), "goals-5x5"))
    (failed,) = [m for m in wait(worker, Failed) if isinstance(m, Failed)]
    assert failed.number == 6
    assert "no such run or agent" in failed.text
    worker.request(Request(7, TASKS[0], 0, 0, ("scratch",)))
    assert wait(worker, Finished)[-1] == Finished(7)


def test_a_request_sets_the_episodes_of_a_step(worker: Worker):
    worker.request(Request(8, TASKS[0], 0, 2, AGENTS, "goals-5x5", episodes=3))
    steps = [m.step for m in wait(worker, Finished) if isinstance(m, Stepped) and m.agent == 0]
    assert [step.episodes for step in steps] == [0, 3, 6]


def test_a_worker_that_dies_is_reported_and_restarts_on_the_next_request():
    worker = Worker()
    try:
        worker._process.kill()
        (failed,) = wait(worker, Failed)
        assert isinstance(failed, Failed)
        assert failed.number is None
        worker.request(Request(1, TASKS[0], 0, 0, ("scratch",)))
        assert wait(worker, Finished)[-1] == Finished(1)
    finally:
        worker.close()


class SpoiltTraining:
    """A training that fails where a test says so."""

    learner_name: object = "maml"
    out, agent_saved = Path("run"), False

    def __init__(self, *at: str) -> None:
        self.at, self.pack = at, load_pack("goals-5x5")
        self.config, self.validation_tasks = TrainConfig(), TASKS
        if "send" in at:
            self.learner_name = lambda: 0  # cannot be pickled

    def opened(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def run(self) -> Iterator[Update]:
        yield Update(1, 0.1, 1.0, 10, {})
        if "run" in self.at:
            raise RecursionError("too deep")
        while True:
            yield Update(2, 0.2, 2.0, 20, {})

    def save(self) -> None:
        if "save" in self.at:
            raise OSError("the disk is full")


def served(train: Callable[[Sequence[str]], object]) -> list[Message]:
    """The messages that a request to train is answered with, here and in this process."""
    window, other = multiprocessing.Pipe()
    _serve_one(TrainRequest(1, ()), other, train)  # type: ignore[arg-type]
    found = []
    while window.poll():
        found.append(window.recv())
    return found


def refuse(args: Sequence[str]) -> object:
    sys.exit("no such option")


@pytest.mark.parametrize(
    ("train", "text"),
    [
        (refuse, "SystemExit: no such option"),
        (lambda args: 1 / 0, "ZeroDivisionError"),
        (lambda args: SpoiltTraining("send"), "pickle"),
        (lambda args: SpoiltTraining("run", "save"), "RecursionError: too deep"),
    ],
)
def test_any_error_becomes_a_message(
    train: Callable[[Sequence[str]], object], text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("agents.training.worker._evaluate_now", lambda *facts: Stop(1))
    failed = served(train)[-1]
    assert isinstance(failed, Failed)
    assert failed.number == 1
    assert text in failed.text


def test_a_stopped_training_that_cannot_be_saved_says_so():
    train = cast(Train, lambda args: SpoiltTraining("save"))
    messages = _answer(TrainRequest(1, ()), train, lambda message: None)
    assert isinstance(next(messages), Begun)
    assert isinstance(next(messages), Trained)
    with pytest.raises(OSError, match="the disk is full"):
        messages.close()


def test_an_answer_that_the_window_cannot_read_is_a_failure():
    foreign = pickle.dumps(Finished(1)).replace(b"Finished", b"Finishes")
    assert isinstance(failed := _unpickled(foreign), Failed)
    assert "Finishes" in failed.text


def maps(**changes: object) -> dict[str, object]:
    """Return the change of a step's maps to some with these changes."""
    return {"maps": replace(experience(TASKS[0]), **changes)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"step": 3}, "'step' is 3"),
        ({"episodes": None}, "'episodes' is None"),
        ({"moves": np.zeros((1, 2), int)}, "'moves' has the shape (1, 2), not (1, episodes, 20)"),
        ({"paths": np.full((1, 2, 21), 999)}, "'paths' has values"),
        ({"action_probs": [[0.2]]}, "'action_probs' is no numpy array"),
        ({"return_sampled": np.array([np.nan])}, "'return_sampled' is not finite"),
        ({"maps": {}}, "'maps' are no ExperienceMaps, but of type dict"),
        (maps(deaths=np.zeros((1, 4))), "'maps.deaths' has the shape (1, 4), not (1, 25)"),
        (maps(paid=np.full((1, 25), np.inf)), "'maps.paid' is not finite"),
        (maps(controls=None), "'maps.controls' is no numpy array"),
    ],
)
def test_steps_that_cannot_be_drawn_are_refused(change: dict[str, object], text: str):
    step = trace_task("random", "goals-5x5", TASKS[0], 0, 0).steps[0]
    batch = GridBatch.of([TASKS[0].level])
    check_step(replace(step, **maps()), 0, batch)  # type: ignore[arg-type]
    with pytest.raises(AgentError, match=re.escape(text)):
        check_step(replace(step, **change), 0, batch)  # type: ignore[arg-type]


def test_requests_never_wait_for_the_other_process():
    """A stopped process reads nothing: the pipe is full after some large levels."""
    worker = Worker()
    try:
        os.kill(worker._process.pid or 0, signal.SIGSTOP)
        rows = "\n".join(["." * 100] * 80)
        large = Task(parse(f"map:\n{rows}\n@G" + "." * 98 + "\n"), "large")
        began = time.monotonic()
        for number in range(75):
            worker.request(Request(number, large, 0, 0, ("random",)))
        assert time.monotonic() - began < 1
    finally:
        os.kill(worker._process.pid or 0, signal.SIGKILL)
        worker.close()


def test_closing_leaves_no_process_behind():
    worker = Worker()
    worker.close()
    assert not worker._process.is_alive()


def test_closing_before_training_starts_does_not_wait(tmp_path: Path):
    closed = Worker(training_of)
    closed.request(TrainRequest(1, ("train", "goals-5x5", "--out", str(tmp_path))))
    closed.close()
    assert closed._process.exitcode == -signal.SIGKILL


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_the_worker_ignores_ctrl_c_from_its_start():
    """A terminal sends SIGINT to both processes; the worker never gets it, even while importing."""
    before = signal.getsignal(signal.SIGINT)
    started = Worker()
    status = Path(f"/proc/{started._process.pid}/status").read_text()
    started.close()
    (blocked,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    assert int(blocked, 16) & 1 << signal.SIGINT - 1
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize("name", ["agents", "commands", "game"])
def test_our_packages_take_precedence_over_others_of_the_same_name(name: str, tmp_path: Path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise ImportError('not ours')")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; sys.path.append({str(ROOT)!r})\n"
        f"import main, {name}; print({name}.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).parent == ROOT / name


# --- training


def wait_for_training(worker: Worker, number: int, out: Path, *more: str) -> list[Message]:
    args = ("train", "goals-5x5", "--tasks", "2", "--out", str(out), *more)
    worker.request(TrainRequest(number, args))
    return wait(worker, Trained)


def test_training_reports_its_progress_and_a_stop_saves_it(tmp_path: Path):
    worker = Worker(training_of)
    messages = wait_for_training(worker, 1, tmp_path / "run")
    messages += wait(worker, Evaluated)
    worker.request(Stop(1))
    assert wait(worker, Finished)[-1] == Finished(1)
    begun = next(one for one in messages if isinstance(one, Begun))
    assert (begun.learner, begun.out) == ("maml", tmp_path / "run")
    evaluated = next(one for one in messages if isinstance(one, Evaluated))
    assert len(evaluated.scores) == len(evaluated.steps) == 6
    assert load_agent(str(tmp_path / "run")).pack == "goals-5x5"
    wait_for_training(worker, 2, tmp_path / "other")
    worker.close()  # as the window does
    assert load_agent(str(tmp_path / "other")).pack == "goals-5x5"


def test_evaluations_do_not_affect_training(tmp_path: Path):
    """The agent equals, bit for bit, the agent of a training run without a window."""
    args = ["train", "goals-5x5", "--tasks", "2", "--iterations", "2", "--learner", "reptile"]
    args += ["--episodes", "5", "--hidden", "8"]
    worker = Worker(training_of)
    worker.request(TrainRequest(1, (*args, "--out", str(tmp_path / "shown"))))
    wait(worker, Finished)
    worker.close()
    training = training_of([*args, "--out", str(tmp_path / "plain")])
    list(training.run())
    shown, plain = (load_agent(str(tmp_path / name)).learner.state() for name in ("shown", "plain"))
    assert all(np.array_equal(shown[key], plain[key]) for key in plain)


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--bogus", "1"], "bogus"), (["--tasks", "0"], "at least 1"), (["--lr", "x"], "x")],
)
def test_invalid_training_options_are_reported(tmp_path: Path, more: list[str], message: str):
    with pytest.raises(AgentError, match=message):
        training_of(["train", "goals-5x5", "--out", str(tmp_path), *more])

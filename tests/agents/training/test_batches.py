"""Batches made ahead by a second process are those that one process makes, whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.learner import Arrays
from agents.learner_registry import make_learner
from agents.training import batches as batches_module
from agents.training.batches import Batches, BatchesAhead, open_batches
from agents.training.train import Training, Update
from agents.training.train_config import TrainConfig
from game.tasks.distribution import TaskDistribution
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.world.batch import GridBatch

ITERATIONS = {"maml": 20, "rl2": 4}
SMALL: dict[str, dict[str, Any]] = {
    "maml": {"hidden": (8,)},
    "rl2": {"width": 8, "episodes": 2, "trials": 2},
}
ENDED = 20.0  # seconds within which a process has ended


def trained(out: Path, learner: str, pack: str, processes: int) -> Arrays:
    """Return all that training depends on after some iterations."""
    made = make_learner(learner, 0, **SMALL[learner])
    config = TrainConfig(iterations=ITERATIONS[learner], tasks=4, validations=1, validation_tasks=1)
    training = Training(made, learner, load_pack(pack), config, out, processes=processes)
    assert sum(isinstance(event, Update) for event in training.run()) == ITERATIONS[learner]
    return made.checkpoint()


def assert_same(one: Arrays, other: Arrays) -> None:
    """Raise AssertionError where arrays differ in a bit."""
    assert one.keys() == other.keys()
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


@pytest.mark.parametrize("learner", SMALL)
@pytest.mark.parametrize("pack", ["mazes-9x9", "goals-5x5"])  # new tasks, and a list of tasks
def test_two_processes_train_the_same_parameters(learner: str, pack: str, tmp_path: Path):
    alone = trained(tmp_path / "one", learner, pack, 1)
    assert_same(alone, trained(tmp_path / "two", learner, pack, 2))


def batches(split: TaskDistribution | None = None) -> Batches:
    return Batches(split or load_pack("mazes-9x9").split("train"), 3, seed=5)


def assert_same_batch(one: GridBatch, other: GridBatch) -> None:
    assert [t.level for t in one.tables] == [t.level for t in other.tables]
    assert np.array_equal(one.next_state, other.next_state)
    assert np.array_equal(one.reward, other.reward)


def test_they_begin_at_any_iteration_and_hold_what_learners_want():
    with open_batches(batches(), 7, processes=2) as source:
        assert isinstance(source, BatchesAhead)
        for iteration in (7, 8, 9):
            batch = source.batch(iteration)
            assert_same_batch(batch, batches().batch(iteration))
            assert {name for name, *_ in batch.results} == {"_observe_batch", "baseline_returns"}


def test_levels_read_as_graphs_come_in_batches_of_similar_size():
    split = load_pack("mazes-9x9").split("train")
    with open_batches(Batches(split, 3, 5, sees_graph=True), 3, processes=2) as source:
        assert isinstance(source, BatchesAhead)
        ahead = [source.batch(iteration) for iteration in (3, 4, 5, 6, 7)]
    assert {name for name, *_ in ahead[0].results} >= {"shown_inputs", "baseline_returns"}
    alone = Batches(split, 3, 5, sees_graph=True)
    assert_same_batch(ahead[4], alone.batch(7))
    sizes = sorted([table.n_states for table in batch.tables] for batch in ahead[1:])
    assert all(one[-1] <= other[0] for one, other in pairwise(sizes))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_this_process_goes_on_alone_where_the_other_one_is_killed():
    with open_batches(batches(), 0, processes=2) as source:
        assert isinstance(source, BatchesAhead)
        source.batch(0)
        assert source._process
        os.kill(source._process.pid or 0, signal.SIGKILL)
        for iteration in (1, 2, 3):  # one may have been sent before
            assert_same_batch(source.batch(iteration), batches().batch(iteration))


def no_level(rng: np.random.Generator) -> Task:
    raise LookupError("no level is left")


def test_an_error_of_the_other_process_is_met_here():
    with open_batches(batches(TaskDistribution("train", draw=no_level)), 0, processes=2) as source:
        assert isinstance(source, BatchesAhead)
        with pytest.raises(LookupError, match="no level is left"):
            source.batch(0)


@pytest.mark.parametrize("n_cores", [1, 2])
def test_a_second_process_is_of_use_on_a_second_core(n_cores: int, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(n_cores)), raising=False)
    assert batches_module.useful_processes() == n_cores


def test_one_process_makes_the_batches_where_a_second_one_cannot_be(monkeypatch):
    with open_batches(batches(), 0, processes=1) as source:
        assert isinstance(source, Batches)

    def refuse(*args: object) -> None:
        raise OSError("too many processes")

    monkeypatch.setattr(batches_module, "start_process", refuse)
    with open_batches(batches(), 0, processes=2) as source:
        assert isinstance(source, Batches)


def test_the_process_ends_with_the_training(tmp_path: Path):
    config = TrainConfig(iterations=9, tasks=2, validations=1, validation_tasks=1)
    learner, pack = make_learner("maml", 0, hidden=(8,)), load_pack("mazes-9x9")
    events = Training(learner, "maml", pack, config, tmp_path, processes=2).run()
    next(events)
    assert multiprocessing.active_children()
    events.close()
    assert not multiprocessing.active_children()


PARENT = """
import sys, time
from agents.training.batches import Batches, BatchesAhead
from game.tasks.packs import load_pack
if __name__ == "__main__":
    ahead = BatchesAhead(Batches(load_pack("mazes-9x9").split("train"), 3, 0), 0)
    if sys.argv[1] == "used":
        ahead.batch(0)
    print(ahead._process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("when", ["used", "new"])
def test_the_process_ends_when_its_parent_is_killed(signal_name: str, when: str, tmp_path: Path):
    (tmp_path / "parent.py").write_text(PARENT)
    command = [sys.executable, str(tmp_path / "parent.py"), when]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as p:
        assert p.stdout
        child = int(p.stdout.readline())
        assert is_running(child)
        p.send_signal(getattr(signal, signal_name))
        p.wait(ENDED)
    until = time.monotonic() + ENDED
    while is_running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

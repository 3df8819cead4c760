"""Several ranks train the agent that one process trains, and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from agents import ranks
from agents.learner import AgentError
from agents.learner_registry import make_learner
from agents.runs import load_checkpoint
from agents.training.batches import useful_processes
from agents.training.fingerprint import check_ranks
from agents.training.train import Training
from agents.training.train_config import TrainConfig
from commands.main import main
from game.filling import parse_json
from game.tasks.packs import load_pack
from tests.agents.training import train_in_ranks

ROOT = Path(__file__).resolve().parents[3]
TRAIN = ["train", "goals-5x5", "--hidden", "8", "--tasks", "4"]


def start(n: int, *command: str) -> subprocess.Popen[str]:
    """Start a command in n ranks."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(n)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*launcher, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rank_process(launcher: int, rank: int) -> int:
    """Return the process that is a rank, of those that a launcher has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher and f"RANK={rank}".encode() in variables:
            return int(folder.name)
    raise AssertionError("there is no such rank")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The folders of what one process and three ranks have learned."""
    folders = {n: tmp_path_factory.mktemp(f"ranks{n}") for n in (1, 3)}
    process = start(3, train_in_ranks.__file__, str(folders[3]))
    train_in_ranks.main(folders[1])
    assert process.wait(120) == 0, process.communicate()[1]
    return folders


@pytest.mark.parametrize("name", train_in_ranks.SETTINGS)
def test_three_ranks_train_what_one_process_does(trained: dict[int, Path], name: str):
    """8 tasks are no multiple of 3 ranks. Of graph networks, Adam makes rounding errors large where
    a gradient is only such errors: their gradients are compared, not their parameters."""
    one, three = (np.load(trained[n] / f"{name}.npz") for n in (1, 3))
    assert set(one) == set(three)
    assert one["metric.env_steps"] == three["metric.env_steps"]
    for key in one:
        if key.startswith("metric."):
            assert three[key] == pytest.approx(one[key], rel=1e-4, abs=1e-6), key
        elif name not in train_in_ranks.GRAPHS and not key.startswith("adam."):
            assert np.abs(one[key] - three[key]).max(initial=0) < 1e-5, key


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the ranks in /proc")
def test_a_killed_rank_ends_all_and_another_number_of_ranks_goes_on(tmp_path: Path):
    out = tmp_path / "run"
    assert main([*TRAIN, "--out", str(out), "--iterations", "2"]) == 0
    rest = [*TRAIN[:2], "--out", str(out), "--resume", "--iterations"]
    process = start(2, str(ROOT / "main.py"), *rest, "400")
    launched = time.monotonic()
    while done_in(out) == 2:
        assert time.monotonic() < launched + 60
        time.sleep(0.05)
    os.kill(rank_process(process.pid, 1), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode
    assert errors.count("rank 1 of 2 ended unexpectedly") == 1, errors
    assert f"are saved in {out}" in errors
    assert "in_ranks.py" not in errors  # no traceback of ours
    done = done_in(out)
    assert 2 < done < 400
    assert main([*rest, str(done + 2)]) == 0
    assert done_in(out) == done + 2


def done_in(out: Path) -> int:
    """Return the iterations that are done in a run."""
    done: int = parse_json(load_checkpoint(out)[1].encode(), infinite=True)["iteration"]
    return done


def test_ranks_refuse_too_few_tasks_and_learners_that_know_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ranks, "_ranks", ranks._Ranks(0, 2))
    config = TrainConfig(1, tasks=1)
    training = Training(make_learner("maml"), "maml", load_pack("goals-5x5"), config, tmp_path)
    with pytest.raises(AgentError, match="1 task cannot be shared by 2 processes"):
        check_ranks(training)
    training.learner_name = "own.py:Own"  # it inherits `parallel`, and may override `meta_update`
    with pytest.raises(AgentError, match="does not train in several processes"):
        check_ranks(training)


def test_a_process_by_itself_is_all_ranks():
    assert (ranks.rank(), ranks.n_ranks(), ranks.is_first()) == (0, 1, True)
    assert [*range(7)][ranks.share(7)] == [*range(7)]
    tensor, array = torch.arange(3.0), np.arange(4)
    assert ranks.add({"a": tensor})["a"] is tensor
    assert ranks.mean({"a": tensor}, 5)["a"] is tensor
    assert ranks.gather(array) is array
    assert ranks.largest(array) is array
    assert ranks.totals(1, 2) == [1, 2]
    assert ranks.from_first(lambda: "made") == ranks.together(lambda: "made") == "made"
    assert ranks.of_whole_batch({"entropy": 0.1, "env_steps": 3}, 7) == {
        "entropy": 0.1,
        "env_steps": 3,
    }
    assert ranks.lost_ranks() == []


def test_ranks_leave_each_other_their_cores(monkeypatch: pytest.MonkeyPatch):
    cores = useful_processes()
    for name in ranks.LAUNCHED:
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("WORLD_SIZE", "64")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "64")
    assert useful_processes() == 1 <= cores

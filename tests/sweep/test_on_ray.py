"""Sweeps on Ray: lost workers and nodes, and clusters that cannot be used.

Tests that start a cluster are skipped where Ray is not installed; they fail instead where CI is
true or GRIDAPT_REQUIRE_RAY is 1. The test of two nodes runs where GRIDAPT_RAY_NODES is 1.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from agents.agent_catalog import WEIGHTS
from agents.array_files import read_arrays
from agents.learner import AgentError
from agents.sweep import ray_cluster
from agents.sweep.carry_out import carry_out
from agents.sweep.planning import plan_runs
from agents.sweep.spec import read_spec
from commands.main import main
from game.tasks.packs import load_pack

ROOT = Path(__file__).resolve().parents[2]
MORTAL = """
import os, signal
from contextlib import suppress
from pathlib import Path
from agents.gradient.cavia import Cavia

class Mortal(Cavia):
    def meta_update(self, batch, rngs, progress):
        with suppress(FileNotFoundError):
            if progress > 0.5:
                Path(__file__).with_name("fatal").unlink()
                {death}
        return super().meta_update(batch, rngs, progress)
"""
KILL_WORKER = "os.kill(os.getpid(), signal.SIGKILL)"
# First the process of Ray that started the worker: it is its node.
KILL_NODE = "os.kill(os.getppid(), signal.SIGKILL), os.kill(os.getpid(), signal.SIGKILL)"
SEEDS = 2
GIVEN = {"packs": ("goals-5x5",), "seeds": (f"0..{SEEDS - 1}",), "iterations": 4, "tasks": 2}
SET = {"hidden": (4,), "inner.episodes": (2,)}
SWEEP = ["sweep", "--packs", "goals-5x5", "--seeds", f"0..{SEEDS - 1}", "--iterations", "4"]
SWEEP += ["--tasks", "2", "--set", "hidden=4", "inner.episodes=2"]
SWEEP += ["--adaptation-seeds", "1", "--steps", "1"]


def need_ray() -> None:
    """Skip a test where Ray is not installed, or fail it where Ray is required."""
    if find_spec("ray") is None:
        why = "Ray is not installed - install Gridapt with its extra 'ray'"
        if os.environ.get("CI") == "true" or os.environ.get("GRIDAPT_REQUIRE_RAY") == "1":
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a command that leaves nothing in the home of whoever runs the tests."""
    ray = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": uuid.uuid4().hex * 2}
    return {**os.environ, **ray, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


def swept_here(folder: Path, learner: str) -> None:
    """Carry out the runs of SWEEP in this process, one after another."""
    evaluation = {"seeds": 1, "steps": 1}
    given = {**GIVEN, "learners": (learner,), "set": SET, "evaluation": evaluation}
    for run in plan_runs(read_spec(None, given), load_pack):
        carry_out(run, folder, lambda share: None)


def mortal_learner(folder: Path, death: str) -> str:
    """Return the name of a learner that dies once."""
    (folder / "learner.py").write_text(MORTAL.format(death=death), encoding="utf-8")
    (folder / "fatal").touch()
    return f"{folder / 'learner.py'}:Mortal"


def weights(out: Path) -> dict[str, dict[str, np.ndarray]]:
    """The weights of a sweep's agents, by the names of their runs."""
    return {path.parent.name: read_arrays(path)[0] for path in sorted(out.glob(f"*/{WEIGHTS}"))}


def assert_same_weights(out: Path, other: Path) -> None:
    ours, theirs = weights(out), weights(other)
    assert len(ours) == SEEDS
    assert ours.keys() == theirs.keys()
    for name, arrays in ours.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, theirs[name][key])


def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path, environment: dict[str, str]) -> None:
    """Ray starts by itself, one worker is killed, and all agents are those of a local sweep."""
    need_ray()
    learner = mortal_learner(tmp_path, KILL_WORKER)
    command = [sys.executable, str(ROOT / "main.py"), *SWEEP, "--learners", learner]
    command += ["--on", "ray", "--workers", "1", "--out", str(tmp_path / "ray")]
    on_ray = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert on_ray.returncode == 0, on_ray.stderr
    assert not (tmp_path / "fatal").exists()
    assert len(re.findall(r"^retried: .* was lost", on_ray.stderr, re.MULTILINE)) == 1
    assert f"({SEEDS} of {SEEDS} runs done)" in on_ray.stderr
    swept_here(tmp_path / "here", learner)
    assert_same_weights(tmp_path / "ray", tmp_path / "here")
    assert not list(tmp_path.glob("ray/.ray-*"))


@pytest.mark.skipif(os.environ.get("GRIDAPT_RAY_NODES") != "1", reason="takes half a minute")
def test_a_lost_node_costs_nothing_but_time(tmp_path: Path, environment: dict[str, str]) -> None:
    """A run takes its node with it; another node carries on from the shared folder."""
    need_ray()
    learner = mortal_learner(tmp_path, KILL_NODE)
    cluster = """
import sys, subprocess
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args=dict(num_cpus=0, include_dashboard=False))
cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
sys.exit(subprocess.run([*sys.argv[1:], "--address", cluster.address]).returncode)
"""
    command = [sys.executable, str(ROOT / "main.py"), *SWEEP, "--learners", learner]
    command += ["--on", "ray", "--out", str(tmp_path / "ray")]
    on_ray = subprocess.run(
        [sys.executable, "-c", cluster, *command], env=environment, capture_output=True, text=True
    )
    assert on_ray.returncode == 0, on_ray.stderr
    assert not (tmp_path / "fatal").exists()
    assert re.search(r"^retried: .* was lost", on_ray.stderr, re.MULTILINE)
    swept_here(tmp_path / "here", learner)
    assert_same_weights(tmp_path / "ray", tmp_path / "here")


def test_ray_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*SWEEP, "--on", "ray", "--out", str(tmp_path / "out")]) == 2
    assert 'python -m pip install "ray>=' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_address_where_nothing_listens() -> None:
    need_ray()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(AgentError, match=f"--address 127.0.0.1:{port}: nothing answers there"):
        ray_cluster.check_ray(f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["here", "ray://127.0.0.1:10001", "host:", "host:70000"])
def test_what_is_no_address(address: str) -> None:
    need_ray()
    with pytest.raises(AgentError, match="give HOST:PORT"):
        ray_cluster.check_ray(address)


def test_an_address_where_something_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts connections, and never answers."""
    need_ray()
    monkeypatch.setattr(ray_cluster, "ANSWER_TIMEOUT", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(AgentError, match="no Ray cluster can be used there"):
            ray_cluster.check_ray(f"127.0.0.1:{port}")


def test_address_and_workers_belong_to_one_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SWEEP, "--address", "localhost:6379"]) == 2
    assert "add --on ray" in capsys.readouterr().err
    assert main([*SWEEP, "--on", "ray", "--address", "localhost:6379", "--workers", "2"]) == 2
    assert "--workers is for this machine" in capsys.readouterr().err

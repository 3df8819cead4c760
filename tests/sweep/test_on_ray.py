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
from commands.main import main

ROOT = Path(__file__).resolve().parents[2]
MORTAL = """
import os, signal
from contextlib import suppress
from pathlib import Path
from agents.gradient.maml import Maml

class Mortal(Maml):
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
SWEEP = (
    *("sweep", "--packs", "gridnavi", "--set", "hidden=[4]", "--iterations", "5", "--tasks", "2"),
    *("--adaptation-seeds", "1", "--steps", "1"),
)


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


def swept(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a sweep of three seeds of the learner in `folder`."""
    learner = f"{folder / 'learner.py'}:Mortal"
    command = [sys.executable, str(ROOT / "main.py"), *SWEEP, "--learners", learner]
    return subprocess.run(
        [*command, "--seeds", "0..2", *options], env=environment, capture_output=True, text=True
    )


def weights(out: Path) -> dict[str, dict[str, np.ndarray]]:
    """The weights of a sweep's agents, by the names of their runs."""
    return {path.parent.name: read_arrays(path)[0] for path in sorted(out.glob(f"*/{WEIGHTS}"))}


def assert_same_weights(out: Path, other: Path) -> None:
    ours, theirs = weights(out), weights(other)
    assert len(ours) == 3
    assert ours.keys() == theirs.keys()
    for name, arrays in ours.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, theirs[name][key])


def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path, environment: dict[str, str]) -> None:
    """Ray starts by itself, one worker is killed, and all agents are those of a local sweep."""
    need_ray()
    (tmp_path / "learner.py").write_text(MORTAL.format(death=KILL_WORKER), encoding="utf-8")
    (tmp_path / "fatal").touch()
    on_ray = swept(tmp_path, "--on", "ray", "--out", str(tmp_path / "ray"), **environment)
    assert on_ray.returncode == 0, on_ray.stderr
    assert not (tmp_path / "fatal").exists()
    assert len(re.findall(r"^retried: .* was lost", on_ray.stderr, re.MULTILINE)) == 1
    assert "(3 of 3 runs done)" in on_ray.stderr
    here = swept(tmp_path, "--workers", "2", "--out", str(tmp_path / "here"), **environment)
    assert here.returncode == 0, here.stderr
    assert_same_weights(tmp_path / "ray", tmp_path / "here")
    assert not list(tmp_path.glob("ray/.ray-*"))


@pytest.mark.skipif(os.environ.get("GRIDAPT_RAY_NODES") != "1", reason="takes half a minute")
def test_a_lost_node_costs_nothing_but_time(tmp_path: Path, environment: dict[str, str]) -> None:
    """A run takes its node with it; another node carries on from the shared folder."""
    need_ray()
    (tmp_path / "learner.py").write_text(MORTAL.format(death=KILL_NODE), encoding="utf-8")
    (tmp_path / "fatal").touch()
    cluster = """
import sys, subprocess
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args=dict(num_cpus=0, include_dashboard=False))
cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
sys.exit(subprocess.run([*sys.argv[1:], "--address", cluster.address]).returncode)
"""
    learner = f"{tmp_path / 'learner.py'}:Mortal"
    command = [sys.executable, str(ROOT / "main.py"), *SWEEP, "--learners", learner]
    command += ["--seeds", "0..2", "--on", "ray", "--out", str(tmp_path / "ray")]
    on_ray = subprocess.run(
        [sys.executable, "-c", cluster, *command], env=environment, capture_output=True, text=True
    )
    assert on_ray.returncode == 0, on_ray.stderr
    assert not (tmp_path / "fatal").exists()
    assert re.search(r"^retried: .* was lost", on_ray.stderr, re.MULTILINE)
    here = swept(tmp_path, "--workers", "2", "--out", str(tmp_path / "here"), **environment)
    assert here.returncode == 0, here.stderr
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
    with pytest.raises(AgentError, match="give it as HOST:PORT"):
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

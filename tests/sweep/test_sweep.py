"""Sweeps: a run that was cut goes on as if it had not been, and other runs do not notice."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.agent_catalog import WEIGHTS
from agents.array_files import read_arrays
from agents.learner import AgentError, Diverged
from agents.run_folder import locked
from agents.sweep.carry_out import carry_out
from agents.sweep.local import LocalEngine
from agents.sweep.planning import plan_runs
from agents.sweep.results import sweep_results
from agents.sweep.run_state import cached_pack, run_state, write_diverged
from agents.sweep.spec import read_spec
from agents.sweep.sweep_run import SweepRun
from commands.main import main
from game.tasks.packs import load_pack
from tests.sweep import worker_stand_ins

ROOT = Path(__file__).resolve().parents[2]
HELD = """
import os, time
from pathlib import Path
from agents.gradient.cavia import Cavia

def tell():
    write = Path(__file__).with_name(f"held-{os.getpid()}")
    write.write_text(str(os.getpid()))
    write.replace(Path(__file__).with_name("held"))

class Held(Cavia):
    def meta_update(self, batch, rngs, progress):
        hold = Path(__file__).with_name("hold")
        if progress > 0.5 and hold.exists():
            tell()
            while hold.exists():
                time.sleep(0.02)
        return super().meta_update(batch, rngs, progress)
"""
FAULTY = """
from agents.gradient.cavia import Cavia
from agents.learner import Diverged

class Faulty(Cavia):
    def meta_update(self, batch, rngs, progress):
        raise Diverged("to nowhere")
"""
ITERATIONS = 5
GIVEN = {"packs": ("goals-5x5",), "seeds": ("0..1",), "iterations": ITERATIONS, "tasks": 2}
SET = {"hidden": (4,), "inner.episodes": (2,)}
COMMAND = ["sweep", "--packs", "goals-5x5", "--seeds", "0..1"]
COMMAND += ["--iterations", str(ITERATIONS), "--tasks", "2", "--set", "hidden=4"]
COMMAND += ["inner.episodes=2", "--adaptation-seeds", "1", "--steps", "1"]


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learner whose training stops halfway as long as the file `hold` is beside it;
    then it writes the number of its process into `held`."""
    path = tmp_path_factory.mktemp("learner") / "held.py"
    path.write_text(HELD, encoding="utf-8")
    return path


@pytest.fixture
def hold(learner: Path) -> Iterator[Path]:
    """The file that holds the training of the learner."""
    path = learner.with_name("hold")
    path.touch()
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def command(learner: Path) -> list[str]:
    """The sweep of `runs` as a command line, without its folder."""
    return [*COMMAND, "--learners", f"{learner}:Held"]


@pytest.fixture(scope="module")
def runs(learner: Path) -> list[SweepRun]:
    evaluation = {"seeds": 1, "steps": 1}
    given = {**GIVEN, "learners": (f"{learner}:Held",), "set": SET, "evaluation": evaluation}
    return plan_runs(read_spec(None, given), load_pack)


@pytest.fixture(scope="module")
def whole(runs: list[SweepRun], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that nothing has interrupted, one run after another."""
    folder = tmp_path_factory.mktemp("whole")
    for run in runs:
        carry_out(run, folder, lambda share: None)
    return folder


def assert_same(folder: Path, other: Path, runs: list[SweepRun]) -> None:
    for run in runs:
        for name in ("agent.safetensors", "last.safetensors", "curves.safetensors"):
            (one, _), (two, _) = (read_arrays(f / run.name / name) for f in (folder, other))
            assert one.keys() == two.keys()
            for key in one:
                np.testing.assert_array_equal(one[key], two[key])


def test_a_run_that_is_cut_goes_on_and_one_that_is_done_does_nothing(
    runs: list[SweepRun], whole: Path, tmp_path: Path
):
    shares: list[float] = []

    def cut(share: float) -> None:
        shares.append(share)
        if len(shares) in (2, 3):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            carry_out(runs[0], tmp_path, cut)
    assert run_state(runs[0], tmp_path).share == 3 / ITERATIONS
    carry_out(runs[0], tmp_path, cut)
    assert_same(tmp_path, whole, runs[:1])
    assert len(shares) == ITERATIONS
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / runs[0].name).iterdir()}
    carry_out(runs[0], tmp_path, cut)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert run_state(runs[0], tmp_path).done
    assert len(shares) == ITERATIONS


def test_curves_of_other_weights_or_seeds_do_not_count(
    runs: list[SweepRun], whole: Path, tmp_path: Path
):
    state = run_state(runs[0], whole)
    assert state.done
    plan = dataclasses.replace(runs[0].evaluation, seeds=2)
    other = run_state(dataclasses.replace(runs[0], evaluation=plan), whole)
    assert (other.trained, other.done) == (True, False)
    shutil.copytree(whole / runs[0].name, tmp_path / runs[0].name)
    assert run_state(runs[0], tmp_path).done
    shutil.copy(whole / runs[1].name / WEIGHTS, tmp_path / runs[0].name)
    assert not run_state(runs[0], tmp_path).done


def test_a_run_with_other_options_is_refused(runs: list[SweepRun], whole: Path):
    longer = dataclasses.replace(runs[0].training, iterations=6)
    with pytest.raises(AgentError, match="has iterations 5, not 6"):
        carry_out(dataclasses.replace(runs[0], training=longer), whole, print)
    options = (*runs[0].options, ("entropy", 0.5))
    with pytest.raises(AgentError, match=r"has entropy 0.15, not 0.5"):
        carry_out(dataclasses.replace(runs[0], options=options), whole, print)


def test_a_run_that_has_diverged_is_not_trained_again(runs: list[SweepRun], tmp_path: Path):
    out = tmp_path / runs[0].name
    out.mkdir()
    write_diverged(runs[0], cached_pack(runs[0].pack), out, "it went wrong")
    with pytest.raises(Diverged, match="it went wrong"):
        carry_out(runs[0], tmp_path, print)


def test_a_run_whose_worker_is_lost_again_and_again_fails(
    runs: list[SweepRun], tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("agents.sweep.local.carry_out_runs", worker_stand_ins.end_at_once)
    monkeypatch.setattr("agents.sweep.local.MOST_RETRIES", 1)
    kinds = []
    for event in LocalEngine(1).run(runs[:1], tmp_path):
        kinds.append(event.kind)
    assert kinds == ["started", "retried", "started", "failed"]
    assert "--workers" in event.message


def test_a_full_disk_ends_the_sweep(runs: list[SweepRun], tmp_path: Path, monkeypatch):
    monkeypatch.setattr("agents.sweep.local.carry_out_runs", worker_stand_ins.say_disk_is_full)
    with pytest.raises(OSError, match="No space left"):
        list(LocalEngine(2).run(runs, tmp_path))
    assert not multiprocessing.active_children()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
@pytest.mark.usefixtures("ctrl_c")
def test_neither_a_killed_worker_nor_ctrl_c_costs_more_than_time(
    runs: list[SweepRun], whole: Path, tmp_path: Path, hold: Path, command: list[str], capsys
):
    """One command for all, since each process of a sweep takes seconds to load torch."""
    out, held = tmp_path / "out", hold.with_name("held")
    command = [*command, "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "main.py", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    for end in (lambda worker: os.kill(worker, signal.SIGKILL), lambda _: process.send_signal(2)):
        while not held.exists():
            assert process.poll() is None
            time.sleep(0.05)
        worker = int(held.read_text())
        held.unlink()
        end(worker)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"retried: {runs[0].name}: its process was ended by signal 9" in said
    assert "stopped: 0 of 2 runs done" in said
    with locked(out), locked(out / runs[0].name):  # no worker is left with it
        assert run_state(runs[0], out).share == 3 / ITERATIONS
    hold.unlink()
    assert main(command) == 0
    assert_same(out, whole, runs)
    shown = capsys.readouterr().out
    assert "Goals 5x5: 9 validation tasks" in shown
    assert "best (*) first, by mean score after step 1" in shown
    assert re.search(r"^\* Held", shown, re.MULTILINE)
    assert f"eval goals-5x5 --agent {out / runs[0].name} {out / runs[1].name} --split" in shown
    results = json.loads((out / "results.json").read_text())["agents"]["Held"]
    assert results["training_seeds"] == [0, 1]
    assert len(results["runs"]) == 2
    assert (out / "curves.png").exists()


def test_all_runs_of_another_sweep_in_the_folder_are_named_before_it_begins(
    runs: list[SweepRun], whole: Path, command: list[str], capsys
):
    before = sorted(whole.rglob("*"))
    assert main([*command, "--tasks", "3", "--out", str(whole)]) == 1
    said = capsys.readouterr().err
    assert said.count("has tasks 2, not 3") == len(runs)
    assert sorted(whole.rglob("*")) == before


def test_two_sweeps_never_share_a_folder(whole: Path, command: list[str], capsys):
    with locked(whole, "sweep"):
        assert main([*command, "--out", str(whole)]) == 2
    assert "another sweep uses this folder" in capsys.readouterr().err


def test_a_dry_run_writes_nothing_and_says_how_long(tmp_path: Path, command: list[str], capsys):
    out = tmp_path / "out"
    assert main([*command, "--out", str(out), "--dry-run", "--workers", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 2
    assert lines[0].split()[0] == "new"
    assert "about" in lines[-1]
    assert not out.exists()
    minutes = [word for word in command if word not in ("--iterations", str(ITERATIONS))]
    assert main([*minutes, "--minutes", "4", "--out", str(out), "--dry-run", "--workers", "2"]) == 0
    assert "about 4 minutes on 2 workers, by the minutes of each run" in capsys.readouterr().out


def test_a_dry_run_of_many_runs_lists_their_combinations(tmp_path: Path, capsys):
    words = ["sweep", "--packs", "goals-5x5", "--minutes", "1", "--out", str(tmp_path / "out")]
    assert main([*words, "--seeds", "0..59", "--set", "tasks=2,3", "--dry-run"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["60  maml tasks=2 on goals-5x5", "60  maml tasks=3 on goals-5x5"]
    assert lines[2] == "120 runs: 120 new"


def test_the_folder_is_a_file(tmp_path: Path, capsys):
    (tmp_path / "out").touch()
    assert main([*COMMAND, "--out", str(tmp_path / "out")]) == 2
    assert "out: is not a folder" in capsys.readouterr().err


def test_a_dry_run_names_the_runs_that_would_fail(tmp_path: Path, capsys):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY, encoding="utf-8")
    words = [*COMMAND, "--learners", f"{path}:Faulty", "--out", str(tmp_path / "out"), "--dry-run"]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "would fail at once: Faulty on goals-5x5: Diverged: to nowhere" in said


def test_agents_that_do_not_adapt_are_ordered_by_their_training(
    runs: list[SweepRun], whole: Path, tmp_path: Path
):
    shutil.copytree(whole, tmp_path / "out")
    plan = dataclasses.replace(runs[0].evaluation, steps=0)
    without_steps = [dataclasses.replace(run, evaluation=plan) for run in runs]
    for run in without_steps:
        carry_out(run, tmp_path / "out", print)
    (evaluation,) = sweep_results(without_steps, tmp_path / "out")
    best = np.mean([run_state(run, tmp_path / "out").best for run in without_steps])
    assert evaluation.facts["Held"]["validation_score"] == best


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep"], "SPEC.toml"),
        (["sweep", "--packs", "goals-5x5", "--on", "moon"], "--on"),
        (["sweep", "--packs", "goals-5x5", "--address", "a:1"], "--on ray"),
        (["sweep", "--packs", "goals-5x5", "--set", "hidden"], "NAME=VALUE"),
        (["sweep", "--packs", "goals-5x5", "--workers", "0"], "--workers"),
    ],
)
def test_usage(words: list[str], said: str, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err

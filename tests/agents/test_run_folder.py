"""A run is one thing: killed at any moment it is the old run or the new one, and has one writer."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from agents.agent_catalog import CHECKPOINT, CONFIG, RESULTS, WEIGHTS, list_runs
from agents.learner import AgentError, BaseLearner
from agents.learner_registry import make_learner
from agents.run_folder import SAVED, SAVING, locked, replace_files, run_file
from agents.runs import check_saved, load_agent, load_checkpoint, load_run
from agents.training.run_status import read_status
from agents.training.train import Training, Validation
from agents.training.train_config import TrainConfig
from game.tasks.packs import load_pack

PACK = load_pack("goals-5x5")


def train(folder: Path, width: int) -> Training:
    learner = make_learner("maml", hidden=(width,), inner_steps=1)
    config = TrainConfig(iterations=1, tasks=2, validations=1, validation_tasks=1)
    run = Training(learner, "maml", PACK, config, folder, overwrite=True)
    with run.opened():
        list(run.run())
        run.save()
    return run


@pytest.fixture
def snapshots(monkeypatch, tmp_path: Path) -> list[Path]:
    """Copies of the folder `run`, as a kill before each change of its file names would leave it."""
    found: list[Path] = []

    def copied_before(change):
        def call(*args, **options):
            found.append(tmp_path / f"killed-{len(found)}")
            shutil.copytree(tmp_path / "run", found[-1])
            return change(*args, **options)

        return call

    for owner, name in ((os, "replace"), (Path, "unlink"), (Path, "rmdir"), (Path, "mkdir")):
        monkeypatch.setattr(owner, name, copied_before(getattr(owner, name)))
    return found


def test_a_run_killed_while_it_is_overwritten_is_the_old_one_or_the_new_one(
    tmp_path: Path, request: pytest.FixtureRequest
):
    run = tmp_path / "run"
    train(run, 5)
    (run / RESULTS).write_text("{}")
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    kills = request.getfixturevalue("snapshots")
    train(run, 6)
    request.getfixturevalue("monkeypatch").undo()
    assert len(kills) > 10
    widths = []
    for folder in kills:
        width = load_agent(str(folder)).learner.config.hidden[0]
        widths.append(width)
        _, learner, _ = load_run(folder)
        learner.restore(load_checkpoint(folder)[0])  # of the same network, or it does not fit
        assert learner.config.hidden == (width,)
        if width == 5:
            files = {name: run_file(folder, name) for name in before}
            assert {name: path and path.read_bytes() for name, path in files.items()} == before
        else:
            assert run_file(folder, RESULTS) is None
        with locked(folder):  # as the next training does
            assert not [path for path in folder.iterdir() if path.is_dir()]
        assert load_agent(str(folder)).learner.config.hidden == (width,)
    assert widths == sorted(widths)
    assert set(widths) == {5, 6}
    assert {path.name for path in run.iterdir() if path.suffix == ".part"} == set()


def test_a_run_killed_before_its_files_are_moved_is_listed(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(Path("runs/one"), 5)
    saved = Path("runs/one/.saved")
    saved.mkdir()
    for name in (WEIGHTS, CONFIG, CHECKPOINT):
        os.replace(Path("runs/one") / name, saved / name)
    assert list_runs() == ["runs/one"]
    load_agent("runs/one")


def test_a_failed_write_leaves_the_run_and_names_the_file(tmp_path: Path):
    train(tmp_path, 5)
    before = (tmp_path / WEIGHTS).read_bytes()

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=CHECKPOINT):
        replace_files(tmp_path, {WEIGHTS: lambda path: path.write_bytes(b"new"), CHECKPOINT: full})
    assert (tmp_path / WEIGHTS).read_bytes() == before
    assert not (tmp_path / ".saving").exists()


def test_a_second_training_is_refused_until_the_first_one_ends(tmp_path: Path):
    code = "import sys, time; from pathlib import Path; from agents.run_folder import locked\n"
    code += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AgentError, match="another training uses"), locked(tmp_path):
            pass
    finally:
        other.kill()
        other.wait()
    with locked(tmp_path):  # a killed owner leaves no lock behind
        pass


def test_a_run_that_was_finished_meanwhile_is_not_overwritten(tmp_path: Path):
    second = train(tmp_path / "other", 6)
    train(tmp_path / "run", 5)
    second.out, second.overwrite = tmp_path / "run", False
    with pytest.raises(AgentError, match="already"), second.opened():
        pass


@pytest.mark.parametrize("name", [SAVING, SAVED])
def test_a_link_in_a_run_leads_nowhere(tmp_path: Path, name: str):
    """A run may come from a stranger: nothing is moved out of the folder that a link names."""
    victim, run = tmp_path / "victim", tmp_path / "run"
    victim.mkdir()
    (victim / "thesis.txt").write_text("mine")
    run.mkdir()
    (run / name).symlink_to(victim)
    with pytest.raises(AgentError, match=f"{name}: is no folder"), locked(run):
        pass
    assert [path.name for path in victim.iterdir()] == ["thesis.txt"]
    (run / name).unlink()
    (run / name).write_text("a file")
    with pytest.raises(AgentError, match=f"{name}: is no folder"), locked(run):
        pass


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_best_agent_whose_writing_is_interrupted_is_written_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learner = make_learner("maml", hidden=(5,), inner_steps=1)
    config = TrainConfig(iterations=4, tasks=2, validations=4, validation_tasks=1)
    run = Training(learner, "maml", PACK, config, tmp_path)
    events = run.run()
    monkeypatch.setattr(run, "_selection_score", lambda scores: run.status.iteration)
    next(event for event in events if isinstance(event, Validation))
    monkeypatch.setattr("agents.training.train.replace_files", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(events)
    monkeypatch.undo()
    run.save()
    assert run.status.best == run.status.iteration == 2
    saved = json.loads((tmp_path / CONFIG).read_text())["saved_at"]
    assert saved["iteration"] == 2


def test_a_search_for_a_step_size_that_is_interrupted_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learner = make_learner("reptile", hidden=(5,))
    config = TrainConfig(iterations=1, tasks=2, validations=1, validation_tasks=1)
    run = Training(learner, "reptile", PACK, config, tmp_path)
    events = run.run()
    next(events)
    monkeypatch.setattr(run, "_scores", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(events)
    run.save()
    stored = load_agent(str(tmp_path)).learner.state()["log_alpha.w0"]
    assert np.allclose(np.exp(stored), learner.config.step_size)


def test_a_run_that_could_not_be_loaded_is_not_trained():
    with pytest.raises(ValueError, match="'hidden' has 17 values, over the limit of 16"):
        make_learner("maml", hidden=(2,) * 17)

    @dataclass(frozen=True)
    class Config:
        folder: Path = Path("somewhere")

    learner = BaseLearner(Config(), 0)
    with pytest.raises(AgentError, match="its options cannot be saved"):
        check_saved("mine", learner)


def test_a_status_that_no_training_has_is_refused(tmp_path: Path):
    for facts in ({"seconds": float("inf")}, {"multiplier": 0.0}, {"multiplier": -1.0}):
        with pytest.raises(AgentError, match="training cannot go on from it"):
            read_status(tmp_path, facts)

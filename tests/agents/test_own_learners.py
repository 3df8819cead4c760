"""Your own learners: `docs/learners.md` word for word, files, and installed packages."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agents.agent_catalog import WEIGHTS, agent_card
from agents.learner import AgentError
from agents.learner_registry import _offered, is_file_learner, register_file, run_name
from commands.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "learners.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FAULTY = """\
import numpy as np
from agents.learner import BaseLearner
from agents.rollout import adaptation_step, roll_out
from best_episode import BestEpisode  # a neighbour

class NoAdapt(BaseLearner):
    pass

class NoDataclass(BestEpisode):
    Config = dict

class NaNs(BestEpisode):
    def state(self):
        return {"w": np.array([np.nan])}

class Lists(BestEpisode):
    def state(self):
        return {"w": [1.0]}

class NaNsLater(BestEpisode):
    weight = 1.0
    def state(self):
        return {"w": np.array([self.weight])}
    def meta_update(self, batch, rngs, progress):
        self.weight = np.nan
        return {"env_steps": 1.0}

class NoJudged(BestEpisode):
    judged = 5

class NoSeed(BestEpisode):
    def __init__(self, config):
        super().__init__(config, 0)

class NoMetrics(BestEpisode):
    def meta_update(self, batch, rngs, progress):
        return None

class TooFewSteps(BestEpisode):
    def adapt(self, batch, rngs, steps):
        return list(super().adapt(batch, rngs, steps))[:1]
"""
COMMANDS = [line for kind, block in BLOCKS if not kind for line in block.splitlines()]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python command in a folder, with the project on its path."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SDL_VIDEODRIVER": "dummy"},
        capture_output=True,
        text=True,
        timeout=110,
    )


def write_files(folder: Path) -> list[str]:
    """The page's Python blocks, written to the files that their first lines name."""
    files = []
    for kind, block in BLOCKS:
        if kind == "python":
            name = block.splitlines()[0].removeprefix("# ")
            (folder / name).write_text(block, encoding="utf-8")
            files.append(name)
    return files


def command(line: str) -> list[str]:
    """Arguments of a command line of the page."""
    words = shlex.split(line.removeprefix("python "))
    return [str(ROOT / "main.py"), *words[1:]] if words[0] == "main.py" else [*words, "-n", "0"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the files of the page; no other file's learner is registered."""
    assert write_files(tmp_path) == ["anil.py", "best_episode.py", "test_own.py"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("agents.learner_registry._files", {})
    return tmp_path


def test_the_page_runs_word_for_word(folder: Path, capfd: pytest.CaptureFixture[str]):
    """Of the commands of `main.py`, one runs in a process of its own: each loads torch anew."""
    assert len(COMMANDS) == 5
    for line in COMMANDS:
        script, *arguments = command(line)
        if script.endswith("main.py") and "--noise" not in arguments:
            code, shown = main(arguments), "".join(capfd.readouterr())
        else:
            result = run([script, *arguments], folder)
            code, shown = result.returncode, result.stdout + result.stderr
        assert code == 0, f"{line}\n{shown}"
        assert "Traceback" not in shown
    assert {path.name for path in (folder / "runs").iterdir()} == {"anil", "best"}
    assert {"trace.json", "adaptation.gif"} <= {path.name for path in (folder / "out").iterdir()}


@pytest.mark.parametrize("learner", ["anil.py:Anil", "best_episode.py:BestEpisode"])
def test_a_run_never_imports_a_file_and_says_what_is_missing(
    folder: Path,
    learner: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    train = ["train", "goals-5x5", "--learner", learner, "--out", "runs/own"]
    assert main([*train, *(["--iterations", "2"] if "anil" in learner else [])]) == 0
    file = Path(learner.rpartition(":")[0])
    file.write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.delitem(sys.modules, f"gridapt_learner_{file.stem}")  # as in a new process
    monkeypatch.setattr("agents.learner_registry._files", {})
    with pytest.raises(AgentError, match=r"add --learner FOLDER/\w+\.py:\w+ to the command"):
        agent_card("runs/own")
    for verb in (["eval", "--seeds", "1"], ["watch", "--headless", "--out", "missing"]):
        capsys.readouterr()
        assert main([verb[0], "goals-5x5", "--agent", "runs/own", *verb[1:]]) == 2
        assert "is not part of Gridapt" in capsys.readouterr().err
    assert not Path("missing").exists()


@pytest.mark.parametrize(
    ("learner", "what"),
    [
        ("nowhere.py:Anil", "there is no such file"),
        ("anil.py:Nobody", "there is no such class"),
        ("test_own.py:pytest", "it is no class"),
        ("broken.py:Broken", "cannot be imported: ZeroDivisionError"),
        ("exits.py:Exits", "cannot be imported: SystemExit"),
        ("anil.py", "name your own learner as FILE.py:CLASS"),
        ("anil", "no learner is called 'anil'"),
        ("mamll", "did you mean 'maml'?"),
        ("faulty.py:NoAdapt", "lacks 'adapt'"),
        ("faulty.py:NoDataclass", "its Config is no dataclass"),
        ("faulty.py:NaNs", "state()['w'] holds numbers that are not finite"),
        ("faulty.py:Lists", "state()['w'] is no numpy array of numbers"),
        ("faulty.py:NaNsLater", "'w' in the learner's checkpoint is not finite"),
        ("faulty.py:NoJudged", "judged is no tuple of at least one adaptation step"),
        ("faulty.py:NoSeed", "a learner is made from (config, seed)"),
        ("faulty.py:NoMetrics", "meta_update of the learner returned no dictionary"),
        ("faulty.py:TooFewSteps", "adapt of the learner gave 1 steps, not"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    folder: Path, learner: str, what: str, capsys: pytest.CaptureFixture[str]
):
    for name, text in {"broken": "1 / 0", "exits": "exit(3)", "faulty": FAULTY}.items():
        (folder / f"{name}.py").write_text(f"{text}\n", encoding="utf-8")
    arguments = ["train", "goals-5x5", "--learner", learner, "--out", "nothing"]
    arguments += ["--iterations", "2"]
    assert main([*arguments, "--overwrite"]) in (1, 2)
    assert what in " ".join(capsys.readouterr().err.split())
    assert not (folder / "nothing" / WEIGHTS).exists()


def test_an_installed_package_offers_its_learners_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    info = folder / "site" / "own_learners-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-learners\nVersion: 1.0\n")
    points = "[gridapt.learners]\nbest-episode = own_learners:BestEpisode\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    (folder / "best_episode.py").rename(folder / "site" / "own_learners.py")
    evaluate = ["eval", "goals-5x5", "--seeds", "1", "--agent", "runs/best-episode-goals-5x5"]
    with monkeypatch.context() as installed:
        installed.syspath_prepend(folder / "site")
        _offered.cache_clear()
        assert main(["train", "goals-5x5", "--learner", "best-episode"]) == 0
        assert main(evaluate) == 0
    _offered.cache_clear()
    capsys.readouterr()
    assert main(evaluate) == 2
    assert "no learner is called 'best-episode'" in capsys.readouterr().err


def test_a_run_that_diverges_at_once_leaves_the_run_it_would_replace(folder: Path):
    (folder / "faulty.py").write_text(FAULTY, encoding="utf-8")
    train = ["train", "goals-5x5", "--iterations", "2", "--out", "kept"]
    assert main([*train, "--learner", "anil.py:Anil"]) == 0
    before = {path.name: path.read_bytes() for path in (folder / "kept").iterdir()}
    assert main([*train, "--learner", "faulty.py:NaNsLater", "--overwrite"]) == 1
    assert {path.name: path.read_bytes() for path in (folder / "kept").iterdir()} == before


@pytest.mark.parametrize("bare", [False, True])
def test_two_files_of_one_name_are_told_apart(
    tmp_path: Path, bare: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("agents.learner_registry._files", {})
    monkeypatch.chdir(tmp_path)
    learners = [f"{tmp_path / part / 'mine.py'}:Mine" for part in ("a", "b")]
    for learner in learners:
        path = Path(learner.rpartition(":")[0])
        path.parent.mkdir()
        path.write_text("")
    if bare:
        (tmp_path / "mine.py").write_text("")
        learners[1] = "mine.py:Mine"
    assert register_file(learners[0]) == register_file(learners[0]) == "mine.py:Mine"
    with pytest.raises(AgentError, match="goes by the same name"):
        register_file(learners[1])


def test_a_learner_in_a_file_is_known_by_its_form():
    assert is_file_learner("a/b/mine.py:Mine")
    assert not any(map(is_file_learner, ("maml", "mine.py", "mine:Mine", "mine.py:1", ":Mine")))
    assert run_name("a/mine.py:Mine", "doors") == "Mine-doors"
    assert run_name("maml", "doors") == "maml-doors"

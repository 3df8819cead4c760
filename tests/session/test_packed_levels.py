"""Replay lines with the text of levels: they work where the files are not."""

from __future__ import annotations

import base64
import json
import random
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.training.worker import trace
from game.session.messages import Change, Request
from game.session.packed_levels import MOST_TEXT, is_unpacked, unpack_levels
from game.session.replay import ReplayError, ReplayTarget, line_of, read_line
from game.tasks.distribution import SPLITS
from game.tasks.family import count_tasks
from game.tasks.packs import LEVELS, Pack, load_pack
from game.tasks.task import Task
from game.text.reading import examine
from tests.odd_texts import odd_text

HIDDEN = "title: Ice; then fire\nslip: {0, 0.3}\nmap:\n#######\n#@..%?#\n#..I.?#\n#######\n"
BOXES = "; A\n#####\n#@$.#\n#####\n\n; B\n######\n#@ $.#\n######\n\n; C\n#####\n#.$@#\n#####\n"


def _line(pack: Pack, task: Task | None = None, **changes: object) -> str:
    task = task or pack.split("test").tasks[-1]
    request = Request(0, task, 7, 2, ("maml-mazes-9x9", "scratch"), pack.name, path=str(pack.path))
    return line_of(pack, replace(request, **changes))  # type: ignore[arg-type]


def _elsewhere(folder: Path, line: str) -> ReplayTarget:
    """Read a line as another machine would: the folder is no longer there, nor named."""
    shutil.rmtree(folder, ignore_errors=True)
    assert line.isascii()
    assert "/" not in line
    return read_line(line)


def _ids(pack: Pack) -> dict[str, tuple[str, ...]]:
    return {name: tuple(task.id for task in pack.split(name).tasks) for name in SPLITS}


@pytest.mark.parametrize("name", ["drawn", "dynamics", "goals-5x5", "showcase"])
def test_a_pack_comes_out_as_it_went_in(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(LEVELS / name, folder)
    pack = load_pack(folder)
    line = _line(pack)
    found = _elsewhere(tmp_path, line)
    assert _ids(found.pack) == _ids(pack)
    assert found.request.task == pack.split("test").tasks[-1]
    kept = ("name", "title", "text", "agent", "episodes", "train", "levels", "hidden")
    assert all(getattr(found.pack, one) == getattr(pack, one) for one in kept)
    assert line_of(found.pack, found.request) == line


def test_a_shipped_level_keeps_its_name() -> None:
    line = _line(load_pack("showcase"))
    assert line.startswith("level=showcase ")
    assert "text=" not in line


@settings(max_examples=12)
@given(st.integers(0, 10**9))
def test_odd_level_texts_come_out_as_they_went_in(seed: int) -> None:
    text = odd_text(random.Random(seed))
    line = f"level=odd.txt text={_packed(text)}"
    path = unpack_levels("odd.txt", line.partition("text=")[2])
    assert path.read_bytes() == text.encode()
    level, _ = examine(text)
    if level is None or count_tasks(level) > 50:
        return
    pack = load_pack(path)
    found = read_line(_line(pack))
    assert _ids(found.pack) == _ids(pack)
    assert found.pack.levels == pack.levels
    assert found.request.task == pack.split("test").tasks[-1]


@settings(max_examples=15)
@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3), st.text(max_size=9))
def test_forged_content_is_refused_or_stays_in_its_folder(files: dict[str, str], name: str) -> None:
    try:
        path = unpack_levels(name, _packed(files))
    except ValueError:
        return
    assert is_unpacked(path)
    assert {one.name for one in path.iterdir()} == set(files)


def _packed(files: object) -> str:
    content = zlib.compress(json.dumps(files).encode())
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "äö", "AAAA", "a" * (MOST_TEXT + 1), _packed("map:")[:-4], _packed([1])),
        *(_packed({"a.txt": 1}), _packed({"../a.txt": ""}), _packed({"a.exe": ""})),
        *(_packed("\ud800"), _packed("x" * (5 << 20)), _packed([[[[[[[[[[[]]]]]]]]]]])),
    ],
)
def test_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(ReplayError):
        read_line(f"level=a task=0 agents=scratch seed=0 steps=1 text={text}")


@pytest.mark.parametrize("name", ["..", ".", "%2F", "a/b", "%00", "a%5Cb", "", "pack.toml/x"])
def test_a_name_with_a_path_is_refused(name: str) -> None:
    with pytest.raises(ReplayError):
        read_line(f"level={name} task=0 agents=scratch seed=0 steps=1 text={_packed('map:')}")


@pytest.mark.parametrize("name", ["boxes.xsb", "boxes.xsb#3"])
def test_collections_and_their_members(name: str, tmp_path: Path) -> None:
    (tmp_path / "boxes.xsb").write_text(BOXES)
    pack = load_pack(tmp_path / name)
    found = _elsewhere(tmp_path, _line(pack))
    assert _ids(found.pack) == _ids(pack)
    assert found.request.task == pack.split("test").tasks[-1]
    assert found.pack.name == pack.name


def test_a_level_that_has_changed_on_the_disk_is_the_one_on_screen(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(HIDDEN)
    (tmp_path / "b.txt").write_text(HIDDEN.replace("%", ","))
    for path in (tmp_path, tmp_path / "b.txt"):
        pack = load_pack(path)
        (tmp_path / "b.txt").write_text("map: what is this")
        task = pack.split("test").tasks[-1]
        assert read_line(_line(pack, task)).request.task == task
        (tmp_path / "b.txt").write_text(HIDDEN.replace("%", ","))


def test_of_too_many_levels_the_line_has_the_one_of_its_task(tmp_path: Path) -> None:
    rng = random.Random(0)
    noise = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(200_000))
    comments = "\n".join(f"; {noise[i : i + 1000]}" for i in range(0, len(noise), 1000))
    (tmp_path / "a.txt").write_text(f"{comments}\n{HIDDEN}")
    (tmp_path / "b.txt").write_text(HIDDEN.replace("%", ","))
    pack = load_pack(tmp_path)
    lines = {task: _line(pack, task) for task in pack.split("test").tasks}
    for task, line in lines.items():
        found = _elsewhere(tmp_path, line)
        assert found.request.task.id == task.id
        assert len(found.pack.levels) == 1
        assert len(line) < 1000


def test_a_large_level_fits(tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = ["".join(rng.choice(".%~,") for _ in range(40)) for _ in range(40)]
    rows[0] = f"@{rows[0][1:-1]}G"
    (tmp_path / "big.txt").write_text("\n".join(["map:", *rows, ""]))
    pack = load_pack(tmp_path / "big.txt")
    assert _elsewhere(tmp_path, _line(pack)).pack.levels == pack.levels


def test_a_level_that_is_too_large_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("game.session.packed_levels.MOST_TEXT", 50)
    (tmp_path / "own.txt").write_text(HIDDEN)
    with pytest.raises(ReplayError, match="over 50 characters"):
        _line(load_pack(tmp_path / "own.txt"))


def test_a_mixture_of_own_packs_gives_the_level_of_its_task(tmp_path: Path) -> None:
    own, mixed = tmp_path / "own", tmp_path / "mixed"
    shutil.copytree(LEVELS / "goals-5x5", own)
    mixed.mkdir()
    parts = 'validation = 4\ntest = 6\n[mixture.packs]\n"../own" = 1\n'
    (mixed / "pack.toml").write_text(f"[mixture]\n{parts}")
    pack = load_pack(mixed)
    found = _elsewhere(tmp_path, _line(pack))
    assert found.request.task.id == pack.split("test").tasks[-1].id


def test_changes_of_the_goal_go_with_the_text(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(HIDDEN)
    pack = load_pack(tmp_path / "own.txt")
    request = _elsewhere(tmp_path, _line(pack, changes=(Change(1, (1, 2)),))).request
    assert request.changes == (Change(1, (1, 2)),)
    returns = [float(step.returns[0]) for step in trace(request)[0].steps]
    assert len(returns) == 3
    assert np.isfinite(returns).all()


def test_a_run_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of the name of a shipped agent is not taken for that."""
    monkeypatch.chdir(tmp_path)
    run = Path("runs", "maml-mazes-9x9")
    shutil.copytree(LEVELS.parent / "agents" / "pretrained" / "maml-mazes-9x9", run)
    pack = load_pack("showcase")
    agents = (str(run.resolve()), f"scratch:{run}", "maml-mazes-9x9")
    line = _line(pack, agents=agents)
    assert "agents=run:maml-mazes-9x9,scratch:run:maml-mazes-9x9,maml-mazes-9x9" in line
    assert read_line(line).request.agents == (str(run), f"scratch:{run}", "maml-mazes-9x9")
    shutil.rmtree(run)
    with pytest.raises(ReplayError, match=r"the agent 'maml-mazes-9x9'.* - copy its folder to"):
        read_line(line)


@pytest.mark.parametrize("name", ["..", "", "a/b", ".", "%2Fetc"])
def test_a_run_is_only_looked_for_in_its_folder(name: str) -> None:
    line = _line(load_pack("showcase"), agents=("scratch",))
    with pytest.raises(ReplayError, match="the agent"):
        read_line(line.replace("agents=scratch", f"agents=run:{name}"))

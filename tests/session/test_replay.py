"""Replay lines: what they say is seen again, and what they cannot say is refused in words."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from agents.training.worker import trace
from commands import main
from game.session.messages import Change, Request
from game.session.replay import ReplayError, line_of, read_line
from game.tasks.pack_file import PackError
from game.tasks.packs import load_pack
from game.text.drawn_values import can_move_goal
from game.world.tables import compile_level

PACK = load_pack("mazes-9x9")
TASK = PACK.split("test").tasks[0]
AGENTS = ("maml-mazes-9x9", "scratch")
REQUEST = Request(0, TASK, 7, 4, AGENTS, PACK.name, path=str(PACK.path))
ELSEWHERE = next(
    (row, column)
    for row in range(TASK.level.height)
    for column in range(TASK.level.width)
    if TASK.level.rows[row][column] == "." and can_move_goal(TASK.level, (row, column))
)
MOVED = replace(REQUEST, changes=(Change(2, ELSEWHERE),)).task_at(2)
CHANGED = replace(REQUEST, episodes=5, step_size=0.5, changes=(Change(2, ELSEWHERE), Change(3)))


@pytest.mark.parametrize("request_", [REQUEST, CHANGED])
def test_a_line_says_all_of_a_request(request_: Request) -> None:
    line = line_of(PACK, request_)
    assert "\n" not in line
    assert read_line(line).request == request_


def test_an_older_line_calls_a_level_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "my level=1 %20.txt"
    path.write_text("map:\n#####\n#@.G#\n#####\n")
    task = load_pack(path).split("test").tasks[0]
    line = f"level={quote(str(path))} task={task.id} agents=scratch seed=0 steps=5"
    assert read_line(line).request.task.id == task.id
    path.write_text("map:\n#####\n#@G.#\n#####\n")
    with pytest.raises(ReplayError, match="the level has changed"):
        read_line(line)


@pytest.mark.skipif(sys.platform != "linux", reason="names are always text there")
def test_names_that_are_not_utf8_are_told_apart_and_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.txt"
    path.write_text("map:\n#####\n#@.G#\n#####\n")
    pack = load_pack(path)
    task = pack.split("test").tasks[0]
    assert (pack.name, pack.title, task.name) == ("caf\\xe9", "caf\\xe9", "caf\\xe9")
    agents = ("runs/caf\udce9", "scratch")
    request = replace(REQUEST, task=task, pack=pack.name, agents=agents)
    line = line_of(pack, request, own_runs=True)
    assert line.isascii()
    assert read_line(line).request.task.id == task.id
    assert read_line(line).request.agents == agents
    older = f"level={quote(os.fsencode(path))} task={task.id} agents=scratch seed=0 steps=5"
    assert read_line(older).pack.path == path


@pytest.mark.parametrize("name", ["%00", "/dev/null", "%2Fdev", f"{'x' * 300}"])
def test_a_level_that_no_file_can_be_is_refused(name: str) -> None:
    line = line_of(PACK, REQUEST).replace("level=mazes-9x9", f"level={name}")
    with pytest.raises((ReplayError, PackError)):
        read_line(line)


@pytest.mark.parametrize("number", ["nan", "1_0", "١", "1e999", ".", "-1", "1" * 400])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(ReplayError, match="step-size"):
        read_line(f"{line_of(PACK, REQUEST)} step-size={number}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed=7", ""),
        ("seed=7", "seed=x"),
        ("seed=7", "seed=7 seed=8"),
        ("steps=4", "steps=99999"),
        ("seed=7", "seed=7 wisdom=3"),
        ("seed=7", "seed=7 goal@2=0,0"),
        ("seed=7", "seed=7 goal@0=1,1"),
        ("seed=7", "seed=7 step-size=nan"),
        ("maml-mazes-9x9,scratch", ","),
    ],
)
def test_a_damaged_line_is_refused(old: str, new: str) -> None:
    with pytest.raises(ReplayError):
        read_line(line_of(PACK, REQUEST).replace(old, new))


def test_a_line_gives_the_same_trace_and_the_same_film(tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    level = tmp_path / "own.txt"
    level.write_text("map:\n#######\n#@..%?#\n#..I.?#\n#######\n")
    asked = ["watch", str(level), "--agent", "maml-mazes-9x9", "--versus", "scratch"]
    asked += ["--seed", "1", "--steps", "2"]
    assert main.main([*asked, "--headless", "--out", str(first)]) == 0
    content = (first / "trace.json").read_text()
    assert str(tmp_path) not in content
    line = json.loads(content)["replay"]
    level.unlink()
    assert main.main(["watch", "--replay", line, "--headless", "--out", str(again)]) == 0
    for name in ("adaptation.gif", "policy.npz", "board.png"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    facts = [json.loads((folder / "trace.json").read_text()) for folder in (first, again)]
    assert facts[0] == facts[1]
    assert facts[0]["level"] == "own.txt"


# --- what changes meanwhile


def test_until_something_changes_all_is_as_it_was() -> None:
    plain, changed = trace(REQUEST)[0], trace(replace(REQUEST, changes=(Change(3),)))[0]
    for a, b in zip(plain.steps[:3], changed.steps[:3]):
        assert np.array_equal(a.action_probs, b.action_probs)
        assert np.array_equal(a.paths, b.paths)


def test_amnesia_leads_back_to_the_beginning_and_counts_on() -> None:
    steps = trace(replace(REQUEST, changes=(Change(3),)))[0].steps
    assert np.allclose(steps[3].action_probs, steps[0].action_probs)
    assert not np.allclose(steps[2].action_probs, steps[0].action_probs)
    assert [step.step for step in steps] == [0, 1, 2, 3, 4]
    assert [step.episodes for step in steps] == [0, 20, 40, 60, 80]


def test_where_the_goal_moves_the_agent_goes_on_from_what_it_has_learned() -> None:
    """It had learned the way to the old goal; at the new one that is worth less."""
    plain = trace(REQUEST)[0]
    moved = trace(replace(REQUEST, changes=(Change(2, ELSEWHERE),)))[0]
    start = TASK.level.find("@")[0]  # where both know what to do
    at = [compile_level(one.level).cell.tolist().index(list(start)) for one in (TASK, MOVED)]
    before, after = (t.steps[2].action_probs[0, s] for t, s in zip((plain, moved), at))
    assert np.allclose(before, after)
    assert moved.bounds(1) == plain.bounds(1)
    assert len(moved.steps) == 5


@pytest.mark.parametrize("name", ["planner", "posterior-sampling"])
def test_agents_that_cannot_go_on_begin_anew(name: str) -> None:
    found = trace(replace(REQUEST, agents=(name,), changes=(Change(2, ELSEWHERE),)))[0]
    assert [step.step for step in found.steps] == [0, 1, 2, 3, 4]
    if name == "planner":
        assert found.score(found.steps[2]) == pytest.approx(1)

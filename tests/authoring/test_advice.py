"""Advice to authors: which wall to open, and which settings fit the map."""

from __future__ import annotations

import pytest

from game.authoring.advice import Advice, advise, suggested_steps, walls_to_open
from game.authoring.analyses import LevelAnalysis
from game.authoring.figures import check_tasks
from game.tasks.coverage import Coverage
from game.tasks.family import family
from game.text.reading import LevelFile, parse


def advice(text: str, kind: str, coverage: Coverage | None = None) -> list[Advice]:
    """Return the advice of one kind about a level that may have problems."""
    file = LevelFile(text)
    level, _ = file.examine()
    draft = level or file.draft()
    assert draft
    checked = check_tasks(list(family(level, ""))) if level else []
    found = advise(LevelAnalysis(draft), checked, coverage)
    return [one for one in found if one.kind == kind]


def test_the_wall_to_open_is_named():
    [found] = advice("map:\n#######\n#@.#.G#\n#..#..#\n#######\n", "wall")
    assert found.cells == ((1, 3),)
    assert found.text.startswith("open the wall at row 2 column 4: there is no way from the start")


def test_a_candidate_out_of_reach_gets_advice_of_its_own():
    [found] = advice("map:\n@.?#?\n", "wall")
    assert found.cells == ((0, 3),)
    assert "to the goal at row 1 column 5" in found.text
    assert not advice("map:\n@.?.?\n", "wall")


@pytest.mark.parametrize(
    ("rows", "walls"),
    [
        ("@##.##\n..#.#G\n", ((1, 2), (1, 4))),
        ("@.#.G\n.>#..\n", ((0, 2),)),
        ("@A#G\n#a..\n", ((1, 0),)),  # the key is behind a wall of its own
        ("@A#G\n####\n", ((0, 2), (1, 0), (1, 1), (1, 2))),  # there is no key: past the door
        ("@.#G\n", ((0, 2),)),
        ("@L#G\n", ()),  # no wall helps
        ("@..G\n", ()),
    ],
)
def test_the_fewest_walls_are_opened(rows: str, walls: tuple[tuple[int, int], ...]):
    level = LevelFile(f"map:\n{rows}").draft()
    assert level
    found = walls_to_open(level, level.find("@"), level.find("G"))
    assert found == walls
    grid = [list(row) for row in level.rows]
    for row, column in found:
        grid[row][column] = "."
    opened = LevelFile("map:\n" + "\n".join(map("".join, grid)) + "\n")
    assert opened.examine()[0] or not walls


def test_steps_are_three_times_the_longest_way():
    text = "steps: 8\nmap:\n@.......?\n?........\n"
    [found] = advice(text, "steps")
    assert found.line == "steps: 24"
    assert suggested_steps(LevelAnalysis(parse(text))) == 24
    assert not advice(text.replace("8", "24", 1), "steps")
    assert advice(text.replace("8", "900", 1), "steps")[0].line == "steps: 24"


def test_a_step_reward_that_makes_the_goal_pay():
    lane = "goal: visible\nreward: goal=2 step=-0.5\nmap:\nL@~~~~~G\n"
    [found] = advice(lane, "reward")
    assert found.line == "reward: goal=2 step=-0.0323"
    assert not advice(lane.replace("reward: goal=2 step=-0.5", found.line), "reward")
    [long] = advice("map:\n@...........G\n", "reward")  # it costs more than it pays, if not avoided
    assert long.line == "reward: step=-0.0417"


def test_where_no_step_reward_helps_the_goal_is_to_pay_more():
    [found] = advice("goal: visible\nreward: goal=-1\nmap:\nL@.G\n", "reward")
    assert not found.line
    assert "raise the reward of the goal" in found.text


def test_what_is_new_to_an_agent_is_said():
    known = Coverage(frozenset({(1, 4)}), frozenset("@.G"), frozenset({"hidden"}))
    assert not advice("map:\n@.??\n", "new", known)
    [found] = advice("goal: visible\nmap:\n@.I??\n", "new", known)
    assert found.text == "new to it: 1 × 5, ice, a visible goal"

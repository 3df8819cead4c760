"""docs/published-rules.md: its levels have the published rules, and its numbers are true."""

from __future__ import annotations

import re
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from commands import main
from game.authoring.fixed_policy import best_fixed_policy
from game.tasks.family import family
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import (
    bellman_backup,
    choice_values,
    expected_return,
    optimal_return,
    optimal_values,
    random_return,
    shortest_path,
)
from game.world.rules import STAY
from game.world.tables import compile_level

PAGE = Path(__file__).resolve().parents[2] / "docs" / "published-rules.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+) ?([^\n]*)\n(.*?)```", TEXT, re.S)
FILES = {file: body for _, file, body in BLOCKS if file}
GYM_ACTIONS = ["left", "down", "right", "up"]


def level(file: str, **changes: str) -> Level:
    """Return a level of the page, with some header lines replaced, or removed where empty."""
    text = FILES[file]
    for key, value in changes.items():
        text, n = re.subn(rf"^{key}: .*\n", value and f"{key}: {value}\n", text, flags=re.M)
        assert n == 1
    return parse(text, file)


def optimum(one: Level) -> float:
    return float(optimal_return(GridBatch.of([one]))[0])


def gymnasium_returns(name: str, steps: int, slippery: bool) -> tuple[float, float]:
    """Return the optimal and the random return by value iteration over Gymnasium's own table."""
    env = gymnasium.make("FrozenLake-v1", map_name=name, is_slippery=slippery).unwrapped
    best, random = np.zeros((2, len(env.P)))
    for _ in range(steps):
        found = []
        for value in (best, random):
            q = [
                [sum(p * (r + (not end) * value[s]) for p, s, r, end in row[a]) for a in row]
                for row in env.P.values()
            ]
            found.append(np.array(q))
        best, random = found[0].max(1), found[1].mean(1)
    return float(best[0]), float(random[0])


def test_the_commands_answer_what_stands_below_them(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = 0
    for language, file, body in BLOCKS:
        if file:
            Path(file).write_text(body, encoding="utf-8")
            continue
        assert language == "console"
        command, _, answer = body.partition("\n")
        main.main(command.removeprefix("$ python main.py ").split())
        assert "".join(capsys.readouterr()).rstrip("\n") == answer.rstrip("\n")
        asked += 1
    assert asked == len(FILES) == 5


ROWS = re.findall(r"^\| (\dx\d) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", TEXT, re.M)


@pytest.mark.parametrize(("name", "steps", "slippery", "straight"), ROWS)
def test_frozen_lake_has_the_optima_of_gymnasiums_own_table(
    name: str, steps: str, slippery: str, straight: str
):
    for printed, changes in ((slippery, {}), (straight, {"slip": ""})):
        ours = optimum(level(f"lake-{name}.txt", steps=steps, **changes))
        theirs, _ = gymnasium_returns(name, int(steps), not changes)
        assert ours == pytest.approx(theirs, abs=1e-9)
        assert round(ours, 4) == float(printed)


def test_there_are_three_such_rows_and_the_first_is_the_one_that_everybody_quotes():
    assert [row[:3] for row in ROWS] == [
        ("4x4", "100", "0.7442"),
        ("8x8", "200", "0.9132"),
        ("8x8", "100", "0.6407"),
    ]


both_lakes = pytest.mark.parametrize("file", ["lake-4x4.txt", "lake-8x8.txt"])


@both_lakes
def test_no_state_of_a_lake_is_worth_less_with_more_steps_so_that_staying_gains_nothing(file: str):
    batch = GridBatch.of([level(file)])
    backup, value = bellman_backup(batch), np.zeros(batch.over.shape)
    for _ in range(batch.horizon):
        q = choice_values(batch, backup(value))
        four = q[..., :STAY].max(-1)
        assert (four >= value - 1e-12).all()
        value = four
    assert value == pytest.approx(optimal_values(batch, 1.0), abs=1e-12)


@both_lakes
def test_the_random_policy_of_four_actions_returns_what_it_does_in_gymnasium(file: str):
    batch = GridBatch.of([level(file)])
    without_stay = np.full((1, batch.n_states, 5), 0.25)
    without_stay[..., STAY] = 0
    name = file[5:8]
    _, theirs = gymnasium_returns(name, level(file).steps, slippery=True)
    four = expected_return(batch, without_stay)[0]
    assert four == pytest.approx(theirs, abs=1e-9)
    shown = ("0.0139398", "0.0139398") if name == "4x4" else ("0.00189", "0.00190")
    for value, text in zip((random_return(batch)[0], four), shown):
        assert f"{value:.{len(text) - 2}f}" == text
        assert text in TEXT


def test_a_success_rate_is_one_minus_the_slip_and_a_schedule_is_three_rewards():
    env = gymnasium.make(
        "FrozenLake-v1", map_name="4x4", success_rate=0.8, reward_schedule=(2, -0.5, -0.01)
    ).unwrapped
    value = np.zeros(16)
    for _ in range(30):
        q = [
            [sum(p * (r + (not end) * value[s]) for p, s, r, end in row[a]) for a in row]
            for row in env.P.values()
        ]
        value = np.array(q).max(1)
    written = {"slip": "0.2", "reward": "goal=2 step=-0.01", "define": "L pays=-0.5"}
    ours = optimum(level("lake-4x4.txt", steps="30", **written))
    assert ours == pytest.approx(float(value[0]), abs=1e-9)


def test_a_dark_room_pays_in_every_step_on_the_goal():
    tasks = list(family(level("dark-room.txt"), ""))
    away = [abs(r - 4) + abs(c - 4) for r, c in (one.level.find("G")[0] for one in tasks)]
    found = optimal_return(GridBatch.of([one.level for one in tasks]))
    assert found == pytest.approx(np.array([20 - n + 1 for n in away]))
    assert (len(tasks), np.mean(away), found.mean()) == (80, 4.5, 16.5)


def test_of_two_arms_a_policy_that_does_not_adapt_gets_half():
    tasks = list(family(level("two-arms.txt"), ""))
    assert sorted(optimum(one.level) for one in tasks) == [0.2, 0.8, 0.8, 0.8]
    batch = GridBatch.of([one.level for one in tasks])
    for action in (2, 3):
        always = np.zeros((4, batch.n_states, 5))
        always[..., action] = 1
        assert expected_return(batch, always).mean() == pytest.approx(0.5)
    assert best_fixed_policy(tasks, 2, np.random.default_rng(0)).score < 0.8


def test_the_shortest_solution_of_microban_1_has_33_moves():
    one = level("microban-1.txt")
    assert shortest_path(compile_level(one)) == 33
    assert optimum(one) == pytest.approx(1 - 32 * 0.01)

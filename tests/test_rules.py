"""The rules as films: a level, moves, and what is to be seen and paid after each of them."""

from __future__ import annotations

import numpy as np
import pytest

from game.level import Level, parse
from game.rules import ACTIONS
from game.tables import GridBatch, compile_level
from tests import reference

KEYS = {"u": 0, "d": 1, "l": 2, "r": 3, ".": 4}


def film(text: str, moves: str) -> list[tuple[str, float, bool]]:
    """Boards with the agent as `A`, reward and end, after each move."""
    level = parse(text)
    tables = compile_level(level)
    state, frames = int(tables.starts[0]), []
    for move in moves:
        action = KEYS[move]
        reward, ended = tables.reward[state, action], tables.terminated[state, action]
        state = int(tables.next_state[state, action])
        rows = [list(row.replace("@", ".")) for row in level.rows]
        row, column = tables.cell[state]
        rows[row][column] = "A"
        board = "/".join("".join(row) for row in rows)
        frames.append((board, round(float(reward), 9), bool(ended)))
    return frames


def test_moves_pay_for_the_cell_that_is_entered_and_the_goal_ends_the_episode():
    assert film("map:\n@,:\n%~G\n", "rrd") == [
        (".A:/%~G", -0.2, False),
        (".,A/%~G", -0.3, False),
        (".,:/%~A", 1.0, True),
    ]
    assert film("map:\n@,:\n%~G\n", "dr") == [(".,:/A~G", -0.4, False), (".,:/%AG", -0.6, False)]


def test_a_bump_or_a_stay_costs_the_cell_one_stands_on():
    assert film("map:\n@%#G\n....\n", "rr.ul") == [
        (".A#G/....", -0.4, False),
        (".A#G/....", -0.4, False),  # into the wall
        (".A#G/....", -0.4, False),  # stay
        (".A#G/....", -0.4, False),  # off the map
        ("A%#G/....", -0.1, False),
    ]


def test_where_the_goal_never_ends_the_episode_every_step_that_ends_on_it_pays():
    assert film("ends: never\nmap:\n@G.\n", "r.url") == [
        (".A.", 1.0, False),
        (".A.", 1.0, False),  # stay
        (".A.", 1.0, False),  # a bump
        (".GA", -0.1, False),
        (".A.", 1.0, False),
    ]


def test_rewards_and_costs_of_the_header_count():
    text = "reward: goal=5 step=-1\ncost: floor=2 mud=0\nmap:\n@.%G\n"
    assert [pay for _, pay, _ in film(text, "rrr")] == [-2.0, 0.0, 5.0]


def test_candidates_and_starts_are_floor():
    assert [pay for _, pay, _ in film("map:\n@?@G\n", "rr")] == [-0.1, -0.1]


def test_after_the_end_nothing_happens_and_nothing_is_paid():
    assert film("map:\n@G.\n", "rr.") == [
        (".A.", 1.0, True),
        (".A.", 0.0, True),
        (".A.", 0.0, True),
    ]


@pytest.mark.parametrize("seed", range(60))
def test_tables_agree_with_a_scalar_reading_of_the_rules(seed: int):
    level = reference.random_level(seed)
    tables = compile_level(level)
    cells = [tuple(cell) for cell in tables.cell.tolist()]
    assert cells == reference.cells(level)
    for state, cell in enumerate(cells):
        if tables.over[state]:
            assert level.ends == "goal"
            assert reference.tile(level, cell) == "G"
            continue
        for action in range(len(ACTIONS)):
            target, reward, ended = reference.step(level, cell, action)
            assert cells[tables.next_state[state, action]] == target
            assert tables.reward[state, action] == pytest.approx(reward)
            assert tables.terminated[state, action] == ended


def test_a_batch_steps_each_task_by_its_own_tables():
    levels = [reference.random_level(seed) for seed in range(40)]
    batch = GridBatch.of(levels)
    rng = np.random.default_rng(0)
    first = np.arange(batch.n_tasks) * batch.n_states
    state = np.array([t.starts[0] for t in batch.tables]) + first
    for _ in range(30):
        action = rng.integers(5, size=batch.n_tasks)
        following, reward, ended = batch.step(state, action)
        for t, tables in enumerate(batch.tables):
            s = state[t] - first[t]
            assert following[t] - first[t] == tables.next_state[s, action[t]]
            assert reward[t] == tables.reward[s, action[t]]
            assert ended[t] == tables.terminated[s, action[t]]
        state = following


def test_padding_states_are_over_and_never_entered():
    batch = GridBatch.of([Level(("@G",)), Level(("@..G",))])
    assert batch.over[0].tolist() == [False, True, True, True]
    assert batch.next_state[0, :2].max() < 2
    assert batch.start.sum(1).tolist() == [1.0, 1.0]

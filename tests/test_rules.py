"""The rules as films: a level, moves, and what is to be seen and paid after each of them."""

from __future__ import annotations

import numpy as np
import pytest

from game.level import Level, parse
from game.rules import ACTIONS
from game.tables import GridBatch, Tables, compile_level
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


def looks(tables: Tables, state: int) -> tuple[object, ...]:
    """A state of the tables, as far as it can be seen."""
    coins = tables.level.find("o")
    return (
        tuple(tables.cell[state].tolist()),
        "".join(char for char, held in zip("abcd", tables.keys[state]) if held),
        frozenset(cell for cell, left in zip(coins, tables.coins[state]) if left),
        [tuple(cell) for cell in tables.opponents[state].tolist()],
        bool(tables.over[state]),
    )


def reads(state: reference.State) -> tuple[object, ...]:
    """The same of a state of the reference."""
    opponents = [opponent.cell for opponent in state.opponents]
    return state.cell, state.keys, state.coins, opponents, state.over


@pytest.mark.parametrize("seed", range(60))
def test_tables_agree_with_a_scalar_reading_of_the_rules(seed: int):
    level = reference.random_level(seed)
    tables = compile_level(level)
    cells = [tuple(cell) for cell in tables.cell.tolist()]
    assert cells == reference.cells(level)
    begin = reference.starts(level)[0]
    for state, cell in enumerate(cells):
        if tables.over[state]:
            assert level.ends == "goal"
            assert reference.tile(level, cell) == "G"
            continue
        for action in range(len(ACTIONS)):
            target, reward, ended = reference.step(level, begin._replace(cell=cell), action)
            assert cells[tables.next_state[state, action]] == target.cell
            assert tables.reward[state, action] == pytest.approx(reward)
            assert tables.terminated[state, action] == ended


@pytest.mark.parametrize("seed", range(300))
def test_all_tiles_agree_with_a_scalar_reading_of_the_rules_along_random_episodes(seed: int):
    level = reference.random_level(seed, reference.ALL)
    tables, rng = compile_level(level), np.random.default_rng(seed)
    for episode in range(10):
        start = episode % len(tables.starts)
        state, expected = int(tables.starts[start]), reference.starts(level)[start]
        assert looks(tables, state) == reads(expected)
        for _ in range(level.steps):
            action = int(rng.integers(5))
            expected, pays, ends = reference.step(level, expected, action)
            assert tables.reward[state, action] == pytest.approx(pays)
            assert tables.terminated[state, action] == ends
            state = int(tables.next_state[state, action])
            assert looks(tables, state) == reads(expected)
            if ends:
                break


@pytest.mark.parametrize("seed", range(100))
def test_chance_has_exactly_the_outcomes_of_a_scalar_reading(seed: int):
    """Both the distribution and the sampling: luck in equal steps hits each outcome as often."""
    level = reference.random_level(seed, reference.ALL)
    batch = GridBatch.of([level])
    tables, begin = batch.tables[0], reference.starts(level)[0]
    luck = (np.arange(4000)[None] + 0.5) / 4000
    for state in range(0, tables.n_states, 1 + tables.n_states // 20):
        here = begin._replace(cell=tuple(tables.cell[state].tolist()))
        for action in range(5):
            expected = np.zeros(5)
            for chance, effect in reference.outcomes(level, here, action):
                expected[effect] += chance
            chosen = np.zeros((1, batch.n_states, 5))
            chosen[0, state, action] = 1
            assert batch.effective(chosen)[0, state] == pytest.approx(expected)
            many = np.full(luck.shape, state), np.full(luck.shape, action)
            count = np.bincount(batch.diverted(*many, luck)[0], minlength=5)
            assert count / 4000 == pytest.approx(expected, abs=1 / 1000)


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

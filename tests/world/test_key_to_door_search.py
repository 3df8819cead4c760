"""Key-to-door: searches against agents that play each task, and bounds against a belief tree."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from game.text.level import Level
from game.text.worlds import make_world, map_of
from game.world.key_to_door_search import (
    KeyToDoorRoom,
    NearestSearch,
    SamplingSearch,
    search_returns,
    upper_bound,
)
from game.world.tables import compile_level

Cell = tuple[int, int]
PUBLISHED = KeyToDoorRoom(9, 50)


def near(cell: Cell, goal: Cell) -> int:
    return max(1, abs(cell[0] - goal[0]) + abs(cell[1] - goal[1]))


def moves_toward(cell: Cell, goal: Cell) -> list[Cell]:
    """Return the cells that the next step of a shortest path may end on."""
    (r, c), (down, right) = cell, (np.sign(goal[0] - cell[0]), np.sign(goal[1] - cell[1]))
    ways = [(r + down, c)] * bool(down) + [(r, c + right)] * bool(right)
    return ways or [cell]


Choose = Callable[[Cell, set[Cell], Cell], Cell]


def played(room: KeyToDoorRoom, key: Cell, door: Cell, episodes: int, choose: Choose, draw):
    """Return the returns of an agent that observes cells and rewards, on the tables of a task."""
    settings = {"key": (key[0] + 1, key[1] + 1), "door": (door[0] + 1, door[1] + 1)}
    world = make_world("key-to-door", settings)
    tables = compile_level(Level(map_of(world, room.size), steps=room.steps, world=world))
    cells = [tuple(cell) for cell in room.cells.tolist()]
    open_ = {"key": set(cells), "door": set(cells)}
    returns = []
    for _ in range(episodes):
        state, wanted, paid = int(tables.starts[0]), "key", 0.0
        targets = {name: draw(sorted(open_[name])) for name in open_}
        for _ in range(room.steps):
            cell = tuple(tables.cell[state].tolist())
            ahead = cell
            if wanted:
                known = len(open_[wanted]) == 1
                target = min(open_[wanted]) if known else targets[wanted]
                ahead = choose(cell, open_[wanted], target)
            nexts = tables.next_state[state].tolist()
            action = next(a for a, s in enumerate(nexts) if tuple(tables.cell[s].tolist()) == ahead)
            reward, state = tables.reward[state, action], nexts[action]
            paid += reward
            if wanted:
                open_[wanted] = {ahead} if reward else open_[wanted] - {ahead}
                if reward:
                    wanted = "door" if wanted == "key" else ""
        returns.append(paid)
    return returns


def nearest(cell: Cell, open_: set[Cell], target: Cell) -> Cell:
    def rank(one: Cell) -> tuple[int, Cell]:
        beside = sum(abs(one[0] - r) + abs(one[1] - c) == 1 for r, c in open_)
        return 5 * near(cell, one) + beside, one

    return moves_toward(cell, min(open_, key=rank))[0]


ROOM = KeyToDoorRoom(3, 6)
TASKS = list(itertools.product(itertools.product(range(3), repeat=2), repeat=2))


def test_the_nearest_search_returns_what_it_returns_on_all_tasks():
    found = [played(ROOM, key, door, 3, nearest, min) for key, door in TASKS]
    exact = search_returns(ROOM, NearestSearch(ROOM), 3)
    assert exact.tolist() == pytest.approx(np.mean(found, 0).tolist(), abs=1e-12)


def test_posterior_sampling_returns_what_it_returns_on_many_tasks():
    rng = random.Random(0)

    def choose(cell: Cell, open_: set[Cell], target: Cell) -> Cell:
        return rng.choice(moves_toward(cell, target))

    tasks = TASKS * 12
    found = np.array([played(ROOM, key, door, 3, choose, rng.choice) for key, door in tasks])
    means = search_returns(ROOM, SamplingSearch(ROOM, np.random.default_rng(0)), 3, 2000)
    assert (abs(found.mean(0) - means) < 3.5 * found.std(0) / np.sqrt(len(tasks))).all()


def belief_tree(room: KeyToDoorRoom, episodes: int) -> float:
    """Return the Bayes-optimal return of a trial, by recursion over all observations."""
    n, cells = room.n, range(room.n)
    ahead = [[b for b in cells if b == a or room.steps_to[a, b] == 1] for a in cells]

    @cache
    def value(left: int, time: int, cell: int, keys: frozenset, doors: frozenset, held: int):
        """Return the value with `held` of key and door paid; a single possible cell is known."""
        if time == room.steps:
            return value(left - 1, 0, room.start, keys, doors, 0) if left else 0.0
        best = 0.0
        for b in ahead[cell]:
            open_ = (keys, doors, frozenset())[held]
            hit = (b in open_) / len(open_) if open_ else 0.0
            total = 0.0
            if hit:
                known = (frozenset({b}), doors) if held == 0 else (keys, frozenset({b}))
                total += hit * (1 + value(left, time + 1, b, *known, held + 1))
            if hit < 1:
                rest = (
                    (keys - {b}, doors)
                    if held == 0
                    else (keys, doors - {b} if held == 1 else doors)
                )
                total += (1 - hit) * value(left, time + 1, b, *rest, held)
            best = max(best, total)
        return best

    everywhere = frozenset(range(n))
    return value(episodes - 1, 0, room.start, everywhere, everywhere, 0)


@pytest.mark.parametrize(("steps", "episodes"), [(4, 1), (5, 1), (4, 2), (5, 2), (4, 3)])
def test_bounds_enclose_the_optimum(steps: int, episodes: int):
    room = KeyToDoorRoom(2, steps)
    optimum = belief_tree(room, episodes)
    assert search_returns(room, NearestSearch(room), episodes).sum() <= optimum + 1e-9
    assert optimum <= upper_bound(room, episodes) + 1e-9
    assert upper_bound(room, episodes) < 1.05 * optimum


def test_the_published_room_is_searched_at_the_highest_rate():
    """By hand: 50 of 81 cells are tested for the key, and all steps that are left for the door."""
    returns = search_returns(PUBLISHED, NearestSearch(PUBLISHED), 4)
    assert returns[0] == pytest.approx(50 / 81 + sum(range(50)) / 81**2, abs=1e-12)
    assert upper_bound(PUBLISHED, 1) == pytest.approx(returns[0], abs=1e-12)
    assert returns.sum() == pytest.approx(6.4519, abs=5e-5)
    assert upper_bound(PUBLISHED, 4) == pytest.approx(6.4656, abs=5e-5)


def test_a_room_needs_enough_steps_for_what_is_known():
    with pytest.raises(ValueError, match="5 steps are too few"):
        KeyToDoorRoom(3, 5)

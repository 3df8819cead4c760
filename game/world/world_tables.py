"""The tables of levels with a world of their own: bandits, random MDPs, key-to-door.

Each function returns the arrays of `Tables` that differ from `_plain`. All numbers are drawn with
the seed in the level's text, so that a task is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from game.text.level import Level
from game.text.tiles import FLOOR, START
from game.text.worlds import World
from game.world.noise import BERNOULLI, NORMAL
from game.world.rules import KEYS, MOVES, Ints

Arrays = dict[str, Any]
MEAN, DEVIATION = 1.0, 1.0  # of the mean rewards of an MDP (Duan et al. 2016)


def world_arrays(level: Level, world: World) -> Arrays:
    """Return the fields of the `Tables` of a level with a world of its own."""
    arrays = _WORLDS[world.kind](level, world)
    return _plain(arrays["cell"], arrays["next_state"], world.n_actions) | arrays


def bandit(level: Level, world: World) -> Arrays:
    """Return a bandit with Bernoulli arms, whose means are uniform in [0, 1] (Duan et al. 2016).

    After a pull the agent is in the arm's cell, which changes nothing in the game.
    """
    cells, n = _cells(level), world.number("arms")
    means = np.random.default_rng(world.number("seed")).random(n)
    return {
        "cell": cells,
        "next_state": np.tile(np.arange(1, n + 1), (n + 1, 1)),
        "reward": np.tile(means, (n + 1, 1)),
        "noise": BERNOULLI,
    }


def mdp(level: Level, world: World) -> Arrays:
    """Return a random MDP (Duan et al. 2016): mean rewards normal, transitions Dirichlet(1).

    An effect is an action and its outcome: the next state, drawn with its probability.
    """
    n, n_actions = world.number("states"), world.number("actions")
    rng = np.random.default_rng(world.number("seed"))
    means = rng.normal(MEAN, DEVIATION, (n, n_actions))
    outcomes = rng.dirichlet(np.ones(n), (n, n_actions))  # [S, A, S]
    return {
        "cell": _cells(level),
        "next_state": np.tile(np.arange(n), (n, n_actions)),  # [S, A * S]
        "reward": means.repeat(n, 1),
        "outcomes": outcomes,
        "noise": NORMAL,
    }


def key_to_door(level: Level, world: World) -> Arrays:
    """Return Dark Key-to-Door (Laskin et al. 2023): the first step that ends on the key pays 1,
    and so does the first one after it that ends on the door.

    The states of each cell are: without the key, with it, and after the door.
    """
    cells = _cells(level)
    number = np.full((level.height + 2, level.width + 2), -1)  # with a margin of walls
    number[tuple(cells.T + 1)] = np.arange(len(cells))
    ahead = number[tuple((cells[:, None] + MOVES + 1).transpose(2, 0, 1))]  # [C, A]
    ahead = np.where(ahead < 0, np.arange(len(cells))[:, None], ahead)
    wanted = number[tuple(np.array([world.cell(name) for name in ("key", "door")]).T + 1)]
    phase = np.arange(3)
    pays = np.stack([ahead == wanted[0], ahead == wanted[1], np.zeros(ahead.shape, bool)], 1)
    next_state = 3 * ahead[:, None] + phase[:, None] + pays  # [C, phase, A]
    return {
        "cell": cells.repeat(3, 0),
        "next_state": next_state.reshape(3 * len(cells), -1),
        "reward": pays.reshape(3 * len(cells), -1).astype(float),
        "goal": np.tile(phase == 2, len(cells)),
        "found": np.tile(phase, len(cells)),
    }


_WORLDS: dict[str, Callable[[Level, World], Arrays]] = {
    "bandit": bandit,
    "mdp": mdp,
    "key-to-door": key_to_door,
}


def _cells(level: Level) -> Ints:
    """Return the cells [n, 2] of the map: the start, then the floor in reading order."""
    return np.array(level.find(START) + level.find(FLOOR))


def _plain(cell: Ints, next_state: Ints, n_actions: int) -> Arrays:
    """Return all fields of `Tables` for a game without an end, slips, wind and items."""
    n = len(cell)
    return {
        "terminated": np.zeros(next_state.shape, bool),
        "over": np.zeros(n, bool),
        "goal": np.zeros(n, bool),
        "slip": np.zeros(n),
        "lean": np.zeros(n),
        "starts": np.zeros(1, int),
        "sides": np.arange(n_actions)[:, None].repeat(2, 1),
        "left_first": np.zeros(n_actions, int),
        "wind": np.zeros(n_actions),
        "keys": np.zeros((n, len(KEYS)), bool),
        "coins": np.zeros((n, 0), bool),
        "boxes": np.zeros((n, 0, 2), int),
        "gates": np.zeros(n, bool),
        "opponents": np.zeros((n, 0, 2), int),
        "phase": np.zeros(n, int),
    }

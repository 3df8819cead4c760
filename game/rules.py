"""The transition rules, once: what each action does in each state.

A state of a level is a cell. The rules are deterministic; chance (slip) only replaces the chosen
action by the one that takes effect, see `CHANCE`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.level import Level
from game.tiles import BY_CHAR, GOAL

ACTIONS = ("up", "down", "left", "right", "stay")
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])  # [A, (row, column)]
STAY = ACTIONS.index("stay")
SIDES = np.array([[2, 3], [2, 3], [0, 1], [0, 1], [4, 4]])  # [A, 2] where a slipping move goes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class World:
    """A level as arrays over its cells, with a border of walls around it. All are [rows, columns]."""

    def __init__(self, level: Level) -> None:
        chars = np.pad(np.array([list(row) for row in level.rows]), 1, constant_values="#")
        self.passable: Bools = _lookup(chars, lambda char: BY_CHAR[char].passable).astype(bool)
        self.cost: Floats = _lookup(chars, level.cost).astype(float)
        self.goal: Bools = chars == GOAL
        self.slip: Floats = np.full(chars.shape, level.slip)


def _lookup(chars: NDArray[np.str_], value: object) -> NDArray[np.float64]:
    found, inverse = np.unique(chars, return_inverse=True)
    values = np.array([value(char) for char in found.tolist()], float)  # type: ignore[operator]
    return values[inverse.reshape(chars.shape)]


def step(world: World, level: Level, cell: Ints, action: Ints) -> tuple[Ints, Floats, Bools]:
    """Let each action take effect. cell [N, 2] (row, column in the map), action [N].

    Returns the next cell [N, 2], the reward [N] and whether the episode ends there [N].
    """
    target = cell + MOVES[action]
    walks = world.passable[target[:, 0] + 1, target[:, 1] + 1]
    target = np.where(walks[:, None], target, cell)
    row, column = target[:, 0] + 1, target[:, 1] + 1
    on_goal = world.goal[row, column]
    reward = np.where(on_goal, level.goal_reward, level.step_reward * world.cost[row, column])
    return target, reward, on_goal & (level.ends == "goal")

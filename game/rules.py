"""The transition rules, once: what each action does in each state.

A state of a level is a cell. The rules are deterministic; chance (slip) only replaces the chosen
action by the one that takes effect, one of `SIDES`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.level import Level
from game.tiles import GOAL, TILES, WALL

ACTIONS = ("up", "down", "left", "right", "stay")
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])  # [A, (row, column)]
STAY = ACTIONS.index("stay")
SIDES = np.array([[2, 3], [2, 3], [0, 1], [0, 1], [4, 4]])  # [A, 2] where a slipping move goes

PASSABLE = np.zeros(128, bool)  # by character
PASSABLE[[ord(tile.char) for tile in TILES if tile.passable]] = True

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class World:
    """A level as arrays over its cells, [rows, columns], with `margin` walls on each side."""

    def __init__(self, level: Level, margin: int = 1) -> None:
        shape = (level.height, level.width)
        codes = np.full((shape[0] + 2 * margin, shape[1] + 2 * margin), ord(WALL), np.uint8)
        inside = np.frombuffer("".join(level.rows).encode("ascii"), np.uint8).reshape(shape)
        codes[margin:-margin, margin:-margin] = inside
        cost = np.zeros(128)
        for tile in TILES:
            cost[ord(tile.char)] = level.cost(tile.char)
        self.passable: Bools = PASSABLE[codes]
        self.cost: Floats = cost[codes]
        self.goal: Bools = codes == ord(GOAL)
        self.slip: Floats = np.full(codes.shape, level.slip)


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

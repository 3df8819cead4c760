"""Observations: what an agent sees in each state, in one fixed layout for every level up to 16 x 16.

Features speak of cost and passability, not of tiles, and never of what is drawn for a task: a hidden
goal looks like floor. Their channels stand in LAYOUT; a checkpoint of one level fits all levels.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from game.level import Level
from game.rules import Floats, World
from game.tables import GridBatch, Tables
from game.tiles import BY_NAME, FLOOR, GOAL, START

MAX_SIZE = 16
SIGHT = 2  # cells seen in each direction
_WINDOW = (2 * SIGHT + 1) ** 2

# name and width of each block, in order; blocks that a level has no use for stay zero
LAYOUT: dict[str, int] = {
    "row": MAX_SIZE,
    "column": MAX_SIZE,
    "blocked": _WINDOW,
    "cost": _WINDOW,
    "danger": _WINDOW,
    "slip": _WINDOW,
    "item": _WINDOW,
    "push_row": _WINDOW,
    "push_column": _WINDOW,
    "keys": 4,
    "opponent": 3,  # present, rows to it, columns to it
    "goal": 3,  # visible, rows to it, columns to it
}
N_FEATURES = sum(LAYOUT.values())
_START = dict(zip(LAYOUT, accumulate(LAYOUT.values(), initial=0)))


class TooLargeToSee(ValueError):
    """The level is larger than the agents' view of the world."""


def block(name: str) -> slice:
    """Where the named block of LAYOUT stands among the features."""
    return slice(_START[name], _START[name] + LAYOUT[name])


def observe(tables: Tables) -> Floats:
    """[S, F] the features of every state. Raises TooLargeToSee."""
    level = tables.level
    if max(level.height, level.width) > MAX_SIZE:
        raise TooLargeToSee(
            f"the map is {level.height} x {level.width}; agents see at most {MAX_SIZE} x {MAX_SIZE}"
        )
    row, column = tables.cell.T
    seen = np.zeros((tables.n_states, N_FEATURES))
    state = np.arange(tables.n_states)
    seen[state, _START["row"] + row] = 1
    seen[state, _START["column"] + column] = 1
    for name, grid in _grids(level).items():
        around = np.lib.stride_tricks.sliding_window_view(grid, (2 * SIGHT + 1,) * 2)
        seen[:, block(name)] = around[row, column].reshape(-1, _WINDOW)
    if level.goal == "visible":
        seen[:, block("goal")] = _goal_offset(tables)
    return seen


def _grids(level: Level) -> dict[str, Floats]:
    """What surroundings show, over the map and a margin of SIGHT cells of wall."""
    plain = str.maketrans({GOAL: FLOOR, START: FLOOR})
    bare = Level(tuple(row.translate(plain) for row in level.rows), costs=level.costs)
    world = World(bare)
    margin = SIGHT - 1
    blocked = np.pad(~world.passable, margin, constant_values=True)
    cost = np.pad(world.cost, margin)
    scale = BY_NAME["water"].cost - 1  # so that floor shows as 0 and water as 1
    slip = np.pad(np.full(world.cost.shape, level.slip), margin)
    return {
        "blocked": blocked.astype(float),
        "cost": np.where(blocked, 0.0, (cost - 1) / scale),
        "slip": np.where(blocked, 0.0, slip),
    }


def _goal_offset(tables: Tables) -> Floats:
    """[S, 3] present, and rows and columns to the nearest goal, in units of MAX_SIZE."""
    goals = np.array(tables.level.find(GOAL)).reshape(-1, 2)
    if not len(goals):
        return np.zeros((tables.n_states, 3))
    offset = goals - tables.cell[:, None]  # [S, goals, 2]
    nearest = np.abs(offset).sum(-1).argmin(1)
    chosen = offset[np.arange(tables.n_states), nearest] / MAX_SIZE
    return np.concatenate([np.ones((tables.n_states, 1)), chosen], 1)


def observe_batch(batch: GridBatch) -> Floats:
    """[T, S, F] the features of a batch, zero in padding states."""
    seen = np.zeros((batch.n_tasks, batch.n_states, N_FEATURES))
    for i, tables in enumerate(batch.tables):
        seen[i, : tables.n_states] = observe(tables)
    return seen

"""Observations: what an agent sees in each state, in one layout for every level up to 16 x 16.

Features speak of cost and passability, not of tiles, and never of what is drawn for a task: a
hidden goal looks like floor. LAYOUT lists their blocks; a checkpoint of one level fits all.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from game.text.level import Level
from game.text.tiles import BY_NAME, COIN, FLOOR, GOAL, SETTINGS
from game.world.batch import GridBatch
from game.world.rules import KEYS, MOVES, STAY, Bools, CellGrid, Floats, Ints, number
from game.world.tables import Tables

MAX_SIZE = 16
SIGHT = 2  # cells seen in each direction
_WINDOW = (2 * SIGHT + 1) ** 2
_OFFSETS = np.argwhere(np.ones((2 * SIGHT + 1, 2 * SIGHT + 1)))  # [window, 2]

# name and width of each block, in order; blocks that a level has no use for stay zero
LAYOUT: dict[str, int] = {
    "row": MAX_SIZE,  # one-hot, as the next two
    "column": MAX_SIZE,
    "cell": MAX_SIZE**2,
    "blocked": _WINDOW,  # the surroundings, from here to push
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
START_OF = dict(zip(LAYOUT, accumulate(LAYOUT.values(), initial=0)))


class TooLargeToSee(ValueError):
    """The level is larger than the agents' view of the world."""


def observe(tables: Tables) -> Floats:
    """[S, F] the features of every state. Raises TooLargeToSee."""
    seen = np.zeros((tables.n_states, N_FEATURES))
    present, columns = observe_batch(GridBatch([tables]))
    seen[:, columns] = present[0]
    return seen


def observe_batch(batch: GridBatch) -> tuple[Floats, Ints]:
    """The features of a batch without the columns that are zero everywhere, which is exact.

    Returns them as [T, S, F'], zero in padding states, and those columns [F'].
    Raises TooLargeToSee.
    """
    row, column = np.moveaxis(batch.cell, -1, 0)  # [T, S]
    hot = {"row": row, "column": column, "cell": row * MAX_SIZE + column}
    sizes = [tables.n_states for tables in batch.tables]
    real = np.arange(batch.n_states) < np.array(sizes)[:, None]  # [T, S] no padding
    found = [_blocks(tables) for tables in batch.tables]
    parts, columns = [], []
    for name, width in LAYOUT.items():
        if name in hot:
            used = np.unique(hot[name][real])
            part = (hot[name][..., None] == used) & real[..., None]  # [T, S, used]
        else:
            whole = np.zeros((*real.shape, width))
            for task, blocks in zip(whole, found):
                if name in blocks:
                    task[: len(blocks[name])] = blocks[name]
            used = np.flatnonzero(whole.any((0, 1)))
            part = whole[..., used]
        parts.append(part)
        columns.append(START_OF[name] + used)
    return np.concatenate(parts, 2, dtype=float), np.concatenate(columns)


def _blocks(tables: Tables) -> dict[str, Floats]:
    """The blocks of LAYOUT, but the one-hot ones, that this level has a use for: [S, width]."""
    level = tables.level.shown or tables.level
    if max(level.height, level.width) > MAX_SIZE:
        raise TooLargeToSee(
            f"the map is {level.height} x {level.width}; agents see at most {MAX_SIZE} x {MAX_SIZE}"
        )
    around = tables.cell[:, None] + _OFFSETS  # [S, window, 2]
    window = around[..., 0] * (level.width + 2 * SIGHT) + around[..., 1]  # [S, window]
    blocks = {name: grid.take(window) for name, grid in _surroundings(level).items()}
    if tables.keys.any() or tables.coins.any():
        blocks["item"] = _items(tables, level, window)
    if tables.keys.any():
        blocks["keys"] = tables.keys.astype(float)
    blocks["blocked"] = np.maximum(blocks["blocked"], _locked(tables, level, window))
    if tables.opponents.size:
        blocks["opponent"] = _offset(tables.cell, tables.opponents)
    goals = np.array(level.find(GOAL)).reshape(-1, 2)
    if level.goal == "visible" and len(goals):
        blocks["goal"] = _offset(tables.cell, goals)
    return blocks


def _surroundings(level: Level) -> dict[str, Floats]:
    """What can be seen of the cells, over the map and a margin of SIGHT cells of wall."""
    world = CellGrid(level, SIGHT)
    scale = BY_NAME["water"].cost - 1  # so that floor shows as 0 and water as 1
    cost = (np.where(world.goal, number(level.cost(FLOOR)), world.cost) - 1) / scale
    grids = {
        "blocked": (~world.passable).astype(float),
        "cost": np.where(world.passable, cost, 0.0),
    }
    if (world.slip * world.passable).any():
        grids["slip"] = np.where(world.passable, world.slip, 0.0)
    if world.lava.any():
        grids["danger"] = world.lava.astype(float)
    if (world.way != STAY).any():
        grids["push_row"], grids["push_column"] = np.moveaxis(MOVES[world.way], -1, 0).astype(float)
    return grids


def _items(tables: Tables, level: Level, window: Ints) -> Floats:
    """[S, window] what is left to take: 1 for a key; for a coin, its worth next to the usual one.

    What is drawn for a task is not seen: then all coins look usual.
    """
    label = f"{COIN} worth"
    worth = number(level.setting(label)) / number(SETTINGS[label].default)
    seen = np.zeros(window.shape)
    for key, char in enumerate(KEYS):
        for cell in level.find(char):
            seen += _there(level, cell, window) * ~tables.keys[:, [key]]
    for coin, cell in enumerate(level.find(COIN)):
        seen += _there(level, cell, window) * tables.coins[:, [coin]] * worth
    return seen


def _locked(tables: Tables, level: Level, window: Ints) -> Bools:
    """[S, window] where there is a door whose key is not held."""
    seen = np.zeros(window.shape, bool)
    for key, char in enumerate(KEYS):
        for cell in level.find(char.upper()):
            seen |= _there(level, cell, window) & ~tables.keys[:, [key]]
    return seen


def _there(level: Level, cell: tuple[int, int], window: Ints) -> Bools:
    """[S, window] which places of the surroundings are the cell."""
    there: Bools = window == (cell[0] + SIGHT) * (level.width + 2 * SIGHT) + cell[1] + SIGHT
    return there


def _offset(cell: Ints, others: Ints) -> Floats:
    """[S, 3] present, and rows and columns to the nearest of others [(S,) n, 2], in MAX_SIZE."""
    offset = others - cell[:, None]  # [S, n, 2]
    nearest = np.abs(offset).sum(-1).argmin(1)
    chosen = offset[np.arange(len(cell)), nearest] / MAX_SIZE
    return np.concatenate([np.ones((len(cell), 1)), chosen], 1)

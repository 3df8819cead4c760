"""Observations: the features of each state, in one layout for every level up to 16 x 16.

Features describe costs and passability, not tiles. They never contain a hidden variable: a hidden
goal looks like floor. LAYOUT lists the blocks. Because the layout is the same for all levels, an
agent trained on one level can be loaded on any other.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from game.text.level import Level
from game.text.tiles import BY_NAME, COIN, FLOOR, GATE, GOAL, SETTINGS
from game.world.batch import GridBatch, once_per_batch
from game.world.rules import KEYS, MOVES, STAY, Bools, CellGrid, Floats, Ints, number
from game.world.stacks import stacked
from game.world.tables import Tables

MAX_SIZE = 16
VIEW_RADIUS = 2  # cells that the agent observes in each direction
_WINDOW = (2 * VIEW_RADIUS + 1) ** 2
_OFFSETS = np.argwhere(np.ones((2 * VIEW_RADIUS + 1, 2 * VIEW_RADIUS + 1)))  # [window, 2]

# name and width of each block, in order; blocks that a level does not use are zero
LAYOUT: dict[str, int] = {
    "row": MAX_SIZE,  # one-hot, like the next two blocks
    "column": MAX_SIZE,
    "cell": MAX_SIZE**2,
    "blocked": _WINDOW,  # this block to "push_column": the cells around the agent
    "cost": _WINDOW,
    "danger": _WINDOW,
    "slip": _WINDOW,
    "item": _WINDOW,
    "push_row": _WINDOW,
    "push_column": _WINDOW,
    "keys": 4,
    "opponent": 3,  # present, row offset, column offset
    "goal": 3,  # visible, row offset, column offset
    "box": _WINDOW,  # this block and the following ones: the cells around the agent
    "target": _WINDOW,
    "switch": _WINDOW,
    "gate": _WINDOW,
}
N_FEATURES = sum(LAYOUT.values())
# blocks are only appended: agents trained on fewer blocks run on, see `agents.runs`
FIRST_LAYOUT = {name: LAYOUT[name] for name in list(LAYOUT)[: list(LAYOUT).index("goal") + 1]}
N_FIRST_FEATURES = sum(FIRST_LAYOUT.values())
_LOCKABLE = (*KEYS.upper(), GATE)
START_OF = dict(zip(LAYOUT, accumulate(LAYOUT.values(), initial=0)))


class CannotObserve(ValueError):
    """An agent cannot observe a level; the message says why and what to do."""


class TooLargeToSee(CannotObserve):
    """The map is larger than the layout of the features, MAX_SIZE x MAX_SIZE."""


class NoMap(CannotObserve):
    """The level has a world of its own in place of the grid, and so there is no map to read."""


def check_has_map(batch: GridBatch) -> None:
    """Raise NoMap where a task of a batch is no level of the grid."""
    for tables in batch.tables:
        if world := tables.level.world:
            raise NoMap(
                f"this agent reads maps, and a level with 'world: {world.kind}' has none - use "
                "rl2, transformer, or a gradient learner without the body 'graph'"
            )


def check_observable(level: Level) -> None:
    """Raise TooLargeToSee, with the place of the map, where agents cannot observe a level."""
    if max(level.height, level.width) > MAX_SIZE:
        raise TooLargeToSee(
            f"{level.where}the map is {level.height} x {level.width} cells, and agents observe at "
            f"most {MAX_SIZE} x {MAX_SIZE} - use a smaller map"
        )


def observe(tables: Tables) -> Floats:
    """Return the features of every state [S, F]. Raises TooLargeToSee."""
    features = np.zeros((tables.n_states, N_FEATURES))
    present, columns = observe_batch(GridBatch([tables]))
    features[:, columns] = present[0]
    return features


def observe_batch(batch: GridBatch, dtype: DTypeLike = np.float64) -> tuple[Floats, Ints]:
    """Return the features of a batch [T, S, F'] and their columns [F'].

    The batch keeps both: do not change them. Columns that are zero in all states are left out.
    Padding states have zero features. Raises TooLargeToSee.
    """
    return _observe_batch(batch, np.dtype(dtype))


def pad_alike(
    batch: GridBatch, n_states: int, horizon: int, columns: Ints, dtype: DTypeLike
) -> GridBatch:
    """Return a batch padded to so many states and steps, whose features [T, S, F'] of this type
    have exactly these columns.

    So the parts of a larger batch are computed with as that batch is, to the last bit.
    """
    features, present = observe_batch(batch, dtype)
    padded = GridBatch(batch.tables, n_states, horizon)
    wide = np.zeros((batch.n_tasks, padded.n_states, len(columns)), dtype)
    wide[:, : batch.n_states, np.searchsorted(columns, present)] = features
    padded.results[_observe_batch.__name__, np.dtype(dtype)] = wide, columns
    return padded


@once_per_batch
def _observe_batch(batch: GridBatch, dtype: np.dtype[Any]) -> tuple[Floats, Ints]:
    """Return what `observe_batch` does."""
    row, column = np.moveaxis(batch.cell, -1, 0)  # [T, S]
    hot = {"row": row, "column": column, "cell": row * MAX_SIZE + column}
    sizes = [tables.n_states for tables in batch.tables]
    real = np.arange(batch.n_states) < np.array(sizes)[:, None]  # [T, S] not padding
    blocks = _blocks(batch, dtype)
    parts, columns = [], []
    for name in LAYOUT:
        if name in hot:
            used = np.bincount(hot[name][real]).nonzero()[0]
            part = (hot[name][..., None] == used) & real[..., None]  # [T, S, used]
        elif name in blocks:
            blocks[name][~real] = 0
            used = np.flatnonzero(blocks[name].any((0, 1)))
            part = blocks[name][..., used]
        else:
            continue
        parts.append(part)
        columns.append(START_OF[name] + used)
    return np.concatenate(parts, 2, dtype=dtype), np.concatenate(columns)


def _blocks(batch: GridBatch, dtype: DTypeLike) -> dict[str, Floats]:
    """Return the blocks [T, S, width] that some level uses, without the one-hot ones.

    Those of padding states are meaningless. Levels with a world of their own use none: agents
    observe the cell alone.
    """
    levels = [tables.level.shown or tables.level for tables in batch.tables]
    on_grid = [t for t, level in enumerate(levels) if not level.world]
    blocks: dict[str, Floats] = {}

    def block(name: str) -> Floats:
        if name not in blocks:
            blocks[name] = np.zeros((*batch.over.shape, LAYOUT[name]), dtype)
        return blocks[name]

    for level in levels:
        check_observable(level)
    row, column = np.moveaxis(batch.cell[:, :, None] + _OFFSETS, -1, 0)  # [T, S, window]
    for stack in stacked([levels[t] for t in on_grid], VIEW_RADIUS):
        members = [on_grid[i] for i in stack.members]
        tops = np.array(stack.tops)[:, None, None]
        width = stack.level.width + 2 * VIEW_RADIUS
        window = (row[members] + tops) * width + column[members]  # [n, S, window]
        for name, grid in _surroundings(stack.level).items():
            block(name)[members] = grid.astype(dtype).take(window)
    for t in on_grid:
        tables, level = batch.tables[t], levels[t]
        for name, values in _changing_blocks(tables, level).items():
            block(name)[t, : tables.n_states] = values
        if tables.keys.any() or level.has(_LOCKABLE):
            blocked = block("blocked")[t, : tables.n_states]
            np.maximum(blocked, _locked(tables, level), out=blocked)
    return blocks


def _changing_blocks(tables: Tables, level: Level) -> dict[str, Floats]:
    """Return the blocks [S, width] that depend on more of the state than the cell, and the goal's.

    `level` is the level as shown.
    """
    blocks = {}
    if tables.keys.any() or tables.coins.any():
        blocks["item"] = _items(tables, level)
    if tables.keys.any():
        blocks["keys"] = tables.keys.astype(float)
    if tables.opponents.size:
        blocks["opponent"] = _offset(tables.cell, tables.opponents)
    if tables.boxes.size:
        blocks["box"] = _boxes(tables, level)
    goals = np.array(level.find(GOAL)).reshape(-1, 2)
    if level.goal == "visible" and len(goals):
        blocks["goal"] = _offset(tables.cell, goals)
    return blocks


def _window(tables: Tables, level: Level) -> Ints:
    """Return the cells around the agent in each state [S, window], as in `_surroundings`."""
    around = tables.cell[:, None] + _OFFSETS  # [S, window, 2]
    window: Ints = around[..., 0] * (level.width + 2 * VIEW_RADIUS) + around[..., 1]
    return window


def _surroundings(level: Level) -> dict[str, Floats]:
    """Return the features of the cells, over the map and a margin of VIEW_RADIUS walls."""
    cells = CellGrid(level, VIEW_RADIUS)
    scale = BY_NAME["water"].cost - 1  # floor has feature 0, water 1
    cost = (np.where(cells.goal, number(level.cost(FLOOR)), cells.cost) - 1) / scale
    grids = {
        "blocked": (~cells.passable).astype(float),
        "cost": np.where(cells.passable, cost, 0.0),
    }
    if (cells.slip * cells.passable).any():
        grids["slip"] = np.where(cells.passable, cells.slip, 0.0)
    for name in ("target", "switch", "gate"):
        if (there := getattr(cells, name)).any():
            grids[name] = there.astype(float)
    if cells.lava.any():
        grids["danger"] = cells.lava.astype(float)
    if (cells.way != STAY).any():
        grids["push_row"], grids["push_column"] = np.moveaxis(MOVES[cells.way], -1, 0).astype(float)
    return grids


def _items(tables: Tables, level: Level) -> Floats:
    """Return the items that can still be taken [S, window]: 1 for a key, for a coin its worth
    relative to the default.

    `level` is the level as shown, so that a hidden worth is not revealed.
    """
    default = number(SETTINGS[f"{COIN} worth"].default)
    window = _window(tables, level)
    items = np.zeros(window.shape)
    for key, char in enumerate(KEYS):
        for cell in level.find(char):
            items += _is_cell(level, cell, window) * ~tables.keys[:, [key]]
    for coin, cell in enumerate(level.find(COIN)):
        worth = number(level.setting(f"{level.rows[cell[0]][cell[1]]} worth")) / default
        items += _is_cell(level, cell, window) * tables.coins[:, [coin]] * worth
    return items


def _boxes(tables: Tables, level: Level) -> Floats:
    """Return 1 for each observed cell that a box stands on [S, window]."""
    row, column = np.moveaxis(tables.boxes + VIEW_RADIUS, -1, 0)  # [S, boxes]
    cells = row * (level.width + 2 * VIEW_RADIUS) + column
    return (_window(tables, level)[:, :, None] == cells[:, None]).any(-1).astype(float)


def _locked(tables: Tables, level: Level) -> Bools:
    """Return which observed cells are doors whose key is not held, or closed gates [S, window]."""
    window = _window(tables, level)
    locked = np.zeros(window.shape, bool)
    for key, char in enumerate(KEYS):
        for cell in level.find(char.upper()):
            locked |= _is_cell(level, cell, window) & ~tables.keys[:, [key]]
    for cell in level.find(GATE):
        locked |= _is_cell(level, cell, window) & ~tables.gates[:, None]
    return locked


def _is_cell(level: Level, cell: tuple[int, int], window: Ints) -> Bools:
    """Return where the observed cells [S, window] are this cell."""
    row, column = cell[0] + VIEW_RADIUS, cell[1] + VIEW_RADIUS
    found: Bools = window == row * (level.width + 2 * VIEW_RADIUS) + column
    return found


def _offset(cell: Ints, others: Ints) -> Floats:
    """Return 1 and the row and column offsets to the nearest of others, over MAX_SIZE [S, 3].

    `cell` is [S, 2]; `others` is [n, 2] or [S, n, 2].
    """
    offset = others - cell[:, None]  # [S, n, 2]
    nearest = np.abs(offset).sum(-1).argmin(1)
    chosen = offset[np.arange(len(cell)), nearest] / MAX_SIZE
    return np.concatenate([np.ones((len(cell), 1)), chosen], 1)

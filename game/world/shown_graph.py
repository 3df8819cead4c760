"""The transition graphs of levels as they are shown: what a person can read off the board.

The shown level has floor in place of a hidden goal, normal controls, and a nominal value for all
that a file draws per task. Its tables are a graph of nodes and moves. An opponent whose kind or
pace is drawn has no known moves: it is left out of the tables, and the graph has one copy of them,
a slice, for each place where such opponents stand.

Nothing in the graph depends on hidden variables, but for the choice of slices, which do not touch
each other: tasks that look alike have the same nodes, up to slices that one of them never visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from game.text.level import ENDS_BOXES, Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL, HUNTER, PATROL
from game.text.values import NORMAL
from game.world.batch import GridBatch, once_per_batch
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS, Tables, compile_levels

LAYOUT_VERSION = 1  # of all that agents read off the graph; an agent's config names its version
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class ShownGraph:
    """The graphs of T tasks, their N nodes side by side. Moves are those of normal controls.

    `tables` [T] are the compiled shown levels; several nodes stand for one of their states where
    opponents have no known moves.
    """

    tables: tuple[Tables, ...]
    first: Ints  # [T + 1] the first node of each task, and the end
    state: Ints  # [N] the state of the task's shown tables that a node stands for
    task: Ints  # [N]
    next: Ints  # [N, A] the node after each move, if the move takes effect
    unknown: Ints  # [N, most] cells of opponents without known moves; -1 for none
    node: Ints  # [T, S] the node of each state of the batch; padding has the task's first node
    first_cell: Ints  # [T + 1] the first cell of each task's map, and the end

    @property
    def n_nodes(self) -> int:
        return len(self.task)

    @property
    def n_cells(self) -> int:
        """The number of cells of all maps, side by side."""
        return int(self.first_cell[-1])

    def gathered(self, name: str) -> np.ndarray:
        """Return an array [N, ..] of the nodes: that of the shown tables by its name."""
        parts = [getattr(tables, name) for tables in self.tables]
        offset = np.cumsum([0, *(len(part) for part in parts)])
        rows: np.ndarray = np.concatenate(parts)[offset[self.task] + self.state]
        return rows

    @cached_property
    def reward(self) -> Floats:
        """The shown reward of each move [N, A]."""
        return self.gathered("reward")

    @cached_property
    def terminated(self) -> Bools:
        """Whether the episode ends with each move [N, A]."""
        return self.gathered("terminated")

    @cached_property
    def over(self) -> Bools:
        """Whether the episode has ended [N]."""
        return self.gathered("over")

    @cached_property
    def goal(self) -> Bools:
        """Whether the agent is on a visible goal, or has solved the level [N]."""
        return self.gathered("goal")

    @cached_property
    def slip(self) -> Floats:
        """The shown probability that a move slips in each node [N]."""
        return self.gathered("slip")

    @cached_property
    def coins_left(self) -> Ints:
        """The number of coins that can still be taken in each node [N]."""
        left = [tables.coins.sum(1) for tables in self.tables]
        offset = np.cumsum([0, *map(len, left)])
        coins: Ints = np.concatenate(left)[offset[self.task] + self.state]
        return coins

    @cached_property
    def cell(self) -> Ints:
        """The cell of each node [N], numbered over the maps of all tasks."""
        place = self.gathered("cell")
        width = np.array([tables.level.width for tables in self.tables])[self.task]
        cells: Ints = self.first_cell[self.task] + place[:, 0] * width + place[:, 1]
        return cells

    @cached_property
    def start(self) -> Floats:
        """The probability that an episode starts in each node [N], before opponents are placed."""
        chance = np.zeros(self.n_nodes)
        for t, tables in enumerate(self.tables):
            mine = slice(self.first[t], self.first[t + 1])
            is_start = np.isin(self.state[mine], tables.starts)
            chance[mine] = is_start / max(1, is_start.sum())
        return chance


def shown_level(level: Level) -> Level:
    """Return a task's level as it is shown: with normal controls, and floor in place of hidden
    goals."""
    shown = replace(level.shown or level, controls=NORMAL)
    if shown.goal == "visible":
        return shown
    return shown.with_tiles({GOAL: FLOOR, CANDIDATE: FLOOR})


def has_hidden_goal(level: Level) -> bool:
    """Whether a level has a goal to be found that it does not show."""
    return level.goal != "visible" and level.ends != ENDS_BOXES


def unknown_opponents(shown: Level) -> list[str]:
    """Return the characters of opponents of a shown level whose moves are not known."""
    return [
        char
        for char in sorted(shown.chars)
        if shown.tile(char) in (PATROL, HUNTER)
        and any(_is_hidden(shown, char, key) for key in ("kind", "every"))
    ]


def _is_hidden(shown: Level, char: str, key: str) -> bool:
    """Whether a setting of a character is drawn per task, by the tile's or its own label."""
    return any(f"{name} {key}" in shown.hidden for name in (char, shown.tile(char)))


@once_per_batch
def shown_graph(batch: GridBatch) -> ShownGraph:
    """Return the graph of a batch. The batch keeps it: do not change it."""
    shown = [shown_level(tables.level) for tables in batch.tables]
    chars = [unknown_opponents(level) for level in shown]
    compiled = _compiled([_without(level, gone) for level, gone in zip(shown, chars)])
    parts = [
        _task_graph(tables, known, _opponents_of(level, gone))
        for tables, known, level, gone in zip(batch.tables, compiled, shown, chars)
    ]
    first = np.cumsum([0, *(len(part.state) for part in parts)])
    most = max(part.unknown.shape[1] for part in parts)
    node = np.repeat(first[:-1, None], batch.n_states, 1)
    for t, part in enumerate(parts):
        node[t, : len(part.node)] += part.node
    return ShownGraph(
        tables=tuple(compiled),
        first=first,
        state=np.concatenate([part.state for part in parts]),
        task=np.repeat(np.arange(len(parts)), np.diff(first)),
        next=np.concatenate([part.next + start for part, start in zip(parts, first)]),
        unknown=np.concatenate([_padded(part.unknown, most) for part in parts]),
        node=node,
        first_cell=np.cumsum([0, *(level.height * level.width for level in shown)]),
    )


def _compiled(levels: Sequence[Level]) -> list[Tables]:
    """Return the tables of levels; equal levels are compiled once."""
    distinct = {id(level): level for level in levels}
    by_level: dict[Level, Level] = {}
    for level in distinct.values():
        by_level.setdefault(level, level)
    compiled = dict(zip(by_level, compile_levels([*by_level])))
    return [compiled[level] for level in levels]


def _without(level: Level, chars: Sequence[str]) -> Level:
    """Return the level with floor in place of these characters."""
    if not chars:
        return level
    table = str.maketrans(dict.fromkeys(chars, FLOOR))
    return replace(level, rows=tuple(row.translate(table) for row in level.rows))


def _opponents_of(shown: Level, chars: Sequence[str]) -> Bools:
    """Return which opponents of a level are these characters, in the order of its tables."""
    cells = [*shown.find(PATROL), *shown.find(HUNTER)]
    return np.array([shown.rows[row][column] in chars for row, column in cells], bool)


def _padded(cells: Ints, width: int) -> Ints:
    """Return cells [n, k] with columns of -1 up to `width`."""
    return np.pad(cells, ((0, 0), (0, width - cells.shape[1])), constant_values=-1)


@dataclass(frozen=True)
class _TaskGraph:
    """The graph of one task, its nodes numbered from 0; see `ShownGraph`."""

    state: Ints
    next: Ints
    unknown: Ints
    node: Ints  # [S]


def _task_graph(true: Tables, shown: Tables, unknown: Bools) -> _TaskGraph:
    """Return the graph of a task with the tables `true`, as `shown`.

    `unknown` [opponents] are those without known moves, which `shown` lacks.
    """
    places = true.opponents[..., 0] * true.level.width + true.opponents[..., 1]
    slices, slice_of = np.unique(places[:, unknown], axis=0, return_inverse=True)
    seen = _signatures(shown, shown.phase, shown.opponents)
    period = shown.phase.max() + 1  # all phases that occur there
    wanted = _signatures(true, true.phase % period, true.opponents[:, ~unknown])
    order = np.lexsort((shown.over, seen))  # where a signature is that of two nodes, the live one
    at = order[np.searchsorted(seen[order], wanted).clip(max=len(seen) - 1)]
    n, copies = shown.n_states, np.arange(len(slices))
    return _TaskGraph(
        state=np.tile(np.arange(n), len(slices)),
        next=(shown.next_state + copies[:, None, None] * n).reshape(-1, N_ACTIONS),
        unknown=np.repeat(slices, n, 0),
        node=slice_of.reshape(-1) * n + at,
    )


def _signatures(tables: Tables, phase: Ints, opponents: Ints) -> Hashes:
    """Return a hash of what is visible in each state [S], the same in all tables of a map."""
    columns = [tables.cell, tables.keys, tables.coins, tables.boxes, tables.gates, phase, opponents]
    flat = np.concatenate([part.reshape(tables.n_states, -1) for part in columns], 1)
    factors = np.random.default_rng(0).integers(1 << 64, size=flat.shape[1], dtype=np.uint64)
    hashes: Hashes = flat.astype(np.uint64) @ factors  # modulo 2^64
    return hashes

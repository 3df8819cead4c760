"""The transition graphs of levels as they are shown: what a person can read off the board.

The shown level has floor in place of a hidden goal, normal controls, and a nominal value for all
that a file draws per task. Its tables are a graph of nodes and moves. An opponent whose kind or
pace is drawn has no known moves: it is left out of the tables, and the graph has one copy of them,
a slice, for each place where such opponents stand.

Nothing in the graph depends on hidden variables, but for the choice of slices, which do not touch
each other: tasks that look alike have the same nodes, up to slices that one of them never visits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.text.level import ENDS_BOXES, Level
from game.text.tiles import BY_CHAR, CANDIDATE, FLOOR, GOAL, HUNTER, PATROL
from game.text.values import NORMAL
from game.world.batch import GridBatch, once_per_batch
from game.world.features import check_has_map
from game.world.rules import Bools, Floats, Ints
from game.world.shortest_paths import Backward
from game.world.tables import N_ACTIONS, Tables, compile_levels

LAYOUT_VERSION = 1  # of all that agents read off the graph; an agent's config names its version
CLASSES = 256  # of what a move enters in one task: a character, with or without a coin taken
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class ShownGraph:
    """The graphs of T tasks, their N nodes side by side. Moves are those of normal controls.

    `tables` [T] are the compiled shown levels; several nodes stand for one of their states where
    opponents have no known moves.
    """

    shown: list[Level]  # [T]
    tables: tuple[Tables, ...]
    first: Ints  # [T + 1] the first node of each task, and the end
    state: Ints  # [N] the state of the task's shown tables that a node stands for
    task: Ints  # [N]
    next: Ints  # [N, A] the node after each move, if the move takes effect
    unknown: Ints  # [N, most] cells of opponents without known moves; -1 for none
    node: Ints  # [T, S] the node of each state of the batch; padding has the task's first node
    first_cell: Ints  # [T + 1] the first cell of each task's map, and the end
    results: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What is computed from the graph once; do not change it."""

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
    def deadly(self) -> Bools:
        """Whether the episode ends with each move, and not at a goal [N, A]."""
        deadly: Bools = self.terminated & ~self.goal[self.next]
        return deadly

    @cached_property
    def onward(self) -> Bools:
        """Whether each move leads to another node, in which the agent lives [N, A]."""
        onto_itself = self.next == np.arange(self.n_nodes)[:, None]
        onward: Bools = ~self.over[:, None] & ~self.deadly & ~onto_itself
        return onward

    @cached_property
    def backward(self) -> Backward:
        """The moves `onward`, for searches from where they lead."""
        return Backward.of(self.next, self.onward)

    @cached_property
    def from_start(self) -> Floats:
        """The fewest moves from a start to each node [N]; infinite if there is no path."""
        frontier, steps = np.flatnonzero(self.start > 0), 0
        distance = np.full(self.n_nodes, np.inf)
        distance[frontier] = 0
        while len(frontier):
            steps += 1
            ahead = self.next[frontier][self.onward[frontier]]
            frontier = np.unique(ahead[np.isinf(distance[ahead])])
            distance[frontier] = steps
        return distance

    @cached_property
    def largest_reward(self) -> Floats:
        """The largest reward that each task shows [T], of the goal or a move; 1 if all are 0."""
        moves = [float(np.abs(tables.reward).max()) for tables in self.tables]
        largest = np.maximum([abs(level.goal_reward) for level in self.shown], moves)
        return np.where(largest > 0, largest, 1.0)

    @cached_property
    def slip(self) -> Floats:
        """The shown probability that a move slips in each node [N]."""
        return self.gathered("slip")

    @cached_property
    def lean(self) -> Floats:
        """Half of the slip to the left of a move minus that to its right, in each node [N]."""
        return self.gathered("lean")

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
    def changes(self) -> Bools:
        """Whether each move changes keys, coins, boxes or gates [N, A]."""
        changes = np.zeros(self.next.shape, bool)
        for t, tables in enumerate(self.tables):
            parts = (tables.keys, tables.coins, tables.boxes, tables.gates)
            content = np.concatenate([part.reshape(tables.n_states, -1) for part in parts], 1)
            if (content != content[0]).any():
                nodes = slice(self.first[t], self.first[t + 1])
                own, ahead = content[self.state[nodes]], content[self.state[self.next[nodes]]]
                changes[nodes] = (own[:, None] != ahead).any(-1)
        return changes

    @cached_property
    def pushed_to(self) -> Ints:
        """The cell onto which each move pushes a box [N, A], numbered as `cell`; -1 for no box."""
        pushed = np.full(self.next.shape, -1)
        for t, tables in enumerate(self.tables):
            if tables.boxes.shape[1]:
                nodes = slice(self.first[t], self.first[t + 1])
                places = tables.boxes[..., 0] * tables.level.width + tables.boxes[..., 1]
                own = places[self.state[nodes]][:, None, None]  # [n, 1, 1, boxes]
                ahead = places[self.state[self.next[nodes]]][..., None]  # [n, A, boxes, 1]
                moved = (own != ahead).all(-1)  # [n, A, boxes]
                cells = np.where(moved, ahead[..., 0] + self.first_cell[t], -1)
                pushed[nodes] = cells.max(-1)
        return pushed

    @property
    def n_classes(self) -> int:
        """The number of classes of `entered_class`."""
        return CLASSES * len(self.tables)

    def class_of(self, before: Ints, after: Ints) -> Ints:
        """Return the class of what transitions between nodes [..] enter, numbered over all tasks.

        It is the character of the map, and whether a coin is taken.
        """
        takes_coin = self.coins_left[after] < self.coins_left[before]
        first = self.task[after] * CLASSES
        classes: Ints = first + self._chars[self.cell[after]] + CLASSES // 2 * takes_coin
        return classes

    @staticmethod
    def takes_coin(classes: Ints) -> Bools:
        """Return whether transitions of these classes take a coin."""
        taking: Bools = classes % CLASSES >= CLASSES // 2
        return taking

    @cached_property
    def entered_class(self) -> Ints:
        """The class of what each move enters [N, A]."""
        return self.class_of(np.arange(self.n_nodes)[:, None], self.next)

    @cached_property
    def hidden_class(self) -> Bools:
        """Whether what it pays to enter something of a class is drawn per task [classes], and some
        move enters it and goes on: what is out of reach cannot be tried."""
        lives = ~self.over[:, None] & ~self.terminated
        hidden, entered = np.zeros((2, self.n_classes), bool)
        entered[self.entered_class[lives]] = True
        for t, level in enumerate(self.shown):
            for char in level.chars if level.hidden else ():
                first = t * CLASSES + ord(char)
                hidden[first] = _is_hidden(level, char, "cost")
                hidden[first + CLASSES // 2] = _is_hidden(level, char, "worth")
        return hidden & entered

    @cached_property
    def _chars(self) -> NDArray[np.uint8]:
        """The character of each cell [cells]."""
        text = "".join("".join(level.rows) for level in self.shown)
        return np.frombuffer(text.encode("ascii"), np.uint8)

    def by_task(self, values: Floats) -> Floats:
        """Return values [cells] of all maps by task [T, most cells], with zeros after each."""
        sizes = np.diff(self.first_cell)
        rows = np.zeros((len(sizes), sizes.max()))
        rows[np.arange(sizes.max()) < sizes[:, None]] = values
        return rows

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


def _is_hidden(shown: Level, char: str, key: str) -> bool:
    """Whether the cost or worth of a character is drawn per task."""
    tile = shown.tile(char)
    labels = (f"{char} {key}", f"{tile} {key}", f"{key} {BY_CHAR[tile].cost_name}")
    return any(label in shown.hidden for label in labels)


def hidden_of_opponents(shown: Level) -> list[str]:
    """Return the labels of the kinds and paces of a shown level's opponents that are drawn."""
    labels = [f"{name} {key}" for name in _opponents(shown) for key in ("kind", "every")]
    return [label for label in labels if label in shown.hidden]


def _opponents(shown: Level) -> list[str]:
    """Return the characters and tiles of a level's opponents."""
    chars = [char for char in sorted(shown.chars) if shown.tile(char) in (PATROL, HUNTER)]
    return [*dict.fromkeys([*chars, *map(shown.tile, chars)])]


def unknown_opponents(shown: Level) -> list[str]:
    """Return the characters of opponents of a shown level whose moves are not known."""
    unknown = {label.split()[0] for label in hidden_of_opponents(shown)}
    chars = [char for char in _opponents(shown) if char in shown.chars]
    return [char for char in chars if {char, shown.tile(char)} & unknown]


@once_per_batch
def shown_graph(batch: GridBatch) -> ShownGraph:
    """Return the graph of a batch. The batch keeps it: do not change it. Raises NoMap."""
    check_has_map(batch)
    return graph_of(batch, [shown_level(tables.level) for tables in batch.tables])


def graph_of(
    batch: GridBatch, shown: Sequence[Level], before: ShownGraph | None = None
) -> ShownGraph:
    """Return the graph of a batch whose tasks are shown as these levels.

    The tables of levels that `before` showed are taken from there.
    """
    chars = [unknown_opponents(level) for level in shown]
    known = {tables.level: tables for tables in before.tables} if before else {}
    compiled = _compiled([_without(level, gone) for level, gone in zip(shown, chars)], known)
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
        shown=list(shown),
        tables=tuple(compiled),
        first=first,
        state=np.concatenate([part.state for part in parts]),
        task=np.repeat(np.arange(len(parts)), np.diff(first)),
        next=np.concatenate([part.next + start for part, start in zip(parts, first)]),
        unknown=np.concatenate([_padded(part.unknown, most) for part in parts]),
        node=node,
        first_cell=np.cumsum([0, *(level.height * level.width for level in shown)]),
    )


def _compiled(levels: Sequence[Level], known: Mapping[Level, Tables]) -> list[Tables]:
    """Return the tables of levels; equal levels are compiled once, and `known` ones not at all."""
    new = [level for level in dict.fromkeys(levels) if level not in known]
    compiled = {**known, **dict(zip(new, compile_levels(new)))}
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
    lost = seen[at] != wanted  # opponents are where the shown ones never are
    if lost.any():
        at[lost] = _nearest(shown, true)[lost]
    n, copies = shown.n_states, np.arange(len(slices))
    return _TaskGraph(
        state=np.tile(np.arange(n), len(slices)),
        next=(shown.next_state + copies[:, None, None] * n).reshape(-1, N_ACTIONS),
        unknown=np.repeat(slices, n, 0),
        node=slice_of.reshape(-1) * n + at,
    )


def _nearest(shown: Tables, true: Tables) -> Ints:
    """Return a state of `shown` for each state of `true` [S] that differs in opponents alone."""
    phase, places = np.zeros(shown.n_states, int), np.zeros((shown.n_states, 0, 2), int)
    seen = _signatures(shown, phase, places)
    order = np.lexsort((shown.over, seen))
    phase, places = np.zeros(true.n_states, int), np.zeros((true.n_states, 0, 2), int)
    at: Ints = np.searchsorted(seen[order], _signatures(true, phase, places))
    return order[at.clip(max=len(seen) - 1)]


def _signatures(tables: Tables, phase: Ints, opponents: Ints) -> Hashes:
    """Return a hash of what is visible in each state [S], the same in all tables of a map."""
    columns = [tables.cell, tables.keys, tables.coins, tables.boxes, tables.gates, phase, opponents]
    flat = np.concatenate([part.reshape(tables.n_states, -1) for part in columns], 1)
    factors = np.random.default_rng(0).integers(1 << 64, size=flat.shape[1], dtype=np.uint64)
    hashes: Hashes = flat.astype(np.uint64) @ factors  # modulo 2^64
    return hashes

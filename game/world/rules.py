"""The transition rules: the effect of each action in each state.

A state consists of the agent's cell, the keys held, the coins left, the boxes' cells, whether the
gates are open, the hunters' cells and the phase of the opponents' periodic moves. The rules are
deterministic. Wind and slip only replace the chosen action by the one that takes effect, see
`game.world.batch`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from game.text.level import ENDS_BOXES, NO_WIND, WINDS, Level
from game.text.tiles import (
    ACTIONS,
    BOXABLE,
    BOXES,
    COIN,
    DIRECTIONS,
    GATE,
    GOAL,
    HUNTER,
    LAVA,
    PATROL,
    SWITCH,
    TARGETS,
    TILES,
    WALL,
)
from game.text.values import SHUFFLED, SHUFFLED_ALL, OneOf, Value, moves_of, text_of
from game.text.walking import start_cells

MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])  # [A, (row, column)]
STAY = ACTIONS.index("stay")
SIDES = np.array([[2, 3], [2, 3], [0, 1], [0, 1], [4, 4]])  # [A, 2] moves after a slip
LEFT_FIRST = np.array([1, -1, -1, 1, 0])  # [A] 1: the first side is to the left of the move
BACK = np.array([1, 0, 3, 2, 4])  # [A] the opposite move
CAUGHT = -1.0  # added to the reward of a step in which an opponent catches the agent
KEYS = "abcd"
MAX_COINS = 40
TELEPORTERS = {tile.char for tile in TILES if tile.effect == "teleporter"}

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def number(value: Value) -> float:
    """Return a value that is a single number. Raises ValueError for a range or a set."""
    if isinstance(value, int | float):
        return value
    raise _undrawn(value)


def _undrawn(value: Value) -> ValueError:
    return ValueError(f"{text_of(value)} is still to be drawn - draw a task of the level first")


PASSABLE = np.zeros(128, bool)  # by character
PASSABLE[[ord(tile.char) for tile in TILES if tile.passable]] = True
WAY = np.full(128, STAY)  # by character: the only move out of a one-way tile; STAY: no one-way
WAY[[ord(tile.char) for tile in TILES if tile.effect in DIRECTIONS]] = [
    ACTIONS.index(tile.effect) for tile in TILES if tile.effect in DIRECTIONS
]


@lru_cache
def _is(*tiles: str) -> Bools:
    """Return which characters are one of these tiles [128]; do not change it."""
    found = np.zeros(128, bool)
    found[[ord(char) for char in tiles]] = True
    found.flags.writeable = False
    return found


def _codes(rows: tuple[str, ...], margin: int) -> NDArray[np.uint8]:
    """Return rows as character codes, with `margin` walls on each side."""
    height, width = len(rows), len(rows[0])
    codes = np.full((height + 2 * margin, width + 2 * margin), ord(WALL), np.uint8)
    inside = np.frombuffer("".join(rows).encode("ascii"), np.uint8).reshape(height, width)
    codes[margin:-margin, margin:-margin] = inside
    return codes


def _controls(level: Level) -> Ints:
    """Return the move of each action [A]. Raises ValueError where it is still to be drawn."""
    if isinstance(level.controls, OneOf) or level.controls in (SHUFFLED, SHUFFLED_ALL):
        raise _undrawn(level.controls)
    return np.array([ACTIONS.index(move) for move in moves_of(level.controls)])


def _wind(level: Level) -> Floats:
    """Return the chance with which the wind replaces a move by each move [A]."""
    chances = np.zeros(len(ACTIONS))
    if isinstance(level.wind, OneOf):
        raise _undrawn(level.wind)
    if level.wind != NO_WIND:
        chances[ACTIONS.index(WINDS[level.wind])] = number(level.wind_chance)
    return chances


class CellGrid:
    """A level as arrays over its cells [rows, columns], with `margin` walls on each side."""

    def __init__(self, level: Level, margin: int = 1) -> None:
        written = _codes(level.rows, margin)
        codes = _codes(level.tiles, margin) if level.legend else written
        self.chars = set("".join(level.tiles))
        cost, slip, lean = np.zeros((3, 128))  # by written character
        for char in {*level.chars, WALL}:
            either, left, right = map(number, level.slips(char))
            slip[ord(char)] = either + left + right
            lean[ord(char)] = (left - right) / 2
            cost[ord(char)] = number(level.cost(char))
        self.written = written
        self.codes = codes
        self.passable: Bools = PASSABLE[codes]
        self.cost: Floats = cost[written]
        self.goal: Bools = _is(GOAL)[codes]
        self.lava: Bools = _is(LAVA)[codes]
        self.target: Bools = _is(*TARGETS)[codes]
        self.switch: Bools = _is(SWITCH)[codes]
        self.gate: Bools = _is(GATE)[codes]
        self.slip: Floats = slip[written]
        self.lean: Floats = lean[written]  # half of the slip to the left minus that to the right
        self.way: Ints = WAY[codes]  # the only move out of the cell; STAY: any move


@dataclass(frozen=True)
class States:
    """N states. A cell is its index in the flat map of `FlatGrid`."""

    cell: Ints  # [N]
    keys: Ints  # [N] bit set of the keys held
    coins: Ints  # [N] bit set of the coins left
    phase: Ints  # [N] steps taken, modulo the period
    hunters: Ints  # [N, hunters] cells
    boxes: Ints  # [N, boxes] cells, ascending
    gates: Ints  # [N] 1: the gates are open


class FlatGrid(CellGrid):
    """A concrete level prepared for `step`: its cells as flat arrays in reading order.

    `tops` are the rows in which the maps of a stack begin (see `game.world.stacks`). Coins are
    numbered in each map, and teleporters lead to their twins in the same map.

    `period` is the number of steps after which all opponents' moves repeat, or the number of phases
    of an episode if that is smaller. Keys and coins are numbered from 0. A door without a key on
    the map is a wall. Raises ValueError where a value is still to be drawn.
    """

    def __init__(self, level: Level, tops: Sequence[int] = (0,)) -> None:
        super().__init__(level)
        self.level = level
        self.wide = level.width + 2
        self.firsts = [self.number(top, -1) for top in tops]  # the first cell of each map
        for name, grid in list(vars(self).items()):
            if isinstance(grid, np.ndarray):
                setattr(self, name, grid.ravel())
        self.controls = _controls(level)
        self.wind = _wind(level)
        self.offset: Ints = MOVES @ np.array([self.wide, 1])  # [A] move -> distance
        self.key_names = [c for c in KEYS if c in self.chars]
        self.coins = self._find(COIN)
        self.n_coins = len(self.coins) // len(tops)  # in each map
        self.boxes = self._find(*BOXES)
        self.ends_with_boxes = level.ends == ENDS_BOXES
        self.boxable: Bools = _is(*BOXABLE)[self.codes]  # a gate must be open, too
        self.boxable[[self.number(*cell) for cell in level.candidates]] = False
        self.has_gates = bool(self.gate.any())
        self.has_switches = self.has_gates and bool(self.switch.any())
        self.starts: Ints = np.array([self.number(*cell) for cell in start_cells(level)], int)
        doors = [c for c in KEYS.upper() if c in self.chars]
        is_door = np.isin(self.codes, [ord(c) for c in doors])
        self.free = self.passable & ~is_door & ~self.gate  # cells that opponents may enter
        self.passable = self.passable.copy()
        for char in doors:
            self.passable[self._find(char)] = char.lower() in self.key_names
        self.has_items = bool(doors or self.key_names or len(self.coins))
        self.key, self.door, self.coin, self.twin = self._items()
        self.has_one_ways = bool((self.way != STAY).any())
        self.worth = self._settings(level, COIN, "worth")
        # what entering a goal or lava pays, by cell
        self.pays = self._settings(level, GOAL, "pays") + self._settings(level, LAVA, "pays")
        self._set_opponents(level)

    def _find(self, *tiles: str) -> Ints:
        """Return all cells with one of these tiles, in reading order."""
        there = [tile for tile in tiles if tile in self.chars]
        return np.flatnonzero(_is(*there)[self.codes]) if there else np.zeros(0, np.int64)

    def _settings(self, level: Level, tile: str, key: str) -> Floats:
        """Return a numerical setting of each cell with this tile, and 0 for all other cells."""
        if tile not in self.chars:
            return np.zeros(len(self.written))
        values = np.zeros(128)
        for char in level.chars:
            if level.tile(char) == tile:
                values[ord(char)] = number(level.setting(f"{char} {key}"))
        return values[self.written]

    def _items(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return, per cell, the bit of its key, of its door's key and of its coin, and the cell
        that entering it leads to."""
        key, door, coin = np.zeros((3, len(self.codes)), np.int64)
        for bit, char in enumerate(self.key_names):
            key[self._find(char)] = 1 << bit
            door[self._find(char.upper())] = 1 << bit
        if self.n_coins <= MAX_COINS:
            of_map = self.map_of(self.coins)
            coin[self.coins] = 1 << (np.arange(len(of_map)) - np.searchsorted(of_map, of_map))
        twin = np.arange(len(self.codes))
        for char in self.chars & TELEPORTERS:
            cells = self._find(char)
            of_map = self.map_of(cells)
            pairs = cells[np.bincount(of_map)[of_map] == 2].reshape(-1, 2)
            twin[pairs] = pairs[:, ::-1]
        return key, door, coin, twin

    def map_of(self, cells: Ints) -> Ints:
        """Return the map, by number, that each cell [N] is in."""
        number: Ints = np.searchsorted(self.firsts, cells, "right") - 1
        return number

    def number(self, row: int, column: int) -> int:
        """Return the index in the flat map of a cell of the map."""
        return (row + 1) * self.wide + column + 1

    def place(self, cells: Ints) -> Ints:
        """Return row and column in the map [..., 2] of indices in the flat map."""
        return np.stack(np.divmod(cells, self.wide), -1) - 1

    def _set_opponents(self, level: Level) -> None:
        """Set the routes of the patrols, and the first cells and paces of the hunters."""
        pace = self._settings(level, PATROL, "every") + self._settings(level, HUNTER, "every")
        kinds = {c: level.setting(f"{c} kind") for c in level.chars if level.tile(c) == PATROL}
        kind = [kinds[chr(self.written[cell])] for cell in self._find(PATROL)]
        hunting = self._find(PATROL)[[one == "hunt" for one in kind]]
        self.hunters: Ints = np.concatenate([hunting, self._find(HUNTER)])  # [hunters] first cells
        self.every: Ints = pace[self.hunters].astype(np.int64)
        walking = [(int(c), k) for c, k in zip(self._find(PATROL), kind) if k != "hunt"]
        routes = [self._route(cell, 1 if k == "x" else self.wide) for cell, k in walking]
        paces = [int(pace[cell]) for cell, _ in walking]
        periods = [n * len(route) for n, route in zip(paces, routes)]
        self.period = min(math.lcm(*periods, *map(int, self.every)), level.steps + 1)
        self.n_opponents = len(routes) + len(self.hunters)
        # the patrols of the map in reading order, whatever their kinds, which may be hidden
        patrols = np.array([*(cell for cell, _ in walking), *hunting], int)
        self.order: Ints = np.arange(self.n_opponents)
        self.order[: len(patrols)] = np.argsort(patrols)
        self.has_order = bool((np.diff(patrols) < 0).any())
        self.patrols: Ints = np.zeros((self.period, len(routes)), np.int64)  # cells by phase
        for i, (n, route) in enumerate(zip(paces, routes)):
            self.patrols[:, i] = np.array(route)[np.arange(self.period) // n % len(route)]

    def _route(self, cell: int, step: int) -> list[int]:
        """Return the cells of one period of a patrol that starts at `cell` in direction `step`."""
        low = high = cell
        while self.free[low - step]:
            low -= step
        while self.free[high + step]:
            high += step
        there = list(range(cell, high, step)) + list(range(high, low, -step))
        return there + list(range(low, cell, step)) or [cell]


def step(game: FlatGrid, state: States, action: Ints) -> tuple[States, Floats, Bools]:
    """Return the next states, rewards [N] and terminations [N] of actions [N] that take effect."""
    after = _walk(game, state, action)
    cell = after.cell
    on_goal, in_lava = game.goal[cell], game.lava[cell]
    costs = game.level.step_reward * game.cost[cell]
    reward = np.where(on_goal | in_lava, game.pays[cell], costs)
    if len(game.coins):
        reward = reward + game.worth[cell] * (after.coins != state.coins)
    ended = in_lava | (on_goal & (game.level.ends == "goal"))
    if game.ends_with_boxes:
        solved = is_solved(game, after)
        reward, ended = np.where(solved, game.level.goal_reward, reward), ended | solved
    if not game.n_opponents:
        return after, reward, ended
    phase = (state.phase + 1) % game.period
    hunters = hunt(game, state.hunters, cell, phase)
    caught: Bools = (opponents_at(game, state.phase, state.hunters) == cell[:, None]).any(1)
    caught |= (opponents_at(game, phase, hunters) == cell[:, None]).any(1)
    caught &= ~ended
    phase = np.where(ended, state.phase, phase)  # opponents do not move once the episode has ended
    hunters = np.where(ended[:, None], state.hunters, hunters)
    after = replace(after, phase=phase, hunters=hunters)
    return after, reward + CAUGHT * caught, ended | caught


def is_solved(game: FlatGrid, state: States) -> Bools:
    """Return whether every box stands on a target [N], where that ends an episode."""
    solved: Bools = np.asarray(game.target[state.boxes].all(1))
    return solved & game.ends_with_boxes


def _walk(game: FlatGrid, state: States, action: Ints) -> States:
    """Return the states after the agent's move, before opponents move."""
    move = game.controls[action]
    target = state.cell + game.offset[move]
    walks: Bools = game.passable[target]
    if game.has_one_ways:
        way = game.way[state.cell]
        walks = walks & ((way == STAY) | (way == move) | (move == STAY))
        walks &= (game.way[target] != BACK[move]) | (move == STAY)
    if game.has_items:
        walks = walks & ((game.door[target] & ~state.keys) == 0)
    if game.has_gates:
        walks = walks & (~game.gate[target] | (state.gates == 1) | (move == STAY))
    entered = walks & (move != STAY)
    boxes, gates = state.boxes, state.gates
    if boxes.shape[1]:
        entered, boxes, gates = _push(game, state, target, game.offset[move], entered)
    cell = np.where(entered, game.twin[target], state.cell)
    if game.has_switches:
        gates = gates ^ (entered & game.switch[cell])
    keys, coins = state.keys, state.coins
    if game.has_items:
        keys, coins = keys | game.key[cell], coins & ~game.coin[cell]
    return States(cell, keys, coins, state.phase, state.hunters, boxes, gates)


def _push(
    game: FlatGrid, state: States, target: Ints, offset: Ints, enters: Bools
) -> tuple[Bools, Ints, Ints]:
    """Return whether the agent enters `target` [N], the boxes [N, boxes] and the gates [N].

    A box on the target is pushed on by `offset`; where it has no room, the agent does not enter.
    """
    met = state.boxes == target[:, None]
    ahead = np.where(enters, target + offset, target)  # beyond the outer walls there are no cells
    room = game.boxable[ahead] & (~game.gate[ahead] | (state.gates == 1))
    room &= ~(state.boxes == ahead[:, None]).any(1)
    pushes = enters & met.any(1) & room
    moved = np.where(met & pushes[:, None], ahead[:, None], state.boxes)
    flips = pushes & game.switch[ahead] & game.has_switches
    return enters & (room | ~met.any(1)), np.sort(moved, 1), state.gates ^ flips


def hunt(game: FlatGrid, hunters: Ints, agent: Ints, phase: Ints) -> Ints:
    """Return the hunters' cells [N, hunters] after a step; one moves every `game.every` steps."""
    if not hunters.shape[1]:
        return hunters
    away = game.place(agent)[:, None] - game.place(hunters)  # [N, hunters, 2]
    down, right = np.sign(away[..., 0]) * game.wide, np.sign(away[..., 1])
    upright = abs(away[..., 0]) >= abs(away[..., 1])
    first = hunters + np.where(upright, down, right)
    second = hunters + np.where(upright, right, down)
    moved = np.where(game.free[first], first, np.where(game.free[second], second, hunters))
    return np.where(phase[:, None] % game.every == 0, moved, hunters)


def opponents_at(game: FlatGrid, phase: Ints, hunters: Ints) -> Ints:
    """Return the cells of all opponents [N, opponents]: the `M` of the map, then the `H`."""
    cells: Ints = np.concatenate([game.patrols[phase], hunters], 1)
    return cells[:, game.order] if game.has_order else cells

"""The transition rules: the effect of each action in each state.

A state consists of the agent's cell, the keys held, the coins left, the hunters' cells and the
phase of the opponents' periodic moves. The rules are deterministic. Wind and slip only replace the
chosen action by the one that takes effect, see `game.world.batch`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.text.level import Level
from game.text.tiles import COIN, DIRECTIONS, GOAL, HUNTER, ICE, PATROL, START, TILES, WALL
from game.text.values import NORMAL, Value
from game.text.walking import teleporters

ACTIONS = ("up", "down", "left", "right", "stay")
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])  # [A, (row, column)]
STAY = ACTIONS.index("stay")
SIDES = np.array([[2, 3], [2, 3], [0, 1], [0, 1], [4, 4]])  # [A, 2] moves after a slip
BACK = np.array([1, 0, 3, 2, 4])  # [A] the opposite move
CAUGHT = -1.0  # added to the reward of a step in which an opponent catches the agent
BURNT = -1.0  # the reward of a step into lava
KEYS = "abcd"
MAX_COINS = 40

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def number(value: Value) -> float:
    """Return a value that is a single number. Raises ValueError for a range or a set."""
    if isinstance(value, int | float):
        return value
    raise ValueError(f"{value} is still to be drawn - draw a task of the level first")


PASSABLE = np.zeros(128, bool)  # by character
PASSABLE[[ord(tile.char) for tile in TILES if tile.passable]] = True
WAY = np.full(128, STAY)  # by character: the only move out of a one-way tile; STAY: no one-way
WAY[[ord(tile.char) for tile in TILES if tile.effect in DIRECTIONS]] = [
    ACTIONS.index(tile.effect) for tile in TILES if tile.effect in DIRECTIONS
]
LAVA = np.zeros(128, bool)
LAVA[[ord(tile.char) for tile in TILES if tile.effect == "lava"]] = True


class CellGrid:
    """A level as arrays over its cells [rows, columns], with `margin` walls on each side."""

    def __init__(self, level: Level, margin: int = 1) -> None:
        shape = (level.height, level.width)
        codes = np.full((shape[0] + 2 * margin, shape[1] + 2 * margin), ord(WALL), np.uint8)
        inside = np.frombuffer("".join(level.rows).encode("ascii"), np.uint8).reshape(shape)
        codes[margin:-margin, margin:-margin] = inside
        self.chars = set("".join(level.rows))
        cost, slip = np.zeros(128), np.full(128, number(level.slip))
        for char in self.chars:
            cost[ord(char)] = number(level.cost(char))
        slip[ord(ICE)] = number(level.setting(f"{ICE} slip"))
        self.codes = codes
        self.passable: Bools = PASSABLE[codes]
        self.cost: Floats = cost[codes]
        self.goal: Bools = codes == ord(GOAL)
        self.lava: Bools = LAVA[codes]
        self.slip: Floats = slip[codes]
        self.way: Ints = WAY[codes]  # the only move out of the cell; STAY: any move


@dataclass(frozen=True)
class States:
    """N states. A cell is its index in the flat map of `FlatGrid`."""

    cell: Ints  # [N]
    keys: Ints  # [N] bit set of the keys held
    coins: Ints  # [N] bit set of the coins left
    phase: Ints  # [N] steps taken, modulo the period
    hunters: Ints  # [N, hunters] cells


class FlatGrid(CellGrid):
    """A concrete level prepared for `step`: its cells as flat arrays in reading order.

    `period` is the number of steps after which all opponents' moves repeat, or the number of phases
    of an episode if that is smaller. Keys and coins are numbered from 0. A door without a key on
    the map is a wall. Raises ValueError where a value is still to be drawn.
    """

    def __init__(self, level: Level) -> None:
        super().__init__(level)
        self.level = level
        self.wide = level.width + 2
        for name in ("passable", "cost", "goal", "lava", "slip", "way", "codes"):
            setattr(self, name, getattr(self, name).ravel())
        moves = ACTIONS[:STAY] if level.controls == NORMAL else level.controls.split()
        self.controls: Ints = np.array([*map(ACTIONS.index, moves), STAY])  # [A] action -> move
        self.offset: Ints = MOVES @ np.array([self.wide, 1])  # [A] move -> distance
        self.key_names = [c for c in KEYS if c in self.chars]
        self.coins = self._find(COIN)
        self.starts = self._find(START)
        doors = [c for c in KEYS.upper() if c in self.chars]
        is_door = np.isin(self.codes, [ord(c) for c in doors])
        self.free = self.passable & ~is_door  # cells that opponents may enter
        self.passable = self.passable.copy()
        for char in doors:
            self.passable[self._find(char)] = char.lower() in self.key_names
        self.has_items = bool(doors or self.key_names or len(self.coins))
        self.key, self.door, self.coin, self.twin = self._items()
        self.has_one_ways = bool((self.way != STAY).any())
        self.worth = number(level.setting(f"{COIN} worth"))
        self._set_opponents(level)

    def _find(self, char: str) -> Ints:
        """Return all cells that show `char`, in reading order."""
        return np.flatnonzero(self.codes == ord(char))

    def _items(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return, per cell, the bit of its key, of its door's key and of its coin, and the cell
        that entering it leads to."""
        key, door, coin = np.zeros((3, len(self.codes)), np.int64)
        for bit, char in enumerate(self.key_names):
            key[self._find(char)] = 1 << bit
            door[self._find(char.upper())] = 1 << bit
        if len(self.coins) <= MAX_COINS:
            coin[self.coins] = 1 << np.arange(len(self.coins))
        twin = np.arange(len(self.codes))
        for char in self.chars:
            for a, b in teleporters(self.level, char):
                twin[self.number(*a)] = self.number(*b)
        return key, door, coin, twin

    def number(self, row: int, column: int) -> int:
        """Return the index in the flat map of a cell of the map."""
        return (row + 1) * self.wide + column + 1

    def place(self, cells: Ints) -> Ints:
        """Return row and column in the map [..., 2] of indices in the flat map."""
        return np.stack(np.divmod(cells, self.wide), -1) - 1

    def _set_opponents(self, level: Level) -> None:
        patrols, hunters = self._find(PATROL), self._find(HUNTER)
        pace = {PATROL: 1, HUNTER: 1}
        for char, cells in ((PATROL, patrols), (HUNTER, hunters)):
            if len(cells):
                pace[char] = int(number(level.setting(f"{char} every")))
        kind = level.setting(f"{PATROL} kind")
        hunting = kind == "hunt"
        both = np.concatenate([patrols, hunters])
        self.hunters: Ints = both if hunting else hunters  # [hunters] their first cells
        self.every: Ints = np.where(np.isin(self.hunters, patrols), pace[PATROL], pace[HUNTER])
        step = 1 if kind == "x" else self.wide
        routes = [] if hunting else [self._route(int(at), step) for at in patrols]
        paces = [pace[PATROL] * len(route) for route in routes]
        self.period = min(math.lcm(*paces, *map(int, self.every)), level.steps + 1)
        self.n_opponents = len(routes) + len(self.hunters)
        clock = np.arange(self.period) // pace[PATROL]
        self.patrols: Ints = np.zeros((self.period, len(routes)), np.int64)  # cells by phase
        for i, route in enumerate(routes):
            self.patrols[:, i] = np.array(route)[clock % len(route)]

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
    cell, keys, coins = _walk(game, state, action)
    on_goal, in_lava = game.goal[cell], game.lava[cell]
    reward = np.where(on_goal, game.level.goal_reward, game.level.step_reward * game.cost[cell])
    reward = np.where(in_lava, BURNT, reward)
    if len(game.coins):
        reward = reward + game.worth * (coins != state.coins)
    ended = in_lava | (on_goal & (game.level.ends == "goal"))
    if not game.n_opponents:
        return States(cell, keys, coins, state.phase, state.hunters), reward, ended
    phase = (state.phase + 1) % game.period
    hunters = _hunt(game, state.hunters, cell, phase)
    caught = (opponents_at(game, state.phase, state.hunters) == cell[:, None]).any(1)
    caught |= (opponents_at(game, phase, hunters) == cell[:, None]).any(1)
    caught &= ~ended
    phase = np.where(ended, state.phase, phase)  # opponents do not move once the episode has ended
    hunters = np.where(ended[:, None], state.hunters, hunters)
    return States(cell, keys, coins, phase, hunters), reward + CAUGHT * caught, ended | caught


def _walk(game: FlatGrid, state: States, action: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the agent's next cell, the keys it then holds and the coins then left, each [N]."""
    move = game.controls[action]
    target = state.cell + game.offset[move]
    walks = game.passable[target]
    if game.has_one_ways:
        way = game.way[state.cell]
        walks = walks & ((way == STAY) | (way == move) | (move == STAY))
        walks &= (game.way[target] != BACK[move]) | (move == STAY)
    if game.has_items:
        walks = walks & ((game.door[target] & ~state.keys) == 0)
    entered = walks & (move != STAY)
    cell = np.where(entered, game.twin[target], state.cell)
    if not game.has_items:
        return cell, state.keys, state.coins
    return cell, state.keys | game.key[cell], state.coins & ~game.coin[cell]


def _hunt(game: FlatGrid, hunters: Ints, agent: Ints, phase: Ints) -> Ints:
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
    """Return the cells of all opponents [N, opponents], patrols first."""
    return np.concatenate([game.patrols[phase], hunters], 1)

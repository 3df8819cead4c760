"""The transition rules, once: what each action does in each state.

A state of a level is the agent's cell, the keys held, the coins left, the hunters' cells and the
phase of all that goes by the clock. The rules are deterministic; chance (wind, slip) only replaces
the chosen action by the one that takes effect, see `game.tables`.
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
SIDES = np.array([[2, 3], [2, 3], [0, 1], [0, 1], [4, 4]])  # [A, 2] where a slipping move goes
BACK = np.array([1, 0, 3, 2, 4])  # [A] the opposite move
CAUGHT = -1.0  # what being caught pays on top
BURNT = -1.0  # what lava pays
KEYS = "abcd"
MAX_COINS = 40

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def number(value: Value) -> float:
    """A value that is one number. Raises ValueError where it is still to be drawn."""
    if isinstance(value, int | float):
        return value
    raise ValueError(f"{value} is still to be drawn: make a task of the level first")


PASSABLE = np.zeros(128, bool)  # by character
PASSABLE[[ord(tile.char) for tile in TILES if tile.passable]] = True
WAY = np.full(128, STAY)  # by character: the one move that leaves a one-way tile
WAY[[ord(tile.char) for tile in TILES if tile.effect in DIRECTIONS]] = [
    ACTIONS.index(tile.effect) for tile in TILES if tile.effect in DIRECTIONS
]
LAVA = np.zeros(128, bool)
LAVA[[ord(tile.char) for tile in TILES if tile.effect == "lava"]] = True


class CellGrid:
    """A level as arrays over its cells, [rows, columns], with `margin` walls on each side."""

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
        self.way: Ints = WAY[codes]  # the one move that leaves the cell; STAY: any does


@dataclass(frozen=True)
class States:
    """N states. Cells are numbers of `FlatGrid`'s flat map."""

    cell: Ints  # [N]
    keys: Ints  # [N] bits: held
    coins: Ints  # [N] bits: left
    phase: Ints  # [N] steps taken, modulo the game's period
    hunters: Ints  # [N, hunters] cells


class FlatGrid(CellGrid):
    """A concrete level made ready for `step`: its cells in one row, as the map is read.

    `period` is how many steps all that goes by the clock takes to come round, or the phases of an
    episode if they are fewer. Keys and coins are numbered from 0; a door whose key is nowhere is a
    wall.
    """

    def __init__(self, level: Level) -> None:
        super().__init__(level)
        self.level = level
        self.wide = level.width + 2
        for name in ("passable", "cost", "goal", "lava", "slip", "way", "codes"):
            setattr(self, name, getattr(self, name).ravel())
        moves = ACTIONS[:STAY] if level.controls == NORMAL else level.controls.split()
        self.controls: Ints = np.array([*map(ACTIONS.index, moves), STAY])  # [A] action -> move
        self.offset: Ints = MOVES @ np.array([self.wide, 1])  # [A] of a move, in cells
        self.key_names = [c for c in KEYS if c in self.chars]
        self.coins = self._find(COIN)
        self.starts = self._find(START)
        doors = [c for c in KEYS.upper() if c in self.chars]
        self.free = self.passable & ~np.isin(self.codes, [ord(c) for c in doors])  # to opponents
        self.passable = self.passable.copy()
        for char in doors:
            self.passable[self._find(char)] = char.lower() in self.key_names
        self.simple = not (doors or self.key_names or len(self.coins))
        self.key, self.door, self.coin, self.twin = self._items(doors)
        self.ways = bool((self.way != STAY).any())
        self.worth = number(level.setting(f"{COIN} worth"))
        self._set_opponents(level)

    def _find(self, char: str) -> Ints:
        return np.flatnonzero(self.codes == ord(char))

    def _items(self, doors: list[str]) -> tuple[Ints, Ints, Ints, Ints]:
        """For each cell: the bit of its key, of its door, of its coin; where entering it leads."""
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
        """The number of a cell of the map."""
        return (row + 1) * self.wide + column + 1

    def place(self, cells: Ints) -> Ints:
        """[..., 2] row and column in the map of cells by their numbers."""
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
        self.hunters: Ints = both if hunting else hunters  # [hunters] where they begin
        self.every: Ints = np.where(np.isin(self.hunters, patrols), pace[PATROL], pace[HUNTER])
        step = 1 if kind == "x" else self.wide
        rounds = [] if hunting else [self._round(int(at), step) for at in patrols]
        paces = [pace[PATROL] * len(trip) for trip in rounds]
        self.period = min(math.lcm(*paces, *map(int, self.every)), level.steps + 1)
        self.n_opponents = len(rounds) + len(self.hunters)
        clock = np.arange(self.period) // pace[PATROL]
        self.patrols: Ints = np.zeros((self.period, len(rounds)), np.int64)  # cells in each phase
        for i, trip in enumerate(rounds):
            self.patrols[:, i] = np.array(trip)[clock % len(trip)]

    def _round(self, cell: int, step: int) -> list[int]:
        """The cells of a patrol in turn until it is back where it began, and going the same way."""
        low = high = cell
        while self.free[low - step]:
            low -= step
        while self.free[high + step]:
            high += step
        there = list(range(cell, high, step)) + list(range(high, low, -step))
        return there + list(range(low, cell, step)) or [cell]


def step(game: FlatGrid, state: States, action: Ints) -> tuple[States, Floats, Bools]:
    """Let each action [N] take effect: the next states, the rewards [N], and which episodes end."""
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
    phase = np.where(ended, state.phase, phase)  # who reaches the goal leaves the others no move
    hunters = np.where(ended[:, None], state.hunters, hunters)
    return States(cell, keys, coins, phase, hunters), reward + CAUGHT * caught, ended | caught


def _walk(game: FlatGrid, state: States, action: Ints) -> tuple[Ints, Ints, Ints]:
    """The agent's own part: where it comes to, the keys it then holds, the coins then left."""
    move = game.controls[action]
    target = state.cell + game.offset[move]
    walks = game.passable[target]
    if game.ways:
        way = game.way[state.cell]
        walks = walks & ((way == STAY) | (way == move) | (move == STAY))
        walks &= (game.way[target] != BACK[move]) | (move == STAY)
    if not game.simple:
        walks = walks & ((game.door[target] & ~state.keys) == 0)
    entered = walks & (move != STAY)
    cell = np.where(entered, game.twin[target], state.cell)
    if game.simple:
        return cell, state.keys, state.coins
    return cell, state.keys | game.key[cell], state.coins & ~game.coin[cell]


def _hunt(game: FlatGrid, hunters: Ints, agent: Ints, phase: Ints) -> Ints:
    """[N, hunters] the cells of the hunters after their move, if it is their turn."""
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
    """[N, opponents] their cells."""
    return np.concatenate([game.patrols[phase], hunters], 1)

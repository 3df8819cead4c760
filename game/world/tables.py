"""Levels compiled to tables, and the batch that every rollout steps through.

`compile_level` numbers a level's reachable states 0..S-1 and stores what each action does there.
`GridBatch` pads T such tables to one size, so that T tasks step side by side by gathers alone.

Chance stays out of the tables: it replaces the chosen action by another one, whose row is taken.
Which one, says `Chance`: the wind comes first, and where it did not blow, the move may slip. Both
are about moves in the world while tables go by the actions chosen, so with permuted controls each
move stands for the action that brings it about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from game.text.level import WINDS, Level
from game.world.rules import (
    ACTIONS,
    KEYS,
    MAX_COINS,
    SIDES,
    Bools,
    FlatGrid,
    Floats,
    Ints,
    States,
    number,
    opponents_at,
    step,
)

MAX_STATES = 65_536
SMALL = 8_192  # up to this many states are all tabulated at once, before the reachable are kept
N_ACTIONS = len(ACTIONS)


class TooLarge(ValueError):
    """A level has more states than tables are made for."""


@dataclass(frozen=True)
class Tables:
    """One level, compiled. A state in which the episode is over leads to itself, paying nothing."""

    level: Level
    cell: Ints  # [S, 2] row and column in the map, from 0
    next_state: Ints  # [S, A]
    reward: Floats  # [S, A]
    terminated: Bools  # [S, A] the episode ends with this transition
    over: Bools  # [S] the episode has ended
    goal: Bools  # [S] the agent is on a goal
    slip: Floats  # [S] chance that a move goes to a side
    starts: Ints  # [n] an episode begins in one of these, uniformly
    sides: Ints  # [A, 2] the actions whose moves are to the two sides of an action's
    wind: Floats  # [A] chance that this action takes effect, whatever was chosen
    keys: Bools  # [S, 4] held, from a to d
    coins: Bools  # [S, coins] left, in the order of the map
    opponents: Ints  # [S, opponents, 2] row and column

    @property
    def n_states(self) -> int:
        return len(self.cell)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that it takes to play the level without us, to be saved; `steps` is per episode."""
        names = (
            "cell",
            "next_state",
            "reward",
            "terminated",
            "slip",
            "sides",
            "wind",
            "starts",
            "opponents",
        )
        return {name: getattr(self, name) for name in names} | {"steps": np.array(self.level.steps)}

    def state_of(self, cell: tuple[int, int]) -> int | None:
        """The first state at a cell (row, column), or None where the agent cannot be."""
        found = np.flatnonzero((self.cell == cell).all(1))
        return int(found[0]) if len(found) else None


class _Numbering:
    """Numbers for all states of a game, reachable or not: mixed radix, the cell counting most."""

    def __init__(self, game: FlatGrid) -> None:
        self.game = game
        self.cells = np.flatnonzero(game.passable)
        self.index = np.full(len(game.passable), -1)
        self.index[self.cells] = np.arange(len(self.cells))
        self.factors = {
            "cells": len(self.cells),
            "sets of keys held": 1 << len(game.key_names),
            "sets of coins left": 1 << len(game.coins),
            "phases of the opponents": game.period,
            "cells of the hunters": len(self.cells) ** len(game.hunters),
        }
        self.size = math.prod(self.factors.values())
        if len(game.coins) > MAX_COINS or self.size >= 1 << 62:
            raise self.too_large()

    def too_large(self) -> TooLarge:
        product = " x ".join(f"{_short(n)} {name}" for name, n in self.factors.items() if n > 1)
        size = f"up to {_short(self.size)} states"
        limit = f"over the limit of {MAX_STATES:,}"
        return TooLarge(f"{size} ({product}), {limit} - use a smaller map, or fewer of these")

    def encode(self, states: States) -> Ints:
        """[N]"""
        code = self.index[states.cell]
        if self.size == len(self.cells):
            return code
        _, keys, coins, phases, _ = self.factors.values()
        code = ((code * keys + states.keys) * coins + states.coins) * phases + states.phase
        for hunter in states.hunters.T:
            code = code * len(self.cells) + self.index[hunter]
        return code

    def decode(self, code: Ints) -> States:
        n_hunters = len(self.game.hunters)
        hunters = np.zeros((len(code), n_hunters), np.int64)
        for i in reversed(range(n_hunters)):
            code, hunter = np.divmod(code, len(self.cells))
            hunters[:, i] = self.cells[hunter]
        if self.size == len(self.cells):
            none = np.zeros_like(code)
            return States(self.cells[code], none, none, none, hunters)
        _, keys, coins, phases, _ = self.factors.values()
        code, phase = np.divmod(code, phases)
        code, left = np.divmod(code, coins)
        code, held = np.divmod(code, keys)
        return States(self.cells[code], held, left, phase, hunters)


def _short(n: int) -> str:
    """A number of any size, for people."""
    return f"{n:,}" if n < 10**30 else f"10^{math.log10(n):.0f}"


def compile_level(level: Level) -> Tables:
    """Number the reachable states and tabulate the rules. Raises TooLarge over MAX_STATES.

    The level is a concrete one: ValueError where a value is still to be drawn.
    """
    game = FlatGrid(level)
    numbering = _Numbering(game)
    n_starts = len(game.starts)
    begin = States(
        cell=game.starts,
        keys=np.zeros(n_starts, np.int64),
        coins=np.full(n_starts, (1 << len(game.coins)) - 1),
        phase=np.zeros(n_starts, np.int64),
        hunters=np.tile(game.hunters, (n_starts, 1)),
    )
    first = numbering.encode(begin) * 2  # of each code there are two: going on, and over
    codes, next_state, reward, terminated = _tabulate(game, numbering, first)
    starts = np.searchsorted(codes, first)
    kept = _reached(next_state, starts)  # [S] ascending
    renumber = np.full(len(codes), -1)
    renumber[kept] = np.arange(len(kept))
    states = numbering.decode(codes[kept] // 2)
    letters = np.array([KEYS.index(char) for char in game.key_names], int)
    keys = np.zeros((len(kept), len(KEYS)), bool)
    keys[:, letters] = _bits(states.keys, len(letters))
    return Tables(
        level=level,
        cell=game.place(states.cell),
        next_state=renumber[next_state[kept]],
        reward=reward[kept],
        terminated=terminated[kept],
        over=codes[kept] % 2 == 1,
        goal=game.goal[states.cell],
        slip=game.slip[states.cell],
        starts=renumber[starts],
        sides=_sides(game),
        wind=_wind(game),
        keys=keys,
        coins=_bits(states.coins, len(game.coins)),
        opponents=game.place(opponents_at(game, states.phase, states.hunters)),
    )


def _tabulate(
    game: FlatGrid, numbering: _Numbering, first: Ints
) -> tuple[Ints, Ints, Floats, Bools]:
    """Codes [n], ascending, of states that lead only to one another, and what each action does.

    Few states are all taken at once; of many, those ahead of `first` are found step by step.
    """
    whole = numbering.size <= SMALL
    known = frontier = np.arange(numbering.size) * 2 if whole else np.unique(first)
    found = []
    while len(frontier):
        states = numbering.decode(np.repeat(frontier // 2, N_ACTIONS))
        actions = np.tile(np.arange(N_ACTIONS), len(frontier))
        after, reward, ended = step(game, states, actions)
        ahead = numbering.encode(after) * 2 + ended
        found.append((frontier, ahead, reward, ended))
        fresh = np.unique(ahead)
        at = np.searchsorted(known, fresh)
        new = known.take(at, mode="clip") != fresh
        known, fresh = np.insert(known, at[new], fresh[new]), fresh[new]
        if len(known) > MAX_STATES:
            raise numbering.too_large()
        frontier = fresh[fresh % 2 == 0]
    shape = (len(known), N_ACTIONS)
    next_state = np.repeat(np.arange(len(known)), N_ACTIONS).reshape(shape)
    rewards, terminated = np.zeros(shape), np.ones(shape, bool)
    for codes, ahead, reward, ended in found:
        rows = np.searchsorted(known, codes)
        next_state[rows] = np.searchsorted(known, ahead).reshape(-1, N_ACTIONS)
        rewards[rows] = reward.reshape(-1, N_ACTIONS)
        terminated[rows] = ended.reshape(-1, N_ACTIONS)
    return known, next_state, rewards, terminated


def _reached(next_state: Ints, starts: Ints) -> Ints:
    seen = np.zeros(len(next_state), bool)
    frontier = starts
    while len(frontier):
        seen[frontier] = True
        ahead = next_state[frontier].ravel()
        frontier = np.unique(ahead[~seen[ahead]])
    return np.flatnonzero(seen)


def _bits(numbers: Ints, n: int) -> Bools:
    """[..., n] the lowest bits, the lowest first."""
    return (numbers[:, None] >> np.arange(n) & 1).astype(bool)


def _sides(game: FlatGrid) -> Ints:
    action_of = np.argsort(game.controls)  # [A] the action that brings a move about
    return action_of[SIDES[game.controls]]


def _wind(game: FlatGrid) -> Floats:
    chances = np.zeros(N_ACTIONS)
    if game.level.wind in WINDS:
        move = ACTIONS.index(WINDS[game.level.wind])
        chances[np.argsort(game.controls)[move]] = number(game.level.wind_chance)
    return chances

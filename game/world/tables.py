"""Levels compiled to transition tables.

`compile_level` numbers a level's reachable states 0..S-1 and tabulates the effect of each action.
`compile_levels` does it for many levels, which are stacked where they differ in their maps alone.
`GridBatch` (game.world.batch) pads T such tables to one size for batched steps.

The tables are deterministic. Wind and slip replace the chosen action by another one, and then the
other action's entry applies; `Chance` (game.world.batch) holds the probabilities. Wind and slip act
on moves, the tables are indexed by actions: with permuted controls a move is represented by the
action that causes it.

A level with a world of its own (game.world.world_tables) may have more *effects* than actions: the
column of a table is an effect, which for the grid is the action that takes effect.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from game.text.box_states import has_more_box_states, is_simple
from game.text.level import MAX_STATES, Level
from game.text.tiles import ACTIONS, BOXES, COIN, GATE, OPPONENTS, SWITCH
from game.world.box_sets import BoxSets
from game.world.noise import NONE
from game.world.rules import (
    KEYS,
    LEFT_FIRST,
    MAX_COINS,
    SIDES,
    Bools,
    FlatGrid,
    Floats,
    Ints,
    States,
    is_solved,
    opponents_at,
    step,
)
from game.world.stacks import stacked
from game.world.world_tables import world_arrays

SMALL = 8_192  # up to this many states are tabulated at once, reachable or not
N_ACTIONS = len(ACTIONS)
# keys, doors, coins, switches and gates of a level in a stack: a stack stays below MAX_STATES
MOST_BITS = 3
_OF_WHOLE_MAP = (*BOXES, *OPPONENTS)  # whose states depend on the whole map
_CHANGING = (*KEYS, *KEYS.upper(), SWITCH, GATE)


class TooLarge(ValueError):
    """The level has more than MAX_STATES states."""


@dataclass(frozen=True)
class Tables:
    """One compiled level. A terminal state leads to itself with reward 0.

    Without `outcomes`, the E effects are the A actions. With them, effect a * O + o is the outcome
    o of action a. `reward` is the mean reward, and `noise` (game.world.noise) that of the reward.
    """

    level: Level
    cell: Ints  # [S, 2] row and column in the map, from 0
    next_state: Ints  # [S, E]
    reward: Floats  # [S, E]
    terminated: Bools  # [S, E] the episode ends with this transition
    over: Bools  # [S] the episode has ended
    goal: Bools  # [S] the agent is on a goal, or all boxes are on targets where that is the goal
    slip: Floats  # [S] probability that a move slips to one of its sides
    lean: Floats  # [S] half of the slip to the left of a move minus that to its right
    starts: Ints  # [n] an episode starts in one of these states, uniformly drawn
    sides: Ints  # [A, 2] the two actions that a slip may turn an action into
    left_first: Ints  # [A] 1: the first of these is to the left of the move, -1: to its right
    wind: Floats  # [A] probability that the wind replaces any action by this one
    keys: Bools  # [S, 4] keys held, from a to d
    coins: Bools  # [S, coins] coins left, in reading order
    boxes: Ints  # [S, boxes, 2] their rows and columns, in reading order
    gates: Bools  # [S] whether the gates are open
    opponents: Ints  # [S, opponents, 2] their rows and columns
    phase: Ints  # [S] steps taken, modulo the period of the opponents' moves
    outcomes: Floats | None = None  # [S, A, O] probability of each outcome of an action
    noise: str = NONE
    found: Ints | None = None  # [S] the number of its world's things that have been found

    @property
    def n_actions(self) -> int:
        return len(self.sides)

    @property
    def n_outcomes(self) -> int:
        """The number of outcomes of an action; 1 where it is its own effect."""
        return 1 if self.outcomes is None else self.outcomes.shape[2]

    @property
    def n_states(self) -> int:
        return len(self.cell)

    def n_found(self, state: int) -> int:
        """Return how many of its world's things have been found in a state."""
        return 0 if self.found is None else int(self.found[state])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays that simulate the level elsewhere; `steps` is the episode length."""
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
            "lean",
            "left_first",
            "boxes",
            "gates",
        )
        arrays = {name: getattr(self, name) for name in names}
        arrays["steps"] = np.array(self.level.steps)
        if self.outcomes is not None:
            arrays["outcomes"] = self.outcomes
        return arrays | ({"noise": np.array(self.noise)} if self.noise else {})

    def state_of(self, cell: tuple[int, int]) -> int | None:
        """Return the first state with the agent at a cell (row, column), or None."""
        found = np.flatnonzero((self.cell == cell).all(1))
        return int(found[0]) if len(found) else None


class _Numbering:
    """A mixed-radix code for all states of a level, reachable or not; the first digit is the cell.

    Raises TooLarge where a code would not fit into 62 bits.
    """

    def __init__(self, game: FlatGrid) -> None:
        self.game = game
        self.cells = np.flatnonzero(game.passable)
        self.index = np.full(len(game.passable), -1)
        self.index[self.cells] = np.arange(len(self.cells))
        self.factors = {
            "cells": len(self.cells),
            "sets of keys held": 1 << len(game.key_names),
            "sets of coins left": 1 << game.n_coins,
            "phases of the opponents": game.period,
            "sets of cells of the boxes": math.comb(int(game.boxable.sum()), len(game.boxes)),
            "positions of the gates": 2 if game.has_switches else 1,
            "cells of the hunters": len(self.cells) ** len(game.hunters),
        }
        self.size = math.prod(self.factors.values())
        if game.n_coins > MAX_COINS or self.size >= 1 << 62:
            raise self.too_large()
        self.box_sets = BoxSets(np.flatnonzero(game.boxable), len(game.boxes), len(game.boxable))

    def too_large(self) -> TooLarge:
        """Return the error that names the place, the number of states and its factors."""
        product = " x ".join(f"{_short(n)} {name}" for name, n in self.factors.items() if n > 1)
        size = f"{self.game.level.where}the level has up to {_short(self.size)} states"
        limit = f"over the limit of {MAX_STATES:,}"
        return TooLarge(f"{size} ({product}), {limit} - use a smaller map or fewer of these")

    def encode(self, states: States) -> Ints:
        """Return the codes [N] of states."""
        code = self.index[states.cell]
        if self.size == len(self.cells):
            return code
        _, keys, coins, phases, boxes, gates, _ = self.factors.values()
        code = ((code * keys + states.keys) * coins + states.coins) * phases + states.phase
        code = (code * boxes + self.box_sets.encode(states.boxes)) * gates + states.gates
        for hunter in states.hunters.T:
            code = code * len(self.cells) + self.index[hunter]
        return code

    def decode(self, code: Ints) -> States:
        """Return the states of codes [N]."""
        n_hunters = len(self.game.hunters)
        hunters = np.zeros((len(code), n_hunters), np.int64)
        for i in reversed(range(n_hunters)):
            code, hunter = np.divmod(code, len(self.cells))
            hunters[:, i] = self.cells[hunter]
        if self.size == len(self.cells):
            none = np.zeros_like(code)
            boxes = self.box_sets.decode(none)
            return States(self.cells[code], none, none, none, hunters, boxes, none)
        _, keys, coins, phases, box_sets, positions, _ = self.factors.values()
        code, gates = np.divmod(code, positions)
        code, box_set = np.divmod(code, box_sets)
        boxes = self.box_sets.decode(box_set)
        code, phase = np.divmod(code, phases)
        code, left = np.divmod(code, coins)
        code, held = np.divmod(code, keys)
        return States(self.cells[code], held, left, phase, hunters, boxes, gates)


def _short(n: int) -> str:
    """Return a number of any size as short text."""
    return f"{n:,}" if n < 10**30 else f"10^{math.log10(n):.0f}"


def compile_level(level: Level) -> Tables:
    """Return the transition tables of a concrete level, over its reachable states.

    Raises TooLarge over MAX_STATES states, and ValueError where a value is still to be drawn.
    """
    if level.world:
        return Tables(level=level, **world_arrays(level, level.world))
    return next(_compile(FlatGrid(level), [level]))


def compile_levels(levels: Sequence[Level]) -> list[Tables]:
    """Return the tables of several levels: the same as of each alone, in less time.

    Raises as `compile_level` does.
    """
    found: dict[int, Tables] = {}
    for stack in stacked(levels, 1, _kind):
        members = [levels[i] for i in stack.members]
        if stack.level.world:  # in a stack of its own
            found[stack.members[0]] = compile_level(members[0])
            continue
        found |= zip(stack.members, _compile(FlatGrid(stack.level, stack.tops), members))
    return [found[i] for i in range(len(levels))]


def _kind(level: Level) -> Hashable:
    """Return what levels must share to be compiled in a stack; None where a level cannot be.

    Boxes, opponents and starts that are searched for depend on the whole map. Other worlds than the
    grid are no maps.
    """
    if level.world or level.starts or level.has(_OF_WHOLE_MAP):
        return None
    whole = "".join(level.tiles)
    items = [char for char in _CHANGING if char in whole]
    n_coins = whole.count(COIN)
    return None if len(items) + n_coins > MOST_BITS else (tuple(items), n_coins)


def _compile(game: FlatGrid, levels: Sequence[Level]) -> Iterator[Tables]:
    """Yield the tables of each level of a stack."""
    numbering = _Numbering(game)
    if numbering.size > MAX_STATES and has_more_box_states(game.level, MAX_STATES):
        raise numbering.too_large()
    n_starts = len(game.starts)
    begin = States(
        cell=game.starts,
        keys=np.zeros(n_starts, np.int64),
        coins=np.full(n_starts, (1 << game.n_coins) - 1),
        phase=np.zeros(n_starts, np.int64),
        hunters=np.tile(game.hunters, (n_starts, 1)),
        boxes=np.tile(game.boxes, (n_starts, 1)),
        gates=np.zeros(n_starts, np.int64),
    )
    first = numbering.encode(begin) * 2  # even: the episode goes on, odd: it is over
    codes, next_state, reward, terminated = _tabulate(game, numbering, first)
    starts = np.searchsorted(codes, first)
    kept = _reached(next_state, starts)  # [S] ascending
    renumber = np.full(len(codes), -1)
    renumber[kept] = np.arange(len(kept))
    states = numbering.decode(codes[kept] // 2)
    letters = np.array([KEYS.index(char) for char in game.key_names], int)
    keys = np.zeros((len(kept), len(KEYS)), bool)
    keys[:, letters] = _bits(states.keys, len(letters))
    next_state = renumber[next_state[kept]]
    arrays = {
        "cell": game.place(states.cell),
        "reward": reward[kept],
        "terminated": terminated[kept],
        "over": codes[kept] % 2 == 1,
        "goal": game.goal[states.cell] | is_solved(game, states),
        "slip": game.slip[states.cell],
        "lean": game.lean[states.cell],
        "keys": keys,
        "coins": _bits(states.coins, game.n_coins),
        "boxes": game.place(states.boxes),
        "gates": states.gates == 1,
        "opponents": game.place(opponents_at(game, states.phase, states.hunters)),
        "phase": states.phase,
    }  # [S, ..] each
    of_map = game.map_of(states.cell)
    bounds = np.searchsorted(of_map, np.arange(len(levels) + 1))  # of each level's states
    of_start = game.map_of(game.starts)
    sides, left_first, wind = _sides(game), LEFT_FIRST[game.controls], game.wind[game.controls]
    for i, level in enumerate(levels):
        first, end = bounds[i : i + 2]
        own = {name: array[first:end] for name, array in arrays.items()}
        own["cell"] = own["cell"] - [game.firsts[i] // game.wide - 1, 0]  # from its own first row
        yield Tables(
            level=level,
            next_state=next_state[first:end] - first,
            starts=renumber[starts[of_start == i]] - first,
            sides=sides,
            left_first=left_first,
            wind=wind,
            **own,
        )


def states_bound(level: Level) -> int:
    """Return an upper bound on the number of states, without a search. Raises TooLarge."""
    if level.world:
        return compile_level(level).n_states
    return _Numbering(FlatGrid(level)).size


def check_states(level: Level) -> None:
    """Raise TooLarge where `compile_level` does; a puzzle of boxes takes less time."""
    if level.world:
        return  # few by the limits of its settings
    numbering = _Numbering(FlatGrid(level))
    if numbering.size <= MAX_STATES:
        return
    if not (level.has(BOXES) and is_simple(level)):
        compile_level(level)
    elif has_more_box_states(level, MAX_STATES):
        raise numbering.too_large()


def _tabulate(
    game: FlatGrid, numbering: _Numbering, first: Ints
) -> tuple[Ints, Ints, Floats, Bools]:
    """Return codes [n], ascending, of a closed set of states, and their transitions.

    The transitions are next state, reward and termination, each [n, A]. Up to SMALL states are all
    taken at once. Of more states, those reachable from `first` are found by breadth-first search.
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
        fresh = _distinct(ahead, 2 * numbering.size) if whole else np.unique(ahead)
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
    """Return the states that can be reached from the starts, ascending."""
    seen = np.zeros(len(next_state), bool)
    frontier = starts
    while len(frontier):
        seen[frontier] = True
        ahead = next_state[frontier].ravel()
        frontier = _distinct(ahead[~seen[ahead]], len(seen))
    return np.flatnonzero(seen)


def _distinct(numbers: Ints, most: int) -> Ints:
    """Return the distinct ones of numbers below `most`, ascending; faster than `numpy.unique`."""
    there = np.zeros(most, bool)
    there[numbers] = True
    return np.flatnonzero(there)


def _bits(numbers: Ints, n: int) -> Bools:
    """Return the n lowest bits [N, n] of numbers [N], lowest first."""
    return (numbers[:, None] >> np.arange(n) & 1).astype(bool)


def _sides(game: FlatGrid) -> Ints:
    """Return the two actions that a slip may turn each action into [A, 2]."""
    action_of = np.argsort(game.controls)  # [A] the action that causes a move
    return action_of[SIDES[game.controls]]

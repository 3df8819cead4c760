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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from game.level import WINDS, Level
from game.rules import (
    ACTIONS,
    KEYS,
    MAX_COINS,
    SIDES,
    Bools,
    Floats,
    Game,
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

    def __init__(self, game: Game) -> None:
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
    game = Game(level)
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


def _tabulate(game: Game, numbering: _Numbering, first: Ints) -> tuple[Ints, Ints, Floats, Bools]:
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


# --- chance ------------------------------------------------------------------------------------


def _sides(game: Game) -> Ints:
    action_of = np.argsort(game.controls)  # [A] the action that brings a move about
    return action_of[SIDES[game.controls]]


def _wind(game: Game) -> Floats:
    chances = np.zeros(N_ACTIONS)
    if game.level.wind in WINDS:
        move = ACTIONS.index(WINDS[game.level.wind])
        chances[np.argsort(game.controls)[move]] = number(game.level.wind_chance)
    return chances


@dataclass(frozen=True)
class Chance:
    """Which actions take effect instead of the chosen ones, as numpy arrays or torch tensors.

    slip [T, S, 1]; sides [T, A, A], a slipping action's chances to become each other one; wind
    [T, 1, A], each action's chance to be blown to; calm [T, 1, 1], that of no wind.
    """

    slip: Any
    sides: Any
    wind: Any
    calm: Any

    def effective(self, probs: Any) -> Any:
        """[T, S, A] the chances of what takes effect, where a policy chooses by `probs`."""
        slid = (1 - self.slip) * probs + self.slip * (probs @ self.sides)
        return self.calm * slid + self.wind

    def expected(self, q: Any) -> Any:
        """[T, S, A] the value of choosing each action, where `q` is that of its taking effect."""
        aside = (self.sides @ q.swapaxes(1, 2)).swapaxes(1, 2)
        slid = (1 - self.slip) * q + self.slip * aside
        return self.calm * slid + (self.wind * q).sum(-1)[..., None]


class GridBatch:
    """T compiled levels, padded to the largest S, side by side. Immutable; holds no clock.

    A *flat* state is `task * S + state`, so that one gather steps any number of environments of any
    tasks. Padding states are over.
    """

    def __init__(self, tables: Sequence[Tables]) -> None:
        if not tables:
            raise ValueError("a batch needs at least one task")
        self.tables = tuple(tables)
        self.n_tasks = len(tables)
        self.n_states = max(t.n_states for t in tables)
        self.steps: Ints = np.array([t.level.steps for t in tables])  # [T]
        self.horizon = int(self.steps.max())
        shape = (self.n_tasks, self.n_states)
        itself = np.broadcast_to(np.arange(self.n_states)[:, None], (*shape, N_ACTIONS))
        self.next_state: Ints = itself.copy()  # [T, S, A]
        self.reward: Floats = np.zeros((*shape, N_ACTIONS))  # [T, S, A]
        self.terminated: Bools = np.ones((*shape, N_ACTIONS), bool)  # [T, S, A]
        self.over: Bools = np.ones(shape, bool)  # [T, S]
        self.goal: Bools = np.zeros(shape, bool)  # [T, S]
        self.slip: Floats = np.zeros(shape)  # [T, S]
        self.cell: Ints = np.zeros((*shape, 2), int)  # [T, S, 2]
        self.start: Floats = np.zeros(shape)  # [T, S] chance to begin there
        self.sides: Ints = np.stack([t.sides for t in tables])  # [T, A, 2]
        self.wind: Floats = np.stack([t.wind for t in tables])  # [T, A]
        for i, t in enumerate(tables):
            for name in ("next_state", "reward", "terminated", "over", "goal", "slip", "cell"):
                getattr(self, name)[i, : t.n_states] = getattr(t, name)
            np.add.at(self.start[i], t.starts, 1 / len(t.starts))

    @classmethod
    def of(cls, levels: Sequence[Level]) -> GridBatch:
        return cls([compile_level(level) for level in levels])

    @cached_property
    def flat_next(self) -> Ints:
        """[T * S * A] the next flat state, by flat state * A + action."""
        first = np.arange(self.n_tasks)[:, None, None] * self.n_states
        return (self.next_state + first).ravel()

    @cached_property
    def chancy(self) -> Bools:
        """[T] whether chance has a hand in the task."""
        chancy: Bools = np.asarray(self.slip.any(1) | self.wind.any(1))
        return chancy

    @cached_property
    def chance(self) -> Chance | None:
        """What replaces the chosen actions; None where nothing does."""
        if not self.chancy.any():
            return None
        sides = (self.sides[..., None] == np.arange(N_ACTIONS)).mean(2)
        wind = self.wind[:, None]
        return Chance(self.slip[..., None], sides, wind, 1 - wind.sum(-1, keepdims=True))

    def step(self, state: Ints, action: Ints) -> tuple[Ints, Floats, Bools]:
        """Flat states and effective actions -> next flat states, reward, terminated."""
        index = state * N_ACTIONS + action
        return (
            self.flat_next.take(index),
            self.reward.ravel().take(index),
            self.terminated.ravel().take(index),
        )

    def effective(self, action_probs: Floats) -> Floats:
        """[T, S, A] chances of the actions that take effect, where the policy chooses by these."""
        if self.chance is None:
            return action_probs
        effective: Floats = self.chance.effective(action_probs)
        return effective

    @cached_property
    def detours(self) -> Detours:
        """What chance makes of transitions."""
        shape = (*self.over.shape, N_ACTIONS)
        wind = np.broadcast_to(self.wind.sum(1)[:, None, None], shape)
        slip = (1 - wind) * self.slip[..., None]
        blown = np.broadcast_to(self.wind.argmax(1)[:, None, None], shape)
        sides = np.broadcast_to(self.sides[:, None], (*shape, 2))
        effects = np.stack([blown, sides[..., 1], sides[..., 0]])  # [3, T, S, A]
        first = np.arange(self.over.size).reshape(*self.over.shape, 1) * N_ACTIONS
        bounds = np.stack([wind, wind + slip / 2, wind + slip])
        return Detours(bounds.reshape(3, -1), (first + effects).reshape(3, -1))


@dataclass(frozen=True)
class Detours:
    """What chance makes of each of n transitions, numbered by flat state * A + action.

    Where a uniform number is below a bound [3, n], the first that it is below, the transition there
    [3, n] takes effect instead: the wind's, that to one side, that to the other.
    """

    bounds: Floats
    instead: Ints

    def divert(self, transition: Ints, luck: Floats) -> None:
        """Replace transitions by those that take effect, in place; `luck` is uniform."""
        hit = (luck < self.bounds[2].take(transition)).nonzero()
        chosen, luck = transition[hit], luck[hit]
        which = (luck >= self.bounds[0].take(chosen)).astype(np.int64)
        which += luck >= self.bounds[1].take(chosen)
        transition[hit] = self.instead.take(which * self.instead.shape[1] + chosen)


# --- many environments -------------------------------------------------------------------------


@dataclass(frozen=True)
class Transitions:
    """K steps of N environments, each [K, N]."""

    transition: Ints  # flat state * A + the action that took effect
    state: Ints  # flat, after the step
    reward: Floats
    terminated: Bools
    truncated: Bools

    @classmethod
    def empty(cls, steps: int, n_envs: int) -> Transitions:
        """Arrays to be written to."""
        kinds: tuple[Any, ...] = (np.int64, np.int64, np.float64, bool, bool)
        return cls(*(np.empty((steps, n_envs), kind) for kind in kinds))


class Environments:
    """N environments over the tasks of a batch, each with its own clock, stepped side by side.

    The step after an episode's last one begins the next episode: whatever its action, it leads to a
    start and pays nothing (Gymnasium's NEXT_STEP). With `resample` that is an episode of any task
    of the batch, otherwise of the same one.

    A step is one addition and one gather. An environment is *at* a row of the tables, A times its
    flat state, so that adding the actions gives the transitions. Behind the states' rows there is
    one for each start, all of whose actions lead there: so an episode's end is a transition like
    any other. What the transitions paid is looked up for all steps of a run at once.
    """

    def __init__(
        self, batch: GridBatch, task: Ints, rng: np.random.Generator, resample: bool = False
    ) -> None:
        self.batch, self.rng, self.resample = batch, rng, resample
        starts = [t.starts + i * batch.n_states for i, t in enumerate(batch.tables)]
        self._n_starts = np.array([len(states) for states in starts])  # [T]
        self._many_starts = bool(self._n_starts.max() > 1)
        before: Ints = np.cumsum(self._n_starts) - self._n_starts
        self._rows = (batch.over.size + before) * N_ACTIONS  # [T] of each task's first start
        begin = np.concatenate(starts).repeat(N_ACTIONS)  # [starts * A]
        ends = batch.terminated.reshape(batch.n_tasks, -1)
        row = np.where(ends, self._rows[:, None], batch.flat_next.reshape(ends.shape) * N_ACTIONS)
        self._next_row = np.concatenate([row.ravel(), begin * N_ACTIONS])
        self._next_state = np.concatenate([batch.flat_next, begin])
        self._reward = np.concatenate([batch.reward.ravel(), np.zeros(len(begin))])
        self._detours = None
        if batch.chancy.any():
            to_the_end = ((0, 0), (0, len(begin)))
            detours = batch.detours
            self._detours = Detours(
                np.pad(detours.bounds, to_the_end), np.pad(detours.instead, to_the_end)
            )
        self._clock = 0  # of all; an episode is over when it shows its deadline
        self._deadline: Ints = np.zeros(len(task), np.int64)
        self._begin: Ints = self._rows[task]  # [N] where it is when its episode has ended
        self._steps: Ints = batch.steps[task]
        self.reset()

    def _restart(self, envs: Ints) -> Ints:
        """[n] the rows where these environments are when their episodes have ended."""
        if self.resample:
            task = (self.rng.random(len(envs)) * self.batch.n_tasks).astype(int)
            self._begin[envs], self._steps[envs] = self._rows[task], self.batch.steps[task]
        row = self._begin.take(envs)
        if self._many_starts:
            n_starts = self._n_starts[np.searchsorted(self._rows, row)]
            row += (self.rng.random(len(envs)) * n_starts).astype(int) * N_ACTIONS
        self._deadline[envs] = self._steps.take(envs) + (self._clock + 1)
        return row

    def reset(self) -> Ints:
        """Begin all episodes anew. Returns the flat states [N]."""
        rows = self._restart(np.arange(len(self._begin)))
        self._deadline -= 1  # the step that would have begun the episode is done
        self._row = self._next_row.take(rows)
        return self._row // N_ACTIONS

    def run(self, actions: Ints, out: Transitions | None = None) -> Transitions:
        """Take K steps, with these actions [K, N]. The result is `out`, where that is given.

        Raises ValueError where there is no such action.
        """
        if actions.size and not 0 <= actions.min() <= actions.max() < N_ACTIONS:
            raise ValueError(f"actions are from 0 to {N_ACTIONS - 1}")
        out = out or Transitions.empty(*actions.shape)
        row, behind = self._row, self.batch.over.size * N_ACTIONS
        luck, ended = np.empty(len(row)), np.empty(len(row), bool)
        for action, transition, terminated, late in zip(
            actions, out.transition, out.terminated, out.truncated
        ):
            np.add(row, action, out=transition)
            if self._detours:
                self._detours.divert(transition, self.rng.random(out=luck))
            self._next_row.take(transition, None, row, "clip")
            self._clock += 1
            np.greater_equal(row, behind, out=terminated)
            np.equal(self._deadline, self._clock, out=late)
            envs = np.logical_or(terminated, late, out=ended).nonzero()[0]
            if envs.size:
                row[envs] = self._restart(envs)
        np.greater(out.truncated, out.terminated, out=out.truncated)
        self._next_state.take(out.transition, out=out.state, mode="clip")
        self._reward.take(out.transition, out=out.reward, mode="clip")
        return out

"""Levels compiled to tables, and the batch that every rollout steps through.

`compile_level` numbers a level's reachable states 0..S-1 and stores what each action does there.
`GridBatch` pads T such tables to one size, so that T tasks step side by side by gathers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from game.level import Level
from game.rules import ACTIONS, SIDES, Bools, Floats, Ints, World, step
from game.tiles import START

MAX_STATES = 65_536
N_ACTIONS = len(ACTIONS)

# [A, A] how a slipping move is redistributed over the moves that take effect; rows sum to 1
SLIPPED = np.zeros((N_ACTIONS, N_ACTIONS))
for _action, _sides in enumerate(SIDES):
    np.add.at(SLIPPED[_action], _sides, 0.5)


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
    slip: Floats  # [S]
    starts: Ints  # [n] an episode begins in one of these, uniformly

    @property
    def n_states(self) -> int:
        return len(self.cell)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that it takes to play the level without us, to be saved; `steps` is per episode."""
        names = ("cell", "next_state", "reward", "terminated", "slip", "starts")
        return {name: getattr(self, name) for name in names} | {"steps": np.array(self.level.steps)}

    def state_of(self, cell: tuple[int, int]) -> int | None:
        """The state at a cell (row, column), or None where the agent cannot be."""
        found = np.flatnonzero((self.cell == cell).all(1))
        return int(found[0]) if len(found) else None


def compile_level(level: Level) -> Tables:
    """Number the reachable states and tabulate the rules. Raises TooLarge over MAX_STATES."""
    world = World(level)
    cells = np.argwhere(world.passable[1:-1, 1:-1])  # [C, 2]
    if len(cells) > MAX_STATES:
        raise TooLarge(f"{len(cells):,} states (cells), over the limit of {MAX_STATES:,}")
    number = np.full(world.passable.shape, -1)
    number[cells[:, 0] + 1, cells[:, 1] + 1] = np.arange(len(cells))
    flat = np.repeat(cells, N_ACTIONS, 0), np.tile(np.arange(N_ACTIONS), len(cells))
    target, reward, terminated = step(world, level, *flat)
    shape = (len(cells), N_ACTIONS)
    next_state = number[target[:, 0] + 1, target[:, 1] + 1].reshape(shape)
    goal = world.goal[cells[:, 0] + 1, cells[:, 1] + 1]
    over = goal & (level.ends == "goal")
    next_state = np.where(over[:, None], np.arange(len(cells))[:, None], next_state)

    starts = np.array(level.find(START))
    starts = number[starts[:, 0] + 1, starts[:, 1] + 1]
    kept = _reached(next_state, starts)  # [S] ascending
    renumber = np.full(len(cells), -1)
    renumber[kept] = np.arange(len(kept))
    return Tables(
        level=level,
        cell=cells[kept],
        next_state=renumber[next_state[kept]],
        reward=np.where(over[:, None], 0.0, reward.reshape(shape))[kept],
        terminated=(terminated.reshape(shape) | over[:, None])[kept],
        over=over[kept],
        goal=goal[kept],
        slip=world.slip[cells[kept, 0] + 1, cells[kept, 1] + 1],
        starts=renumber[starts],
    )


def _reached(next_state: Ints, starts: Ints) -> Ints:
    seen = np.zeros(len(next_state), bool)
    frontier = starts
    while len(frontier):
        seen[frontier] = True
        ahead = next_state[frontier].ravel()
        frontier = np.unique(ahead[~seen[ahead]])
    return np.flatnonzero(seen)


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
    def slips(self) -> Bools:
        """[T] whether chance has a hand in the task."""
        slips: Bools = np.asarray(self.slip.any(1))
        return slips

    def step(self, state: Ints, action: Ints) -> tuple[Ints, Floats, Bools]:
        """Flat states and effective actions -> next flat states, reward, terminated."""
        index = state * N_ACTIONS + action
        return (
            self.flat_next.take(index),
            self.reward.ravel().take(index),
            self.terminated.ravel().take(index),
        )

    def effective(self, action_probs: Floats) -> Floats:
        """[T, S, A] chances of the moves that take effect, where the policy chooses by these."""
        if not self.slips.any():
            return action_probs
        p = self.slip[..., None]
        return (1 - p) * action_probs + p * (action_probs @ SLIPPED)


def slipped(action: Ints, slip: Floats, chance: Floats) -> Ints:
    """The actions that take effect on cells that slip with chance `slip`; `chance` is uniform."""
    side = SIDES[action, (chance < slip / 2).astype(int)]
    return np.where(chance < slip, side, action)

"""Key-to-door (Laskin et al. 2023): returns of searches in the open room, and an upper bound.

Key and door are independent and uniform among the n cells of a room, and an episode begins in its
middle. The first step that ends on the key pays 1, and after it the first one that ends on the
door. They may be in the same cell: then the step that finds the key does not count for the door,
and the agent has to stay there or come back.

A trial has two searches. Until the key is found, nothing that happens depends on where it is, and
then the same holds for the door. So a search is simulated as one that finds nothing, and what it
returns is averaged over all cells that it could have found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from game.world.bayes_bounds import best_assignment
from game.world.bayes_optimal import spread_draws
from game.world.rules import Bools, Floats, Ints


@dataclass(frozen=True)
class KeyToDoorRoom:
    """A room of `size` x `size` cells, numbered in reading order, and the steps of an episode.

    Raises ValueError where an episode is too short for some key and door that are known.
    """

    size: int = 9
    steps: int = 50

    def __post_init__(self) -> None:
        across = 2 * (self.size - 1)
        if self.steps < self.steps_to[self.start].max() + across:
            raise ValueError(f"{self.steps} steps are too few for a room of this size")

    @property
    def n(self) -> int:
        """The number of cells."""
        return self.size**2

    @property
    def start(self) -> int:
        """The cell in which an episode begins."""
        return (self.size + 1) * (self.size // 2)

    @cached_property
    def cells(self) -> Ints:
        """Row and column [n, 2] of each cell."""
        return np.stack(np.divmod(np.arange(self.n), self.size), -1)

    @cached_property
    def steps_to(self) -> Ints:
        """The number of steps [n, n] until one ends on a cell: 1 for the cell that one is in."""
        apart = abs(self.cells[:, None] - self.cells).sum(-1)
        return np.maximum(apart, 1)

    def toward(self, cell: Ints, target: Ints, rows_first: Bools) -> Ints:
        """Return the next cell [N] of a shortest path to the target, which may be this one."""
        gap = np.sign(self.cells[target] - self.cells[cell])
        in_rows = (gap[:, 0] != 0) & (rows_first | (gap[:, 1] == 0))
        return cell + np.where(in_rows, self.size * gap[:, 0], gap[:, 1])


# --- searches ------------------------------------------------------------------------------------


class Search(Protocol):
    """How N searches for a cell go on, as long as none of them has found it."""

    def begin_episode(self, possible: Bools) -> Ints:
        """Return the target [N] of each search, whose cells [N, n] are still possible."""

    def step(self, cell: Ints, target: Ints, possible: Bools) -> Ints:
        """Return the next cell [N]."""


@dataclass(frozen=True)
class SamplingSearch:
    """Posterior sampling: in each episode it draws a possible cell, goes there on any shortest
    path, and stays."""

    room: KeyToDoorRoom
    rng: np.random.Generator

    def begin_episode(self, possible: Bools) -> Ints:
        """See `Search`."""
        return spread_draws(possible, self.rng)

    def step(self, cell: Ints, target: Ints, possible: Bools) -> Ints:
        """See `Search`."""
        return self.room.toward(cell, target, self.rng.random(len(cell)) < 0.5)


@dataclass(frozen=True)
class NearestSearch:
    """A deterministic search: to the nearest possible cell, and of several to the one with the
    fewest possible neighbours, so that few are left behind (Warnsdorff 1823)."""

    room: KeyToDoorRoom

    def begin_episode(self, possible: Bools) -> Ints:
        """See `Search`."""
        return np.zeros(len(possible), int)

    def step(self, cell: Ints, target: Ints, possible: Bools) -> Ints:
        """See `Search`."""
        room = self.room
        adjacent = (room.steps_to == 1) & ~np.eye(room.n, dtype=bool)
        rank = 5 * room.steps_to[cell] + possible.astype(int) @ adjacent
        nearest = np.where(possible, rank, np.iinfo(int).max).argmin(1)
        return room.toward(cell, nearest, np.ones(len(cell), bool))


def search_returns(room: KeyToDoorRoom, search: Search, episodes: int, trials: int = 1) -> Floats:
    """Return the mean returns [episodes] of an agent that searches for the key, and for the door
    once it has the key; it fetches what it has found before on a shortest path."""
    key, episode, step = _find_keys(room, search, episodes, trials)  # each [F]
    possible = np.ones((len(key), room.n), bool)  # cells of the door
    returns = np.zeros(episodes)
    for e in range(episodes):
        has_key_at = np.where(episode == e, step, room.steps_to[room.start, key])
        has_key_at[episode > e] = room.steps
        cell, target = key.copy(), search.begin_episode(possible)
        for time in range(1, room.steps + 1):
            on = np.flatnonzero(has_key_at < time)
            cell[on] = search.step(cell[on], target[on], possible[on])
            possible[on, cell[on]] = False
        doors = room.n - possible.sum(1)  # that are paid in this episode, if they are the door
        returns[e] = (1 + doors / room.n)[episode <= e].sum() / trials / room.n
    return returns


def _find_keys(
    room: KeyToDoorRoom, search: Search, episodes: int, trials: int
) -> tuple[Ints, Ints, Ints]:
    """Return the keys that a search finds, and episode and step in which it does, in all trials."""

    def finds() -> Iterator[Ints]:
        possible = np.ones((trials, room.n), bool)
        for e in range(episodes):
            cell, target = np.full(trials, room.start), search.begin_episode(possible)
            for time in range(1, room.steps + 1):
                cell = search.step(cell, target, possible)
                new = possible[np.arange(trials), cell]
                possible[np.arange(trials), cell] = False
                found = cell[new]
                yield np.stack([found, np.full_like(found, e), np.full_like(found, time)])

    key, episode, step = np.concatenate([*finds()], 1)
    return key, episode, step


# --- bounds --------------------------------------------------------------------------------------


def upper_bound(room: KeyToDoorRoom, episodes: int) -> float:
    """Return an upper bound on the Bayes-optimal return of a trial.

    Under any policy, each cell is first tested for the key in one step of the trial or never, and
    no two in the same step. From then on each step with the key tests one cell for the door, and in
    later episodes the key is not there before the steps that lead to it. The best assignment of
    cells to steps, with the best door search after each, is therefore an upper bound.
    """
    way = room.steps_to[room.start, :, None]  # [n, 1]
    time = np.arange(1, room.steps + 1)
    gains = []
    for first in range(episodes):
        doors = np.minimum(room.steps - time, room.n) + np.zeros_like(way)  # [n, steps]
        gain = 1 + doors / room.n
        for _ in range(first + 1, episodes):
            doors = np.minimum(doors + room.steps - way, room.n)
            gain = gain + 1 + doors / room.n
        gains.append(np.where(time < way, 0, gain))
    return best_assignment(np.concatenate(gains, 1)) / room.n

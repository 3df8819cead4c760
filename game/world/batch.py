"""T compiled levels side by side, and what chance makes of their transitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from game.text.level import Level
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS, Tables, compile_level


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

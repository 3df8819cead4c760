"""A batch of T compiled levels, and how chance changes their transitions and rewards."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np

from game.text.level import Level
from game.world import noise
from game.world.rules import Bools, Floats, Ints
from game.world.tables import Tables, compile_levels


@dataclass(frozen=True)
class Chance:
    """Probabilities with which wind and slip replace the chosen action, as numpy or torch arrays.

    Wind comes first; a move that the wind does not replace may slip to one of its two sides.
    """

    slip: Any  # [T, S, 1] probability that a move slips
    sides: Any  # [T, A, A] distribution of the action that a slipping action becomes
    wind: Any  # [T, 1, A] probability that the wind replaces any action by this one
    calm: Any  # [T, 1, 1] probability of no wind
    lean: Any = None  # [T, S, 1] half of the slip to the left minus that to the right; None: 0
    turns: Any = None  # [T, A, A] 1 for the action to the left of a slipping one, -1 to the right

    def effective(self, probs: Any) -> Any:
        """Return the distribution of the action that takes effect [T, S, A] under the policy
        `probs` [T, S, A]."""
        slid = (1 - self.slip) * probs + self.slip * (probs @ self.sides)
        if self.lean is not None:
            slid = slid + (self.lean * probs) @ self.turns
        return self.calm * slid + self.wind

    def expected(self, q: Any) -> Any:
        """Return the value of choosing each action [T, S, A].

        `q` [T, S, A] is the value of each action when it takes effect.
        """
        aside = (self.sides @ q.swapaxes(1, 2)).swapaxes(1, 2)
        slid = (1 - self.slip) * q + self.slip * aside
        if self.lean is not None:
            slid = slid + self.lean * (self.turns @ q.swapaxes(1, 2)).swapaxes(1, 2)
        return self.calm * slid + (self.wind * q).sum(-1)[..., None]


@dataclass(frozen=True)
class Outcomes:
    """Probabilities of the O outcomes of each action, as numpy or torch arrays: what `Chance` is to
    the grid, where an action is one of E = A * O effects by chance."""

    probs: Any  # [T, S, A, O]

    def effective(self, probs: Any) -> Any:
        """Return the distribution of the effect [T, S, E] under the policy `probs` [T, S, A]."""
        joint = probs[..., None] * self.probs
        return joint.reshape(*joint.shape[:-2], -1)

    def expected(self, q: Any) -> Any:
        """Return the value of choosing each action [T, S, A], from those of effects [T, S, E]."""
        return (q.reshape(self.probs.shape) * self.probs).sum(-1)


Result = TypeVar("Result")
ROUNDING = 1e-12  # of a sum of probabilities


def once_per_batch(function: Callable[..., Result]) -> Callable[..., Result]:
    """Keep what a function returns for a batch with the batch, so that it is computed once, and
    goes with the batch to another process."""

    @wraps(function)
    def remembered(batch: GridBatch, *args: Hashable) -> Result:
        key = (function.__name__, *args)
        if key not in batch.results:
            batch.results[key] = function(batch, *args)
        result: Result = batch.results[key]
        return result

    return remembered


# the arrays over states that a batch pads to one size, and those over states and effects
_PADDED = ("over", "goal", "slip", "lean", "cell")
_BY_EFFECT = ("next_state", "reward", "terminated")


class GridBatch:
    """T compiled levels, padded to the largest number of states S. Immutable; holds no clock.

    It may be padded further, to `n_states` states and `horizon` steps.

    A *flat* state is `task * S + state`, and a *transition* `flat state * E + effect`. One gather
    then steps any number of environments of any tasks. Padding states are terminal. On the grid,
    the E effects are the A actions. Raises ValueError for an empty batch, and where tasks differ in
    the number of actions or in the kind of noise.
    """

    def __init__(self, tables: Sequence[Tables], n_states: int = 0, horizon: int = 0) -> None:
        if not tables:
            raise ValueError("a batch needs at least one task")
        self.tables = tuple(tables)
        if len({(t.n_actions, t.noise) for t in tables}) > 1:
            raise ValueError("the tasks of a batch need the same number of actions and noise")
        self.n_actions, self.noise = tables[0].n_actions, tables[0].noise
        self.n_outcomes = max(t.n_outcomes for t in tables)  # of an action
        self.n_effects = self.n_actions * self.n_outcomes
        self.results: dict[Hashable, Any] = {}  # see `once_per_batch`
        self.n_tasks = len(tables)
        self.n_states = max(n_states, *(t.n_states for t in tables))
        self.steps: Ints = np.array([t.level.steps for t in tables])  # [T]
        self.horizon = max(horizon, int(self.steps.max()))
        shape = (self.n_tasks, self.n_states)
        by_effect = (*shape, self.n_effects)
        itself = np.broadcast_to(np.arange(self.n_states)[:, None], by_effect)
        self.next_state: Ints = itself.copy()  # [T, S, E]
        self.reward: Floats = np.zeros(by_effect)  # [T, S, E]
        self.terminated: Bools = np.ones(by_effect, bool)  # [T, S, E]
        self.over: Bools = np.ones(shape, bool)  # [T, S]
        self.goal: Bools = np.zeros(shape, bool)  # [T, S]
        self.slip: Floats = np.zeros(shape)  # [T, S]
        self.lean: Floats = np.zeros(shape)  # [T, S]
        self.cell: Ints = np.zeros((*shape, 2), int)  # [T, S, 2]
        self.start: Floats = np.zeros(shape)  # [T, S] probability that an episode starts here
        self.sides: Ints = np.stack([t.sides for t in tables])  # [T, A, 2]
        self.left_first: Ints = np.stack([t.left_first for t in tables])  # [T, A]
        self.wind: Floats = np.stack([t.wind for t in tables])  # [T, A]
        for i, t in enumerate(tables):
            for name in _PADDED:
                getattr(self, name)[i, : t.n_states] = getattr(t, name)
            for name in _BY_EFFECT:
                self._outcomes_of(name)[i, : t.n_states, :, : t.n_outcomes] = getattr(
                    t, name
                ).reshape(t.n_states, self.n_actions, -1)
            np.add.at(self.start[i], t.starts, 1 / len(t.starts))

    @classmethod
    def of(cls, levels: Sequence[Level]) -> GridBatch:
        """Compile levels and return them as a batch."""
        return cls(compile_levels(levels))

    def _outcomes_of(self, name: str) -> np.ndarray:
        """Return an array [T, S, E] by its name, as a view [T, S, A, O]."""
        array: np.ndarray = getattr(self, name)
        return array.reshape(*self.over.shape, self.n_actions, self.n_outcomes)

    @cached_property
    def flat_next(self) -> Ints:
        """The next flat state of each transition [T * S * E]."""
        first = np.arange(self.n_tasks)[:, None, None] * self.n_states
        return (self.next_state + first).ravel()

    @cached_property
    def stochastic(self) -> Bools:
        """Whether chance can change the transitions of each task [T]."""
        changing = self.slip.any(1) | self.wind.any(1) | (self.n_outcomes > 1)
        stochastic: Bools = np.asarray(changing)
        return stochastic

    @property
    def by_chance(self) -> bool:
        """Whether transitions or rewards of some task depend on chance."""
        return bool(self.noise) or bool(self.stochastic.any())

    @cached_property
    def chance(self) -> Chance | Outcomes | None:
        """The probabilities of wind and slip, or of outcomes; None where all transitions are
        deterministic."""
        if not self.stochastic.any():
            return None
        if self.n_outcomes > 1:
            return self._outcomes
        actions = np.arange(self.n_actions)
        sides = (self.sides[..., None] == actions).mean(2)
        wind = self.wind[:, None]
        chance = Chance(self.slip[..., None], sides, wind, 1 - wind.sum(-1, keepdims=True))
        if not self.lean.any():
            return chance
        first, second = np.moveaxis(self.sides[..., None] == actions, 2, 0)
        turns = self.left_first[..., None] * (first * 1.0 - second)
        return replace(chance, lean=self.lean[..., None], turns=turns)

    @cached_property
    def _outcomes(self) -> Outcomes:
        """The probabilities of the outcomes of all tasks; 0 in padding states."""
        probs = np.zeros((*self.over.shape, self.n_actions, self.n_outcomes))
        for i, t in enumerate(self.tables):
            own = 1.0 if t.outcomes is None else t.outcomes
            probs[i, : t.n_states, :, : t.n_outcomes] = own
        return Outcomes(probs)

    def step(self, state: Ints, effect: Ints) -> tuple[Ints, Floats, Bools]:
        """Return the next flat states, mean rewards and terminations [N].

        `state` are flat states and `effect` the actions that take effect, each [N].
        """
        index = state * self.n_effects + effect
        return (
            self.flat_next.take(index),
            self.reward.ravel().take(index),
            self.terminated.ravel().take(index),
        )

    def transitions(
        self, state: Ints, action: Ints, luck: Floats | None = None, out: Ints | None = None
    ) -> Ints:
        """Return the transitions [..] of actions [..] in flat states [..].

        By uniform random numbers `luck` [..], chance decides which effect an action has; without
        them an action takes effect as it is. `out` is overwritten and returned.
        """
        effect = action if self.n_outcomes == 1 else action * self.n_outcomes
        index: Ints = np.add(state * self.n_effects, effect, out=out)
        if luck is not None:
            self.detours.divert(index, luck)
        return index

    def rewards(self, transition: Ints, luck: Floats | None = None) -> Floats:
        """Return the rewards of transitions [..]: the means, or with uniform random numbers `luck`
        [noise.DRAWS, ..] what is received."""
        mean: Floats = self.reward.ravel().take(transition)
        return mean if luck is None else noise.received(self.noise, mean, luck)

    @property
    def uniform_policy(self) -> Floats:
        """The policy [T, S, A] that is uniform over the actions."""
        return np.full((*self.over.shape, self.n_actions), 1 / self.n_actions)

    def effective(self, action_probs: Floats) -> Floats:
        """Return the distribution of the action or effect that takes place [T, S, E] under a policy
        [T, S, A]."""
        if self.chance is None:
            return action_probs
        effective: Floats = self.chance.effective(action_probs)
        return effective

    @cached_property
    def detours(self) -> Detours | OutcomeDraws:
        """The replacement of transitions by chance, for sampling."""
        if self.n_outcomes > 1:
            bounds = self._outcomes.probs.cumsum(-1)[..., :-1]
            bounds[bounds > 1 - ROUNDING] = np.inf  # what follows cannot be drawn
            return OutcomeDraws(bounds.reshape(-1, self.n_outcomes - 1).T.copy())
        shape = (*self.over.shape, self.n_actions)
        wind = np.broadcast_to(self.wind.sum(1)[:, None, None], shape)
        slip = (1 - wind) * self.slip[..., None]
        blown = np.broadcast_to(self.wind.argmax(1)[:, None, None], shape)
        sides = np.broadcast_to(self.sides[:, None], (*shape, 2))
        effects = np.stack([blown, sides[..., 1], sides[..., 0]])  # [3, T, S, A]
        first = np.arange(self.over.size).reshape(*self.over.shape, 1) * self.n_actions
        left = (1 - wind) * self.lean[..., None] * self.left_first[:, None]
        bounds = np.stack([wind, wind + (slip / 2 - left), wind + slip])
        return Detours(bounds.reshape(3, -1), (first + effects).reshape(3, -1))


@dataclass(frozen=True)
class Detours:
    """Replacements of n transitions by wind and slip. A transition is flat state * A + action.

    A uniform random number is compared with the three bounds of a transition, in ascending order.
    The first bound above it selects the replacement: by the wind, by a slip to one side, or by a
    slip to the other side. Above all bounds the chosen transition takes effect.
    """

    bounds: Floats  # [3, n]
    instead: Ints  # [3, n] the transitions that take effect instead

    @property
    def risk(self) -> Floats:
        """The chance [n] that a transition is replaced."""
        return self.bounds[2]

    def followed_by(self, n: int) -> Detours:
        """Return the replacements for n further transitions, which are never replaced."""
        more = ((0, 0), (0, n))
        return Detours(np.pad(self.bounds, more), np.pad(self.instead, more))

    def divert(self, transition: Ints, uniform: Floats) -> None:
        """Replace transitions [N] in place by those that take effect.

        `uniform` [N] are random numbers from [0, 1).
        """
        hit = (uniform < self.bounds[2].take(transition)).nonzero()
        chosen, uniform = transition[hit], uniform[hit]
        which = (uniform >= self.bounds[0].take(chosen)).astype(np.int64)
        which += uniform >= self.bounds[1].take(chosen)
        transition[hit] = self.instead.take(which * self.instead.shape[1] + chosen)


@dataclass(frozen=True)
class OutcomeDraws:
    """The drawing of outcomes for n transitions. Transition `flat state * E + action * O + o` has
    the outcome o."""

    bounds: Floats  # [O - 1, n / O] cumulative probabilities, by flat state * A + action

    @property
    def risk(self) -> Floats:
        """1 for each transition [n]: chance decides all of them."""
        return np.ones(self.bounds.shape[1] * (len(self.bounds) + 1))

    def followed_by(self, n: int) -> OutcomeDraws:
        """Return the outcomes for n further transitions, which may be any."""
        return OutcomeDraws(np.pad(self.bounds, ((0, 0), (0, n // (len(self.bounds) + 1)))))

    def divert(self, transition: Ints, uniform: Floats) -> None:
        """Replace transitions [N] of outcome 0 in place by those of the outcomes that random
        numbers `uniform` [N] from [0, 1) select."""
        chosen = transition // (len(self.bounds) + 1)
        transition += (uniform >= self.bounds.take(chosen, 1)).sum(0)

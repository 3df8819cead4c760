"""N vectorized environments over the tasks of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from game.text.tiles import ACTIONS
from game.world.batch import Detours, GridBatch, OutcomeDraws
from game.world.noise import DRAWS, received
from game.world.random_streams import RandomStreams
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS

ACTION_RANGE = f"actions are from 0 to {N_ACTIONS - 1} ({', '.join(ACTIONS)})"


def action_range(n_actions: int) -> str:
    """Return the range of actions in words, for messages."""
    return ACTION_RANGE if n_actions == N_ACTIONS else f"actions are from 0 to {n_actions - 1}"


def as_actions(actions: Any, shape: tuple[int, ...]) -> Ints:
    """Return actions as an array of integers, not yet compared with the range of actions.

    Raises TypeError where they are no integers, and ValueError where they have another shape.
    """
    if isinstance(actions, np.ndarray) and actions.dtype == np.int64 and actions.shape == shape:
        return actions
    try:
        found = np.asarray(actions)
    except (ValueError, OverflowError):  # rows of different lengths
        found = np.asarray(None)
    if found.dtype == object and all(type(one) is int for one in found.flat):
        raise ValueError(f"an action has over 64 bits - {ACTION_RANGE}")
    listed = actions if isinstance(actions, list | tuple) else ()
    mixed = any(isinstance(one, bool | np.bool_) for one in listed)  # numpy makes them integers
    if mixed or found.dtype.kind not in "iu":
        kind = "bool" if mixed else found.dtype
        raise TypeError(f"actions must be integers, not {kind} - {ACTION_RANGE}")
    if found.shape != shape:
        raise ValueError(f"actions must have the shape {shape}, not {found.shape}")
    return found.astype(np.int64, copy=False)


@dataclass(frozen=True)
class Transitions:
    """K steps of N environments, each [K, N]."""

    transition: Ints  # flat state * E + the action or effect that took place
    state: Ints  # flat, after the step
    reward: Floats
    terminated: Bools
    truncated: Bools

    @classmethod
    def empty(cls, steps: int, n_envs: int) -> Transitions:
        """Return uninitialized arrays for `steps` steps of `n_envs` environments."""
        kinds: tuple[Any, ...] = (np.int64, np.int64, np.float64, bool, bool)
        return cls(*(np.empty((steps, n_envs), kind) for kind in kinds))


class Environments:
    """N vectorized environments over the tasks of a batch, each with its own step count.

    The step after an episode's last one resets the environment (Gymnasium's NEXT_STEP): any action
    leads to a start with reward 0. With `resample` the next episode is on a random task of the
    batch, otherwise on the same task. `task` [N] are the environments' tasks. Each environment has
    a random stream of its own; the streams are given, or seeded by a generator.

    A step is one addition and one gather. The environment's *row* is E times its flat state, and
    row + effect is the transition. After the rows of the states comes one row per start, all of
    whose actions lead to that start. A reset is therefore a transition like any other. Rewards are
    looked up once for all steps of a run.
    """

    def __init__(
        self,
        batch: GridBatch,
        task: Ints,
        rng: np.random.Generator | RandomStreams,
        resample: bool = False,
    ) -> None:
        if isinstance(rng, np.random.Generator):
            rng = RandomStreams(rng.integers(1 << 63, size=len(task)).tolist())
        self.streams = rng
        self._n_drawn = batch.n_tasks if resample else 0  # resampling draws from the first tasks
        self._tabulate(batch)
        self._clock = 0  # steps of all environments; an episode is truncated at its deadline
        self._deadline: Ints = np.zeros(len(task), np.int64)
        self._begin: Ints = self._rows[task]  # [N] of the first start of the task
        self._steps: Ints = batch.steps[task]
        self._row: Ints = self._begin.copy()
        self.waiting: Ints = np.zeros(0, np.int64)  # environments that the next step resets
        self.reset()

    def _tabulate(self, batch: GridBatch) -> None:
        """Set the batch and the tables of transitions between rows."""
        self.batch = batch
        starts = [t.starts + i * batch.n_states for i, t in enumerate(batch.tables)]
        self._n_starts = np.array([len(states) for states in starts])  # [T]
        self._many_starts = bool(self._n_starts.max() > 1)
        before: Ints = np.cumsum(self._n_starts) - self._n_starts
        self._span = span = batch.n_effects  # of a row
        self._rows = (batch.over.size + before) * span  # [T] of each task's first start
        begin = np.concatenate(starts).repeat(span)  # [starts * E]
        ends = batch.terminated.reshape(batch.n_tasks, -1)
        row = np.where(ends, self._rows[:, None], batch.flat_next.reshape(ends.shape) * span)
        self._next_row = np.concatenate([row.ravel(), begin * span])
        self._next_state = np.concatenate([batch.flat_next, begin])
        self._reward = np.concatenate([batch.reward.ravel(), np.zeros(len(begin))])
        self._detours: Detours | OutcomeDraws | None = None
        if batch.stochastic.any():
            self._detours = batch.detours.followed_by(len(begin))

    def renumber(self, batch: GridBatch, number: Ints) -> None:
        """Continue all episodes on another batch, in which task i has the number `number[i]`.

        With resampling, the tasks that are drawn from must be the first ones of both batches.
        """
        rows, span = self._rows, self.batch.n_states * self._span
        waiting = self._row >= self.batch.over.size * self._span
        task = np.searchsorted(rows, self._begin, "right") - 1
        offset = self._row - np.where(waiting, rows[task], task * span)
        self._tabulate(batch)
        task = number[task]
        self._begin = self._rows[task]
        self._row = np.where(waiting, self._begin, task * batch.n_states * self._span) + offset

    def _restart(self, envs: Ints, n_drawn: int) -> Ints:
        """Return the rows of environments [n] whose episodes have ended; set their deadlines.

        Each draws one of the first `n_drawn` tasks, or stays on its task if that is 0.
        """
        if n_drawn:
            task = (self.streams.random(envs) * n_drawn).astype(int)
            self._begin[envs], self._steps[envs] = self._rows[task], self.batch.steps[task]
        row = self._begin.take(envs)
        if self._many_starts:
            n_starts = self._n_starts[np.searchsorted(self._rows, row)]
            row += (self.streams.random(envs) * n_starts).astype(int) * self._span
        self._deadline[envs] = self._steps.take(envs) + (self._clock + 1)
        return row

    def reset(self, envs: Ints | None = None, task: int | None = None) -> Ints:
        """Start a new episode in some environments [n], by default in all; return the flat states.

        With `task` they play that task: this episode with resampling, all episodes without.
        """
        if envs is None:
            envs = np.arange(len(self._begin))
        if task is not None:
            self._begin[envs], self._steps[envs] = self._rows[task], self.batch.steps[task]
        rows = self._restart(envs, self._n_drawn if task is None else 0)
        self._deadline[envs] -= 1  # here a reset takes no step
        self._row[envs] = self._next_row.take(rows)
        self.waiting = np.setdiff1d(self.waiting, envs)
        states: Ints = self._row[envs] // self._span
        return states

    def run(self, actions: Ints, out: Transitions | None = None) -> Transitions:
        """Take K steps with actions [K, N]. Return the transitions, written to `out` if given.

        Raises TypeError for actions that are no integers, ValueError for other wrong actions.
        """
        batch = self.batch
        actions = as_actions(actions, (len(actions), len(self._row)))
        # As unsigned numbers, negative actions are large: one comparison for both ends.
        if actions.size and actions.view(np.uint64).max() >= batch.n_actions:
            raise ValueError(f"an action is out of range - {action_range(batch.n_actions)}")
        if batch.n_outcomes > 1:
            actions = actions * batch.n_outcomes
        out = out or Transitions.empty(*actions.shape)
        row, first_reset_row = self._row, batch.over.size * self._span
        luck = np.empty((DRAWS, *actions.shape) if batch.noise else 0)
        ended = np.empty(len(row), bool)
        uniform = np.empty(len(row) if self._detours else 0)
        for k, (action, transition, terminated, late) in enumerate(
            zip(actions, out.transition, out.terminated, out.truncated)
        ):
            np.add(row, action, out=transition)
            if self._detours:
                self._detours.divert(transition, self.streams.random_all(uniform))
            if batch.noise:
                for draws in luck[:, k]:
                    self.streams.random_all(draws)
            self._next_row.take(transition, None, row, "clip")
            self._clock += 1
            np.greater_equal(row, first_reset_row, out=terminated)
            np.equal(self._deadline, self._clock, out=late)
            self.waiting = envs = np.logical_or(terminated, late, out=ended).nonzero()[0]
            if envs.size:
                row[envs] = self._restart(envs, self._n_drawn)
        np.greater(out.truncated, out.terminated, out=out.truncated)
        self._next_state.take(out.transition, out=out.state, mode="clip")
        self._reward.take(out.transition, out=out.reward, mode="clip")
        if batch.noise:
            is_step = out.transition < first_reset_row  # a reset pays nothing
            out.reward[:] = received(batch.noise, out.reward, luck) * is_step
        return out

"""N vectorized environments over the tasks of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from game.world.batch import Detours, GridBatch
from game.world.random_streams import RandomStreams
from game.world.rules import ACTIONS, Bools, Floats, Ints
from game.world.tables import N_ACTIONS

ACTION_RANGE = f"actions are from 0 to {N_ACTIONS - 1} ({', '.join(ACTIONS)})"


def as_actions(actions: Any, shape: tuple[int, ...]) -> Ints:
    """Return actions as an array of integers, not yet compared with the range of actions.

    Raises TypeError where they are no integers, and ValueError where they have another shape.
    """
    try:
        found = np.asarray(actions)
    except (ValueError, OverflowError):  # rows of different lengths
        found = np.asarray(None)
    listed = actions if isinstance(actions, list | tuple) else ()
    if found.dtype.kind not in "iu" or any(isinstance(one, bool | np.bool_) for one in listed):
        raise TypeError(f"actions must be integers, not {found.dtype} - {ACTION_RANGE}")
    if found.shape != shape:
        raise ValueError(f"actions must have the shape {shape}, not {found.shape}")
    return found.astype(np.int64, copy=False)


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
        """Return uninitialized arrays for `steps` steps of `n_envs` environments."""
        kinds: tuple[Any, ...] = (np.int64, np.int64, np.float64, bool, bool)
        return cls(*(np.empty((steps, n_envs), kind) for kind in kinds))


class Environments:
    """N vectorized environments over the tasks of a batch, each with its own step count.

    The step after an episode's last one resets the environment (Gymnasium's NEXT_STEP): any action
    leads to a start with reward 0. With `resample` the next episode is on a random task of the
    batch, otherwise on the same task. `task` [N] are the environments' tasks. Each environment has
    a random stream of its own; the streams are given, or seeded by a generator.

    A step is one addition and one gather. The environment's *row* is A times its flat state, and
    row + action is the transition. After the rows of the states comes one row per start, all of
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
        self._begin: Ints = self._rows[task]  # [N] the row after the end of an episode
        self._steps: Ints = batch.steps[task]
        self._row: Ints = self._begin.copy()
        self.reset()

    def _tabulate(self, batch: GridBatch) -> None:
        """Set the batch and the tables of transitions between rows."""
        self.batch = batch
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
        if batch.stochastic.any():
            for_resets = ((0, 0), (0, len(begin)))
            detours = batch.detours
            self._detours = Detours(
                np.pad(detours.bounds, for_resets), np.pad(detours.instead, for_resets)
            )

    def renumber(self, batch: GridBatch, number: Ints) -> None:
        """Continue all episodes on another batch, in which task i has the number `number[i]`.

        With resampling, the tasks that are drawn from must be the first ones of both batches.
        """
        rows, span = self._rows, self.batch.n_states * N_ACTIONS
        start = self._row >= self.batch.over.size * N_ACTIONS
        task = np.where(start, self._task_of_start(self._row), self._row // span)
        offset = self._row - np.where(start, rows[task], task * span)
        after = number[self._task_of_start(self._begin)]
        self._tabulate(batch)
        task, span = number[task], batch.n_states * N_ACTIONS
        self._row = np.where(start, self._rows[task], task * span) + offset
        self._begin = self._rows[after]

    def _task_of_start(self, rows: Ints) -> Ints:
        """Return the tasks [n] whose starts have these rows [n]; 0 for the row of a state."""
        found: Ints = np.searchsorted(self._rows, rows, "right") - 1
        return found.clip(0)

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
            row += (self.streams.random(envs) * n_starts).astype(int) * N_ACTIONS
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
        states: Ints = self._row[envs] // N_ACTIONS
        return states

    def run(self, actions: Ints, out: Transitions | None = None) -> Transitions:
        """Take K steps with actions [K, N]. Return the transitions, written to `out` if given.

        Raises TypeError for actions that are no integers, ValueError for other wrong actions.
        """
        actions = as_actions(actions, (len(actions), len(self._row)))
        if actions.size and not 0 <= actions.min() <= actions.max() < N_ACTIONS:
            raise ValueError(f"an action is out of range - {ACTION_RANGE}")
        out = out or Transitions.empty(*actions.shape)
        row, first_reset_row = self._row, self.batch.over.size * N_ACTIONS
        uniform, ended = np.empty(len(row)), np.empty(len(row), bool)
        for action, transition, terminated, late in zip(
            actions, out.transition, out.terminated, out.truncated
        ):
            np.add(row, action, out=transition)
            if self._detours:
                self._detours.divert(transition, self.streams.random(slice(None), uniform))
            self._next_row.take(transition, None, row, "clip")
            self._clock += 1
            np.greater_equal(row, first_reset_row, out=terminated)
            np.equal(self._deadline, self._clock, out=late)
            envs = np.logical_or(terminated, late, out=ended).nonzero()[0]
            if envs.size:
                row[envs] = self._restart(envs, self._n_drawn)
        np.greater(out.truncated, out.terminated, out=out.truncated)
        self._next_state.take(out.transition, out=out.state, mode="clip")
        self._reward.take(out.transition, out=out.reward, mode="clip")
        return out

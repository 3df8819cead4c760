"""Trials: the one place where a policy with memory meets a GridBatch.

A trial is several episodes of one task, through which the agent's memory lasts. The agent receives
the observation, its last action and reward, and the clock (Duan et al. 2016; Wang et al. 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.rollout import Rngs, draw
from game.world.batch import GridBatch
from game.world.rules import MOVES, Bools, Floats, Ints
from game.world.tables import N_ACTIONS

Floats32: TypeAlias = NDArray[np.float32]  # of the parameters' type: a double in some tests
TrialIndex: TypeAlias = slice | Ints  # selects some of the running trials
CLOCK_STEPS = 128  # steps of a part of a trial that the clock tells apart
CLOCK_EPISODES = 8  # parts of a trial that the clock tells apart: its episodes, if there are so few
N_DISPLACEMENTS = N_ACTIONS + 1  # one for each move (staying is one), one for any longer jump


def n_last_moves(n_actions: int) -> int:
    """Return the number of different last moves: action and displacement, or none yet."""
    return n_actions * N_DISPLACEMENTS + 1


N_LAST_MOVES = n_last_moves(N_ACTIONS)


def clock_index(step: Any, part: Any) -> Any:
    """Return the number of a time of the trial, or an array of them. Times beyond the clock's range
    count as its last step or part."""
    return np.minimum(step, CLOCK_STEPS - 1) * CLOCK_EPISODES + np.minimum(part, CLOCK_EPISODES - 1)


def episodes_per_part(episodes: int) -> int:
    """Return how many episodes of a trial make one part for the clock: as few as there can be, so
    that a trial of short episodes has a time of its own for each step."""
    return -(-episodes // CLOCK_EPISODES)


def trial_clock(step: Any, episode: int, limit: Ints, episodes: int) -> Ints:
    """Return the clock index [N] of a step of an episode of N trials.

    `limit` [N] are the steps of an episode. The clock covers so many `episodes`, in parts, and
    stands still at the last of them.
    """
    part, earlier = divmod(min(episode, episodes - 1), episodes_per_part(episodes))
    index: Ints = clock_index(step + earlier * limit, part)
    return index


class LastMoves:
    """The numbers of an agent's last moves in a batch: the action and the observed displacement."""

    def __init__(self, batch: GridBatch) -> None:
        row, column = np.moveaxis(batch.cell.reshape(-1, 2), 1, 0)  # [T * S]
        stride = int(column.max()) + 2
        self.cell = row * stride + column
        self.offset = int(self.cell.max())  # makes every difference of cells an index
        self.displacement = np.full(2 * self.offset + 1 + 2 * stride, N_ACTIONS)
        self.displacement[MOVES @ np.array([stride, 1]) + self.offset] = np.arange(N_ACTIONS)

    def number(self, action: Ints, state: Ints, entered: Ints) -> Ints:
        """Return action * N_DISPLACEMENTS + displacement [n], where the displacement is the number
        of a move of the grid, or N_ACTIONS for a jump. States are flat."""
        change = self.cell.take(entered) - self.cell.take(state)
        displacement = self.displacement.take(change + self.offset)
        number: Ints = action * N_DISPLACEMENTS + displacement
        return number


def rows_of(memory: Tensor, trials: TrialIndex) -> Tensor:
    """Return the rows of some trials in an array [N, ..]: a view if the trials are a slice."""
    if isinstance(trials, slice):
        return memory[trials]
    return memory.index_select(0, torch.from_numpy(trials))


def set_rows(memory: Tensor, trials: TrialIndex, rows: Tensor) -> None:
    """Replace the rows of some trials in an array [N, ..]."""
    if isinstance(trials, slice):
        memory[trials] = rows
    else:
        memory.index_copy_(0, torch.from_numpy(trials), rows)


@dataclass(frozen=True)
class TrialObservation:
    """The inputs of a policy with memory in n trials."""

    state: Tensor  # [n] flat
    clock: Tensor  # [n] clock index
    last_move: Tensor  # [n] numbered by `LastMoves`; the last number for none
    last_reward: Tensor  # [n]
    begins: bool = field(default=False, kw_only=True)
    """Whether it is the first step of an episode, in all trials."""


@dataclass(frozen=True)
class TrialSteps:
    """The inputs of a policy with memory at the P steps of some whole trials, packed: step 0 of
    every trial, then step 1 of every trial that has one, and so on, the longest trial first.

    With several ranks, the trials are this rank's of those that all ranks have; there may be none.
    """

    share: float  # of the steps of all ranks' trials
    sizes: list[int]  # the number of trials at each step
    state: Tensor  # [P], as are the following
    clock: Tensor
    last_move: Tensor
    last_reward: Tensor


@dataclass(frozen=True)
class TrialTransition:
    """One environment step in each of n trials."""

    state: Ints  # [n] flat, before
    action: Ints  # [n] as chosen
    entered: Ints  # [n] flat, after
    reward: Floats32  # [n]
    goal: Bools  # [n] whether the state after is a goal


class MemoryPolicy(Protocol):
    """A policy with its memory of N running trials, of the tasks of a batch."""

    dtype: torch.dtype

    @property
    def memory(self) -> Sequence[Tensor]:
        """The arrays [N, ..] that change during a trial. Those that they held at an earlier time of
        a trial can be put back in place, and the trial goes on from there."""
        ...

    @property
    def belief(self) -> Tensor | None:
        """The explicit belief about each trial's task [N, B], or None for a policy without one."""
        ...

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """Return log-probabilities of the actions [n, A] and the critic's values [n] in these
        trials, and store the observation in memory."""
        ...

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Store the part of a transition that the next observation does not contain."""
        ...

    def preview(self, trials: Ints, observation: TrialObservation) -> Tensor:
        """Return log-probabilities [T * S, A] of each of T trials in each of S states, without a
        change of memory. The observations [T * S] are sorted by trial."""
        ...


@dataclass(frozen=True)
class Episode:
    """One episode of each of N trials, over the L steps of the longest of them."""

    state: Ints  # [L + 1, N] flat
    entered: Ints  # [L, N] the state after each step
    clock: Ints  # [L, N] clock index
    last_move: Ints  # [L, N]
    last_reward: Floats32  # [L, N]
    action: Ints  # [L, N] as chosen
    log_prob: Floats32  # [L, N] of the action
    value: Floats32  # [L, N] the critic's
    reward: Floats32  # [L, N] 0 once the episode is over
    alive: Bools  # [L, N] whether the episode was still running when the action was chosen
    belief: Floats32  # [L, N, B] when the action was chosen; B is 0 for policies without one


class RunningTrials:
    """N = T * per_task trials under way, those of a task side by side.

    The memory lasts from one episode to the next, while the environment is reset. Each task draws
    from its own generator. `greedy` chooses the most probable action instead of sampling one. The
    clock covers `clock_episodes` episodes, in parts, and stands still at the last of them.
    """

    def __init__(
        self,
        policy: MemoryPolicy,
        batch: GridBatch,
        per_task: int,
        rngs: Rngs,
        greedy: bool = False,
        clock_episodes: int = CLOCK_EPISODES,
    ) -> None:
        self.policy, self.batch, self.per_task = policy, batch, per_task
        self.rngs, self.greedy, self.clock_episodes = rngs, greedy, clock_episodes
        self.episodes = 0  # played so far
        self.dtype = torch.empty(0, dtype=policy.dtype).numpy().dtype
        self.last_moves = LastMoves(batch)
        self.last_move = np.full(batch.n_tasks * per_task, n_last_moves(batch.n_actions) - 1)
        self.last_reward = np.zeros(batch.n_tasks * per_task, self.dtype)
        self.limit = np.repeat(batch.steps, per_task)  # [N] steps of an episode
        self.over, self.reward = batch.over.ravel(), batch.reward.ravel().astype(self.dtype)
        self.goal = batch.goal.ravel()

    def clock(self, step: int) -> Ints:
        """Return the clock index [N] of a step of the present episode."""
        return trial_clock(step, self.episodes, self.limit, self.clock_episodes)

    def observation(self, step: int, trials: TrialIndex, state: Ints) -> TrialObservation:
        """Return what the policy observes at a step of the present episode, in flat states [n] of
        some trials."""
        inputs = state, self.clock(step)[trials], self.last_move[trials], self.last_reward[trials]
        return TrialObservation(*map(torch.from_numpy, inputs), begins=step == 0)

    def act(
        self, trials: TrialIndex, observation: TrialObservation, chance: Floats
    ) -> tuple[Ints, Floats32, Floats32]:
        """Return the actions [n] that the policy chooses in some trials, its log-probabilities of
        all actions [n, A], and the critic's values [n].

        `chance` [n] are the uniform numbers that actions are sampled with, unless it is greedy.
        """
        log_probs, values = (output.numpy() for output in self.policy.act(trials, observation))
        return _choose(log_probs.T, None if self.greedy else chance), log_probs, values

    def observe(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Give a transition to the policy, now and as a part of the next observation."""
        self.policy.observe_transition(trials, transition)
        state, entered = transition.state, transition.entered
        self.last_move[trials] = self.last_moves.number(transition.action, state, entered)
        self.last_reward[trials] = transition.reward

    def play(self, episodes: int) -> list[Episode]:
        """Play and return the next episodes of every trial."""
        return [self.play_episode() for _ in range(episodes)]

    @torch.no_grad()
    def play_episode(self) -> Episode:
        """Play and return the next episode of every trial. The memory of a trial whose episode ends
        early stays as it is until all have ended."""
        batch, policy, n = self.batch, self.policy, len(self.limit)
        chance, luck, reward_luck, start = draw(batch, self.per_task, self.rngs)
        chance = chance.reshape(batch.horizon, n)
        luck = None if luck is None else luck.reshape(batch.horizon, n)
        if reward_luck is not None:
            reward_luck = reward_luck.reshape(len(reward_luck), batch.horizon, n)
        shape, width = (batch.horizon, n), 0 if policy.belief is None else policy.belief.shape[1]
        states = np.empty((batch.horizon + 1, n), np.int64)
        clock, action = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        last_move = np.zeros(shape, np.int64)
        last_reward, log_prob, value, reward = (np.zeros(shape, self.dtype) for _ in range(4))
        alive, belief = np.zeros(shape, bool), np.zeros((*shape, width), self.dtype)
        states[0] = (start + np.arange(batch.n_tasks)[:, None] * batch.n_states).ravel()
        taken = 0
        for step in range(batch.horizon):
            running = ~self.over.take(states[step]) & (step < self.limit)
            if not running.any():
                break
            trials: TrialIndex = slice(None) if running.all() else np.flatnonzero(running)
            state = states[step, trials]
            last_move[step, trials] = self.last_move[trials]
            last_reward[step, trials] = self.last_reward[trials]
            observation = self.observation(step, trials, state)
            clock[step, trials] = observation.clock.numpy()
            chosen, log_probs, values = self.act(trials, observation, chance[step, trials])
            if policy.belief is not None:
                belief[step, trials] = policy.belief[trials].numpy()
            index = batch.transitions(state, chosen, None if luck is None else luck[step, trials])
            entered = batch.flat_next.take(index)
            if reward_luck is None:
                received = self.reward.take(index)
            else:
                received = batch.rewards(index, reward_luck[:, step, trials]).astype(self.dtype)
            goal = self.goal.take(entered)
            self.observe(trials, TrialTransition(state, chosen, entered, received, goal))
            action[step, trials], alive[step, trials] = chosen, True
            value[step, trials], reward[step, trials] = values, received
            log_prob[step, trials] = log_probs[np.arange(len(chosen)), chosen]
            states[step + 1] = states[step]
            states[step + 1, trials] = entered
            taken = step + 1
        self.episodes += 1
        return Episode(
            state=states[: taken + 1],
            entered=states[1 : taken + 1],
            clock=clock[:taken],
            last_move=last_move[:taken],
            last_reward=last_reward[:taken],
            action=action[:taken],
            log_prob=log_prob[:taken],
            value=value[:taken],
            reward=reward[:taken],
            alive=alive[:taken],
            belief=belief[:taken],
        )

    @torch.no_grad()
    def preview_policy(self) -> Floats:
        """Return action probabilities [T, S, A] of each task's first trial in every state, at the
        first step of its next episode."""
        batch = self.batch
        first = np.arange(batch.n_tasks) * self.per_task
        trial = np.repeat(first, batch.n_states)  # [T * S]
        last = self.last_move[trial], self.last_reward[trial]
        inputs = (np.arange(len(trial)), self.clock(0)[trial], *last)
        observation = TrialObservation(*map(torch.from_numpy, inputs))
        probs: Floats = self.policy.preview(first, observation).double().exp().numpy()
        probs /= probs.sum(-1, keepdims=True)
        return probs.reshape(batch.n_tasks, batch.n_states, batch.n_actions)


def _choose(log_probs: Floats32, chance: Floats | None) -> Ints:
    """Return actions [N] of log-probabilities [A, N]: sampled with the uniform numbers `chance`
    [N], or without them the most probable ones."""
    if chance is None:
        return log_probs.argmax(0)
    bounds = np.exp(log_probs)
    for below, bound in pairwise(bounds):
        bound += below
    sampled: Ints = (bounds[:-1] < chance * bounds[-1]).sum(0)
    return sampled

"""Trials: the one place where a policy with memory meets a GridBatch.

A trial is some episodes of one task, through which the agent's memory goes on. What it is told is
the observation, its last action and reward, and the clock (Duan et al. 2016; Wang et al. 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.rollout import Rngs, draw
from game.session.trace import EPISODES_SHOWN, AdaptationStep
from game.world.batch import GridBatch
from game.world.rules import MOVES, Bools, Floats, Ints
from game.world.tables import N_ACTIONS

Floats32: TypeAlias = NDArray[np.float32]  # or what the parameters are of
Rows: TypeAlias = slice | Ints  # of some trials, or of all
STEPS_TOLD = 128  # the clock tells so many steps of an episode apart,
EPISODES_TOLD = 8  # and so many of a trial's episodes
WAYS = N_ACTIONS + 1  # to have moved: one of the moves (staying is one), or a leap
LAST_MOVES = N_ACTIONS * WAYS + 1  # an action and what way one went, or none yet
TRIALS = 20  # of a task where chance has a hand in them


def clock_index(step: int, episode: int) -> int:
    """A number for a moment by the clock; what is longer than the clock knows looks like its last
    step or episode."""
    return min(step, STEPS_TOLD - 1) * EPISODES_TOLD + min(episode, EPISODES_TOLD - 1)


class Moves:
    """What one did and where it led, by the cells that the states of a batch are in."""

    def __init__(self, batch: GridBatch) -> None:
        row, column = np.moveaxis(batch.cell.reshape(-1, 2), 1, 0)  # [T * S]
        wide = int(column.max()) + 2
        self.place = row * wide + column
        self.most = int(self.place.max())
        self.way = np.full(2 * self.most + 1 + 2 * wide, N_ACTIONS)  # of each change of place
        self.way[MOVES @ np.array([wide, 1]) + self.most] = np.arange(N_ACTIONS)

    def number(self, action: Ints, state: Ints, entered: Ints) -> Ints:
        """[n] action * WAYS + the move that one saw, N_ACTIONS for a leap; states are flat."""
        change = self.place.take(entered) - self.place.take(state)
        number: Ints = action * WAYS + self.way.take(change + self.most)
        return number


@dataclass(frozen=True)
class TrialObservation:
    """What some trials are faced with."""

    state: Tensor  # [n] flat
    clock: Tensor  # [n] clock index
    last_move: Tensor  # [n] action * WAYS + way
    last_reward: Tensor  # [n]


@dataclass(frozen=True)
class TrialTransition:
    """What came of it."""

    state: Ints  # [n] flat, before
    action: Ints  # [n] as chosen
    entered: Ints  # [n] flat, after
    reward: Floats32  # [n]


class MemoryPolicy(Protocol):
    """A network with memory in the midst of N trials of the tasks of a batch."""

    dtype: torch.dtype

    @property
    def belief(self) -> Tensor | None:
        """[N, B] what it holds of the tasks, if it has words for that."""
        ...

    def act(self, rows: Rows, moment: TrialObservation) -> tuple[Tensor, Tensor]:
        """[n, A] log-probabilities in these trials, and [n] the critic's values; the moment is
        remembered."""
        ...

    def notice(self, rows: Rows, outcome: TrialTransition) -> None:
        """Take in what came of it, as far as the next moment does not tell."""
        ...

    def foresee(self, trials: Ints, moment: TrialObservation) -> Tensor:
        """[T * S, A] log-probabilities of each of T trials in each of S states, if that were now;
        nothing is remembered."""
        ...


@dataclass(frozen=True)
class Episode:
    """One episode of each of N trials, over the L steps that the longest of them took."""

    state: Ints  # [L + 1, N] flat states
    entered: Ints  # [L, N] of these, the later ones
    clock: Ints  # [L, N] clock index
    last_move: Ints  # [L, N]
    last_reward: Floats32  # [L, N]
    action: Ints  # [L, N] as chosen
    log_prob: Floats32  # [L, N] of it
    value: Floats32  # [L, N] the critic's
    reward: Floats32  # [L, N] 0 once the episode is over
    alive: Bools  # [L, N] the episode was still on when the action was taken
    belief: Floats32  # [L, N, B] with which the action was chosen; B is 0 for minds without words


class RunningTrials:
    """N = T * per_task trials in the midst of being played, those of a task side by side.

    The memory goes on from one episode to the next, the world begins anew. Each task draws from its
    own generator. `greedy` takes the likeliest action instead of drawing one.
    """

    def __init__(
        self, mind: MemoryPolicy, batch: GridBatch, per_task: int, rngs: Rngs, greedy: bool = False
    ) -> None:
        self.mind, self.batch, self.per_task = mind, batch, per_task
        self.rngs, self.greedy = rngs, greedy
        self.episodes = 0  # played so far
        self.dtype = torch.empty(0, dtype=mind.dtype).numpy().dtype
        self.moves = Moves(batch)
        self.last_move = np.full(batch.n_tasks * per_task, LAST_MOVES - 1)
        self.last_reward = np.zeros(batch.n_tasks * per_task, self.dtype)
        self.limit = np.repeat(batch.steps, per_task)  # [N]
        self.over, self.pays = batch.over.ravel(), batch.reward.ravel().astype(self.dtype)

    def play(self, episodes: int) -> list[Episode]:
        """The next episodes of every trial."""
        return [self.play_one() for _ in range(episodes)]

    @torch.no_grad()
    def play_one(self) -> Episode:
        """The next episode of every trial; where it is over early the memory waits for others."""
        batch, mind, n = self.batch, self.mind, len(self.limit)
        chance, luck, start = draw(batch, self.per_task, self.rngs)
        chance = chance.reshape(batch.horizon, n)
        luck = None if luck is None else luck.reshape(batch.horizon, n)
        shape, width = (batch.horizon, n), 0 if mind.belief is None else mind.belief.shape[1]
        states = np.empty((batch.horizon + 1, n), np.int64)
        clock, action = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        moved = np.zeros(shape, np.int64)
        before, log_prob, value, reward = (np.zeros(shape, self.dtype) for _ in range(4))
        alive, belief = np.zeros(shape, bool), np.zeros((*shape, width), self.dtype)
        states[0] = (start + np.arange(batch.n_tasks)[:, None] * batch.n_states).ravel()
        taken = 0
        for step in range(batch.horizon):
            on = ~self.over.take(states[step]) & (step < self.limit)
            if not on.any():
                break
            rows: Rows = slice(None) if on.all() else np.flatnonzero(on)
            at = states[step, rows]
            clock[step, rows] = clock_index(step, self.episodes)
            moved[step, rows], before[step, rows] = self.last_move[rows], self.last_reward[rows]
            known = (at, clock[step, rows], self.last_move[rows], self.last_reward[rows])
            moment = TrialObservation(*map(torch.from_numpy, known))
            log_probs, worth = (found.numpy() for found in mind.act(rows, moment))
            if mind.belief is not None:
                belief[step, rows] = mind.belief[rows].numpy()
            chosen = _choose(log_probs, None if self.greedy else chance[step, rows])
            index = at * N_ACTIONS + chosen
            if luck is not None:
                batch.detours.divert(index, luck[step, rows])
            entered, paid = batch.flat_next.take(index), self.pays.take(index)
            mind.notice(rows, TrialTransition(at, chosen, entered, paid))
            action[step, rows], alive[step, rows], value[step, rows] = chosen, True, worth
            log_prob[step, rows] = np.take_along_axis(log_probs, chosen[:, None], 1)[:, 0]
            reward[step, rows] = paid
            states[step + 1] = states[step]
            states[step + 1, rows] = entered
            self.last_move[rows] = self.moves.number(chosen, at, entered)
            self.last_reward[rows] = paid
            taken = step + 1
        self.episodes += 1
        return Episode(
            state=states[: taken + 1],
            entered=states[1 : taken + 1],
            clock=clock[:taken],
            last_move=moved[:taken],
            last_reward=before[:taken],
            action=action[:taken],
            log_prob=log_prob[:taken],
            value=value[:taken],
            reward=reward[:taken],
            alive=alive[:taken],
            belief=belief[:taken],
        )

    @torch.no_grad()
    def outlook(self) -> Floats:
        """[T, S, A] what each task's first trial would do in every state, as its next episode
        begins."""
        batch = self.batch
        first = np.arange(batch.n_tasks) * self.per_task
        trial = np.repeat(first, batch.n_states)  # [T * S]
        now = np.full(len(trial), clock_index(0, self.episodes))
        everywhere = (np.arange(len(trial)), now, self.last_move[trial], self.last_reward[trial])
        moment = TrialObservation(*map(torch.from_numpy, everywhere))
        probs: Floats = self.mind.foresee(first, moment).double().exp().numpy()
        probs /= probs.sum(-1, keepdims=True)
        return probs.reshape(batch.n_tasks, batch.n_states, N_ACTIONS)


def _choose(log_probs: Floats32, chance: Floats | None) -> Ints:
    """[N] actions: drawn with the uniform numbers `chance` [N], or the likeliest."""
    if chance is None:
        return log_probs.argmax(1)
    bounds = np.exp(log_probs).cumsum(1)
    drawn: Ints = (bounds[:, :-1] < chance[:, None] * bounds[:, -1:]).sum(1)
    return drawn


# --- adaptation ----------------------------------------------------------------------------------

Portray: TypeAlias = Callable[[Floats], dict[str, Floats]]  # from [steps, T, B], to a step's fields


def adapt_in_memory(
    mind: Callable[[int], MemoryPolicy],
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    greedy: bool,
    portray: Portray | None = None,
) -> Iterator[AdaptationStep]:
    """What a trial looks like from outside: step k is its episode k + 1; see `Learner.adapt`.

    `mind` gives one for so many trials. Where nothing is left to chance one trial of a task says
    all, and its returns are exact; else the mean of TRIALS is taken.
    """
    certain = greedy and not batch.chancy.any() and bool(((batch.start > 0).sum(1) == 1).all())
    per_task = 1 if certain else TRIALS
    played = RunningTrials(mind(batch.n_tasks * per_task), batch, per_task, rngs, greedy)
    spent = np.zeros(batch.n_tasks)
    for k in range(steps + 1):
        outlook = played.outlook()
        episode = played.play_one()
        by_task = (-1, batch.n_tasks, per_task)
        returns = episode.reward.reshape(by_task).sum(0, dtype=float).mean(1)
        paths, moves = _shown(episode, batch, min(EPISODES_SHOWN, per_task))
        believed = np.zeros((batch.horizon, batch.n_tasks, episode.belief.shape[2]))
        believed[: len(episode.belief)] = episode.belief[:, ::per_task]
        yield AdaptationStep(
            step=k,
            episodes=k,
            env_steps=spent.round().astype(int),
            gradient_steps=0,
            return_sampled=returns,
            return_exact=returns if certain else None,
            action_probs=outlook,
            paths=paths,
            moves=moves,
            stationary=False,
            **(portray(believed) if portray else {}),
        )
        spent = spent + episode.alive.reshape(by_task).sum(0).mean(1)


def _shown(episode: Episode, batch: GridBatch, n: int) -> tuple[Ints, Ints]:
    """The paths [T, n, H + 1] and moves [T, n, H] of each task's first n trials; -1 once over."""
    length, per_task = len(episode.alive), episode.alive.shape[1] // batch.n_tasks
    shape = (length, batch.n_tasks, per_task)
    alive = episode.alive.reshape(shape)[..., :n]
    first = np.arange(batch.n_tasks)[:, None] * batch.n_states
    states = episode.state.reshape(length + 1, *shape[1:])[..., :n] - first
    paths = np.full((batch.n_tasks, n, batch.horizon + 1), -1)
    moves = np.full((batch.n_tasks, n, batch.horizon), -1)
    begun = np.concatenate([np.ones_like(alive[:1]), alive])
    paths[..., : length + 1] = np.where(begun, states, -1).transpose(1, 2, 0)
    moves[..., :length] = np.where(alive, episode.action.reshape(shape)[..., :n], -1).transpose(
        1, 2, 0
    )
    return paths, moves

"""Agents with memory: a recurrent policy, and the one place where it meets a GridBatch.

What it is fed is the observation, its last action and reward, and the clock (Duan et al. 2016; Wang
et al. 2016). All of that but the reward is a choice among few things, so the GRU's input is a sum
of rows of tables: one table over the states of the batch, one over the clock and the last action.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding

from agents.gru import gru_step
from agents.inner import see
from agents.policy import Params
from agents.rollout import Rngs, draw
from game.features import N_FEATURES
from game.rules import Bools, Floats, Ints
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep

Floats32 = NDArray[np.float32]  # or what the parameters are of
LONGEST = 128  # the clock tells so many steps of an episode apart,
MOST_EPISODES = 8  # and so many episodes of a trial
LAST_ACTIONS = N_ACTIONS + 1  # one of them, or none yet
TRIALS = 20  # of a task where chance has a hand in them
EPISODES_SHOWN = 8


def init_memory(width: int, rng: np.random.Generator) -> Params:
    """A GRU of this width over tables of inputs, and linear heads for policy and value."""

    def normal(rows: int, columns: int, scale: float) -> Tensor:
        return torch.tensor(rng.standard_normal((rows, columns)) * scale, dtype=torch.float32)

    def orthogonal(columns: int) -> Tensor:
        q, r = np.linalg.qr(rng.standard_normal((width, width)))
        return torch.tensor((q * np.sign(np.diag(r)))[:, :columns], dtype=torch.float32)

    return {
        "see": normal(N_FEATURES, 3 * width, 0.18),
        "step": normal(LONGEST, 3 * width, 0.5),
        "episode": normal(MOST_EPISODES, 3 * width, 0.5),
        "last_action": normal(LAST_ACTIONS, 3 * width, 0.5),
        "last_reward": normal(1, 3 * width, 0.5),
        "bias": torch.zeros(3 * width),
        "gru.w": torch.cat([orthogonal(width) for _ in range(3)], 1),
        "gru.b": torch.zeros(width),
        "policy.w": 0.01 * orthogonal(N_ACTIONS),
        "policy.b": torch.zeros(N_ACTIONS),
        "value.w": orthogonal(1),
        "value.b": torch.zeros(1),
    }


@dataclass(frozen=True)
class Tables:
    """The inputs [.., 3H] that a batch's states and the clock with the last action have."""

    states: Tensor  # [T * S, 3H]
    clock: Tensor  # [steps * MOST_EPISODES * LAST_ACTIONS, 3H]

    @classmethod
    def of(cls, params: Params, seen: Tensor, columns: Tensor, horizon: int) -> Tables:
        """From features `seen` [T, S, F'], which have these columns of the layout."""
        clock = params["bias"] + params["last_action"]
        clock = params["step"][:horizon, None, None] + params["episode"][:, None] + clock
        return cls(seen.flatten(0, 1) @ params["see"][columns], clock.flatten(0, 2))

    def look_up(self, params: Params, state: Tensor, clock: Tensor, reward: Tensor) -> Tensor:
        """[P, 3H] the inputs of P moments: flat state, clock index and last reward of each."""
        rows = embedding(state, self.states) + embedding(clock, self.clock)
        return torch.addcmul(rows, reward[:, None], params["last_reward"])


@torch.no_grad()
def see_all(params: Params, batch: GridBatch) -> Tables:
    """The tables of a batch for playing, where nothing is differentiated."""
    return Tables.of(params, *see(batch, params["bias"].dtype), batch.horizon)


def policy(params: Params, hidden: Tensor) -> Tensor:
    """[N, A] log-probabilities."""
    return torch.log_softmax(torch.addmm(params["policy.b"], hidden, params["policy.w"]), -1)


def critic(params: Params, hidden: Tensor) -> Tensor:
    """[N] what the critic expects of the rest of the trial."""
    return torch.addmm(params["value.b"], hidden, params["value.w"])[:, 0]


def clock_index(step: Ints | int, episode: int, last_action: Ints) -> Ints:
    """Rows of the clock's table; what is longer than it knows looks like its last row."""
    step, episode = np.minimum(step, LONGEST - 1), min(episode, MOST_EPISODES - 1)
    index: Ints = (step * MOST_EPISODES + episode) * LAST_ACTIONS + last_action
    return index


# --- trials --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory:
    """What N trials carry along: the hidden state, and what was done and paid last."""

    hidden: Tensor  # [N, H]
    action: Ints  # [N]
    reward: Floats32  # [N]

    @classmethod
    def empty(cls, n: int, like: Tensor) -> Memory:
        """Of `like`'s width [H] and dtype."""
        hidden = like.detach().new_zeros(n, len(like))
        return cls(hidden, np.full(n, N_ACTIONS), hidden[:, 0].numpy().copy())


@dataclass(frozen=True)
class Episode:
    """One episode of each of N trials, over the L steps that the longest of them took."""

    begun_with: Memory
    state: Ints  # [L + 1, N] flat states
    clock: Ints  # [L, N] clock index
    last_reward: Floats32  # [L, N]
    action: Ints  # [L, N] as chosen
    log_prob: Floats32  # [L, N] of it
    value: Floats32  # [L, N] the critic's
    reward: Floats32  # [L, N] 0 once the episode is over
    alive: Bools  # [L, N] the episode was still on when the action was taken


def trials(
    params: Params,
    tables: Tables,
    batch: GridBatch,
    per_task: int,
    rngs: Rngs,
    greedy: bool = False,
) -> Iterator[Episode]:
    """Episode after episode of N = T * per_task trials, those of a task side by side.

    The memory goes on from one episode to the next, the world begins anew. Each task draws from its
    own generator. `greedy` takes the likeliest action instead of drawing one.
    """
    memory = Memory.empty(batch.n_tasks * per_task, params["gru.b"])
    first = np.arange(batch.n_tasks)[:, None] * batch.n_states
    for number in itertools.count():
        chance, luck, start = draw(batch, per_task, rngs)
        episode, memory = _play(
            params,
            tables,
            batch,
            memory,
            number,
            (start + first).ravel(),
            None if greedy else chance.reshape(batch.horizon, -1),
            None if luck is None else luck.reshape(batch.horizon, -1),
        )
        yield episode


@torch.no_grad()
def _play(
    params: Params,
    tables: Tables,
    batch: GridBatch,
    memory: Memory,
    number: int,
    start: Ints,
    chance: Floats | None,
    luck: Floats | None,
) -> tuple[Episode, Memory]:
    """An episode of every trial; the memory of those that are over early waits for the others.

    `start` [N] flat states; `chance` and `luck` [H, N] are uniform, for actions and for slips.
    """
    shape = (batch.horizon, len(start))
    limit = np.repeat(batch.steps, len(start) // batch.n_tasks)  # [N]
    over, pays = batch.over.ravel(), batch.reward.ravel().astype(memory.reward.dtype)
    states = np.empty((shape[0] + 1, shape[1]), np.int64)
    clock, action = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    before, log_prob, value, reward = (np.zeros(shape, memory.reward.dtype) for _ in range(4))
    alive = np.zeros(shape, bool)
    hidden, last_action, last_reward = memory.hidden.clone(), memory.action, memory.reward
    states[0] = start
    for step in range(batch.horizon):
        on = ~over.take(states[step]) & (step < limit)
        if not on.any():
            break
        rows = slice(None) if on.all() else np.flatnonzero(on)
        at = states[step, rows]
        clock[step, rows] = now = clock_index(step, number, last_action[rows])
        before[step, rows] = last_reward[rows]
        inputs = tables.look_up(params, *map(torch.from_numpy, (at, now, last_reward[rows])))
        h = gru_step(inputs, hidden[rows], params["gru.w"], params["gru.b"])
        hidden[rows] = h
        log_probs, value[step, rows] = policy(params, h).numpy(), critic(params, h).numpy()
        chosen = _choose(log_probs, None if chance is None else chance[step, rows])
        index = at * N_ACTIONS + chosen
        if luck is not None:
            batch.detours.divert(index, luck[step, rows])
        action[step, rows], alive[step, rows] = chosen, True
        log_prob[step, rows] = np.take_along_axis(log_probs, chosen[:, None], 1)[:, 0]
        reward[step, rows] = pays.take(index)
        states[step + 1] = states[step]
        states[step + 1, rows] = batch.flat_next.take(index)
        last_action, last_reward = last_action.copy(), last_reward.copy()
        last_action[rows], last_reward[rows] = chosen, reward[step, rows]
    taken = int(alive.any(1).sum())
    episode = Episode(
        begun_with=memory,
        state=states[: taken + 1],
        clock=clock[:taken],
        last_reward=before[:taken],
        action=action[:taken],
        log_prob=log_prob[:taken],
        value=value[:taken],
        reward=reward[:taken],
        alive=alive[:taken],
    )
    return episode, Memory(hidden, last_action, last_reward)


def _choose(log_probs: Floats32, chance: Floats | None) -> Ints:
    """[N] actions: drawn with the uniform numbers `chance` [N], or the likeliest."""
    if chance is None:
        return log_probs.argmax(1)
    bounds = np.exp(log_probs).cumsum(1)
    drawn: Ints = (bounds[:, :-1] < chance[:, None] * bounds[:, -1:]).sum(1)
    return drawn


# --- adaptation ----------------------------------------------------------------------------------


def adapt_in_memory(
    params: Params, batch: GridBatch, rngs: Rngs, steps: int, greedy: bool
) -> Iterator[AdaptationStep]:
    """What a trial looks like from outside: step k is its episode k + 1; see `Learner.adapt`.

    Where nothing is left to chance one trial says all, and its returns are exact; else the mean of
    TRIALS is taken.
    """
    certain = greedy and not batch.chancy.any() and bool(((batch.start > 0).sum(1) == 1).all())
    per_task = 1 if certain else TRIALS
    tables = see_all(params, batch)
    spent = np.zeros(batch.n_tasks)
    played = itertools.islice(trials(params, tables, batch, per_task, rngs, greedy), steps + 1)
    for k, episode in enumerate(played):
        by_task = (-1, batch.n_tasks, per_task)
        returns = episode.reward.reshape(by_task).sum(0, dtype=float).mean(1)
        paths, moves = _shown(episode, batch, min(EPISODES_SHOWN, per_task))
        yield AdaptationStep(
            step=k,
            episodes=k,
            env_steps=spent.round().astype(int),
            gradient_steps=0,
            return_sampled=returns,
            return_exact=returns if certain else None,
            action_probs=_outlook(params, tables, batch, episode, k),
            paths=paths,
            moves=moves,
        )
        spent = spent + episode.alive.reshape(by_task).sum(0).mean(1)


@torch.no_grad()
def _outlook(
    params: Params, tables: Tables, batch: GridBatch, episode: Episode, number: int
) -> Floats:
    """[T, S, A] what each task's first trial would do in every state as its episode begins."""
    memory, per_task = episode.begun_with, len(episode.begun_with.action) // batch.n_tasks
    trial = np.repeat(np.arange(batch.n_tasks) * per_task, batch.n_states)  # [T * S]
    now = clock_index(0, number, memory.action[trial])
    everywhere = np.arange(len(trial))
    inputs = tables.look_up(params, *map(torch.from_numpy, (everywhere, now, memory.reward[trial])))
    hidden = gru_step(inputs, memory.hidden[trial], params["gru.w"], params["gru.b"])
    probs: Floats = policy(params, hidden).double().exp().numpy()
    probs /= probs.sum(-1, keepdims=True)
    return probs.reshape(batch.n_tasks, batch.n_states, N_ACTIONS)


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

"""VariBAD (Zintgraf et al. 2020): a belief about the task, and a policy conditioned on it.

A recurrent encoder holds the belief: a distribution over cells for the hidden goal, and one for
each other thing that a task may draw. Its recurrence is Bayes' rule, in logarithms: what an agent
meets are transitions, each is evidence by itself, and evidence adds up,

    log belief' = log belief + evidence(transition) + constant.

How much a transition tells is learned: in training the task is known, and the belief is asked for
it at every moment. As in the paper the policy's loss does not reach the encoder. The policy is a
GRU as that of RL2 that is told the belief, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import Params
from agents.learner import NO_CHANGES, Changes, check_options
from agents.memory.gru_policy import GruPolicy, gru_thoughts, init_gru
from agents.memory.inputs import BatchView, normal
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch, Trajectories
from agents.memory.trials import (
    LAST_MOVES,
    MemoryPolicy,
    Moves,
    Rows,
    TrialObservation,
    TrialTransition,
    adapt_in_memory,
)
from agents.rollout import Rngs
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.beliefs import (
    AMOUNTS,
    IN_WORDS,
    N_ANSWERS,
    N_CELLS,
    SPANS,
    answers,
    cell_numbers,
    goal_chances,
    on_map,
    ruled_out,
)
from game.world.features import N_FEATURES
from game.world.rules import Bools, Floats, Ints

ENCODER = "encoder."  # begins the names of its parameters
HIDDEN = 32  # units by which a transition's evidence is found
FAINT = 0.1  # of features, for there are many: or else a few steps of Adam would saturate the units
IMPOSSIBLE = -1e9  # a logarithm
FOLLOWED = 64  # at most about so many trials of an iteration teach the encoder


@dataclass(frozen=True)
class VaribadConfig(MemoryConfig):
    """Options of varibad."""

    encoder_rate: float = 0.02
    """Of Adam, for the encoder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, encoder_rate=(0, 10))


# --- the encoder ---------------------------------------------------------------------------------


def init_encoder(rng: np.random.Generator) -> Params:
    """Priors that are uniform, and transitions that tell nothing yet."""
    params = {
        "cells": torch.zeros(N_CELLS),  # the prior
        "pay.w": normal(rng, 1, HIDDEN, 1.0),
        "pay.b": normal(rng, 1, HIDDEN, 0.5)[0],
        "pay.out": torch.zeros(HIDDEN, 1),
        "answers": torch.zeros(N_ANSWERS),  # the prior
        "before": normal(rng, N_FEATURES, HIDDEN, 1.0),
        "after": normal(rng, N_FEATURES, HIDDEN, 1.0),
        "way": normal(rng, LAST_MOVES - 1, HIDDEN, 0.5),
        "reward": normal(rng, 1, HIDDEN, 0.5),
        "out": torch.zeros(HIDDEN, N_ANSWERS),
    }
    return {ENCODER + name: p for name, p in params.items()}


class BeliefView(BatchView):
    """What is to be seen in a batch, and what can be believed there."""

    def __init__(self, batch: GridBatch, dtype: torch.dtype) -> None:
        super().__init__(batch, dtype)
        shape = (batch.n_tasks, batch.n_states)
        self.moves = Moves(batch)
        out, numbers = np.ones((*shape, N_CELLS), bool), np.zeros(shape, int)
        for t, tables in enumerate(batch.tables):
            out[t, : tables.n_states], numbers[t, : tables.n_states] = (
                ruled_out(tables),
                cell_numbers(tables),
            )
        goals = np.stack([goal_chances(tables.level) for tables in batch.tables])
        met = np.unique(numbers)  # these may be entered,
        self.cells = np.union1d(met, np.flatnonzero(~out.all((0, 1))))  # [C] and these in question
        self.out: Bools = out.reshape(-1, N_CELLS)[:, self.cells]  # [T * S, C]
        self.column = np.searchsorted(self.cells, numbers).ravel()  # [T * S]
        self.goal = torch.from_numpy(goals[:, self.cells]).to(dtype)  # [T, C]
        self.answers = np.stack([answers(tables.level) for tables in batch.tables])  # [T, Q]


class Encoder:
    """The belief's recurrence, over the tasks of a batch."""

    def __init__(self, params: Params, world: BeliefView) -> None:
        self.params = {n.removeprefix(ENCODER): p for n, p in params.items()}
        self.world = world
        self.prior = self.params["cells"][world.cells]  # [C]
        features, columns = FAINT * world.features, world.columns
        self.before = features @ self.params["before"][columns]  # [U, HIDDEN]
        self.after = features @ self.params["after"][columns]

    def found(self, reward: Tensor) -> Tensor:
        """[n] how much rather the goal is where one got this reward, than anywhere else."""
        p = self.params
        hidden = torch.tanh(reward[:, None] * p["pay.w"] + p["pay.b"])
        return (hidden @ p["pay.out"])[:, 0]

    def told(self, outcome: TrialTransition) -> Tensor:
        """[n, answers] what transitions tell of all else."""
        p = self.params
        reward = torch.from_numpy(outcome.reward)[:, None]
        move = self.world.moves.number(outcome.action, outcome.state, outcome.entered)
        hidden = p["way"][torch.from_numpy(move)] + reward * p["reward"]
        before, after = (self.world.look_of[at] for at in (outcome.state, outcome.entered))
        hidden = hidden + self.before[before] + self.after[after]
        return torch.tanh(hidden) @ p["out"]

    def cells(self, log: Tensor, out: Tensor) -> Tensor:
        """[.., C] log-probabilities, where what is `out` is ruled out."""
        return torch.log_softmax((log + self.prior).masked_fill(out, IMPOSSIBLE), -1)

    def answers(self, log: Tensor) -> Tensor:
        """[.., answers] log-probabilities of each question's answers."""
        log = log + self.params["answers"]
        words = [torch.log_softmax(log[..., a:b], -1) for a, b in SPANS[:IN_WORDS]]
        amounts = log[..., SPANS[IN_WORDS][0] :].unflatten(-1, (-1, len(AMOUNTS)))
        return torch.cat([*words, torch.log_softmax(amounts, -1).flatten(-2)], -1)


# --- the agent -----------------------------------------------------------------------------------


def tell(params: Params, belief: Tensor, cells: Ints) -> Tensor:
    """[n, 4H] a belief [n, C + answers] as an input: of each cell, how likely it is next to the
    likeliest, so that it makes a difference what is ruled out, however many are left."""
    n = len(cells)
    rows = torch.cat([belief[:, :n] / belief[:, :n].amax(1, keepdim=True), belief[:, n:]], 1)
    return rows @ torch.cat([params["believe.cells"][cells], params["believe.answers"]])


class VaribadPolicy(GruPolicy):
    """A hidden state and a belief; both remember."""

    @torch.no_grad()
    def __init__(self, params: Params, world: BeliefView, n: int) -> None:
        super().__init__(params, world, n)
        self.world, self.encoder = world, Encoder(encoder_of(params), world)
        per_task = n // world.batch.n_tasks
        self.log_cells = torch.zeros(n, len(world.cells), dtype=self.dtype)
        self.log_answers = torch.zeros(n, N_ANSWERS, dtype=self.dtype)
        start = world.batch.start.argmax(1) + np.arange(world.batch.n_tasks) * world.batch.n_states
        self.out = torch.from_numpy(world.out[start].repeat(per_task, 0))  # [N, C]
        self.held = torch.zeros(n, len(world.cells) + N_ANSWERS, dtype=self.dtype)
        self.conclude(slice(None))

    @property
    def belief(self) -> Tensor:
        """[N, C + answers]"""
        return self.held

    def conclude(self, rows: Rows) -> None:
        """Bring these trials' belief up to date."""
        cells = self.encoder.cells(self.log_cells[rows], self.out[rows])
        given = self.encoder.answers(self.log_answers[rows])
        self.held[rows] = torch.cat([cells, given], 1).exp()

    def inputs(self, rows: Rows, moment: TrialObservation) -> Tensor:
        """[n, 4H] of these trials."""
        return super().inputs(rows, moment) + tell(self.params, self.held[rows], self.world.cells)

    def act(self, rows: Rows, moment: TrialObservation) -> tuple[Tensor, Tensor]:
        """Look around first."""
        self.out[rows] |= torch.from_numpy(self.world.out[moment.state.numpy()])
        self.conclude(rows)
        return super().act(rows, moment)

    def notice(self, rows: Rows, outcome: TrialTransition) -> None:
        """Evidence adds up."""
        world, every = self.world, np.arange(len(self.log_cells))[rows]
        evidence = self.encoder.found(torch.from_numpy(outcome.reward))
        self.log_cells[every, world.column[outcome.entered]] += evidence
        self.log_answers[rows] += self.encoder.told(outcome)


def encoder_of(params: Params) -> Params:
    """Those of the encoder."""
    return {name: p for name, p in params.items() if name.startswith(ENCODER)}


class Varibad(MemoryLearner[BeliefView]):
    """A GRU that is told what the encoder believes."""

    Config = VaribadConfig
    config: VaribadConfig

    def first_params(self, rng: np.random.Generator) -> Params:
        """The weights before training."""
        width = 4 * self.config.width
        told = {
            "believe.cells": normal(rng, N_CELLS, width, 0.1),
            "believe.answers": normal(rng, N_ANSWERS, width, 0.3),
        }
        return init_gru(self.config.width, rng) | told | init_encoder(rng)

    def groups(self) -> list[dict[str, Any]]:
        """The encoder learns at a rate of its own."""
        encoder = encoder_of(self.params)
        rest = [p for name, p in self.params.items() if name not in encoder]
        return [{"params": rest}, {"params": list(encoder.values())}]

    def look(self, batch: GridBatch) -> BeliefView:
        """What it sees of a batch, and what there is to believe."""
        return BeliefView(batch, self.dtype)

    def mind(self, params: Params, view: BeliefView, n: int) -> MemoryPolicy:
        """The prior, and a hidden state of zeros."""
        return VaribadPolicy(params, view, n)

    def rethink(self, view: BeliefView, part: Minibatch) -> Tensor:
        """[P, H] what comes of the moments of whole trials, with the beliefs of then."""
        params, inputs = self.params, view.tables(self.params).look_up(part)
        inputs = inputs + tell(params, part.belief, view.cells)
        return gru_thoughts(params, inputs, part.sizes)

    def improve(
        self, view: BeliefView, data: Trajectories, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """PPO for the policy; then the encoder, by what there was to believe."""
        metrics = super().improve(view, data, rngs, progress)
        surprise = self.surprise(view, data)
        share = self.config.ppo.rate(progress) / max(self.config.ppo.learning_rate, 1e-12)
        self.adam.param_groups[1]["lr"] = self.config.encoder_rate * share
        self.adam.zero_grad()
        if surprise.requires_grad:
            surprise.backward()
            self.adam.step()
        return {**metrics, "surprise": float(surprise.detach())}

    def surprise(self, world: BeliefView, data: Trajectories) -> Tensor:
        """The mean cross-entropy (nats) of beliefs to the truth, over moments of some trials."""
        encoder, some = Encoder(encoder_of(self.params), world), _some(data)
        alive = torch.from_numpy(some.alive)
        task = some.state[0] // world.batch.n_states
        out = np.logical_or.accumulate(world.out[some.state], 0)  # [L, n, C]
        evidence = torch.zeros(out.shape, dtype=self.dtype)
        found = encoder.found(torch.from_numpy(some.reward).flatten()).view(alive.shape)
        column = torch.from_numpy(world.column[some.entered])[..., None]
        evidence = evidence.scatter(2, column, found[..., None])
        log = encoder.cells(_before(evidence), torch.from_numpy(out))
        loss = -(log * world.goal[task]).sum(-1)  # [L, n]
        outcome = TrialTransition(
            state=some.state.ravel(),
            action=some.action.ravel(),
            entered=some.entered.ravel(),
            reward=some.reward.ravel(),
        )
        given = encoder.answers(_before(encoder.told(outcome).view(*alive.shape, -1)))
        true = world.answers[task] + np.array([begin for begin, _ in SPANS])  # [n, Q]
        index = torch.from_numpy(true).expand(len(alive), -1, -1)
        loss = loss - given.gather(2, index).sum(-1)
        return loss[alive].mean()

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`; each step says what was believed in it."""
        params, world = self.detached(), self.look(batch)
        levels = [tables.level for tables in batch.tables]
        size = max(level.height * level.width for level in levels)

        def mind(n: int) -> MemoryPolicy:
            return self.mind(params, world, n)

        def portray(belief: Floats) -> dict[str, Floats]:
            n = len(world.cells)
            cells = np.zeros((*belief.shape[:2], N_CELLS))
            cells[..., world.cells] = belief[..., :n]
            drawn = belief[..., n:].transpose(1, 0, 2)
            goal = [on_map(cells[:, t], level, size) for t, level in enumerate(levels)]
            return {"belief": np.stack(goal), "drawn": drawn}

        return adapt_in_memory(mind, batch, rngs, steps, self.config.greedy, portray)


def _before(evidence: Tensor) -> Tensor:
    """[L, ..] the sums of what came before each moment."""
    return evidence.cumsum(0) - evidence


def _some(data: Trajectories) -> Trajectories:
    """Every k-th of the trials, so that about FOLLOWED are left."""
    n = len(data.lengths)
    some = slice(None, None, max(1, n // FOLLOWED))
    longest = int(data.lengths[some].max())
    parts = {f.name: getattr(data, f.name)[:longest, some] for f in fields(data)[1:]}
    return Trajectories(data.lengths[some], **parts)

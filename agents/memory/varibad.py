"""VariBAD (Zintgraf et al. 2020): a belief about the task, and a policy conditioned on it.

A recurrent encoder computes the belief: a distribution of the hidden goal over cells, and one over
the answers to each question about other hidden variables. Its recurrence is Bayes' rule in
logarithms. Each transition is independent evidence, so that evidence is summed:

    log belief' = log belief + evidence(transition) + constant.

The evidence of a transition is learned: in training the task is known, and the loss is the belief's
cross-entropy to the truth at every step. As in the paper, the policy's loss does not train the
encoder. The policy is a GRU as in RL2 that also receives the belief.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tyro.conf import Fixed, Suppress

from agents import ranks
from agents.gradient.policy import Params
from agents.learner import NO_CHANGES, Changes, check_options
from agents.memory.gru_policy import GruPolicy, gru_forward, init_gru
from agents.memory.inputs import BatchView, feature_weights, normal
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch, Trajectories
from agents.memory.trial_adaptation import adapt_in_memory
from agents.memory.trials import (
    N_LAST_MOVES,
    LastMoves,
    MemoryPolicy,
    TrialIndex,
    TrialObservation,
    TrialTransition,
    rows_of,
    set_rows,
)
from agents.rollout import Rngs
from game.filling import IF_MISSING
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.beliefs import (
    AMOUNTS,
    FIRST_QUESTIONS,
    N_CELLS,
    BeliefQuestions,
    all_questions,
    cell_numbers,
    goal_distribution,
    on_map,
    ruled_out,
)
from game.world.features import check_has_map
from game.world.rules import Bools, Floats, Ints

ENCODER = "encoder."  # prefix of the names of the encoder's parameters
ENCODER_WIDTH = 32  # hidden units between a transition and its evidence
FEATURE_SCALE = 0.1  # there are many features: unscaled, a few steps of Adam saturate the units
IMPOSSIBLE = -1e9  # log-probability of a cell that is ruled out
ENCODER_TRIALS = 64  # trials per iteration that train the encoder, approximately
MOST_ANSWERS = 1000  # to all questions together


@dataclass(frozen=True)
class VaribadConfig(MemoryConfig):
    """Options of varibad."""

    encoder_rate: float = 0.02
    """Initial learning rate of the belief encoder (0 to 10); the schedule is a cosine."""
    beliefs: Suppress[Fixed[tuple[str, ...]]] = field(
        default_factory=all_questions, metadata={IF_MISSING: FIRST_QUESTIONS}
    )
    """Questions that the agent holds beliefs about, each as "name: answer, answer ...". Set once
    from the tile table, when the agent is new, since the weights depend on their order."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, encoder_rate=(0, 10))
        n_answers = BeliefQuestions(self.beliefs).n_answers
        if not 1 <= n_answers <= MOST_ANSWERS:
            raise ValueError(
                f"option 'beliefs' has {n_answers} answers, and should have 1 to {MOST_ANSWERS}"
            )


# --- the encoder ---------------------------------------------------------------------------------


def init_encoder(n_answers: int, rng: np.random.Generator) -> Params:
    """Return new parameters: uniform priors, and zero evidence from every transition."""
    width = ENCODER_WIDTH
    params = {
        "cells": torch.zeros(N_CELLS),  # the prior
        "pay.w": normal(rng, 1, width, 1.0),
        "pay.b": normal(rng, 1, width, 0.5)[0],
        "pay.out": torch.zeros(width, 1),
        "answers": torch.zeros(n_answers),  # the prior
        "before": feature_weights(rng, width, 1.0),
        "after": feature_weights(rng, width, 1.0),
        "way": normal(rng, N_LAST_MOVES - 1, width, 0.5),
        "reward": normal(rng, 1, width, 0.5),
        "out": torch.zeros(width, n_answers),
    }
    return {ENCODER + name: p for name, p in params.items()}


def encoder_params(params: Params) -> Params:
    """Return the encoder's part of an agent's parameters."""
    return {name: p for name, p in params.items() if name.startswith(ENCODER)}


class BeliefView(BatchView):
    """A `BatchView` with what a belief needs: C cells that may be entered or hide the goal, the
    true goals and the true answers.

    In training, the cells are those of the batch over all ranks.
    """

    def __init__(
        self,
        batch: GridBatch,
        dtype: torch.dtype,
        questions: BeliefQuestions,
        training: bool = False,
    ) -> None:
        check_has_map(batch)
        super().__init__(batch, dtype)
        self.questions = questions
        shape = (batch.n_tasks, batch.n_states)
        self.last_moves = LastMoves(batch)
        out, numbers = np.ones((*shape, N_CELLS), bool), np.zeros(shape, int)
        for t, tables in enumerate(batch.tables):
            out[t, : tables.n_states], numbers[t, : tables.n_states] = (
                ruled_out(tables),
                cell_numbers(tables),
            )
        goals = np.stack([goal_distribution(tables.level) for tables in batch.tables])
        possible_goals = np.flatnonzero(~out.all((0, 1)))
        cells = np.union1d(np.unique(numbers), possible_goals)
        if training:
            needed = np.isin(np.arange(N_CELLS), cells).astype(np.uint8)
            cells = ranks.largest(needed).nonzero()[0]
        self.cells = cells  # [C]
        self.out: Bools = out.reshape(-1, N_CELLS)[:, self.cells]  # [T * S, C] ruled out
        self.column = np.searchsorted(self.cells, numbers).ravel()  # [T * S] of the state's cell
        self.goal = torch.from_numpy(goals[:, self.cells]).to(dtype)  # [T, C]

    @cached_property
    def true_answers(self) -> Ints:
        """The true answer to each question [T, Q], for training. Raises ValueError where an agent
        from an older version has no such answer."""
        levels = [tables.level for tables in self.batch.tables]
        return np.stack([self.questions.true_answers(level) for level in levels])


class BeliefEncoder:
    """The belief's recurrence over the tasks of a batch."""

    def __init__(self, params: Params, view: BeliefView) -> None:
        self.params = {n.removeprefix(ENCODER): p for n, p in encoder_params(params).items()}
        self.view = view
        self.prior = self.params["cells"][view.cells]  # [C]
        features, columns = FEATURE_SCALE * view.features, view.columns
        self.before = features @ self.params["before"][columns]  # [U, ENCODER_WIDTH]
        self.after = features @ self.params["after"][columns]

    def goal_evidence(self, reward: Tensor) -> Tensor:
        """Return the log-likelihood ratio [n] of these rewards [n]: that the goal is in the cell
        entered, against any other cell."""
        p = self.params
        hidden = torch.tanh(reward[:, None] * p["pay.w"] + p["pay.b"])
        return (hidden @ p["pay.out"])[:, 0]

    def answer_evidence(self, transition: TrialTransition) -> Tensor:
        """Return the evidence [n, answers] of transitions for each answer."""
        p = self.params
        reward = torch.from_numpy(transition.reward)[:, None]
        move = self.view.last_moves.number(transition.action, transition.state, transition.entered)
        hidden = p["way"][torch.from_numpy(move)] + reward * p["reward"]
        before = self.view.row_of_state[transition.state]
        after = self.view.row_of_state[transition.entered]
        hidden = hidden + self.before[before] + self.after[after]
        return torch.tanh(hidden) @ p["out"]

    def cell_log_probs(self, evidence: Tensor, out: Tensor) -> Tensor:
        """Return log-probabilities of the goal's cell [.., C], given the summed evidence [.., C]
        and the cells that are ruled out [.., C]."""
        return torch.log_softmax((evidence + self.prior).masked_fill(out, IMPOSSIBLE), -1)

    def answer_log_probs(self, evidence: Tensor) -> Tensor:
        """Return log-probabilities of the answers to each question [.., answers], given the summed
        evidence [.., answers]."""
        logits, questions = evidence + self.params["answers"], self.view.questions
        leading = questions.spans[: questions.n_leading]
        parts = [torch.log_softmax(logits[..., first:end], -1) for first, end in leading]
        rest = logits[..., leading[-1][1] if leading else 0 :]
        n_rest = rest.shape[-1] // len(AMOUNTS)  # all have the same number of answers
        amounts = torch.log_softmax(rest.unflatten(-1, (n_rest, len(AMOUNTS))), -1)
        return torch.cat([*parts, amounts.flatten(-2)], -1)


# --- the agent -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class BeliefWeights:
    """The weights of a belief [n, C + answers] in the network's inputs [n, 4H]."""

    n_cells: int  # C
    weights: Tensor  # [C + answers, 4H]

    @classmethod
    def of(cls, params: Params, cells: Ints) -> BeliefWeights:
        """Return the weights of a belief about these cells."""
        parts = params["believe.cells"][cells], params["believe.answers"]
        return cls(len(cells), torch.cat(parts))

    def add_to(self, inputs: Tensor, belief: Tensor) -> Tensor:
        """Add a belief to the inputs in place, and return them.

        The probability of a cell is divided by that of the most probable cell. A cell that is ruled
        out then changes the input by the same amount, however many cells are left.
        """
        cells, answers = belief[:, : self.n_cells], belief[:, self.n_cells :]
        rows = torch.cat([cells / cells.amax(1, keepdim=True), answers], 1)
        return inputs.addmm_(rows, self.weights)


class VaribadPolicy(GruPolicy):
    """A `MemoryPolicy` whose memory is the hidden state of a GRU and a belief, for n trials."""

    @torch.no_grad()
    def __init__(self, params: Params, view: BeliefView, n: int) -> None:
        super().__init__(params, view, view.tables(params), n)
        self.view, self.encoder = view, BeliefEncoder(params, view)
        self.belief_weights = BeliefWeights.of(params, view.cells)
        batch, n_answers = view.batch, view.questions.n_answers
        per_task = n // batch.n_tasks
        self.cell_evidence = torch.zeros(n, len(view.cells), dtype=self.dtype)
        self.answer_evidence = torch.zeros(n, n_answers, dtype=self.dtype)
        start = batch.start.argmax(1) + np.arange(batch.n_tasks) * batch.n_states
        self.out = torch.from_numpy(view.out[start].repeat(per_task, 0))  # [N, C]
        self.beliefs = torch.zeros(n, len(view.cells) + n_answers, dtype=self.dtype)
        self.update_belief(slice(None))

    @property
    def memory(self) -> list[Tensor]:
        """The hidden states, the evidence, the cells that are ruled out, and the beliefs."""
        evidence = self.cell_evidence, self.answer_evidence
        return [*super().memory, *evidence, self.out, self.beliefs]

    @property
    def belief(self) -> Tensor:
        """The belief about each trial's task [N, C + answers]."""
        return self.beliefs

    def update_belief(self, trials: TrialIndex) -> None:
        """Compute the belief of these trials from their evidence."""
        cell_evidence, out = rows_of(self.cell_evidence, trials), rows_of(self.out, trials)
        cells = self.encoder.cell_log_probs(cell_evidence, out)
        answers = self.encoder.answer_log_probs(rows_of(self.answer_evidence, trials))
        set_rows(self.beliefs, trials, torch.cat([cells, answers], 1).exp_())

    def inputs(self, trials: TrialIndex, observation: TrialObservation) -> Tensor:
        """Return the network's inputs [n, 4H] in these trials, those of the belief included."""
        inputs = super().inputs(trials, observation)
        return self.belief_weights.add_to(inputs, rows_of(self.beliefs, trials))

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """Rule out the cells that are visibly not the goal, then act; see `MemoryPolicy.act`."""
        self.out[trials] |= torch.from_numpy(self.view.out[observation.state.numpy()])
        self.update_belief(trials)
        return super().act(trials, observation)

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Add the transition's evidence to that of the trials."""
        numbers = np.arange(len(self.cell_evidence))[trials]
        evidence = self.encoder.goal_evidence(torch.from_numpy(transition.reward))
        self.cell_evidence[numbers, self.view.column[transition.entered]] += evidence
        self.answer_evidence[trials] += self.encoder.answer_evidence(transition)


class Varibad(MemoryLearner[BeliefView]):
    """A GRU policy that receives the encoder's belief."""

    Config = VaribadConfig
    config: VaribadConfig

    @cached_property
    def questions(self) -> BeliefQuestions:
        """The questions that the agent holds beliefs about."""
        return BeliefQuestions(self.config.beliefs)

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `MemoryLearner.init_params`."""
        width, n_answers = self.config.width, self.questions.n_answers
        embeddings = {
            "believe.cells": normal(rng, N_CELLS, 4 * width, 0.1),
            "believe.answers": normal(rng, n_answers, 4 * width, 0.3),
        }
        return init_gru(width, rng) | embeddings | init_encoder(n_answers, rng)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return two parameter groups: the policy and critic, and the encoder."""
        encoder = encoder_params(self.params)
        rest = [p for name, p in self.params.items() if name not in encoder]
        return [{"params": rest}, {"params": list(encoder.values())}]

    def make_view(self, batch: GridBatch, rngs: Rngs | None = None) -> BeliefView:
        """See `MemoryLearner.make_view`."""
        return BeliefView(batch, self.dtype, self.questions, training=rngs is not None)

    def start_policy(self, params: Params, view: BeliefView, n: int) -> MemoryPolicy:
        """Return a policy with the prior as its belief and hidden states of zeros."""
        return VaribadPolicy(params, view, n)

    def forward(self, view: BeliefView, part: Minibatch) -> Tensor:
        """Use the beliefs that the trials were played with; see `MemoryLearner.forward`."""
        params, inputs = self.params, view.tables(self.params).look_up(part)
        inputs = BeliefWeights.of(params, view.cells).add_to(inputs, part.belief)
        return gru_forward(params, inputs, part.sizes)

    def update(
        self, view: BeliefView, data: Trajectories, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """Run PPO for the policy, then one step on the belief's loss for the encoder."""
        metrics = super().update(view, data, rngs, progress)
        loss = self.belief_loss(view, data)
        encoder = self.adam.param_groups[1]["params"]
        schedule = self.config.ppo.rate_at(progress) / max(self.config.ppo.learning_rate, 1e-12)
        self.adam.param_groups[1]["lr"] = self.config.encoder_rate * schedule
        self.adam.zero_grad()
        if loss.requires_grad:
            loss.backward()
        ranks.add_gradients(encoder)
        if encoder[0].grad is not None:
            self.adam.step()
        return {**metrics, "surprise": ranks.total(float(loss.detach()))}

    def belief_loss(self, view: BeliefView, data: Trajectories) -> Tensor:
        """Return the cross-entropy (nats) of beliefs to the truth: the sum over the goal and all
        questions, the mean over the steps of some of the trials.

        With several ranks, the losses of all add up to that mean.
        """
        encoder, some = BeliefEncoder(self.params, view), _subsample(data)
        n_steps = ranks.total(some.lengths.sum())
        if not len(some.lengths):
            return torch.zeros((), dtype=self.dtype)
        alive = torch.from_numpy(some.alive)
        task = some.state[0] // view.batch.n_states
        out = np.logical_or.accumulate(view.out[some.state], 0)  # [L, n, C]
        evidence = torch.zeros(out.shape, dtype=self.dtype)
        of_entered = encoder.goal_evidence(torch.from_numpy(some.reward).flatten())
        column = torch.from_numpy(view.column[some.entered])[..., None]
        evidence = evidence.scatter(2, column, of_entered.view(alive.shape)[..., None])
        cells = encoder.cell_log_probs(_sums_before(evidence), torch.from_numpy(out))
        loss = -(cells * view.goal[task]).sum(-1)  # [L, n]
        transition = TrialTransition(
            state=some.state.ravel(),
            action=some.action.ravel(),
            entered=some.entered.ravel(),
            reward=some.reward.ravel(),
            goal=view.batch.goal.ravel()[some.entered.ravel()],
        )
        evidence = encoder.answer_evidence(transition).view(*alive.shape, -1)
        answers = encoder.answer_log_probs(_sums_before(evidence))
        first = np.array([first for first, _ in self.questions.spans])
        index = torch.from_numpy(view.true_answers[task] + first).expand(len(alive), -1, -1)
        loss = loss - answers.gather(2, index).sum(-1)
        return loss[alive].mean() * (int(some.lengths.sum()) / n_steps)

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """Play a trial, one adaptation step per episode, with the beliefs in each; see
        `Learner.adapt`."""
        params, view = self.detached_params(), self.view(batch)
        levels = [tables.level for tables in batch.tables]
        size = max(level.height * level.width for level in levels)

        def start(n: int) -> MemoryPolicy:
            return self.start_policy(params, view, n)

        def belief_fields(beliefs: Floats) -> dict[str, Floats]:
            n = len(view.cells)
            cells = np.zeros((*beliefs.shape[:2], N_CELLS))
            cells[..., view.cells] = beliefs[..., :n]
            goal = [on_map(cells[:, t], level, size) for t, level in enumerate(levels)]
            return {"belief": np.stack(goal), "drawn": beliefs[..., n:].transpose(1, 0, 2)}

        config = self.config
        return adapt_in_memory(
            start, batch, rngs, steps, config.greedy, config.episodes, belief_fields
        )


def _sums_before(evidence: Tensor) -> Tensor:
    """Return the sum of the evidence [L, ..] of all earlier steps, at each step."""
    return evidence.cumsum(0) - evidence


def _subsample(data: Trajectories) -> Trajectories:
    """Return every k-th trial of all ranks' that this rank has, about ENCODER_TRIALS in total."""
    n = len(data.lengths)
    every = max(1, int(ranks.total(n)) // ENCODER_TRIALS)
    some = slice(-ranks.own_rows(n).start % every, None, every)
    longest = int(data.lengths[some].max(initial=0))
    parts = {f.name: getattr(data, f.name)[:longest, some] for f in fields(data)[1:]}
    return Trajectories(data.lengths[some], **parts)

"""RL2 on the graph of the shown level, with maps of the trial beside its hidden state.

A graph network reads the whole board, as it is shown, and is trained by the same loss. Its
embedding of the present state is the observation. Each move is scored by what is known about it:
the embeddings of the present and the next state, what the trial's maps note about the move, and
the output of the GRU.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import Params
from agents.graph.network import GraphTensors, embed, init_network, move_features
from agents.graph.shown_inputs import shown_inputs
from agents.memory.gru import gru_step
from agents.memory.gru_policy import GruPolicy, gru_forward, init_gru, output_layer, split_inputs
from agents.memory.inputs import InputTables, StateView, log_probs_of, normal, value_head
from agents.memory.ppo import Minibatch
from agents.memory.trial_maps import MOVE_NOTES, N_NOTES, TrialMaps
from agents.memory.trials import (
    TrialIndex,
    TrialObservation,
    TrialTransition,
    rows_of,
    set_rows,
)
from game.world.batch import GridBatch
from game.world.rules import Ints
from game.world.shown_graph import shown_graph
from game.world.tables import N_ACTIONS

ENCODER = "encoder."  # begins the names of the graph network's parameters


def init_graph_gru(width: int, channels: int, rng: np.random.Generator) -> Params:
    """Return new parameters: those of a GRU of `width` units and of the graph network, and the
    weights of notes and of the GRU's output."""
    params = init_gru(width, rng)
    return params | {
        "see": normal(rng, channels, 4 * width, channels**-0.5),
        "notes": normal(rng, N_NOTES, 4 * width, 0.2),
        "score.notes": normal(rng, MOVE_NOTES, channels, 0.3),
        "score.gru": normal(rng, width, channels, width**-0.5),
        **{ENCODER + name: p for name, p in init_network(channels, rng).items()},
    }


class GraphView(StateView):
    """The graph of a batch's shown levels with its N nodes, read by `rounds` rounds of messages."""

    def __init__(self, batch: GridBatch, dtype: torch.dtype, rounds: int) -> None:
        inputs = shown_inputs(batch).inputs
        super().__init__(batch, torch.from_numpy(inputs.node.ravel()), dtype)
        self.inputs, self.rounds = GraphTensors(inputs, dtype), rounds
        unit = shown_graph(batch).largest_reward.repeat(batch.n_states)
        self.unit = torch.from_numpy(unit).to(dtype)

    def encode(self, params: Params) -> EncodedGraph:
        """Return what the network reads off the graph under these parameters."""
        encoder = {n.removeprefix(ENCODER): p for n, p in params.items() if n.startswith(ENCODER)}
        hidden = embed(encoder, self.inputs, self.rounds)  # [N, C]
        return EncodedGraph(
            tables=self.with_clock(params, torch.addmm(params["bias"], hidden, params["see"])),
            moves=move_features(encoder, self.inputs, hidden).transpose(0, 1),
            score=encoder["score"],
        )


@dataclass(frozen=True)
class EncodedGraph:
    """The embeddings of a batch's nodes and moves."""

    tables: InputTables
    moves: Tensor  # [N, A, C]
    score: Tensor  # [C, 1]

    def log_probs(self, params: Params, node: Tensor, notes: Tensor, output: Tensor) -> Tensor:
        """Return log-probabilities of the actions [P, A] in these nodes [P], from the notes
        [P, N_NOTES] and the GRU's output [P, H].

        An action has the expected score of the move that it is, and a logit from the GRU.
        """
        noted = notes[:, : N_ACTIONS * MOVE_NOTES].unflatten(1, (N_ACTIONS, MOVE_NOTES))
        controls = notes[:, -N_ACTIONS * N_ACTIONS :].unflatten(1, (N_ACTIONS, N_ACTIONS))
        known = self.moves.index_select(0, node) + noted @ params["score.notes"]
        score = torch.relu(known + (output @ params["score.gru"])[:, None]) @ self.score
        own = torch.addmm(params["policy.b"], output, params["policy.w"])
        return log_probs_of(own + (controls @ score)[..., 0])


def evaluate_on_graph(params: Params, view: GraphView, part: Minibatch) -> tuple[Tensor, Tensor]:
    """Return what `MemoryLearner.evaluate` returns. The notes are those of when it was played."""
    graph = view.encode(params)
    part = replace(part, last_reward=part.last_reward / view.unit[part.state])
    inputs = torch.addmm(graph.tables.look_up(part), part.belief, params["notes"])
    output = gru_forward(params, inputs, part.sizes)
    log_probs = graph.log_probs(params, view.row_of_state[part.state], part.belief, output)
    return log_probs, value_head(params, output, view.optimal_value[part.state])


class GraphPolicy(GruPolicy):
    """A `MemoryPolicy` whose memory is the hidden state of a GRU and maps, for n trials."""

    @torch.no_grad()
    def __init__(self, params: Params, view: GraphView, n: int) -> None:
        self.graph, self.node, self.unit = view.encode(params), view.row_of_state, view.unit
        super().__init__(params, view, self.graph.tables, n)
        self.maps = TrialMaps(view.batch, n // view.batch.n_tasks)
        self.notes = torch.zeros(n, N_NOTES, dtype=self.dtype)

    @property
    def memory(self) -> list[Tensor]:
        """The hidden states and the maps."""
        return [*super().memory, *map(torch.from_numpy, self.maps.arrays)]

    @property
    def belief(self) -> Tensor:
        """What the maps noted about the present state of each trial [N, N_NOTES]."""
        return self.notes

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """Note where the agent is, then act; see `MemoryPolicy.act`."""
        numbers, state = np.arange(len(self.notes))[trials], observation.state.numpy()
        if observation.begins:
            self.maps.begin(numbers, state)
        notes = torch.from_numpy(self.maps.notes(numbers, state)).to(self.dtype)
        set_rows(self.notes, trials, notes)
        hidden, output = self.step_with(trials, observation, notes)
        set_rows(self.hidden, trials, hidden)
        log_probs = self.graph.log_probs(self.params, self.node[observation.state], notes, output)
        return log_probs, value_head(
            self.params, output, self.optimal_value.take(observation.state)
        )

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Add the transition to the maps."""
        self.maps.add(np.arange(len(self.notes))[trials], transition)

    def preview(self, trials: Ints, observation: TrialObservation) -> Tensor:
        """See `MemoryPolicy.preview`."""
        repeated = np.repeat(trials, len(observation.state) // len(trials))
        notes = self.maps.notes(repeated, observation.state.numpy(), begins=True)
        noted = torch.from_numpy(notes).to(self.dtype)
        _, output = self.step_with(repeated, observation, noted)
        return self.graph.log_probs(self.params, self.node[observation.state], noted, output)

    def step_with(
        self, trials: TrialIndex, observation: TrialObservation, notes: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the next hidden states [n, H] and the output layer [n, H]; store neither."""
        params, reward = self.params, observation.last_reward / self.unit[observation.state]
        observation = replace(observation, last_reward=reward)
        inputs = self.tables.look_up(observation).addmm_(notes, params["notes"])
        to_gru, to_output = split_inputs(params, inputs)
        hidden = gru_step(to_gru, rows_of(self.hidden, trials), params["gru.w"], params["gru.b"])
        return hidden, output_layer(params, to_output, hidden)

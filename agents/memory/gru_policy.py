"""A recurrent policy: a GRU whose hidden state lasts through a trial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import Params
from agents.memory.gru import gru_sequence, gru_step
from agents.memory.inputs import (
    ActingHeads,
    InputTables,
    StateView,
    init_heads,
    init_input_tables,
    orthogonal,
    policy_head,
)
from agents.memory.trials import (
    TrialIndex,
    TrialObservation,
    TrialTransition,
    rows_of,
    set_rows,
)
from game.world.rules import Ints
from game.world.tables import N_ACTIONS


def init_gru(width: int, rng: np.random.Generator, n_actions: int = N_ACTIONS) -> Params:
    """Return new parameters: a GRU of `width` units, an output layer on it that also receives the
    inputs, and the heads."""
    return {
        **init_input_tables(4 * width, rng, n_actions),
        "gru.w": torch.cat([orthogonal(rng, width, width) for _ in range(3)], 1),
        "gru.b": torch.zeros(width),
        "think.w": orthogonal(rng, width, width),
        **init_heads(width, rng, n_actions),
    }


def gru_forward(params: Params, inputs: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return the output layer [P, H] for inputs [P, 4H] of whole trials, packed as in
    `gru_sequence`, which overwrites them."""
    return gru_sequence(inputs, sizes, params["gru.w"], params["gru.b"], params["think.w"])


def split_inputs(params: Params, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Split inputs [n, 4H] into those of the GRU [n, 3H] and those of the output layer [n, H]."""
    width = len(params["gru.b"])
    return inputs[:, : 3 * width], inputs[:, 3 * width :]


def output_layer(params: Params, inputs: Tensor, hidden: Tensor) -> Tensor:
    """Return the output layer [n, H] for its inputs [n, H] and hidden states [n, H]."""
    return torch.addmm(inputs, hidden, params["think.w"]).tanh_()


class GruPolicy:
    """A `MemoryPolicy` whose memory is the hidden state of a GRU, for n trials."""

    @torch.no_grad()
    def __init__(self, params: Params, view: StateView, tables: InputTables, n: int) -> None:
        self.params, self.tables = params, tables
        self.heads, self.optimal_value = ActingHeads(params), view.optimal_value
        self.dtype = params["bias"].dtype
        self.hidden = torch.zeros(n, len(params["gru.b"]), dtype=self.dtype)

    @property
    def memory(self) -> list[Tensor]:
        """The hidden states."""
        return [self.hidden]

    @property
    def belief(self) -> Tensor | None:
        """None: the hidden state holds no explicit belief."""
        return None

    def inputs(self, trials: TrialIndex, observation: TrialObservation) -> Tensor:
        """Return the network's inputs [n, 4H] in these trials."""
        return self.tables.look_up(observation)

    def step(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """Return the next hidden states [n, H] and the output layer [n, H]; store neither."""
        params = self.params
        to_gru, to_output = split_inputs(params, self.inputs(trials, observation))
        hidden = rows_of(self.hidden, trials)
        hidden = gru_step(to_gru, hidden, params["gru.w"], params["gru.b"])
        return hidden, output_layer(params, to_output, hidden)

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """See `MemoryPolicy.act`."""
        hidden, output = self.step(trials, observation)
        set_rows(self.hidden, trials, hidden)
        return self.heads.evaluate(output, self.optimal_value.take(observation.state))

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Do nothing: the next observation contains the transition."""

    def preview(self, trials: Ints, observation: TrialObservation) -> Tensor:
        """See `MemoryPolicy.preview`."""
        repeated = np.repeat(trials, len(observation.state) // len(trials))
        return policy_head(self.params, self.step(repeated, observation)[1])

"""A GRU policy that remembers through a trial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import Params
from agents.memory.gru import gru_sequence, gru_step
from agents.memory.inputs import BatchView, critic, init_heads, init_inputs, orthogonal, policy
from agents.memory.trials import Rows, TrialObservation, TrialTransition
from game.world.rules import Ints


def init_gru(width: int, rng: np.random.Generator) -> Params:
    """A GRU of this width, a layer on it that sees the inputs, too, and heads on that."""
    return {
        **init_inputs(4 * width, rng),
        "gru.w": torch.cat([orthogonal(rng, width, width) for _ in range(3)], 1),
        "gru.b": torch.zeros(width),
        "think.w": orthogonal(rng, width, width),
        **init_heads(width, rng),
    }


def gru_thoughts(params: Params, inputs: Tensor, sizes: Sequence[int]) -> Tensor:
    """[P, H] what comes of inputs [P, 4H], packed as `gru_sequence` has them."""
    remembered, seen = gru_parts(params, inputs)
    hidden = gru_sequence(remembered, sizes, params["gru.w"], params["gru.b"])
    return think(params, seen, hidden)


def gru_parts(params: Params, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Of inputs [n, 4H] those of the GRU [n, 3H], and those of the layer on it [n, H]."""
    width = len(params["gru.b"])
    return inputs[:, : 3 * width], inputs[:, 3 * width :]


def think(params: Params, seen: Tensor, hidden: Tensor) -> Tensor:
    """[N, H] what comes of what one sees [N, H], next to what one remembers [N, H]."""
    return torch.tanh(torch.addmm(seen, hidden, params["think.w"]))


class GruPolicy:
    """A `MemoryPolicy` whose memory is the hidden state of a GRU."""

    @torch.no_grad()
    def __init__(self, params: Params, view: BatchView, n: int) -> None:
        self.params, self.best, self.tables = params, view.best, view.tables(params)
        self.dtype = params["bias"].dtype
        self.hidden = torch.zeros(n, len(params["gru.b"]), dtype=self.dtype)

    @property
    def belief(self) -> Tensor | None:
        """It has no words."""
        return None

    def inputs(self, rows: Rows, moment: TrialObservation) -> Tensor:
        """[n, 4H] of these trials."""
        return self.tables.look_up(moment)

    def go_on(self, rows: Rows, moment: TrialObservation) -> tuple[Tensor, Tensor]:
        """[n, H] the next hidden states, and [n, H] what comes of them."""
        params = self.params
        remembered, seen = gru_parts(params, self.inputs(rows, moment))
        hidden = gru_step(remembered, self.hidden[rows], params["gru.w"], params["gru.b"])
        return hidden, think(params, seen, hidden)

    def act(self, rows: Rows, moment: TrialObservation) -> tuple[Tensor, Tensor]:
        """See `MemoryPolicy.act`."""
        self.hidden[rows], thought = self.go_on(rows, moment)
        best = self.best[moment.state]
        return policy(self.params, thought), critic(self.params, thought, best)

    def notice(self, rows: Rows, outcome: TrialTransition) -> None:
        """The next moment tells all that it needs."""

    def foresee(self, trials: Ints, moment: TrialObservation) -> Tensor:
        """See `MemoryPolicy.foresee`."""
        rows = np.repeat(trials, len(moment.state) // len(trials))
        return policy(self.params, self.go_on(rows, moment)[1])

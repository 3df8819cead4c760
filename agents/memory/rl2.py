"""RL2 (Duan et al. 2016; Wang et al. 2016): meta-learning in the memory of a recurrent policy.

A GRU receives the observation, the last action and reward, and the clock. Its hidden state is reset
at the end of a trial, not at the end of an episode. A policy trained on the return of whole trials
therefore learns to explore in the first episode and to remember what it found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from agents.gradient.policy import Params
from agents.memory.gru_policy import GruPolicy, gru_forward, init_gru
from agents.memory.inputs import BatchView
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch
from agents.memory.trials import MemoryPolicy
from game.world.batch import GridBatch


@dataclass(frozen=True)
class Rl2Config(MemoryConfig):
    """Options of rl2."""


class Rl2(MemoryLearner[BatchView]):
    """A GRU with an output layer, and linear heads for policy and value."""

    Config = Rl2Config

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `MemoryLearner.init_params`."""
        return init_gru(self.config.width, rng)

    def make_view(self, batch: GridBatch) -> BatchView:
        """See `MemoryLearner.make_view`."""
        return BatchView(batch, self.dtype)

    def start_policy(self, params: Params, view: BatchView, n: int) -> MemoryPolicy:
        """Return a policy with hidden states of zeros."""
        return GruPolicy(params, view, n)

    def forward(self, view: BatchView, part: Minibatch) -> Tensor:
        """See `MemoryLearner.forward`."""
        inputs = view.tables(self.params).look_up(part)
        return gru_forward(self.params, inputs, part.sizes)

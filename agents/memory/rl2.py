"""RL2 (Duan et al. 2016; Wang et al. 2016): learning to learn in the memory of a recurrent policy.

A GRU is told the observation, its last action and reward, and the clock; its hidden state is not
reset at the end of an episode, only at that of a trial. To a policy that is trained on whole trials
it pays to explore in the first episode, and to remember.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from agents.gradient.policy import Params
from agents.memory.gru_policy import GruPolicy, gru_thoughts, init_gru
from agents.memory.inputs import BatchView
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch
from agents.memory.trials import MemoryPolicy
from game.world.batch import GridBatch


@dataclass(frozen=True)
class Rl2Config(MemoryConfig):
    """Options of rl2."""


class Rl2(MemoryLearner[BatchView]):
    """A GRU, a layer on its hidden state, and linear heads for policy and value on that."""

    Config = Rl2Config

    def first_params(self, rng: np.random.Generator) -> Params:
        """The weights before training."""
        return init_gru(self.config.width, rng)

    def look(self, batch: GridBatch) -> BatchView:
        """What it sees of a batch."""
        return BatchView(batch, self.dtype)

    def mind(self, params: Params, view: BatchView, n: int) -> MemoryPolicy:
        """A hidden state of zeros."""
        return GruPolicy(params, view, n)

    def rethink(self, view: BatchView, part: Minibatch) -> Tensor:
        """[P, H] what comes of the moments of whole trials."""
        inputs = view.tables(self.params).look_up(part)
        return gru_thoughts(self.params, inputs, part.sizes)

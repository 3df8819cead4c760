"""RL2 (Duan et al. 2016; Wang et al. 2016): meta-learning in the memory of a recurrent policy.

A GRU receives the observation, the last action and reward, and the clock. Its hidden state is reset
at the end of a trial, not at the end of an episode. A policy trained on the return of whole trials
therefore learns to explore in the first episode and to remember what it found.

With the body `graph` it sees the whole board through a graph network, and has maps of its trial
beside the hidden state (`graph_policy.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from agents.gradient.policy import Params
from agents.learner import check_options
from agents.memory.graph_policy import (
    GraphPolicy,
    GraphView,
    evaluate_on_graph,
    init_graph_gru,
)
from agents.memory.gru_policy import GruPolicy, gru_forward, init_gru
from agents.memory.inputs import BatchView, StateView
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch, batch_rng
from agents.memory.trials import MemoryPolicy
from agents.rollout import Rngs
from game.world.batch import GridBatch


@dataclass(frozen=True)
class Rl2Config(MemoryConfig):
    """Options of rl2."""

    body: Literal["features", "graph"] = "features"
    """Observation: features of the agent's surroundings, or the graph of the whole level."""
    channels: int = 32
    """Channels of the graph network (1 to 1024)."""
    rounds: int = 10
    """Rounds of messages while adapting (1 to 1000); training draws half to 1.5 times as many."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, channels=(1, 1024), rounds=(1, 1000))

    @property
    def sees_graph(self) -> bool:
        """Whether the agent observes the graph of the shown level."""
        return self.body == "graph"

    @property
    def n_weights(self) -> int:
        """The number of weights of the network, roughly: at most those that it has."""
        if not self.sees_graph:
            return super().n_weights
        return 4 * self.width * (self.channels + self.width) + 12 * self.channels**2


class Rl2(MemoryLearner[StateView]):
    """A GRU with an output layer, and heads for policy and value."""

    Config = Rl2Config
    config: Rl2Config

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `MemoryLearner.init_params`."""
        if self.config.sees_graph:
            return init_graph_gru(self.config.width, self.config.channels, rng)
        return init_gru(self.config.width, rng, self.config.n_actions)

    def make_view(self, batch: GridBatch, rngs: Rngs | None = None) -> StateView:
        """See `MemoryLearner.make_view`.

        In training, the number of rounds is drawn: with a fixed number, the graph network would not
        work with any other.
        """
        if not self.config.sees_graph:
            return BatchView(batch, self.dtype)
        rounds = self.config.rounds
        if rngs is not None:
            rounds = int(batch_rng(rngs).integers((rounds + 1) // 2, rounds + rounds // 2 + 1))
        return GraphView(batch, self.dtype, rounds)

    def start_policy(self, params: Params, view: StateView, n: int) -> MemoryPolicy:
        """Return a policy with hidden states of zeros."""
        if isinstance(view, GraphView):
            return GraphPolicy(params, view, n)
        assert isinstance(view, BatchView)
        return GruPolicy(params, view, view.tables(params), n)

    def forward(self, view: StateView, part: Minibatch) -> Tensor:
        """See `MemoryLearner.forward`."""
        assert isinstance(view, BatchView)
        return gru_forward(self.params, view.tables(self.params).look_up(part), part.sizes)

    def evaluate(self, view: StateView, part: Minibatch) -> tuple[Tensor, Tensor]:
        """See `MemoryLearner.evaluate`."""
        if isinstance(view, GraphView):
            return evaluate_on_graph(self.params, view, part)
        return super().evaluate(view, part)

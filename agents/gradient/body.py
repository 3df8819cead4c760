"""The bodies of gradient learners: what the policies of a batch of tasks are a function of.

With the body 'features', that is the features of each state, and the whole network adapts. With
'graph', a graph network reads the shown level, and gives features of each move in each of its
nodes. That encoder is meta-learned and constant while adapting. A head on its features adapts, and
two tables that start at zero on every task: of logits, one for each node and action, and of values,
one for each node, which attract or repel from afar. Besides, actions are told apart by what they
did (`ToldControls`); that takes no gradient, and training does without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import CONTROLS, MoveFeatures, Observation, Params, init_mlp
from agents.graph.network import GraphTensors, embed, init_network, move_features
from agents.graph.shown_inputs import ShownInputs, shown_inputs
from agents.inner_config import GraphConfig
from agents.observations import features_of, features_of_columns
from game.world.batch import GridBatch
from game.world.features import N_FEATURES
from game.world.tables import N_ACTIONS

ENCODER = "encoder."  # begins the names of meta-parameters that do not adapt


class Body(Protocol):
    """The part of a gradient learner that depends on what it observes."""

    def init_params(self, rng: np.random.Generator) -> Params:
        """Return the meta-parameters before training, without step sizes."""
        ...

    def observe(
        self, meta: Params, batch: GridBatch, rng: np.random.Generator | None = None
    ) -> tuple[Observation, Tensor]:
        """Return what the policies of a batch observe, and the rows of `w0` that it needs [F'].

        `rng` is given in training alone.
        """
        ...

    def observe_changed(self, meta: Params, batch: GridBatch, columns: Tensor) -> Observation:
        """Return what policies with these rows of `w0` observe of a batch."""
        ...


@dataclass(frozen=True)
class FeaturesBody:
    """Features of states, for a network with these hidden layers."""

    hidden: tuple[int, ...]
    n_actions: int = N_ACTIONS

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `Body.init_params`."""
        return init_mlp((N_FEATURES, *self.hidden, self.n_actions), rng)

    def observe(
        self, meta: Params, batch: GridBatch, rng: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """See `Body.observe`. Columns that are zero in all states are left out."""
        return features_of(batch, meta["w0"].dtype)

    def observe_changed(self, meta: Params, batch: GridBatch, columns: Tensor) -> Tensor:
        """See `Body.observe_changed`."""
        return features_of_columns(batch, meta["w0"].dtype, columns)


@dataclass(frozen=True)
class GraphBody:
    """Features of moves, from a graph network over the shown level."""

    config: GraphConfig

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `Body.init_params`. The head's network gives one score for each move, and the matrix
        `controls` a logit for each action from the scores of the moves."""
        channels = self.config.channels
        encoder = init_network(channels, rng)
        head = init_mlp((channels, *self.config.head, 1), rng)
        shared = {ENCODER + n: p for n, p in encoder.items() if n != "score"}
        return head | {CONTROLS: torch.eye(N_ACTIONS)} | shared

    def observe(
        self, meta: Params, batch: GridBatch, rng: np.random.Generator | None = None
    ) -> tuple[MoveFeatures, Tensor]:
        """See `Body.observe`. In training, the number of rounds is drawn: with a fixed number, the
        network does not work with any other."""
        shown, rounds = shown_inputs(batch), self.config.rounds
        if rng is not None:
            rounds = int(rng.integers((rounds + 1) // 2, rounds + rounds // 2 + 1))
        encoder = {n.removeprefix(ENCODER): p for n, p in meta.items() if n.startswith(ENCODER)}
        with torch.set_grad_enabled(rng is not None):
            leaves = {n: p.detach().requires_grad_(rng is not None) for n, p in encoder.items()}
            encoded = self._encode(leaves, shown, rounds)
        moves = encoded.detach().requires_grad_(rng is not None)
        following, node = torch.from_numpy(shown.next), torch.from_numpy(shown.node)
        features = MoveFeatures(moves, following, node, encoded, leaves)
        return features, torch.arange(self.config.channels)

    def observe_changed(self, meta: Params, batch: GridBatch, columns: Tensor) -> MoveFeatures:
        """See `Body.observe_changed`."""
        return self.observe(meta, batch)[0]

    def _encode(self, encoder: Params, shown: ShownInputs, rounds: int) -> Tensor:
        """Return the features of the moves in each node [T, M, A, C], padded to M nodes."""
        inputs = GraphTensors(shown.inputs, encoder["embed"].dtype)
        hidden = embed(encoder, inputs, rounds)
        features = move_features(encoder, inputs, hidden)  # [A, N, C]
        return features.transpose(0, 1)[torch.from_numpy(shown.rows)]


def encoder_gradients(features: MoveFeatures, by_features: Tensor, weights: Tensor) -> Params:
    """Return the gradients of the encoder's parameters by name.

    `by_features` [T, M, A, C] are the gradients of the tasks' losses, which have these `weights`
    [T].
    """
    weighted = by_features * weights[:, None, None, None]
    leaves = list(features.encoder.values())
    grads = torch.autograd.grad(features.encoded, leaves, weighted)
    return {ENCODER + name: grad for name, grad in zip(features.encoder, grads, strict=True)}

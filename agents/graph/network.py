"""The graph network: messages along moves, with the same weights in every round.

Relatives: value iteration networks (Tamar et al. 2016) repeat one convolution as a planner repeats
its backup; gated path planning networks (Lee et al. 2018) put a recurrent cell in its place; here
the messages run along the transition graph of any level instead of a square grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from agents.graph.graph_inputs import MOVE_INPUTS, NODE_INPUTS, GraphInputs
from game.world.tables import N_ACTIONS

Params = dict[str, Tensor]


def init_network(channels: int, rng: np.random.Generator) -> Params:
    """Return the weights before training; matrices are [in, out]."""
    n_node, n_move, c = len(NODE_INPUTS), len(MOVE_INPUTS), channels
    sizes = {
        "embed": (n_node, c),
        "gates_node": (n_node, 3 * c),
        "gates_messages": (2 * c, 3 * c),
        "gates_hidden": (c, 3 * c),
        "message_move": (n_move, c),
        "message_next": (c, c),
        "score_here": (c, c),
        "score_next": (c, c),
        "score_move": (n_move, c),
        "score": (c, 1),
    }
    params = {
        name: torch.tensor(rng.standard_normal(size) / np.sqrt(size[0]), dtype=torch.float32)
        for name, size in sizes.items()
    }
    params["score"] *= 0.1
    biases = {"embed": c, "gates": 3 * c, "message": c, "score": c}
    return params | {f"{name}_bias": torch.zeros(size) for name, size in biases.items()}


def n_network_weights(channels: int) -> int:
    """Return the number of weights of the network's matrices."""
    return channels * (12 * channels + 4 * len(NODE_INPUTS) + 2 * len(MOVE_INPUTS) + 1)


class GraphTensors:
    """Inputs as tensors of one type. Moves come first, so that sums over moves are sums of rows."""

    def __init__(self, inputs: GraphInputs, dtype: torch.dtype) -> None:
        self.nodes = torch.from_numpy(inputs.nodes).to(dtype)  # [N, F]
        self.moves = torch.from_numpy(inputs.moves.swapaxes(0, 1).copy()).to(dtype)  # [A, N, F]
        self.next = torch.from_numpy(inputs.next.T.ravel())  # [A * N]
        self.effect = None if inputs.effect is None else torch.from_numpy(inputs.effect).to(dtype)

    def by_move(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Return a linear layer of the moves' inputs [A, N, C]."""
        flat = torch.addmm(bias, self.moves.flatten(0, 1), weights)
        return flat.view(N_ACTIONS, -1, flat.shape[1])

    def ahead(self, values: Tensor) -> Tensor:
        """Return the expected values [A, N, C] where each move leads, of values [N, C]."""
        following = values.index_select(0, self.next).view(N_ACTIONS, *values.shape)
        return following if self.effect is None else mixed(self.effect, following)


def mixed(effect: Tensor, values: Tensor) -> Tensor:
    """Return sums of values [A, N, C] over moves, weighted by `effect` [N, A, A]."""
    return torch.bmm(effect, values.transpose(0, 1)).transpose(0, 1)


def pooled_messages(values: Tensor, move: Tensor, inputs: GraphTensors) -> Tensor:
    """Return the maximum and the mean over moves of relu(ahead(values) + move), side by side
    [N, 2 C]. `values` are [N, C] and `move` [A, N, C]."""
    if torch.is_grad_enabled():
        pooled: Tensor = _Pooled.apply(values, move, inputs)
        return pooled
    return torch.cat(_messages(values, move, inputs)[1:], 1)


def _messages(values: Tensor, move: Tensor, inputs: GraphTensors) -> tuple[Tensor, Tensor, Tensor]:
    """Return relu(ahead(values) + move) [A, N, C], its maximum and its mean over moves [N, C]."""
    messages = torch.add(inputs.ahead(values), move).relu_()
    return messages, messages.amax(0), messages.sum(0).div_(N_ACTIONS)


class _Pooled(torch.autograd.Function):
    """`pooled_messages` with a gradient: autograd's own of the maximum takes several times as long
    as all else in a round."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, move: Tensor, inputs: GraphTensors) -> Tensor:
        messages, highest, mean = _messages(values, move, inputs)
        ctx.inputs = inputs
        ctx.save_for_backward(messages, highest)
        return torch.cat([highest, mean], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        messages, highest = ctx.saved_tensors
        by_highest, by_mean = grads[0].chunk(2, 1)
        is_highest = messages == highest
        by_move = is_highest * (by_highest / is_highest.sum(0))  # tied moves share it
        by_move += by_mean / N_ACTIONS
        by_move *= messages > 0
        effect = ctx.inputs.effect
        back = by_move if effect is None else mixed(effect.mT, by_move)
        by_values = torch.zeros_like(highest)
        by_values.index_add_(0, ctx.inputs.next, back.reshape(-1, highest.shape[1]))
        return by_values, by_move, None


def embed(params: Params, inputs: GraphTensors, rounds: int) -> Tensor:
    """Return the embedding [N, C] of each node after some rounds of messages."""
    hidden = torch.tanh(torch.addmm(params["embed_bias"], inputs.nodes, params["embed"]))
    c = hidden.shape[1]
    node = torch.addmm(params["gates_bias"], inputs.nodes, params["gates_node"])  # [N, 3 C]
    move = inputs.by_move(params["message_move"], params["message_bias"])  # [A, N, C]
    for _ in range(rounds):
        pooled = pooled_messages(hidden @ params["message_next"], move, inputs)
        given = torch.addmm(node, pooled, params["gates_messages"])
        own = hidden @ params["gates_hidden"]
        update, reset = torch.sigmoid(given[:, : 2 * c] + own[:, : 2 * c]).chunk(2, 1)
        new = torch.tanh(torch.addcmul(given[:, 2 * c :], reset, own[:, 2 * c :]))
        hidden = torch.lerp(new, hidden, update)
    return hidden


def move_log_probs(params: Params, inputs: GraphTensors, hidden: Tensor) -> Tensor:
    """Return the log-probabilities of the moves [N, A], from the nodes' embeddings [N, C]."""
    features = move_features(params, inputs, hidden)
    return torch.log_softmax((features @ params["score"])[..., 0].T, -1)


def move_features(params: Params, inputs: GraphTensors, hidden: Tensor) -> Tensor:
    """Return what a move is scored by [A, N, C], from the nodes' embeddings [N, C]."""
    move = inputs.by_move(params["score_move"], params["score_bias"])
    ahead = inputs.ahead(hidden @ params["score_next"])
    return torch.relu(move + ahead + hidden @ params["score_here"])

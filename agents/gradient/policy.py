"""Memoryless policies: a network over features, with a leading task dimension in its parameters.

T tasks adapt in parallel, so every parameter starts with T: `w0 [T, F, H]`, `b0 [T, 1, H]` ...
One `baddbmm` computes a layer for all tasks, and autograd gives each task its own gradient.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.inner_config import TABLE, VALUES
from game.world.features import N_FEATURES, N_FIRST_FEATURES

Params = dict[str, Tensor]
CONTROLS = "controls"  # parameter of policies that observe moves
LAST_GAIN = 0.1  # of a new network's last layer
SPREAD, FADING = 8, 0.9  # how many moves values spread over, and the share that is left after each


@dataclass(frozen=True)
class MoveFeatures:
    """What policies with the body 'graph' observe: features of the moves in each node."""

    moves: Tensor  # [T, M, A, C] of the moves of normal controls in M nodes
    next: Tensor  # [T, M, A] the node after each move, numbered from 0 in each task
    node: Tensor  # [T, S] the node of each state, numbered from 0 in each task
    encoded: Tensor  # [T, M, A, C] the same as `moves`, a function of the `encoder` in training
    encoder: Params
    controls: Tensor | None = None  # [T, A, A] probability that a move (row) is an action (column)


Observation = Tensor | MoveFeatures  # the features [T, S, F] of states, or those of moves


def init_mlp(
    sizes: Sequence[int], rng: np.random.Generator, last_gain: float = LAST_GAIN
) -> Params:
    """Initialise a tanh MLP: `w{i} [in, out]` normal with variance 1/in, `b{i} [out]` zero.

    The last layer is scaled by `last_gain`; the small default makes the policy nearly uniform.
    Inputs beyond the first layout of the features have the weight 0, so that levels which do not
    use them give the same network as before there were such inputs.
    """
    params: Params = {}
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        gain = last_gain if i == len(sizes) - 2 else 1.0
        n_drawn = N_FIRST_FEATURES if i == 0 and n_in == N_FEATURES else n_in
        weight = np.zeros((n_in, n_out))
        weight[:n_drawn] = rng.standard_normal((n_drawn, n_out)) * gain / np.sqrt(n_drawn)
        params[f"w{i}"] = torch.tensor(weight, dtype=torch.float32)
        params[f"b{i}"] = torch.zeros(n_out)
    return params


def expand_for_tasks(params: Params, n_tasks: int) -> Params:
    """Return a view of shared parameters for each of T tasks: `[in, out]` as `[T, in, out]`."""
    return {
        name: (p if p.dim() > 1 else p[None]).expand(n_tasks, -1, -1) for name, p in params.items()
    }


def select_columns(params: Params, columns: Tensor) -> Params:
    """Return the parameters with only the rows of these feature columns.

    The outputs are unchanged if all other features are zero. Names may have a prefix, as in
    `log_alpha.w0`.
    """
    return {n: p[..., columns, :] if has_feature_rows(n, p) else p for n, p in params.items()}


def has_feature_rows(name: str, param: Tensor) -> bool:
    """Whether a parameter has one row per feature."""
    return name.rpartition(".")[2] == "w0" and param.dim() > 1


def without_effect(params: Collection[str]) -> set[str]:
    """Return the names of the parameters that have no effect on any policy, and their step sizes'.

    From features of moves, the bias of the last layer adds the same number to all scores, whose
    mean is subtracted.
    """
    if CONTROLS not in params:
        return set()
    last = f"b{sum(name.startswith('w') for name in params) - 1}"
    return {name for name in params if name.rpartition(".")[2] == last}


def log_probs(params: Params, observation: Observation) -> Tensor:
    """Return the log-probabilities [T, S, A] of all actions in all states.

    From features of moves, the network gives a score for each move, and `values` [T, M, 1] add to
    it where the move leads. The matrix `controls` [T, A, A] makes logits of actions from the scores
    of moves, and `table` [T, M, A] adds a logit in each node. Where actions were found to be other
    moves than under normal controls, their logits change places.
    """
    if isinstance(observation, Tensor):
        return torch.log_softmax(_network(params, observation), -1)
    moves, node = observation.moves, observation.node
    scores = _network(params, moves.flatten(1, 2)).view(moves.shape[:3])
    scores = scores + _values_ahead(params[VALUES][..., 0], observation.next)
    scores = scores - scores.mean(-1, keepdim=True)
    logits = torch.bmm(scores, params[CONTROLS])
    if observation.controls is not None:
        logits = torch.bmm(logits, observation.controls)
    logits = logits + params[TABLE]
    by_node = torch.log_softmax(logits, -1)
    return by_node.gather(1, node[..., None].expand(-1, -1, by_node.shape[2]))


def _values_ahead(values: Tensor, following: Tensor) -> Tensor:
    """Return what each move leads towards [T, M, A], of values [T, M] and the nodes `following`.

    The inner loop's gradient thereby reaches all nodes near those that were visited.
    """
    index = following.flatten(1)
    spread = values
    for _ in range(SPREAD):
        spread = values + FADING * spread.gather(1, index).view(following.shape).amax(-1)
    return spread.gather(1, index).view(following.shape)


def _network(params: Params, features: Tensor) -> Tensor:
    """Return the outputs [T, n, ..] of the tasks' networks on features [T, n, F].

    `context` [T, 1, C], if present, holds C further features that are equal everywhere, and `c0`
    [T, C, H] their first-layer weights.
    """
    hidden = features
    n_layers = sum(name.startswith("w") for name in params)
    for i in range(n_layers):
        bias = params[f"b{i}"]
        if i == 0 and "context" in params:
            bias = torch.baddbmm(bias, params["context"], params["c0"])
        hidden = torch.baddbmm(bias, hidden, params[f"w{i}"])
        if i < n_layers - 1:
            hidden = torch.tanh(hidden)
    return hidden

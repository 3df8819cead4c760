"""Policies without memory: a network over features, its parameters with a leading task dimension.

T tasks adapt side by side, so every tensor here carries T first: `w0 [T, F, H]`, `b0 [T, 1, H]` ...
A layer of all tasks is one `baddbmm`, and autograd goes through the parameters of each task.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

Params = dict[str, Tensor]


def init_mlp(sizes: Sequence[int], rng: np.random.Generator, last_gain: float = 0.1) -> Params:
    """A tanh MLP: `w{i} [in, out]` normal with variance 1/in, `b{i} [out]` zero.

    The last layer is scaled by `last_gain`, so that the first policy is nearly uniform.
    """
    params: Params = {}
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        gain = last_gain if i == len(sizes) - 2 else 1.0
        weight = rng.standard_normal((n_in, n_out)) * gain / np.sqrt(n_in)
        params[f"w{i}"] = torch.tensor(weight, dtype=torch.float32)
        params[f"b{i}"] = torch.zeros(n_out)
    return params


def for_tasks(params: Params, n_tasks: int) -> Params:
    """A view of shared parameters for each of T tasks: `[in, out]` as `[T, in, out]`."""
    return {
        name: (p if p.dim() > 1 else p[None]).expand(n_tasks, -1, -1) for name, p in params.items()
    }


def keep_columns(params: Params, columns: Tensor) -> Params:
    """The parameters that matter where only these feature columns are ever non-zero: exact.

    Names may carry a prefix, as in `log_alpha.w0`.
    """
    return {name: p[..., columns, :] if sees(name, p) else p for name, p in params.items()}


def sees(name: str, param: Tensor) -> bool:
    """Whether a parameter has a row for each feature."""
    return name.rpartition(".")[2] == "w0" and param.dim() > 1


def log_probs(params: Params, features: Tensor) -> Tensor:
    """[T, S, A] log-probabilities of all actions in all states, from features [T, S, F].

    A `context` [T, 1, C] counts as C more features, the same in every state; `c0` [T, C, H] are
    their rows of the first layer.
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
    return torch.log_softmax(hidden, -1)

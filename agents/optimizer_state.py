"""What an optimiser remembers, saved and restored by parameter name."""

from __future__ import annotations

import torch
from torch import Tensor


def adam_state(params: dict[str, Tensor], adam: torch.optim.Adam) -> dict[str, Tensor]:
    """What an optimiser remembers of each of its parameters, as `adam.{what}.{name}`."""
    state = adam.state
    return {f"adam.{k}.{n}": v.clone() for n, p in params.items() for k, v in state[p].items()}


def restore_adam(
    params: dict[str, Tensor], adam: torch.optim.Adam, checkpoint: dict[str, Tensor]
) -> None:
    """Let an optimiser remember what `adam_state` said."""
    for name, value in checkpoint.items():
        if name.startswith("adam."):
            key, _, of = name.removeprefix("adam.").partition(".")
            adam.state[params[of]][key] = value.clone()

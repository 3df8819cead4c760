"""Adam's state, saved and restored by parameter name."""

from __future__ import annotations

import torch
from torch import Tensor


def adam_state(params: dict[str, Tensor], adam: torch.optim.Adam) -> dict[str, Tensor]:
    """Return copies of Adam's state for each parameter, keyed `adam.{entry}.{parameter}`."""
    state = adam.state
    return {f"adam.{k}.{n}": v.clone() for n, p in params.items() for k, v in state[p].items()}


def restore_adam(
    params: dict[str, Tensor], adam: torch.optim.Adam, checkpoint: dict[str, Tensor]
) -> None:
    """Restore the state that `adam_state` returned; other keys of `checkpoint` are ignored."""
    for name, value in checkpoint.items():
        if name.startswith("adam."):
            key, _, param = name.removeprefix("adam.").partition(".")
            adam.state[params[param]][key] = value.clone()

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
    """Restore the state that `adam_state` returned; other keys of `checkpoint` are ignored.

    Raises ValueError for an entry that has not the shape of its parameter: Adam would write beyond
    it.
    """
    for name, value in checkpoint.items():
        if name.startswith("adam."):
            key, param = name.removeprefix("adam.").partition(".")[0], parameter_of(name)
            shape = params[param].shape
            if value.shape not in (shape, ()):  # the number of steps is a single one
                raise ValueError(f"'{name}' has the shape {tuple(value.shape)}, not {tuple(shape)}")
            adam.state[params[param]][key] = value.clone()


def parameter_of(name: str) -> str:
    """Return the parameter that an entry of a checkpoint belongs to, or the name itself."""
    return name.split(".", 2)[2] if name.startswith("adam.") else name

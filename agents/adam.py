"""The Adam optimiser, and its state in checkpoints, by parameter name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam as update_parameters


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1) with beta1 = 0.9, beta2 = 0.999 and no weight decay.

    It calls torch's own kernel, so `torch.optim.Adam(..., fused=True)` computes the same bits. But
    the first use of that class loads torch's compiler, which takes longer than torch itself:
    training would start seconds later.

    Each of `param_groups` is a dictionary with the entries `params`, a list of tensors, and `lr`,
    the learning rate. The rate is read at each step, so it may change, and may be missing until one
    of the parameters has a gradient.
    """

    def __init__(self, param_groups: Sequence[dict[str, Any]], eps: float = 1e-8) -> None:
        self.param_groups = param_groups
        self.state: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        self._eps = eps

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have a gradient, in place."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            states = [self._state_of(p) for p in params]
            update_parameters(
                params,
                [p.grad for p in params],
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                [state["step"] for state in states],
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=group["lr"],
                weight_decay=0.0,
                eps=self._eps,
                maximize=False,
            )

    def _state_of(self, p: Tensor) -> dict[str, Tensor]:
        """Return the state of a parameter: zeros before its first step."""
        state = self.state[p]
        if not state:
            state["step"] = torch.zeros((), device=p.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(p), torch.zeros_like(p)
        return state


def adam_state(params: dict[str, Tensor], adam: Adam) -> dict[str, Tensor]:
    """Return copies of Adam's state for each parameter, keyed `adam.{entry}.{parameter}`."""
    state = adam.state
    return {f"adam.{k}.{n}": v.clone() for n, p in params.items() for k, v in state[p].items()}


def restore_adam(params: dict[str, Tensor], adam: Adam, checkpoint: dict[str, Tensor]) -> None:
    """Restore the state that `adam_state` returned; other keys of `checkpoint` are ignored.

    Raises ValueError where an entry has another shape than its parameter: the kernel would write
    beyond it.
    """
    for name, value in checkpoint.items():
        if name.startswith("adam."):
            key, param = name.removeprefix("adam.").partition(".")[0], parameter_of(name)
            shape = params[param].shape
            if value.shape not in (shape, ()):  # () is that of the number of steps
                raise ValueError(f"'{name}' has the shape {tuple(value.shape)}, not {tuple(shape)}")
            adam.state[params[param]][key] = value.clone()


def parameter_of(name: str) -> str:
    """Return the parameter that an entry of a checkpoint belongs to, or the name itself."""
    return name.split(".", 2)[2] if name.startswith("adam.") else name

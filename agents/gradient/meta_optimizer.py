"""The outer loop's optimiser that all gradient learners share: clip, Adam, schedule, average."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from agents.gradient.policy import Params, sees
from agents.learner import STEP_SIZES, Diverged, check_options
from agents.optimizer_state import adam_state, restore_adam


@dataclass(frozen=True)
class OuterConfig:
    """How the outer loop moves the meta-parameters."""

    learning_rate: float = 2e-3
    """Of Adam, for the initialisation."""
    step_size_rate: float = 2e-2
    """Of Adam, for the logarithms of the step sizes."""
    warm_up: float = 0.01
    """Share of training over which the rates grow to these values; then they fall as a cosine."""
    final: float = 0.02
    """Share of these values that is left at the end."""
    average: float = 0.99
    """Decay of the moving average of the meta-parameters, which is what adapts."""

    def __post_init__(self) -> None:
        check_options(self, learning_rate=(0, 10), step_size_rate=(0, 10), warm_up=(0, 0.99))
        check_options(self, final=(0, 1), average=(0, 1))


class MetaOptimizer:
    """Meta-parameters `params`, and their moving `average`."""

    def __init__(self, params: Params, config: OuterConfig) -> None:
        self.config = config
        self.params = {name: p.clone() for name, p in params.items()}
        self.average = {name: p.clone() for name, p in params.items()}
        self.count = 0  # of steps taken

    @cached_property
    def adam(self) -> torch.optim.Adam:
        """Made at the first step: it loads a good part of torch that adapting does not need."""
        sizes = {n: p for n, p in self.params.items() if n.startswith(STEP_SIZES)}
        rest = [p for n, p in self.params.items() if n not in sizes]
        groups = [
            {"params": rest, "rate": self.config.learning_rate},
            {"params": list(sizes.values()), "rate": self.config.step_size_rate},
        ]
        return torch.optim.Adam(groups, fused=True)

    def step(self, grads: Params, columns: Tensor, progress: float) -> float:
        """One step along the mean over tasks of `grads`, `[T, ...]`. Returns the mean's norm.

        The gradients of parameters with a row for each feature have those of `columns` alone.

        A task's gradient is cut to twice the median norm, so that no single task leads, and the
        mean to norm 1. Raises Diverged where that norm is not finite.
        """
        flat = {name: g.flatten(1) for name, g in grads.items()}  # [T, P] each
        norms = torch.stack([g.norm(dim=1) for g in flat.values()]).norm(dim=0)  # [T]
        limit = 2 * norms.median()
        share = (limit / norms.clamp_min(1e-12)).clamp_max(1) / len(norms)
        means = {name: share @ g for name, g in flat.items()}
        norm = math.sqrt(sum(float(mean.square().sum()) for mean in means.values()))
        if not math.isfinite(norm):
            raise Diverged("the meta-gradient is not finite - try smaller step sizes")
        for name, mean in means.items():
            gradient = torch.zeros_like(self.params[name])
            rows = columns if sees(name, self.params[name]) else slice(None)
            gradient[rows] = (mean / max(1.0, norm)).view_as(gradient[rows])
            self.params[name].grad = gradient
        for group in self.adam.param_groups:
            group["lr"] = group["rate"] * self._schedule(progress)
        self.adam.step()
        with torch.no_grad():
            self.count += 1
            decay = min(self.config.average, (1 + self.count) / (10 + self.count))
            for name, average in self.average.items():
                average.lerp_(self.params[name], 1 - decay)
        return norm

    def checkpoint(self) -> Params:
        """Everything that the next step depends on, by name."""
        found = {f"params.{n}": p.detach().clone() for n, p in self.params.items()}
        found |= {f"average.{n}": p.clone() for n, p in self.average.items()}
        found["count"] = torch.tensor(self.count)
        return found | (adam_state(self.params, self.adam) if self.count else {})

    def restore(self, checkpoint: Params) -> None:
        """Take over a checkpoint: the steps to come are those that would have come."""
        for name in self.params:
            self.params[name].data.copy_(checkpoint[f"params.{name}"])
            self.average[name].copy_(checkpoint[f"average.{name}"])
        self.count = int(checkpoint["count"])
        restore_adam(self.params, self.adam, checkpoint)

    def _schedule(self, progress: float) -> float:
        c = self.config
        if progress < c.warm_up:
            return (progress + 1e-3) / (c.warm_up + 1e-3)
        falling = (progress - c.warm_up) / (1 - c.warm_up)
        return c.final + (1 - c.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))

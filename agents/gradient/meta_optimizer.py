"""The outer optimiser of all gradient learners: clipping, Adam, schedule and averaging."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from agents import ranks
from agents.adam import Adam, adam_state, restore_adam
from agents.gradient.policy import Params, has_feature_rows, without_effect
from agents.inner_config import STEP_SIZES
from agents.learner import Diverged, check_options


@dataclass(frozen=True)
class OuterConfig:
    """Options of the outer optimiser."""

    learning_rate: float = 2e-3
    """Peak learning rate of Adam for the initialisation (0 to 10)."""
    step_size_rate: float = 2e-2
    """Peak learning rate of Adam for the logarithms of the step sizes (0 to 10)."""
    warm_up: float = 0.01
    """Share of training in which the rates rise to their peak (0 to 0.99); then a cosine."""
    final: float = 0.02
    """Final learning rates as a share of their peak (0 to 1)."""
    average: float = 0.99
    """Decay of the moving average of the meta-parameters, which adapt (0 to 1)."""

    def __post_init__(self) -> None:
        check_options(self, learning_rate=(0, 10), step_size_rate=(0, 10), warm_up=(0, 0.99))
        check_options(self, final=(0, 1), average=(0, 1))


class MetaOptimizer:
    """The meta-parameters `params`, their moving `average`, and the optimiser that updates them."""

    def __init__(self, params: Params, config: OuterConfig) -> None:
        self.config = config
        self.params = {name: p.clone() for name, p in params.items()}
        self.average = {name: p.clone() for name, p in params.items()}
        self.count = 0  # steps taken

    @cached_property
    def adam(self) -> Adam:
        """The Adam optimiser, created on first use."""
        sizes = {n: p for n, p in self.params.items() if n.startswith(STEP_SIZES)}
        rest = [p for n, p in self.params.items() if n not in sizes]
        groups = [
            {"params": rest, "rate": self.config.learning_rate},
            {"params": list(sizes.values()), "rate": self.config.step_size_rate},
        ]
        return Adam(groups)

    def step(
        self,
        grads: Params,
        columns: Tensor,
        progress: float,
        shared: Callable[[Tensor], Params] | None = None,
    ) -> float:
        """Take one step along the mean over tasks of `grads` [T, ...], and return the mean's norm.

        Each task's gradient is clipped to twice the median norm, so that no single task dominates.
        `shared` gives the gradients of parameters that the tasks share, from the weights of the
        tasks [T]. With several ranks, the tasks are this rank's share of all; norms and means are
        those of all. See `descend`.
        """
        flat = {name: g.flatten(1) for name, g in grads.items()}  # [T, P] each
        norms = torch.stack([g.norm(dim=1) for g in flat.values()]).norm(dim=0)  # [T]
        of_all = torch.from_numpy(ranks.gather(norms.numpy()))
        limit = 2 * of_all.median()
        share = (limit / norms.clamp_min(1e-12)).clamp_max(1) / len(of_all)
        means = {name: share @ g for name, g in flat.items()}
        if shared is not None:
            means |= {name: g.flatten() for name, g in shared(share).items()}
        return self.descend(ranks.add(means), columns, progress)

    def descend(self, means: Params, columns: Tensor, progress: float) -> float:
        """Take one step along mean gradients, clipped to norm 1, and return their norm.

        Gradients of parameters with one row per feature contain only the rows of `columns`.
        Parameters without effect stay as they are. Raises Diverged if the norm is not finite.
        """
        # The gradient of a parameter without effect is all rounding errors. Adam would make whole
        # steps of them: other ones on each machine, and with each number of ranks.
        idle = without_effect(self.params)
        means = {name: mean for name, mean in means.items() if name not in idle}
        norm = math.sqrt(sum(float(mean.square().sum()) for mean in means.values()))
        if not math.isfinite(norm):
            raise Diverged("the meta-gradient is not finite - try smaller step sizes")
        for name, mean in means.items():
            gradient = torch.zeros_like(self.params[name])
            rows = columns if has_feature_rows(name, self.params[name]) else slice(None)
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
        """Return everything that the next step depends on, by name."""
        state = {f"params.{n}": p.detach().clone() for n, p in self.params.items()}
        state |= {f"average.{n}": p.clone() for n, p in self.average.items()}
        state["count"] = torch.tensor(self.count)
        return state | (adam_state(self.params, self.adam) if self.count else {})

    def restore(self, checkpoint: Params) -> None:
        """Restore a checkpoint; training then continues exactly as if it had not stopped."""
        for name in self.params:
            self.params[name].data.copy_(checkpoint[f"params.{name}"])
            self.average[name].copy_(checkpoint[f"average.{name}"])
        self.count = int(checkpoint["count"])
        restore_adam(self.params, self.adam, checkpoint)

    def _schedule(self, progress: float) -> float:
        """Return the factor on the learning rates: linear warm-up, then cosine decay."""
        c = self.config
        if progress < c.warm_up:
            return (progress + 1e-3) / (c.warm_up + 1e-3)
        falling = (progress - c.warm_up) / (1 - c.warm_up)
        return c.final + (1 - c.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))

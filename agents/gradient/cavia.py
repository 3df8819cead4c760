"""CAVIA (Zintgraf et al. 2019): adapt only a context vector, and meta-learn everything else.

The context is a set of extra network inputs, the same in every state. The inner loop changes
nothing else: what it can express is learned, and a step disturbs little. The rest is MAML.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.gradient.gradient_learner import TaskParams
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.policy import Observation, Params
from agents.learner import check_options


@dataclass(frozen=True)
class CaviaConfig(MamlConfig):
    """Options of cavia."""

    context: int = 32
    """Length of the context vector (1 to 4096); the paper calls its entries context parameters."""
    step_size: float = 1.0
    """Initial step size of the context vector in the inner loop (1e-6 to 100)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, context=(1, 4096))
        name = "graph.head" if self.sees_graph else "hidden"
        if not self.first_width:
            raise ValueError(
                f"option '{name}' is empty, and the context needs a first hidden layer"
            )

    @property
    def first_width(self) -> int:
        """The number of units in the first hidden layer; 0 without one."""
        return next(iter(self.graph.head if self.sees_graph else self.hidden), 0)


class Cavia(Maml):
    """Meta-parameters: the network, its input weights `c0` of the context, and step sizes of the
    context."""

    Config = CaviaConfig
    config: CaviaConfig

    def init_params(self, rng: np.random.Generator) -> Params:
        """Return an untrained network, with first-layer weights `c0 [C, H]` for the context."""
        width = self.config.first_width
        rows = rng.standard_normal((self.config.context, width)) / np.sqrt(self.config.context)
        return {"c0": torch.tensor(rows, dtype=torch.float32)} | super().init_params(rng)

    def init_step_sizes(self, init: Params) -> Params:
        """Return initial log step sizes for the context alone."""
        return super().init_step_sizes({"context": torch.zeros(1, self.config.context)})

    def params_for_tasks(
        self, meta: Params, observation: Observation, columns: Tensor
    ) -> TaskParams:
        """Return the parameters of T tasks; each starts with a zero context, which is not
        meta-learned."""
        start = super().params_for_tasks(meta, observation, columns)
        n_tasks = len(start.params["c0"])
        zeros = torch.zeros(n_tasks, 1, self.config.context, dtype=self.dtype, requires_grad=True)
        return TaskParams(start.leaves, {**start.params, "context": zeros}, start.step_sizes)

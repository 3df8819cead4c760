"""CAVIA (Zintgraf et al. 2019): adapt a context vector only, and meta-learn all the rest.

The context is a few more inputs of the network, the same in every state. The inner loop moves
nothing else, so what it can express is learned, and a step disturbs little. Otherwise it is MAML.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.gradient.gradient_learner import Start
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.policy import Params
from agents.learner import check_options


@dataclass(frozen=True)
class CaviaConfig(MamlConfig):
    """Options of cavia."""

    context: int = 32
    """Numbers in the context vector."""
    step_size: float = 1.0
    """Of the context, to begin with."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, context=(1, 4096))


class Cavia(Maml):
    """Meta-parameters: the network with rows `c0` for the context, and the context's step sizes."""

    Config = CaviaConfig
    config: CaviaConfig

    def first_params(self, rng: np.random.Generator) -> Params:
        """A network, and rows of its first layer for the context."""
        width = self.config.hidden[0]
        rows = rng.standard_normal((self.config.context, width)) / np.sqrt(self.config.context)
        return {"c0": torch.tensor(rows, dtype=torch.float32)} | super().first_params(rng)

    def first_step_sizes(self, init: Params) -> Params:
        """Of the context alone."""
        return super().first_step_sizes({"context": torch.zeros(1, self.config.context)})

    def begin(self, meta: Params, columns: Tensor, n_tasks: int) -> Start:
        """Every task begins with the context zero, which is no meta-parameter."""
        start = super().begin(meta, columns, n_tasks)
        zeros = torch.zeros(n_tasks, 1, self.config.context, dtype=self.dtype, requires_grad=True)
        return Start(start.leaves, {**start.params, "context": zeros}, start.step_sizes)

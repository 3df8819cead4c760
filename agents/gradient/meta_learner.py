"""Learners whose meta-parameters a `MetaOptimizer` holds: how these are saved and loaded."""

from __future__ import annotations

import torch

from agents.gradient.meta_optimizer import MetaOptimizer
from agents.learner import Arrays, BaseLearner


class MetaLearner(BaseLearner):
    """A learner with meta-parameters in `meta`, whose moving average adapts."""

    meta: MetaOptimizer
    parallel = True

    def state(self) -> Arrays:
        """Return the averaged meta-parameters."""
        return {name: p.numpy().copy() for name, p in self.meta.average.items()}

    def load(self, state: Arrays) -> None:
        """See `Learner.load`."""
        ordered = {name: torch.from_numpy(state[name]) for name in self.meta.params}
        self.meta = MetaOptimizer(ordered, self.config.outer)

    def checkpoint(self) -> Arrays:
        """See `Learner.checkpoint`."""
        return {name: tensor.numpy() for name, tensor in self.meta.checkpoint().items()}

    def restore(self, checkpoint: Arrays) -> None:
        """See `Learner.restore`."""
        self.meta.restore({name: torch.from_numpy(a) for name, a in checkpoint.items()})

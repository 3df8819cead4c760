"""Multi-task pretraining, the baseline to beat (Mandi et al. 2022): no meta-learning at all.

One policy is trained for return on all training tasks at once, by the same exact objective and with
the same reasons to explore; a new task then fine-tunes it with the same inner loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from agents.gradient.gradient_learner import GradientConfig, GradientLearner
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import log_probs
from agents.observations import features_of
from agents.rollout import Rngs
from game.world.batch import GridBatch


@dataclass(frozen=True)
class MultitaskConfig(GradientConfig):
    """Options of multitask."""


class Multitask(GradientLearner):
    """Meta-parameters: the policy, and a step size tuned on validation tasks."""

    Config = MultitaskConfig
    config: MultitaskConfig

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One step of ordinary training. It samples nothing: the return is known exactly."""
        features, columns = features_of(batch, self.dtype)
        params = self.begin(self.meta.params, columns, batch.n_tasks).params
        objective = OuterObjective(batch, self.config, self.dtype)
        logp = log_probs(params, features)
        objective.explore(logp, self.config.inner.episodes)
        objective.reach(0, logp)
        grads = torch.autograd.grad(objective.loss.sum(), list(params.values()))
        norm = self.meta.step(dict(zip(params, grads, strict=True)), columns, progress)
        return {**objective.metrics, "gradient_norm": norm, "env_steps": 0}

"""Multi-task pretraining (Mandi et al. 2022), the baseline for meta-learning.

One policy is trained to maximise the return on all training tasks at once, with the same exact
objective and exploration terms as the meta-learners. The same inner loop then fine-tunes it on a
new task.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from agents import ranks
from agents.gradient.gradient_learner import GradientConfig, GradientLearner
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import log_probs
from agents.rollout import Rngs
from game.session.messages import Phase
from game.world.batch import GridBatch


@dataclass(frozen=True)
class MultitaskConfig(GradientConfig):
    """Options of multitask."""


class Multitask(GradientLearner):
    """Meta-parameters: the shared policy, and a step size tuned on validation tasks."""

    Config = MultitaskConfig
    config: MultitaskConfig

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Take one step of ordinary training; the return is exact, so no episodes are sampled."""
        features, columns = self.observe_in_training(batch, rngs)
        start = self.params_for_tasks(self.meta.params, features, columns)
        objective = OuterObjective(batch, self.config, self.dtype)
        logp = log_probs(start.params, features)
        objective.add_exploration(logp, self.config.inner.episodes)
        objective.add_return(0, logp)
        self.on_phase(Phase.UPDATE)
        leaves = start.without_step_sizes
        grads = torch.autograd.grad(objective.loss().sum(), list(leaves.values()))
        by_name = dict(zip(leaves, grads, strict=True))
        norm = self.update_meta(by_name, features, columns, progress)
        metrics = {**objective.metrics, "gradient_norm": norm, "env_steps": 0}
        return ranks.of_whole_batch(metrics, batch.n_tasks)

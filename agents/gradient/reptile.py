"""Reptile (Nichol et al. 2018): move the initialisation towards where the inner loop ends.

No gradient goes through the inner loop: `old + epsilon * (new - old)`, averaged over tasks. Here
`old - new` stands in for a gradient, so that the outer loop's optimiser, shared with the other
learners, takes the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from agents.gradient.gradient_learner import GradientConfig, GradientLearner
from agents.gradient.inner_loop import InnerObjective, collect, improve
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import log_probs
from agents.learner import check_options
from agents.observations import features_of
from agents.rollout import Rngs
from game.world.batch import GridBatch


@dataclass(frozen=True)
class ReptileConfig(GradientConfig):
    """Options of reptile."""

    inner_steps: int = 3
    """Gradient steps whose end the initialisation moves towards."""
    pull: float = 1.0
    """Weight of the way that the inner loop goes, beside the reasons to explore."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, inner_steps=(1, 100), pull=(0, 1e6))


class Reptile(GradientLearner):
    """Meta-parameters: the initialisation, and a step size tuned on validation tasks."""

    Config = ReptileConfig
    config: ReptileConfig

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop; see `Learner.meta_update`."""
        config = self.config
        features, columns = features_of(batch, self.dtype)
        start = self.begin(self.meta.params, columns, batch.n_tasks)
        objective, trial = (
            OuterObjective(batch, config, self.dtype),
            InnerObjective(batch, config.inner),
        )
        sizes = {name: torch.full_like(p, config.step_size) for name, p in start.params.items()}
        params, env_steps = start.params, 0
        for k in range(config.inner_steps):
            logp = log_probs(params, features)
            if k == 0:
                objective.explore(logp, config.inner.episodes)
            data = collect(batch, logp, config.inner.episodes, rngs)
            env_steps += int(data.env_steps.sum())
            params = improve(params, sizes, features, logp, data, trial)
        exploring = torch.autograd.grad(objective.loss.sum(), list(start.params.values()))
        scale = config.pull / (config.inner_steps * config.step_size)
        grads = {
            name: (old - params[name]).detach() * scale + reason
            for (name, old), reason in zip(start.params.items(), exploring, strict=True)
        }
        norm = self.meta.step(grads, columns, progress)
        return {**objective.metrics, "gradient_norm": norm, "env_steps": env_steps}

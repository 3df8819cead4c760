"""Reptile (Nichol et al. 2018): move the initialisation towards the adapted parameters.

The update is `old + epsilon * (new - old)`, averaged over tasks, without a gradient through the
inner loop. Here `old - new` is passed as a gradient to the outer optimiser, which all gradient
learners share. The encoder of the body 'graph' is constant in the inner loop. It is moved along the
sum of the inner losses' gradients: first order, that is where it would have gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents import ranks
from agents.gradient.gradient_learner import FEATURES, GradientConfig, GradientLearner
from agents.gradient.inner_loop import InnerObjective, collect_episodes, trusted_step
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import log_probs
from agents.learner import check_options
from agents.rollout import Rngs
from game.session.messages import Phase
from game.world.batch import GridBatch


@dataclass(frozen=True)
class ReptileConfig(GradientConfig):
    """Options of reptile."""

    inner_steps: int = 3
    """Inner gradient steps before each outer update (1 to 100); k in the paper."""
    pull: float = 1.0
    """Weight of the step towards the adapted parameters, besides exploration (0 to 1e6)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, inner_steps=(1, 100), pull=(0, 1e6))


class Reptile(GradientLearner):
    """Meta-parameters: the initialisation, and a step size tuned on validation tasks."""

    Config = ReptileConfig
    config: ReptileConfig

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Run one iteration of the outer loop; see `Learner.meta_update`."""
        config = self.config
        features, columns = self.observe_in_training(batch, rngs)
        start = self.params_for_tasks(self.meta.params, features, columns)
        outer = OuterObjective(batch, config, self.dtype)
        inner = InnerObjective(batch, config.inner)
        size = torch.full((1, 1, 1), config.step_size, dtype=self.dtype)
        sizes = dict.fromkeys(start.params, size)
        if config.sees_graph:
            tables = config.graph.table_steps
            sizes |= {name: torch.full_like(size, step) for name, step in tables.items()}
        leaves = start.without_step_sizes
        params, env_steps = start.params, 0
        by_features: Tensor | float = 0.0
        for k in range(config.inner_steps):
            logp = log_probs(params, features)
            if k == 0:
                outer.add_exploration(logp, config.inner.episodes)
            self.on_phase(Phase.EPISODES)
            data = collect_episodes(batch, logp, config.inner.episodes, rngs)
            self.on_phase(Phase.ADAPTATION)
            env_steps += int(data.env_steps.sum())
            episodes = inner.with_kept(data)
            loss = inner.loss(logp, data)
            if FEATURES in leaves:
                by_features += torch.autograd.grad(loss.sum(), leaves[FEATURES], retain_graph=True)[
                    0
                ]
            params = trusted_step(params, sizes, features, logp, episodes, loss, inner)
        self.on_phase(Phase.UPDATE)
        exploration = torch.autograd.grad(outer.loss().sum(), list(leaves.values()))
        scale = config.pull / (config.inner_steps * config.step_size)
        grads = {
            name: (old - params[name]).detach() * scale + explore
            for (name, old), explore in zip(leaves.items(), exploration, strict=True)
            if name != FEATURES
        }
        if FEATURES in leaves:
            pull = by_features * (config.pull / config.inner_steps)
            grads[FEATURES] = pull + exploration[list(leaves).index(FEATURES)]
        norm = self.update_meta(grads, features, columns, progress)
        metrics = {**outer.metrics, "gradient_norm": norm, "env_steps": env_steps}
        return ranks.of_whole_batch(metrics, batch.n_tasks)

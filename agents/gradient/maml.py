"""MAML (Finn et al. 2017): learn an initialisation from which a few gradient steps suffice.

The outer loop differentiates through the inner loop. The inner loop uses sampled episodes only. The
outer objective uses the simulator: the exact expected return of the adapted policies, summed over
the inner steps (the multi-step loss of MAML++, Antoniou et al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from agents import ranks
from agents.gradient.body import ENCODER
from agents.gradient.gradient_learner import GradientConfig, GradientLearner
from agents.gradient.inner_loop import InnerObjective, collect_episodes, inner_update
from agents.gradient.losses import emaml_loss, log_likelihood, plain_surrogate
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import Observation, Params, log_probs
from agents.inner_config import STEP_SIZES
from agents.learner import check_options
from agents.rollout import Rngs, Rollout
from game.session.messages import Phase
from game.world.batch import GridBatch


@dataclass(frozen=True)
class MamlConfig(GradientConfig):
    """Options of maml."""

    first_order: bool = False
    """Treat the inner gradient as a constant in the outer gradient (first-order MAML, FOMAML)."""
    inner_steps: int = 3
    """Inner gradient steps that training differentiates through (1 to 100)."""
    step_sizes: Literal["parameter", "layer"] = "parameter"
    """Learned step sizes: per parameter (Meta-SGD, Li et al. 2017), or per layer (MAML++)."""
    per_step: bool = False
    """Learn separate step sizes for each inner step (MAML++); further steps use the last ones."""
    multi_step: bool = True
    """Sum the outer objective over all inner steps (MAML++) instead of using only the last one."""
    emaml: float = 0.0
    """Weight of the E-MAML term (Stadie et al. 2018) in the 'exact' objective (0 to 1e6)."""
    objective: Literal["exact", "sampled"] = "exact"
    """Outer objective: 'exact' return after each step, or 'sampled' episodes after the last."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, inner_steps=(1, 100), emaml=(0, 1e6))
        if self.emaml and self.objective == "sampled":
            raise ValueError("option 'emaml' needs the 'exact' objective")


class Maml(GradientLearner):
    """Meta-parameters: the initialisation, and step sizes that are learned together with it."""

    Config = MamlConfig
    config: MamlConfig
    tuned = False

    def init_step_sizes(self, init: Params) -> Params:
        """Return log step sizes: `log_alpha.w0`, or with `per_step` `log_alpha.0.w0` for step 0."""
        config = self.config
        steps = [f"{k}." for k in range(config.inner_steps)] if config.per_step else [""]
        shapes = {
            n: p.shape if config.step_sizes == "parameter" else (1,)
            for n, p in init.items()
            if not n.startswith(ENCODER)
        }
        start = torch.tensor(config.step_size).log()
        sizes = {name: start.expand(shape).clone() for name, shape in shapes.items()}
        if config.sees_graph:
            tables = config.graph.table_steps
            sizes |= {name: torch.tensor([size]).log() for name, size in tables.items()}
        return {
            STEP_SIZES + step + name: size.clone() for step in steps for name, size in sizes.items()
        }

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Run one iteration of the outer loop; see `Learner.meta_update`."""
        features, columns = self.observe_in_training(batch, rngs)
        grads, metrics = self.meta_gradient(batch, features, columns, rngs)
        norm = self.update_meta(grads, features, columns, progress)
        return {**ranks.of_whole_batch(metrics, batch.n_tasks), "gradient_norm": norm}

    def meta_gradient(
        self,
        batch: GridBatch,
        features: Observation,
        columns: Tensor,
        rngs: Rngs,
        collect: Callable[[GridBatch, Tensor, int, Rngs], Rollout] = collect_episodes,
    ) -> tuple[Params, dict[str, float]]:
        """Return each task's gradient of the outer loss [T, ...] by meta-parameter, and metrics.

        `collect` samples the episodes of a policy; pass another function to use given episodes.
        """
        config, last = self.config, self.config.inner_steps
        start = self.params_for_tasks(self.meta.params, features, columns)
        params = start.params
        outer = OuterObjective(batch, config, self.dtype, config.objective == "exact")
        inner = InnerObjective(batch, config.inner)
        likelihoods, policies = [], []
        env_steps = 0
        sampled: Tensor | float = 0.0
        for k in range(last + 1):
            logp = log_probs(params, features)
            if k == 0:
                outer.add_exploration(logp, config.inner.episodes)
            elif k == last or config.multi_step:
                outer.add_return(k, logp)
                outer.add_search(k, logp, ~inner.found)
            policies.append(logp)
            if k == last and config.objective == "exact":
                break
            self.on_phase(Phase.EPISODES)
            data = collect(batch, logp, config.inner.episodes, rngs)
            env_steps += int(data.env_steps.sum())
            if k == last:
                weights = torch.from_numpy(inner.weights(data)).to(logp.dtype)
                sampled = plain_surrogate(logp, weights)
                break
            if config.emaml:
                likelihoods.append(log_likelihood(logp, data))
            sizes = start.step_sizes[min(k, len(start.step_sizes) - 1)]
            differentiable = not config.first_order
            self.on_phase(Phase.ADAPTATION)
            params = inner_update(params, sizes, features, logp, data, inner, differentiable)
        self.on_phase(Phase.UPDATE)
        loss = outer.loss() + sampled
        if config.emaml:
            scores = list(outer.scores([logp.detach() for logp in policies]))
            loss = loss + config.emaml * emaml_loss(likelihoods, scores)
        grads = torch.autograd.grad(loss.sum(), list(start.leaves.values()), allow_unused=True)
        by_name = {
            name: _by_meta_parameter(name, leaf, grad)
            for (name, leaf), grad in zip(start.leaves.items(), grads, strict=True)
        }
        return by_name, {**outer.metrics, "env_steps": env_steps}


def _by_meta_parameter(name: str, leaf: Tensor, grad: Tensor | None) -> Tensor:
    """Return the gradient by a meta-parameter, given that by its leaf (None: 0).

    Meta-parameters of step sizes are logarithms: d loss / d log a = a d loss / d a.
    """
    if grad is None:
        return torch.zeros(leaf.shape, dtype=leaf.dtype)
    return grad * leaf.detach() if name.startswith(STEP_SIZES) else grad

"""MAML (Finn et al. 2017): learn an initialisation from which a few gradient steps go far.

The outer loop differentiates through the inner one. Inner data are sampled episodes only; the outer
objective uses what a simulator knows: the exact expected return of the adapted policies, summed
over the steps (the multi-step loss of Antoniou et al. 2019, MAML++).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from agents.gradient.gradient_learner import GradientConfig, GradientLearner
from agents.gradient.inner_loop import InnerObjective, collect, improve
from agents.gradient.losses import emaml_credit, log_likelihood, plain_surrogate
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import Params, log_probs
from agents.learner import STEP_SIZES, check_options
from agents.observations import features_of
from agents.rollout import Rngs, Rollout
from game.world.batch import GridBatch


@dataclass(frozen=True)
class MamlConfig(GradientConfig):
    """Options of maml."""

    first_order: bool = False
    """FOMAML: treat the inner gradient as a constant."""
    inner_steps: int = 3
    """Gradient steps that training looks through."""
    step_sizes: Literal["parameter", "layer"] = "parameter"
    """The step sizes are learned: one for each parameter (Meta-SGD, Li et al. 2017), or one for
    each layer's weights and one for its biases (MAML++)."""
    per_step: bool = False
    """Whether each inner step has step sizes of its own (those of the last go on)."""
    multi_step: bool = True
    """Whether the outer objective sums over all steps, or takes the last one alone."""
    emaml: float = 0.0
    """Weight of E-MAML's credit to the policies of the inner loop for the episodes they collected;
    goes with the inner surrogate 'plain'."""
    objective: Literal["exact", "sampled"] = "exact"
    """Outer objective: 'exact' return after each step, or 'sampled' episodes after the last."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, inner_steps=(1, 100), emaml=(0, 1e6))
        if self.emaml and self.objective == "sampled":
            raise ValueError("option 'emaml' needs the 'exact' objective")


class Maml(GradientLearner):
    """Meta-parameters: the initialisation, and step sizes that are learned with it."""

    Config = MamlConfig
    config: MamlConfig
    tuned = False

    def first_step_sizes(self, init: Params) -> Params:
        """As logarithms: `log_alpha.w0`, or `log_alpha.0.w0` for each inner step."""
        config = self.config
        steps = [f"{k}." for k in range(config.inner_steps)] if config.per_step else [""]
        shapes = {n: p.shape if config.step_sizes == "parameter" else (1,) for n, p in init.items()}
        start = torch.tensor(config.step_size).log()
        return {
            STEP_SIZES + step + name: start.expand(shape).clone()
            for step in steps
            for name, shape in shapes.items()
        }

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop; see `Learner.meta_update`."""
        features, columns = features_of(batch, self.dtype)
        grads, metrics = self.meta_gradient(batch, features, columns, rngs)
        norm = self.meta.step(grads, columns, progress)
        return {**metrics, "gradient_norm": norm}

    def meta_gradient(
        self,
        batch: GridBatch,
        features: Tensor,
        columns: Tensor,
        rngs: Rngs,
        collect: Callable[[GridBatch, Tensor, int, Rngs], Rollout] = collect,
    ) -> tuple[Params, dict[str, float]]:
        """Each task's gradient of the outer loss [T, ...] by meta-parameter, and metrics.

        `collect` gives the episodes of a policy; another one can go through all there are.
        """
        config, last = self.config, self.config.inner_steps
        start = self.begin(self.meta.params, columns, batch.n_tasks)
        params = start.params
        objective = OuterObjective(batch, config, self.dtype, config.objective == "exact")
        trial = InnerObjective(batch, config.inner)
        likelihoods, scores = [], []
        env_steps = 0
        for k in range(last + 1):
            logp = log_probs(params, features)
            if k == 0:
                objective.explore(logp, config.inner.episodes)
            elif k == last or config.multi_step:
                objective.reach(k, logp)
            if config.emaml:
                scores.append(objective.score(logp.detach()))
            if k == last and config.objective == "exact":
                break
            data = collect(batch, logp, config.inner.episodes, rngs)
            env_steps += int(data.env_steps.sum())
            if k == last:
                weights = torch.from_numpy(trial.weights(data)).to(logp.dtype)
                objective.loss = objective.loss + plain_surrogate(logp, weights)
                break
            likelihoods.append(log_likelihood(logp, data) if config.emaml else logp.new_zeros(1))
            sizes = start.step_sizes[min(k, len(start.step_sizes) - 1)]
            differentiable = not config.first_order
            params = improve(params, sizes, features, logp, data, trial, differentiable)
        loss = objective.loss
        if config.emaml:
            loss = loss + config.emaml * emaml_credit(likelihoods, scores)
        grads = torch.autograd.grad(loss.sum(), list(start.leaves.values()), allow_unused=True)
        found = {
            name: torch.zeros_like(leaf) if grad is None else grad
            for (name, leaf), grad in zip(start.leaves.items(), grads, strict=True)
        }
        return found, {**objective.metrics, "env_steps": env_steps}

"""MAML (Finn et al. 2017): learn an initialisation from which a few gradient steps go far.

The outer loop differentiates through the inner one. Inner data are sampled episodes only; the outer
objective is the exact expected return of the adapted policies, which the tables give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from agents import inner
from agents.inner import SURROGATES, InnerConfig, collect, inner_update, inner_weights
from agents.losses import Dynamics, entropy, expected_return
from agents.outer import MetaOptimizer, OuterConfig
from agents.policy import Params, for_tasks, init_mlp, keep_columns, log_probs
from agents.rollout import Rngs
from game.features import N_FEATURES
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep


@dataclass(frozen=True)
class MamlConfig:
    """Options of maml."""

    first_order: bool = False
    """FOMAML: treat the inner gradient as a constant."""
    inner_steps: int = 3
    """Gradient steps that training looks through."""
    hidden: tuple[int, ...] = (64, 64)
    """Width of each hidden layer."""
    step_size: float = 0.1
    """Where the learned step sizes (Meta-SGD, Li et al. 2017) begin."""
    entropy_bonus: float = 0.3
    """Reason to explore: weight of the entropy of the policy before adaptation, in the outer loss."""
    later_entropy: float = 0.1
    """The share of it for the policies after each step."""
    inner: InnerConfig = field(default_factory=InnerConfig)
    outer: OuterConfig = field(default_factory=OuterConfig)


class Maml:
    """Meta-parameters: the initialisation `w, b`, and a step size `log_alpha` for each of them."""

    Config = MamlConfig

    def __init__(self, config: MamlConfig, seed: int) -> None:
        self.config = config
        sizes = (N_FEATURES, *config.hidden, N_ACTIONS)
        init = init_mlp(sizes, np.random.default_rng(seed))
        log_alpha = {
            f"log_alpha.{name}": torch.full_like(p, float(np.log(config.step_size)))
            for name, p in init.items()
        }
        self.meta = MetaOptimizer({**init, **log_alpha}, config.outer)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop; see `Learner.meta_update`."""
        config = self.config
        leaves, params, step_sizes = self._for_tasks(self.meta.params, batch.n_tasks)
        features, columns = inner.see(batch, params["w0"].dtype)
        params, step_sizes = keep_columns(params, columns), keep_columns(step_sizes, columns)
        dynamics = Dynamics(batch, features.dtype)
        acting = torch.from_numpy(~batch.over).to(features.dtype)  # [T, S]

        total = torch.zeros(batch.n_tasks)
        returns = []
        for k in range(config.inner_steps + 1):
            logp = log_probs(params, features)
            bonus = config.entropy_bonus * (config.later_entropy if k else 1.0)
            total = total - bonus * entropy(logp, acting)
            if k:
                returns.append(expected_return(dynamics, logp.exp()))
                total = total - returns[-1]
            if k < config.inner_steps:
                data = collect(batch, logp, config.inner.episodes, rngs)
                weights = torch.from_numpy(inner_weights(data, batch.n_states, config.inner))
                loss = SURROGATES[config.inner.surrogate](logp, weights.to(logp.dtype))
                params = inner_update(params, step_sizes, loss, not config.first_order)

        grads = torch.autograd.grad(total.sum(), list(leaves.values()))
        norm = self.meta.step(dict(zip(leaves, grads)), progress)
        return {
            "loss": float(total.detach().mean()),
            "return_first": float(returns[0].detach().mean()),
            "return_last": float(returns[-1].detach().mean()),
            "gradient_norm": norm,
        }

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """The inner loop from the averaged meta-parameters; see `Learner.adapt`."""
        _, params, step_sizes = self._for_tasks(self.meta.average, batch.n_tasks)
        return inner.adapt(params, step_sizes, batch, rngs, steps, self.config.inner)

    def _for_tasks(self, meta: Params, n_tasks: int) -> tuple[Params, Params, Params]:
        """A leaf of every meta-parameter for each task, then initial parameters and step sizes."""
        shared = {name: p.detach() for name, p in meta.items()}
        leaves = {name: p.clone().requires_grad_() for name, p in for_tasks(shared, n_tasks).items()}
        params = {name: p for name, p in leaves.items() if not name.startswith("log_alpha.")}
        return leaves, params, {name: leaves[f"log_alpha.{name}"].exp() for name in params}

    def state(self) -> dict[str, Tensor]:
        """The averaged meta-parameters."""
        return {name: p.clone() for name, p in self.meta.average.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over meta-parameters."""
        self.meta = MetaOptimizer(state, self.config.outer)

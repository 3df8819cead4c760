"""MAML (Finn et al. 2017): learn an initialisation from which a few gradient steps go far.

The outer loop differentiates through the inner one. Inner data are sampled episodes only; the outer
objective uses what a simulator knows: the exact expected return of the adapted policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from agents import inner
from agents.inner import InnerConfig, Trial, collect, improve
from agents.learner import check_options
from agents.losses import Dynamics, entropy, expected_return, plain_surrogate
from agents.outer import LOG_ALPHA, MetaOptimizer, OuterConfig
from agents.policy import Params, for_tasks, init_mlp, keep_columns, log_probs
from agents.rollout import Rngs
from game.features import N_FEATURES
from game.planner import optimal_return, random_return
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
    """Where the learned step sizes (Meta-SGD, Li et al. 2017), one per parameter, begin."""
    objective: Literal["exact", "sampled"] = "exact"
    """Outer objective: 'exact' return after each step, or 'sampled' episodes after the last."""
    discovery: float = 1.0
    """Reason to explore: weight of the chance that the episodes before adaptation find the goal."""
    entropy: float = 0.06
    """Reason to explore: weight of the entropy of the policy before adaptation."""
    later_entropy: float = 0.1
    """The share of it for the policies after each step."""
    inner: InnerConfig = field(default_factory=InnerConfig)
    outer: OuterConfig = field(default_factory=OuterConfig)

    def __post_init__(self) -> None:
        check_options(self, inner_steps=(1, 100), hidden=(1, 4096), step_size=(1e-6, 100))
        check_options(self, discovery=(0, 1e6), entropy=(0, 1e6), later_entropy=(0, 1e6))


class Maml:
    """Meta-parameters: the initialisation `w, b`, and a step size `log_alpha` for each of them."""

    Config = MamlConfig

    def __init__(self, config: MamlConfig, seed: int) -> None:
        self.config = config
        sizes = (N_FEATURES, *config.hidden, N_ACTIONS)
        init = init_mlp(sizes, np.random.default_rng(seed))
        log_alpha = float(np.log(config.step_size))
        step_sizes = {LOG_ALPHA + name: torch.full_like(p, log_alpha) for name, p in init.items()}
        self.meta = MetaOptimizer(init | step_sizes, config.outer)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop; see `Learner.meta_update`."""
        config = self.config
        features, columns = inner.see(batch, self.dtype)
        leaves, params, step_sizes = _for_tasks(self.meta.params, columns, batch.n_tasks)
        objective = Objective(batch, config, features.dtype)
        trial = Trial(batch, config.inner)
        env_steps = 0
        for k in range(config.inner_steps + 1):
            logp = log_probs(params, features)
            objective.add(k, logp)
            if k == config.inner_steps and config.objective == "exact":
                break
            data = collect(batch, logp, config.inner.episodes, rngs)
            env_steps += int(data.env_steps.sum())
            if k == config.inner_steps:
                objective.add_sampled(logp, trial.weights(data))
                break
            differentiable = not config.first_order
            params = improve(params, step_sizes, features, logp, data, trial, differentiable)

        grads = torch.autograd.grad(objective.loss.sum(), list(leaves.values()))
        norm = self.meta.step(dict(zip(leaves, grads, strict=True)), columns, progress)
        return {**objective.metrics, "gradient_norm": norm, "env_steps": env_steps}

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """The inner loop from the averaged meta-parameters; see `Learner.adapt`."""
        features, columns = inner.see(batch, self.dtype)
        _, params, step_sizes = _for_tasks(self.meta.average, columns, batch.n_tasks)
        return inner.adapt(params, step_sizes, features, batch, rngs, steps, self.config.inner)

    @property
    def dtype(self) -> torch.dtype:
        return self.meta.params["w0"].dtype

    def state(self) -> dict[str, Tensor]:
        """The averaged meta-parameters."""
        return {name: p.clone() for name, p in self.meta.average.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over meta-parameters."""
        self.meta = MetaOptimizer(state, self.config.outer)


def _for_tasks(meta: Params, columns: Tensor, n_tasks: int) -> tuple[Params, Params, Params]:
    """A leaf of every meta-parameter for each task, then initial parameters and step sizes."""
    shared = for_tasks(
        keep_columns({name: p.detach() for name, p in meta.items()}, columns), n_tasks
    )
    leaves = {name: p.clone().requires_grad_() for name, p in shared.items()}
    params = {name: p for name, p in leaves.items() if not name.startswith(LOG_ALPHA)}
    return leaves, params, {name: leaves[LOG_ALPHA + name].exp() for name in params}


class Objective:
    """The outer loss [T], summed over the policies of the inner loop as they come.

    Returns count in normalised units (1 is the way from the random policy to the optimum), so that
    no task outweighs another.
    """

    def __init__(self, batch: GridBatch, config: MamlConfig, dtype: torch.dtype) -> None:
        self.config = config
        self.exact = config.objective == "exact"
        self.acting = torch.from_numpy(~batch.over).to(dtype)  # [T, S]
        self.loss = torch.zeros(batch.n_tasks, dtype=dtype)
        self.metrics: dict[str, float] = {}
        if self.exact:
            self.dynamics = Dynamics(batch, dtype)
            self.discovery = Dynamics(batch, dtype, discovery=True)
            random = random_return(batch)
            room = np.maximum(optimal_return(batch) - random, 1e-6)
            self.random, self.room = torch.from_numpy(random), torch.from_numpy(room)

    def add(self, k: int, logp: Tensor) -> None:
        """What the policy after k steps, log-probabilities [T, S, A], contributes."""
        share = self.config.later_entropy if k else 1.0
        self.loss = self.loss - self.config.entropy * share * entropy(logp, self.acting)
        if not self.exact:
            return
        if k == 0:
            miss = 1 - expected_return(self.discovery, logp.exp()).clamp(0, 1)
            found = 1 - miss**self.config.inner.episodes
            self.loss = self.loss - self.config.discovery * found
            self._note("discovery", found)
        else:
            value = (expected_return(self.dynamics, logp.exp()) - self.random) / self.room
            self.loss = self.loss - value.to(logp.dtype)
            self._note(f"train_score_{k}", value)

    def add_sampled(self, logp: Tensor, weights: np.ndarray) -> None:
        """The policy gradient of the adapted policy from its own episodes."""
        self.loss = self.loss + plain_surrogate(logp, torch.from_numpy(weights).to(logp.dtype))

    def _note(self, name: str, values: Tensor) -> None:
        self.metrics[name] = float(values.detach().mean())

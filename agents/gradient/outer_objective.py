"""The outer objective of all gradient learners: exact expected return and exploration terms.

The inner loop uses sampled episodes; the outer objective may use the exact expected return of a
policy, differentiable through the simulator's tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.gradient.losses import Dynamics, entropy, expected_return
from agents.learner import check_options
from game.world.batch import GridBatch
from game.world.planner import baseline_returns


@dataclass(frozen=True)
class ObjectiveConfig:
    """Options of the outer objective: weights of its exploration terms."""

    discovery: float = 4.0
    """Weight of the probability of finding the goal before adaptation (0 to 1e6)."""
    entropy: float = 0.15
    """Weight of the policy's entropy before adaptation, for exploration (0 to 1e6)."""
    later_entropy: float = 0.1
    """Entropy weight after each adaptation step, as a share of --entropy (0 to 1e6)."""

    def __post_init__(self) -> None:
        check_options(self, discovery=(0, 1e6), entropy=(0, 1e6), later_entropy=(0, 1e6))


class OuterObjective:
    """The outer loss [T] of a batch of tasks: a sum of the terms added by its methods.

    Returns are normalised (0 is the random policy, 1 the optimum), so that all tasks weigh the
    same.
    """

    def __init__(
        self, batch: GridBatch, config: ObjectiveConfig, dtype: torch.dtype, exact: bool = True
    ) -> None:
        """Without `exact`, use only the entropy terms, which need no simulator."""
        self.config, self.exact = config, exact
        self.nonterminal = torch.from_numpy(~batch.over).to(dtype)  # [T, S]
        self.loss = torch.zeros(batch.n_tasks, dtype=dtype)
        self.metrics: dict[str, float] = {}
        if exact:
            self.dynamics = Dynamics(batch, dtype)
            self.discovery = Dynamics(batch, dtype, discovery=True)
            baselines = baseline_returns(batch)
            scale = np.maximum(baselines.optimal - baselines.random, 1e-6)
            self.random = torch.from_numpy(baselines.random).to(dtype)
            self.scale = torch.from_numpy(scale).to(dtype)

    def score(self, logp: Tensor) -> Tensor:
        """Return the exact score [T] of policies with log-probabilities `logp` [T, S, A]."""
        return (expected_return(self.dynamics, logp.exp()) - self.random) / self.scale

    def add_exploration(self, logp: Tensor, episodes: int) -> None:
        """Reward the policy before adaptation for its entropy and for finding the goal within
        `episodes` episodes."""
        value = entropy(logp, self.nonterminal)
        self.loss = self.loss - self.config.entropy * value
        self._record("entropy", value)
        if self.exact:
            miss = 1 - expected_return(self.discovery, logp.exp()).clamp(0, 1)
            success = 1 - miss**episodes
            self.loss = self.loss - self.config.discovery * success
            self._record("discovery", success)

    def add_return(self, k: int, logp: Tensor) -> None:
        """Reward the policy after k adaptation steps for its return and its entropy."""
        weight = self.config.entropy * self.config.later_entropy
        self.loss = self.loss - weight * entropy(logp, self.nonterminal)
        if self.exact:
            value = self.score(logp)
            self.loss = self.loss - value
            self._record(f"train_score_{k}", value)

    def _record(self, name: str, values: Tensor) -> None:
        self.metrics[name] = float(values.detach().mean())

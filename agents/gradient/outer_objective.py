"""The outer objective that gradient learners share: what a simulator knows, and reasons to explore.

Inner data are sampled episodes; the outer objective may use the exact expected return of a policy,
differentiable through the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.gradient.losses import Dynamics, entropy, expected_return
from agents.learner import check_options
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return


@dataclass(frozen=True)
class ObjectiveConfig:
    """What the outer loop wants besides return."""

    discovery: float = 4.0
    """Reason to explore: weight of the chance that the episodes before adaptation find the goal."""
    entropy: float = 0.15
    """Reason to explore: weight of the entropy of the policy before adaptation."""
    later_entropy: float = 0.1
    """The share of it for the policies after each step."""

    def __post_init__(self) -> None:
        check_options(self, discovery=(0, 1e6), entropy=(0, 1e6), later_entropy=(0, 1e6))


class OuterObjective:
    """The outer loss [T] of a batch of tasks, summed over the policies that it is shown.

    Returns count in normalised units (1 is the way from the random policy to the optimum), so that
    no task outweighs another.
    """

    def __init__(
        self, batch: GridBatch, config: ObjectiveConfig, dtype: torch.dtype, exact: bool = True
    ) -> None:
        """Without `exact` the entropies alone: nothing that only a simulator knows."""
        self.config, self.exact = config, exact
        self.acting = torch.from_numpy(~batch.over).to(dtype)  # [T, S]
        self.loss = torch.zeros(batch.n_tasks, dtype=dtype)
        self.metrics: dict[str, float] = {}
        if exact:
            self.dynamics = Dynamics(batch, dtype)
            self.finding = Dynamics(batch, dtype, discovery=True)
            random = random_return(batch)
            room = np.maximum(optimal_return(batch) - random, 1e-6)
            self.random = torch.from_numpy(random).to(dtype)
            self.room = torch.from_numpy(room).to(dtype)

    def score(self, logp: Tensor) -> Tensor:
        """[T] the exact normalised score of policies, log-probabilities [T, S, A]."""
        return (expected_return(self.dynamics, logp.exp()) - self.random) / self.room

    def explore(self, logp: Tensor, episodes: int) -> None:
        """Ask the policy before adaptation to find the goal in so many episodes, and to vary."""
        spread = entropy(logp, self.acting)
        self.loss = self.loss - self.config.entropy * spread
        self._note("entropy", spread)
        if self.exact:
            miss = 1 - expected_return(self.finding, logp.exp()).clamp(0, 1)
            found = 1 - miss**episodes
            self.loss = self.loss - self.config.discovery * found
            self._note("discovery", found)

    def reach(self, k: int, logp: Tensor) -> None:
        """Ask the policy after k steps for return, and to stay a little curious."""
        share = self.config.entropy * self.config.later_entropy
        self.loss = self.loss - share * entropy(logp, self.acting)
        if self.exact:
            value = self.score(logp)
            self.loss = self.loss - value
            self._note(f"train_score_{k}", value)

    def _note(self, name: str, values: Tensor) -> None:
        self.metrics[name] = float(values.detach().mean())

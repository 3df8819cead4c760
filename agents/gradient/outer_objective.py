"""The outer objective of all gradient learners: exact expected return and exploration terms.

The inner loop uses sampled episodes; the outer objective may use the exact expected return of a
policy, differentiable through the simulator's tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.gradient.losses import Dynamics, entropy, expected_returns
from agents.learner import check_options
from game.world.batch import GridBatch
from game.world.planner import baseline_returns
from game.world.rules import Bools

DISCOVERY = "discovery"  # metric: the probability of finding the goal


@dataclass(frozen=True)
class ObjectiveConfig:
    """Options of the outer objective: weights of its exploration terms."""

    discovery: float = 4.0
    """Weight of the probability of finding the goal before adaptation (0 to 1e6)."""
    later_discovery: float = 0.0
    """Weight of the same after each adaptation step where no episode has found the goal yet, as a
    share of --discovery (0 to 1e6)."""
    entropy: float = 0.15
    """Weight of the policy's entropy before adaptation, for exploration (0 to 1e6)."""
    later_entropy: float = 0.1
    """Entropy weight after each adaptation step, as a share of --entropy (0 to 1e6)."""

    def __post_init__(self) -> None:
        check_options(self, discovery=(0, 1e6), later_discovery=(0, 1e6))
        check_options(self, entropy=(0, 1e6), later_entropy=(0, 1e6))


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
        self.entropy_bonus = torch.zeros(batch.n_tasks, dtype=dtype)  # weighted, of all terms
        # policies [T, S, A] whose exact returns enter the loss, by the metric that records them
        self.policies: dict[str, Tensor] = {}
        self.searching: dict[str, Tensor] = {}  # weights [T] of those that are to find the goal
        self.episodes = 0  # that they have for it
        self.metrics: dict[str, float] = {}
        if exact:
            self.dynamics = Dynamics(batch, dtype)
            baselines = baseline_returns(batch)
            scale = np.maximum(baselines.optimal - baselines.random, 1e-6)
            self.random = torch.from_numpy(baselines.random).to(dtype)
            self.scale = torch.from_numpy(scale).to(dtype)

    def scores(self, logps: Sequence[Tensor]) -> Tensor:
        """Return the exact scores [K, T] of K policies with log-probabilities [T, S, A]."""
        policies = [logp.exp() for logp in logps]
        returns = expected_returns(self.dynamics, policies, [False] * len(policies))
        return self._normalised(returns)

    def score(self, logp: Tensor) -> Tensor:
        """Return the exact score [T] of policies with log-probabilities `logp` [T, S, A]."""
        return self.scores([logp])[0]

    def add_exploration(self, logp: Tensor, episodes: int) -> None:
        """Reward the policy before adaptation for its entropy and for finding the goal within
        `episodes` episodes."""
        value = entropy(logp, self.nonterminal)
        self.entropy_bonus = self.entropy_bonus + self.config.entropy * value
        self._record("entropy", value)
        if self.exact:
            self.policies[DISCOVERY], self.episodes = logp.exp(), episodes
            self.searching[DISCOVERY] = torch.full_like(value, self.config.discovery)

    def add_return(self, k: int, logp: Tensor) -> None:
        """Reward the policy after k adaptation steps for its return and its entropy."""
        weight = self.config.entropy * self.config.later_entropy
        self.entropy_bonus = self.entropy_bonus + weight * entropy(logp, self.nonterminal)
        if self.exact:
            self.policies[f"train_score_{k}"] = logp.exp()

    def add_search(self, k: int, logp: Tensor, unfound: Bools) -> None:
        """Reward the policy after k adaptation steps for finding the goal where it is `unfound`."""
        weight = self.config.discovery * self.config.later_discovery
        if self.exact and weight:
            name = f"{DISCOVERY}_{k}"
            self.policies[name] = logp.exp()
            self.searching[name] = weight * torch.from_numpy(unfound).to(logp.dtype)

    def loss(self) -> Tensor:
        """Return the loss [T], and record metrics; one sweep serves all policies."""
        loss, found = -self.entropy_bonus, [name in self.searching for name in self.policies]
        if not found:
            return loss
        returns = expected_returns(self.dynamics, list(self.policies.values()), found)
        for name, value in zip(self.policies, returns, strict=True):
            if name in self.searching:
                success = 1 - (1 - value.clamp(0, 1)) ** self.episodes
                loss = loss - self.searching[name] * success
                self._record(name, success)
            else:
                score = self._normalised(value)
                loss = loss - score
                self._record(name, score)
        return loss

    def _normalised(self, returns: Tensor) -> Tensor:
        """Return the scores of returns [..., T]."""
        return (returns - self.random) / self.scale

    def _record(self, name: str, values: Tensor) -> None:
        self.metrics[name] = float(values.detach().mean())

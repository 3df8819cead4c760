"""What learners that imitate share: a transformer that is trained to predict actions in context.

Training is supervised: there is no critic, and no reward but those that the network observes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.gradient.policy import Params
from agents.learner import check_options
from agents.memory.inputs import BatchView, policy_head
from agents.memory.ppo import Trajectories, batch_rng, check_finite, packed_parts
from agents.memory.transformer import AttentionConfig, AttentionLearner
from agents.memory.trials import Floats32, MemoryPolicy
from agents.rollout import Rngs


@dataclass(frozen=True)
class ImitationConfig(AttentionConfig):
    """Options of every learner that imitates."""

    epochs: int = 2
    """Passes over the trials of an iteration (1 to 100)."""
    minibatches: int = 4
    """Minibatches per epoch (1 to 1000)."""
    learning_rate: float = 2e-3
    """Initial learning rate of Adam (0 to 10)."""
    final_rate: float = 1e-4
    """Final learning rate (0 to 10); the schedule is a cosine."""
    gradient_norm: float = 1.0
    """Largest norm of a gradient; longer ones are scaled down to it (1e-6 to 1e6)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, epochs=(1, 100), minibatches=(1, 1000), gradient_norm=(1e-6, 1e6))
        check_options(self, learning_rate=(0, 10), final_rate=(0, 10))

    def rate_at(self, progress: float) -> float:
        """Return the learning rate at this share of training."""
        high, low = self.learning_rate, self.final_rate
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class ImitationLearner(AttentionLearner):
    """A causal transformer that predicts, at every step of a trial, a distribution of actions."""

    Config: type[ImitationConfig] = ImitationConfig
    config: ImitationConfig

    def init_params(self, rng: np.random.Generator) -> Params:
        """Return a transformer's parameters without those of a critic."""
        params = super().init_params(rng)
        return {name: p for name, p in params.items() if not name.startswith("value.")}

    def start_policy(self, params: Params, view: BatchView, n: int) -> MemoryPolicy:
        """Return a policy with an empty cache; its critic's values are zeros."""
        width = self.config.width
        zeros = {
            "value.w": params["bias"].new_zeros(width, 2),
            "value.b": params["bias"].new_zeros(2),
        }
        return super().start_policy(params | zeros, view, n)

    @property
    def numpy_type(self) -> type:
        """The floating-point type of the weights, in numpy."""
        return torch.empty(0, dtype=self.dtype).numpy().dtype.type

    def imitate(
        self, view: BatchView, data: Trajectories, target: Floats32, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """Take the optimiser's steps on the cross-entropy to target distributions [L, N, A].

        Returns as metrics the mean of the cross-entropy in the last epoch, in nats, and that of the
        targets' own entropy, below which no prediction gets.
        """
        config, params = self.config, list(self.params.values())
        self.adam.param_groups[0]["lr"] = config.rate_at(progress)
        losses = []
        rng = batch_rng(rngs)
        for part, packed in packed_parts(data, config.epochs, config.minibatches, rng):
            self.adam.zero_grad()
            losses.append(0.0)
            if part.share:
                log_probs = policy_head(self.params, self.forward(view, part))
                loss = part.share * cross_entropy(packed(target), log_probs)
                loss.backward()
                losses[-1] = float(loss.detach())
            ranks.add_gradients(params)
            check_finite(torch.nn.utils.clip_grad_norm_(params, config.gradient_norm))
            self.adam.step()
        last = losses[-(len(losses) // config.epochs) :]
        return {"cross_entropy": ranks.total(float(np.mean(last)))}


def cross_entropy(target: Tensor, log_probs: Tensor) -> Tensor:
    """Return the mean cross-entropy of P predictions [P, A] to their targets [P, A], in nats."""
    return -(target * log_probs).sum(1).mean()

"""Learning from scratch, the baseline: the same inner loop from a random initialisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from agents import inner
from agents.inner import InnerConfig
from agents.learner import check_options
from agents.policy import for_tasks, init_mlp, keep_columns
from agents.rollout import Rngs
from game.features import N_FEATURES
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep


@dataclass(frozen=True)
class ScratchConfig:
    """Options of scratch."""

    hidden: tuple[int, ...] = (64, 64)
    """Width of each hidden layer."""
    step_size: float = 0.1
    """Tuned on validation levels of mazes-9x9."""
    inner: InnerConfig = field(default_factory=InnerConfig)

    def __post_init__(self) -> None:
        check_options(self, hidden=(1, 4096), step_size=(1e-6, 100))


class Scratch:
    """Nothing is meta-learned: a new network, and one step size."""

    Config = ScratchConfig

    def __init__(self, config: ScratchConfig, seed: int) -> None:
        self.config = config
        sizes = (N_FEATURES, *config.hidden, N_ACTIONS)
        self.params = init_mlp(sizes, np.random.default_rng(seed))

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """There is no outer loop."""
        return {}

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """The inner loop from a random initialisation; see `Learner.adapt`."""
        features, columns = inner.see(batch, self.params["w0"].dtype)
        params = for_tasks(keep_columns(self.params, columns), batch.n_tasks)
        sizes = {name: torch.full_like(p, self.config.step_size) for name, p in params.items()}
        return inner.adapt(params, sizes, features, batch, rngs, steps, self.config.inner)

    def state(self) -> dict[str, Tensor]:
        """The initialisation."""
        return {name: p.clone() for name, p in self.params.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over an initialisation."""
        self.params = {name: p.clone() for name, p in state.items()}

"""What all gradient learners share: meta-parameters for each task, and the inner loop from them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from agents import inner
from agents.inner import InnerConfig
from agents.learner import check_options
from agents.objective import ObjectiveConfig
from agents.outer import LOG_ALPHA, MetaOptimizer, OuterConfig
from agents.policy import Params, for_tasks, init_mlp, keep_columns
from agents.rollout import Rngs
from game.features import N_FEATURES
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep


@dataclass(frozen=True)
class GradientConfig(ObjectiveConfig):
    """Options of every gradient learner."""

    hidden: tuple[int, ...] = (64, 64)
    """Width of each hidden layer."""
    step_size: float = 0.1
    """Of the inner loop, to begin with."""
    inner: InnerConfig = field(default_factory=InnerConfig)
    outer: OuterConfig = field(default_factory=OuterConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, hidden=(1, 4096), step_size=(1e-6, 100))


@dataclass(frozen=True)
class Start:
    """Where the inner loops of T tasks begin."""

    leaves: Params  # every meta-parameter, [T, ...]: what an outer gradient is taken of
    params: Params  # of the policy, [T, ...]
    step_sizes: list[Params]  # for each inner step; the last go on


class GradientLearner:
    """Meta-parameters: the initialisation `w, b`, and step sizes by their logarithms `log_alpha`.

    Here the step size is one number, held for each layer and tuned on validation tasks; a learner
    that finds its step sizes by gradients says so in `tuned`.
    """

    Config: type[GradientConfig] = GradientConfig
    tuned = True  # whether the step size is chosen on validation tasks
    judged = range(1, 6)

    def __init__(self, config: GradientConfig, seed: int) -> None:
        self.config = config
        init = self.first_params(np.random.default_rng(seed))
        self.meta = MetaOptimizer(init | self.first_step_sizes(init), config.outer)

    def first_params(self, rng: np.random.Generator) -> Params:
        """The initialisation before training."""
        return init_mlp((N_FEATURES, *self.config.hidden, N_ACTIONS), rng)

    def first_step_sizes(self, init: Params) -> Params:
        """The step sizes before training, as logarithms."""
        log_alpha = float(np.log(self.config.step_size))
        return {LOG_ALPHA + name: torch.full((1,), log_alpha) for name in init}

    def begin(self, meta: Params, columns: Tensor, n_tasks: int) -> Start:
        """The meta-parameters for each of T tasks that see these feature columns."""
        kept = keep_columns({name: p.detach() for name, p in meta.items()}, columns)
        shared = for_tasks(kept, n_tasks)
        leaves = {name: p.clone().requires_grad_() for name, p in shared.items()}
        params = {name: p for name, p in leaves.items() if not name.startswith(LOG_ALPHA)}
        sizes: dict[int, Params] = {}
        for name, p in leaves.items():
            if name.startswith(LOG_ALPHA):  # as in log_alpha.w0, or log_alpha.2.w0 for step 2
                step, _, of = name.removeprefix(LOG_ALPHA).rpartition(".")
                sizes.setdefault(int(step or 0), {})[of] = p.exp()
        return Start(leaves, params, [sizes[step] for step in sorted(sizes)])

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int
    ) -> Generator[AdaptationStep, inner.Moved, None]:
        """The inner loop from the averaged meta-parameters; see `Learner.adapt`."""
        features, columns = inner.see(batch, self.dtype)
        start = self.begin(self.meta.average, columns, batch.n_tasks)
        params = {name: p.detach() for name, p in start.params.items()}
        sizes = [{name: p.detach() for name, p in step.items()} for step in start.step_sizes]
        return inner.adapt(params, sizes, features, batch, rngs, steps, self.config.inner)

    def scale_steps(self, factor: float) -> None:
        """Multiply the step sizes."""
        for params in (self.meta.params, self.meta.average):
            for name in params:
                if name.startswith(LOG_ALPHA):
                    params[name].data.add_(float(np.log(factor)))

    @property
    def dtype(self) -> torch.dtype:
        return self.meta.params["w0"].dtype

    def state(self) -> dict[str, Tensor]:
        """The averaged meta-parameters."""
        return {name: p.clone() for name, p in self.meta.average.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over meta-parameters."""
        in_order = {name: state[name] for name in self.meta.params}
        self.meta = MetaOptimizer(in_order, self.config.outer)

    def checkpoint(self) -> dict[str, Tensor]:
        """All that training needs to go on as if it had not stopped."""
        return self.meta.checkpoint()

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Take over a checkpoint."""
        self.meta.restore(checkpoint)

"""Reference lines: agents that learn nothing, between which every learner's score stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from agents.inner import describe
from agents.learner import check_options
from agents.rollout import Rngs, roll_out
from game.planner import expected_return, optimal_policy, optimal_return
from game.rules import Floats
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep


@dataclass(frozen=True)
class ReferenceConfig:
    """Options of a reference line."""

    episodes: int = 20
    """Of each step, as if it adapted."""

    def __post_init__(self) -> None:
        check_options(self, episodes=(1, 10_000))


class Reference:
    """An agent with nothing to learn: it has no meta-parameters, and adapting changes nothing."""

    Config = ReferenceConfig
    tuned = False
    judged = range(1, 6)

    def __init__(self, config: ReferenceConfig, seed: int) -> None:
        self.config = config

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """There is nothing to train."""
        return {}

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing to take over."""

    def scale_steps(self, factor: float) -> None:
        """It takes no steps."""

    def checkpoint(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Nothing to take over."""

    def _repeat(
        self, batch: GridBatch, policy: Floats, exact: Floats, rngs: Rngs, steps: int
    ) -> Iterator[AdaptationStep]:
        """The same policy, [T, S, A] or [H, T, S, A], at every step."""
        env_steps = np.zeros(batch.n_tasks, int)
        shown = policy if policy.ndim == 3 else policy[0]
        for k in range(steps + 1):
            data = roll_out(batch, policy, self.config.episodes, rngs)
            yield describe(k, env_steps, shown, data, exact, 0, stationary=shown is policy)
            env_steps = env_steps + data.env_steps


class Random(Reference):
    """Uniform over the five actions: score 0."""

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`."""
        policy = np.full((batch.n_tasks, batch.n_states, N_ACTIONS), 1 / N_ACTIONS)
        return self._repeat(batch, policy, expected_return(batch, policy), rngs, steps)


class Planner(Reference):
    """It knows the task and plays it as well as can be: score 1.

    Its moves depend on the time left in the episode, too; what it shows is those of the first step.
    """

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`."""
        return self._repeat(batch, optimal_policy(batch), optimal_return(batch), rngs, steps)

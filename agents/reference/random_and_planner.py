"""The two baselines of every score: the uniform random policy and the planner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from agents.learner import NO_CHANGES, BaseLearner, Changes, check_options
from agents.rollout import Rngs, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import expected_return, optimal_policy, optimal_return
from game.world.rules import Floats


@dataclass(frozen=True)
class ReferenceConfig:
    """Options of an agent that does not adapt."""

    episodes: int = 20
    """Episodes per adaptation step (1 to 10000), to match an agent that adapts."""

    def __post_init__(self) -> None:
        check_options(self, episodes=(1, 10_000))


class Reference(BaseLearner):
    """An agent that plays the same policy at every adaptation step."""

    Config = ReferenceConfig
    config: ReferenceConfig

    @property
    def episodes_per_step(self) -> int:
        """See `Learner.episodes_per_step`."""
        return self.config.episodes

    def with_episodes(self, episodes: int) -> Self:
        """See `Learner.with_episodes`."""
        return type(self)(replace(self.config, episodes=episodes), 0)

    def _repeat(
        self, batch: GridBatch, policy: Floats, exact: Floats, rngs: Rngs, steps: int
    ) -> Iterator[AdaptationStep]:
        """Yield the steps of an unchanging policy, [T, S, A] or [H, T, S, A], with exact returns
        [T]."""
        env_steps = np.zeros(batch.n_tasks, int)
        shown = policy if policy.ndim == 3 else policy[0]
        for k in range(steps + 1):
            data = roll_out(batch, policy, self.config.episodes, rngs)
            yield adaptation_step(k, env_steps, shown, data, exact, 0, stationary=shown is policy)
            env_steps = env_steps + data.env_steps


class Random(Reference):
    """The uniform random policy: score 0."""

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`."""
        policy = batch.uniform_policy
        return self._repeat(batch, policy, expected_return(batch, policy), rngs, steps)


class Planner(Reference):
    """The optimal policy of a known task: score 1.

    The policy also depends on the steps left in the episode; `action_probs` shows the first step.
    """

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`."""
        return self._repeat(batch, optimal_policy(batch), optimal_return(batch), rngs, steps)

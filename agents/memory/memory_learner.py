"""The base classes of learners with memory: of all that act in trials, and of those with a critic
that PPO trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.adam import Adam, adam_state, restore_adam
from agents.gradient.policy import Params
from agents.learner import (
    MOST_ACTIONS,
    NO_CHANGES,
    Arrays,
    BaseLearner,
    Changes,
    check_actions,
    check_options,
    check_size,
)
from agents.memory.inputs import StateView, policy_head, value_head
from agents.memory.ppo import (
    Minibatch,
    PpoConfig,
    Trajectories,
    batch_rng,
    check_finite,
    first_visits,
    minibatches,
    ppo_loss,
)
from agents.memory.trial_adaptation import adapt_in_memory
from agents.memory.trials import MemoryPolicy, RunningTrials
from agents.rollout import Rngs
from game.session.messages import Phase
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.features import N_FEATURES
from game.world.planner import optimal_values
from game.world.tables import N_ACTIONS


@dataclass(frozen=True)
class TrialConfig:
    """Options of every learner with memory."""

    width: int = 64
    """Hidden-state size of the recurrent network (1 to 4096; 8 million weights in all)."""
    episodes: int = 4
    """Episodes per trial during training (1 to 1000). The clock tells apart 128 steps in each of 8
    parts of a trial, which are its episodes if there are no more."""
    trials: int = 12
    """Trials of each task per iteration (1 to 10000)."""
    greedy: bool = True
    """Choose the most probable action while adapting instead of sampling one."""
    n_actions: int = N_ACTIONS
    """Actions of the tasks (2 to 100); training sets those of its pack."""

    def __post_init__(self) -> None:
        check_options(self, n_actions=(2, MOST_ACTIONS))
        check_options(self, width=(1, 4096), episodes=(1, 1000), trials=(1, 10_000))
        check_size(self)

    @property
    def episodes_per_task(self) -> int:
        """The number of episodes that an iteration samples on each task."""
        return self.trials * self.episodes

    @property
    def n_weights(self) -> int:
        """The number of weights of the network, roughly: at most those that it has."""
        return 4 * self.width * (N_FEATURES + self.width)  # of a GRU with its output layer


@dataclass(frozen=True)
class MemoryConfig(TrialConfig):
    """Options of every learner with memory that PPO trains."""

    ppo: PpoConfig = field(default_factory=PpoConfig)


View = TypeVar("View", bound=StateView)


class TrialLearner(BaseLearner, Generic[View]):
    """A policy with memory, which adapts to a task in the course of a trial.

    Adaptation takes no gradient: the weights stay fixed, and what the agent learns about a task is
    in its memory, which lasts from one episode of a trial to the next.
    """

    Config: type[TrialConfig] = TrialConfig
    config: TrialConfig
    parallel = True

    def __init__(self, config: TrialConfig, seed: int) -> None:
        super().__init__(config, seed)
        self._set_params(self.init_params(np.random.default_rng(seed)))

    def init_params(self, rng: np.random.Generator) -> Params:
        """Return the weights before training."""
        raise NotImplementedError

    def make_view(self, batch: GridBatch, rngs: Rngs | None = None) -> View:
        """Return the part of a batch that the network receives.

        `rngs` is given in training alone.
        """
        raise NotImplementedError

    def view(self, batch: GridBatch, rngs: Rngs | None = None) -> View:
        """Return the view of a batch, with a clock for this learner's trials.

        Raises AgentError where the tasks have another number of actions.
        """
        check_actions(self.config, batch)
        view = self.make_view(batch, rngs)
        view.episodes = self.config.episodes
        return view

    def start_policy(self, params: Params, view: View, n: int) -> MemoryPolicy:
        """Return a policy at the beginning of n trials, those of a task side by side."""
        raise NotImplementedError

    @property
    def judged(self) -> range:
        """All episodes of a trial, including the first."""
        return range(self.config.episodes)

    @property
    def dtype(self) -> torch.dtype:
        return self.params["bias"].dtype

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """Play a trial, one adaptation step per episode; see `Learner.adapt`."""
        params, view = self.detached_params(), self.view(batch)

        def start(n: int) -> MemoryPolicy:
            return self.start_policy(params, view, n)

        config = self.config
        return adapt_in_memory(start, batch, rngs, steps, config.greedy, config.episodes)

    def detached_params(self) -> Params:
        """Return a copy of the weights without gradients."""
        return {name: p.detach().clone() for name, p in self.params.items()}

    def state(self) -> Arrays:
        """Return the weights; see `Learner.state`."""
        return {name: p.numpy() for name, p in self.detached_params().items()}

    def load(self, state: Arrays) -> None:
        """See `Learner.load`."""
        self._set_params({name: torch.from_numpy(state[name]) for name in self.params})

    def _set_params(self, params: Params) -> None:
        """Replace the weights, and forget the optimiser of the old ones."""
        self.params = {name: p.clone().requires_grad_() for name, p in params.items()}
        self.__dict__.pop("adam", None)

    @cached_property
    def adam(self) -> Adam:
        """The optimiser, made at the first update."""
        return Adam(self.parameter_groups(), eps=1e-5)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the optimiser's parameter groups; training sets the learning rate of the first."""
        return [{"params": list(self.params.values())}]

    def checkpoint(self) -> Arrays:
        """Return the weights and the optimiser's state; see `Learner.checkpoint`."""
        remembered = adam_state(self.params, self.adam)
        return self.state() | {name: tensor.numpy() for name, tensor in remembered.items()}

    def restore(self, checkpoint: Arrays) -> None:
        """See `Learner.restore`."""
        self.load(checkpoint)
        tensors = {name: torch.from_numpy(array) for name, array in checkpoint.items()}
        restore_adam(self.params, self.adam, tensors)


class MemoryLearner(TrialLearner[View]):
    """A policy with memory and its critic, trained by PPO over trials."""

    Config: type[MemoryConfig] = MemoryConfig
    config: MemoryConfig

    def forward(self, view: View, part: Minibatch) -> Tensor:
        """Return the heads' inputs [P, H] at the steps of a minibatch, differentiable."""
        raise NotImplementedError

    def evaluate(self, view: View, part: Minibatch) -> tuple[Tensor, Tensor]:
        """Return log-probabilities [P, A] and the critic's values [P] at the steps of a minibatch,
        differentiable."""
        hidden, optimal_value = self.forward(view, part), view.optimal_value[part.state]
        return policy_head(self.params, hidden), value_head(self.params, hidden, optimal_value)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Sample trials of every task, then run PPO on them; see `Learner.meta_update`."""
        view, per_task = self.view(batch, rngs), self.config.trials
        if self.config.ppo.informed:
            best = self.config.ppo.reward_scale * optimal_values(batch, self.config.ppo.discount)
            view.optimal_value = torch.from_numpy(best.ravel()).to(self.dtype) / view.unit
        policy = self.start_policy(self.params, view, batch.n_tasks * per_task)
        self.on_phase(Phase.EPISODES)
        data = Trajectories.of(
            RunningTrials(policy, batch, per_task, rngs, clock_episodes=self.config.episodes).play(
                self.config.episodes
            )
        )
        self.on_phase(Phase.UPDATE)
        in_units = data.reward / view.unit.numpy()[data.state]
        metrics = {
            "trial_return": float(data.reward.sum(0).mean()),
            **self.update(view, replace(data, reward=in_units), rngs, progress),
            "env_steps": int(data.lengths.sum()),
        }
        return ranks.of_whole_batch(metrics, batch.n_tasks)

    def with_curiosity(self, data: Trajectories, batch: GridBatch, progress: float) -> Trajectories:
        """Return the trials with the bonus for new cells added to their rewards."""
        bonus = self.config.ppo.curiosity_at(progress)
        if not bonus:
            return data
        extra = bonus * first_visits(data, batch).astype(data.reward.dtype)
        return replace(data, reward=data.reward + extra)

    def update(
        self, view: View, data: Trajectories, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """Run all epochs of PPO on these trials. Returns metrics."""
        config, params = self.config.ppo, self.params
        entropy_weight = config.entropy_at(progress)
        self.adam.param_groups[0]["lr"] = config.rate_at(progress)
        data = self.with_curiosity(data, view.batch, progress)
        entropy = 0.0
        for part in minibatches(data, config, batch_rng(rngs)):
            self.adam.zero_grad()
            entropy = 0.0
            if part.share:
                log_probs, value = self.evaluate(view, part)
                loss, mean_entropy = ppo_loss(log_probs, value, part, config, entropy_weight)
                (loss * part.share).backward()
                entropy = float(mean_entropy.detach()) * part.share
            ranks.add_gradients(self.adam.param_groups[0]["params"])
            check_finite(torch.nn.utils.clip_grad_norm_(params.values(), config.gradient_norm))
            self.adam.step()
        return {"entropy": ranks.total(entropy)}

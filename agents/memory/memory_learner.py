"""What all learners with memory share: a policy and a critic trained by PPO over trials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from agents.gradient.policy import Params
from agents.learner import NO_CHANGES, Arrays, BaseLearner, Changes, check_options
from agents.memory.inputs import BatchView, critic, policy
from agents.memory.ppo import (
    Minibatch,
    PpoConfig,
    Trajectories,
    check_finite,
    minibatches,
    news,
    ppo_loss,
    shuffler,
)
from agents.memory.trials import MemoryPolicy, RunningTrials, adapt_in_memory
from agents.optimizer_state import adam_state, restore_adam
from agents.rollout import Rngs
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import optimal_values


@dataclass(frozen=True)
class MemoryConfig:
    """Options of every learner with memory."""

    width: int = 64
    """Of what it has in mind."""
    episodes: int = 4
    """Of a trial in training. The clock tells 8 apart."""
    trials: int = 12
    """Of each task in an iteration."""
    greedy: bool = True
    """Adapt with the likeliest action instead of drawing one."""
    ppo: PpoConfig = field(default_factory=PpoConfig)

    def __post_init__(self) -> None:
        check_options(self, width=(1, 4096), episodes=(1, 100), trials=(1, 10_000))


Seeing = TypeVar("Seeing", bound=BatchView)


class MemoryLearner(BaseLearner, Generic[Seeing]):
    """A policy with memory and its critic, trained by PPO over trials.

    Nothing is differentiated at test time: the weights stay as they are, and all adaptation happens
    in what the agent remembers from one episode of a trial to the next.
    """

    Config: type[MemoryConfig] = MemoryConfig
    config: MemoryConfig

    def __init__(self, config: MemoryConfig, seed: int) -> None:
        super().__init__(config, seed)
        self._take(self.first_params(np.random.default_rng(seed)))

    def first_params(self, rng: np.random.Generator) -> Params:
        """The weights before training."""
        raise NotImplementedError

    def look(self, batch: GridBatch) -> Seeing:
        """What it sees of a batch."""
        raise NotImplementedError

    def mind(self, params: Params, view: Seeing, n: int) -> MemoryPolicy:
        """A mind at the beginning of n trials of a batch's tasks."""
        raise NotImplementedError

    def rethink(self, view: Seeing, part: Minibatch) -> Tensor:
        """[P, H] what heads are to be put on at the moments of whole trials, differentiable."""
        raise NotImplementedError

    @property
    def judged(self) -> range:
        """All episodes of a trial count, the first as well."""
        return range(self.config.episodes)

    @property
    def dtype(self) -> torch.dtype:
        return self.params["bias"].dtype

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Trials of every task, then a few epochs of PPO; see `Learner.meta_update`."""
        view, per_task = self.look(batch), self.config.trials
        if self.config.ppo.informed:
            best = self.config.ppo.reward_scale * optimal_values(batch, self.config.ppo.discount)
            view.best = torch.from_numpy(best.ravel()).to(self.dtype)
        mind = self.mind(self.params, view, batch.n_tasks * per_task)
        data = Trajectories.of(
            RunningTrials(mind, batch, per_task, rngs).play(self.config.episodes)
        )
        return {
            "trial_return": float(data.reward.sum(0).mean()),
            **self.improve(view, data, rngs, progress),
            "env_steps": int(data.lengths.sum()),
        }

    def curious(self, data: Trajectories, batch: GridBatch, progress: float) -> Trajectories:
        """Trials in which what is new pays."""
        bonus = self.config.ppo.bonus(progress)
        if not bonus:
            return data
        extra = bonus * news(data, batch).astype(data.reward.dtype)
        return replace(data, reward=data.reward + extra)

    def improve(
        self, view: Seeing, data: Trajectories, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """A few epochs of PPO."""
        config, params = self.config.ppo, self.params
        weight = config.entropy_weight(progress)
        self.adam.param_groups[0]["lr"] = config.rate(progress)
        data = self.curious(data, view.batch, progress)
        for part in minibatches(data, config, shuffler(rngs)):
            hidden = self.rethink(view, part)
            log_probs = policy(params, hidden)
            value = critic(params, hidden, view.best[part.state])
            loss, entropy = ppo_loss(log_probs, value, part, config, weight)
            self.adam.zero_grad()
            loss.backward()
            check_finite(torch.nn.utils.clip_grad_norm_(params.values(), config.gradient_norm))
            self.adam.step()
        return {"entropy": float(entropy.detach())}

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """One step for each episode of a trial; see `Learner.adapt`."""
        params, view = self.detached(), self.look(batch)

        def start(n: int) -> MemoryPolicy:
            return self.mind(params, view, n)

        return adapt_in_memory(start, batch, rngs, steps, self.config.greedy)

    def detached(self) -> Params:
        """The weights apart from autograd, as they are now."""
        return {name: p.detach().clone() for name, p in self.params.items()}

    def state(self) -> Arrays:
        """The weights."""
        return {name: p.numpy() for name, p in self.detached().items()}

    def load(self, state: Arrays) -> None:
        """See `Learner.load`."""
        self._take({name: torch.from_numpy(state[name]) for name in self.params})

    def _take(self, params: Params) -> None:
        """Replace the weights by these."""
        self.params = {name: p.clone().requires_grad_() for name, p in params.items()}
        self.__dict__.pop("adam", None)  # the optimiser of the old ones

    @cached_property
    def adam(self) -> torch.optim.Adam:
        """Made at the first update: it loads a good part of torch that adapting does not need."""
        return torch.optim.Adam(self.groups(), eps=1e-5, fused=True)

    def groups(self) -> list[dict[str, Any]]:
        """Parameters, by the rates at which they learn; PPO's are the first."""
        return [{"params": list(self.params.values())}]

    def checkpoint(self) -> Arrays:
        """The weights, and the optimiser's averages of their gradients."""
        remembered = adam_state(self.params, self.adam)
        return self.state() | {name: tensor.numpy() for name, tensor in remembered.items()}

    def restore(self, checkpoint: Arrays) -> None:
        """See `Learner.restore`."""
        self.load(checkpoint)
        tensors = {name: torch.from_numpy(array) for name, array in checkpoint.items()}
        restore_adam(self.params, self.adam, tensors)

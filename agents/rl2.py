"""RL2 (Duan et al. 2016; Wang et al. 2016): learning to learn in the memory of a recurrent policy.

Nothing is differentiated at test time: the weights stay as they are, and all adaptation happens in
the hidden state, which is carried from one episode of a trial to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from agents.gru import gru_sequence
from agents.inner import see
from agents.learner import check_options
from agents.memory import Tables, adapt_in_memory, critic, init_memory, policy, trials
from agents.outer import adam_state, restore_adam
from agents.ppo import PpoConfig, Trajectories, check_finite, minibatches, ppo_loss, shuffler
from agents.rollout import Rngs
from game.tables import GridBatch
from game.trace import AdaptationStep


@dataclass(frozen=True)
class Rl2Config:
    """Options of rl2."""

    width: int = 64
    """Of the GRU's hidden state."""
    episodes: int = 4
    """Of a trial in training."""
    trials: int = 12
    """Of each task in an iteration."""
    greedy: bool = True
    """Adapt with the likeliest action instead of drawing one."""
    ppo: PpoConfig = field(default_factory=PpoConfig)

    def __post_init__(self) -> None:
        check_options(self, width=(1, 4096), episodes=(1, 100), trials=(1, 10_000))


class Rl2:
    """A GRU policy and its critic, trained by PPO over trials."""

    Config = Rl2Config
    tuned = False

    def __init__(self, config: Rl2Config, seed: int) -> None:
        self.config = config
        self.params = init_memory(config.width, np.random.default_rng(seed))
        self.load(self.params)

    @property
    def judged(self) -> range:
        """All episodes of a trial count, the first as well."""
        return range(self.config.episodes)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Trials of every task, then a few epochs of PPO; see `Learner.meta_update`."""
        config, params = self.config, self.params
        seen, columns = see(batch, params["bias"].dtype)
        with torch.no_grad():
            tables = Tables.of(params, seen, columns, batch.horizon)
        played = islice(trials(params, tables, batch, config.trials, rngs), config.episodes)
        data = Trajectories.of(list(played))
        weight = config.ppo.entropy_weight(progress)
        self.adam.param_groups[0]["lr"] = config.ppo.rate(progress)
        for part in minibatches(data, config.ppo, shuffler(rngs)):
            tables = Tables.of(params, seen, columns, batch.horizon)
            inputs = tables.look_up(params, part.state, part.clock, part.last_reward)
            hidden = gru_sequence(inputs, part.sizes, params["gru.w"], params["gru.b"])
            value = critic(params, hidden)
            loss, entropy = ppo_loss(policy(params, hidden), value, part, config.ppo, weight)
            self.adam.zero_grad()
            loss.backward()
            check_finite(torch.nn.utils.clip_grad_norm_(params.values(), config.ppo.gradient_norm))
            self.adam.step()
        return {
            "trial_return": float(data.reward.sum(0).mean()),
            "entropy": float(entropy.detach()),
            "env_steps": int(data.lengths.sum()),
        }

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """One step for each episode of a trial; see `Learner.adapt`."""
        return adapt_in_memory(self.state(), batch, rngs, steps, self.config.greedy)

    def state(self) -> dict[str, Tensor]:
        """The weights."""
        return {name: p.detach().clone() for name, p in self.params.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over weights."""
        self.params = {name: state[name].clone().requires_grad_() for name in self.params}
        self.adam = torch.optim.Adam(self.params.values(), eps=1e-5)

    def scale_steps(self, factor: float) -> None:
        """It takes no steps."""

    def checkpoint(self) -> dict[str, Tensor]:
        """The weights, and the optimiser's averages of their gradients."""
        return self.state() | adam_state(self.params, self.adam)

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Take over a checkpoint."""
        self.load(checkpoint)
        restore_adam(self.params, self.adam, checkpoint)

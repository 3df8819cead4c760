"""Neural map: adaptation by a memory in maps, read by a graph network. No gradient is taken.

What the agent experiences in a level is written into maps over its cells: where it has been, what
was paid beyond what the board shows, where goals were and where it died (`experience.py`), and what
its actions turned out to do (`moves_belief.py`). A graph network reads the shown level together
with these maps and gives the policy for the next episodes (`network.py`). Meta-training teaches the
network what to do with its maps: the loss is the exact return after each update of the maps, and
the chance of finding the goal as long as it is hidden.

Relatives: Neural Map (Parisotto and Salakhutdinov 2018) keeps a learned memory by place; value
iteration networks (Tamar et al. 2016) and gated path planning networks (Lee et al. 2018) read a map
by repeated local messages. Here the memory is written by fixed rules, and only reading is learned.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from agents.gradient.losses import Dynamics, expected_returns
from agents.gradient.meta_optimizer import MetaOptimizer, OuterConfig
from agents.gradient.policy import Params
from agents.graph.experience import Experience
from agents.graph.inputs import GraphInputs, graph_inputs
from agents.graph.network import GraphTensors, embed, init_network, move_log_probs
from agents.learner import NO_CHANGES, Arrays, BaseLearner, Changes, check_options
from agents.rollout import Rngs, Rollout, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.planner import baseline_returns, expected_return
from game.world.rules import Floats
from game.world.shown_graph import shown_graph


@dataclass(frozen=True)
class NeuralMapConfig:
    """Options of neural-map."""

    channels: int = 32
    """Channels of the graph network (1 to 1024)."""
    rounds: int = 10
    """Rounds of messages while adapting (1 to 1000); training draws half of that or up to as many."""
    episodes: int = 20
    """Episodes of each adaptation step (1 to 10000)."""
    parts: int = 4
    """Updates of the maps within an adaptation step (1 to 10000)."""
    stages: int = 5
    """Updates of the maps on each task in an iteration (1 to 100)."""
    discovery: float = 2.0
    """Weight of the probability of finding a hidden goal (0 to 1e6)."""
    entropy: float = 0.01
    """Weight of the policy's entropy (0 to 1e6)."""
    outer: OuterConfig = field(default_factory=OuterConfig)

    def __post_init__(self) -> None:
        check_options(self, channels=(1, 1024), rounds=(1, 1000), episodes=(1, 10_000))
        check_options(self, parts=(1, 10_000), stages=(1, 100))
        check_options(self, discovery=(0, 1e6), entropy=(0, 1e6))

    @property
    def episodes_per_task(self) -> int:
        """The number of episodes that are sampled at once on each task."""
        return self.episodes


STAGE_EPISODES = (1, 2, 5, 5, 10)


class NeuralMap(BaseLearner):
    """Meta-parameters: the weights of the graph network."""

    Config = NeuralMapConfig
    config: NeuralMapConfig

    def __init__(self, config: NeuralMapConfig, seed: int) -> None:
        super().__init__(config, seed)
        self.meta = MetaOptimizer(init_network(config.channels, np.random.default_rng(seed)), config.outer)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        config = self.config
        chooser = np.random.default_rng(rngs[0].integers(1 << 32))
        rounds = int(chooser.integers(config.rounds // 2, config.rounds + 5))
        params = {n: p.detach().requires_grad_() for n, p in self.meta.params.items()}
        dynamics = Dynamics(batch, self.dtype)
        baselines = baseline_returns(batch)
        scale = torch.from_numpy(np.maximum(baselines.optimal - baselines.random, 1e-3)).to(self.dtype)
        random = torch.from_numpy(baselines.random).to(self.dtype)
        experience = Experience(batch)
        hidden = torch.from_numpy(~experience.found()).to(self.dtype)
        metrics: dict[str, float] = {}
        env_steps = 0
        for stage in range(config.stages):
            episodes = int(chooser.choice(STAGE_EPISODES))
            unfound = torch.from_numpy(~experience.found()).to(self.dtype)
            inputs = graph_inputs(experience, episodes)
            logp, policy = self.policy(params, batch, inputs, rounds)
            returns, chance = expected_returns(dynamics, [policy, policy], [False, True])
            score = ((returns - random) / scale).clamp_min(-3)
            finding = 1 - (1 - chance.clamp(0, 1)) ** episodes
            entropy = -(logp.exp() * logp).sum(-1).mean()
            loss = -score - config.discovery * finding * unfound
            loss = loss.mean() - config.entropy * entropy
            (loss / config.stages).backward()
            metrics[f"train_score_{stage}"] = float(score.detach().mean())
            metrics[f"found_{stage}"] = 1 - float(unfound.mean())
            metrics["entropy"] = float(entropy.detach())
            if stage < config.stages - 1:
                data = roll_out(batch, normalised(policy), episodes, rngs)
                env_steps += int(data.env_steps.sum())
                experience.add(data)
        grads = {n: p.grad[None] for n, p in params.items()}
        norm = self.meta.step(grads, torch.zeros(0, dtype=torch.long), progress)
        return {**metrics, "gradient_norm": norm, "env_steps": env_steps}

    def policy(
        self, params: Params, batch: GridBatch, inputs: GraphInputs, rounds: int
    ) -> tuple[Tensor, Tensor]:
        """Return log-probabilities of moves at nodes [N, A], and of actions in states [T, S, A]."""
        tensors = GraphTensors(inputs, self.dtype)
        logp = move_log_probs(params, tensors, embed(params, tensors, rounds))
        node = torch.from_numpy(shown_graph(batch).node)
        moves = logp.exp()[node]  # [T, S, A]
        controls = torch.from_numpy(inputs.controls).to(self.dtype)
        return logp, moves @ controls.mT

    @property
    def episodes_per_step(self) -> int:
        return self.config.episodes

    def with_episodes(self, episodes: int) -> Self:
        other = copy.copy(self)
        other.config = replace(self.config, episodes=episodes, parts=min(self.config.parts, episodes))
        return other

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        config = self.config
        params = {n: p.detach() for n, p in self.meta.average.items()}
        experience = Experience(batch)
        env_steps = np.zeros(batch.n_tasks, int)
        sizes = [len(part) for part in np.array_split(np.arange(config.episodes), config.parts)]
        for k in range(steps + 1):
            parts: list[Rollout] = []
            for i, size in enumerate(sizes):
                inputs = graph_inputs(experience, size)
                with torch.no_grad():
                    _, policy = self.policy(params, batch, inputs, config.rounds)
                probs = normalised(policy)
                if i == 0:
                    first, maps = probs, experience.maps(inputs.controls)
                parts.append(roll_out(batch, probs, size, rngs))
                experience.add(parts[-1])
            data = joined(parts)
            exact = expected_return(batch, first)
            step = adaptation_step(k, env_steps, first, data, exact, gradient_steps=0)
            yield replace(step, maps=maps)
            env_steps = env_steps + data.env_steps

    @property
    def dtype(self) -> torch.dtype:
        return self.meta.params["embed"].dtype

    def state(self) -> Arrays:
        return {name: p.numpy().copy() for name, p in self.meta.average.items()}

    def load(self, state: Arrays) -> None:
        ordered = {name: torch.from_numpy(state[name]) for name in self.meta.params}
        self.meta = MetaOptimizer(ordered, self.config.outer)

    def checkpoint(self) -> Arrays:
        return {name: tensor.numpy() for name, tensor in self.meta.checkpoint().items()}

    def restore(self, checkpoint: Arrays) -> None:
        self.meta.restore({name: torch.from_numpy(a) for name, a in checkpoint.items()})


def normalised(policy: Tensor) -> Floats:
    """Return probabilities [T, S, A] as an array whose rows add up to 1."""
    probs: Floats = policy.detach().double().numpy()
    return probs / probs.sum(-1, keepdims=True)


def joined(parts: Sequence[Rollout]) -> Rollout:
    """Return the episodes of several rollouts as one."""
    names = ("state", "action", "reward", "alive")
    return Rollout(*(np.concatenate([getattr(part, n) for part in parts], 2) for n in names))

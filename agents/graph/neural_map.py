"""Neural map: adaptation by a memory in maps, read by a graph network. No gradient is taken.

What the agent experiences in a level is written into maps over its cells: where it has been, what
was paid beyond what the board shows, where goals were and where it died (`experience.py`), and what
its actions turned out to do (`moves_belief.py`). A graph network reads the shown level together
with these maps and gives the policy (`network.py`): for the next episodes, or for the next move
where a step is one episode. Meta-training teaches the network what to do with its maps. The loss is
the exact return of the policy after each update of the maps, and the chance of finding the goal
while it is hidden. First order: no gradient flows through the maps.

Exploring is learned. Once nothing is left to find or to try, the maps describe the level exactly,
and the plan that is best on them is weighed against the network's policy (`believed_model.py`); the
option `planning` turns that off.

Relatives: Neural Map (Parisotto and Salakhutdinov 2018) keeps a learned memory by place; value
iteration networks (Tamar et al. 2016) and gated path planning networks (Lee et al. 2018) read a map
by repeated local messages; Dyna (Sutton 1990) plans on what it has learned of the world. Here the
memory is written by fixed rules, and only reading is learned.
`agents/reference/map_planner.py` shows what planning alone gives with the same maps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.gradient.losses import Dynamics, expected_returns
from agents.gradient.meta_learner import MetaLearner
from agents.gradient.meta_optimizer import MetaOptimizer, OuterConfig
from agents.gradient.policy import Params
from agents.graph.experience import Experience
from agents.graph.graph_inputs import EACH_MOVE, GraphInputs, graph_inputs
from agents.graph.map_adaptation import MapLearner, Read, action_probabilities
from agents.graph.network import (
    GraphTensors,
    embed,
    init_network,
    move_log_probs,
    n_network_weights,
)
from agents.graph.walk import Walk
from agents.learner import check_options
from agents.rollout import Rngs, roll_out
from game.session.messages import Phase
from game.world.batch import GridBatch
from game.world.planner import baseline_returns
from game.world.rules import Floats, Ints

STAGE_EPISODES = (1, 2, 5, 5, 10)  # that training plays between two updates of the maps
STAGE_MOVES = (1, 2, 4, 8)  # the same where experience counts at every move
LOW, LOW_SLOPE = -2.0, 0.2  # scores below count less, so that no single task dominates
PATIENCE = 0.97  # discount of what is found later in an episode whose every move counts
MOVES_BEFORE = (0, 0, 16, 48, 128)  # of a trial before training looks at it


@dataclass(frozen=True)
class NeuralMapConfig:
    """Options of neural-map."""

    channels: int = 32
    """Channels of the graph network (1 to 1024)."""
    rounds: int = 12
    """Rounds of messages while adapting (2 to 1000); training draws half to 1.5 times as many."""
    episodes: int = 20
    """Episodes of each adaptation step (1 to 10000). With 1, the maps are read at every move."""
    parts: int = 4
    """Times that the maps are read in a step of several episodes (1 to 10000)."""
    planning: bool = True
    """Whether the plan that is best on the maps is weighed against the network's policy, once there
    is nothing left to find or to try. Training never plans."""
    stages: int = 5
    """Updates of the maps on each task in an iteration (1 to 100)."""
    each_move: float = 0.5
    """Share of iterations that train for maps that are read at every move (0 to 1)."""
    discovery: float = 2.0
    """Weight of the probability of finding a hidden goal (0 to 1e6)."""
    trying: float = 1.5
    """Weight of the probability of trying what pays a hidden reward, once a goal is found (0 to
    1e6)."""
    entropy: float = 0.02
    """Weight of the policy's entropy while there is something to find or to try (0 to 1e6)."""
    outer: OuterConfig = field(default_factory=OuterConfig)

    def __post_init__(self) -> None:
        check_options(self, channels=(1, 1024), rounds=(2, 1000), episodes=(1, 10_000))
        check_options(self, parts=(1, 10_000), stages=(1, 100), each_move=(0, 1))
        check_options(self, discovery=(0, 1e6), trying=(0, 1e6), entropy=(0, 1e6))

    @property
    def sees_graph(self) -> bool:
        """Return True: it observes the graph of the shown level."""
        return True

    @property
    def n_weights(self) -> int:
        """The number of weights of the network, roughly: at most those that it has."""
        return n_network_weights(self.channels)

    @property
    def episodes_per_task(self) -> int:
        """The number of episodes that are sampled at once on each task."""
        return self.episodes


class NeuralMap(MapLearner, MetaLearner):
    """Meta-parameters: the weights of the graph network."""

    Config = NeuralMapConfig
    config: NeuralMapConfig

    def __init__(self, config: NeuralMapConfig, seed: int) -> None:
        super().__init__(config, seed)
        weights = init_network(config.channels, np.random.default_rng(seed))
        self.meta = MetaOptimizer(weights, config.outer)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Read and update the maps several times, and take one step along the mean gradient."""
        seed = ranks.number_from_first(lambda: int(rngs[0].integers(1 << 32)))
        chooser = np.random.default_rng(int(seed))
        params = {name: p.detach().requires_grad_() for name, p in self.meta.params.items()}
        rounds = self.config.rounds
        reader = MapReader(params, int(chooser.integers(rounds // 2, 3 * rounds // 2 + 1)))
        objective = MapObjective(batch, self.config, self.dtype)
        train = _train_by_move if chooser.random() < self.config.each_move else _train_by_episodes
        self.on_phase(Phase.EPISODES)
        env_steps = train(reader, objective, self.config.stages, chooser, rngs)
        own = {name: p.grad for name, p in params.items() if p.grad is not None}
        grads = ranks.mean(own, batch.n_tasks)
        self.on_phase(Phase.UPDATE)
        norm = self.meta.descend(grads, torch.zeros(0, dtype=torch.long), progress)
        metrics = {**objective.metrics, "gradient_norm": norm, "env_steps": env_steps}
        return ranks.of_whole_batch(metrics, batch.n_tasks)

    def reader(self) -> Read:
        """Return the network with the averaged weights."""
        params = {name: p.detach() for name, p in self.meta.average.items()}
        return MapReader(params, self.config.rounds).read

    @property
    def plans(self) -> bool:
        """Whether it also weighs plans; see `MapLearner`."""
        return self.config.planning

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the meta-parameters."""
        return self.meta.params["embed"].dtype


@dataclass(frozen=True)
class MapReader:
    """The network with its weights: gives the policy that belongs to the maps."""

    params: Params
    rounds: int

    def moves(self, inputs: GraphInputs) -> Tensor:
        """Return the probabilities of moves [N, A]."""
        tensors = GraphTensors(inputs, self.params["embed"].dtype)
        hidden = embed(self.params, tensors, self.rounds)
        return move_log_probs(self.params, tensors, hidden).exp()

    def policy(self, inputs: GraphInputs) -> Tensor:
        """Return the probabilities of actions [T, S, A]."""
        moves = self.moves(inputs)
        controls = torch.from_numpy(inputs.controls).to(moves.dtype)
        return moves[torch.from_numpy(inputs.node)] @ controls.mT

    def read(
        self, experience: Experience, episodes_ahead: float, steps_left: Ints | None = None
    ) -> Floats:
        """Return the probabilities of moves [N, A] as an array; see `graph_inputs`."""
        with torch.no_grad():
            return as_probabilities(
                self.moves(graph_inputs(experience, episodes_ahead, steps_left))
            )


def as_probabilities(policy: Tensor) -> Floats:
    """Return a policy [.., A] as an array whose rows add up to 1."""
    probs: Floats = policy.detach().double().numpy()
    return probs / probs.sum(-1, keepdims=True)


# --- training ----------------------------------------------------------------------------------


class MapObjective:
    """The loss of the policies that the maps of a batch give, and metrics."""

    def __init__(self, batch: GridBatch, config: NeuralMapConfig, dtype: torch.dtype) -> None:
        self.batch, self.config, self.dtype = batch, config, dtype
        self.dynamics = Dynamics(batch, dtype)
        baselines = baseline_returns(batch)
        room = np.maximum(baselines.optimal - baselines.random, 1e-3)
        self.room = torch.from_numpy(room).to(dtype)
        self.random = torch.from_numpy(baselines.random).to(dtype)
        self.metrics: dict[str, float] = {}

    def back_up(
        self,
        policy: Tensor,
        experience: Experience,
        episodes: float,
        dynamics: Dynamics,
        stage: int,
    ) -> None:
        """Add the gradient of the loss of a policy [T, S, A].

        It has `episodes` episodes to find what has not been found or tried yet.
        """
        config = self.config
        untried = ranks.largest(np.array([experience.untried.any()], np.uint8))  # on some rank
        finds = experience.to_find(bool(untried[0]))
        dynamics = dynamics.finding(finds, PATIENCE if episodes < 1 else 1.0)
        returns, chance = expected_returns(dynamics, [policy, policy], [False, True])
        score = (returns - self.random) / self.room
        score = torch.where(score < LOW, LOW + LOW_SLOPE * (score - LOW), score)
        weight = np.where(experience.found, config.trying, config.discovery)
        finding = 1 - (1 - chance.clamp(0, 1)) ** max(1.0, episodes)
        finding = finding * torch.from_numpy(weight).to(self.dtype)
        live = torch.from_numpy(~self.batch.over).to(self.dtype)
        surprise = -(policy * policy.clamp_min(1e-6).log()).sum(-1)
        entropy = (surprise * live).sum(1) / live.sum(1)
        settled = torch.from_numpy(experience.settled).to(self.dtype)
        loss = -score - finding - config.entropy * (1 - settled) * entropy
        (loss.mean() / config.stages).backward()
        self.metrics[f"train_score_{stage}"] = float(score.detach().mean())
        self.metrics["entropy"] = float(entropy.detach().mean())


def _train_by_episodes(
    reader: MapReader,
    objective: MapObjective,
    stages: int,
    chooser: np.random.Generator,
    rngs: Rngs,
) -> int:
    """Back up the loss at several stages, with a few whole episodes between them. Returns the
    number of moves."""
    batch, experience, env_steps = objective.batch, Experience(objective.batch), 0
    for stage in range(stages):
        episodes = int(chooser.choice(STAGE_EPISODES))
        policy = reader.policy(graph_inputs(experience, episodes))
        objective.back_up(policy, experience, episodes, objective.dynamics, stage)
        if stage < stages - 1:
            data = roll_out(batch, as_probabilities(policy), episodes, rngs)
            experience.add_episodes(data)
            env_steps += int(data.env_steps.sum())
    return env_steps


def _train_by_move(
    reader: MapReader,
    objective: MapObjective,
    stages: int,
    chooser: np.random.Generator,
    rngs: Rngs,
) -> int:
    """Back up the loss at several stages of a trial, with a few moves between them. Returns the
    number of moves.

    The return is that from the present state, as if the maps were not read again.
    """
    batch, experience = objective.batch, Experience(objective.batch)
    walk = Walk(batch, rngs, experience)
    for _ in range(int(chooser.choice(MOVES_BEFORE)) // max(STAGE_MOVES)):
        moves = reader.read(experience, EACH_MOVE, walk.steps_left)
        walk.go(action_probabilities(experience, moves), max(STAGE_MOVES))
    for stage in range(stages):
        policy = reader.policy(graph_inputs(experience, EACH_MOVE, walk.steps_left))
        dynamics = objective.dynamics.from_states(walk.state, walk.steps_left)
        objective.back_up(policy, experience, EACH_MOVE, dynamics, stage)
        walk.go(as_probabilities(policy), int(chooser.choice(STAGE_MOVES)))
    return walk.n_moves

"""The base class of all gradient learners: meta-parameters, and the inner loop that adapts them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Literal, Self

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.gradient.body import ENCODER, Body, FeaturesBody, GraphBody, encoder_gradients
from agents.gradient.inner_loop import InnerStep, adaptation_steps, inner_loop
from agents.gradient.meta_learner import MetaLearner
from agents.gradient.meta_optimizer import MetaOptimizer, OuterConfig
from agents.gradient.outer_objective import ObjectiveConfig
from agents.gradient.policy import (
    MoveFeatures,
    Observation,
    Params,
    expand_for_tasks,
    select_columns,
)
from agents.inner_config import STEP_SIZES, TABLE, VALUES, GraphConfig, InnerConfig
from agents.learner import (
    MOST_ACTIONS,
    NO_CHANGES,
    Changes,
    check_actions,
    check_options,
    check_size,
)
from agents.rollout import Rngs
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.features import N_FEATURES
from game.world.tables import N_ACTIONS


@dataclass(frozen=True)
class GradientConfig(ObjectiveConfig):
    """Options of every gradient learner."""

    hidden: tuple[int, ...] = (64, 64)
    """Units in each hidden layer of the policy (1 to 4096 each, 8 million weights in all)."""
    body: Literal["features", "graph"] = "features"
    """Input of the policy: 'features' around it, or the 'graph' of the whole level as shown."""
    graph: GraphConfig = field(default_factory=GraphConfig)
    step_size: float = 0.1
    """Initial step size of the inner loop (1e-6 to 100); alpha in MAML (Finn et al. 2017)."""
    inner: InnerConfig = field(default_factory=InnerConfig)
    outer: OuterConfig = field(default_factory=OuterConfig)
    n_actions: int = N_ACTIONS
    """Actions of the tasks (2 to 100); training sets those of its pack."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, hidden=(1, 4096), step_size=(1e-6, 100), n_actions=(2, MOST_ACTIONS))
        check_size(self)

    @property
    def episodes_per_task(self) -> int:
        """The number of episodes that are sampled at once on each task."""
        return self.inner.episodes

    @property
    def sees_graph(self) -> bool:
        """Whether the policy reads the shown level's graph instead of features."""
        return self.body == "graph"

    @property
    def n_weights(self) -> int:
        """The number of weights between the layers of the policy network."""
        if self.sees_graph:
            return self.graph.n_weights
        return sum(a * b for a, b in pairwise((N_FEATURES, *self.hidden, self.n_actions)))


FEATURES = "features"  # the name of the gradient by the encoder's features


@dataclass(frozen=True)
class TaskParams:
    """The parameters that T tasks start their inner loops from."""

    leaves: Params  # [T, ...] of the outer gradient: meta-parameters, and features of the encoder
    params: Params  # [T, ...] the policy's parameters
    step_sizes: list[Params]  # one entry per inner step; further steps use the last entry

    @property
    def without_step_sizes(self) -> Params:
        """The leaves that are no step sizes."""
        return {n: leaf for n, leaf in self.leaves.items() if not n.startswith(STEP_SIZES)}


class GradientLearner(MetaLearner):
    """Meta-parameters: the initialisation `w{i}, b{i}`, and log step sizes `log_alpha.*`.

    With the body 'graph', also `controls` and the encoder, see `GraphBody`.

    In this class all layers share one step size, which is tuned on validation tasks. A subclass
    that learns its step sizes by gradient sets `tuned` to False.
    """

    Config: type[GradientConfig] = GradientConfig
    tuned = True
    config: GradientConfig

    def __init__(self, config: GradientConfig, seed: int) -> None:
        super().__init__(config, seed)
        self.body: Body = FeaturesBody(config.hidden, config.n_actions)
        if config.body == "graph":
            self.body = GraphBody(config.graph)
        init = self.init_params(np.random.default_rng(seed))
        self.meta = MetaOptimizer(init | self.init_step_sizes(init), config.outer)

    def init_params(self, rng: np.random.Generator) -> Params:
        """Return the initialisation before training."""
        return self.body.init_params(rng)

    def init_step_sizes(self, init: Params) -> Params:
        """Return the logarithms of the step sizes before training."""
        sizes = {name: self.config.step_size for name in init if not name.startswith(ENCODER)}
        if self.config.sees_graph:
            sizes |= self.config.graph.table_steps
        return {STEP_SIZES + n: torch.full((1,), float(np.log(s))) for n, s in sizes.items()}

    def params_for_tasks(
        self, meta: Params, observation: Observation, columns: Tensor
    ) -> TaskParams:
        """Return the meta-parameters of each of T tasks, limited to these feature columns.

        The tasks share memory. Gradients are still separate for each task. Tables start at
        zero on each task, and are not meta-learned.
        """
        adapting = {name: p.detach() for name, p in meta.items() if not name.startswith(ENCODER)}
        selected = select_columns(adapting, columns)
        n_tasks = len(observation.moves if isinstance(observation, MoveFeatures) else observation)
        values = {n: p.exp() if n.startswith(STEP_SIZES) else p for n, p in selected.items()}
        leaves = {n: p.requires_grad_() for n, p in expand_for_tasks(values, n_tasks).items()}
        params = {name: p for name, p in leaves.items() if not name.startswith(STEP_SIZES)}
        sizes: dict[int, Params] = {}
        for name, p in leaves.items():
            if name.startswith(STEP_SIZES):  # "log_alpha.w0", or "log_alpha.2.w0" for step 2
                step, _, param = name.removeprefix(STEP_SIZES).rpartition(".")
                sizes.setdefault(int(step or 0), {})[param] = p
        if isinstance(observation, MoveFeatures):
            for name, width in ((TABLE, N_ACTIONS), (VALUES, 1)):
                zeros = torch.zeros(*observation.moves.shape[:2], width, dtype=self.dtype)
                params[name] = zeros.requires_grad_()
            leaves[FEATURES] = observation.moves
        return TaskParams(leaves, params, [sizes[step] for step in sorted(sizes)])

    @property
    def episodes_per_step(self) -> int:
        """The number of episodes sampled for each gradient step."""
        return self.config.inner.episodes

    def with_episodes(self, episodes: int) -> Self:
        """See `Learner.with_episodes`."""
        other = copy.copy(self)
        other.config = replace(self.config, inner=replace(self.config.inner, episodes=episodes))
        return other

    def follows(self, changed: GridBatch) -> bool:
        """Return whether all goals are hidden: further gradient steps then adapt to a moved goal.

        A visible goal is an input, and its feature column may be missing from `params_for_tasks`.
        With the body 'graph', adaptation begins anew: the table is that of another graph.
        """
        return not self.config.sees_graph and all(
            tables.level.goal == "hidden" for tables in changed.tables
        )

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """Run the inner loop from the averaged meta-parameters; see `Learner.adapt`."""
        return adaptation_steps(self.inner_steps(batch, rngs, steps, changes))

    def inner_steps(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[InnerStep]:
        """Yield the steps of the inner loop with all of their episodes; see `adapt`."""
        check_actions(self.config, batch)
        meta = self.meta.average
        features, columns = self.body.observe(meta, batch)
        start = self.params_for_tasks(meta, features, columns)
        params = {name: p.detach() for name, p in start.params.items()}
        sizes = [{name: p.detach() for name, p in step.items()} for step in start.step_sizes]
        changed = {
            step: (tasks, self.body.observe_changed(meta, tasks, columns))
            for step, tasks in changes.items()
        }
        return inner_loop(params, sizes, features, batch, rngs, steps, self.config.inner, changed)

    def observe_in_training(self, batch: GridBatch, rngs: Rngs) -> tuple[Observation, Tensor]:
        """Return what `Body.observe` does, to be differentiated by the outer loop.

        Raises AgentError where the tasks have another number of actions than the policy.
        """
        check_actions(self.config, batch)
        rng = ranks.shared_generator(rngs[0]) if self.config.sees_graph else None
        return self.body.observe(self.meta.params, batch, rng)

    def update_meta(
        self, grads: Params, observation: Observation, columns: Tensor, progress: float
    ) -> float:
        """Take a step of the outer optimiser along gradients [T, ...], and return their norm.

        The gradient of the encoder is made from that of its features.
        """
        if not isinstance(observation, MoveFeatures):
            return self.meta.step(grads, columns, progress)
        own = {name: grad for name, grad in grads.items() if name != FEATURES}
        shared = partial(encoder_gradients, observation, grads[FEATURES])
        return self.meta.step(own, columns, progress, shared)

    def scale_steps(self, factor: float) -> None:
        """Multiply all step sizes by `factor`."""
        for params in (self.meta.params, self.meta.average):
            for name in params:
                if name.startswith(STEP_SIZES):
                    params[name].data.add_(float(np.log(factor)))

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the meta-parameters."""
        return self.meta.params["w0"].dtype

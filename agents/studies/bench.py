"""Benchmarks of learning on one core, after those of the simulator (`bench_world.py`)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from agents.gradient.maml import Maml, MamlConfig
from agents.inner_config import InnerConfig
from agents.memory.gru_policy import GruPolicy
from agents.memory.inputs import BatchView
from agents.memory.rl2 import Rl2, Rl2Config
from agents.memory.trials import RunningTrials
from agents.studies.bench_world import (
    PYTHON_LOOP,
    Figure,
    bench_levels,
    compared,
    rate,
    world_figures,
)
from game.tasks.packs import load_pack
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch

EPISODES = 20
TRIALS = 800  # of agents with memory, in parallel


def all_figures() -> Iterator[tuple[str, Figure]]:
    """Yield each measurement with its name: first the simulator, then learning; on one thread."""
    torch.set_num_threads(1)
    loop = 0.0
    for name, figure in world_figures():
        loop = figure.value if name == PYTHON_LOOP else loop
        yield name, figure
    for name, first_order in {"maml_second_order": False, "maml_first_order": True}.items():
        yield name, compared(meta_training(first_order), "transitions/s", loop)
    yield "adaptation_step_ms", compared(adaptation_step_ms(), "ms", loop)
    yield "rl2_rollout", compared(rl2_rollout(), "frames/s", loop)
    yield "rl2_train", compared(rl2_train(), "frames/s", loop)


def bench_tasks() -> list[Task]:
    """Return the simulator benchmarks' levels as tasks."""
    return [Task(level, "bench") for level in bench_levels()]


def meta_training(first_order: bool) -> float:
    """Measure MAML iterations, in sampled transitions per second, learning included.

    20 tasks, 20 episodes of at most 32 steps, one inner step. Transitions before and after the
    update count; padding after the end of an episode does not. The outer objective is sampled.
    """
    inner = InnerConfig(episodes=EPISODES)
    config = MamlConfig(first_order=first_order, inner_steps=1, objective="sampled", inner=inner)
    learner = Maml(config, seed=0)
    tasks = bench_tasks()
    batch = GridBatch.of([task.level for task in tasks])
    rngs = [task_rng(0, task) for task in tasks]
    return rate(lambda: int(sum(_transitions(learner, batch, rngs) for _ in range(3))))


def _transitions(learner: Maml, batch: GridBatch, rngs: list[np.random.Generator]) -> float:
    return learner.meta_update(batch, rngs, 0.5)["env_steps"]


def adaptation_step_ms() -> float:
    """Measure one adaptation step on one task (20 episodes, gradient, update), in milliseconds."""
    task = bench_tasks()[0]
    batch, rng = GridBatch.of([task.level]), task_rng(0, task)
    learner = Maml(MamlConfig(), seed=0)
    steps = 10

    def adapt() -> int:
        return sum(1 for _ in learner.adapt(batch, [rng], steps)) - 1

    return 1000 / rate(adapt)


def gridnavi() -> tuple[GridBatch, list[np.random.Generator]]:
    """Return the 21 goals of the pack `gridnavi`, with a generator for each."""
    tasks = load_pack("gridnavi").split("train").tasks
    return GridBatch.of([task.level for task in tasks]), [task_rng(0, task) for task in tasks]


def rl2_rollout() -> float:
    """Measure trials of a 64-unit GRU policy, about TRIALS in parallel, in frames per second."""
    batch, rngs = gridnavi()
    params, per_task = Rl2(Rl2Config(), seed=0).params, round(TRIALS / batch.n_tasks)

    def play() -> int:
        policy = GruPolicy(params, BatchView(batch, torch.float32), batch.n_tasks * per_task)
        played = RunningTrials(policy, batch, per_task, rngs).play(2)
        return sum(int(episode.alive.sum()) for episode in played)

    return rate(play, 7)


def rl2_train() -> float:
    """Measure RL2's training (rollout and all PPO epochs), in frames per second."""
    batch, rngs = gridnavi()
    learner = Rl2(Rl2Config(), seed=0)
    return rate(lambda: int(learner.meta_update(batch, rngs, 0.5)["env_steps"]), 5)

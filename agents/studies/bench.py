"""Benchmarks of learning, and the measurement of all benchmarks, those of the simulator first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch

from agents.gradient.maml import Maml, MamlConfig
from agents.inner_config import InnerConfig
from agents.memory.gru_policy import GruPolicy
from agents.memory.inputs import BatchView
from agents.memory.rl2 import Rl2, Rl2Config
from agents.memory.trials import RunningTrials
from agents.studies.bench_world import PYTHON_LOOP, TASKS, WORLD, bench_levels
from agents.studies.benchmark import SECONDS, Benchmark, Figure, milliseconds, rate
from agents.studies.maml_training import MAZES, WARM_UP, maml_updates
from agents.training.batches import useful_processes
from game.tasks.packs import load_pack
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch

EPISODES = 20
TRIALS = 800  # of agents with memory, in parallel
ADAPTATION_STEPS = 10


def measure(only: Sequence[str] = (), seconds: float = SECONDS) -> Iterator[tuple[str, Figure]]:
    """Yield each measurement with its name, or only those named, on one thread.

    `seconds` is the processor time spent on each. Where a stepping rate is asked for, the Python
    loop is measured too, since the rate is compared with it.
    """
    torch.set_num_threads(1)
    chosen = {name: one for name, one in BENCHMARKS.items() if not only or name in only}
    if any(one.compared for one in chosen.values()):
        chosen = {PYTHON_LOOP: BENCHMARKS[PYTHON_LOOP]} | chosen
    loop = 0.0
    for name, one in chosen.items():
        value = one.measure(seconds)
        loop = value if name == PYTHON_LOOP else loop
        ratio = (value / loop, PYTHON_LOOP) if one.compared else (None, None)
        yield name, Figure(one.group, one.about, value, one.unit, *ratio)


# --- gradient learners ---------------------------------------------------------------------------


def maml_mazes(seconds: float, processes: int) -> float:
    """Measure real training, in iterations per second of wall-clock time.

    Drawing, compiling, features and baselines of a new meta-batch are part of each iteration.
    """
    with maml_updates(processes) as updates:
        *_, first = itertools.islice(updates, WARM_UP)
        last = next(update for update in updates if update.seconds - first.seconds >= seconds)
    return (last.iteration - first.iteration) / (last.seconds - first.seconds)


def meta_training(seconds: float, first_order: bool) -> float:
    """Measure MAML's learning alone, in sampled transitions per second.

    20 tasks, 20 episodes of at most 32 steps, one inner step. Transitions before and after the
    update count; padding after the end of an episode does not. The outer objective is sampled.
    The features are made once, in the warm-up, and kept with the batch: in training, they are made
    once for each new meta-batch.
    """
    inner = InnerConfig(episodes=EPISODES)
    config = MamlConfig(first_order=first_order, inner_steps=1, objective="sampled", inner=inner)
    learner = Maml(config, seed=0)
    tasks = bench_tasks()
    batch = GridBatch.of([task.level for task in tasks])
    rngs = [task_rng(0, task) for task in tasks]
    return rate(lambda: learner.meta_update(batch, rngs, 0.5)["env_steps"], seconds)


def bench_tasks() -> list[Task]:
    """Return the simulator benchmarks' levels as tasks."""
    return [Task(level, "bench") for level in bench_levels()]


def adaptation_step_ms(seconds: float) -> float:
    """Measure one adaptation step on one task (20 episodes, gradient, update), in milliseconds."""
    task = bench_tasks()[0]
    batch, rng = GridBatch.of([task.level]), task_rng(0, task)
    learner = Maml(MamlConfig(), seed=0)

    def adapt() -> None:
        for _ in learner.adapt(batch, [rng], ADAPTATION_STEPS):
            pass

    return milliseconds(adapt, seconds) / ADAPTATION_STEPS


# --- learners with memory ------------------------------------------------------------------------


def gridnavi() -> tuple[GridBatch, list[np.random.Generator]]:
    """Return the 21 goals of the pack `gridnavi`, with a generator for each."""
    tasks = load_pack("gridnavi").split("train").tasks
    return GridBatch.of([task.level for task in tasks]), [task_rng(0, task) for task in tasks]


def rl2_rollout(seconds: float) -> float:
    """Measure trials of a 64-unit GRU policy, about TRIALS in parallel, in frames per second.

    Features are made beforehand: in training, they are made once for rollout and update.
    """
    batch, rngs = gridnavi()
    params, per_task = Rl2(Rl2Config(), seed=0).params, round(TRIALS / batch.n_tasks)
    view = BatchView(batch, torch.float32)

    def play() -> int:
        policy = GruPolicy(params, view, view.tables(params), batch.n_tasks * per_task)
        played = RunningTrials(policy, batch, per_task, rngs).play(2)
        return sum(int(episode.alive.sum()) for episode in played)

    return rate(play, seconds)


def rl2_train(seconds: float) -> float:
    """Measure RL2's training (features, rollout and all PPO epochs), in frames per second.

    Each iteration has a new batch of the same tables, as in training: a batch keeps its features.
    """
    batch, rngs = gridnavi()
    learner = Rl2(Rl2Config(), seed=0)

    def iterate() -> float:
        return learner.meta_update(GridBatch(batch.tables), rngs, 0.5)["env_steps"]

    return rate(iterate, seconds)


GRADIENT = "Learning by gradient: MAML"
MEMORY = "Learning in memory: RL2 with 64 units, the 21 goals of gridnavi, made beforehand"


def _meta_training_about(order: str) -> str:
    return (
        f"Learning, {order} order: {TASKS} tasks x {EPISODES} episodes, sampling, "
        "gradients and update; levels and features made beforehand."
    )


LEARNING: dict[str, Benchmark] = {
    "maml_mazes": Benchmark(
        GRADIENT,
        f"Training on {MAZES} with default options, wall-clock time, in "
        f"{'two processes' if useful_processes() > 1 else 'one process'}: every iteration draws "
        "and compiles new levels, makes their features and learns, all included.",
        "iterations/s",
        partial(maml_mazes, processes=useful_processes()),
    ),
    "maml_mazes_1_process": Benchmark(
        GRADIENT,
        "As maml_mazes, in one process.",
        "iterations/s",
        partial(maml_mazes, processes=1),
    ),
    "maml_second_order": Benchmark(
        GRADIENT,
        _meta_training_about("second"),
        "transitions/s",
        partial(meta_training, first_order=False),
    ),
    "maml_first_order": Benchmark(
        GRADIENT,
        _meta_training_about("first"),
        "transitions/s",
        partial(meta_training, first_order=True),
    ),
    "adaptation_step_ms": Benchmark(
        GRADIENT,
        f"One adaptation step on one level: {EPISODES} episodes, gradient, exact return; level and "
        "features made beforehand.",
        "ms",
        adaptation_step_ms,
    ),
    "rl2_rollout": Benchmark(
        MEMORY,
        f"Sampling alone, about {TRIALS} trials at once; no learning, features made beforehand.",
        "frames/s",
        rl2_rollout,
    ),
    "rl2_train": Benchmark(
        MEMORY,
        "An iteration of training: features, sampling and all epochs of PPO included.",
        "frames/s",
        rl2_train,
    ),
}

BENCHMARKS: dict[str, Benchmark] = WORLD | LEARNING

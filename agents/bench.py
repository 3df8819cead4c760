"""Throughput on one core. Ratios compare with a plain scalar loop in the same run, so that they
survive a noisy machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from agents.inner import InnerConfig
from agents.maml import Maml, MamlConfig
from game.generate import GENERATORS, Scatter
from game.tables import N_ACTIONS, GridBatch, compile_level
from game.tasks import Task, task_rng

REPEATS = 7
EPISODES, STEPS, TASKS = 20, 32, 20
LOOP_STEPS = 20_000


def run_benchmarks() -> dict[str, dict[str, object]]:
    """Every benchmark by name: `value`, `unit`, `ratio`, `ratio_to`. Uses one thread."""
    torch.set_num_threads(1)
    loop = scalar_loop()
    found: dict[str, dict[str, object]] = {
        "python_loop": {"value": loop, "unit": "steps/s", "ratio": 1.0, "ratio_to": None}
    }
    for name, value in {
        "maml_second_order": meta_training(first_order=False),
        "maml_first_order": meta_training(first_order=True),
    }.items():
        ratio = {"ratio": value / loop, "ratio_to": "python_loop"}
        found[name] = {"value": value, "unit": "transitions/s", **ratio}
    step = adaptation_step_ms()
    found["adaptation_step_ms"] = {"value": step, "unit": "ms", "ratio": None, "ratio_to": None}
    return found


def _tasks() -> list[Task]:
    """Generated 11 x 11 maps with episodes of 32 steps."""
    rng = np.random.default_rng(0)
    _, generate = GENERATORS["scatter"]
    return [Task(generate(rng, Scatter(steps=STEPS)), "bench") for _ in range(TASKS)]


def _rate(work: Callable[[], int]) -> float:
    """Median rate of `work`, which returns how much it did, after one run to warm up."""
    work()
    rates = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        amount = work()
        rates.append(amount / (time.perf_counter() - began))
    return statistics.median(rates)


def scalar_loop() -> float:
    """Steps a second of one environment in plain Python over the same tables: the yardstick."""
    tables = compile_level(_tasks()[0].level)
    next_state, reward = tables.next_state.tolist(), tables.reward.tolist()
    over = tables.over.tolist()
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=LOOP_STEPS).tolist()
    start = int(tables.starts[0])

    def walk() -> int:
        state, total, clock = start, 0.0, 0
        for action in actions:
            total += reward[state][action]
            state = next_state[state][action]
            clock += 1
            if over[state] or clock == STEPS:
                state, clock = start, 0
        return LOOP_STEPS

    return _rate(walk)


def meta_training(first_order: bool) -> float:
    """Sampled transitions a second of MAML iterations, learning included.

    20 tasks, 20 episodes of at most 32 steps, one inner step; the transitions before and after the
    update count, those after an episode's end do not. The exact outer objective is left out.
    """
    inner = InnerConfig(episodes=EPISODES)
    config = MamlConfig(first_order=first_order, inner_steps=1, objective="sampled", inner=inner)
    learner = Maml(config, seed=0)
    tasks = _tasks()
    batch = GridBatch.of([task.level for task in tasks])
    rngs = [task_rng(0, task) for task in tasks]
    return _rate(lambda: int(sum(_transitions(learner, batch, rngs) for _ in range(3))))


def _transitions(learner: Maml, batch: GridBatch, rngs: list[np.random.Generator]) -> float:
    return learner.meta_update(batch, rngs, 0.5)["env_steps"]


def adaptation_step_ms() -> float:
    """Milliseconds of one adaptation step of one task: 20 episodes, gradient, update."""
    task = _tasks()[0]
    batch, rng = GridBatch.of([task.level]), task_rng(0, task)
    learner = Maml(MamlConfig(), seed=0)
    steps = 10

    def adapt() -> int:
        return sum(1 for _ in learner.adapt(batch, [rng], steps)) - 1

    return 1000 / _rate(adapt)

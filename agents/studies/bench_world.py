"""Benchmarks of the simulator on one core.

Ratios compare with a plain Python loop in the same run, which makes them robust to a busy machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from game.env import LevelEnv, LevelVectorEnv
from game.tasks.generators import GENERATORS, Scatter
from game.tasks.packs import load_pack
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.environments import Environments, Transitions
from game.world.tables import N_ACTIONS, compile_level

PYTHON_LOOP = "python_loop"
REPEATS = 15
TASKS, HORIZON = 20, 32
SLIP = 0.2
LOOP_STEPS = 20_000
RUN_STEPS = HORIZON
VECTOR_STEPS = 20
GENERATED = 1000


@dataclass(frozen=True)
class Figure:
    """One measurement; `ratio` compares it with the measurement `ratio_to` of the same run."""

    value: float
    unit: str
    ratio: float = 1.0
    ratio_to: str | None = None


def world_figures() -> Iterator[tuple[str, Figure]]:
    """Yield each measurement of the simulator with its name; the reference `python_loop` first."""
    loop = python_loop()
    yield PYTHON_LOOP, Figure(loop, "steps/s")
    yield "scalar_env", compared(scalar_env(), "steps/s", loop)
    for n_envs in (1024, 8192):
        yield f"step_{n_envs}", compared(stepping(n_envs), "steps/s", loop)
    yield "step_slip_8192", compared(stepping(8192, SLIP), "steps/s", loop)
    for observation in ("state", "features"):
        name = f"vector_{observation}_8192"
        yield name, compared(vector_env(8192, observation), "steps/s", loop)
    yield "compile_9x9_ms", compared(compile_ms(), "ms", loop)
    yield "generate_1000_s", compared(generate_s(), "s", loop)


def compared(value: float, unit: str, loop: float) -> Figure:
    """Return a measurement with its ratio to the rate `loop` of the Python loop.

    For a rate, the ratio is how many times faster it is; for a time, how many steps the loop takes
    in it.
    """
    seconds = {"s": 1.0, "ms": 1e-3}
    ratio = value * seconds[unit] * loop if unit in seconds else value / loop
    return Figure(value, unit, ratio, PYTHON_LOOP)


def rate(work: Callable[[], int], repeats: int = REPEATS) -> float:
    """Return the median rate of `work`, which returns the amount it did, after a warm-up run.

    Rates are per second of processor time, so that other processes do not count.
    """
    work()
    rates = []
    for _ in range(repeats):
        began = time.process_time()
        amount = work()
        rates.append(amount / (time.process_time() - began))
    return statistics.median(rates)


def bench_levels(slip: float = 0.0) -> list[Level]:
    """Generate 11 x 11 levels with episodes of 32 steps."""
    rng = np.random.default_rng(0)
    _, generate = GENERATORS["scatter"]
    levels = [generate(rng, Scatter(steps=HORIZON)) for _ in range(TASKS)]
    return [replace(level, slip=slip) for level in levels]


def python_loop() -> float:
    """Measure one environment with the same rules in plain Python, in steps per second: the
    reference."""
    tables = compile_level(bench_levels()[0])
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
            if over[state] or clock == HORIZON:
                state, clock = start, 0
        return LOOP_STEPS

    return rate(walk)


def scalar_env() -> float:
    """Measure `LevelEnv`, unwrapped, with the state index as observation, in steps per second."""
    env = LevelEnv(bench_levels()[0], "state")
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=LOOP_STEPS).tolist()

    def walk() -> int:
        env.reset(seed=0)
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return LOOP_STEPS

    return rate(walk)


def stepping(n_envs: int, slip: float = 0.0) -> float:
    """Measure `Environments.run` with actions drawn in advance, in steps per second.

    Includes reward, termination, time limit and autoreset, and with slip its random numbers.
    """
    batch = GridBatch.of(bench_levels(slip))
    rng = np.random.default_rng(0)
    environments = Environments(batch, np.arange(n_envs) % TASKS, rng)
    actions = rng.integers(N_ACTIONS, size=(RUN_STEPS, n_envs))
    out = Transitions.empty(RUN_STEPS, n_envs)

    def run() -> int:
        environments.run(actions, out)
        return actions.size

    return rate(run)


def vector_env(n_envs: int, observation: Any) -> float:
    """Measure `LevelVectorEnv` on one level, one step of all environments per call, in steps per
    second."""
    envs = LevelVectorEnv(n_envs, bench_levels()[0], observation)
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=(VECTOR_STEPS, n_envs))

    def walk() -> int:
        for action in actions:
            envs.step(action)
        return actions.size

    return rate(walk)


def compile_ms() -> float:
    """Measure the time to compile a level with an interior of 9 x 9, in milliseconds."""
    levels = bench_levels()
    return 1000 / rate(lambda: len([compile_level(level) for level in levels]))


def generate_s() -> float:
    """Measure the time to generate 1,000 training levels of a pack, in seconds."""
    source = load_pack("mazes-9x9").split("train")
    return 1 / rate(lambda: len(source.sample(GENERATED, np.random.default_rng(0))) // GENERATED, 3)

"""Benchmarks of the simulator on one core: stepping, Gymnasium environments, drawing, compiling."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium
import numpy as np

from agents.studies.benchmark import Benchmark, milliseconds, rate
from agents.studies.maml_training import MAZES
from game.env import ID, LevelEnv, LevelVectorEnv
from game.tasks.generators import GENERATORS, Scatter
from game.tasks.packs import load_pack
from game.tasks.sources import Source
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.environments import Environments, Transitions
from game.world.tables import N_ACTIONS, compile_level

PYTHON_LOOP = "python_loop"
TASKS, HORIZON = 20, 32
SLIP = 0.2
LOOP_STEPS = 20_000
RESAMPLED_STEPS = 2_000
RUN_STEPS = HORIZON
VECTOR_STEPS = 20
GENERATED = 100  # levels drawn at a time


def bench_levels(slip: float = 0.0) -> list[Level]:
    """Generate levels of 9 x 9 cells within walls, with episodes of 32 steps."""
    rng = np.random.default_rng(0)
    _, generate = GENERATORS["scatter"]
    levels = [generate(rng, Scatter(steps=HORIZON)) for _ in range(TASKS)]
    return [replace(level, slip=slip) for level in levels]


# --- stepping ------------------------------------------------------------------------------------


def python_loop(seconds: float) -> float:
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

    return rate(walk, seconds)


def stepping(seconds: float, n_envs: int, slip: float = 0.0) -> float:
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

    return rate(run, seconds)


# --- Gymnasium environments ----------------------------------------------------------------------


def scalar_env(seconds: float) -> float:
    """Measure `LevelEnv`, unwrapped, with the state index as observation, in steps per second."""
    return _single_steps(LevelEnv(bench_levels()[0], "state"), LOOP_STEPS, seconds)


def resample_env(seconds: float) -> float:
    """Measure `gymnasium.make` with a new level in each episode, in steps per second."""
    env = gymnasium.make(ID, level=MAZES, split="train", resample=True)
    return _single_steps(env, RESAMPLED_STEPS, seconds)


def _single_steps(env: gymnasium.Env[Any, Any], steps: int, seconds: float) -> float:
    """Measure an environment with random actions, its resets included, in steps per second."""
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=steps).tolist()

    def walk() -> int:
        env.reset(seed=0)
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return steps

    return rate(walk, seconds)


def vector_env(seconds: float, n_envs: int, observation: Any, level: Source | None = None) -> float:
    """Measure `LevelVectorEnv`, one step of all environments per call, in steps per second."""
    envs = LevelVectorEnv(n_envs, level or bench_levels()[0], observation)
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=(VECTOR_STEPS, n_envs))

    def walk() -> int:
        for action in actions:
            envs.step(action)
        return actions.size

    return rate(walk, seconds)


# --- drawing and compiling -----------------------------------------------------------------------


def compile_ms(seconds: float) -> float:
    """Measure the time to compile a level of 9 x 9 cells within walls, in milliseconds."""
    levels = bench_levels()
    return milliseconds(lambda: [compile_level(level) for level in levels], seconds) / TASKS


def compile_batch_ms(seconds: float) -> float:
    """Measure the time per level where levels are compiled together, in milliseconds."""
    levels = bench_levels()
    return milliseconds(lambda: GridBatch.of(levels), seconds) / TASKS


def generate_s(seconds: float) -> float:
    """Measure the time to draw 1,000 training levels of a pack, in seconds."""
    source, rng = load_pack(MAZES).split("train"), np.random.default_rng(0)
    ms = milliseconds(lambda: source.sample(GENERATED, rng), seconds)
    return ms / GENERATED  # ms for one level are s for 1,000


STEPPING = "Stepping: 20 levels of 9 x 9, made beforehand; no learning, no features"
GYMNASIUM = "Gymnasium environments: random actions, no learning"
LEVELS = "Making levels"

# of `vector_*_8192`: observation, level (None: the first of `bench_levels`), what the value counts
VECTORS: dict[str, tuple[str, str | None, str]] = {
    "state": (
        "state",
        None,
        "8,192 environments of `LevelVectorEnv` on one level; observes numbers of states.",
    ),
    "features": (
        "features",
        None,
        "As vector_state_8192; observes features, made once and looked up in each step.",
    ),
    "mazes": ("features", MAZES, f"As vector_features_8192, on the 100 test levels of {MAZES}."),
    "codes": ("codes", MAZES, "As vector_mazes_8192; observes compact codes of one byte each."),
}
WORLD: dict[str, Benchmark] = {
    PYTHON_LOOP: Benchmark(
        STEPPING,
        "One environment as a plain Python loop over the same tables: the reference.",
        "steps/s",
        python_loop,
    ),
    **{
        f"step_{n_envs}": Benchmark(
            STEPPING,
            f"{n_envs:,} environments in one call of `Environments.run`, actions drawn beforehand.",
            "steps/s",
            partial(stepping, n_envs=n_envs),
            compared=True,
        )
        for n_envs in (1024, 8192)
    },
    "step_slip_8192": Benchmark(
        STEPPING,
        f"As step_8192, with slip {SLIP} and its random numbers.",
        "steps/s",
        partial(stepping, n_envs=8192, slip=SLIP),
        compared=True,
    ),
    "scalar_env": Benchmark(
        GYMNASIUM,
        "`LevelEnv` on one level; observes the number of the state.",
        "steps/s",
        scalar_env,
        compared=True,
    ),
    "resample_env": Benchmark(
        GYMNASIUM,
        f"`gymnasium.make(..., resample=True)` on {MAZES}: each episode draws and compiles a new "
        "level and makes its features, all included.",
        "steps/s",
        resample_env,
    ),
    **{
        f"vector_{name}_8192": Benchmark(
            GYMNASIUM,
            about,
            "steps/s",
            partial(vector_env, n_envs=8192, observation=observation, level=level),
            compared=True,
        )
        for name, (observation, level, about) in VECTORS.items()
    },
    "compile_9x9_ms": Benchmark(
        LEVELS,
        "Compiling one level of 9 x 9 into tables, by itself; drawing not included.",
        "ms",
        compile_ms,
    ),
    "compile_batch_ms": Benchmark(
        LEVELS,
        f"Compiling {TASKS} levels together into a batch, as training does: time for each level.",
        "ms",
        compile_batch_ms,
    ),
    "generate_1000_s": Benchmark(
        LEVELS,
        f"Drawing 1,000 training levels of {MAZES}; compiling not included.",
        "s",
        generate_s,
    ),
}

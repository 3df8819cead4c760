"""The tables of the README and docs/results.md: every row with several training seeds."""

from __future__ import annotations

from agents.studies.reproduce.definition import (
    BenchmarkSetting,
    BenchmarkTraining,
    Length,
    PublishedBenchmark,
)

STEPS = 5  # adaptation steps of agents that adapt by gradients
SEEDS = 5  # adaptation seeds
QUICK: Length = {"minutes": 0.5}
EPISODES = 4  # of a trial of an agent with memory


def _gradients(
    pack: str, minutes: float, *learners: str, scratch: bool = True, quick: Length = QUICK
) -> BenchmarkSetting:
    """Return the rows of learners that adapt by gradients on a pack."""
    return BenchmarkSetting(
        name=pack,
        pack=pack,
        trainings=tuple(BenchmarkTraining(one, {"minutes": minutes}, quick) for one in learners),
        episodes=STEPS + 1,
        adaptation_seeds=SEEDS,
        beside=("scratch",) if scratch else (),
    )


def _memory(pack: str, minutes: float) -> BenchmarkSetting:
    """Return the row of rl2 on a pack."""
    return BenchmarkSetting(
        name=f"{pack}, with memory",
        pack=pack,
        trainings=(BenchmarkTraining("rl2", {"minutes": minutes}, {"minutes": 1}),),
        episodes=EPISODES,
    )


_FEW_EPISODES = BenchmarkSetting(
    name="mazes-9x9, 5 episodes a step",
    pack="mazes-9x9",
    trainings=(BenchmarkTraining("maml", {"minutes": 10}, QUICK, {"inner.episodes": 5}),),
    episodes=STEPS + 1,
    adaptation_seeds=SEEDS,
)
_ANY_LEVEL = BenchmarkSetting(
    name="worlds",
    pack="worlds",
    trainings=(
        BenchmarkTraining("neural-map", {"minutes": 90}, {"minutes": 3}, {"tasks": 24}),
        BenchmarkTraining("maml", {"minutes": 60}, {"minutes": 3}, {"tasks": 24}),
        BenchmarkTraining("multitask", {"minutes": 60}, {"minutes": 3}, {"tasks": 24}),
    ),
    episodes=STEPS + 1,
    also=("drawn",),
)
README = PublishedBenchmark(
    name="readme",
    title="The README's tables",
    text=(
        "Normalised score (0: uniform random policy, 1: planner that knows the task) on held-out "
        "tasks before and after each adaptation step: 20 episodes for agents that adapt by "
        "gradients, one for agents with memory. `made worse` is the share of tasks and seeds whose "
        "score after the last step is more than 0.02 below step 0."
    ),
    settings=(
        _gradients("goals-5x5", 1, "maml"),
        _gradients("mazes-9x9", 6, "maml", "fomaml", "cavia", "reptile", "multitask"),
        _FEW_EPISODES,
        _gradients("terrain-9x9", 6, "maml", "multitask"),
        _gradients("dynamics", 6, "maml", "multitask"),
        _gradients("rewards", 6, "maml", "multitask"),
        _gradients("opponents", 4, "maml", "multitask"),
        _gradients("doors", 9, "maml"),
        _gradients("gridnavi", 1, "maml"),
        _memory("mazes-9x9", 10),
        _memory("dynamics", 6),
        _memory("opponents", 5),
        _ANY_LEVEL,
    ),
    unit="score",
)

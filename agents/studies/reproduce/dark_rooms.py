"""The three published set-ups of the dark room, each with all tasks and with a held-out share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.studies.reproduce.definition import (
    BarFrom,
    BenchmarkSetting,
    BenchmarkTraining,
    Measure,
    PublishedBenchmark,
    Source,
    episode,
    trial,
)
from agents.studies.reproduce.hidden_goals import SAMPLING, hidden_goal_references

DISTILLATION = Source(
    "Laskin et al. 2023, In-context Reinforcement Learning with Algorithm Distillation",
    "the environment Dark Room",
    "https://arxiv.org/abs/2210.14215",
)
PRETRAINED = Source(
    "Lee et al. 2023, Supervised Pretraining Can Learn In-Context Reinforcement Learning",
    "the environment Dark Room",
    "https://arxiv.org/abs/2306.14892",
)
PLANNING = Source(
    "Son et al. 2025, Distilling Reinforcement Learning Algorithms for In-Context Model-Based "
    "Planning",
    "set-ups and splits of its code, github.com/jaehyeon-son/dicp",
    "https://arxiv.org/abs/2502.19009",
)
HELD_OUT = (
    "Agents of the second setting never trained on the held-out tasks. They may have learned that "
    "the cells of those goals hold none, and nothing tells them otherwise before they try: these "
    "returns say how far agents go beyond their training, and only the oracle's bound them."
)


def _training(
    learner: str, full: float, quick: float, options: Mapping[str, Any] | None = None
) -> BenchmarkTraining:
    """Return a training of so many minutes, in full and with --quick."""
    return BenchmarkTraining(learner, {"minutes": full}, {"minutes": quick}, options or {})


def _imitation_bars(last: int) -> dict[str, dict[Measure, float | BarFrom]]:
    """Return the bars of dpt in each episode of its trial of 4, and of ad in the last of its own:
    posterior sampling, and what the gradient learner got at the end of the histories."""
    return {
        "dpt": dict.fromkeys(map(episode, range(1, 5)), BarFrom(SAMPLING)),
        "ad": {episode(last): BarFrom(metric="source_return")},
    }


def _with_held_out(
    setting: BenchmarkSetting, share: float, beside: tuple[str, ...] = ()
) -> BenchmarkSetting:
    """Return the same setting with a share of its tasks held out, without the long ad."""
    name = f"{setting.name}, {share:.0%} held out"
    trainings = tuple(one for one in setting.trainings if one.learner != "ad")
    return replace(setting, name=name, held_out=share, trainings=trainings, beside=beside, bars={})


_ROOM = BenchmarkSetting(
    name="9 x 9, all goals",
    pack="darkroom",
    # a search of all cells takes four episodes at least: only later ones reward a complete one
    trainings=(
        _training("rl2", 10, 2, {"episodes": 6}),
        _training("dpt", 3, 0.5),
        _training("ad", 20, 1.5),
    ),
    measures=(*map(episode, (1, 2, 3, 4, 5, 24)), trial(4)),
    episodes=24,  # in a trial of ad
    bars={"rl2": {episode(5): 0.95 * 16.5}, **_imitation_bars(24)},
)
DARKROOM = PublishedBenchmark(
    name="darkroom",
    title="Dark room",
    text=(
        "9 x 9 cells, start in the centre, 20 steps, 80 hidden goals (the start is none); a step "
        f"that ends on the goal pays 1 and never ends the episode. {HELD_OUT}"
    ),
    settings=(_ROOM, _with_held_out(_ROOM, 0.1, ("posterior-sampling",))),
    references=hidden_goal_references,
    sources=(DISTILLATION, PLANNING),
)

_LARGE = BenchmarkSetting(
    name="10 x 10, all goals",
    pack="darkroom-10",
    trainings=(_training("rl2", 20, 3), _training("dpt", 5, 1), _training("ad", 20, 2)),
    measures=(*map(episode, (1, 2, 3, 4, 8)), trial(4)),
    episodes=8,  # in a trial of ad
    bars={"rl2": {episode(3): 0.95 * 91.9}, **_imitation_bars(8)},
)
DARKROOM_10 = PublishedBenchmark(
    name="darkroom-10",
    title="Dark room of 10 x 10",
    text=(
        "10 x 10 cells, start in a corner, 100 steps, 99 hidden goals; a step that ends on the "
        f"goal pays 1 and never ends the episode. {HELD_OUT}"
    ),
    settings=(_LARGE, _with_held_out(_LARGE, 0.2, ("posterior-sampling",))),
    references=hidden_goal_references,
    sources=(PRETRAINED,),
)

_PERMUTED = BenchmarkSetting(
    name="permuted actions, all",
    pack="darkroom-permuted",
    trainings=(_training("rl2", 10, 2),),
    measures=(*map(episode, (1, 2, 3, 4)), trial(4)),
    episodes=6,
)
DARKROOM_PERMUTED = PublishedBenchmark(
    name="darkroom-permuted",
    title="Dark room with permuted actions",
    text=(
        "9 x 9 cells, start and goal in opposite corners, 50 steps, 120 permutations of the five "
        "actions, of which an agent is not told which one is drawn. The bounds are the oracle's, "
        "which knows the permutation."
    ),
    settings=(_PERMUTED, _with_held_out(_PERMUTED, 0.1)),
    references=hidden_goal_references,
    sources=(PLANNING,),
)

"""The three published set-ups of the dark room, each with all tasks and with a held-out share."""

from __future__ import annotations

from dataclasses import replace

from agents.studies.reproduce.definition import (
    BenchmarkSetting,
    BenchmarkTraining,
    Length,
    PublishedBenchmark,
    Source,
    episode,
    trial,
)
from agents.studies.reproduce.hidden_goals import hidden_goal_references

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


def _rl2(full: Length, quick: Length) -> tuple[BenchmarkTraining, ...]:
    return (BenchmarkTraining("rl2", full, quick),)


def _imitating(full: Length, quick: Length) -> tuple[BenchmarkTraining, ...]:
    return tuple(BenchmarkTraining(one, full, quick) for one in ("dpt", "ad"))


def _with_held_out(
    setting: BenchmarkSetting, share: float, beside: tuple[str, ...] = ()
) -> BenchmarkSetting:
    """Return the same setting with a share of its tasks held out."""
    name = f"{setting.name}, {share:.0%} held out"
    return replace(setting, name=name, held_out=share, beside=beside, bars={}, published={})


_ROOM = BenchmarkSetting(
    name="9 x 9, all goals",
    pack="darkroom",
    # four episodes see all cells at best, and only later ones are paid for what they leave
    trainings=(
        BenchmarkTraining("rl2", {"minutes": 10}, {"minutes": 2}, {"episodes": 6}),
        *_imitating({"minutes": 20}, {"minutes": 2}),
    ),
    measures=(*map(episode, (1, 2, 3, 4, 5, 24)), trial(4)),
    episodes=24,  # in a trial of ad
    bars={"rl2": {episode(5): 0.95 * 16.5}},
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
    trainings=(
        *_rl2({"minutes": 20}, {"minutes": 3}),
        *_imitating({"minutes": 20}, {"minutes": 3}),
    ),
    measures=(*map(episode, (1, 2, 3, 4, 8)), trial(4)),
    episodes=8,  # in a trial of ad
    bars={"rl2": {episode(3): 0.95 * 91.9}},
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
    trainings=_rl2({"minutes": 10}, {"minutes": 2}),
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

"""The pitfall of an inner loop that is too long: many inner steps of few episodes.

Agents with a short and with a long inner loop are trained for as many outer iterations and about
as many environment steps, without and with the bonuses for exploration. Without them, a step of few
episodes often sees no success on a hard task, and its gradient says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.learner_registry import advised_config, build_learner
from agents.studies.exercises.exercise_run import (
    AHEAD,
    NOT_SHOWN,
    ExerciseRun,
    joined,
    measure,
    meta_train,
)
from agents.studies.exercises.pitfall_panels import BarPanel
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.world.rules import Floats, Ints

PACK = "goals-5x5"
SHORT, LONG = (3, 15), (12, 5)  # inner steps and episodes of each: about as many environment steps
ITERATIONS = 100
SEEDS = 5  # training seeds
SOLVED = 0.8  # score from which a task counts as solved
BONUSES = {"no bonuses": False, "with bonuses": True}
HALVES = ("easy", "hard")


@dataclass(frozen=True)
class LoopResult:
    """The results of one inner loop: final scores of M training seeds, and the cost of training."""

    scores: dict[str, Floats]  # by half of the goals: [M, adaptation seeds, goals]
    env_steps: float  # in all of training, mean over training seeds

    def solved(self, half: str) -> Floats:
        """Return the share of tasks that each training seed solves [M]."""
        share: Floats = (self.scores[half] > SOLVED).mean((1, 2))
        return share

    def score(self, half: str) -> Floats:
        """Return the mean score of each training seed [M]."""
        mean: Floats = self.scores[half].mean((1, 2))
        return mean

    def numbers(self) -> dict[str, Any]:
        """Return means over training seeds, as saved in the exercise's JSON file."""
        return {
            "score": {half: float(self.score(half).mean()) for half in HALVES},
            "solved": {half: float(self.solved(half).mean()) for half in HALVES},
            "env_steps": self.env_steps,
        }


Results = dict[str, dict[str, LoopResult]]  # by bonuses and inner loop


def loop_name(inner: tuple[int, int]) -> str:
    """Return the name of an inner loop."""
    return "{} steps of {} episodes".format(*inner)


def compare_loops(exercise: ExerciseRun) -> Results:
    """Train and test both inner loops, without and with bonuses for exploration."""
    pack = load_pack(PACK)
    tasks = [*pack.split("test").tasks, *pack.split("validation").tasks]  # none is used to select
    return {
        kind: {
            loop_name(inner): train_and_test(exercise, pack, tasks, inner, bonuses)
            for inner in (SHORT, LONG)
        }
        for kind, bonuses in BONUSES.items()
    }


def train_and_test(
    exercise: ExerciseRun, pack: Pack, tasks: Sequence[Task], inner: tuple[int, int], bonuses: bool
) -> LoopResult:
    """Train an inner loop with each training seed, and test it on tasks, easy and hard apart."""
    curves, env_steps = [], []
    for seed in exercise.seeds(SEEDS):
        learner, spent = train(exercise, pack, inner, bonuses, seed)
        curves.append(measure(exercise, learner, tasks, inner[0]))
        env_steps.append(spent)
    final = np.stack([curve.scores[..., -1] for curve in curves])
    halves = zip(HALVES, easy_and_hard(curves[0].baselines.optimal))
    scores = {half: final[..., indices] for half, indices in halves}
    return LoopResult(scores, float(np.mean(env_steps)))


def train(
    exercise: ExerciseRun, pack: Pack, loop: tuple[int, int], bonuses: bool, seed: int
) -> tuple[Learner, float]:
    """Train MAML for the return after the last inner step; return it and its environment steps."""
    steps, episodes = loop
    config = advised_config(pack, "maml")
    inner = replace(config.inner, episodes=episodes)
    if not bonuses:
        inner = replace(inner, rarity=0.0, curiosity=0.0)
    config = replace(config, inner=inner, inner_steps=steps, multi_step=False)
    learner = build_learner("maml", config, seed)
    text = f"{steps} inner steps, training seed {seed}"
    iterations = exercise.iterations(ITERATIONS)
    metrics: list[dict[str, float]] = []
    for _ in meta_train(
        exercise, learner, pack.split("train"), iterations, 10, text, seed, metrics
    ):
        pass
    return learner, sum(row["env_steps"] for row in metrics)


def easy_and_hard(optimal: Floats) -> tuple[Ints, Ints]:
    """Return the indices of the tasks with the higher optimal returns, and of the others."""
    order = np.argsort(-optimal, kind="stable")
    half = len(order) // 2
    return order[:half], order[half:]


def panels(results: Results) -> list[BarPanel]:
    """Return a panel of scores and one of the tasks solved."""
    groups = [f"{half} goals\n{kind}" for kind in results for half in HALVES]
    names = list(map(loop_name, (SHORT, LONG)))
    cells = [(kind, half) for kind in results for half in HALVES]
    spent = [_spent([run.env_steps for run in runs.values()]) for runs in results.values()]
    return [
        BarPanel(
            "1. a long inner loop, without and with exploration bonuses",
            groups,
            {name: [results[kind][name].score(half) for kind, half in cells] for name in names},
            note="environment steps in training: {}\nwithout bonuses, {} with bonuses".format(
                *spent
            ),
        ),
        BarPanel(
            "1. a long inner loop: tasks solved",
            groups,
            {name: [results[kind][name].solved(half) for kind, half in cells] for name in names},
            y_label=f"share of tasks with a score over {SOLVED}",
            value="{:.0%}",
        ),
    ]


def _spent(env_steps: Sequence[float]) -> str:
    """Return the environment steps of both inner loops, rounded to thousands."""
    return joined([f"{round(n, -3):,.0f}" for n in env_steps])


def conclude(numbers: dict[str, dict[str, Any]], iterations: int) -> str:
    """Interpret the numbers, first without bonuses and then with them."""
    bare, helped = (list(runs.values()) for runs in numbers.values())
    (easy, hard), (few_easy, few_hard) = (map(_share, run["solved"].values()) for run in bare)
    scores, helped_scores = ([_pair(run["score"]) for run in runs] for runs in (bare, helped))
    lost, helped_lost = _lost(bare), _lost(helped)
    return (
        f"Without exploration bonuses, on {iterations} outer iterations and about as many "
        f"environment steps ({_spent([run['env_steps'] for run in bare])}), an agent trained with "
        f"{loop_name(SHORT)} scores {scores[0]} on the easy and the hard half of the goals and "
        f"solves {easy} and {hard} of them, with a score over {SOLVED}; trained with "
        f"{loop_name(LONG)} it scores {scores[1]} and solves {few_easy} and {few_hard}: "
        f"{_outcome(lost)}. With the bonuses, which are on by default, the first scores "
        f"{helped_scores[0]} and the second {helped_scores[1]} (environment steps: "
        f"{_spent([run['env_steps'] for run in helped])}){_remedy(lost, helped_lost)}."
    )


def _pair(values: dict[str, float]) -> str:
    return joined([f"{value:z.2f}" for value in values.values()])


def _share(value: float) -> str:
    return f"{value:.0%}"


def _lost(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return how much score the long inner loop loses on each half."""
    short, long = (run["score"] for run in runs)
    return {half: short[half] - long[half] for half in HALVES}


def _outcome(lost: dict[str, float]) -> str:
    """Say whether the pitfall appears, by the losses of the long inner loop."""
    if lost["hard"] <= AHEAD:
        return NOT_SHOWN
    if lost["hard"] <= lost["easy"] + AHEAD:
        return f"the long inner loop loses {_pair(lost)}"
    return f"the long inner loop loses {_pair(lost)}, so it overfits to easy tasks"


def _remedy(before: dict[str, float], after: dict[str, float]) -> str:
    """Say what the bonuses change, by the losses without and with them."""
    if before["hard"] <= AHEAD:
        return ""
    if max(after.values()) <= AHEAD:
        return ": they prevent the loss"
    if after["hard"] < before["hard"] - AHEAD:
        return ": they prevent part of the loss"
    return ": they do not prevent the loss"

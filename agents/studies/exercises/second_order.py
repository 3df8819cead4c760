"""Second order: MAML differentiates through the inner step; first order takes it for a constant.

What that costs in time, what it changes in the gradient, and what it gains on unseen levels.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from agents.gradient.maml import Maml
from agents.learner import STEP_SIZES
from agents.observations import features_of
from agents.registry import make_learner
from agents.studies.exercises.exercise_run import ExerciseRun, Findings, checkpoints, measure
from agents.training.curves import Curves
from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    episode_axis,
    lowest_of,
    mark_level,
    new_figure,
    place_labels,
    save,
    score_axis,
    style,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.world.batch import GridBatch

ITERATIONS = 240
TASKS = 16  # of a meta-batch
SEEDS = 2
HELD_OUT = 48  # levels


def gradient(learner: Maml, batch: GridBatch, seed: int) -> torch.Tensor:
    """The meta-gradient of the initialisation, flat, mean over tasks; the seed draws episodes."""
    features, columns = features_of(batch, learner.dtype)
    rngs = np.random.default_rng(seed).spawn(batch.n_tasks)
    found, _ = learner.meta_gradient(batch, features, columns, rngs)
    return torch.cat(
        [g.mean(0).flatten() for n, g in found.items() if not n.startswith(STEP_SIZES)]
    )


def cosines(learner: Maml, tasks: list[Task]) -> tuple[float, float]:
    """Between second and first order on the same episodes; between second order on these and on
    other episodes of the same tasks, which is what chance alone does."""
    first_order = make_learner("fomaml")
    first_order.restore(learner.checkpoint())
    assert isinstance(first_order, Maml)
    batch = GridBatch.of([task.level for task in tasks])
    exact, short, other = (
        gradient(learner, batch, 0),
        gradient(first_order, batch, 0),
        gradient(learner, batch, 1),
    )
    both = torch.nn.functional.cosine_similarity(exact, short, 0)
    return float(both), float(torch.nn.functional.cosine_similarity(exact, other, 0))


def run(lesson: ExerciseRun) -> Findings:
    """Train both for the same number of iterations, on the same levels."""
    pack = load_pack("mazes-9x9")
    held_out = pack.split("test").tasks[: lesson.most(HELD_OUT)]
    probe = list(pack.split("validation").tasks[:TASKS])
    iterations = lesson.iterations(ITERATIONS)
    looks = checkpoints(iterations, 12)
    learners = {name: make_learner(name, lesson.seed) for name in ("maml", "fomaml")}
    maml = learners["maml"]
    assert isinstance(maml, Maml)
    took: dict[str, list[float]] = {name: [] for name in learners}
    at: list[int] = []
    same, chance = [], []
    rng = np.random.default_rng(lesson.seed)
    for i in lesson.track(range(iterations), "both in turn"):
        batch = GridBatch.of([task.level for task in pack.split("train").sample(TASKS, rng)])
        for name, learner in learners.items():  # in turn, so that a busy machine slows both alike
            began = time.perf_counter()
            learner.meta_update(batch, np.random.default_rng(i).spawn(TASKS), i / iterations)
            took[name].append(time.perf_counter() - began)
        if i + 1 in looks:
            cosine, noise = cosines(maml, probe)
            at.append(i + 1)
            same.append(cosine)
            chance.append(noise)
    seconds = {name: float(np.median(values)) for name, values in took.items()}
    curves = {name: measure(one, held_out, lesson.most(SEEDS), 5) for name, one in learners.items()}
    draw(lesson, curves, seconds, at, same, chance)
    numbers = {
        "score": {name: curve.mean_scores for name, curve in curves.items()},
        "seconds_per_iteration": seconds,
        "iterations": at,
        "cosine": same,
        "cosine_of_other_episodes": chance,
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """What the numbers say."""
    maml, fomaml = n["score"]["maml"], n["score"]["fomaml"]
    slow, fast = (1000 * n["seconds_per_iteration"][name] for name in ("maml", "fomaml"))
    same, chance = n["cosine"], float(np.mean(n["cosine_of_other_episodes"]))
    gain = maml[1] - fomaml[1]
    where = "ahead of" if gain > 0.02 else "behind" if gain < -0.02 else "level with"
    more = "more" if np.mean(same) < chance else "less"
    return (
        f"After the same {n['iterations'][-1]} iterations second order scores {maml[1]:.2f} on "
        f"held-out mazes after one step and {maml[5]:.2f} after five, first order {fomaml[1]:.2f} "
        f"and {fomaml[5]:.2f}: on the first step second order is {where} first order.",
        f"It takes {slow:.0f} ms an iteration against {fast:.0f} ms, {slow / fast:.2f} times as "
        "long; the difference is what it costs to differentiate through the inner steps.",
        f"On the same episodes the two gradients have a cosine of {np.mean(same):.2f} "
        f"({same[0]:.2f} at first, {same[-1]:.2f} at last), and second-order gradients from "
        f"different episodes one of {chance:.2f}: what first order leaves out turns the gradient "
        f"{more} than luck does.",
    )


def draw(
    lesson: ExerciseRun,
    curves: dict[str, Curves],
    seconds: dict[str, float],
    at: list[int],
    same: list[float],
    chance: list[float],
) -> None:
    """Held-out curves, time, and gradients side by side."""
    note = f"{at[-1]} iterations each, {TASKS} unseen mazes an iteration, 3 inner steps"
    figure, grid = new_figure("Second order against first order", 1, 3, note)
    left, middle, right = grid[0]
    style(left, "held-out mazes", "", "mean normalised score")
    lines = []
    for name, curve in curves.items():
        low, high = bootstrap_interval(curve.scores, lambda drawn: drawn.mean((0, 1)))
        lines.append(Line(name, curve.episodes, curve.mean_scores, low, high))
    draw_lines(left, lines)
    episode_axis(left, lines)
    score_axis(left, lowest_of(lines))
    style(middle, "time of an iteration", "", "milliseconds (median)")
    draw_bars(
        middle, list(seconds), [("", [1000 * s for s in seconds.values()], None)], value="{:.0f} ms"
    )
    style(right, "agreement of their gradients", "iterations of the outer loop", "cosine")
    lines = [
        Line("second and first\norder, same\nepisodes", at, same, look=2),
        Line("second order,\nother episodes", at, chance, look=3),
    ]
    draw_lines(right, lines)
    right.set_ylim(min(0.0, lowest_of(lines)) - 0.05, 1.09)
    mark_level(right, 1, "the same direction")
    for axes in (left, right):
        place_labels(axes)
    save(figure, lesson.out / "second-order.png")

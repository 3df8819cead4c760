"""Second order: MAML differentiates through the inner steps; first-order MAML does not.

The exercise measures what this costs in time, how it changes the meta-gradient, and what it gains
on unseen levels.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.gradient.maml import Maml
from agents.inner_config import STEP_SIZES
from agents.learner_registry import advised_config, build_learner
from agents.observations import features_of
from agents.studies.exercises.exercise_run import (
    ExerciseRun,
    Findings,
    checkpoints,
    mean_line,
    measure,
)
from agents.training.curves import Curves
from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    episode_axis,
    lowest_value,
    mark_level,
    new_figure,
    place_labels,
    save_figure,
    score_axis,
    style_axes,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.world.batch import GridBatch

ITERATIONS = 240
TASKS = 16  # per meta-batch
HELD_OUT = 48  # held-out levels


def gradient(learner: Maml, batch: GridBatch, seed: int) -> torch.Tensor:
    """Return the meta-gradient of the initialisation as a vector, averaged over tasks.

    The seed draws the episodes.
    """
    features, columns = features_of(batch, learner.dtype)
    rngs = np.random.default_rng(seed).spawn(batch.n_tasks)
    grads, _ = learner.meta_gradient(batch, features, columns, rngs)
    return torch.cat(
        [g.mean(0).flatten() for n, g in grads.items() if not n.startswith(STEP_SIZES)]
    )


def cosines(learner: Maml, tasks: list[Task]) -> tuple[float, float]:
    """Return two cosines between meta-gradients.

    The first compares second and first order on the same episodes. The second compares second order
    on different episodes of the same tasks, which measures the sampling noise.
    """
    first_order = build_learner("fomaml", replace(learner.config, first_order=True), 0)
    first_order.restore(learner.checkpoint())
    assert isinstance(first_order, Maml)
    batch = GridBatch.of([task.level for task in tasks])
    second, first, other = (
        gradient(learner, batch, 0),
        gradient(first_order, batch, 0),
        gradient(learner, batch, 1),
    )
    order = torch.nn.functional.cosine_similarity(second, first, 0)
    return float(order), float(torch.nn.functional.cosine_similarity(second, other, 0))


def run(exercise: ExerciseRun) -> Findings:
    """Train both learners for the same number of iterations on the same levels."""
    pack = load_pack("mazes-9x9")
    held_out = exercise.held_out(pack, HELD_OUT)
    probe = list(pack.split("validation").tasks[:TASKS])
    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, 12)
    config = advised_config(pack, "maml")
    learners = {  # which differ in nothing but the order
        name: build_learner(name, replace(config, first_order=first_order), exercise.seed)
        for name, first_order in (("maml", False), ("fomaml", True))
    }
    maml = learners["maml"]
    assert isinstance(maml, Maml)
    durations: dict[str, list[float]] = {name: [] for name in learners}
    at: list[int] = []
    same, chance = [], []
    rng = np.random.default_rng(exercise.seed)
    for i in exercise.track(range(iterations), "both learners"):
        batch = GridBatch.of([task.level for task in pack.split("train").sample(TASKS, rng)])
        for name, learner in learners.items():  # in turn, so that a busy machine slows both equally
            began = time.perf_counter()
            learner.meta_update(batch, np.random.default_rng(i).spawn(TASKS), i / iterations)
            durations[name].append(time.perf_counter() - began)
        if i + 1 in measured_at:
            cosine, noise = cosines(maml, probe)
            at.append(i + 1)
            same.append(cosine)
            chance.append(noise)
    seconds = {name: float(np.median(values)) for name, values in durations.items()}
    curves = {name: measure(exercise, one, held_out, 5) for name, one in learners.items()}
    draw(exercise, curves, seconds, at, same, chance)
    gain = curves["maml"].scores[..., 1] - curves["fomaml"].scores[..., 1]  # on the same tasks
    low, high = bootstrap_interval(gain, lambda drawn: drawn.mean((0, 1)))
    numbers = {
        "score": {name: curve.mean_scores for name, curve in curves.items()},
        "gain_interval": [float(low), float(high)],
        "seconds_per_iteration": seconds,
        "iterations": at,
        "cosine": same,
        "cosine_of_other_episodes": chance,
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    maml, fomaml = n["score"]["maml"], n["score"]["fomaml"]
    slow, fast = (1000 * n["seconds_per_iteration"][name] for name in ("maml", "fomaml"))
    same, chance = n["cosine"], float(np.mean(n["cosine_of_other_episodes"]))
    low, high = n["gain_interval"]
    where = "ahead of" if low > 0 else "behind" if high < 0 else "level with"
    more = "more" if np.mean(same) < chance else "less"
    return (
        f"After the same {n['iterations'][-1]} iterations, second order scores {maml[1]:.2f} on "
        f"held-out mazes after one step and {maml[5]:.2f} after five; first order scores "
        f"{fomaml[1]:.2f} and {fomaml[5]:.2f}. After the first step second order is {where} first "
        f"order (95% interval of the difference: {low:z.2f} to {high:z.2f}).",
        f"Second order takes {slow:.0f} ms per iteration and first order {fast:.0f} ms, a factor "
        f"of {slow / fast:.2f}; the difference is the cost of differentiating through the inner "
        "steps.",
        f"On the same episodes the two gradients have a mean cosine of {np.mean(same):.2f} "
        f"({same[0]:.2f} at the first measurement, {same[-1]:.2f} at the last); second-order "
        f"gradients from different episodes have {chance:.2f}. What first order leaves out changes "
        f"the gradient's direction {more} than sampling noise does.",
    )


def draw(
    exercise: ExerciseRun,
    curves: dict[str, Curves],
    seconds: dict[str, float],
    at: list[int],
    same: list[float],
    chance: list[float],
) -> None:
    """Draw held-out curves, time per iteration and agreement of the gradients side by side."""
    note = f"{at[-1]} iterations each, {TASKS} new mazes per iteration, 3 inner steps"
    figure, grid = new_figure("Second order against first order", 1, 3, note)
    left, middle, right = grid[0]
    style_axes(left, "held-out mazes", "", "mean normalised score")
    lines = [mean_line(name, curve) for name, curve in curves.items()]
    draw_lines(left, lines)
    episode_axis(left, lines)
    score_axis(left, lowest_value(lines))
    style_axes(middle, "time per iteration", "", "milliseconds (median)")
    draw_bars(
        middle, list(seconds), [("", [1000 * s for s in seconds.values()], None)], value="{:.0f} ms"
    )
    style_axes(right, "agreement of the gradients", "iterations of the outer loop", "cosine")
    lines = [
        Line("second and first\norder, same\nepisodes", at, same, style=2),
        Line("second order,\nother episodes", at, chance, style=3),
    ]
    draw_lines(right, lines)
    right.set_ylim(min(0.0, lowest_value(lines)) - 0.05, 1.09)
    mark_level(right, 1, "same direction")
    for axes in (left, right):
        place_labels(axes)
    save_figure(figure, exercise.out / "second-order.png")

"""Compare one learner on several packs: the gain of adaptation depends on what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import ExerciseRun, Findings, measure, measure_scratch
from agents.training.curves import Curves
from agents.training.plots import (
    Line,
    draw_level,
    draw_lines,
    episode_axis,
    lowest_value,
    new_figure,
    place_labels,
    save_figure,
    score_axis,
    style_axes,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch

HELD_OUT = 24  # at most this many held-out tasks of each pack
STEPS, SEEDS = 5, 2
PATHS = 3  # episodes drawn on the level


@dataclass(frozen=True)
class PackComparison:
    """The results of one pack."""

    pack: Pack
    learner: Learner
    ours: Curves
    scratch: Curves


def compare_packs(exercise: ExerciseRun, name: str, title: str, names: Sequence[str]) -> Findings:
    """Evaluate the shipped MAML agents on held-out tasks of each pack."""
    results = []
    for pack in map(load_pack, names):
        learner = load_agent("maml", pack.name).learner
        tasks = pack.split("test").tasks[: exercise.at_most(HELD_OUT)]
        ours = measure(learner, tasks, exercise.at_most(SEEDS), STEPS)
        results.append(
            PackComparison(
                pack, learner, ours, measure_scratch(tasks, exercise.at_most(SEEDS), STEPS)
            )
        )
    draw(exercise, name, title, results)
    return Findings(_sentences(results), {o.pack.name: _numbers(o) for o in results})


def _numbers(result: PackComparison) -> dict[str, Any]:
    """Return the mean scores after each step, as saved in the exercise's JSON file."""
    return {"maml": result.ours.mean_scores, "scratch": result.scratch.mean_scores}


def _sentences(results: Sequence[PackComparison]) -> tuple[str, str, str]:
    """Interpret the results in three sentences."""

    def listed(values: Sequence[float]) -> str:
        parts = [f"{v:.2f} on {o.pack.title}" for o, v in zip(results, values)]
        return ", ".join(parts[:-1]) + f" and {parts[-1]}"

    before, first, last = ([o.ours.mean_scores[k] for o in results] for k in (0, 1, STEPS))
    base = [o.scratch.mean_scores[STEPS] for o in results]
    ahead = [o.pack.title for o, a, b in zip(results, last, base) if a > b + 0.02]
    gain = np.subtract(last, before)
    most, least = results[int(gain.argmax())].pack.title, results[int(gain.argmin())].pack.title
    where = "all of them" if len(ahead) == len(base) else " and ".join(ahead) or "none of them"
    return (
        f"Before adaptation the agent scores {listed(before)}; this is what it achieves without "
        "knowing the task's hidden variables.",
        f"After one gradient step it scores {listed(first)}, and after {STEPS} steps "
        f"{listed(last)}; adaptation gains most on {most} ({gain.max():+.2f}) and least on {least} "
        f"({gain.min():+.2f}).",
        f"Learning from scratch scores {listed(base)} after {STEPS} steps; meta-training is ahead "
        f"on {where}.",
    )


def draw(exercise: ExerciseRun, name: str, title: str, results: Sequence[PackComparison]) -> None:
    """Draw a held-out task with paths before and after adaptation, and the curves below it."""
    note = "top: the first held-out task, before (thin) and after adaptation; bottom: all tasks"
    figure, grid = new_figure(title, 2, len(results), note, heights=(3.4, 3.2))
    for (above, below), result in zip(grid.T, results):
        task = result.pack.split("test").tasks[0]
        before, after = _paths(result.learner, task)
        draw_level(above, task.level, [(before, "before", 1), (after, f"after {STEPS} steps", 0)])
        above.set_title(result.pack.title, loc="left", size=11)
        style_axes(below, "", "", "mean normalised score")
        lines = []
        for agent, curves in (("maml", result.ours), ("scratch", result.scratch)):
            low, high = bootstrap_interval(curves.scores, lambda drawn: drawn.mean((0, 1)))
            lines.append(Line(agent, curves.episodes, curves.mean_scores, low, high))
        draw_lines(below, lines)
        episode_axis(below, lines)
        score_axis(below, lowest_value(lines))
        place_labels(below)
    save_figure(figure, exercise.out / f"{name}.png")


def _paths(learner: Learner, task: Task) -> tuple[list[Any], list[Any]]:
    """Return the cells [n, 2] of a few episodes, before and after adaptation."""
    batch = GridBatch.of([task.level])
    steps = list(learner.adapt(batch, [task_rng(0, task)], STEPS))
    cell = batch.tables[0].cell  # [S, 2]

    def cells(paths: Any) -> list[Any]:
        return [np.asarray(cell)[states[states >= 0]] for states in paths[0][:PATHS]]

    return cells(steps[0].paths), cells(steps[-1].paths)

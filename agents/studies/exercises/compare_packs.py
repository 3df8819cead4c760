"""One learner on several packs: what changes from task to task decides what adaptation is worth."""

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
    lowest_of,
    new_figure,
    place_labels,
    save,
    score_axis,
    style,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task, task_rng
from game.world.batch import GridBatch

HELD_OUT = 24  # at most this many held-out tasks of each pack
STEPS, SEEDS = 5, 2
PATHS = 3  # drawn on the board


@dataclass(frozen=True)
class PackComparison:
    """What came out of one pack."""

    pack: Pack
    learner: Learner
    ours: Curves
    scratch: Curves


def compare_packs(lesson: ExerciseRun, name: str, title: str, names: Sequence[str]) -> Findings:
    """The shipped agents on held-out tasks of each pack: a figure, and three sentences on it."""
    outcomes = []
    for pack in map(load_pack, names):
        learner = load_agent("maml", pack.name).learner
        tasks = pack.split("test").tasks[: lesson.most(HELD_OUT)]
        ours = measure(learner, tasks, lesson.most(SEEDS), STEPS)
        outcomes.append(
            PackComparison(pack, learner, ours, measure_scratch(tasks, lesson.most(SEEDS), STEPS))
        )
    draw(lesson, name, title, outcomes)
    return Findings(_sentences(outcomes), {o.pack.name: _numbers(o) for o in outcomes})


def _numbers(outcome: PackComparison) -> dict[str, Any]:
    return {"maml": outcome.ours.mean_scores, "scratch": outcome.scratch.mean_scores}


def _sentences(outcomes: Sequence[PackComparison]) -> tuple[str, str, str]:
    def listed(values: Sequence[float]) -> str:
        parts = [f"{v:.2f} on {o.pack.title}" for o, v in zip(outcomes, values)]
        return ", ".join(parts[:-1]) + f" and {parts[-1]}"

    before, first, last = ([o.ours.mean_scores[k] for o in outcomes] for k in (0, 1, STEPS))
    base = [o.scratch.mean_scores[STEPS] for o in outcomes]
    ahead = [o.pack.title for o, a, b in zip(outcomes, last, base) if a > b + 0.02]
    gain = np.subtract(last, before)
    most, least = outcomes[int(gain.argmax())].pack.title, outcomes[int(gain.argmin())].pack.title
    where = "all of them" if len(ahead) == len(base) else " and ".join(ahead) or "none of them"
    return (
        f"Before adaptation the agent scores {listed(before)}: so much can be had without knowing "
        "what was drawn for the task.",
        f"After one gradient step it scores {listed(first)}, after {STEPS} {listed(last)}; to know "
        f"what is hidden is worth most in {most} ({gain.max():+.2f}), least in {least} "
        f"({gain.min():+.2f}).",
        f"Learning from scratch reaches {listed(base)} after {STEPS} steps: meta-training is ahead "
        f"in {where}.",
    )


def draw(lesson: ExerciseRun, name: str, title: str, outcomes: Sequence[PackComparison]) -> None:
    """Above a held-out task with paths before and after, below the curves."""
    note = "above: the first held-out task, before (thin) and after adaptation; below: all tasks"
    figure, grid = new_figure(title, 2, len(outcomes), note, heights=(3.4, 3.2))
    for (above, below), outcome in zip(grid.T, outcomes):
        task = outcome.pack.split("test").tasks[0]
        before, after = _paths(outcome.learner, task)
        draw_level(above, task.level, [(before, "before", 1), (after, f"after {STEPS} steps", 0)])
        above.set_title(outcome.pack.title, loc="left", size=11)
        style(below, "", "", "mean normalised score")
        lines = []
        for agent, curves in (("maml", outcome.ours), ("scratch", outcome.scratch)):
            low, high = bootstrap_interval(curves.scores, lambda drawn: drawn.mean((0, 1)))
            lines.append(Line(agent, curves.episodes, curves.mean_scores, low, high))
        draw_lines(below, lines)
        episode_axis(below, lines)
        score_axis(below, lowest_of(lines))
        place_labels(below)
    save(figure, lesson.out / f"{name}.png")


def _paths(learner: Learner, task: Task) -> tuple[list[Any], list[Any]]:
    """Cells of a few episodes before and after adaptation, each [n, 2]."""
    batch = GridBatch.of([task.level])
    steps = list(learner.adapt(batch, [task_rng(0, task)], STEPS))
    cell = batch.tables[0].cell  # [S, 2]

    def cells(paths: Any) -> list[Any]:
        return [np.asarray(cell)[states[states >= 0]] for states in paths[0][:PATHS]]

    return cells(steps[0].paths), cells(steps[-1].paths)

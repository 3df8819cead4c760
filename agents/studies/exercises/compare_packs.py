"""Compare one learner on several packs: the gain of adaptation depends on what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import (
    AHEAD,
    ExerciseRun,
    Findings,
    mean_line,
    measure,
)
from agents.training.curves import Curves
from agents.training.plots import (
    INK,
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
from agents.training.scratch_baseline import ScratchBaseline, tuned_scratch
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task, task_rng
from game.text.tiles import GOAL
from game.world.batch import GridBatch
from game.world.planner import baseline_returns

STEPS = 5
PATHS = 3  # episodes drawn on the level


@dataclass(frozen=True)
class Example:
    """One adaptation to a held-out task: its score, and a few episodes, before and after."""

    task: Task
    scores: tuple[float, float]
    paths: tuple[list[Any], list[Any]]  # each the cells [n, 2] of an episode

    @property
    def reached(self) -> tuple[int, int]:
        """The numbers of these episodes that reach the goal."""
        goals = {tuple(cell) for cell in self.task.level.find(GOAL)}
        before, after = (
            sum(any(tuple(cell) in goals for cell in path.tolist()) for path in paths)
            for paths in self.paths
        )
        return before, after

    @property
    def text(self) -> str:
        """A description of what the picture shows, in two lines."""
        before, after = self.reached
        scores = f"score {self.scores[0]:z.2f} before, {self.scores[1]:z.2f} after {STEPS} steps"
        if not after:
            return f"{scores};\nafter adaptation these episodes do not reach the goal"
        return f"{scores};\nthe goal is reached in {before} and {after} of {PATHS} episodes"


@dataclass(frozen=True)
class PackComparison:
    """The results of one pack."""

    pack: Pack
    ours: Curves
    scratch: Curves
    baseline: ScratchBaseline
    example: Example


def compare_packs(exercise: ExerciseRun, name: str, title: str, names: Sequence[str]) -> Findings:
    """Evaluate the shipped MAML agents on held-out tasks of each pack, beside learning from scratch
    with the same network and inner loop."""
    results = []
    for i in exercise.track(range(len(names)), "packs"):
        pack = load_pack(names[i])
        agent = load_agent("maml", pack.name)
        baseline = tuned_scratch(f"scratch:{agent.name}", pack)
        tasks = exercise.held_out(pack)
        ours = measure(exercise, agent.learner, tasks, STEPS)
        scratch = measure(exercise, baseline, tasks, STEPS)
        seed = exercise.adaptation_seeds(tasks)[0]
        task = tasks[median_index(ours.scores[0, :, STEPS])]
        example = _example(agent.learner, task, seed)
        results.append(PackComparison(pack, ours, scratch, baseline, example))
    draw(exercise, name, title, results)
    return Findings(_sentences(results), {o.pack.name: _numbers(o) for o in results})


def median_index(values: Any) -> int:
    """Return the index of the median; of an even number, that of the lower of the middle two."""
    return int(np.argsort(values, kind="stable")[(len(values) - 1) // 2])


def _numbers(result: PackComparison) -> dict[str, Any]:
    """Return the mean scores after each step, as saved in the exercise's JSON file."""
    return {
        "maml": result.ours.mean_scores,
        "scratch": result.scratch.mean_scores,
        "scratch_is": result.baseline.text,
        "example": {
            "task": result.example.task.name,
            "score": list(result.example.scores),
            "reached": list(result.example.reached),
        },
    }


def _sentences(results: Sequence[PackComparison]) -> tuple[str, str, str]:
    """Interpret the results in three sentences."""

    def listed(values: Sequence[float]) -> str:
        return _joined([f"{v:z.2f} on {o.pack.title}" for o, v in zip(results, values)])

    before, first, last = ([o.ours.mean_scores[k] for o in results] for k in (0, 1, STEPS))
    base = {k: [o.scratch.mean_scores[k] for o in results] for k in (1, STEPS)}
    gain = np.subtract(last, before)
    most, least = results[int(gain.argmax())].pack.title, results[int(gain.argmin())].pack.title
    lead = {1: np.subtract(first, base[1]), STEPS: np.subtract(last, base[STEPS])}
    return (
        f"Before adaptation the agent scores {listed(before)}; this is what it achieves without "
        "knowing the task's hidden variables.",
        f"After one gradient step it scores {listed(first)}, and after {STEPS} steps "
        f"{listed(last)}; adaptation gains most on {most} ({gain.max():+.2f}) and least on {least} "
        f"({gain.min():+.2f}).",
        "Learning from scratch with the same network and inner loop, and a tuned step size, scores "
        f"{listed(base[1])} after one step, where meta-training is ahead on "
        f"{_where(results, lead[1])}; after {STEPS} steps it scores {listed(base[STEPS])}, and "
        f"meta-training is ahead on {_where(results, lead[STEPS])}.",
    )


def _where(results: Sequence[PackComparison], lead: Any) -> str:
    """Return the packs where meta-training is ahead, and by how much."""
    ahead = [f"{o.pack.title} ({x:+.2f})" for o, x in zip(results, lead) if x > AHEAD]
    return _joined(ahead) if ahead else "none of them"


def _joined(parts: Sequence[str]) -> str:
    return " and ".join([*([", ".join(parts[:-1])] if parts[:-1] else []), parts[-1]])


def draw(exercise: ExerciseRun, name: str, title: str, results: Sequence[PackComparison]) -> None:
    """Draw a held-out task with paths before and after adaptation, and the curves below it."""
    note = (
        f"top: the held-out task with the median score after {STEPS} steps, with {PATHS} episodes "
        "before (thin) and after adaptation; bottom: all tasks, scratch has the same inner loop"
    )
    figure, grid = new_figure(title, 2, len(results), note, heights=(3.9, 3.2))
    drawn = [
        [mean_line("maml", result.ours), mean_line("scratch", result.scratch)] for result in results
    ]
    lowest = min(map(lowest_value, drawn))
    for (above, below), result, lines in zip(grid.T, results, drawn):
        before, after = result.example.paths
        paths = [(before, "before", 1), (after, f"after {STEPS} steps", 0)]
        draw_level(above, result.example.task.level, paths)
        above.set_title(result.pack.title, loc="left", size=11)
        place = {"transform": above.transAxes, "va": "top", "ha": "left"}
        above.text(0, -0.03, result.example.text, size=9.5, color=INK, **place)
        style_axes(below, "", "", "mean normalised score")
        draw_lines(below, lines)
        episode_axis(below, lines)
        score_axis(below, lowest)
        place_labels(below)
    save_figure(figure, exercise.out / f"{name}.png")


def _example(learner: Learner, task: Task, seed: int) -> Example:
    """Adapt to one task, and keep a few episodes before and after."""
    batch = GridBatch.of([task.level])
    steps = list(learner.adapt(batch, [task_rng(seed, task)], STEPS))
    cell = np.asarray(batch.tables[0].cell)  # [S, 2]
    baselines = baseline_returns(batch)

    def score(step: Any) -> float:
        returns = step.return_sampled if step.return_exact is None else step.return_exact
        return float(baselines.score(returns)[0])

    def cells(step: Any) -> list[Any]:
        return [cell[states[states >= 0]] for states in step.paths[0][:PATHS]]

    first, last = steps[0], steps[-1]
    return Example(task, (score(first), score(last)), (cells(first), cells(last)))

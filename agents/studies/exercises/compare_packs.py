"""Compare one learner on several packs: the gain of adaptation depends on what is hidden."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import (
    ExerciseRun,
    Findings,
    joined,
    mean_line,
    measure,
    standing,
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
from game.tasks.hidden_variables import hidden_in_words
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task, task_rng
from game.text.tiles import COIN, GOAL
from game.world.batch import GridBatch
from game.world.planner import baseline_returns

STEPS = 5
PATHS = 3  # episodes drawn on the level
TEXT_WIDTH = 72  # letters in a line below the level


@dataclass(frozen=True)
class Example:
    """One adaptation to a held-out task: its score, and a few episodes, before and after."""

    task: Task
    scores: tuple[float, float]
    paths: tuple[list[Any], list[Any]]  # each the cells [n, 2] of an episode

    @property
    def reached(self) -> tuple[int, int]:
        """The numbers of these episodes that reach the goal, before and after."""
        before, after = ([visits > 0 for visits in per] for per in self._visits(GOAL))
        return sum(before), sum(after)

    @property
    def coins_taken(self) -> tuple[int, int] | None:
        """The numbers of coins that these episodes take, before and after; None without coins."""
        if not self.task.level.find(COIN):
            return None
        before, after = map(sum, self._visits(COIN))
        return before, after

    def _visits(self, char: str) -> tuple[list[int], list[int]]:
        """Return how many cells of a tile each episode enters, before and after."""
        cells = set(self.task.level.find(char))
        before, after = (
            [len(cells & {(row, column) for row, column in path.tolist()}) for path in paths]
            for paths in self.paths
        )
        return before, after

    @property
    def text(self) -> str:
        """A description of what the picture shows, and of the hidden variables."""
        first, last = self.scores
        before, after = self.reached
        sentences = [f"score: {first:z.2f} before, {last:z.2f} after {STEPS} steps"]
        if after:
            sentences.append(f"goal reached: {before} before, {after} after, of {PATHS} episodes")
        else:
            sentences.append("after adaptation these episodes do not reach the goal")
        if self.coins_taken:
            sentences.append("coins taken: {} before, {} after".format(*self.coins_taken))
        sentences.append(
            f"hidden from the agent: {'; '.join(hidden_in_words(self.task)) or 'nothing'}"
        )
        return "\n".join(textwrap.fill(sentence, TEXT_WIDTH) for sentence in sentences)


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
            "coins_taken": list(result.example.coins_taken or ()),
            "hidden": hidden_in_words(result.example.task),
        },
    }


def _sentences(results: Sequence[PackComparison]) -> tuple[str, str, str]:
    """Interpret the results in three sentences."""

    def listed(values: Sequence[float]) -> str:
        return joined([f"{v:z.2f} on {o.pack.title}" for o, v in zip(results, values)])

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
        f"{listed(base[1])} after one step, where meta-training is {_where(results, lead[1])}; "
        f"after {STEPS} steps it scores {listed(base[STEPS])}, and meta-training is "
        f"{_where(results, lead[STEPS])}.",
    )


def _where(results: Sequence[PackComparison], lead: Any) -> str:
    """Return on which packs meta-training is ahead, level and behind, and by how much."""
    packs: dict[str, list[str]] = {"ahead": [], "level": [], "behind": []}
    for result, x in zip(results, lead):
        packs[standing(x)].append(f"{result.pack.title} ({x:+z.2f})")
    return ", ".join(f"{where} on {joined(some)}" for where, some in packs.items() if some)


def draw(exercise: ExerciseRun, name: str, title: str, results: Sequence[PackComparison]) -> None:
    """Draw a held-out task with paths before and after adaptation, and the curves below it."""
    note = (
        f"top: the held-out task with the median score after {STEPS} steps, with {PATHS} episodes "
        "before (thin) and after adaptation; bottom: all tasks, scratch has the same inner loop"
    )
    figure, grid = new_figure(title, 2, len(results), note, heights=(4.4, 3.2))
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
        return float(baselines.score(step.returns)[0])

    def cells(step: Any) -> list[Any]:
        return [cell[states[states >= 0]] for states in step.paths[0][:PATHS]]

    first, last = steps[0], steps[-1]
    return Example(task, (score(first), score(last)), (cells(first), cells(last)))

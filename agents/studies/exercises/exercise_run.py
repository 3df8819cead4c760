"""The parts that all exercises share: settings, outer loop, measurements and findings."""

from __future__ import annotations

import importlib
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.studies.exercises import EXERCISES
from agents.training.curves import Curves, TaskBatches, adaptation_curves
from agents.training.plots import Line
from agents.training.scratch_baseline import ScratchBaseline
from agents.training.statistics import bootstrap_interval
from game.files import prepare_folder, write_atomically, write_json
from game.tasks.distribution import TaskDistribution
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.world.batch import GridBatch

HELD_OUT = 24  # at most this many held-out tasks of a pack, unless an exercise needs more
ADAPTATIONS = 48  # pairs of task and adaptation seed in a measurement
MAX_SEEDS = 10  # adaptation seeds
AHEAD = 0.02  # smaller differences of a mean score are not called a difference
NOT_SHOWN = "in this run the pitfall does not appear"


@dataclass(frozen=True)
class ExerciseRun:
    """Settings for doing an exercise."""

    out: Path
    """Folder for the figure, the sentences and the numbers."""
    seed: int = 0
    """Seed for all random numbers."""
    budget: float = 1.0
    """Share of the full amount of work; less is faster and noisier."""
    track: Callable[[Sequence[int], str], Any] = lambda steps, text: steps
    """Wraps the steps of a loop in a progress bar with a text."""

    def iterations(self, n: float) -> int:
        """Return n outer iterations, scaled by the budget."""
        return max(2, round(self.budget * n))

    def at_most(self, n: int) -> int:
        """Return n seeds or tasks, scaled by a budget below 1; never more than n."""
        return max(1, round(min(1.0, self.budget) * n))

    def held_out(self, pack: Pack, most: int = HELD_OUT) -> Sequence[Task]:
        """Return held-out tasks of a pack, at most `most` of them."""
        return pack.split("test").tasks[: self.at_most(most)]

    def seeds(self, n: int) -> range:
        """Return n training or adaptation seeds, or fewer with a budget below 1."""
        n = self.at_most(n)
        return range(self.seed * n, (self.seed + 1) * n)

    def adaptation_seeds(self, tasks: Sequence[Task]) -> range:
        """Return the adaptation seeds for tasks: the fewer the tasks, the more seeds."""
        return self.seeds(min(MAX_SEEDS, math.ceil(ADAPTATIONS / len(tasks))))


@dataclass(frozen=True)
class Findings:
    """The result of an exercise: three sentences, and the numbers they are based on."""

    sentences: tuple[str, str, str]
    numbers: dict[str, Any]


def do_exercise(name: str, exercise: ExerciseRun) -> Findings:
    """Do an exercise; write its sentences and numbers next to its figure."""
    prepare_folder(exercise.out)
    findings: Findings = importlib.import_module(EXERCISES[name].module).run(exercise)
    text = "\n\n".join(textwrap.fill(sentence, 88) for sentence in findings.sentences) + "\n"
    write_atomically(exercise.out / f"{name}.txt", lambda file: file.write_text(text, "utf-8"))
    write_json(exercise.out / f"{name}.json", findings.numbers)
    return findings


def meta_train(
    exercise: ExerciseRun,
    learner: Learner,
    tasks: TaskDistribution,
    iterations: int,
    n_tasks: int,
    text: str,
    seed: int | None = None,
    metrics: list[dict[str, float]] | None = None,
) -> Iterator[int]:
    """Run the outer loop: sample tasks, and let the learner update its meta-parameters on them.

    Yields the number of iterations done, from 0 on, so that an exercise can evaluate the learner
    before the first and after each. The metrics of each iteration are appended to `metrics`.
    """
    rng = np.random.default_rng(exercise.seed if seed is None else seed)
    yield 0
    for i in exercise.track(range(iterations), text):
        batch = GridBatch.of([task.level for task in tasks.sample(n_tasks, rng)])
        row = learner.meta_update(batch, rng.spawn(n_tasks), i / iterations)
        if metrics is not None:
            metrics.append(row)
        yield i + 1


def measure(
    exercise: ExerciseRun,
    agent: Learner | ScratchBaseline,
    tasks: Sequence[Task],
    steps: int,
    seeds: range | None = None,
) -> Curves:
    """Adapt an agent to each task with each adaptation seed; without `seeds`, as many as usual."""
    load = agent.learner if isinstance(agent, ScratchBaseline) else lambda _: agent
    seeds = seeds or exercise.adaptation_seeds(tasks)
    return adaptation_curves(load, TaskBatches(tasks), seeds, steps)


def mean_line(name: str, curves: Curves, style: int | None = None) -> Line:
    """Return the line of mean scores over episodes, with its 95% bootstrap interval."""
    low, high = bootstrap_interval(curves.scores, lambda drawn: drawn.mean((0, 1)))
    return Line(name, curves.episodes, curves.mean_scores, low, high, style)


def standing(lead: float) -> str:
    """Return whether a lead in mean score is "ahead", "level" or "behind"."""
    return "ahead" if lead > AHEAD else "behind" if lead < -AHEAD else "level"


def joined(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence: "a, b and c"."""
    return " and ".join([*([", ".join(parts[:-1])] if parts[:-1] else []), parts[-1]])


def checkpoints(iterations: int, n: int) -> set[int]:
    """Return about n + 1 evenly spaced numbers from 0 to `iterations`, including both."""
    return {round(i) for i in np.linspace(0, iterations, min(n, iterations) + 1)}

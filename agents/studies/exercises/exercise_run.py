"""The parts that all exercises share: settings, outer loop, measurements and findings."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.learner_registry import make_learner
from agents.studies.exercises import EXERCISES
from agents.training.curves import Curves, adaptation_curves
from game.files import prepare_folder, write_atomically, write_json
from game.tasks.distribution import TaskDistribution
from game.tasks.task import Task
from game.world.batch import GridBatch


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
) -> Iterator[int]:
    """Run the outer loop: sample tasks, and let the learner update its meta-parameters on them.

    Yields the number of iterations done, so that an exercise can evaluate the learner in between.
    """
    rng = np.random.default_rng(exercise.seed)
    for i in exercise.track(range(iterations), text):
        batch = GridBatch.of([task.level for task in tasks.sample(n_tasks, rng)])
        learner.meta_update(batch, rng.spawn(n_tasks), i / iterations)
        yield i + 1


def measure(learner: Learner, tasks: Sequence[Task], seeds: int, steps: int) -> Curves:
    """Adapt a learner to each task with each seed."""
    return adaptation_curves(lambda _: learner, tasks, range(seeds), steps)


def measure_scratch(tasks: Sequence[Task], seeds: int, steps: int, **options: Any) -> Curves:
    """Learn each task from scratch, from one random initialisation per seed."""
    return adaptation_curves(
        lambda seed: make_learner("scratch", seed, **options), tasks, range(seeds), steps
    )


def checkpoints(iterations: int, n: int) -> set[int]:
    """Return about n evenly spaced numbers from 1 to `iterations`, including the last."""
    return {round(i) for i in np.linspace(0, iterations, min(n, iterations) + 1)[1:]}

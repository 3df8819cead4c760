"""What all exercises share: the bare outer loop, measuring, and what an exercise hands in."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.learner import Learner
from agents.registry import make_learner
from agents.studies.exercises import EXERCISES
from agents.training.curves import Curves, adaptation_curves
from game.files import write_atomically, write_json
from game.tasks.distribution import TaskDistribution
from game.tasks.task import Task
from game.world.batch import GridBatch


@dataclass(frozen=True)
class ExerciseRun:
    """How an exercise is done: where its figures go, with which seed, and how thoroughly.

    `budget` is the share of the work to do: little of it is quick, and shows little.
    """

    out: Path
    seed: int = 0
    budget: float = 1.0
    track: Callable[[Sequence[int], str], Any] = lambda steps, text: steps

    def iterations(self, n: float) -> int:
        """How many of n outer iterations to run."""
        return max(2, round(self.budget * n))

    def most(self, n: int) -> int:
        """How many of n seeds or tasks to measure: never more."""
        return max(1, round(min(1.0, self.budget) * n))


@dataclass(frozen=True)
class Findings:
    """Three sentences, and the numbers that they are made of."""

    sentences: tuple[str, str, str]
    numbers: dict[str, Any]


def do_exercise(name: str, lesson: ExerciseRun) -> Findings:
    """Do an exercise; its sentences and numbers are written beside its figure."""
    lesson.out.mkdir(parents=True, exist_ok=True)
    findings: Findings = importlib.import_module(EXERCISES[name].module).run(lesson)
    text = "\n\n".join(textwrap.fill(sentence, 88) for sentence in findings.sentences) + "\n"
    write_atomically(lesson.out / f"{name}.txt", lambda file: file.write_text(text, "utf-8"))
    write_json(lesson.out / f"{name}.json", findings.numbers)
    return findings


def meta_train(
    lesson: ExerciseRun,
    learner: Learner,
    tasks: TaskDistribution,
    iterations: int,
    n_tasks: int,
    text: str,
) -> Iterator[int]:
    """The outer loop: draw tasks, and let the learner move its meta-parameters on them.

    Yields the number of iterations done so far, so that a lesson can look at the learner between.
    """
    rng = np.random.default_rng(lesson.seed)
    for i in lesson.track(range(iterations), text):
        batch = GridBatch.of([task.level for task in tasks.sample(n_tasks, rng)])
        learner.meta_update(batch, rng.spawn(n_tasks), i / iterations)
        yield i + 1


def measure(learner: Learner, tasks: Sequence[Task], seeds: int, steps: int) -> Curves:
    """Adapt a learner to each of the tasks, with each of the seeds."""
    return adaptation_curves(lambda _: learner, tasks, range(seeds), steps)


def measure_scratch(tasks: Sequence[Task], seeds: int, steps: int, **options: Any) -> Curves:
    """The same from random initialisations, one for each seed."""
    return adaptation_curves(
        lambda seed: make_learner("scratch", seed, **options), tasks, range(seeds), steps
    )


def checkpoints(iterations: int, n: int) -> set[int]:
    """About n of the numbers 1 to `iterations`, evenly spaced, the last among them."""
    return {round(i) for i in np.linspace(0, iterations, min(n, iterations) + 1)[1:]}

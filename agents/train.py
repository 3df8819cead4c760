"""The meta-training loop: sample tasks, update, validate now and then, keep what is best."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.catalog import CONFIG
from agents.evaluate import adaptation_curves
from agents.learner import Learner
from agents.plots import plot_training
from agents.runs import describe, save_weights
from game.files import write_atomically, write_json
from game.tables import GridBatch
from game.tasks import Pack

VALIDATION_STEPS = 5


@dataclass(frozen=True)
class TrainConfig:
    """How long and on how much a learner is trained."""

    iterations: int = 4000
    """Of the outer loop."""
    minutes: float | None = None
    """Train for this long instead."""
    tasks: int = 32
    """Tasks of a meta-batch."""
    seed: int = 0
    validations: int = 20
    """How often the agent is evaluated on validation tasks, evenly spaced."""
    validation_tasks: int = 64
    """At most this many of them."""


@dataclass(frozen=True)
class Update:
    """One iteration is done. `env_steps` counts all sampled transitions so far."""

    iteration: int
    progress: float
    seconds: float
    env_steps: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Validation:
    """The mean score on validation tasks after each adaptation step."""

    iteration: int
    scores: list[float]
    best: bool


@dataclass
class Training:
    """One run. Iterate over `run()`; `save()` writes what there is, at any moment."""

    learner: Learner
    learner_name: str
    pack: Pack
    config: TrainConfig
    out: Path
    command: str = ""
    rows: list[dict[str, float]] = field(default_factory=list)
    best: float = -np.inf
    at: Update | None = None  # the last iteration
    kept: bool = False  # whether an agent has been written
    _pending: list[dict[str, float]] = field(default_factory=list)

    def run(self) -> Iterator[Update | Validation]:
        """Train to the end, and say what happens. Raises LookupError if there are no tasks."""
        config, train = self.config, self.pack.split("train")
        self.out.mkdir(parents=True, exist_ok=True)
        began, paused = time.monotonic(), 0.0
        due, env_steps, iteration, progress = 1, 0, 0, 0.0
        while progress < 1:
            rng = np.random.default_rng([config.seed, iteration])
            batch = GridBatch.of([task.level for task in train.sample(config.tasks, rng)])
            metrics = self.learner.meta_update(batch, rng.spawn(config.tasks), progress)
            iteration += 1
            env_steps += int(metrics.get("env_steps", 0))
            seconds = time.monotonic() - began - paused
            done = iteration / config.iterations
            progress = min(1.0, seconds / (60 * config.minutes) if config.minutes else done)
            self._pending.append(metrics)
            self.at = Update(iteration, progress, seconds, env_steps, metrics)
            yield self.at
            if progress >= due / config.validations:
                pause = time.monotonic()
                yield self.validate(self.at)
                due = int(progress * config.validations) + 1
                paused += time.monotonic() - pause

    def validate(self, at: Update) -> Validation:
        """Evaluate on validation tasks, and keep the agent that is best there (steps 1, 2 ...)."""
        tasks = self.pack.split("validation").tasks[: self.config.validation_tasks]
        scores: list[float] = []
        if tasks:
            curves = adaptation_curves(lambda _: self.learner, tasks, [0], VALIDATION_STEPS)
            scores = curves.mean_scores
        value = float(np.mean(scores[1:])) if scores else -np.inf
        best = not tasks or value > self.best
        means = {key: float(np.mean([m[key] for m in self._pending])) for key in self._pending[0]}
        self._pending.clear()
        row: dict[str, float] = {"iteration": at.iteration, "seconds": round(at.seconds, 1)} | means
        row |= {f"score_{k}": score for k, score in enumerate(scores)} | {"env_steps": at.env_steps}
        self.rows.append(row)
        self._write_metrics()
        if best:
            self.best = value
            self._write_agent(at)
        return Validation(at.iteration, scores, best)

    def save(self) -> None:
        """Write what the run has besides its agent; an agent where none has been kept yet."""
        if self.at and not self.kept:
            self._write_agent(self.at)
        if not self.rows:
            return
        title = f"{self.learner_name} on {self.pack.name}: adaptation as training goes on"
        plot_training(self.out / "curves.png", self.rows, title)

    def _write_agent(self, at: Update) -> None:
        train = self.pack.split("train")
        facts: dict[str, Any] = {
            "pack": self.pack.name,
            "command": self.command,
            "training": vars(self.config),
            "saved_at": {"iteration": at.iteration, "seconds": round(at.seconds, 1)},
            "trained_on": None if train.unlimited else [task.id for task in train.tasks],
            "versions": _versions(),
        }
        save_weights(self.out, self.learner)
        write_json(self.out / CONFIG, describe(self.learner_name, self.learner, **facts))
        self.kept = True

    def _write_metrics(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
            for row in self.rows
        )
        write_atomically(
            self.out / "metrics.csv", lambda file: file.write_text(text.getvalue(), "utf-8")
        )


def _versions() -> dict[str, str]:
    import torch

    return {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}

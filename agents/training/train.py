"""The meta-training loop: sample tasks, update, validate now and then, keep what is best."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.catalog import CHECKPOINT, CONFIG
from agents.learner import Arrays, Diverged, Learner
from agents.runs import describe, load_checkpoint, save_checkpoint, save_weights
from agents.training.curves import adaptation_curves
from agents.training.plots import plot_training
from agents.training.tensorboard import TensorBoardLog
from agents.training.train_config import TrainConfig
from game.files import write_atomically, write_json
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.world.batch import GridBatch
from game.world.tables import Tables, compile_level

VALIDATION_RUNS = 64  # of tasks and seeds, at least, as long as that takes at most 8 seeds
TUNING = (0.5, 2.0, 0.7, 1.4)  # factors by which a step size climbs to its best
METRICS, CURVES = "metrics.csv", "curves.png"
OF_A_RUN = (METRICS, CURVES, CHECKPOINT, "results.json")  # what an overwritten run leaves behind
BETTER = 0.001  # less is a plateau
MOST_COMPILED = 2000  # tasks whose tables are kept
COLLAPSED = 0.02  # nats: an entropy below this explores nothing


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
    plateau: bool = False  # training ends here


@dataclass
class Progress:
    """How far a run is: with the learner's checkpoint all that it takes to go on."""

    iteration: int = 0
    progress: float = 0.0
    seconds: float = 0.0  # of training, validations apart
    env_steps: int = 0
    due: int = 1  # the next validation
    best: float = -math.inf
    stale: int = 0  # validations since a better one
    rows: list[dict[str, float]] = field(default_factory=list)  # of metrics.csv
    totals: dict[str, float] = field(default_factory=dict)  # of metrics since the last row
    since: int = 0  # iterations since the last row


@dataclass
class Training:
    """One run. Iterate over `run()`; `save()` writes what there is, at any moment."""

    learner: Learner
    learner_name: str
    pack: Pack
    config: TrainConfig
    out: Path
    command: str = ""
    resume: bool = False
    """Go on from the checkpoint in `out`."""
    log: TensorBoardLog | None = None
    at: Progress = field(default_factory=Progress)
    kept: bool = False  # whether an agent has been written
    _last: tuple[Arrays, str] | None = None  # the checkpoint of the last iteration
    _compiled: dict[str, Tables] = field(default_factory=dict)

    def run(self) -> Iterator[Update | Validation]:
        """Train to the end, and say what happens. Raises LookupError if there are no tasks, and
        Diverged where training has broken down."""
        self.out.mkdir(parents=True, exist_ok=True)
        if self.resume:
            tensors, facts = load_checkpoint(self.out)
            self.learner.restore(tensors)
            self.at, self.kept = Progress(**json.loads(facts)), True
            if self.at.progress != self._share():  # it is to end at another time now
                self.at.progress = self._share()
                self.at.due = int(self.at.progress * self.config.validations) + 1
            self._remember()
        while self.at.progress < 1 or self._is_due():
            if self._is_due():
                validation = self._validate()
                self._remember()
                self._write_checkpoint()
                yield validation
                if validation.plateau:
                    return
                continue
            yield self._iterate()

    @property
    def validation_tasks(self) -> Sequence[Task]:
        return self.pack.split("validation").tasks[: self.config.validation_tasks]

    def look(self) -> tuple[float, ...]:
        """The mean scores on validation tasks as the learner is now; nothing is changed by that."""
        tasks = self.validation_tasks
        return tuple(self._scores(tasks, range(1))) if tasks else ()

    def _share(self) -> float:
        """How much of the training is done."""
        at, config = self.at, self.config
        done = at.iteration / config.iterations
        return min(1.0, at.seconds / (60 * config.minutes) if config.minutes else done)

    def _is_due(self) -> bool:
        return self.at.progress >= self.at.due / self.config.validations

    def _iterate(self) -> Update:
        began, at, config = time.monotonic(), self.at, self.config
        rng = np.random.default_rng([config.seed, at.iteration])
        batch = GridBatch(self._sample(rng))
        metrics = self.learner.meta_update(batch, rng.spawn(config.tasks), at.progress)
        broken = [name for name, value in metrics.items() if not math.isfinite(value)]
        if broken:
            raise Diverged(f"'{broken[0]}' is not finite - try smaller step sizes and rates")
        at.iteration += 1
        at.env_steps += int(metrics.get("env_steps", 0))
        at.seconds += time.monotonic() - began
        at.progress = self._share()
        if not metrics:  # there is nothing to learn but what is chosen on validation tasks
            at.progress, at.due = 1.0, config.validations
        at.since += 1
        at.totals = {name: at.totals.get(name, 0.0) + value for name, value in metrics.items()}
        self._remember()
        if self.log:
            self.log.add(at.iteration, metrics)
        return Update(at.iteration, at.progress, at.seconds, at.env_steps, metrics)

    def _sample(self, rng: np.random.Generator) -> list[Tables]:
        """Tables of a meta-batch; those of a finite pack are compiled once."""
        train = self.pack.split("train")
        found = []
        for task in train.sample(self.config.tasks, rng):
            tables = self._compiled.get(task.id) or compile_level(task.level)
            if not train.unlimited and len(self._compiled) < MOST_COMPILED:
                self._compiled[task.id] = tables
            found.append(tables)
        return found

    def _validate(self) -> Validation:
        """Evaluate on validation tasks, and keep the agent that is best there."""
        at = self.at
        tasks = self.validation_tasks
        scores = self._tuned_scores(tasks) if tasks else []
        value = self._judged(scores) if scores else -math.inf
        best = not tasks or value > at.best
        means = {name: total / at.since for name, total in at.totals.items()}
        row: dict[str, float] = {"iteration": at.iteration, "seconds": round(at.seconds, 1)} | means
        row |= {f"score_{k}": score for k, score in enumerate(scores)} | {"env_steps": at.env_steps}
        at.rows.append(row)
        at.totals, at.since = {}, 0
        at.due = int(at.progress * self.config.validations) + 1
        at.stale = 0 if best and value > at.best + BETTER else at.stale + 1
        at.best = max(at.best, value)
        self._make_way()
        self._write_metrics()
        if best:
            self._write_agent()
        if self.log:
            self.log.add(at.iteration, row)
        self._check_exploration(scores, means.get("entropy", math.inf))
        plateau = 0 < self.config.patience <= at.stale
        return Validation(at.iteration, scores, best, plateau)

    def _judged(self, scores: list[float]) -> float:
        return float(np.mean([scores[k] for k in self.learner.judged]))

    def _check_exploration(self, scores: list[float], entropy: float) -> None:
        if not all(map(math.isfinite, scores)):
            raise Diverged("a validation score is not finite - try smaller step sizes and rates")
        stuck = bool(scores) and max(scores) < 0.9 and max(scores) - scores[0] < 0.02
        if stuck and entropy < COLLAPSED:
            raise Diverged(
                "exploration has collapsed: the policy before adaptation is deterministic "
                f"(entropy {entropy:.3f}), and adapting does not change what it reaches - "
                "try a larger --entropy, or smaller rates"
            )

    def _tuned_scores(self, tasks: Sequence[Task]) -> list[float]:
        """Mean scores after each step, where it is so, with the step size that is best for them."""
        seeds = range(min(8, -(-VALIDATION_RUNS // len(tasks))))

        scores = self._scores(tasks, seeds)
        for factor in TUNING if self.learner.tuned else ():
            while True:
                self.learner.scale_steps(factor)
                found = self._scores(tasks, seeds)
                if self._judged(found) <= self._judged(scores):
                    self.learner.scale_steps(1 / factor)
                    break
                scores = found
        return scores

    def _scores(self, tasks: Sequence[Task], seeds: Sequence[int]) -> list[float]:
        steps = max(self.learner.judged)
        return adaptation_curves(lambda _: self.learner, tasks, seeds, steps).mean_scores

    def save(self) -> None:
        """Write what the run has besides its agent; an agent where none has been kept yet."""
        if self.log:
            self.log.close()
        if not self.at.iteration:
            return
        self._make_way()
        if not self.kept:
            self._write_agent()
        self._write_checkpoint()
        if self.at.rows:
            self._write_metrics()
            title = f"{self.learner_name} on {self.pack.name}: adaptation as training goes on"
            plot_training(self.out / CURVES, self.at.rows, title)

    def _make_way(self) -> None:
        """Before its first file, a new run takes away what an old one has left."""
        if not self.kept and len(self.at.rows) <= 1:
            for name in OF_A_RUN:
                (self.out / name).unlink(missing_ok=True)

    def _remember(self) -> None:
        """The state between two iterations: a stop at any moment goes on from here."""
        self._last = self.learner.checkpoint(), json.dumps(asdict(self.at))

    def _write_checkpoint(self) -> None:
        if self._last:
            save_checkpoint(self.out, *self._last)

    def _write_agent(self) -> None:
        train = self.pack.split("train")
        facts: dict[str, Any] = {
            "pack": self.pack.name,
            "command": self.command,
            "training": vars(self.config),
            "saved_at": {"iteration": self.at.iteration, "seconds": round(self.at.seconds, 1)},
            "trained_on": None if train.unlimited else [task.id for task in train.tasks],
            "versions": _versions(),
        }
        save_weights(self.out, self.learner)
        write_json(self.out / CONFIG, describe(self.learner_name, self.learner, **facts))
        self.kept = True

    def _write_metrics(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.at.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
            for row in self.at.rows
        )
        write_atomically(self.out / METRICS, lambda file: file.write_text(text.getvalue(), "utf-8"))


def _versions() -> dict[str, str]:
    import torch

    return {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}

"""The meta-training loop: sample tasks, update the learner, validate, save the best agent."""

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

from agents.agent_catalog import CHECKPOINT, CONFIG
from agents.learner import AgentError, Arrays, Diverged, Learner, not_finite
from agents.runs import describe, resume, save_checkpoint, save_weights
from agents.training.curves import adaptation_curves
from agents.training.plots import plot_training
from agents.training.tensorboard import TensorBoardLog
from agents.training.train_config import TrainConfig
from game.files import write_atomically, write_json
from game.filling import Misfit, fill
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.world.batch import GridBatch
from game.world.tables import Tables, compile_level

VALIDATION_RUNS = 64  # pairs of task and adaptation seed in a validation, with at most 8 seeds
TUNING = (0.5, 2.0, 0.7, 1.4)  # factors that the tuning of step sizes tries in turn
METRICS, CURVES = "metrics.csv", "curves.png"
OLD_FILES = (METRICS, CURVES, CHECKPOINT, "results.json")  # deleted when a run is overwritten
MIN_IMPROVEMENT = 0.001  # of the validation score; less does not reset `patience`
MAX_COMPILED = 2000  # tasks whose tables are cached
COLLAPSED_ENTROPY = 0.02  # nats; a policy below this does not explore


@dataclass(frozen=True)
class Update:
    """Event: one iteration is done. `env_steps` counts all sampled transitions so far."""

    iteration: int
    progress: float
    seconds: float
    env_steps: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Validation:
    """Event: a validation, with the mean score after each adaptation step."""

    iteration: int
    scores: list[float]
    best: bool  # whether this is the best validation so far
    plateau: bool = False  # whether training stops early here


@dataclass
class RunStatus:
    """The progress of a run; with the learner's checkpoint, all that is needed to resume it.

    Field names are part of the checkpoint file.
    """

    iteration: int = 0
    progress: float = 0.0  # share of training done, 0 to 1
    seconds: float = 0.0  # of training, without validations
    env_steps: int = 0
    due: int = 1  # number of the next validation, from 1
    best: float = -math.inf
    stale: int = 0  # validations since the last improvement
    rows: list[dict[str, float]] = field(default_factory=list)  # rows of metrics.csv
    totals: dict[str, float] = field(default_factory=dict)  # sums of metrics since the last row
    since: int = 0  # iterations since the last row

    def __post_init__(self) -> None:
        counts = (self.iteration, self.env_steps, self.stale, self.since)
        if min(counts) < 0 or self.due < 1 or self.seconds < 0 or not 0 <= self.progress <= 1:
            raise ValueError("a count, time or share is out of range")
        if self.totals and not self.since:
            raise ValueError("there are sums of metrics, but of no iterations")
        if any(row.keys() != self.rows[0].keys() or "iteration" not in row for row in self.rows):
            raise ValueError("the rows of metrics differ")


def read_status(path: Path, facts: dict[str, Any]) -> RunStatus:
    """Return the progress that a checkpoint's facts describe. Raises AgentError."""
    try:
        return fill(RunStatus, facts)
    except (Misfit, ValueError) as error:
        raise AgentError(f"{path}: training cannot go on from it: {error}") from None


@dataclass
class Training:
    """A training run. Iterate over `run()` to train; `save()` writes its files at any time."""

    learner: Learner
    learner_name: str
    pack: Pack
    config: TrainConfig
    out: Path
    command: str = ""
    resume: bool = False
    """Continue from the checkpoint in `out`."""
    log: TensorBoardLog | None = None
    status: RunStatus = field(default_factory=RunStatus)
    agent_saved: bool = False
    _checkpoint: tuple[Arrays, str] | None = None  # of the last iteration
    _compiled: dict[str, Tables] = field(default_factory=dict)

    def run(self) -> Iterator[Update | Validation]:
        """Train to the end, yielding an event for each iteration and validation.

        Raises LookupError if there are no tasks, and Diverged if training has broken down.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        if self.resume:
            facts = resume(self.out, self.learner)
            self.status, self.agent_saved = read_status(self.out / CHECKPOINT, facts), True
            if self.status.progress != self._progress():  # the length of the run was changed
                self.status.progress = self._progress()
                self.status.due = int(self.status.progress * self.config.validations) + 1
            self._update_checkpoint()
        while self.status.progress < 1 or self._validation_due():
            if self._validation_due():
                validation = self._validate()
                self._update_checkpoint()
                self._write_checkpoint()
                yield validation
                if validation.plateau:
                    return
                continue
            yield self._iterate()

    @property
    def validation_tasks(self) -> Sequence[Task]:
        """The tasks that every validation uses."""
        return self.pack.split("validation").tasks[: self.config.validation_tasks]

    def evaluate_now(self) -> tuple[float, ...]:
        """Return the current mean scores on validation tasks, without affecting training."""
        tasks = self.validation_tasks
        return tuple(self._scores(tasks, range(1))) if tasks else ()

    def _progress(self) -> float:
        """Return the share of training that is done, 0 to 1."""
        status, config = self.status, self.config
        done = status.iteration / config.iterations
        return min(1.0, status.seconds / (60 * config.minutes) if config.minutes else done)

    def _validation_due(self) -> bool:
        return self.status.progress >= self.status.due / self.config.validations

    def _iterate(self) -> Update:
        began, status, config = time.monotonic(), self.status, self.config
        rng = np.random.default_rng([config.seed, status.iteration])
        batch = GridBatch(self._sample(rng))
        metrics = self.learner.meta_update(batch, rng.spawn(config.tasks), status.progress)
        if not isinstance(metrics, dict):
            raise AgentError("meta_update of the learner returned no dictionary of metrics")
        bad = [name for name, value in metrics.items() if not math.isfinite(value)]
        if bad:
            raise Diverged(f"'{bad[0]}' is not finite - try smaller step sizes and rates")
        status.iteration += 1
        status.env_steps += int(metrics.get("env_steps", 0))
        status.seconds += time.monotonic() - began
        status.progress = self._progress()
        if not metrics:  # nothing to learn; only the step size is tuned in validation
            status.progress, status.due = 1.0, config.validations
        status.since += 1
        status.totals = {
            name: status.totals.get(name, 0.0) + value for name, value in metrics.items()
        }
        self._update_checkpoint()
        if self.log:
            self.log.add(status.iteration, metrics)
        return Update(status.iteration, status.progress, status.seconds, status.env_steps, metrics)

    def _sample(self, rng: np.random.Generator) -> list[Tables]:
        """Return the tables of a sampled meta-batch; tasks of a finite pack are compiled once."""
        train = self.pack.split("train")
        batch = []
        for task in train.sample(self.config.tasks, rng):
            tables = self._compiled.get(task.id) or compile_level(task.level)
            if not train.unlimited and len(self._compiled) < MAX_COMPILED:
                self._compiled[task.id] = tables
            batch.append(tables)
        return batch

    def _validate(self) -> Validation:
        """Evaluate on validation tasks, and save the agent if it is the best so far."""
        status = self.status
        tasks = self.validation_tasks
        scores = self._tuned_scores(tasks) if tasks else []
        value = self._selection_score(scores) if scores else -math.inf
        best = not tasks or value > status.best
        means = {name: total / status.since for name, total in status.totals.items()}
        row: dict[str, float] = {"iteration": status.iteration}
        row |= {"seconds": round(status.seconds, 1)} | means
        row |= {f"score_{k}": score for k, score in enumerate(scores)}
        row["env_steps"] = status.env_steps
        status.rows.append(row)
        status.totals, status.since = {}, 0
        status.due = int(status.progress * self.config.validations) + 1
        status.stale = 0 if best and value > status.best + MIN_IMPROVEMENT else status.stale + 1
        status.best = max(status.best, value)
        self._delete_old_files()
        self._write_metrics()
        if best:
            self._write_agent()
        if self.log:
            self.log.add(status.iteration, row)
        self._check_exploration(scores, means.get("entropy", math.inf))
        plateau = 0 < self.config.patience <= status.stale
        return Validation(status.iteration, scores, best, plateau)

    def _selection_score(self, scores: list[float]) -> float:
        """Return the mean score that the best agent is selected by."""
        return float(np.mean([scores[k] for k in self.learner.judged]))

    def _check_exploration(self, scores: list[float], entropy: float) -> None:
        """Raise Diverged if scores are not finite, or if the policy no longer explores."""
        if not all(map(math.isfinite, scores)):
            raise Diverged("a validation score is not finite - try smaller step sizes and rates")
        stuck = bool(scores) and max(scores) < 0.9 and max(scores) - scores[0] < 0.02
        if stuck and entropy < COLLAPSED_ENTROPY:
            raise Diverged(
                "exploration has collapsed: the policy before adaptation is deterministic "
                f"(entropy {entropy:.3f}), and adaptation does not change its score - "
                "try a larger --entropy, or smaller rates"
            )

    def _tuned_scores(self, tasks: Sequence[Task]) -> list[float]:
        """Return the mean score after each step; if the learner is `tuned`, tune its step sizes."""
        seeds = range(min(8, -(-VALIDATION_RUNS // len(tasks))))
        scores = self._scores(tasks, seeds)
        for factor in TUNING if self.learner.tuned else ():
            while True:
                self.learner.scale_steps(factor)
                scaled = self._scores(tasks, seeds)
                if self._selection_score(scaled) <= self._selection_score(scores):
                    self.learner.scale_steps(1 / factor)
                    break
                scores = scaled
        return scores

    def _scores(self, tasks: Sequence[Task], seeds: Sequence[int]) -> list[float]:
        steps = max(self.learner.judged)
        return adaptation_curves(lambda _: self.learner, tasks, seeds, steps).mean_scores

    def save(self) -> None:
        """Write checkpoint, metrics and curves; also the agent if none has been saved yet.

        Writes nothing if training diverged before any agent was saved.
        """
        if self.log:
            self.log.close()
        if not self.status.iteration:
            return
        if not self.agent_saved and not_finite(self.learner.state()) is not None:
            return  # diverged before its first agent: an older run in the folder stays whole
        self._delete_old_files()
        if not self.agent_saved:
            self._write_agent()
        self._write_checkpoint()
        if self.status.rows:
            self._write_metrics()
            title = f"{self.learner_name} on {self.pack.name}: adaptation in the course of training"
            plot_training(self.out / CURVES, self.status.rows, title)

    def _delete_old_files(self) -> None:
        """Delete the files of an overwritten run, before this run writes its first file."""
        if not self.agent_saved and len(self.status.rows) <= 1:
            for name in OLD_FILES:
                (self.out / name).unlink(missing_ok=True)

    def _update_checkpoint(self) -> None:
        """Hold a copy of the state between two iterations: a run stopped at any time can resume.

        Raises Diverged, and keeps the last copy, where an array is not finite.
        """
        arrays = {name: np.array(array) for name, array in self.learner.checkpoint().items()}
        bad = not_finite(arrays)
        if bad is not None:
            what = f"'{bad}' in the learner's checkpoint is not finite"
            raise Diverged(f"{what} - try smaller step sizes and rates")
        self._checkpoint = arrays, json.dumps(asdict(self.status))

    def _write_checkpoint(self) -> None:
        if self._checkpoint:
            save_checkpoint(self.out, *self._checkpoint)

    def _write_agent(self) -> None:
        train = self.pack.split("train")
        facts: dict[str, Any] = {
            "pack": self.pack.name,
            "command": self.command,
            "training": vars(self.config),
            "saved_at": {
                "iteration": self.status.iteration,
                "seconds": round(self.status.seconds, 1),
            },
            "trained_on": None if train.unlimited else [task.id for task in train.tasks],
            "versions": _versions(),
        }
        save_weights(self.out, self.learner)
        write_json(self.out / CONFIG, describe(self.learner_name, self.learner, **facts))
        self.agent_saved = True

    def _write_metrics(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.status.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
            for row in self.status.rows
        )
        write_atomically(self.out / METRICS, lambda file: file.write_text(text.getvalue(), "utf-8"))


def _versions() -> dict[str, str]:
    import torch

    return {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}

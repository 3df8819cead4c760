"""The meta-training loop: sample tasks, update the learner, validate, save the best agent."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from agents import ranks
from agents.agent_catalog import CHECKPOINT, CONFIG, METRICS, RESULTS, WEIGHTS
from agents.learner import (
    AgentError,
    Arrays,
    BaseLearner,
    Diverged,
    Learner,
    ignore_phase,
    not_finite,
    sees_graph,
)
from agents.run_folder import AGENT_THERE, Write, locked, replace_files, run_file, run_path
from agents.runs import describe, resume, write_checkpoint, write_weights
from agents.training.batches import Batches, iteration_rng, open_batches, padded_as_whole
from agents.training.curves import TaskBatches, adaptation_curves, tasks_at_once
from agents.training.plots import plot_training
from agents.training.statistics import mean_score
from agents.training.tensorboard import TensorBoardLog
from agents.training.train_config import MOST_MINUTES, TrainConfig
from agents.training.tuning import MULTIPLIERS, best_multiplier, validation_seeds
from game.files import json_text
from game.filling import Misfit, fill
from game.session.messages import Phase
from game.tasks.coverage import Coverage, coverage_of
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.world.batch import GridBatch

CURVES = "curves.png"
MIN_IMPROVEMENT = 0.001  # of the validation score; less does not reset `patience`
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
    seconds: float = 0.0  # of the whole run, with validations
    validation_seconds: float = 0.0  # of the last validation
    validated: float = 0.0  # seconds of the run at the end of the last validation
    env_steps: int = 0
    due: int = 1  # number of the next validation, from 1
    multiplier: float = 1.0  # of the configured step size, where that is tuned
    best: float = -math.inf
    stale: int = 0  # validations since the last improvement
    rows: list[dict[str, float]] = field(default_factory=list)  # rows of metrics.csv
    totals: dict[str, float] = field(default_factory=dict)  # sums of metrics since the last row
    since: int = 0  # iterations since the last row

    def __post_init__(self) -> None:
        counts = (self.iteration, self.env_steps, self.stale, self.since)
        times = (self.seconds, self.validation_seconds, self.validated)
        if min(counts) < 0 or self.due < 1 or not 0 <= self.progress <= 1:
            raise ValueError("a count or share is out of range")
        if not all(0 <= time < 60 * MOST_MINUTES for time in times):
            raise ValueError("a time is out of range")
        if self.multiplier not in MULTIPLIERS:
            raise ValueError("the multiplier of the step size is not of today's grid")
        if self.totals and not self.since:
            raise ValueError("there are sums of metrics, but of no iterations")
        if any("iteration" not in row for row in self.rows):
            raise ValueError("a row of metrics lacks its iteration")


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
    overwrite: bool = False
    """Replace a run that is in `out` already."""
    log: TensorBoardLog | None = None
    processes: int = 1
    """With 2, a second process makes the batches of tasks ahead; they are the same."""
    on_phase: Callable[[Phase], None] = ignore_phase
    """Called when a phase of training begins."""
    status: RunStatus = field(default_factory=RunStatus)
    agent_saved: bool = False
    _clock: float = 0.0  # when time was last counted
    _best_unsaved: bool = False  # whether the learner is the best so far, and not yet written
    _checkpoint: tuple[Arrays, str] | None = None  # of the last iteration
    _validation: TaskBatches | None = None

    def run(self) -> Iterator[Update | Validation]:
        """Train to the end, yielding an event for each iteration and validation.

        Raises LookupError if there are no tasks, and Diverged if training has broken down.
        """
        self._clock = ranks.number_from_first(time.monotonic)
        if self.resume:
            self._restore()
        if isinstance(self.learner, BaseLearner):
            self.learner.on_phase = self.on_phase
        split, config = self.pack.split("train"), self.config
        sees = sees_graph(self.learner.config)
        batches = Batches(split, config.tasks, config.seed, sees, ranks.share(config.tasks))
        with open_batches(batches, self.status.iteration, self.processes) as source:
            while self.status.progress < 1 or self._validation_due():
                if self._validation_due():
                    self.on_phase(Phase.EVALUATION)
                    validation = self._validate()
                    yield validation
                    if validation.plateau:
                        return
                    continue
                self.on_phase(Phase.TASKS)
                batch = source.batch(self.status.iteration)
                yield self._iterate(batch if sees else padded_as_whole(batch))

    def finish(self) -> None:
        """Train to the end."""
        for _ in self.run():
            pass

    @contextlib.contextmanager
    def opened(self) -> Iterator[Self]:
        """Hold the run's folder: it is checked before the work begins, and locked until it ends.

        Raises AgentError if another training holds it, or if it has an agent that this run is not
        to overwrite, and OSError if it cannot be written. Of several ranks, the first one holds it.
        """
        with contextlib.ExitStack() as stack:
            ranks.from_first(lambda: self._hold(stack))
            yield self

    def _hold(self, stack: contextlib.ExitStack) -> None:
        stack.enter_context(locked(self.out))
        if run_file(self.out, WEIGHTS) and not (self.resume or self.overwrite):
            raise AgentError(f"{self.out}: {AGENT_THERE}")

    def _restore(self) -> None:
        """Go on from the checkpoint."""
        facts = resume(self.out, self.learner)
        self.status = read_status(run_path(self.out, CHECKPOINT), facts)
        self.agent_saved = True
        if self.status.progress != self._progress():  # the length of the run was changed
            self.status.progress = self._progress()
            self.status.due = int(self.status.progress * self.config.validations) + 1
        self._update_checkpoint()

    @property
    def validation_tasks(self) -> Sequence[Task]:
        """The tasks that every validation uses."""
        return self.pack.split("validation").tasks[: self.config.validation_tasks]

    def evaluate_now(self) -> tuple[float, ...]:
        """Return the current mean scores on validation tasks, without affecting training."""
        return tuple(self._scores(range(1))) if self.validation_tasks else ()

    def _progress(self) -> float:
        """Return the share of training that is done, 0 to 1.

        Of a run's minutes, the time of the last validation is kept for the final one.
        """
        status, config = self.status, self.config
        if not config.minutes:
            return min(1.0, status.iteration / config.iterations)
        room = 60 * config.minutes - status.validation_seconds
        return min(1.0, status.seconds / room) if room > 0 else 1.0

    def _validation_due(self) -> bool:
        """Whether a validation is due; where minutes count, at most half of them validate."""
        status, config = self.status, self.config
        rested = status.seconds - status.validated >= status.validation_seconds
        due = status.since > 0 and status.progress >= status.due / config.validations
        return due and (status.progress >= 1 or not config.minutes or rested)

    def _count_time(self) -> float:
        """Add the time since the last call to the run's seconds, and return it."""
        now = ranks.number_from_first(time.monotonic)
        passed, self._clock = now - self._clock, now
        self.status.seconds += passed
        return passed

    def _iterate(self, batch: GridBatch) -> Update:
        status, config = self.status, self.config
        rng = iteration_rng(config.seed, status.iteration)
        rngs = rng.spawn(config.tasks)[ranks.share(config.tasks)]
        metrics = self.learner.meta_update(batch, rngs, status.progress)
        if not isinstance(metrics, dict):
            raise AgentError("meta_update of the learner returned no dictionary of metrics")
        bad = [name for name, value in metrics.items() if not math.isfinite(value)]
        if bad:
            raise Diverged(f"'{bad[0]}' is not finite - try smaller step sizes and rates")
        status.iteration += 1
        status.env_steps += int(metrics.get("env_steps", 0))
        self._count_time()
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

    def _validate(self) -> Validation:
        """Evaluate on validation tasks, and save the agent if it is the best so far."""
        status = self.status
        self._count_time()
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
        status.validation_seconds = self._count_time()
        status.validated = status.seconds
        status.progress = max(status.progress, self._progress())
        self._best_unsaved = best
        self._update_checkpoint()
        if best or self.agent_saved:
            ranks.from_first(partial(self._write, with_agent=best))
            self._is_saved(with_agent=best)
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
        seeds = validation_seeds(len(tasks))
        if not self.learner.tuned:
            return self._scores(seeds)
        found: dict[float, list[float]] = {}

        def value(multiplier: float) -> float:
            self._set_multiplier(multiplier)
            found[multiplier] = self._scores(seeds)
            return self._selection_score(found[multiplier])

        before = self.status.multiplier
        try:
            before = best_multiplier(value)
        finally:  # a training that is stopped meanwhile is saved as it was
            self._set_multiplier(before)
        return found[before]

    def _set_multiplier(self, multiplier: float) -> None:
        """Make the learner's step sizes the configured ones times `multiplier`."""
        self.learner.scale_steps(multiplier / self.status.multiplier)
        self.status.multiplier = multiplier

    def _scores(self, seeds: Sequence[int]) -> list[float]:
        """Return the mean scores on validation tasks, which are compiled once.

        Ranks share the tasks where a process by itself would adapt to all of them at once.
        """
        tasks, steps = self.validation_tasks, max(self.learner.judged)
        at_once = tasks_at_once(tasks, self.learner.episodes_per_step)
        shared = 1 < ranks.n_ranks() <= len(tasks) <= at_once
        if not self._validation and not shared:
            self._validation = TaskBatches(tasks)
        elif not self._validation:
            padded = not sees_graph(self.learner.config)
            own = tasks[ranks.share(len(tasks))]
            self._validation = TaskBatches(own, padded_as_whole) if padded else TaskBatches(own)
        curves = adaptation_curves(lambda _: self.learner, self._validation, seeds, steps)
        if not shared:
            return curves.mean_scores
        scores = ranks.gather(curves.scores.swapaxes(0, 1)).swapaxes(0, 1)  # [M, N, K + 1]
        return [float(value) for value in mean_score(scores)]

    def save(self) -> None:
        """Write checkpoint, metrics and curves; also the agent if none has been saved yet.

        Writes nothing if training diverged before any agent was saved. Of several ranks, the first
        one writes, and need not wait for the others.
        """
        if not ranks.is_first():
            return
        if self.log:
            self.log.close()
        if not self.status.iteration:
            return
        if not self.agent_saved and not_finite(self.learner.state()) is not None:
            return  # diverged before its first agent: an older run in the folder stays whole
        with_agent = not self.agent_saved or self._best_unsaved
        self._write(with_agent, with_curves=True)
        self._is_saved(with_agent)

    def _is_saved(self, with_agent: bool) -> None:
        """Note that the run's files were written."""
        self.agent_saved, self._best_unsaved = True, self._best_unsaved and not with_agent

    def _write(self, with_agent: bool, with_curves: bool = False) -> None:
        """Replace the run's files as one. The first time, those of an overwritten run go."""
        files: dict[str, Write | None] = {}
        if not self.agent_saved:
            files |= dict.fromkeys((METRICS, CURVES, CHECKPOINT, RESULTS))
        if with_agent:
            files[WEIGHTS] = partial(write_weights, learner=self.learner)
            files[CONFIG] = partial(Path.write_text, data=json_text(self._facts()))
        if self._checkpoint:
            arrays, facts = self._checkpoint
            files[CHECKPOINT] = partial(write_checkpoint, arrays=arrays, facts=facts)
        if self.status.rows:
            files[METRICS] = partial(
                Path.write_text, data=_csv(self.status.rows), encoding="utf-8", newline=""
            )
            if with_curves:
                title = f"{self.learner_name} on {self.pack.name}: adaptation during training"
                files[CURVES] = partial(plot_training, rows=self.status.rows, title=title)
        replace_files(self.out, files)

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

    @cached_property
    def _coverage(self) -> Coverage:
        """The sizes, tiles and goals of the training tasks."""
        return coverage_of(self.pack)

    def _facts(self) -> dict[str, Any]:
        """Return the contents of the run's config.json."""
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
            "coverage": self._coverage.facts(),
            "versions": versions(),
        }
        return describe(self.learner_name, self.learner, **facts)


def _csv(rows: Sequence[dict[str, float]]) -> str:
    """Return the text of metrics.csv."""
    text = io.StringIO()
    # the rows of a run that is resumed may be of an older version, with other columns
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
    )
    return text.getvalue()


def versions() -> dict[str, str]:
    """Return the versions that a training depends on."""
    import torch

    return {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}

"""How long a sweep may take, by the times of runs that are done or of a few iterations."""

from __future__ import annotations

import heapq
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from agents.learner_registry import registered_name
from agents.sweep.run_state import RunState, cached_pack, evaluated_tasks, learner_options
from agents.sweep.sweep_run import SweepRun
from agents.training.preparation import new_training
from agents.training.train import Validation
from agents.training.tuning import MULTIPLIERS, validation_seeds
from game.session.messages import unexpected

TIMED_ITERATIONS = 3  # of each kind; the first is not counted
MOST_TIMED = 6  # kinds of runs
Kind = tuple[str, str]  # pack, and combination of learner and options


@dataclass(frozen=True)
class Estimate:
    """The time that the rest of a sweep may take, in seconds, and how it was estimated."""

    seconds: float
    source: str
    failures: Mapping[Kind, str] = field(default_factory=dict)
    """Kinds whose first iterations failed, and how; they are left out of the time."""


def estimate_sweep(
    runs: Sequence[SweepRun], states: Mapping[str, RunState], workers: int
) -> Estimate:
    """Return the time that the runs still take on this number of workers."""
    left = [run for run in runs if not (states[run.name].done or states[run.name].diverged)]
    if not left:
        return Estimate(0.0, "nothing is left to do")
    done = _times_of_done(runs, states)
    timed, failures = _time_kinds(left, done)
    left = [run for run in left if _kind(run) not in failures]
    if not left:
        return Estimate(0.0, "each kind of run fails in its first iterations", failures)
    known = timed | done
    costs = [_seconds_left(run, states[run.name], known) for run in left]
    return Estimate(makespan(costs, workers), _source(left, done, timed), failures)


def _time_kinds(
    runs: Sequence[SweepRun], done: Mapping[Kind, float]
) -> tuple[dict[Kind, float], dict[Kind, str]]:
    """Return the seconds of some kinds of runs of which none is done, and how others failed."""
    timed: dict[Kind, float] = {}
    failures: dict[Kind, str] = {}
    for run in runs:
        kind = _kind(run)
        known = kind in done or kind in timed or kind in failures
        if known or len(timed) >= MOST_TIMED or run.training.minutes is not None:
            continue
        try:
            timed[kind] = _timed(run)
        except OSError:  # no run is at fault
            raise
        except Exception as error:  # of a run that diverges, or of an external learner
            failures[kind] = unexpected(error)
    return timed, failures


def makespan(seconds: Sequence[float], workers: int) -> float:
    """Return when the last of some jobs ends, given the seconds of each. They are begun in this
    order, each by the worker that is free first."""
    free = [0.0] * max(1, workers)
    for one in seconds:
        heapq.heapreplace(free, free[0] + one)
    return max(free)


def _kind(run: SweepRun) -> Kind:
    return run.pack, run.combination


def _times_of_done(runs: Sequence[SweepRun], states: Mapping[str, RunState]) -> dict[Kind, float]:
    """Return the mean seconds of training of each kind of which a run is done."""
    found: dict[Kind, list[float]] = {}
    for run in runs:
        if states[run.name].trained:
            found.setdefault(_kind(run), []).append(states[run.name].seconds)
    return {kind: float(np.mean(times)) for kind, times in found.items()}


def _seconds_left(run: SweepRun, state: RunState, known: Mapping[Kind, float]) -> float:
    """Return the seconds that a run still takes, by those of its kind, or else by the mean of all
    kinds that are `known`."""
    if run.training.minutes is not None:
        return max(0.0, 60 * run.training.minutes - state.seconds)
    whole = known.get(_kind(run), float(np.mean(list(known.values()))))
    return whole * (1 - state.share)


def _timed(run: SweepRun) -> float:
    """Return the seconds of a run, by timing its first iterations and one validation."""
    pack, config = cached_pack(run.pack), run.training
    few = replace(config, iterations=min(TIMED_ITERATIONS, config.iterations), validations=1)
    name, options = registered_name(run.learner), learner_options(run, pack)
    with tempfile.TemporaryDirectory() as folder:
        training = new_training(name, options, pack, few, Path(folder))
        ends = [time.monotonic()]
        for event in training.run():
            if not isinstance(event, Validation):
                ends.append(time.monotonic())
        validation = training.status.validation_seconds
    spans = np.diff(ends)
    iteration = float(np.mean(spans[1:] if len(spans) > 1 else spans))
    n_validations = min(config.validations, config.iterations)
    adapting = _adapting(run, validation, training.learner.tuned)
    return iteration * config.iterations + validation * n_validations + adapting


def _adapting(run: SweepRun, validation: float, tuned: bool) -> float:
    """Return the seconds of adapting to the tasks of the split, by those of a validation."""
    n = len(cached_pack(run.pack).split("validation").tasks[: run.training.validation_tasks])
    pairs = n * len(validation_seeds(n)) * (len(MULTIPLIERS) if tuned else 1) if n else 1
    tasks = len(evaluated_tasks(run.pack, run.evaluation.split).tasks)
    return validation * tasks * run.evaluation.seeds / pairs


def _source(
    left: Sequence[SweepRun], done: Mapping[Kind, float], timed: Mapping[Kind, float]
) -> str:
    """Return how the time was estimated."""
    if all(run.training.minutes is not None for run in left):
        return "by the minutes of each run"
    parts = ["by runs that are done"] if any(_kind(run) in done for run in left) else []
    n = len({*map(_kind, left)} - {*done})  # kinds of which no run is done
    if timed:
        some = f"{len(timed)} of " if n > len(timed) else ""
        parts.append(f"by timing a few iterations of {some}{n} kind{'s' * (n > 1)} of runs")
    return " and ".join(parts)

"""The results of a sweep, from the curves that its runs keep: by the code that `eval` uses.

Runs that differ only in their seed are pooled, and combinations are ordered by how good they are on
validation tasks: test tasks are only reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.sweep.kept_curves import read_curves
from agents.sweep.run_state import RunState, cached_pack, evaluated_tasks, run_state
from agents.sweep.sweep_run import SweepRun
from agents.training.curves import Curves
from agents.training.evaluate import Evaluation

MINUTES, SEEDS, OF_SEEDS = "training_minutes", "training_seeds", "of_training_seeds"
VALIDATION = "validation_score"


@dataclass(frozen=True)
class _Finished:
    """A run that is done."""

    run: SweepRun
    state: RunState
    curves: Curves


def sweep_results(runs: Sequence[SweepRun], folder: Path) -> list[Evaluation]:
    """Return an evaluation for each pack of which a run is done, with its combinations in order."""
    packs = dict.fromkeys(run.pack for run in runs)
    found = [_pack_results([r for r in runs if r.pack == pack], folder) for pack in packs]
    return [evaluation for evaluation in found if evaluation.curves]


def _pack_results(runs: Sequence[SweepRun], folder: Path) -> Evaluation:
    """Return the results of all runs on one pack."""
    pack, plan = runs[0].pack, runs[0].evaluation
    groups: dict[str, list[_Finished]] = {}
    asked: dict[str, int] = {}
    for run in runs:
        asked[run.combination] = asked.get(run.combination, 0) + 1
        if finished := _finished(run, folder):
            groups.setdefault(run.combination, []).append(finished)
    ordered = dict(sorted(groups.items(), key=lambda item: -_merit(item[1])))
    curves = {name: Curves.pooled([one.curves for one in group]) for name, group in ordered.items()}
    return Evaluation(
        cached_pack(pack),
        plan.split,
        evaluated_tasks(pack, plan.split).tasks,
        plan.seeds,
        {name: _folders(group, folder) for name, group in ordered.items()},
        curves,
        scratch={},
        inner_options=dict.fromkeys(ordered),
        facts={name: _facts(group, asked[name]) for name, group in ordered.items()},
    )


def _finished(run: SweepRun, folder: Path) -> _Finished | None:
    state = run_state(run, folder)
    if not state.done:
        return None
    tasks = evaluated_tasks(run.pack, run.evaluation.split).tasks
    curves = read_curves(folder / run.name, tasks, run.evaluation)
    return _Finished(run, state, curves) if curves else None


def _folders(group: Sequence[_Finished], folder: Path) -> tuple[str, ...]:
    return tuple(str(folder / one.run.name) for one in group)


def _merit(group: Sequence[_Finished]) -> float:
    """Return the score on validation tasks that combinations are ordered by: the mean over steps
    from 1 on where the tables are about these tasks, else the best one during training."""
    plan = group[0].run.evaluation
    if plan.split == "validation" and plan.steps:
        return float(np.mean([one.curves.scores[..., 1:].mean() for one in group]))
    return float(np.mean([one.state.best for one in group]))


def _facts(group: Sequence[_Finished], asked: int) -> dict[str, Any]:
    """Return what results.json says of a combination beside its curves."""
    run, merit = group[0].run, _merit(group)
    return {
        "learner": run.learner,
        "options": dict(run.options),
        VALIDATION: merit if np.isfinite(merit) else None,
        MINUTES: float(np.mean([one.state.seconds for one in group])) / 60,
        SEEDS: [one.run.training.seed for one in group],
        OF_SEEDS: asked,
    }

"""The results of a benchmark: what its trained agents, and those beside them, reach by episode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent_catalog import WEIGHTS
from agents.run_folder import run_file, run_path
from agents.runs import load_agent
from agents.studies.reproduce.definition import BarFrom, BenchmarkSetting
from agents.studies.reproduce.kept_results import kept
from agents.studies.reproduce.plan import TrainingRuns
from agents.sweep.kept_curves import read_curves
from agents.sweep.run_state import RunState, evaluated_tasks, read_run_status, run_state
from agents.sweep.sweep_run import SweepRun
from agents.training.curves import Curves
from agents.training.evaluate import evaluate
from agents.training.evaluated_agents import contenders
from agents.training.run_status import RunStatus
from agents.training.statistics import worse_fraction
from game.tasks.packs import Pack
from game.world.rules import Floats


@dataclass(frozen=True)
class AgentResult:
    """What an agent reaches in each of K episodes or adaptation steps, for each of R seeds."""

    agent: str
    pack: str
    returns: list[list[float]]  # [R][K], means over tasks and adaptation seeds
    scores: list[list[float]]  # [R][K]
    made_worse: float  # share of tasks and seeds whose score the steps made worse
    seeds: list[int]  # training seeds; empty for agents without training
    asked: int = 0  # training seeds that were asked for
    minutes: float = 0.0  # of training, of each seed
    best: str = ""  # folder of the run that was best on validation tasks, if there are any
    metrics: dict[str, float] = field(default_factory=dict)  # of training, that bars are made of


def agent_result(
    agent: str, pack: str, runs: Sequence[Curves], seeds: Sequence[int], **facts: Any
) -> AgentResult:
    """Return the result of an agent from the curves of each of its training seeds."""
    scores = np.concatenate([curves.scores for curves in runs])
    return AgentResult(
        agent,
        pack,
        [curves.returns.mean((0, 1)).tolist() for curves in runs],
        [curves.scores.mean((0, 1)).tolist() for curves in runs],
        float(worse_fraction(scores)[-1]),
        list(seeds),
        **facts,
    )


def trained_result(part: TrainingRuns, folder: Path) -> AgentResult | None:
    """Return the result of a training from its runs that are done, or None if none is."""
    done: dict[int, tuple[Curves, RunState]] = {}
    names = {run.training.seed: run.name for run in part.runs}
    for run in part.runs:
        state = run_state(run, folder)
        curves = _curves(run, folder) if state.done else None
        if curves:
            done[run.training.seed] = curves, state
    if not done:
        return None
    scores = {names[seed]: state.best for seed, (_, state) in done.items()}
    return agent_result(
        part.training.title,
        part.setting.pack,
        [curves for curves, _ in done.values()],
        list(done),
        asked=len(part.runs),
        minutes=float(np.mean([state.seconds for _, state in done.values()])) / 60,
        best=max(scores, key=scores.__getitem__) if np.isfinite([*scores.values()]).all() else "",
        metrics=_metrics(part, [folder / names[seed] for seed in done]),
    )


def _metrics(part: TrainingRuns, runs: Sequence[Path]) -> dict[str, float]:
    """Return the means of metrics that bars of a training are made of, over iterations and runs."""
    bars = part.setting.bars.get(part.training.title, {}).values()
    metrics = {bar.metric for bar in bars if isinstance(bar, BarFrom) and bar.metric}
    statuses = [status for run in runs if (status := read_run_status(run))]
    return {name: float(np.mean([_mean_of(name, one) for one in statuses])) for name in metrics}


def _mean_of(metric: str, status: RunStatus) -> float:
    """Return the mean of a metric over the iterations of a run."""
    last = [row["iteration"] for row in status.rows]
    return float(np.average([row[metric] for row in status.rows], weights=np.diff(last, prepend=0)))


def _curves(run: SweepRun, folder: Path) -> Curves | None:
    tasks = evaluated_tasks(run.pack, run.evaluation.split).tasks
    return read_curves(folder / run.name, tasks, run.evaluation)


# --- agents that are evaluated beside the sweep ---------------------------------------------------


def beside_results(
    setting: BenchmarkSetting, pack: Pack, parts: Sequence[TrainingRuns], folder: Path
) -> list[AgentResult]:
    """Return the results of the agents that need no training; those that are kept are read."""
    trained = (folder / run.name for part in parts[:1] for run in part.runs)
    like = [str(path) for path in trained if run_file(path, WEIGHTS)][:1]
    found = []
    for agent in setting.beside:
        named = contenders([*like, agent], pack.name)
        (runs,) = [runs for name, runs in named.items() if runs[0] not in like]
        facts = [setting.name, pack.name, agent, setting.adaptation_seeds, setting.episodes]

        def measured(agent: str = agent, runs: tuple[str, ...] = runs) -> AgentResult:
            curves = _evaluated(pack, runs, setting)
            return agent_result(agent, setting.pack, [curves], [])

        found.append(_kept_result(folder, facts, runs, measured))
    return found


def further_results(
    part: TrainingRuns, also: Pack, folder: Path, result: AgentResult
) -> AgentResult:
    """Return the result of trained agents on the test tasks of a further pack."""
    setting = part.setting
    runs = {run.training.seed: str(folder / run.name) for run in part.runs}
    done = [runs[seed] for seed in result.seeds]

    def measured() -> AgentResult:
        each = [_evaluated(also, (run,), setting) for run in done]
        facts = {"asked": result.asked, "minutes": result.minutes}
        return agent_result(result.agent, also.name, each, result.seeds, **facts)

    facts = [setting.name, also.name, part.training.title, setting.adaptation_seeds]
    return _kept_result(folder, [*facts, setting.episodes], done, measured)


def _evaluated(pack: Pack, runs: tuple[str, ...], setting: BenchmarkSetting) -> Curves:
    """Adapt an agent to the test tasks of a pack."""
    seeds, steps = setting.adaptation_seeds, setting.episodes - 1
    found = evaluate(
        pack, "test", {"agent": runs}, lambda run: load_agent(run).learner, seeds, steps
    )
    return found.curves["agent"]


def _kept_result(
    folder: Path, facts: Sequence[Any], runs: Sequence[str], measure: Callable[[], AgentResult]
) -> AgentResult:
    """Return a result that is kept for the same facts and the same weights of the agents."""
    weights = [_weights(run.partition(":")[2] or run) for run in runs]
    return kept(AgentResult, folder, [list(facts), weights], measure)


def _weights(run: str) -> str:
    """Return a hash of the weights in a folder, or the name of an agent that has none."""
    path = run_path(Path(run), WEIGHTS)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else run


def by_seed(result: AgentResult, unit: str) -> Floats:
    """Return the scores [R, K] of a result where the unit is the score, else its returns."""
    return np.array(result.scores if unit == "score" else result.returns)

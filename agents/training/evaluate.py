"""Evaluate agents on held-out tasks, and write the results.

`per_task.csv` holds one row for each agent, seed, task and adaptation step; every other number in
the results can be recomputed from these rows.
"""

from __future__ import annotations

import csv
import io
import itertools
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from agents.inner_config import InnerOptions
from agents.learner import AgentError, Learner
from agents.scratch_agents import inner_options, is_scratch
from agents.training.curves import Curves, TaskBatches, adaptation_curves
from agents.training.evaluated_agents import shares_tasks, tasks_of
from agents.training.plots import Line, plot_scores
from agents.training.scratch_baseline import ScratchBaseline, tuned_scratch
from agents.training.statistics import area_under_curve, probability_of_improvement
from game.files import name_text, write_atomically, write_json
from game.tasks.evaluated_levels import LevelKind
from game.tasks.family import count_tasks, family
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.world.bayes_optimal import bayes_returns
from game.world.tables import compile_level

DIGITS = 4  # of a task's scores in results.json
NAME_WIDTH = 30  # letters of a line of a name in the figure


def bayes_optimal_returns(pack: Pack, tasks: Sequence[Task], episodes: int) -> list[float] | None:
    """Return the Bayes-optimal explorer's mean return in each episode of a trial.

    The n-th entry is the gain in the optimal return of a trial from its n-th episode. None if the
    values are not exact, or if the tasks are not whole level families with each goal once.
    """
    # up to 8 symmetric variants of a level may be the same task
    if sum(map(count_tasks, pack.levels)) > 8 * len(tasks):
        return None
    families = [[task.id for task in family(level, "")] for level in pack.levels]
    if len(set(map(len, families))) != 1:
        return None
    if sorted(task.id for task in tasks) != sorted(itertools.chain(*families)):
        return None
    trials = [0.0]
    for n in range(1, episodes + 1):
        bounds = [bayes_returns(level, n) for level in pack.levels]
        exact = [one[1][0] for one in bounds if one and one[1][0] == one[1][1]]
        if len(exact) < len(bounds):
            return None
        trials.append(float(np.mean(exact)))
    return np.diff(trials).tolist()


@dataclass(frozen=True)
class Evaluation:
    """The results of agents on the tasks of one split of a pack, with `seeds` adaptation seeds.

    Index i along the seeds of an agent's curves is training run i // seeds, adaptation seed
    i % seeds.
    """

    pack: Pack
    split: str
    tasks: Sequence[Task]
    seeds: int
    agents: dict[str, tuple[str, ...]]  # by display name: an agent, or its training seeds
    curves: dict[str, Curves]
    scratch: dict[str, ScratchBaseline]  # by display name, those of the agents that are one
    inner_options: dict[str, InnerOptions | None]  # by display name; None without gradient steps
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)  # further ones, of results.json

    @property
    def title(self) -> str:
        """The heading of tables and figures."""
        kind = "held-out tasks" if self.split == "test" else f"{self.split} tasks"
        if self.split == "test" and shares_tasks(self.pack):
            kind = "tasks (shared by training and test)"
        return f"{self.pack.title}: {len(self.tasks)} {kind}"

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The contents of results.json."""
        first = next(iter(self.curves.values()))
        episodes = first.returns.shape[2]
        agents = {name: curve.summary() for name, curve in self.curves.items()}
        for name, facts in agents.items():
            curve = self.curves[name]
            facts["area"] = area_under_curve(facts["score_mean"], curve.episodes)
            facts["improvement"] = self._improvement(name)
            facts["runs"] = list(map(name_text, self.agents[name]))
            if name in self.scratch:
                facts["scratch"] = self.scratch[name].facts() | {"for": self._sharing(name)}
            by_run = curve.scores.reshape(len(self.agents[name]), -1, *curve.scores.shape[1:])
            facts["score_mean_by_run"] = by_run.mean((1, 2)).tolist()
            facts |= self.facts.get(name, {})
        return {
            "pack": self.pack.name,
            "split": self.split,
            "tasks": len(self.tasks),
            "optimal_return": float(first.baselines.optimal.mean()),
            "random_return": float(first.baselines.random.mean()),
            "bayes_optimal_return": bayes_optimal_returns(self.pack, self.tasks, episodes),
            "levels": [self._level_facts(i) for i in range(len(self.tasks))],
            "agents": agents,
        }

    def _level_facts(self, i: int) -> dict[str, Any]:
        """Return what decides which levels are like task i, and the agents' mean scores on it."""
        task = self.tasks[i]
        kind = LevelKind.of(task.level, compile_level(task.level).n_states)
        scores = {n: c.scores[:, i].mean(0).round(DIGITS).tolist() for n, c in self.curves.items()}
        return {"task": task.id, "kind": asdict(kind), "scores": scores}

    def _sharing(self, scratch: str) -> list[str]:
        """Return the agents that have the inner loop of a scratch."""
        shared = InnerOptions.of(self.scratch[scratch].config)
        return [agent for agent, options in self.inner_options.items() if options == shared]

    def _improvement(self, name: str) -> list[float] | None:
        """Return the probability of a higher return than scratch, for each step.

        It is the scratch with the agent's own inner loop; for agents that do not adapt by gradients
        it is the first.
        """
        own = [key for key in self.scratch if name in self._sharing(key)]
        if self.inner_options[name] is None:
            own = list(self.scratch)
        if not own:
            return None
        curve, other = self.curves[name], self.curves[own[0]].returns
        steps = min(curve.returns.shape[2], other.shape[2])
        chances = probability_of_improvement(curve.returns[..., :steps], other[..., :steps])
        return [float(chance) for chance in chances]


def evaluate(
    pack: Pack,
    split: str,
    agents: dict[str, tuple[str, ...]],
    load: Callable[[str], Learner],
    seeds: int,
    steps: int,
    resolved_for: str = "",
    episodes: int | None = None,
) -> Evaluation:
    """Adapt all agents to a split's tasks. `load` returns an agent's learner, but those of scratch
    are made here, one for each seed, with their step size tuned. Bare names of learners stand for
    their agents on the pack `resolved_for`, or else on this one. With `episodes`, each step has so
    many where the agent lets them be chosen.

    Raises LookupError if the split has no tasks, and AgentError.
    """
    tasks = tasks_of(pack, split)
    if not tasks:
        raise LookupError(f"{pack.path}: the {split} split has no tasks")
    batches = TaskBatches(tasks)
    scratch: dict[str, ScratchBaseline] = {}

    def curves_of(name: str) -> Curves:
        if is_scratch(agents[name][0]):
            scratch[name] = tuned_scratch(agents[name][0], pack)
            return adaptation_curves(
                lambda seed: sized(scratch[name].learner(seed)), batches, range(seeds), steps
            )
        learners = map(sized, map(load, agents[name]))
        return Curves.pooled([agent_curves(learner, batches, seeds, steps) for learner in learners])

    def sized(learner: Learner) -> Learner:
        return learner if episodes is None else learner.with_episodes(episodes)

    curves = {name: curves_of(name) for name in agents}
    home = resolved_for or pack.name
    options = {name: inner_options(runs[0], home) for name, runs in agents.items()}
    return Evaluation(pack, split, tasks, seeds, agents, curves, scratch, options)


def agent_curves(learner: Learner, batches: TaskBatches, seeds: int, steps: int) -> Curves:
    """Return the curves of one trained agent with this number of adaptation seeds."""
    return adaptation_curves(lambda _: learner, batches, range(seeds), steps)


FILES = ("results.json", "results.csv", "per_task.csv", "curves.png")
PER_TASK = ("agent", "seed", "task", "step", "return", "score")
STEP_COLUMNS = (
    *("episodes", "env_steps", "gradient_steps", "return_mean", "score_mean", "score_iqm"),
    *("score_low", "score_high", "score_p20", "worse_fraction", "improvement"),
)


def check_folder_names(packs: Sequence[Pack]) -> None:
    """Raise AgentError unless each pack after the first can have a folder of its own name."""
    names = [pack.name for pack in packs]
    for i, name in enumerate(names[1:], 1):
        if name in names[1:i]:
            raise AgentError(f"{packs[i].path}: another pack is also called '{name}' - rename one")
        if name in ("", ".", "..", *FILES) or Path(name).name != name:
            raise AgentError(f"{packs[i].path}: '{name}' is no name for its results - rename it")


def write_results(
    folder: Path, evaluations: Sequence[Evaluation], most_named: int | None = None
) -> list[dict[str, Any]]:
    """Write results.json, results.csv, per_task.csv and curves.png; return the contents of each
    results.json.

    The figure names the first `most_named` agents, if there are more; the others are grey lines.
    Evaluations after the first, on further packs, become panels of the same figure; their other
    files go into subfolders named after the packs.
    """
    summaries = []
    for i, evaluation in enumerate(evaluations):
        target = folder / evaluation.pack.name if i else folder
        target.mkdir(parents=True, exist_ok=True)
        write_json(target / "results.json", evaluation.summary)
        _write_csv(target / "results.csv", _step_rows(evaluation.summary))
        _write_csv(target / "per_task.csv", _task_rows(evaluation))
        summaries.append(evaluation.summary)
    seeds = evaluations[0].seeds
    note = (
        "interquartile mean of the score over tasks and seeds, after Agarwal et al. 2021; "
        f"bands: 95% bootstrap interval; {seeds} adaptation seed{'s' * (seeds > 1)}"
    )
    panels = [(e.title, score_lines(s, most_named)) for e, s in zip(evaluations, summaries)]
    if any(line.is_context for _, lines in panels for line in lines):
        note += f"; grey: all but the best {most_named}"
    plot_scores(folder / "curves.png", panels, "Adaptation to unseen tasks", note)
    return summaries


def score_lines(summary: dict[str, Any], most_named: int | None = None) -> list[Line]:
    """Return the curves of an evaluation: interquartile means with confidence intervals."""
    agents = summary["agents"]
    named = len(agents) if most_named is None else most_named
    return [
        Line(
            _wrapped(name),
            a["episodes"],
            a["score_iqm"],
            a["score_low"],
            a["score_high"],
            is_context=i >= named,
        )
        for i, (name, a) in enumerate(agents.items())
    ]


def _wrapped(name: str) -> str:
    """Return a name in lines, broken at spaces, that leave the curves room."""
    return textwrap.fill(name, NAME_WIDTH, break_long_words=False, break_on_hyphens=False)


def _step_rows(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, facts in summary["agents"].items():
        for k in range(len(facts["episodes"])):
            values = {key: (facts[key] or [])[k : k + 1] for key in STEP_COLUMNS}
            cells = {key: value[0] if value else "" for key, value in values.items()}
            yield {"agent": name, "step": k} | cells


def _task_rows(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    for name, curve in evaluation.curves.items():
        for (seed, i, k), value in np.ndenumerate(curve.returns):
            key = (name, seed, evaluation.tasks[i].id, k, float(value))
            yield dict(zip(PER_TASK, (*key, float(curve.scores[seed, i, k]))))


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows with full precision, so that all statistics can be recomputed from them."""
    rows = iter(rows)
    first = next(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(first), lineterminator="\n")
    writer.writeheader()
    writer.writerows(itertools.chain([first], rows))
    content = text.getvalue().encode("utf-8", "backslashreplace")  # a name may be no text
    write_atomically(path, lambda file: file.write_bytes(content))

"""Adaptation curves on held-out tasks: who takes part, what is measured, and what is written.

Every figure is recomputed from the scores alone, which `per_task.csv` holds, one row for each
agent, seed, task and adaptation step.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.catalog import CONFIG, agent_card, read_config
from agents.learner import AgentError, Learner
from agents.plots import Line, plot_scores
from agents.runs import load_agent
from agents.statistics import (
    area_under_curve,
    bootstrap_interval,
    interquartile_mean,
    percentile_20,
    probability_of_improvement,
    worse_fraction,
)
from game.bayes import bayes_returns
from game.files import write_atomically, write_json
from game.planner import optimal_return, random_return, score
from game.rules import Floats, Ints
from game.tables import GridBatch
from game.tasks import Pack, Task, count_tasks, family, task_rng
from game.trace import AdaptationStep

CHUNK = 64  # tasks adapted side by side
BASELINE = "scratch"  # what improvement is measured against
DRAWN = 64  # tasks of a split that is a source, not a list


# --- who takes part ----------------------------------------------------------------------------


def contenders(given: Sequence[str], pack: str) -> dict[str, tuple[str, ...]]:
    """The agents to evaluate, by the names they go by; several where they are training seeds.

    Runs that differ in nothing but their seed are pooled under their learner's name. Any other run
    goes by its folder's name, and what is no path by the name it was given. Raises AgentError.
    """
    groups: dict[tuple[str, int], list[str]] = {}
    seeds_met: Counter[tuple[str, Any]] = Counter()
    for agent in dict.fromkeys(given):
        agent_card(agent, pack)  # raises where there is none
        kin, seed = _kinship(agent)
        groups.setdefault((kin, seeds_met[kin, seed]), []).append(agent)
        seeds_met[kin, seed] += 1
    named: dict[str, tuple[str, ...]] = {}
    for members in groups.values():
        named[_name_of(members, {*named, *given} - {members[0]})] = tuple(members)
    return named


def _kinship(agent: str) -> tuple[str, Any]:
    """The same text for runs that differ in nothing but their seed; and that seed.

    What an older run says nothing of, it had at its default.
    """
    from agents.train import TrainConfig  # which itself evaluates

    folder = Path(agent)
    if not (folder / CONFIG).is_file():
        return agent, None
    config = read_config(folder)
    options = asdict(load_agent(agent).learner.config)
    training = asdict(TrainConfig()) | (config.get("training") or {"seed": None})
    seed = training.pop("seed")
    facts = [config.get("learner"), config.get("pack"), options, training]
    return json.dumps(facts, sort_keys=True), seed


def _name_of(members: Sequence[str], taken: set[str]) -> str:
    """A name for one agent, or for training seeds of one, that no other goes by."""
    folder = Path(members[0])
    names = [members[0]]
    if (folder / CONFIG).is_file():
        names.insert(0, folder.resolve().name)
    if len(members) > 1:
        names.insert(0, str(read_config(folder)["learner"]))
    return next(name for name in names if name not in taken)


def tasks_of(pack: Pack, split: str) -> tuple[Task, ...]:
    """The tasks to adapt to: a split's list, or some drawn from it, always the same."""
    source = pack.split(split)
    if source.tasks or not source.draw:
        return source.tasks
    return tuple(source.sample(DRAWN, np.random.default_rng(0)))


def shares_tasks(pack: Pack) -> bool:
    """Whether the pack declares that its tasks are for training and test alike."""
    test = {task.id for task in pack.split("test").tasks}
    return any(task.id in test for task in pack.split("train").tasks)


def check_held_out(agent: str, resolved_for: str, pack: Pack, tasks: Sequence[Task]) -> None:
    """Raise AgentError where the agent was trained on one of the tasks.

    A pack's splits never share a task (loading it makes sure), so what may have been trained on is
    known by id: of tasks from another pack, and of a pack whose split has been changed since. A
    pack that declares its tasks to be for training and test alike has none held out.
    """
    if shares_tasks(pack):
        return
    met = agent_card(agent, resolved_for).trained_on
    seen = [task for task in tasks if task.id in met]
    if seen:
        raise AgentError(
            f"{agent}: was trained on {len(seen)} of these {len(tasks)} tasks of {pack.name} "
            f"(the first: {seen[0].id}, {seen[0].name}), so they are not held out - evaluate it on "
            "others, or say --split train"
        )


# --- what is measured --------------------------------------------------------------------------


@dataclass(frozen=True)
class Curves:
    """What an agent reached on N tasks with M seeds of adaptation, after each of K + 1 steps."""

    returns: Floats  # [M, N, K + 1] exact where that can be known
    scores: Floats  # [M, N, K + 1]
    env_steps: Ints  # [M, N, K + 1] spent before
    episodes: tuple[int, ...]  # [K + 1] spent before
    gradient_steps: tuple[int, ...]  # [K + 1]
    optimal: Floats  # [N]
    random: Floats  # [N]

    @property
    def mean_scores(self) -> list[float]:
        return [float(value) for value in self.scores.mean((0, 1))]

    @staticmethod
    def pooled(runs: Sequence[Curves]) -> Curves:
        """Training seeds of one learner as one agent: their seeds one after the other."""
        first = runs[0]
        return Curves(
            returns=np.concatenate([run.returns for run in runs]),
            scores=np.concatenate([run.scores for run in runs]),
            env_steps=np.concatenate([run.env_steps for run in runs]),
            episodes=first.episodes,
            gradient_steps=first.gradient_steps,
            optimal=first.optimal,
            random=first.random,
        )

    def summary(self) -> dict[str, Any]:
        """Lists over adaptation steps, as in results.json."""
        low, high = bootstrap_interval(self.scores)
        return {
            "episodes": list(self.episodes),
            "env_steps": self.env_steps.mean((0, 1)).tolist(),
            "gradient_steps": list(self.gradient_steps),
            "return_mean": self.returns.mean((0, 1)).tolist(),
            "score_mean": self.mean_scores,
            "score_iqm": interquartile_mean(self.scores).tolist(),
            "score_low": low.tolist(),
            "score_high": high.tolist(),
            "score_p20": percentile_20(self.scores).tolist(),
            "worse_fraction": worse_fraction(self.scores).tolist(),
        }


def adaptation_curves(
    load: Callable[[int], Learner], tasks: Sequence[Task], seeds: Sequence[int], steps: int
) -> Curves:
    """Adapt to every task with every seed, with the learner that `load` gives for the seed.

    What nothing but the task decides is evaluated once, and stands for all seeds.
    """
    learners = {seed: load(seed) for seed in seeds}
    optimal, random = [], []
    parts: list[list[AdaptationStep]] = []
    for first in range(0, len(tasks), CHUNK):
        chunk = tasks[first : first + CHUNK]
        batch = GridBatch.of([task.level for task in chunk])
        optimal.append(optimal_return(batch))
        random.append(random_return(batch))
        for seed in seeds:
            if seed != seeds[0] and _is_certain(parts[-1]):
                parts.append(parts[-1])
                continue
            rngs = [task_rng(seed, task) for task in chunk]
            parts.append(list(learners[seed].adapt(batch, rngs, steps)))

    def gather(values: Sequence[Any]) -> np.ndarray:
        """[M, N, K + 1] from what each part says of each of its steps and tasks."""
        by_part = [np.stack(value, -1) for value in values]
        chunks = [np.stack(by_part[i : i + len(seeds)]) for i in range(0, len(parts), len(seeds))]
        return np.concatenate(chunks, 1)

    def reached(step: Any) -> Floats:
        known: Floats = step.return_sampled if step.return_exact is None else step.return_exact
        return known

    returns = gather([[reached(step) for step in part] for part in parts])
    best, worst = np.concatenate(optimal), np.concatenate(random)
    return Curves(
        returns=returns,
        scores=score(returns, worst[:, None], best[:, None]),
        env_steps=gather([[step.env_steps for step in part] for part in parts]),
        episodes=tuple(step.episodes for step in parts[0]),
        gradient_steps=tuple(step.gradient_steps for step in parts[0]),
        optimal=best,
        random=worst,
    )


def _is_certain(steps: Sequence[AdaptationStep]) -> bool:
    """Whether neither what an agent does nor what comes of it is left to chance: its returns are
    exact, and it takes no gradient steps, which go by the episodes that it happens to play."""
    return all(step.return_exact is not None and not step.gradient_steps for step in steps)


def bayes_optimal(pack: Pack, tasks: Sequence[Task], episodes: int) -> list[float] | None:
    """What the n-th episode adds to the return of the best explorer, mean over the tasks.

    None where that is not known exactly, or where the tasks are not whole families of the pack's
    levels, each goal once.
    """
    if sum(map(count_tasks, pack.levels)) > 8 * len(tasks):  # mirrored ones may look alike
        return None
    families = [[task.id for task in family(level, "")] for level in pack.levels]
    if len(set(map(len, families))) != 1:
        return None
    if sorted(task.id for task in tasks) != sorted(itertools.chain(*families)):
        return None
    trials = [0.0]
    for n in range(1, episodes + 1):
        found = [bayes_returns(level, n) for level in pack.levels]
        known = [bounds[1][0] for bounds in found if bounds and bounds[1][0] == bounds[1][1]]
        if len(known) < len(found):
            return None
        trials.append(float(np.mean(known)))
    return np.diff(trials).tolist()


@dataclass(frozen=True)
class Evaluation:
    """What agents reached on the tasks of one split of a pack; `seeds` are seeds of adaptation.

    Seed i of an agent's curves is training run i // seeds, adaptation seed i % seeds.
    """

    pack: Pack
    split: str
    tasks: Sequence[Task]
    seeds: int
    agents: dict[str, tuple[str, ...]]  # the agents, or training seeds of one, behind each name
    curves: dict[str, Curves]

    @property
    def title(self) -> str:
        held_out = "held-out" if self.split == "test" else self.split
        if self.split == "test" and shares_tasks(self.pack):
            held_out = "(for training and test alike)"
        return f"{self.pack.title}: {len(self.tasks)} {held_out} tasks"

    def summary(self) -> dict[str, Any]:
        """What results.json holds."""
        first = next(iter(self.curves.values()))
        agents = {name: curve.summary() for name, curve in self.curves.items()}
        for name, facts in agents.items():
            curve = self.curves[name]
            facts["area"] = area_under_curve(facts["score_mean"], curve.episodes)
            facts["improvement"] = self._improvement(curve)
            facts["runs"] = list(self.agents[name])
            by_run = curve.scores.reshape(len(self.agents[name]), -1, *curve.scores.shape[1:])
            facts["score_mean_by_run"] = by_run.mean((1, 2)).tolist()
        return {
            "pack": self.pack.name,
            "split": self.split,
            "tasks": len(self.tasks),
            "optimal_return": float(first.optimal.mean()),
            "random_return": float(first.random.mean()),
            "bayes_optimal_return": bayes_optimal(self.pack, self.tasks, first.returns.shape[2]),
            "agents": agents,
        }

    def _improvement(self, curve: Curves) -> list[float] | None:
        """The probability of a higher return than the baseline's after the same step."""
        if BASELINE not in self.curves:
            return None
        other = self.curves[BASELINE].returns
        steps = min(curve.returns.shape[2], other.shape[2])
        found = probability_of_improvement(curve.returns[..., :steps], other[..., :steps])
        return [float(value) for value in found]


def evaluate(
    pack: Pack,
    split: str,
    agents: dict[str, tuple[str, ...]],
    loader: Callable[[str], Callable[[int], Learner]],
    seeds: int,
    steps: int,
) -> Evaluation:
    """Adapt all agents to a split's tasks. `loader` gives an agent's learner for each seed.

    Raises LookupError where the split has no tasks.
    """
    tasks = tasks_of(pack, split)
    if not tasks:
        raise LookupError(f"{pack.path}: the {split} split has no tasks")
    curves = {
        name: Curves.pooled(
            [adaptation_curves(loader(run), tasks, range(seeds), steps) for run in runs]
        )
        for name, runs in agents.items()
    }
    return Evaluation(pack, split, tasks, seeds, agents, curves)


# --- what is written ---------------------------------------------------------------------------

PER_TASK = ("agent", "seed", "task", "step", "return", "score")
STEP_COLUMNS = (
    *("episodes", "env_steps", "gradient_steps", "return_mean", "score_mean", "score_iqm"),
    *("score_low", "score_high", "score_p20", "worse_fraction", "improvement"),
)


def write_results(folder: Path, evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """results.json, results.csv, per_task.csv and curves.png; returns what results.json holds.

    Further evaluations, of other packs, are panels of the same picture, and the rest of theirs is
    in folders of their names.
    """
    summaries = []
    for i, evaluation in enumerate(evaluations):
        where = folder / evaluation.pack.name if i else folder
        where.mkdir(parents=True, exist_ok=True)
        summary = evaluation.summary()
        write_json(where / "results.json", summary)
        _write_csv(where / "results.csv", _step_rows(summary))
        _write_csv(where / "per_task.csv", _task_rows(evaluation))
        summaries.append(summary)
    seeds = evaluations[0].seeds
    note = (
        "interquartile mean of the score over tasks and seeds, after Agarwal et al. 2021; "
        f"bands: 95% bootstrap interval; {seeds} seed{'s' * (seeds > 1)} of adaptation"
    )
    panels = [(e.title, score_lines(s)) for e, s in zip(evaluations, summaries)]
    plot_scores(folder / "curves.png", panels, "Adaptation to unseen tasks", note)
    return summaries


def score_lines(summary: dict[str, Any]) -> list[Line]:
    """The curves of an evaluation: interquartile means with their intervals."""
    return [
        Line(name, a["episodes"], a["score_iqm"], a["score_low"], a["score_high"])
        for name, a in summary["agents"].items()
    ]


def _step_rows(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, facts in summary["agents"].items():
        for k in range(len(facts["episodes"])):
            values = {key: (facts[key] or [])[k : k + 1] for key in STEP_COLUMNS}
            cells = {key: value[0] if value else "" for key, value in values.items()}
            yield {"agent": name, "step": k} | cells


def _task_rows(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    for name, curve in evaluation.curves.items():
        for (seed, i, k), value in np.ndenumerate(curve.returns):
            at = (name, seed, evaluation.tasks[i].id, k, float(value))
            yield dict(zip(PER_TASK, (*at, float(curve.scores[seed, i, k]))))


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Numbers with all their digits, so that every figure can be computed again from them."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, lambda file: file.write_text(text.getvalue(), "utf-8"))

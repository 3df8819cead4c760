"""The available agents, and the facts about them that need no torch."""

from __future__ import annotations

import csv
import io
import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from agents.learner import AgentError
from agents.learner_registry import BUILT_IN, find_entry
from agents.run_folder import run_file, run_path
from game.files import name_text, open_regular
from game.filling import Misfit, fill, read_json
from game.session.messages import BASELINE_AGENT, MOST_STEPS, RUNS, AgentCard
from game.tasks.coverage import Coverage
from game.tasks.evaluated_levels import EvaluatedLevel
from game.world.features import LAYOUT
from game.world.shown_graph import LAYOUT_VERSION

PRETRAINED = Path(__file__).resolve().parent / "pretrained"
CONFIG, WEIGHTS, RESULTS = "config.json", "agent.safetensors", "results.json"
METRICS = "metrics.csv"  # one row for each validation during training
MOST_METRICS = 1 << 20  # bytes of metrics.csv that are read
CHECKPOINT = "last.safetensors"  # for `train --resume`
EPISODES_PER_STEP = "episodes_per_step"  # key in config.json; older configs lack it
GRAPH_LAYOUT = "graph_layout"  # key in config.json of agents that observe the shown level's graph
MOST_EPISODES = 10_000  # in an adaptation step
UNTRAINED = tuple(name for name, entry in BUILT_IN.items() if not entry.needs_run)


@dataclass(frozen=True)
class RunFacts:
    """The contents of a run's config.json. Older runs lack some of them."""

    learner: str
    options: dict[str, Any]
    features: dict[str, Any]
    graph_layout: int | None = None
    episodes_per_step: int | None = None
    pack: str = ""
    command: str = ""
    training: dict[str, Any] | None = None
    saved_at: dict[str, Any] | None = None
    trained_on: list[str] | None = None
    coverage: dict[str, Any] | None = None
    versions: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        known = list(LAYOUT.items())
        if not self.features or list(self.features.items()) != known[: len(self.features)]:
            raise ValueError("the agent was trained on other features - train it again")
        if self.graph_layout not in (None, LAYOUT_VERSION):
            raise ValueError(
                f"the agent was trained on layout {self.graph_layout} of the graph of levels, and "
                f"this is {LAYOUT_VERSION} - train it again"
            )
        if self.coverage is not None:
            Coverage.of_facts(self.coverage)
        if not 1 <= (self.episodes_per_step or 1) <= MOST_EPISODES:
            raise ValueError(f"'{EPISODES_PER_STEP}' should be 1 to {MOST_EPISODES:,}")


@dataclass(frozen=True)
class TunedScratch:
    """The step size of a scratch, as a multiple of the configured one, and the pack it was tuned
    on, from the results.json of the agent that it is `like`."""

    like: str
    multiplier: float
    tuned_on: str


@dataclass(frozen=True)
class HeldOutCurve:
    """An agent's mean score on held-out tasks after numbers of episodes, from its results.json."""

    episodes: list[int]
    score_mean: list[float]

    def __post_init__(self) -> None:
        most = (MOST_STEPS + 1) * MOST_EPISODES
        if len(self.episodes) != len(self.score_mean) or len(self.episodes) > MOST_STEPS + 1:
            raise ValueError("the curve has no score for each number of episodes")
        if not all(0 <= n <= most for n in self.episodes) or max(map(abs, self.score_mean)) > 1e6:
            raise ValueError("the curve has a number out of range")


def list_pretrained() -> list[str]:
    """Return the names of the agents that are shipped with the project."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{CONFIG}"))


def list_runs() -> list[str]:
    """Return the folders of the user's runs in the default folder of `train`."""
    folders = sorted(RUNS.glob("*/"))
    return [str(folder) for folder in folders if _is_run(folder) and run_file(folder, WEIGHTS)]


def _is_run(folder: Path) -> bool:
    return run_file(folder, CONFIG) is not None


def scratch_like(name: str) -> str | None:
    """Return the agent of `scratch:AGENT`, whose network and inner loop it has, or None."""
    prefix, colon, agent = name.partition(":")
    return agent if colon and agent and prefix == BASELINE_AGENT else None


def is_shipped(learner: str, pack: str) -> bool:
    """Whether an agent LEARNER-PACK is shipped with the project."""
    return (PRETRAINED / f"{learner}-{pack}" / CONFIG).is_file()


def find_agent(name: str, pack: str = "") -> Path:
    """Return the folder of an agent: a run, a shipped agent, or `pack`'s agent of a learner.

    Raises AgentError.
    """
    choices = [Path(name), PRETRAINED / name, PRETRAINED / f"{name}-{pack}"]
    for folder in choices:
        if _is_run(folder):
            return folder
    if os.path.isdir(name):
        raise AgentError(f"{name}: no {CONFIG} in this folder - it is not (yet) a run of 'train'")
    if name in BUILT_IN and pack:
        todo = f"train one: python main.py train {pack} --learner {name} --out runs/{name}-{pack}"
        raise AgentError(f"no agent '{name}-{pack}' is shipped - {todo}")
    learner = Path(name).name.partition("-")[0]
    if learner in BUILT_IN and BUILT_IN[learner].trains and Path(name).name != name and pack:
        todo = f"train it first: python main.py train {pack} --learner {learner} --out {name}"
        raise AgentError(f"{name}: no such run - {todo}")
    known = ", ".join([*list_pretrained(), *UNTRAINED])
    raise AgentError(f"{name}: no such run or agent - give a run's folder, or one of: {known}")


def read_config(folder: Path) -> dict[str, Any]:
    """Return the contents of an agent's config.json. Raises AgentError."""
    path = run_path(folder, CONFIG)
    try:
        config: dict[str, Any] = read_json(path)
        fill(RunFacts, config)
    except OSError as error:
        raise AgentError(f"{path}: cannot be read: {error.strerror}") from None
    except Misfit as misfit:
        raise AgentError(f"{path}: this is not the config of a run: {misfit}") from None
    except ValueError as error:
        raise AgentError(f"{path}: {error}") from None
    return config


def agent_card(name: str, pack: str = "") -> AgentCard:
    """Return the card of an agent, given as for `find_agent`.

    Raises AgentError, also if the agent's learner is unknown.
    """
    if name in UNTRAINED:
        entry = BUILT_IN[name]
        return AgentCard(
            name, entry.episodes, entry.least_episodes, about=entry.about, learned=False
        )
    like = scratch_like(name)
    if like is not None:
        card = agent_card(like, pack)
        name = f"{BASELINE_AGENT} ({card.name})"
        return AgentCard(name, card.episodes, short_name=BASELINE_AGENT, learned=False)
    folder = find_agent(name, pack)
    config = read_config(folder)
    try:
        entry = find_entry(str(config.get("learner")))
    except AgentError as error:
        raise AgentError(f"{folder / CONFIG}: {error}") from None
    ids = config.get("trained_on") or ()
    seconds, iterations = _training_length(folder)
    return AgentCard(
        name=name_text(folder.resolve().name),
        episodes=_episodes_per_step(config),
        least_episodes=entry.least_episodes,
        adapts_by=entry.adapts_by,
        pack=str(config.get("pack", "")),
        trained_on=frozenset(ids),
        training_seconds=seconds,
        training_levels=len(ids) or _drawn_levels(config, iterations),
        coverage=Coverage.of_facts(config["coverage"]) if config.get("coverage") else None,
        usual=_held_out_scores(folder),
        tested=_evaluated_levels(folder),
    )


def _episodes_per_step(config: dict[str, Any]) -> int:
    """Return the environment episodes of each adaptation step; older configs only imply them."""
    inner = config["options"].get("inner")
    implied = inner.get("episodes") if isinstance(inner, dict) else None
    episodes = config.get(EPISODES_PER_STEP, implied)
    if type(episodes) is int and 1 <= episodes <= MOST_EPISODES:
        return episodes
    return find_entry(str(config.get("learner"))).episodes


def _training_length(folder: Path) -> tuple[float | None, int | None]:
    """Return the seconds and iterations of a whole training, from the last row of its metrics.

    Both are None where the run has no such file, or one that cannot be read.
    """
    try:
        with open_regular(run_path(folder, METRICS)) as file:
            text = file.read(MOST_METRICS).decode("utf-8")
        *_, last = csv.DictReader(io.StringIO(text))
        seconds, iterations = float(last["seconds"]), float(last["iteration"])
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return None, None
    if not (0 < seconds < math.inf and 0 < iterations < math.inf):
        return None, None
    return seconds, int(iterations)


def _drawn_levels(config: dict[str, Any], iterations: int | None) -> int | None:
    """Return the number of levels that a training without end of tasks drew, if it is known."""
    tasks = (config.get("training") or {}).get("tasks")
    return iterations * tasks if iterations and type(tasks) is int and tasks > 0 else None


def _evaluated_levels(folder: Path) -> tuple[EvaluatedLevel, ...]:
    """Return the test levels with the agent's scores; empty where the results have no such table.

    Scores belong to the numbers of episodes that `_held_out_scores` gives.
    """
    name = name_text(folder.resolve().name)
    try:
        results = read_json(run_path(folder, RESULTS))
        steps = len(results["agents"][name]["episodes"])
        rows = [row | {"scores": row["scores"][name]} for row in results["levels"]]
        tested = tuple(fill(EvaluatedLevel, row) for row in rows)
    except (OSError, Misfit, ValueError, KeyError, TypeError):
        return ()
    return tested if all(len(one.scores) == steps for one in tested) else ()


def tuned_scratch_of(agent: str) -> TunedScratch | None:
    """Return the step size that an evaluation has tuned for `scratch:AGENT` of a shipped agent.

    None for other agents, whose packs may have changed since, and without such an evaluation.
    """
    folder = PRETRAINED / agent
    if agent not in list_pretrained() or _is_run(Path(agent)):
        return None
    try:
        found = read_json(run_path(folder, RESULTS))["agents"][BASELINE_AGENT]["scratch"]
        wanted = {field.name: found[field.name] for field in fields(TunedScratch)}
        return fill(TunedScratch, wanted)
    except (OSError, Misfit, ValueError, KeyError, TypeError):
        return None


def _held_out_scores(folder: Path) -> tuple[tuple[int, float], ...]:
    """Return (episodes, mean score) pairs on held-out tasks; empty without a results file."""
    try:
        curve = read_json(run_path(folder, RESULTS))["agents"][name_text(folder.resolve().name)]
        found = fill(HeldOutCurve, {key: curve[key] for key in ("episodes", "score_mean")})
    except (OSError, Misfit, ValueError, KeyError, TypeError):
        return ()
    return tuple(zip(found.episodes, found.score_mean, strict=True))

"""The agents and tasks of an evaluation, and the check that the tasks are held out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent_catalog import CONFIG, agent_card, read_config
from agents.learner import AgentError
from agents.runs import load_agent
from agents.scratch_agents import scratch_for
from agents.training.train_config import read_training
from game.files import name_text
from game.session.messages import BASELINE_AGENT
from game.tasks.packs import Pack
from game.tasks.task import Task

SAMPLED_TASKS = 64  # from a split that generates tasks instead of listing them


def contenders(agents: Sequence[str], pack: str) -> dict[str, tuple[str, ...]]:
    """Return the agents to evaluate by display name; several agents under one name are its
    training seeds.

    Runs that differ only in their seed are pooled under their learner's name. Other runs are named
    after their folder, and agents that are not paths keep the given name. `scratch` stands for one
    with the inner loop and network of the others, or for several if they differ. Raises AgentError.
    """
    groups: dict[tuple[str, int], list[str]] = {}
    times_seen: Counter[tuple[str, Any]] = Counter()
    for agent in dict.fromkeys(agents):
        agent_card(agent, pack)  # raises AgentError if the agent does not exist
        key, seed = _pooling_key(agent)
        groups.setdefault((key, times_seen[key, seed]), []).append(agent)
        times_seen[key, seed] += 1
    named: dict[str, tuple[str, ...]] = {}
    for members in groups.values():
        named[_display_name(members, {*named, *agents} - {members[0]})] = tuple(members)
    return _with_scratch(named, pack)


def _with_scratch(named: dict[str, tuple[str, ...]], pack: str) -> dict[str, tuple[str, ...]]:
    """Return the agents, and in place of `scratch` one for each distinct inner loop."""
    others = {name: runs[0] for name, runs in named.items() if name != BASELINE_AGENT}
    found: dict[str, tuple[str, ...]] = {}
    for name, runs in named.items():
        if name == BASELINE_AGENT:
            found |= {key: (one,) for key, one in scratch_for(others, pack).items()}
        else:
            found[name] = runs
    return found


def _pooling_key(agent: str) -> tuple[str, Any]:
    """Return a text that is equal for runs that differ only in their seed, and that seed.

    Options that an older run's config does not mention count as their defaults.
    """
    folder = Path(agent)
    if not (folder / CONFIG).is_file():
        return agent, None
    config = read_config(folder)
    options = asdict(load_agent(agent).learner.config)
    stored = config.get("training")
    training = asdict(read_training(folder / CONFIG, stored or {}))
    seed = training.pop("seed") if stored else None
    facts = [config.get("learner"), config.get("pack"), options, training]
    return json.dumps(facts, sort_keys=True), seed


def _display_name(members: Sequence[str], taken: set[str]) -> str:
    """Return a name that is not taken, for one agent or for several training seeds."""
    folder = Path(members[0])
    names = [members[0]]
    if (folder / CONFIG).is_file():
        names.insert(0, folder.resolve().name)
    names = [name_text(name) for name in names]
    if len(members) > 1:
        names.insert(0, str(read_config(folder)["learner"]))
    return next(name for name in names if name not in taken)


def tasks_of(pack: Pack, split: str) -> tuple[Task, ...]:
    """Return the tasks of a split; a split that generates tasks gives a fixed sample."""
    source = pack.split(split)
    if source.tasks or not source.draw:
        return source.tasks
    return tuple(source.sample(SAMPLED_TASKS, np.random.default_rng(0)))


def shares_tasks(pack: Pack) -> bool:
    """Whether the pack declares that training and test share tasks."""
    test = {task.id for task in pack.split("test").tasks}
    return any(task.id in test for task in pack.split("train").tasks)


def check_held_out(agent: str, resolved_for: str, pack: Pack, tasks: Sequence[Task]) -> None:
    """Raise AgentError if the agent was trained on one of the tasks.

    Loading a pack ensures that its splits share no tasks. Comparing task ids also catches tasks of
    other packs, and packs whose splits have changed since training. Packs that declare that
    training and test share tasks are not checked.
    """
    if shares_tasks(pack):
        return
    trained_on = agent_card(agent, resolved_for).trained_on
    seen = [task for task in tasks if task.id in trained_on]
    if seen:
        raise AgentError(
            f"{agent}: was trained on {len(seen)} of these {len(tasks)} tasks of {pack.name} "
            f"(the first: {seen[0].id}, {seen[0].name}), so they are not held out - evaluate it on "
            "other tasks, or use --split train"
        )

"""Who takes part in an evaluation, and on which tasks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agents.catalog import CONFIG, agent_card, read_config
from agents.learner import AgentError
from agents.runs import load_agent
from game.tasks.packs import Pack
from game.tasks.task import Task

DRAWN = 64  # tasks of a split that is a source, not a list


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
    from agents.training.train_config import TrainConfig  # which itself evaluates

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

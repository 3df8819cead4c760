"""Make a training run of a learner on a pack, or go on with one: `train` and `sweep` begin here."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from agents.agent_catalog import CONFIG
from agents.learner import AgentError
from agents.learner_registry import build_learner
from agents.runs import check_saved, load_run
from agents.training.train import Training
from agents.training.train_config import TrainConfig, read_training
from agents.training.training_checks import check_work
from game.tasks.packs import Pack


def new_training(
    learner: str, options: Any, pack: Pack, config: TrainConfig, out: Path, **settings: Any
) -> Training:
    """A run of a learner, by its name, with a new one; `settings` are further fields of Training.

    Raises AgentError.
    """
    check_work(pack, config.tasks, options)
    made = build_learner(learner, options, config.seed)
    check_saved(learner, made)
    return Training(made, learner, pack, config, out, **settings)


def resumed_training(
    pack: Pack,
    out: Path,
    iterations: int | None = None,
    minutes: float | None = None,
    **settings: Any,
) -> Training:
    """The run in a folder, to go on with; its length changes where one is given. Raises
    AgentError."""
    name, learner, facts = load_run(out) if out.is_dir() else ("", None, {})
    if learner is None:
        raise AgentError(f"{out}: there is no run here to resume - say where with --out")
    if facts.get("pack") != pack.name:
        raise AgentError(f"{out}: this run is on '{facts.get('pack')}', not on '{pack.name}'")
    config = read_training(out / CONFIG, facts["training"])
    if iterations or minutes:
        iterations = iterations or config.iterations
        config = dataclasses.replace(config, iterations=iterations, minutes=minutes)
    check_work(pack, config.tasks, learner.config)
    command = str(facts.get("command", ""))
    return Training(learner, name, pack, config, out, command, resume=True, **settings)

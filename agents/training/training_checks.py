"""Checks before a training begins, and the default size of its meta-batches; without torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.learner import AgentError, sees_graph
from agents.learner_registry import find_entry
from agents.map_sizes import check_map_sizes
from agents.rollout import MOST_SAMPLED
from agents.training.train_config import TrainConfig
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack


def default_tasks(pack: Pack) -> int:
    """The tasks per meta-batch: not more than there are, since a task twice teaches nothing new."""
    train = pack.split("train")
    return TrainConfig.tasks if train.unlimited else min(TrainConfig.tasks, len(train.tasks))


def check_has_tasks(pack: Pack) -> None:
    """Raise PackError where a pack has no training tasks."""
    if not (pack.split("train").tasks or pack.split("train").unlimited):
        raise PackError(f"{pack.path}: the pack has no training tasks")


def check_trains(learner: str, pack: str) -> None:
    """Raise AgentError where a learner has nothing to train on a pack, or does not exist."""
    if not find_entry(learner).trains:
        todo = f"use it directly: python main.py eval {pack} --agent {learner}"
        raise AgentError(f"'{learner}' has nothing to train - {todo}")


def check_training_maps(pack: Pack, learner: str, options: Any) -> None:
    """Raise TooLargeToSee where a learner with these options cannot observe a map of training."""
    if not sees_graph(options):
        check_map_sizes(pack, ("train", "validation"), (learner,))


def check_work(pack: Pack, tasks: int, options: Any) -> None:
    """Raise AgentError where an iteration would have to hold too many environment steps."""
    task = pack.split("train").sample(1, np.random.default_rng(0))[0]
    steps = tasks * getattr(options, "episodes_per_task", 1) * task.level.steps
    if steps > MOST_SAMPLED:
        raise AgentError(
            f"an iteration would sample up to {steps:,} environment steps, over the limit of "
            f"{MOST_SAMPLED:,} - use fewer --tasks or episodes"
        )

"""A run of a sweep: the training of one learner on one pack, with one seed and a set of options."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.training.train_config import TrainConfig
from game.files import name_text
from game.session.messages import STEPS

Options = tuple[tuple[str, Any], ...]  # values by dotted names, as `inner.discount`


@dataclass(frozen=True)
class EvaluationPlan:
    """What the agents of a sweep adapt to at the end: the same for all of its runs."""

    split: str = "validation"
    """Split of the tasks: choices are made on validation tasks, so test is only reported."""
    seeds: int = 3
    """Adaptation seeds."""
    steps: int = STEPS
    """Adaptation steps."""


@dataclass(frozen=True)
class SweepRun:
    """All that a process needs to carry out a run; it can be pickled."""

    name: str
    """Its folder in the folder of the sweep."""
    combination: str
    """Name of what it shares with runs that differ only in their seed, within its pack."""
    pack: str
    """Name of a shipped pack, or absolute path."""
    learner: str
    """Name as `train --learner` takes it; a file has its absolute path."""
    options: Options
    """Options of the learner that the sweep sets, in place of the pack's and the defaults."""
    training: TrainConfig
    evaluation: EvaluationPlan = EvaluationPlan()

    def command(self, folder: Path) -> str:
        """The command of `train` that makes the same run in the folder of a sweep."""
        config, default = self.training, TrainConfig()
        words = ["python", "main.py", "train", self.pack, "--learner", self.learner]
        for name, value in self.options:
            words += _flags(name.rpartition(".")[2].replace("_", "-"), value)
        length = "iterations" if config.minutes is None else "minutes"
        for name in (length, "tasks", "patience", "seed"):
            if name in (length, "tasks") or getattr(config, name) != getattr(default, name):
                words += _flags(name, getattr(config, name))
        return name_text(shlex.join([*words, "--out", str(folder / self.name)]))


def _flags(option: str, value: Any) -> list[str]:
    """Return an option of `train` as words of a command line."""
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    values = value if isinstance(value, tuple | list) else (value,)
    return [f"--{option}", *map(str, values)]


def nested(options: Options) -> dict[str, Any]:
    """Return options as a table, with tables inside it for dotted names."""
    table: dict[str, Any] = {}
    for name, value in options:
        *parents, key = name.split(".")
        inner = table
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[key] = list(value) if isinstance(value, tuple) else value
    return table


def flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the options of a Config with their dotted names."""
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from flat(value, f"{name}.")
        else:
            yield name, value

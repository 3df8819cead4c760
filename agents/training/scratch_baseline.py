"""Learning from scratch on equal terms: with the network and inner loop of the agent compared.

What differs is the initialisation, which is random, and the step size: the configured one times a
multiplier, tuned on validation tasks over the same grid as that of every learner that does not
learn it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent_catalog import scratch_like
from agents.learner import Learner
from agents.runs import load_agent
from agents.training.curves import adaptation_curves
from agents.training.tuning import (
    MULTIPLIERS,
    VALIDATION_TASKS,
    best_multiplier,
    validation_seeds,
)
from game.session.messages import BASELINE_AGENT
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.text.level import LevelError


@dataclass(frozen=True)
class ScratchBaseline:
    """A `scratch` (or `scratch:AGENT`) on a pack, with its tuned step size."""

    name: str
    pack: str | Path
    step_size: float  # as configured
    multiplier: float = 1.0
    tuned_on: str = ""
    """The pack whose validation tasks the multiplier was chosen on; "" if there were none."""

    def learner(self, seed: int) -> Learner:
        """Return the learner for an adaptation seed, which draws its initialisation."""
        learner = load_agent(self.name, self.pack, seed).learner
        learner.scale_steps(self.multiplier)
        return learner

    @property
    def text(self) -> str:
        """The agent that it shares its inner loop with, and its step size, in one line."""
        like = scratch_like(self.name)
        of = Path(like).name if like else "maml with this pack's options"
        tuned = f"tuned on {self.tuned_on}" if self.tuned_on else "not tuned"
        size = f"step size {self.step_size * self.multiplier:g} ({tuned})"
        return f"{BASELINE_AGENT}: inner loop of {of}, {size}"

    def facts(self) -> dict[str, Any]:
        """Return what results.json says of it."""
        return {
            "text": self.text,
            "like": scratch_like(self.name),
            "step_size": self.step_size * self.multiplier,
            "multiplier": self.multiplier,
            "tuned_on": self.tuned_on,
        }


def is_scratch(name: str) -> bool:
    """Whether an agent is a `scratch` that `tune_scratch` tunes."""
    return name == BASELINE_AGENT or scratch_like(name) is not None


_tuned: dict[tuple[Any, ...], float] = {}  # multipliers by options and tasks


def tune_scratch(name: str, pack: Pack | None) -> Iterator[ScratchBaseline]:
    """Choose the step size of a scratch; yield it untuned before each trial, and tuned at the end.

    The tasks are the validation tasks of the pack; where it has none, those of the pack that the
    agent compared with (or the pack's default agent) was trained on. Without a pack it stays
    untuned. Raises AgentError.
    """
    path = pack.path if pack else ""
    config = load_agent(name, path).learner.config
    tasks, where = _tuning_tasks(name, pack) if pack else ((), "")
    untuned = ScratchBaseline(name, path, config.step_size)
    if not tasks:
        yield untuned
        return
    key = (config.hidden, config.step_size, config.inner, tuple(task.id for task in tasks))
    values: dict[float, float] = {}
    for multiplier in MULTIPLIERS if key not in _tuned else ():
        yield untuned
        values[multiplier] = _value(
            ScratchBaseline(name, path, config.step_size, multiplier), tasks
        )
    if values:
        _tuned[key] = best_multiplier(values)
    yield ScratchBaseline(name, path, config.step_size, _tuned[key], where)


def tuned_scratch(name: str, pack: Pack) -> ScratchBaseline:
    """Return a scratch with its step size tuned, as `tune_scratch` does. Raises AgentError."""
    *_, tuned = tune_scratch(name, pack)
    return tuned


def _value(scratch: ScratchBaseline, tasks: Sequence[Task]) -> float:
    """Return the mean score over the judged steps, by which all learners are tuned."""
    judged = scratch.learner(0).judged
    seeds = validation_seeds(len(tasks))
    scores = adaptation_curves(scratch.learner, tasks, seeds, max(judged)).mean_scores
    return float(np.mean([scores[k] for k in judged]))


def _tuning_tasks(name: str, pack: Pack) -> tuple[Sequence[Task], str]:
    """Return the tasks to tune on, and the name of their pack; no tasks if there are none."""
    tasks = pack.split("validation").tasks[:VALIDATION_TASKS]
    if tasks:
        return tasks, pack.name
    trained_on = load_agent(scratch_like(name) or pack.agent, pack.name).pack
    try:
        other = load_pack(trained_on)
    except (PackError, LevelError, OSError):
        return (), ""
    return other.split("validation").tasks[:VALIDATION_TASKS], other.name

"""Learning from scratch on equal terms: with the network and inner loop of the agent compared.

What differs is the initialisation, which is random, and the step size: the configured one times a
multiplier, tuned on validation tasks over the same grid as that of every learner that does not
learn it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.agent_catalog import scratch_like, tuned_scratch_of
from agents.default_agents import COURSE_AGENT
from agents.inner_config import InnerOptions
from agents.learner import Learner
from agents.learner_registry import build_learner
from agents.runs import load_agent, scratch_config
from agents.training.curves import TaskBatches
from agents.training.tuning import try_multipliers, tuning_tasks, tuning_value
from game.files import name_text
from game.session.messages import BASELINE_AGENT
from game.tasks.pack_file import PackError
from game.tasks.packs import LEVELS, Pack, load_pack
from game.tasks.task import Task
from game.text.level import LevelError


@dataclass(frozen=True)
class ScratchBaseline:
    """An untrained policy with the network and inner loop of an agent, and a tuned step size."""

    name: str
    """`scratch` or `scratch:AGENT`; "" where its config is that of no saved agent."""
    config: Any
    multiplier: float = 1.0
    tuned_on: str = ""
    """The pack whose validation tasks the multiplier was chosen on; "" if there were none."""
    tuning_on: str = ""
    """The pack whose validation tasks it is being chosen on."""

    def learner(self, seed: int) -> Learner:
        """Return the learner for an adaptation seed, which draws its initialisation."""
        learner = build_learner(BASELINE_AGENT, self.config, seed)
        learner.scale_steps(self.multiplier)
        return learner

    @property
    def step_size(self) -> float:
        """The tuned step size."""
        size: float = self.config.step_size * self.multiplier
        return size

    @property
    def text(self) -> str:
        """The agent that it shares its inner loop with, and its step size, in one line."""
        like = scratch_like(self.name)
        of = name_text(Path(like).name) if like else "maml with this pack's options"
        tuned = f"tuned on {self.tuned_on}" if self.tuned_on else "not tuned"
        size = f"step size {self.step_size:g} ({tuned})"
        if self.tuning_on:
            size = f"trying step sizes on {self.tuning_on}"
        return f"inner loop of {of} on all parameters, {size}"

    def facts(self) -> dict[str, Any]:
        """Return what results.json says of it."""
        return {
            "text": self.text,
            "like": scratch_like(self.name),
            "step_size": self.step_size,
            "multiplier": self.multiplier,
            "tuned_on": self.tuned_on,
        }


_tuned: dict[tuple[InnerOptions, tuple[str, ...]], float] = {}  # multipliers by options and tasks


def tune_scratch(name: str, pack: Pack | None) -> Iterator[ScratchBaseline]:
    """Choose the step size of a scratch; yield it untuned before each trial, and tuned at the end.

    The tasks are the validation tasks of the pack; where it has none, or there is no pack, those of
    the pack that the agent compared with (or the default agent) was trained on. Where the
    evaluation of a shipped agent has tuned it on these, the result is taken from there: on large
    tasks the trials take minutes. Raises AgentError.
    """
    untuned = ScratchBaseline(name, load_agent(name, pack.path if pack else "").learner.config)
    if evaluated := _evaluated(untuned, pack):
        yield evaluated
        return
    yield from _tune(untuned, *_tasks_to_tune_on(name, pack))


def tuned_scratch(name: str, pack: Pack) -> ScratchBaseline:
    """Return a scratch with its step size tuned by trials. Raises AgentError."""
    untuned = ScratchBaseline(name, load_agent(name, pack.path).learner.config)
    *_, tuned = _tune(untuned, *_tasks_to_tune_on(name, pack))
    return tuned


def tune_config(config: Any, pack: Pack) -> ScratchBaseline:
    """Return a scratch with the network and inner loop of a gradient learner's Config, with its
    step size tuned on the pack's validation tasks."""
    *_, tuned = _tune(ScratchBaseline("", scratch_config(config)), tuning_tasks(pack), pack.name)
    return tuned


def _tune(untuned: ScratchBaseline, tasks: Sequence[Task], pack: str) -> Iterator[ScratchBaseline]:
    """Tune a scratch on tasks of a pack; see `tune_scratch`."""
    if not tasks:
        yield untuned
        return
    key = InnerOptions.of(untuned.config), tuple(task.id for task in tasks)
    if key not in _tuned:
        batches = TaskBatches(tasks)

        def value(multiplier: float) -> float:
            return tuning_value(replace(untuned, multiplier=multiplier).learner, batches)

        _tuned[key] = yield from try_multipliers(value, replace(untuned, tuning_on=pack))
    yield replace(untuned, multiplier=_tuned[key], tuned_on=pack)


def _evaluated(untuned: ScratchBaseline, pack: Pack | None) -> ScratchBaseline | None:
    """Return a scratch as the results.json of a shipped agent has it; None where it has none, or
    where the pack has other validation tasks."""
    evaluated = tuned_scratch_of(scratch_like(untuned.name) or "")
    if evaluated is None:
        return None
    has_others = pack and pack.path != LEVELS / evaluated.tuned_on and tuning_tasks(pack)
    if has_others:
        return None
    return replace(untuned, multiplier=evaluated.multiplier, tuned_on=evaluated.tuned_on)


def _tasks_to_tune_on(name: str, pack: Pack | None) -> tuple[Sequence[Task], str]:
    """Return the tasks to tune on, and the name of their pack; no tasks if there are none."""
    if pack and ((tasks := tuning_tasks(pack)) or pack.world):
        return tasks, pack.name  # no other pack has tasks of such a world
    default, place = (pack.agent, pack.name) if pack else ("", "")
    trained_on = load_agent(scratch_like(name) or default or COURSE_AGENT, place).pack
    try:
        other = load_pack(trained_on)
    except (PackError, LevelError, OSError):
        return (), ""
    return tuning_tasks(other), other.name

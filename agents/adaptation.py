"""Adaptation to tasks that change between its steps, for any learner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from agents.learner import Learner
from agents.rollout import Rngs
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch


@dataclass(frozen=True)
class TaskChange:
    """A change at an adaptation step: other tasks, or amnesia (all that was learned is forgotten),
    or both."""

    tasks: GridBatch | None = None
    forget: bool = False


def adapt_through(
    learner: Learner,
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    changes: Mapping[int, TaskChange],
) -> Iterator[AdaptationStep]:
    """Yield the steps 0 to `steps` of an adaptation, with changes at some of the steps from 1 on.

    A learner that `follows` a change of its tasks goes on from what it has learned; otherwise it
    begins anew, as it does after amnesia. Episodes and steps keep counting from before.
    """
    followed = {
        k: change.tasks
        for k, change in changes.items()
        if change.tasks is not None and learner.follows(change.tasks)
    }
    restarts = sorted(
        k
        for k, change in changes.items()
        if 0 < k <= steps and (change.forget or (change.tasks is not None and k not in followed))
    )
    first, before = 0, None  # where this stretch began, and what had been spent by then
    for last in [*restarts, steps + 1]:
        ahead = {k - first: tasks for k, tasks in followed.items() if first < k <= last}
        stream = (
            learner.adapt(batch, rngs, steps - first, ahead)
            if ahead
            else learner.adapt(batch, rngs, steps - first)
        )
        for _ in range(first, last):
            yield _counted_on(next(stream), before)
        if last <= steps:
            before = _counted_on(next(stream), before)
            batch = _tasks_at(last, batch, changes)
            first = last


def _tasks_at(step: int, batch: GridBatch, changes: Mapping[int, TaskChange]) -> GridBatch:
    """The tasks at a step, those before having been `batch`."""
    given = [change.tasks for k, change in sorted(changes.items()) if k <= step and change.tasks]
    return given[-1] if given else batch


def _counted_on(step: AdaptationStep, before: AdaptationStep | None) -> AdaptationStep:
    """A step of an adaptation that was begun anew, with what had been spent before."""
    if before is None:
        return step
    return replace(
        step,
        step=before.step + step.step,
        episodes=before.episodes + step.episodes,
        env_steps=before.env_steps + step.env_steps,
        gradient_steps=before.gradient_steps + step.gradient_steps,
    )

"""Tests of the replay lines for many tasks: their figures are true of the shipped agents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.agent_catalog import PRETRAINED, scratch_like
from agents.learner import Learner
from agents.runs import load_agent
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.scratch_baseline import tune_scratch
from game.session.messages import STEPS, Request
from game.session.replay import ReplayTarget, read_line
from game.session.tasks_lines import (
    FIRST_ORDER,
    GAMES,
    HELD_OUT,
    OTHER_PACK,
    ROBOTS,
    TOO_LARGE,
    TOO_LONG,
    TOO_LONG_ON_ONE_MAP,
    WHAT_DIFFERS,
    TasksFigures,
    TasksLine,
)


def assert_true(found: TasksFigures, said: TasksFigures) -> None:
    """Processors round differently, and over many noisy steps that can change a sampled action."""
    assert abs(found.percent - said.percent) <= 2
    assert abs(found.worse - said.worse) <= 1


def figures(target: ReplayTarget, agent: str, request: Request) -> TasksFigures:
    """Return an agent's figures on the first 20 held-out tasks, with a request's settings."""

    def learner(seed: int) -> Learner:
        if scratch_like(agent):
            *_, scratch = tune_scratch(agent, target.pack)
            made = scratch.learner(seed)
        else:
            made = load_agent(agent, target.pack.name).learner
        made = made.with_episodes(request.episodes) if request.episodes else made
        made.scale_steps(request.step_size)
        return made

    batches = TaskBatches(target.pack.split("test").tasks[:20])
    facts = adaptation_curves(learner, batches, [request.seed], request.steps).scores[0]
    worse = int((facts[:, -1] < facts[:, 0] - 0.02).sum())
    return TasksFigures(round(100 * facts[:, -1].mean()), worse)


@pytest.mark.parametrize(
    "one",
    [
        TOO_LARGE,
        TOO_LONG,
        TOO_LONG_ON_ONE_MAP,
        FIRST_ORDER,
        HELD_OUT,
        OTHER_PACK,
        ROBOTS,
        GAMES,
        WHAT_DIFFERS,
    ],
)
def test_the_figures_are_true(one: TasksLine) -> None:
    target = read_line(one.line)
    request = target.request
    assert request.task.id == target.pack.split("test").tasks[0].id
    for agent in request.agents:
        assert (PRETRAINED / (scratch_like(agent) or agent)).is_dir()
    for agent, said in zip(request.agents, one.shown):
        assert_true(figures(target, agent, request), said)
    if one.own:
        usual = replace(request, steps=STEPS, episodes=None, step_size=1.0)
        assert_true(figures(target, request.agents[0], usual), one.own)
        assert one.shown[0].percent < one.own.percent - 30
        assert one.shown[0].worse > one.own.worse + 2

"""Tests of the adaptation to many tasks at once: its numbers are those of `eval` and of `watch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest

from agents.runs import load_agent
from agents.training import many_tasks
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.evaluate import evaluate
from agents.training.worker import _answer, trace
from game.session.messages import (
    Finished,
    Message,
    Request,
    TasksAdapting,
    TasksRequest,
    TasksStepped,
)
from game.tasks.packs import load_pack

STEPS, SEED = 2, 3
PACK = load_pack("goals-5x5")
TASKS = PACK.split("test").tasks
AGENTS = {  # a pack's test tasks: agents that adapt by gradients, memory, maps and not at all
    "goals-5x5": ("maml-goals-5x5", "scratch"),
    "gridnavi": ("rl2-gridnavi", "neural-map-worlds", "random"),
}


def answers(pack: str, agents: Sequence[str], seed: int = SEED) -> list[Message]:
    """Return the worker's answer to a request with a pack's test tasks."""
    loaded = load_pack(pack)
    tasks = loaded.split("test").tasks
    request = Request(1, tasks[0], seed, STEPS, tuple(agents), pack, path=str(loaded.path))
    return list(_answer(TasksRequest(request, tasks), None, lambda message: None))


def stepped(messages: Sequence[Message], agent: int) -> list[TasksStepped]:
    """Return the steps of the agent with this index."""
    return [m for m in messages if isinstance(m, TasksStepped) and m.agent == agent]


@pytest.mark.parametrize("pack", AGENTS)
def test_the_numbers_are_those_of_eval(pack: str) -> None:
    """Each step's statistics equal what `eval` writes for the same tasks, seed and steps."""
    agents, messages = AGENTS[pack], answers(pack, AGENTS[pack], seed=0)
    names = {name: (name,) for name in agents}
    loaded = load_pack(pack)
    found = evaluate(loaded, "test", names, lambda one: load_agent(one, pack).learner, 1, STEPS)
    for i, name in enumerate(agents):
        facts, steps = found.summary["agents"][name], stepped(messages, i)
        scores = np.stack([step.scores for step in steps], -1)
        assert scores == pytest.approx(found.curves[name].scores[0])
        assert [step.episodes for step in steps] == facts["episodes"]
        columns = {"mean": "score_mean", "low": "score_mean_low", "high": "score_mean_high"}
        for ours, theirs in {**columns, "worse": "worse_fraction"}.items():
            assert [asdict(one.statistics)[ours] for one in steps] == pytest.approx(facts[theirs])
        assert [(one.changes < 0).mean() for one in steps] == facts["worse_fraction"]


def test_each_task_gets_the_adaptation_that_the_watch_screen_shows() -> None:
    """A task's scores and walks among many tasks are those of a request for it alone."""
    steps = stepped(answers("goals-5x5", ["maml-goals-5x5"]), 0)
    task = TASKS[2]
    [alone] = trace(Request(1, task, SEED, STEPS, ("maml-goals-5x5",), PACK.name))
    for step, own in zip(steps, alone.steps, strict=True):
        assert step.scores[2] == pytest.approx(alone.score(own))
        starts = {divmod(int(cell), task.level.width) for cell in step.paths[2, :, 0]}
        assert starts <= set(task.level.find("@"))
        assert (step.paths[2] >= 0).sum() == (own.paths[0] >= 0).sum()


def test_tasks_in_several_batches_have_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two batches a message lets a new request interrupt the work."""
    whole = answers("goals-5x5", AGENTS["goals-5x5"])
    monkeypatch.setattr(many_tasks, "tasks_at_once", lambda tasks, episodes: 2)
    parts = answers("goals-5x5", AGENTS["goals-5x5"])
    for agent in range(2):
        for one, other in zip(stepped(whole, agent), stepped(parts, agent), strict=True):
            assert one.scores == pytest.approx(other.scores)
            assert (one.paths == other.paths).all()
    done = [m.done for m in parts if isinstance(m, TasksAdapting) and (m.agent, m.step) == (0, 1)]
    assert done == [2, 4, 5]
    assert isinstance(parts[-1], Finished)


def test_settings_apply_to_all_tasks() -> None:
    """A request's step size and number of episodes change the adaptation."""
    request = Request(
        1, TASKS[0], SEED, STEPS, ("maml-goals-5x5",), PACK.name, episodes=5, step_size=0.1
    )
    changed = stepped(list(_answer(TasksRequest(request, TASKS), None, lambda message: None)), 0)
    assert [step.episodes for step in changed] == [0, 5, 10]
    learner = load_agent("maml-goals-5x5", PACK.name).learner.with_episodes(5)
    learner.scale_steps(0.1)
    curves = adaptation_curves(lambda _: learner, TaskBatches(TASKS), [SEED], STEPS)
    means = [step.statistics.mean for step in changed]
    assert means == pytest.approx(curves.mean_scores)

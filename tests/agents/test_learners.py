"""Every built-in learner meets the contract, whatever it learns by; and what they owe beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from agents.contract import RULES
from agents.learner import AgentError
from agents.learner_registry import BUILT_IN, learner_class, make_learner
from game.tasks.family import draw_task
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", BUILT_IN)
def test_every_learner_meets_the_contract(name: str, rule: str):
    few = {"trials": 2} if hasattr(learner_class(name).Config, "trials") else {}  # of 12
    RULES[rule](lambda seed: make_learner(name, seed, **few))


@pytest.mark.parametrize("name", ["maml", "fomaml", "reptile", "cavia", "multitask"])
def test_a_trained_curve_does_not_fall_past_the_steps_it_was_trained_for(name: str):
    pack = load_pack("goals-5x5")
    train = pack.split("train").tasks
    batch = GridBatch.of([task.level for task in train])
    agent = make_learner(name, hidden=(16,), **({"inner_steps": 1} if name != "multitask" else {}))
    for i in range(25):
        agent.meta_update(batch, [np.random.default_rng([i, t]) for t in range(len(train))], 0.3)
    steps = agent.adapt(batch, [task_rng(0, task) for task in train], 8)
    returns = [float(step.return_exact.mean()) for step in steps]
    room = float((optimal_return(batch) - random_return(batch)).mean())
    assert returns[1] > returns[0] + 0.1 * room
    assert min(returns[2:]) > returns[1] - 0.1 * room
    assert returns[-1] > returns[1]


def test_posterior_sampling_finds_the_goal_once_it_has_ruled_out_the_rest():
    batch = GridBatch.of([parse("steps: 2\nmap:\n..@.G\n")] * 2)
    steps = list(make_learner("posterior-sampling").adapt(batch, rngs(2), 5))
    # within two steps: one side, then the other at the latest
    assert [float(r) for r in steps[2].return_sampled] == pytest.approx([0.9, 0.9])
    assert [step.episodes for step in steps] == list(range(6))
    assert not any(step.gradient_steps for step in steps)


@pytest.mark.parametrize("text", ["goal: visible\n", "define: o worth={-1, 1}\n"])
def test_posterior_sampling_refuses_where_not_just_a_goal_is_hidden(text: str):
    level = draw_task(parse(f"{text}map:\n@.oG\n"), "x", np.random.default_rng(0)).level
    with pytest.raises(AgentError, match="one hidden goal"):
        next(make_learner("posterior-sampling").adapt(GridBatch.of([level]), rngs(1), 1))


def rngs(n: int) -> list[np.random.Generator]:
    return np.random.default_rng(0).spawn(n)


def test_an_unknown_learner_is_named_with_those_there_are():
    with pytest.raises(AgentError, match=r"'mamml'.*maml"):
        learner_class("mamml")


def test_an_untrained_policy_is_nearly_the_uniform_random_one():
    chosen = load_pack("mazes-9x9").split("test").tasks[:4]
    batch = GridBatch.of([task.level for task in chosen])
    first = next(make_learner("scratch").adapt(batch, [task_rng(0, task) for task in chosen], 0))
    assert first.return_exact == pytest.approx(random_return(batch), abs=0.2)


BY_MORE_THAN_THE_STATE = (
    *("rl2", "varibad", "transformer", "dpt", "ad", "planner", "posterior-sampling"),
)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_policy_with_a_memory_or_a_clock_says_that_it_is_not_stationary(name: str):
    task = load_pack("mazes-9x9").split("test").tasks[0]
    step = next(make_learner(name).adapt(GridBatch.of([task.level]), [task_rng(0, task)], 0))
    assert step.stationary == (name not in BY_MORE_THAN_THE_STATE)

"""The contract that every registered learner meets, whatever it learns by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.learner import REGISTRY, AgentError, Learner, learner_class, make_learner
from game.level import parse
from game.planner import expected_return, optimal_return, random_return
from game.tables import GridBatch
from game.tasks import draw_task, load_pack, task_rng
from game.trace import AdaptationStep

STEPS = 2


def tasks() -> list:
    """Unlike each other in size, length of an episode and chance."""
    mazes = load_pack("mazes-9x9").split("test").tasks[:2]
    return [*mazes, *load_pack("goals-5x5").split("test").tasks[:1], *slippery()]


def slippery() -> list:
    from game.tasks import Task

    return [Task(parse("slip: 0.2\nsteps: 9\nmap:\n@.,@\n.#~.\n..G.\n"), "slippery")]


def learner(name: str, dtype: torch.dtype = torch.float64) -> Learner:
    made = make_learner(name, seed=3)
    made.load({key: value.to(dtype) for key, value in made.state().items()})
    return made


def adapt(agent: Learner, chosen: list, seed: int = 0) -> list[AdaptationStep]:
    batch = GridBatch.of([task.level for task in chosen])
    return list(agent.adapt(batch, [task_rng(seed, task) for task in chosen], STEPS))


def same(a: AdaptationStep, b: AdaptationStep) -> bool:
    pairs = ((getattr(a, name), getattr(b, name)) for name in vars(a))
    return all(np.array_equal(x, y) for x, y in pairs)


BY_MORE_THAN_THE_STATE = ("rl2", "varibad", "transformer", "planner", "posterior-sampling")
every_learner = pytest.mark.parametrize("name", REGISTRY)


@every_learner
def test_adapting_leaves_the_meta_parameters_bit_identical(name: str):
    agent = make_learner(name)
    before = {key: value.clone() for key, value in agent.state().items()}
    adapt(agent, tasks())
    after = agent.state()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


@every_learner
def test_the_same_seed_gives_the_same_trace_and_another_seed_another(name: str):
    agent = make_learner(name)
    first, again = adapt(agent, tasks()), adapt(agent, tasks())
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    other = adapt(agent, tasks(), seed=1)
    assert not np.array_equal(first[0].paths, other[0].paths)


@every_learner
def test_a_batch_adapts_as_its_tasks_do_alone(name: str):
    chosen = tasks()
    together = adapt(learner(name), chosen)
    for t, task in enumerate(chosen):
        for whole, alone in zip(together, adapt(learner(name), [task]), strict=True):
            n_states = alone.action_probs.shape[1]
            assert whole.action_probs[t, :n_states] == pytest.approx(
                alone.action_probs[0], abs=1e-5
            )
            assert whole.return_sampled[t] == pytest.approx(alone.return_sampled[0], abs=1e-5)
            assert whole.env_steps[t] == alone.env_steps[0]


@every_learner
def test_a_step_says_what_was_spent_before_it_and_what_it_reaches(name: str):
    chosen = tasks()
    batch = GridBatch.of([task.level for task in chosen])
    steps = adapt(learner(name), chosen)
    assert [step.step for step in steps] == list(range(STEPS + 1))
    assert (steps[0].episodes, steps[0].gradient_steps) == (0, 0)
    assert not steps[0].env_steps.any()
    per_step = steps[1].episodes
    assert [step.episodes for step in steps] == [k * per_step for k in range(STEPS + 1)]
    for step in steps:
        assert step.stationary == (name not in BY_MORE_THAN_THE_STATE)
        assert step.action_probs.sum(-1) == pytest.approx(1)
        assert (np.asarray(step.env_steps) <= step.episodes * batch.steps).all()
        assert (step.return_sampled <= batch.reward.max() * batch.horizon).all()
        if step.return_exact is not None:
            if name != "planner":  # whose moves depend on the time left, too
                assert step.return_exact == pytest.approx(expected_return(batch, step.action_probs))
            assert (step.return_exact <= optimal_return(batch) + 1e-9).all()


@every_learner
def test_the_episodes_shown_follow_the_tables(name: str):
    chosen = tasks()
    batch = GridBatch.of([task.level for task in chosen])
    for step in adapt(learner(name), chosen):
        for t, tables in enumerate(batch.tables):
            for states, moves in zip(step.paths[t], step.moves[t]):
                taken = int((moves >= 0).sum())
                assert (states[taken + 1 :] == -1).all()
                assert states[0] in tables.starts
                assert taken <= tables.level.steps
                for h in range(taken):
                    reached = set(tables.next_state[states[h]].tolist())
                    assert states[h + 1] in reached
                    if not tables.slip.any():
                        assert states[h + 1] == tables.next_state[states[h], moves[h]]


@every_learner
def test_state_and_load_are_inverse(name: str):
    source, target = make_learner(name, seed=1), make_learner(name, seed=2)
    target.load(source.state())
    a, b = adapt(source, tasks()), adapt(target, tasks())
    assert all(same(x, y) for x, y in zip(a, b, strict=True))


@every_learner
def test_an_outer_iteration_is_deterministic_and_reports_numbers(name: str):
    chosen = load_pack("goals-5x5").split("train").tasks[:4]
    batch = GridBatch.of([task.level for task in chosen])
    results = []
    for _ in range(2):
        agent = make_learner(name)
        rngs = [np.random.default_rng([0, t]) for t in range(len(chosen))]
        metrics = agent.meta_update(batch, rngs, 0.5)
        assert all(np.isfinite(value) for value in metrics.values())
        results.append(agent.state())
    assert all(torch.equal(results[0][key], results[1][key]) for key in results[0])


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
    chosen = tasks()
    batch = GridBatch.of([task.level for task in chosen])
    first = adapt(make_learner("scratch"), chosen)[0]
    assert first.return_exact == pytest.approx(random_return(batch), abs=0.2)

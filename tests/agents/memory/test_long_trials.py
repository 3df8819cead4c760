"""Trials that go on beyond the episodes that an agent was trained for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.learner_registry import BUILT_IN, learner_class, make_learner
from agents.memory.memory_learner import TrialLearner
from agents.memory.trial_adaptation import LongTrials
from agents.memory.trials import RunningTrials, clock_index
from agents.runs import load_agent
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.reading import parse
from game.world.batch import GridBatch

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **{n: (n, {}) for n in BUILT_IN if issubclass(learner_class(n), TrialLearner)},
    "graph": ("rl2", {"body": "graph", "channels": 4, "rounds": 2}),
}
TRAINED, PER_TASK = 3, 8
LEVELS = ("steps: 6\nmap:\n...@.\n....G\n", "slip: 0.3\nsteps: 9\nmap:\n@..@\n..,G\n")


def running(name: str, long: bool) -> RunningTrials:
    """Return trials of an untrained agent, which act at random."""
    batch = GridBatch.of([parse(text) for text in LEVELS])
    learner, options = CASES[name]
    agent = make_learner(learner, 1, width=8, episodes=TRAINED, **options)
    assert isinstance(agent, TrialLearner)
    n = PER_TASK * batch.n_tasks
    policy = agent.start_policy(agent.detached_params(), agent.make_view(batch), n)
    rngs = [np.random.default_rng(t) for t in range(batch.n_tasks)]
    if long:
        return LongTrials(policy, batch, PER_TASK, rngs, False, TRAINED)
    return RunningTrials(policy, batch, PER_TASK, rngs)


@pytest.mark.parametrize("name", CASES)
def test_the_episodes_trained_for_are_as_in_training(name: str):
    for one, other in zip(running(name, True).play(TRAINED), running(name, False).play(TRAINED)):
        assert all(np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(other).values()))


@pytest.mark.parametrize("name", CASES)
def test_memory_is_held_at_the_best_of_the_episodes_that_reached_a_goal(name: str):
    trials = running(name, True)
    assert isinstance(trials, LongTrials)
    began, returns = [], []  # of all episodes; -inf where one reached no goal
    for _ in range(2 * TRAINED + 2):
        began.append([array.clone() for array in trials.memory()])
        played = trials.play_episode()
        assert played.clock.max() <= clock_index(8, TRAINED - 1)
        found = trials.batch.goal.ravel()[played.state].any(0)
        returns.append(np.where(found, played.reward.sum(0), -np.inf))
    assert trials.held.any()
    for n in np.flatnonzero(trials.held):
        best = began[held_episode([float(each[n]) for each in returns])]
        assert all(bool((now[n] == then[n]).all()) for now, then in zip(trials.memory(), best))


def held_episode(returns: list[float]) -> int:
    """Return the episode whose first memory is held: the last one that was better than all from
    the end of training on, or the one that repeated the one before."""
    best = -1
    for k in range(TRAINED - 1, 2 * TRAINED):
        top = returns[best] if best >= 0 else -np.inf
        if not (np.isfinite(returns[k]) and returns[k] >= top):
            if best >= 0:
                break
            continue
        best = k
        if returns[k] <= returns[k - 1]:
            break
    return best


def test_what_a_trained_agent_repeats_it_repeats_exactly_from_there_on():
    agent = load_agent("rl2-gridnavi")
    batch = GridBatch.of([task.level for task in load_pack("gridnavi").split("test").tasks])
    rngs = [np.random.default_rng(t) for t in range(batch.n_tasks)]
    returns = np.array([step.return_sampled for step in agent.learner.adapt(batch, rngs, 11)])
    assert (returns[2:] == returns[3]).all()


@pytest.mark.parametrize("name", ["rl2-opponents", "varibad-gridnavi", "transformer-gridnavi"])
def test_a_trained_agent_is_as_good_at_episode_20_as_at_episode_4(name: str):
    agent = load_agent(name)
    tasks = load_pack(agent.pack).split("test").tasks[::2]
    batch = GridBatch.of([task.level for task in tasks])
    steps = list(agent.learner.adapt(batch, [task_rng(0, task) for task in tasks], 19))
    assert all(step.return_exact is not None for step in steps)
    returns = [step.return_sampled for step in steps]
    solved = returns[3] > 0
    assert all((later[solved] >= returns[3][solved]).all() for later in returns[8:])
    assert returns[19].mean() >= returns[3].mean()

"""Learners that imitate in context: the optimum (dpt), and learning itself (ad)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from agents.learner_registry import make_learner
from agents.memory.ad import Ad, LearningHistory, as_episodes, record_histories
from agents.memory.dpt import Behaviours, Dpt, labels, optimal_actions
from agents.memory.ppo import Trajectories
from agents.memory.trials import RunningTrials
from agents.rollout import Rngs, roll_out
from game.tasks.family import family
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import optimal_policy, optimal_return, random_return
from tests import random_levels

UNEVEN = ("steps: 4\nends: goal\nmap:\n@..G\n...,\n", "steps: 7\nmap:\n@...\n.#~G\n")
SEARCH = "steps: 6\nends: never\nreward: goal=1 step=0\nmap:\n?..@..?\n"
SMALL: dict[str, Any] = {"width": 16, "heads": 2, "layers": 1, "episodes": 3}


def uneven() -> GridBatch:
    return GridBatch.of([parse(text) for text in UNEVEN])


def rngs_of(batch: GridBatch, seed: int = 1) -> Rngs:
    return [np.random.default_rng([seed, t]) for t in range(batch.n_tasks)]


def behaviours(agent: Dpt, batch: GridBatch, own: bool, noise: float) -> Behaviours:
    n = 3 * batch.n_tasks
    start = agent.start_policy(agent.params, agent.make_view(batch), n)
    return Behaviours(start, optimal_actions(batch), np.full(n, own), np.full(n, noise))


def play(policy: Any, batch: GridBatch, episodes: int = 2) -> list[Any]:
    running, played = RunningTrials(policy, batch, 3, rngs_of(batch)), []
    for _ in range(episodes):
        if isinstance(policy, Behaviours):
            policy.begin_episode()
        played.append(running.play_episode())
    return played


# --- dpt -----------------------------------------------------------------------------------------


def test_the_actions_that_dpt_learns_are_optimal_at_every_step():
    levels = [random_levels.random_level(seed, random_levels.ALL) for seed in range(6)]
    batch = GridBatch.of([*levels, *(parse(text) for text in UNEVEN)])
    found = optimal_actions(batch)
    assert np.allclose(found.sum(-1), 1)
    assert not found[optimal_policy(batch) == 0].any()
    calm = uneven()
    assert np.allclose(
        roll_out(calm, optimal_actions(calm), 5, rngs_of(calm)).returns,
        optimal_return(calm)[:, None],
    )


def test_out_of_reach_of_the_goal_dpt_still_learns_the_way_there():
    batch = GridBatch.of([parse("steps: 5\nends: never\nreward: goal=1 step=0\nmap:\n@....G\n")])
    start = int(batch.start[0].argmax())
    right = optimal_policy(batch)[0, 0, start]
    assert right.max() == 1
    assert (optimal_policy(batch)[1:, 0, start] == 0.2).all()
    assert (optimal_actions(batch)[:, 0, start] == right).all()


def test_labels_belong_to_the_steps_that_were_played():
    agent, batch = make_learner("dpt", **SMALL), uneven()
    assert isinstance(agent, Dpt)
    episodes = play(behaviours(agent, batch, own=False, noise=0), batch)
    data = Trajectories.of(episodes)
    target = labels(episodes, optimal_actions(batch))
    chosen = np.take_along_axis(target, data.action[..., None], -1)[..., 0]
    assert len(set(data.lengths)) > 1  # some episodes end early
    assert (chosen[data.alive] > 0).all()  # what the optimum did is what is learned
    assert not target[~data.alive].any()


def test_the_trials_that_dpt_plays_itself_are_as_without_other_behaviours():
    agent, batch = make_learner("dpt", **SMALL), uneven()
    assert isinstance(agent, Dpt)
    alone = agent.start_policy(agent.params, agent.make_view(batch), 3 * batch.n_tasks)
    for one, other in zip(
        play(behaviours(agent, batch, own=True, noise=0), batch), play(alone, batch), strict=True
    ):
        for field in fields(one):
            if field.name != "value":  # which imitation does not use
                assert np.array_equal(getattr(one, field.name), getattr(other, field.name))


# --- ad ------------------------------------------------------------------------------------------


def test_histories_are_in_the_order_of_learning_and_get_better():
    agent = make_learner("ad", **SMALL, history=8)
    assert isinstance(agent, Ad)
    batch = GridBatch.of([task.level for task in family(parse(SEARCH), "search")])
    histories = record_histories(agent.source, batch, rngs_of(batch), 8)
    assert sum(h.alive.sum() for h in histories) == 2 * 9 * 20 * 6  # tasks, steps, episodes, moves
    for history, untrained, optimum in zip(
        histories, random_return(batch), optimal_return(batch), strict=True
    ):
        returns = history.reward.sum(1).mean(1)
        assert returns[0] < untrained + 1
        assert returns[-3:].mean() > untrained + 0.8 * (optimum - untrained)
        assert history.last_return == pytest.approx(returns[-1])
        assert np.array_equal(history.found, history.reward.sum(1) > 0)  # the goal alone pays
    other = record_histories(agent.source, batch, rngs_of(batch, 2), 8)
    assert all((a.action != b.action).any() for a, b in zip(histories, other, strict=True))


def coded_history(found: Any) -> LearningHistory:
    """Return a history of 9 steps of 5 episodes of one move, whose actions number the episodes."""
    code = np.arange(45).reshape(9, 1, 5)
    return LearningHistory(code, code, code, code, np.asarray(found))


def test_a_trial_skips_nothing_until_it_shows_the_goal():
    found = np.zeros((9, 5), bool)
    found[4, :2], found[5:] = True, True
    drawn = coded_history(found).draw_trials(200, 6, np.random.default_rng(0))
    assert drawn.action.shape == (6, 1, 200)
    assert np.array_equal(drawn.reward, drawn.action)
    lengths = set()
    for trial, shows in zip(drawn.action[:, 0].T, drawn.found.T, strict=True):
        assert np.array_equal(shows, found.ravel()[trial])
        n = int(shows.argmax()) + 1 if shows.any() else 6
        search, later = trial[:n], trial[n:] // 5
        assert (search < 25).all()
        assert (np.diff(search) > 0).all()  # in order, and none twice
        if len(later):  # one of each of equal parts of the last 4 steps
            size = 4 / len(later)
            begins = 5 + size * np.arange(len(later))
            assert (np.floor(begins) <= later).all()
            assert (later < begins + size).all()
        lengths.add(n)
    assert len(lengths) > 2


def test_a_trial_has_one_episode_of_each_part_of_a_history_that_finds_no_goal():
    drawn = coded_history(np.zeros((9, 5), bool)).draw_trials(50, 3, np.random.default_rng(0))
    steps, episodes = drawn.action[:, 0] // 5, drawn.action[:, 0] % 5
    assert [set(row) for row in steps] == [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}]
    assert set(episodes.ravel()) == set(range(5))


def test_a_trial_longer_than_the_search_shows_the_discovery():
    found = np.zeros((9, 5), bool)
    found[0, 1] = True
    drawn = coded_history(found).draw_trials(50, 12, np.random.default_rng(0))
    assert drawn.found.any(0).all()


def test_recorded_episodes_are_observed_as_those_that_an_agent_plays():
    agent, batch = make_learner("transformer", **SMALL), uneven()
    policy = agent.start_policy(agent.params, agent.make_view(batch), 3 * batch.n_tasks)
    played = play(policy, batch)
    trials = []
    for t in range(batch.n_tasks):
        own = slice(3 * t, 3 * t + 3)
        longest = int(batch.steps[t])
        names = ("state", "action", "reward", "alive")
        rows = {
            name: [getattr(e, name)[: longest + (name == "state"), own] for e in played]
            for name in names
        }
        rows["state"] = [state - t * batch.n_states for state in rows["state"]]
        arrays = [np.stack(_even(rows[name])) for name in names]
        trials.append(LearningHistory(*arrays, found=np.zeros((2, 3), bool)))
    found = list(as_episodes(batch, trials, np.float32))
    names = ("state", "entered", "clock", "last_move", "last_reward", "action", "reward")
    one, other = Trajectories.of(found), Trajectories.of(played)
    assert np.array_equal(one.lengths, other.lengths)
    for name in names:
        assert np.array_equal(getattr(one, name)[one.alive], getattr(other, name)[one.alive]), name


def _even(rows: list[np.ndarray]) -> list[np.ndarray]:
    """Pad the shorter of some arrays with zeros."""
    longest = max(len(row) for row in rows)
    return [np.pad(row, ((0, longest - len(row)), (0, 0))) for row in rows]


# --- both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [("dpt", {}), ("ad", {"history": 20, "episodes": 12})],
)
def test_a_short_training_finds_the_goal_and_returns_to_it(name: str, options: dict[str, Any]):
    batch = GridBatch.of([task.level for task in family(parse(SEARCH), "search")])
    brief = {"trials": 8, "minibatches": 2, "learning_rate": 2e-2}
    agent = make_learner(name, **{**SMALL, **brief, **options})
    for i in range(40):
        agent.meta_update(batch, rngs_of(batch, i), i / 40)
    returns = [float(s.return_sampled.mean()) for s in agent.adapt(batch, rngs_of(batch), 11)]
    room = float((optimal_return(batch) - random_return(batch)).mean())
    assert returns[-1] > random_return(batch).mean() + 0.4 * room
    assert returns[-1] > returns[0] + 0.25 * room

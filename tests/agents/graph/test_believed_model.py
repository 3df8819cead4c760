"""What a policy promises on the maps is what it returns, where nothing is hidden."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from agents.graph.believed_model import BelievedModel, BestSoFar, sharpened
from agents.graph.experience import Experience
from agents.graph.map_adaptation import action_probabilities
from agents.rollout import roll_out
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import baseline_returns, expected_return
from game.world.rules import Floats
from game.world.shown_graph import CLASSES
from game.world.tables import N_ACTIONS

OPEN = {
    "maze": "goal: visible\nmap:\n@.#..\n..%.G\n",
    "slippery": "goal: visible\nslip: 0.3\nwind: north 0.2\nmap:\n@.L\n..G\n.~.\n",
    "lopsided": "goal: visible\nslip: left=0.4 right=0.1\nmap:\n@.L\n..G\n.~.\n",
    "never": "goal: visible\nends: never\nmap:\n@..\n..G\n",
    "keys and coins": "goal: visible\nmap:\n@aoA\n#..G\n",
    "patrol": "goal: visible\nmap:\n@..\n.M.\n..G\n",
    "boxes": "ends: boxes\nmap:\n@.....\n..$.X.\n......\n",
    "two starts": "goal: visible\nmap:\n@.@\n..G\n",
}


def random_moves(experience: Experience, seed: int = 0) -> Floats:
    """Random probabilities of moves [N, A]."""
    rng = np.random.default_rng(seed)
    weight = rng.random((experience.graph.n_nodes, N_ACTIONS))
    return weight / weight.sum(1, keepdims=True)


@pytest.mark.parametrize("name", OPEN)
def test_a_policy_returns_what_it_promises(name):
    experience = Experience(GridBatch.of([parse(OPEN[name])]))
    moves = random_moves(experience)
    promised = BelievedModel.of(experience).returns(moves[..., None])[:, 0]
    exact = expected_return(experience.batch, action_probabilities(experience, moves))
    assert promised == pytest.approx(exact)


@pytest.mark.parametrize("pack", ["mazes-9x9", "doors", "terrain-9x9", "rewards"])
def test_it_does_so_once_all_that_is_hidden_was_found(pack):
    tasks = load_pack(pack).split("test").tasks[:6]
    batch = GridBatch.of([task.level for task in tasks])
    experience = Experience(batch)
    uniform = np.full(batch.reward.shape, 1 / N_ACTIONS)
    experience.add_episodes(roll_out(batch, uniform, 400, [task_rng(0, t) for t in tasks]))
    known = experience.settled
    assert known.sum() >= 4
    moves = random_moves(experience)
    promised = BelievedModel.of(experience).returns(moves[..., None])[:, 0]
    exact = expected_return(batch, action_probabilities(experience, moves))
    assert promised[known] == pytest.approx(exact[known])


def test_the_best_policy_so_far_is_kept():
    batch = GridBatch.of([parse(text) for text in OPEN.values()])
    experience, best = Experience(batch), BestSoFar(plans=False)
    returns = []
    for seed in range(4):
        moves = best.choose(experience, partial(random_moves, experience, seed))
        returns.append(expected_return(batch, action_probabilities(experience, moves)))
    assert (np.diff(returns, axis=0) >= -1e-9).all()
    assert (returns[-1] > returns[0] + 1e-6).any()


@pytest.mark.parametrize("name", OPEN)
def test_a_plan_is_optimal_where_nothing_is_hidden(name):
    experience = Experience(GridBatch.of([parse(OPEN[name])]))
    plan = BelievedModel.of(experience).plans()[0]
    exact = expected_return(experience.batch, action_probabilities(experience, plan))
    assert exact == pytest.approx(baseline_returns(experience.batch).optimal, abs=1e-4)


def test_a_plan_minds_how_little_time_is_left():
    # the coin is worth the detour, but there is no time for it and the goal
    text = "goal: visible\nsteps: 6\ndefine: o worth=0.5\nmap:\n#o#####\n@....G#\n"
    experience = Experience(GridBatch.of([parse(text)]))
    model = BelievedModel.of(experience)
    best = model.best(*model.plans())
    exact = expected_return(experience.batch, action_probabilities(experience, best))
    assert exact == pytest.approx(baseline_returns(experience.batch).optimal)
    assert model.returns(model.plans()[0][..., None])[0, 0] < exact - 0.1


def test_a_plan_takes_the_shortest_way_where_moves_cost_nothing():
    experience = Experience(
        GridBatch.of([parse("goal: visible\nreward: step=0\nsteps: 30\nmap:\n@....\n....G\n")])
    )
    plan = BelievedModel.of(experience).plans()[0]
    probs = action_probabilities(experience, plan)
    data = roll_out(experience.batch, probs, 20, [np.random.default_rng(0)])
    assert data.alive.sum() == 20 * 5


def test_a_box_is_not_pushed_onto_a_goal_that_was_found():
    rows = "#####", "#@$G#", "#...#", "#####"  # the straight way would push the box onto the goal
    experience = Experience(GridBatch.of([parse("steps: 9\nmap:\n" + "\n".join(rows) + "\n")]))
    uniform = np.full(experience.batch.reward.shape, 1 / N_ACTIONS)
    experience.add_episodes(roll_out(experience.batch, uniform, 200, [np.random.default_rng(0)]))
    assert experience.settled.all()
    model = BelievedModel.of(experience)
    exact = expected_return(experience.batch, action_probabilities(experience, model.plans()[0]))
    assert exact == pytest.approx(baseline_returns(experience.batch).optimal)


def test_while_there_is_something_to_find_the_newest_policy_counts():
    experience, best = Experience(GridBatch.of([parse("map:\n@..\n..G\n")])), BestSoFar(plans=False)
    for seed in range(2):
        moves = random_moves(experience, seed)
        assert np.array_equal(best.choose(experience, moves.copy), moves)


def test_where_the_best_plan_is_known_nothing_is_asked_again():
    experience, best = Experience(GridBatch.of([parse(OPEN["maze"])])), BestSoFar(plans=True)
    asked = []

    def new() -> Floats:
        asked.append(1)
        return random_moves(experience)

    first = best.choose(experience, new)
    assert np.array_equal(best.choose(experience, new), first)
    assert len(asked) == 1
    experience.class_paid += 1
    experience.class_counted += 1  # now all moves pay more
    best.choose(experience, new)
    assert len(asked) == 2


def test_a_task_keeps_its_policy_whatever_the_others_of_its_batch_learn(monkeypatch):
    """Even if the plan is a poor one, which later policies would surpass."""
    alone, both = (
        Experience(GridBatch.of([parse(OPEN[name]) for name in names]))
        for names in (["maze"], ["maze", "two starts"])
    )
    good = BelievedModel.of(both).plans()[0]
    poor = np.full(good.shape, 0.2)
    monkeypatch.setattr(BelievedModel, "plans", lambda model: [np.full(model.next.shape, 0.2)])
    n, best, best_of_both = alone.graph.n_nodes, BestSoFar(plans=True), BestSoFar(plans=True)
    for moves in (poor, good, good):
        kept = best.choose(alone, moves[:n].copy)
        assert np.array_equal(best_of_both.choose(both, moves.copy)[:n], kept)
        both.class_paid[CLASSES:] += 1  # the second task's moves pay more now
        both.class_counted[CLASSES:] += 1


def test_sharper_policies_are_distributions():
    moves = random_moves(Experience(GridBatch.of([parse(OPEN["maze"])])))
    sharp = sharpened(moves, 16)
    assert np.allclose(sharp.sum(1), 1)
    assert (sharp.max(1) >= moves.max(1)).all()
    assert (sharp.argmax(1) == moves.argmax(1)).all()

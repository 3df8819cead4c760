"""The best policy that does not adapt, on levels where it can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from game.authoring.fixed_policy import TaskGroup, best_fixed_policy, indistinguishable_tasks
from game.tasks.family import family
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.planner import expected_return


def best(text: str) -> float:
    found = best_fixed_policy(list(family(parse(text), "")), 2, np.random.default_rng(0))
    return found.score


def test_a_visible_goal_needs_no_adaptation():
    assert best("goal: visible\nsteps: 6\nmap:\n?@?\n") == pytest.approx(1, abs=1e-3)


def test_of_two_goals_one_step_away_one_is_missed():
    found = best("steps: 1\nmap:\n?@?\n")
    random = 0.2 * 1 - 0.8 * 0.1
    hit, miss = (1 - random) / (1 - random), (-0.1 - random) / (1 - random)
    assert found == pytest.approx((hit + miss) / 2, abs=1e-3)


def test_of_shuffled_controls_no_table_knows_more_than_one_permutation():
    alone = best("goal: visible\nsteps: 4\ncontrols: down up right left\nmap:\n@..G\n")
    mixed = best("goal: visible\nsteps: 4\ncontrols: shuffled\nmap:\n@..G\n")
    assert alone == pytest.approx(1, abs=1e-3)
    assert mixed < 0.5


def test_the_score_of_a_table_is_its_exact_return_normalised():
    level = parse("slip: {0, 0.3}\nwind: east 0.2\nsteps: 9\nmap:\n?.@\n.~?\n")
    group = TaskGroup(list(family(level, "")))
    probs = np.random.default_rng(0).dirichlet(np.ones(5), group.n_rows)
    mean, values = group.action_values(probs)
    returns = expected_return(group.batch, probs[group.row])
    assert mean == pytest.approx(group.baselines.score(returns).mean())
    assert values.shape == probs.shape


def test_action_values_point_uphill():
    level = parse("slip: {0, 0.3}\nwind: east 0.2\nsteps: 9\nmap:\n?.@\n.~?\n")
    group = TaskGroup(list(family(level, "")))
    probs = np.random.default_rng(1).dirichlet(np.ones(5), group.n_rows)
    before, values = group.action_values(probs)
    better = probs * np.exp(1e-3 * values)
    after, _ = group.action_values(better / better.sum(1, keepdims=True))
    assert after > before


def test_a_generated_task_stands_for_every_goal_that_would_look_the_same():
    pack = load_pack("mazes-9x9")
    (group,) = indistinguishable_tasks(pack, "test", 1, 1000, np.random.default_rng(0))
    task = pack.split("test").tasks[0]
    assert task.id in {other.id for other in group}
    looks = {tuple(row.replace("G", ".") for row in other.level.rows) for other in group}
    assert len(looks) == 1
    assert len(group) > 20


def test_listed_tasks_stand_for_those_of_all_splits_on_their_map():
    (group,) = indistinguishable_tasks(
        load_pack("goals-5x5"), "test", 9, 1000, np.random.default_rng(0)
    )
    assert len(group) == 24

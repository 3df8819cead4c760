"""neural-map: large maps, both ways to play a step, and a little training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.contract import RULES
from agents.graph.neural_map import NeuralMap, NeuralMapConfig
from agents.learner_registry import make_learner
from agents.reference.map_planner import MapPlanner, MapPlannerConfig
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import baseline_returns

SMALL = NeuralMapConfig(channels=8, rounds=3, episodes=4, parts=2)
BY_MOVE = (  # rules of the contract for what is played at every move otherwise than by episodes
    "a_batch_adapts_as_its_tasks_do_alone",
    "the_episodes_shown_follow_the_tables",
)


def batch_of(*levels: Level | str) -> GridBatch:
    return GridBatch.of([parse(level) if isinstance(level, str) else level for level in levels])


def rngs_for(batch: GridBatch, seed: int = 0) -> list[np.random.Generator]:
    return np.random.default_rng(seed).spawn(batch.n_tasks)


def test_it_adapts_on_a_map_of_40_by_40_with_8000_states():
    row = "." * 40
    rows = ["@" + row[1:], "abo" + row[3:], *[row] * 37, row[:-1] + "G"]
    batch = batch_of("steps: 20\nmap:\n" + "\n".join(rows) + "\n")
    assert batch.n_states > 8_000
    first, second = NeuralMap(SMALL, 0).adapt(batch, rngs_for(batch), 1)
    assert first.action_probs.shape == (1, batch.n_states, 5)
    assert second.maps is not None
    assert 0 < second.maps.explored(0) < 1
    assert second.maps.is_searching(0)


@pytest.mark.parametrize("rule", BY_MOVE)
@pytest.mark.parametrize("kind", ["neural-map", "map-planner"])
def test_with_one_episode_a_step_it_meets_the_contract(kind: str, rule: str):
    options = {"channels": 2, "rounds": 2} if kind == "neural-map" else {}
    RULES[rule](lambda seed: make_learner(kind, seed, episodes=1, **options))


@pytest.mark.parametrize("kind", ["neural-map", "map-planner"])
def test_a_step_of_one_episode_is_read_at_every_move(kind):
    learner = (
        NeuralMap(SMALL, 0) if kind == "neural-map" else MapPlanner(MapPlannerConfig(episodes=4), 0)
    )
    batch = batch_of("steps: 9\nmap:\n@...\n.#..\n...G\n", "steps: 5\nslip: 0.2\nmap:\n@.\n.G\n")
    several = list(learner.adapt(batch, rngs_for(batch), 2))
    single = list(learner.with_episodes(1).adapt(batch, rngs_for(batch), 2))
    assert [step.episodes for step in several] == [0, 4, 8]
    assert [step.episodes for step in single] == [0, 1, 2]
    assert all(step.stationary and step.return_exact is not None for step in several)
    assert not any(step.stationary or step.return_exact is not None for step in single)
    for begun, steps in ((0, several), (1, single)):  # with one, the next episode has begun
        for step in steps:
            assert step.maps is not None
            counted = step.env_steps + step.episodes + begun  # each move, and each start
            assert (step.maps.visits.sum(1) == counted).all()


def test_the_map_planner_finds_a_hidden_goal_and_keeps_it():
    tasks = load_pack("mazes-9x9").split("test").tasks[:6]
    batch = batch_of(*(task.level for task in tasks))
    baselines = baseline_returns(batch)
    steps = MapPlanner(MapPlannerConfig(), 0).adapt(batch, [task_rng(0, t) for t in tasks], 4)
    scores = [baselines.score(step.returns) for step in steps]
    assert scores[-1].mean() > 0.99
    assert (scores[-1] >= scores[0] - 0.02).all()


def test_once_all_is_known_it_plans():
    batch = batch_of("goal: visible\nmap:\n@..#.\n.#..G\n", "ends: boxes\nmap:\n@...\n.$.X\n....\n")
    optimal = baseline_returns(batch).optimal
    for episodes in (1, 4):
        for step in NeuralMap(SMALL, 0).with_episodes(episodes).adapt(batch, rngs_for(batch), 1):
            assert step.returns == pytest.approx(optimal)
    unplanned = NeuralMap(replace(SMALL, planning=False), 0).adapt(batch, rngs_for(batch), 1)
    assert all((step.returns < optimal - 0.01).all() for step in unplanned)


def test_it_looks_for_a_further_goal_and_keeps_the_best():
    level = "legend: w = G pays=5\nsteps: 20\nmap:\n@.G.....w\n"
    batch = batch_of(level)
    steps = list(MapPlanner(MapPlannerConfig(), 0).adapt(batch, rngs_for(batch), 3))
    assert steps[-1].returns == pytest.approx(baseline_returns(batch).optimal)


def test_it_dares_to_go_where_it_would_be_caught_if_the_goal_is_nowhere_else():
    level = "steps: 12\ndefine: H every=1\nmap:\n#####\n#@..#\n#..H#\n#..G#\n#####\n"
    batch = batch_of(level)
    steps = list(MapPlanner(MapPlannerConfig(), 0).adapt(batch, rngs_for(batch), 5))
    assert steps[-1].returns == pytest.approx(baseline_returns(batch).optimal)


def test_move_by_move_it_does_not_settle_for_a_poor_goal():
    batch = batch_of("legend: w = G pays=0.2\nsteps: 20\nmap:\n.w@....G.\n#########\n")
    steps = list(MapPlanner(MapPlannerConfig(episodes=1), 0).adapt(batch, rngs_for(batch), 9))
    assert steps[-1].returns == pytest.approx(baseline_returns(batch).optimal)


def test_training_teaches_it_to_go_to_a_goal_that_it_has_found():
    """After 40 iterations on corridors it returns to where the goal was."""
    text = "steps: 12\nmap:\n{}\n"
    maps = ("@....G", "G....@", ".@...G", "G...@.")
    batch = batch_of(*(text.format(one) for one in maps))
    learner = NeuralMap(NeuralMapConfig(channels=16, rounds=6, episodes=8, each_move=0), 0)
    rng = np.random.default_rng(0)
    for i in range(40):
        learner.meta_update(batch, rng.spawn(batch.n_tasks), i / 40)
    baselines = baseline_returns(batch)
    before, *_, after = (
        baselines.score(step.returns).mean() for step in learner.adapt(batch, rngs_for(batch), 3)
    )
    assert after > 0.5
    assert after > before + 0.2

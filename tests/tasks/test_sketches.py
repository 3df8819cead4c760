"""Sketches: each kind gives levels that can be solved, whose optimum reaches the goal."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.sketches.kinds import SKETCHES, draw_level
from game.tasks.sketches.source import SketchParameters, draw_sketched_task
from game.tasks.task import Task
from game.text.level import Level
from game.text.reading import parse
from game.text.tiles import TILES
from game.text.writing import write
from game.world.batch import GridBatch
from game.world.planner import goal_probability, optimal_return, random_return
from game.world.tables import compile_level

every_kind = pytest.mark.parametrize("name", SKETCHES)
SMALLER = SketchParameters(most_side=14)


@every_kind
def test_its_tasks_can_be_solved_and_their_optimum_reaches_the_goal(name: str):
    for seed in range(4):
        _, task = draw_sketched_task(name, np.random.default_rng(seed), SMALLER)
        assert Task(parse(write(task.level)), "").id == task.id
        assert max(task.level.height, task.level.width) <= SMALLER.most_side + 1
        tables = compile_level(task.level)
        assert tables.n_states <= SMALLER.most_states
        batch = GridBatch([tables])
        assert goal_probability(batch)[0] >= 0.5
        assert optimal_return(batch) > random_return(batch)


@every_kind
def test_a_seed_gives_the_same_task_and_another_seed_another(name: str):
    ids = [draw_sketched_task(name, np.random.default_rng(i), SMALLER)[1].id for i in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_sketches_use_every_tile_and_vary_in_size_and_rules():
    rng = np.random.default_rng(0)
    drawn = [draw_level(name, rng, 4, 20) for name in SKETCHES for _ in range(25)]
    levels = [level for level in drawn if level]
    assert len(levels) > 0.8 * len(drawn)
    tiles = set("".join("".join(level.tiles) for level in levels))
    assert {t.char for t in TILES} - tiles <= set("56789cdCD*+")
    assert {level.ends for level in levels} == {"goal", "never", "boxes"}
    hidden = np.mean([level.goal == "hidden" for level in levels])
    assert hidden == pytest.approx(0.7, abs=0.06)
    assert np.mean([level.controls == "normal" for level in levels]) > 0.85
    sides = [side(level) for level in levels]
    assert min(sides) <= 5
    assert max(sides) >= 20


def side(level: Level) -> int:
    return max(level.height, level.width)


def test_large_tasks_are_larger_than_those_of_training():
    rng = np.random.default_rng(0)
    tasks = [draw_sketched_task(name, rng, SketchParameters(), large=True)[1] for name in LARGE]
    assert max(side(task.level) for task in tasks) > 20
    assert all(side(task.level) <= 41 for task in tasks)


LARGE = ("corridors", "rooms", "islands", "ledges")

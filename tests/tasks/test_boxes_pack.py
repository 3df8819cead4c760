"""The pack of levels with boxes: pushes are needed, and adaptation is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.authoring.check import check
from game.authoring.fixed_policy import best_fixed_policy
from game.tasks.family import family
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.flood import reachable
from game.text.level import Level
from game.text.tiles import BOXES, CANDIDATE, GATE, WALL
from game.text.variants import variants
from game.text.walking import start_cells
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.planner import baseline_returns

LEVELS = load_pack("boxes").levels
every_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.title)


def tasks_of(level: Level) -> list[Task]:
    """Return a level's tasks as it is drawn, without its mirrored and turned variants."""
    return list(family(replace(level, vary=()), level.title))


def test_there_are_sixteen_levels_for_players_and_some_have_gates():
    assert len(LEVELS) == len({level.title for level in LEVELS}) == 16
    assert all(level.description[-1:] in (".", "?") for level in LEVELS)
    assert sum(level.has(GATE) for level in LEVELS) == 5


def test_no_two_levels_are_variants_of_each_other():
    turned = [replace(level, vary=("mirror", "rotate")) for level in LEVELS]
    texts = {min(canonical(replace(v, vary=())) for _, v in variants(one)) for one in turned}
    assert len(texts) == len(LEVELS)


@every_level
def test_it_is_of_the_size_and_has_one_to_three_boxes(level: Level):
    assert 9 <= level.height <= 11
    assert 9 <= level.width <= 11
    assert 1 <= len(level.find(*BOXES)) <= 3
    assert len(level.find(CANDIDATE)) >= 4


@every_level
def test_no_candidate_can_be_reached_without_a_push(level: Level):
    blocked = level.with_tiles(dict.fromkeys(BOXES, WALL))
    reached = {cell for start in start_cells(level) for cell in reachable(blocked, start)}
    assert not reached & {*level.find(CANDIDATE)}


@every_level
def test_neither_a_fixed_nor_the_random_policy_comes_near_the_optimum(level: Level):
    tasks = tasks_of(level)
    found = baseline_returns(GridBatch.of([task.level for task in tasks]))
    assert (found.optimal >= 0.6).all()
    assert (found.random < 0).all()
    assert best_fixed_policy(tasks, 2, np.random.default_rng(0)).score <= 0.6


def test_check_has_nothing_to_say():
    assert not [r for r in check(["boxes"]) if r["errors"] or r["warnings"]]

"""The pack of frozen lakes: Gymnasium's maps, by Gymnasium's rules."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.envs.toy_text.frozen_lake import MAPS, generate_random_map

from game.authoring.check import check
from game.tasks.packs import LEVELS, load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import optimal_return

FOLDER = LEVELS / "frozen-lake"
FILES = sorted(FOLDER.glob("*.txt"))
TOO_HARD = (26, 35, 41)


def random_map(seed: int) -> list[str]:
    """Return Gymnasium's random map of a seed."""
    return generate_random_map(size=8, p=0.8, seed=seed)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_map_is_the_one_of_its_name_or_seed(path):
    rows = path.read_text(encoding="utf-8").split("map:\n")[1].split()
    seed = path.stem.rpartition("-")[2]
    assert rows == (MAPS.get(seed) or random_map(int(seed)))


def test_its_levels_differ_in_map_and_steps_only():
    pack = load_pack(FOLDER)
    assert {(one.height, one.steps) for one in pack.levels} == {(4, 100), (8, 200)}
    heads = {path.read_text("utf-8").split("reward:")[1].split("map:")[0] for path in FILES}
    assert len(heads) == 1


def test_the_named_maps_are_held_out_and_the_optima_are_those_that_the_page_gives():
    pack = load_pack(FOLDER)
    assert [task.name for task in pack.split("test").tasks[:2]] == [
        "FrozenLake 4x4",
        "FrozenLake 8x8",
    ]
    named = ("FrozenLake 4x4", "FrozenLake 8x8")
    optima = optimal_return(GridBatch.of([one for one in pack.levels if one.title not in named]))
    assert np.round([optima.min(), optima.max()], 3).tolist() == [0.112, 0.997]


def test_the_seeds_are_1_to_67_without_those_that_are_too_hard_even_for_the_planner():
    seeds = [int(path.stem.rpartition("-")[2]) for path in FILES if path.stem not in MAPS]
    assert sorted(seeds) == [seed for seed in range(1, 68) if seed not in TOO_HARD]
    head = (FOLDER / "train-01.txt").read_text("utf-8").split("map:")[0]
    left_out = [parse(f"{head}map:\n" + "\n".join(random_map(seed)), "lake") for seed in TOO_HARD]
    assert (optimal_return(GridBatch.of(left_out)) < 0.1).all()


def test_check_has_nothing_to_say():
    assert not [r for r in check([str(FOLDER)]) if r["errors"] or r["warnings"]]

"""The pack of levels drawn by hand, on which agents are reported and never trained."""

from __future__ import annotations

import numpy as np

from game.tasks.packs import LEVELS, list_packs, load_pack
from game.text.tiles import TILES
from game.world.batch import GridBatch
from game.world.planner import optimum_and_goal, random_return

PACK = load_pack(LEVELS / "drawn")
EVERY_TASK = PACK.split("test").tasks


def test_the_optimum_reaches_the_goal_and_beats_random_play():
    for task in EVERY_TASK:
        batch = GridBatch.of([task.level])
        optimum, reached, _ = optimum_and_goal(batch)
        assert reached[0] > 0.89, task.name
        assert optimum[0] > random_return(batch)[0] + 0.5, task.name


def test_every_kind_of_tile_is_there_and_each_size():
    used = {char for level in PACK.levels for row in level.rows for char in row}
    names = {tile.name for tile in TILES}
    assert {tile.name for tile in TILES if tile.char in used} >= names - {"start on a target"}
    sizes = np.array([(level.height, level.width) for level in PACK.levels])
    assert sizes.min() == 4
    assert sizes.max() == 40


def test_no_other_pack_has_one_of_its_tasks():
    own = {task.id for task in EVERY_TASK}
    for folder in list_packs():
        if folder.name != "drawn":
            pack = load_pack(folder)
            assert not own & {t.id for split in pack.splits.values() for t in split.tasks}

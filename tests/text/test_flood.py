"""The flood of game.text.flood finds what the walker of game.text.walking finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from game.tasks.generators import GENERATORS, Maze, Rooms
from game.text.flood import reachable, reachable_within
from game.text.level import Cell, Level
from game.text.walking import explore, start_cells
from tests import random_levels

LEVELS = 450


def walked(level: Level, start: Cell) -> dict[Cell, int]:
    """Return the cells that can be reached, with their distances, one node at a time."""
    distance: dict[Cell, int] = {}
    for node, (steps, _) in explore(level, [start]).items():
        distance.setdefault(node[:2], steps)
    return distance


def test_the_flood_finds_the_cells_and_distances_that_the_walker_finds():
    flooded: Counter[str] = Counter()
    for seed in range(LEVELS):
        level = random_levels.random_level(seed, random_levels.ALL)
        floods = not level.has("$*X+!=") and level.ends != "boxes"
        if not floods and seed % 10:  # the walker itself does the work
            continue
        for start in start_cells(level)[:3]:
            found = walked(level, start)
            assert reachable(level, start) == found, f"seed {seed}: {level}"
            near = sorted(cell for cell, steps in found.items() if 1 <= steps <= 2)
            assert reachable_within(level, start, 1, 2) == near, f"seed {seed}: {level}"
        if floods:
            flooded.update(level.chars)
            flooded["wind"] += level.wind_chance == 1
    assert min(flooded[what] for what in ("wind", *"@G^v<>LIaAbB1")) > 10, flooded


def test_the_flood_finds_its_way_in_generated_levels():
    rng = np.random.default_rng(0)
    rooms = Rooms(height=13, width=11, rows=3, columns=2, locks=3, items="11oL")
    for name, parameters in (("rooms", rooms), ("maze", Maze(height=41, width=61, braid=0.5))):
        for _ in range(5):
            level = GENERATORS[name][1](rng, parameters)
            start = level.find("@")[0]
            found = walked(level, start)
            assert reachable(level, start) == found
            near = sorted(cell for cell, steps in found.items() if 3 <= steps <= 9)
            assert reachable_within(level, start, 3, 9) == near
            without_keys = replace(level, rows=tuple(row.replace("a", ".") for row in level.rows))
            assert reachable(without_keys, start) == walked(without_keys, start)

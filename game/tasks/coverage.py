"""Visible differences between a level and the tasks that an agent was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.tasks.packs import Pack
from game.text.level import Level
from game.text.tiles import BY_CHAR, GOAL, START

MOST_TASKS = 64  # training tasks that are drawn from an unlimited split


@dataclass(frozen=True)
class Coverage:
    """The map sizes (height, width), tiles and kinds of goal in the training tasks of a pack."""

    sizes: frozenset[tuple[int, int]]
    tiles: frozenset[str]
    goals: frozenset[str]


def coverage_of(pack: Pack) -> Coverage:
    """Return the coverage of the training tasks; of an unlimited split, of MOST_TASKS samples."""
    split = pack.split("train")
    tasks = list(split.tasks) or split.sample(MOST_TASKS, np.random.default_rng(0))
    levels = [task.level for task in tasks]
    return Coverage(
        sizes=frozenset((level.height, level.width) for level in levels),
        tiles=frozenset("".join("".join(level.tiles) for level in levels)),
        goals=frozenset(level.goal for level in levels),
    )


def differences(level: Level, coverage: Coverage) -> list[str]:
    """Return descriptions of everything in a level that occurs in no training task."""
    found = []
    if (level.height, level.width) not in coverage.sizes:
        found.append(f"{level.height} × {level.width}")
    new_tiles = set("".join(level.tiles)) - coverage.tiles - {START, GOAL}
    found += sorted({BY_CHAR[char].name for char in new_tiles})
    if level.goal not in coverage.goals:
        found.append(f"a {level.goal} goal")
    return found

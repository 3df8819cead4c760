"""In what a level differs from all that an agent was trained on, as far as one can see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.tasks.packs import Pack
from game.text.level import Level
from game.text.tiles import BY_CHAR, GOAL, START

MOST_TASKS = 64  # of a pack that are looked at


@dataclass(frozen=True)
class Coverage:
    """What occurs in the training tasks of a pack: sizes (height, width), tiles, kinds of goal."""

    sizes: frozenset[tuple[int, int]]
    tiles: frozenset[str]
    goals: frozenset[str]


def coverage_of(pack: Pack) -> Coverage:
    """What occurs in the training tasks; where there are ever new ones, in some of them."""
    split = pack.split("train")
    tasks = list(split.tasks) or split.sample(MOST_TASKS, np.random.default_rng(0))
    levels = [task.level for task in tasks]
    return Coverage(
        sizes=frozenset((level.height, level.width) for level in levels),
        tiles=frozenset("".join("".join(level.rows) for level in levels)),
        goals=frozenset(level.goal for level in levels),
    )


def departures(level: Level, known: Coverage) -> list[str]:
    """What of a level occurs in no training task, in words; nothing if all does."""
    found = []
    if (level.height, level.width) not in known.sizes:
        found.append(f"{level.height} × {level.width}")
    strange = set("".join(level.rows)) - known.tiles - {START, GOAL}
    found += sorted({BY_CHAR[char].name for char in strange})
    if level.goal not in known.goals:
        found.append(f"a {level.goal} goal")
    return found

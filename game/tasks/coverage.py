"""Visible differences between a level and the tasks that an agent was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from game.filling import fill
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import BY_CHAR, GOAL, START

PATIENCE = 64  # tasks without anything new after which no more are drawn
MOST_TASKS = 1024  # training tasks that are drawn from an unlimited split
WIDE = 8  # different sizes from which on levels in between count as known, too


@dataclass(frozen=True)
class Coverage:
    """The map sizes (height, width), tiles and kinds of goal in the training tasks of a pack."""

    sizes: frozenset[tuple[int, int]]
    tiles: frozenset[str]
    goals: frozenset[str]

    @property
    def is_wide(self) -> bool:
        """Whether the sizes form a range, so that a level is within it or larger or smaller."""
        return len(self.sizes) >= WIDE

    def facts(self) -> dict[str, Any]:
        """Return the coverage as JSON values."""
        sizes = [list(size) for size in sorted(self.sizes)]
        return {"sizes": sizes, "tiles": "".join(sorted(self.tiles)), "goals": sorted(self.goals)}

    @classmethod
    def of_facts(cls, facts: Any) -> Coverage:
        """Return the coverage that `facts` gave. Raises Misfit or ValueError."""
        table = fill(_CoverageFacts, facts)
        sizes = frozenset((height, width) for height, width in table.sizes)
        return cls(sizes, frozenset(table.tiles), frozenset(table.goals))


@dataclass(frozen=True)
class _CoverageFacts:
    """A coverage as JSON values."""

    sizes: list[list[int]]
    tiles: str
    goals: list[str]

    def __post_init__(self) -> None:
        if not self.sizes or not all(len(size) == 2 and min(size) > 0 for size in self.sizes):
            raise ValueError("the 'sizes' of its training should be pairs of rows and columns")


def coverage_of(pack: Pack) -> Coverage:
    """Return the coverage of the training tasks; an unlimited split is sampled until PATIENCE tasks
    in a row have no new tile and no new kind of goal."""
    sizes: set[tuple[int, int]] = set()
    tiles: set[str] = set()
    goals: set[str] = set()
    since = 0
    for level in (task.level for task in _training_tasks(pack)):
        known = len(tiles), len(goals)
        sizes.add((level.height, level.width))
        tiles.update(*level.tiles)
        goals.add(level.goal)
        since = since + 1 if (len(tiles), len(goals)) == known else 0
        if since > PATIENCE and not pack.split("train").tasks:
            break
    return Coverage(frozenset(sizes), frozenset(tiles), frozenset(goals))


def _training_tasks(pack: Pack) -> Iterator[Task]:
    """Yield the training tasks, or MOST_TASKS samples of an unlimited split."""
    split, rng = pack.split("train"), np.random.default_rng(0)
    if split.tasks:
        yield from split.tasks
        return
    for _ in range(MOST_TASKS):
        yield from split.sample(1, rng)


def differences(level: Level, coverage: Coverage) -> list[str]:
    """Return descriptions of everything in a level that occurs in no training task."""
    found, new = [], []
    if coverage.is_wide:
        found += _size_difference(level, coverage)
    elif (level.height, level.width) not in coverage.sizes:
        new.append(f"{level.height} × {level.width}")
    new_tiles = set("".join(level.tiles)) - coverage.tiles - {START, GOAL}
    new += sorted({BY_CHAR[char].name for char in new_tiles})
    if level.goal not in coverage.goals:
        new.append(f"a {level.goal} goal")
    return found + ([f"new to it: {', '.join(new)}"] if new else [])


def _size_difference(level: Level, coverage: Coverage) -> list[str]:
    """Return how a level's size lies outside the range of sizes, if it does."""
    areas = [height * width for height, width in coverage.sizes]
    longest = max(max(size) for size in coverage.sizes)
    if max(level.height, level.width) > longest or level.height * level.width > max(areas):
        return ["larger than any it trained on"]
    if level.height * level.width < min(areas):
        return ["smaller than any it trained on"]
    return []

"""Generators: (rng, parameters) -> Level. Each level is solvable, and only `rng.random()` is drawn,
whose stream numpy keeps stable, so that a seed means the same level everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from game.level import MAX_STEPS, Level, reachable
from game.tiles import BY_CHAR, FLOOR, GOAL, START, WALL

TRIES = 1000


@dataclass(frozen=True)
class Scatter:
    """Walls and terrain scattered independently over an interior with a border of walls.

    Each interior cell is a wall with probability `walls`, otherwise one of `terrain` (uniformly)
    with probability `terrain_share`, otherwise floor. The start is the centre; the goal is uniform
    over the reachable cells at least `min_distance` moves from it.
    """

    height: int = 9
    width: int = 9
    walls: float = 0.2
    terrain: str = ",:%~"
    terrain_share: float = 0.25
    min_distance: int = 3
    steps: int = 60

    def __post_init__(self) -> None:
        sides_fit = 3 <= self.height <= 254 and 3 <= self.width <= 254
        shares_fit = 0 <= self.walls <= 0.6 and 0 <= self.terrain_share <= 1
        if not sides_fit or not shares_fit:
            raise ValueError("sides are 3 to 254, walls 0 to 0.6, terrain_share 0 to 1")
        if not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps are 1 to {MAX_STEPS}")
        if any(char not in BY_CHAR or char in (WALL, START, GOAL) for char in self.terrain):
            raise ValueError(f"terrain {self.terrain!r} names a tile that is no terrain")
        if not self.terrain and self.terrain_share:
            raise ValueError("terrain_share without a terrain")
        if not 1 <= self.min_distance <= min(self.height, self.width) // 2:
            raise ValueError("min_distance is 1 to half the shorter side")


def scatter(rng: np.random.Generator, parameters: Scatter) -> Level:
    """Draw levels until one has a cell that may be the goal (nearly always the first).

    Raises ValueError where there is none in many tries.
    """
    p = parameters
    for _ in range(TRIES):
        kind, which = rng.random((p.height, p.width)), rng.random((p.height, p.width))
        grid = np.full((p.height, p.width), FLOOR)
        if p.terrain_share:
            terrain = np.array(list(p.terrain))[(which * len(p.terrain)).astype(int)]
            grid = np.where(kind < p.walls + (1 - p.walls) * p.terrain_share, terrain, grid)
        grid = np.where(kind < p.walls, WALL, grid)
        centre = (p.height // 2, p.width // 2)
        grid[centre] = START
        grid = np.pad(grid, 1, constant_values=WALL)
        level = Level(tuple("".join(row) for row in grid), steps=p.steps)
        distance = reachable(level, (centre[0] + 1, centre[1] + 1))
        cells = sorted(cell for cell, steps in distance.items() if steps >= p.min_distance)
        if cells:
            grid[cells[int(rng.random() * len(cells))]] = GOAL
            return replace(level, rows=tuple("".join(row) for row in grid))
    raise ValueError(f"no level has a goal {p.min_distance} moves away, in {TRIES} tries")


GENERATORS: dict[str, tuple[type, Callable[..., Level]]] = {"scatter": (Scatter, scatter)}

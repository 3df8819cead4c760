"""Generators: (rng, parameters) -> Level. Each level is solvable, and only `rng.random()` is drawn,
whose stream numpy keeps stable, so that a seed means the same level everywhere.

A generator is a plan of walls; terrain, start and goal are placed the same way on all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from game.level import MAX_STEPS, Level, reachable
from game.rules import Bools, Floats
from game.tiles import BY_CHAR, FLOOR, GOAL, START, WALL

TRIES = 1000
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))
Cell = tuple[int, int]


@dataclass(frozen=True)
class Site:
    """What all generators share: an interior with a border of walls around it.

    Each open cell is one of `terrain` (uniformly) with probability `terrain_share`, or else floor.
    The start is the open cell nearest to the centre; the goal is uniform over the cells from
    `min_distance` to `max_distance` moves away: that is how difficult the level is.
    """

    height: int = 9
    width: int = 9
    terrain: str = ",:%~"
    terrain_share: float = 0.25
    min_distance: int = 3
    max_distance: int = MAX_STEPS
    steps: int = 60

    def __post_init__(self) -> None:
        _require(3 <= self.height <= 254 and 3 <= self.width <= 254, "sides are 3 to 254")
        _require(0 <= self.terrain_share <= 1, "terrain_share is 0 to 1")
        _require(1 <= self.steps <= MAX_STEPS, f"steps are 1 to {MAX_STEPS}")
        fits = 1 <= self.min_distance <= self.max_distance
        _require(fits, "min_distance is at least 1 and at most max_distance")
        for char in self.terrain:
            plain = char in BY_CHAR and BY_CHAR[char].passable and not BY_CHAR[char].effect
            _require(plain, f"'{char}' is no terrain")
        _require(bool(self.terrain) or not self.terrain_share, "terrain_share without a terrain")


@dataclass(frozen=True)
class Scatter(Site):
    """Each cell is a wall with probability `walls`."""

    walls: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.walls <= 0.6, "walls are 0 to 0.6")


@dataclass(frozen=True)
class Maze(Site):
    """Corridors of one cell. Without `braid` the maze is perfect: one way between any two cells;
    it is the share of dead ends that are opened into loops."""

    braid: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.height % 2 == 1 == self.width % 2, "the sides of a maze are odd")
        _require(0 <= self.braid <= 1, "braid is 0 to 1")


@dataclass(frozen=True)
class Rooms(Site):
    """Rooms in `rows` and `columns`, each pair of neighbours joined by a door where that is needed
    to reach all rooms, otherwise with probability `loops`."""

    rows: int = 2
    columns: int = 2
    loops: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = (
            1 <= self.rows <= (self.height + 1) // 2 and 1 <= self.columns <= (self.width + 1) // 2
        )
        _require(fits, "rows and columns are at least 1, and each room has at least one cell")
        _require(0 <= self.loops <= 1, "loops is 0 to 1")


@dataclass(frozen=True)
class Caves(Site):
    """Walls with probability `walls` that then grow together into caves, `rounds` times."""

    walls: float = 0.4
    rounds: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(
            0 <= self.walls <= 0.6 and 0 <= self.rounds <= 10, "walls 0 to 0.6, rounds 0 to 10"
        )


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


# --- plans: the walls [height, width], and a uniform number for each open cell's terrain --------

Plan = tuple[Bools, Floats]


def _scatter(rng: np.random.Generator, p: Scatter) -> Plan:
    luck = rng.random((p.height, p.width))
    walls = luck < p.walls
    walls[p.height // 2, p.width // 2] = False
    return walls, (luck - p.walls) / (1 - p.walls)


def _maze(rng: np.random.Generator, p: Maze) -> Plan:
    """Depth-first search over the cells of even row and column, knocking out what is between."""
    walls = np.ones((p.height, p.width), bool)
    walls[0, 0] = False
    trail = [(0, 0)]
    while trail:
        closed = [cell for cell in _two_away(trail[-1], p) if walls[cell]]
        if closed:
            following = closed[int(rng.random() * len(closed))]
            _open(walls, trail[-1], following)
            trail.append(following)
        else:
            trail.pop()
    for cell in ((r, c) for r in range(0, p.height, 2) for c in range(0, p.width, 2)):
        blocked = [other for other in _two_away(cell, p) if walls[_between(cell, other)]]
        is_dead_end = len(blocked) == len(_two_away(cell, p)) - 1
        if is_dead_end and blocked and rng.random() < p.braid:
            _open(walls, cell, blocked[int(rng.random() * len(blocked))])
    return walls, rng.random(walls.shape)


def _two_away(cell: Cell, p: Maze) -> list[Cell]:
    near = [(cell[0] + 2 * dr, cell[1] + 2 * dc) for dr, dc in NEIGHBOURS]
    return [(r, c) for r, c in near if 0 <= r < p.height and 0 <= c < p.width]


def _between(a: Cell, b: Cell) -> Cell:
    return (a[0] + b[0]) // 2, (a[1] + b[1]) // 2


def _open(walls: Bools, a: Cell, b: Cell) -> None:
    walls[a] = walls[b] = walls[_between(a, b)] = False


def _rooms(rng: np.random.Generator, p: Rooms) -> Plan:
    """Walls between the rooms, then doors in random order: needed ones, and some for loops."""
    tops, lefts = _edges(p.height, p.rows), _edges(p.width, p.columns)
    walls = np.zeros((p.height, p.width), bool)
    walls[[top - 1 for top in tops[1:-1]], :] = True
    walls[:, [left - 1 for left in lefts[1:-1]]] = True
    pairs = [((r, c), (r, c + 1)) for r in range(p.rows) for c in range(p.columns - 1)]
    pairs += [((r, c), (r + 1, c)) for r in range(p.rows - 1) for c in range(p.columns)]
    joined = {(r, c): (r, c) for r in range(p.rows) for c in range(p.columns)}
    for i in np.argsort(rng.random(len(pairs)), kind="stable"):
        a, b = pairs[i]
        place, wanted = rng.random(), rng.random() < p.loops
        if joined[a] != joined[b] or wanted:
            rows = range(tops[a[0]], tops[a[0] + 1] - 1)
            columns = range(lefts[a[1]], lefts[a[1] + 1] - 1)
            if a[0] == b[0]:
                walls[rows[int(place * len(rows))], lefts[b[1]] - 1] = False
            else:
                walls[tops[b[0]] - 1, columns[int(place * len(columns))]] = False
            old, new = joined[b], joined[a]
            joined = {room: new if group == old else group for room, group in joined.items()}
    return walls, rng.random(walls.shape)


def _edges(length: int, parts: int) -> list[int]:
    """Where each of the parts begins, with a wall before each but the first; then the end + 1."""
    return [round(i * (length + 1) / parts) for i in range(parts + 1)]


def _caves(rng: np.random.Generator, p: Caves) -> Plan:
    """A cell becomes a wall where most of the nine cells around it are; the outside is wall."""
    walls = rng.random((p.height, p.width)) < p.walls
    for _ in range(p.rounds):
        padded = np.pad(walls, 1, constant_values=True)
        around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        walls = around.sum((2, 3)) >= 5
    return walls, rng.random(walls.shape)


# --- levels ------------------------------------------------------------------------------------


def generate(
    plan: Callable[[np.random.Generator, Any], Plan], rng: np.random.Generator, p: Site
) -> Level:
    """Draw plans until one has a cell that may be the goal (nearly always the first).

    Raises ValueError where there is none in many tries.
    """
    for _ in range(TRIES):
        walls, luck = plan(rng, p)
        which = rng.random(walls.shape)
        if walls.all():
            continue
        grid = np.full(walls.shape, FLOOR)
        if p.terrain_share:
            terrain = np.array(list(p.terrain))[(which * len(p.terrain)).astype(int)]
            grid = np.where(luck < p.terrain_share, terrain, grid)
        grid = np.where(walls, WALL, grid)
        start = _nearest_to_centre(~walls)
        grid[start] = START
        grid = np.pad(grid, 1, constant_values=WALL)
        level = Level(tuple("".join(row) for row in grid), steps=p.steps)
        distance = reachable(level, (start[0] + 1, start[1] + 1))
        far = range(p.min_distance, p.max_distance + 1)
        cells = sorted(cell for cell, steps in distance.items() if steps in far)
        if cells:
            grid[cells[int(rng.random() * len(cells))]] = GOAL
            return replace(level, rows=tuple("".join(row) for row in grid))
    raise ValueError(f"no level has a goal {p.min_distance} moves away, in {TRIES} tries")


def _nearest_to_centre(free: Bools) -> Cell:
    cells = np.argwhere(free)
    distance = np.abs(cells - np.array(free.shape) // 2).sum(1)
    row, column = cells[distance.argmin()]
    return int(row), int(column)


# by name: the parameters, and the generator (rng, parameters) -> Level
GENERATORS: dict[str, tuple[type[Site], Callable[..., Level]]] = {
    "scatter": (Scatter, partial(generate, _scatter)),
    "maze": (Maze, partial(generate, _maze)),
    "rooms": (Rooms, partial(generate, _rooms)),
    "caves": (Caves, partial(generate, _caves)),
}

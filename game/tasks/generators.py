"""Generators: (rng, parameters) -> Level. Each level is solvable, and only `rng.random()` is drawn,
whose stream numpy keeps stable, so that a seed means the same level everywhere.

A generator is a plan of walls; terrain, start, items and goal are placed alike on all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from game.text.level import MAX_STEPS, Level
from game.text.tiles import BY_CHAR, CANDIDATE, FLOOR, GOAL, START, WALL
from game.text.walking import reachable
from game.world.rules import KEYS, Bools, Floats

TRIES = 1000
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))
Cell = tuple[int, int]


@dataclass(frozen=True)
class GeneratorParameters:
    """What all generators share: an interior with a border of walls around it.

    Each open cell is one of `terrain` (uniformly) with probability `terrain_share`, or else floor;
    the more `patches`, the larger the regions of one terrain. The start is the open cell nearest to
    the centre. Each of `items`, as `oo` or `11M`, stands on a floor from `min_distance` to
    `max_distance` moves away, and bars nothing; so does the goal, uniformly over these cells: that
    is how difficult the level is.
    """

    height: int = 9
    width: int = 9
    terrain: str = ",:%~"
    terrain_share: float = 0.25
    patches: int = 0
    items: str = ""
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
        _require(0 <= self.patches <= 10, "patches are 0 to 10")
        for char in self.items:
            _require(char in BY_CHAR and bool(BY_CHAR[char].effect), f"'{char}' is no item")
        placed = START in self.items or GOAL in self.items or CANDIDATE in self.items
        _require(not placed and len(self.items) <= 20, "items are at most 20, no start and no goal")


@dataclass(frozen=True)
class Scatter(GeneratorParameters):
    """Each cell is a wall with probability `walls`."""

    walls: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.walls <= 0.6, "walls are 0 to 0.6")


@dataclass(frozen=True)
class Maze(GeneratorParameters):
    """Corridors of one cell. Without `braid` the maze is perfect: one way between any two cells;
    it is the share of dead ends that are opened into loops."""

    braid: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.height % 2 == 1 == self.width % 2, "the sides of a maze are odd")
        _require(0 <= self.braid <= 1, "braid is 0 to 1")


@dataclass(frozen=True)
class Rooms(GeneratorParameters):
    """Rooms in `rows` and `columns`, each pair of neighbours joined by a door where that is needed
    to reach all rooms, otherwise with probability `loops`. Up to `locks` of the doors are locked,
    and the keys lie where one can get them."""

    rows: int = 2
    columns: int = 2
    loops: float = 0.5
    locks: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = (
            1 <= self.rows <= (self.height + 1) // 2 and 1 <= self.columns <= (self.width + 1) // 2
        )
        _require(fits, "rows and columns are at least 1, and each room has at least one cell")
        _require(0 <= self.loops <= 1, "loops is 0 to 1")
        _require(0 <= self.locks <= len(KEYS), f"locks are 0 to {len(KEYS)}")


@dataclass(frozen=True)
class Caves(GeneratorParameters):
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


# --- plans: walls [height, width], a uniform number for each open cell's terrain, doors to lock ---

Plan = tuple[Bools, Floats, list[Cell]]


def _scatter(rng: np.random.Generator, p: Scatter) -> Plan:
    luck = rng.random((p.height, p.width))
    walls = luck < p.walls
    walls[p.height // 2, p.width // 2] = False
    return walls, (luck - p.walls) / (1 - p.walls), []


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
    return walls, rng.random(walls.shape), []


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
    doors: list[Cell] = []
    joined = {(r, c): (r, c) for r in range(p.rows) for c in range(p.columns)}
    for i in np.argsort(rng.random(len(pairs)), kind="stable"):
        a, b = pairs[i]
        place, wanted = rng.random(), rng.random() < p.loops
        if joined[a] != joined[b] or wanted:
            rows = range(tops[a[0]], tops[a[0] + 1] - 1)
            columns = range(lefts[a[1]], lefts[a[1] + 1] - 1)
            if a[0] == b[0]:
                doors.append((rows[int(place * len(rows))], lefts[b[1]] - 1))
            else:
                doors.append((tops[b[0]] - 1, columns[int(place * len(columns))]))
            walls[doors[-1]] = False
            old, new = joined[b], joined[a]
            joined = {room: new if group == old else group for room, group in joined.items()}
    return walls, rng.random(walls.shape), doors[: p.locks]


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
    return walls, rng.random(walls.shape), []


# --- levels ------------------------------------------------------------------------------------


def generate(
    plan: Callable[[np.random.Generator, Any], Plan],
    rng: np.random.Generator,
    p: GeneratorParameters,
) -> Level:
    """Draw plans until one has room for the items and a cell that may be the goal (nearly always
    the first). Raises ValueError where there is none in many tries.
    """
    for _ in range(TRIES):
        walls, luck, doors = plan(rng, p)
        which = rng.random(walls.shape)
        if walls.all():
            continue
        grid = np.where(walls, WALL, _terrain(p, ~walls, luck, which))
        grid[_nearest_to_centre(~walls)] = START
        grid = np.pad(grid, 1, constant_values=WALL)
        if not _furnish(grid, rng, p, doors):
            continue
        cells = _goals(_level(grid, p), p, FLOOR + p.terrain)
        if cells:
            grid[cells[int(rng.random() * len(cells))]] = GOAL
            return _level(grid, p)
    raise ValueError(f"no level has a goal {p.min_distance} moves away, in {TRIES} tries")


def candidates(level: Level, p: GeneratorParameters) -> Level:
    """The family that a generated level may be one of, as far as an agent sees that does not see
    the goal: `?` wherever the goal may be. (A goal looks like floor, whatever was there before.)"""
    rows = [row.replace(GOAL, FLOOR) for row in level.rows]
    grid = np.array([list(row) for row in rows])
    for cell in _goals(replace(level, rows=tuple(rows)), p, FLOOR):
        grid[cell] = CANDIDATE
    return replace(level, rows=tuple("".join(row) for row in grid))


def _level(grid: np.ndarray, p: GeneratorParameters) -> Level:
    return Level(tuple("".join(row) for row in grid), steps=p.steps)


def _goals(level: Level, p: GeneratorParameters, ground: str) -> list[Cell]:
    """The cells of this ground at a distance that suits the goal, in reading order."""
    distance = reachable(level, level.find(START)[0])
    far = range(p.min_distance, p.max_distance + 1)
    return sorted(c for c, n in distance.items() if n in far and level.rows[c[0]][c[1]] in ground)


def _terrain(p: GeneratorParameters, free: Bools, luck: Floats, which: Floats) -> np.ndarray:
    """[height, width] the ground, by two uniform numbers for each cell."""
    if not p.terrain_share:
        return np.full(free.shape, FLOOR)
    for _ in range(p.patches):
        luck, which = _blurred(luck), _blurred(which)
    if p.patches:
        luck, which = _ranked(luck, free), _ranked(which, free)
    kinds = np.array(list(p.terrain))[(which * len(p.terrain)).astype(int)]
    return np.where(luck < p.terrain_share, kinds, FLOOR)


def _blurred(field: Floats) -> Floats:
    """Each number becomes the sum of itself and its four neighbours."""
    padded = np.pad(field, 1, mode="edge")
    inner, outer = slice(1, -1), (slice(None, -2), slice(2, None))
    total: Floats = padded[inner, inner].copy()
    for part in outer:
        total += padded[part, inner]
        total += padded[inner, part]
    return total


def _ranked(field: Floats, free: Bools) -> Floats:
    """The share of the free cells that have a smaller number: uniform again."""
    ranks: Floats = np.searchsorted(np.sort(field[free]), field) / (free.sum() + 1)
    return ranks


def _furnish(
    grid: np.ndarray, rng: np.random.Generator, p: GeneratorParameters, doors: list[Cell]
) -> bool:
    """Put locked doors, their keys and the items on the map. False where they do not fit, or bar
    the way to some cell."""
    if not (doors or p.items):
        return True
    start = _level(grid, p).find(START)[0]
    whole = reachable(_level(grid, p), start)
    for (row, column), key in zip(doors, KEYS):
        grid[row + 1, column + 1] = key.upper()
    if START not in grid:  # it stood where a door is
        return False
    for item in KEYS[: len(doors)] + p.items:
        cells = _goals(_level(grid, p), p, FLOOR)
        if not cells:
            return False
        grid[cells[int(rng.random() * len(cells))]] = item
    return whole.keys() <= reachable(_level(grid, p), start).keys()


def _nearest_to_centre(free: Bools) -> Cell:
    cells = np.argwhere(free)
    distance = np.abs(cells - np.array(free.shape) // 2).sum(1)
    row, column = cells[distance.argmin()]
    return int(row), int(column)


# by name: the parameters, and the generator (rng, parameters) -> Level
GENERATORS: dict[str, tuple[type[GeneratorParameters], Callable[..., Level]]] = {
    "scatter": (Scatter, partial(generate, _scatter)),
    "maze": (Maze, partial(generate, _maze)),
    "rooms": (Rooms, partial(generate, _rooms)),
    "caves": (Caves, partial(generate, _caves)),
}

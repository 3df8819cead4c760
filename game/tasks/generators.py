"""Level generators: functions (rng, parameters) -> Level. Every generated level is solvable.

Only `rng.random()` is drawn, whose stream numpy keeps stable: a seed gives the same level on every
platform. Generators differ in how they lay out walls; terrain, start, items and goal are placed in
the same way by all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from game.text.flood import reachable, reachable_within
from game.text.level import MAX_STEPS, Level
from game.text.tiles import BY_CHAR, CANDIDATE, FLOOR, GOAL, START, WALL
from game.world.rules import KEYS, Bools, Floats

ATTEMPTS = 1000  # to generate a level that is new and solvable, at most
FEWEST_ATTEMPTS, ATTEMPTED_CELLS = 20, 300_000  # for large maps
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))
Cell = tuple[int, int]


@dataclass(frozen=True)
class GeneratorParameters:
    """The parameters of all generators. The map is an interior with a border of walls around it.

    Each open cell has a uniformly drawn tile of `terrain` with probability `terrain_share`, and is
    floor otherwise. More `patches` give larger regions of one terrain. The start is the open cell
    nearest to the centre. Each tile of `items`, for example `oo` or `11M`, is placed on a floor
    cell that is `min_distance` to `max_distance` moves away, and blocks no path. The goal is placed
    uniformly on floor or terrain at such a distance, which sets the difficulty of the level.
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
        _require(
            3 <= self.height <= 254 and 3 <= self.width <= 254, "height and width are 3 to 254"
        )
        _require(0 <= self.terrain_share <= 1, "terrain_share is 0 to 1")
        _require(1 <= self.steps <= MAX_STEPS, f"steps are 1 to {MAX_STEPS}")
        fits = 1 <= self.min_distance <= self.max_distance
        _require(fits, "min_distance is at least 1 and at most max_distance")
        for char in self.terrain:
            plain = char in BY_CHAR and BY_CHAR[char].passable and not BY_CHAR[char].effect
            _require(plain, f"'{char}' is not a terrain tile")
        _require(
            bool(self.terrain) or not self.terrain_share, "a terrain_share above 0 needs a terrain"
        )
        _require(0 <= self.patches <= 10, "patches are 0 to 10")
        for char in self.items:
            _require(char in BY_CHAR and bool(BY_CHAR[char].effect), f"'{char}' is not an item")
        placed = START in self.items or GOAL in self.items or CANDIDATE in self.items
        _require(
            not placed and len(self.items) <= 20,
            "items are at most 20 tiles, without start and goal",
        )


@dataclass(frozen=True)
class Scatter(GeneratorParameters):
    """Each cell is a wall with probability `walls`."""

    walls: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.walls <= 0.6, "walls are 0 to 0.6")


@dataclass(frozen=True)
class Maze(GeneratorParameters):
    """Corridors one cell wide. `braid` is the share of dead ends that are opened into loops.

    With `braid` 0 the maze is perfect: there is exactly one path between any two cells.
    """

    braid: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.height % 2 == 1 == self.width % 2, "height and width of a maze are odd")
        _require(0 <= self.braid <= 1, "braid is 0 to 1")


@dataclass(frozen=True)
class Rooms(GeneratorParameters):
    """Rooms in `rows` and `columns` with doors between neighbours.

    Enough doors are made to reach all rooms; any other pair of neighbours has a door with
    probability `loops`. Up to `locks` doors are locked, with their keys within reach.
    """

    rows: int = 2
    columns: int = 2
    loops: float = 0.5
    locks: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = (
            1 <= self.rows <= (self.height + 1) // 2 and 1 <= self.columns <= (self.width + 1) // 2
        )
        _require(
            fits, "rows and columns are 1 or more, and few enough for rooms of at least one cell"
        )
        _require(0 <= self.loops <= 1, "loops is 0 to 1")
        _require(0 <= self.locks <= len(KEYS), f"locks are 0 to {len(KEYS)}")


@dataclass(frozen=True)
class Caves(GeneratorParameters):
    """Walls with probability `walls`, then `rounds` of a cellular automaton that forms caves."""

    walls: float = 0.4
    rounds: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(
            0 <= self.walls <= 0.6 and 0 <= self.rounds <= 10,
            "walls are 0 to 0.6, rounds are 0 to 10",
        )


def _require(holds: bool, rule: str) -> None:
    """Raise ValueError with the rule unless it holds."""
    if not holds:
        raise ValueError(rule)


# --- walls -------------------------------------------------------------------------------------

# walls [height, width], a uniform number per open cell for its terrain, doors that may be locked
WallPlan = tuple[Bools, Floats, list[Cell]]


def _scatter(rng: np.random.Generator, p: Scatter) -> WallPlan:
    """Return independent random walls; the centre is open."""
    uniform = rng.random((p.height, p.width))
    walls = uniform < p.walls
    walls[p.height // 2, p.width // 2] = False
    return walls, (uniform - p.walls) / (1 - p.walls), []  # uniform again on open cells


def _maze(rng: np.random.Generator, p: Maze) -> WallPlan:
    """Return a maze: depth-first search over the cells of even row and column opens the walls
    between them, and then dead ends are braided."""
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
    """Return the maze cells next to a cell, with one cell between."""
    near = [(cell[0] + 2 * dr, cell[1] + 2 * dc) for dr, dc in NEIGHBOURS]
    return [(r, c) for r, c in near if 0 <= r < p.height and 0 <= c < p.width]


def _between(a: Cell, b: Cell) -> Cell:
    """Return the cell between two neighbouring maze cells."""
    return (a[0] + b[0]) // 2, (a[1] + b[1]) // 2


def _open(walls: Bools, a: Cell, b: Cell) -> None:
    """Remove the walls of two neighbouring maze cells and of the cell between them."""
    walls[a] = walls[b] = walls[_between(a, b)] = False


def _rooms(rng: np.random.Generator, p: Rooms) -> WallPlan:
    """Return walls between rooms, with the doors of a random spanning tree and some for loops."""
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
        place, makes_loop = rng.random(), rng.random() < p.loops
        if joined[a] != joined[b] or makes_loop:
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
    """Return where each part begins, after a wall of one cell, and finally the end + 1."""
    return [round(i * (length + 1) / parts) for i in range(parts + 1)]


def _caves(rng: np.random.Generator, p: Caves) -> WallPlan:
    """Return caves: in each round a cell becomes a wall if at least five of the nine cells around
    it are walls. Cells outside the map count as walls."""
    walls = rng.random((p.height, p.width)) < p.walls
    for _ in range(p.rounds):
        padded = np.pad(walls, 1, constant_values=True)
        around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        walls = around.sum((2, 3)) >= 5
    return walls, rng.random(walls.shape), []


def attempts(p: GeneratorParameters) -> int:
    """Return how often a level is drawn until one will do: fewer times for larger maps, so that
    parameters that cannot be met are refused soon."""
    return max(FEWEST_ATTEMPTS, min(ATTEMPTS, ATTEMPTED_CELLS // (p.height * p.width)))


# --- levels ------------------------------------------------------------------------------------


def generate(
    plan: Callable[[np.random.Generator, Any], WallPlan],
    rng: np.random.Generator,
    p: GeneratorParameters,
) -> Level:
    """Return a level with the walls that `plan` draws.

    Plans are drawn until one has room for the items and the goal, which is nearly always the first.
    Raises ValueError after `attempts` plans.
    """
    for _ in range(attempts(p)):
        walls, terrain_noise, doors = plan(rng, p)
        kind_noise = rng.random(walls.shape)
        if walls.all():
            continue
        grid = np.full((p.height + 2, p.width + 2), WALL)
        inside = grid[1:-1, 1:-1]
        inside[~walls] = _terrain(p, ~walls, terrain_noise, kind_noise)[~walls]
        inside[_nearest_to_centre(~walls)] = START
        if not _place_items(grid, rng, p, doors):
            continue
        cells = _goal_cells(_level(grid, p), p, FLOOR + p.terrain)
        if cells:
            grid[cells[int(rng.random() * len(cells))]] = GOAL
            return _level(grid, p)
    moves = f"{p.min_distance} to {p.max_distance:,} moves away"
    raise ValueError(
        f"no level with a goal {moves} in {attempts(p)} attempts - allow other distances"
    )


def with_candidates(level: Level, p: GeneratorParameters) -> Level:
    """Return a generated level with `?` on every cell where its hidden goal may be.

    These are floor cells at a suitable distance, because a hidden goal looks like floor.
    """
    rows = [row.replace(GOAL, FLOOR) for row in level.rows]
    grid = np.array([list(row) for row in rows])
    for cell in _goal_cells(replace(level, rows=tuple(rows)), p, FLOOR):
        grid[cell] = CANDIDATE
    return replace(level, rows=tuple("".join(row) for row in grid))


def _level(grid: np.ndarray, p: GeneratorParameters) -> Level:
    return Level(tuple(map("".join, grid.tolist())), steps=p.steps)


def _goal_cells(level: Level, p: GeneratorParameters, ground: str) -> list[Cell]:
    """Return the cells with a tile of `ground` at a suitable distance, in reading order."""
    cells = reachable_within(level, level.find(START)[0], p.min_distance, p.max_distance)
    return [(row, column) for row, column in cells if level.rows[row][column] in ground]


def _terrain(p: GeneratorParameters, free: Bools, noise: Floats, kind_noise: Floats) -> np.ndarray:
    """Return the floor and terrain tiles [height, width] for two uniform numbers per cell."""
    if not p.terrain_share:
        return np.full(free.shape, FLOOR)
    for _ in range(p.patches):
        noise, kind_noise = _blurred(noise), _blurred(kind_noise)
    if p.patches:
        noise, kind_noise = _ranked(noise, free), _ranked(kind_noise, free)
    kinds = np.array(list(p.terrain))[(kind_noise * len(p.terrain)).astype(int)]
    return np.where(noise < p.terrain_share, kinds, FLOOR)


def _blurred(field: Floats) -> Floats:
    """Return the sum of each number and its four neighbours."""
    padded = np.pad(field, 1, mode="edge")
    inner, outer = slice(1, -1), (slice(None, -2), slice(2, None))
    total: Floats = padded[inner, inner].copy()
    for part in outer:
        total += padded[part, inner]
        total += padded[inner, part]
    return total


def _ranked(field: Floats, free: Bools) -> Floats:
    """Return the rank of each number among the free cells, from 0 to 1, which is uniform."""
    ranks: Floats = np.searchsorted(np.sort(field[free]), field) / (free.sum() + 1)
    return ranks


def _place_items(
    grid: np.ndarray, rng: np.random.Generator, p: GeneratorParameters, doors: list[Cell]
) -> bool:
    """Place locked doors, their keys and the items on the map, in place.

    Returns False where they do not fit or block the path to a cell.
    """
    if not (doors or p.items):
        return True
    start = _level(grid, p).find(START)[0]
    before = reachable(_level(grid, p), start)
    for (row, column), key in zip(doors, KEYS):
        grid[row + 1, column + 1] = key.upper()
    if START not in grid:  # a door has replaced it
        return False
    for item in KEYS[: len(doors)] + p.items:
        cells = _goal_cells(_level(grid, p), p, FLOOR)
        if not cells:
            return False
        grid[cells[int(rng.random() * len(cells))]] = item
    return before.keys() <= reachable(_level(grid, p), start).keys()


def _nearest_to_centre(free: Bools) -> Cell:
    """Return the free cell nearest to the centre."""
    cells = np.argwhere(free)
    distance = np.abs(cells - np.array(free.shape) // 2).sum(1)
    row, column = cells[distance.argmin()]
    return int(row), int(column)


# name -> class of the parameters, function (rng, parameters) -> Level
GENERATORS: dict[str, tuple[type[GeneratorParameters], Callable[..., Level]]] = {
    "scatter": (Scatter, partial(generate, _scatter)),
    "maze": (Maze, partial(generate, _maze)),
    "rooms": (Rooms, partial(generate, _rooms)),
    "caves": (Caves, partial(generate, _caves)),
}

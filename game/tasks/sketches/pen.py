"""A pen that draws a map: random choices, and the shapes that all sketches are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from game.text.level import Cell
from game.text.tiles import FLOOR, WALL

SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))
Option = TypeVar("Option")
Room = tuple[int, int, int, int]  # top, left, bottom and right of a rectangle, all included


class Dice:
    """Random choices. Only `rng.random()` is drawn, whose stream numpy keeps stable: a seed gives
    the same choices on every platform."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.rng.random() < probability

    def number(self, low: float, high: float) -> float:
        """Return a uniform number."""
        return low + (high - low) * self.rng.random()

    def whole(self, low: int, high: int) -> int:
        """Return a uniform whole number from `low` to `high`, both included."""
        return low + int(self.rng.random() * (max(low, high) - low + 1))

    def choose(self, options: Sequence[Option]) -> Option:
        """Return one of the options, all equally likely."""
        return options[int(self.rng.random() * len(options))]

    def some(self, options: Iterable[Option], n: int) -> list[Option]:
        """Return up to n different options in random order."""
        left = list(options)
        return [left.pop(int(self.rng.random() * len(left))) for _ in range(min(n, len(left)))]

    def shuffled(self, options: Sequence[Option]) -> list[Option]:
        """Return all of the options in random order."""
        return self.some(options, len(options))


class Pen(Dice):
    """A map [height, width] that is being drawn.

    `starts` and `goals` are cells that a sketch intends for the start and the goal; empty lists
    leave them to chance. `lines` are header lines that the sketch needs, by key. `surprises` is a
    factor on the shares of slip, wind and other controls.
    """

    def __init__(
        self, rng: np.random.Generator, height: int, width: int, fill: str = FLOOR
    ) -> None:
        super().__init__(rng)
        self.height, self.width = height, width
        self.starts: list[Cell] = []
        self.goals: list[Cell] = []
        self.lines: list[tuple[str, str]] = []
        self.surprises = 1.0
        self.fill(fill)

    def __getitem__(self, cell: Cell) -> str:
        return self.grid[cell[0]][cell[1]]

    def __setitem__(self, cell: Cell, tile: str) -> None:
        self.grid[cell[0]][cell[1]] = tile

    def fill(self, tile: str) -> None:
        """Cover the whole map with a tile."""
        self.grid = [[tile] * self.width for _ in range(self.height)]

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of the map."""
        return tuple(map("".join, self.grid))

    @property
    def whole_map(self) -> Room:
        """The rectangle that is the map."""
        return 0, 0, self.height - 1, self.width - 1

    def has(self, cell: Cell) -> bool:
        """Return whether a cell is on the map."""
        return 0 <= cell[0] < self.height and 0 <= cell[1] < self.width

    def find(self, tiles: str = FLOOR) -> list[Cell]:
        """Return the cells with one of these tiles, in reading order."""
        return [
            (r, c) for r, row in enumerate(self.grid) for c, tile in enumerate(row) if tile in tiles
        ]

    def around(self, cell: Cell) -> list[Cell]:
        """Return the neighbours of a cell that are on the map."""
        near = ((cell[0] + dr, cell[1] + dc) for dr, dc in SIDES)
        return [other for other in near if self.has(other)]

    def room(self, room: Room, tile: str = FLOOR) -> None:
        """Fill a rectangle with a tile, as far as it is on the map."""
        for cell in self.inside(room):
            self[cell] = tile

    def inside(self, room: Room) -> list[Cell]:
        """Return the cells of a rectangle that are on the map."""
        top, left, bottom, right = room
        rows = range(max(0, top), min(bottom, self.height - 1) + 1)
        columns = range(max(0, left), min(right, self.width - 1) + 1)
        return [(r, c) for r in rows for c in columns]

    def outline(self, room: Room) -> list[Cell]:
        """Return the cells at the border of a rectangle, clockwise from its top left."""
        top, left, bottom, right = room
        cells = [(top, c) for c in range(left, right)]
        cells += [(r, right) for r in range(top, bottom)]
        cells += [(bottom, c) for c in range(right, left, -1)]
        return cells + [(r, left) for r in range(bottom, top, -1)]

    def path(self, a: Cell, b: Cell) -> list[Cell]:
        """Return the cells of a way from a to b with one bend at most, ends included."""
        corner = (a[0], b[1]) if self.chance(0.5) else (b[0], a[1])
        return [*segment(a, corner), *segment(corner, b)[1:]]

    def line(self, cells: Iterable[Cell], tile: str = FLOOR) -> None:
        """Put a tile on each of the cells."""
        for cell in cells:
            self[cell] = tile

    def blob(self, tile: str, size: int, on: str = FLOOR) -> list[Cell]:
        """Grow a connected patch of a tile on tiles `on`, and return its cells."""
        free = self.find(on)
        if not free:
            return []
        found = [self.choose(free)]
        self[found[0]] = tile
        edge = list(found)
        while edge and len(found) < size:
            cell = edge[int(self.rng.random() * len(edge))]
            open_sides = [other for other in self.around(cell) if self[other] in on]
            if open_sides:
                found.append(self.choose(open_sides))
                self[found[-1]] = tile
                edge.append(found[-1])
            else:
                edge.remove(cell)
        return found

    def blobs(self, tiles: str, share: float, on: str = FLOOR) -> None:
        """Cover about a share of the tiles `on` with patches of random tiles."""
        left = int(share * len(self.find(on)))
        while left > 0:
            grown = self.blob(self.choose(tiles), self.whole(1, max(2, left)), on)
            left -= max(1, len(grown))

    def scatter(self, tiles: Sequence[str], n: int, on: str = FLOOR) -> list[Cell]:
        """Put n random tiles on random cells with tiles `on`, and return the cells."""
        cells = self.some(self.find(on), n)
        for cell in cells:
            self[cell] = self.choose(tiles)
        return cells

    def reached(self, start: Cell, closed: str = WALL) -> dict[Cell, int]:
        """Return the distance of each cell that a walk from `start` reaches. It enters all tiles
        but the closed ones."""
        distance = {start: 0}
        queue = [start]
        for cell in queue:
            for other in self.around(cell):
                if other not in distance and self[other] not in closed:
                    distance[other] = distance[cell] + 1
                    queue.append(other)
        return distance

    def corner_of(self, cells: Sequence[Cell]) -> Cell:
        """Return the cell nearest to a random corner of the map."""
        row, column = self.choose((0, self.height - 1)), self.choose((0, self.width - 1))
        return min(cells, key=lambda cell: abs(cell[0] - row) + abs(cell[1] - column))


def segment(a: Cell, b: Cell) -> list[Cell]:
    """Return the cells of a straight line from a to b, both included."""
    n = max(abs(b[0] - a[0]), abs(b[1] - a[1]))
    down, right = (b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1])
    return [(a[0] + i * down, a[1] + i * right) for i in range(n + 1)]

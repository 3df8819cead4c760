"""The cells that can be reached from a cell, by flooding sets of cells that are bits of integers.

All cells of one distance move at once, which takes a fraction of the time of `walking.explore`. The
rules are the same; with boxes or gates, `explore` does the work. A test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from operator import or_

from game.text.level import ENDS_BOXES, WINDS, Cell, Level
from game.text.tiles import ARROWS, BOXES, BY_CHAR, DIRECTIONS, GATE, GOAL, LAVA, TILES, WALL
from game.text.walking import BACK, explore, teleporters

# A set of cells is an integer: bit `row * stride + column`. The stride is one more than the width,
# so that a column of walls separates the end of a row from the beginning of the next.
Bits = int

_PASSABLE = "".join(tile.char for tile in TILES if tile.passable)
_KEYS = "".join(tile.char for tile in TILES if tile.effect == "key")


def reachable(level: Level, start: Cell) -> dict[Cell, int]:
    """Return the cells that can be reached from `start`, each with its distance in moves."""
    distance: dict[Cell, int] = {}
    if not _can_flood(level):
        for node, (steps, _) in explore(level, [start]).items():
            distance.setdefault(node[:2], steps)
        return distance
    stride, reached = level.width + 1, 0
    for steps, cells in enumerate(_floods(level, start)):
        distance.update(dict.fromkeys(_cells(cells & ~reached, stride), steps))
        reached |= cells
    return distance


def reachable_within(level: Level, start: Cell, least: int, most: int) -> list[Cell]:
    """Return the cells whose distance from `start` is `least` to `most` moves, in reading order."""
    if not _can_flood(level):
        return sorted(c for c, n in reachable(level, start).items() if least <= n <= most)
    nearer, found = 0, 0
    for steps, cells in enumerate(_floods(level, start)):
        if steps > most:
            break
        if steps < least:
            nearer |= cells
        else:
            found |= cells
    return [*_cells(found & ~nearer, level.width + 1)]


def _can_flood(level: Level) -> bool:
    """Whether cells and keys are all that a move depends on."""
    return not level.has((*BOXES, GATE)) and level.ends != ENDS_BOXES


def _floods(level: Level, start: Cell) -> Iterator[Bits]:
    """Yield the cells that are entered after 0, 1, 2, ... moves; a cell comes again only with other
    keys held."""
    stride = level.width + 1
    text = WALL.join(level.tiles)
    move = _mover(level, text, stride)
    going_on = ~_bits(text, LAVA + (GOAL if level.ends == "goal" else ""))
    doors = [(_bits(text, key.upper()), key) for key in _KEYS if key.upper() in text]
    keys = [(_bits(text, key), key) for key in _KEYS if key in text]
    passable = _bits(text, _PASSABLE)
    frontier: dict[str, Bits] = {"": 1 << (start[0] * stride + start[1])}  # by the keys held
    seen: dict[str, Bits] = {}
    while frontier:
        yield _union(frontier.values())
        ahead: dict[str, Bits] = {}
        for held, cells in frontier.items():
            seen[held] = seen.get(held, 0) | cells
            closed = _union(cells for cells, key in doors if key not in held)
            entered = move(cells & going_on, passable & ~closed)
            for cells, key in keys:
                if entered & cells and key not in held:
                    with_key = "".join(sorted(held + key))
                    ahead[with_key] = ahead.get(with_key, 0) | entered & cells
                    entered &= ~cells
            ahead[held] = ahead.get(held, 0) | entered
        frontier = {k: new for k, cells in ahead.items() if (new := cells & ~seen.get(k, 0))}


def _mover(level: Level, text: str, stride: int) -> Callable[[Bits, Bits], Bits]:
    """Return a function from cells, and those that can be entered, to the cells one move ahead."""
    certain = WINDS[str(level.wind)] if level.wind_chance == 1 else None
    one_ways = {way: _bits(text, char) for way, char in ARROWS.items() if char in text}
    twins = [
        (1 << (a[0] * stride + a[1]), 1 << (b[0] * stride + b[1]))
        for char in set(text)
        for a, b in teleporters(level, char)
    ]

    def move_plainly(cells: Bits, passable: Bits) -> Bits:
        return (cells >> stride | cells << stride | cells >> 1 | cells << 1) & passable

    if not (certain or one_ways or twins):
        return move_plainly
    shifts = dict(zip(DIRECTIONS, (-stride, stride, -1, 1)))
    steps = []
    for way in DIRECTIONS if certain is None else [certain]:
        kept = _union(cells for other, cells in one_ways.items() if other != way)
        steps.append((shifts[way], ~kept, ~one_ways.get(BACK[way], 0)))
    left = ~_union(here for here, _ in twins)

    def move(cells: Bits, passable: Bits) -> Bits:
        entered = 0
        for shift, leaves, enters in steps:
            leaving = cells & leaves
            entered |= (leaving << shift if shift > 0 else leaving >> -shift) & enters
        entered &= passable
        return entered & left | _union(there for here, there in twins if entered & here)

    return move


def _bits(text: str, tiles: str) -> Bits:
    """Return the cells that have one of these tiles; `text` joins the rows of the map."""
    return int(text[::-1].translate(_digits(tiles)), 2)


@lru_cache
def _digits(tiles: str) -> dict[int, str]:
    """Return a table for `str.translate`: 1 for these tiles, 0 for all others."""
    return {ord(char): "1" if char in tiles else "0" for char in BY_CHAR}


def _union(sets: Iterable[Bits]) -> Bits:
    """Return the cells that are in any of the sets."""
    return reduce(or_, sets, 0)


def _cells(cells: Bits, stride: int) -> Iterator[Cell]:
    """Yield rows and columns of a set of cells, in reading order."""
    digits = f"{cells:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield divmod(at, stride)
        at = digits.find("1", at + 1)

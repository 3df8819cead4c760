"""The cells that can be reached from a cell, by flooding sets of cells that are bits of integers.

All cells of one distance move at once, which takes a fraction of the time of `walking.explore`. It
knows what that knows, but for boxes and gates; a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from game.text.level import ENDS_BOXES, WINDS, Cell, Level
from game.text.tiles import BOXES, BY_CHAR, DIRECTIONS, GATE, GOAL, LAVA, TILES, WALL
from game.text.walking import BACK, explore, teleporters

# A set of cells is an integer: bit `row * stride + column`. The stride is one more than the width,
# so that a column of walls separates the end of a row from the beginning of the next.
Bits = int

_PASSABLE = "".join(tile.char for tile in TILES if tile.passable)
_ONE_WAYS = {tile.effect: tile.char for tile in TILES if tile.effect in DIRECTIONS}
_KEYS = "".join(tile.char for tile in TILES if tile.effect == "key")


def reachable(level: Level, start: Cell) -> dict[Cell, int]:
    """Cells that can be reached from `start`, each with its distance in moves."""
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
    """Cells whose distance from `start` is `least` to `most` moves, in reading order."""
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
    """Yield the cells that can be reached in exactly 0, 1, 2... moves, without the first ones again
    that were reached with the same keys."""
    stride = level.width + 1
    text = WALL.join(level.tiles)
    moves, take_keys = _moves(level, text, stride), _key_taker(text)
    over = _bits(text, LAVA + (GOAL if level.ends == "goal" else ""))
    frontier: dict[str, Bits] = {"": 1 << (start[0] * stride + start[1])}  # by the keys held
    seen: dict[str, Bits] = {}
    while frontier:
        yield _union(frontier)
        ahead: dict[str, Bits] = {}
        for held, cells in frontier.items():
            seen[held] = seen.get(held, 0) | cells
            for keys, entered in take_keys(held, moves(held, cells & ~over)):
                ahead[keys] = ahead.get(keys, 0) | entered
        frontier = {k: new for k, cells in ahead.items() if (new := cells & ~seen.get(k, 0))}


def _moves(level: Level, text: str, stride: int) -> Callable[[str, Bits], Bits]:
    """Return a function from the keys held and a set of cells to those that one move enters."""
    certain = WINDS[str(level.wind)] if level.wind_chance == 1 else None
    shifts = dict(zip(DIRECTIONS, (-stride, stride, -1, 1)))
    one_ways = {way: _bits(text, char) for way, char in _ONE_WAYS.items() if char in text}
    steps = []
    for move in DIRECTIONS if certain is None else [certain]:
        kept = sum(cells for way, cells in one_ways.items() if way != move)
        steps.append((shifts[move], ~kept, ~one_ways.get(BACK[move], 0)))
    twins = [
        (1 << (a[0] * stride + a[1]), 1 << (b[0] * stride + b[1]))
        for char in set(text)
        for a, b in teleporters(level, char)
    ]

    @lru_cache
    def open_with(held: str) -> Bits:
        return _bits(text, _PASSABLE) & ~_bits(text, _closed_doors(held))

    def enter(held: str, cells: Bits) -> Bits:
        entered = 0
        for shift, leaves, enters in steps:
            leaving = cells & leaves
            entered |= (leaving << shift if shift > 0 else leaving >> -shift) & enters
        entered &= open_with(held)
        jumps = sum(there for here, there in twins if entered & here)
        return entered & ~sum(here for here, _ in twins) | jumps if twins else entered

    return enter


def _key_taker(text: str) -> Callable[[str, Bits], Iterator[tuple[str, Bits]]]:
    """Return a function from the keys held and entered cells to the cells by the keys held then."""
    places = [(key, _bits(text, key)) for key in _KEYS if key in text]

    def take(held: str, cells: Bits) -> Iterator[tuple[str, Bits]]:
        for key, place in places:
            if key not in held and cells & place:
                yield "".join(sorted(held + key)), cells & place
                cells &= ~place
        if cells:
            yield held, cells

    return take


@lru_cache
def _closed_doors(held: str) -> str:
    """Return the doors that stay closed with these keys."""
    doors = (tile.char for tile in TILES if tile.effect == "door")
    return "".join(door for door in doors if door.lower() not in held)


def _bits(text: str, tiles: str) -> Bits:
    """Return the cells that have one of these tiles; `text` joins the rows of the map."""
    return int(text[::-1].translate(_digits(tiles)), 2)


@lru_cache
def _digits(tiles: str) -> dict[int, str]:
    """Return a table for `str.translate`: 1 for these tiles, 0 for all others."""
    return {ord(char): "1" if char in tiles else "0" for char in BY_CHAR}


def _union(sets: dict[str, Bits]) -> Bits:
    """Return the cells that are in any of the sets."""
    union = 0
    for cells in sets.values():
        union |= cells
    return union


def _cells(cells: Bits, stride: int) -> Iterator[Cell]:
    """Yield rows and columns of a set of cells, in reading order."""
    digits = f"{cells:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield divmod(at, stride)
        at = digits.find("1", at + 1)

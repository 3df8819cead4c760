"""THE table of tiles. All that reads, plays, draws or lists tiles looks here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Tile:
    """One kind of cell.

    `cost` is what entering costs, in units of the level's step reward. `effect` names the branch of
    the rules that the tile needs beyond its cost ("" for none); `pattern` is how the window marks
    the tile besides its colour, so that no meaning rests on colour alone.
    """

    char: str
    name: str
    cost: float
    passable: bool
    effect: str
    colour: Colour
    pattern: str
    text: str


# fmt: off
TILES: tuple[Tile, ...] = (
    #    char name         cost passable effect       colour           pattern   what it is, in a sentence
    Tile("#", "wall",      1, False,   "",          (84, 96, 120),   "wall",   "blocks; a bump costs the cell one stands on"),
    Tile(".", "floor",     1, True,    "",          (238, 234, 224), "plain",  "open ground; a space reads as floor, too"),
    Tile("@", "start",     1, True,    "start",     (238, 234, 224), "start",  "where episodes begin; several: uniformly one"),
    Tile("G", "goal",      1, True,    "goal",      (238, 234, 224), "plain",  "the goal; several: any of them"),
    Tile("?", "candidate", 1, True,    "candidate", (238, 234, 224), "plain",  "may be the goal: one is drawn for each task"),
    Tile(",", "grass",     2, True,    "",          (176, 205, 140), "ticks",  "terrain"),
    Tile(":", "sand",      3, True,    "",          (236, 208, 142), "dots",   "terrain"),
    Tile("%", "mud",       4, True,    "",          (176, 140, 108), "hatch",  "terrain"),
    Tile("~", "water",     6, True,    "",          (124, 178, 222), "waves",  "terrain"),
)
# fmt: on

BY_CHAR: dict[str, Tile] = {tile.char: tile for tile in TILES}
BY_NAME: dict[str, Tile] = {tile.name: tile for tile in TILES}

WALL = BY_NAME["wall"].char
FLOOR = BY_NAME["floor"].char
START = BY_NAME["start"].char
GOAL = BY_NAME["goal"].char
CANDIDATE = BY_NAME["candidate"].char

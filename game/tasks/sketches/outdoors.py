"""Sketches of landscapes: lava, islands, ledges, ice, marshes, gardens, caves."""

from __future__ import annotations

from itertools import pairwise

from game.tasks.sketches.pen import SIDES, Pen
from game.text.level import Cell
from game.text.tiles import FLOOR, ICE, LAVA, WALL

GENTLE = ",:"  # terrain that costs little
DEAR = "%~"  # terrain that costs much


def meadow(pen: Pen) -> None:
    """Draw open ground with patches of terrain and some rocks."""
    pen.blobs(pen.choose((GENTLE, ",", ",:%~", DEAR, ",~")), pen.number(0.1, 0.5))
    pen.scatter(WALL, pen.whole(0, pen.height * pen.width // 10))


def lava_field(pen: Pen) -> None:
    """Draw lava with a safe path through it, and some places to rest."""
    pen.fill(LAVA)
    here = pen.whole(0, pen.height - 1), 0
    pen.starts = [here]
    for _ in range(pen.whole(2, 3 + (pen.height + pen.width) // 6)):
        there = pen.whole(0, pen.height - 1), pen.whole(0, pen.width - 1)
        pen.line(pen.path(here, there))
        here = there
    pen.line(pen.path(here, (pen.whole(0, pen.height - 1), pen.width - 1)))
    for _ in range(pen.whole(0, 3)):
        pen.blob(FLOOR, pen.whole(2, 8), LAVA)
    if pen.chance(0.4):
        pen.starts = []


def lava_lakes(pen: Pen) -> None:
    """Draw ground with lakes of lava."""
    for _ in range(pen.whole(1, 2 + pen.height * pen.width // 25)):
        pen.blob(LAVA, pen.choose((1, 2, 3, 5, 8)))
    if pen.chance(0.4):
        pen.blobs(GENTLE, 0.15)


def islands(pen: Pen) -> None:
    """Draw islands in a sea, with bridges between them."""
    sea = pen.choose(("~", "~", "~", LAVA, LAVA, "%", WALL))
    pen.fill(sea)
    ground = pen.choose((FLOOR, FLOOR, ",", ":", FLOOR + "," + ":"))
    middles: list[Cell] = []
    for _ in range(pen.whole(2, 2 + pen.height * pen.width // 30)):
        island = pen.blob(FLOOR, pen.whole(2, 12), sea)
        if island:
            middles.append(pen.choose(island))
    for a, b in pairwise(middles):
        for cell in pen.path(a, b):
            if pen[cell] == sea and (sea in (LAVA, WALL) or pen.chance(0.9)):
                pen[cell] = FLOOR
    if ground != FLOOR:
        pen.blobs(ground.replace(FLOOR, "") or ",", 0.4)
    pen.starts = middles[:1]


def river(pen: Pen) -> None:
    """Draw a river or a chasm from one side to the other, with a bridge or two."""
    if pen.chance(0.6):
        pen.blobs(",:", pen.number(0, 0.3))
    tile = pen.choose(("~", "~", "~", LAVA, "%"))
    column = pen.whole(1, pen.width - 2)
    wide = pen.choose((1, 1, 2, 3))
    bed = []
    for row in range(pen.height):
        column = min(pen.width - 2, max(1, column + pen.choose((-1, 0, 0, 1))))
        bed += [(row, c) for c in range(column, min(pen.width, column + wide))]
    pen.line(bed, tile)
    for row in pen.some(range(pen.height), pen.whole(1, 2)):
        pen.line([cell for cell in bed if cell[0] == row], FLOOR)
    pen.starts = [cell for cell in pen.find(FLOOR) if cell[1] == 0]
    pen.goals = [cell for cell in pen.find(FLOOR) if cell[1] == pen.width - 1]


def marsh(pen: Pen) -> None:
    """Draw a marsh with a winding trail."""
    pen.fill(pen.choose("%%~:"))
    here: Cell = (pen.whole(0, pen.height - 1), pen.whole(0, pen.width - 1))
    for _ in range(pen.whole(3, 6)):
        there = pen.whole(0, pen.height - 1), pen.whole(0, pen.width - 1)
        pen.line(pen.path(here, there))
        here = there
    pen.line(pen.some(pen.find(), pen.whole(0, 5)), ",")


def rink(pen: Pen) -> None:
    """Draw ice with rocks, and banks or holes at its side."""
    pen.fill(ICE)
    pen.scatter(WALL, pen.whole(0, pen.height * pen.width // 7), ICE)
    if pen.chance(0.5):
        pen.scatter(LAVA, pen.whole(1, pen.height * pen.width // 8), ICE)
    for _ in range(pen.whole(2, 4)):
        pen.blob(FLOOR, pen.whole(1, 6), ICE)
    row = pen.choose((0, pen.height - 1))
    for column in range(pen.width):
        if pen.chance(0.6):
            pen[row, column] = FLOOR


def ledges(pen: Pen) -> None:
    """Draw ledges that can be jumped down from, and few ways back up."""
    gap = pen.choose((2, 2, 3, 4))
    for row in range(pen.whole(1, gap), pen.height - 1, gap):
        solid = pen.choose((0.0, 0.3, 0.6))
        for column in range(pen.width):
            pen[row, column] = WALL if pen.chance(solid) else "v"
        pen[row, pen.whole(0, pen.width - 1)] = "v"
        if pen.chance(0.6):
            pen[row, pen.choose((0, pen.width - 1))] = pen.choose((FLOOR, "^", "^"))
    if pen.chance(0.5):
        pen.starts = [cell for cell in pen.find() if cell[0] == 0]


def switchbacks(pen: Pen) -> None:
    """Draw a road that turns at alternate ends of its bends, often with steps down only."""
    gap = pen.choose((2, 2, 2, 3))
    tile = pen.choose((WALL, WALL, LAVA, "~"))
    step = pen.choose((FLOOR, "v"))
    left = pen.chance(0.5)
    for row in range(1, pen.height, gap):
        pen.line([(row, column) for column in range(pen.width)], tile)
        pen[row, 0 if left else pen.width - 1] = step
        left = not left
    pen.starts = [cell for cell in pen.find() if cell[0] == 0]


def garden(pen: Pen) -> None:
    """Draw a symmetric garden with hedges, ponds and paths."""
    pen.blobs(pen.choose((",", ",:", ",~", ",%")), pen.number(0.2, 0.6))
    pen.scatter(WALL, pen.whole(2, 2 + pen.height * pen.width // 6))
    if pen.chance(0.5):
        pen.blob("~", pen.whole(1, 6), FLOOR + ",:")
    both = pen.chance(0.6)
    for r in range(pen.height):
        for c in range(pen.width):
            row = min(r, pen.height - 1 - r) if both else r
            pen[r, c] = pen[row, min(c, pen.width - 1 - c)]
    if pen.chance(0.5):
        pen.line([(pen.height // 2, c) for c in range(pen.width)])
        pen.line([(r, pen.width // 2) for r in range(pen.height)])


def cave(pen: Pen) -> None:
    """Draw caves: walls that a cellular automaton smooths."""
    pen.scatter(WALL, int(pen.number(0.3, 0.45) * pen.height * pen.width))
    for _ in range(pen.whole(1, 3)):
        old = [list(row) for row in pen.grid]
        for r in range(pen.height):
            for c in range(pen.width):
                near = pen.inside((r - 1, c - 1, r + 1, c + 1))
                walls = 9 - len(near) + sum(old[y][x] == WALL for y, x in near)
                pen[r, c] = WALL if walls >= 5 else FLOOR
    pen.blobs(pen.choose((",", "~", "%", ":")), pen.choose((0.0, 0.1, 0.3)))


def rubble(pen: Pen) -> None:
    """Draw walls and terrain cell by cell, without a plan."""
    area = pen.height * pen.width
    pen.scatter(WALL, int(pen.number(0.1, 0.35) * area))
    pen.scatter(pen.choose((",:%~", ",", DEAR)), int(pen.choose((0, 0.1, 0.25, 0.4)) * area))


def maze(pen: Pen) -> None:
    """Draw a maze of corridors, some of its dead ends opened."""
    pen.fill(WALL)
    trail: list[Cell] = [(0, 0)]
    pen[0, 0] = FLOOR
    while trail:
        r, c = trail[-1]
        ahead = [(r + 2 * dr, c + 2 * dc) for dr, dc in SIDES]
        closed = [cell for cell in ahead if pen.has(cell) and pen[cell] == WALL]
        if closed:
            there = pen.choose(closed)
            pen.line(pen.path((r, c), there))
            trail.append(there)
        else:
            trail.pop()
    for _ in range(pen.choose((0, 0, 1, 3, 6))):
        walls = [
            (r, c)
            for r, c in pen.find(WALL)
            if sum(pen[near] == FLOOR for near in pen.around((r, c))) == 2
        ]
        if walls:
            pen[pen.choose(walls)] = FLOOR
    if pen.chance(0.3):
        pen.blobs(",:%~", 0.2)

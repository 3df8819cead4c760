"""Sketches with moving parts: conveyors, guards, hunters, boxes, treasure, and a salad of tiles."""

from __future__ import annotations

from game.tasks.sketches.indoors import corridors, hall, rooms, warehouse
from game.tasks.sketches.outdoors import (
    cave,
    garden,
    islands,
    lava_field,
    lava_lakes,
    ledges,
    marsh,
    maze,
    meadow,
    rink,
    rubble,
    switchbacks,
)
from game.tasks.sketches.pen import Pen
from game.text.level import ENDS_BOXES
from game.text.tiles import (
    BOX,
    COIN,
    FLOOR,
    GATE,
    HUNTER,
    LAVA,
    OPPONENTS,
    PATROL,
    SWITCH,
    TARGET,
    WALL,
)

CLOCKWISE = {(0, 1): ">", (1, 0): "v", (0, -1): "<", (-1, 0): "^"}


def conveyors(pen: Pen) -> None:
    """Draw rings of one-way tiles that carry around a block, with ways on and off."""
    if pen.chance(0.4):
        pen.scatter(WALL, pen.height * pen.width // 15)
    for _ in range(pen.whole(1, 1 + pen.height * pen.width // 40)):
        height = pen.whole(2, max(2, min(6, pen.height - 2)))
        width = pen.whole(2, max(2, min(7, pen.width - 2)))
        top, left = pen.whole(0, pen.height - height), pen.whole(0, pen.width - width)
        room = (top, left, top + height - 1, left + width - 1)
        inner = pen.choose((WALL, WALL, "~", LAVA, FLOOR))
        pen.room((top + 1, left + 1, top + height - 2, left + width - 2), inner)
        ring = pen.outline(room)
        if pen.chance(0.5):
            ring.reverse()
        for here, there in zip(ring, [*ring[1:], ring[0]]):
            pen[here] = CLOCKWISE[there[0] - here[0], there[1] - here[1]]
        for cell in pen.some(ring, pen.whole(1, 3)):
            pen[cell] = FLOOR


def guards(pen: Pen) -> None:
    """Draw aisles with guards on their beats, and niches or cross-ways to step aside."""
    gap = pen.choose((2, 2, 3))
    for row in range(1, pen.height, gap):
        pen.line([(row, column) for column in range(pen.width)], WALL)
        for column in pen.some(range(pen.width), pen.whole(1, 3)):
            pen[row, column] = FLOOR
    aisles = [row for row in range(pen.height) if row % gap != 1]
    for row in pen.some(aisles[1:] or aisles, pen.choose((1, 1, 2))):
        pen[row, pen.whole(0, pen.width - 1)] = PATROL
    pen.starts = [cell for cell in pen.find() if cell[0] == 0]
    pen.lines.append(("define", pen.choose(("M kind=x", "M every=2", "M kind=x every=2"))))


def sentries(pen: Pen) -> None:
    """Draw a hall or rooms with guards who walk along columns, or along rows, or both."""
    pen.choose((rooms, hall, garden))(pen)
    pen.lines.append(("legend", "y = M kind=y" + pen.choose(("", "", " every=2"))))
    pen.scatter(pen.choose(("y", "y", "y" + PATROL)), pen.choose((1, 1, 2)))


def hunters(pen: Pen) -> None:
    """Draw a yard with pillars or walls to hide behind, and a hunter far from the start."""
    if pen.chance(0.6):
        spacing = pen.choose((2, 2, 3))
        for r in range(1, pen.height - 1, spacing):
            for c in range(1, pen.width - 1, spacing):
                if pen.chance(0.8):
                    pen[r, c] = WALL
                if pen.chance(0.2):
                    pen[pen.choose(pen.around((r, c)))] = WALL
    else:
        pen.choose((hall, rooms, rubble))(pen)
    start = pen.corner_of(pen.find())
    distance = pen.reached(start)
    far = [cell for cell, steps in distance.items() if steps >= 0.5 * max(distance.values())]
    pen.starts = [start]
    pen[pen.choose(far)] = HUNTER


def treasure(pen: Pen) -> None:
    """Draw rooms, a meadow or a garden with a few coins, some of them worthless or worse."""
    pen.choose((rooms, meadow, garden))(pen)
    pen.scatter(COIN, pen.whole(1, 3))
    if pen.chance(0.25):
        worth = pen.choose(("-1", "-0.5", "1", "{-1, 1}"))
        pen.lines.append(("legend", f'q = {COIN} worth={worth} title="Fool\'s gold"'))
        pen.scatter("q", 1)


def pushing(pen: Pen) -> None:
    """Draw rooms of which a box blocks a doorway."""
    column = pen.whole(2, max(2, pen.width - 3))
    pen.line([(row, column) for row in range(pen.height)], WALL)
    doorway = pen.whole(0, pen.height - 1), column
    pen[doorway] = pen.choose((BOX, FLOOR))
    if pen[doorway] == FLOOR:
        pen[doorway[0], column + pen.choose((-1, 1))] = BOX
    pen.scatter(WALL, pen.whole(0, pen.height * pen.width // 8))
    if pen.chance(0.3):
        pen.scatter(SWITCH, 1)
        pen.scatter(GATE, 1, WALL)
    pen.starts = [cell for cell in pen.find() if cell[1] < column]
    pen.goals = [cell for cell in pen.find() if cell[1] > column + 1]


def storage(pen: Pen) -> None:
    """Draw a small storage in which boxes have to be pushed onto targets."""
    pen.scatter(WALL, pen.whole(0, pen.height * pen.width // 5))
    inner = [cell for cell in pen.find() if len(pen.around(cell)) == 4]
    boxes = pen.some(inner, pen.choose((1, 1, 2)))
    pen.line(boxes, BOX)
    pen.scatter(TARGET, len(boxes))
    pen.lines.append(("ends", ENDS_BOXES))


# tiles that a salad takes together, and those of which it takes few
_GROUPS = (*",:%~IILLL^v<>oMH", "aA", "bB", "11", "22", "!=", "$")
_FEW = (COIN, PATROL, HUNTER, BOX)


def salad(pen: Pen) -> None:
    """Draw tiles of all kinds at random: a few kinds, or as many as there are."""
    pen.surprises = 2.5
    kinds = pen.some(_GROUPS, pen.whole(2, 10) if pen.chance(0.6) else len(_GROUPS))
    left_out = pen.choose(((BOX,), OPPONENTS))  # boxes and opponents do not go together
    kinds = [kind for kind in kinds if kind not in left_out]
    area = pen.height * pen.width
    pen.scatter(WALL, int(pen.number(0, 0.3) * area))
    plain = [kind for kind in kinds if kind not in _FEW and len(kind) == 1]
    if plain:
        pen.scatter(plain, int(pen.number(0.1, 0.75) * len(pen.find())))
    for kind in kinds:
        if kind in _FEW:
            pen.scatter(kind, 1 if kind in OPPONENTS else pen.choose((1, 1, 2)))
        elif len(kind) == 2:
            for tile in kind:
                pen.scatter(tile, 1)


def patchwork(pen: Pen) -> None:
    """Draw two maps beside each other, with a doorway, a gap, or a locked door between them."""
    at = pen.whole(3, pen.width - 4)
    for left, right in ((0, at - 1), (at + 1, pen.width - 1)):
        part = Pen(pen.rng, pen.height, right - left + 1)
        pen.choose(_PATCHES)(part)
        for whole, tiles in zip(pen.grid, part.grid):
            whole[left : right + 1] = tiles
    pen.line([(row, at) for row in range(pen.height)], WALL)
    for row in pen.some(range(pen.height), pen.choose((1, 1, 2))):
        for step in (-1, 1):
            column = at
            while pen.has((row, column)) and pen[row, column] == WALL:
                pen[row, column] = FLOOR
                column += step
            pen[row, at] = WALL
        pen[row, at] = FLOOR
    start = [cell for cell in pen.find() if cell[1] < at]
    doorways = [cell for cell in pen.find() if cell[1] == at]
    if start and len(doorways) == 1 and pen.chance(0.5):
        pen.line(doorways, "A")
        pen[pen.choose(start)] = "a"
    pen.starts = [cell for cell in start if pen[cell] == FLOOR]
    pen.goals = [cell for cell in pen.find() if cell[1] > at]


_PATCHES = (
    *(hall, corridors, rooms, warehouse, meadow, lava_field, lava_lakes, islands, marsh),
    *(rink, ledges, switchbacks, garden, cave, rubble, maze, conveyors),
)


# --- additions to any sketch -------------------------------------------------------------------


def add_coins(pen: Pen) -> None:
    """Add a coin or two."""
    pen.scatter(COIN, pen.choose((1, 1, 2)))


def add_teleporters(pen: Pen) -> None:
    """Add a pair of teleporters, unless there are some."""
    if not pen.find("123"):
        pen.scatter("3", 2)


def add_terrain(pen: Pen) -> None:
    """Add patches of terrain or ice."""
    pen.blobs(pen.choose((",", ":", "%", "~", "I", ",:%~")), pen.number(0.05, 0.4))


def add_lava(pen: Pen) -> None:
    """Add a few cells of lava."""
    pen.scatter(LAVA, pen.whole(1, max(1, pen.height * pen.width // 15)))


def add_guard(pen: Pen) -> None:
    """Add a guard, unless there are boxes."""
    if not pen.find(BOX):
        pen.scatter(PATROL, 1)


def add_key(pen: Pen) -> None:
    """Add a locked door in a narrow place and a key, unless there are some."""
    narrow = [
        cell for cell in pen.find() if sum(pen[near] == WALL for near in pen.around(cell)) == 2
    ]
    if narrow and not pen.find("abcd"):
        pen[pen.choose(narrow)] = "A"
        pen.scatter("a", 1)


ADDITIONS = (add_coins, add_teleporters, add_terrain, add_terrain, add_lava, add_guard, add_key)

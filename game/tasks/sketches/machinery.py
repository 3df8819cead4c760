"""Sketches with moving parts: conveyors, guards, hunters, boxes, treasure, and a salad of tiles."""

from __future__ import annotations

from game.tasks.sketches.indoors import rooms
from game.tasks.sketches.outdoors import garden, meadow
from game.tasks.sketches.pen import Pen
from game.text.level import ENDS_BOXES
from game.text.tiles import (
    BOX,
    COIN,
    FLOOR,
    GATE,
    HUNTER,
    LAVA,
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


def hunters(pen: Pen) -> None:
    """Draw a yard with pillars to hide behind, and a hunter."""
    spacing = pen.choose((2, 2, 3))
    for r in range(1, pen.height - 1, spacing):
        for c in range(1, pen.width - 1, spacing):
            if pen.chance(0.75):
                pen[r, c] = WALL
            if pen.chance(0.2):
                pen[pen.choose(pen.around((r, c)))] = WALL
    start = pen.corner_of(pen.find())
    distance = pen.reached(start)
    far = [cell for cell, steps in distance.items() if steps >= 0.6 * max(distance.values())]
    pen.starts = [start]
    pen[pen.choose(far)] = HUNTER


def treasure(pen: Pen) -> None:
    """Draw rooms, a meadow or a garden with a few coins."""
    pen.choose((rooms, meadow, garden))(pen)
    pen.scatter(COIN, pen.whole(1, 3))


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
    pen.goals = pen.find(TARGET)


# tiles that a salad takes together
_GROUPS = (*",:%~IILLL^v<>oMH", "aA", "bB", "11", "22", "!=", "$")


def salad(pen: Pen) -> None:
    """Draw tiles of all kinds at random, a few kinds at a time."""
    kinds = pen.some(_GROUPS, pen.whole(1, 7))
    area = pen.height * pen.width
    if {BOX} & {*kinds}:  # boxes and opponents do not go together
        kinds = [kind for kind in kinds if kind not in (PATROL, HUNTER)]
    pen.scatter(WALL, int(pen.number(0, 0.3) * area))
    for kind in kinds:
        if kind in ("o", "M", "H", "$"):
            pen.scatter(kind, pen.choose((1, 1, 2)) if kind != HUNTER else 1)
        elif len(kind) == 2:
            for tile in kind:
                pen.scatter(tile, 1)
        else:
            pen.scatter(kind, pen.whole(1, max(1, area // 6)))

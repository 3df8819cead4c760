"""Sketches of buildings: corridors, rooms, keys and doors, shelves, letters."""

from __future__ import annotations

from itertools import pairwise

from game.tasks.sketches.pen import SIDES, Pen, Room
from game.text.level import Cell
from game.text.tiles import BOX, FLOOR, GATE, SWITCH, WALL

KEYS = "abcd"


def hall(pen: Pen) -> None:
    """Draw an open hall with some pillars or walls that stand free."""
    for _ in range(pen.whole(0, pen.height * pen.width // 15)):
        cell = pen.choose(pen.find())
        direction = pen.choose(SIDES)
        for i in range(pen.choose((1, 1, 2, 3, 4))):
            other = cell[0] + i * direction[0], cell[1] + i * direction[1]
            if pen.has(other):
                pen[other] = WALL


def corridors(pen: Pen) -> None:
    """Draw corridors that turn and branch between solid walls."""
    pen.fill(WALL)
    end = pen.whole(0, pen.height - 1), pen.whole(0, pen.width - 1)
    pen[end] = FLOOR
    for _ in range(pen.whole(4, 6 + (pen.height * pen.width) // 12)):
        here = end if pen.chance(0.7) else pen.choose(pen.find())
        end = pen.whole(0, pen.height - 1), pen.whole(0, pen.width - 1)
        end = (here[0], end[1]) if pen.chance(0.5) else (end[0], here[1])
        pen.line(pen.path(here, end))


def spiral(pen: Pen) -> None:
    """Draw one long corridor that winds into the middle."""
    pen.fill(WALL)
    top, left, bottom, right = pen.whole_map
    here: Cell = (top, left)
    pen[here] = FLOOR
    while True:
        before = here
        for corner in ((here[0], right), (bottom, right), (bottom, left), (top + 2, left)):
            if corner[0] < top or corner[1] < left or bottom < top or right < left:
                break
            pen.line(pen.path(here, corner))
            here = corner
        top, left, bottom, right = top + 2, left + 2, bottom - 2, right - 2
        if bottom < top or right < left or here == before:
            break
        pen.line(pen.path(here, (top, left)))
        here = (top, left)
    pen.starts, pen.goals = [(0, 0)], [here]
    if pen.chance(0.5):
        pen.starts, pen.goals = pen.goals, pen.starts


def rooms(pen: Pen) -> None:
    """Draw rooms with doorways between them."""
    for door in _split_rooms(pen):
        pen[door] = FLOOR
    for _ in range(pen.whole(0, 3)):
        _open_wall(pen)


def keys(pen: Pen) -> None:
    """Draw rooms whose doors are locked, with each key behind the door before."""
    doors = _split_rooms(pen)
    start = pen.choose(pen.find())
    pen.starts = [start]
    inside = _lock(pen, doors, start, pen.whole(1, min(len(KEYS), len(doors))))
    pen.goals = [cell for cell in inside if pen[cell] == FLOOR]


def _lock(pen: Pen, doors: list[Cell], start: Cell, n: int) -> list[Cell]:
    """Lock n of the doors, with keys in a chain, and return the cells behind the last of them."""
    locked = pen.some(doors, n)
    for door in doors:
        pen[door] = WALL if door in locked else FLOOR
    inside = list(pen.reached(start))
    new = inside
    for key in KEYS:
        ahead = [door for door in locked if any(cell in inside for cell in pen.around(door))]
        floor = [cell for cell in new if pen[cell] == FLOOR and cell != start]
        if not ahead or not floor:
            break
        door = pen.choose(ahead)
        locked.remove(door)
        pen[pen.choose(floor)] = key
        pen[door] = key.upper()
        around = set(inside)
        inside = list(pen.reached(start))
        new = [cell for cell in inside if cell not in around]
    return new


def gates(pen: Pen) -> None:
    """Draw rooms behind gates that a switch opens."""
    doors = _split_rooms(pen)
    start = pen.choose(pen.find())
    pen.starts = [start]
    closed = pen.some(doors, pen.whole(1, 2))
    for door in doors:
        pen[door] = WALL if door in closed else FLOOR
    inside = pen.reached(start)
    floor = [cell for cell in inside if pen[cell] == FLOOR and cell != start]
    for cell in pen.some(floor, pen.choose((1, 1, 1, 2))):
        pen[cell] = SWITCH
    for door in closed:
        pen[door] = GATE
    pen.goals = [cell for cell in pen.reached(start) if cell not in inside and pen[cell] == FLOOR]


def teleporters(pen: Pen) -> None:
    """Draw rooms without doors that teleporters join."""
    doors = _split_rooms(pen)
    for door in doors:
        pen[door] = FLOOR if pen.chance(0.4) else WALL
    left = set(pen.find())
    parts = []
    while left:
        part = [cell for cell in pen.reached(min(left)) if cell in left]
        left -= {*part}
        parts.append(part)
    parts = [part for part in pen.shuffled(parts) if len(part) > 1]
    for digit, joined in zip("123456789", pairwise(parts)):
        for part in joined:
            free = [cell for cell in part if pen[cell] == FLOOR]
            pen[pen.choose(free or part)] = digit
    if parts:
        pen.starts, pen.goals = parts[0], parts[-1]


def warehouse(pen: Pen) -> None:
    """Draw rows of shelves with aisles between them, and a box in the way now and then."""
    length, gap = pen.whole(1, 4), pen.choose((1, 1, 2))
    depth = pen.choose((1, 1, 2))
    offset = pen.choose((0, 1, 1))
    for r in range(offset, pen.height, depth + gap):
        for c in range(offset, pen.width, length + 1):
            if pen.chance(0.92):
                pen.room((r, c, r + depth - 1, c + length - 1), WALL)
    if pen.height * pen.width < 50 and pen.chance(0.5):
        pen.scatter(BOX, 1)


def village(pen: Pen) -> None:
    """Draw houses with a doorway each, and the goal in one, which is locked now and then."""
    if pen.chance(0.5):
        pen.blobs(pen.choose((",", ",:", "~")), pen.number(0.1, 0.4))
    for _ in range(pen.whole(2, 2 + pen.height * pen.width // 40)):
        height, width = pen.whole(3, 4), pen.whole(3, 5)
        top, left = pen.whole(0, pen.height - height), pen.whole(0, pen.width - width)
        room = (top, left, top + height - 1, left + width - 1)
        if not any(pen[cell] == WALL for cell in pen.inside(room)):
            pen.goals = _house(pen, room)
    if pen.chance(0.4):
        doors = {near for cell in pen.goals for near in pen.around(cell) if pen[near] == FLOOR}
        elsewhere = [cell for cell in pen.find() if cell not in {*doors, *pen.goals}]
        if elsewhere:
            pen.line(doors - {*pen.goals}, "A")
            pen[pen.choose(elsewhere)] = "a"


def _house(pen: Pen, room: Room) -> list[Cell]:
    """Draw the walls of a house with a doorway, and return the cells inside."""
    top, left, bottom, right = room
    pen.room(room, WALL)
    inside = (top + 1, left + 1, bottom - 1, right - 1)
    pen.room(inside)
    sides = {near for cell in pen.inside(inside) for near in pen.around(cell)}
    doors = [
        cell
        for cell in pen.outline(room)
        if cell in sides and any(near not in pen.inside(room) for near in pen.around(cell))
    ]
    pen[pen.choose(doors)] = FLOOR
    return pen.inside(inside)


def castle(pen: Pen) -> None:
    """Draw walls within walls, each with a gate or two, around a keep."""
    tile = pen.choose((WALL, WALL, WALL, "~", "L"))
    top, left, bottom, right = pen.whole_map
    gap = pen.choose((1, 1, 2))
    while min(bottom - top, right - left) >= 2 * gap + 2:
        top, left, bottom, right = top + gap, left + gap, bottom - gap, right - gap
        ring = pen.outline((top, left, bottom, right))
        pen.line(ring, tile)
        sides = [cell for cell in ring if (cell[0] in (top, bottom)) != (cell[1] in (left, right))]
        pen.line(pen.some(sides, pen.choose((1, 1, 2))), FLOOR)
        top, left, bottom, right = top + 1, left + 1, bottom - 1, right - 1
    pen.goals = [cell for cell in pen.inside((top, left, bottom, right)) if pen[cell] == FLOOR]
    outside = [cell for cell in pen.outline(pen.whole_map) if pen[cell] == FLOOR]
    pen.starts = outside
    if pen.chance(0.2):
        pen.starts, pen.goals = pen.goals, pen.starts


# 3 x 5 letters; a blank is open
_FONT = {
    "A": "010101111101101",
    "C": "111100100100111",
    "E": "111100110100111",
    "F": "111100110100100",
    "H": "101101111101101",
    "I": "111010010010111",
    "J": "001001001101111",
    "K": "101101110101101",
    "L": "100100100100111",
    "N": "111101101101101",
    "O": "111101101101111",
    "P": "111101111100100",
    "S": "111100111001111",
    "T": "111010010010010",
    "U": "101101101101111",
    "X": "101101010101101",
    "Y": "101101010010010",
    "Z": "111001010100111",
}


def letters(pen: Pen) -> None:
    """Draw letters of walls or terrain."""
    tile = pen.choose((WALL, WALL, WALL, "~", "%", ",", "L", "I"))
    top = pen.whole(0, 1) if pen.height > 5 else 0
    for r in range(top, pen.height - 4, 6):
        for c in range(pen.whole(0, 1), pen.width - 2, 4):
            _letter(pen, (r, c), tile)


def _letter(pen: Pen, corner: Cell, tile: str) -> None:
    """Draw a random letter with its top left at a cell."""
    bits = _FONT[pen.choose(sorted(_FONT))]
    for i, bit in enumerate(bits):
        if bit == "1":
            pen[corner[0] + i // 3, corner[1] + i % 3] = tile


# --- shared parts ------------------------------------------------------------------------------


def _split_rooms(pen: Pen) -> list[Cell]:
    """Divide the map into rooms by walls, and return the places of the doors that join all of them
    in one way. The doors are walls yet."""
    doors: list[Cell] = []
    least = min(pen.choose((2, 2, 3, 4)), (max(pen.height, pen.width) - 1) // 2)

    def split(room: Room) -> None:
        top, left, bottom, right = room
        height, width = bottom - top + 1, right - left + 1
        across = height > width if height != width else pen.chance(0.5)
        length = height if across else width
        if length < 2 * least + 1 or (doors and length < 4 * least and pen.chance(0.25)):
            return
        at = (top if across else left) + pen.whole(least, length - least - 1)
        if across:
            pen.room((at, left, at, right), WALL)
            parts = [(top, left, at - 1, right), (at + 1, left, bottom, right)]
            places = [(at, c) for c in range(left, right + 1)]
        else:
            pen.room((top, at, bottom, at), WALL)
            parts = [(top, left, bottom, at - 1), (top, at + 1, bottom, right)]
            places = [(r, at) for r in range(top, bottom + 1)]
        for part in parts:
            split(part)
        free = [cell for cell in places if sum(pen[near] == WALL for near in pen.around(cell)) <= 2]
        sides = [cell for cell in free if _joins(pen, cell, across)]
        if sides:
            doors.append(pen.choose(sides))

    split(pen.whole_map)
    return doors


def _joins(pen: Pen, cell: Cell, across: bool) -> bool:
    """Return whether both sides of a wall are open at a cell."""
    dr, dc = (1, 0) if across else (0, 1)
    sides = [(cell[0] + dr, cell[1] + dc), (cell[0] - dr, cell[1] - dc)]
    return all(pen.has(side) and pen[side] == FLOOR for side in sides)


def _open_wall(pen: Pen) -> None:
    """Open a wall between two open cells, so that there are two ways."""
    walls = [cell for cell in pen.find(WALL) if _joins(pen, cell, True) or _joins(pen, cell, False)]
    if walls:
        pen[pen.choose(walls)] = FLOOR

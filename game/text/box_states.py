"""The number of states of a puzzle of boxes, counted without visiting each of them.

Where the map has nothing but walls, ground, starts, targets and boxes, the agent reaches every cell
of a region between the boxes. It is enough to search the pushes, with sets of cells as bits.
"""

from __future__ import annotations

from game.text.level import ENDS_BOXES, Cell, Level
from game.text.tiles import BOXES, GROUND, STARTS, TARGETS, WALL
from game.text.walking import start_cells

_SIMPLE = {WALL, *GROUND, *STARTS, *TARGETS, *BOXES}


def has_more_box_states(level: Level, limit: int) -> bool:
    """Whether a level is such a puzzle, and surely has over `limit` states that can be reached."""
    if not level.has(BOXES) or not is_simple(level):
        return False
    return count_box_states(level, limit) > limit


def is_simple(level: Level) -> bool:
    """Whether the level is such a puzzle: the agent can go wherever there is no wall or box."""
    certain_wind = level.wind_chance == 1
    return set("".join(level.tiles)) <= _SIMPLE and not level.candidates and not certain_wind


def count_box_states(level: Level, limit: int) -> int:
    """Return the number of states that can be reached, or some number over `limit`.

    A state is the agent's cell and the cells of all boxes. The episode ends in a solved one, if
    the level ends so. Only for levels that `is_simple` allows.
    """
    wide = level.width + 1  # with a column of walls, so that no row runs over into the next one
    shifts = (1, -1, wide, -wide)

    def bits(cells: list[Cell]) -> int:
        return sum(1 << row * wide + column for row, column in cells)

    room = bits([c for c in level.find(*_SIMPLE) if level.tiles[c[0]][c[1]] != WALL])
    targets = bits(level.find(*TARGETS))
    ends = level.ends == ENDS_BOXES
    boxes = bits(level.find(*BOXES))
    found: dict[int, list[int]] = {}  # regions by the cells of the boxes
    queue: list[tuple[int, int]] = []
    states = 0

    def enter(boxes: int, agent: int) -> None:
        nonlocal states
        regions = found.setdefault(boxes, [])
        if any(agent & region for region in regions):
            return
        region = agent
        if not ends or boxes & ~targets:
            region = _flooded(agent, room & ~boxes, wide)
            queue.append((boxes, region))
        regions.append(region)
        states += region.bit_count()

    for cell in start_cells(level):
        enter(boxes, bits([cell]))
    while queue and states <= limit:
        boxes, region = queue.pop()
        for shift in shifts:
            pushed = boxes & _moved(region, shift)
            onto = _moved(pushed, shift) & room & ~boxes
            while onto and states <= limit:
                there = onto & -onto
                onto ^= there
                here = _moved(there, -shift)
                enter(boxes ^ here ^ there, here)
    return states


def _moved(cells: int, shift: int) -> int:
    return cells << shift if shift > 0 else cells >> -shift


def _flooded(cells: int, room: int, wide: int) -> int:
    """All cells of the room that can be reached from these."""
    while True:
        wider = (cells | cells << 1 | cells >> 1 | cells << wide | cells >> wide) & room
        if wider == cells:
            return cells
        cells = wider

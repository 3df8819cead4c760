"""From a drawn map to a level: its border, starts and goals, its rules, and a turn of the whole."""

from __future__ import annotations

from dataclasses import replace

from game.tasks.sketches.house_rules import Line, draw_rules, fields_of
from game.tasks.sketches.pen import Dice, Pen
from game.text.flood import reachable
from game.text.level import ANY, ENDS_BOXES, MIRROR, ROTATE, Cell, Level
from game.text.tiles import BOX, BY_CHAR, CANDIDATE, FLOOR, GATE, GOAL, GROUND, START, WALL
from game.text.variants import mirrored, rotated

FEWEST_MOVES = 3  # from a start to a goal, unless the sketch says where both are
MOST_CANDIDATES = 60


def finish(pen: Pen) -> Level | None:
    """Return the level family of a drawn map. None where it has no room for a start or a goal."""
    _crop(pen)
    if pen.chance(0.85):
        _frame(pen)
    solved_by_boxes = ("ends", ENDS_BOXES) in pen.lines
    start = _place_start(pen)
    if start is None:
        return None
    distance = _distances(pen, start)
    far = _far_cells(pen, distance)
    if not far:
        return None
    lines: list[Line] = []
    if not solved_by_boxes:
        lines = _place_goals(pen, far)
        lines += _more_starts(pen, start, [*pen.lines, *lines])
    moves = max(distance[cell] for cell in far)
    if solved_by_boxes:
        moves *= 2
    rules = draw_rules(pen, moves, moves * _usual_cost(pen))
    fields = fields_of([*rules, *lines, *pen.lines])
    return _turn(pen, Level(pen.rows, **fields))


def _crop(pen: Pen) -> None:
    """Cut off what is solid wall outside of the drawing."""
    drawn = [cell for row in range(pen.height) for cell in _open_cells(pen, row)]
    if not drawn:
        return
    columns = [column for _, column in drawn]
    top, bottom, left, right = drawn[0][0], drawn[-1][0], min(columns), max(columns)
    _replace_grid(pen, [row[left : right + 1] for row in pen.grid[top : bottom + 1]], -top, -left)


def _open_cells(pen: Pen, row: int) -> list[Cell]:
    """Return the cells of a row that are no walls."""
    return [(row, column) for column, tile in enumerate(pen.grid[row]) if tile != WALL]


def _frame(pen: Pen) -> None:
    """Put a border of walls around the map."""
    wide = [WALL] * (pen.width + 2)
    _replace_grid(pen, [wide, *([WALL, *row, WALL] for row in pen.grid), list(wide)], 1, 1)


def _replace_grid(pen: Pen, grid: list[list[str]], down: int, right: int) -> None:
    """Give the pen another grid, in which everything has moved down and right so far."""
    pen.grid, pen.height, pen.width = grid, len(grid), len(grid[0])
    pen.starts = [(r + down, c + right) for r, c in pen.starts]
    pen.goals = [(r + down, c + right) for r, c in pen.goals]


def _place_start(pen: Pen) -> Cell | None:
    """Put a start where the sketch intends it, or in a corner, or anywhere, and return its cell."""
    cells = [cell for cell in pen.starts if pen[cell] in GROUND] or pen.find(FLOOR)
    if not cells:
        return None
    start = pen.choose(cells) if pen.starts or pen.chance(0.5) else pen.corner_of(cells)
    pen[start] = START
    return start


def _distances(pen: Pen, start: Cell) -> dict[Cell, int]:
    """Return the moves from the start to each cell: a guess where boxes or gates are in the way."""
    if pen.find(BOX + GATE):
        return {cell: moves * 3 // 2 for cell, moves in pen.reached(start).items()}
    return reachable(Level(pen.rows, **fields_of(pen.lines)), start)


def _far_cells(pen: Pen, distance: dict[Cell, int]) -> list[Cell]:
    """Return the cells for the goal: far from the start, and where the sketch intends them."""
    intended = [cell for cell in pen.goals if distance.get(cell, 0) and pen[cell] in GROUND]
    if intended:
        return intended
    floor = [cell for cell in distance if pen[cell] == FLOOR and distance[cell] >= FEWEST_MOVES]
    if not floor:
        return []
    least = pen.number(0.3, 0.8) * max(distance[cell] for cell in floor)
    return [cell for cell in floor if distance[cell] >= least]


def _place_goals(pen: Pen, far: list[Cell]) -> list[Line]:
    """Put goals or candidates on some of the cells; return header lines that say which it is."""
    if pen.chance(0.3):
        goals = pen.some(far, pen.choose((1, 1, 1, 1, 2, 3)))
        pen.line(goals, GOAL)
        if len(goals) == 1 or pen.chance(0.6):
            return [("goal", "visible")]
        pen[goals[0]] = "w"
        return [("goal", "visible"), ("legend", f"w = {GOAL} pays={pen.choose((0.2, 0.5, 2))}")]
    if pen.chance(0.5):
        pen[pen.choose(far)] = GOAL
        return []
    most = len(far) if pen.chance(0.3) else 8
    chosen = pen.some(far, min(most, MOST_CANDIDATES, pen.whole(2, max(2, most))))
    for cell in chosen:
        pen[cell] = CANDIDATE
    return []


def _more_starts(pen: Pen, start: Cell, lines: list[Line]) -> list[Line]:
    """Now and then start on any ground, or on further cells that lead to all goals; return header
    lines."""
    if pen.chance(0.9):
        return []
    if pen.find(BOX):
        return []
    if pen.chance(0.3):
        pen[start] = FLOOR
        return [("starts", ANY)]
    goals = {*pen.find(GOAL + CANDIDATE)}
    level = Level(pen.rows, **fields_of([*lines, ("ends", "never")]))
    if goals <= reachable(level, start).keys():
        for cell in pen.some(pen.find(FLOOR), pen.whole(1, 3)):
            if goals <= reachable(level, cell).keys():
                pen[cell] = START
    return []


def _usual_cost(pen: Pen) -> float:
    """Return the mean cost of the ground, in which a way goes around some of what is dear."""
    costs = [BY_CHAR[tile].cost for row in pen.grid for tile in row if tile in GROUND]
    return (1 + sum(costs) / len(costs)) / 2 if costs else 1.0


def _turn(dice: Dice, level: Level) -> Level:
    """Return the level turned and mirrored at random. One in eight leaves that to its tasks."""
    for _ in range(dice.whole(0, 3)):
        level = rotated(level)
    if dice.chance(0.5):
        level = mirrored(level)
    if dice.chance(0.12):
        level = replace(level, vary=dice.choose(((MIRROR,), (ROTATE,), (MIRROR, ROTATE))))
    return level

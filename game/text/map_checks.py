"""Checks of a map: known tiles, a start, a goal, and a way from one to the other."""

from __future__ import annotations

from game.text.box_states import has_more_box_states
from game.text.dialects.foreign_map import Report
from game.text.guesses import count_unknown, counted, tile_meant, times
from game.text.level import ANY, ENDS_BOXES, MAX_BOXES, MAX_STATES, Level, Problem
from game.text.tiles import (
    BOX,
    BOXES,
    BY_CHAR,
    CANDIDATE,
    GOAL,
    OPPONENTS,
    START,
    TARGET,
    TARGETS,
)
from game.text.values import quote
from game.text.walking import (
    Graph,
    explore,
    goal_nodes,
    leading_to,
    predecessors,
    start_cells,
)
from game.text.world_checks import check_world

PUT_START = f"put '{START}' where the episode begins"  # what to do about parts that are missing
PUT_GOAL = f"put '{GOAL}' at the goal, or '{CANDIDATE}' at each cell where it may be"
PUT_BOX = f"put '{BOX}' where a box is"
PUT_TARGETS = f"put '{TARGET}' where the boxes belong"
_PARTS = {
    PUT_START: f"a start '{START}'",
    PUT_GOAL: f"a goal '{GOAL}' or several candidates '{CANDIDATE}'",
    PUT_BOX: f"a box '{BOX}'",
    PUT_TARGETS: f"a target '{TARGET}' for each box",
}


def missing_part(problem: Problem) -> str:
    """Return which part of a level is still missing, as "a start '@'".

    Return "" for a problem with something that is there.
    """
    return next((part for todo, part in _PARTS.items() if problem.todo.startswith(todo)), "")


def check_map(level: Level, first: int, report: Report, whole: bool = True) -> Graph | None:
    """Report what a map lacks whose first row is on line `first`.

    Return the graph of what can be reached from the starts. It is None where there is a problem,
    where the map is not `whole` as problems are known already, where it is larger than that of any
    level may be, and where the level has a world of its own.
    """
    if level.world:
        check_world(level, level.world, first, report)
    if "world" in level.places:  # or its line has a fault
        return None
    whole &= _check_ends(level, first, report)
    if not ((whole or not level.starts) and _check_starts(level, first, report) and whole):
        return None
    if has_more_box_states(level, MAX_STATES):
        return None
    graph = explore(level, start_cells(level))
    if len(graph) > MAX_STATES:
        return None
    return graph if _check_reach(level, graph, first, report) else None


def check_tiles(level: Level, first: int, report: Report) -> bool:
    """Whether the map has only known characters, and at most two of each teleporter.

    A character whose legend line has a fault is unknown, but only that fault is reported.
    """
    unknown = count_unknown(level.rows, {*BY_CHAR, *(one.char for one in level.legend)})
    for char, (i, j, number) in unknown.items():
        if f"legend {char}" in level.places:
            continue
        if char == "\t":
            what, todo = "a tab", "use spaces: each is one tile of floor"
        else:
            what, todo = f"unknown tile {quote(char)}", tile_meant(char)
        report(first + i, j + 1, what + times(number), todo)
    whole = not unknown
    for char, tile in BY_CHAR.items():
        if tile.effect == "teleporter" and len(cells := level.find(char)) > 2:
            row, column = cells[2]
            todo = "use another digit: two of each are a pair"
            report(first + row, column + 1, f"a third teleporter '{char}'", todo)
            whole = False
    return whole


def _check_ends(level: Level, first: int, report: Report) -> bool:
    """Whether the map has a goal, or the boxes and targets that `ends: boxes` takes."""
    whole = _check_candidates(level, first, report)
    if level.ends == ENDS_BOXES:
        return whole & _check_boxes(level, first, report)
    if not level.has((GOAL, CANDIDATE)):
        whole = False
        todo = PUT_GOAL
        if level.has(BOXES):
            todo += f", or write 'ends: {ENDS_BOXES}'"
        report(first, 1, "no goal", todo)
    return whole & _check_company(level, first, report)


def _check_candidates(level: Level, first: int, report: Report) -> bool:
    """Whether the cells that the header lists are on the map."""
    outside = [(r, c) for r, c in level.candidates if r >= level.height or c >= level.width]
    for row, column in outside:
        what = f"the candidate {row + 1},{column + 1} is outside the map"
        line = level.places.get(f"candidates {row + 1}", first)
        report(line, 1, what, "name another cell: row and column, from 1")
    return not outside


def _check_boxes(level: Level, first: int, report: Report) -> bool:
    """Whether a map has all that `ends: boxes` takes."""
    line = level.places.get("ends", first)
    boxes, targets = level.find(*BOXES), level.find(*TARGETS)
    whole = True
    for row, column in level.find(GOAL, CANDIDATE)[:1]:
        what = f"'{level.tiles[row][column]}' on a map that has 'ends: {ENDS_BOXES}'"
        report(first + row, column + 1, what, f"use a target '{TARGET}', or another 'ends:'")
        whole = False
    if not boxes:
        report(line, 1, f"'ends: {ENDS_BOXES}', and no box on the map", PUT_BOX)
    elif len(targets) < len(boxes):
        row, column = boxes[len(targets)]
        what = f"{counted(len(boxes), 'box', 'es')}, and {counted(len(targets), 'target')}"
        report(first + row, column + 1, what, PUT_TARGETS)
    elif {*boxes} <= {*targets}:
        row, column = boxes[0]
        todo = f"put a box '{BOX}' on floor"
        report(first + row, column + 1, "all boxes stand on targets at the start", todo)
    else:
        return whole & _check_company(level, first, report)
    return False


def _check_company(level: Level, first: int, report: Report) -> bool:
    """Whether the map has at most MAX_BOXES boxes, and no opponents beside them."""
    boxes, opponents = level.find(*BOXES), level.find(*OPPONENTS)
    if len(boxes) > MAX_BOXES:
        row, column = boxes[MAX_BOXES]
        report(first + row, column + 1, f"{len(boxes):,} boxes", f"use at most {MAX_BOXES}")
        return False
    if not (boxes and opponents):
        return True
    row, column = opponents[0]
    report(first + row, column + 1, "an opponent on a map with boxes", "remove one or the other")
    return False


def _check_starts(level: Level, first: int, report: Report) -> bool:
    """Whether the episodes have a start, on the map or as the header says."""
    marked = level.marked_starts()
    if not level.starts:
        if not marked:
            report(first, 1, "no start", PUT_START)
        return bool(marked)
    line = level.places.get("starts", first)
    for row, column in marked[:1]:
        what = f"a start on the map, and the header has 'starts: {ANY}' (line {line})"
        report(first + row, column + 1, what, "remove one or the other")
        return False
    if not start_cells(level):
        what = "there is no cell from which every goal can be reached"
        report(line, 1, what, "open ways to the goals, or put '@' where the episode begins")
        return False
    return True


def _check_reach(level: Level, graph: Graph, first: int, report: Report) -> bool:
    """Whether some goal or candidate can be reached from each start, even by chance."""
    leading = leading_to(predecessors(graph), goal_nodes(level, graph))
    lost = [node for node, (distance, _) in graph.items() if not distance and node not in leading]
    for node in lost:
        what, todo = "no goal can be reached from this start", _OPEN
        if level.ends == ENDS_BOXES:
            what, todo = "the boxes cannot be pushed to targets from this start", _MOVE
        report(first + node.row, node.column + 1, what, todo)
    return not lost


_OPEN = "open a way to it through the walls"
_MOVE = "move a box or a target, or open a way"

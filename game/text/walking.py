"""Which cells of a map can be reached, and the cells of its starts; opponents are ignored.

This walker knows doors, keys, one-way tiles, teleporters, boxes, switches and gates by itself,
since text may not use the rules of `game.world`; a test compares both on every state of many random
levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from game.text.level import ANY, ENDS_BOXES, MAX_STATES, WINDS, Cell, Level
from game.text.tiles import (
    BOXABLE,
    BOXES,
    BY_CHAR,
    CANDIDATE,
    DIRECTIONS,
    GATE,
    GOAL,
    GROUND,
    ICE,
    LAVA,
    SWITCH,
    TARGETS,
    Tile,
)


class Node(NamedTuple):
    """The agent's cell, and all that it has changed on the map."""

    row: int
    column: int
    keys: str = ""  # held, in order
    boxes: frozenset[Cell] = frozenset()
    gates_open: bool = False


Graph = dict[Node, tuple[int, list[Node]]]  # distance and exits of each node that can be reached
MOST_VISITS = 1_000_000  # nodes that `reached_by_start` visits
BACK = dict(zip(DIRECTIONS, ("down", "up", "right", "left")))  # the opposite move
_STEPS = dict(zip(DIRECTIONS, ((-1, 0), (1, 0), (0, -1), (0, 1))))


def explore(level: Level, starts: Iterable[Cell], most: int = MAX_STATES) -> Graph:
    """Nodes that can be reached, in the order of their distance, with distance and exits.

    The search ends once it has found more than `most` nodes.
    """
    boxes = frozenset(level.find(*BOXES))
    distance = dict.fromkeys((Node(r, c, "", boxes) for r, c in starts), 0)
    found: Graph = {}
    exits_of = exits_from(level)
    queue = list(distance)
    for node in queue:
        if len(found) > most:
            break
        exits = exits_of(node)
        found[node] = distance[node], exits
        for ahead in exits:
            if ahead not in distance:
                distance[ahead] = distance[node] + 1
                queue.append(ahead)
    return found


# --- starts and goals --------------------------------------------------------------------------


def start_cells(level: Level) -> list[Cell]:
    """The cells in which an episode may start, in reading order.

    With `starts: any` these are all cells of ground and ice from which every candidate can be
    reached, or some goal where there is no candidate. All cells of ground and ice are returned
    where the search is too large: then so is the number of states. A wind that is drawn makes no
    difference: all tasks have the same starts.
    """
    if level.starts != ANY:
        return level.marked_starts()
    return list(_any_starts(_with_all_candidates(level.shown or level)))


@lru_cache(maxsize=64)
def _any_starts(level: Level) -> tuple[Cell, ...]:
    cells = level.find(*GROUND, ICE)
    if level.ends != ENDS_BOXES and not level.has((GOAL, CANDIDATE)):
        return tuple(cells)  # as a level looks whose goal is hidden
    graph = explore(level, cells)
    if len(graph) > MAX_STATES:
        return tuple(cells)
    groups = goal_groups(level, graph)
    reached = _reached_groups(graph, groups)
    wanted = (1 << max(1, len(groups))) - 1
    firsts = {node[:2]: node for node in reversed(graph) if not graph[node][0]}
    return tuple(cell for cell in cells if reached[firsts[cell]] == wanted)


def _with_all_candidates(level: Level) -> Level:
    """The level before its goal was drawn, for which only walking matters."""
    grid = [list(row) for row in level.rows]
    for row, column in level.candidates:
        grid[row][column] = CANDIDATE
    return replace(level, rows=tuple("".join(row) for row in grid))


def _reached_groups(graph: Graph, groups: list[list[Node]]) -> dict[Node, int]:
    """The bit set of the groups of which each node leads to a node.

    Nodes that lead to each other are found together, after all that they lead to (Tarjan 1972).
    """
    own = dict.fromkeys(graph, 0)
    for bit, group in enumerate(groups):
        for node in group:
            own[node] |= 1 << bit
    reached: dict[Node, int] = {}
    order: dict[Node, int] = {}
    lowest: dict[Node, int] = {}  # in the order, of the nodes that each is known to lead to
    for first in graph:
        calls = [] if first in order else [(first, iter(graph[first][1]))]
        pending = [node for node, _ in calls]
        for node in pending:
            order[node] = lowest[node] = len(order)
        while calls:
            node, exits = calls[-1]
            ahead = next(exits, None)
            if ahead is None:
                calls.pop()
                if calls:
                    before = calls[-1][0]
                    lowest[before] = min(lowest[before], lowest[node])
                if lowest[node] == order[node]:
                    group = [pending.pop()]
                    while group[-1] != node:
                        group.append(pending.pop())
                    _settle_group(graph, own, group, reached)
            elif ahead not in order:
                order[ahead] = lowest[ahead] = len(order)
                pending.append(ahead)
                calls.append((ahead, iter(graph[ahead][1])))
            elif ahead not in reached:
                lowest[node] = min(lowest[node], order[ahead])
    return reached


def _settle_group(
    graph: Graph, own: dict[Node, int], group: list[Node], reached: dict[Node, int]
) -> None:
    """Set what the nodes of a group, which lead to each other, reach."""
    bits = 0
    for node in group:
        bits |= own[node]
        for ahead in graph[node][1]:
            bits |= reached.get(ahead, 0)
    reached.update(dict.fromkeys(group, bits))


def goal_groups(level: Level, graph: Graph) -> list[list[Node]]:
    """The nodes of each candidate; without candidates, those of all goals.

    With `ends: boxes` these are the nodes in which all boxes stand on targets.
    """
    candidates: dict[Cell, list[Node]] = {cell: [] for cell in level.find(CANDIDATE)}
    goals, is_goal = [], goal_test(level)
    for node in graph:
        if node[:2] in candidates:
            candidates[node[:2]].append(node)
        elif is_goal(node):
            goals.append(node)
    return list(candidates.values()) or [goals]


def goal_nodes(level: Level, graph: Graph) -> list[Node]:
    """The nodes of all goals and candidates."""
    is_goal, candidates = goal_test(level), set(level.find(CANDIDATE))
    return [node for node in graph if node[:2] in candidates or is_goal(node)]


def leading_to(before: Mapping[Node, list[Node]], targets: Iterable[Node]) -> dict[Node, int]:
    """The nodes that lead to one of the targets, in the order of their distance, with it.

    `before` are the `predecessors` of each node.
    """
    distance = dict.fromkeys(targets, 0)
    queue = list(distance)
    for node in queue:
        for one in before.get(node, ()):
            if one not in distance:
                distance[one] = distance[node] + 1
                queue.append(one)
    return distance


def predecessors(graph: Graph) -> dict[Node, list[Node]]:
    """The nodes from which one move may lead to each node."""
    before: dict[Node, list[Node]] = {}
    for node, (_, exits) in graph.items():
        for ahead in exits:
            before.setdefault(ahead, []).append(node)
    return before


def goal_test(level: Level) -> Callable[[Node], bool]:
    """Return whether a node reaches a goal: on `G`, or with all boxes on targets."""
    if level.ends == ENDS_BOXES:
        targets = set(level.find(*TARGETS))
        return lambda node: node.boxes <= targets
    goals = set(level.find(GOAL))
    return lambda node: node[:2] in goals


def reached_by_start(level: Level) -> Iterator[tuple[list[Cell], set[Cell]]]:
    """Yield groups of starts, each with the cells that can be reached from it.

    Starts that lead to each other, every step of the way back and forth, are a group. Groups that
    take more than MOST_VISITS are left out, as are levels of more than MAX_STATES nodes.
    """
    starts = start_cells(level)
    graph = explore(level, starts)
    first = {node[:2]: node for node in reversed(graph) if not graph[node][0]}
    left, visits = dict.fromkeys(starts), 0
    while left and len(graph) <= MAX_STATES and visits <= MOST_VISITS:
        start = first[next(iter(left))]
        reached = _flood(graph, start, both_ways=False)
        group = [cell for cell in _flood(graph, start, both_ways=True) if cell in left]
        visits += len(reached)
        for cell in group:
            del left[cell]
        yield group, reached


def _flood(graph: Graph, first: Node, both_ways: bool) -> set[Cell]:
    """Return the cells that can be reached, or those by steps that can be taken back at once."""
    seen, queue = {first}, [first]
    for node in queue:
        for ahead in graph[node][1]:
            if ahead not in seen and (not both_ways or node in graph[ahead][1]):
                seen.add(ahead)
                queue.append(ahead)
    return {node[:2] for node in seen if not both_ways or node[2:] == first[2:]}


# --- moves -------------------------------------------------------------------------------------


def exits_from(level: Level) -> Callable[[Node], list[Node]]:
    """Return a function from a node to its exits: where one move may lead.

    A wind that always blows leaves only its own move.
    """
    moves_of, is_over = _static_moves(level), _end_test(level)
    may_hold_box = {*level.find(*BOXABLE)} - {*level.candidates} if level.has(BOXES) else set()
    gates, switches = set(level.find(GATE)), set(level.find(SWITCH))
    switches = switches if gates else set()

    def exits(node: Node) -> list[Node]:
        found: list[Node] = []
        if is_over(node):
            return found
        _, _, keys, boxes, gates_open = node
        for entered, beyond, cell, tile in moves_of(node[:2]):
            held, left, flips = keys, boxes, False
            if tile.effect == "door" and tile.char.lower() not in keys:
                continue
            if gates and not gates_open and entered in gates:
                continue
            if boxes and entered in boxes:
                if beyond not in may_hold_box or beyond in boxes:
                    continue
                if beyond in gates and not gates_open:
                    continue
                left, flips = boxes - {entered} | {beyond}, beyond in switches
            if tile.effect == "key" and tile.char not in keys:
                held = "".join(sorted(keys + tile.char))
            if switches:
                flips ^= entered in switches
            found.append(_node((*cell, held, left, gates_open ^ flips)))
        return found

    return exits


def _node(values: tuple[int, int, str, frozenset[Cell], bool]) -> Node:
    """Return a node; its own constructor takes several times as long."""
    return tuple.__new__(Node, values)


Move = tuple[Cell, Cell, Cell, Tile]  # cell entered, cell beyond it, where it leads, and its tile


def _static_moves(level: Level) -> Callable[[Cell], list[Move]]:
    """Return a function from a cell to the moves out of it that walls and one-way tiles allow."""
    tiles, height, width = level.tiles, level.height, level.width
    certain = WINDS[str(level.wind)] if level.wind_chance == 1 else None
    steps = [(move, *_STEPS[move]) for move in DIRECTIONS if certain in (None, move)]
    twins = {a: b for char in set("".join(tiles)) for a, b in teleporters(level, char)}
    known: dict[Cell, list[Move]] = {}

    def moves_of(cell: Cell) -> list[Move]:
        if cell in known:
            return known[cell]
        row, column = cell
        here = BY_CHAR[tiles[row][column]].effect
        found = known[cell] = []
        for move, down, right in steps:
            r, c = row + down, column + right
            if not (0 <= r < height and 0 <= c < width) or (here in BACK and here != move):
                continue
            tile = BY_CHAR[tiles[r][c]]
            if tile.passable and tile.effect != BACK[move]:
                ahead = (r, c)
                found.append((ahead, (r + down, c + right), twins.get(ahead, ahead), tile))
        return found

    return moves_of


def _end_test(level: Level) -> Callable[[Node], bool]:
    """Return whether the episode is over in a node."""
    ends = set(level.find(LAVA, *([GOAL] if level.ends == "goal" else [])))
    if level.ends != ENDS_BOXES:
        return lambda node: node[:2] in ends
    is_solved = goal_test(level)
    return lambda node: node[:2] in ends or is_solved(node)


def teleporters(level: Level, char: str) -> list[tuple[Cell, Cell]]:
    """(from, to) cells of the teleporters `char`: a pair leads both ways, a single one nowhere."""
    if BY_CHAR[char].effect != "teleporter":
        return []
    cells = level.find(char)
    return list(zip(cells, cells[::-1])) if len(cells) == 2 else []

"""Which cells of a map can be reached, opponents ignored.

This walker knows doors, keys, one-way tiles and teleporters by itself, since text may not use the
rules of `game.world`; a test compares both on every state of many random levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from game.text.level import MAX_STATES, WINDS, Cell, Level
from game.text.tiles import BY_CHAR, DIRECTIONS, START

Node = tuple[int, int, str]  # row, column, keys held
Graph = dict[Node, tuple[int, list[Node]]]  # distance and exits of each node that can be reached
MOST_VISITS = 1_000_000  # nodes that `reached_by_start` visits
_BACK = dict(zip(DIRECTIONS, ("down", "up", "right", "left")))
_STEPS = dict(zip(DIRECTIONS, ((-1, 0), (1, 0), (0, -1), (0, 1))))


def reachable(level: Level, start: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Cells that can be reached from `start`, each with its distance in moves."""
    distance: dict[tuple[int, int], int] = {}
    for (row, column, _), (steps, _) in explore(level, [start]).items():
        distance.setdefault((row, column), steps)
    return distance


def explore(level: Level, starts: list[tuple[int, int]]) -> Graph:
    """Nodes that can be reached, in the order of their distance, with distance and exits.

    The search ends after MAX_STATES nodes.
    """
    distance: dict[Node, int] = dict.fromkeys(((r, c, "") for r, c in starts), 0)
    found: Graph = {}
    exits_of = exits_from(level)
    queue = list(distance)
    for node in queue:
        if len(found) > MAX_STATES:
            break
        exits = exits_of(node)
        found[node] = distance[node], exits
        for ahead in exits:
            if ahead not in distance:
                distance[ahead] = distance[node] + 1
                queue.append(ahead)
    return found


def reached_by_start(level: Level) -> Iterator[tuple[list[Cell], set[Cell]]]:
    """Yield groups of starts, each with the cells that can be reached from it.

    Starts that lead to each other, every step of the way back and forth, are a group. Groups that
    take more than MOST_VISITS are left out, as are levels of more than MAX_STATES nodes.
    """
    starts = level.find(START)
    graph = explore(level, starts)
    left, visits = dict.fromkeys(starts), 0
    while left and len(graph) <= MAX_STATES and visits <= MOST_VISITS:
        start = next(iter(left))
        reached = _flood(graph, start, both_ways=False)
        group = [cell for cell in _flood(graph, start, both_ways=True) if cell in left]
        visits += len(reached)
        for cell in group:
            del left[cell]
        yield group, reached


def _flood(graph: Graph, start: Cell, both_ways: bool) -> set[Cell]:
    """Return the cells that can be reached, or those by steps that can be taken back at once."""
    first: Node = (*start, "")
    seen, queue = {first}, [first]
    for node in queue:
        for ahead in graph[node][1]:
            if ahead not in seen and (not both_ways or node in graph[ahead][1]):
                seen.add(ahead)
                queue.append(ahead)
    return {node[:2] for node in seen if not (both_ways and node[2])}


def exits_from(level: Level) -> Callable[[Node], list[Node]]:
    """Return a function from a node to its exits: where one move may lead.

    A wind that always blows leaves only its own move.
    """
    rows, height, width = level.rows, level.height, level.width
    certain = WINDS[level.wind] if level.wind_chance == 1 else None
    moves = [(move, *_STEPS[move]) for move in DIRECTIONS if certain in (None, move)]
    ends = {"lava", "goal"} if level.ends == "goal" else {"lava"}
    twins = {a: b for char in set("".join(rows)) for a, b in teleporters(level, char)}

    def exits(node: Node) -> list[Node]:
        row, column, keys = node
        here = BY_CHAR[rows[row][column]].effect
        found: list[Node] = []
        if here in ends:
            return found
        for move, down, right in moves:
            r, c = row + down, column + right
            if not (0 <= r < height and 0 <= c < width) or (here in _BACK and here != move):
                continue
            tile = BY_CHAR[rows[r][c]]
            if not tile.passable or tile.effect == _BACK[move]:
                continue
            if tile.effect == "door" and tile.char.lower() not in keys:
                continue
            if tile.effect == "key" and tile.char not in keys:
                found.append((r, c, "".join(sorted(keys + tile.char))))
            else:
                found.append((*twins.get((r, c), (r, c)), keys))
        return found

    return exits


def teleporters(level: Level, char: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """(from, to) cells of the teleporters `char`: a pair leads both ways, a single one nowhere."""
    if BY_CHAR[char].effect != "teleporter":
        return []
    cells = level.find(char)
    return list(zip(cells, cells[::-1])) if len(cells) == 2 else []

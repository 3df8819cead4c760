"""Analyses of a level's map: ways, cells out of reach, traps, opponents and links.

Everything here is a function of the level alone, and works on a level that is still being drawn.
Opponents are ignored, except where it is about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from game.text.flood import reachable
from game.text.level import Cell, Level
from game.text.tiles import BY_CHAR, GATE, LAVA, OPPONENTS, PATROL, SWITCH
from game.text.values import OneOf
from game.text.walking import (
    Graph,
    Node,
    explore,
    goal_groups,
    goal_nodes,
    leading_to,
    predecessors,
    start_cells,
    teleporters,
)

MOST_NODES = 30_000  # that a search takes some tenths of a second for
MOST_VISITS = 300_000  # of nodes, in the search for the longest way


@dataclass(frozen=True)
class Route:
    """A shortest way from a start to a goal, as the cells that it is in, the first one included.

    Two cells in a row are the same where it waits, and not neighbours where a teleporter is taken.
    """

    cells: tuple[Cell, ...]

    @property
    def moves(self) -> int:
        """The number of moves."""
        return len(self.cells) - 1

    @property
    def legs(self) -> tuple[tuple[Cell, ...], ...]:
        """The parts of the way, in order, none of which is twice in one cell.

        A way comes back to a cell where it fetches a key or opens a gate. Each leg begins in the
        cell in which the one before it ends.
        """
        legs = [[self.cells[0]]]
        for before, cell in pairwise(self.cells):
            if cell == before:
                continue
            if cell in legs[-1]:
                legs.append([before])
            legs[-1].append(cell)
        return tuple(map(tuple, legs))


class LevelAnalysis:
    """A level with what its map says, each part computed on first use.

    Where the agent's cell and all that it can change have over MOST_NODES combinations, the search
    ends early: then `is_whole` is False, and only the nearest part of the map is known.
    """

    def __init__(self, level: Level) -> None:
        self.level = level

    def compute(self) -> LevelAnalysis:
        """Compute all parts now, so that no frame has to wait for one, and return the analysis."""
        for name, part in vars(LevelAnalysis).items():
            if isinstance(part, cached_property):
                getattr(self, name)
        return self

    @cached_property
    def graph(self) -> Graph:
        """The nodes that can be reached from the starts."""
        return explore(self.level, start_cells(self.level), MOST_NODES)

    @property
    def is_whole(self) -> bool:
        """Whether the search for nodes has found all of them."""
        return len(self.graph) <= MOST_NODES

    @cached_property
    def distances(self) -> dict[Cell, int]:
        """The cells that can be reached, each with its distance in moves from the nearest start."""
        starts = start_cells(self.level)
        if len(starts) == 1:
            return reachable(self.level, starts[0])
        found: dict[Cell, int] = {}
        for node, (distance, _) in self.graph.items():
            found.setdefault(node[:2], distance)
        return found

    @cached_property
    def out_of_reach(self) -> frozenset[Cell]:
        """The cells that could be entered and that no way leads to; none where some are unknown."""
        level = self.level
        if not self.is_whole or not self.graph:
            return frozenset()
        passable = (char for char, tile in BY_CHAR.items() if tile.passable)
        return frozenset(level.find(*passable)) - {node[:2] for node in self.graph}

    @cached_property
    def traps(self) -> frozenset[Cell]:
        """The cells that can be entered and from which no goal can be reached any more.

        Lava is none of them, and neither is any cell where no goal can be reached in the first
        place.
        """
        if not self._leading or not self.is_whole:
            return frozenset()
        cells = {node[:2] for node in self.graph} - {node[:2] for node in self._leading}
        return frozenset(cells.difference(self.level.find(LAVA)))

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The shortest way to each candidate that can be reached, or to the nearest of the goals.

        They are in the order of their length. With several starts each begins at the nearest one.
        """
        firsts = (group[0] for group in goal_groups(self.level, self.graph) if group)
        routes = (self._route_to(node) for node in firsts)
        return tuple(sorted(routes, key=lambda route: route.moves))

    def _route_to(self, node: Node) -> Route:
        """Return a shortest way to a node."""
        cells = [node[:2]]
        for distance in reversed(range(self.graph[node][0])):
            node = next(one for one in self._before[node] if self.graph[one][0] == distance)
            cells.append(node[:2])
        return Route(tuple(cells[::-1]))

    @cached_property
    def _before(self) -> dict[Node, list[Node]]:
        """The nodes from which one move may lead to each node."""
        return predecessors(self.graph)

    @cached_property
    def _leading(self) -> dict[Node, int]:
        """The nodes that lead to any goal or candidate, with their distance to the nearest."""
        return leading_to(self._before, goal_nodes(self.level, self.graph))

    @cached_property
    def longest_way(self) -> int | None:
        """The number of moves of the longest of the shortest ways, over starts and candidates.

        None where there is no way. Where it takes too long, each way begins at the nearest start.
        """
        groups = [group for group in goal_groups(self.level, self.graph) if group]
        starts = [node for node, (distance, _) in self.graph.items() if not distance]
        if not groups or len(starts) == 1 or len(self.graph) * len(groups) > MOST_VISITS:
            return max((route.moves for route in self.routes), default=None)
        ways = (leading_to(self._before, group) for group in groups)
        return max(way[start] for way in ways for start in starts if start in way)

    @cached_property
    def lost_starts(self) -> tuple[Cell, ...]:
        """The starts that no way leads from to any goal; none where some nodes are unknown."""
        nodes = (node for node, (distance, _) in self.graph.items() if not distance)
        lost = tuple(node[:2] for node in nodes if node not in self._leading)
        return lost if self.is_whole else ()

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of the opponents."""
        return tuple(opponent_tracks(self.level))

    @cached_property
    def stuck_opponents(self) -> frozenset[Cell]:
        """The first cells of the opponents that cannot move."""
        return frozenset(stuck_opponents(self.level))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The cells that belong together."""
        return tuple(links(self.level))


# --- opponents -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Track:
    """An opponent's first cell, and the cells that it can be in, from one end to the other.

    The track of an opponent that hunts ends at the cells next to it: it goes on from there to
    wherever the agent is. There is one track for each `kind` of an opponent whose kind is drawn.
    """

    cell: Cell
    kind: str  # "x", "y" or "hunt"
    cells: tuple[Cell, ...]

    @property
    def is_stuck(self) -> bool:
        """Whether the opponent cannot move."""
        return len(self.cells) == 1


def opponent_tracks(level: Level) -> list[Track]:
    """Return the tracks of all opponents, in reading order."""
    return [
        Track(cell, kind, _track(level, cell, kind))
        for cell in level.find(*OPPONENTS)
        for kind in _kinds(level, cell)
    ]


def stuck_opponents(level: Level) -> list[Cell]:
    """Return the first cells of the opponents that cannot move, whatever kind they are."""
    tracks = opponent_tracks(level)
    moving = {track.cell for track in tracks if not track.is_stuck}
    return [cell for cell in level.find(*OPPONENTS) if cell not in moving]


def _kinds(level: Level, cell: Cell) -> tuple[str, ...]:
    """Return the kinds that the opponent of a cell may be of."""
    char = level.rows[cell[0]][cell[1]]
    kind = level.setting(f"{char} kind") if level.tile(char) == PATROL else "hunt"
    return tuple(map(str, kind.members)) if isinstance(kind, OneOf) else (str(kind),)


def _track(level: Level, cell: Cell, kind: str) -> tuple[Cell, ...]:
    """Return the cells of the track of an opponent of this kind."""
    if kind == "hunt":
        sides = ((-1, 0), (0, -1), (0, 1), (1, 0))
        around = ((cell[0] + down, cell[1] + right) for down, right in sides)
        return (cell, *(one for one in around if _is_free(level, one)))
    down, right = (0, 1) if kind == "x" else (1, 0)
    before = list(_line(level, cell, -down, -right))
    return (*before[::-1], cell, *_line(level, cell, down, right))


def _line(level: Level, cell: Cell, down: int, right: int) -> Iterator[Cell]:
    """Yield the cells that a patrol can walk through from a cell in one direction."""
    row, column = cell
    while _is_free(level, (row + down, column + right)):
        row, column = row + down, column + right
        yield row, column


def _is_free(level: Level, cell: Cell) -> bool:
    """Whether an opponent may enter a cell: inside the map, and no wall, door or gate."""
    row, column = cell
    if not (0 <= row < level.height and 0 <= column < level.width):
        return False
    tile = BY_CHAR[level.tiles[row][column]]
    return tile.passable and tile.effect not in ("door", "gate")


# --- pairs and links -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """Cells that belong together: a key and its doors, switches and gates, or two teleporters.

    `missing` is the tile without which the others have no use; "" where there is none.
    """

    effect: str  # "teleporter", "key" or "switch"
    sources: tuple[Cell, ...]
    targets: tuple[Cell, ...]
    missing: str = ""


def links(level: Level) -> list[Link]:
    """Return all links of a map, in the order of their tiles."""
    found: list[Link] = []
    for char, tile in BY_CHAR.items():
        if tile.effect == "teleporter" and (cells := level.find(char)):
            pair = teleporters(level, char)
            sources, targets = ((cells[0],), (cells[1],)) if pair else (tuple(cells), ())
            found.append(Link(tile.effect, sources, targets, "" if len(cells) > 1 else char))
        elif tile.effect == "key":
            found += _links_of(level, tile.effect, char, char.upper())
    return found + _links_of(level, "switch", SWITCH, GATE)


def _links_of(level: Level, effect: str, source: str, target: str) -> list[Link]:
    """Return the link from the cells of one tile to those of another, if there are any."""
    sources, targets = tuple(level.find(source)), tuple(level.find(target))
    if not (sources or targets):
        return []
    missing = "" if sources and targets else (target if sources else source)
    return [Link(effect, sources, targets, missing)]

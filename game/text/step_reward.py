"""The step reward that `reward: step=auto` stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from math import inf

from game.text.drawn_values import nominal
from game.text.level import MAX_STATES, Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.text.walking import Graph, Node, explore, goal_groups, start_cells

DECIMALS = 4
MOST_VISITS = 300_000  # of cells, in the search for all ways
Edges = dict[Node, list[tuple[Node, float]]]


class NoStepReward(ValueError):
    """There is no step reward to choose; the message says why and what to do."""


def automatic_step_reward(level: Level, graph: Graph | None = None) -> float:
    """Return -goal / (2 C), rounded to DECIMALS, where C is `farthest_cost`.

    The way to any goal then costs at most half of what the goal pays. The number is the same for
    all tasks of the level, so that it tells nothing about the goal. `graph` is what `explore` finds
    from the level's starts, where that is known. Raises NoStepReward.
    """
    if level.goal_reward <= 0:
        raise NoStepReward("the goal pays nothing - give it a reward above 0, or write a number")
    cost = farthest_cost(level, graph)
    if cost is None:
        raise NoStepReward("there are too many starts and goals to compute it - write a number")
    if not cost:
        raise NoStepReward("every way to a goal is free - write a number")
    reward = -round(level.goal_reward / (2 * cost), DECIMALS)
    if not reward:
        what = f"a way that costs {cost:,g} makes it smaller than 0.0001"
        raise NoStepReward(f"{what} - raise the reward of the goal, or write a number")
    return reward


def farthest_cost(level: Level, graph: Graph | None = None) -> float | None:
    """Return the largest, over starts and goals, of the least total entering cost of a way there.

    Costs are nominal, and chance and opponents are ignored. With `ends: boxes` the goal is that all
    boxes stand on targets. A candidate's cell costs as much as floor. Each candidate is a goal by
    itself; without candidates, the nearest goal counts. Goals out of reach are left out: 0 where
    there are no others. None where the search is too large.
    """
    level = nominal(level)
    graph = graph or explore(level, start_cells(level))
    starts = [[node] for node, (distance, _) in graph.items() if not distance]
    goals = [group for group in goal_groups(level, graph) if group]
    backward = len(starts) > len(goals)
    if len(graph) > MAX_STATES or len(graph) * min(len(starts), len(goals)) > MOST_VISITS:
        return None
    costs = _entering_costs(level)
    if len(starts) == 1 and {*costs.values()} == {1.0}:  # the explored distances are the costs
        return float(max((min(graph[node][0] for node in end) for end in goals), default=0))
    edges = _edges(level, graph, costs, backward)
    sources, ends = (goals, starts) if backward else (starts, goals)
    farthest = 0.0
    for source in sources:
        cost = _least_costs(edges, source)
        least = (min((cost.get(node, inf) for node in end), default=inf) for end in ends)
        farthest = max([farthest, *(one for one in least if one < inf)])
    return farthest


def _entering_costs(level: Level) -> dict[str, float]:
    """Return the cost of entering a cell by its character on the map."""
    free = (GOAL, CANDIDATE)
    costs = {c: level.cost(FLOOR if level.tile(c) in free else c) for c in level.chars}
    return {char: float(cost) for char, cost in costs.items()}  # type: ignore[arg-type]


def _edges(level: Level, graph: Graph, costs: Mapping[str, float], backward: bool) -> Edges:
    """Return the steps from each node, or those that lead to it, with their entering costs."""
    edges: Edges = {node: [] for node in graph}
    for node, (_, exits) in graph.items():
        for ahead in exits:
            entering = costs[level.rows[ahead[0]][ahead[1]]]
            a, b = (ahead, node) if backward else (node, ahead)
            edges[a].append((b, entering))
    return edges


def _least_costs(edges: Edges, sources: Sequence[Node]) -> dict[Node, float]:
    """Return the least total cost of a way from any source to each node (Dijkstra 1959)."""
    least = dict.fromkeys(sources, 0.0)
    queue = [(0.0, node) for node in sources]
    while queue:
        cost, node = heappop(queue)
        if cost > least[node]:
            continue
        for ahead, entering in edges[node]:
            if cost + entering < least.get(ahead, inf):
                least[ahead] = cost + entering
                heappush(queue, (least[ahead], ahead))
    return least

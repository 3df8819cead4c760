"""Advice to the author of a level: which wall to open, and which settings fit the map.

Each piece says what to do and why, and holds what an editor needs to do it: cells to clear, or a
header line to write.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from game.authoring.analyses import LevelAnalysis
from game.authoring.figures import CheckedTask
from game.authoring.level_warnings import cell_text, reward_line, rewarding_line, unwanted_goals
from game.tasks.coverage import Coverage, differences
from game.text.drawn_values import without_candidates
from game.text.level import MAX_STEPS, Cell, Level
from game.text.step_reward import NoStepReward, automatic_step_reward
from game.text.tiles import BOXES, CANDIDATE, FLOOR, GOAL, WALL
from game.text.walking import Node, exits_from, start_cells

STEPS_PER_MOVE = 3  # steps of an episode for each move of the longest way: time to search and err
FEWEST_PER_MOVE = 1.5  # below, one wrong turn ends the episode
MOST_PER_MOVE = 8  # above, a policy that tries everything in turn does nearly as well as any
MOST_OPENINGS = 2  # that are advised at once
MOST_NAMED = 4  # walls in a text
MOST_SEARCHED = 20_000  # cells, with keys held, in a search for walls: some tenths of a second


@dataclass(frozen=True)
class Advice:
    """Something to do, and why.

    `kind` is "wall" (make floor of `cells`), "steps" or "reward" (write `line` into the header), or
    "new" (nothing to do: what an agent does not know).
    """

    kind: str
    text: str
    cells: tuple[Cell, ...] = ()
    line: str = ""


def advise(
    analysis: LevelAnalysis,
    checked: Sequence[CheckedTask] = (),
    coverage: Coverage | None = None,
) -> list[Advice]:
    """Return all advice about a level without problems.

    `checked` are its tasks, as far as they are known, and `coverage` is that of an agent.
    """
    return [
        *advise_walls(analysis),
        *advise_steps(analysis),
        *advise_reward(analysis, checked),
        *advise_about_agent(analysis.level, coverage),
    ]


# --- walls ---------------------------------------------------------------------------------------


def advise_walls(analysis: LevelAnalysis) -> Iterator[Advice]:
    """Yield which walls to open where a start leads to no goal, or nothing to a goal."""
    level, goals = analysis.level, analysis.level.find(GOAL, CANDIDATE)
    reached = {node[:2] for node in analysis.graph}
    missed = [cell for cell in goals if cell not in reached] if analysis.is_whole else []
    if lost := analysis.lost_starts:
        wanted = [
            ([cell], goals, f"from the start at {cell_text(cell)} to a goal") for cell in lost
        ]
    else:
        starts = start_cells(level)
        wanted = [(starts, [cell], f"to the goal at {cell_text(cell)}") for cell in missed]
    advised: set[tuple[Cell, ...]] = set()
    for starts, ends, way in wanted[:MOST_OPENINGS]:
        walls = walls_to_open(level, starts, ends)
        if walls and walls not in advised:
            advised.add(walls)
            yield Advice("wall", f"open {_walls_text(walls)}: there is no way {way}", walls)


def walls_to_open(level: Level, starts: Iterable[Cell], goals: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the fewest walls that must become floor so that a start leads to a goal.

    Of several choices it is one with a shortest way. None are returned where no walls would help,
    where none need to be opened, on a map with boxes, and where the search is too large. The search
    counts a wall twice where a way fetches a key behind it.
    """
    if level.has(BOXES):
        return ()
    ends, tiles = set(goals), level.tiles
    exits = exits_from(level.with_tiles({WALL: FLOOR}))
    queue = [(0, 0, Node(*cell)) for cell in starts]
    least = {node: (0, 0) for _, _, node in queue}  # walls and moves
    before: dict[Node, Node] = {}
    while queue and len(least) <= MOST_SEARCHED:
        walls, moves, node = heappop(queue)
        if node[:2] in ends:
            return _walls_on_way(tiles, before, node)
        if (walls, moves) > least[node]:
            continue
        for ahead in exits(node):
            cost = walls + (tiles[ahead.row][ahead.column] == WALL), moves + 1
            if ahead not in least or cost < least[ahead]:
                least[ahead], before[ahead] = cost, node
                heappush(queue, (*cost, ahead))
    return ()


def _walls_on_way(tiles: Sequence[str], before: dict[Node, Node], node: Node) -> tuple[Cell, ...]:
    """Return the walls on the way to a node, in reading order."""
    cells = {node[:2]}
    while node in before:
        node = before[node]
        cells.add(node[:2])
    return tuple(sorted((row, column) for row, column in cells if tiles[row][column] == WALL))


def _walls_text(walls: Sequence[Cell]) -> str:
    """Return walls in words."""
    if len(walls) == 1:
        return f"the wall at {cell_text(walls[0])}"
    named = ", ".join(map(cell_text, walls[:MOST_NAMED]))
    more = f" and {len(walls) - MOST_NAMED} more" if len(walls) > MOST_NAMED else ""
    return f"{len(walls)} walls, at {named}{more}"


# --- settings ------------------------------------------------------------------------------------


def suggested_steps(analysis: LevelAnalysis) -> int | None:
    """Return STEPS_PER_MOVE steps for each move of the longest way; None where there is no way."""
    way = analysis.longest_way
    return min(STEPS_PER_MOVE * way, MAX_STEPS) if way else None


def advise_steps(analysis: LevelAnalysis) -> Iterator[Advice]:
    """Yield a number of steps where those of the level are far from what its ways take."""
    way, steps, suggested = analysis.longest_way, analysis.level.steps, suggested_steps(analysis)
    if not way or suggested is None or FEWEST_PER_MOVE * way <= steps <= MOST_PER_MOVE * way:
        return
    few = "few" if steps < suggested else "many"
    moves = f"{way} move{'s' if way > 1 else ''}"
    what = f"{steps} steps are {few} for a way of {moves}"
    yield Advice("steps", f"{what} - use 'steps: {suggested}'", line=f"steps: {suggested}")


def advise_reward(analysis: LevelAnalysis, checked: Sequence[CheckedTask]) -> Iterator[Advice]:
    """Yield a step reward that fits, where the goal pays too little for the way to it."""
    level, fitting = analysis.level, _fitting_step_reward(analysis)
    if unwanted := unwanted_goals(checked):
        line = rewarding_line(unwanted, level)
        text = f"use '{line}': then the goal pays most"
        if not line:
            text = "raise the reward of the goal: whatever a step pays, something else pays more"
        yield Advice("reward", text, line=line)
    elif fitting and level.step_reward < 2 * fitting:  # the way then costs half of what it pays
        line = reward_line(level, fitting)
        text = f"use '{line}': now the longest way costs all that the goal pays, or more"
        yield Advice("reward", text, line=line)


def _fitting_step_reward(analysis: LevelAnalysis) -> float | None:
    """Return the automatic step reward; None where there is none, or the search is too large."""
    with contextlib.suppress(NoStepReward):
        return automatic_step_reward(analysis.level, analysis.graph) if analysis.is_whole else None
    return None


# --- agents --------------------------------------------------------------------------------------


def advise_about_agent(level: Level, coverage: Coverage | None) -> Iterator[Advice]:
    """Yield what in a level an agent with this training has never met."""
    tasks = without_candidates(level)  # as all tasks are
    for difference in differences(tasks, coverage) if coverage else ():
        yield Advice("new", difference)

"""What is legal in a level, and probably not meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from game.authoring.figures import TaskFigures
from game.text.level import Cell, Level
from game.text.tiles import BY_CHAR, CANDIDATE, GOAL, START
from game.text.walking import explore, teleporters

Warnings = Iterator[tuple[int, int, str]]  # line, column, what


def place_in_file(level: Level, cell: Cell) -> tuple[int, int]:
    """Line and column of a cell in the level's file."""
    return level.places.get("map", 1) + cell[0], cell[1] + 1


def _named(cell: Cell) -> str:
    return f"row {cell[0] + 1} column {cell[1] + 1}"  # as `Task.drawn` says it


def find_warnings(level: Level, known: Sequence[TaskFigures]) -> Warnings:
    """By walking the map, and by the tables of the level's tasks (or of some of them)."""
    candidates = level.find(CANDIDATE)
    reached = {node[:2] for node in explore(level, level.find(START))}
    yield from _idle(level, reached)
    if level.goal == "hidden" and len(candidates) == 1 and not level.find(GOAL):
        what = "a hidden goal, and one candidate for it: nothing is left to find out"
        yield *place_in_file(level, candidates[0]), what
    drawn: Counter[str] = Counter(dict(one.task.drawn).get("goal", "") for one in known)
    missed: Counter[str] = Counter(
        dict(one.task.drawn).get("goal", "") for one in known if one.shortest_path is None
    )
    for cell in candidates + level.find(GOAL):
        name = _named(cell)
        times, of = missed[name], drawn[name]
        if cell not in reached or (of and times == of):
            yield *place_in_file(level, cell), f"the goal at {name} is out of reach"
        elif times:
            what = f"the goal at {name} is out of reach in {times} of {of} tasks"
            yield *place_in_file(level, cell), what
    yield from _hurried(level, known)


def _idle(level: Level, reached: set[Cell]) -> Warnings:
    """Doors that nothing opens, teleporters that lead nowhere, settings of tiles not there."""
    for char in sorted({label[0] for label, _ in level.defines} - set("".join(level.rows))):
        line = min(level.places.get(label, 1) for label, _ in level.defines if label[0] == char)
        yield line, 1, f"'define: {char}', and there is no '{char}' on the map"
    for char in sorted(set("".join(level.rows))):
        tile, cells = BY_CHAR[char], level.find(char)
        keys = level.find(char.lower())
        if tile.effect == "door" and not keys:
            what = f"the door '{char}' has no key '{char.lower()}': it is a wall"
            yield *place_in_file(level, cells[0]), what
        elif tile.effect == "door" and not reached & {*keys}:
            what = f"the key '{char.lower()}' is out of reach: the door '{char}' is a wall"
            yield *place_in_file(level, keys[0]), what
        if tile.effect == "teleporter" and not teleporters(level, char):
            yield (
                *place_in_file(level, cells[0]),
                f"the teleporter '{char}' has no twin: it leads nowhere",
            )


def _hurried(level: Level, known: Sequence[TaskFigures]) -> Warnings:
    """Fewer steps than it takes: said of the farthest goal."""
    far = {
        dict(one.task.drawn).get("goal", "the goal"): one.shortest_path
        for one in known
        if one.shortest_path and one.shortest_path > level.steps
    }
    if far:
        name = max(far, key=lambda goal: far[goal])
        others = f" ({len(far)} goals are too far)" if len(far) > 1 else ""
        line = level.places.get("steps", level.places.get("map", 1))
        yield line, 1, f"{level.steps} steps, but the way to {name} takes {far[name]}{others}"

"""Warnings about valid levels that probably contain a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from game.authoring.figures import TaskFigures
from game.text.level import Cell, Level
from game.text.tiles import BY_CHAR, CANDIDATE, GOAL, START
from game.text.walking import explore, teleporters

Warnings = Iterator[tuple[int, int, str]]  # line, column, message


def place_in_file(level: Level, cell: Cell) -> tuple[int, int]:
    """Return line and column of a cell in the level's file, from 1."""
    return level.places.get("map", 1) + cell[0], cell[1] + 1


def _cell_text(cell: Cell) -> str:
    """Return the name of a cell, in the words of `Task.drawn`."""
    return f"row {cell[0] + 1} column {cell[1] + 1}"


def find_warnings(level: Level, figures: Sequence[TaskFigures]) -> Warnings:
    """Yield warnings about a level. `figures` are those of its tasks, or of a sample of them."""
    candidates = level.find(CANDIDATE)
    reached = {node[:2] for node in explore(level, level.find(START))}
    yield from _unused_parts(level, reached)
    if level.goal == "hidden" and len(candidates) == 1 and not level.find(GOAL):
        what = "the hidden goal has only one candidate - add another '?'"
        yield *place_in_file(level, candidates[0]), what
    drawn: Counter[str] = Counter(dict(one.task.drawn).get("goal", "") for one in figures)
    missed: Counter[str] = Counter(
        dict(one.task.drawn).get("goal", "") for one in figures if one.shortest_path is None
    )
    for cell in candidates + level.find(GOAL):
        name = _cell_text(cell)
        times, of = missed[name], drawn[name]
        what, todo = f"the goal at {name} is out of reach", "open a path to it"
        if cell not in reached or (of and times == of):
            yield *place_in_file(level, cell), f"{what} - {todo}"
        elif times:
            yield *place_in_file(level, cell), f"{what} in {times} of {of} tasks - {todo}"
    yield from _too_few_steps(level, figures)


def _unused_parts(level: Level, reached: set[Cell]) -> Warnings:
    """Yield warnings about doors that never open, single teleporters and settings without a tile.

    `reached` are the cells that the agent can reach.
    """
    for char in sorted({label[0] for label, _ in level.defines} - set("".join(level.rows))):
        line = min(level.places.get(label, 1) for label, _ in level.defines if label[0] == char)
        yield line, 1, f"'define: {char}', but there is no '{char}' on the map - remove the line"
    for char in sorted(set("".join(level.rows))):
        tile, cells = BY_CHAR[char], level.find(char)
        keys = level.find(char.lower())
        if tile.effect == "door" and not keys:
            key = char.lower()
            what = f"the door '{char}' never opens: there is no key '{key}' - add one"
            yield *place_in_file(level, cells[0]), what
        elif tile.effect == "door" and not reached & {*keys}:
            key = char.lower()
            what = f"the door '{char}' never opens: its key is out of reach - move the '{key}'"
            yield *place_in_file(level, keys[0]), what
        if tile.effect == "teleporter" and not teleporters(level, char):
            what = f"the teleporter '{char}' leads nowhere - add a second '{char}'"
            yield *place_in_file(level, cells[0]), what


def _too_few_steps(level: Level, figures: Sequence[TaskFigures]) -> Warnings:
    """Yield a warning about the farthest goal if episodes are too short to reach it."""
    far = {
        dict(one.task.drawn).get("goal", "the goal"): one.shortest_path
        for one in figures
        if one.shortest_path and one.shortest_path > level.steps
    }
    if far:
        name = max(far, key=lambda goal: far[goal])
        others = f" ({len(far)} goals are too far)" if len(far) > 1 else ""
        line = level.places.get("steps", level.places.get("map", 1))
        have = f"episodes have {level.steps} step{'s' if level.steps > 1 else ''}"
        what = f"{have}, but the way to {name} takes {far[name]}{others} - raise 'steps'"
        yield line, 1, what

"""Draw a task from a level: its goal, and values from ranges and sets."""

from __future__ import annotations

from dataclasses import replace

from game.text.header import DRAWN
from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL, START
from game.text.values import OneOf, Range, Value
from game.text.walking import reachable


def place_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at one candidate (row, column), the other candidates being floor."""
    rows = [list(row.replace(CANDIDATE, FLOOR)) for row in level.rows]
    rows[cell[0]][cell[1]] = GOAL
    shown = level.shown and place_goal(level.shown, cell)
    return replace(level, rows=tuple("".join(row) for row in rows), shown=shown)


def move_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at this (row, column) instead; its old cell becomes floor."""
    without = tuple(row.replace(GOAL, FLOOR) for row in level.rows)
    shown = level.shown and move_goal(level.shown, cell)
    return place_goal(replace(level, rows=without, shown=shown), cell)


def can_move_goal(level: Level, cell: tuple[int, int]) -> bool:
    """Whether the goal can be at a (row, column): on floor that every start leads to."""
    inside = 0 <= cell[0] < level.height and 0 <= cell[1] < level.width
    if not inside or level.rows[cell[0]][cell[1]] not in (FLOOR, GOAL):
        return False
    moved = move_goal(level, cell)
    return all(cell in reachable(moved, start) for start in moved.find(START))


def drawable_values(level: Level) -> dict[str, Value]:
    """All values by label that a task may draw, besides goal and variant."""
    return {label: value for key in DRAWN for label, value in key.draws(level).items()}


def with_values(level: Level, chosen: dict[str, Value]) -> Level:
    """The level with some of its values replaced, by their labels."""
    changed = {n: value for key in DRAWN for n, value in key.assign(level, chosen).items()}
    return replace(level, **changed)


def nominal(level: Level) -> Level:
    """The level as agents see it: its ranges and sets replaced by nominal values."""
    seen: dict[str, Value] = {
        label: key.nominal(label, value)
        for key in DRAWN
        for label, value in key.draws(level).items()
        if isinstance(value, Range | OneOf)
    }
    return with_values(level, seen)

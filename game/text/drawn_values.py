"""Draw a task from a level: its goal, and values from ranges and sets."""

from __future__ import annotations

from dataclasses import replace

from game.text.flood import reachable
from game.text.header import DRAWN
from game.text.level import Cell, Level, needs_candidates
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.text.values import OneOf, Range, Value
from game.text.walking import start_cells


def place_goal(level: Level, cell: Cell, char: str = "") -> Level:
    """The level with its goal at one (row, column), the other candidates being floor.

    The goal is that of the candidate in that cell, with its own settings, if there is one. It has
    the character `char` if that is given.
    """
    here = level.rows[cell[0]][cell[1]]
    own = here if here != CANDIDATE and level.tile(here) == CANDIDATE else ""
    legend = tuple(replace(one, tile=GOAL) if one.char == own else one for one in level.legend)
    without = _with_floor(level, CANDIDATE)
    grid = [list(row) for row in without.rows]
    grid[cell[0]][cell[1]] = char or own or GOAL
    return replace(
        without,
        rows=tuple("".join(row) for row in grid),
        legend=legend,
        shown=level.shown and place_goal(level.shown, cell, char),
    )


def move_goal(level: Level, cell: Cell) -> Level:
    """The level with its goal at this (row, column) instead; its old cell becomes floor."""
    row, column = level.find(GOAL)[0]
    shown = level.shown and _with_floor(level.shown, GOAL)
    return place_goal(replace(_with_floor(level, GOAL), shown=shown), cell, level.rows[row][column])


def can_move_goal(level: Level, cell: Cell) -> bool:
    """Whether the goal can be at a (row, column): on floor that every start leads to."""
    inside = 0 <= cell[0] < level.height and 0 <= cell[1] < level.width
    if not inside or level.tiles[cell[0]][cell[1]] not in (FLOOR, GOAL) or not level.has(GOAL):
        return False
    moved = move_goal(level, cell)
    starts = start_cells(moved)
    return bool(starts) and all(cell in reachable(moved, start) for start in starts)


def without_goals(level: Level) -> Level:
    """The level with floor in place of its goals and candidates."""
    return _with_floor(level, GOAL, CANDIDATE)


def without_candidates(level: Level) -> Level:
    """The level with floor in place of its candidates."""
    return _with_floor(level, CANDIDATE)


def _with_floor(level: Level, *tiles: str) -> Level:
    """The level with floor in place of goals or candidates.

    It remembers where they were if that matters: boxes still cannot be pushed there, and the starts
    remain the same.
    """
    cells = level.candidates or (tuple(level.find(*tiles)) if needs_candidates(level) else ())
    return replace(level.with_tiles(dict.fromkeys(tiles, FLOOR)), candidates=cells)


def drawable_values(level: Level) -> dict[str, Value]:
    """All values by label that a task may draw, besides goal and variant."""
    return {label: value for key in DRAWN for label, value in key.draws(level).items()}


def with_values(level: Level, chosen: dict[str, Value]) -> Level:
    """The level with some of its values replaced, by their labels."""
    if not chosen:
        return level
    changed = {n: value for key in DRAWN for n, value in key.assign(level, chosen).items()}
    return replace(level, **changed)


def nominal(level: Level) -> Level:
    """The level as agents see it: its ranges and sets replaced by nominal values.

    Its field `hidden` names them, so that nominal values can be told from known ones.
    """
    seen: dict[str, Value] = {
        label: key.nominal(level, label, value)
        for key in DRAWN
        for label, value in key.draws(level).items()
        if isinstance(value, Range | OneOf)
    }
    return replace(with_values(level, seen), hidden=(*level.hidden, *seen)) if seen else level

"""What a task draws from a level: its goal, and values from ranges and sets."""

from __future__ import annotations

from dataclasses import replace

from game.text.level import NO_WIND, Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL, ICE, SETTINGS, START
from game.text.values import NORMAL, PERMUTATIONS, SHUFFLED, OneOf, Range, Value
from game.text.walking import reachable


def place_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at one candidate (row, column), the others being floor."""
    rows = [list(row.replace(CANDIDATE, FLOOR)) for row in level.rows]
    rows[cell[0]][cell[1]] = GOAL
    shown = level.shown and place_goal(level.shown, cell)
    return replace(level, rows=tuple("".join(row) for row in rows), shown=shown)


def move_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at this (row, column) instead; where it was there is floor."""
    without = tuple(row.replace(GOAL, FLOOR) for row in level.rows)
    shown = level.shown and move_goal(level.shown, cell)
    return place_goal(replace(level, rows=without, shown=shown), cell)


def can_move_goal(level: Level, cell: tuple[int, int]) -> bool:
    """Whether the goal may be moved to a (row, column): to floor that can be reached."""
    inside = 0 <= cell[0] < level.height and 0 <= cell[1] < level.width
    if not inside or level.rows[cell[0]][cell[1]] not in (FLOOR, GOAL):
        return False
    moved = move_goal(level, cell)
    return all(cell in reachable(moved, start) for start in moved.find(START))


def drawable_values(level: Level) -> dict[str, Value]:
    """All that a task may draw besides goal and variant, each by its label."""
    found: dict[str, Value] = {"slip": level.slip}
    found["controls"] = PERMUTATIONS if level.controls == SHUFFLED else level.controls
    if level.wind != NO_WIND:
        found[f"wind {level.wind}"] = level.wind_chance
    found |= {f"cost {name}": value for name, value in level.costs}
    return found | dict(level.defines)


def with_values(level: Level, chosen: dict[str, Value]) -> Level:
    """The level with some of its values replaced, by their labels."""
    return replace(
        level,
        slip=chosen.get("slip", level.slip),
        controls=str(chosen.get("controls", level.controls)),
        wind_chance=chosen.get(f"wind {level.wind}", level.wind_chance),
        costs=tuple((name, chosen.get(f"cost {name}", value)) for name, value in level.costs),
        defines=tuple((label, chosen.get(label, value)) for label, value in level.defines),
    )


def nominal(level: Level) -> Level:
    """What agents see of a family's values: the middle, the mean; of words and worths the default.

    Neither wind nor controls nor what opponents do is ever seen, so their values don't matter.
    """
    seen: dict[str, Value] = {}
    for label, value in drawable_values(level).items():
        if not isinstance(value, Range | OneOf):
            continue
        if label in SETTINGS and label != f"{ICE} slip":
            seen[label] = SETTINGS[label].default
        elif isinstance(value, Range):
            seen[label] = (value.low + value.high) / 2
        elif label == "controls":
            seen[label] = NORMAL
        else:
            seen[label] = sum(float(member) for member in value.members) / len(value.members)
    return with_values(level, seen)

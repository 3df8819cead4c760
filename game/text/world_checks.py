"""Checks of a level with a world of its own: its map, and the other lines of its header."""

from __future__ import annotations

from game.text.dialects.foreign_map import Report
from game.text.guesses import counted
from game.text.level import Level
from game.text.tiles import FLOOR, START
from game.text.values import quote
from game.text.worlds import WORLD_TILES, World, count_tiles

BESIDE = ("title", "author", "description", "steps", "world", "map")  # header keys that go with it


def check_world(level: Level, world: World, first: int, report: Report) -> None:
    """Report what does not fit to a level's world, on its map (whose first row is on line `first`)
    and in its header."""
    for line in sorted({line for name, line in level.places.items() if name not in BESIDE}):
        what = "this line does not go with 'world', which has rules of its own"
        report(line, 1, what, "remove one or the other")
    starts = 0
    for i, row in enumerate(level.rows):
        for j, char in enumerate(row):
            starts += char == START
            if char not in WORLD_TILES:
                todo = f"use '{START}' once, and '{FLOOR}' and '#' elsewhere"
                report(first + i, j + 1, f"tile {quote(char)} on the map of a world", todo)
            elif char == START and starts > 1:
                report(first + i, j + 1, "a second start", f"keep one '{START}'")
    if not starts:
        report(first, 1, "no start", f"put '{START}' where the episode begins")
    line = level.places.get("world", first)
    n_floors, found = world.n_floors, count_tiles(level.rows, FLOOR)
    if n_floors is not None and found != n_floors:
        todo = f"draw {n_floors} beside the start '{START}'"
        report(line, 1, f"{counted(found, 'floor cell')} on the map of '{world}'", todo)
    _check_cells(level, world, line, report)


def _check_cells(level: Level, world: World, line: int, report: Report) -> None:
    """Report settings that name a cell which cannot be entered."""
    for setting in world.rules.settings:
        if not setting.is_cell:
            continue
        row, column = world.cell(setting.name)
        inside = row < level.height and column < len(level.rows[row])
        if not inside or level.rows[row][column] not in (START, FLOOR):
            what = f"{setting.name}={row + 1},{column + 1} is no open cell of the map"
            report(line, 1, what, f"name row and column, from 1, of a '{FLOOR}' or '{START}'")

"""Generated levels: solvable, as their parameters say, and the same wherever the seed is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.generate import GENERATORS
from game.level import Level, parse, reachable, write
from game.planner import shortest_path
from game.tables import compile_level
from game.tasks import Task

CASES = [
    ("scatter", {}),
    ("maze", {"braid": 0.0}),
    ("maze", {"braid": 1.0, "height": 13, "width": 9}),
    ("rooms", {"height": 13, "width": 13, "rows": 3, "columns": 2}),
    ("rooms", {"loops": 0.0}),
    ("caves", {"height": 14, "width": 14, "min_distance": 5, "max_distance": 9}),
]


def draw(name: str, parameters: dict, seed: int) -> Level:
    kind, generate = GENERATORS[name]
    return generate(np.random.default_rng(seed), kind(**parameters))


every_case = pytest.mark.parametrize(("name", "parameters"), CASES)


@every_case
def test_levels_are_solvable_within_the_distance_and_read_back_equal(name: str, parameters: dict):
    shape = (parameters.get("height", 9) + 2, parameters.get("width", 9) + 2)
    for seed in range(40):
        level = draw(name, parameters, seed)
        assert (level.height, level.width) == shape
        assert len(level.find("@")) == len(level.find("G")) == 1
        path = shortest_path(compile_level(level))
        assert path is not None
        assert parameters.get("min_distance", 3) <= path <= parameters.get("max_distance", 999)
        assert Task(parse(write(level)), "").id == Task(level, "").id
        assert draw(name, parameters, seed) == level
        assert draw(name, parameters, seed + 1000) != level


def open_cells(level: Level) -> set[tuple[int, int]]:
    cells = ((r, c) for r in range(level.height) for c in range(level.width))
    return {(r, c) for r, c in cells if level.rows[r][c] != "#"}


def walkable(level: Level) -> int:
    """Cells that can be walked to from the start, the goal being no obstacle."""
    rows = tuple(row.replace("G", ".") for row in level.rows)
    return len(reachable(replace(level, rows=rows), level.find("@")[0]))


def passages(level: Level) -> int:
    """Pairs of open cells side by side."""
    cells = open_cells(level)
    return sum((r + dr, c + dc) in cells for r, c in cells for dr, dc in ((0, 1), (1, 0)))


def test_a_perfect_maze_joins_all_cells_in_one_way_only():
    for seed in range(20):
        level = draw("maze", {"height": 11, "width": 15}, seed)
        cells = open_cells(level)
        assert walkable(level) == len(cells)
        assert passages(level) == len(cells) - 1  # a tree


def test_a_braided_maze_has_no_dead_ends():
    for seed in range(20):
        level = draw("maze", {"height": 11, "width": 15, "braid": 1.0}, seed)
        cells = open_cells(level)
        for r, c in cells:
            near = [(r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)]
            assert sum(cell in cells for cell in near) >= 2


def test_all_rooms_can_be_reached_and_loops_add_doors():
    doors = []
    for loops in (0.0, 1.0):
        parameters = {"height": 11, "width": 11, "rows": 3, "columns": 3, "loops": loops}
        level = draw("rooms", parameters, 5)
        assert walkable(level) == len(open_cells(level))
        doors.append(len(open_cells(level)))
    assert doors[1] - doors[0] == 12 - 8  # all doors, and those of a spanning tree


def test_caves_are_smoother_than_scattered_walls():
    def borders(level: Level) -> int:
        cells = open_cells(level)
        near = ((r + dr, c + dc) for r, c in cells for dr, dc in ((0, 1), (1, 0)))
        return sum(cell not in cells for cell in near)

    parameters = {"height": 20, "width": 20, "walls": 0.4}
    rough = sum(borders(draw("caves", {**parameters, "rounds": 0}, seed)) for seed in range(5))
    smooth = sum(borders(draw("caves", {**parameters, "rounds": 4}, seed)) for seed in range(5))
    assert smooth < 0.7 * rough


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("scatter", {"walls": 0.9}),
        ("scatter", {"terrain": "#"}),
        ("scatter", {"terrain": ""}),
        ("scatter", {"steps": 10**9}),
        ("scatter", {"min_distance": 9, "max_distance": 8}),
        ("maze", {"height": 8}),
        ("rooms", {"rows": 9}),
        ("caves", {"rounds": 99}),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, parameters: dict):
    with pytest.raises(ValueError, match=r"\w"):
        GENERATORS[name][0](**parameters)


def test_what_cannot_be_generated_is_given_up():
    with pytest.raises(ValueError, match="no level has a goal 200 moves away"):
        draw("scatter", {"min_distance": 200}, 0)

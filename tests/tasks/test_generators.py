"""Generated levels: solvable, true to their parameters, and determined by the seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.tasks.generators import GENERATORS, with_candidates
from game.tasks.task import Task
from game.text.flood import reachable
from game.text.level import Level
from game.text.reading import parse
from game.text.writing import write
from game.world.planner import shortest_path
from game.world.tables import compile_level

CASES = [
    ("scatter", {}),
    ("maze", {"braid": 0.0}),
    ("maze", {"braid": 1.0, "height": 13, "width": 9}),
    ("rooms", {"height": 13, "width": 13, "rows": 3, "columns": 2}),
    ("rooms", {"loops": 0.0}),
    ("rooms", {"locks": 2, "loops": 0.3, "items": "11"}),
    ("scatter", {"items": "ooM", "patches": 2}),
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
    """Return the number of cells that can be reached from the start, through the goal."""
    rows = tuple(row.replace("G", ".") for row in level.rows)
    return len(reachable(replace(level, rows=rows), level.find("@")[0]))


def passages(level: Level) -> int:
    """Return the number of pairs of adjacent open cells."""
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


def test_items_block_no_path_and_keys_are_within_reach():
    for seed in range(30):
        level = draw("rooms", {"locks": 2, "loops": 0.0, "items": "11o", "terrain_share": 0}, seed)
        text = "".join(level.rows)
        assert sorted(char for char in text if char not in "#.@G") == sorted("11ABabo")
        rows = tuple(row.replace("G", ".") for row in level.rows)
        found = reachable(replace(level, rows=rows), level.find("@")[0])
        assert set(found) == open_cells(level)


def test_patches_join_terrain_to_regions_of_the_same_share():
    def likes(level: Level) -> float:
        """Return the share of equal tiles among adjacent terrain cells."""
        cells = open_cells(level)
        near = [((r, c), (r + dr, c + dc)) for r, c in cells for dr, dc in ((0, 1), (1, 0))]
        pairs = [level.rows[a[0]][a[1]] + level.rows[b[0]][b[1]] for a, b in near if b in cells]
        return float(np.mean([a == b for a, b in pairs if "." not in a + b]))

    same = {"height": 20, "width": 20, "terrain_share": 0.5}
    plain, joined = (draw("scatter", {**same, "patches": n}, 1) for n in (0, 3))
    assert likes(joined) > likes(plain) + 0.2
    for level in (plain, joined):
        n_terrain = sum(level.rows[r][c] in ",:%~" for r, c in open_cells(level))
        assert n_terrain / len(open_cells(level)) == pytest.approx(0.5, abs=0.06)


def test_candidates_are_all_possible_cells_of_a_hidden_goal():
    parameters = {"items": "o", "min_distance": 3, "max_distance": 6}
    kind, _ = GENERATORS["scatter"]
    for seed in range(20):
        level = draw("scatter", parameters, seed)
        family = with_candidates(level, kind(**parameters))
        assert level.find("G")[0] in family.find("?")
        plain = tuple(row.replace("G", ".") for row in level.rows)
        assert tuple(row.replace("?", ".") for row in family.rows) == plain
        distance = reachable(replace(level, rows=plain), level.find("@")[0])
        assert all(3 <= distance[cell] <= 6 for cell in family.find("?"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("scatter", {"items": "#"}),
        ("scatter", {"items": "G"}),
        ("scatter", {"patches": 99}),
        ("rooms", {"locks": 5}),
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


def test_parameters_that_cannot_be_met_are_refused():
    with pytest.raises(ValueError, match="no level with a goal 200 to 10,000 moves away"):
        draw("scatter", {"min_distance": 200}, 0)

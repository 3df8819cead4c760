"""What the map of a level says by itself, on maps that show it at a glance."""

from __future__ import annotations

import random

from game.authoring.analyses import LevelAnalysis, Link, links, opponent_tracks, stuck_opponents
from game.text.level import Cell, Level
from game.text.reading import LevelFile, parse
from game.world.planner import shortest_path
from game.world.rules import FlatGrid
from game.world.tables import compile_level
from tests.random_levels import random_level, with_gates


def analysis(text: str) -> LevelAnalysis:
    """Return the analysis of a level that may have problems."""
    level = LevelFile(text).draft()
    assert level
    return LevelAnalysis(level)


def marked(level: Level, cells: set[Cell] | frozenset[Cell]) -> str:
    """Return the map with `x` in some cells, and `-` in all others."""
    rows = range(level.height), range(level.width)
    return "\n".join("".join("x" if (r, c) in cells else "-" for c in rows[1]) for r in rows[0])


def test_the_shortest_way_is_that_of_the_tables():
    for seed in range(30):
        level = with_gates(random_level(seed), random.Random(seed))
        ways = LevelAnalysis(level).routes
        best = shortest_path(compile_level(level))
        assert (ways[0].moves if ways else None) == best
        for (r, c), (row, column) in zip(ways[0].cells, ways[0].cells[1:]):
            assert abs(r - row) + abs(c - column) == 1


def test_a_way_that_comes_back_has_a_leg_for_each_time():
    [route] = analysis("map:\n#a###\n#.###\n@..AG\n").routes
    assert route.moves == 8
    there, back = route.legs
    assert there == ((2, 0), (2, 1), (1, 1), (0, 1))
    assert back == ((0, 1), (1, 1), (2, 1), (2, 2), (2, 3), (2, 4))


def test_there_is_a_way_to_each_candidate_and_the_longest_counts_from_all_starts():
    found = analysis("map:\n?.@..?\n")
    assert [route.moves for route in found.routes] == [2, 3]
    assert found.longest_way == 3
    assert analysis("map:\n?.@..?\n@#####\n").longest_way == 6
    assert analysis("map:\n@.#?\n").longest_way is None


def test_cells_out_of_reach():
    found = analysis("map:\n@.#.A\nG.#a.\n")
    assert marked(found.level, found.out_of_reach) == "---xx\n---xx"


def test_traps_are_cells_without_a_way_on():
    found = analysis("map:\n@.>..\n.G#..\nL.###\n")
    assert marked(found.level, found.traps) == "--xxx\n---xx\n-----"
    assert not analysis("map:\n@.#G\n").traps  # there is no goal to miss


def test_distances_are_those_from_the_nearest_start():
    assert analysis("map:\n@.1#1.G\n").distances == {
        (0, 0): 0,
        (0, 1): 1,
        (0, 4): 2,
        (0, 5): 3,
        (0, 6): 4,
        (0, 2): 4,  # back through the teleporter
    }
    assert analysis("map:\n@...@G\n").distances[0, 2] == 2


def test_the_tracks_of_patrols_are_where_they_walk():
    level = parse("steps: 200\nmap:\n#########\n#.M..#M.#\n#.....#.#\n#@aM.A.G#\n#########\n")
    game = FlatGrid(level)
    walked = [set(map(tuple, game.place(column).tolist())) for column in game.patrols.T]
    assert [set(track.cells) for track in opponent_tracks(level)] == walked


def test_an_opponent_whose_kind_is_drawn_has_a_track_for_each():
    level = parse("define: M kind={x, y}\nmap:\n@.#?\n..M.\n..#?\n")
    across, down = opponent_tracks(level)
    assert (across.kind, across.cells) == ("x", ((1, 0), (1, 1), (1, 2), (1, 3)))
    assert down.is_stuck
    assert stuck_opponents(level) == []
    assert stuck_opponents(parse("map:\n@.G#H\n....#\n")) == [(0, 4)]


def test_links_and_what_they_lack():
    level = parse("map:\n@1a!A.\n?.=1A2\n?b....\n")
    assert links(level) == [
        Link("teleporter", ((0, 1),), ((1, 3),)),
        Link("teleporter", ((1, 5),), (), "2"),
        Link("key", ((0, 2),), ((0, 4), (1, 4))),
        Link("key", ((2, 1),), (), "B"),
        Link("switch", ((0, 3),), ((1, 2),)),
    ]


def test_a_draft_is_the_level_as_far_as_it_is_written():
    draft = LevelFile("steps: many\ngoal: visible\nreward: step=auto\nmap:\n@.x\n..G.\n\n").draft()
    assert draft
    assert draft.rows == ("@..#", "..G.")
    assert (draft.steps, draft.goal, draft.step_reward) == (50, "visible", -0.1)
    assert LevelFile("steps: 9\n").draft() is None
    assert LevelFile("map:\n").draft() is None
    assert LevelFile("map:\n" + "." * 300 + "\n").draft() is None

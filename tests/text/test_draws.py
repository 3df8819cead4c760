"""What the tasks of a level draw from the sets of its header, and how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from game.tasks.family import count_tasks, draw_task, family, nth_task
from game.text.reading import examine, parse
from game.text.values import NORMAL, PERMUTATIONS, PERMUTATIONS_OF_ALL
from game.text.variants import mirrored, rotated
from game.text.writing import canonical, write

MAP = "map:\n@G\n"


def shares(header: str, *fields: str) -> dict[object, Fraction]:
    """Return how often the tasks of a level have these fields, over all that it may draw."""
    level = parse(f"{header}\n{MAP}")
    n = count_tasks(level)
    levels = [nth_task(level, index, "").level for index in range(n)]
    found = Counter(tuple(getattr(one, field) for field in fields) for one in levels)
    return {k[0] if len(k) == 1 else k: Fraction(times, n) for k, times in found.items()}


# --- wind --------------------------------------------------------------------------------------


def test_of_a_set_of_winds_each_is_equally_likely():
    found = shares("wind: {east 0.2, west 0.2, none}", "wind", "wind_chance")
    third = Fraction(1, 3)
    assert found == {("east", 0.2): third, ("west", 0.2): third, ("none", 0): third}
    assert shares("wind: {north 1}", "wind") == {"north": 1}


def test_agents_see_no_wind_where_one_is_drawn():
    task = nth_task(parse(f"wind: {{east 0.2, west 0.4}}\n{MAP}"), 0, "")
    assert (task.level.wind, task.level.shown.wind) == ("east", "none")
    assert task.drawn == (("wind", "east 0.2"),)


def test_a_set_of_winds_turns_with_the_map():
    level = parse(f"wind: {{east 0.2, north 0.1, none}}\n{MAP}")
    assert write(rotated(level)).startswith("wind: {south 0.2, east 0.1, none}\n")
    assert write(mirrored(level)).startswith("wind: {west 0.2, north 0.1, none}\n")


# --- controls ----------------------------------------------------------------------------------


def test_shuffled_controls_are_24_and_shuffled_all_120_permutations():
    assert shares("controls: shuffled", "controls") == dict.fromkeys(
        PERMUTATIONS.members, Fraction(1, 24)
    )
    everything = shares("controls: shuffled all", "controls")
    assert everything == dict.fromkeys(PERMUTATIONS_OF_ALL.members, Fraction(1, 120))
    assert len(everything) == 120
    assert {len(controls.split()) for controls in everything} == {1, 4, 5}  # 1: normal
    assert {*PERMUTATIONS.members} <= {*everything}


def test_of_a_set_of_controls_one_member_is_drawn_and_then_its_permutation():
    found = shares("controls: {normal, shuffled}", "controls")
    assert found.pop(NORMAL) == Fraction(1, 2) + Fraction(1, 48)
    assert {*found.values()} == {Fraction(1, 48)}
    assert len(found) == 23
    found = shares("controls: {down up left right, shuffled, shuffled all}", "controls")
    third = Fraction(1, 3)
    assert found["down up left right"] == third + third / 24 + third / 120
    assert found[NORMAL] == third / 24 + third / 120
    assert found["stay down left right up"] == third / 120
    assert sum(found.values()) == 1


def test_random_draws_are_as_frequent():
    level = parse(f"controls: {{normal, shuffled}}\n{MAP}")
    rng = np.random.default_rng(0)
    drawn = [draw_task(level, "", rng).level.controls == NORMAL for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(1 / 2 + 1 / 48, abs=0.03)


def test_a_family_has_each_of_the_controls_once():
    tasks = list(family(parse(f"controls: {{normal, shuffled}}\n{MAP}"), ""))
    assert len(tasks) == len({task.level.controls for task in tasks}) == 24


@pytest.mark.parametrize("controls", ["shuffled all", "{normal, stay down left right up}"])
def test_agents_see_normal_controls(controls: str):
    level = parse(f"controls: {controls}\n{MAP}")
    assert nth_task(level, 1, "").level.shown.controls == NORMAL


def test_controls_of_all_actions_turn_with_the_map():
    level = parse(f"controls: stay up left down right\n{MAP}")
    # right stays, left moves to the right, up moves up, down moves to the left, stay moves down
    assert rotated(level).controls == "up left right stay down"
    assert mirrored(level).controls == "stay up down right left"
    drawn = parse(f"controls: {{down up left right, shuffled all}}\n{MAP}")
    assert write(rotated(drawn)).startswith("controls: {up down right left, shuffled all}\n")


# --- slips -------------------------------------------------------------------------------------


def test_the_slip_to_either_side_is_drawn_by_itself():
    found = shares("slip: left={0, 0.3} right={0.1, 0.2}", "slip_left", "slip_right")
    assert found == dict.fromkeys([(0, 0.1), (0, 0.2), (0.3, 0.1), (0.3, 0.2)], Fraction(1, 4))
    level = parse(f"slip: left=0..0.5 right=0.2\n{MAP}")
    task = draw_task(level, "", np.random.default_rng(0))
    assert 0 < task.level.slip_left < 0.5
    assert task.level.shown.slip_left == 0.25


def test_the_sets_of_both_sides_are_drawn_evenly_in_a_mirror_too():
    level = parse(f"slip: left={{0, 0.3, 0.4}} right={{0.1, 0.2}}\nvary: mirror\n{MAP}")
    tasks = [nth_task(level, index, "") for index in range(count_tasks(level))]
    slips = [(task.level.slip_left, task.level.slip_right) for task in tasks]
    assert Counter(slips) == dict.fromkeys(
        [(a, b) for a in (0, 0.3, 0.4) for b in (0.1, 0.2)]
        + [(b, a) for a in (0, 0.3, 0.4) for b in (0.1, 0.2)],
        1,
    )
    for task, (left, _) in zip(tasks, slips):
        assert dict(task.drawn)["slip left"] == f"{left:g}"
        assert (task.level.shown.slip_left > 0.2) == (left in (0, 0.3, 0.4))


def test_a_mirror_swaps_the_ranges_of_slips():
    level = parse(f"slip: left=0..0.5 right=0.2\n{MAP}")
    assert write(mirrored(level)).startswith("slip: left=0.2 right=0..0.5\n")
    assert write(rotated(level)).startswith("slip: left=0..0.5 right=0.2\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("slip: left=0.1 right=0.1", "slip: 0.2"),
        ("slip: left=0 right=0", ""),
        ("slip: right=0.2 left=0.1", "slip: left=0.1 right=0.2"),
        ("slip: left=0.1", "slip: left=0.1 right=0"),
        ("controls: down up left right stay", "controls: down up left right"),
        ("controls: up down left right stay", "controls: normal"),
        ("define: L pays=-1", ""),
        ("define: L pays=2", ""),  # no lava on the map
        ("wind: east 0", "wind: none"),
        ("description: Walk!", ""),
        ('title: "a; b"', ""),
    ],
)
def test_what_makes_no_difference_to_play_makes_none_to_the_id(one: str, other: str):
    assert canonical(parse(f"{one}\n{MAP}")) == canonical(parse(f"{other}\n{MAP}"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("slip: left=0.2 right=0.1", "slip: left=0.1 right=0.2"),
        ("slip: left=0.2", "slip: 0.2"),
        ("controls: stay up down left right", "controls: normal"),
        ("define: L pays=0", ""),
        ("ends: never", ""),
        ("starts: any", ""),
    ],
)
def test_what_changes_play_changes_the_id(one: str, other: str):
    map_ = "map:\n@G.\nL..\n"
    rows = map_.replace("@", ".") if one == "starts: any" else map_
    assert canonical(parse(f"{one}\n{rows}")) != canonical(parse(f"{other}\n{map_}"))


# --- texts for people --------------------------------------------------------------------------


def text_of(line: str) -> tuple[str, str, str]:
    level = parse(f"{line}\n{MAP}")
    return level.title, level.author, level.description


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('title: "Fire; ice"', ("Fire; ice", "", "")),
        ('title: "Fire; ice" ; a comment', ("Fire; ice", "", "")),
        ("title: Fire; ice", ("Fire", "", "")),
        ('title: The "inner" loop', ('The "inner" loop', "", "")),
        ('title: "The" loop', ('"The" loop', "", "")),
        ('title: The "a; b"', ('The "a', "", "")),
        ('author: "A; B"', ("", "A; B", "")),
        ("description: Push all boxes ; soon", ("", "", "Push all boxes")),
        ('description: "Push; then walk."', ("", "", "Push; then walk.")),
        ("description: " + "x" * 500, ("", "", "x" * 500)),
    ],
)
def test_texts_may_be_in_quotes(line: str, expected: tuple[str, str, str]):
    assert text_of(line) == expected
    level = parse(f"{line}\n{MAP}")
    assert parse(write(level)) == level


def test_a_quote_before_a_semicolon_is_written_as_another_one():
    """A text cannot have it, but the title of a foreign file may."""
    level = replace(parse(MAP), title='"Push" ; "pull"')
    assert parse(write(level)).title == '"Push\' ; "pull"'
    assert parse(write(parse(write(level)))) == parse(write(level))


# --- starts and candidates ---------------------------------------------------------------------


def test_the_text_of_a_task_has_the_cells_that_its_goal_was_drawn_from():
    level = parse("starts: any\nmap:\n..??\n...#\n?...\n")
    for task in family(level, ""):
        text = write(task.level)
        assert "candidates: 1,3 1,4\ncandidates: 3,1\n" in text
        assert parse(text) == task.level
    plain = parse("map:\n@.??\n")
    assert all("candidates" not in write(task.level) for task in family(plain, ""))


def test_candidates_turn_with_the_map():
    level = nth_task(parse("starts: any\nmap:\n..?\n..?\n"), 0, "").level
    assert level.candidates == ((0, 2), (1, 2))
    assert rotated(level).candidates == ((2, 0), (2, 1))
    assert mirrored(level).candidates == ((0, 0), (1, 0))


@pytest.mark.parametrize("ends", ["goal", "boxes"])
def test_candidates_are_on_the_map(ends: str):
    text = f"ends: {ends}\ncandidates: 1,1\ncandidates: 3,9\nmap:\n@$.X\n....\n"
    text = text if ends == "boxes" else text.replace("X", "G")
    assert [(p.line, p.what) for p in examine(text)[1]] == [
        (3, "the candidate 3,9 is outside the map")
    ]


def test_very_many_candidates_are_written_and_read_back():
    rows = "?" * 100
    task = nth_task(parse("starts: any\nmap:\n" + f"{rows}\n" * 40 + "." * 100), 5, "")
    assert parse(write(task.level)) == task.level


def test_starts_anywhere_are_found_quickly():
    rows = "\n".join(["?" * 99 + "."] * 99)
    assert parse(f"starts: any\nmap:\n{rows}\n").height == 99

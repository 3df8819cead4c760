"""The strip of tasks that a level draws, with what tells them apart."""

from __future__ import annotations

from game.authoring.task_strip import STRIP, draw_strip
from game.text.reading import parse

FAMILY = """controls: shuffled
wind: {none, east 0.2}
cost: mud=2..8
slip: 0.1
map:
@.?%
?..?
"""


def captions(text: str, seed: int = 0) -> list[str]:
    return [one.caption for one in draw_strip(parse(text), "", seed)]


def test_a_level_without_a_family_is_alone_and_needs_no_caption():
    [only] = draw_strip(parse("map:\n@.G\n"), "One")
    assert (only.caption, only.task.name) == ("", "One")


def test_a_small_family_is_there_as_a_whole_in_its_own_order():
    assert captions("map:\n?.@.?\n..?..\n") == ["goal 1,1", "goal 1,5", "goal 2,3"]
    assert captions("goal: visible\nvary: mirror\nmap:\n@.%G\n") == ["", "map mirrored"]


def test_of_a_large_family_six_are_drawn_and_others_by_another_seed():
    first, second = (draw_strip(parse(FAMILY), "", seed) for seed in (0, 1))
    for strip in (first, second):
        assert len({one.task.id for one in strip}) == STRIP
    assert {one.task.id for one in first} != {one.task.id for one in second}
    assert captions(FAMILY, 3) == captions(FAMILY, 3)


def test_signs_are_short_and_say_only_what_differs():
    signs = [dict(one.signs) for one in draw_strip(parse(FAMILY), "")]
    for one in signs:
        assert set(one) == {"goal", "controls", "wind", "mud"}
        assert sorted(one["controls"][:4]) == sorted("↑↓←→")
        assert one["wind"] in ("none", "east 0.2")
        assert 2 <= int(one["mud"]) <= 8
    assert captions("define: M kind={x, y}\nmap:\n@.G\n.M.\n") == ["patrol kind x", "patrol kind y"]

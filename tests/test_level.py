"""Level texts: what is parsed, written and parsed again is equal, and every error has its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.level import (
    MAX_BYTES,
    Level,
    LevelError,
    canonical,
    examine,
    parse,
    read,
    variants,
    write,
)

GOOD = """; a comment
title: Frozen: crossing   ; behind a value, too
author: A. Person
goal: visible
ends: never
steps: 40
reward: goal=2 step=-0.25
cost: mud=4.5 water=8
slip: 0.1
controls: normal
wind: none
vary: rotate mirror

map:
######
#@,:%#
#~.G?#
######
"""


def problems(text: str | bytes) -> list[tuple[int, int, str]]:
    level, found = examine(text, "x.txt")
    assert (level is None) == bool(found)
    return [(p.line, p.column, p.what) for p in found]


def test_every_header_line_is_read():
    level = parse(GOOD)
    assert level == Level(
        rows=("######", "#@,:%#", "#~.G?#", "######"),
        title="Frozen: crossing",
        author="A. Person",
        goal="visible",
        ends="never",
        steps=40,
        goal_reward=2.0,
        step_reward=-0.25,
        costs=(("mud", 4.5), ("water", 8.0)),
        slip=0.1,
        vary=("mirror", "rotate"),
    )
    assert (level.cost("%"), level.cost("~"), level.cost(","), level.cost(".")) == (4.5, 8, 2, 1)


def test_defaults():
    level = parse("map:\n@G\n")
    assert (level.goal, level.ends, level.steps) == ("hidden", "goal", 50)
    assert (level.goal_reward, level.step_reward, level.slip) == (1.0, -0.1, 0.0)


def test_a_space_is_floor_and_is_written_as_a_dot():
    assert parse("map:\n@ G\n").rows == ("@.G",)
    assert "@.G" in write(parse("map:\n@ G\n"))


@pytest.mark.parametrize("text", [GOOD.encode(), b"\xef\xbb\xbf" + GOOD.encode()])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_bom_and_line_ends_do_not_matter(text: bytes, newline: bytes):
    assert parse(text.replace(b"\n", newline)) == parse(GOOD)


numbers = st.decimals(-1000, 1000, places=3).map(float).map(lambda x: x + 0.0)
costs = st.decimals(0, 1000, places=2).map(float)
texts = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=";"), max_size=40)


@st.composite
def levels(draw: st.DrawFn) -> Level:
    height, width = draw(st.integers(1, 6)), draw(st.integers(2, 6))
    tiles = draw(st.lists(st.sampled_from(".,:%~?@G"), min_size=height * width, max_size=36))
    flat = ["@", "G", *tiles][: height * width]
    rows = tuple("".join(flat[i * width : (i + 1) * width]) for i in range(height))
    names = draw(st.lists(st.sampled_from(["floor", "grass", "sand", "mud", "water"]), unique=True))
    order = [n for n in ("floor", "grass", "sand", "mud", "water") if n in names]
    return Level(
        rows=rows,
        title=draw(texts),
        author=draw(texts),
        goal=draw(st.sampled_from(["hidden", "visible"])),
        ends=draw(st.sampled_from(["goal", "never"])),
        steps=draw(st.integers(1, 10_000)),
        goal_reward=draw(numbers),
        step_reward=draw(numbers),
        costs=tuple((name, draw(costs)) for name in order),
        slip=draw(st.decimals(0, 1, places=4).map(float)),
        vary=draw(st.sampled_from([(), ("mirror",), ("rotate",), ("mirror", "rotate")])),
    )


@given(levels())
def test_written_levels_read_back_equal(level: Level):
    assert parse(write(level)) == level


@given(st.text(alphabet="map:\n#.@G?;=,x-0123 \t\r\u2028goalsteps", max_size=200) | st.binary())
def test_no_input_is_a_traceback_and_what_is_accepted_reads_back(text: str | bytes):
    level, found = examine(text, "x")
    if level:
        assert parse(write(level)) == level
    else:
        assert found
        assert all(p.line >= 1 and p.column >= 1 for p in found)


def test_all_errors_are_reported_at_once_with_their_places():
    text = "steps: -3\ngaol: hidden\nreward: goal=1 stepp=2\n\nmap:\n#####\n#@x.#\n####\n"
    assert [(line, column) for line, column, _ in problems(text)] == [
        (1, 8),  # steps
        (2, 1),  # gaol
        (3, 16),  # stepp
        (6, 1),  # no goal
        (7, 3),  # x
        (8, 5),  # a short row
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("", 1, 1, "no map"),
        ("steps: 5\n", 2, 1, "no map"),
        ("map:\n", 1, 1, "empty"),
        ("map: #\n@G\n", 1, 6, "behind"),
        ("map:\n@..\n", 2, 1, "no goal"),
        ("map:\n..G\n", 2, 1, "no start"),
        ("map:\n@#G\n", 2, 1, "no goal can be reached"),
        ("map:\n@.G@#@\n", 2, 6, "no goal can be reached"),
        ("map:\n@G\n\n@G\n", 3, 1, "a row of 0"),
        ("map:\n@G.\n@G\n...\n", 3, 3, "a row of 2"),
        ("map:\n@G\n@G.\n..\n", 3, 3, "a row of 3"),
        ("steps: 5\nsteps: 6\nmap:\n@G\n", 2, 1, "already on line 1"),
        ("steps: \u0663\nmap:\n@G\n", 1, 8, "not a whole number"),
        ("steps: 1_0\nmap:\n@G\n", 1, 8, "not a whole number"),
        ("slip: nan\nmap:\n@G\n", 1, 7, "not a number"),
        ("slip: 1.5\nmap:\n@G\n", 1, 7, "out of range"),
        ("cost: wall=3\nmap:\n@G\n", 1, 7, "unknown name"),
        ("cost: mud=-1\nmap:\n@G\n", 1, 11, "out of range"),
        ("cost: mud=1 mud=2\nmap:\n@G\n", 1, 13, "twice"),
        ("cost: mud\nmap:\n@G\n", 1, 7, "no value"),
        (f"cost: mud={'9' * 5000}\nmap:\n@G\n", 1, 11, "not a number"),
        ("vary: flip\nmap:\n@G\n", 1, 7, "unknown variation"),
        ("goal: Hidden\nmap:\n@G\n", 1, 7, "unknown goal"),
        ("@..G\n", 1, 1, "a row of a map"),
        ("just words\nmap:\n@G\n", 1, 1, "not a header line"),
        ("title: a\x07b\nmap:\n@G\n", 1, 9, "unprintable"),
        (b"title: ok\nmap:\n@\xff\n", 3, 2, "0xff"),
        (b"\xef\xbb\xbf\xff", 1, 1, "0xff"),
        (b"\x00\x01\x02", 1, 1, "not a header line"),
        ("map:\n" + "#" * 300 + "\n", 2, 1, "300 columns"),
        ("map:\n" + "#\n" * 300, 2, 1, "300 rows"),
        ("x" * (MAX_BYTES + 1), 1, 1, "over"),
    ],
)
def test_what_is_wrong_and_where(text: str | bytes, line: int, column: int, what: str):
    found = problems(text)
    assert any((at, col) == (line, column) and what in why for at, col, why in found), found


def test_an_error_shows_its_row_and_a_caret_and_says_what_to_do():
    with pytest.raises(LevelError) as error:
        parse("gaol: hidden\nmap:\n@G\n", "my.txt")
    assert str(error.value) == (
        "my.txt:1:1: unknown key 'gaol' - did you mean 'goal'?\n    gaol: hidden\n    ^"
    )


def test_line_numbers_count_newlines_alone():
    assert problems("; a\u2028b\x0b\x85\nfoo: 1\nmap:\n@G\n") == [(2, 1, "unknown key 'foo'")]


def test_reading_a_file(tmp_path):
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    assert read(tmp_path / "a.txt") == parse(GOOD)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "b.txt")


def test_canonical_text_ignores_what_does_not_matter_for_play():
    level = parse("title: a\ncost: mud=4 water=9\nmap:\n@%G\n")
    assert canonical(level) == canonical(parse("author: b\nmap:\n@%G\n"))
    assert canonical(level) != canonical(parse("cost: mud=5\nmap:\n@%G\n"))
    assert canonical(level) != canonical(parse("goal: visible\nmap:\n@%G\n"))


def test_variants_are_the_symmetries_that_vary_names():
    def maps(vary: str) -> list[tuple[str, ...]]:
        return [v.rows for _, v in variants(parse(f"vary: {vary}\nmap:\n@G\n.,\n"))]

    assert maps("none") == [("@G", ".,")]
    assert maps("mirror") == [("@G", ".,"), ("G@", ",.")]
    assert maps("rotate") == [("@G", ".,"), (".@", ",G"), (",.", "G@"), ("G,", "@.")]
    assert len(set(maps("mirror rotate"))) == 8


def test_all_faults_of_one_line_are_reported():
    text = "reward: goal=x step=y\ncost: wall=3 mud=x foo=2\nvary: flip turn\nmap:\n@G\n"
    assert [(line, column) for line, column, _ in problems(text)] == [
        *[(1, 14), (1, 21)],
        *[(2, 7), (2, 18), (2, 20)],
        *[(3, 7), (3, 12)],
    ]


def test_a_byte_that_is_no_text_hides_no_other_problem():
    text = b"title: caf\xe9\nsteps: -3\nmap:\n@.G\n..\n"
    assert [(line, column) for line, column, _ in problems(text)] == [(1, 11), (2, 8), (5, 3)]


def test_two_problems_may_have_one_place():
    assert [what for _, _, what in problems("map:\n...\n")] == ["no start", "no goal"]


def test_of_very_many_problems_the_rest_is_counted():
    found = problems("map:\n" + "x" * 250 + "\n")
    assert len(found) == 101
    assert found[-1][2] == "and 152 more problems"  # 250 tiles, no start and no goal, less 100


def test_a_map_full_of_starts_is_read_at_once():
    rows = ["@" * 256] * 255 + ["@" * 255 + "G"]
    assert parse("map:\n" + "\n".join(rows) + "\n").height == 256

"""Level texts: what is parsed, written and parsed again is equal, and every error has its place."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as options
from hypothesis import strategies as st

from game.tasks.family import draw_task
from game.tasks.packs import LEVELS
from game.tasks.task import Task
from game.text.drawn_values import drawable_values, nominal
from game.text.flood import reachable
from game.text.level import MAX_BYTES, NAMES, LegendTile, Level, LevelError, Problem
from game.text.reading import examine, parse, read
from game.text.tiles import FREE, LEGEND_SETTINGS, SETTINGS, Setting
from game.text.values import (
    PERMUTATIONS,
    PERMUTATIONS_OF_ALL,
    OneOf,
    Range,
    controls_text,
    moves_of,
)
from game.text.variants import mirrored, rotated, variants
from game.text.writing import canonical, write
from game.world.tables import TooLarge, compile_level

TILES = ".,:%~?@GI^v<>LaAbBoMH!=+X"

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

FAMILY = """steps: 30
slip: {0, 0.3}
wind: east 0.1..0.2
controls: shuffled
cost: mud=2..8 water={1, 9}
define: I slip=0.1..0.4
define: o worth={-1, 0.5}
define: M kind={x, y, hunt} every=2
define: H every={1, 3}
vary: mirror rotate

map:
@.?IIo.H
1%~#^v..
..?a<>A?
M..L#..1
"""

LEGENDS = """title: "Gold; and reeds"
description: Take the gold.
slip: left={0, 0.3} right=0..0.1
controls: {normal, shuffled, shuffled all}
wind: {east 0.2, west 0.1, none}
define: L pays=0
legend: q = o worth={-1, 2} title="Fool's gold"
legend: w = , cost=2..8 slip=0.3
legend: e = M kind={y, hunt} every=2
legend: r = ? pays=3
starts: any
vary: mirror rotate
map:
..q.w?
we#.r.
L.?.r.
"""

PUZZLE = """ends: boxes
legend: q = $ title="crate"
map:
@.!..#
.q.=X.
..$..*
+....X
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


FAMILY = """slip: {0, 0.25}
controls: shuffled
wind: east 0..0.5
cost: mud=2..8 water={1, 9}
define: M every={1, 2} kind={x, hunt}
define: I slip=0.1..0.2
define: o worth={-1, 1}
vary: rotate
map:
@I>o.
M1L1G
aAH%~
"""


def test_all_that_a_task_may_draw_is_read():
    level = parse(FAMILY)
    assert level.slip == OneOf((0.0, 0.25))
    assert level.controls == "shuffled"
    assert (level.wind, level.wind_chance) == ("east", Range(0, 0.5))
    assert level.costs == (("mud", Range(2, 8, whole=True)), ("water", OneOf((1.0, 9.0))))
    assert level.defines == (
        ("I slip", Range(0.1, 0.2)),
        ("o worth", OneOf((-1.0, 1.0))),
        ("M kind", OneOf(("x", "hunt"))),
        ("M every", OneOf((1.0, 2.0))),
    )
    assert level.setting("H every") == 2
    assert parse(write(level)) == level
    assert "define: M kind={x, hunt} every={1, 2}\n" in write(level)
    assert drawable_values(level)["controls"] == PERMUTATIONS
    assert len(set(PERMUTATIONS.members)) == 24
    for text in PERMUTATIONS_OF_ALL.members:
        assert controls_text(moves_of(str(text))) == text
    assert moves_of("normal") == ("up", "down", "left", "right", "stay")
    assert moves_of("down up left right") == ("down", "up", "left", "right", "stay")


def test_a_tile_may_be_refined_on_several_lines():
    level = parse("define: M every=2\ndefine: M kind=y\nmap:\n@MG\n...\n")
    assert level == parse("define: M kind=y every=2\nmap:\n@MG\n...\n")
    assert parse(write(level)) == level


def test_controls_may_be_given_as_the_four_moves():
    assert parse("controls: down up left right\nmap:\n@G\n").controls == "down up left right"
    assert parse("controls: up down left right\nmap:\n@G\n").controls == "normal"


numbers = st.decimals(-1000, 1000, places=3).map(float).map(lambda x: x + 0.0)
costs = st.decimals(0, 1000, places=2).map(float)
texts = st.text(st.characters(exclude_categories=("C", "Z")), max_size=40)
texts = texts.map(lambda text: text.replace('";', "';"))  # this would be the end of the text
titles = st.text(st.characters(codec="ascii", exclude_characters=';"\x7f', min_codepoint=33))


shares = st.decimals(0, 1, places=4).map(float)


def drawn(single: st.SearchStrategy, whole: bool | None = None) -> st.SearchStrategy:
    """A single value or a set of them, or a range where `whole` says of what kind."""
    sets = st.lists(single, min_size=1, max_size=4, unique=True).map(lambda x: OneOf(tuple(x)))
    if whole is None:
        return single | sets
    ends = st.integers(0, 1000).map(float) if whole else shares
    ranges = st.tuples(ends, ends).map(lambda pair: Range(*sorted(pair), whole=whole))
    return single | sets | ranges


def settings(setting: Setting) -> st.SearchStrategy:
    if setting.words:
        return drawn(st.sampled_from(setting.words))
    if setting.whole:
        ends = st.integers(1, 1000).map(float)
        ranges = st.tuples(ends, ends).map(lambda pair: Range(*sorted(pair), whole=True))
        return drawn(ends) | ranges
    return drawn(shares, whole=False)


def sets_of(words: list[str]) -> st.SearchStrategy:
    """One of the words, or a set of them."""
    sets = st.lists(st.sampled_from(words), min_size=1, max_size=4, unique=True)
    return st.sampled_from(words) | sets.map(lambda members: OneOf(tuple(members)))


WAYS = ["normal", "shuffled", "shuffled all", *PERMUTATIONS_OF_ALL.members]
WINDS = ["none", "north 0.25", "south 1", "east 0.5", "west 0..0.5"]


@st.composite
def legends(draw: st.DrawFn) -> LegendTile:
    tile = draw(st.sampled_from(TILES))
    known = [setting for setting in LEGEND_SETTINGS.values() if setting.tile == tile]
    given = [(s.key, draw(settings(s))) for s in known if draw(st.booleans())]
    return LegendTile(draw(st.sampled_from(FREE)), tile, tuple(given), draw(titles))


@st.composite
def levels(draw: st.DrawFn) -> Level:
    height, width = draw(st.integers(1, 6)), draw(st.integers(2, 6))
    legend = draw(st.lists(legends(), max_size=3, unique_by=lambda one: one.char))
    chars = [*TILES, *(one.char for one in legend)]
    has_boxes = draw(st.booleans())
    if has_boxes:
        chars = [char for char in chars if char not in "MH"]
        legend = [
            replace(one, tile="!", settings=()) if one.tile in "MH" else one for one in legend
        ]
    tiles = draw(st.lists(st.sampled_from(chars), min_size=height * width, max_size=36))
    starts = "any" if draw(st.integers(0, 5)) == 0 else ""
    first = ["." if starts else "@", "G"]
    if has_boxes:  # one, since there are many states with two
        box = draw(st.sampled_from(["$", "*", *(one.char for one in legend if one.tile == "!")]))
        legend = [replace(one, tile="$") if one.char == box else one for one in legend]
        tiles = [box, *(char for char in tiles if char != box)]
    flat = [*first, *tiles][: height * width]
    flat += ["."] * (height * width - len(flat))
    if starts:
        meant = {one.char: one.tile for one in legend}
        flat = ["," if meant.get(char, char) in "@+" else char for char in flat]
    rows = tuple("".join(flat[i * width : (i + 1) * width]) for i in range(height))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    labels = draw(st.lists(st.sampled_from(list(SETTINGS)), unique=True))
    sided = draw(st.booleans())
    half = shares.map(lambda share: round(share / 2, 9))
    wind = draw(sets_of(WINDS) | st.sampled_from(["none", "north", "south", "east", "west"]))
    if isinstance(wind, str):
        wind = wind.partition(" ")[0]
    is_calm = wind == "none" or isinstance(wind, OneOf)
    return Level(
        rows=rows,
        title=draw(texts),
        author=draw(texts),
        description=draw(texts),
        goal=draw(st.sampled_from(["hidden", "visible"])),
        ends=draw(st.sampled_from(["goal", "never"])),
        steps=draw(st.integers(1, 10_000)),
        goal_reward=draw(numbers),
        step_reward=draw(numbers),
        costs=tuple((name, draw(drawn(costs, whole=True))) for name in NAMES if name in names),
        slip=0.0 if sided else draw(drawn(shares, whole=False)),
        slip_left=draw(drawn(half)) if sided else 0.0,
        slip_right=draw(drawn(half)) if sided else 0.0,
        controls=draw(sets_of(WAYS)),
        wind=wind,
        wind_chance=0.0 if is_calm else draw(drawn(shares, whole=False)),
        defines=tuple((x, draw(settings(SETTINGS[x]))) for x in SETTINGS if x in labels),
        legend=tuple(legend),
        starts=starts,
        vary=draw(st.sampled_from([(), ("mirror",), ("rotate",), ("mirror", "rotate")])),
    )


def is_refused(level: Level | None, found: list[Problem]) -> bool:
    """Whether a level is refused since some start does not lead to a goal."""
    if level is not None:
        return False
    whats = ("no goal can be reached", "no cell from which every goal", "an opponent on a map with")
    assert any(what in problem.what for problem in found for what in (*whats, "a Sokoban map"))
    return True


@options(deadline=None)  # a few have many states
@given(levels())
def test_written_levels_read_back_equal(level: Level):
    read_back, found = examine(write(level))
    assert read_back == level or is_refused(read_back, found)


@options(deadline=None)  # a few have many states
@given(levels(), st.integers(0, 10**6))
def test_drawn_levels_read_back_equal_and_as_the_same_task(level: Level, seed: int):
    task = draw_task(level, "x", np.random.default_rng(seed))
    read_back, found = examine(write(task.level))
    if not is_refused(read_back, found):
        assert read_back == task.level
        assert Task(read_back, "y").id == task.id
        assert not any(isinstance(v, Range | OneOf) for v in drawable_values(task.level).values())


@options(deadline=None)  # a few have many states
@given(levels())
def test_symmetries_come_round(level: Level):
    quarter = level
    for _ in range(4):
        quarter = rotated(quarter)
    assert canonical(quarter) == canonical(level)
    assert canonical(mirrored(mirrored(level))) == canonical(level)
    one_way = mirrored(rotated(mirrored(rotated(level))))  # two mirrors, aslant and upright
    assert canonical(one_way) == canonical(level)


@given(
    st.text(alphabet="map:\n#.@G?;=,x-0123 \t\r\u2028goalstepswindcry{}", max_size=200)
    | st.binary()
)
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
        ("steps: 5\n", 1, 1, "no map"),
        ("map:\n", 1, 1, "empty"),
        ("map: #\n@G\n", 1, 6, "after"),
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
        ("slip: 0.3..0.1\nmap:\n@G\n", 1, 7, "backwards"),
        ("slip: 0..2\nmap:\n@G\n", 1, 10, "out of range"),
        ("slip: 0..\nmap:\n@G\n", 1, 10, "not a number"),
        ("slip: {0, x}\nmap:\n@G\n", 1, 11, "not a number"),
        ("slip: {0, 0.0}\nmap:\n@G\n", 1, 11, "twice"),
        ("slip: {0, 0.1\nmap:\n@G\n", 1, 7, "no end"),
        ("slip: {" + "0," * 300 + "1}\nmap:\n@G\n", 1, 7, "a set of 301"),
        ("slip: {" + "0," * 300_000 + "1}\nmap:\n@G\n", 1, 10001, "600,009 characters"),
        ("x\n" * 9_000, 100, 1, "not a header line"),
        ("x\n" * 500_000, 10_001, 1, "500,001 lines"),
        ("vary: " + "x " * 4_000 + "\nmap:\n@G\n", 1, 207, "too many words"),
        ("vary: rotate mirror rotate\nmap:\n@G\n", 1, 21, "twice"),
        ("vary: none mirror\nmap:\n@G\n", 1, 7, "unknown variation"),
        ("map:\n@.G\n\nsteps: 5\n", 4, 1, "below 'map:'"),
        ("map:\n@.G\n; a comment\n", 3, 1, "below 'map:'"),
        ("map:\n@.G\nmap:\n@.G\n", 3, 1, "below 'map:'"),
        ("cost: mud=1.5..3\nmap:\n@G\n", 1, 11, "not a whole number"),
        ("cost: sand=1 mud={1, 2000}\nmap:\n@G\n", 1, 22, "out of range"),
        ("wind: up 0.1\nmap:\n@G\n", 1, 7, "unknown wind"),
        ("wind: east\nmap:\n@G\n", 1, 7, "no chance"),
        ("wind: east 2\nmap:\n@G\n", 1, 12, "out of range"),
        ("wind: east 0.1 0.2\nmap:\n@G\n", 1, 16, "too much"),
        ("wind: none 0.1\nmap:\n@G\n", 1, 12, "too much"),
        ("wind: \nmap:\n@G\n", 1, 7, "nothing"),
        ("wind: west 1\nmap:\n@G\n", 3, 1, "no goal can be reached"),
        ("controls: shuffle\nmap:\n@G\n", 1, 11, "unknown controls"),
        ("controls: up down left\nmap:\n@G\n", 1, 11, "3 moves"),
        ("controls: up down left up\nmap:\n@G\n", 1, 24, "twice"),
        ("controls: up down left rihgt\nmap:\n@G\n", 1, 24, "unknown move"),
        ("define: X slip=1\nmap:\n@G\n", 1, 9, "no tile with settings"),
        ("define:\nmap:\n@G\n", 1, 8, "no tile with settings"),
        ("define: M\nmap:\n@G\n", 1, 10, "nothing"),
        ("define: M slip=1\nmap:\n@G\n", 1, 11, "unknown name"),
        ("define: M kind=z\nmap:\n@G\n", 1, 16, "unknown kind"),
        ("define: M kind={x, z}\nmap:\n@G\n", 1, 20, "unknown kind"),
        ("define: M kind=x..y\nmap:\n@G\n", 1, 16, "unknown kind"),
        ("define: H every=1.5\nmap:\n@G\n", 1, 17, "not a whole number"),
        ("define: H every=0\nmap:\n@G\n", 1, 17, "out of range"),
        ("define: H every=1\ndefine: H every=2\nmap:\n@G\n", 2, 1, "already on line 1"),
        ("cost: water=3, mud=2\nmap:\n@G\n", 1, 13, "a comma behind 'water=3'"),
        ("cost: sand=1 mud = 2\nmap:\n@G\n", 1, 14, "a blank between 'mud' and '='"),
        ("define: M every = 2\nmap:\n@G\n", 1, 11, "a blank between 'every' and '='"),
        ("slip: 0 .. 0.2\nmap:\n@G\n", 1, 7, "blanks in the range"),
        ("slip: {}\nmap:\n@G\n", 1, 8, "is empty"),
        ("map:\n@$G\n", 2, 1, "no goal can be reached"),
        ("map:\n@.$#G\n...#.\n", 2, 1, "no goal can be reached"),
        ("map:\n@.$oG\n", 2, 1, "no goal can be reached"),  # a box does not go onto a coin
        ("map:\n@.=G\n", 2, 1, "no goal can be reached"),
        ("map:\n@=!.G\n", 2, 1, "no goal can be reached"),
        ("map:\n@$.MG\n.....\n", 2, 4, "an opponent on a map with boxes"),
        ("map:\n@*..G\n....H\n", 3, 5, "an opponent on a map with boxes"),
        ("ends: boxes\nmap:\n@$.X\n...G\n", 4, 4, "'G' on a map that has 'ends: boxes'"),
        ("ends: boxes\nmap:\n@$.X\n...?\n", 4, 4, "'?' on a map that has 'ends: boxes'"),
        ("ends: boxes\nmap:\n@$.*\n....\n", 3, 4, "2 boxes, and 1 target"),
        ("ends: boxes\nmap:\n@$..\n", 3, 2, "1 box, and 0 targets"),
        ("ends: boxes\nmap:\n@..X\n", 1, 1, "no box on the map"),
        ("map:\n@" + "$" * 41 + "G\n", 2, 42, "41 boxes"),
        ("ends: boxes\nmap:\n+.*X\n", 3, 3, "all boxes stand on targets at the start"),
        ("ends: boxes\nmap:\n@$.\n...\nX..\n", 3, 1, "the boxes cannot be pushed to targets"),
        ("ends: box\nmap:\n@.G\n", 1, 7, "unknown end"),
        ("starts: any\nmap:\n@.G\n", 3, 1, "a start on the map"),
        ("starts: any\nmap:\n+.G\n", 3, 1, "a start on the map"),
        ("starts: some\nmap:\n..G\n", 1, 9, "unknown starts"),
        ("starts: any\nstarts: any\nmap:\n..G\n", 2, 1, "already on line 1"),
        ("starts: any\nmap:\n.#G\n", 1, 1, "no cell from which every goal can be reached"),
        ("starts: any\nmap:\n?.#.?\n", 1, 1, "no cell from which every goal can be reached"),
        ("slip: left=0.7 right=0.4\nmap:\n@G\n", 1, 7, "left and right together may be 1.1"),
        ("slip: left=0.2..0.8 right=0.3\nmap:\n@G\n", 1, 7, "left and right together may be 1.1"),
        ("slip: left={0, 0.5} right={0, 0.6}\nmap:\n@G\n", 1, 7, "together may be 1.1"),
        ("slip: left=0.1 up=0.1\nmap:\n@G\n", 1, 16, "unknown name 'up'"),
        ("slip: left=0.1 left=0.1\nmap:\n@G\n", 1, 16, "twice"),
        ("slip: left=-0.1\nmap:\n@G\n", 1, 12, "out of range"),
        ("wind: {east, none}\nmap:\n@G\n", 1, 8, "no chance"),
        ("wind: east 1\nwind: {east 0.2, none}\nmap:\n@G\n", 2, 1, "already on line 1"),
        ("wind: {none, up 0.2}\nmap:\n@G\n", 1, 14, "unknown wind"),
        ("wind: {east 0.2, west 1.2}\nmap:\n@G\n", 1, 23, "out of range"),
        ("wind: {east 0.2, east 0.2}\nmap:\n@G\n", 1, 18, "twice"),
        ("wind: {east 0..2}\nmap:\n@G\n", 1, 16, "out of range"),
        ("controls: {normal, shuffle}\nmap:\n@G\n", 1, 20, "unknown controls"),
        ("controls: shuffled some\nmap:\n@G\n", 1, 11, "unknown move 'shuffled'"),
        ("controls: up down left stay\nmap:\n@G\n", 1, 24, "four moves, and one is 'stay'"),
        ("controls: up down left right right\nmap:\n@G\n", 1, 30, "twice"),
        ("controls: up down left right stay up\nmap:\n@G\n", 1, 11, "6 moves for the controls"),
        ("define: L worth=1\nmap:\n@G\n", 1, 11, "unknown name"),
        ("define: L pays=x\nmap:\n@G\n", 1, 16, "not a number"),
        ("define: L pays=1\ndefine: L pays=2\nmap:\n@G\n", 2, 1, "already on line 1"),
        ("description: a\ndescription: b\nmap:\n@G\n", 2, 1, "already on line 1"),
        (f"description: {'x' * 501}\nmap:\n@G\n", 1, 514, "text of 501 characters"),
        ('title: "a\x07;"\nmap:\n@G\n', 1, 10, "unprintable"),
        ("candidates: 1;2\nmap:\n@G\n", 1, 13, "no cell"),
        ("candidates: 0,1\nmap:\n@G\n", 1, 13, "no cell"),
        ("map:\n@11G\n1..#\n", 3, 1, "a third teleporter"),
        ("map:\n@A.G\n", 2, 1, "no goal can be reached"),
        ("map:\n@<G\n", 2, 1, "no goal can be reached"),
        ("map:\n@LG\n", 2, 1, "no goal can be reached"),
        ("goal: Hidden\nmap:\n@G\n", 1, 7, "unknown goal"),
        ("@..G\n", 1, 1, "a row of a map"),
        ("just words\nmap:\n@G\n", 1, 1, "not a header line"),
        ("title: a\x07b\nmap:\n@G\n", 1, 9, "unprintable"),
        (b"title: ok\nmap:\n@\xff\n", 3, 2, "0xff"),
        (b"\xef\xbb\xbf\xff", 1, 1, "0xff"),
        (b"\x00\x01\x02", 1, 1, "NUL bytes"),
        ("map:\n@G\n".encode("utf-16-be"), 1, 1, "NUL bytes"),
        (b"steps: 3\rmap:\r@G\r", 1, 1, "end in CR alone"),
        (b"steps: 3\rmap:\r@G\r\n", 1, 1, "end in CR alone"),
        (b"; mine\n\nsteps: 3\rmap:\r@G\n", 3, 1, "end in CR alone"),
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


def test_bytes_that_are_no_text_are_each_told_once_and_named():
    text = b"; \xe4\ntitle: \xfcber\nmap:\n@\xff\xfeG\n"
    told = [f"{line}:{column} {what}" for line, column, what in problems(text)]
    assert [line.split(" is")[0] for line in told] == [
        "1:3 byte 0xe4",
        "2:8 byte 0xfc",
        "4:2 byte 0xff",
    ]


def test_two_problems_may_have_one_place():
    assert problems("map:\n...\n") == [(2, 1, "no goal"), (2, 1, "no start")]


def test_of_very_many_problems_it_is_said_that_there_are_more():
    found = problems("map:\n" + "".join(map(chr, range(0x4E00, 0x4E00 + 250))) + "\n")
    assert len(found) == 101
    assert found[-1][2] == "and more problems"


def test_a_map_full_of_starts_is_read_at_once():
    rows = ["@" * 256] * 255 + ["@" * 255 + "G"]
    assert parse("map:\n" + "\n".join(rows) + "\n").height == 256


def test_variants_turn_all_that_has_a_direction():
    text = "wind: east 0.1\ncontrols: down up left right\nmap:\n@>vM\n^<.G\n"
    level = parse(text)
    turned, flipped = rotated(level), mirrored(level)
    assert turned.rows == (">@", "^v", ".<", "GM")
    assert (turned.wind, turned.controls) == ("south", "up down right left")
    assert turned.setting("M kind") == "y"
    assert flipped.rows == ("Mv<@", "G.>^")
    assert (flipped.wind, flipped.controls) == ("west", "down up left right")
    assert flipped.setting("M kind") == "x"


def test_what_can_be_reached_needs_keys_and_ways():
    level = parse("map:\n@.aA1\n####.\n1>G##\n")
    assert reachable(level, (0, 0))[2, 2] == 6  # over the key, the door, the teleporter
    assert (1, 4) not in reachable(level, (0, 0))
    one_way = parse("map:\n@.G\n.v.\n...\n")
    assert reachable(one_way, (2, 1))[1, 1] == 3  # not from below


def test_a_chain_of_keys_that_cannot_all_be_had():
    """Each key lies behind a one-way tile: who has one cannot have the other, and needs both."""
    text = "map:\n#a<@>b#\n#A###A#\n#B###B#\n#G###G#\n"
    assert problems(text) == [(2, 4, "no goal can be reached from this start")]


def test_the_nominal_level_has_the_middle_the_mean_and_nothing_of_words_and_worths():
    level = nominal(parse(FAMILY))
    assert (level.slip, level.controls) == (0.125, "normal")
    assert level.costs == (("mud", 5.0), ("water", 5.0))
    assert level.setting("I slip") == pytest.approx(0.15)
    assert (level.setting("o worth"), level.setting("M kind")) == (0.5, "x")


def test_what_is_wrong_can_be_printed_whatever_the_bytes_are():
    for key in (b"define: \xf7 every=1\n", b"\xf7: 1\n", b"title: \xf7\n", b"dialect: \xf7\n"):
        found = examine(key + key + b"map:\n@\xf7G\n")[1]
        assert found
        "\n".join(map(str, found)).encode("utf-8")


def test_mutated_levels_are_no_traceback_and_what_is_accepted_reads_back():
    """Bytes and lines of the shipped levels changed, dropped, and taken from one another."""
    files = [p.read_bytes() for p in sorted(LEVELS.glob("*/*.txt"))] + [
        *(text.encode() for text in (GOOD, FAMILY, *2 * (LEGENDS, PUZZLE))),
    ]
    rng = random.Random(0)
    accepted = 0
    for _ in range(1000):
        lines = rng.choice(files).split(b"\n")
        other = rng.choice(files).split(b"\n")
        at = rng.randrange(len(lines))
        kind = rng.randrange(4)
        if kind == 0:
            lines[at : at + rng.randrange(2)] = [rng.choice(other)]
        elif kind == 1:
            lines[at:] = other[rng.randrange(len(other)) :]
        else:
            line = bytearray(lines[at] or b".")
            marks = b'#.@G?,%~I>L1aAoMH0{}=;:-\t\r$*+X!qw"'
            mark = rng.choice(marks) if kind == 2 else rng.randrange(256)
            line[rng.randrange(len(line))] = mark
            lines[at] = bytes(line)
        data = b"\n".join(lines)
        level, found = examine(data)
        if level:
            accepted += 1
            assert parse(write(level)) == level
            assert canonical(parse(canonical(level))) == canonical(level)
        else:
            shown = data.decode("utf-8", "surrogateescape").split("\n")
            assert all(p.line <= len(shown) for p in found)
            assert all(p.column <= len(shown[p.line - 1]) + 1 for p in found)
            assert "\n".join(map(str, found)).encode("utf-8")
    assert accepted > 100


@pytest.mark.parametrize("tile", "oH")
def test_a_map_full_of_coins_or_hunters_is_refused_with_its_factors(tile: str):
    level = parse("map:\n" + "\n".join("@" + tile * 254 + "G" for _ in range(100)))
    with pytest.raises(TooLarge, match=r"10\^\d+ states \(25,600 cells x .*10\^\d+ "):
        compile_level(level)


# --- unknown characters and foreign files --------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("map:\n#S.G#\n#SSS#\n", "2:2: unknown tile 'S', 4 times - did you mean '@' (start)?"),
        ("map:\n██\n@G\n", "2:1: unknown tile '█', 2 times - did you mean '#' (wall)?"),
        ("map:\n@l\n.G\n", "2:2: unknown tile 'l' - did you mean 'L' (lava)?"),
        ("map:\n@.G\n\t\t.\n", "3:1: a tab, 2 times - use spaces"),
        (
            "map:\n@qqG\n",
            "2:2: unknown tile 'q', 2 times - 'main.py levels legend' lists the tiles; 'le",
        ),
        (
            "map:\n@\u20acG\n",
            "2:2: unknown tile '\u20ac' - 'main.py levels legend' lists the tiles\n",
        ),
        ("map:\nSFH\nFFG\n", "2:1: this looks like a FrozenLake map - write 'dialect: frozenlake'"),
        ("SFH\nFFG\n", "1:1: this looks like a FrozenLake map - write 'dialect: frozenlake' and"),
        ("map:\n####\n#@$.\n", "2:1: this looks like a Sokoban map - write 'dialect: xsb' above"),
        (
            "Level 1\n####\n#@$.\n####\n",
            "1:1: this looks like a Sokoban map - write 'dialect: xsb'",
        ),
        ("map:\n..@@\n...T\n", "2:1: this looks like a MovingAI map - write 'dialect: movingai'"),
        ("type octile\nheight 1\nwidth 2\nmap\n..\n", "1:1: this looks like a MovingAI map"),
        ('<?xml version="1.0"?>\n<map version="1.10">\n', "1:1: this looks like a Tiled map"),
        ('{ "height":10,\n "layers":[ {\n', "1:1: this looks like a Tiled map"),
        ("map:\n1,1,2\n2,0,1\n", "2:1: this looks like a Tiled map, which is not read"),
    ],
)
def test_unknown_characters_are_reported_once_with_a_guess(text: str, expected: str):
    found = [str(problem) for problem in examine(text, "x")[1]]
    assert sum(one.startswith(f"x:{expected}") for one in found) == 1, found
    if "looks like" in expected:
        assert len(found) == 1


def test_the_advised_dialect_reads_the_map():
    assert parse("dialect: frozenlake\nmap:\nSFH\nFFG\n").rows == ("@.L", "..G")
    text = "type octile\nheight 2\nwidth 4\nmap\n..@@\n...T\n"
    assert parse(f"dialect: movingai\nmap:\n{text}").rows == ("@?##", "???#")


def test_very_many_bytes_that_are_no_text_hide_no_guess():
    found = examine(b"\xff\n" * 300 + b"SFH\nFFG\n")[1]
    assert len(found) == 101


# --- an automatic step reward --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("map:\n@...?\n?....\n", 4),
        ("map:\n@~~~?\n.....\n", 6),  # around the water
        ("cost: floor=2\nmap:\n@..?\n", 6),
        ("cost: mud=2..8 sand={1, 5}\nmap:\n@%:G\n", 5 + 3 + 1),  # nominal costs
        ("map:\n@.LG\n#...\n", 5),  # no way leads over lava
        ("map:\n@.1#1G\n", 3),
        ("map:\n@>.G\n..#.\n", 3),
        ("map:\n@aAG\n", 3),
        ("map:\naAG\n@##\n", 3),  # the way to the key counts
        ("map:\n@A.?\n.a#.\n###?\n", 1 + 1 + 1 + 1 + 1 + 1 + 1),  # to the key, and back to the door
        ("map:\n@...G.@\n", 4),  # the start that is farther away
        ("map:\n@.?#?\n", 2),  # a candidate out of reach does not count
        ("map:\n@.G..G\n", 2),  # of several goals, the nearest
        ("define: M kind=hunt\nslip: 0.3\nwind: east 0.5\nmap:\n@.M.G\n", 4),
        ("ends: never\nmap:\n@.?.?\n", 4),
    ],
)
def test_the_automatic_step_reward_makes_the_longest_way_cost_half_the_goal(text: str, cost: int):
    level = parse(f"reward: goal=3 step=auto\n{text}")
    assert level.step_reward == -round(3 / (2 * cost), 4)
    written = parse(f"reward: goal=3 step={level.step_reward}\n{text}")
    assert Task(level, "").id == Task(written, "").id
    assert f"reward: goal=3 step={level.step_reward}\n" in write(level)
    assert parse(write(level)) == level


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("reward: goal=0 step=auto\nmap:\n@.G\n", "'step=auto', and the goal pays nothing"),
        ("reward: goal=-1 step=auto\nmap:\n@.G\n", "'step=auto', and the goal pays nothing"),
        ("reward: step=auto\ncost: floor=0\nmap:\n@.G\n", "'step=auto': every way to a goal is fr"),
        ("reward: step=auto goal=0.0001\nmap:\n@.G\n", "'step=auto': a way that costs 2 makes it"),
    ],
)
def test_where_there_is_no_automatic_step_reward_it_is_an_error(text: str, what: str):
    (problem,) = examine(text)[1]
    assert problem.what.startswith(what)
    assert text.split("\n")[problem.line - 1][problem.column - 1 :].startswith("step=auto")


def test_the_automatic_step_reward_is_one_number_for_all_tasks():
    level = parse("reward: step=auto\nvary: mirror rotate\nmap:\n@...?\n?....\n")
    tasks = [draw_task(level, "", np.random.default_rng(seed)) for seed in range(20)]
    assert {task.level.step_reward for task in tasks} == {-0.125}

"""The `legend:` lines of levels: how they are read, which settings count, and task ids."""

from __future__ import annotations

import pytest

from game.tasks.family import count_tasks, family, nth_task
from game.text.level import LegendTile, Level, LevelError
from game.text.reading import examine, parse
from game.text.tiles import BY_CHAR, FREE, LEGEND_SETTINGS, TILES
from game.text.values import OneOf, Range
from game.text.variants import mirrored, rotated
from game.text.writing import canonical, write

MAP = "map:\n#####\n#@.G#\n#####\n"


def legend(line: str) -> LegendTile:
    """Return the tile of a legend line."""
    (one,) = parse(f"legend: {line}\n{MAP}").legend
    return one


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("q = o", LegendTile("q", "o")),
        ("q = o worth=-1", LegendTile("q", "o", (("worth", -1.0),))),
        ("q=o worth=-1", LegendTile("q", "o", (("worth", -1.0),))),
        ("q\t =\to\tworth=-1", LegendTile("q", "o", (("worth", -1.0),))),
        ("q = M every=2 kind=y", LegendTile("q", "M", (("kind", "y"), ("every", 2.0)))),
        ("q = . cost=3 slip=0.5", LegendTile("q", ".", (("cost", 3.0), ("slip", 0.5)))),
        ("q = I cost=0 slip=1", LegendTile("q", "I", (("slip", 1.0), ("cost", 0.0)))),
        ("q = H every=1..3", LegendTile("q", "H", (("every", Range(1, 3, whole=True)),))),
        ("q = L pays={-1, 0.5}", LegendTile("q", "L", (("pays", OneOf((-1.0, 0.5))),))),
        ("q = ? pays=-0.5..0.5", LegendTile("q", "?", (("pays", Range(-0.5, 0.5)),))),
        ("q = M kind={x, hunt}", LegendTile("q", "M", (("kind", OneOf(("x", "hunt"))),))),
        ('q = , title="tall reeds" cost=2', LegendTile("q", ",", (("cost", 2.0),), "tall reeds")),
        ('q = , cost=2 title="a=b {c}"', LegendTile("q", ",", (("cost", 2.0),), "a=b {c}")),
        ('q = # title="cliff"', LegendTile("q", "#", (), "cliff")),
        ("( = =", LegendTile("(", "=")),
    ],
)
def test_what_a_line_may_say(line: str, expected: LegendTile):
    found = legend(line)
    assert (found.char, found.tile, found.title) == (expected.char, expected.tile, expected.title)
    assert dict(found.settings) == dict(expected.settings)
    level = parse(f"legend: {line}\n{MAP}")
    assert parse(write(level)) == level


@pytest.mark.parametrize("tile", [tile.char for tile in TILES])
def test_every_tile_may_have_characters_of_its_own_with_the_settings_of_the_table(tile: str):
    keys = {
        **{ground: {"cost", "slip"} for ground in ".,:%~I"},
        **{"o": {"worth"}, "M": {"kind", "every"}, "H": {"every"}},
        **{paying: {"pays"} for paying in "LG?"},
    }
    assert {s.key for s in LEGEND_SETTINGS.values() if s.tile == tile} == keys.get(tile, set())
    assert legend(f"q = {tile}") == LegendTile("q", tile)
    for key in {"cost", "slip", "worth", "kind", "every", "pays"} - keys.get(tile, set()):
        found = examine(f"legend: q = {tile} {key}=1\n{MAP}")[1]
        assert [(p.line, p.column, p.what) for p in found] == [(1, 15, f"unknown name '{key}'")]


def test_every_free_character_can_be_used():
    printable = {chr(code) for code in range(33, 127)}
    assert {*FREE} == printable - {*BY_CHAR} - {*';"'}
    for char in FREE:
        level = parse(f"legend: {char} = o worth=2\nmap:\n@{char}G\n")
        assert level.tiles == ("@oG",)
        assert level.setting(f"{char} worth") == 2
        assert parse(write(level)) == level


@pytest.mark.parametrize(
    ("lines", "line", "column", "what"),
    [
        ("legend: # = o", 1, 9, "'#' is already a tile (wall)"),
        ("legend: $ = o", 1, 9, "'$' is already a tile (box)"),
        ("legend: = = o", 1, 9, "'=' is already a tile (gate)"),
        ("legend: 7 = o", 1, 9, "'7' is already a tile (teleporter)"),
        ('legend: " = o', 1, 9, "'\"' is not free"),
        ("legend: é = o", 1, 9, "'é' is not free"),
        ("legend: ; = o", 1, 9, "'' is no legend"),
        ("legend:   = o", 1, 11, "'= o' is no legend"),
        ("legend: qq = o", 1, 9, "'qq = o' is no legend"),
        ("legend: q o", 1, 9, "'q o' is no legend"),
        ("legend: q =", 1, 9, "'q =' is no legend"),
        ("legend:", 1, 8, "'' is no legend"),
        ("legend: q = z", 1, 13, "unknown tile 'z'"),
        ("legend: q = floor cost=1", 1, 13, "unknown tile 'floor'"),
        ("legend: q = ., cost=1", 1, 13, "unknown tile '.,'"),
        ("legend: q = .\nlegend: w = q", 2, 13, "unknown tile 'q'"),
        ("legend: q = o\nlegend: q = o", 2, 1, "'legend q' is already on line 1"),
        ("legend: q = , color=1", 1, 15, "unknown name 'color'"),
        ("legend: q = . cost=2 cost=3", 1, 22, "'cost' is given twice"),
        ("legend: q = o worth", 1, 15, "'worth' has no value"),
        ("legend: q = . cost=-1", 1, 20, "cost '-1' is out of range"),
        ("legend: q = , cost=1001", 1, 20, "cost '1001' is out of range"),
        ("legend: q = , cost=1.5..2", 1, 20, "cost '1.5' is not a whole number"),
        ("legend: q = I slip=1.5", 1, 20, "slip '1.5' is out of range"),
        ("legend: q = H every=0", 1, 21, "every '0' is out of range"),
        ("legend: q = M every=1.5", 1, 21, "every '1.5' is not a whole number"),
        ("legend: q = M kind=z", 1, 20, "unknown kind 'z'"),
        ("legend: q = G pays=auto", 1, 20, "pays 'auto' is not a number"),
        ("legend: q = G pays=-1001", 1, 20, "pays '-1001' is out of range"),
        ('legend: q = o title="a; b"', 1, 23, "a ';' in the title"),
        ('legend: q = o title="a; b" worth=2 ; one', 1, 23, "a ';' in the title"),
        ('legend: q = o title="a;', 1, 15, "the title is not in quotes"),
        ('legend: q = o title="a"b"', 1, 15, "the title is not in quotes"),
        ('legend: q = o title="a', 1, 15, "the title is not in quotes"),
        ("legend: q = o title=gold", 1, 15, "the title is not in quotes"),
        ('legend: q = o title="a" title="b"', 1, 25, "a second title"),
        ('legend: q = o title="a\x07"', 1, 23, "unprintable character '\\x07'"),
        (f'legend: q = o title="{"a" * 201}"', 1, 222, "text of 201 characters"),
        ("legend: q = o\ndefine: q worth=2", 2, 9, "'q' is no tile with settings"),
        ('legend: q = , title="reeds"\ncost: reeds=2', 2, 7, "unknown name 'reeds'"),
    ],
)
def test_what_is_wrong_with_a_line_and_where(lines: str, line: int, column: int, what: str):
    found = [(p.line, p.column, p.what) for p in examine(f"{lines}\n{MAP}")[1]]
    assert (line, column, what) in found


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("map:\n#####\n#@qG#\n", 3, 3, "unknown tile 'q'"),
        ("legend: q = .\nmap:\n#####\n#@QG#\n", 4, 3, "unknown tile 'Q'"),
        ("legend: w = G\nmap:\n#@.#\n", 3, 1, "no goal"),
        ("legend: w = @\nmap:\n#G.#\n", 3, 1, "no start"),
        ("legend: t = 1\nlegend: u = 1\nmap:\n@1tuG\n", 4, 4, "a third teleporter '1'"),
        ("legend: q = #\nmap:\n@qG\n", 3, 1, "no goal can be reached from this start"),
        ("legend: q = M\nmap:\n@$q.G\n.....\n", 3, 3, "an opponent on a map with boxes"),
    ],
)
def test_legend_characters_count_as_their_tiles_in_errors(
    text: str, line: int, column: int, what: str
):
    assert (line, column, what) in [(p.line, p.column, p.what) for p in examine(text)[1]]


@pytest.mark.parametrize(
    "line", ["q = z", 'q = o title="a; b"', "q=o worth=x", "q = . cost=1 cost=2", "q ="]
)
def test_a_legend_line_with_a_fault_is_the_only_problem(line: str):
    (found,) = examine(f"legend: {line}\nmap:\n@qqG\n")[1]
    assert found.line == 1


def test_a_title_in_a_comment_is_no_title():
    text = 'legend: q = o ; title="a; b"\nlegend: w = o title="c" ; "d"\nmap:\n@qwG\n'
    assert [one.title for one in parse(text).legend] == ["", "c"]


def test_a_character_without_a_legend_is_advised_to_get_one():
    with pytest.raises(LevelError, match=r"'legend: q = .' makes it one"):
        parse("map:\n@qG\n")


# --- precedence and draws ----------------------------------------------------------------------


def test_the_legend_comes_before_define_and_cost_and_these_before_the_table():
    text = (
        "cost: grass=5 ice=7\ndefine: o worth=3\ndefine: I slip=0.9\ndefine: M every=4 kind=y\n"
        "legend: q = , cost=8\nlegend: w = ,\nlegend: e = o worth=4\nlegend: r = o\n"
        "legend: t = I slip=0.1\nlegend: y = I cost=1\nlegend: u = M kind=x\nmap:\n@,qwerty:uG\n"
    )
    level = parse(text)
    assert [level.cost(char) for char in ",qw:ty"] == [5, 8, 5, 3, 7, 1]
    assert [level.setting(f"{char} worth") for char in "oer"] == [3, 4, 3]
    assert [level.slips(char)[0] for char in "tyI."] == [0.1, 0.9, 0.9, 0]
    assert [level.setting(f"u {key}") for key in ("kind", "every")] == ["x", 4]
    assert level.setting("H every") == 2


def test_ranges_and_sets_are_drawn_once_for_each_character_and_are_hidden():
    level = parse("legend: q = o worth={1, 2}\nlegend: w = o worth={1, 2}\nmap:\n@qqwoG\n")
    tasks = list(family(level, ""))
    worths = [
        [task.level.setting(f"{task.level.rows[0][i]} worth") for i in (1, 2, 3, 4)]
        for task in tasks
    ]
    assert worths == [[1, 1, 1, 0.5], [1, 1, 2, 0.5], [2, 2, 1, 0.5], [2, 2, 2, 0.5]]
    assert {task.level.shown.setting("q worth") for task in tasks} == {0.5}
    assert tasks[1].drawn == (("q worth", "1"), ("w worth", "2"))


def test_what_the_map_does_not_use_is_not_drawn():
    level = parse(f"legend: q = o worth={{1, 2}}\n{MAP}")
    assert count_tasks(level) == 1
    assert nth_task(level, 0, "").drawn == ()


def test_nominal_values_are_means_of_costs_and_slips_and_defaults_of_all_else():
    text = "legend: q = , cost={2, 8} slip=0..0.5\nlegend: w = o worth={-1, 3}\n"
    text += "legend: e = G pays={0, 9}\nlegend: r = L pays={0, 9}\nreward: goal=4\n"
    text += "legend: t = H every=3..5\nmap:\n@qwter\n"
    shown = next(family(parse(text), "")).level.shown
    assert (shown.cost("q"), shown.setting("q slip")) == (5, 0.25)
    labels = ("w worth", "e pays", "r pays", "t every")
    assert [shown.setting(label) for label in labels] == [0.5, 4, -1, 2]


# --- ids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("legend: q = o worth=2\nmap:\n@qG\n", "legend: & = o worth=2\nmap:\n@&G\n"),
        (
            "legend: q = o worth=2\nlegend: w = o worth=3\nmap:\n@qwG\n",
            "legend: q = o worth=3\nlegend: w = o worth=2\nmap:\n@wqG\n",
        ),
        ("legend: q = o worth=2\nmap:\n@.G\n", "map:\n@.G\n"),
        ('legend: q = o worth=2 title="gold"\nmap:\n@qG\n', "legend: q = o worth=2\nmap:\n@qG\n"),
        ('legend: q = , cost=3 title="reeds"\nmap:\n@qG\n', "legend: q = , cost=3\nmap:\n@qG\n"),
        (
            "legend: q = o worth=2\nlegend: w = o worth=2\nmap:\n@qwoG\n",
            "legend: q = o worth=2\nmap:\n@qqoG\n",
        ),
        ('legend: q = , title="reeds"\nmap:\n@qG\n', "map:\n@,G\n"),
        ("legend: q = , cost=2\nmap:\n@qG\n", "map:\n@,G\n"),
        ("legend: q = o worth=0.5\nmap:\n@qG\n", "map:\n@oG\n"),
        ("legend: q = G pays=1\nmap:\n@.q\n", "map:\n@.G\n"),
        ("reward: goal=3\nlegend: q = G pays=3\nmap:\n@.q\n", "reward: goal=3\nmap:\n@.G\n"),
        ("legend: q = L pays=-1\nmap:\n@.G\n.q.\n", "map:\n@.G\n.L.\n"),
        ("slip: 0.2\nlegend: q = . slip=0.2\nmap:\n@qG\n", "slip: 0.2\nmap:\n@.G\n"),
        ("define: o worth=2\nlegend: q = o worth=2\nmap:\n@qG\n", "define: o worth=2\nmap:\n@oG\n"),
        ("define: o worth=2\nmap:\n@oG\n", "legend: q = o worth=2\nmap:\n@qG\n"),
        (
            "define: M kind=y\nlegend: q = M kind=x\nmap:\n@qG\n.M.\n",
            "legend: q = M kind=y\nmap:\n@MG\n.q.\n",
        ),
        (
            "define: L pays=2\nlegend: q = L pays=3\nmap:\n@.G\nLq.\n",
            "define: L pays=3\nlegend: q = L pays=2\nmap:\n@.G\nqL.\n",
        ),
        ("cost: mud=6\nlegend: q = %\nmap:\n@qG\n", "cost: mud=6\nmap:\n@%G\n"),
        (
            "define: M every=3\nlegend: q = M kind=y\nmap:\n@qG\n...\n",
            "legend: q = M kind=y every=3\nmap:\n@qG\n...\n",
        ),
        (
            "legend: q = o worth=2\nlegend: w = o worth=2\nmap:\n@qwG\n",
            "legend: q = o worth=2\nmap:\n@qqG\n",
        ),
        ("legend: q = $\nmap:\n@qX\n..G\n", "map:\n@$X\n..G\n"),
        ("legend: q = @\nmap:\nq.G\n", "map:\n@.G\n"),
    ],
)
def test_levels_that_play_alike_have_one_id(one: str, other: str):
    assert canonical(parse(one)) == canonical(parse(other))
    assert canonical(parse(canonical(parse(one)))) == canonical(parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("legend: q = o worth=2\nmap:\n@qG\n", "legend: q = o worth=3\nmap:\n@qG\n"),
        ("legend: q = o worth=2\nmap:\n@qoG\n", "legend: q = o worth=2\nmap:\n@oqG\n"),
        ("legend: q = , cost=3\nmap:\n@qG\n", "map:\n@,G\n"),
        ("legend: q = . slip=0.5\nmap:\n@qG\n", "map:\n@.G\n"),
        ("slip: 0.2\nlegend: q = . slip=0\nmap:\n@qG\n", "slip: 0.2\nmap:\n@.G\n"),
        ("legend: q = M kind=y\nmap:\n@qG\n...\n", "map:\n@MG\n...\n"),
        ("legend: q = H every=3\nmap:\n@q.G\n", "map:\n@H.G\n"),
        ("legend: q = G pays=2\nmap:\n@.q\n", "map:\n@.G\n"),
        ("legend: q = L pays=0\nmap:\n@.G\n.q.\n", "map:\n@.G\n.L.\n"),
        (
            "slip: left=0.3 right=0.1\nlegend: q = . slip=0.4\nmap:\n@qG\n",
            "slip: left=0.3 right=0.1\nmap:\n@.G\n",
        ),
        (
            "legend: q = o worth={1, 2}\nlegend: w = o worth={1, 2}\nmap:\n@qwG\n",
            "legend: q = o worth={1, 2}\nmap:\n@qqG\n",
        ),
    ],
)
def test_levels_that_play_otherwise_have_other_ids(one: str, other: str):
    assert canonical(parse(one)) != canonical(parse(other))


def turned(level: Level, turns: int) -> str:
    for _ in range(turns):
        level = rotated(level)
    return canonical(level)


def test_a_turn_turns_the_kinds_and_arrows_of_legends_and_a_mirror_the_arrows():
    level = parse("legend: q = M kind=y\nlegend: w = M\nlegend: e = ^\nmap:\nqwe\n@.G\n")
    quarter = "legend: q = M\nlegend: w = M kind=y\nlegend: e = >\nmap:\n@q\n.w\nGe\n"
    assert turned(level, 1) == canonical(parse(quarter))
    half = "legend: q = M kind=y\nlegend: w = M\nlegend: e = v\nmap:\nG.@\newq\n"
    assert turned(level, 2) == canonical(parse(half))
    assert turned(level, 4) == canonical(level)
    mirror = "legend: q = M kind=y\nlegend: w = M\nlegend: e = ^\nmap:\newq\nG.@\n"
    assert canonical(mirrored(level)) == canonical(parse(mirror))
    arrows = parse("legend: q = <\nmap:\n.qG\n@..\n")
    assert canonical(mirrored(arrows)) == canonical(parse("legend: q = >\nmap:\nGq.\n..@\n"))
    drawn = parse("legend: q = M kind={x, hunt}\nmap:\n@qG\n...\n")
    assert rotated(drawn).legend[0].settings == (("kind", OneOf(("y", "hunt"))),)

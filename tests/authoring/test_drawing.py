"""Drawing tools, partners of tiles, values that are drawn, and marks of goals."""

from __future__ import annotations

import tomllib
from itertools import pairwise

import pytest

from game.authoring.drawing import (
    LEFT_RIGHT,
    UP_DOWN,
    brush,
    cells_of,
    cleared,
    copied,
    flood,
    line,
    mirrored_region,
    moved,
    paint,
    pasted,
    rectangle,
    rotated_region,
    shifted,
)
from game.authoring.drawn_numbers import turn_value
from game.authoring.goal_marks import goal_marks, set_goal_marks
from game.authoring.partners import missing_partners, newly_missing
from game.tasks.packs import load_pack
from game.text.header_edits import EditError, value_at
from game.text.level import Rows
from game.text.reading import parse
from game.text.source_map import locate
from game.text.variants import LEFT_RIGHT as LEFT_RIGHT_WORDS
from game.text.variants import QUARTER, mirrored, rotated, turned_characters

BOARD = ("#####", "#@.G#", "#..>#", "#####")


def drawn(board: Rows, drawing: dict[tuple[int, int], str]) -> Rows:
    grid = [list(row) for row in board]
    for (row, column), char in drawing.items():
        grid[row][column] = char
    return tuple("".join(row) for row in grid)


# --- tools -------------------------------------------------------------------------------------


def test_lines_are_straight_and_whole():
    assert line((1, 1), (1, 1)) == [(1, 1)]
    assert line((0, 0), (0, 3)) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert line((3, 0), (0, 3)) == [(3, 0), (2, 1), (1, 2), (0, 3)]
    for end in [(5, 2), (-4, 3), (2, -7), (-3, -3)]:
        cells = line((0, 0), end)
        assert (cells[0], cells[-1]) == ((0, 0), end)
        assert len(cells) == max(map(abs, end)) + 1
        assert all(max(abs(a - c), abs(b - d)) == 1 for (a, b), (c, d) in pairwise(cells))


def test_a_brush_leaves_no_gaps():
    assert brush([(0, 0), (0, 3), (0, 0)]) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert brush([]) == []


def test_rectangles_floods_and_replacements():
    assert len(rectangle((3, 4), (1, 1))) == 10
    assert len(rectangle((3, 4), (1, 1), filled=True)) == 12
    assert sorted(flood(BOARD, (1, 2))) == [(1, 2), (2, 1), (2, 2)]
    assert flood(BOARD, (9, 9)) == []
    assert cells_of(BOARD, ".") == [(1, 2), (2, 1), (2, 2)]


def test_symmetry_repeats_strokes_and_turns_what_has_a_direction():
    board = ("....", "....", "....")
    turns = {LEFT_RIGHT: {"<": ">", ">": "<"}, UP_DOWN: {"^": "v", "v": "^"}}
    found = paint(board, [(0, 0), (9, 9)], ">", [LEFT_RIGHT, UP_DOWN], turns)
    assert found == {(0, 0): ">", (0, 3): "<", (2, 0): ">", (2, 3): "<"}
    assert paint(board, [(1, 1)], "^", [UP_DOWN], turns) == {(1, 1): "^"}


def test_regions_are_cut_pasted_and_moved():
    region = copied(BOARD, (2, 4), (1, 3))
    assert region == ("G#", ">#")
    assert drawn(BOARD, cleared(BOARD, (1, 1), (1, 3))) == (BOARD[0], "#...#", *BOARD[2:])
    assert drawn(BOARD, pasted(BOARD, region, (3, 4)))[3] == "####G"
    assert drawn(BOARD, moved(BOARD, (1, 1), (1, 2), (1, 2)))[1] == "#.@.#"
    assert drawn(BOARD, shifted(BOARD, 1, 1))[1:3] == ("#####", "##@.G")


def test_regions_turn_like_levels():
    text = "legend: y = M kind=y\nlegend: u = ^\nmap:\n@M>#\ny.G<\n#u.v\n"
    level = parse(text)
    turn = turned_characters(level, QUARTER)
    region = rotated_region(level.rows, turn)
    turned = parse(text.partition("map:")[0] + "map:\n" + "\n".join(region))
    assert turned.tiles == rotated(level).tiles
    kinds = [turned.setting(f"{turned.rows[r][c]} kind") for r, c in turned.find("M")]
    assert kinds == ["x", "y"]
    turn = turned_characters(level, LEFT_RIGHT_WORDS)
    assert mirrored_region(level.rows, LEFT_RIGHT, turn) == mirrored(level).rows


# --- partners ----------------------------------------------------------------------------------


def test_partners_that_are_missing_are_named():
    missing = {(one.tile, one.partner) for one in missing_partners(("1a.B", "!$2", "2b."))}
    assert missing == {("1", "1"), ("a", "A"), ("!", "="), ("$", "X")}
    assert missing_partners(("11aA!=$X",)) == []
    [new] = newly_missing(("1a",), ("1a=",))
    assert (new.tile, new.cell, new.partner) == ("=", (0, 2), "!")


# --- values that are drawn ---------------------------------------------------------------------

NUMBERS = """cost: mud=4 ; c
slip: 0.9
wind: east 0.3
define: M kind=y
legend: q = o worth=-1
map:
@MqG
"""


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("cost", "mud"), ["2..6", "{2, 6}", "4"]),
        (("cost", "water"), ["3..9", "{3, 9}", "6"]),
        (("slip",), ["0.8..1", "{0.8, 1}", "0.9"]),
        (("wind", "chance"), ["0.15..0.45", "{0.15, 0.45}", "0.3"]),
        (("define", "M", "kind"), ["{y, x, hunt}", "y"]),
        (("define", "M", "every"), ["1..2", "{1, 2}", "2"]),
        (("define", "o", "worth"), ["0.25..0.75", "{0.25, 0.75}", "0.5"]),
        (("legend", "q", "worth"), ["-1.5..-0.5", "{-1.5, -0.5}", "-1"]),
    ],
)
def test_a_value_becomes_a_range_a_set_and_fixed_again(path: tuple[str, ...], values: list[str]):
    text = NUMBERS
    for value in values:
        text = turn_value(locate(text), path)
        assert value_at(locate(text), path) == value
        parse(text)
    assert text.count("\n") <= NUMBERS.count("\n") + 1


def test_values_that_no_task_draws_are_refused():
    for path in [("steps",), ("reward", "goal")]:
        with pytest.raises(EditError, match="the same in all tasks"):
            turn_value(locate(NUMBERS), path)
    with pytest.raises(EditError, match="not a number"):
        turn_value(locate(NUMBERS.replace("0.9", "often")), ("slip",))


# --- marks of goals ----------------------------------------------------------------------------


def test_marks_of_goals_are_painted_into_a_pack(tmp_path):
    tiles = ("@?#?", "????")
    (tmp_path / "a.txt").write_text("map:\n" + "\n".join(tiles))
    text = 'title = "x" # mine\n[split]\nby = "share" # even\ntrain = 0.5\n\n[train.maml]\n'
    text = set_goal_marks(text, "a.txt", tiles, {(0, 1): "v", (1, 0): "h"})
    assert text.startswith('title = "x" # mine\n[split]\nby = "goals"\n# by = "share" # even\n')
    marks = goal_marks(text, "a.txt", tiles)
    assert (marks[0, 1], marks[1, 0], marks[1, 1]) == ("v", "h", "t")
    again = set_goal_marks(text, "a.txt", tiles, marks | {(1, 1): "v"})
    assert [len(text), len(again)] == [len(text)] * 2
    assert sum(a != b for a, b in zip(text, again)) == 1
    (tmp_path / "pack.toml").write_text(again)
    pack = load_pack(tmp_path)
    assert [len(pack.split(s).tasks) for s in ("train", "validation", "test")] == [3, 2, 1]


def test_marks_start_a_section_and_follow_a_new_size():
    text = set_goal_marks("", "a.txt", ("?",), {})
    assert tomllib.loads(text)["split"] == {"by": "goals", "goals": {"a.txt": "t\n"}}
    text = set_goal_marks(text, "b.txt", ("#?",), {(0, 1): "h"})
    assert tomllib.loads(text)["split"]["goals"] == {"a.txt": "t\n", "b.txt": "#h\n"}
    text = set_goal_marks(text, "a.txt", ("?.", "??"), {(1, 1): "v"})
    assert tomllib.loads(text)["split"]["goals"]["a.txt"] == "t.\ntv\n"
    for broken in ("[", "a = " + "[" * 5000):
        with pytest.raises(EditError, match="no valid TOML"):
            set_goal_marks(broken, "a.txt", ("?",), {})

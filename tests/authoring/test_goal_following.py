"""The marks of goals follow their map through edits, and a pack.toml follows the names of files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest

from game.authoring.draft_file import Draft
from game.authoring.goal_following import follow, follow_all
from game.authoring.history import History
from game.authoring.pack_names import copy_level, rename_level
from game.text.header_edits import EditError
from game.text.level import Cell, Rows
from game.text.source_map import locate
from game.view.model.drawable import drawable
from game.view.model.editor_regions import Regions
from game.view.model.level_editor import SELECT, LevelEditor
from game.view.model.region import Region

ROOM = ("#######", "#@?..?#", "#..%..#", "#.?...#", "#######")
DRAWN = ("#######", "#.t..h#", "#.....#", "#.v...#", "#######")
FULL = ("@????", "?????", "?????", "?????", "?????")  # an open map of candidates
DRAWN_FULL = (".vtvt", "tvhtv", "vthvh", "ttvht", "vthtv")


def marks(drawing: Rows | None, tiles: Rows) -> dict[Cell, str]:
    assert drawing is not None
    assert [len(row) for row in drawing] == [len(row) for row in tiles]
    cells = ((r, c) for r, row in enumerate(tiles) for c, char in enumerate(row) if char == "?")
    return {(r, c): drawing[r][c] for r, c in cells}


def followed(
    rows: Rows, drawing: Rows, *commands: Callable[[LevelEditor], object]
) -> dict[Cell, str]:
    """The marks after commands of the editor, by the steps of its undo."""
    editor = LevelEditor(Draft(None))
    start = "map:\n" + "\n".join(rows) + "\n"
    editor.apply(start)
    for command in commands:
        command(editor)
    texts = editor.draft.history.texts_from(start)
    maps = [drawable(locate(text, "level.txt")).tiles for text in texts]
    return marks(follow_all(drawing, maps), maps[-1])


def region(top: int, left: int, bottom: int, right: int) -> Callable[[LevelEditor], None]:
    def select(editor: LevelEditor) -> None:
        editor.choose_tool(SELECT)
        editor.selection = Region(top, left, bottom, right)

    return select


def paint(char: str, *cells: Cell) -> Callable[[LevelEditor], None]:
    def draw(editor: LevelEditor) -> None:
        for cell in cells:
            editor.go_to(cell)
            editor.type_tile(char)

    return draw


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (lambda e: e.grow("left"), {(1, 3): "t", (1, 6): "h", (3, 3): "v"}),
        (lambda e: e.grow("up"), {(2, 2): "t", (2, 5): "h", (4, 2): "v"}),
        (lambda e: e.grow("right"), {(1, 2): "t", (1, 5): "h", (3, 2): "v"}),
        (lambda e: e.grow("left", -1), {(1, 1): "t", (1, 4): "h", (3, 1): "v"}),
        (lambda e: Regions(e).shift(1, 0), {(2, 2): "t", (2, 5): "h", (4, 2): "v"}),
        (lambda e: Regions(e).shift(0, -1), {(1, 1): "t", (1, 4): "h", (3, 1): "v"}),
        (lambda e: Regions(e).mirror("left-right"), {(1, 4): "t", (1, 1): "h", (3, 4): "v"}),
        (lambda e: Regions(e).mirror("up-down"), {(3, 2): "t", (3, 5): "h", (1, 2): "v"}),
        (lambda e: Regions(e).rotate(), {(2, 3): "t", (5, 3): "h", (2, 1): "v"}),
        (lambda e: (Regions(e).rotate(), e.undo()), {(1, 2): "t", (1, 5): "h", (3, 2): "v"}),
        (
            lambda e: [e.grow("left"), e.grow("up"), Regions(e).rotate(), Regions(e).shift(0, 1)],
            {(3, 4): "t", (6, 4): "h", (3, 2): "v"},
        ),
    ],
)
def test_marks_follow_what_is_done_to_the_map(command, wanted):
    assert followed(ROOM, DRAWN, command) == wanted


@pytest.mark.parametrize(
    ("select", "command", "held_out"),
    [
        ((1, 4, 2, 5), lambda e: Regions(e).shift(0, -1), (1, 4)),
        ((1, 4, 2, 5), lambda e: Regions(e).rotate(), (2, 5)),
        ((1, 3, 3, 5), lambda e: Regions(e).rotate(), (3, 5)),
    ],
)
def test_marks_follow_a_region(select, command, held_out):
    wanted = {(1, 2): "t", held_out: "h", (3, 2): "v"}
    assert followed(ROOM, DRAWN, region(*select), command) == wanted


def test_a_mirrored_region_is_certain_where_its_size_makes_no_difference():
    rows, drawing = ("@...?.", "#?..?#", "......"), ("....h.", "#t..v#", "......")
    after = ("@?....", *rows[1:])
    assert follow(drawing, rows, after) is None
    assert marks(follow((drawing[0], "#t..t#", drawing[2]), rows, after), after)[0, 1] == "h"


def test_marks_stay_in_their_cells_while_tiles_are_painted():
    found = followed(ROOM, DRAWN, paint("?", (2, 2)), paint("%", (2, 1)), paint("?", (2, 5)))
    assert found == {(1, 2): "t", (1, 5): "h", (3, 2): "v", (2, 2): ".", (2, 5): "."}
    gone = followed(ROOM, DRAWN, paint("#", (1, 5)), paint("?", (1, 4)))
    assert gone == {(1, 2): "t", (1, 4): ".", (3, 2): "v"}
    assert followed(ROOM, DRAWN, paint("#", (1, 5)), paint("?", (1, 5)))[1, 5] == "h"


def test_arrows_may_turn_with_their_map():
    assert follow(("..h",), (">v?",), ("v>?",)) == ("..h",)
    assert follow(("..h",), (">.?",), ("?.<",)) == ("h..",)


def test_in_an_open_map_of_candidates_nothing_is_guessed():
    """Painting may end at a map that a shift would make too."""
    found = followed(FULL, DRAWN_FULL, paint("@", (0, 1)), paint("?", (0, 0)))
    cells = ((r, c) for r in range(5) for c in range(5) if (r, c) != (0, 1))
    assert found == {(r, c): DRAWN_FULL[r][c] for r, c in cells}
    shifted = ("?@???", *FULL[1:])
    assert follow(DRAWN_FULL, FULL, shifted) is None
    assert follow(("ttttt",) * 5, FULL, shifted) == ("ttttt",) * 5  # no difference
    assert follow(DRAWN_FULL, FULL, (*shifted[:4], "????#")) is None
    assert follow(("th",), ("??",), ("????",)) is None
    assert follow(DRAWN, ROOM, ("@G",)) is None
    halves = ("?.?", "%..")  # a mirrored row, or a mirrored map
    assert follow(("h.t", "..."), halves, ("?.?", "..%")) is None
    symmetric = ("#####", "#?.?#", "#####")  # shifted, or mirrored but for a column
    assert follow(("#####", "#h.t#", "#####"), symmetric, ("#####", "?.?##", "#####")) is None


def test_a_map_that_another_program_moved_is_found_again():
    rows = ("#########", *(f"#{row}#" for row in ROOM), "#########")
    assert marks(follow(DRAWN, ROOM, rows), rows) == {(2, 3): "t", (2, 6): "h", (4, 3): "v"}
    assert follow_all(DRAWN, [ROOM, (".",), rows]) is None  # a text that was typed anew


def test_the_history_leads_from_a_saved_text_to_the_present_one():
    history = History("a")
    for text in ("b", "c", "d"):
        history.record(text)
    assert history.texts_from("b") == ["b", "c", "d"]
    history.undo()
    history.undo()
    assert history.texts_from("d") == ["d", "c", "b"]
    assert history.texts_from("b") == ["b"]
    history.record("e")
    assert history.texts_from("d") == ["d", "e"]


GOALS = """\
title = "lane.txt" # lane.txt
[split]
by = "goals"
[split.goals] # "lane.txt" = t
"a.txt" = '''
t
'''
"lane.txt" = \"\"\"
th
\"\"\" # mine
"""
FILES = """\
# "lane.txt"
[split] # by file
by = "file"
train = ["lane.txt", # the first
  'b-*.txt']
test = [ "other.txt" ]
"""


def test_a_renamed_level_keeps_its_drawing_and_its_place_in_the_lists():
    text = rename_level(GOALS, "lane.txt", "way's.txt")
    assert text == GOALS.replace('\n"lane.txt" =', '\n"way\'s.txt" =')
    assert rename_level(text, "way's.txt", "lane.txt") == GOALS
    assert rename_level(FILES, "lane.txt", "x.txt") == FILES.replace('["lane', '["x')
    listed = rename_level(FILES, "b-1.txt", "c.txt")
    assert listed == FILES.replace('["lane', '["c.txt", "lane')
    assert rename_level(FILES, "b-1.txt", "b-2.txt") == FILES
    assert rename_level('title = "lane.txt"', "lane.txt", "x.txt") == 'title = "lane.txt"'
    numbered = GOALS.replace('\n"lane.txt"', '\n"lane.txt#2"')
    assert rename_level(numbered, "lane.txt", "x.txt") == numbered.replace('\n"lane', '\n"x')
    with pytest.raises(EditError, match=r"has a drawing of a\.txt already"):
        rename_level(GOALS, "lane.txt", "a.txt")


def test_a_copied_level_is_in_the_split_of_its_model():
    text = copy_level(GOALS, "lane.txt", "lane-2.txt")
    assert tomllib.loads(text)["split"]["goals"]["lane-2.txt"] == "th\n"
    assert text.replace('"lane-2.txt" = """\nth\n"""\n', "") == GOALS
    text = copy_level(FILES, "other.txt", "other-2.txt")
    assert text == FILES.replace('[ "other', '["other-2.txt",  "other')
    assert copy_level(FILES, "b-1.txt", "b-2.txt") == FILES
    assert copy_level("", "a.txt", "b.txt") == ""

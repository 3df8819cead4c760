"""Edits of a level's text: what was edited changes, every other byte stays, and undo is exact.

GRIDAPT_EDITS=2000 in the environment edits as many texts a hundred times each.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from game.authoring.history import History
from game.tasks.packs import LEVELS
from game.text.conversion import in_own_notation
from game.text.header import HEADER
from game.text.header_edits import EditError, remove_value, set_value, value_at
from game.text.level import Level
from game.text.map_edits import (
    NeedsConversion,
    new_map,
    replace_map,
    resize,
    set_cells,
)
from game.text.reading import LevelFile, examine, parse, read
from game.text.source_map import locate
from tests.odd_texts import SET, odd_text, random_edit

N_TEXTS = int(os.environ.get("GRIDAPT_EDITS", 6))
N_EDITS = 100 if "GRIDAPT_EDITS" in os.environ else 15

TEXT = (
    "\ufeff; A cave; by hand\r\n"
    ' title : "Ice; fire"  ; quoted\r\n'
    "steps:40;short\r\n"
    "\r\n"
    'legend: q = o worth=-1 title="Fool\'s gold"  ; not real\r\n'
    "cost: mud=4\twater={6, 8} ; ; \r\n"
    "define: M every=2\n"
    " \t\r\n"
    "map:\r\n"
    "#####\r\n"
    "#@ G#\r\n"
    "#.q.#\n"
    "#####"
)


def edited(text: str, *args, name: str = "level", edit=set_value, **options) -> str:
    return edit(locate(text, name), *args, **options)


def header_fields(text: str) -> Level | None:
    """Return the level of a text's header alone, above a map that suits any header."""
    header = LevelFile(text).header
    rows = ["@G.", "..."]
    return examine("\n".join([*header, *rows]))[0]


# --- random texts ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(N_TEXTS))
def test_random_edits_keep_what_they_do_not_change_and_can_be_undone(seed: int):
    rng = random.Random(seed)
    text = odd_text(rng)
    history, texts = History(text), [text]
    for _ in range(N_EDITS):
        source = locate(history.text)
        try:
            new = random_edit(rng)(source)
        except EditError:
            continue
        found, level = locate(new), examine(new)[0]
        if level:
            assert level.rows == found.rows
        history.record(new)
        if new != texts[-1]:
            texts.append(new)
    assert history.steps == len(texts) - 1
    for before in reversed(texts[:-1]):
        history.undo()
        assert history.text == before
    for after in texts[1:]:
        history.redo()
        assert history.text == after


@pytest.mark.parametrize("seed", range(N_TEXTS))
def test_a_tile_changes_its_own_character_alone(seed: int):
    rng = random.Random(seed)
    for _ in range(N_EDITS):
        text = odd_text(rng)
        source = locate(text)
        row = rng.randrange(source.height)
        column = rng.randrange(source.width)
        char = rng.choice("#.G%o")
        new = set_cells(source, {(row, column): char})
        rows = [*source.rows]
        rows[row] = rows[row].ljust(column, ".")
        rows[row] = rows[row][:column] + char + rows[row][column + 1 :]
        assert locate(new).rows == tuple(rows)
        if column < len(source.rows[row]):
            at = source.offset(*source.place_of((row, column)))
            same = source.rows[row][column] == char
            assert new == (text if same else text[:at] + new[at] + text[at + 1 :])
        else:
            assert len(new) == len(text) + column + 1 - len(source.rows[row])
        level = examine(text)[0]
        wanted = examine(new)[0]
        if level and wanted:
            assert wanted == replace(level, rows=tuple(rows))


@pytest.mark.parametrize("seed", range(N_TEXTS))
def test_a_header_value_changes_alone(seed: int):
    rng = random.Random(seed)
    for _ in range(N_EDITS):
        text = odd_text(rng)
        source = locate(text)
        path = rng.choice(list(SET))
        before = {other: value_at(source, other) for other in SET}
        try:
            if rng.random() < 0.3:
                new, value = remove_value(source, path), None
            else:
                value = rng.choice(SET[path])
                new = set_value(source, path, value)
        except EditError:
            continue
        found = locate(new)
        assert value_at(found, path) == value
        assert found.written == source.written
        for other, old in before.items():
            is_part = other[: len(path)] == path[: len(other)] or other[0] == path[0] == "wind"
            if not is_part and (other[0] != path[0] or len(other) == len(path)):
                assert value_at(found, other) == old
        _check_lines(source, found)
        _check_fields(text, new, path, value)


FIELDS = {  # of a level, that the lines of a key set
    "reward": {"goal_reward", "step_reward"},
    "cost": {"costs"},
    "slip": {"slip", "slip_left", "slip_right"},
    "wind": {"wind", "wind_chance"},
    "define": {"defines"},
}


def _check_fields(text: str, new: str, path: tuple[str, ...], value: str | None) -> None:
    """The header that is read has the value, and no other field is another than before."""
    old_level, level = header_fields(text), header_fields(new)
    if not (old_level and level):
        return
    fields = FIELDS.get(path[0], {path[0]})
    assert replace(old_level, **{name: getattr(level, name) for name in fields}) == level
    if len(path) == 1 and value is not None and path[0] not in ("title", "author", "description"):
        read = HEADER[path[0]].read(value)
        assert {name: getattr(level, name) for name in read} == read


def _check_lines(source, found) -> None:
    """All lines but one are the same, with their line ends, but that of the last."""
    old, new = source.text.split("\n"), found.text.split("\n")
    extra = [line for line in new if line not in old]
    assert len(extra) <= 1 + (len(new) > len(old))
    gone = [line for line in old if line not in new]
    assert len(gone) <= 2


# --- single edits ------------------------------------------------------------------------------


def test_an_odd_text_keeps_everything_else():
    assert parse(TEXT).rows == ("#####", "#@.G#", "#.q.#", "#####")
    assert edited(TEXT, {(1, 2): "o"}, edit=set_cells) == TEXT.replace("#@ G#", "#@oG#")
    assert edited(TEXT, {(1, 2): "."}, edit=set_cells) == TEXT
    assert edited(TEXT, ("steps",), "9") == TEXT.replace("steps:40;", "steps:9;")
    assert edited(TEXT, ("title",), "Fire") == TEXT.replace('"Ice; fire"', '"Fire"')
    assert edited(TEXT, ("cost", "water"), "2..4") == TEXT.replace("{6, 8}", "2..4")
    assert edited(TEXT, ("cost", "sand"), "2") == TEXT.replace("{6, 8}", "{6, 8} sand=2")
    assert edited(TEXT, ("legend", "q", "worth"), "3") == TEXT.replace("worth=-1", "worth=3")
    assert edited(TEXT, ("legend", "q", "title"), "Pyrite") == TEXT.replace("Fool's gold", "Pyrite")
    assert edited(TEXT, ("define", "M", "kind"), "y") == TEXT.replace("every=2", "every=2 kind=y")
    assert edited(TEXT, ("cost", "mud"), edit=remove_value) == TEXT.replace("mud=4\t", "")
    without = edited(TEXT, ("steps",), edit=remove_value)
    assert without == TEXT.replace("steps:40;short", ";short")


def test_a_missing_line_goes_where_the_order_of_the_others_has_it():
    text = "; mine\nsteps: 40\ntitle: A\n\n; the map\nmap:\n@G\n"
    assert edited(text, ("author",), "B").split("\n")[3] == "author: B"
    assert edited(text, ("slip",), "0.1").split("\n")[2] == "slip: 0.1"
    bare = "; mine\n\n; the map\nmap:\n@G\n"
    assert edited(bare, ("slip",), "0.1") == "; mine\nslip: 0.1\n\n; the map\nmap:\n@G\n"
    assert edited("map:\r\n@G", ("slip",), "0.1") == "slip: 0.1\r\nmap:\r\n@G"
    assert edited("", ("title",), "A") == "title: A\n"
    assert edited("goal: hidden", ("steps",), "3") == "goal: hidden\nsteps: 3"
    two = "legend: q = o\n; and\nlegend: y = M\nmap:\n@G"
    assert edited(two, ("legend", "w"), ". cost=3").split("\n")[3] == "legend: w = . cost=3"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps",), "4;0"),
        (("title",), "two\nlines"),
        (("legend", "q", "title"), 'a "b"'),
        (("legend", "z", "worth"), "2"),
        (("wind", "chance"), "0.2"),
    ],
)
def test_values_that_cannot_stand_on_a_line_are_refused(path: tuple[str, ...], value: str):
    with pytest.raises(EditError, match=" - "):
        edited(TEXT, path, value)


def test_texts_of_people_are_quoted_where_they_need_it():
    text = 'title: A  ; say "hi"\nmap:\n@G'
    for title in ("B", "B; C", '"B" C', '"', 'say "x"', ""):
        assert parse(edited(text, ("title",), title)).title == title


def test_a_map_grows_and_is_cut_at_each_side():
    grown = edited(TEXT, 1, 0, 0, 2, "%", edit=resize)
    assert parse(grown).rows == ("%" * 7, *(row + "%%" for row in parse(TEXT).rows))
    assert grown.split("map:")[0] == TEXT.split("map:")[0]
    assert edited(grown, -1, 0, 0, -2, edit=resize) == TEXT
    assert locate(edited(TEXT, 1, -1, edit=resize)).rows == ("#####", *parse(TEXT).rows[:-1])
    with pytest.raises(EditError, match="nothing would be left"):
        edited(TEXT, -2, -2, edit=resize)
    with pytest.raises(EditError, match="at most 256"):
        edited(TEXT, bottom=300, edit=resize)


def test_listed_candidates_move_with_the_map():
    text = "starts: any\ncandidates: 1,1  3,2 ; c\nmap:\n...\n.G.\n...\n"
    assert parse(edited(text, 2, 0, 1, 0, ".", edit=resize)).candidates == ((2, 1), (4, 2))
    cut = edited(text, -1, 0, edit=resize)
    assert parse(cut).candidates == ((1, 1),)
    assert "candidates" not in edited(text.replace("3,2", "1,3"), -1, edit=resize)
    assert parse(edited(text, 0, -1, edit=resize)).candidates == ((0, 0),)


def test_an_empty_map_and_a_text_with_errors_can_be_drawn_on():
    assert edited("map:", {(0, 1): "G"}, edit=set_cells) == "map:\n.G"
    assert edited("map:\r\n\r\n", {(0, 0): "@"}, edit=set_cells) == "map:\r\n@\r\n\r\n"
    broken = "stepz: 3\ncost: mud\nmap:\n@\tG\n#;x\n"
    assert edited(broken, {(0, 1): "."}, edit=set_cells) == broken.replace("\t", ".")
    with pytest.raises(EditError, match="no map to draw on"):
        edited("steps: 3", {(0, 0): "G"}, edit=set_cells)
    with pytest.raises(EditError, match="cannot be a tile"):
        edited("map:\n@G", {(0, 0): ";"}, edit=set_cells)


def test_a_header_gets_a_map_below_it_but_nothing_else_does():
    rows = ("###", "#.#")
    assert edited("", rows, edit=new_map) == "map:\n###\n#.#\n"
    assert edited("; c\r\nsteps: 3\r\n", rows, edit=new_map) == (
        "; c\r\nsteps: 3\r\nmap:\r\n###\r\n#.#\r\n"
    )
    assert edited("stepz: 3\nmap:", rows, edit=new_map) == "stepz: 3\nmap:\n###\n#.#"
    for text in ("0,1,2\n", "map:\n@G", "####\n#@G#\n"):
        with pytest.raises(EditError, match="no map to draw on"):
            edited(text, rows, edit=new_map)


def test_replaced_maps_change_what_differs():
    rows = ("####", "#@G#", "####")
    new = edited(TEXT, rows, edit=replace_map)
    assert parse(new).rows == rows
    assert new.split("map:")[0] == TEXT.split("map:")[0]
    assert edited(new, rows, edit=replace_map) == new


@pytest.mark.parametrize("path", sorted(LEVELS.glob("*/*.txt"))[::7], ids=lambda path: path.name)
def test_a_shipped_level_changes_by_one_byte(path: Path):
    data = path.read_bytes()
    source = locate(data.decode(), str(path))
    assert source.rows == read(path).rows
    row, column = source.height // 2, source.width // 2
    tile = "L" if source.rows[row][column] != "L" else "."
    new = set_cells(source, {(row, column): tile}).encode()
    assert [a != b for a, b in zip(data, new)].count(True) == 1
    assert len(new) == len(data)


# --- foreign maps ------------------------------------------------------------------------------

XSB = "; 1\n#####\n#@$.#\n# -  #\n######\n\nTitle: Push\n"
LAKE = 'desc = ["SFF",\n        "FHG"]\n'
RANDOM_MOVING_AI = "type octile\nheight 2\nwidth 3\nmap\n...\n.@T\n"


def test_foreign_maps_are_edited_as_they_are():
    new = edited(XSB, {(2, 1): "#", (1, 5): "#", (3, 5): "."}, name="a.xsb", edit=set_cells)
    assert new == "; 1\n#####\n#@$.#\n##-  #\n#####-\n\nTitle: Push\n"
    new = edited(LAKE, {(0, 1): "L"}, name="a.frozenlake", edit=set_cells)
    assert new == LAKE.replace("SFF", "SHF")
    new = edited(RANDOM_MOVING_AI, {(1, 1): "%"}, name="a.map", edit=set_cells)
    assert new == RANDOM_MOVING_AI.replace(".@T", ".ST")
    grown = edited(XSB, right=1, bottom=1, name="a.xsb", edit=resize)
    assert locate(grown, "a.xsb").height == 5


def test_a_foreign_file_gets_a_header_above_it():
    new = edited(XSB, ("steps",), "70", name="a.xsb")
    assert new.endswith("map:\n" + XSB)
    level = parse(new, "a.xsb")
    assert (level.steps, level.title) == (70, "Push")


@pytest.mark.parametrize(
    ("text", "name"), [(XSB, "a.xsb"), (LAKE, "a.frozenlake"), (RANDOM_MOVING_AI, "a.map")]
)
def test_what_a_foreign_map_cannot_say_needs_a_conversion(text: str, name: str):
    with pytest.raises(NeedsConversion, match="convert"):
        edited(text, {(0, 1): "H"}, name=name, edit=set_cells)
    for foreign in (text, edited(text, ("slip",), "0.1", name=name)):
        own = in_own_notation(locate(foreign, name))
        assert parse(own, name) == parse(foreign, name)
        assert not locate(own, name).dialect


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  ####\n###  #\n#@$. #\n######\n", "a.xsb"),
        (RANDOM_MOVING_AI, "a.map"),
        (LAKE, "a.frozenlake"),
    ],
)
def test_the_board_of_a_foreign_map_is_the_level_that_is_read(text: str, name: str):
    assert locate(text, name).board == parse(text, name).rows


@pytest.mark.parametrize(
    ("text", "cell", "char", "new"),
    [
        ("SFF\r\nFHG", (1, 0), "L", "SFF\r\nHHG"),
        ('["SFF", "FHG"]', (0, 1), "L", '["SHF", "FHG"]'),
        (RANDOM_MOVING_AI, (1, 1), "%", RANDOM_MOVING_AI.replace(".@T", ".ST")),
        ("; mine\n#####\n#@ G#\n#####\n\n", (1, 2), "~", "; mine\n#####\n#@~G#\n#####\n\n"),
        ("Steps: 9\nMap:\n###\n@.G\n", (1, 1), "~", "Steps: 9\nMap:\n###\n@~G\n"),
    ],
)
def test_a_map_without_a_line_above_it_is_edited_as_it_is(
    text: str, cell: tuple[int, int], char: str, new: str
):
    assert edited(text, {cell: char}, edit=set_cells) == new


def test_a_header_above_a_bare_map_names_what_it_is():
    assert edited("; mine\n####\n#@G#\n", ("steps",), "9") == (
        "; mine\nsteps: 9\nmap:\n####\n#@G#\n"
    )
    level = parse(edited("SFF\nFHG\n", ("steps",), "9"))
    assert (level.steps, level.rows) == (9, ("@..", ".LG"))


@pytest.mark.parametrize(
    ("text", "cell", "char", "new"),
    [
        ("5#|#@$.#|5#\n", (0, 2), ".", "2# 2#|#@$.#|5#\n"),
        ("5#|#@$.#|5#\n", (0, 4), "$", "4#$|#@$.#|5#\n"),
        ("5#|#@$.#|5# \t\n", (2, 0), "$", "5#|#@$.#|$4# \t\n"),
        ("6#|#@$.#|6#\n", (1, 5), "X", "6#|#@$.#.|6#\n"),
        ("2(3#)\r\n#@$-.#\r\n6#", (0, 1), "-", "#-#(3#)\r\n#@$-.#\r\n6#"),
        ("5#\n3(#3-#|)#@$.#\n5#\n", (2, 3), "#", "5#\n(#3-#|)#2-##|(#3-#|)#@$.#\n5#\n"),
        ("#\t#\n#@$\t.#\n10#\n", (0, 1), "#", "###\n#@$\t.#\n10#\n"),
        ("#\t#\n#@$\t.#\n##########\n", (1, 5), "#", "#\t#\n#@$  #  .#\n##########\n"),
    ],
)
def test_encoded_maps_change_the_run_of_a_tile_alone(
    text: str, cell: tuple[int, int], char: str, new: str
):
    char = "." if char == "-" else char
    found = edited(text, {cell: char}, name="a.xsb", edit=set_cells)
    assert found == new
    before, after = locate(text, "a.xsb").rows, locate(found, "a.xsb").rows
    other = {(r, c) for r, row in enumerate(before) for c, old in enumerate(row)} - {cell}
    assert all(before[r][c] == after[r][c] for r, c in other)
    assert after[cell[0]][cell[1]] == char


def test_encoded_levels_of_a_collection_are_edited_alone():
    text = "; 1\n5#|#@$.#|5#\n\n; 2\n6#|#@-$.#|6#\n"
    new = set_cells(locate(text, "a.xsb", 2), {(0, 3): "X"})
    assert new == text.replace("6#|#@", "3#.2#|#@")


def test_a_file_that_no_longer_looks_like_its_format_names_it():
    text = "#####\n#@$.#\n#####\n"
    new = edited(text, {(1, 2): "#"}, edit=set_cells)
    assert new == "dialect: xsb\n\nmap:\n" + text.replace("$", "#")


@pytest.mark.parametrize(
    ("text", "name", "own"),
    [
        (
            "; 1\n; mine\r\n#####\r\n#@$.#\r\n#####\r\n\r\nTitle: Push\r\nby me\r\n",
            "a.xsb",
            "title: Push\nends: boxes\nreward: step=-0.5\n\n; 1\n; mine\n; by me\nmap:\n"
            "#####\n#@$X#\n#####\n",
        ),
        (
            "; a\r\ndialect: frozenlake  ; b\r\nslip: 0.2\r\n\r\nmap:\r\nSFG\r\n\r\n",
            "a.txt",
            "; a\r\n; b\r\nslip: 0.2\r\n\r\nmap:\r\n@.G\r\n\r\n",
        ),
        ("dialect: frozenlake\n\nmap:\nSFG", "a.txt", "map:\n@.G"),
        ('lake = ["SFF", # why\r\n"FHG"]', "a.frozenlake", "; why\r\nmap:\r\n@..\r\n.LG"),
        (RANDOM_MOVING_AI, "a.map", "map:\n@??\n?##\n"),
    ],
)
def test_a_conversion_keeps_comments_and_line_ends(text: str, name: str, own: str):
    assert in_own_notation(locate(text, name)) == own


def test_encoded_maps_are_resized_in_their_own_format():
    text = "; 1\r\n5#|#@$.#|5#\r\n\r\n; 2\r\n6#|#@-$.#|6#\r\n"
    new = resize(locate(text, "a.xsb", 2), bottom=1)
    assert new == text.replace("6#|#@-$.#|6#", "\r\n".join(["#" * 6, "#@-$.#", "#" * 6, "#" * 6]))


def test_a_foreign_map_with_an_error_is_converted_by_its_cells():
    own = in_own_notation(locate("####\n#$.#\n####\n", "a.xsb"))
    assert locate(own).rows == ("####", "#$X#", "####")


# --- places ------------------------------------------------------------------------------------


def test_cells_and_places_of_the_text_belong_together():
    source = locate(TEXT)
    for row, line in enumerate(source.rows):
        for column in range(len(line)):
            place = source.place_of((row, column))
            assert source.cell_at(*place) == (row, column)
            assert source.place(source.offset(*place)) == place
    assert source.cell_at(1, 1) is None
    assert LevelFile(TEXT).level().place((2, 2)) == source.place_of((2, 2))

"""Maps of others: what is read of them, where faults are reported, and that it reads back equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commands import main
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.level import MAX_BYTES, Level
from game.text.reading import LevelFile, examine, parse
from game.text.sokoban_writing import LostInSokoban, write_sokoban
from game.text.writing import write
from game.world.batch import GridBatch
from game.world.planner import optimal_return, shortest_path
from game.world.tables import compile_level

SOKOBAN = """\
; from a collection
Title: Tiny; by hand
Author: A. Person

  ####
###  ####
#@-_   .#
#  #   ##
####  ##
   ####
"""
LAKE = "SFFF\nFHFH\nFFFH\nHFFG\n"
MOVING_AI = "type octile\nheight 3\nwidth 6\nmap\n..@.S.\n@@@..G\nTGW..O\n"


def problems(text: str, name: str) -> list[tuple[int, int, str]]:
    level, found = examine(text, name)
    assert (level is None) == bool(found)
    return [(p.line, p.column, p.what) for p in found]


def test_sokoban_rows_may_be_ragged_and_what_lies_outside_is_wall():
    level = parse(SOKOBAN, "tiny.xsb")
    assert level.rows == (
        "#########",
        "###..####",
        "#@.....G#",
        "#..#...##",
        "####..###",
        "#########",
    )
    assert (level.title, level.author) == ("Tiny; by hand", "A. Person")
    assert level.places["map"] == 5
    assert shortest_path(compile_level(level)) == 6


def test_a_player_on_a_goal_starts_there_and_has_another_goal_to_reach():
    assert parse("#####\n#+ .#\n#####\n", "x.sok").rows[1] == "#@.G#"
    assert problems("####\n#+ #\n####\n", "x.sok") == [(2, 2, "the player stands on the only goal")]


PUZZLE = """\
  #####
###   ####
#@-_$  .#
#  #*  ##
####  ##
   ####
"""
PUZZLE_ROWS = ("##########", "###...####", "#@..$..X##", "#..#*..###", "####..####", "##########")


def test_a_puzzle_of_boxes_ends_when_they_stand_on_targets():
    level = parse(PUZZLE, "puzzle.xsb")
    assert level.rows == PUZZLE_ROWS
    assert level.ends == "boxes"
    assert shortest_path(compile_level(level)) == 5
    assert (level.steps, level.step_reward) == (50, -0.1)


def test_a_long_puzzle_has_time_for_twice_its_solution_and_solving_pays():
    level = parse(f"{'#' * 64}\n#@$ {'-' * 58}.#\n{'#' * 64}\n", "corridor.xsb")
    assert shortest_path(compile_level(level)) == 60
    assert (level.steps, level.step_reward) == (120, -0.0083)
    assert optimal_return(GridBatch.of([level])) == pytest.approx([1 - 59 * 0.0083])
    headed = parse(f"dialect: xsb\nsteps: 9\nreward: step=-1\nmap:\n{PUZZLE}", "a.txt")
    assert (headed.steps, headed.step_reward, headed.rows) == (9, -1, PUZZLE_ROWS)


@pytest.mark.parametrize(
    "text",
    [
        PUZZLE.replace("@", "p").replace("$", "b").replace("*", "B"),
        PUZZLE.replace("\n", "\r\n"),
        PUZZLE.replace(" ", "-").replace("--", "_-"),
        "--5#|3#3-4#|#@2-$2-.#|#--#*--##|4#2-2#|3-4#",
        "--5#|3#3-4#|\n#@2(-)$2-.#|\n#--#*--2(#)|4#2-2#\n3-4#|\n",
        # a tab leads to the next column of eight
        "\t" + PUZZLE.lstrip().replace("\n", "\n######").removesuffix("######"),
        f"Title: 1\n\n{PUZZLE}\nSolution\nrrrLurrd\n-------\n",
        f"\ufeff{PUZZLE}  *\n" if False else f"\ufeff{PUZZLE}",
    ],
)
def test_odd_spellings_of_a_puzzle(text: str):
    rows = parse(text, "a.sok").rows
    kept = {row.strip("#") for row in PUZZLE_ROWS}
    assert {row.strip("#") for row in rows} == kept


def test_what_the_player_can_never_reach_is_wall():
    level = parse("*###*\n#@$.#\n*###*\n", "a.xsb")
    assert level.rows == ("#####", "#@$X#", "#####")


COLLECTION = """\
A set of puzzles; by hand
Author: Everybody

; 1

#####
#@$.#
#####
Title: First

; 2
'Second'
######
#@ $.#
#----#
######
Author: Somebody

5#|#@.-#|5#
Title: A "walk"; no box
"""


def test_a_file_may_hold_several_levels():
    file = LevelFile(COLLECTION, "set.sok")
    levels = [file.level(i + 1) for i in range(len(file))]
    assert [level.title for level in levels] == ["First", "Second", "A 'walk'; no box"]
    assert [level.author for level in levels] == ["Everybody", "Somebody", "Everybody"]
    assert [level.places["map"] for level in levels] == [6, 13, 19]
    assert [level.ends for level in levels] == ["boxes", "boxes", "goal"]
    assert levels[2].place((1, 2)) == (19, 6)
    assert all(parse(write(level)) == level for level in levels)
    assert str(file.examine(4)[1][0]).startswith("set.sok:1:1: there is no level 4")


def test_titles_may_be_above_their_levels():
    board = "#####\n#@$.#\n#####\n"
    file = LevelFile(f"Title: A\n\n{board}\nTitle: B\n\n{board}", "set.xsb")
    assert [file.level(i).title for i in (1, 2)] == ["A", "B"]


def test_boxobans_heads_are_titles_and_its_files_are_text():
    board = "#####\n#@$.#\n#####\n"
    file = LevelFile("".join(f"; {n}\n{board}\n" for n in range(2000)), "000.txt")
    assert len(file) == 2000
    assert (file.level(1).title, file.level(2000).title) == ("0", "1999")


def test_a_header_holds_for_all_levels_of_a_file():
    board = "#####\n#@$.#\n#####\n"
    file = LevelFile(f"dialect: xsb\nsteps: 7\nmap:\n{board}\n{board}", "a.txt")
    assert [file.level(i).steps for i in (1, 2)] == [7, 7]
    faulty = LevelFile(f"dialect: xsb\nsteps: 0\nmap:\n{board}\n{board}", "a.txt")
    assert (len(faulty), [p.line for p in faulty.examine()[1]]) == (1, [2])


@pytest.mark.parametrize(
    "text",
    [
        '["SFFF", "FHFH", "FFFH", "HFFG"]',
        "desc = ['SFFF', 'FHFH', 'FFFH', 'HFFG',]\n",
        'MAP: list[str] = [\n    "SFFF",  # start\n    "FHFH",\n    "FFFH",\n    "HFFG",\n]\n',
        '"4x4": [b"SFFF", b"FHFH", b"FFFH", b"HFFG"],\n',
        "[[b'S' b'F' b'F' b'F']\n [b'F' b'H' b'F' b'H']\n [b'F' b'F' b'F' b'H']\n"
        " [b'H' b'F' b'F' b'G']]\n",
        "dialect: frozenlake\nmap:\n('SFFF', 'FHFH',\n'FFFH', 'HFFG')\n",
    ],
)
def test_a_lake_may_be_a_python_list(text: str):
    assert parse(text, "a.frozenlake").rows == parse(LAKE, "a.frozenlake").rows


@pytest.mark.parametrize(
    "text",
    [
        MOVING_AI.replace("\n", "\r\n"),
        MOVING_AI.replace("type", "Type").replace("height", "HEIGHT").replace("\nmap", "\nMap"),
        MOVING_AI.replace("height 3\nwidth 6", "width 6\nheight 3"),
        MOVING_AI.replace("\n", "  \n\n"),
    ],
)
def test_odd_spellings_of_moving_ai(text: str):
    level = parse(text, "a.map")
    assert level.rows == parse(MOVING_AI, "a.map").rows
    line, column = level.place((2, 0))
    assert text.split("\n")[line - 1][column - 1] == "T"


@pytest.mark.parametrize("indent", ["    ", "\t"])
def test_indented_rows_of_a_lake_are_read_where_they_are(indent: str):
    rows = "".join(f"{indent}{row}\n" for row in LAKE.split())
    level = parse(f"dialect: frozenlake\nmap:\n{rows}")
    assert level.rows == parse(LAKE, "a.frozenlake").rows
    assert level.place((1, 2)) == (4, len(indent) + 3)


def test_frozen_lake_has_lava_in_its_holes():
    level = parse(LAKE, "lake.frozenlake")
    assert level.rows == ("@...", ".L.L", "...L", "L..G")
    assert optimal_return(GridBatch.of([level])) == pytest.approx([0.5])


def test_a_slippery_lake_is_gymnasiums_own():
    """Its published optimum: the goal is reached with chance 0.7417 within 100 steps."""
    header = "dialect: frozenlake\nslip: 0.666666667\nsteps: 100\nreward: step=0\nmap:\n"
    tables = compile_level(parse(header + LAKE))
    tables.reward[tables.reward < 0] = 0  # a hole pays nothing there
    assert optimal_return(GridBatch([tables])) == pytest.approx([_gymnasium_optimum()], abs=1e-6)


def _gymnasium_optimum() -> float:
    import gymnasium

    chances = gymnasium.make("FrozenLake-v1", is_slippery=True).unwrapped.P  # type: ignore[attr-defined]
    value = np.zeros(16)
    for _ in range(100):
        value = np.array(
            [
                max(
                    sum(p * (r + (0 if end else value[s])) for p, s, r, end in outcomes)
                    for outcomes in chances[state].values()
                )
                for state in range(16)
            ]
        )
    return float(value[0])


def test_moving_ai_gets_a_start_and_candidates_in_its_largest_region():
    level = parse(MOVING_AI, "arena.map")
    assert level.rows == ("..#@??", "###???", "#.#??#")
    assert level.places["map"] == 5
    tall = "type octile\nheight 60\nwidth 1\nmap\n" + ".\n" * 60
    assert parse(tall, "x.map").steps == 118  # time for twice the longest way


def test_swamp_is_mud_and_many_cells_make_as_many_candidates_as_16_by_16():
    rows = "S" * 40 + "\n" + ("." * 40 + "\n") * 39
    level = parse(f"type octile\nheight 40\nwidth 40\nmap\n{rows}", "x.map")
    assert 128 < len(level.find("?")) <= 255
    assert "%" in level.rows[0]


def test_a_header_line_names_the_dialect_and_says_the_rest():
    text = f"dialect: movingai\ntitle: Arena\nsteps: 9\ncost: mud=2\n\nmap:\n{MOVING_AI}"
    level = parse(text, "arena.txt")
    assert (level.title, level.steps, level.rows) == ("Arena", 9, parse(MOVING_AI, "a.map").rows)
    assert level.places == {"dialect": 1, "title": 2, "steps": 3, "cost": 4, "map": 11}
    assert parse("title: ours\nmap:\n@.G\n", "level.map").rows == ("@.G",)  # whatever it is called


@pytest.mark.parametrize(
    ("text", "name", "places"),
    [
        ("#####\n#@$ #\n# * #\n#####\n", "a.xsb", [(3, 3, "2 boxes, and 1 goal")]),
        ("#####\n#@$ #\n#####\n", "a.xsb", [(2, 3, "1 box, and 0 goals")]),
        ("#####\n#@$@#\n# . #\n#####\n", "a.xsb", [(2, 4, "a second player")]),
        ("####\n#@*#\n####\n", "a.xsb", [(2, 3, "all boxes stand on targets at the start")]),
        ("#####\n#@.$#\n#####\n", "a.xsb", [(2, 2, "the boxes cannot be pushed to targets")]),
        ("5#|#@$&.#|6#\n", "a.xsb", [(1, 7, "unknown tile '&'")]),
        ("5#|#@999999999$.#|5#\n", "a.xsb", [(1, 6, "999999999 repeats")]),
        ("5#|#@2($.#|5#\n", "a.xsb", [(1, 7, "'(' without ')'")]),
        ("5#|#@$).#|5#\n", "a.xsb", [(1, 7, "')' without '('")]),
        ("5#|#@$.2\n", "a.xsb", [(1, 8, "a number at the end")]),
        ("9(9(9(9(9(9(9(9(9(#)))))))))\n", "a.xsb", [(1, 18, "over 8 parentheses")]),
        ("#####\n#\t@&\t#\n", "a.xsb", [(2, 4, "unknown tile '&'")]),
        ('["SFF",\n "FXG"]\n', "a.frozenlake", [(2, 4, "unknown tile 'X'")]),
        ('["SFF", "FG"]\n', "a.frozenlake", [(1, 12, "a row of 2 tiles")]),
        ('["SFF", f(1), "FHG"]\n', "a.frozenlake", [(1, 9, "'f(1),' in a list of rows")]),
        ('["SFF",\n "FHG"\n', "a.frozenlake", [(2, 7, "a list without its end")]),
        ('MAPS = {"4x4": ["SFF", "FHG"]}', "a.frozenlake", [(1, 1, "'MAPS = {")]),
        (
            'desc = np.array([\n"SFF"])',
            "a.frozenlake",
            [(1, 1, "'desc = np.array([' is not a list")],
        ),
        (
            'MAPS = {\n  "4x4": ["SFF", "FHG"],\n  "8x8": [\n    "SFG",\n  ],\n}\n',
            "a.frozenlake",
            [(1, 1, "2 maps in the file, not a list of rows")],
        ),
        ('a = ["SFG"]\nb = ["SFG"]\n', "a.frozenlake", [(1, 1, "2 maps in the file")]),
        ("  SFF\n  FXG\n", "a.frozenlake", [(2, 4, "unknown tile 'X'")]),
        ("  SFF\n\n  FFG\n", "a.frozenlake", [(2, 3, "a row of 0 tiles")]),
        ("[]\n", "a.frozenlake", [(1, 1, "a list without rows")]),
        ("#####\n#@.!#\n#####\n", "a.xsb", [(2, 4, "unknown tile '!'")]),
        ("#####\n# . #\n#####\n", "a.xsb", [(1, 1, "no player")]),
        ("#####\n#@  #\n#####\n", "a.xsb", [(1, 1, "no goal")]),
        ("#####\n#@#.#\n#####\n", "a.xsb", [(2, 2, "no goal can be reached from this start")]),
        ("####\n#@.#\n####\n\nTwo\n####\n", "a.sok", [(6, 1, "a second level in the file")]),
        ("slip: 0\n#####\n#@$.#\n#####\n", "a.txt", [(1, 1, "this looks like a Sokoban map")]),
        ("nothing\n", "a.xsb", [(1, 1, "no row of a Sokoban level")]),
        ("", "a.xsb", [(1, 1, "no row of a Sokoban level")]),
        ("SFX\nFG\n", "a.frozenlake", [(1, 3, "unknown tile 'X'"), (2, 3, "a row of 2 tiles")]),
        ("FFF\nFFF\n", "a.frozenlake", [(1, 1, "no start"), (1, 1, "no goal")]),
        ("SHG\n", "a.frozenlake", [(1, 1, "no goal can be reached from this start")]),
        ("\n\n", "a.frozenlake", [(1, 1, "the map is empty")]),
        ("S" * 300 + "G\n", "a.frozenlake", [(1, 1, "a map of 1 rows and up to 301 columns")]),
        (MOVING_AI.replace("..@.S.", "..@.S"), "a.map", [(5, 6, "a row of 5 tiles")]),
        (
            MOVING_AI.replace("height 3", "height 4"),
            "a.map",
            [(2, 1, "height 4, and the map has 3")],
        ),
        (MOVING_AI.replace("TGW", "TgW"), "a.map", [(7, 2, "unknown tile 'g'")]),
        (
            MOVING_AI.replace("width 6", "wide 6"),
            "a.map",
            [(3, 1, "'wide 6' where the line 'width'")],
        ),
        ("type octile\nheight 2\n", "a.map", [(3, 1, "no line 'width'")]),
        ("type octile\nheight 1\nwidth 3\nmap\n.@.\n", "a.map", [(5, 1, "no two cells")]),
        (
            "type octile\nheight 512\nwidth 512\nmap\n",
            "a.map",
            [(2, 1, "a map of 512 x 512 = 262,144 cells")],
        ),
        ("dialect: frozen\nmap:\nSG\n", "a.txt", [(1, 10, "unknown dialect 'frozen'")]),
        ("dialect: xsb\n", "a.txt", [(1, 1, "there is no map")]),
        ("dialect: movingai\nmap:", "a.txt", [(2, 1, "the map is empty")]),
        ("dialect: xsb\nslip: 2\nmap:\n#$#\n", "a.txt", [(2, 7, "slip '2'"), (4, 1, "no player")]),
    ],
)
def test_what_is_wrong_and_where(text: str, name: str, places: list[tuple[int, int, str]]):
    found = problems(text, name)
    assert [(line, column) for line, column, _ in found] == [place[:2] for place in places]
    for (_, _, what), (_, _, expected) in zip(found, places):
        assert what.startswith(expected)


@pytest.mark.parametrize("name", ["a.xsb", "a.frozenlake", "a.map"])
def test_no_text_is_a_traceback_and_what_is_read_reads_back(name: str):
    rng = np.random.default_rng(0)
    chars = list("#@.+ $*b9(|)#@.\n\n\n" if name == "a.xsb" else "#@.+ $SFHGOTW\n\n\n")
    heads = ["", "type octile\nheight 3\nwidth 3\nmap\n"]
    read = 0
    for i in range(3000):
        text = heads[i % 2] + "".join(rng.choice(chars[i % 3 :], rng.integers(0, 16)))
        level, found = examine(text, name)
        assert (level is None) == bool(found)
        if level:
            read += 1
            assert parse(write(level)) == level
    if name != "a.map":
        assert read


@pytest.mark.parametrize("name", ["a.xsb", "a.frozenlake", "a.map"])
def test_large_files_are_refused_at_once(name: str):
    for text in ("S" * MAX_BYTES, "#\n" * (MAX_BYTES // 2), "x" * (MAX_BYTES + 1)):
        level, found = examine(text, name)
        assert level is None
        assert len(found) <= 101


def test_every_command_takes_such_a_file_and_folders_of_them(tmp_path: Path, capsys):
    for name, text in (("a.xsb", SOKOBAN), ("b.frozenlake", LAKE), ("c.map", MOVING_AI)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert main.main(["levels", "check", str(tmp_path / name)]) == 0
        assert load_pack(tmp_path / name).split("test").tasks
    (tmp_path / "pack.toml").write_text("")
    assert len(load_pack(tmp_path).levels) == 3
    capsys.readouterr()
    assert main.main(["levels", "check", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(": ok") == 3


OWN = "ends: boxes\nsteps: 30\nslip: 0.1\n\nmap:\n#######\n#@.$.X#\n#.*...#\n#######\n"


@pytest.mark.parametrize(
    ("name", "text"), [("a.xsb", PUZZLE), ("b.xsb", SOKOBAN), ("c.txt", OWN), ("d.map", MOVING_AI)]
)
def test_a_level_written_as_sokoban_is_the_same_task(name: str, text: str, tmp_path: Path, capsys):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    code = main.main(["levels", "convert", str(path), "--to", "xsb"])
    printed = capsys.readouterr()
    if name == "d.map":  # MovingAI's candidates are no tiles of Sokoban
        assert code == 1
        assert printed.err.startswith(f"{path}:5:5: the candidate '?' would be lost")
        return
    assert code == 0
    assert parse(printed.out, "a.xsb") == parse(text, name)
    assert ("map:" in printed.out) == (name == "c.txt")


@pytest.mark.parametrize(
    "legend",
    [
        "u = $",
        'u = $ title="crate"',
        'u = $\nlegend: q = X title="pad"',
        "u = $\nlegend: q = o worth=2",
    ],
)
def test_a_legend_that_makes_no_difference_to_play_is_written_as_tiles(legend: str):
    text = f"legend: {legend}\n{OWN.replace('$', 'u')}"
    text = text.replace(".X#", ".q#") if "pad" in legend else text
    assert parse(write_sokoban(parse(text)), "a.xsb") == parse(OWN)


def test_a_legend_that_makes_a_difference_to_play_is_not_lost():
    level = parse(f"legend: u = . cost=3\n{OWN.replace('$.', '$u')}", "own.txt")
    with pytest.raises(LostInSokoban, match=r"own.txt:8:5: the floor 'u' would be lost"):
        write_sokoban(level)


def test_a_converted_level_is_the_same_task(tmp_path: Path, capsys):
    path = tmp_path / "a.xsb"
    path.write_text(SOKOBAN, encoding="utf-8")
    assert main.main(["levels", "convert", str(path)]) == 0
    text = capsys.readouterr().out
    level: Level = parse(text)
    assert level == parse(SOKOBAN, "a.xsb")
    assert [Task(level, "").id] == [task.id for task in load_pack(path).split("test").tasks]

"""The commands for level authors: checks, samples and pictures of levels."""

from __future__ import annotations

import io
import itertools
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import main
from game.authoring.check import check, check_file
from game.authoring.figures import _play_keys
from game.authoring.training_cost import slow_levels
from game.tasks.family import draw_tasks
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return
from game.world.tables import compile_level


def run(*arguments: str) -> int:
    """The exit code of a command."""
    try:
        return main.main(list(arguments))
    except SystemExit as error:
        return int(error.code or 0)


def warnings(text: str, tmp_path: Path) -> list[str]:
    """Return the warnings about a valid level, each as `line:column: what`."""
    path = tmp_path / "level.txt"
    path.write_text(text, encoding="utf-8")
    report = check_file(path)
    assert not report["errors"]
    found = [w.removeprefix(f"{path}:").replace(" warning:", "") for w in report["warnings"]]
    assert all(w.startswith(str(path)) for w in report["warnings"])
    return found


# --- check: warnings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("map:\n@?#?\n", ["2:4: the goal at row 1 column 4 is out of reach"]),
        ("map:\n@?#G\n", ["2:4: the goal at row 1 column 4 is out of reach"]),
        ("map:\n@?A?\n.a#.\n", []),
        ("map:\n@?A?\n", ["2:3: the door 'A' never opens: there is no key 'a' - add one"]),
        ("map:\n@?A.\n###a\n", ["3:4: the door 'A' never opens: its key is out of reach - move"]),
        ("map:\n@?.?1\n", ["2:5: the teleporter '1' leads nowhere - add a second '1'"]),
        ("map:\n@?<?\n", ["2:4: the goal at row 1 column 4 is out of reach"]),
        ("map:\n@?1#?1\n", []),
        ("define: I slip=0.3\ndefine: M every=2\nmap:\n@?M?\n..I.\n", []),
        (
            "define: M every=2\nmap:\n@?I?\n",
            ["1:1: 'define: M', but there is no 'M' on the map"],
        ),
        ("map:\n@?L?\n", ["2:4: the goal at row 1 column 4 is out of reach"]),
        (
            "map:\n@.?\n",
            ["2:3: the hidden goal has only one candidate - add another '?'"],
        ),
        ("goal: visible\nmap:\n@.?\n", []),
        (
            "steps: 2\nmap:\n@.?.?\n",
            ["1:1: episodes have 2 steps, but the way to row 1 column 5"],
        ),
        (
            "map:\n@" + "." * 50 + "G\n",
            ["2:1: episodes have 50 steps, but the way to the goal takes"],
        ),
        (
            "title: A\nsteps: 1\nmap:\n?.@.?\n",
            ["2:1: episodes have 1 step, but the way to row 1 column 1 takes 2"],
        ),
    ],
)
def test_warnings_say_what_and_where(text: str, expected: list[str], tmp_path: Path):
    found = warnings(text, tmp_path)
    assert len(found) >= len(expected)
    for line in expected:
        assert any(w.startswith(line) for w in found), found
    if not expected:
        assert not found


STARTS = "from the start at row 1 column 1, the goals at row 3 column 1, row 3 column 3 are out"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("map:\n@.?\n###\n?@?\n", f"2:1: {STARTS} of reach - open a path"),
        (
            "map:\n@@?#?@\n?@.#..\n",
            "2:1: from the starts at row 1 column 1, row 1 column 2, row 2 column 2, the goal at "
            "row 1 column 5 is out of reach - open a path",
        ),
        ("map:\n@.?#?@\n..>...\n", "2:6: from the start at row 1 column 6, the goal at row 1"),
        ("cost: water=3 mud=2\nmap:\n@?~?\n", "1:1: 'cost: mud', but there is no mud on the map"),
        ("cost: lava=2\nmap:\n@?L\n.?.\n", "1:1: 'cost: lava' is never paid: entering it has"),
        ("map:\n@?.?#M#\n....###\n", "2:6: the patrol at row 1 column 6 cannot move"),
        ("map:\n@?.?AH\na.b.##\n", "2:6: the hunter at row 1 column 6 cannot move"),
        ("define: M kind=y\nmap:\n@?M?\n....\n....\n", None),
        ("define: M kind=y\nmap:\n@?M?\n..#.\n", "3:3: the patrol at row 1 column 3 cannot"),
        (
            "steps: 9\ndefine: H every={10, 20}\nmap:\n@?H?\n",
            "2:1: 'H' moves every 10 steps, and episodes have 9, so it never moves",
        ),
        ("map:\n@??>\n....\n", "2:4: the one-way tile at row 1 column 4 cannot be left"),
        ("map:\n@><?\n..?.\n", "2:2: the one-way tile at row 1 column 2 cannot be left"),
        ("map:\n@>A?\na.?.\n", None),
        ("title: Salt; pepper\nmap:\n@??\n", "1:12: the title ends before ';', where a comment"),
        ("description: Go; on\nmap:\n@??\n", "1:16: the description ends before ';'"),
        ('title: "Salt; pepper"\nmap:\n@??\n', None),
        ('title: "Salt"; and pepper\nmap:\n@??\n', None),
        ("author: A;B\nmap:\n@??\n", "1:10: the author ends before ';'"),
        ("title: Salt  ; a comment\nmap:\n@??\n", None),
        ("steps: 9; no title\nmap:\n@??\n", None),
        ("map:\n@?.G\n", "2:4: 'G' and '?' on one map: every task has the goals 'G' and one more"),
        ("cost: floor=2\nmap:\n@??\n", None),  # the candidate that is not drawn becomes floor
    ],
)
def test_each_thing_that_cannot_be_meant_is_one_warning(
    text: str, expected: str | None, tmp_path: Path
):
    found = warnings(text, tmp_path)
    if expected is None:
        assert found == []
    else:
        assert sum(one.startswith(expected) for one in found) == 1, found


def test_of_very_many_warnings_the_first_are_shown(tmp_path: Path):
    rows = ["@" + "?" * 20, "#" * 21, *["?" * 21] * 6]
    found = warnings("map:\n" + "\n".join(rows) + "\n", tmp_path)
    assert len(found) == 101
    assert "1:1: and 26 more warnings - mend the others first" in found


# --- check: the optimum and the goal --------------------------------------------------------------

LAVA_LANE = "goal: visible\n{}map:\nL@~~~~~G\n"


def advised(text: str, tmp_path: Path) -> str:
    """Return the reward line that the only warning about a level advises."""
    (found,) = warnings(text, tmp_path)
    assert "the optimal policy reaches the goal with a probability of" in found
    return re.findall("'(reward: [^']*)'", found)[0]


@pytest.mark.parametrize("reward", ["", "reward: goal=2 step=-0.5\n", "reward: step=-1000\n"])
def test_an_optimum_that_does_not_want_the_goal_is_warned_of(reward: str, tmp_path: Path):
    line = advised(LAVA_LANE.format(reward), tmp_path)
    goal = 2 if "goal=2" in reward else 1
    assert line.endswith(f"step={-round(goal / (2 * 31), 4)}")  # five waters, and the goal
    assert ("goal=2" in line) == (goal == 2)
    assert warnings(LAVA_LANE.format(f"{line}\n"), tmp_path) == []
    assert warnings(LAVA_LANE.format("reward: step=auto\n"), tmp_path) == []


def test_of_a_family_the_tasks_that_do_not_want_the_goal_are_counted(tmp_path: Path):
    text = "{}map:\n?L@~~~~?\n...~~~~?\n"
    (found,) = warnings(text.format(""), tmp_path)
    assert "(2 of 3 tasks are below 1/2)" in found
    line = advised(text.format(""), tmp_path)
    assert warnings(text.format(f"{line}\n"), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "reward: step=0\nmap:\n@.?\nL.?\n",  # ties are in favour of the goal
        "steps: 2\ngoal: visible\nmap:\n@G\n",
        "wind: east 0.9\nmap:\n?@.?\n....\n",  # no policy reaches the first goal
        "slip: 0.3\nmap:\n@.?\n..?\n",
    ],
)
def test_an_optimum_that_wants_the_goal_is_not_warned_of(text: str, tmp_path: Path):
    assert warnings(text, tmp_path) == []


def test_where_no_step_reward_helps_the_goal_is_to_pay_more(tmp_path: Path):
    (found,) = warnings("goal: visible\nreward: goal=-1\nmap:\nL@.G\n", tmp_path)
    assert "whatever a step pays - raise the reward of the goal" in found


# --- check: the cost of training ------------------------------------------------------------------

SMALL = "map:\n@.?\n..?\n"
LARGE = "map:\n@" + "." * 7 + "?\n" + "\n".join(["." * 9] * 7) + "\nooooo...?\n"  # x 2^5


def test_levels_that_make_training_slow_are_named_with_the_cost(tmp_path: Path):
    for steps in (10, 11, 12):
        (tmp_path / f"{steps}.txt").write_text(f"steps: {steps}\n{SMALL}")
    (tmp_path / "large.txt").write_text(LARGE)
    (slow,) = slow_levels(load_pack(tmp_path))
    states = check_file(tmp_path / "large.txt")["states"]
    assert slow.startswith(f"{tmp_path / 'large.txt'}:2:1: {states:,} states a task make an")
    assert f"{(130 + states) / 136:.0f} times as slow as the 6 of the pack's" in slow
    told = [report["warnings"] for report in check([str(tmp_path)])]
    assert [[*map(bool, one)] for one in told] == [[], [], [], [True]]
    assert slow.partition(":2:1: ")[2] in told[3][0]


def test_a_level_by_itself_is_slow_from_2000_states_on(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(LARGE)
    (slow,) = slow_levels(load_pack(path))
    assert "times as slow as 100 - use" in slow
    assert [slow.replace(": ", ": warning: ", 1)] == check_file(path)["warnings"]
    path.write_text(SMALL)
    assert slow_levels(load_pack(path)) == []


# --- check: large work ----------------------------------------------------------------------------


def test_figures_that_are_too_expensive_are_left_out(tmp_path: Path, capsys):
    """A trial of 4 x 900 steps is too long to search or to simulate."""
    path = tmp_path / "long.txt"
    path.write_text("steps: 900\nmap:\n@......\n??????.\n??????.\n")
    assert run("levels", "check", str(path)) == 0
    assert "ok, 12 tasks" in capsys.readouterr().out
    (found,) = check([str(path)])
    assert found["posterior_sampling"] is None
    assert found["bayes_return"] is None


def test_large_families_are_sampled_and_progress_is_told(tmp_path: Path):
    path = tmp_path / "large.txt"
    path.write_text("controls: shuffled\nvary: mirror rotate\nmap:\n@?????????\n??????????\n")
    told: list[tuple[str, int, int]] = []
    (found,) = check([str(path)], lambda *now: told.append(now))
    assert (found["tasks"], found["sampled"]) == (256, True)
    assert told[0] == (str(path), 0, 0)
    assert told[1:] == [(str(path), i, 19) for i in range(19)]  # what plays alike is computed once


def test_a_level_with_more_tasks_than_can_be_listed_is_an_error_for_check_too(tmp_path: Path):
    path = tmp_path / "many.txt"
    path.write_text("controls: shuffled\nmap:\n@" + "?" * 99 + ("\n" + "?" * 100) * 19 + "\n")
    (found,) = check([str(path)])
    assert f"{path}:3:1: the maps of all tasks have" in found["errors"][0]


# --- output for machines and narrow terminals -----------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_is_ascii_and_converted_levels_are_utf_8(encoding: str, tmp_path: Path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("title: Pfütze █\nmap:\n@?.\n..?\n", encoding="utf-8")
    for command, decode in (
        (["convert", str(path)], "utf-8"),
        *((["hash", str(path), "--json"], "ascii"), (["show", str(path), "--json"], "ascii")),
        *((["sample", str(path), "--json"], "ascii"), (["check", str(path), "--json"], "ascii")),
    ):
        raw = io.BytesIO()
        stdout = io.TextIOWrapper(raw, encoding=encoding, newline="\r\n")
        monkeypatch.setattr(sys, "stdout", stdout)
        assert run("levels", *command) == 0
        text = raw.getvalue().decode(decode)
        assert "\r" not in text
        if command[0] == "convert":
            assert parse(text) == parse(path.read_bytes())
        else:
            assert json.loads(text)


@pytest.mark.parametrize("command", ["list", "legend", "hash goals-5x5", "sample goals-5x5"])
def test_tables_at_40_columns_keep_their_words_whole(command: str, monkeypatch, capsys):
    assert run("levels", *command.split()) == 0
    wide = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "40")
    assert run("levels", *command.split()) == 0
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.split("\n"))) <= 40 < max(map(len, wide.split("\n")))
    assert sorted(narrow.split()) == sorted(wide.split())


def test_a_candidate_behind_a_patrol_is_out_of_reach_in_the_tasks_that_it_closes(tmp_path: Path):
    lane = "define: M kind={{x, {}}}\nmap:\n?@..M..?\n########\n"
    assert warnings(lane.format("y"), tmp_path) == [
        # the patrol blocks the lane even while it waits
        "3:8: the goal at row 1 column 8 is out of reach - open a path to it"
    ]
    niche = "define: M kind={x, y}\nmap:\n?@..M..?\n###...##\n"
    assert warnings(niche, tmp_path) == [  # going up and down, the patrol blocks the lane
        "3:8: the goal at row 1 column 8 is out of reach in 1 of 2 tasks - open a path to it"
    ]


def test_cells_that_only_random_moves_reach_are_within_reach(tmp_path: Path):
    """The wind always blows to the east; only candidates downwind are within reach."""
    found = warnings("wind: east 1\nmap:\n?@.?\n....\n", tmp_path)
    assert found == ["3:1: the goal at row 1 column 1 is out of reach - open a path to it"]
    assert warnings("wind: east 0.9\nmap:\n?@.?\n....\n", tmp_path) == []


def test_warnings_are_no_errors_and_stand_at_the_place_in_the_file(tmp_path: Path, capsys):
    path = tmp_path / "level.txt"
    path.write_text("; on top\ntitle: A\n\nmap:\n@?.?\n.#A#\n")
    assert run("levels", "check", str(path)) == 0
    shown = capsys.readouterr().out
    assert f"{path}:6:3: warning: the door 'A'" in shown
    assert "ok, 2 tasks: 5 states" in shown


def test_check_json_has_what_is_promised(tmp_path: Path, capsys):
    path = tmp_path / "family.txt"
    path.write_text("slip: 0..0.2\nvary: rotate\nmap:\n@.?\n..?\n")
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@\n")
    assert run("levels", "check", str(path), str(bad), "--json") == 1
    good, wrong = json.loads(capsys.readouterr().out)
    assert [*good] == [*wrong]
    assert " ".join(good) == (
        "file errors warnings states optimal_return random_return shortest_path "
        "tasks sampled episodes bayes_return bayes_return_bounds bayes_trial "
        "bayes_trial_bounds posterior_sampling"
    )
    assert (good["tasks"], good["sampled"], good["states"]) == (256, True, 6)
    assert 2 <= good["shortest_path"] <= 3
    assert all(wrong[key] is None for key in wrong if key not in ("file", "errors", "warnings"))


# --- sample, show, hash ------------------------------------------------------------------------

FAMILY = "title: Bay\nslip: {0, 0.2}\ncontrols: shuffled\nvary: mirror\nmap:\n@.?.\n.o#M\n?...\n"


@pytest.fixture
def family(tmp_path: Path) -> str:
    path = tmp_path / "family.txt"
    path.write_text(FAMILY)
    return str(path)


def test_a_sample_is_drawn_as_boards(family: str, tmp_path: Path, capsys):
    png = tmp_path / "sheet.png"
    assert run("levels", "sample", family, "-n", "8", "--png", str(png)) == 0
    first = png.read_bytes()
    with Image.open(png) as image:
        assert image.width > image.height > 400
        few = image.size
    assert run("levels", "sample", family, "-n", "9", "--png", str(png)) == 0
    with Image.open(png) as image:
        assert (image.width, image.height > few[1]) == (few[0], True)  # a row more
    assert run("levels", "sample", family, "-n", "8", "--png", str(png)) == 0
    assert png.read_bytes() == first
    assert "8 tasks of the level" in capsys.readouterr().out
    assert run("levels", "sample", family, "--png", str(tmp_path / "none" / "a.png")) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_sample_of_a_pack_is_of_its_training_tasks(capsys):
    assert run("levels", "sample", "goals-5x5", "-n", "10", "--json") == 0
    ids = {row["task"] for row in json.loads(capsys.readouterr().out)}
    assert ids == {task.id for task in load_pack("goals-5x5").split("train").tasks}
    assert run("levels", "sample", "goals-5x5", "-n", "5", "--split", "test") == 0
    shown = capsys.readouterr().out
    assert "5 tasks of the test split" in shown
    assert all(task.id in shown for task in load_pack("goals-5x5").split("test").tasks)
    assert run("levels", "sample", "showcase", "-n", "1") == 0  # it has nothing but a test split
    assert "of the test split" in capsys.readouterr().out
    assert run("levels", "sample", "showcase", "--split", "train") == 1
    assert run("levels", "sample", "showcase", "--split", "tset") == 2
    assert run("levels", "sample", "showcase", "-n", "0") == 2


def test_show_draws_where_the_agent_goes(tmp_path: Path, capsys):
    path = tmp_path / "turned.txt"
    path.write_text("controls: down up right left\nmap:\n@.#\n#.G\n")
    assert run("levels", "show", str(path)) == 0
    assert "@v#\n#>G\n" in capsys.readouterr().out


def test_show_keeps_the_tile_where_it_is_best_to_wait(tmp_path: Path, capsys):
    path = tmp_path / "dear.txt"
    path.write_text("steps: 9\nreward: goal=0 step=-1\ncost: grass=0\nmap:\n@,%%%%G\n")
    assert run("levels", "show", str(path)) == 0
    assert "@" in capsys.readouterr().out.split("\n")[1]


def test_show_says_that_arrows_follow_the_most_likely_outcomes(tmp_path: Path, capsys):
    path = tmp_path / "slips.txt"
    path.write_text("slip: 0.2\nmap:\n@.G\n...\n")
    assert run("levels", "show", str(path)) == 0
    assert "the arrows follow the most likely outcomes" in capsys.readouterr().out


def test_show_and_hash_have_json(family: str, capsys):
    tasks = [
        task
        for split in ("train", "validation", "test")
        for task in load_pack(family).split(split).tasks
    ]
    assert run("levels", "hash", family, "--json") == 0
    hashed = json.loads(capsys.readouterr().out)
    assert [row["task"] for row in hashed] == [task.id for task in tasks]
    assert {row["split"] for row in hashed} == {"test", "train", "validation"}
    assert run("levels", "show", family, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert [row["task"] for row in shown] == [row["task"] for row in hashed][:24]
    for row in shown[:4]:
        assert row["map"][row["path"][0][0] - 1][row["path"][0][1] - 1] == "@"
        assert len(row["path"]) - 1 >= row["shortest_path"] > 0


# --- new ---------------------------------------------------------------------------------------


def test_a_new_pack_is_right_and_can_be_trained_on_and_watched(tmp_path: Path, capsys):
    folder = tmp_path / "deep" / "my levels"
    assert run("levels", "new", str(folder)) == 0
    shown = capsys.readouterr().out
    for command in ("levels check", "levels sample", "watch", "train"):
        assert f"python main.py {command} '{folder}'" in shown
    assert {path.name for path in folder.iterdir()} == {"first.txt", "pack.toml"}
    assert run("levels", "check", str(folder)) == 0
    assert "warning" not in capsys.readouterr().out
    pack = load_pack(folder)
    assert all(len(pack.split(split).tasks) >= 8 for split in ("train", "validation", "test"))
    text = (folder / "first.txt").read_text()
    for key in ("author", "ends", "reward", "cost", "slip", "controls", "wind", "define"):
        lines = [line[2:] if line.startswith(f"; {key}:") else line for line in text.split("\n")]
        assert lines != text.split("\n")
        parse("\n".join(lines))  # each line in a comment can be taken as it is


def test_the_other_split_of_a_new_pack_works_once_there_are_levels(tmp_path: Path):
    folder = tmp_path / "mine"
    assert run("levels", "new", str(folder)) == 0
    for i, name in enumerate(("second", "third", "fourth", "fifth")):
        (folder / f"{name}.txt").write_text(f"map:\n@{'.' * i}?\n")
    head, _, rest = (folder / "pack.toml").read_text().partition("[split]")
    lines = [line.removeprefix("# ") for line in rest.split("\n") if line.startswith("# ")][1:]
    (folder / "pack.toml").write_text(head + "\n".join(lines))
    pack = load_pack(folder)
    assert [task.name for task in pack.split("test").tasks] == ["fifth"]
    assert len(pack.split("train").tasks) == 72 + 2


@pytest.mark.parametrize("target", ["full", "file", "file/below", "dangling", "full/first.txt"])
def test_new_never_touches_what_is_there(target: str, tmp_path: Path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "first.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    assert run("levels", "new", str(tmp_path / target)) == 1
    assert "name a new" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "full" / "first.txt").read_text() == "mine"


def test_new_leaves_nothing_behind_when_it_fails(tmp_path: Path, monkeypatch):
    def full_disk(path: Path, write: object) -> None:
        if path.name == "pack.toml":
            raise OSError(28, "No space left on device", str(path))
        path.write_text("")

    monkeypatch.setattr("game.authoring.starter.write_atomically", full_disk)
    assert run("levels", "new", str(tmp_path / "a" / "b")) == 1
    assert not list(tmp_path.iterdir())


# --- check: figures ----------------------------------------------------------------------------


def report(text: str, tmp_path: Path) -> dict:
    path = tmp_path / "level.txt"
    path.write_text(text, encoding="utf-8")
    return check_file(path)


def test_each_whole_number_of_a_range_is_a_task_and_other_ranges_are_sampled(tmp_path):
    found = report("cost: mud=2..6 water={1, 3}\nmap:\n@%~G\n", tmp_path)
    assert (found["tasks"], found["sampled"]) == (10, False)
    assert found["optimal_return"] == pytest.approx(1 - 0.1 * (4 + 2))
    found = report("cost: mud=2..6\nmap:\n@.G\n", tmp_path)
    assert (found["tasks"], found["sampled"]) == (1, False)
    found = report("slip: 0.1..0.2\nmap:\n@.G\n", tmp_path)
    assert (found["tasks"], found["sampled"]) == (256, True)


def test_a_way_past_opponents_that_takes_longer_than_an_episode_is_a_warning(tmp_path):
    found = report("steps: 2\ndefine: M every=2\nmap:\n.G.#..\n.M..M@\n", tmp_path)
    assert not found["errors"]
    assert found["shortest_path"] > 2
    assert "2 steps, but the way to the goal takes" in found["warnings"][0]
    found = report("map:\n@MG\n", tmp_path)
    assert "2:1: the opponents block every way to a goal - open" in found["errors"][0]


GENERATED = """
episodes = 3
[generate]
generator = "scatter"
validation = 2
test = 3
[generate.parameters]
height = 5
width = 5
steps = 9
min_distance = {}
"""


def test_a_pack_that_generates_its_levels_is_checked_by_the_tasks_that_it_lists(tmp_path: Path):
    (tmp_path / "pack.toml").write_text(GENERATED.format(2))
    (found,) = check([str(tmp_path)])
    pack = load_pack(tmp_path)
    levels = [task.level for name in ("validation", "test") for task in pack.split(name).tasks]
    batch = GridBatch.of(levels)
    assert not found["errors"] + found["warnings"]
    assert (found["tasks"], found["sampled"], found["episodes"]) == (5, False, 3)
    assert found["optimal_return"] == pytest.approx(optimal_return(batch).mean())
    assert found["random_return"] == pytest.approx(random_return(batch).mean())
    assert found["states"] == max(compile_level(level).n_states for level in levels)
    assert found["bayes_return"] is None


def test_a_pack_that_generates_levels_too_long_for_their_steps_is_warned_of(tmp_path: Path):
    text = GENERATED.format(5).replace("steps = 9", "steps = 4")
    (tmp_path / "pack.toml").write_text(text)
    (found,) = check([str(tmp_path)])
    assert "5 of 5 tasks cannot be solved in 4 steps - raise 'steps'" in found["warnings"][0]


# --- docs/authoring.md -------------------------------------------------------------------------

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "authoring.md"
SLOW = ("train", "watch", "eval")


def test_the_guide_runs_as_written_and_shows_what_is_really_said(
    tmp_path: Path, monkeypatch, capsys
):
    """Blocks with a file's name are written there; commands answer what stands below them."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```(\w+) ?([^\n]*)\n(.*?)```", GUIDE.read_text("utf-8"), re.S)
    asked = 0
    for language, file, body in blocks:
        if file:
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_text(body, encoding="utf-8")
            continue
        assert language == "console"
        command, _, answer = body.partition("\n")
        words = command.removeprefix("$ python main.py ").split()
        if words[0] in SLOW:
            assert not answer
            continue
        run(*words)
        asked += 1
        assert "".join(capsys.readouterr()).rstrip("\n") == answer.rstrip("\n"), command
    assert asked >= 8
    assert Path("tasks.png").stat().st_size > 0


def test_the_guide_tells_of_every_header_key_dialect_and_pack_key():
    from game.tasks.packs import PackTable
    from game.text.dialects import DIALECTS
    from game.text.header import HEADER

    text = GUIDE.read_text("utf-8")
    for key in (*HEADER, *DIALECTS, *PackTable.__dataclass_fields__):
        assert re.search(rf"^\|.*`\[?{key}\]?`", text, re.M), key


BOX_LEVEL = """\
title: Warehouse
description: Crates cannot be pulled.
ends: boxes
legend: q = % cost=7 title="Old \u00e4sh"
map:
......
@.$.Xq
......
"""


def test_a_level_is_shown_with_its_description_its_legend_and_its_pushes(tmp_path: Path, capsys):
    path = tmp_path / "boxes.txt"
    path.write_text(BOX_LEVEL, encoding="utf-8")
    assert run("levels", "show", str(path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "Warehouse",
        "Crates cannot be pulled.",
        'legend: q = % cost=7 title="Old \u00e4sh"',
    ]
    assert "moves (capitals push): rRR" in lines
    assert run("levels", "show", str(path), "--json") == 0
    row = json.loads(capsys.readouterr().out)[0]
    assert row["description"] == "Crates cannot be pulled."
    assert row["legend"] == ['q = % cost=7 title="Old \u00e4sh"']


def test_a_start_that_the_map_does_not_have_is_marked(tmp_path: Path, capsys):
    path = tmp_path / "any.txt"
    path.write_text("starts: any\nmap:\n#####\n#..G#\n#####\n", encoding="utf-8")
    assert run("levels", "show", str(path)) == 0
    assert "#@>G#" in capsys.readouterr().out.splitlines()


def test_the_table_of_tiles_says_how_to_define_ones_own(capsys):
    assert run("levels", "legend") == 0
    text = capsys.readouterr().out
    assert 'legend: q = o worth=-1 title="Fool\'s gold"' in text
    assert "M                kind every" in text
    assert run("levels", "legend", "--json") == 0
    rows = {row["tile"]: row["legend"] for row in json.loads(capsys.readouterr().out)}
    assert rows["%"] == ["cost", "slip"]
    assert rows["$"] == []


def test_a_set_of_winds_with_a_range_is_sampled(tmp_path: Path, capsys):
    (tmp_path / "wind.txt").write_text("wind: {east 0..1, none}\nmap:\n@....G\n")
    run("levels", "check", str(tmp_path / "wind.txt"))
    assert "256 tasks drawn" in capsys.readouterr().out
    run("levels", "sample", str(tmp_path / "wind.txt"), "-n", "2")
    shown = capsys.readouterr().out
    assert "wind none" in shown
    assert "0..1" not in shown  # nothing is still to be drawn


def test_levels_that_play_alike_have_equal_keys():
    """The key of a level is the least text of its variants, in whatever order levels are given."""
    text = "vary: rotate mirror\ncontrols: shuffled\nslip: left=0.2\nmap:\n@.?>\n?,.{}\n"
    for char in ".M":
        tasks = draw_tasks(parse(text.format(char)), "", np.random.default_rng(0))
        levels = [task.level for task in itertools.islice(tasks, 80)]
        together = _play_keys(levels)
        assert together == [_play_keys([level])[0] for level in levels]
        assert len(set(together)) == (2 if char == "." else 16)

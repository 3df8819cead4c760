"""Task distributions: the division of packs into splits, and errors in packs."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest

from game.tasks.distribution import SPLITS
from game.tasks.family import count_tasks, draw_task, draw_tasks, family, nth_task
from game.tasks.pack_file import PackError
from game.tasks.packs import load_pack, pack_advice
from game.tasks.task import Task, task_rng
from game.text.level import LevelError
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.features import observe
from game.world.planner import optimal_return, random_return, shortest_path
from game.world.tables import compile_level


def test_goals_5x5_divides_its_24_goals_by_name():
    pack = load_pack("goals-5x5")
    assert [len(pack.split(split).tasks) for split in SPLITS] == [10, 9, 5]
    assert all(task.level.find("@") == [(0, 0)] for task in pack.split("train").tasks)


def test_gridnavi_is_the_published_task_with_its_goals_for_training_and_test_alike():
    pack = load_pack("gridnavi")
    tasks = pack.split("test").tasks
    assert len({task.id for task in tasks}) == 21
    assert all(pack.split(split).tasks == tasks for split in SPLITS)
    assert {(task.level.ends, task.level.steps) for task in tasks} == {("never", 15)}
    batch = GridBatch.of([task.level for task in tasks])
    assert optimal_return(batch).mean() == pytest.approx(11.071, abs=5e-4)
    assert random_return(batch).mean() == pytest.approx(-1.165, abs=5e-4)


def test_mazes_9x9_are_as_described():
    pack = load_pack("mazes-9x9")
    tasks = pack.split("train").sample(200, np.random.default_rng(1))
    tasks += pack.split("test").tasks
    cells = 0.0
    for task in tasks:
        rows = task.level.rows
        assert (len(rows), len(rows[0]), task.level.steps) == (11, 11, 60)
        assert set(rows[0] + rows[-1]) == {row[0] for row in rows} == {"#"}
        assert rows[5][5] == "@"
        assert len(task.level.find("G")) == 1
        path = shortest_path(compile_level(task.level))
        assert path is not None
        assert path >= 3
        cells += 81
    inside = "".join(row[1:-1] for task in tasks for row in task.level.rows[1:-1])
    assert inside.count("#") / cells == pytest.approx(0.2, abs=0.01)
    for terrain in ",:%~":
        assert inside.count(terrain) / cells == pytest.approx(0.8 * 0.25 / 4, abs=0.006)


def test_the_held_out_mazes_are_the_same_everywhere():
    ids = [task.id for task in load_pack("mazes-9x9").split("test").tasks]
    assert len(set(ids)) == 100
    digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()
    assert digest[:12] == "30797b5629b3"


def test_the_showcase_is_five_named_levels_for_watching_only():
    pack = load_pack("showcase")
    assert [len(pack.split(split).tasks) for split in SPLITS] == [0, 0, 5]
    assert len({task.name for task in pack.split("test").tasks}) == 5


def test_ids_depend_on_play_alone():
    a = Task(parse("title: a\nmap:\n@.G\n"), "a")
    assert a.id == Task(parse("author: x\nmap:\n@ G\n"), "b").id
    assert a.id != Task(parse("steps: 51\nmap:\n@.G\n"), "a").id
    assert len(a.id) == 12


def test_a_family_is_each_candidate_and_each_variant_once():
    level = parse("vary: mirror rotate\nmap:\n?@?\n")
    assert count_tasks(level) == 16
    tasks = list(family(level, "x"))
    maps = [task.level.rows for task in tasks]
    assert sorted(maps) == [(".", "@", "G"), (".@G",), ("G", "@", "."), ("G@.",)]
    assert len({task.kind for task in tasks}) == 1
    assert dict(nth_task(level, 8, "x").drawn) == {"goal": "row 1 column 3"}
    assert dict(nth_task(level, 1, "x").drawn)["variant"] == "mirrored"


def test_sampling_a_list_repeats_nothing_while_it_lasts_and_depends_on_the_generator_alone():
    split = load_pack("goals-5x5").split("train")
    drawn = split.sample(10, np.random.default_rng(3))
    assert {task.id for task in drawn} == {task.id for task in split.tasks}
    assert drawn == split.sample(10, np.random.default_rng(3))
    assert len(split.sample(25, np.random.default_rng(3))) == 25
    with pytest.raises(LookupError):
        load_pack("showcase").split("train").sample(1, np.random.default_rng(0))


def test_a_task_has_its_own_generator():
    a, b = load_pack("goals-5x5").split("train").tasks[:2]
    assert task_rng(0, a).random() == task_rng(0, a).random() != task_rng(0, b).random()
    assert task_rng(0, a).random() != task_rng(1, a).random()


# --- draws -------------------------------------------------------------------------------------


def test_sets_and_controls_are_tasks_of_a_family_and_ranges_are_not():
    level = parse("slip: {0, 0.2}\ncost: mud=2..8\nwind: east {0, 0.1, 0.2}\nmap:\n@?%?\n")
    assert count_tasks(level) == 2 * 2 * 3
    tasks = list(family(level, "x"))
    assert len({task.kind for task in tasks}) == 12
    assert tasks == list(family(level, "x"))  # ranges, too, are drawn the same each time
    assert {task.level.slip for task in tasks} == {0.0, 0.2}
    assert all(dict(task.drawn)["cost mud"] in "2345678" for task in tasks)
    assert count_tasks(parse("controls: shuffled\nmap:\n@G\n")) == 24


def test_a_drawn_task_says_what_was_drawn_and_is_the_level_that_says_so_itself():
    level = parse("controls: shuffled\nslip: 0..0.5\ndefine: M kind={x, y}\nmap:\n@?M\n.?.\n")
    for seed in range(20):
        task = draw_task(level, "x", np.random.default_rng(seed))
        drawn = dict(task.drawn)
        assert list(drawn) == ["goal", "controls", "M kind", "slip"]
        text = f"controls: {drawn['controls']}\nslip: {drawn['slip']}\n"
        text += f"define: M kind={drawn['M kind']}\nmap:\n" + "\n".join(task.level.rows)
        assert Task(parse(text), "y").id == task.id
        assert 0 <= float(drawn["slip"]) <= 0.5
        assert task == draw_task(level, "x", np.random.default_rng(seed))


def test_each_draw_comes_about_equally_often():
    level = parse("slip: {0, 0.1}\ncost: mud=2..4\nmap:\n@?%?\n")
    rng = np.random.default_rng(0)
    drawn = [draw_task(level, "x", rng).drawn for _ in range(1200)]
    counts = [drawn.count(combination) for combination in set(drawn)]
    assert len(counts) == 12
    assert min(counts) > 65
    assert max(counts) < 140


def test_in_training_ranges_are_drawn_freely_and_held_out_tasks_stay_as_they_are(tmp_path):
    text = "slip: 0..0.5\nmap:\n@?????????\n"
    pack = load_pack(write_pack(tmp_path, None, a=text) / "a.txt")
    train, test = pack.split("train"), pack.split("test")
    assert train.unlimited
    assert not test.unlimited
    tasks = train.sample(50, np.random.default_rng(0))
    assert len({task.level.slip for task in tasks}) > 40
    assert len({task.level.rows for task in tasks}) == 5
    assert not {t.level.rows for t in tasks} & {t.level.rows for t in test.tasks}
    assert test.sample(2, np.random.default_rng(0))[0] in test.tasks


def test_what_is_held_out_is_not_drawn_from_a_range_in_training(tmp_path):
    toml = "[split]\nby = 'file'\ntrain = ['a.txt']\ntest = ['b.txt']\n"
    a, b = "cost: mud=4..6\nmap:\n@%G\n", "cost: mud=5\nmap:\n@%G\n"
    train = load_pack(write_pack(tmp_path, toml, a=a, b=b)).split("train")
    drawn = {task.level.cost("%") for task in train.sample(60, np.random.default_rng(0))}
    assert drawn == {4, 6}


# --- packs in folders ------------------------------------------------------------------------


def write_pack(folder: Path, toml: str | None, **levels: str) -> Path:
    for name, text in levels.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    if toml is not None:
        (folder / "pack.toml").write_text(toml, encoding="utf-8")
    return folder


def test_a_single_file_is_a_pack_of_one(tmp_path):
    folder = write_pack(tmp_path, None, one="map:\n@.G\n", many="map:\n@?????????\n")
    one, many = load_pack(folder / "one.txt"), load_pack(folder / "many.txt")
    assert one.agent == many.agent == ""
    assert one.episodes == many.episodes == 4
    assert [len(one.split(split).tasks) for split in SPLITS] == [0, 0, 1]
    assert [len(many.split(split).tasks) for split in SPLITS] == [5, 2, 2]


def test_recommended_options_are_read_without_the_levels(tmp_path):
    toml = "[train.maml]\nstep_size = 2\n"
    folder = write_pack(tmp_path, toml, a="no level", b="map:\n@.G\n")
    assert pack_advice(folder).tables == {"maml": {"step_size": 2}}
    assert pack_advice(folder) == pack_advice(folder / "pack.toml")
    assert pack_advice(folder / "b.txt").tables == {}
    assert pack_advice("mazes-9x9") == load_pack("mazes-9x9").train
    with pytest.raises(PackError, match="no such file"):
        pack_advice("nowhere")


def test_shares_keep_symmetric_twins_together(tmp_path):
    text = "vary: mirror rotate\nmap:\n" + "?" * 9 + "\n" + "????@????\n" + "?" * 9 + "\n"
    pack = load_pack(write_pack(tmp_path, "title = 'x'\n", a=text))
    kinds = [{task.kind for task in pack.split(split).tasks} for split in SPLITS]
    assert all(kinds)
    assert len(set.union(*kinds)) == sum(map(len, kinds))


def test_files_that_hold_the_same_task_may_not_be_in_two_splits(tmp_path):
    toml = "[split]\nby = 'file'\ntrain = ['a.txt']\ntest = ['b.txt']\n"
    levels = {"a": "title: A\nmap:\n@.G\n", "b": "title: B\nmap:\n@ G\n"}
    with pytest.raises(PackError, match=r"share a task: B .* and A"):
        load_pack(write_pack(tmp_path, toml, **levels))


def test_twins_up_to_symmetry_count_as_shared_where_the_level_varies(tmp_path):
    toml = "[split]\nby = 'file'\ntrain = ['a.txt']\ntest = ['b.txt']\n"
    plain = {"a": "map:\n@.G\n", "b": "map:\nG.@\n"}
    load_pack(write_pack(tmp_path, toml, **plain))
    varied = {name: "vary: mirror\n" + text for name, text in plain.items()}
    with pytest.raises(PackError, match="share a task"):
        load_pack(write_pack(tmp_path, toml, **varied))


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ("title = 3\n", r"pack.toml:1:1: 'title' is 3"),
        ("title = 'x'\ntext = 'y", r"pack.toml: at the end of the file: "),
        ("title = 'x'\ntext\n", r"pack.toml:2:5: "),
        ("# " + "x" * (1 << 20), r"pack.toml:1:1: the file is over 1,048,576 bytes"),
        ("\ntitel = 'x'\n", r"pack.toml:2:1: 'titel' is not known here - did you mean 'title'"),
        ("title = \n", r"pack.toml:1:9: Invalid value"),
        ("[split]\nby = 'luck'\n", r"pack.toml:2:1: 'by' is"),
        ("[split]\nby = 'file'\ntest = ['zz*']\n", "matches no level file"),
        ("[split]\ntrain = 0.9\n", "do not add up to 1"),
        ("[split]\nby = 'goals'\n", "a.txt has no '\\?'"),
        ("[split]\nby = 'goals'\ngoals = { 'a.txt' = 3 }\n", "should be a table of texts"),
        ("[split]\nby = 'file'\ntest = [1]\n", "should be a list"),
        ("[split]\nby = 'file'\ntest = ['']\n", "should be a list"),
        ("[split]\ntrain = nan\n", "'train' is a number that is not finite"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "[" * 50 + "]" * 50, "'x' is nested too deeply"),
        ("\n" + ".".join("a" * 9999) + " = 1", r"pack.toml:2:1: a key of over 50 parts"),
        ("\nepisodes = " + "9" * 5000, r"pack.toml:2:1: a number of thousands of digits"),
        ("\ntitle = 0x" + "f" * 5000, r"pack.toml:2:1: 'title' is a whole number of over 64 bits"),
        ("[split]\ntest = 1e400\n", r"pack.toml:2:1: 'test' is a number that is not finite"),
        ("[split]\nby = 'file'\ntest = ['.']\n", r"pack.toml:3:1: 'test' names '.', which match"),
        (f"title = {[1] * 999}\n", r"pack.toml:1:1: 'title' is \[1, .{96}\.\.\., and should be"),
        (
            "[generate]\ngenerator = 'maze'\n[generate.parameters]\nheight = 253\nwidth = 253\n",
            r"pack.toml:1:1: 'generate' asks for 9,753,750 cells .* over the limit of 4,000,000",
        ),
        ("agent = ''\n", "is empty - name a run's folder"),
        ("text = 'of episodes'\nepisodes = 0\n", r"pack.toml:2:1: 'episodes' is out of range"),
        ("episodes = 2.5\n", r"pack.toml:1:1: 'episodes' is 2.5, and should be a whole number"),
        ("[generate]\ngenerator = 'scatter'\ntest = 100000000\n", "over 10,000 tasks"),
        (
            "[generate]\ngenerator = 'scatter'\n[generate.parameters]\nheight = 3\nwidth = 3\n"
            "walls = 0.0\nterrain_share = 0.0\nmin_distance = 1\n",
            "give no new level in 1000 attempts",
        ),
        (
            "[generate]\ngenerator = 'scatter'\n[generate.parameters]\nheight = 99\nwidth = 99\n"
            "walls = 0.6\nmin_distance = 49\n",
            "no level with a goal 49 to 10,000 moves away",
        ),
        ("[generate]\nseed = 1\n", "lacks 'generator'"),
        (
            "[generate]\ngenerator = 'scatter'\n[split]\nby = 'draws'\ntrain = ['wind: none']\n"
            "validation = ['reward: goal=2 step=auto']\ntest = ['wind: east 0.2']\n",
            "'validation' has 'step=auto', which depends on a map",
        ),
        (
            "[generate]\ngenerator = 'scatter'\n[generate.parameters]\nheight = 60\nwidth = 60\n"
            "items = 'HHH'\n",
            "'parameters' cannot be used: .*states",
        ),
        ("[generate]\ngenerator = 'magic'\n", "use one of: scatter"),
        (
            "[generate]\ngenerator = 'scatter'\n[generate.parameters]\nwalls = 2.0\n",
            "cannot be used",
        ),
        ("[generate]\ngenerator = 'scatter'\n[generate.parameters]\nwals = 0.2\n", "'walls'"),
    ],
)
def test_errors_in_a_pack_name_their_place(tmp_path, toml: str, what: str):
    with pytest.raises(PackError, match=what):
        load_pack(write_pack(tmp_path, toml, a="map:\n@.G\n"))


def test_a_folder_of_levels_is_a_pack_without_a_pack_toml(tmp_path):
    levels = {name: f"map:\n@{'.' * i}G\n" for i, name in enumerate("abcde")}
    pack = load_pack(write_pack(tmp_path, None, **levels))
    assert [len(pack.split(split).tasks) for split in SPLITS] == [3, 1, 1]
    (tmp_path / "none").mkdir()
    with pytest.raises(PackError, match=r"no level files and no pack.toml .*levels new"):
        load_pack(tmp_path / "none")


def test_all_levels_of_a_pack_are_checked_at_once(tmp_path):
    folder = write_pack(tmp_path, "", a="map:\n@.\n", b="steps: 0\nmap:\n@G\n")
    with pytest.raises(LevelError) as error:
        load_pack(folder)
    assert [Path(p.file).name for p in error.value.problems] == ["a.txt", "b.txt"]


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(PackError, match="did you mean 'mazes-9x9'"):
        load_pack("maze-9x9")


def test_a_task_is_shared_whatever_its_level_may_vary_by(tmp_path):
    toml = "[split]\nby = 'file'\ntrain = ['a.txt']\ntest = ['b.txt']\n"
    levels = {"a": "vary: mirror\nmap:\n@.#.G\n.....\n", "b": "map:\nG.#.@\n.....\n"}
    with pytest.raises(PackError, match="share a task"):
        load_pack(write_pack(tmp_path, toml, **levels))


DRAWS = """[split]
by = 'draws'
train = ['wind: north 0.2', 'wind: east 0.2']
validation = ['wind: south 0.2']
test = ['wind: west 0.2']
"""
GENERATED = "[generate]\ngenerator = 'scatter'\nvalidation = 5\ntest = 5\n"


@pytest.mark.parametrize("head", ["", GENERATED])
def test_named_draws_divide_a_pack_and_are_hidden(tmp_path, head: str):
    pack = load_pack(write_pack(tmp_path, head + DRAWS, a="slip: {0, 0.1}\nmap:\n?@?\n"))
    winds = {
        split: {task.level.wind for task in pack.split(split).sample(20, np.random.default_rng(0))}
        for split in SPLITS
    }
    assert winds == {"train": {"north", "east"}, "validation": {"south"}, "test": {"west"}}
    task = pack.split("test").tasks[0]
    assert dict(task.drawn)["wind"] == "west 0.2"
    assert task.level.shown
    assert task.level.shown.wind == "none"


def test_a_draw_shows_what_the_level_itself_says(tmp_path):
    toml = "[split]\nby = 'draws'\ntrain = ['cost: mud=1']\ntest = ['cost: mud=9']\n"
    pack = load_pack(write_pack(tmp_path, toml, a="goal: visible\nmap:\n@%G\n"))
    train, test = (pack.split(split).tasks[0] for split in ("train", "test"))
    assert (train.level.cost("%"), test.level.cost("%")) == (1, 9)
    assert (
        observe(compile_level(train.level)).tolist() == observe(compile_level(test.level)).tolist()
    )


@pytest.mark.parametrize("head", ["", GENERATED])
def test_a_draw_of_two_splits_is_refused_with_both(tmp_path, head: str):
    toml = head + DRAWS.replace("west", "north")
    with pytest.raises(PackError, match=r"share a task: \S+.* and \S+"):
        load_pack(write_pack(tmp_path, toml, a="map:\n?@?\n"))


def test_generated_levels_have_the_header_of_their_pack(tmp_path):
    toml = GENERATED + "header = 'goal: visible'\n"
    tasks = load_pack(write_pack(tmp_path, toml)).split("test").tasks
    assert {task.level.goal for task in tasks} == {"visible"}
    for header, what in (("goal: seen", "unknown goal 'seen'"), ("vary: mirror", "'vary' line")):
        with pytest.raises(PackError, match=what):
            load_pack(write_pack(tmp_path, GENERATED + f"header = '{header}'\n"))


def test_a_drawing_needs_a_mark_for_every_candidate(tmp_path):
    for drawing, what in (("t", "needs a drawing"), ("t.x", "'x' at row 1 column 3")):
        toml = f'[split]\nby = "goals"\n[split.goals]\n"a.txt" = "{drawing}"\n'
        with pytest.raises(PackError, match=what):
            load_pack(write_pack(tmp_path, toml, a="map:\n?@?\n"))


def test_a_family_too_large_to_list_is_refused(tmp_path):
    row = "?" * 100 + "\n"
    folder = write_pack(tmp_path, None, big="map:\n@" + row[1:] + row * 99)
    with pytest.raises(PackError, match="use fewer candidates"):
        load_pack(folder / "big.txt")


@pytest.mark.parametrize("name", ["goals-5x5", "gridnavi", "mazes-9x9"])
def test_a_task_is_one_of_its_own_family(name: str):
    pack = load_pack(name)
    for split in ("validation", "test"):
        task = pack.split(split).tasks[0]
        (found,) = pack.families(task)
        assert task.id in {one.id for one in family(found, "")}


def test_a_turned_task_is_of_a_turned_family(tmp_path: Path):
    text = "steps: 9\nvary: mirror rotate\nmap:\n@..?\n..#.\n?...\n"
    (tmp_path / "a.txt").write_text(text)
    pack = load_pack(tmp_path / "a.txt")
    for task in family(pack.levels[0], ""):
        (found,) = pack.families(task)
        assert task.id in {one.id for one in family(found, "")}
        assert len(found.find("?")) == 2


def test_tasks_drawn_in_a_row_are_those_drawn_one_by_one():
    header = "slip: 0..0.3\ncost: mud={2, 5}\nvary: rotate\nwind: {none, east 0..1}\n"
    level = parse(f"{header}map:\n@.?\n?,.\n")
    one, other = (np.random.default_rng(3) for _ in range(2))
    drawn = list(itertools.islice(draw_tasks(level, "", one), 50))
    assert drawn == [draw_task(level, "", other) for _ in range(50)]
    assert len({task.id for task in drawn}) > 10

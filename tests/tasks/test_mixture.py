"""Mixtures: shares by weight and by level, splits apart, and errors that say where and why."""

from __future__ import annotations

import pickle
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from game.authoring.check import check_generated
from game.authoring.reports import sample_tasks
from game.tasks.coverage import coverage_of
from game.tasks.distribution import SPLITS
from game.tasks.mixture import Mixture
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, load_pack, pack_entry

SMALL = "title: Small\nvary: mirror\nmap:\n@.?\n"
MANY = "title: Many\nmap:\n@....\n?????\n?????\n?????\n?????\n"
MIXTURE = """title = "Mixed"

[mixture]
seed = 3
validation = 6
test = 8

[mixture.packs]
two = 1
rewards = 1

[mixture.sketches]
hall = 1
rink = 2

[mixture.parameters]
most_side = 9
large_side = 12
most_states = 400
large_states = 500
"""


def write_pack(folder: Path, text: str) -> Path:
    """Write a mixture, and beside it a pack of a level with few tasks and one with many."""
    folder = folder / "mixed"
    two = folder / "two"
    two.mkdir(parents=True)
    (two / "small.txt").write_text(SMALL, encoding="utf-8")
    (two / "many.txt").write_text(MANY, encoding="utf-8")
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Pack:
    return load_pack(write_pack(tmp_path_factory.mktemp("mixture"), MIXTURE))


def mixture_of(pack: Pack) -> Mixture:
    draw = pack.split("train").draw
    assert draw is not None
    return draw.__self__


def test_weights_hold_as_drawn(mixed: Pack):
    mixture, rng = mixture_of(mixed), np.random.default_rng(0)
    n = 10_000
    drawn = Counter(mixture.choose_part(rng) for _ in range(n))
    for name, share in {"two": 0.2, "rewards": 0.2, "hall": 0.2, "rink": 0.4}.items():
        assert drawn[name] / n == pytest.approx(share, abs=0.015)
    titles = Counter(task.name for task in mixed.split("train").sample(100, rng))
    assert titles["Rink"] / 100 == pytest.approx(0.4, abs=0.15)
    assert titles["Rewards"] / 100 == pytest.approx(0.2, abs=0.12)


def test_levels_of_a_pack_share_alike_however_many_tasks_they_have(mixed: Pack):
    part, rng = mixture_of(mixed).parts["two"], np.random.default_rng(1)
    drawn = Counter(part.draw(rng).name for _ in range(400))
    assert drawn["Small"] == pytest.approx(drawn["Many"], rel=0.25)


def test_splits_are_apart_and_those_of_its_packs_stay_so(mixed: Pack):
    two = load_pack(mixed.path / "two")
    rewards = load_pack("rewards")
    train = mixed.split("train").sample(100, np.random.default_rng(2))
    ids = {name: {task.id for task in mixed.split(name).tasks} for name in SPLITS}
    ids["train"] = {task.id for task in train}
    assert all(not ids[a] & ids[b] for a, b in combinations(SPLITS, 2))
    for pack in (two, rewards):
        held_out = {name: {task.id for task in pack.split(name).tasks} for name in SPLITS[1:]}
        assert not ids["train"] & (held_out["validation"] | held_out["test"])
        assert ids["test"] & held_out["test"]
        assert not ids["test"] & held_out["validation"]


def test_lists_have_the_parts_by_their_weights(mixed: Pack):
    found = Counter(task.name.split()[0] for task in mixed.split("test").tasks)
    assert found["Rink"] == 3
    assert found["Hall"] in (1, 2)
    assert sum(found.values()) == 8
    assert pack_entry(mixed.path).sizes == {"train": None, "validation": 6, "test": 8}


def test_equal_files_give_equal_tasks_and_a_new_part_leaves_the_lists_of_others(tmp_path: Path):
    first = load_pack(write_pack(tmp_path, MIXTURE))
    (tmp_path / "more").mkdir()
    text = MIXTURE.replace("rink = 2", "rink = 2\nmaze = 1").replace("test = 8", "test = 10")
    more = load_pack(write_pack(tmp_path / "more", text))
    rinks = [
        [task.id for task in pack.split("test").tasks if "Rink" in task.name]
        for pack in (first, more)
    ]
    shorter = min(map(len, rinks))
    assert rinks[0][:shorter] == rinks[1][:shorter] != []


def test_a_mixture_of_listed_tasks_is_not_unlimited(tmp_path: Path):
    text = "[mixture]\nvalidation = 3\ntest = 3\n[mixture.packs]\ntwo = 2\ngoals-5x5 = 1\n"
    pack = load_pack(write_pack(tmp_path, text))
    train = pack.split("train")
    assert not train.unlimited
    assert train.tasks
    drawn = train.sample(300, np.random.default_rng(0))
    assert {task.id for task in drawn} <= {task.id for task in train.tasks}
    of_two = sum(task.name in ("Small", "Many") for task in drawn)
    assert of_two / 300 == pytest.approx(2 / 3, abs=0.08)
    assert pack_entry(pack.path).sizes["train"] == len(train.tasks)


def test_what_shows_packs_shows_a_mixture(mixed: Pack):
    title, figures = sample_tasks(str(mixed.path), 2, 0, None)
    assert title.startswith("Mixed: 2 tasks of the train split")
    assert len(figures) == 2
    assert coverage_of(mixed).goals == {"hidden", "visible"}
    report = check_generated(mixed)
    assert report["tasks"] == 14
    assert not report["warnings"]
    pickle.loads(pickle.dumps(mixed.split("train"))).sample(1, np.random.default_rng(0))


def test_families_of_listed_tasks_are_known(mixed: Pack):
    for task in mixed.split("test").tasks:
        families = mixed.families(task)
        assert families
        for level in families:
            assert (level.height, level.width) == (task.level.height, task.level.width)
            assert not level.vary


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("rink = 2", "rank = 2", 14, "'rank' is no kind of sketch - did you mean 'rink'?"),
        ("rink = 2", "rink = -2", 14, "'rink' has a weight of -2 - give a number above 0"),
        ("rink = 2", 'rink = "x"', 12, "'sketches' is {'hall': 1, 'rink': 'x'}, and should be"),
        ("two = 1", "too = 1", 9, "'too' is no shipped pack, and no folder beside this one"),
        ("two = 1", "maze-9x9 = 1", 9, "did you mean 'mazes-9x9'?"),
        ("two = 1", "gridnavi = 1", 9, "has the same tasks for training and test"),
        ("two = 1", "showcase = 1", 9, "'showcase' has no training tasks"),
        ("two = 1", "worlds = 1", 9, "'worlds' is a mixture itself - name its parts instead"),
        ("most_side = 9", "most_side = 99", 16, "least_side, most_side and large_side rise"),
        ("most_side = 9", "mast_side = 9", 17, "'mast_side' is not known here"),
        ("test = 8", "test = 8000", 3, "'mixture' has a negative number or over 1,000 tasks"),
        ("seed = 3", "sead = 3", 4, "'sead' is not known here - did you mean 'seed'?"),
    ],
)
def test_mistakes_are_refused_with_their_place(tmp_path, old: str, new: str, where: int, what: str):
    folder = write_pack(tmp_path, MIXTURE.replace(old, new))
    with pytest.raises(PackError) as error:
        load_pack(folder)
    assert str(error.value).startswith(f"{folder / 'pack.toml'}:{where}:1: ")
    assert what in str(error.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[mixture]\nseed = 1\n", "'mixture' has no parts"),
        (MIXTURE + '\n[generate]\ngenerator = "maze"\n', "'generate' does not go with [mixture]"),
        (MIXTURE + '\n[split]\nby = "share"\n', "'split' does not go with [mixture]"),
    ],
)
def test_a_mixture_has_parts_and_no_other_source(tmp_path: Path, text: str, what: str):
    with pytest.raises(PackError, match=r"pack.toml:\d+:1: ") as error:
        load_pack(write_pack(tmp_path, text))
    assert what in str(error.value)

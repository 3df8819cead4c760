"""Packs of kind "tables": their splits, and what is wrong with their pack.toml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.tasks.pack_file import PackError
from game.tasks.packs import load_pack, pack_advice, pack_entry
from game.tasks.tables_pack import FIRST_SEED
from game.text.reading import parse
from game.text.writing import write

BANDITS = (
    'kind = "tables"\n[tables]\nworld = "bandit"\narms = 7\nsteps = 1\ntest = 3\nvalidation = 2\n'
)
ROOM = 'kind = "tables"\n[tables]\nworld = "key-to-door"\nsize = 3\nsteps = 9\n'


def pack_at(folder: Path, text: str) -> Path:
    (folder / "pack.toml").write_text(text)
    return folder


def test_held_out_seeds_are_never_drawn_for_training(tmp_path: Path):
    pack = load_pack(pack_at(tmp_path, BANDITS))
    held_out = [t for name in ("validation", "test") for t in pack.split(name).tasks]
    seeds = [task.level.world.number("seed") for task in held_out]
    assert sorted(seeds) == [0, 1, 2, 3, 4]
    drawn = pack.split("train").sample(200, np.random.default_rng(0))
    assert min(task.level.world.number("seed") for task in drawn) >= FIRST_SEED
    assert len({task.id for task in (*drawn, *held_out)}) == 205
    for task in (*held_out, *drawn[:3]):
        assert parse(write(task.level)) == task.level
    assert pack.train.n_actions == pack_advice(tmp_path).n_actions == 7


def test_drawn_cells_are_divided_by_share_or_alike(tmp_path: Path):
    pack = load_pack(pack_at(tmp_path, ROOM + "[split]\ntrain = 0.8\nvalidation = 0\ntest = 0.2\n"))
    sizes = {name: len(split.tasks) for name, split in pack.splits.items()}
    assert sizes == {"train": 65, "validation": 0, "test": 16}
    assert pack_entry(tmp_path).sizes == sizes
    assert pack.train.n_actions == 5
    pack = load_pack(pack_at(tmp_path, ROOM + '[split]\nby = "alike"\n'))
    assert {len(split.tasks) for split in pack.splits.values()} == {81}
    assert pack_entry(tmp_path).sizes == dict.fromkeys(sizes, 81)


def test_splits_that_share_tasks_may_be_samples(tmp_path: Path):
    split = '[split]\nby = "alike"\nvalidation = 4\ntest = 20\n'
    pack = load_pack(pack_at(tmp_path, ROOM + split))
    train, validation, test = (pack.split(name).tasks for name in pack.splits)
    sizes = dict(zip(pack.splits, map(len, (train, validation, test))))
    assert pack_entry(tmp_path).sizes == sizes == {"train": 81, "validation": 4, "test": 20}
    assert len({task.id for task in test} & {task.id for task in train}) == 20
    keys = [task.level.world.cell("key") for task in test]
    assert len(set(keys)) > 5  # not the first tasks, which have one key


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"bandit"', '"bandits"', r"3:1: 'world' is unknown - did you mean 'bandit'"),
        ("arms = 7\n", "", r"2:1: 'tables' lacks 'arms' - write a whole number from 2 to 100"),
        ("arms = 7", "arms = 1", r"4:1: 'arms' is 1, and should be"),
        ("arms = 7", "armz = 7", r"4:1: 'armz' is not known here - did you mean 'arms'"),
        ("steps = 1\n", "", r"'tables' has no episodes of such a length"),
        (BANDITS, ROOM + '[split]\nby = "alike"\ntest = -1', r"8:1: 'test' is negative"),
        ("test = 3", "test = 30000", r"over 10,000 tasks"),
        ('kind = "tables"', 'kind = "table"', r"1:1: 'kind' is unknown - write 'tables'"),
        ('kind = "tables"\n', "", r"'tables' goes with kind"),
        ("test = 3", 'test = 3\n[split]\nby = "share"', r"'split' does not go with tasks"),
        ("test = 3", 'test = 3\n[generate]\ngenerator = "maze"', r"'generate' does not go with"),
    ],
)
def test_a_fault_of_the_pack_is_reported_in_its_place(
    tmp_path: Path, old: str, new: str, said: str
):
    with pytest.raises(PackError, match=said):
        load_pack(pack_at(tmp_path, BANDITS.replace(old, new)))


def test_levels_of_other_worlds_are_no_pack(tmp_path: Path):
    (tmp_path / "a.txt").write_text("steps: 1\nworld: bandit arms=2 seed=1\nmap:\n@..\n")
    (tmp_path / "b.txt").write_text("map:\n@.G\n")
    with pytest.raises(
        PackError, match=r"b\.txt has another world or number of actions than a\.txt"
    ):
        load_pack(tmp_path)
    (tmp_path / "b.txt").unlink()
    assert load_pack(tmp_path).world == "bandit"
    assert pack_advice(tmp_path / "a.txt").n_actions == 2

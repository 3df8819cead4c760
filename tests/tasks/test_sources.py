"""What `playable` accepts: paths, names, texts, rows, levels and tasks."""

from __future__ import annotations

import copy
import pickle
from functools import partial

import gymnasium
import numpy as np
import pytest

from game.env import LevelEnv, LevelVectorEnv
from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import load_pack
from game.tasks.sources import playable
from game.text.level import LevelError
from game.text.reading import parse

FAMILY = "steps: 7\nslip: {0, 0.2}\nvary: mirror\nmap:\n#####\n#@?.#\n#?.?#\n#..?#\n#####\n"


def ids(source, split: str) -> list[str]:
    return [task.id for task in playable(source, split).tasks]


@pytest.mark.parametrize("split", SPLITS)
def test_a_text_is_divided_as_its_file(split: str, tmp_path):
    path = tmp_path / "family.txt"
    path.write_text(FAMILY)
    expected = ids(path, split)
    assert expected
    assert ids(FAMILY, split) == expected
    assert ids(FAMILY.replace("\n", "\r\n"), split) == expected
    assert ids(parse(FAMILY), split) == expected


def test_rows_are_a_map_with_the_default_header():
    rows = ["#####", "#@?.#", "#?.?#", "#??.#", "#.? #", "#####"]
    text = "map:\n" + "\n".join(rows)
    for split in SPLITS:
        assert ids(rows, split) == ids(tuple(rows), split) == ids(text, split) != []


def test_rows_of_frozen_lake_are_the_level_of_its_file(tmp_path):
    path = tmp_path / "lake.frozenlake"
    path.write_text("SFFF\nFHFH\nFFFH\nHFFG\n")
    rows = ["SFFF", "FHFH", "FFFH", "HFFG"]
    assert ids(rows, "test") == ids(tuple(rows), "test") == ids(path, "test") != []
    with pytest.raises(LevelError, match="rows:2:3: a row of 2 tiles among rows of 3"):
        playable(["SFF", "FG", "HHH"])
    with pytest.raises(LevelError, match="rows:1:1: the map is empty - write its rows below"):
        playable([])


LAKE = ["SFFF", "FHFH", "FFFH", "HFFG"]


@pytest.mark.parametrize(
    "rows",
    [
        np.asarray(LAKE),
        np.asarray(LAKE, dtype="S"),
        np.asarray(LAKE, dtype=object),
        np.asarray([[*row] for row in LAKE]),
        [row.encode() for row in LAKE],
        [[*row] for row in LAKE],
        [np.asarray([*row]) for row in LAKE],
        gymnasium.make("FrozenLake-v1", desc=LAKE).unwrapped.desc,  # type: ignore[attr-defined]
    ],
    ids=["U", "S", "object", "characters", "bytes", "lists", "arrays", "desc"],
)
def test_rows_may_be_arrays_bytes_and_lists_of_characters(rows):
    assert ids(rows, "test") == ids(LAKE, "test")
    single, several = LevelEnv(level=rows), LevelVectorEnv(num_envs=2, level=rows)
    assert single.reset()[1]["task"] == several.reset()[1]["task"][0] == ids(LAKE, "test")[0]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (np.asarray("showcase"), "ndarray"),
        (np.asarray([[1, 2]]), "ndarray, whose row 1 is of type list,"),
        (np.asarray([[["S", "G"]]]), "ndarray, whose row 1 is of type list,"),
        (["@.G", 1], "list, whose row 2 is of type int,"),
        (b"map:", "bytes"),
    ],
    ids=["no dimension", "numbers", "three dimensions", "mixed", "bytes"],
)
def test_what_is_no_rows_is_refused_with_what_is_taken(source, kind: str):
    with pytest.raises(TypeError, match=f"level of type {kind} is unknown - give the path of a"):
        LevelEnv(level=source)


@pytest.mark.parametrize("environment", [LevelEnv, partial(LevelVectorEnv, num_envs=2)])
@pytest.mark.parametrize(
    ("source", "error"),
    [("map:\n@.\n", LevelError), ("no-such-pack", PackError), ("no-such.txt", PackError)],
)
def test_faults_of_levels_and_packs_raise_what_the_documents_say(environment, source: str, error):
    with pytest.raises(error):
        environment(level=source)


def test_bytes_that_are_no_text_are_reported_in_their_row():
    with pytest.raises(LevelError, match="rows:2:1: byte 0xff is not UTF-8 text"):
        playable([b"@.G", b"\xff.."])


@pytest.mark.parametrize("source", [["@.G"], "map:\n@.G\n", parse("map:\n@.G\n")], ids=str)
def test_a_single_task_is_in_every_split(source):
    assert len({tuple(ids(source, split)) for split in SPLITS}) == 1


def test_a_level_with_nothing_to_draw_is_played_as_it_is():
    for task in load_pack("dynamics").split("test").tasks[:5]:
        assert ids(task.level, "test") == ids(task, "train") == [task.id]


def test_errors_of_rows_count_the_rows():
    with pytest.raises(LevelError, match=r"rows:2:3: unknown tile 'S'") as caught:
        playable(["@.G", "..S"])
    for same in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert (str(same), same.problems) == (str(caught.value), caught.value.problems)

"""Collections: files of several levels as packs, and their members as levels."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import main
from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, load_pack
from game.tasks.sources import playable
from game.text.level import LevelError
from game.text.reading import read

ROOM = ["#            #"] * 3
LARGE = "\n".join(["#" * 14, "#@           #", *ROOM, "#  $ $ $ $ $ #", "#  . . . . . #", "#" * 14])
STUCK = "#####\n#@.$#\n#####"


def corridor(length: int) -> str:
    """Return a level that is solved by pushing a box through a corridor of this length."""
    edge = "#" * (length + 4)
    return f"{edge}\n#@${' ' * (length - 1)}.#\n{edge}"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A file in the manner of Boxoban: six good levels, one too large, one without a solution."""
    boards = [*(corridor(n) for n in range(1, 7)), LARGE, STUCK]
    path = tmp_path / "boxes.txt"
    path.write_text("\n\n".join(f"; {n}\n{board}" for n, board in enumerate(boards)))
    return path


def ids(pack: Pack) -> list[str]:
    return [task.id for name in SPLITS for task in pack.split(name).tasks]


def test_a_collection_is_a_pack_of_its_levels(collection: Path):
    pack = load_pack(collection)
    assert pack.title == "boxes"
    assert [level.title for level in pack.levels] == ["0", "1", "2", "3", "4", "5"]
    assert [len(pack.split(name).tasks) for name in SPLITS] == [4, 1, 1]
    members = [load_pack(f"{collection}#{n}") for n in range(1, 7)]
    assert sorted(ids(pack)) == sorted(i for member in members for i in ids(member))
    assert playable(f"{collection}#3").tasks == playable(Path(f"{collection}#3")).tasks
    assert (members[2].title, members[2].name) == ("2", "boxes-3")


def test_what_cannot_be_used_is_refused_one_by_one_and_the_rest_works(collection: Path, capsys):
    large, stuck = load_pack(collection).refused
    assert large.startswith(f"{collection}:32:1: the level has up to ")
    assert "(72 cells x 13,991,544 sets of cells of the boxes), over the limit of 65,536" in large
    assert stuck.startswith(f"{collection}:43:2: the boxes cannot be pushed to targets")
    assert main.main(["levels", "check", str(collection)]) == 1
    printed = capsys.readouterr().out
    assert printed.count(": ok") == 6
    assert f"{collection}#6: ok" in printed
    assert large in printed
    assert stuck in printed


def test_a_collection_without_a_level_that_can_be_used_is_an_error(tmp_path: Path):
    path = tmp_path / "all.xsb"
    path.write_text(f"{LARGE}\n\n{STUCK}\n")
    with pytest.raises(PackError, match=r"72 cells(.|\n)*cannot be pushed"):
        load_pack(path)


def test_commands_take_a_collection_and_its_members(collection: Path, tmp_path: Path, capsys):
    for name in (str(collection), f"{collection}#2"):
        for command in ("show", "hash", "sample", "fixed"):
            assert main.main(["levels", command, name]) == 0
        options = ["--agent", "planner", "--steps", "1"]
        out = ["--headless", "--out", str(tmp_path / "out")]
        assert main.main(["watch", name, *options, *out]) == 0
    printed = capsys.readouterr()
    assert f"2 levels are left out - 'levels check {collection}' says why" in printed.out
    assert main.main(["levels", "convert", f"{collection}#2"]) == 0
    assert "title: 1\n" in capsys.readouterr().out
    assert main.main(["levels", "convert", str(collection)]) == 1
    assert "name one of them, as 'boxes.txt#2'" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "9", "999999999"])
def test_a_number_that_the_file_does_not_have(number: str, collection: Path):
    with pytest.raises(LevelError, match=rf"no level {number} - the levels are 'boxes.txt#1' to"):
        load_pack(f"{collection}#{number}")


def test_a_name_with_a_hash_is_a_name(tmp_path: Path):
    path = tmp_path / "a#2"
    path.write_text("map:\n@.G\n")
    (tmp_path / "b#1.xsb").write_text(f"{corridor(1)}\n\n{corridor(2)}\n")
    assert read(path).rows == ("@.G",)
    assert len(load_pack(tmp_path / "b#1.xsb").levels) == 2
    assert read(tmp_path / "b#1.xsb#2").width == 6
    with pytest.raises(PackError, match="no such file"):
        load_pack(tmp_path / "b#1")


def test_a_pattern_of_a_split_takes_a_name_with_a_hash_whole(tmp_path: Path):
    for name in ("a#b.txt", "c.txt"):
        (tmp_path / name).write_text("map:\n@.G\n")
    toml = tmp_path / "pack.toml"
    toml.write_text("[split]\nby = 'file'\ntrain = ['a']\ntest = ['c.txt']\n")
    with pytest.raises(PackError, match="'a', which matches no level file"):
        load_pack(tmp_path)
    toml.write_text("[split]\nby = 'file'\ntest = ['a*', 'c.txt']\n")
    assert len(load_pack(tmp_path).split("test").tasks) == 2


def test_a_folder_may_hold_collections(collection: Path, capsys):
    folder = collection.parent
    (folder / "own.txt").write_text("map:\n@.G\n")
    split = '[split]\nby = "file"\ntrain = ["boxes.txt"]\ntest = ["own.txt"]\n'
    (folder / "pack.toml").write_text(split)
    pack = load_pack(folder)
    assert [len(pack.split(name).tasks) for name in SPLITS] == [6, 0, 1]
    assert len(pack.refused) == 2
    assert main.main(["levels", "check", str(folder)]) == 1
    assert capsys.readouterr().out.count(": ok") == 7

"""Maps that are too large for agents are named with their file before any work begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.map_sizes import check_map_sizes
from commands import main
from game.tasks.packs import load_pack
from game.world.features import TooLargeToSee

WIDE = "map:\n@" + "." * 20 + "??????\n"
GENERATED = """
[generate]
generator = "maze"
validation = 0
test = 0
[generate.parameters]
height = 17
width = 17
"""


@pytest.mark.parametrize(
    "command",
    [
        ["train", "{}", "--iterations", "1", "--out", "{}/run"],
        ["eval", "{}", "--agent", "scratch"],
        ["watch", "{}", "--agent", "maml-mazes-9x9"],
        ["watch", "{}", "--agent", "maml-mazes-9x9", "--headless", "--out", "{}/run"],
    ],
)
def test_a_map_too_large_for_agents_is_named_with_its_file(
    command: list[str], tmp_path: Path, capsys
):
    (tmp_path / "small.txt").write_text("map:\n@.?????\n")
    (tmp_path / "wide.txt").write_text("; a comment\n" + WIDE)
    assert main.main([word.format(tmp_path) for word in command]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"{tmp_path / 'wide.txt'}:3:1: the map is 1 x 27 cells, and agents")
    assert not (tmp_path / "run").exists()


def test_agents_that_observe_nothing_take_any_map(tmp_path: Path):
    path = tmp_path / "wide.txt"
    path.write_text(WIDE)
    pack = load_pack(path)
    check_map_sizes(pack, ["test"], ["planner", "random", "my_file.py:Mine"])
    with pytest.raises(TooLargeToSee, match=r"wide\.txt:2:1: "):
        check_map_sizes(pack, ["test"], ["planner", "scratch"])


def test_generated_maps_are_named_by_their_pack(tmp_path: Path):
    (tmp_path / "pack.toml").write_text(GENERATED)
    with pytest.raises(TooLargeToSee, match=r"pack\.toml:1:1: the map is 19 x 19"):
        check_map_sizes(load_pack(tmp_path), ["train"], ["maml"])

"""Codes: the content of the features in bytes, and no information on hidden variables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.tasks.family import family
from game.tasks.packs import list_packs, load_pack
from game.text.reading import parse
from game.world.codes import BOX_KIND, CODE_LAYOUT, CODE_START_OF, KINDS, N_CODES, encode
from game.world.features import LAYOUT, MAX_SIZE, START_OF, observe
from game.world.tables import Tables, compile_level

ALL_TILES = """legend: x = o worth=-0.5
slip: 0.25
cost: mud=9.5 water=500
goal: visible
map:
@.L^..
.!=#..
a$A.ox
..%~>.
X@...G
"""


def codes_at(tables: Tables, cell: tuple[int, int]) -> dict[str, list[int]]:
    """Return the blocks of the codes with the agent at a cell and all else as at the start."""
    start = tables.starts[0]
    same = (tables.cell == cell).all(1)
    for name in ("keys", "coins", "gates", "boxes"):
        array = getattr(tables, name)
        same &= (array == array[start]).reshape(tables.n_states, -1).all(1)
    codes = encode(observe(tables))[same][0]
    return {name: codes[n : n + CODE_LAYOUT[name]].tolist() for name, n in CODE_START_OF.items()}


def decoded(codes: np.ndarray) -> dict[str, np.ndarray]:
    """Return the blocks of features that the codes [S, N_CODES] stand for, one by one."""
    at = {
        name: codes[:, n : n + CODE_LAYOUT[name]].astype(int) for name, n in CODE_START_OF.items()
    }
    kind = np.array(KINDS)[at["kind"] % BOX_KIND]
    found = {
        "row": at["row"] == np.arange(LAYOUT["row"]),
        "column": at["column"] == np.arange(LAYOUT["column"]),
        "cell": at["row"] * 16 + at["column"] == np.arange(LAYOUT["cell"]),
        "blocked": np.isin(kind, ["blocked", "closed gate"]),
        "cost": (at["cost"] / 2 - 1) / 5,
        "danger": kind == "danger",
        "slip": at["slip"] / 100,
        "item": np.where(at["item"] == 0, 0, (at["item"] - 128) / 10),
        "push_row": (kind == "down") * 1 - (kind == "up"),
        "push_column": (kind == "right") * 1 - (kind == "left"),
        "keys": at["keys"] >> np.arange(4) & 1,
        "box": at["kind"] >= BOX_KIND,
        "target": kind == "target",
        "switch": kind == "switch",
        "gate": np.isin(kind, ["gate", "closed gate"]),
    }
    for name in ("opponent", "goal"):
        row, column = at[f"{name}_row"], at[f"{name}_column"]
        found[name] = np.hstack(
            [row > 0, (row > 0) * (row / 16 - 1), (row > 0) * (column / 16 - 1)]
        )
    return found


# a mixture has maps that are too large for features
PACKS = [folder for folder in list_packs() if folder.name != "worlds"]


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_codes_hold_the_features_of_every_pack(folder: Path):
    splits = load_pack(folder).splits.values()
    rng = np.random.default_rng(0)
    for tasks in [split.sample(4, rng) for split in splits if split.unlimited or split.tasks]:
        for task in tasks:
            if max(task.level.height, task.level.width) > MAX_SIZE:
                continue
            features = observe(compile_level(task.level))
            found = decoded(encode(features))
            assert set(found) == set(LAYOUT)
            for name, width in LAYOUT.items():
                expected = features[:, START_OF[name] : START_OF[name] + width]
                tolerance = 0.005 if name == "slip" else 1e-9  # percents
                assert np.abs(found[name] - expected).max() <= tolerance, name


def test_each_number_says_what_is_there():
    tables = compile_level(parse(ALL_TILES))
    seen = codes_at(tables, (1, 0))
    assert (seen["row"], seen["column"], seen["keys"]) == ([1], [0], [0])
    assert (seen["goal_row"], seen["goal_column"]) == ([16 + 3], [16 + 5])
    assert (seen["opponent_row"], seen["opponent_column"]) == ([0], [0])  # none
    assert np.reshape(seen["kind"], (5, 5))[:, 2:].tolist() == [
        [KINDS.index("blocked")] * 3,  # outside
        [0, 0, KINDS.index("danger")],
        [0, KINDS.index("switch"), KINDS.index("closed gate")],
        [0, BOX_KIND, KINDS.index("blocked")],  # a key, a box, a locked door
        [0, 0, 0],
    ]
    assert np.reshape(seen["cost"], (5, 5))[4, 2:].tolist() == [2, 2, 19]  # mud
    assert np.reshape(seen["item"], (5, 5))[3, 2] == 128 + 10  # the key
    assert seen["slip"][12] == 25
    seen = codes_at(tables, (3, 4))
    kinds, costs, items = (np.reshape(seen[name], (5, 5)) for name in ("kind", "cost", "item"))
    assert kinds[2, 2] == KINDS.index("right")
    assert costs[2, 1] == 255  # water: as dear as a byte can say
    assert items[1, 2:4].tolist() == [128 + 10, 128 - 10]  # two kinds of coins


def test_an_opponent_is_seen_at_any_distance():
    tables = compile_level(parse("goal: visible\nmap:\n@.....M\n.######\nG......\n"))
    seen = codes_at(tables, (0, 0))
    found = (seen["opponent_row"], seen["opponent_column"])
    assert found == ([16], [16 + tables.opponents[tables.state_of((0, 0)), 0, 1]])


def test_codes_change_with_the_state():
    level = parse("map:\n@aA.\n#!=G\n")
    tables = compile_level(level)
    held = encode(observe(tables))[tables.keys[:, 0]]
    assert (held[:, CODE_START_OF["keys"]] == 1).all()
    kinds = encode(observe(tables))[:, CODE_START_OF["kind"] :][:, : CODE_LAYOUT["kind"]]
    assert {KINDS.index("gate"), KINDS.index("closed gate")} <= set(kinds.ravel().tolist())
    assert not (kinds[tables.gates] == KINDS.index("closed gate")).any()


def test_worths_beyond_a_byte_are_cut_off():
    for worth, code in ((900, 255), (-900, 1), (0.001, 128)):
        tables = compile_level(parse(f"define: o worth={worth}\nmap:\n@oG\n"))
        assert codes_at(tables, (0, 0))["item"][13] == code


def test_hidden_variables_cannot_be_told_from_codes():
    for text in (
        "ends: never\ncost: goal=9 floor=2\nmap:\n@?,?\n?.%?\n",
        "slip: {0.1, 0.4}\nwind: {north 0.2, none}\ncontrols: shuffled\nmap:\n@.G\n",
    ):
        seen = [encode(observe(compile_level(task.level))) for task in family(parse(text), "x")]
        assert len(seen) > 1
        assert all(np.array_equal(other, seen[0]) for other in seen[1:])


def test_codes_are_bytes_in_one_layout():
    codes = encode(observe(compile_level(parse("map:\n@G\n"))))
    assert (codes.dtype, codes.shape) == (np.uint8, (2, N_CODES))

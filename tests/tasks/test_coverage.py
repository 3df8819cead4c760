"""What training covered, and how a level is said to differ from it."""

from __future__ import annotations

import json

import pytest

from game.filling import Misfit
from game.tasks.coverage import Coverage, coverage_of, differences
from game.tasks.packs import load_pack
from game.text.level import Level
from game.text.reading import parse

WIDE = Coverage(
    sizes=frozenset((4 + n, 20 - n) for n in range(9)),
    tiles=frozenset("#.@G~,"),
    goals=frozenset(("hidden",)),
)


def level(rows: int, columns: int, tiles: str = "", goal: str = "hidden") -> Level:
    lines = [
        f"@{tiles}".ljust(columns, "."),
        *["." * columns] * (rows - 2),
        "G".rjust(columns, "."),
    ]
    return parse(f"goal: {goal}\nmap:\n" + "\n".join(lines) + "\n")


def test_a_level_within_a_wide_range_of_sizes_is_like_the_training() -> None:
    assert WIDE.is_wide
    assert (10, 10) not in WIDE.sizes
    assert differences(level(10, 10, "~"), WIDE) == []


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (level(5, 21), ["larger than any it trained on"]),  # its longest side
        (level(14, 14), ["larger than any it trained on"]),  # its area
        (level(3, 3), ["smaller than any it trained on"]),
        (level(10, 10, "L"), ["new to it: lava"]),
        (level(21, 21, "L", "visible"), [
            "larger than any it trained on", "new to it: lava, a visible goal",
        ]),
    ],
)  # fmt: skip
def test_what_is_new_to_a_generalist_is_said_as_a_person_would(
    other: Level, reasons: list[str]
) -> None:
    assert differences(other, WIDE) == reasons


def test_of_a_specialist_the_exact_size_is_new() -> None:
    specialist = coverage_of(load_pack("goals-5x5"))
    assert not specialist.is_wide
    assert differences(level(6, 7), specialist) == ["new to it: 6 × 7"]


def test_a_coverage_is_read_back_from_json() -> None:
    assert Coverage.of_facts(json.loads(json.dumps(WIDE.facts()))) == WIDE
    with pytest.raises(Misfit, match="lacks 'goals'"):
        Coverage.of_facts({"sizes": [[3, 4]], "tiles": "."})
    with pytest.raises(ValueError, match="pairs of rows and columns"):
        Coverage.of_facts(WIDE.facts() | {"sizes": [[3]]})

"""What test levels let expect on a level that is like them."""

from __future__ import annotations

import pytest

from game.tasks.evaluated_levels import FEWEST, SIMILAR, EvaluatedLevel, LevelKind, expected_scores
from game.text.reading import parse

SMALL, LARGE = LevelKind(49, 30, ",~", "hidden"), LevelKind(900, 600, ",~", "hidden")


def levels_of(kind: LevelKind, n: int, score: float) -> list[EvaluatedLevel]:
    """Return n test levels of a kind whose scores end evenly around a score."""
    spread = [score + (i - (n - 1) / 2) / 100 for i in range(n)]
    return [EvaluatedLevel(f"{kind.cells}-{i}", kind, [0.0, end]) for i, end in enumerate(spread)]


def test_a_kind_is_made_of_size_tiles_and_goal() -> None:
    level = parse("goal: visible\nmap:\n#####\n#@,~#\n#.,G#\n#####\n")
    assert LevelKind.of(level, 7) == LevelKind(20, 7, ",~", "visible")


def test_levels_are_the_less_alike_the_more_they_differ() -> None:
    assert SMALL.distance(SMALL) == 0
    others = [
        LevelKind(98, 30, ",~", "hidden"),
        LevelKind(98, 60, ",~", "hidden"),
        LevelKind(98, 60, ",", "hidden"),
        LevelKind(98, 60, ",", "visible"),
    ]
    distances = [SMALL.distance(other) for other in others]
    assert distances == sorted(distances)
    assert [other.distance(SMALL) for other in others] == distances


def test_the_expectation_comes_from_the_levels_that_are_alike() -> None:
    levels = levels_of(SMALL, SIMILAR, 0.9) + levels_of(LARGE, SIMILAR, 0.3)
    for kind, score in ((SMALL, 0.9), (LARGE, 0.3)):
        found = expected_scores(kind, levels)
        assert found
        assert found.mean == pytest.approx((0, score))
        assert found.low[1] < score < found.high[1]


def test_a_level_is_no_evidence_of_itself_and_few_levels_are_none() -> None:
    levels = levels_of(SMALL, FEWEST, 0.9)
    assert expected_scores(SMALL, levels)
    assert expected_scores(SMALL, levels, levels[0].task) is None
    assert expected_scores(LARGE, levels_of(SMALL, 50, 0.9)) is None

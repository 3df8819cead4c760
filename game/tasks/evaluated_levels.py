"""Test levels with an agent's scores on them, and what they let expect on a level like them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from game.text.level import Level
from game.text.tiles import FLOOR, GOAL, START, WALL

SIMILAR = 12  # levels that an expectation is made from
FEWEST = 5  # levels without which there is none
FARTHEST = 2.5  # distance between two levels from which on they are not alike
MOST_SCORE = 1e6
HARD = 0.5  # mean score after all steps of adaptation below which levels are hard for an agent
LOW, HIGH = 20, 80  # percentiles of the band


@dataclass(frozen=True)
class LevelKind:
    """What decides which levels are alike: their size, tiles and kind of goal."""

    cells: int
    states: int
    tiles: str  # in order, without floor, walls, start and goal
    goal: str

    def __post_init__(self) -> None:
        if min(self.cells, self.states) < 1:
            raise ValueError("a level has at least one cell and one state")

    @classmethod
    def of(cls, level: Level, states: int) -> LevelKind:
        """Return the kind of a level with this number of states."""
        tiles = set("".join(level.tiles)) - {FLOOR, WALL, START, GOAL}
        return cls(level.height * level.width, states, "".join(sorted(tiles)), level.goal)

    def distance(self, other: LevelKind) -> float:
        """Return how unlike two kinds are: doublings of cells and states, the share of tiles that
        only one has, and whether their goals are of different kinds."""
        sizes = (self.cells, other.cells), (self.states, other.states)
        doublings = sum(abs(math.log2(a / b)) for a, b in sizes) / 2
        either = set(self.tiles) | set(other.tiles)
        differing = len(set(self.tiles) ^ set(other.tiles)) / max(1, len(either))
        return doublings + 2 * differing + (self.goal != other.goal)


@dataclass(frozen=True)
class EvaluatedLevel:
    """A task of the test split: its id and kind, and the mean score after each adaptation step."""

    task: str
    kind: LevelKind
    scores: list[float]

    def __post_init__(self) -> None:
        if max(map(abs, self.scores), default=0) > MOST_SCORE:
            raise ValueError("a score is out of range")


@dataclass(frozen=True)
class Expectation:
    """The scores after each adaptation step on the most similar test levels: mean and band."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def expected_scores(
    kind: LevelKind, tested: Sequence[EvaluatedLevel], task: str = ""
) -> Expectation | None:
    """Return what is expected on a level of a kind; None if too few test levels are like it.

    The level's own task does not count, if it is among them.
    """
    others = [one for one in tested if one.task != task]
    distances = [kind.distance(one.kind) for one in others]
    order = [i for i in np.argsort(distances, kind="stable") if distances[i] <= FARTHEST]
    if len(order) < FEWEST:
        return None
    scores = np.array([others[i].scores for i in order[:SIMILAR]])  # [n, K + 1]
    low, high = np.percentile(scores, (LOW, HIGH), 0)
    return Expectation(*(tuple(map(float, one)) for one in (scores.mean(0), low, high)))

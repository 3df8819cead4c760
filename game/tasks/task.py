"""A task: one concrete draw of a level."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from game.text.level import Level
from game.text.variants import variants
from game.text.writing import canonical


@dataclass(frozen=True)
class Task:
    """One concrete draw of a level: `level` has nothing left to draw; `drawn` says what was drawn.

    `member` is the level with only its ranges still to be drawn, the goal, the variant and the
    named draws being settled: what splits divide. None where that is the level itself.
    """

    level: Level
    name: str
    drawn: tuple[tuple[str, str], ...] = ()
    member: Level | None = None

    @cached_property
    def id(self) -> str:
        """A stable name for what matters for play: 12 hexadecimal digits."""
        return digest(canonical(self.level))

    @cached_property
    def kind(self) -> str:
        """The id up to the symmetries that the level's family varies by, and to its ranges."""
        level = self.member or self.level
        if not level.vary:
            return digest(canonical(level))
        return min(digest(canonical(variant)) for _, variant in variants(level))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def task_rng(seed: int, task: Task) -> np.random.Generator:
    """The generator of one task: a batch of tasks draws what single tasks draw."""
    return np.random.default_rng([seed, int(task.id, 16)])

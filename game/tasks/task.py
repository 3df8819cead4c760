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
    """One concrete draw of a level. `level` has nothing left to draw.

    `drawn` lists names and values of what was drawn. `member` is the level after the draws of goal,
    variant and sets, and before the draws from ranges; splits divide members. It is None where the
    level has no ranges. `weight` is the number of equally likely draws that give the task.
    """

    level: Level
    name: str
    drawn: tuple[tuple[str, str], ...] = ()
    member: Level | None = None
    weight: int = 1

    @cached_property
    def id(self) -> str:
        """The hash of everything that affects play, 12 hexadecimal digits."""
        return digest(canonical(self.level))

    @cached_property
    def kind(self) -> str:
        """The hash that all draws from ranges and all symmetric variants of the task share."""
        level = self.member or self.level
        if not level.vary:
            return self.id if self.member is None else digest(canonical(level))
        return min(digest(canonical(variant)) for _, variant in variants(level))


def digest(text: str) -> str:
    """Return the first 12 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def task_rng(seed: int, task: Task) -> np.random.Generator:
    """Return a task's own random generator, so that its draws do not depend on the batch."""
    return np.random.default_rng([seed, int(task.id, 16)])

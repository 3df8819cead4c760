"""Games: levels that nobody has walked, opponents whose ways are hidden, rewards that change."""

from __future__ import annotations

from agents.exercises.lesson import Findings, Lesson
from agents.exercises.sides import compare_packs

PACKS = ("mazes-9x9", "opponents", "rewards")


def run(lesson: Lesson) -> Findings:
    """An agent in each pack before and after adaptation, and its curve beside scratch."""
    return compare_packs(lesson, "games", "Games: levels, opponents, rewards", PACKS)

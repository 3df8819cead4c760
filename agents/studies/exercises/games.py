"""Games: levels that nobody has walked, opponents whose ways are hidden, rewards that change."""

from __future__ import annotations

from agents.studies.exercises.compare_packs import compare_packs
from agents.studies.exercises.exercise_run import ExerciseRun, Findings

PACKS = ("mazes-9x9", "opponents", "rewards")


def run(lesson: ExerciseRun) -> Findings:
    """An agent in each pack before and after adaptation, and its curve beside scratch."""
    return compare_packs(lesson, "games", "Games: levels, opponents, rewards", PACKS)

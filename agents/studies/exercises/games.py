"""Games: unseen levels, opponents with hidden behaviour, and rewards that change."""

from __future__ import annotations

from agents.studies.exercises.compare_packs import compare_packs
from agents.studies.exercises.exercise_run import ExerciseRun, Findings

PACKS = ("mazes-9x9", "opponents", "rewards")


def run(exercise: ExerciseRun) -> Findings:
    """Compare agents before and after adaptation, and with scratch, on each pack."""
    return compare_packs(exercise, "games", "Games: levels, opponents, rewards", PACKS)

"""Navigation, the robot side: where the goal is, what the ground costs, how the wheels turn."""

from __future__ import annotations

from agents.studies.exercises.compare_packs import compare_packs
from agents.studies.exercises.exercise_run import ExerciseRun, Findings

PACKS = ("goals-5x5", "terrain-9x9", "dynamics")


def run(lesson: ExerciseRun) -> Findings:
    """An agent in each pack before and after adaptation, and its curve beside scratch."""
    return compare_packs(lesson, "navigation", "Navigation: goals, terrains, dynamics", PACKS)

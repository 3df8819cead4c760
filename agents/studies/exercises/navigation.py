"""Navigation, as for a robot: hidden goals, terrain costs and dynamics."""

from __future__ import annotations

from agents.studies.exercises.compare_packs import compare_packs
from agents.studies.exercises.exercise_run import ExerciseRun, Findings

PACKS = ("goals-5x5", "terrain-9x9", "dynamics")


def run(exercise: ExerciseRun) -> Findings:
    """Compare agents before and after adaptation, and with scratch, on each pack."""
    return compare_packs(exercise, "navigation", "Navigation: goals, terrains, dynamics", PACKS)

"""The classic exercises of a meta-RL course: each a file that can be read as a lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExerciseEntry:
    """Where an exercise is, and what it is about; `run(lesson)` of its module does it."""

    module: str
    text: str


EXERCISES: dict[str, ExerciseEntry] = {
    "goals": ExerciseEntry(
        "agents.studies.exercises.goals",
        "MAML on 10 goals, then 5 held-out goals: what adaptation is",
    ),
    "warm-up": ExerciseEntry(
        "agents.studies.exercises.warm_up",
        "one shared policy, no inner gradient: why many tasks beat one",
    ),
    "second-order": ExerciseEntry(
        "agents.studies.exercises.second_order", "MAML against first order: curves, time, gradients"
    ),
    "pitfalls": ExerciseEntry(
        "agents.studies.exercises.pitfalls",
        "a long inner loop, other tasks, a large step: what goes wrong",
    ),
    "memory": ExerciseEntry(
        "agents.studies.exercises.memory_or_gradients",
        "gradients against memory: what each costs, and where it fails",
    ),
    "navigation": ExerciseEntry(
        "agents.studies.exercises.navigation", "the robot side: goals, terrains, dynamics"
    ),
    "games": ExerciseEntry(
        "agents.studies.exercises.games", "the game side: levels, opponents, rewards"
    ),
}


def list_exercises() -> str:
    """One line for each."""
    width = max(map(len, EXERCISES))
    return "\n".join(f"  {name:{width}}  {exercise.text}" for name, exercise in EXERCISES.items())

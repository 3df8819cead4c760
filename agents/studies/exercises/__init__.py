"""The classic exercises of a meta-RL course; each module can be read as a lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExerciseEntry:
    """An exercise: its module, whose function `run` does it, and a one-line description."""

    module: str
    text: str


EXERCISES: dict[str, ExerciseEntry] = {
    "goals": ExerciseEntry(
        "agents.studies.exercises.goals",
        "MAML on 10 goals, tested on 5 held-out goals: what meta-training buys",
    ),
    "warm-up": ExerciseEntry(
        "agents.studies.exercises.warm_up",
        "one shared policy, no inner gradient: why many tasks beat one",
    ),
    "second-order": ExerciseEntry(
        "agents.studies.exercises.second_order",
        "MAML against first-order MAML: scores, time, gradients",
    ),
    "pitfalls": ExerciseEntry(
        "agents.studies.exercises.pitfalls",
        "a long inner loop, other tasks, large step sizes: what goes wrong",
    ),
    "memory": ExerciseEntry(
        "agents.studies.exercises.memory_or_gradients",
        "gradients against memory: what each costs, and where it fails",
    ),
    "navigation": ExerciseEntry(
        "agents.studies.exercises.navigation", "robot navigation: goals, terrains, dynamics"
    ),
    "games": ExerciseEntry("agents.studies.exercises.games", "games: levels, opponents, rewards"),
}


def list_exercises() -> str:
    """Return the names and descriptions of all exercises, one per line."""
    width = max(map(len, EXERCISES))
    return "\n".join(f"  {name:{width}}  {exercise.text}" for name, exercise in EXERCISES.items())

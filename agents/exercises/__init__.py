"""The classic exercises of a meta-RL course: each a file that can be read as a lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """Where an exercise is, and what it is about; `run(lesson)` of its module does it."""

    module: str
    text: str


EXERCISES: dict[str, Exercise] = {
    "goals": Exercise(
        "agents.exercises.goals", "MAML on 10 goals, then 5 held-out goals: what adaptation is"
    ),
    "warm-up": Exercise(
        "agents.exercises.warm_up", "one shared policy, no inner gradient: why many tasks beat one"
    ),
    "second-order": Exercise(
        "agents.exercises.second_order", "MAML against first order: curves, time, gradients"
    ),
    "pitfalls": Exercise(
        "agents.exercises.pitfalls", "a long inner loop, other tasks, a large step: what goes wrong"
    ),
    "memory": Exercise(
        "agents.exercises.memory", "gradients against memory: what each costs, and where it fails"
    ),
    "navigation": Exercise(
        "agents.exercises.navigation", "the robot side: goals, terrains, dynamics"
    ),
    "games": Exercise("agents.exercises.games", "the game side: levels, opponents, rewards"),
}


def list_exercises() -> str:
    """One line for each."""
    width = max(map(len, EXERCISES))
    return "\n".join(f"  {name:{width}}  {exercise.text}" for name, exercise in EXERCISES.items())

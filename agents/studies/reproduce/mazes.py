"""Memory on new mazes: a trial of four episodes, and beyond it."""

from __future__ import annotations

from agents.studies.reproduce.definition import (
    BenchmarkSetting,
    BenchmarkTraining,
    PublishedBenchmark,
    episode,
    trial,
)
from agents.studies.reproduce.gridnavi import BEYOND, LONG
from agents.studies.reproduce.hidden_goals import hidden_goal_references

MAZES = PublishedBenchmark(
    name="mazes",
    title="New mazes",
    text=(
        "Mazes of 9 x 9 cells with terrain and a hidden goal, 100 of them held out. Agents are "
        f"trained for trials of 4 episodes and evaluated for {LONG}. The bounds are the oracle's."
    ),
    settings=(
        BenchmarkSetting(
            name="mazes-9x9",
            pack="mazes-9x9",
            trainings=(BenchmarkTraining("rl2", {"minutes": 10}, {"minutes": 2}),),
            measures=(*map(episode, (1, 2, 3, 4, LONG)), trial(4), BEYOND),
            episodes=LONG,
            bars={"rl2": {BEYOND: 0.0}},
        ),
    ),
    references=hidden_goal_references,
)

"""GridNavi, the task of VariBAD: memory learners against the Bayes-optimal explorer."""

from __future__ import annotations

from agents.studies.reproduce.definition import (
    BarFrom,
    BenchmarkSetting,
    BenchmarkTraining,
    PublishedBenchmark,
    Source,
    change,
    episode,
    trial,
)
from agents.studies.reproduce.hidden_goals import SAMPLING, hidden_goal_references

LONG = 20  # episodes of an evaluation beyond the trial of 4 that agents are trained for
BEYOND = change(4, LONG)
MINUTES = {"rl2": 3, "varibad": 1.5, "transformer": 4, "dpt": 1.5, "ad": 3}
# The histories of ad search at random, which takes more episodes than four.
OPTIONS = {"ad": {"episodes": 12}}
EPISODES = tuple(map(episode, (1, 2, 3, 4)))

GRIDNAVI = PublishedBenchmark(
    name="gridnavi",
    title="GridNavi",
    text=(
        "5 x 5 cells, 15 steps an episode, 21 hidden goals for training and test alike; a step on "
        "the goal pays 1, any other -0.1. Agents are trained for trials of 4 episodes, ad for "
        f"12, and evaluated for {LONG}: the change from episode 4 to episode {LONG} says whether "
        "they hold what they know beyond the trial. VariBAD publishes curves after 20 million "
        "frames and no table, so the Bayes-optimal returns are the figures to reach."
    ),
    settings=(
        BenchmarkSetting(
            name="GridNavi",
            pack="gridnavi",
            trainings=tuple(
                BenchmarkTraining(one, {"minutes": minutes}, {"minutes": 1.5}, OPTIONS.get(one, {}))
                for one, minutes in MINUTES.items()
            ),
            measures=(*EPISODES, trial(4), BEYOND),
            episodes=LONG,
            bars={
                **{one: {trial(4): 36.9} for one in ("rl2", "transformer")},
                "rl2": {trial(4): 36.9, BEYOND: 0.0},
                # it knows which goals there are, as dpt does from its training
                "dpt": dict.fromkeys(EPISODES, BarFrom(SAMPLING)),
            },
        ),
    ),
    references=hidden_goal_references,
    sources=(
        Source(
            "Zintgraf et al. 2020, VariBAD: A Very Good Method for Bayes-Adaptive Deep RL",
            "the gridworld, and its code for it",
            "https://arxiv.org/abs/1910.08348",
        ),
    ),
)

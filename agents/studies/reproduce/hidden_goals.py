"""What is known of levels with hidden goals: oracle, Bayes-optimal bounds, posterior sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.studies.reproduce.definition import (
    ORACLE,
    BenchmarkSetting,
    Bounds,
    Measure,
    References,
)
from agents.training.evaluated_agents import tasks_of
from game.tasks.family import family
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.bayes_optimal import bayes_returns, posterior_sampling
from game.world.planner import baseline_returns
from game.world.rules import Floats

SAMPLING, RANDOM = "posterior sampling", "random policy"
TRIALS = 16_000  # of posterior sampling: standard errors under 0.6%


def hidden_goal_references(pack: Pack, setting: BenchmarkSetting) -> References:
    """Return the references of a pack whose test tasks are all draws of its one level.

    Where they are only some of the draws, or where more than the goal is hidden, the oracle is the
    upper bound, and there is no posterior sampling.
    """
    tasks = tasks_of(pack, "test")
    found = baseline_returns(GridBatch.of([task.level for task in tasks]))
    oracle, n = float(found.optimal.mean()), setting.episodes
    policies = {ORACLE: np.full(n, oracle)}
    level = _whole_level(pack, tasks)
    rng = np.random.default_rng(0)
    sampled = posterior_sampling(level, n, rng, TRIALS) if level else None
    if sampled is not None:
        policies[SAMPLING] = sampled
    policies[RANDOM] = np.full(n, float(found.random.mean()))
    bounds = {one: _bounds(one, level, policies[ORACLE]) for one in setting.measures}
    return References(bounds, policies)


def _whole_level(pack: Pack, tasks: Sequence[Task]) -> Level | None:
    """Return the level of a pack if the tasks are each of its draws once."""
    if len(pack.levels) != 1:
        return None
    drawn = sorted(task.id for task in family(pack.levels[0], ""))
    return pack.levels[0] if drawn == sorted(task.id for task in tasks) else None


def _bounds(measure: Measure, level: Level | None, oracle: Floats) -> Bounds:
    """Return bounds of the best possible agent: Bayes-optimal over trials, else by the oracle."""
    if measure.less:
        return None, None
    found = bayes_returns(level, measure.last) if level and measure.first == 1 else None
    if found is None:
        return None, float(measure.of(oracle))
    one, trial = found
    return one if measure.last == 1 else trial

"""Key-to-door of Algorithm Distillation: two hidden cells, the key before the door."""

from __future__ import annotations

import numpy as np

from agents.studies.reproduce.dark_rooms import DISTILLATION, PLANNING
from agents.studies.reproduce.definition import (
    ORACLE,
    BenchmarkSetting,
    BenchmarkTraining,
    Bounds,
    Measure,
    PublishedBenchmark,
    References,
    episode,
    trial,
)
from agents.studies.reproduce.hidden_goals import RANDOM, SAMPLING
from agents.training.evaluated_agents import tasks_of
from game.tasks.packs import Pack
from game.world.batch import GridBatch
from game.world.key_to_door_search import (
    KeyToDoorRoom,
    NearestSearch,
    SamplingSearch,
    search_returns,
    upper_bound,
)
from game.world.planner import baseline_returns
from game.world.rules import Floats

NEAREST = "nearest untested cell"
SAMPLED = 1000  # test tasks where agents train on all: a sample, since all take minutes each time
TRIALS = 1000  # of posterior sampling: standard errors under 1%


def key_to_door_references(pack: Pack, setting: BenchmarkSetting) -> References:
    """Return the references of a pack of key-to-door.

    Oracle and random policy are exact on the test tasks. The bounds, where agents train on all
    tasks, and both searches are those of all pairs of cells.
    """
    tasks = tasks_of(pack, "test")
    found = baseline_returns(GridBatch.of([task.level for task in tasks]))
    level, n = tasks[0].level, setting.episodes
    room = KeyToDoorRoom(level.width, level.steps)
    sampling = SamplingSearch(room, np.random.default_rng(0))
    policies = {
        ORACLE: np.full(n, float(found.optimal.mean())),
        NEAREST: search_returns(room, NearestSearch(room), n),
        SAMPLING: search_returns(room, sampling, n, TRIALS),
        RANDOM: np.full(n, float(found.random.mean())),
    }
    knows_prior = bool(setting.sampled)
    bounds = {
        one: _bounds(one, room if knows_prior else None, policies) for one in setting.measures
    }
    return References(bounds, policies)


def _bounds(measure: Measure, room: KeyToDoorRoom | None, policies: dict[str, Floats]) -> Bounds:
    """Return bounds of the best possible agent: of trials in a room where all pairs are equally
    likely; else the oracle's."""
    if room is None or measure.first > 1:
        return None, float(measure.of(policies[ORACLE]))
    lower, upper = float(measure.of(policies[NEAREST])), upper_bound(room, measure.last)
    return (upper, upper) if upper - lower < 1e-9 else (lower, upper)


def _setting(name: str, sampled: int) -> BenchmarkSetting:
    return BenchmarkSetting(
        name=name,
        pack="key-to-door",
        trainings=(BenchmarkTraining("rl2", {"minutes": 20}, {"minutes": 2}, {"episodes": 6}),),
        measures=(*map(episode, (1, 2, 3, 4, 5)), trial(4)),
        episodes=6,
        sampled=sampled,
    )


KEY_TO_DOOR = PublishedBenchmark(
    name="key-to-door",
    title="Key-to-door",
    text=(
        "9 x 9 cells, start in the centre, 50 steps, 6,561 pairs of key and door. The first step "
        "that ends on the key pays 1, and after it the first one that ends on the door. Both may "
        "be in the same cell: the agent then has to stay there or come back, as in the public code "
        f"of dicp. Where agents train on all pairs, they are evaluated on a sample of {SAMPLED:,}, "
        "drawn by the tasks' hashes. Oracle and random policy are exact on the same sample; bounds "
        "of the first episode and of the trial are means over all pairs. "
        f"`{NEAREST}` walks to the nearest cell that may hold what it looks for, and its return is "
        "exact over all pairs: the lower bound. Posterior sampling draws key and door at the start "
        "of each episode, walks to them on shortest paths, and is simulated over all pairs. The "
        "second setting has the published 5% of the pairs for test; agents never trained on them, "
        "and only the oracle's return bounds theirs."
    ),
    settings=(_setting("all pairs", SAMPLED), _setting("5% of the pairs held out", 0)),
    references=key_to_door_references,
    sources=(DISTILLATION, PLANNING),
)

"""The Bernoulli bandits of RL2: trials of 10, 100 and 500 pulls, with 5, 10 and 50 arms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.reference.bandit_policies import (
    BanditPolicy,
    epsilon_greedy,
    finite_horizon_gittins,
    greedy,
    optimistic_thompson,
    play_bandits,
    random_arms,
    thompson,
    ucb1,
    whittle_gittins,
)
from agents.studies.reproduce.definition import (
    ORACLE,
    BenchmarkSetting,
    BenchmarkTraining,
    Bounds,
    PublishedBenchmark,
    References,
    Source,
    trial,
)
from agents.training.evaluated_agents import tasks_of
from game.tasks.packs import Pack
from game.world.bandit_bounds import hindsight_bound, lagrangian_bound
from game.world.bandits import bayes_optimal_total, informed_total
from game.world.rules import Floats
from game.world.tables import compile_level

ARMS = (5, 10, 50)
COLUMNS = (
    *("random", "Gittins (Whittle)", "Thompson sampling", "optimistic Thompson sampling"),
    *("UCB1", "epsilon-greedy", "greedy", "rl2"),
)
# Totals by pulls and arms, over 1,000 tasks each: table 1 of the paper.
PUBLISHED = {
    (10, 5): (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7),
    (10, 10): (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7),
    (10, 50): (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8),
    (100, 5): (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7),
    (100, 10): (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5),
    (100, 50): (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9),
    (500, 5): (249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6),
    (500, 10): (249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5),
    (500, 50): (249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9),
}
EXACT = {5: 6.660, 10: 6.714, 50: 6.714}  # optimal totals of ten pulls, see bayes_optimal_total
MINUTES = {10: (4, 1), 100: (20, 1), 500: (20, 1)}  # of a training, and of one with --quick
# A pull pays at once, so a short trace suffices in long trials. 100 pulls of 10 arms, two minutes,
# one seed: 64 to 68 with a trace of 0.95, as for levels; 76 with 0.3, as in the paper; 81 in more
# minibatches. For ten pulls the options for levels are as good: 6.63 and 6.62 with 5 arms.
_LONG = {"ppo.trace": 0.3, "ppo.entropy": 0.02}
OPTIONS = {
    10: {},
    100: {**_LONG, "tasks": 96, "trials": 4, "ppo.minibatches": 48},
    500: {**_LONG, "tasks": 48, "trials": 2, "ppo.minibatches": 24},
}
AIMS = {500: "The aims beyond the bars are 405, 437 and 457. "}


class BanditParameters(NamedTuple):
    """The best parameters on the grids of the paper's authors."""

    samples: int  # of optimistic Thompson sampling
    scale: float  # of UCB1
    epsilon: float  # of epsilon-greedy


# By pulls and arms; chosen on 200 to 2,000 sampled tasks, not on those that agents are compared on.
# The samples of the last row are the best of eight numbers of the grid on 40 tasks.
TUNED = {
    (10, 5): BanditParameters(14, 0.1, 0.0),
    (10, 10): BanditParameters(20, 0.1, 0.0),
    (10, 50): BanditParameters(18, 0.1, 0.0),
    (100, 5): BanditParameters(20, 0.2, 0.0),
    (100, 10): BanditParameters(19, 0.2, 0.0),
    (100, 50): BanditParameters(15, 0.2, 0.0),
    (500, 5): BanditParameters(4, 0.2, 0.1),
    (500, 10): BanditParameters(12, 0.2, 0.1),
    (500, 50): BanditParameters(16, 0.2, 0.1),
}
# Scale and looks of `hindsight_bound`, and the number of sampled tasks, by pulls and arms. With
# 100 pulls and 10 arms the Lagrangian bound is the lower one; with 50 arms this one takes long.
HINDSIGHT = {(100, 5): (0.9, 20, 16_000), (500, 5): (0.8, 80, 10_000), (500, 10): (0.8, 80, 5000)}
ERRORS = 3  # standard errors that are added to a bound that is estimated
ITERATIONS = {100: 100, 500: 30}  # of `lagrangian_bound`, by pulls
WORK = 5000  # pulls x arms of all repetitions of a simulated trial
MOST_REPETITIONS = 20


def bandit_policies(pulls: int, arms: int) -> dict[str, BanditPolicy]:
    """Return the policies to compare with, by name."""
    tuned = TUNED[pulls, arms]
    policies = (
        *(random_arms, whittle_gittins(), thompson, optimistic_thompson(tuned.samples)),
        *(ucb1(tuned.scale), epsilon_greedy(tuned.epsilon), greedy),
    )
    exact = finite_horizon_gittins(pulls)
    return {**dict(zip(COLUMNS, policies)), "Gittins (finite horizon)": exact}


def bandit_references(pack: Pack, setting: BenchmarkSetting) -> References:
    """Return the policies' returns on the test tasks, and what is known of the best total.

    The policies are simulated on the tasks that agents are evaluated on.
    """
    means = arm_means(pack)
    pulls, arms = setting.episodes, means.shape[1]
    policies = {ORACLE: np.full(pulls, means.max(1).mean())}
    for name, policy in bandit_policies(pulls, arms).items():
        policies[name] = simulated(policy, means, pulls)
    bounds, how = total_bounds(pulls, arms)
    tuned, oracle = TUNED[pulls, arms], policies[ORACLE].sum()
    notes = (
        f"{how} This is the mean over all bandits, where the oracle gets "
        f"{informed_total(arms, pulls):.2f}; on the test tasks it gets {oracle:.2f}.",
        f"Tuned on other tasks: {tuned.samples} samples in optimistic Thompson sampling, scale "
        f"{tuned.scale:g} in UCB1, epsilon {tuned.epsilon:g}.",
    )
    return References({trial(pulls): bounds}, policies, notes)


def arm_means(pack: Pack) -> Floats:
    """Return the means [N, k] of the arms of a pack's test tasks."""
    return np.stack([compile_level(task.level).reward[0] for task in tasks_of(pack, "test")])


def simulated(policy: BanditPolicy, means: Floats, pulls: int) -> Floats:
    """Return the mean return [pulls] of each pull on tasks with arms' means [N, k].

    It is the mean of the arms pulled, which varies less than rewards, over several repetitions.
    """
    n = min(max(1, WORK // (pulls * means.shape[1])), MOST_REPETITIONS)
    rng = np.random.default_rng(0)
    played = [play_bandits(policy, means, pulls, rng)[1].mean(1) for _ in range(n)]
    return np.mean(played, 0)


def total_bounds(pulls: int, arms: int) -> tuple[Bounds, str]:
    """Return bounds of the Bayes-optimal total, and a sentence about how they were found."""
    if pulls == 10:
        exact = bayes_optimal_total(arms, pulls)
        return (exact, exact), "The optimum is exact, by dynamic programming."
    informed = informed_total(arms, pulls)
    if (pulls, arms) not in HINDSIGHT:
        lowest = lagrangian_bound(arms, pulls, ITERATIONS[pulls])
        return (None, min(lowest, informed)), "The upper bound is Whittle's Lagrangian relaxation."
    scale, looks, n_tasks = HINDSIGHT[pulls, arms]
    rng = np.random.default_rng(0)
    mean, error = hindsight_bound(arms, pulls, n_tasks, rng, scale, looks)
    how = (
        f"The upper bound is an information relaxation, estimated on {n_tasks:,} sampled tasks: "
        f"{mean:.2f} and {ERRORS} standard errors of {error:.2f}."
    )
    return (None, min(mean + ERRORS * error, informed)), how


def _setting(pulls: int, arms: int) -> BenchmarkSetting:
    published, total = dict(zip(COLUMNS, PUBLISHED[pulls, arms])), trial(pulls)
    full, quick = MINUTES[pulls]
    options = {"episodes": pulls, **OPTIONS[pulls]}
    training = BenchmarkTraining("rl2", {"minutes": full}, {"minutes": quick}, options)
    bar = 0.99 * EXACT[arms] if pulls == 10 else published["rl2"]
    return BenchmarkSetting(
        name=f"{pulls} pulls, {arms} arms",
        pack=f"bandits-{arms}",
        trainings=(training,),
        measures=(total,),
        episodes=pulls,
        published={name: {total: value} for name, value in published.items()},
        bars={"rl2": {total: bar}},
    )


def _benchmark(pulls: int) -> PublishedBenchmark:
    return PublishedBenchmark(
        name=f"bandits-{pulls}-pulls",
        title=f"Bandits of {pulls} pulls",
        text=(
            f"{AIMS.get(pulls, '')}Bernoulli bandits whose arms pay 1 with probabilities uniform "
            f"in [0, 1]; {pulls} pulls are a trial, and each is an episode. Agents and policies "
            "meet the same 1,000 test tasks; policies are simulated. The published figures are "
            "means over 1,000 other tasks, with parameters chosen on those same tasks. Regret is "
            "how much more the oracle gets: it always pulls the best arm."
        ),
        settings=tuple(_setting(pulls, arms) for arms in ARMS),
        references=bandit_references,
        sources=(RL2, REPRINT),
        unit="regret",
    )


RL2 = Source(
    "Duan et al. 2016, RL^2: Fast Reinforcement Learning via Slow Reinforcement Learning",
    "tables 1 and 2",
    "https://arxiv.org/abs/1611.02779",
)
REPRINT = Source(
    "lucaslingle/pytorch_rl2, which reproduces the paper",
    "the same figures in its README",
    "https://github.com/lucaslingle/pytorch_rl2",
)
BANDITS_10, BANDITS_100, BANDITS_500 = map(_benchmark, (10, 100, 500))

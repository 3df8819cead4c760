"""Bayes-optimal returns against a belief tree in plain Python, their bounds, and beliefs."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from game.tasks.family import family
from game.tasks.packs import LEVELS
from game.text.drawn_values import place_goal
from game.text.level import Level
from game.text.reading import parse, read
from game.world import bayes_bounds, bayes_optimal
from game.world.batch import GridBatch
from game.world.bayes_bounds import assignment_upper_bound, best_assignment, search_lower_bound
from game.world.bayes_optimal import (
    _distinct_variants,
    bayes_figures,
    bayes_returns,
    exact_totals,
    first_episode_score,
    hidden_draws,
    posterior_sampling,
)
from game.world.beliefs import belief
from game.world.hidden_goal import hidden_goal, solve_known_goals
from game.world.planner import optimal_return, random_return
from tests import reference

GRIDNAVI = LEVELS / "gridnavi" / "grid.txt"


def tiny_level(seed: int) -> Level:
    """Return a few cells of random tiles with two to four candidates and random rules."""
    rng = random.Random(seed)
    height, width = rng.choice([(1, 5), (2, 3), (2, 4), (3, 3)])
    rows = [[rng.choice(".....##,~ILo^>H") for _ in range(width)] for _ in range(height)]
    cells = [(r, c) for r in range(height) for c in range(width)]
    rng.shuffle(cells)
    chars = "@" + "?" * rng.randint(2, 3) + rng.choice(["", "?", "@", "G", "11", "M"])
    for (r, c), char in zip(cells, chars):
        rows[r][c] = char
    windy = rng.random() < 0.3
    return Level(
        rows=tuple(map("".join, rows)),
        ends=rng.choice(["goal", "never"]),
        steps=rng.randint(2, 5),
        goal_reward=rng.choice([1.0, 0.3, -0.4]),
        slip=rng.choice([0.0, 0.0, 0.3]),
        wind="east" if windy else "none",
        wind_chance=0.25 if windy else 0.0,
    )


def brute_force(level: Level, episodes: int) -> float:
    """Return the best expected return of a trial, by recursion over all observations."""
    tasks = [place_goal(level, cell) for cell in level.find("?")]

    @cache
    def state_value(
        left: int, believed: tuple[tuple[int, float], ...], state: reference.State
    ) -> float:
        """Return the value with `left` later episodes; the probabilities of the tasks sum to 1."""
        if state.over or state.time == level.steps:
            return begun(left, believed)
        return max(chosen(left, believed, state, action) for action in range(5))

    def chosen(left: int, believed: tuple, state: reference.State, action: int) -> float:
        seen: dict[tuple, dict[int, float]] = {}
        total = 0.0
        for task, weight in believed:
            for chance, effect in reference.outcomes(tasks[task], state, action):
                after, reward, _ = reference.step(tasks[task], state, effect)
                total += weight * chance * reward
                weights = seen.setdefault((after, round(reward, 9)), {})
                weights[task] = weights.get(task, 0.0) + weight * chance
        for (after, _), weights in seen.items():
            mass = sum(weights.values())
            posterior = tuple((t, round(w / mass, 12)) for t, w in sorted(weights.items()))
            total += mass * state_value(left, posterior, after)
        return total

    def begun(left: int, believed: tuple[tuple[int, float], ...]) -> float:
        if not left:
            return 0.0
        starts = reference.starts(level)
        return sum(state_value(left - 1, believed, start) for start in starts) / len(starts)

    return begun(episodes, tuple((task, 1 / len(tasks)) for task in range(len(tasks))))


@pytest.mark.parametrize("seed", range(60))
def test_dynamic_programming_agrees_with_the_belief_tree(seed: int):
    level = tiny_level(seed)
    returns = bayes_returns(level, 2)
    assert returns
    for (lower, upper), episodes in zip(returns, (1, 2)):
        assert lower == upper == pytest.approx(brute_force(level, episodes), abs=1e-9)


@pytest.mark.parametrize("seed", range(200))
def test_bounds_enclose_what_is_exact(seed: int):
    level = tiny_level(seed)
    problem = hidden_goal(level)
    solution = solve_known_goals(problem)
    exact = exact_totals(problem, solution, 3)
    for episodes in (1, 3):
        value = exact[episodes - 1]
        assert search_lower_bound(problem, solution, episodes) <= value + 1e-9
        assert assignment_upper_bound(problem, solution, episodes) >= value - 1e-9


def test_search_finds_most_of_what_there_is():
    """Otherwise a far too low bound would pass. Here 99 of 100 paths found are optimal."""
    found = []
    for seed in range(100):
        level = replace(tiny_level(seed), slip=0.0, wind="none")
        problem = hidden_goal(level)
        solution = solve_known_goals(problem)
        if problem.effect is None and len(level.find("@")) == 1:
            exact = exact_totals(problem, solution, 2)[-1]
            found.append(search_lower_bound(problem, solution, 2) == pytest.approx(exact, abs=1e-9))
    assert len(found) > 30
    assert np.mean(found) > 0.98


def test_grid_navigation_has_coinciding_bounds():
    one, trial = bayes_returns(read(GRIDNAVI), 4) or (None, None)
    assert one == pytest.approx((4.0, 4.0), abs=1e-9)
    assert trial == pytest.approx((37.214, 37.214), abs=5e-4)


def test_bounds_replace_an_exact_solution_that_is_too_expensive(monkeypatch):
    level = parse("steps: 8\nmap:\n?.@.?\n#?.?#\n")
    exact = bayes_returns(level, 2)
    monkeypatch.setattr(bayes_optimal, "MOST_EXACT", 0)
    bounds = bayes_returns(level, 2)
    assert exact
    assert bounds
    for (value, same), (lower, upper) in zip(exact, bounds):
        assert value == same
        assert lower <= value + 1e-9
        assert upper >= value - 1e-9
    monkeypatch.setattr(bayes_optimal, "MOST_VALUES", 0)
    assert bayes_returns(level, 2) is None


def test_assignments_that_are_cut_short_are_still_bounds(monkeypatch):
    rng = np.random.default_rng(0)
    gain = rng.random((7, 5)).round(1)
    best = best_assignment(gain)
    rows = [[(1 << j, gain[i, j]) for j in range(5)] + [(0, 0.0)] for i in range(7)]
    known = {0: 0.0}
    for row in rows:  # over the sets of columns that are taken
        after: dict[int, float] = {}
        for used, value in known.items():
            for bit, paid in row:
                if not used & bit:
                    after[used | bit] = max(after.get(used | bit, 0.0), value + paid)
        known = after
    assert best == pytest.approx(max(known.values()))
    monkeypatch.setattr(bayes_bounds, "MOST_ROWS", 3)
    assert best_assignment(gain) >= best - 1e-9


def test_nothing_is_to_be_learned_where_the_goal_is_known():
    plain = parse("map:\n@..G\n")
    visible = parse("goal: visible\nmap:\n@.?\n?..\n")
    for level in (plain, visible):
        optimum = optimal_return(GridBatch.of([task.level for task in family(level, "")])).mean()
        (one, _), (trial, _) = bayes_returns(level, 3) or ((0, 0), (0, 0))
        assert (one, trial) == pytest.approx((optimum, 3 * optimum))
        assert posterior_sampling(level, 3, np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("slip: 0..0.2", ["slip"]),
        ("slip: {0.2}", []),
        ("slip: 0.2..0.2", []),
        ("controls: shuffled", ["controls"]),
        ("cost: mud=2..8", []),  # there is no mud
        ("cost: sand=2..8", ["cost sand"]),
        ("wind: east 0..0.1", ["wind east"]),
        ("define: o worth={1, -1}", ["o worth"]),
        ("define: M kind={x, y}", []),
        ("vary: mirror rotate", []),
    ],
)
def test_there_are_no_bounds_where_more_than_the_goal_is_hidden(line: str, hidden: list[str]):
    level = parse(f"{line}\nsteps: 6\nmap:\n@:o?\n?...\n")
    assert hidden_draws(level) == hidden
    assert (bayes_returns(level, 2) is None) == bool(hidden)


def test_unreachable_candidates_stay_possible():
    level = parse("steps: 3\nmap:\n@?#?\n")
    one, trial = bayes_returns(level, 2) or ((0, 0), (0, 0))
    assert one[0] == pytest.approx((1 - 0.3) / 2)
    assert trial[0] == pytest.approx((2 - 0.6) / 2)


def test_symmetric_variants_have_equal_returns_except_with_opponents():
    text = "vary: mirror rotate\nsteps: 6\nmap:\n@.?\n?I.\n..{}\n"
    for char, n in ((".", 1), ("M", 8)):
        level = parse(text.format(char))
        unlike = _distinct_variants(level)
        assert len(unlike) == n
        exact = [bayes_returns(replace(one.level, vary=()), 2)[1][0] for one in unlike]
        assert bayes_returns(level, 2)[1][0] == pytest.approx(np.mean(exact), abs=1e-12)


# --- posterior sampling, beliefs -----------------------------------------------------------------


def simulated(level: Level, episodes: int, rng: random.Random) -> list[float]:
    """Return one trial's returns of posterior sampling on a deterministic level without walls.

    The optimal policies take any shortest path to the goal and stay there.
    """
    open_, goal = level.find("?"), rng.choice(level.find("?"))
    returns, known = [], False
    for _ in range(episodes):
        (cell,), aim, paid = level.find("@"), rng.choice(open_), 0.0
        for _ in range(level.steps):
            target = goal if known else aim
            ways = [(np.sign(target[0] - cell[0]), 0), (0, np.sign(target[1] - cell[1]))]
            step = rng.choice([way for way in ways if any(way)] or [(0, 0)])
            cell = (cell[0] + step[0], cell[1] + step[1])
            paid += 1.0 if cell == goal else -0.1
            known = known or cell == goal
            open_ = [goal] if known else [one for one in open_ if one != cell]
        returns.append(paid)
    return returns


def test_posterior_sampling_agrees_with_a_plain_simulation_of_it():
    level, rng = read(GRIDNAVI), random.Random(0)
    plain = np.array([simulated(level, 4, rng) for _ in range(1500)])
    means = posterior_sampling(level, 4, np.random.default_rng(0), 6000)
    assert (abs(plain.mean(0) - means) < 3.5 * plain.std(0) / np.sqrt(1500)).all()
    assert means == pytest.approx([0.495, 2.258, 3.811, 5.175], abs=0.03)


def exact_sampling(level: Level, episodes: int) -> list[float]:
    """Return the mean returns of posterior sampling, by recursion over all draws and outcomes."""
    cells = level.find("?")
    tasks = [place_goal(level, cell) for cell in cells]

    @cache
    def value(target: int, state: reference.State) -> float:
        """Return the optimal return from a state on, with the target as the goal."""
        if state.over or state.time == level.steps:
            return 0.0
        return max(values(target, state))

    @cache
    def values(target: int, state: reference.State) -> list[float]:
        found = []
        for action in range(5):
            of_action = 0.0
            for chance, effect in reference.outcomes(tasks[target], state, action):
                after, reward, _ = reference.step(tasks[target], state, effect)
                of_action += chance * (reward + value(target, after))
            found.append(of_action)
        return found

    @cache
    def episode(
        goal: int, target: int, possible: frozenset[int], state: reference.State
    ) -> tuple[float, dict[frozenset[int], float]]:
        """Return the return of the rest of an episode, and the probability of each next belief."""
        if state.over or state.time == level.steps:
            return 0.0, {possible: 1.0}
        options = values(target, state)
        best = [action for action in range(5) if options[action] > max(options) - 1e-9]
        total, beliefs = 0.0, {}
        for action in best:
            for chance, effect in reference.outcomes(tasks[goal], state, action):
                after, reward, _ = reference.step(tasks[goal], state, effect)
                tested = {cells.index(after.cell)} if after.cell in cells else set()
                left = frozenset({goal}) if goal in tested else possible - tested
                aim = goal if goal in tested else target
                rest, ahead = episode(goal, aim, left, after)
                total += chance / len(best) * (reward + rest)
                for belief_, mass in ahead.items():
                    beliefs[belief_] = beliefs.get(belief_, 0.0) + chance / len(best) * mass
        return total, beliefs

    returns, starts = [0.0] * episodes, reference.starts(level)
    for goal in range(len(cells)):
        beliefs = {frozenset(range(len(cells))): 1 / len(cells)}
        for k in range(episodes):
            ahead: dict[frozenset[int], float] = {}
            for possible, mass in beliefs.items():
                weight = mass / len(possible) / len(starts)
                for target, start in itertools.product(possible, starts):
                    paid, after = episode(goal, target, possible, start)
                    returns[k] += weight * paid
                    for left, share in after.items():
                        ahead[left] = ahead.get(left, 0.0) + weight * share
            beliefs = ahead
    return returns


@pytest.mark.parametrize("seed", range(25))
def test_posterior_sampling_agrees_with_a_recursion_over_all_draws(seed: int):
    """Walls, slips, wind, opponents, unreachable candidates, several starts; both kinds of end."""
    level = tiny_level(seed)
    found = [posterior_sampling(level, 3, np.random.default_rng(n), 1000) for n in range(10)]
    error = np.std(found, 0, ddof=1) / np.sqrt(10)
    assert (abs(np.mean(found, 0) - exact_sampling(level, 3)) < 5 * error + 1e-3).all()


@pytest.mark.parametrize("pack", ["darkroom", "darkroom-10"])
def test_a_thousand_trials_give_posterior_sampling_to_one_per_cent(pack: str):
    """Few of the goals are found in a trial, so that returns of single trials differ widely."""
    level = read(LEVELS / pack / "grid.txt")
    found = [posterior_sampling(level, 4, np.random.default_rng(n), 1000) for n in range(8)]
    assert (np.std(found, 0, ddof=1) < 0.01 * np.mean(found, 0)).all()


def test_posterior_sampling_draws_from_the_generator_alone_and_never_beats_the_optimum():
    level = parse("steps: 9\nslip: 0.2\nmap:\n?.@.?\n#?.@#\n")
    one, again = (posterior_sampling(level, 3, np.random.default_rng(5), 300) for _ in range(2))
    assert one.tolist() == again.tolist()
    many = posterior_sampling(level, 3, np.random.default_rng(5), 20_000)
    assert many.sum() < bayes_returns(level, 3)[1][0] + 0.05
    assert many[0] < many[2]


def test_a_belief_is_what_has_not_been_ruled_out():
    candidates = np.array([(0, 1), (0, 3), (2, 2)])
    nothing = np.zeros((0, 2), int), np.zeros(0, bool)
    assert belief(candidates, *nothing).tolist() == pytest.approx([1 / 3] * 3)
    walked = np.array([(0, 0), (0, 1), (0, 1)])
    assert belief(candidates, walked, np.zeros(3, bool)).tolist() == [0, 0.5, 0.5]
    found = belief(candidates, np.array([(0, 1), (2, 2)]), np.array([False, True]))
    assert found.tolist() == [0, 0, 1]
    fixed = belief(candidates, np.array([(5, 5)]), np.array([True]))  # a goal, and no candidate
    assert fixed.tolist() == pytest.approx([1 / 3] * 3)
    prior = np.array([0.5, 0.3, 0.2])
    assert belief(candidates, walked, np.zeros(3, bool), prior) == pytest.approx([0, 0.6, 0.4])
    with pytest.raises(ValueError, match="rules all candidates out"):
        belief(candidates, candidates, np.zeros(3, bool))


def test_the_bayes_bound_as_a_score():
    """By hand: the goal is on one of two sides, and half of the first tries are wrong."""
    level = parse("steps: 9\nmap:\n?@?\n")
    random = random_return(GridBatch.of([place_goal(level, (0, 0))]))[0]
    assert first_episode_score(level) == pytest.approx((0.9 - random) / (1 - random))
    assert first_episode_score(parse("map:\n@.?\n")) == pytest.approx(1)
    assert first_episode_score(parse("goal: visible\nmap:\n?@?\n")) is None
    assert first_episode_score(parse("map:\n@.G\n")) is None
    assert first_episode_score(parse("slip: 0..0.5\nmap:\n?@?\n")) is None


@pytest.mark.parametrize("line", ["slip: 0.2", "ends: never", "goal: visible", "vary: rotate"])
def test_figures_are_those_of_bounds_and_of_sampling(line: str):
    level = parse(f"{line}\nsteps: 7\nmap:\n@.?.\n?M..\n..??\n")
    returns, sampled = bayes_figures(level, 3, np.random.default_rng(4))
    alone = posterior_sampling(level, 3, np.random.default_rng(4))
    assert returns == bayes_returns(level, 3)
    assert np.array_equal(sampled, alone) if alone is not None else sampled is None

"""Bayes-optimal returns of levels whose goal is hidden, and posterior sampling.

A *trial* consists of several episodes on one task, and the agent remembers all of them. The goal is
one of the level's candidates, uniformly distributed. A step that ends on a candidate reveals
whether it is the goal, so a belief is the set of candidates that are still possible. The
Bayes-optimal return is the return of the best policy over pairs of state and belief. It is computed
exactly where that is affordable. Otherwise it is enclosed by a lower and an upper bound, which may
coincide.

A *total* is the sum of the returns over the possible candidates of a belief. Totals replace
expectations in the recursions, so that probabilities are divided out only once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from game.text.drawn_values import drawable_values, place_goal, with_values
from game.text.level import Level
from game.text.tiles import CANDIDATE, HUNTER, PATROL
from game.text.values import OneOf, Range, Value
from game.text.variants import variants
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.bayes_bounds import assignment_upper_bound, search_cost, search_lower_bound
from game.world.hidden_goal import (
    EQUAL,
    HiddenGoal,
    KnownGoalSolution,
    hidden_goal,
    returns_when_found,
    solve_known_goals,
)
from game.world.planner import baseline_returns, optimal_return
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS, TooLarge

Bounds = tuple[float, float]
# Limits that keep each figure to about a second, and to 200 MB.
MOST_EXACT = 50_000_000  # states x sets of candidates x steps of a trial, for an exact solution
MOST_VALUES = 8_000_000  # states x candidates x steps, for any solution
MOST_SEARCHED = 30_000_000  # `search_cost` of a search for bounds
MOST_STEPS = 2000  # steps of a trial, for a search or a simulation
OVERHEAD = 10_000  # fixed cost of a step, in states x sets
CHUNK = 100_000  # numbers that are processed at a time
TRIALS = 2000  # simulated trials of posterior sampling


def bayes_returns(level: Level, episodes: int) -> tuple[Bounds, Bounds] | None:
    """Return bounds of the Bayes-optimal return of one episode, and of a trial of several.

    The Bayes-optimal return is the highest expected sum of rewards of an agent that knows the
    family and not the goal. Lower and upper bound are equal where it is known exactly. It is the
    optimal return where the goal is visible or there are no candidates. Returns None where another
    variable than the goal is hidden, as in every world other than the grid, and where the family is
    too large.
    """
    if level.world or hidden_draws(level):
        return None
    try:
        return _mean_bounds([_bounds(one, episodes) for one in _distinct_variants(level)])
    except TooLarge:
        return None


def _mean_bounds(found: Sequence[tuple[Bounds, Bounds] | None]) -> tuple[Bounds, Bounds] | None:
    """Return the means over variants; None where a variant has no bounds."""
    complete = [bounds for bounds in found if bounds is not None]
    if len(complete) < len(found):
        return None
    one, trial = np.mean(complete, 0)  # each [2]
    return _merge_bounds(*map(float, one)), _merge_bounds(*map(float, trial))


def _merge_bounds(lower: float, upper: float) -> Bounds:
    """Return the bounds, made equal where they differ by rounding errors only."""
    return (lower, lower) if upper - lower < EQUAL else (lower, upper)


def first_episode_score(level: Level) -> float | None:
    """Return an upper bound on the first episode's score when the goal is hidden.

    Score 0 is the random return and 1 the optimal return, both averaged over the candidates.
    Returns None where the goal is not hidden among candidates, where both returns are equal, and
    where `bayes_returns` does.
    """
    cells = level.find(CANDIDATE)
    found = bayes_returns(level, 1) if cells and level.goal == "hidden" else None
    if found is None:
        return None
    baselines = baseline_returns(GridBatch.of([place_goal(level, cell) for cell in cells]))
    random, optimal = float(baselines.random.mean()), float(baselines.optimal.mean())
    (_, upper), _ = found
    return (upper - random) / (optimal - random) if optimal - random > EQUAL else None


def posterior_sampling(
    level: Level, episodes: int, rng: np.random.Generator, trials: int = TRIALS
) -> Floats | None:
    """Return the mean returns [episodes] of simulated posterior sampling (Thompson 1933;
    Strens 2000).

    At the start of each episode it draws a goal from its belief and follows an optimal policy for
    that goal, with uniform choice among optimal actions. Once it has found the goal, it follows an
    optimal policy for it. The standard error of a trial's return is under 0.7% with 1,000 trials
    on the packs of dark rooms and on GridNavi. Returns None where the goal is not hidden, and
    where `bayes_returns` does.
    """
    if hidden_draws(level):
        return None
    variants = _distinct_variants(level)
    each = -(-trials // len(variants))
    try:
        return _mean_returns([_sampled_returns(one, episodes, rng, each) for one in variants])
    except TooLarge:
        return None


def _mean_returns(found: Sequence[Floats | None]) -> Floats | None:
    """Return the mean over variants; None where a variant has no returns."""
    complete = [returns for returns in found if returns is not None]
    if len(complete) < len(found):
        return None
    result: Floats = np.mean(complete, 0)
    return result


def bayes_figures(
    level: Level, episodes: int, rng: np.random.Generator, trials: int = TRIALS
) -> tuple[tuple[Bounds, Bounds] | None, Floats | None]:
    """Return what `bayes_returns` and `posterior_sampling` do, in less time than they take."""
    if hidden_draws(level):
        return None, None
    variants = _distinct_variants(level)
    each = -(-trials // len(variants))
    bounds, sampled = [], []
    try:
        while variants:  # one at a time is kept in memory
            variant = variants.pop(0)
            bounds.append(_bounds(variant, episodes))
            sampled.append(_sampled_returns(variant, episodes, rng, each))
    except TooLarge:
        return None, None
    return _mean_bounds(bounds), _mean_returns(sampled)


@dataclass(frozen=True)
class _Variant:
    """A variant of a level with nothing left to draw but the goal, solved on first use."""

    level: Level

    @cached_property
    def problem(self) -> HiddenGoal:
        """The planning problem. Raises TooLarge."""
        return hidden_goal(self.level)

    @cached_property
    def solution(self) -> KnownGoalSolution:
        """Its solution for known goals."""
        return solve_known_goals(self.problem)


def hidden_draws(level: Level) -> list[str]:
    """Return the labels of the values, besides goal and variant, whose draw changes the task."""
    values = drawable_values(level)
    return [label for label, value in values.items() if _changes_play(level, label, value)]


def _changes_play(level: Level, label: str, value: Value) -> bool:
    """Whether different draws of a value give different tasks."""
    texts = {canonical(with_values(level, {label: one})) for one in _possible_values(value)[:2]}
    return len(texts) > 1


def _possible_values(value: Value) -> tuple[float | str, ...]:
    """Return the ends of a range, the members of a set, or the value itself."""
    if isinstance(value, Range):
        return value.low, value.high
    return tuple(dict.fromkeys(value.members)) if isinstance(value, OneOf) else (value,)


def _distinct_variants(level: Level) -> list[_Variant]:
    """Return the variants of a level that differ in play.

    Variants differ only if there are opponents, which start in the same direction in all of them.
    """
    level = with_values(
        level, {label: _possible_values(v)[0] for label, v in drawable_values(level).items()}
    )
    if level.find(PATROL) or level.find(HUNTER):
        return [_Variant(variant) for _, variant in variants(level)]
    return [_Variant(level)]


def _bounds(variant: _Variant, episodes: int) -> tuple[Bounds, Bounds] | None:
    """Return the bounds of `bayes_returns` for one variant. Raises TooLarge."""
    level = variant.level
    candidates = len(level.find(CANDIDATE))
    if not candidates:
        value = float(optimal_return(GridBatch.of([level]))[0])
        return (value, value), (episodes * value, episodes * value)
    problem = variant.problem
    if problem.size > MOST_VALUES:
        return None
    solution = variant.solution
    if level.goal == "visible":
        value = solution.total(problem) / candidates
        return (value, value), (episodes * value, episodes * value)
    length = problem.steps * episodes
    if (problem.n_sets * problem.n_states + OVERHEAD) * length <= MOST_EXACT:
        totals = exact_totals(problem, solution, episodes) / candidates
        return (totals[0], totals[0]), (totals[-1], totals[-1])
    if length > MOST_STEPS or search_cost(problem, episodes) > MOST_SEARCHED:
        return None
    one, trial = (
        (
            search_lower_bound(problem, solution, n) / candidates,
            assignment_upper_bound(problem, solution, n) / candidates,
        )
        for n in (1, episodes)
    )
    return one, trial


def exact_totals(problem: HiddenGoal, solution: KnownGoalSolution, episodes: int) -> Floats:
    """Return the Bayes-optimal totals [episodes] of trials of 1, 2 ... episodes.

    Dynamic programming, backward over the steps of a trial, for all beliefs at once.
    """
    p = problem
    size = _sizes(p.n) + p.unreachable  # [2^n] number of possible candidates
    distinct, outcome = _outcomes(p)
    rest = np.zeros(p.n_sets)  # total of the later episodes
    totals = []
    for later in range(episodes):
        total = np.tile(rest, (p.n_states, 1))  # [S, 2^n] total of this and the later episodes
        for left in range(1, p.steps + 1):
            after = returns_when_found(p, solution, left, later).ravel()[distinct]
            new = _best_totals(p, _outcome_totals(p, total, size, distinct, after), outcome)
            new[p.over] = rest
            if not p.endless and np.array_equal(new, total):
                break  # converged: further steps change nothing
            total = new
        rest = p.start @ total
        totals.append(rest[-1])
    return np.array(totals)


def _sizes(n: int) -> Floats:
    """Return the sizes [2^n] of all subsets of n candidates, where bit i is candidate i."""
    size = np.zeros(1)
    for _ in range(n):
        size = np.concatenate([size, size + 1])
    return size


def _outcomes(p: HiddenGoal) -> tuple[Ints, Ints]:
    """Return the distinct outcomes among all pairs of state and action, and the outcome of each.

    The first array [outcomes] holds one pair per outcome, as state * A + action. The second [S, A]
    holds outcome numbers.
    """
    key = np.stack([p.next_state, p.reward, p.tested, p.found], -1).reshape(-1, 4)
    _, distinct, outcome = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return distinct, outcome.reshape(-1, N_ACTIONS)


def _outcome_totals(
    p: HiddenGoal, total: Floats, size: Floats, distinct: Ints, after: Floats
) -> Floats:
    """Return the total of each outcome for each belief [outcomes, 2^n].

    `after` [outcomes] is the return of the outcome where it finds the goal.
    """
    ahead, tested = p.next_state.ravel()[distinct], p.tested.ravel()[distinct]
    reward = p.reward.ravel()[distinct, None]
    value: Floats = total[ahead]
    value += reward * size
    for i in range(p.n):  # sets with candidate i: remove it, add its return as the goal
        rows = np.flatnonzero(tested == i)
        parts = (-1, 1 << (p.n - 1 - i), 2, 1 << i)
        without = total[ahead[rows]].reshape(parts)[:, :, 0]
        others = (reward[rows] * (size - 1)).reshape(parts)[:, :, 1]
        value.reshape(parts)[rows, :, 1] = without + others + after[rows, None, None]
    return value


def _best_totals(p: HiddenGoal, value: Floats, outcome: Ints) -> Floats:
    """Return the total of the best action in each state [S, sets].

    The total of action a in state s is value[outcome[s, a]], with `value` [outcomes, sets].
    """
    best = np.empty((p.n_states, value.shape[1]))
    some = max(1, CHUNK // (N_ACTIONS * value.shape[1]))  # states at a time, to fit into the cache
    for first in range(0, p.n_states, some):
        chunk = slice(first, first + some)
        q = value[outcome[chunk]]  # [some, A, sets]
        if p.effect is not None:
            q = p.effect[chunk] @ q
        q.max(1, out=best[chunk])
    return best


def _sampled_returns(
    variant: _Variant, episodes: int, rng: np.random.Generator, trials: int
) -> Floats | None:
    """Return the returns of `posterior_sampling` for one variant. Raises TooLarge."""
    if variant.level.goal == "visible" or not variant.level.find(CANDIDATE):
        return None
    p = variant.problem
    if p.size > MOST_VALUES or p.steps * episodes > MOST_STEPS:
        return None
    return _simulate(p, variant.solution, episodes, rng, trials)


def _simulate(
    p: HiddenGoal,
    solution: KnownGoalSolution,
    episodes: int,
    rng: np.random.Generator,
    trials: int,
) -> Floats:
    """Return the mean returns [episodes] of posterior sampling, over trials and over all goals.

    Until the goal is found, what happens does not depend on which candidate it is. So each trial
    is simulated as one in which nothing is found, and gives the total over all candidates: each of
    them is found where it is first tested. Drawing a goal for each trial would need hundreds of
    times as many trials for the same standard error.
    """
    trial = np.arange(trials)
    n_all = p.n + p.unreachable
    possible = np.ones((trials, n_all), bool)
    remaining = np.full(trials, n_all)
    known = np.zeros(trials)  # total of an episode of the candidates found in earlier ones
    totals = np.zeros((episodes, trials))
    effects = None if p.effect is None else p.effect.cumsum(2)  # [S, A, A]
    for total in totals:
        target = np.minimum(spread_draws(possible, rng), p.n)
        state = rng.choice(p.n_states, size=trials, p=p.start)
        total += known
        for left in range(p.steps, 0, -1):
            best = solution.best[left][state, target, None] >> np.arange(N_ACTIONS) & 1
            action = (best * (1 + rng.random((trials, N_ACTIONS)))).argmax(1)
            if effects is not None:
                cumulative = effects[state, action]
                action = (rng.random((trials, 1)) * cumulative[:, -1:] > cumulative).sum(1)
            tested = p.tested[state, action]
            new = trial[(tested >= 0) & possible[trial, tested]]
            goal, pair = tested[new], (state[new], action[new])
            possible[new, goal] = False
            remaining[new] -= 1
            known[new] += solution.episode[goal]
            total += p.reward[state, action] * remaining
            total[new] += returns_when_found(p, solution, left, 0, pair)
            state = p.next_state[state, action]
    result: Floats = totals.mean(1) / n_all
    return result


def spread_draws(possible: Bools, rng: np.random.Generator) -> Ints:
    """Return one of the possible candidates [trials, n] of each trial, drawn uniformly; any one
    where none is left.

    Stratified over trials: those with equal beliefs draw each candidate about equally often.
    """
    trials = len(possible)
    share = (rng.permutation(trials) + rng.random(trials)) / trials
    count = possible.cumsum(1)
    rank = (share * count[:, -1]).astype(int)
    result: Ints = (count > rank[:, None]).argmax(1)
    return result

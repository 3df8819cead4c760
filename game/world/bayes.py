"""What can be known when the goal is hidden: the best return of who has to find it, and beliefs.

A *trial* is some episodes of one task; what was seen in one is remembered in the next. The goal is
one of the level's candidates, each as likely, so a belief is the set of those still in question:
a step that ends on a candidate's cell settles whether it is the goal. The Bayes-optimal return is
that of the best policy over (state, that set); it is computed as one where that is affordable, and
else enclosed by a lower and an upper bound, which may meet.

Sums of returns over the candidates ("totals") stand for means throughout: that of a belief is the
sum over the candidates in question, so that no division by chances is needed until the end.
"""

from __future__ import annotations

import numpy as np

from game.text.draws import drawable_values, place_goal, with_values
from game.text.level import Level
from game.text.tiles import CANDIDATE, HUNTER, PATROL
from game.text.values import OneOf, Range, Value
from game.text.variants import variants
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.bayes_bounds import by_assignment, by_search
from game.world.hidden_goal import (
    EQUAL,
    HiddenGoal,
    KnownGoalPlans,
    found_returns,
    hidden_goal,
    solve_known,
)
from game.world.planner import optimal_return, random_return
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS, TooLarge

Bounds = tuple[float, float]
MOST_EXACT = 300_000_000  # states x sets of candidates x steps of a trial, to be computed exactly
MOST_VALUES = 30_000_000  # states x candidates x steps, for anything to be computed
MOST_STEPS = 10_000  # of a trial, to be searched or simulated
OVERHEAD = 2000  # of each step, in states x sets
CHUNK = 100_000  # numbers that are at hand at a time
TRIALS = 1000  # of posterior sampling


def bayes_returns(level: Level, episodes: int) -> tuple[Bounds, Bounds] | None:
    """Bounds of the Bayes-optimal return of one episode, and of a trial of so many episodes.

    It is the best expected sum of rewards of who knows the family and not the goal, but may learn
    it. Lower and upper bound are equal where it is known exactly. Where the goal is visible, or
    there are no candidates, nothing is to be learned, and it is the optimum. None where more than
    the goal is hidden, or the family is too large to say anything.
    """
    if hidden_draws(level):
        return None
    try:
        found = [_bounds(variant, episodes) for variant in _unlike_variants(level)]
    except TooLarge:
        return None
    known = [bounds for bounds in found if bounds is not None]
    if len(known) < len(found):
        return None
    one, trial = np.mean(known, 0)  # each [2]
    return _met(*map(float, one)), _met(*map(float, trial))


def _met(lower: float, upper: float) -> Bounds:
    return (lower, lower) if upper - lower < EQUAL else (lower, upper)


def first_episode_score(level: Level) -> float | None:
    """What nobody surpasses in a first episode who does not know the goal, as a score: 0 is the
    random policy and 1 the optimum, both in the mean over the candidates, as the bound is. None
    where the goal is not hidden among candidates, and as for `bayes_returns`."""
    cells = level.find(CANDIDATE)
    found = bayes_returns(level, 1) if cells and level.goal == "hidden" else None
    if found is None:
        return None
    batch = GridBatch.of([place_goal(level, cell) for cell in cells])
    random, optimal = float(random_return(batch).mean()), float(optimal_return(batch).mean())
    (_, upper), _ = found
    return (upper - random) / (optimal - random) if optimal - random > EQUAL else None


def posterior_sampling(
    level: Level, episodes: int, rng: np.random.Generator, trials: int = TRIALS
) -> Floats | None:
    """[episodes] mean returns of posterior sampling (Thompson 1933; Strens 2000), simulated.

    At the start of each episode it draws a goal from its belief and follows the best policy for
    that one, each of several best actions being as likely; once it has seen the goal, the best
    policy for the goal. None where the goal is not hidden, and as for `bayes_return`.
    """
    if hidden_draws(level) or level.goal == "visible" or not level.find(CANDIDATE):
        return None
    try:
        problems = [hidden_goal(variant) for variant in _unlike_variants(level)]
    except TooLarge:
        return None
    if any(p.size > MOST_VALUES or p.steps * episodes > MOST_STEPS for p in problems):
        return None
    each = -(-trials // len(problems))
    found: Floats = np.mean([_sampled(p, episodes, rng, each) for p in problems], 0)
    return found


def hidden_draws(level: Level) -> list[str]:
    """The labels of what a task draws that makes a difference, besides its goal and variant."""
    return [
        label for label, value in drawable_values(level).items() if _matters(level, label, value)
    ]


def _matters(level: Level, label: str, value: Value) -> bool:
    texts = {canonical(with_values(level, {label: one})) for one in _options(value)[:2]}
    return len(texts) > 1


def _options(value: Value) -> tuple[float | str, ...]:
    if isinstance(value, Range):
        return value.low, value.high
    return value.members if isinstance(value, OneOf) else (value,)


def _unlike_variants(level: Level) -> list[Level]:
    """The variants of a level, nothing left to draw but the goal. Only opponents tell them apart:
    they set out the same way in all of them."""
    level = with_values(
        level, {label: _options(v)[0] for label, v in drawable_values(level).items()}
    )
    if level.find(PATROL) or level.find(HUNTER):
        return [variant for _, variant in variants(level)]
    return [level]


def _bounds(level: Level, episodes: int) -> tuple[Bounds, Bounds] | None:
    candidates = len(level.find(CANDIDATE))
    if not candidates:
        value = float(optimal_return(GridBatch.of([level]))[0])
        return (value, value), (episodes * value, episodes * value)
    problem = hidden_goal(level)
    if problem.size > MOST_VALUES:
        return None
    plans = solve_known(problem)
    if level.goal == "visible":
        value = plans.total(problem) / candidates
        return (value, value), (episodes * value, episodes * value)
    length = problem.steps * episodes
    if (problem.n_sets * problem.n_states + OVERHEAD) * length <= MOST_EXACT:
        totals = by_programming(problem, plans, episodes) / candidates
        return (totals[0], totals[0]), (totals[-1], totals[-1])
    if length > MOST_STEPS or problem.size * episodes > MOST_VALUES:
        return None
    one, trial = (
        (by_search(problem, plans, n) / candidates, by_assignment(problem, plans, n) / candidates)
        for n in (1, episodes)
    )
    return one, trial


def by_programming(problem: HiddenGoal, plans: KnownGoalPlans, episodes: int) -> Floats:
    """[episodes] the Bayes-optimal totals of trials of 1, 2 ... episodes.

    Backward over the steps of a trial, for all sets of candidates in question at once.
    """
    p = problem
    size = _sizes(p.n) + p.lost  # [2^n] how many are in question
    unlike, outcome = _outcomes(p)
    rest = np.zeros(p.n_sets)  # of the episodes to come
    totals = []
    for later in range(episodes):
        total = np.tile(rest, (p.n_states, 1))  # [S, 2^n] of this episode and those
        for left in range(1, p.steps + 1):
            after = found_returns(p, plans, left, later).ravel()[unlike]
            new = _best(p, _worth(p, total, size, unlike, after), outcome)
            new[p.over] = rest
            if not p.endless and np.array_equal(new, total):
                break  # more steps change nothing
            total = new
        rest = p.start @ total
        totals.append(rest[-1])
    return np.array(totals)


def _sizes(n: int) -> Floats:
    """[2^n] the numbers of members of all sets of n, bit i being member i."""
    size = np.zeros(1)
    for _ in range(n):
        size = np.concatenate([size, size + 1])
    return size


def _outcomes(p: HiddenGoal) -> tuple[Ints, Ints]:
    """Which of all pairs of state and action are unlike [outcomes], and which each is [S, A]."""
    key = np.stack([p.next_state, p.reward, p.tested, p.found], -1).reshape(-1, 4)
    _, unlike, outcome = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return unlike, outcome.reshape(-1, N_ACTIONS)


def _worth(p: HiddenGoal, total: Floats, size: Floats, unlike: Ints, after: Floats) -> Floats:
    """[outcomes, 2^n] what each outcome pays and leads to; `after` [outcomes] if it finds."""
    ahead, tested = p.next_state.ravel()[unlike], p.tested.ravel()[unlike]
    reward = p.reward.ravel()[unlike, None]
    value: Floats = total[ahead]
    value += reward * size
    for i in range(p.n):  # sets with i in them lose it, and gain what it pays if it is the goal
        rows = np.flatnonzero(tested == i)
        parts = (-1, 1 << (p.n - 1 - i), 2, 1 << i)
        without = total[ahead[rows]].reshape(parts)[:, :, 0]
        others = (reward[rows] * (size - 1)).reshape(parts)[:, :, 1]
        value.reshape(parts)[rows, :, 1] = without + others + after[rows, None, None]
    return value


def _best(p: HiddenGoal, value: Floats, outcome: Ints) -> Floats:
    """[S, sets] of the best action, where what action a does in s is worth value[outcome[s, a]]."""
    best = np.empty((p.n_states, value.shape[1]))
    some = max(1, CHUNK // (N_ACTIONS * value.shape[1]))  # states at a time, for the cache's sake
    for first in range(0, p.n_states, some):
        chunk = slice(first, first + some)
        q = value[outcome[chunk]]  # [some, A, sets]
        if p.effect is not None:
            q = p.effect[chunk] @ q
        q.max(1, out=best[chunk])
    return best


def _sampled(p: HiddenGoal, episodes: int, rng: np.random.Generator, trials: int) -> Floats:
    """[episodes] mean returns over trials, the goals being drawn."""
    plans = solve_known(p)
    everyone = np.arange(trials)
    total = p.n + p.lost
    goal = np.minimum(rng.integers(total, size=trials), p.n)  # n: any that is out of reach
    open_ = np.ones((trials, total), bool)
    known = np.zeros(trials, bool)
    returns = np.zeros((episodes, trials))
    for episode in range(episodes):
        drawn = np.where(open_, rng.random((trials, total)), -1).argmax(1)
        aim = np.where(known, goal, np.minimum(drawn, p.n))
        state = rng.choice(p.n_states, size=trials, p=p.start)
        done = np.zeros(trials, bool)
        for left in range(p.steps, 0, -1):
            best = plans.best[left][state, aim, None] >> np.arange(N_ACTIONS) & 1
            action = (best * (1 + rng.random((trials, N_ACTIONS)))).argmax(1)
            if p.effect is not None:
                cumulative = p.effect[state, action].cumsum(1)
                action = (rng.random((trials, 1)) * cumulative[:, -1:] > cumulative).sum(1)
            tested = p.tested[state, action]
            found = (tested == goal) & ~done
            paid = np.where(found, p.found[state, action], p.reward[state, action])
            returns[episode] += np.where(done, 0, paid)
            seen = (tested >= 0) & ~done & ~found
            open_[everyone[seen], tested[seen]] = False
            known |= found
            aim = np.where(known, goal, aim)
            state = np.where(done, state, p.next_state[state, action])
            done |= found & (not p.endless)
    result: Floats = returns.mean(1)
    return result

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

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.level import Level, canonical, place_goal, values, variants, with_values
from game.planner import optimal_return, random_return
from game.rules import Bools, Floats, Ints, number
from game.tables import N_ACTIONS, GridBatch, TooLarge, compile_level
from game.tiles import CANDIDATE, FLOOR, HUNTER, PATROL
from game.values import OneOf, Range, Value

Bounds = tuple[float, float]

MOST_EXACT = 300_000_000  # states x sets of candidates x steps of a trial, to be computed exactly
MOST_VALUES = 30_000_000  # states x candidates x steps, for anything to be computed
MOST_STEPS = 10_000  # of a trial, to be searched or simulated
OVERHEAD = 2000  # of each step, in states x sets
CHUNK = 100_000  # numbers that are at hand at a time
SEARCH = 10_000_000  # about how much arithmetic a search for a lower bound may cost
WIDEST = 300  # paths that are kept in a search
MOST_SWEEPS = 6
MOST_ROWS = 150  # candidates that are assigned at best; the others are bounded
TRIALS = 1000  # of posterior sampling
EQUAL = 1e-9


def belief(candidates: Ints, cells: Ints, on_goal: Bools, prior: Floats | None = None) -> Floats:
    """[n] the exact posterior over candidates [n, 2] after steps that ended at cells [N, 2].

    `on_goal` [N] says which steps ended on the goal, as reward and end of episode reveal. Before,
    all candidates are alike, or `prior` [n] holds. Raises ValueError where no candidate is left.
    """
    n = len(candidates)
    chances = np.full(n, 1 / n) if prior is None else np.array(prior, float)
    at = (np.asarray(cells).reshape(-1, 1, 2) == candidates).all(-1)  # [N, n]
    found = at[np.asarray(on_goal, bool)].any(0)
    chances[at[~np.asarray(on_goal, bool)].any(0)] = 0
    if found.any():
        chances[~found] = 0
    if not chances.sum() > 0:
        raise ValueError("what was seen rules all candidates out")
    result: Floats = chances / chances.sum()
    return result


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
    return [label for label, value in values(level).items() if _matters(level, label, value)]


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
    level = with_values(level, {label: _options(v)[0] for label, v in values(level).items()})
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


# --- the problem -------------------------------------------------------------------------------


@dataclass(frozen=True)
class HiddenGoal:
    """A level with its goal among n candidates that can be reached, and others that cannot.

    The tables are those of the level without them: until the goal is found all tasks agree in them.
    """

    next_state: Ints  # [S, A]
    reward: Floats  # [S, A] where the step does not end on a candidate that is the goal
    found: Floats  # [S, A] where it does
    tested: Ints  # [S, A] the candidate that the step ends on, -1 if none
    over: Bools  # [S]
    start: Floats  # [S] chance to begin there
    effect: Floats | None  # [S, A, A] chances of what takes effect; None if it is what was chosen
    n: int  # candidates that can be reached
    lost: int  # candidates that cannot
    steps: int  # of an episode
    endless: bool  # the goal does not end the episode

    @property
    def n_states(self) -> int:
        return len(self.over)

    @property
    def n_sets(self) -> int:
        return 1 << self.n

    @property
    def size(self) -> int:
        return self.n_states * (self.n + 1) * (self.steps + 1)

    def effective(self, q: Floats) -> Floats:
        """[S, A, ...] the value of choosing each action, where `q` is that of its taking effect."""
        return q if self.effect is None else self.effect @ q


def hidden_goal(level: Level) -> HiddenGoal:
    """A level with candidates, all else being settled. Raises TooLarge."""
    rows = tuple(row.replace(CANDIDATE, FLOOR) for row in level.rows)
    batch = GridBatch([compile_level(replace(level, rows=rows))])
    tables = batch.tables[0]
    number_of = np.full((level.height, level.width), -1)
    cells = np.array(level.find(CANDIDATE))
    number_of[tuple(cells.T)] = np.arange(len(cells))
    tested = number_of[tuple(tables.cell.T)][tables.next_state]
    tested[tables.over] = -1
    reached = np.unique(tested[tested >= 0])
    tested = np.where(tested >= 0, np.searchsorted(reached, tested), -1)
    entering = level.step_reward * number(level.cost(FLOOR))
    endless = level.ends != "goal"
    caught = tables.reward - entering if endless else 0.0  # what else a step on a candidate pays
    effect = None
    if batch.chance is not None:
        chosen = np.eye(N_ACTIONS)[:, None, None] * np.ones((batch.n_states, 1))  # [A, 1, S, A]
        effect = np.stack([batch.effective(one)[0] for one in chosen], 1)
    return HiddenGoal(
        next_state=tables.next_state,
        reward=tables.reward,
        found=np.where(tested >= 0, level.goal_reward + caught, 0.0),
        tested=tested,
        over=tables.over,
        start=batch.start[0],
        effect=effect,
        n=len(reached),
        lost=len(cells) - len(reached),
        steps=level.steps,
        endless=endless,
    )


@dataclass(frozen=True)
class Plans:
    """The best for each goal once it is known; the last column is for a goal out of reach."""

    value: Floats  # [steps + 1, S, n + 1] with that many steps left
    best: NDArray[np.uint8]  # [steps + 1, S, n + 1] bits: the best actions
    episode: Floats  # [n + 1] the optimal return

    def total(self, problem: HiddenGoal) -> float:
        """Of an episode, over all candidates."""
        return float(self.episode[:-1].sum() + problem.lost * self.episode[-1])


def solve_known(problem: HiddenGoal) -> Plans:
    """Value iteration for all goals at once."""
    p = problem
    value = np.zeros((p.steps + 1, p.n_states, p.n + 1))
    best = np.zeros(value.shape, np.uint8)
    states, actions = np.nonzero(p.tested >= 0)
    tested, ahead = p.tested[states, actions], p.next_state[states, actions]
    for left in range(1, p.steps + 1):
        before = value[left - 1]
        q = p.reward[..., None] + before[p.next_state]  # [S, A, n + 1]
        q[states, actions, tested] = p.found[states, actions] + p.endless * before[ahead, tested]
        q = p.effective(q)
        most = q.max(1)
        best[left] = np.packbits(q > most[:, None] - EQUAL, 1, "little")[:, 0]
        value[left] = np.where(p.over[:, None], 0, most)
    return Plans(value, best, p.start @ value[-1])


def _after(problem: HiddenGoal, plans: Plans, left: int, later: int) -> Floats:
    """[S, A] what the goal pays that is found by this step, `left` before it in its episode and
    with `later` episodes to come: at once, until the episode's end, and then."""
    p = problem
    whose = np.maximum(p.tested, 0)
    then = plans.value[left - 1][p.next_state, whose] if p.endless else 0.0
    return p.found + then + later * plans.episode[whose]


# --- exactly: dynamic programming over states and sets -----------------------------------------


def by_programming(problem: HiddenGoal, plans: Plans, episodes: int) -> Floats:
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
            after = _after(p, plans, left, later).ravel()[unlike]
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


# --- from above: no more than one candidate is tested in a step ---------------------------------


def by_assignment(problem: HiddenGoal, plans: Plans, episodes: int) -> float:
    """An upper bound of the Bayes-optimal total of a trial.

    Whatever the policy and its luck, each candidate is first tested in some step of the trial or
    never, and no two in the same one. To find candidate i in step t of an episode pays no more than
    the dearest way there in t steps, and the best for i from there on. So the best assignment of
    candidates to steps is a bound, and the optimum with known goals another.
    """
    p = problem
    within, idle = _best_finds(p, plans)
    never = episodes * idle
    finds = [e * idle + within + (episodes - 1 - e) * plans.episode[:-1] for e in range(episodes)]
    gain = np.maximum(np.concatenate(finds) - never, 0).T  # [n, steps of the trial]
    assigned = (p.n + p.lost) * never + _best_assignment(gain)
    return min(assigned, episodes * plans.total(p))


def _best_finds(p: HiddenGoal, plans: Plans) -> tuple[Floats, float]:
    """[steps, n] the most that an episode pays where i is found in that step, and without finding
    any. Luck, and which start it is, are as one would wish."""
    states, actions = np.nonzero(p.tested >= 0)
    found = np.full((p.steps, p.n), -np.inf)
    paid = np.where(p.start > 0, 0.0, -np.inf)  # [S] the most on the way there
    for step in range(p.steps):
        value = paid[:, None] + _after(p, plans, p.steps - step, 0)
        np.maximum.at(found[step], p.tested[states, actions], value[states, actions])
        ahead = np.full(p.n_states, -np.inf)
        np.maximum.at(ahead, p.next_state, paid[:, None] + p.reward)
        paid = ahead
    return found, float(paid.max())


def _best_assignment(gain: Floats) -> float:
    """At least the largest sum of gains [n, m], all of them 0 or more, with no column for two rows.

    The Hungarian method (Kuhn 1955, Munkres 1957) by shortest augmenting paths. Of more than
    MOST_ROWS rows the others are bounded by the prices that the first ones pay.
    """
    rows = min(len(gain), MOST_ROWS)
    cost = -np.concatenate([gain[:rows], np.zeros((rows, rows))], 1)  # the rest: no column
    m = cost.shape[1]
    row_price, price = np.zeros(rows), np.zeros(m + 1)
    owner = np.full(m + 1, -1)  # [m + 1] the row that has a column; the last column is not real
    for row in range(rows):
        owner[m], at = row, m
        slack, came, done = np.full(m, np.inf), np.full(m, m), np.zeros(m + 1, bool)
        while owner[at] >= 0:
            done[at] = True
            open_ = ~done[:m]
            reduced = cost[owner[at]] - row_price[owner[at]] - price[:m]
            better = open_ & (reduced < slack)
            slack[better], came[better] = reduced[better], at
            nearest = int(np.where(open_, slack, np.inf).argmin())
            step = slack[nearest]
            row_price[owner[done]] += step
            price[done] -= step
            slack[open_] -= step
            at = nearest
        while at != m:
            owner[at], at = owner[came[at]], came[at]
    steps = gain.shape[1]
    prices = -price[:steps]
    others = (gain[rows:] - prices).max(1, initial=0).sum()
    return float(prices.sum() + (gain[:rows] - prices).max(1, initial=0).sum() + others)


# --- from below: a policy that goes by state and time until the goal is found --------------------


def by_search(problem: HiddenGoal, plans: Plans, episodes: int) -> float:
    """A lower bound of the Bayes-optimal total of a trial: what some policy has, exactly.

    Until the goal is found the policy goes by state and time in the trial, and then it is the best
    for the goal. Without chance, and with one start, no policy could do more: what has been seen
    follows from the time. There it is a path, found by a beam search; else a policy, found by
    dynamic programming against the states that it comes to (Bagnell et al. 2003).
    """
    p = problem
    if p.effect is None and (p.start > 0).sum() == 1:
        return _beam(p, plans, episodes)
    length = p.steps * episodes
    work = p.n_states * N_ACTIONS * (p.n + 1) * length
    anyhow = np.full((length, p.n_states, N_ACTIONS), 1 / N_ACTIONS)
    return _improved(p, plans, anyhow, int(np.clip(SEARCH // work, 1, MOST_SWEEPS)))


def _improved(p: HiddenGoal, plans: Plans, policy: Floats, sweeps: int) -> float:
    """The best total of the policy [steps of the trial, S, A] and of what sweeps make of it."""
    best, stale = -np.inf, 0
    for _ in range(sweeps):
        total, policy = _swept(p, plans, policy, _unfound(p, policy))
        best, stale = max(best, total), stale + 1 if total <= best + EQUAL else 0
        if stale > 1:
            break
    return best


def _unfound(p: HiddenGoal, policy: Floats) -> Floats:
    """[steps of the trial, S, n + 1] chance to be in a state with that goal not found yet."""
    chances = np.zeros((len(policy), p.n_states, p.n + 1))
    now = np.outer(p.start, np.ones(p.n + 1))
    states, actions = np.nonzero(p.tested >= 0)
    order = p.next_state.argsort(None, kind="stable")
    reached, first = np.unique(p.next_state.ravel()[order], return_index=True)
    for time, choice in enumerate(policy):
        if time and time % p.steps == 0:
            now = np.outer(p.start, now.sum(0))
        chances[time] = now
        if p.effect is not None:
            choice = (choice[:, None] @ p.effect)[:, 0]
        flow = now[:, None] * choice[..., None]  # [S, A, n + 1]
        flow[states, actions, p.tested[states, actions]] = 0
        now = np.zeros((p.n_states, p.n + 1))
        now[reached] = np.add.reduceat(flow.reshape(-1, p.n + 1)[order], first)
    return chances


def _swept(p: HiddenGoal, plans: Plans, policy: Floats, weight: Floats) -> tuple[float, Floats]:
    """The total of the policy with each step, the last first, the best before those behind it, and
    that policy. `weight` is `_unfound` of the policy."""
    many = np.ones(p.n + 1)
    many[-1] = p.lost
    policy = policy.copy()
    states, actions = np.nonzero(p.tested >= 0)
    tested = p.tested[states, actions]
    rest, value = np.zeros(p.n + 1), np.zeros((p.n_states, p.n + 1))
    for time in reversed(range(len(policy))):
        later, left = divmod(len(policy) - 1 - time, p.steps)
        if left == 0:
            rest = p.start @ value if later else rest
            value = np.tile(rest, (p.n_states, 1))
        q = p.reward[..., None] + value[p.next_state]  # [S, A, n + 1]
        q[states, actions, tested] = _after(p, plans, left + 1, later)[states, actions]
        q = p.effective(q)
        likely = (weight[time] + 1e-12) * many  # where it never comes, as if nothing were known
        chosen = (q @ likely[..., None])[..., 0].argmax(1)  # [S]
        policy[time] = np.eye(N_ACTIONS)[chosen]
        value = q[np.arange(p.n_states), chosen]
        value[p.over] = rest
    return float((p.start @ value) @ many), policy


def _beam(p: HiddenGoal, plans: Plans, episodes: int) -> float:
    """The total of the best path found, of those from the one start and without chance.

    Paths are ranked by what they paid and by what is left to hope for: each candidate not yet
    tested at its best from here, less what waiting for its turn costs.
    """
    length = p.steps * episodes
    width = int(np.clip(2 * SEARCH // (N_ACTIONS * (p.n + 1) * length), 8, WIDEST))
    rng = np.random.default_rng(0)  # decides between equals
    mark = rng.integers(1 << 62, size=p.n + 1)
    begin = int(p.start.argmax())
    state, paid, code = np.array([begin]), np.zeros(1), np.zeros(1, np.int64)
    open_ = np.ones((1, p.n + 1))
    open_[:, -1] = p.lost
    for time in range(length):
        later, left = divmod(length - 1 - time, p.steps)
        if left == p.steps - 1:
            state = np.full(len(state), begin)
        parent, action = np.divmod(np.arange(len(state) * N_ACTIONS), N_ACTIONS)
        at, ahead = state[parent], p.next_state[state[parent], action]
        tested, reward = p.tested[at, action], p.reward[at, action]
        new_open = open_[parent]
        finds = (tested >= 0) & (new_open[np.arange(len(at)), tested] > 0)
        new_open[finds, tested[finds]] = 0
        in_question = new_open.sum(1)
        new_paid = paid[parent] + in_question * reward
        new_paid += np.where(finds, _after(p, plans, left + 1, later)[at, action], 0)
        new_code = code[parent] ^ np.where(finds, mark[tested], 0)
        hope = (new_open * (plans.value[left][ahead] + later * plans.episode)).sum(1)
        worst = float(p.reward.min()) if not p.endless else -1.0
        rank = new_paid + hope + worst * in_question * (in_question - 1) / 2
        order = np.argsort(-rank - 1e-6 * rng.random(len(rank)), kind="stable")
        _, first = np.unique(new_code[order] * 31 + ahead[order], return_index=True)
        kept = order[np.sort(first)[:width]]
        state, paid, code, open_ = ahead[kept], new_paid[kept], new_code[kept], new_open[kept]
    return float(paid.max())


# --- posterior sampling --------------------------------------------------------------------------


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

"""Lower and upper bounds on the Bayes-optimal return."""

from __future__ import annotations

import numpy as np

from game.world.hidden_goal import EQUAL, HiddenGoal, KnownGoalSolution, returns_when_found
from game.world.rules import Floats
from game.world.tables import N_ACTIONS

SEARCH = 10_000_000  # approximate number of operations of a search for a lower bound
WIDEST = 300  # largest beam, in paths
MOST_SWEEPS = 6  # sweeps of policy improvement
MOST_ROWS = 150  # candidates in an exact assignment; further candidates are bounded by its prices


def assignment_upper_bound(
    problem: HiddenGoal, solution: KnownGoalSolution, episodes: int
) -> float:
    """Return an upper bound on the Bayes-optimal total of a trial.

    Under any policy and any outcomes of wind and slip, each candidate is first tested in one step
    of the trial or never, and no two candidates in the same step. Finding candidate i in step t of
    an episode returns at most the highest return of a path there in t steps, plus the optimal
    return for i from there on. The best assignment of candidates to steps is therefore an upper
    bound. The optimal total with known goals is another one.
    """
    p = problem
    within, idle = _best_finds(p, solution)
    never = episodes * idle
    after = solution.episode[:-1]  # [n] return of an episode with the goal known
    finds = [e * idle + within + (episodes - 1 - e) * after for e in range(episodes)]
    gain = np.maximum(np.concatenate(finds) - never, 0).T  # [n, steps of the trial]
    assigned = (p.n + p.unreachable) * never + best_assignment(gain)
    return min(assigned, episodes * solution.total(p))


def _best_finds(p: HiddenGoal, solution: KnownGoalSolution) -> tuple[Floats, float]:
    """Return upper bounds on the return of an episode in which candidate i is found in step t
    [steps, n], and of an episode without a find. Wind, slip and start are the most favourable."""
    states, actions = np.nonzero(p.tested >= 0)
    found = np.full((p.steps, p.n), -np.inf)
    paid = np.where(p.start > 0, 0.0, -np.inf)  # [S] highest return on the way to a state
    for step in range(p.steps):
        finds = returns_when_found(p, solution, p.steps - step, 0, (states, actions))
        np.maximum.at(found[step], p.tested[states, actions], paid[states] + finds)
        ahead = np.full(p.n_states, -np.inf)
        np.maximum.at(ahead, p.next_state, paid[:, None] + p.reward)
        paid = ahead
    return found, float(paid.max())


def best_assignment(gain: Floats) -> float:
    """Return an upper bound on the largest sum of an assignment of rows to distinct columns.

    `gain` [n, m] is non-negative, and a row may have no column. The Hungarian method (Kuhn 1955,
    Munkres 1957) by shortest augmenting paths; the bound is exact for up to MOST_ROWS rows. Further
    rows are bounded by the dual prices of the first ones.
    """
    rows = min(len(gain), MOST_ROWS)
    no_column = np.zeros((rows, rows))
    cost = -np.concatenate([gain[:rows], no_column], 1)
    m = cost.shape[1]
    row_price, price = np.zeros(rows), np.zeros(m + 1)
    owner = np.full(m + 1, -1)  # [m + 1] the row of each column; the last column is artificial
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


def _is_path(problem: HiddenGoal) -> bool:
    """Whether a policy is one path until the goal is found: no chance, and a single start."""
    return problem.effect is None and bool((problem.start > 0).sum() == 1)


def search_cost(problem: HiddenGoal, episodes: int) -> int:
    """Return the cost of `search_lower_bound` in time and memory, in states x candidates x steps.

    An improved policy is a table over states and steps, of which several are kept.
    """
    p = problem
    if _is_path(p):
        return p.size * episodes
    return 4 * p.n_states * p.steps * episodes * (p.n + 1 + 2 * N_ACTIONS)


def search_lower_bound(problem: HiddenGoal, solution: KnownGoalSolution, episodes: int) -> float:
    """Return a lower bound on the Bayes-optimal total of a trial: the exact total of some policy.

    Until the goal is found, the policy depends on the state and on the time in the trial;
    afterwards it is optimal for the goal. In a deterministic level with one start this policy class
    contains a Bayes-optimal policy, because the time determines the observations. There the policy
    is a path, found by beam search. Otherwise it is found by dynamic programming against its own
    state distribution (policy search by dynamic programming, Bagnell et al. 2003).
    """
    p = problem
    if _is_path(p):
        return _total_by_beam_search(p, solution, episodes)
    length = p.steps * episodes
    work = p.n_states * N_ACTIONS * (p.n + 1) * length
    uniform = np.full((length, p.n_states, N_ACTIONS), 1 / N_ACTIONS)
    return _total_by_improvement(p, solution, uniform, int(np.clip(SEARCH // work, 1, MOST_SWEEPS)))


def _total_by_improvement(
    p: HiddenGoal, solution: KnownGoalSolution, policy: Floats, sweeps: int
) -> float:
    """Return the highest total in sweeps of improvement of a policy [steps of the trial, S, A]."""
    best, stale = -np.inf, 0
    for _ in range(sweeps):
        total, policy = _improve_policy(p, solution, policy, _unfound_probabilities(p, policy))
        best, stale = max(best, total), stale + 1 if total <= best + EQUAL else 0
        if stale > 1:
            break
    return best


def _unfound_probabilities(p: HiddenGoal, policy: Floats) -> Floats:
    """Return the probability of being in a state with a goal not yet found.

    The result is [steps of the trial, S, n + 1] for a policy [steps of the trial, S, A].
    """
    chances = np.zeros((len(policy), p.n_states, p.n + 1))
    order = p.next_state.argsort(None, kind="stable")  # [S * A] pairs of state and action
    reached, first = np.unique(p.next_state.ravel()[order], return_index=True)
    here = order // N_ACTIONS
    tests = p.tested.ravel()[order]
    finds = np.flatnonzero(tests >= 0)
    chances[0] = np.outer(p.start, np.ones(p.n + 1))
    for time, choice in enumerate(policy[:-1], 1):
        if p.effect is not None:
            choice = (choice[:, None] @ p.effect)[:, 0]
        flow = chances[time - 1][here]  # [S * A, n + 1]
        flow *= choice.ravel()[order, None]
        flow[finds, tests[finds]] = 0
        now = chances[time]
        now[reached] = np.add.reduceat(flow, first)
        if time % p.steps == 0:
            now[:] = np.outer(p.start, now.sum(0))
    return chances


def _improve_policy(
    p: HiddenGoal, solution: KnownGoalSolution, policy: Floats, weight: Floats
) -> tuple[float, Floats]:
    """Return the total of an improved policy, and that policy.

    From the last step of the trial to the first, each step's actions become optimal given the later
    steps. `weight` is `_unfound_probabilities` of the policy.
    """
    count = np.ones(p.n + 1)  # candidates per column
    count[-1] = p.unreachable
    policy, of_action = policy.copy(), np.eye(N_ACTIONS)
    states, actions = np.nonzero(p.tested >= 0)
    tested = p.tested[states, actions]
    rest, value = np.zeros(p.n + 1), np.zeros((p.n_states, p.n + 1))
    for time in reversed(range(len(policy))):
        later, left = divmod(len(policy) - 1 - time, p.steps)
        if left == 0:
            rest = p.start @ value if later else rest
            value = np.tile(rest, (p.n_states, 1))
        q = value[p.next_state]  # [S, A, n + 1]
        q += p.reward[..., None]
        found = returns_when_found(p, solution, left + 1, later, (states, actions))
        q[states, actions, tested] = found
        q = p.effective(q)
        likely = (weight[time] + 1e-12) * count  # uniform over goals in states never visited
        chosen = (q @ likely[..., None])[..., 0].argmax(1)  # [S]
        policy[time] = of_action[chosen]
        value = q[np.arange(p.n_states), chosen]
        value[p.over] = rest
    return float((p.start @ value) @ count), policy


def _total_by_beam_search(p: HiddenGoal, solution: KnownGoalSolution, episodes: int) -> float:
    """Return the total of the best path found, in a deterministic level with one start.

    Paths are ranked by their return so far plus an optimistic estimate of the rest: the optimal
    return for each candidate not yet tested, less the cost of testing the others first.
    """
    length = p.steps * episodes
    width = int(np.clip(2 * SEARCH // (N_ACTIONS * (p.n + 1) * length), 8, WIDEST))
    rng = np.random.default_rng(0)  # breaks ties
    mark = rng.integers(1 << 62, size=p.n + 1)  # hash of a candidate in the code of a belief
    begin = int(p.start.argmax())
    state, paid, code = np.array([begin]), np.zeros(1), np.zeros(1, np.int64)
    possible = np.ones((1, p.n + 1))  # number of possible candidates per column
    possible[:, -1] = p.unreachable
    worst = float(p.reward.min()) if not p.endless else -1.0
    for time in range(length):
        later, left = divmod(length - 1 - time, p.steps)
        if left == p.steps - 1:
            state = np.full(len(state), begin)
        parent, action = np.divmod(np.arange(len(state) * N_ACTIONS), N_ACTIONS)
        at = state[parent]
        ahead, tested = p.next_state[at, action], p.tested[at, action]
        finds = (tested >= 0) & (possible[parent, tested] > 0)
        new_code = code[parent] ^ np.where(finds, mark[tested], 0)
        n_possible = possible.sum(1)[parent] - finds
        new_paid = paid[parent] + n_possible * p.reward[at, action]
        pairs = at[finds], action[finds]
        new_paid[finds] += returns_when_found(p, solution, left + 1, later, pairs)
        # paths that lead to the same state and belief have the same hope
        _, some, same = np.unique(new_code * 31 + ahead, return_index=True, return_inverse=True)
        new_possible = possible[parent[some]]
        new_possible[finds[some], tested[some][finds[some]]] = 0
        rest = solution.value[left] + later * solution.episode
        hope = (new_possible * rest[ahead[some]]).sum(1)[same]
        rank = new_paid + hope + worst * n_possible * (n_possible - 1) / 2
        order = np.argsort(-rank - 1e-6 * rng.random(len(rank)), kind="stable")
        first = np.empty(len(some), int)  # the best path to each, in the order
        first[same[order[::-1]]] = np.arange(len(order))[::-1]
        kept = order[np.sort(first)[:width]]
        state, paid, code = ahead[kept], new_paid[kept], new_code[kept]
        possible = new_possible[same[kept]]
    return float(paid.max())

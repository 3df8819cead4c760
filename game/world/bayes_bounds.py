"""Lower and upper bounds on the Bayes-optimal return."""

from __future__ import annotations

import numpy as np

from game.world.hidden_goal import EQUAL, HiddenGoal, KnownGoalPlans, found_returns
from game.world.rules import Floats
from game.world.tables import N_ACTIONS

SEARCH = 10_000_000  # about how much arithmetic a search for a lower bound may cost
WIDEST = 300  # paths that are kept in a search
MOST_SWEEPS = 6
MOST_ROWS = 150  # candidates that are assigned at best; the others are bounded


def by_assignment(problem: HiddenGoal, plans: KnownGoalPlans, episodes: int) -> float:
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


def _best_finds(p: HiddenGoal, plans: KnownGoalPlans) -> tuple[Floats, float]:
    """[steps, n] the most that an episode pays where i is found in that step, and without finding
    any. Luck, and which start it is, are as one would wish."""
    states, actions = np.nonzero(p.tested >= 0)
    found = np.full((p.steps, p.n), -np.inf)
    paid = np.where(p.start > 0, 0.0, -np.inf)  # [S] the most on the way there
    for step in range(p.steps):
        value = paid[:, None] + found_returns(p, plans, p.steps - step, 0)
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


def by_search(problem: HiddenGoal, plans: KnownGoalPlans, episodes: int) -> float:
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


def _improved(p: HiddenGoal, plans: KnownGoalPlans, policy: Floats, sweeps: int) -> float:
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


def _swept(
    p: HiddenGoal, plans: KnownGoalPlans, policy: Floats, weight: Floats
) -> tuple[float, Floats]:
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
        q[states, actions, tested] = found_returns(p, plans, left + 1, later)[states, actions]
        q = p.effective(q)
        likely = (weight[time] + 1e-12) * many  # where it never comes, as if nothing were known
        chosen = (q @ likely[..., None])[..., 0].argmax(1)  # [S]
        policy[time] = np.eye(N_ACTIONS)[chosen]
        value = q[np.arange(p.n_states), chosen]
        value[p.over] = rest
    return float((p.start @ value) @ many), policy


def _beam(p: HiddenGoal, plans: KnownGoalPlans, episodes: int) -> float:
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
        new_paid += np.where(finds, found_returns(p, plans, left + 1, later)[at, action], 0)
        new_code = code[parent] ^ np.where(finds, mark[tested], 0)
        hope = (new_open * (plans.value[left][ahead] + later * plans.episode)).sum(1)
        worst = float(p.reward.min()) if not p.endless else -1.0
        rank = new_paid + hope + worst * in_question * (in_question - 1) / 2
        order = np.argsort(-rank - 1e-6 * rng.random(len(rank)), kind="stable")
        _, first = np.unique(new_code[order] * 31 + ahead[order], return_index=True)
        kept = order[np.sort(first)[:width]]
        state, paid, code, open_ = ahead[kept], new_paid[kept], new_code[kept], new_open[kept]
    return float(paid.max())

"""The planning problem of a level whose goal is hidden among candidates, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from game.text.drawn_values import without_candidates
from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR
from game.world.batch import GridBatch
from game.world.rules import Bools, Floats, Ints, number
from game.world.tables import N_ACTIONS, compile_level

Pairs = tuple[Ints, Ints] | EllipsisType  # of states and actions; ...: all of them
EQUAL = 1e-9  # returns that differ by less count as equal


@dataclass(frozen=True)
class HiddenGoal:
    """A level whose goal is one of its candidates, with transition tables shared by all of them.

    The tables are those of the level without a goal: all tasks have the same transitions until the
    goal is found. The n reachable candidates are numbered from 0.
    """

    next_state: Ints  # [S, A]
    reward: Floats  # [S, A] of a step that does not end on the goal
    found: Floats  # [S, A] reward of a step that ends on the goal
    tested: Ints  # [S, A] the candidate that the step ends on, -1 if none
    over: Bools  # [S]
    start: Floats  # [S] probability that an episode starts here
    effect: Floats | None  # [S, A, A] distribution of the action that takes effect; None: as chosen
    n: int  # number of reachable candidates
    unreachable: int  # number of unreachable candidates
    steps: int  # of an episode
    endless: bool  # the goal does not end the episode

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.over)

    @property
    def n_sets(self) -> int:
        """Number of sets of reachable candidates."""
        return 1 << self.n

    @property
    def size(self) -> int:
        """Number of values in the solution for known goals."""
        return self.n_states * (self.n + 1) * (self.steps + 1)

    def effective(self, q: Floats) -> Floats:
        """Return the value of choosing each action [S, A, ...].

        `q` [S, A, ...] is the value of each action when it takes effect.
        """
        return q if self.effect is None else self.effect @ q


def hidden_goal(level: Level) -> HiddenGoal:
    """Return the problem of a level with candidates and nothing else to draw. Raises TooLarge."""
    batch = GridBatch([compile_level(without_candidates(level))])
    tables = batch.tables[0]
    number_of = np.full((level.height, level.width), -1)
    cells = np.array(level.find(CANDIDATE))
    number_of[tuple(cells.T)] = np.arange(len(cells))
    tested = number_of[tuple(tables.cell.T)][tables.next_state]
    tested[tables.over] = -1
    reached = np.flatnonzero(np.bincount(tested[tested >= 0]))
    pays = np.array([number(level.setting(f"{level.rows[r][c]} pays")) for r, c in cells])
    on_goal = pays[np.maximum(tested, 0)]  # [S, A]
    tested = np.where(tested >= 0, np.searchsorted(reached, tested), -1)
    entering = level.step_reward * number(level.cost(FLOOR))
    endless = level.ends != "goal"
    caught = tables.reward - entering if endless else 0.0  # added to the goal reward
    effect = None
    if batch.chance is not None:
        chosen = np.eye(N_ACTIONS)[:, None, None] * np.ones((batch.n_states, 1))  # [A, 1, S, A]
        effect = np.stack([batch.effective(one)[0] for one in chosen], 1)
    return HiddenGoal(
        next_state=tables.next_state,
        reward=tables.reward,
        found=np.where(tested >= 0, on_goal + caught, 0.0),
        tested=tested,
        over=tables.over,
        start=batch.start[0],
        effect=effect,
        n=len(reached),
        unreachable=len(cells) - len(reached),
        steps=level.steps,
        endless=endless,
    )


@dataclass(frozen=True)
class KnownGoalSolution:
    """Optimal values and actions for each known goal; the last column is an unreachable goal."""

    value: Floats  # [steps + 1, S, n + 1] by the number of steps left
    best: NDArray[np.uint8]  # [steps + 1, S, n + 1] bit sets of the optimal actions
    episode: Floats  # [n + 1] optimal return of an episode

    def total(self, problem: HiddenGoal) -> float:
        """Return the sum of the optimal returns of an episode over all candidates."""
        return float(self.episode[:-1].sum() + problem.unreachable * self.episode[-1])


def solve_known_goals(problem: HiddenGoal) -> KnownGoalSolution:
    """Compute the solution for all goals at once, by backward induction."""
    p = problem
    value = np.zeros((p.steps + 1, p.n_states, p.n + 1))
    best = np.zeros(value.shape, np.uint8)
    states, actions = np.nonzero(p.tested >= 0)
    tested, ahead = p.tested[states, actions], p.next_state[states, actions]
    for left in range(1, p.steps + 1):
        before = value[left - 1]
        q = before[p.next_state]  # [S, A, n + 1]
        q += p.reward[..., None]
        q[states, actions, tested] = p.found[states, actions] + p.endless * before[ahead, tested]
        q = p.effective(q)
        most = q.max(1)
        good = q > most[:, None] - EQUAL
        for action in range(N_ACTIONS):
            best[left] |= good[:, action].view(np.uint8) << action
        value[left] = np.where(p.over[:, None], 0, most)
    return KnownGoalSolution(value, best, p.start @ value[-1])


def returns_when_found(
    problem: HiddenGoal, solution: KnownGoalSolution, left: int, later: int, at: Pairs = ...
) -> Floats:
    """Return the return from a step that finds the goal to the end of the trial [S, A].

    The return includes the rest of the step's episode and `later` more episodes. `left` is the
    number of steps left in the episode, this one included. `at` indexes some of the pairs [S, A].
    """
    p = problem
    goal = np.maximum(p.tested[at], 0)
    rest = solution.value[left - 1][p.next_state[at], goal] if p.endless else 0.0
    return p.found[at] + rest + later * solution.episode[goal]

"""A level whose goal is hidden among candidates, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR
from game.world.batch import GridBatch
from game.world.rules import Bools, Floats, Ints, number
from game.world.tables import N_ACTIONS, compile_level

EQUAL = 1e-9


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
class KnownGoalPlans:
    """The best for each goal once it is known; the last column is for a goal out of reach."""

    value: Floats  # [steps + 1, S, n + 1] with that many steps left
    best: NDArray[np.uint8]  # [steps + 1, S, n + 1] bits: the best actions
    episode: Floats  # [n + 1] the optimal return

    def total(self, problem: HiddenGoal) -> float:
        """Of an episode, over all candidates."""
        return float(self.episode[:-1].sum() + problem.lost * self.episode[-1])


def solve_known(problem: HiddenGoal) -> KnownGoalPlans:
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
    return KnownGoalPlans(value, best, p.start @ value[-1])


def found_returns(problem: HiddenGoal, plans: KnownGoalPlans, left: int, later: int) -> Floats:
    """[S, A] what the goal pays that is found by this step, `left` before it in its episode and
    with `later` episodes to come: at once, until the episode's end, and then."""
    p = problem
    whose = np.maximum(p.tested, 0)
    then = plans.value[left - 1][p.next_state, whose] if p.endless else 0.0
    return p.found + then + later * plans.episode[whose]

"""Posterior sampling (Thompson 1933; Strens 2000): a baseline for tasks that only hide the goal.

The agent knows the rules and the map, and maintains the exact posterior over the goal's cell.
Before each episode it samples a goal from the posterior and plays optimally for it. Each step that
does not end on the goal rules out a cell. An adaptation step is one episode; there is no gradient
and no training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from agents.learner import NO_CHANGES, AgentError, BaseLearner, Changes
from agents.rollout import Rngs, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.text.drawn_values import without_goals
from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.world.batch import GridBatch
from game.world.beliefs import belief
from game.world.hidden_goal import hidden_goal, solve_known_goals
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS, Tables, compile_level

MOST_VALUES = 30_000_000  # states x cells of a possible goal x steps


class PosteriorSampling(BaseLearner):
    """Posterior sampling with a uniform prior over all cells that look like floor."""

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`. Raises AgentError where a task hides anything but one goal."""
        posteriors = [GoalPosterior(tables) for tables in batch.tables]
        env_steps = np.zeros(batch.n_tasks, int)
        for k in range(steps + 1):
            policy = np.full((batch.horizon, *batch.reward.shape), 1 / N_ACTIONS)
            for t, (posterior, rng) in enumerate(zip(posteriors, rngs, strict=True)):
                plan = posterior.sample_policy(rng)
                policy[: plan.shape[0], t, : plan.shape[1]] = plan
            data = roll_out(batch, policy, 1, rngs)
            yield adaptation_step(k, env_steps, policy[0], data, None, 0, stationary=False)
            env_steps = env_steps + data.env_steps
            for t, posterior in enumerate(posteriors):
                posterior.update(data.state[1:, t, 0][data.alive[:, t, 0]])


class GoalPosterior:
    """One task's posterior over the goal's cell, and the optimal policy for each possible goal.

    Raises AgentError where the task hides anything but one goal, or is too large to solve.
    """

    def __init__(self, tables: Tables) -> None:
        level = tables.level
        goals = level.find(GOAL)
        if level.shown is not None or level.goal == "visible" or len(goals) != 1:
            raise AgentError(
                "posterior-sampling needs a level with one hidden goal and nothing else hidden - "
                "this level draws other things, or its goal is not hidden"
            )
        self.tables = tables
        family, self.candidates = _candidate_family(level)
        problem = hidden_goal(family)
        if problem.size > MOST_VALUES:
            raise AgentError(
                "posterior-sampling: the level has too many states and goal cells - "
                "use a smaller map or fewer steps"
            )
        best = solve_known_goals(problem).best  # [steps + 1, S', n + 1] bits
        self.best = np.unpackbits(best[..., None], -1, N_ACTIONS, "little")[::-1]
        self.same_state = _matching_states(tables, compile_level(without_goals(level)))
        self.goal = int((self.candidates == goals[0]).all(1).argmax())
        self.probabilities = np.full(len(self.candidates), 1 / len(self.candidates))

    def sample_policy(self, rng: np.random.Generator) -> Floats:
        """Return the optimal policy [steps, S, A] for a goal sampled from the posterior."""
        sampled = rng.choice(len(self.probabilities), p=self.probabilities)
        best = self.best[:-1, self.same_state, sampled].astype(float)
        on_goal = self.tables.goal & ~self.tables.over  # a found goal that did not end the episode
        best[:, on_goal] = self.best[:-1, self.same_state[on_goal], self.goal]
        total: Floats = best.sum(-1, keepdims=True)
        result: Floats = np.where(total > 0, best / np.maximum(total, 1), 1 / N_ACTIONS)
        return result

    def update(self, states: Ints) -> None:
        """Update the posterior with the states [N] in which an episode's steps ended."""
        cells, found = self.tables.cell[states], self.tables.goal[states]
        self.probabilities = belief(self.candidates, cells, found, self.probabilities)


def _candidate_family(level: Level) -> tuple[Level, Ints]:
    """Return the level with a candidate on every reachable floor cell, and these cells [n, 2]."""
    without = without_goals(level)
    reached = {(int(row), int(column)) for row, column in compile_level(without).cell}
    row, column = level.find(GOAL)[0]
    goal = level.rows[row][column]  # a character of the legend has settings of its own
    floor = [cell for cell in level.find(FLOOR) if level.rows[cell[0]][cell[1]] == FLOOR]
    cells = sorted(reached & {*floor, (row, column)})
    rows = [list(row) for row in without.rows]
    for row, column in cells:
        rows[row][column] = CANDIDATE if goal == GOAL else goal
    legend = (replace(o, tile=CANDIDATE) if o.char == goal else o for o in without.legend)
    family = replace(without, rows=tuple("".join(row) for row in rows), legend=tuple(legend))
    return family, np.array(cells)


def _matching_states(tables: Tables, open_tables: Tables) -> Ints:
    """Return the state of the tables without a goal that matches each state [S].

    States that only the goal terminates match the running state at the same cell.
    """
    number = {key: s for s, key in enumerate(_state_keys(open_tables, open_tables.over))}
    keys = _state_keys(tables, tables.over & ~tables.goal)
    return np.array([number.get(key, 0) for key in keys])


def _state_keys(tables: Tables, left_out: Bools) -> list[tuple[bytes, ...] | None]:
    """Return a hashable key for each state, or None for those in `left_out` [S]."""
    parts = (tables.cell, tables.keys, tables.coins, tables.boxes, tables.gates, tables.opponents)
    return [
        None if left_out[s] else tuple(part[s].tobytes() for part in parts)
        for s in range(tables.n_states)
    ]

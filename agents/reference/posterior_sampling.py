"""Posterior sampling (Thompson 1933; Strens 2000): the line of who only has to find a goal.

It knows the rules and the map, and holds an exact belief about the goal. Before each episode it
draws a goal from that belief and plays as if it were there; each step that ends elsewhere rules a
cell out. So it is a memory learner, one step an episode, without a gradient and without training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from agents.learner import NO_CHANGES, AgentError, BaseLearner, Changes
from agents.rollout import Rngs, adaptation_step, roll_out
from game.session.trace import AdaptationStep
from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.world.batch import GridBatch
from game.world.bayes import MOST_VALUES
from game.world.beliefs import belief
from game.world.hidden_goal import hidden_goal, solve_known
from game.world.rules import Bools, Floats, Ints
from game.world.tables import N_ACTIONS, Tables, compile_level


class PosteriorSampling(BaseLearner):
    """Any cell that looks like floor may be the goal, each as likely: a map says no more."""

    trains = False

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`. Raises AgentError where more than a goal is hidden."""
        seekers = [GoalSeeker(tables) for tables in batch.tables]
        env_steps = np.zeros(batch.n_tasks, int)
        for k in range(steps + 1):
            policy = np.full((batch.horizon, *batch.reward.shape), 1 / N_ACTIONS)
            for t, (seeker, rng) in enumerate(zip(seekers, rngs, strict=True)):
                plan = seeker.plan(rng)
                policy[: plan.shape[0], t, : plan.shape[1]] = plan
            data = roll_out(batch, policy, 1, rngs)
            yield adaptation_step(k, env_steps, policy[0], data, None, 0, stationary=False)
            env_steps = env_steps + data.env_steps
            for t, seeker in enumerate(seekers):
                seeker.learn(data.state[1:, t, 0][data.alive[:, t, 0]])


class GoalSeeker:
    """One task: the plans for every goal that there may be, and the belief about it."""

    def __init__(self, tables: Tables) -> None:
        level = tables.level
        goals = level.find(GOAL)
        if level.shown is not None or level.goal == "visible" or len(goals) != 1:
            what = "posterior-sampling looks for one hidden goal, and knows all else"
            raise AgentError(f"{what} - this level draws other things, or its goal is not hidden")
        self.tables = tables
        family, self.candidates = _family(level)
        problem = hidden_goal(family)
        if problem.size > MOST_VALUES:
            raise AgentError("posterior-sampling: there are too many states and cells for the goal")
        best = solve_known(problem).best  # [steps + 1, S', n + 1] bits
        self.best = np.unpackbits(best[..., None], -1, N_ACTIONS, "little")[::-1]
        self.same = _same_states(tables, compile_level(_without_goal(level)))
        self.goal = int((self.candidates == goals[0]).all(1).argmax())
        self.chances = np.full(len(self.candidates), 1 / len(self.candidates))

    def plan(self, rng: np.random.Generator) -> Floats:
        """[steps, S, A] the best for a goal that is drawn from the belief."""
        aim = rng.choice(len(self.chances), p=self.chances)
        best = self.best[:-1, self.same, aim].astype(float)
        on_goal = self.tables.goal & ~self.tables.over  # where it does not end the episode
        best[:, on_goal] = self.best[:-1, self.same[on_goal], self.goal]
        total: Floats = best.sum(-1, keepdims=True)
        result: Floats = np.where(total > 0, best / np.maximum(total, 1), 1 / N_ACTIONS)
        return result

    def learn(self, states: Ints) -> None:
        """Take in the states that an episode's steps ended in."""
        cells, found = self.tables.cell[states], self.tables.goal[states]
        self.chances = belief(self.candidates, cells, found, self.chances)


def _without_goal(level: Level) -> Level:
    return replace(level, rows=tuple(row.replace(GOAL, FLOOR) for row in level.rows))


def _family(level: Level) -> tuple[Level, Ints]:
    """The level with a candidate on all floor that can be reached, and their cells [n, 2]."""
    tables = compile_level(_without_goal(level))
    reached = {(int(row), int(column)) for row, column in tables.cell}
    cells = sorted(reached & {*level.find(FLOOR), *level.find(GOAL)})
    rows = [list(row) for row in _without_goal(level).rows]
    for row, column in cells:
        rows[row][column] = CANDIDATE
    family = replace(level, rows=tuple("".join(row) for row in rows))
    return family, np.array(cells)


def _same_states(tables: Tables, open_tables: Tables) -> Ints:
    """[S] the state of the tables without a goal that each state is, but for the episode's end."""
    number = {key: s for s, key in enumerate(_keys(open_tables, open_tables.over))}
    keys = _keys(tables, tables.over & ~tables.goal)
    return np.array([number.get(key, 0) for key in keys])


def _keys(tables: Tables, left_out: Bools) -> list[tuple[bytes, ...] | None]:
    parts = (tables.cell, tables.keys, tables.coins, tables.opponents)
    return [
        None if left_out[s] else tuple(part[s].tobytes() for part in parts)
        for s in range(tables.n_states)
    ]

"""One running episode in each task of a batch, of which every few moves become experience."""

from __future__ import annotations

import numpy as np

from agents.graph.experience import Experience, Moves
from agents.rollout import Rngs
from game.world.batch import GridBatch
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS


class Walk:
    """A trial of each of T tasks: episodes one after the other. Each draws from its generator."""

    def __init__(self, batch: GridBatch, rngs: Rngs, experience: Experience) -> None:
        self.batch, self.rngs, self.experience = batch, rngs, experience
        self.state: Ints = np.zeros(batch.n_tasks, int)  # [T] within the task
        self.time: Ints = np.zeros(batch.n_tasks, int)  # [T] moves of the episode so far
        self.n_moves = 0  # of all tasks, so far
        self.begin(np.arange(batch.n_tasks))

    @property
    def steps_left(self) -> Ints:
        """The moves that are left in each episode [T], at least 1."""
        left: Ints = self.batch.steps - self.time
        return left

    def begin(self, tasks: Ints) -> None:
        """Begin an episode in these tasks [n]."""
        for t in tasks:
            starts = self.batch.tables[t].starts
            self.state[t] = starts[int(self.rngs[t].random() * len(starts))]
        self.time[tasks] = 0
        self.experience.begin(tasks, self.state[tasks])

    def go(self, action_probs: Floats, n: int) -> Moves:
        """Take n moves of a policy [T, S, A] in each task, add them to the experience and return
        them.

        Episodes that end are followed by new ones.
        """
        moves = Moves(*map(np.concatenate, zip(*(self._move(action_probs) for _ in range(n)))))
        self.experience.add(moves)
        return moves

    def _move(self, action_probs: Floats) -> tuple[Ints, Ints, Ints, Ints, Ints, Floats]:
        """Take one move in each task; return the fields of `Moves`."""
        batch, tasks = self.batch, np.arange(self.batch.n_tasks)
        draws = np.array([rng.random(2) for rng in self.rngs])  # [T, 2]
        bounds = action_probs[tasks, self.state].cumsum(1)[:, :-1]
        action = (bounds < draws[:, :1]).sum(1)
        state, time = self.state.copy(), self.time.copy()
        first = tasks * batch.n_states
        index = (first + state) * N_ACTIONS + action
        if batch.stochastic.any():
            batch.detours.divert(index, draws[:, 1])
        entered = batch.flat_next.take(index) - first
        reward = batch.reward.ravel().take(index)
        self.state, self.time = entered.copy(), time + 1
        self.n_moves += len(tasks)
        ended = batch.over[tasks, entered] | (self.time >= batch.steps)
        self.begin(tasks[ended])
        return tasks, time, state, action, entered, reward

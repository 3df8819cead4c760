"""A person's trial: several episodes in a row on one task with the same hidden goal.

The episodes are stepped through the task's tables, without pygame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.rules import Ints
from game.world.tables import Tables


@dataclass(frozen=True)
class HumanStep:
    """A person's environment step: states before and after, and the action that took effect."""

    before: int
    action: int
    after: int


class HumanTrial:
    """Episodes of a task, advanced one action at a time; `seed` seeds start cells and slips."""

    def __init__(self, tables: Tables, episodes: int, seed: int) -> None:
        self.tables, self.episodes = tables, episodes
        self._batch = GridBatch([tables])
        self._rng = np.random.default_rng(seed)
        self.returns: list[float] = []  # of finished episodes
        self.paths: list[list[int]] = []  # states of each episode so far
        self.found = False  # whether a goal has been entered
        self.n_found = 0  # of the things of the task's world, in any episode
        self._begin()

    def _begin(self) -> None:
        """Begin an episode in a random start state."""
        self.state = int(self._rng.choice(self.tables.starts))
        self.moves, self.earned = 0, 0.0
        self.paths.append([self.state])
        self.resting = False  # whether the episode is over and the next has not begun

    @property
    def over(self) -> bool:
        """Whether all episodes are over."""
        return len(self.returns) >= self.episodes

    @property
    def steps_left(self) -> int:
        """Environment steps left in this episode."""
        return self.tables.level.steps - self.moves

    @property
    def on_goal(self) -> bool:
        """Whether the current state is on a goal."""
        return bool(self.tables.goal[self.state])

    def act(self, action: int) -> HumanStep | None:
        """Take an action and return the step that it made, or None between episodes."""
        if self.resting or self.over:
            return None
        before = self.state
        batch = self._batch
        luck = np.array([self._rng.random()]) if batch.stochastic[0] else None
        transition = batch.transitions(np.array([before]), np.array([action]), luck)
        effect = int(transition[0]) % batch.n_effects
        self.state = int(self.tables.next_state[before, effect])
        self.earned += float(batch.rewards(transition)[0])
        self.moves += 1
        self.paths[-1].append(self.state)
        self.found = self.found or self.on_goal
        self.n_found = max(self.n_found, self.tables.n_found(self.state))
        if self.tables.terminated[before, effect] or self.steps_left <= 0:
            self.returns.append(self.earned)
            self.resting = True
        return HumanStep(before, effect, self.state)

    def next_episode(self) -> None:
        """Begin the next episode if the last one is over and there is one left."""
        if self.resting and not self.over:
            self._begin()


def episode_returns(tables: Tables, steps: Sequence[AdaptationStep], most: int) -> list[float]:
    """Return the returns of an agent's first episodes over all adaptation steps, up to `most`.

    On the grid they are computed from the states, since a reward depends on a state and its
    successor only.
    """
    found: list[float] = []
    for i, step in enumerate(steps):
        spent = steps[i + 1].episodes - step.episodes if i + 1 < len(steps) else most
        if tables.level.world and step.walk_returns is not None:
            found += step.walk_returns[0, : max(spent, 1)].tolist()
            continue
        for path in step.paths[0][: max(spent, 1)]:
            found.append(path_return(tables, path))
    return found[:most]


def path_return(tables: Tables, path: Ints) -> float:
    """Return the sum of rewards along a path of states; -1 pads it after its end."""
    states = path[path >= 0]
    total = 0.0
    for here, there in zip(states[:-1].tolist(), states[1:].tolist()):
        action = int((tables.next_state[here] == there).argmax())
        total += float(tables.reward[here, action])
    return total

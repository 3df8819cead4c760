"""The data that an overlay draws: an agent's steps so far, the step on screen and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from game.session.trace import AdaptationStep
from game.text.level import Level
from game.world.rules import Bools, Floats, Ints
from game.world.tables import Tables


@dataclass(frozen=True)
class OverlayContext:
    """An agent's adaptation at one moment of the playback."""

    tables: Tables
    steps: Sequence[AdaptationStep]
    now: int  # adaptation step on screen
    state: int  # of the agent on screen
    show_numbers: bool = True  # off where several overlays lie on each other
    episode: int = 0  # index among the episodes of the step on screen
    move: int = 0  # moves made in the episode
    level_since: int = 0  # first adaptation step on the level as it is now
    family: Level | None = None  # the level's family with all candidates of the goal, if known

    @property
    def step(self) -> AdaptationStep:
        """The adaptation step on screen."""
        return self.steps[self.now]

    @property
    def probs(self) -> Floats:
        """[S, A] the policy of the step on screen."""
        return self.step.action_probs[0]

    @property
    def entered_states(self) -> Ints:
        """[n] the states that the moves shown so far have led to, without repeats.

        Where a step is one episode of a trial, the step's other episodes belong to other trials.
        """
        first, paths = self.steps[self.level_since : self.now], self.step.paths[0]
        if len(self.steps) > 1 and self.steps[1].episodes == 1:
            parts = [step.paths[0, self.episode, 1:] for step in first]
        else:
            parts = [step.paths[0, :, 1:].ravel() for step in first]
            parts.append(paths[: self.episode, 1:].ravel())
        found: Ints = np.unique(np.concatenate([*parts, paths[self.episode, 1 : self.move + 1]]))
        return found[found >= 0]

    @property
    def agent_belief(self) -> Floats | None:
        """[height, width] the agent's own belief about the goal; None if it has none to show."""
        belief, level = self.step.belief, self.tables.level
        if belief is None or self.episode:
            return None
        now: Floats = belief[0, min(self.move, level.steps - 1), : level.height * level.width]
        return now.reshape(level.height, level.width) if now.sum() > 0 else None

    @property
    def inventory(self) -> object:
        """The part of the state that decides which states `visible_states` lists."""
        return tuple(part[self.state].tobytes() for part in _changeable(self.tables))


def visible_states(tables: Tables, state: int) -> list[int]:
    """Return one state per cell where an episode may go on.

    In all of them keys, coins, boxes, gates and what was found are as in `state`.
    """
    same: Bools = ~tables.over
    for part in _changeable(tables):
        same = same & (part == part[state]).reshape(len(part), -1).all(1)
    found: dict[tuple[int, ...], int] = {}
    for one in np.flatnonzero(same).tolist():
        found.setdefault(tuple(tables.cell[one].tolist()), one)
    return list(found.values())


def _changeable(tables: Tables) -> tuple[Bools | Ints, ...]:
    """Return what the agent changes on the map, by state [S, ...]."""
    found = () if tables.found is None else (tables.found,)
    return tables.keys, tables.coins, tables.boxes, tables.gates, *found

"""Tasks of sketched levels: drawn until one can be solved, is worth it, and is not too large."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from game.tasks.family import draw_task
from game.tasks.sketches.kinds import SKETCHES, draw_level
from game.tasks.sketches.pen import Dice
from game.tasks.task import Task
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.planner import optimum_and_goal
from game.world.tables import TooLarge, compile_level, states_bound

ATTEMPTS = 500  # to draw a level that will do
SMALL_STATES = 400  # most training levels have few states
BOUND_FACTOR = 3  # states that are not reached, for one that is, before a level is refused unseen
LEAST_CHANCE = 0.5  # with which the optimal policy reaches the goal


@dataclass(frozen=True)
class SketchParameters:
    """The parameters of all sketches: sides, with the border, and numbers of states.

    A share `large` of the validation and test levels has sides of up to `large_side`, and up to
    `large_states` states.
    """

    least_side: int = 4
    most_side: int = 20
    most_states: int = 2_000
    large: float = 0.15
    large_side: int = 40
    large_states: int = 8_000

    def __post_init__(self) -> None:
        if not 4 <= self.least_side <= self.most_side <= self.large_side <= 40:
            raise ValueError("least_side, most_side and large_side rise, from 4 to 40")
        if not 50 <= self.most_states <= self.large_states <= 8_000:
            raise ValueError("most_states and large_states rise, from 50 to 8,000")
        if not 0 <= self.large <= 1:
            raise ValueError("large is 0 to 1")


def draw_sketched_task(
    name: str, rng: np.random.Generator, parameters: SketchParameters, large: bool = False
) -> tuple[Level, Task]:
    """Return a level family of a kind of sketch, and a random task of it.

    The task's optimal policy reaches the goal. A `large` one is larger than those of training.
    Raises ValueError where no level will do.
    """
    p, dice = parameters, Dice(rng)
    small = SMALL_STATES if dice.chance(SKETCHES[name].small) else p.most_states
    most_states = p.large_states if large else min(small, p.most_states)
    sides = (p.most_side, p.large_side) if large else (p.least_side, p.most_side)
    title = name.replace("-", " ").capitalize()
    for _ in range(ATTEMPTS):
        level = draw_level(name, rng, *sides)
        if level is None:
            continue
        task = draw_task(replace(level, title=title), title, rng)
        if is_worth_playing(task.level, most_states):
            return level, task
    raise ValueError(f"no level of '{name}' will do in {ATTEMPTS} attempts - allow larger ones")


def is_worth_playing(level: Level, most_states: int) -> bool:
    """Return whether a concrete level has few enough states, and its optimal policy reaches a goal
    in the steps of an episode, in more than one move."""
    try:
        if states_bound(level) > BOUND_FACTOR * most_states:
            return False
        tables = compile_level(level)
    except TooLarge:
        return False
    if tables.n_states > most_states or not len(tables.starts):
        return False
    if tables.goal[tables.next_state[tables.starts]].any():  # one move is enough
        return False
    _, reached, _ = optimum_and_goal(GridBatch([tables]))
    return bool(reached[0] >= LEAST_CHANCE)

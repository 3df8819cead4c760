"""What a task hides, as an agent may hold beliefs about it: where its goal is, and what it draws.

A cell is numbered `row * MAX_SIZE + column` in any map. All else is questions with a few answers.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np

from game.text.level import NO_WIND, WINDS, Level
from game.text.tiles import FLOOR, GOAL, SETTINGS, TILES
from game.text.values import PERMUTATIONS, Value
from game.world.features import MAX_SIZE, SIGHT
from game.world.rules import Bools, Floats, Ints
from game.world.tables import Tables

N_CELLS = MAX_SIZE**2
AMOUNTS = ("less than shown", "as shown", "more than shown")
GROUND = {tile.name: tile.char for tile in reversed(TILES) if tile.passable and not tile.effect}

QUESTIONS: dict[str, tuple[str, ...]] = {
    "controls": tuple(map(str, PERMUTATIONS.members)),
    "wind": (NO_WIND, *WINDS),
    **{label: setting.words for label, setting in SETTINGS.items() if setting.words},
    "slip": AMOUNTS,
    **{f"cost {name}": AMOUNTS for name in GROUND},
    **{label: AMOUNTS for label, setting in SETTINGS.items() if not setting.words},
}
SPANS = tuple(pairwise(accumulate(map(len, QUESTIONS.values()), initial=0)))  # of each in a row
N_ANSWERS = SPANS[-1][1]
IN_WORDS = sum(choices is not AMOUNTS for choices in QUESTIONS.values())  # these come first


def answers(level: Level) -> Ints:
    """[questions] the numbers of the true answers, of any level: what it draws is not asked, since
    a draw that is as shown cannot be told from none."""
    shown = level.shown or level
    found = []
    for question, choices in QUESTIONS.items():
        true, seen = _value(level, question), _value(shown, question)
        if choices is not AMOUNTS:
            found.append(choices.index(str(true)))
        elif isinstance(true, float | int) and isinstance(seen, float | int):
            found.append(1 + int(np.sign(true - seen)))
        else:
            found.append(1)
    return np.array(found)


def _value(level: Level, question: str) -> Value:
    if question in ("controls", "wind", "slip"):
        value: Value = getattr(level, question)
        return value
    if question in SETTINGS:
        return level.setting(question)
    return level.cost(GROUND[question.removeprefix("cost ")])


def cell_numbers(tables: Tables) -> Ints:
    """[S] the cell of each state."""
    numbers: Ints = tables.cell[:, 0] * MAX_SIZE + tables.cell[:, 1]
    return numbers


def goal_chances(level: Level) -> Floats:
    """[cells] where the goal is; each, where there are several."""
    chances = np.zeros(N_CELLS)
    goals = level.find(GOAL)
    for row, column in goals:
        chances[row * MAX_SIZE + column] = 1 / len(goals)
    return chances


def ruled_out(tables: Tables) -> Bools:
    """[S, cells] where the goal cannot be for who sees what is to be seen in each state: not
    outside the map, and not on what within sight does not look like floor. A goal in sight rules
    out all else."""
    level = tables.level
    if level.goal == "visible":
        elsewhere: Bools = np.tile(goal_chances(level) == 0, (tables.n_states, 1))
        return elsewhere
    solid, outside = np.zeros((MAX_SIZE, MAX_SIZE), bool), np.ones((MAX_SIZE, MAX_SIZE), bool)
    solid[: level.height, : level.width] = [[c not in (FLOOR, GOAL) for c in r] for r in level.rows]
    outside[: level.height, : level.width] = False
    grid = np.indices(solid.shape)  # [2, 16, 16]
    near = (np.abs(grid - tables.cell[:, :, None, None]) <= SIGHT).all(1)  # [S, 16, 16]
    out: Bools = ((near & solid) | outside).reshape(tables.n_states, N_CELLS)
    return out


def on_map(chances: Floats, level: Level, n: int) -> Floats:
    """[..., n] chances [..., cells], numbered `row * width + column` as in the level's own map."""
    grid = chances.reshape(*chances.shape[:-1], MAX_SIZE, MAX_SIZE)
    inside = grid[..., : level.height, : level.width].reshape(*chances.shape[:-1], -1)
    padded = np.zeros((*chances.shape[:-1], n))
    padded[..., : inside.shape[-1]] = inside
    return padded


def belief(candidates: Ints, cells: Ints, on_goal: Bools, prior: Floats | None = None) -> Floats:
    """[n] the exact posterior over candidates [n, 2] after steps that ended at cells [N, 2].

    `on_goal` [N] says which steps ended on the goal, as reward and end of episode reveal. Before,
    all candidates are alike, or `prior` [n] holds. Raises ValueError where no candidate is left.
    """
    n = len(candidates)
    chances = np.full(n, 1 / n) if prior is None else np.array(prior, float)
    at = (np.asarray(cells).reshape(-1, 1, 2) == candidates).all(-1)  # [N, n]
    found = at[np.asarray(on_goal, bool)].any(0)
    chances[at[~np.asarray(on_goal, bool)].any(0)] = 0
    if found.any():
        chances[~found] = 0
    if not chances.sum() > 0:
        raise ValueError("what was seen rules all candidates out")
    result: Floats = chances / chances.sum()
    return result

"""The hidden variables that an agent holds beliefs about: the goal's cell, and what a task draws.

A cell has the number `row * MAX_SIZE + column` in every map. Each other hidden variable is a
question with a few answers. An agent keeps the list of its questions in its config, so that its
weights keep their meaning when the tile table grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from game.text.level import NO_WIND, WINDS, Level
from game.text.tiles import FLOOR, GOAL, SETTINGS, TILES
from game.text.values import NORMAL, PERMUTATIONS, PERMUTATIONS_OF_ALL, Value
from game.world.features import MAX_SIZE, VIEW_RADIUS
from game.world.rules import Bools, Floats, Ints
from game.world.tables import Tables

N_CELLS = MAX_SIZE**2
AMOUNTS = ("less than shown", "as shown", "more than shown")
GROUND = {tile.name: tile.char for tile in reversed(TILES) if tile.passable and not tile.effect}
CONTROLS = tuple(map(str, PERMUTATIONS.members))
CONTROLS_OF_ALL = (NORMAL, *(str(m) for m in PERMUTATIONS_OF_ALL.members if m not in CONTROLS))

# --- questions -----------------------------------------------------------------------------------


def _question(name: str, answers: Sequence[str]) -> str:
    return f"{name}: {', '.join(answers)}"


# The questions of agents whose config lists none: they were trained before configs did. Shipped
# weights depend on these texts and on their order, so a new tile is not added here.
FIRST_QUESTIONS: tuple[str, ...] = (
    _question("controls", CONTROLS),
    "wind: none, north, south, west, east",
    "M kind: x, y, hunt",
    "slip: less than shown, as shown, more than shown",
    "cost water: less than shown, as shown, more than shown",
    "cost mud: less than shown, as shown, more than shown",
    "cost sand: less than shown, as shown, more than shown",
    "cost grass: less than shown, as shown, more than shown",
    "cost floor: less than shown, as shown, more than shown",
    "I slip: less than shown, as shown, more than shown",
    "o worth: less than shown, as shown, more than shown",
    "M every: less than shown, as shown, more than shown",
    "H every: less than shown, as shown, more than shown",
)


def all_questions() -> tuple[str, ...]:
    """Return a question for every variable that a task can draw, as "name: answer, answer ..."."""
    answers: dict[str, tuple[str, ...]] = {
        "controls": CONTROLS,
        "controls of all": CONTROLS_OF_ALL,  # of which stay is another move
        "wind": (NO_WIND, *WINDS),
        **{label: setting.words for label, setting in SETTINGS.items() if setting.words},
        "slip": AMOUNTS,
        **{f"cost {name}": AMOUNTS for name in GROUND},
        **{label: AMOUNTS for label, setting in SETTINGS.items() if not setting.words},
    }
    return tuple(_question(name, choices) for name, choices in answers.items())


class BeliefQuestions:
    """Q questions and their answers, numbered in a row over all questions.

    `choices` maps each question's name to its answers. `spans` are the first number of each
    question's answers and the number after its last. `n_answers` is the length of the row.
    `n_leading` counts the questions before the trailing ones whose answers are AMOUNTS.

    Raises ValueError where a text does not read "name: answer, answer ...".
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.choices: dict[str, tuple[str, ...]] = {}
        for text in texts:
            name, _, answers = text.partition(": ")
            choices = tuple(answers.split(", "))
            if not name or not all(choices) or name in self.choices:
                raise ValueError(f"'{text}' is not a new question of the form 'name: answer, ...'")
            self.choices[name] = choices
        self.spans = tuple(pairwise(accumulate(map(len, self.choices.values()), initial=0)))
        self.n_answers = self.spans[-1][1] if self.spans else 0
        worded = [i for i, choices in enumerate(self.choices.values()) if choices != AMOUNTS]
        self.n_leading = worded[-1] + 1 if worded else 0

    def true_answers(self, level: Level) -> Ints:
        """Return the true answer to each question [Q], numbered from 0 within its question.

        A variable that the level draws with the value shown has the same answer as one that it does
        not draw: the two cannot be told apart. Raises ValueError where a question does not offer
        the true answer, or asks for a variable that no longer exists.
        """
        shown = level.shown or level
        found = []
        for name, choices in self.choices.items():
            true, seen = _value(level, name), _value(shown, name)
            if choices != AMOUNTS:
                if str(true) not in choices:
                    raise ValueError(f"'{true}' is no answer to '{name}': it is one of {choices}")
                found.append(choices.index(str(true)))
            elif isinstance(true, float | int) and isinstance(seen, float | int):
                found.append(1 + int(np.sign(true - seen)))
            else:
                found.append(1)
        return np.array(found)


def _value(level: Level, name: str) -> Value:
    """Return the level's value of the variable that a question is named after."""
    if name == "slip":
        sides = (level.slip, level.slip_left, level.slip_right)
        return sum(one for one in sides if isinstance(one, int | float))
    if name in ("controls", "controls of all"):
        choices = CONTROLS if name == "controls" else CONTROLS_OF_ALL
        return level.controls if level.controls in choices else NORMAL
    if name == "wind":
        return level.wind
    if name in SETTINGS:
        return level.setting(name)
    tile = name.removeprefix("cost ")
    if tile not in GROUND:
        raise ValueError(f"no variable is called '{name}' - train a new agent")
    return level.cost(GROUND[tile])


# --- the goal's cell -----------------------------------------------------------------------------


def cell_numbers(tables: Tables) -> Ints:
    """Return the cell number of each state [S]."""
    numbers: Ints = tables.cell[:, 0] * MAX_SIZE + tables.cell[:, 1]
    return numbers


def goal_distribution(level: Level) -> Floats:
    """Return the distribution of the goal over cells [N_CELLS]: uniform over the level's goals."""
    probabilities = np.zeros(N_CELLS)
    goals = level.find(GOAL)
    for row, column in goals:
        probabilities[row * MAX_SIZE + column] = 1 / len(goals)
    return probabilities


def ruled_out(tables: Tables) -> Bools:
    """Return the cells that cannot be the goal, given what is visible in each state [S, N_CELLS].

    These are cells outside the map, and cells within sight that do not look like floor. A visible
    goal rules out all other cells.
    """
    level = tables.level
    if level.goal == "visible":
        elsewhere: Bools = np.tile(goal_distribution(level) == 0, (tables.n_states, 1))
        return elsewhere
    solid, outside = np.zeros((MAX_SIZE, MAX_SIZE), bool), np.ones((MAX_SIZE, MAX_SIZE), bool)
    solid[: level.height, : level.width] = [
        [c not in (FLOOR, GOAL) for c in r] for r in level.tiles
    ]
    outside[: level.height, : level.width] = False
    grid = np.indices(solid.shape)  # [2, 16, 16]
    near = (np.abs(grid - tables.cell[:, :, None, None]) <= VIEW_RADIUS).all(1)  # [S, 16, 16]
    out: Bools = ((near & solid) | outside).reshape(tables.n_states, N_CELLS)
    return out


def on_map(probabilities: Floats, level: Level, n: int) -> Floats:
    """Return probabilities of cells [..., N_CELLS] renumbered as `row * width + column` of the
    level's own map, and padded with zeros to [..., n]."""
    shape = probabilities.shape[:-1]
    grid = probabilities.reshape(*shape, MAX_SIZE, MAX_SIZE)
    inside = grid[..., : level.height, : level.width].reshape(*shape, -1)
    padded = np.zeros((*shape, n))
    padded[..., : inside.shape[-1]] = inside
    return padded


def belief(candidates: Ints, cells: Ints, on_goal: Bools, prior: Floats | None = None) -> Floats:
    """Return the exact posterior [n] over candidates [n, 2] after N steps that ended at `cells`.

    `cells` is [N, 2]. `on_goal` [N] marks the steps that ended on the goal, as the reward and the
    end of the episode reveal. The prior is uniform unless `prior` [n] is given. Raises ValueError
    where no candidate is left.
    """
    n = len(candidates)
    chances = np.full(n, 1 / n) if prior is None else np.array(prior, float)
    at = (np.asarray(cells).reshape(-1, 1, 2) == candidates).all(-1)  # [N, n]
    found = at[np.asarray(on_goal, bool)].any(0)
    chances[at[~np.asarray(on_goal, bool)].any(0)] = 0
    if found.any():
        chances[~found] = 0
    if not chances.sum() > 0:
        raise ValueError("this evidence rules all candidates out")
    result: Floats = chances / chances.sum()
    return result

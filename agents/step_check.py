"""A check of the steps that a learner yields, before the window relies on their shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.learner import AgentError
from game.session.trace import MAP_NAMES, AdaptationStep, ExperienceMaps
from game.world.batch import GridBatch
from game.world.tables import N_ACTIONS

OPTIONAL = ("return_exact", "belief", "drawn", "walk_returns", "push")  # arrays that may be None


def check_step(step: object, number: int, batch: GridBatch) -> None:
    """Check the adaptation step with this number, of a batch of tasks. Raises AgentError."""
    problem = _problem(step, number, batch)
    if problem:
        raise AgentError(f"adaptation step {number} cannot be shown: {problem}")


def _problem(step: object, number: int, batch: GridBatch) -> str:
    """Return what is wrong with a step, or ""."""
    if not isinstance(step, AdaptationStep):
        return f"it is no AdaptationStep, but of type {type(step).__name__}"
    for name in ("step", "episodes", "gradient_steps"):
        value = getattr(step, name)
        if not isinstance(value, int | np.integer) or value < 0:
            return f"'{name}' is {value!r:.60}"
    if step.step != number:
        return f"'step' is {step.step}"
    for name, shape in _shapes(batch).items():
        array = getattr(step, name)
        if array is None and name in OPTIONAL:
            continue
        if problem := _array_problem(name, array, shape):
            return problem
    if problem := _maps_problem(step.maps, batch):
        return problem
    for name, end in (("paths", batch.n_states), ("moves", batch.n_actions)):
        array = getattr(step, name)
        if not array.size or array.dtype.kind not in "iu":
            return f"'{name}' has no integers"
        if array.min() < -1 or array.max() >= end:
            return f"'{name}' has values that are not -1 to {end - 1}"
    return ""


def _array_problem(name: str, array: Any, shape: tuple[int | str, ...]) -> str:
    """Return what is wrong with an array that should have a shape, or ""."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufb":
        return f"'{name}' is no numpy array of numbers"
    if not _fits(array.shape, shape):
        return f"'{name}' has the shape {array.shape}, not ({', '.join(map(str, shape))})"
    return "" if np.isfinite(array).all() else f"'{name}' is not finite"


def _maps_problem(maps: object, batch: GridBatch) -> str:
    """Return what is wrong with the maps of a step, or ""."""
    if maps is None:
        return ""
    if not isinstance(maps, ExperienceMaps):
        return f"'maps' are no ExperienceMaps, but of type {type(maps).__name__}"
    tasks = len(batch.tables)
    shapes: dict[str, tuple[int | str, ...]] = {}
    shapes |= dict.fromkeys(MAP_NAMES, (tasks, _cells(batch)))
    shapes |= {"controls": (tasks, N_ACTIONS, N_ACTIONS), "goal_hidden": (tasks,)}
    found = (_array_problem(f"maps.{n}", getattr(maps, n), shape) for n, shape in shapes.items())
    return next(filter(None, found), "")


def _shapes(batch: GridBatch) -> dict[str, tuple[int | str, ...]]:
    """Return the shape of each array of a step; words stand for any number."""
    tasks, horizon = len(batch.tables), batch.horizon
    return {
        "env_steps": (tasks,),
        "return_sampled": (tasks,),
        "return_exact": (tasks,),
        "action_probs": (tasks, batch.n_states, batch.n_actions),
        "paths": (tasks, "episodes", horizon + 1),
        "moves": (tasks, "episodes", horizon),
        "belief": (tasks, horizon, _cells(batch)),
        "drawn": (tasks, horizon, "answers"),
        "walk_returns": (tasks, "episodes"),
        "push": (tasks, "states", batch.n_actions),
    }


def _cells(batch: GridBatch) -> int:
    """Return the number of cells of the largest map of a batch."""
    return max(tables.level.height * tables.level.width for tables in batch.tables)


def _fits(found: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    """Whether a shape is the wanted one."""
    pairs = zip(found, wanted)
    return len(found) == len(wanted) and all(isinstance(b, str) or a == b for a, b in pairs)

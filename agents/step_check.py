"""A check of the steps that a learner yields, before the window relies on their shapes."""

from __future__ import annotations

import numpy as np

from agents.learner import AgentError
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch
from game.world.tables import N_ACTIONS

OPTIONAL = ("return_exact", "belief", "drawn")  # arrays that may be None


def check_step(step: object, number: int, batch: GridBatch) -> None:
    """Check the adaptation step with this number, of a batch of one task. Raises AgentError."""
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
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufb":
            return f"'{name}' is no numpy array of numbers"
        if not _fits(array.shape, shape):
            return f"'{name}' has the shape {array.shape}, not ({', '.join(map(str, shape))})"
        if not np.isfinite(array).all():
            return f"'{name}' is not finite"
    for name, end in (("paths", batch.n_states), ("moves", N_ACTIONS)):
        array = getattr(step, name)
        if not array.size or array.dtype.kind not in "iu":
            return f"'{name}' has no integers"
        if array.min() < -1 or array.max() >= end:
            return f"'{name}' has values that are not -1 to {end - 1}"
    return ""


def _shapes(batch: GridBatch) -> dict[str, tuple[int | str, ...]]:
    """Return the shape of each array of a step of one task; words stand for any number."""
    level, horizon = batch.tables[0].level, batch.horizon
    return {
        "env_steps": (1,),
        "return_sampled": (1,),
        "return_exact": (1,),
        "action_probs": (1, batch.n_states, N_ACTIONS),
        "paths": (1, "episodes", horizon + 1),
        "moves": (1, "episodes", horizon),
        "belief": (1, horizon, level.height * level.width),
        "drawn": (1, horizon, "answers"),
    }


def _fits(found: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    """Whether a shape is the wanted one."""
    pairs = zip(found, wanted)
    return len(found) == len(wanted) and all(isinstance(b, str) or a == b for a, b in pairs)

"""The choice of a step size for learners that do not learn it: one grid for all of them.

The configured step size times each multiplier is tried on validation tasks. `train` does so at
every validation, and `scratch` is tuned alike before it is compared with other agents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

MULTIPLIERS = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)  # of the configured step size
VALIDATION_TASKS = 64  # tasks in a validation, at most
VALIDATION_RUNS = 64  # pairs of task and adaptation seed in a validation, with at most 8 seeds


def validation_seeds(n_tasks: int) -> range:
    """Return the adaptation seeds of a validation on this number of tasks."""
    return range(min(8, -(-VALIDATION_RUNS // n_tasks)))


def best_multiplier(values: Mapping[float, float]) -> float:
    """Return the multiplier with the highest mean score; of equals, the one nearest to 1."""
    return max(values, key=lambda m: (values[m], -abs(math.log(m))))

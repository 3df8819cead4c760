"""Whether a level is hard for agents of a kind, and why, where that is known."""

from __future__ import annotations

import numpy as np

from game.tasks.evaluated_levels import HARD, Expectation
from game.text.percentage import percentage
from game.world.planner import optimal_path
from game.world.rules import Bools
from game.world.tables import Tables

MANY_STATES = 1000
MOST_WORK = 1_000_000  # states times steps whose optimal path is found without a noticeable pause


def hard_level(tables: Tables | None, expected: Expectation | None) -> str:
    """Return that a level is hard for agents of a kind, and why; "" if it is not, or not known."""
    if tables is None or expected is None or expected.mean[-1] >= HARD:
        return ""
    reasons = [f"{tables.n_states:,} states"] if tables.n_states >= MANY_STATES else []
    reasons += ["danger on the way"] if _has_danger_on_the_way(tables) else []
    why = f" ({', '.join(reasons)})" if reasons else ""
    score = percentage(max(expected.mean[-1], 0))
    return f"Hard for this agent{why}: on test levels like this one it ends at a score of {score}."


def _has_danger_on_the_way(tables: Tables) -> bool:
    """Whether a wrong move on an optimal path ends the episode without a goal."""
    if tables.n_states * tables.level.steps > MOST_WORK:
        return False
    deadly: Bools = tables.over & ~tables.goal
    states, _ = optimal_path(tables)
    on_the_way = states[~tables.over[states]]
    return bool(deadly[np.asarray(tables.next_state)[on_the_way]].any())

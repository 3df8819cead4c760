"""Checks of the arguments of environments, of their resets and of their options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from game.env.observation_rows import OBSERVATION_BYTES, OBSERVATIONS
from game.tasks.sources import playable, require_choice
from game.tasks.task import Task
from game.world.rules import Ints

RENDER_MODES = ("ansi", "rgb_array")
MAX_ENVS = 1_000_000
MAX_GIGABYTES = 1.0  # of tables and observations of a vector environment
TABLE_BYTES = 1_000  # at most, of each state in all tables together
TASK, RESET_MASK = "task", "reset_mask"  # keys of `options`


def check_settings(observation: Any, resample: Any, render_mode: Any) -> None:
    """Raise TypeError or ValueError for settings that no environment has."""
    require_choice("observation", observation, OBSERVATIONS)
    if not isinstance(resample, bool | np.bool_):
        raise TypeError(f"resample must be True or False, not {_kind(resample)}")
    if render_mode is not None:
        require_choice("render_mode", render_mode, RENDER_MODES)


def check_count(num_envs: Any) -> None:
    """Raise TypeError or ValueError unless there can be so many environments."""
    if not _is_integer(num_envs):
        raise TypeError(f"num_envs must be an integer, not {_kind(num_envs)}")
    if not 1 <= num_envs <= MAX_ENVS:
        raise ValueError(f"num_envs must be from 1 to {MAX_ENVS:,}")


def check_memory(num_envs: int, n_tasks: int, n_states: int, observation: str) -> None:
    """Raise ValueError where tables and observations would need more than MAX_GIGABYTES."""
    row = OBSERVATION_BYTES[observation]
    # an environment has an observation and the bounds of its space
    size = n_tasks * n_states * (TABLE_BYTES + row) + num_envs * 4 * row
    if size > MAX_GIGABYTES * 1e9:
        what = f"{num_envs:,} environments over tables of {n_tasks:,} x {n_states:,} states"
        todo = "use fewer environments, smaller levels or observation='codes' or 'state'"
        limit = f"over the limit of {MAX_GIGABYTES:g} GB"
        raise ValueError(f"{what} need {size / 1e9:.1f} GB, {limit} - {todo}")


def check_seed(seed: Any) -> None:
    """Raise TypeError or ValueError unless this is a seed, or None."""
    if seed is None:
        return
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"a seed must be an int or None, not {_kind(seed)}")
    if seed < 0:
        raise ValueError("a seed must not be negative")


def seeds_of(seed: Any, num_envs: int) -> Sequence[int | None]:
    """Return a seed for each environment: those of a list, or consecutive ones from an int on.

    Without a seed there are none.
    """
    if not isinstance(seed, list | tuple):
        check_seed(seed)
        return [] if seed is None else range(seed, seed + num_envs)
    for one in seed:
        check_seed(one)
    if len(seed) != num_envs:
        raise ValueError(f"a list of seeds must have {num_envs}, one per environment")
    return seed


def check_options(options: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the options of a reset. Raises TypeError or ValueError for unknown ones."""
    if not isinstance(options, dict | None):
        raise TypeError(f"options must be a dict or None, not {_kind(options)}")
    for name in options or {}:
        require_choice("option", name, names)
    return options or {}


def masked(mask: Any, num_envs: int) -> Ints:
    """Return the environments [n] in Gymnasium's mask of those to reset.

    Raises TypeError or ValueError for anything else.
    """
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        kind = mask.dtype if isinstance(mask, np.ndarray) else _kind(mask)
        raise TypeError(f"'{RESET_MASK}' must be a numpy array of bool, not {kind}")
    if mask.shape != (num_envs,):
        raise ValueError(f"'{RESET_MASK}' must have the shape {(num_envs,)}, not {mask.shape}")
    if not mask.any():
        raise ValueError(f"'{RESET_MASK}' must be True for at least one environment")
    return np.flatnonzero(mask)


def task_of(options: dict[str, Any]) -> Task | None:
    """Return the task that the options name. Raises as `playable` does, and for several tasks."""
    source = options.get(TASK)
    if source is None:
        return None
    found = playable(source, argument=TASK)
    if found.unlimited or len(found.tasks) != 1:
        raise ValueError(f"'{TASK}' must be a single task, not a distribution - give one Task")
    return found.tasks[0]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return type(value).__name__

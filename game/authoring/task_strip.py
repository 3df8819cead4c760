"""A few tasks of a level side by side, each with what distinguishes it from the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from game.tasks.family import count_tasks, draw_tasks, family
from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.level import Level
from game.text.tiles import BY_CHAR, DIRECTIONS
from game.text.values import Range, moves_of

STRIP = 6  # tasks
MOST_DRAWN = 60  # tasks that are drawn to find distinct ones
SIGNS = dict(zip(DIRECTIONS, "↑↓←→"))
_GOAL = re.compile(r"row (\d+) column (\d+)")


@dataclass(frozen=True)
class StripTask:
    """A task, and what was drawn for it as (name, value) in short words."""

    task: Task
    signs: tuple[tuple[str, str], ...] = ()

    @property
    def caption(self) -> str:
        """The signs in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.signs)


def draw_strip(level: Level, name: str = "", seed: int = 0, n: int = STRIP) -> list[StripTask]:
    """Return up to n distinct tasks of a level; another seed gives others.

    A level with fewer tasks has all of them in the strip. The signs of a task are those that are
    not the same for all of them.
    """
    tasks = _choose(level, name, np.random.default_rng(seed), n)
    signs = [_signs(task) for task in tasks]
    return [
        StripTask(task, tuple(sign for sign in own if _differs(sign, signs)))
        for task, own in zip(tasks, signs)
    ]


def _choose(level: Level, name: str, rng: np.random.Generator, n: int) -> list[Task]:
    """Return up to n distinct tasks: all of a small family in its own order, else random ones."""
    has_ranges = any(isinstance(value, Range) for value in drawable_values(level).values())
    if not has_ranges and count_tasks(level) <= n:
        return list(family(level, name))
    chosen: dict[str, Task] = {}
    for task in islice(draw_tasks(level, name, rng), MOST_DRAWN):
        chosen.setdefault(task.id, task)
        if len(chosen) == n:
            break
    return list(chosen.values())


def _differs(sign: tuple[str, str], signs: Sequence[Sequence[tuple[str, str]]]) -> bool:
    """Whether some task of the strip lacks a sign."""
    return any(sign not in own for own in signs)


def _signs(task: Task) -> list[tuple[str, str]]:
    """Return what was drawn for a task in short words."""
    return [_sign(label, value) for label, value in task.drawn]


def _sign(label: str, value: str) -> tuple[str, str]:
    """Return name and value of a draw in short words."""
    if label == "goal" and (place := _GOAL.fullmatch(value)):
        return label, f"{place[1]},{place[2]}"
    if label == "variant":
        return "map", value
    if label == "controls":
        return label, "".join(SIGNS.get(move, "·") for move in moves_of(value))
    first, _, rest = label.partition(" ")
    if first == "cost":
        return rest, value
    if first in BY_CHAR and rest:
        return f"{BY_CHAR[first].name} {rest}", value
    return label, value

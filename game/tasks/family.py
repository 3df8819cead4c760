"""The tasks of a level family: all of them, one by number, or a random one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from game.tasks.task import Task
from game.text.drawn_values import drawable_values, nominal, place_goal, with_values
from game.text.level import MIRROR, ROTATE, Level
from game.text.tiles import CANDIDATE
from game.text.values import OneOf, Range, Value, text_of
from game.text.variants import MIRRORED, variants

SIDED_SLIPS = ("slip left", "slip right")  # labels of sets that a mirror swaps

Sets = dict[str, tuple[float | str, ...]]  # members by label


def _sets(level: Level) -> Sets:
    """Return the members of each set by its label."""
    drawable = drawable_values(level)
    return {label: v.members for label, v in drawable.items() if isinstance(v, OneOf)}


def _sizes(level: Level, sets: Sets) -> tuple[int, ...]:
    """Return the numbers of candidate goals, of variants, and of members of each set."""
    rotations = 4 if ROTATE in level.vary else 1
    reflections = 2 if MIRROR in level.vary else 1
    sizes = map(len, sets.values())
    return max(1, len(level.find(CANDIDATE))), rotations * reflections, *sizes


def count_tasks(level: Level) -> int:
    """Return the number of tasks that `nth_task` numbers.

    Identical variants of a symmetric map are counted separately. A range counts as one task.
    """
    return math.prod(_sizes(level, _sets(level)))


def nth_task(level: Level, index: int, name: str) -> Task:
    """Return the task with this number, from 0 to `count_tasks(level)` - 1.

    The number encodes a candidate goal, a variant and a member of each set. Values of ranges are
    drawn with a seed that depends on the task, so that the same number gives the same task.
    """
    task = _without_ranges_drawn(level, _sets(level), index, name)
    if task.member is None:
        return task
    return redraw_ranges(task, np.random.default_rng(int(task.kind, 16)))


def _without_ranges_drawn(level: Level, sets: Sets, index: int, name: str) -> Task:
    """Return the task with this number before the draws from its ranges.

    `sets` are those of the level.
    """
    numbers: list[int] = []
    for size in reversed(_sizes(level, sets)):  # there may be more tasks than numpy can count
        index, number = divmod(index, size)
        numbers.insert(0, number)
    candidate, variant, *members = numbers
    drawn: list[tuple[str, str]] = []
    candidates = level.find(CANDIDATE)
    if candidates:
        row, column = candidates[candidate]
        level = place_goal(level, (row, column))
        sets = _sets(level)
        drawn.append(("goal", f"row {row + 1} column {column + 1}"))
    if variant:
        sides = [list(sets).index(side) for side in SIDED_SLIPS if side in sets]
        label, level = variants(level)[variant]
        drawn.append(("variant", label))
        if label.startswith(MIRRORED) and len(sides) == 2:  # the two sets have changed places
            members[sides[0]], members[sides[1]] = members[sides[1]], members[sides[0]]
        sets = _sets(level)
    chosen: dict[str, Value] = {label: m[i] for (label, m), i in zip(sets.items(), members)}
    drawn += [(label, text_of(value)) for label, value in chosen.items()]
    weight = math.prod(members.count(chosen[label]) for label, members in sets.items())
    shown = nominal(level.shown or level)
    member = with_values(level, chosen)
    if shown != member:
        member = replace(member, shown=shown)
    if not any(isinstance(value, Range) for value in drawable_values(member).values()):
        return Task(member, name, tuple(drawn), weight=weight)
    return Task(member, name, tuple(drawn), member, weight)


def _distinct_numbers(level: Level) -> Iterator[int]:
    """Yield the numbers of tasks, one for the equal members of each set."""
    sets = _sets(level)
    n_candidates, n_variants, *_ = _sizes(level, sets)
    digits: list[list[tuple[int, int]]] = []  # each a number and its base
    for members in (range(n_candidates), range(n_variants), *sets.values()):
        first = {member: i for i, member in reversed(list(enumerate(members)))}
        digits.append([(i, len(members)) for i in sorted(first.values())])
    for chosen in itertools.product(*digits):
        index = 0
        for digit, base in chosen:
            index = index * base + digit
        yield index


def redraw_ranges(task: Task, rng: np.random.Generator) -> Task:
    """Return the task with new draws from its ranges."""
    if task.member is None:
        return task
    ranges = {k: v for k, v in drawable_values(task.member).items() if isinstance(v, Range)}
    chosen: dict[str, Value] = {label: r.at(rng.random()) for label, r in ranges.items()}
    replaced = {*ranges, *("wind" for label in ranges if label.startswith("wind "))}
    kept = [(label, text) for label, text in task.drawn if label not in replaced]
    drawn = (*kept, *((label, text_of(value)) for label, value in chosen.items()))
    new = replace(task, level=with_values(task.member, chosen), drawn=drawn)
    if "kind" in vars(task):  # all draws have the same, which takes long to find
        vars(new)["kind"] = task.kind
    return new


def draw_task(level: Level, name: str, rng: np.random.Generator) -> Task:
    """Return a uniformly random task of a level."""
    return next(draw_tasks(level, name, rng))


def draw_tasks(level: Level, name: str, rng: np.random.Generator) -> Iterator[Task]:
    """Yield uniformly random tasks of a level. The same member is made once."""
    sets = _sets(level)
    choices = math.prod(_sizes(level, sets))
    made: dict[int, Task] = {}
    while True:
        index = int(rng.random() * choices) if choices > 1 else 0
        if index not in made:
            made[index] = _without_ranges_drawn(level, sets, index, name)
        yield redraw_ranges(made[index], rng)


def family(level: Level, name: str) -> Iterator[Task]:
    """Yield every distinct task of a level once, in a fixed order."""
    seen: set[str] = set()
    for index in _distinct_numbers(level):
        task = nth_task(level, index, name)
        if task.id not in seen:
            seen.add(task.id)
            yield task

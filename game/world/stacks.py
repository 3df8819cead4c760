"""Levels stacked into one tall level, so that one array operation treats the cells of all.

On small levels, numpy takes longer to begin an operation than to carry it out. Levels that differ
in nothing but their maps are therefore put one below the other, with rows of walls between them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace

from game.text.level import Level
from game.text.tiles import WALL

MOST_CELLS = 8_192  # of a stack of several levels
# the fields of a level that say what its map does
_RULES = tuple(
    field.name
    for field in fields(Level)
    if field.compare and field.name not in ("rows", "title", "author", "description", "steps")
)


@dataclass(frozen=True)
class Stack:
    """Some levels of a sequence in one tall level."""

    level: Level  # of a single level, that level itself
    members: list[int]  # their places in the sequence
    tops: list[int]  # the row of the tall level in which each begins


def stacked(
    levels: Sequence[Level], gap: int, kind_of: Callable[[Level], Hashable] = lambda level: ""
) -> list[Stack]:
    """Return the levels in stacks of one width, one kind and the same rules, with `gap` rows of
    walls between the maps. A level whose kind is None has a stack of its own."""
    stacks: list[list[int]] = []
    open_stacks: dict[Hashable, tuple[list[int], int]] = {}  # members of a stack, and its cells
    for i, level in enumerate(levels):
        kind = kind_of(level)
        key = (kind, level.width, *(getattr(level, name) for name in _RULES))
        members, cells = open_stacks.get(key, ([], 0))
        cells += (level.height + gap) * level.width
        if kind is None or not members or cells > MOST_CELLS:
            members, cells = [], (level.height + gap) * level.width
            stacks.append(members)
        members.append(i)
        open_stacks[key] = members, cells
    return [_stack(levels, members, gap) for members in stacks]


def _stack(levels: Sequence[Level], members: list[int], gap: int) -> Stack:
    """Return some of the levels, which are alike but for their maps, as a stack."""
    first = levels[members[0]]
    if len(members) == 1:
        return Stack(first, members, [0])
    between = (WALL * first.width,) * gap
    rows: tuple[str, ...] = ()
    tops = []
    for i in members:
        tops.append(len(rows))
        rows += levels[i].rows + between
    return Stack(replace(first, rows=rows), members, tops)

"""Levels whose number of states makes training on their pack slow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from types import MappingProxyType

import numpy as np

from game.tasks.distribution import SPLITS
from game.tasks.family import nth_task
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import Pack
from game.text.drawn_values import drawable_values, with_values
from game.text.level import Level
from game.text.values import OneOf
from game.world.features import MAX_SIZE
from game.world.tables import TooLarge, compile_level

MOST_STATES = 2000  # of a task that learners train on
USUAL_STATES = 100  # what a level without pack-mates is compared with
FIXED_COST = 130  # of a task in an iteration, in states; measured with maml
SLOWER = 3.0  # a level is named if it makes an iteration this many times as slow
MOST_CHOICES = 32  # of kinds of patrols that are tried
MOST_TASKS = 16  # generated tasks that are compiled
NOTHING: Mapping[Level, int] = MappingProxyType({})
KIND = " kind"  # ends the labels of the kinds of patrols


def slow_levels(pack: Pack) -> list[str]:
    """Return a line, with its place, on each level that makes training on a pack slow.

    One task of each level is compiled, and a few of a pack that generates its levels.
    """
    if pack.levels:
        return [f"{level.where}{what}" for level, what in find_slow_levels(pack.levels)]
    listed = [task for name in SPLITS for task in pack.split(name).tasks]
    chosen = np.random.default_rng(0).permutation(len(listed))[:MOST_TASKS]
    found = [count_states(listed[i].level) for i in chosen]
    states = max(found, default=0)
    if states <= MOST_STATES:
        return []
    return [f"{pack.path / PACK_FILE}:1:1: {_cost_text(states, USUAL_STATES, alone=True)}"]


def find_slow_levels(
    levels: Sequence[Level], known: Mapping[Level, int] = NOTHING
) -> Iterator[tuple[Level, str]]:
    """Yield the levels of a pack that make training slow, each with what is wrong.

    A level is slow if it has over MOST_STATES states, or many more than its pack-mates. Levels that
    agents cannot observe are left out. `known` are the numbers of states of some tasks.
    """
    states = [count_states(level, known) for level in levels]
    for i, level in enumerate(levels):
        others = [n for n in states[:i] + states[i + 1 :] if n]
        usual = float(np.median(others)) if others else USUAL_STATES
        large = states[i] > MOST_STATES
        if large or (others and _slowdown(states[i], usual) >= SLOWER):
            if _slowdown(states[i], usual) < SLOWER:  # the others are as large
                usual, others = USUAL_STATES, []
            yield level, _cost_text(states[i], usual, alone=not others)


def _slowdown(states: int, usual: float) -> float:
    """Return the time of an iteration with so many states, relative to the usual number."""
    return (FIXED_COST + states) / (FIXED_COST + usual)


def _cost_text(states: int, usual: float, alone: bool) -> str:
    """Return the warning about a level with so many states."""
    as_with = f"{usual:,.0f}" if alone else f"the {usual:,.0f} of the pack's other levels"
    return (
        f"{states:,} states a task make an iteration of training about "
        f"{_slowdown(states, usual):.0f} times as slow as {as_with} - "
        "use a smaller map, or fewer opponents, coins and keys"
    )


def count_states(level: Level, known: Mapping[Level, int] = NOTHING) -> int:
    """Return the number of states of a task of the level, the largest over its kinds of opponents.

    `known` are the numbers of some tasks, by their levels. Returns 0 where agents cannot observe
    the level, or where it is too large for any use.
    """
    if max(level.height, level.width) > MAX_SIZE:
        return 0
    kinds = {
        label: value.members
        for label, value in drawable_values(level).items()
        if label.endswith(KIND) and isinstance(value, OneOf)
    }
    choices = islice(product(*kinds.values()), MOST_CHOICES)
    try:
        tasks = [nth_task(with_values(level, dict(zip(kinds, one))), 0, "") for one in choices]
        found = [known.get(one.level) or compile_level(one.level).n_states for one in tasks]
        return max(found)
    except TooLarge:
        return 0

"""Packs of `kind = "tables"`: tasks with a world of their own, made from a few numbers.

What is drawn with a seed has an endless number of training tasks: seeds below FIRST_SEED are those
of validation and test, and training draws from the others. Where cells are drawn, all tasks are
listed and divided as those of level files.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from game.tasks.authored_splits import (
    ALIKE,
    FEWEST_TO_DIVIDE,
    AlikeTable,
    ShareTable,
    alike_sizes,
    alike_splits,
    divide_by_share,
    held_out_counts,
    read_alike,
    shares_of,
)
from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.pack_file import PackFile
from game.tasks.task import Task
from game.text.level import MAX_STEPS, Level
from game.text.values import meant
from game.text.worlds import MOST_SEED, WORLDS, SettingValue, World, WorldKind, make_world, map_of

KIND = "tables"
FIRST_SEED = 1_000_000  # of training tasks
MOST_HELD_OUT = 10_000  # tasks for validation and test together
SMALLEST, LARGEST = 2, 16  # side of a room


@dataclass(frozen=True)
class TablesTable:
    """The [tables] table of a pack.toml, without the settings of the world."""

    world: str
    title: str = ""
    steps: int = 0
    size: int = 9
    validation: int = 50
    test: int = 100


@dataclass(frozen=True)
class TablesPack:
    """A pack of tasks with a world: its settings are given, or drawn for each task."""

    source: PackFile
    table: TablesTable
    given: dict[str, SettingValue]
    split: dict[str, Any]

    @property
    def kind(self) -> WorldKind:
        return WORLDS[self.table.world]

    @property
    def n_actions(self) -> int:
        """The number of actions of every task."""
        return self._world(self._drawn_first()).n_actions

    @property
    def is_listed(self) -> bool:
        """Whether all tasks are listed: cells are drawn."""
        return any(setting.is_cell for setting in self.kind.settings)

    def sizes(self) -> dict[str, int | None]:
        """Return the number of tasks of each split, None for no end of them, without making them.

        Raises PackError.
        """
        if not self.is_listed:
            return {"train": None, "validation": self.table.validation, "test": self.table.test}
        n, shares = len(self._cells()) ** 2, self._shares()
        if isinstance(shares, AlikeTable):
            return dict(zip(SPLITS, [n, *alike_sizes(n, shares)]))
        if n < FEWEST_TO_DIVIDE:
            return {"train": 0, "validation": 0, "test": n}
        validation, test = held_out_counts(n, shares)
        return {"train": n - validation - test, "validation": validation, "test": test}

    def splits(self) -> dict[str, TaskDistribution]:
        """Return the splits. Raises PackError."""
        if not self.is_listed:
            return self._seeded_splits()
        names = [setting.name for setting in self.kind.settings]
        pairs = itertools.product(self._cells(), repeat=len(names))
        tasks = [self.task(dict(zip(names, cells)), i + 1) for i, cells in enumerate(pairs)]
        shares = self._shares()
        if isinstance(shares, AlikeTable):
            return alike_splits(tasks, shares)
        return divide_by_share(tasks, shares)

    def task(self, drawn: dict[str, SettingValue], number: int) -> Task:
        """Return the task with these drawn settings."""
        world = self._world(drawn)
        title = f"{self.table.title or self.kind.name} {number}"
        level = Level(map_of(world, self.table.size), steps=self.table.steps, world=world)
        words = str(World(world.kind, tuple(drawn.items()))).split()[1:]
        notes = (word.partition("=") for word in words)
        return Task(level, title, tuple((name, value) for name, _, value in notes))

    def draw(self, rng: np.random.Generator) -> Task:
        """Return a training task with a new seed."""
        seed = int(rng.integers(FIRST_SEED, MOST_SEED + 1))
        return self.task({"seed": seed}, seed)

    def _world(self, drawn: dict[str, SettingValue]) -> World:
        return make_world(self.kind.name, self.given | drawn)

    def _drawn_first(self) -> dict[str, SettingValue]:
        """Return the drawn settings of some task."""
        return {s.name: (1, 1) if s.is_cell else 0 for s in self.kind.settings if s.is_drawn}

    def _cells(self) -> list[tuple[int, int]]:
        sides = range(1, self.table.size + 1)
        return list(itertools.product(sides, sides))

    def _shares(self) -> tuple[float, float, float] | AlikeTable:
        """Return the shares of the splits, or how they share their tasks. Raises PackError."""
        how = self.split.get("by", "share")
        if how == ALIKE:
            return read_alike(self.source, self.split)
        if how != "share":
            raise self.source.error("by", f"is unknown here - use 'share' or '{ALIKE}'")
        return shares_of(self.source, self.source.fill(ShareTable, self.split, "split"))

    def _seeded_splits(self) -> dict[str, TaskDistribution]:
        n_test, n = self.table.test, self.table.test + self.table.validation
        tasks = tuple(self.task({"seed": seed}, seed) for seed in range(n))
        return {
            "train": TaskDistribution("train", draw=partial(TablesPack.draw, self)),
            "validation": TaskDistribution("validation", tasks[n_test:]),
            "test": TaskDistribution("test", tasks[:n_test]),
        }


def read_tables(source: PackFile, table: dict[str, Any], split: dict[str, Any]) -> TablesPack:
    """Return the pack that the tables [tables] and [split] of a pack.toml describe.

    Raises PackError.
    """
    world = table.get("world")
    if world not in WORLDS:
        raise source.error("world", f"is unknown - {meant(str(world), tuple(WORLDS))}", KIND)
    kind = WORLDS[world]
    own = [field.name for field in fields(TablesTable)]
    settings = {setting.name: setting for setting in kind.settings if not setting.is_drawn}
    for name in table:
        if name not in (*own, *settings):
            what = f"is not known here - {meant(name, (*own, *settings))}"
            raise source.error(name, what, KIND)
    chosen = source.fill(TablesTable, {n: v for n, v in table.items() if n in own}, KIND)
    given: dict[str, SettingValue] = {}
    for name, setting in settings.items():
        value, form = table.get(name), f"a whole number from {setting.low} to {setting.high}"
        if name not in table:
            raise source.error(KIND, f"lacks '{name}' - write {form}")
        if type(value) is not int or not setting.low <= value <= setting.high:
            raise source.error(name, f"is {value!r}, and should be {form}", KIND)
        given[name] = value
    _check_numbers(source, chosen)
    pack = TablesPack(source, chosen, given, split)
    if split and not pack.is_listed:
        raise source.error("split", "does not go with tasks that are drawn with a seed - remove it")
    return pack


def _check_numbers(source: PackFile, table: TablesTable) -> None:
    """Raise PackError where a number is out of range."""
    if not 1 <= table.steps <= MAX_STEPS:
        key = "steps" if table.steps else KIND
        todo = f"write 'steps', the steps of an episode, from 1 to {MAX_STEPS:,}"
        raise source.error(key, f"has no episodes of such a length - {todo}", KIND)
    if not SMALLEST <= table.size <= LARGEST:
        raise source.error("size", f"is out of range - use {SMALLEST} to {LARGEST}", KIND)
    if min(table.validation, table.test) < 0 or table.validation + table.test > MOST_HELD_OUT:
        what = f"has a negative number or over {MOST_HELD_OUT:,} tasks - correct the numbers"
        raise source.error(KIND, what)

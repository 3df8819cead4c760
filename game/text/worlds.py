"""Worlds with other rules than the grid's: their kinds, and the header line `world:`.

A world is a small task known from the literature. One line says which, and the numbers of its
rules are drawn with a seed of that line, so that the whole task is one short text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from game.text.tiles import ACTIONS, BY_NAME, FLOOR, START, WALL
from game.text.values import Fault, meant, quote, raise_all, read_pairs

SettingValue: TypeAlias = int | tuple[int, int]  # a number; or row and column of a cell, from 1
MOST_SEED = 999_999_999
WIDEST_ROW = 10  # arms of a bandit in one row of its map
WORLD_TILES = (START, FLOOR, WALL)  # the only tiles on the map of a world


@dataclass(frozen=True)
class WorldSetting:
    """A setting of a world: a whole number in a range, or a cell of its map."""

    name: str
    low: int = 1
    high: int = 256
    is_cell: bool = False
    is_drawn: bool = False  # whether it is what tells the tasks of one pack from each other
    tile: str = ""  # that pictures show in the cell

    def read(self, text: str, at: int) -> SettingValue:
        """Read the setting's value. Raises Fault."""
        form = r"[0-9]{1,9},[0-9]{1,9}" if self.is_cell else "[0-9]{1,9}"
        if not re.fullmatch(form, text):
            what = "row and column of a cell, from 1" if self.is_cell else "a whole number"
            example = "3,4" if self.is_cell else str(self.low)
            todo = f"write it as {self.name}={example}"
            raise Fault(f"{self.name} {quote(text)} is not {what}", todo, at)
        numbers = [int(part) for part in text.split(",")]
        if not all(self.low <= number <= self.high for number in numbers):
            todo = (
                f"write {'numbers' if self.is_cell else 'a number'} from {self.low} to {self.high}"
            )
            raise Fault(f"{self.name} {quote(text)} is out of range", todo, at)
        return (numbers[0], numbers[1]) if self.is_cell else numbers[0]


@dataclass(frozen=True)
class WorldKind:
    """A kind of world."""

    name: str
    settings: tuple[WorldSetting, ...]
    hidden: str
    """What agents do not observe of it, in words."""
    example: str
    """The settings as text, for messages."""
    by_moves: bool = False
    """Whether its actions are the five moves of the grid."""

    def find(self, name: str) -> WorldSetting:
        """Return the setting of this name."""
        return next(one for one in self.settings if one.name == name)


_SEED = WorldSetting("seed", 0, MOST_SEED, is_drawn=True)
WORLDS: dict[str, WorldKind] = {
    kind.name: kind
    for kind in (
        WorldKind(
            "bandit",
            (WorldSetting("arms", 2, 100), _SEED),
            "how often each arm pays",
            "arms=5 seed=17",
        ),
        WorldKind(
            "mdp",
            (WorldSetting("states", 2, 50), WorldSetting("actions", 2, 20), _SEED),
            "rewards and transitions",
            "states=10 actions=5 seed=17",
        ),
        WorldKind(
            "key-to-door",
            (
                WorldSetting("key", is_cell=True, is_drawn=True, tile=BY_NAME["key"].char),
                WorldSetting("door", is_cell=True, is_drawn=True, tile=BY_NAME["door"].char),
            ),
            "key and door",
            "key=3,4 door=7,1",
            by_moves=True,
        ),
    )
}


@dataclass(frozen=True)
class World:
    """The rules of a level in place of the grid's: a kind, and its settings in their order."""

    kind: str
    settings: tuple[tuple[str, SettingValue], ...]

    def __str__(self) -> str:
        """Return the text behind `world:`."""
        pairs = (f"{name}={_text_of(value)}" for name, value in self.settings)
        return " ".join([self.kind, *pairs])

    @property
    def rules(self) -> WorldKind:
        """The kind of world."""
        return WORLDS[self.kind]

    def number(self, name: str) -> int:
        """Return a setting that is a number."""
        value = dict(self.settings)[name]
        assert isinstance(value, int)
        return value

    def cell(self, name: str) -> tuple[int, int]:
        """Return a setting that is a cell (row, column), from 0."""
        value = dict(self.settings)[name]
        assert isinstance(value, tuple)
        return value[0] - 1, value[1] - 1

    @property
    def things(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """The hidden things that have a cell, as (tile, cell), in the order in which they pay."""
        return tuple((one.tile, self.cell(one.name)) for one in self.rules.settings if one.tile)

    @property
    def n_actions(self) -> int:
        """The number of actions."""
        names = {"bandit": "arms", "mdp": "actions"}
        return self.number(names[self.kind]) if self.kind in names else len(ACTIONS)

    @property
    def n_floors(self) -> int | None:
        """The number of floor cells that its map has beside the start; None for any number."""
        if self.kind == "bandit":
            return self.number("arms")
        return self.number("states") - 1 if self.kind == "mdp" else None


def _text_of(value: SettingValue) -> str:
    return str(value) if isinstance(value, int) else f"{value[0]},{value[1]}"


def read_world(text: str) -> World:
    """Read the text behind `world:`. Raises Fault."""
    word = text.split()[0] if text.split() else ""
    if word not in WORLDS:
        raise Fault(f"unknown world {quote(word)}", meant(word, tuple(WORLDS)))
    kind = WORLDS[word]
    names = [setting.name for setting in kind.settings]
    found: dict[str, SettingValue] = {}

    def read(name: str, value: str, at: int) -> float:
        found[name] = kind.find(name).read(value, at)
        return 0.0

    rest = text[len(word) :]
    todo = f"write it as 'world: {word} {kind.example}'"
    if not rest.strip(" \t"):
        raise Fault(f"the world {quote(word)} lacks its settings", todo)
    # blanks in place of the word keep the places of faults
    given = read_pairs(" " * len(word) + rest, names, read)
    raise_all([Fault(f"'{name}' is missing", todo) for name in names if name not in given])
    return World(word, tuple((name, found[name]) for name in names))


def make_world(kind: str, values: Mapping[str, SettingValue]) -> World:
    """Return a world of a kind with all of its settings."""
    return World(kind, tuple((one.name, values[one.name]) for one in WORLDS[kind].settings))


# --- maps --------------------------------------------------------------------------------------


def map_of(world: World, size: int) -> tuple[str, ...]:
    """Return the rows of a map for a world: a row or more of arms below the start, the states of an
    MDP on a ring, or an open room of `size` x `size` cells with the start in its middle."""
    if world.kind == "bandit":
        return _rows_of_arms(world.number("arms"))
    if world.kind == "mdp":
        return _ring(world.number("states"))
    middle = FLOOR * (size // 2) + START + FLOOR * (size - size // 2 - 1)
    return tuple(middle if row == size // 2 else FLOOR * size for row in range(size))


def _rows_of_arms(arms: int) -> tuple[str, ...]:
    width = min(arms, WIDEST_ROW)
    rows = (FLOOR * min(width, arms - first) for first in range(0, arms, width))
    return tuple(row.ljust(width, WALL) for row in (START.rjust(width // 2 + 1, WALL), *rows))


def _ring(states: int) -> tuple[str, ...]:
    """Return the rim of a rectangle; where there is a cell too many, the last one is wall."""
    half = (states + 1) // 2 + 2
    height = half // 2
    width = half - height
    inner = FLOOR + WALL * (width - 2) + FLOOR
    rows = [START + FLOOR * (width - 1), *[inner] * (height - 2), FLOOR * width][:height]
    rows[-1] = rows[-1][:-1] + WALL if states % 2 else rows[-1]
    return tuple(rows)


def count_tiles(rows: Iterable[str], tile: str) -> int:
    """Return how often rows of a map have a tile."""
    return sum(row.count(tile) for row in rows)

"""A level as data: its map, its header fields, and what may be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from game.text.tiles import BY_CHAR, DIRECTIONS, SETTINGS, TILES
from game.text.values import NORMAL, Value
from game.text.visible import visible

MAX_BYTES = 1 << 20
MAX_STATES = 65_536  # a level with more is refused
STEPS, MAX_STEPS = 50, 10_000  # in an episode: the default, and the limit
MIRROR, ROTATE = "mirror", "rotate"
NO_WIND = "none"
WINDS = dict(zip(("north", "south", "west", "east"), DIRECTIONS))
# names of the tiles that can be entered
NAMES = tuple(dict.fromkeys(tile.name for tile in TILES if tile.passable))


@dataclass(frozen=True)
class Level:
    """One level text, immutable. It may describe a family (candidate goals, `vary`, ranges, sets).

    `rows` are the map's rows, all of one length; `goal_reward` and `step_reward` are in units of
    return; `costs` overrides entering costs by tile name, and `defines` refines tiles by the
    setting's label ("M every"), both in the order of the tile table. `controls` is "normal",
    "shuffled", or the moves of the actions up, down, left and right, as "down up left right".
    `shown` is the level that agents see instead: that of a drawn level has nominal values.
    `file` is the name of the file that it was read from, and `places` are the line numbers of that
    file's header keys and labels, and of its map's first row.
    """

    rows: tuple[str, ...]
    title: str = ""
    author: str = ""
    goal: str = "hidden"
    ends: str = "goal"
    steps: int = STEPS
    goal_reward: float = 1.0
    step_reward: float = -0.1
    costs: tuple[tuple[str, Value], ...] = ()
    slip: Value = 0.0
    controls: str = NORMAL
    wind: str = NO_WIND
    wind_chance: Value = 0.0
    defines: tuple[tuple[str, Value], ...] = ()
    vary: tuple[str, ...] = ()
    shown: Level | None = field(default=None, compare=False, repr=False)
    file: str = field(default="", compare=False, repr=False)
    places: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def where(self) -> str:
        """The place of the map in its file, to begin a message with; "" without a file."""
        return f"{self.file}:{self.places.get('map', 1)}:1: " if self.file else ""

    def find(self, char: str) -> list[tuple[int, int]]:
        """All cells (row, column), from 0, with this tile, in reading order."""
        rows = [(r, row) for r, row in enumerate(self.rows) if char in row]
        return [(r, c) for r, row in rows for c, x in enumerate(row) if x == char]

    def cost(self, char: str) -> Value:
        """The cost of entering a cell of this tile, in units of `step_reward`."""
        tile = BY_CHAR[char]
        return dict(self.costs).get(tile.name, tile.cost)

    def setting(self, label: str) -> Value:
        """A tile's setting by its label, as "I slip": as defined here, or the default."""
        return dict(self.defines).get(label, SETTINGS[label].default)


@dataclass(frozen=True)
class Problem:
    """One problem of a file. `line` and `column` count from 1; `row` is the line's text."""

    file: str
    line: int
    column: int
    what: str
    todo: str
    row: str = ""

    def __str__(self) -> str:
        place = visible(f"{self.file}:{self.line}:{self.column}: {self.what} - {self.todo}")
        return f"{place}\n{self.excerpt()}" if self.row.strip() else place

    def excerpt(self, width: int = 78) -> str:
        """The row, cut to a readable width, and a caret below the column."""
        first = max(0, min(self.column - 1 - width // 2, len(self.row) - width))
        row = self.row[first : first + width]
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in row)
        return f"    {shown}\n    {' ' * (self.column - 1 - first)}^"


class LevelError(Exception):
    """A level file cannot be used; `problems` lists every reason with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is made of the problems: by default it would be made of the message.
        return LevelError, (self.problems,)


Cell = tuple[int, int]  # row and column, from 0

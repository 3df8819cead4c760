"""A level as data: its map, its header fields, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from game.text.tiles import BOXES, BY_CHAR, DIRECTIONS, ICE, SETTINGS, STARTS, TILES
from game.text.values import NORMAL, OneOf, Value
from game.text.visible import visible
from game.text.worlds import World

MAX_BYTES = 1 << 20
MAX_BOXES = 40
MAX_STATES = 65_536  # a level with more is refused
STEPS, MAX_STEPS = 50, 10_000  # in an episode: the default, and the limit
MIRROR, ROTATE = "mirror", "rotate"
NO_WIND = "none"
ENDS_BOXES = "boxes"  # an episode ends when all boxes stand on targets
ANY = "any"  # starts: all cells of ground from which every candidate can be reached
WINDS = dict(zip(("north", "south", "west", "east"), DIRECTIONS))
# names of the cells that can be entered
NAMES = tuple(dict.fromkeys(tile.cost_name for tile in TILES if tile.passable))

Cell = tuple[int, int]  # row and column, from 0
Fields = dict[str, Any]  # fields of Level by name
Rows = tuple[str, ...]
RowPlace = tuple[int, Sequence[int]]  # line of a row; columns of its tiles, and of its end


@dataclass(frozen=True)
class LegendTile:
    """A character of one level: a tile with settings of its own, in the order of LEGEND_SETTINGS.

    Its `title` is for players.
    """

    char: str
    tile: str
    settings: tuple[tuple[str, Value], ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Level:
    """One level text, immutable. It may describe a family (candidate goals, `vary`, ranges, sets).

    `rows` are the map's rows, all of one length, as they are written; `tiles` are the same rows
    with the tile of each `legend` character in its place. `goal_reward` and `step_reward` are in
    units of return; `costs` overrides entering costs by tile name, and `defines` refines tiles by
    the setting's label ("M every"), both in the order of the tile table. A move slips with the
    chance `slip` to one of its two sides, equally likely, and with `slip_left` and `slip_right` to
    that side. `controls` is "normal", "shuffled", "shuffled all", the moves of the actions up,
    down, left and right, as "down up left right", those of all five actions, or a set of these;
    `wind` is a direction, "none", or a set of texts as "east 0.2". `starts` is ANY, or empty where
    the map shows them. `candidates` are the cells of a drawn level that its goal was drawn from,
    where that matters for boxes or starts. `world` are rules in place of the grid's. `shown` is the
    level that agents see instead: that of a drawn level has nominal values, and `hidden` are the
    labels of these. `file` is the name of the file that it was read from, and `places` are the line
    numbers of that file's header keys and labels, and of its map's first row. `row_places` say
    where each row is, where the rows are not simply that line and the next ones.
    """

    rows: tuple[str, ...]
    title: str = ""
    author: str = ""
    description: str = ""
    goal: str = "hidden"
    ends: str = "goal"
    steps: int = STEPS
    goal_reward: float = 1.0
    step_reward: float = -0.1
    costs: tuple[tuple[str, Value], ...] = ()
    slip: Value = 0.0
    slip_left: Value = 0.0
    slip_right: Value = 0.0
    controls: str | OneOf = NORMAL
    wind: str | OneOf = NO_WIND
    wind_chance: Value = 0.0
    defines: tuple[tuple[str, Value], ...] = ()
    legend: tuple[LegendTile, ...] = ()
    starts: str = ""
    candidates: tuple[Cell, ...] = ()
    world: World | None = None
    vary: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    shown: Level | None = field(default=None, compare=False, repr=False)
    file: str = field(default="", compare=False, repr=False)
    places: dict[str, int] = field(default_factory=dict, compare=False, repr=False)
    row_places: tuple[RowPlace, ...] = field(default=(), compare=False, repr=False)

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

    def place(self, cell: Cell) -> tuple[int, int]:
        """Line and column of a cell in the level's file, from 1."""
        row, column = cell
        if row < len(self.row_places):
            return place_in_row(self.row_places[row], column + 1)
        return self.places.get("map", 1) + row, column + 1

    @property
    def tiles(self) -> Rows:
        """The map's rows with nothing but tiles of the table."""
        return _tiles(self.rows, self.legend) if self.legend else self.rows

    @property
    def chars(self) -> set[str]:
        """The characters that the map has."""
        return set("".join(self.rows))

    def find(self, *tiles: str) -> list[Cell]:
        """All cells (row, column), from 0, with one of these tiles, in reading order."""
        rows = self.tiles
        whole = "".join(rows)
        wanted = "".join(tile for tile in tiles if tile in whole)
        if not wanted:
            return []
        return [(r, c) for r, row in enumerate(rows) for c, x in enumerate(row) if x in wanted]

    def tile(self, char: str) -> str:
        """The tile that a character of the map stands for."""
        if not self.legend:
            return char
        one = self.legend_tile(char)
        return one.tile if one else char

    def legend_tile(self, char: str) -> LegendTile | None:
        """The legend's line for a character; None where it has none."""
        return next((one for one in self.legend if one.char == char), None)

    def with_tiles(self, changes: Mapping[str, str]) -> Level:
        """The level with some tiles replaced by others, wherever the map has them."""
        table: dict[str, str | int | None]
        table = {char: changes[t] for char in self.chars if (t := self.tile(char)) in changes}
        rows = tuple(row.translate(str.maketrans(table)) for row in self.rows)
        return replace(self, rows=rows)

    def cost(self, char: str) -> Value:
        """The cost of entering a cell of this character, in units of `step_reward`."""
        own = self._own(char).get("cost")
        tile = BY_CHAR[self.tile(char)]
        return dict(self.costs).get(tile.cost_name, tile.cost) if own is None else own

    def setting(self, label: str) -> Value:
        """A setting of a character of the map by its label, as "I slip".

        It is that of the `legend`, else that of the tile: as defined here, or the default.
        """
        char, key = label[0], label[2:]
        if key == "cost":
            return self.cost(char)
        own = self._own(char).get(key)
        if own is not None:
            return own
        label = f"{self.tile(char)} {key}"
        if label in SETTINGS:
            return dict(self.defines).get(label, SETTINGS[label].default)
        return self.slip if key == "slip" else self.goal_reward

    def slips(self, char: str) -> tuple[Value, Value, Value]:
        """The slip of a cell of this character to either side, to the left and to the right."""
        if self.tile(char) == ICE or "slip" in self._own(char):
            return self.setting(f"{char} slip"), 0.0, 0.0
        return self.slip, self.slip_left, self.slip_right

    def _own(self, char: str) -> dict[str, Value]:
        """The settings that the legend gives to a character."""
        if not self.legend:
            return {}
        one = self.legend_tile(char)
        return dict(one.settings) if one else {}

    def has(self, tiles: Iterable[str]) -> bool:
        """Whether the map has one of these tiles."""
        whole = "".join(self.tiles)
        return any(tile in whole for tile in tiles)

    def marked_starts(self) -> list[Cell]:
        """The starts that the map shows, in reading order."""
        return self.find(*STARTS)


def needs_candidates(level: Level) -> bool:
    """Whether it makes a difference where the candidates of a drawn level were."""
    return level.starts == ANY or level.has(BOXES)


def place_in_row(row_place: RowPlace, column: int) -> tuple[int, int]:
    """Line and column in the file of a tile by its column on the map, from 1."""
    line, columns = row_place
    return line, columns[min(column, len(columns)) - 1]


@lru_cache(maxsize=1024)
def _tiles(rows: Rows, legend: tuple[LegendTile, ...]) -> Rows:
    """The rows with the tile of each legend character in its place."""
    table = str.maketrans({one.char: one.tile for one in legend})
    return tuple(row.translate(table) for row in rows)


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

"""What changes during an episode: keys, coins, opponents, boxes, gates, and a world's things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pygame

from game.text.level import Cell, Level
from game.text.tiles import (
    BOX,
    BOX_ON_TARGET,
    BOXES,
    COIN,
    GATE,
    OPPONENTS,
    TARGETS,
)
from game.view.draw.badges import has_badge, put_badge
from game.view.draw.board import Board, BoardGrid
from game.view.draw.marks import DYNAMIC_TILES, SIGNS, gate_sign, things_mark
from game.world.rules import KEYS, Ints
from game.world.tables import Tables

STAGES = 8  # pictures of a gate that opens

Way = tuple[Sequence[float], Sequence[float]]  # from one cell (row, column) to another


class TileSigns:
    """The signs of a level's characters on a board, each painted when it is first needed."""

    def __init__(self, level: Level, board: BoardGrid) -> None:
        self._level, self._board = level, board
        self._painted: dict[tuple[str, int], pygame.Surface] = {}

    def put(self, surface: pygame.Surface, char: str, at: Sequence[float], stage: int = 0) -> None:
        """Draw the sign of a character at a place (row, column); a gate is open at stage STAGES."""
        if (char, stage) not in self._painted:
            self._painted[char, stage] = self._paint(char, stage)
        sign = self._painted[char, stage]
        surface.blit(sign, sign.get_rect(center=self._board.centre(at[0], at[1])))

    def _paint(self, char: str, stage: int) -> pygame.Surface:
        """Return the sign of a character of the map, or of a tile, with its badge."""
        board, tile = self._board, self._level.tile(char)
        if stage:
            picture = gate_sign(board.cell, stage / STAGES)
        else:
            picture = SIGNS[tile](board.cell, True, board.palette)
        if has_badge(self._level, char):
            put_badge(picture, picture.get_rect(), char, board.palette)
        return picture


class WorldThings:
    """The hidden things of a level's world, such as a key and its door, on a board."""

    def __init__(self, level: Level, board: BoardGrid) -> None:
        self._board, self._by_cell = board, defaultdict[Cell, list[tuple[int, str]]](list)
        for i, (tile, cell) in enumerate(level.world.things if level.world else ()):
            self._by_cell[cell].append((i, tile))
        self._painted: dict[object, pygame.Surface | None] = {}

    def draw(self, surface: pygame.Surface, n_found: int = 0, n_shown: int | None = None) -> None:
        """Draw the first `n_shown` of them, by default all; the first `n_found` have been found."""
        for cell, things in self._by_cell.items():
            shown = tuple((t, i < n_found) for i, t in things if n_shown is None or i < n_shown)
            if shown not in self._painted:
                self._painted[shown] = things_mark(shown, self._board.cell, self._board.palette)
            if mark := self._painted[shown]:
                surface.blit(mark, mark.get_rect(center=self._board.centre(*cell)))


class DynamicTiles:
    """Those of a compiled level: drawn where its states say."""

    def __init__(self, tables: Tables, board: Board) -> None:
        level = tables.level
        self._tables, self._signs = tables, TileSigns(level, board)
        self._keys = [(i, *one) for i, char in enumerate(KEYS) for one in _written(level, char)]
        self._coins, self._gates = _written(level, COIN), _written(level, GATE)
        self._opponents = [one for tile in OPPONENTS for one, _ in _written(level, tile)]
        self._targets = set(level.find(*TARGETS))
        self._things = WorldThings(level, board)

    def draw(
        self,
        surface: pygame.Surface,
        state: int,
        following: int,
        fraction: float,
        n_shown: int | None = None,
    ) -> None:
        """Draw them in a state, what moves `fraction` of the way to the `following` state.

        Of a world's things the first `n_shown` are drawn, by default all.
        """
        tables, put = self._tables, self._signs.put
        self._things.draw(surface, tables.n_found(state), n_shown)
        was_open, is_open = float(tables.gates[state]), float(tables.gates[following])
        stage = round(STAGES * (was_open + fraction * (is_open - was_open)))
        for char, cell in self._gates:
            put(surface, char, cell, stage)
        for key, char, cell in self._keys:
            if not tables.keys[state, key]:
                put(surface, char, cell)
        for left, (char, cell) in zip(tables.coins[state], self._coins, strict=True):
            if left:
                put(surface, char, cell)
        for here, there in box_ways(tables.boxes[state], tables.boxes[following]):
            nearer = there if fraction > 0.5 else here
            sign = BOX_ON_TARGET if tuple(nearer) in self._targets else BOX
            put(surface, sign, _between(here, there, fraction))
        ways = zip(tables.opponents[state].tolist(), tables.opponents[following].tolist())
        for char, way in zip(self._opponents, ways, strict=True):
            put(surface, char, _between(*way, fraction))


def draw_as_written(surface: pygame.Surface, level: Level, board: Board) -> None:
    """Draw the dynamic tiles where the map has them, as at the beginning of an episode."""
    signs = TileSigns(level, board)
    for char, cell in _written(level, *DYNAMIC_TILES):
        tile = level.tile(char)
        signs.put(surface, tile if tile in BOXES else char, cell)
    WorldThings(level, board).draw(surface)


def box_ways(here: Ints, there: Ints) -> Iterator[Way]:
    """Yield the way of each box between two states, whose boxes are in reading order [n, 2].

    A box that is pushed may change its place in that order; the others have not moved.
    """
    before, after = list(map(tuple, here.tolist())), list(map(tuple, there.tolist()))
    left, come = (
        [cell for cell in cells if cell not in others]
        for cells, others in ((before, after), (after, before))
    )
    moved = dict(zip(left, come))
    for cell in before:
        yield cell, moved.get(cell, cell)


def _between(here: Sequence[float], there: Sequence[float], fraction: float) -> tuple[float, float]:
    """Return the place on the way from one place to another."""
    return here[0] + fraction * (there[0] - here[0]), here[1] + fraction * (there[1] - here[1])


def _written(level: Level, *tiles: str) -> list[tuple[str, Cell]]:
    """Return the cells of these tiles in reading order, each with the character written there."""
    return [(level.rows[r][c], (r, c)) for r, c in level.find(*tiles)]

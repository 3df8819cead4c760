"""The board of the editor: it shows every cell whole, and paints again only what has changed.

A large change, such as a flood fill of the whole map, is painted over several frames: each paints
for a given time, and what is left keeps its old picture until then.
"""

from __future__ import annotations

import time

import pygame

from game.text.level import Cell, Level
from game.text.tiles import BOXES, BY_CHAR
from game.view.draw.board import BoardGrid, badges_of
from game.view.draw.board_painting import BoardPainter, paper_corners
from game.view.draw.dynamic_tiles import TileSigns
from game.view.draw.marks import DYNAMIC_TILES
from game.view.draw.theme import Palette

REACH = 1  # cells around a changed one whose picture changes, too
BLOCK = 5  # rows and columns of cells that are painted at once


class LiveBoard(BoardGrid):
    """The picture of a level that is edited; the level may have any problem but odd rows.

    Blit `surface`, but do not draw on it. `level` is the one that was shown last.
    """

    def __init__(self, level: Level, cell: int, palette: Palette) -> None:
        super().__init__((level.width * cell, level.height * cell), cell, palette)
        self.level = level
        self.surface = pygame.Surface(self.size)
        self.painted = 0  # areas so far: another number is another picture
        self._corners = paper_corners(self.size, self.radius, palette.paper)
        self._signs = TileSigns(level, self)
        self._dirty = {(r, c) for r in range(level.height) for c in range(level.width)}
        self._sketch()

    @property
    def is_finished(self) -> bool:
        """Whether the picture shows the level as it is."""
        return not self._dirty

    def fits(self, level: Level, cell: int, palette: Palette) -> bool:
        """Whether `show` can show this level: one of the same size in the same colours."""
        size = level.width * cell, level.height * cell
        return (self.size, self.cell, self.palette) == (size, cell, palette)

    def show(self, level: Level) -> None:
        """Note the cells in which a level of the same size differs from the one shown."""
        if _look(level) != _look(self.level):
            self._signs = TileSigns(level, self)
            changed = {(r, c) for r in range(level.height) for c in range(level.width)}
        else:
            changed = set(changed_cells(self.level.rows, level.rows))
        self.level = level
        for row, column in changed:
            for r in range(max(row - REACH, 0), min(row + REACH + 1, level.height)):
                for c in range(max(column - REACH, 0), min(column + REACH + 1, level.width)):
                    self._dirty.add((r, c))

    def paint(self, seconds: float) -> None:
        """Paint what has changed, for about so many seconds; at least one block of cells."""
        if not self._dirty:
            return
        level, end = self.level, time.perf_counter() + seconds
        painter = BoardPainter(
            level.tiles, self.cell, self.palette, level.goal == "hidden", badges_of(level)
        )
        while self._dirty:
            self._paint_block(painter, min(self._dirty))
            if time.perf_counter() > end:
                break

    def _paint_block(self, painter: BoardPainter, first: Cell) -> None:
        """Paint the block that begins with a dirty cell, as far as its cells have changed."""
        row, column = first
        block = {
            (r, c)
            for r in range(row, row + BLOCK)
            for c in range(column, column + BLOCK)
            if (r, c) in self._dirty
        }
        self._dirty -= block
        top, left = min(r for r, _ in block), min(c for _, c in block)
        bottom, right = max(r for r, _ in block) + 1, max(c for _, c in block) + 1
        area = pygame.Rect(left, top, right - left, bottom - top)
        box = pygame.Rect(*(side * self.cell for side in area))
        self.surface.blit(painter.area(area), box)
        for r in range(area.top, area.bottom):
            for c in range(area.left, area.right):
                char = self.level.rows[r][c]
                if (tile := self.level.tile(char)) in DYNAMIC_TILES:
                    self._signs.put(self.surface, tile if tile in BOXES else char, (r, c))
        self.surface.blit(self._corners, box, box)
        self.painted += 1

    def _sketch(self) -> None:
        """Fill every cell with its tile's colour, until it is painted."""
        for r, row in enumerate(self.level.tiles):
            for c, tile in enumerate(row):
                colour = self.palette.board(BY_CHAR[tile].colour)
                box = (c * self.cell, r * self.cell, self.cell, self.cell)
                self.surface.fill(colour, box)
        self.surface.blit(self._corners, (0, 0))


def changed_cells(before: tuple[str, ...], after: tuple[str, ...]) -> list[Cell]:
    """Return the cells in which the rows of two maps of one size differ."""
    return [
        (r, c)
        for r, (old, new) in enumerate(zip(before, after, strict=True))
        if old != new
        for c, (one, other) in enumerate(zip(old, new, strict=True))
        if one != other
    ]


def _look(level: Level) -> tuple[object, ...]:
    """Return all but the map that a picture of a level depends on."""
    return level.goal == "hidden", level.legend

"""The board of the editor: it shows every cell whole, and paints again only what has changed.

A large change, such as a flood fill of the whole map, is painted over several frames: each paints
for a given time, and what is left keeps its old picture until then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import pygame

from game.text.level import Cell, Level
from game.text.tiles import BOXES, BY_CHAR
from game.view.draw.board import BoardGrid, badges_of
from game.view.draw.board_painting import BoardPainter, paper_corners
from game.view.draw.dynamic_tiles import TileSigns, WorldThings
from game.view.draw.marks import DYNAMIC_TILES
from game.view.draw.overlay_shapes import cell_box
from game.view.draw.theme import Palette

LEAST_PAINTED = 4  # px: smaller cells have their tile's colour and no details
REACH = 1  # cells around a changed one whose picture changes, too
BLOCK, BLOCK_SIDE = 5, 60  # rows and columns of cells that are painted at once; px of small cells


class LiveBoard(BoardGrid):
    """The picture of a level that is edited; the level may have any problem but odd rows.

    It shows `part` of the picture of the whole map, in px; by default all of it. Areas of `block`
    rows and columns are painted at once: larger ones take less time together. Blit `surface`, but
    do not draw on it. `level` is the one that was shown last.
    """

    def __init__(
        self,
        level: Level,
        cell: int,
        palette: Palette,
        part: pygame.Rect | None = None,
        block: int = BLOCK,
    ) -> None:
        whole = level.width * cell, level.height * cell
        part = part or pygame.Rect((0, 0), whole)
        super().__init__(part.size, cell, palette, first=part.topleft)
        self.level = level
        self.surface = pygame.Surface(self.size)
        self.painted = 0  # areas so far: another number is another picture
        if part.size != whole:
            self.radius = 0  # the corners of the map may be out of sight
        self._corners = paper_corners(self.size, self.radius, palette.paper)
        self._signs, self._things = TileSigns(level, self), WorldThings(level, self)
        self._block = max(block, BLOCK_SIDE // cell)
        self._dirty: dict[Cell, set[Cell]] = {}  # cells that are to be painted, by their block
        self._sketch(self._seen())

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
            self._signs, self._things = TileSigns(level, self), WorldThings(level, self)
            changed = _cells(self._seen())
        else:
            changed = changed_cells(self.level.rows, level.rows)
        self.level = level
        seen = self._seen()
        for row, column in changed:
            around = pygame.Rect(column, row, 1, 1).inflate(2 * REACH, 2 * REACH)
            self._soil(_cells(around.clip(seen)))

    def scroll(self, first: tuple[int, int]) -> None:
        """Show the part of the picture from the `first` (x, y) px on; what was visible stays."""
        kept = self._whole_cells()
        self.surface.scroll(self.first[0] - first[0], self.first[1] - first[1])
        self.first = first
        seen, dirty = self._seen(), [cell for block in self._dirty.values() for cell in block]
        self._dirty = {}
        self._soil((row, column) for row, column in dirty if seen.collidepoint(column, row))
        for area in _without(seen, kept.clip(seen)):
            self._sketch(area)

    def paint(self, seconds: float) -> None:
        """Paint what has changed, for about so many seconds; at least one block of cells."""
        if not self._dirty:
            return
        level, end = self.level, time.perf_counter() + seconds
        painter = BoardPainter(
            level.tiles, self.cell, self.palette, level.goal == "hidden", badges_of(level)
        )
        while self._dirty:
            self._paint_block(painter, self._dirty.pop(next(iter(self._dirty))))
            if time.perf_counter() > end:
                break

    def _paint_block(self, painter: BoardPainter, block: set[Cell]) -> None:
        """Paint the area around the changed cells of a block."""
        top, left = min(r for r, _ in block), min(c for _, c in block)
        bottom, right = max(r for r, _ in block) + 1, max(c for _, c in block) + 1
        area = pygame.Rect(left, top, right - left, bottom - top)
        box = cell_box(self, (top, left)).union(cell_box(self, (bottom - 1, right - 1)))
        if self.cell < LEAST_PAINTED:
            self._sketch(area)
        else:
            self.surface.blit(painter.area(area), box)
            self._put_signs(area)
            self.surface.set_clip(box)
            self._things.draw(self.surface)
            self.surface.set_clip(None)
        self.surface.blit(self._corners, box, box)
        self.painted += 1

    def _put_signs(self, area: pygame.Rect) -> None:
        """Draw what can move or change in an area of columns and rows."""
        for r, c in _cells(area):
            char = self.level.rows[r][c]
            if (tile := self.level.tile(char)) in DYNAMIC_TILES:
                self._signs.put(self.surface, tile if tile in BOXES else char, (r, c))

    def _sketch(self, area: pygame.Rect) -> None:
        """Fill the cells of an area with their tiles' colours, until they are painted."""
        hues = {char: bytes(self.palette.board(tile.colour)) for char, tile in BY_CHAR.items()}
        rows = self.level.tiles[area.top : area.bottom]
        colours = b"".join(hues[tile] for row in rows for tile in row[area.left : area.right])
        dots = pygame.image.frombytes(colours, area.size, "RGB")
        picture = pygame.transform.scale_by(dots, self.cell)
        self.surface.blit(picture, cell_box(self, (area.top, area.left)))
        self.surface.blit(self._corners, (0, 0))
        if self.cell >= LEAST_PAINTED:
            self._soil(_cells(area))

    def _soil(self, cells: Iterable[Cell]) -> None:
        """Note that cells are to be painted."""
        for row, column in cells:
            block = row // self._block, column // self._block
            self._dirty.setdefault(block, set()).add((row, column))

    def _seen(self) -> pygame.Rect:
        """Return the columns and rows of the cells of which a part is visible."""
        last = self.size[0] - 1, self.size[1] - 1
        (top, left), (bottom, right) = self.cell_at((0, 0)), self.cell_at(last)
        return pygame.Rect(left, top, right + 1 - left, bottom + 1 - top)

    def _whole_cells(self) -> pygame.Rect:
        """Return the columns and rows of the cells that are visible whole."""
        (left, top), (width, height) = self.first, self.size
        first = -(-left // self.cell), -(-top // self.cell)
        end = (left + width) // self.cell, (top + height) // self.cell
        return pygame.Rect(first, (max(end[0] - first[0], 0), max(end[1] - first[1], 0)))


def _without(area: pygame.Rect, inner: pygame.Rect) -> list[pygame.Rect]:
    """Return the parts of an area above, below, left and right of one that is within it."""
    if not inner.size[0] or not inner.size[1]:
        return [area]
    parts = (
        (area.left, area.top, area.width, inner.top - area.top),
        (area.left, inner.bottom, area.width, area.bottom - inner.bottom),
        (area.left, inner.top, inner.left - area.left, inner.height),
        (inner.right, inner.top, area.right - inner.right, inner.height),
    )
    return [pygame.Rect(part) for part in parts if part[2] and part[3]]


def _cells(area: pygame.Rect) -> list[Cell]:
    """Return the cells (row, column) of an area of columns and rows."""
    rows, columns = range(area.top, area.bottom), range(area.left, area.right)
    return [(row, column) for row in rows for column in columns]


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
    return level.goal == "hidden", level.legend, level.world

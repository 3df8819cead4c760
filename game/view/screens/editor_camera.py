"""The camera over the editor's board: it zooms, pans and follows the cursor."""

from __future__ import annotations

import pygame

from game.text.level import Cell
from game.view.draw.board_view import (
    LEAST_CELL,
    READABLE_CELL,
    WIDEST_CELL,
    BoardView,
    Pair,
    fitting_cell,
    next_cell,
)
from game.view.draw.theme import Point
from game.view.screens.key_binding import CTRL

PAN = 3  # cells by which one step of the wheel pans
MIDDLE_BUTTON = 2
MARGIN = 2  # cells that stay visible around a cursor that keys move


class Camera:
    """Decides which part of the map the board shows, and how large its cells are.

    Until the author zooms, the whole map is shown if its cells are readable then, and else the part
    around the cursor.
    """

    def __init__(self) -> None:
        self._cell: int | None = None  # px that the author wants; None: as readable
        self._middle: Point = (0.0, 0.0)
        self._view: BoardView | None = None  # that was shown last
        self._least = self._most = LEAST_CELL  # px of the cells then
        self._cursor: Cell | None = None  # that was followed last
        self._mouse: Pair = (-1, -1)
        self._is_dragging = False

    def look(self, room: Pair, grid: Pair, scale: float, cursor: Cell, drawing: bool) -> BoardView:
        """Return the view of a map of `grid` (columns, rows) cells in a room of some px.

        It follows the cursor where that has moved; below a mouse that is `drawing` it moves only to
        where the cell at the edge is whole, so that the mouse stays in its cell.
        """
        least, most = fitting_cell(room, grid, scale), round(WIDEST_CELL * scale)
        wanted = round(READABLE_CELL * scale) if self._cell is None else self._cell
        cell = max(min(wanted, most), least)
        view = BoardView(room, grid, cell, self._middle).clamped()
        if cursor != self._cursor:
            view = view.showing(cursor, 0 if drawing else MARGIN)
        self._view, self._cursor, self._middle = view, cursor, view.middle
        self._least, self._most = least, most
        return view

    def snapshot(self) -> object:
        """Return the state that the drawing depends on."""
        return self._cell, self._middle

    # --- commands

    def zoom(self, steps: int) -> None:
        """Enlarge or shrink the cells; the cursor stays at its place if it is visible."""
        if self._view and self._cursor:
            (x, y), cell = self._view.middle, self._view.cell
            right, down = (self._cursor[1] + 0.5 - x) * cell, (self._cursor[0] + 0.5 - y) * cell
            wide, high = self._view.part.size
            is_visible = abs(right) <= wide / 2 and abs(down) <= high / 2
            self._zoom(steps, (right, down) if is_visible else (0, 0))

    def fit(self) -> None:
        """Show the whole map."""
        self._cell = 0

    def _zoom(self, steps: int, about: Point) -> None:
        """Enlarge or shrink the cells about a place, in px from the middle of the room."""
        if self._view:
            cell = min(max(next_cell(self._view.cell, steps), self._least), self._most)
            self._cell = cell if cell > self._least else 0  # fits in a window of another size, too
            self._middle = self._view.zoomed(cell, about).middle

    def _pan(self, right: float, down: float) -> None:
        if self._view:
            self._middle = self._view.panned((right, down)).middle

    # --- the mouse

    def handle(self, event: pygame.event.Event, board: pygame.Rect) -> bool:
        """Zoom and pan with the mouse. Return whether the event is dealt with.

        `board` is the place of the board on the screen.
        """
        if event.type == pygame.MOUSEMOTION:
            before, self._mouse = self._mouse, event.pos
            self._is_dragging = self._is_dragging and bool(event.buttons[1])
            if self._is_dragging:
                self._pan(before[0] - event.pos[0], before[1] - event.pos[1])
            return self._is_dragging
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == MIDDLE_BUTTON:
            self._mouse, self._is_dragging = event.pos, board.collidepoint(event.pos)
        elif event.type == pygame.MOUSEWHEEL and board.collidepoint(self._mouse):
            return self._turn_wheel(event, board)
        return False

    def _turn_wheel(self, event: pygame.event.Event, board: pygame.Rect) -> bool:
        """Zoom with Ctrl, pan sideways with Shift, and else as the wheel turns; the wheel over a
        board that is shown whole is not for the board."""
        held = pygame.key.get_mods() if pygame.display.get_init() else 0
        if self._view is None or not (held & CTRL or not self._view.is_whole):
            return False
        if held & CTRL:
            place = self._mouse[0] - board.centerx, self._mouse[1] - board.centery
            self._zoom(event.y, place)
            return True
        right, down = event.x, -event.y
        if held & pygame.KMOD_SHIFT:
            right, down = right + down, 0
        self._pan(right * PAN * self._view.cell, down * PAN * self._view.cell)
        return True

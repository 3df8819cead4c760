"""The mouse in the editor: it draws on the board, and presses what is around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pygame

from game.text.level import Cell
from game.view.draw.editor_marks import handle_hint
from game.view.draw.spots import Spot, spot_at
from game.view.model.editor_regions import Regions
from game.view.model.level_editor import SELECT, LevelEditor
from game.view.model.region import Region
from game.view.model.settings_rows import SettingsRows
from game.view.screens.asked_question import Question
from game.view.screens.editor_frame import EditorFrame
from game.view.screens.editor_panel import BOARD
from game.view.screens.key_binding import Key

LEFT_BUTTON, RIGHT_BUTTON = 1, 3
SCROLLED_ROWS = 3  # that the wheel scrolls


class PointerHost(Protocol):
    """The screen that the mouse is over."""

    editor: LevelEditor
    regions: Regions
    settings: SettingsRows
    question: Question | None
    area: str

    def key_at(self, at: tuple[int, int]) -> Key | None: ...


class EditorPointer:
    """What the mouse does in the editor, and what it is over."""

    def __init__(self, host: PointerHost) -> None:
        self._host = host
        self.spots: Sequence[Spot] = ()  # what can be pressed outside of the board
        self.hint = ""  # what the mouse is over, if that explains itself
        self.is_drawing = False  # whether the mouse is pressed on the board
        self._held: Spot | None = None  # what the pressed mouse is on, outside of the board
        self._grabbed: tuple[Region, Cell] | None = None  # the selection that is moved, from where

    def forget(self) -> None:
        """Forget that the mouse is pressed: another screen is opened."""
        self.is_drawing, self._held, self._grabbed = False, None, None

    def handle(self, event: pygame.event.Event, frame: EditorFrame | None) -> None:
        """Draw, pick, press and scroll with the mouse; without a frame nothing is on screen."""
        if event.type == pygame.MOUSEBUTTONDOWN and frame:
            self._press(event.pos, event.button, frame)
        elif event.type == pygame.MOUSEMOTION:
            self._drag(event.pos, frame)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == LEFT_BUTTON:
            self._release()
        elif event.type == pygame.MOUSEWHEEL and frame:
            frame.panel.scroll(-SCROLLED_ROWS * event.y)

    def _press(self, at: tuple[int, int], button: int, frame: EditorFrame) -> None:
        """Press a mouse button: draw, pick a tile, or press what is there."""
        if button not in (LEFT_BUTTON, RIGHT_BUTTON):
            return
        cell = frame.cell_at(at)
        if cell is not None:
            self._host.area = BOARD
            if button == RIGHT_BUTTON:
                self._host.editor.pick(cell)
            else:
                self._press_cell(cell)
        elif button == LEFT_BUTTON:
            for (side, adds), box in frame.handles.items():
                if box.inflate(4, 4).collidepoint(at):
                    self._host.editor.grow(side, 1 if adds else -1)
                    return
            self._host.settings.begin_stroke()
            self._held = spot_at(self.spots, at)
            if self._held:
                self._held.press(at)

    def _press_cell(self, cell: Cell) -> None:
        """Press the mouse on a cell; with Shift it draws a line from the cursor to there."""
        if is_shift_held():
            self._host.editor.line_to(cell)
            return
        self.is_drawing = True
        chosen = self._host.editor.selection
        if chosen and self._host.editor.tool == SELECT and cell in chosen.cells:
            self._grabbed = chosen, cell
        else:
            self._host.editor.press(cell)

    def _drag(self, at: tuple[int, int], frame: EditorFrame | None) -> None:
        """Go on with what the mouse is pressed on, and see what it is over."""
        if self.is_drawing and frame:
            cell = frame.cell_at(at, outside=True)
            if self._grabbed and self._host.editor.selection is None:
                self.forget()  # the map has become smaller meanwhile
            elif cell is not None and self._grabbed:
                chosen, (row, column) = self._grabbed
                moved = chosen.moved(cell[0] - row, cell[1] - column, self._host.editor.size)
                self._host.editor.selection = moved
            elif cell is not None:
                self._host.editor.drag(cell)
        elif self._held and self._held.drag:
            self._held.drag(at)
        is_busy = self.is_drawing or self._host.question
        self.hint = "" if is_busy else self._hint_at(at, frame)

    def _hint_at(self, at: tuple[int, int], frame: EditorFrame | None) -> str:
        """Return the sentence about what is at a place, "" where nothing explains itself."""
        if over := spot_at(self.spots, at):
            return over.hint
        for handle, box in frame.handles.items() if frame else ():
            if box.collidepoint(at):
                return handle_hint(*handle)
        key = self._host.key_at(at)
        return key.sentence if key else ""

    def _release(self) -> None:
        """End what the mouse is pressed for."""
        if self.is_drawing:
            self.is_drawing = False
            if self._grabbed:
                self._drop(self._grabbed[0])
            else:
                self._host.editor.release()
        self._held = None

    def _drop(self, chosen: Region) -> None:
        """Move the selection to where it was dragged."""
        moved, self._grabbed = self._host.editor.selection, None
        if moved and moved != chosen:
            self._host.editor.selection = chosen
            self._host.regions.move(moved)


def is_shift_held() -> bool:
    """Whether Shift is held, for clicks, whose events do not say it."""
    return pygame.display.get_init() and bool(pygame.key.get_mods() & pygame.KMOD_SHIFT)

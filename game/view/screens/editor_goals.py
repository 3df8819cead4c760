"""The mode of the editor in which goals are marked for training, validation and test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pygame

from game.authoring.goal_painting import (
    MARK_NAMES,
    GoalPainting,
    divide_by_goals,
    has_goal_division,
    pack_of,
)
from game.text.dialects import SOKOBAN
from game.text.header_edits import EditError
from game.text.level import ENDS_BOXES, Cell
from game.text.tiles import CANDIDATE
from game.view.draw.goal_legend import draw_goal_legend, draw_goal_marks
from game.view.draw.spots import Spot, spot_at
from game.view.draw.theme import Typeset
from game.view.screens.editor_files import DialogHost
from game.view.screens.editor_frame import EditorFrame
from game.view.screens.editor_widgets import Answer, Question

SAVE_FIRST = "Save the level first (Ctrl S): the marks are those of the map in the file."
NO_CANDIDATES = "There is nothing to mark yet: paint '?' where the goal may be, and save."
NO_GOALS = "There are no goals to mark: a Sokoban level ends when all boxes are on targets."
DIVIDE = (
    "To mark goals, the pack.toml of this folder has to divide its tasks by goals. It does not do "
    "so yet. All goals of all levels in the folder will be for training until you mark them. The "
    "lines of the old division stay in pack.toml as comments."
)
CLOSED = "The level has changed, so the marking has ended. Save, and press F3 to go on."


class GoalsMode:
    """Marks the candidates of the saved level; each stroke is written into pack.toml at once."""

    def __init__(self, host: DialogHost) -> None:
        self._host = host
        self.painting: GoalPainting | None = None  # None while the mode is off
        self._text = ""  # of the level whose goals are marked
        self._is_pressed = False
        self._spots: list[Spot] = []  # of the legend

    # --- begin and end

    def toggle(self) -> None:
        """Begin to mark goals, say what is missing for that, or end it."""
        if self.painting:
            self.close()
            return
        editor = self._host.editor
        draft, level, dialect = editor.draft, editor.reading.level, editor.reading.source.dialect
        if draft.is_changed or draft.path is None:
            editor.message = SAVE_FIRST
        elif level.ends == ENDS_BOXES or (dialect and dialect.name == SOKOBAN):
            editor.message = NO_GOALS
        elif not level.has(CANDIDATE):
            editor.message = NO_CANDIDATES
        else:
            self._try(partial(self._begin, draft.path))

    def _begin(self, path: Path) -> None:
        """Begin where the folder is divided by goals; else ask whether it shall be."""
        if has_goal_division(pack_of(path)):
            self._open(path)
            return
        answers = (
            Answer("G", pygame.K_g, "divide by goals", partial(self._try, partial(self._divide, path))),
            Answer("Esc", pygame.K_ESCAPE, "leave it"),
        )  # fmt: skip
        self._host.question = Question("Divide by goals?", DIVIDE, answers)

    def _divide(self, path: Path) -> None:
        divide_by_goals(pack_of(path))
        self._open(path)

    def _open(self, path: Path) -> None:
        editor = self._host.editor
        editor.cancel()
        name = (editor.draft.address or path).name
        self.painting = GoalPainting(pack_of(path), name, editor.reading.level)
        self._text = editor.text
        editor.message = ""

    def close(self) -> None:
        """End the mode."""
        if self.painting:
            self.painting.close()
        self.painting, self._is_pressed = None, False
        self._host.editor.message = ""

    def update(self) -> None:
        """End the mode where another program has changed the level."""
        if self.painting and self._host.editor.text != self._text:
            self.close()
            self._host.editor.message = CLOSED

    # --- marks

    def choose(self, mark: str) -> None:
        """Choose the mark that the mouse and Enter paint."""
        if self.painting:
            self.painting.mark = mark

    def type_mark(self, mark: str) -> None:
        """Choose a mark, and paint it at the cursor."""
        self.choose(mark)
        self.use()

    def use(self) -> None:
        """Paint the chosen mark at the cursor."""
        if self.painting:
            self.painting.begin_stroke()
            self._paint(self._host.editor.cursor)

    def next_goal(self) -> None:
        """Put the cursor onto the next candidate."""
        if self.painting:
            cells = sorted(self.painting.marks)
            here = self._host.editor.cursor
            self._host.editor.go_to(next((cell for cell in cells if cell > here), cells[0]))

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.painting:
            self._try(self.painting.undo)

    def redo(self) -> None:
        """Make the stroke again that was taken back."""
        if self.painting:
            self._try(self.painting.redo)

    def _paint(self, cell: Cell) -> None:
        self._host.editor.go_to(cell)
        if self.painting:
            self._try(partial(self.painting.paint, cell))

    def _try(self, action: Callable[[], str | None]) -> None:
        """Do something with pack.toml, and say what came of it."""
        try:
            self._host.editor.message = action() or ""
        except EditError as error:
            self._host.editor.message = f"Not possible: {error}."
        except OSError as error:
            self._host.editor.message = (
                f"pack.toml could not be written: {error.strerror or error}."
            )

    # --- the mouse

    def handle(self, event: pygame.event.Event, frame: EditorFrame) -> bool:
        """Paint and choose marks with the mouse. Return whether the event is dealt with.

        A press on the panel ends the mode, and does what it does there.
        """
        if event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3):
            return self._press(event.pos, event.button, frame)
        if event.type == pygame.MOUSEMOTION and self._is_pressed:
            cell = frame.cell_at(event.pos, outside=True)
            if self.painting and cell in self.painting.marks:
                self._paint(cell)
        elif event.type == pygame.MOUSEBUTTONUP:
            self._is_pressed = False
        return True

    def _press(self, at: tuple[int, int], button: int, frame: EditorFrame) -> bool:
        cell, spot = frame.cell_at(at), spot_at(self._spots, at)
        if cell is not None and self.painting:
            if button == 3:
                self.choose(self.painting.marks.get(cell, self.painting.mark))
                return True
            self.painting.begin_stroke()
            self._is_pressed = True
            self._paint(cell)
        elif spot:
            spot.press(at)
        elif frame.layout.panel.collidepoint(at):
            self.close()
            return False
        return True

    # --- drawing

    def sentence(self) -> str:
        """Return what the header says in this mode."""
        if self.painting is None:
            return ""
        counts = ", ".join(f"{n} {MARK_NAMES[one]}" for one, n in self.painting.counts.items())
        return f"Marking goals: {counts}. Type T, V or H on a '?', or paint with the mouse."

    def snapshot(self) -> object:
        """Return the state that the drawing depends on."""
        return self.painting and (self.painting.mark, tuple(self.painting.marks.items()))

    def draw(self, surface: pygame.Surface, frame: EditorFrame, type: Typeset) -> None:
        """Draw the marks over the board, and their legend in place of the strip."""
        if self.painting is None:
            return
        if view := frame.board_view(surface):
            draw_goal_marks(view, frame.board, self.painting.marks, type)
        self._spots = draw_goal_legend(
            surface, frame.layout.strip, self.painting.mark, self.painting.counts, self.choose, type
        )

"""The mode of the editor in which goals are marked for training, validation and test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pygame

from game.authoring.goal_painting import (
    MARK_NAMES,
    GoalPainting,
    UnclearMarks,
    divide_by_goals,
    division_question,
    follow_map,
    has_goal_division,
    mark_anew,
    pack_of,
)
from game.text.dialects import SOKOBAN
from game.text.header_edits import EditError
from game.text.level import ENDS_BOXES, Cell
from game.text.source_map import locate
from game.text.tiles import CANDIDATE
from game.view.draw.goal_legend import draw_goal_legend, draw_goal_marks
from game.view.draw.spots import Spot, spot_at
from game.view.draw.theme import Typeset
from game.view.model.drawable import drawable
from game.view.model.folder_levels import pack_problem
from game.view.screens.asked_question import Answer, Question
from game.view.screens.editor_files import DialogHost
from game.view.screens.editor_frame import EditorFrame

SAVE_FIRST = "Save the level first (Ctrl S): the marks are those of the map in the file."
NO_CANDIDATES = "There is nothing to mark yet: paint '?' where the goal may be, and save."
NO_GOALS = "There are no goals to mark: a Sokoban level ends when all boxes are on targets."
UNCLEAR = (
    "The map does not fit its drawing in pack.toml any more, and how it has changed leaves open "
    "which goals the marks belong to. Keep them in the same rows and columns, or mark all goals "
    "for training? Until you decide, pack.toml stays as it is."
)
CLOSED = "The level has changed, so the marking has ended. Save, and press F3 to go on."


class GoalsMode:
    """Marks the candidates of the saved level; each stroke is written into pack.toml at once."""

    def __init__(self, host: DialogHost) -> None:
        self._host = host
        self.painting: GoalPainting | None = None  # None while the mode is off
        self._text = ""  # of the level whose goals are marked
        self._checked: Path | None = None  # the folder whose pack is loaded, to see whether it can
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
        question = division_question(pack_of(path))
        divide = partial(self._try, partial(self._divide, path))
        answers = (
            Answer("G", pygame.K_g, "divide by goals", divide),
            Answer("Esc", pygame.K_ESCAPE, "leave it"),
        )
        self._host.question = Question("Divide by goals?", question, answers)

    def _divide(self, path: Path) -> None:
        divide_by_goals(pack_of(path))
        self._open(path)

    def _open(self, path: Path) -> None:
        editor = self._host.editor
        name, level = (editor.draft.address or path).name, editor.reading.level
        try:
            follow_map(pack_of(path), name, [level.tiles])
        except UnclearMarks:
            self._ask_for_marks(path, partial(self._open, path))
            return
        editor.cancel()
        self.painting = GoalPainting(pack_of(path), name, level)
        self._text = editor.text
        editor.message = ""

    def close(self) -> None:
        """End the mode."""
        if self.painting:
            self.painting.close()
        self.painting, self._is_pressed = None, False
        self._host.editor.message = ""

    # --- a map that was changed

    def follow_map(self, texts: Sequence[str], address: Path | None) -> None:
        """Let the marks follow a map that has just been saved, say what came of it, or ask.

        `texts` lead from the text before to the one that is saved; `address` is that of the level
        before.
        """
        draft = self._host.editor.draft
        path, level = draft.path, draft.address
        if path is None or level is None or not pack_of(path).is_file():
            return
        is_near = address is not None and address.parent == level.parent
        source = address.name if address and is_near else None
        maps = (
            drawable(locate(text, draft.source.name, draft.number)).tiles
            for text in (*texts, draft.text)  # which a poll may have changed while it was saved
        )
        try:
            self._say(follow_map(pack_of(path), level.name, maps, source))
            self._check(path)
        except UnclearMarks:
            self._ask_for_marks(path, partial(self._check, path))
        except (EditError, OSError) as error:
            self._say(f"The marks of its goals did not follow: {error}.")

    def _ask_for_marks(self, path: Path, then: Callable[[], None]) -> None:
        """Ask which marks the goals have in a map that its drawing does not fit."""
        editor = self._host.editor
        name, tiles = (editor.draft.address or path).name, editor.reading.level.tiles

        def mark(keeps: bool) -> None:
            mark_anew(pack_of(path), name, tiles, keeps)
            then()

        answers = (
            Answer("K", pygame.K_k, "keep by place", partial(self._try, partial(mark, True))),
            Answer("T", pygame.K_t, "all for training", partial(self._try, partial(mark, False))),
            Answer("Esc", pygame.K_ESCAPE, "leave pack.toml"),
        )
        self._host.question = Question("Where do the marks belong?", UNCLEAR, answers)

    def _check(self, path: Path) -> None:
        """Find out whether the pack of a level can be loaded."""
        self._host.jobs.forget(("problem", path.parent))
        self._checked = path.parent

    def _say(self, what: str) -> None:
        editor = self._host.editor
        editor.message = f"{editor.message} {what}".strip()

    def update(self) -> None:
        """Say why the pack cannot be loaded, and end the mode where another program has changed
        the level."""
        if self._checked:
            find = partial(pack_problem, self._checked)
            problem = self._host.jobs.ask(("problem", self._checked), find, str)
            if problem:
                self._say(f"The pack cannot be loaded: {problem}")
            self._checked = None if problem is not None else self._checked
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

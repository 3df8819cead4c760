"""The list of the levels in a folder, which the editor lays over its screen."""

from __future__ import annotations

import pygame

from game.view.draw.folder_card import draw_folder
from game.view.draw.theme import Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.folder_levels import FolderLevels, free_name
from game.view.screens.asked_question import Answer, Question
from game.view.screens.editor_files import NEW_FOLDER, DialogHost
from game.view.screens.editor_widgets import LineField
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice


class FolderDialog:
    """Lists the levels beside the one that is edited; opens, copies, renames and marks them."""

    def __init__(self, host: DialogHost, jobs: BackgroundJobs) -> None:
        self._host, self._jobs = host, jobs
        self.levels: FolderLevels | None = None  # None while the list is closed
        self._rows: list[tuple[pygame.Rect, int]] = []  # places on screen
        self._card = Question(
            "",
            "",
            (
                Answer("Enter", pygame.K_RETURN, "open", self._open),
                Answer("N", pygame.K_n, "new", self._add),
                Answer("D", pygame.K_d, "duplicate", self._duplicate),
                Answer("R", pygame.K_r, "rename", self._begin_to_rename),
                Answer("G", pygame.K_g, "mark goals", self._mark_goals),
                Answer("Esc", pygame.K_ESCAPE, "close", self.toggle),
            ),
        )

    def toggle(self) -> None:
        """List the levels of the file's folder, or close the list."""
        path = self._host.editor.draft.address
        folder = path.parent if path else NEW_FOLDER
        self.levels = None if self.levels else FolderLevels(folder, self._jobs, path)

    def snapshot(self) -> object:
        """Return the state that the drawing depends on."""
        levels = self.levels
        return levels and (levels.selected, tuple(levels.levels), self._jobs.count)

    def handle(self, event: pygame.event.Event) -> bool:
        """Handle a key or a click while the list is open. Return whether it was one."""
        if not self.levels or event.type not in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            return False
        if event.type == pygame.KEYDOWN and event.key in (pygame.K_UP, pygame.K_DOWN):
            self.levels.select(1 if event.key == pygame.K_DOWN else -1)
        elif answer := self._card.answer_to(event):
            answer.action()
        elif event.type == pygame.MOUSEBUTTONDOWN:
            self._click(event.pos, self.levels)
        return True

    def _click(self, at: tuple[int, int], levels: FolderLevels) -> None:
        """Select the level at a place, or open it if it is selected already."""
        number = next((i for box, i in self._rows if box.collidepoint(at)), None)
        if number is None:
            return
        if number == levels.selected:
            self._open()
        levels.selected = number

    def _open(self) -> None:
        """Open the selected level in an editor over this one."""
        level = self.levels.level if self.levels else None
        self.levels = None
        if level is not None and level != self._host.editor.draft.address:
            self._host.navigation = Navigation("edit", path=level)

    def _mark_goals(self) -> None:
        """Mark goals of the selected level, here or in an editor of its own."""
        level = self.levels.level if self.levels else None
        self.levels = None
        if level == self._host.editor.draft.address:
            self._host.goals.toggle()
        elif level is not None:
            self._host.navigation = Navigation("edit", path=level, marks_goals=True)

    def _add(self) -> None:
        """Open a new level in the folder."""
        if self.levels:
            file = free_name(self.levels.folder / "level.txt")
            self.levels = None
            self._host.navigation = Navigation("edit", path=file)

    def _duplicate(self) -> None:
        try:
            if self.levels:
                self.levels.duplicate()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._host.notice = Notice("The level is not copied", why)

    def _begin_to_rename(self) -> None:
        file = self.levels.file if self.levels else None
        if file is None:
            return
        if file == self._host.editor.draft.path:
            heading, text = "The level is open in this editor", "Close it first, or duplicate it."
            self._host.notice = Notice(heading, text, transient=True)
        else:
            self._host.field = LineField("Rename to", file.name, self._rename)

    def _rename(self, name: str) -> None:
        try:
            if self.levels and name.strip():
                self.levels.rename(name.strip())
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._host.notice = Notice("The level is not renamed", why)

    def draw(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw the list, if it is open."""
        levels = self.levels
        if levels is None:
            return
        splits = levels.splits()
        shares = splits if isinstance(splits, dict) else {}
        note = splits if isinstance(splits, str) else "" if splits else "Dividing the tasks…"
        rows = [(level.name, shares.get(level.name, "")) for level in levels.levels]
        answers = [(one.cap, one.meaning) for one in self._card.answers]
        name = levels.folder.resolve().name
        self._rows, self._card.places = draw_folder(
            surface, name, rows, levels.selected, note, answers, type
        )

"""The editor's questions about files: where to save, whose text counts, and what to restore."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Protocol

import pygame

from game.authoring.draft_file import CHOICES, Choice, Draft
from game.authoring.recovery import Recovery
from game.view.model.folder_levels import free_name
from game.view.model.level_editor import Editor
from game.view.screens.editor_widgets import Answer, LineField, Question
from game.view.screens.screen import Navigation, Notice

CHECK_FILE = 0.5  # seconds between two looks whether the file has changed on disk
NEW_FOLDER = Path("my-levels")  # where levels without a file are saved by default
BEING_WRITTEN = "Not saved: another program is writing the file. Save again in a moment."


class DialogHost(Protocol):
    """The screen that questions, lines and notices appear on."""

    editor: Editor
    question: Question | None
    field: LineField | None
    notice: Notice | None
    navigation: Navigation | None


class FileDialogs:
    """Saves the draft of an editor, and closes it; it asks where something could be lost."""

    def __init__(self, host: DialogHost) -> None:
        self._host = host
        self.has_saved = False  # whether the file was written since the editor was opened
        self.is_closed = False
        self._unchecked = 0.0  # seconds
        self._unkept = ""  # why there is no recovery copy, as it was said last
        self._offer_recovery()

    @property
    def _draft(self) -> Draft:
        return self._host.editor.draft

    # --- saving and leaving

    def save(self) -> None:
        """Write the text to its file; a level without one is named first."""
        if self._draft.path is None:
            self._name_file()
        else:
            self._save(None)

    def _name_file(self) -> None:
        """Ask for the name of the file to save to."""
        name = self._draft.path or free_name(NEW_FOLDER / "level.txt")
        self._host.field = LineField("Save as", str(name), self._save_as)

    def _save_as(self, name: str) -> None:
        path = Path(os.path.expanduser(name.strip()))
        if not name.strip() or os.path.isdir(path):
            text = f"'{name}' is no name for a file."
            self._host.notice = Notice("The level is not saved", text, transient=True)
        elif os.path.exists(path):  # False for a name that no file can have
            answers = (
                Answer("R", pygame.K_r, "replace it", partial(self._save, path)),
                Answer("Esc", pygame.K_ESCAPE, "name another", self._name_file),
            )
            self._host.question = Question("Replace the file?", f"{path} exists already.", answers)
        else:
            self._save(path)

    def _save(self, path: Path | None) -> None:
        try:
            if self._draft.save(path):
                self.has_saved = True
                self._host.editor.message = f"Saved {self._draft.path}."
            elif not self._draft.conflict:
                self._host.editor.message = BEING_WRITTEN
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            answers = (
                Answer("N", pygame.K_n, "save under another name", self._name_file),
                Answer("Esc", pygame.K_ESCAPE, "go on drawing"),
            )
            text = f"{path or self._draft.path}: {why}"
            self._host.question = Question("The level is not saved", text, answers)

    def leave(self) -> None:
        """Close the draft; if its text is not saved, ask first."""
        if not self._draft.is_changed:
            self._close()
            return
        self._host.question = Question(
            "Save the changes?",
            f"{self._draft.name} has changes that are not saved.",
            (
                Answer("S", pygame.K_s, "save and leave", self._save_and_close),
                Answer("D", pygame.K_d, "discard them", self._close),
                Answer("Esc", pygame.K_ESCAPE, "stay"),
            ),
        )

    def _save_and_close(self) -> None:
        self.save()
        if not self._draft.is_changed:
            self._close()

    def _close(self) -> None:
        self._draft.close()
        self.is_closed = True

    # --- other programs, and earlier editors

    def update(self, seconds: float) -> None:
        """Take over a change of the file by another program, or ask."""
        self._unchecked += seconds
        if self._unchecked <= CHECK_FILE:
            return
        self._unchecked = 0.0
        if self._draft.problem != self._unkept:
            self._unkept = self._draft.problem
            self._host.editor.message = f"Save soon: {self._unkept}." if self._unkept else ""
        what = self._draft.poll()
        if self._draft.conflict and self._host.question is None:
            keys = (("M", pygame.K_m), ("F", pygame.K_f), ("C", pygame.K_c))
            answers = (
                Answer(cap, code, choice.label.lower(), partial(self._resolve, choice))
                for (cap, code), choice in zip(keys, CHOICES, strict=True)
            )
            question = self._draft.conflict.question
            self._host.question = Question("Whose text counts?", question, tuple(answers))
        elif what and not self._draft.conflict:
            self._host.editor.message = f"{what[0].upper()}{what[1:]}."

    def _resolve(self, choice: Choice) -> None:
        try:
            done = self._draft.resolve(choice)
        except OSError as error:
            self._host.notice = Notice("The copy is not saved", str(error))
            return
        self._host.editor.message = done or choice.effect

    def _offer_recovery(self) -> None:
        """Ask whether to restore the newest text that an earlier editor left unsaved."""
        if not self._draft.recoveries:
            return
        found = self._draft.recoveries[0]
        self._host.question = Question(
            "Restore unsaved changes?",
            f"An earlier editor of {self._draft.name} ended before its text was saved.",
            (
                Answer("R", pygame.K_r, "restore them", partial(self._restore, found)),
                Answer("D", pygame.K_d, "discard them", partial(self._draft.dismiss, found)),
                Answer("Esc", pygame.K_ESCAPE, "later"),
            ),
        )

    def _restore(self, found: Recovery) -> None:
        self._draft.restore(found)
        self._host.editor.message = "Restored. Ctrl Z goes back to the text of the file."

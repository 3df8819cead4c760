"""The editor's questions about files: where to save, whose text counts, and what to restore."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import pygame

from game.authoring.draft_file import CHOICES, Choice, Draft
from game.authoring.recovery import Recovery
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.folder_levels import free_name
from game.view.model.level_editor import LevelEditor
from game.view.screens.asked_question import Answer, Question
from game.view.screens.editor_widgets import LineField
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice

CHECK_FILE = 0.5  # seconds between two looks whether the file has changed on disk
NEW_FOLDER = Path("my-levels")  # where levels without a file are saved by default
BEING_WRITTEN = "Not saved: another program is writing the file. Save again in a moment."


class GoalMarking(Protocol):
    """The mode of the editor that marks goals."""

    def toggle(self) -> None: ...

    def follow_map(self, texts: Sequence[str], address: Path | None) -> None: ...


class DialogHost(Protocol):
    """The screen that questions, lines and notices appear on."""

    editor: LevelEditor
    jobs: BackgroundJobs
    question: Question | None
    field: LineField | None
    notice: Notice | None
    navigation: Navigation | None

    @property
    def goals(self) -> GoalMarking: ...


class FileDialogs:
    """Saves the draft of an editor, and closes it; it asks where something could be lost."""

    def __init__(self, host: DialogHost) -> None:
        self._host = host
        self.has_saved = False  # whether the file was written since the editor was opened
        self.is_closed = False
        self._unchecked = 0.0  # seconds
        self._unkept = ""  # why there is no recovery copy, as it was said last
        self._then: Callable[[], None] | None = None  # what follows the save that is asked about
        self._offer_recovery()

    @property
    def _draft(self) -> Draft:
        return self._host.editor.draft

    # --- saving and leaving

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Write the text to its file, and do what is to follow; a level without one is named
        first."""
        self._then = then
        if self._draft.path is None:
            self._name_file()
        else:
            self._save(None)

    def _name_file(self, name: str | Path = "") -> None:
        """Ask for the name of the file to save to; `name` is what was typed last."""
        name = name or self._draft.path or free_name(NEW_FOLDER / "level.txt")
        self._host.field = LineField("Save as", str(name), self._save_as)

    def _save_as(self, name: str) -> None:
        path = Path(os.path.expanduser(name.strip()))
        if not name.strip() or os.path.isdir(path):
            self._refuse(f"'{name}' cannot be the name of a file.", name)
        elif os.path.exists(path):  # False for a name that no file can have
            answers = (
                Answer("R", pygame.K_r, "replace it", partial(self._save, path)),
                Answer("Esc", pygame.K_ESCAPE, "name another", self._name_file),
            )
            self._host.question = Question(
                "Replace the file?", f"{path} exists already; its text would be lost.", answers
            )
        else:
            self._save(path)

    def _save(self, path: Path | None) -> None:
        texts, address = self._draft.texts_since_saved(), self._draft.address
        try:
            if self._draft.save(path):
                self.has_saved = True
                self._host.editor.message = f"Saved {self._draft.path}."
                self._host.goals.follow_map(texts, address)
                if self._then and self._host.question is None:
                    self._then()
            elif not self._draft.conflict:
                self._host.editor.message = BEING_WRITTEN
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            target = path or self._draft.path or ""
            self._refuse(f"{target}: {why}", target)

    def _refuse(self, why: str, name: str | Path) -> None:
        """Say why the level is not saved under a name, and offer another one."""
        answers = (
            Answer("N", pygame.K_n, "save under another name", partial(self._name_file, name)),
            Answer("Esc", pygame.K_ESCAPE, "go on drawing"),
        )
        self._host.question = Question("The level is not saved", why, answers)

    def leave(self) -> None:
        """Close the draft; if its text is not saved, ask first."""
        if not self._draft.is_changed:
            self._close()
            return
        self._host.question = Question(
            "Save the changes?",
            f"There are unsaved changes in {self._draft.name}.",
            (
                Answer("S", pygame.K_s, "save and leave", partial(self.save, self._close)),
                Answer("D", pygame.K_d, "discard them", self._close),
                Answer("Esc", pygame.K_ESCAPE, "stay"),
            ),
        )

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
            said = (
                f"Save soon, or a crash loses your changes: {self._unkept}." if self._unkept else ""
            )
            self._host.editor.message = said
        what = self._draft.poll()
        if self._draft.conflict and self._host.question is None:
            keys = (("M", pygame.K_m), ("F", pygame.K_f), ("C", pygame.K_c))
            answers = (
                Answer(cap, code, choice.label.lower(), partial(self._resolve, choice))
                for (cap, code), choice in zip(keys, CHOICES, strict=True)
            )
            question = self._draft.conflict.question
            self._host.question = Question("Keep which text?", question, tuple(answers))
        elif what and not self._draft.conflict:
            self._host.editor.message = what

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
            f"The editor ended {time_text(found.written, time.time())} without saving "
            f"{self._draft.name}. Its last text was kept.",
            (
                Answer("R", pygame.K_r, "restore them", partial(self._restore, found)),
                Answer("D", pygame.K_d, "discard them", partial(self._dismiss, found)),
                Answer("Esc", pygame.K_ESCAPE, "ask again next time"),
            ),
        )

    def _dismiss(self, found: Recovery) -> None:
        """Remove a copy, and offer the one before it."""
        self._draft.dismiss(found)
        self._offer_recovery()

    def _restore(self, found: Recovery) -> None:
        self._draft.restore(found)
        self._host.editor.message = "Restored. Ctrl Z goes back to the text of the file."


def time_text(seconds: float, now: float) -> str:
    """Return a time in seconds since 1970 in words: "at 14:02", with its date if that is not now's."""
    then, today = time.localtime(seconds), time.localtime(now)
    date = "" if then[:3] == today[:3] else time.strftime("on %Y-%m-%d ", then)
    return date + time.strftime("at %H:%M", then)

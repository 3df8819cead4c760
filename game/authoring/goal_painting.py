"""The goals of training, validation and test of a level, painted into its folder's pack.toml."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from game.authoring.draft_file import TAKE, Draft
from game.authoring.goal_marks import (
    HELD_OUT,
    MARKS,
    TRAIN,
    VALIDATION,
    goal_marks,
    is_divided_by_goals,
    set_goal_marks,
)
from game.authoring.text_bytes import encode
from game.files import write_atomically
from game.tasks.pack_file import PACK_FILE, level_files
from game.text.header_edits import EditError
from game.text.level import Cell, Level
from game.text.reading import open_levels
from game.text.tiles import CANDIDATE

MARK_NAMES = {TRAIN: "train", VALIDATION: "validation", HELD_OUT: "held out"}
CHANGED_MEANWHILE = (
    "Another program changed pack.toml: this stroke was not written, paint it again."
)


def pack_of(level: Path) -> Path:
    """Return the path of the pack.toml that a level belongs to."""
    return level.parent / PACK_FILE


def has_goal_division(pack: Path) -> bool:
    """Whether there is a pack.toml that divides by goals. Raises EditError and OSError."""
    return pack.is_file() and is_divided_by_goals(_text(pack))


def divide_by_goals(pack: Path) -> None:
    """Divide all levels of a folder by goals, at first all for training; marks that exist stay.

    Raises EditError where a level has no candidate or cannot be read, and OSError.
    """
    text = _text(pack) if pack.is_file() else ""
    for file in level_files(pack.parent):
        found = open_levels(file)
        for number in range(1, len(found) + 1):
            level = found.examine(number)[0]
            name = file.name if len(found) == 1 else f"{file.name}#{number}"
            if level is None or not level.has(CANDIDATE):
                why = "has problems" if level is None else "has no '?'"
                raise EditError(f"{name} {why} - mend it, or move it to another folder")
            marks = goal_marks(text, name, level.tiles)
            text = set_goal_marks(text, name, level.tiles, marks)
    write_atomically(pack, partial(Path.write_bytes, data=encode(text)))


def _text(pack: Path) -> str:
    draft = Draft(pack)
    draft.close()
    return draft.text


class GoalPainting:
    """The marks of a level's candidates; each stroke is saved at once and can be undone.

    `name` is that of the level in the pack. Raises EditError and OSError, as its methods do.
    """

    def __init__(self, pack: Path, name: str, level: Level) -> None:
        self._name, self._level = name, level
        self.mark = HELD_OUT  # that is painted
        self._draft = Draft(pack)
        self._stroke = 0
        self.marks: dict[Cell, str] = {}
        self._read()

    @property
    def counts(self) -> dict[str, int]:
        """The number of candidates with each mark."""
        found = Counter(self.marks.values())
        return {mark: found[mark] for mark in MARKS}

    def begin_stroke(self) -> None:
        """Begin a step of the undo."""
        self._stroke += 1

    def paint(self, cell: Cell) -> str:
        """Give a candidate the chosen mark. Return what went wrong, or ""."""
        if cell not in self.marks:
            return "Only candidates '?' can be marked."
        if self.marks[cell] == self.mark:
            return ""
        self._draft.poll()
        marks = goal_marks(self._draft.text, self._name, self._level.tiles) | {cell: self.mark}
        text = set_goal_marks(self._draft.text, self._name, self._level.tiles, marks)
        self._draft.change(text, stroke=self._stroke)
        return self._save()

    def undo(self) -> str:
        """Take the last stroke back. Return what went wrong, or ""."""
        return "Nothing to undo." if self._draft.undo() is None else self._save()

    def redo(self) -> str:
        """Make the stroke again that was taken back. Return what went wrong, or ""."""
        return "Nothing to redo." if self._draft.redo() is None else self._save()

    def close(self) -> None:
        """Let go of the file."""
        self._draft.close()

    def _save(self) -> str:
        is_saved = self._draft.save()
        if not is_saved and self._draft.conflict:
            self._draft.resolve(TAKE)
        self._read()
        return "" if is_saved else CHANGED_MEANWHILE

    def _read(self) -> None:
        """Take the marks from the text; candidates without one are for training."""
        found = goal_marks(self._draft.text, self._name, self._level.tiles)
        self.marks = {cell: found.get(cell, TRAIN) for cell in self._level.find(CANDIDATE)}

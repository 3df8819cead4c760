"""The goals of training, validation and test of a level, painted into its folder's pack.toml."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from game.authoring.draft_file import TAKE, Draft
from game.authoring.drawing import cells_of
from game.authoring.goal_following import follow_all
from game.authoring.goal_marks import (
    GOALS,
    HELD_OUT,
    MARKS,
    TRAIN,
    VALIDATION,
    division,
    fits,
    goal_drawing,
    goal_marks,
    is_divided_by_goals,
    set_goal_drawing,
    set_goal_marks,
)
from game.authoring.text_bytes import encode
from game.files import name_text, write_atomically
from game.tasks.pack_file import PACK_FILE, level_files
from game.text.header_edits import EditError
from game.text.level import Cell, Level, Rows
from game.text.reading import open_levels
from game.text.tiles import CANDIDATE

MARK_NAMES = {TRAIN: "train", VALIDATION: "validation", HELD_OUT: "held out"}
OLD_LINES = "The lines of its old division stay as comments."
CHANGED_MEANWHILE = (
    "Another program changed pack.toml: this stroke was not written, paint it again."
)


def pack_of(level: Path) -> Path:
    """Return the path of the pack.toml that a level belongs to."""
    return level.parent / PACK_FILE


def has_goal_division(pack: Path) -> bool:
    """Whether there is a pack.toml that divides by goals. Raises EditError and OSError."""
    return pack.is_file() and is_divided_by_goals(_text(pack))


def division_question(pack: Path) -> str:
    """Return what `divide_by_goals` will do to a folder, for people. Raises EditError and OSError
    where it cannot."""
    divided_by_goals(pack)
    names = [file.name for file in level_files(pack.parent)]
    levels = names[0] if len(names) == 1 else f"all {len(names)} levels there"
    folder = name_text(pack.parent.resolve().name)
    if pack.is_file():
        how = division(_text(pack))
        what = (
            f"This changes pack.toml in '{folder}', which has to divide its tasks by goals. "
            f"{OLD_LINES if how else 'It says nothing about a division yet.'}"
        )
    else:
        what = (
            f"This creates pack.toml in '{folder}', to divide its tasks by goals. It makes the "
            f"folder a pack of {levels}."
        )
    return f"{what} The goals of {levels} are for training until you mark them."


def divided_by_goals(pack: Path) -> str:
    """Return the text of a pack.toml that divides all levels of its folder by goals.

    At first all are for training; marks that exist stay. Raises EditError where a level has no
    candidate or cannot be read, and OSError.
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
    return text


def divide_by_goals(pack: Path) -> None:
    """Divide all levels of a folder by goals, see `divided_by_goals`."""
    data = encode(divided_by_goals(pack))
    write_atomically(pack, partial(Path.write_bytes, data=data))


def change_pack(pack: Path, change: Callable[[str], str]) -> None:
    """Replace the text of a pack.toml by what a change makes of it; without one, do nothing.

    Raises EditError and OSError.
    """
    if not pack.is_file():
        return
    draft = Draft(pack)
    try:
        draft.change(change(draft.text))
        if draft.is_changed and not draft.save():
            raise OSError(errno.EBUSY, "another program is writing the file - try again", str(pack))
    finally:
        draft.close()


class UnclearMarks(Exception):
    """A map has changed in a way that leaves open where the marks of its goals belong."""


def follow_map(pack: Path, name: str, maps: Iterable[Rows], source: str | None = None) -> str:
    """Let the marks of a level in a pack.toml follow its map. Return what people should know.

    `maps` are the tiles after each step of the undo, from the map that was marked to the one that
    is saved. `source` is the name of the level that is marked, where the map is saved under
    another one. New candidates are for training. Raises UnclearMarks, EditError and OSError.
    """
    said = ""

    def change(text: str) -> str:
        nonlocal said
        text, said = _followed(text, name, maps, source or name)
        return text

    change_pack(pack, change)
    return said


def _followed(pack: str, name: str, maps: Iterable[Rows], source: str) -> tuple[str, str]:
    """The text of a pack.toml whose drawing has followed a map, and what people should know."""
    if division(pack) != GOALS:
        return pack, ""
    steps = list(maps)
    tiles, drawing = steps[-1], goal_drawing(pack, source)
    before: dict[Cell, str] = {}
    marks: dict[Cell, str] = {}
    if drawing is None:
        if not cells_of(tiles, CANDIDATE):
            return pack, ""
    elif name == source and not fits(drawing, steps[0]) and fits(drawing, tiles):
        return pack, ""  # drawn so by another program
    else:
        followed = follow_all(drawing, steps) if fits(drawing, steps[0]) else None
        if followed is None:
            raise UnclearMarks
        before = goal_marks(pack, source, steps[0])
        pack = set_goal_drawing(pack, name, followed)
        marks = goal_marks(pack, name, tiles)
    new = [cell for cell in cells_of(tiles, CANDIDATE) if cell not in marks]
    gone = Counter(before.values()) - Counter(marks.values())
    said = " ".join(filter(None, (_gone_text(gone), _new_text(new))))
    return set_goal_marks(pack, name, tiles, marks), said


def _gone_text(gone: Counter[str]) -> str:
    """What is said about goals outside of training that are not in the map any more."""
    parts = [f"{gone[one]} {MARK_NAMES[one]}" for one in (VALIDATION, HELD_OUT) if gone[one]]
    return f"Goals that are gone: {', '.join(parts)}." if parts else ""


def _new_text(new: Sequence[Cell]) -> str:
    """What is said about candidates that have no mark yet."""
    if len(new) == 1:
        place = f"row {new[0][0] + 1}, column {new[0][1] + 1}"
        return f"Its new goal at {place} is for training: F3 changes that."
    return f"Its {len(new)} new goals are for training: F3 changes that." if new else ""


def mark_anew(pack: Path, name: str, tiles: Rows, keeps: bool) -> None:
    """Write a drawing that fits the map: with the marks in the same rows and columns, or with none
    but those of training. Raises EditError and OSError."""

    def change(text: str) -> str:
        return set_goal_marks(text, name, tiles, goal_marks(text, name, tiles) if keeps else {})

    change_pack(pack, change)


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

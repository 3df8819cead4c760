"""The level file that an editor has open: its text with a history, and what is on disk."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from game.authoring.history import History
from game.authoring.recovery import Recovery, RecoveryWriter, discard, find_recoveries
from game.authoring.text_bytes import decode, encode
from game.files import name_text, open_regular, remove_abandoned, write_atomically
from game.text.level import MAX_BYTES, STEPS, Rows
from game.text.reading import LevelFile, split_address
from game.text.source_map import SourceMap, locate
from game.text.tiles import FLOOR, WALL

NEW_HEIGHT, NEW_WIDTH = 9, 13  # of the board of a new level
SETTLED = 1.0  # seconds after which an empty file is meant to be empty
Signature = tuple[int, ...] | None  # tells versions of a file apart; None: there is no file


@dataclass(frozen=True)
class Choice:
    """An answer to the question whose text counts; `effect` says what it does."""

    name: str
    label: str
    effect: str


KEEP = Choice("keep", "Keep mine", "Your text is kept. Ctrl S writes it, Ctrl Z shows the file's.")
TAKE = Choice("take", "Take the file's", "This is the file's text now. Ctrl Z brings yours back.")
COPY = Choice("copy", "Save mine as a copy", "Your text is in a file of its own now.")
CHOICES = (KEEP, TAKE, COPY)


@dataclass(frozen=True)
class Conflict:
    """A file that another program changed while the editor has unsaved changes.

    `theirs` is the text of the file now; the answers to the question are CHOICES.
    """

    question: str
    theirs: str


def empty_room(height: int = NEW_HEIGHT, width: int = NEW_WIDTH) -> Rows:
    """Return the rows of a room without anything in it."""
    inside = f"{WALL}{FLOOR * (width - 2)}{WALL}"
    return (WALL * width, *[inside] * (height - 2), WALL * width)


def empty_level() -> str:
    """Return the text of a new level."""
    return "\n".join([f"steps: {STEPS}", "", "map:", *empty_room(), ""])


def open_draft(path: str | Path | None, folders: Sequence[Path] | None = None) -> Draft:
    """Open a level file, or one level of a collection as `boxes.xsb#3`; a new one if there is none.

    Of a collection without a number the first level is opened.

    `folders` are those for recovery copies, by default the user's own. Raises OSError.
    """
    file, number = split_address(path) if path is not None else (None, None)
    draft = Draft(file, number, folders)
    if number is None and len(LevelFile(draft.text, draft.source.name)) > 1:
        draft.number = 1
    return draft


class Draft:
    """A level's text that is edited, and the file behind it.

    `path` is None for a level that has no file yet. `conflict` is the question that is open, if
    there is one. `recoveries` are copies of unsaved texts that an earlier editor left.
    """

    def __init__(
        self,
        path: Path | None,
        number: int | None = None,
        folders: Sequence[Path] | None = None,
        copied: str | None = None,
    ) -> None:
        """`copied` is the text of another level, with which one without a file begins."""
        self.path, self.number = path, number
        self.conflict: Conflict | None = None
        self._folders = folders
        self._signature, on_disk = _read(path)
        if path:
            remove_abandoned(path)
        self.is_new = on_disk is None and copied is None
        self.is_copy = copied is not None
        text = next((known for known in (on_disk, copied) if known is not None), empty_level())
        self.history = History(text)
        self._saved: str | None = text  # None: the file is gone, or cannot be read any more
        self._unreadable = ""  # why what is there now, and is not known, cannot be read
        self._writer = RecoveryWriter(path, folders)
        self.recoveries = self._find_recoveries()

    @property
    def name(self) -> str:
        """The name of the file without its folder, for messages."""
        return name_text(self.path.name) if self.path else "the new level"

    @property
    def address(self) -> Path | None:
        """The path of the level: that of its file, as `FILE#NUMBER` where that holds several."""
        is_one = self.number is None or len(LevelFile(self.text, self.source.name)) == 1
        return self.path if is_one or not self.path else Path(f"{self.path}#{self.number}")

    @property
    def text(self) -> str:
        return self.history.text

    @property
    def source(self) -> SourceMap:
        """The places of the parts of the text."""
        return _located(self.text, str(self.path or "level.txt"), self.number)

    @property
    def is_changed(self) -> bool:
        """Whether the text is not that of the file."""
        return self.text != self._saved

    @property
    def problem(self) -> str:
        """Why there is no recovery copy at present; "" where there is no problem."""
        return self._writer.problem

    def texts_since_saved(self) -> list[str]:
        """Return the texts from that of the file to the present one; only this without a file."""
        return [self.text] if self._saved is None else self.history.texts_from(self._saved)

    # --- editing ---

    def change(self, text: str, label: str = "", stroke: Hashable = None) -> None:
        """Make this the text: a new step of undo, or a part of the stroke before."""
        self.history.record(decode(encode(text)), label, stroke)
        self._keep_copy()

    def undo(self) -> int | None:
        """Take the last step back; return the offset of its change, or None without a step."""
        found = self.history.undo()
        self._keep_copy()
        return found

    def redo(self) -> int | None:
        """Make the next step again; return the offset of its change, or None without a step."""
        found = self.history.redo()
        self._keep_copy()
        return found

    # --- the file ---

    def save(self, path: Path | None = None) -> bool:
        """Write the text to its file, or to another one, which then is its file.

        Return False if the file was changed meanwhile: the question of `conflict` comes first, or,
        without one, the other program has not finished yet. A file that is named is replaced in any
        case. Raises OSError; the text stays as it is, unsaved.
        """
        if path is not None:
            self._signature = _write(path, self.text)
            self._writer.offer(None)
            self._writer.close()
            self.path, self.number = path, None
            self._writer = RecoveryWriter(path, self._folders)
        elif self.path is None:
            raise OSError(errno.ENOENT, "the level has no file yet - name one")
        elif not self._replace(self.path):
            return False
        self._saved, self._unreadable = self.text, ""
        self.conflict, self.is_new = None, False
        self._keep_copy()
        return True

    def _replace(self, path: Path) -> bool:
        """Write the text to its file, unless another program has changed that meanwhile."""
        self.poll()
        if self.conflict:
            return False
        if self._unreadable:
            what = f"{self._unreadable} - save under another name"
            raise OSError(errno.EEXIST, what, str(path))
        try:
            self._signature = _write(path, self.text, lambda: self._check_unchanged(path))
        except _ChangedMeanwhile:
            self.poll()
            return self.conflict is None and not self.is_changed
        return True

    def _check_unchanged(self, path: Path) -> None:
        if _signature(path) != self._signature:
            raise _ChangedMeanwhile

    def poll(self) -> str:
        """Look whether another program has changed the file; return what happened, or "".

        Without unsaved changes the file's text becomes one step of undo; else `conflict` is set.
        """
        if self.path is None or _signature(self.path) == self._signature:
            return ""
        try:
            signature, theirs = _read(self.path)
        except OSError as error:
            self._signature = _signature(self.path)
            self._unreadable = (error.strerror or str(error)).partition(" - ")[0]
            self._saved, self.conflict = None, None
            self._keep_copy()
            why = f"{self.name} cannot be read: {self._unreadable}"
            return f"{why}. Your text is kept: save it elsewhere."
        if not theirs and signature and _age(signature) < SETTLED:
            return ""  # a program that writes in place has only just emptied the file
        self._signature, self._unreadable = signature, ""
        was_changed, before = self.is_changed, self._saved
        if theirs is None:
            self._saved, self.conflict = None, None
            self._keep_copy()
            return f"{self.name} was removed or renamed. Ctrl S writes it again."
        self._saved, self.is_new = theirs, False
        if theirs in (before, self.text):
            self.conflict = None if theirs == self.text else self.conflict
            self._keep_copy()
            return ""
        if was_changed:
            what = (
                f"Another program changed {self.name}, and you have unsaved changes here. "
                "Which text shall the editor show? Undo brings the other one back."
            )
            self.conflict = Conflict(what, theirs)
            return what
        self.history.record(theirs, "change on disk")
        self._keep_copy()
        return f"Another program changed {self.name}: this is its new text. Ctrl Z goes back."

    def resolve(self, choice: Choice) -> str:
        """Answer the question of `conflict`; return what was done. Raises OSError.

        Whatever the answer, both texts can be reached by undo.
        """
        if not self.conflict or self.path is None:
            return ""
        mine, theirs, done = self.text, self.conflict.theirs, ""
        if choice is COPY:
            copy = _free_name(self.path)
            _write(copy, mine)
            done = f"Your text is saved as {name_text(copy.name)}; this is that of {self.name}."
        self.conflict = None
        self.history.end_stroke()
        self.history.record(theirs, "change on disk")
        if choice is KEEP:
            self.history.record(mine, "keeping mine")
        self._keep_copy()
        return done

    def close(self, keep_copy: bool = False) -> None:
        """Let go of the file; a recovery copy of an unsaved text stays only if it is to be kept."""
        if not keep_copy:
            self._writer.offer(None)
        self._writer.close()

    # --- recovery ---

    def restore(self, recovery: Recovery) -> None:
        """Take the text of an earlier editor's copy, as one step of undo."""
        self.change(recovery.text, "recovery")
        if not self.is_changed or self._writer.flush(timeout=1.0):
            discard(recovery)  # there is a copy of our own by now
        self.recoveries = [one for one in self.recoveries if one != recovery]

    def dismiss(self, recovery: Recovery) -> None:
        """Remove an earlier editor's copy."""
        discard(recovery)
        self.recoveries = [one for one in self.recoveries if one != recovery]

    def _find_recoveries(self) -> list[Recovery]:
        """The copies that differ from the file; the others are removed."""
        found = find_recoveries(self.path, self._folders)
        for one in found:
            if one.text == self.text:
                discard(one)
        return [one for one in found if one.text != self.text]

    def _keep_copy(self) -> None:
        self._writer.offer(self.text if self.is_changed else None)


@lru_cache(maxsize=8)
def _located(text: str, name: str, number: int | None) -> SourceMap:
    return locate(text, name, number)


def _read(path: Path | None) -> tuple[Signature, str | None]:
    """The signature and text of a file; None for both where there is none. Raises OSError."""
    signature = _signature(path)
    if path is None or signature is None:
        return None, None
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:  # a disk that fails names no file
        raise OSError(error.errno or errno.EIO, error.strerror, str(path)) from error
    if len(data) > MAX_BYTES:
        raise OSError(
            errno.EFBIG, f"the file is over {MAX_BYTES:,} bytes, too large to edit", str(path)
        )
    return signature, decode(data)


def _age(signature: Sequence[int]) -> float:
    """Seconds since a file was changed."""
    return abs(time.time() - signature[0] / 1e9)


def _signature(path: Path | None) -> Signature:
    try:
        found = os.stat(path) if path else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # an unreadable folder
        return (error.errno or -1,)
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)


class _ChangedMeanwhile(Exception):
    """Another program has changed the file while its new content was being written."""


def _write(path: Path, text: str, check: Callable[[], None] = lambda: None) -> Signature:
    """Write a text atomically, with the permissions of the file before; return its signature.

    `check` is called when the text is on the disk, and just before it takes the file's place; it
    may raise an error to prevent that. Raises OSError.
    """
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only - save it elsewhere", str(path))
    signature: Signature = None

    def write(file: Path) -> None:
        nonlocal signature
        with file.open("wb") as out:
            out.write(encode(text))
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            shutil.copymode(path, file)
        signature = _signature(file)
        check()

    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path)
    write_atomically(path, write)
    return signature


def _free_name(path: Path) -> Path:
    """A name for a copy beside a file, that no file has yet."""
    names = (f"{path.stem}-mine{n}{path.suffix}" for n in ("", *range(2, 1000)))
    return next(found for name in names if not (found := path.with_name(name)).exists())

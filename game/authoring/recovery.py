"""Recovery copies: the unsaved text of an editor, kept on disk while it is unsaved.

A copy is written by a thread of its own, so that no frame waits for a disk. It is the text below a
line with the path of the level. While its editor runs it holds a lock beside the copy; a copy
without a living editor is offered at the next start.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from game.authoring.text_bytes import decode, encode
from game.files import can_be_path, open_regular, user_folder, write_atomically
from game.text.level import MAX_BYTES

DELAY = 0.3  # seconds from one copy to the next, while the text changes
RETRY = 2.0  # seconds after a copy that could not be written
SUFFIX, LOCK_SUFFIX = ".draft", ".lock"
_PREFIX = ".gridapt-"
_MOST_HEAD = 100_000  # bytes of the line with the path


@dataclass(frozen=True)
class Recovery:
    """An unsaved text and its `copy` file; `path` is that of the level, None for a new one.

    `written` is when the copy was written, in seconds since 1970.
    """

    copy: Path
    path: Path | None
    text: str
    written: float = 0.0


# --- finding -----------------------------------------------------------------------------------


def recovery_folders(path: Path | None) -> list[Path]:
    """Return the folders for the copies of a level, the first one that can be written is used."""
    state = user_folder("XDG_STATE_HOME", ".local/state")
    folders = [state / "drafts"] if state else []
    return [*folders, path.parent] if path else folders


def find_recoveries(path: Path | None, folders: Sequence[Path] | None = None) -> list[Recovery]:
    """Return the copies of a level that no living editor holds, the newest first.

    None as the path stands for levels that have no file yet. What dead editors left besides their
    copies is removed.
    """
    found: list[Recovery] = []
    for folder in recovery_folders(path) if folders is None else folders:
        for copy in _copies(folder, path):
            recovery = _read(copy) if _is_abandoned(copy) else None
            if recovery and _identity(recovery.path) == _identity(path):
                found.append(recovery)
    return sorted(found, key=lambda one: -one.written)


def discard(recovery: Recovery) -> None:
    """Remove a copy."""
    _remove(recovery.copy)


def _copies(folder: Path, path: Path | None) -> Iterator[Path]:
    """The names of the copies of a level in a folder, also of those that were never completed."""
    begin = f"{_PREFIX}{_identity(path)}-"
    with contextlib.suppress(OSError):
        names = {name for name in os.listdir(folder) if begin in name}
        yield from {
            folder / f"{begin}{name.partition(begin)[2].partition('.')[0]}{SUFFIX}"
            for name in names
        }


def _identity(path: Path | None) -> str:
    """A short text that stands for the path of a level in the names of its copies."""
    full = os.fsencode(os.path.realpath(path)) if path else b""
    return hashlib.sha256(full).hexdigest()[:16]


def _is_abandoned(copy: Path) -> bool:
    """Whether no living editor holds a copy. The remains of a copy that is none are removed."""
    try:
        with FileLock(copy.with_suffix(LOCK_SUFFIX), timeout=0):
            pass
    except Timeout:
        return False
    except (OSError, NotImplementedError):  # a read-only folder, or one without locks
        return copy.exists()
    if not copy.exists():
        _remove(copy)
        return False
    return True


def _read(copy: Path) -> Recovery | None:
    """The content of a copy; None where it is none."""
    try:
        with open_regular(copy) as file:
            head, text = file.readline(_MOST_HEAD), file.read(2 * MAX_BYTES)
            written = os.fstat(file.fileno()).st_mtime
        path = json.loads(head)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(path, str) or not can_be_path(path):
        return None
    return Recovery(copy, Path(path) if path else None, decode(text), written)


def _remove(copy: Path) -> None:
    """Remove a copy with all that belongs to it."""
    parts = copy.parent.glob(f".{copy.name}.*.part")
    for file in (copy, copy.with_suffix(LOCK_SUFFIX), *parts):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


# --- writing -----------------------------------------------------------------------------------


class RecoveryWriter:
    """Keeps the copy of one editor's text up to date, in a thread of its own.

    `problem` says why there is no copy on disk at present; "" where there is no problem.
    """

    def __init__(self, path: Path | None, folders: Sequence[Path] | None = None) -> None:
        self.problem = ""
        self._path = path
        self._name = f"{_PREFIX}{_identity(path)}-{uuid.uuid4().hex[:12]}{SUFFIX}"
        self._folders = list(recovery_folders(path) if folders is None else folders)
        self._copy: Path | None = None
        self._lock: FileLock | None = None
        self._wanted: str | None = None
        self._asked = self._done = 0  # numbers of the last offer, and of the last one on disk
        self._closing = False
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def offer(self, text: str | None) -> None:
        """Keep a copy of this text instead of the last one; None if nothing is unsaved."""
        with self._news:
            if text == self._wanted:
                return
            self._wanted = text
            self._asked += 1
            self._news.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until the last offer is on disk; return whether it is."""
        with self._news:
            return self._news.wait_for(lambda: self._done == self._asked, timeout) and (
                not self.problem
            )

    def close(self) -> None:
        """End the thread when the last offer is on disk, and let go of the copy if there is one."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        if self._thread:
            self._thread.join(timeout=5)
        self._let_go()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closing or self._done != self._asked)
                if self._done == self._asked:
                    return
                asked, text = self._asked, self._wanted
            problem = self._bring_to_disk(text)
            with self._news:
                self.problem = problem
                if not problem or self._closing:
                    self._done = asked
                self._news.notify_all()
                pause = RETRY if problem else DELAY
                self._news.wait_for(lambda: self._closing or self._wanted is None, pause)

    def _bring_to_disk(self, text: str | None) -> str:
        """Write or remove the copy; return the problem, or ""."""
        if text is None:
            if self._copy:
                with contextlib.suppress(OSError):
                    self._copy.unlink(missing_ok=True)
            self._copy = None
            return ""
        problem = "there is no folder for a recovery copy"
        path = os.path.realpath(self._path) if self._path else ""
        data = json.dumps(path).encode() + b"\n" + encode(text)
        for folder in self._folders:
            copy = folder / self._name
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._hold(copy)
                write_atomically(copy, partial(Path.write_bytes, data=data))
            except OSError as error:
                problem = f"no recovery copy in {folder}: {error.strerror or error}"
                continue
            if self._copy and self._copy != copy:
                _remove(self._copy)
            self._copy = copy
            return ""
        return problem

    def _hold(self, copy: Path) -> None:
        """Hold the lock of a copy. Raises OSError where its folder cannot be written."""
        file = str(copy.with_suffix(LOCK_SUFFIX))
        if self._lock and self._lock.lock_file == file:
            return
        lock = FileLock(file, timeout=0, thread_local=False)
        with contextlib.suppress(Timeout, NotImplementedError):  # folders without locks
            lock.acquire()
        self._let_go()
        self._lock = lock

    def _let_go(self) -> None:
        """Release the lock, and remove its file if there is no copy beside it."""
        if self._lock:
            file = Path(self._lock.lock_file)
            self._lock.release()
            if not file.with_suffix(SUFFIX).exists():
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
            self._lock = None

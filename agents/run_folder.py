"""A run is one thing: its files are replaced together, and by one training at a time.

New files are written into the folder `.saving` of the run, which then becomes `.saved` in one
rename: from there on the new files count, and they are moved to their places one by one. Whatever
moment a training is killed at, the run is the old one or the new one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from agents.learner import AgentError
from game.files import write_into

SAVING, SAVED, LOCK = ".saving", ".saved", ".lock"
DELETED = ".deleted"  # suffix of an empty file that stands for a file that is to be deleted
AGENT_THERE = (
    "there is a trained agent already - give another --out, --resume it, or --overwrite it"
)
POLL_INTERVAL = 0.1  # seconds between two attempts to lock a folder
Write = Callable[[Path], object]  # writes a file at a path


class FolderInUse(AgentError):
    """Another training or sweep holds the lock of a folder."""


def run_file(folder: Path, name: str) -> Path | None:
    """Return the path of a run's file as it counts now, or None if the run has no such file."""
    saved, path = folder / SAVED, folder / name
    if os.path.lexists(saved / name):
        return saved / name
    there = os.path.lexists(path) and not os.path.lexists(saved / f"{name}{DELETED}")
    return path if there else None


def run_path(folder: Path, name: str) -> Path:
    """Return the path to read a run's file from; there may be no such file."""
    return run_file(folder, name) or folder / name


def replace_files(folder: Path, files: Mapping[str, Write | None]) -> None:
    """Replace files of a run as one; None deletes a file. The caller holds the run's lock.

    Raises OSError, and whatever a `Write` raises; the run is then as it was.
    """
    settle(folder)
    saving = folder / SAVING
    try:
        saving.mkdir(parents=True)
        for name, write in files.items():
            path = saving / (name if write else f"{name}{DELETED}")
            write_into(path, write or Path.touch, folder / name)
        _sync(saving)
        os.replace(saving, folder / SAVED)
    except BaseException:
        shutil.rmtree(saving, ignore_errors=True)
        raise
    settle(folder)


def settle(folder: Path) -> None:
    """Finish a replacement of files that was interrupted. The caller holds the run's lock.

    Raises AgentError where it was not a training that left it.
    """
    shutil.rmtree(folder / SAVING, ignore_errors=True)
    saved = folder / SAVED
    if not saved.is_dir():
        return
    for path in sorted(saved.iterdir()):
        _check_ours(path, is_folder=False)
        if path.name.endswith(DELETED):
            (folder / path.name.removesuffix(DELETED)).unlink(missing_ok=True)
            path.unlink()
        else:
            os.replace(path, folder / path.name)
    saved.rmdir()
    _sync(folder)


@contextlib.contextmanager
def locked(folder: Path, owner: str = "training") -> Iterator[None]:
    """Make the folder of a run, and hold its lock: no other training may use the run meanwhile.

    The system frees the lock when its owner ends, however it ends. Raises FolderInUse if another
    owner of this kind holds it, and OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        what = f"another {owner} uses this folder"
        raise FolderInUse(f"{folder}: {what} - wait for it, or give another --out") from None
    try:
        for name in (SAVING, SAVED):
            _check_ours(folder / name, is_folder=True)
        settle(folder)
        yield
    finally:
        lock.release()


def wait_until_free(folder: Path, seconds: float) -> None:
    """Wait at most so many seconds while another owner holds the lock of a run's folder."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with locked(folder):
                return
        except FolderInUse:
            time.sleep(POLL_INTERVAL)
        except (AgentError, OSError):  # which the next owner will meet, too
            return


def _check_ours(path: Path, is_folder: bool) -> None:
    """Raise AgentError where a link or the like is in the place of a file or folder of a training.

    A run may come from a stranger: following a link would move files of somebody else.
    """
    there = os.path.lexists(path)
    if there and (path.is_symlink() or not (path.is_dir() if is_folder else path.is_file())):
        kind = "folder" if is_folder else "regular file"
        raise AgentError(f"{path}: is no {kind} that a training has left - remove it")


def _sync(folder: Path) -> None:
    """Make the names in a folder last, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

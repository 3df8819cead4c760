"""Files are written whole or not at all, and only regular files are read or replaced."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_NAME = 200  # bytes of a name that is part of the name of its temporary file
LONGEST_WRITE = 10.0  # seconds that another machine, whose processes we do not see, may write


def name_text(name: str | Path) -> str:
    """Return a file's name or path as text: bytes that are not UTF-8 become escapes as `\\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def open_regular(path: str | Path) -> BinaryIO:
    """Open a regular file, or a link to one, to read its bytes.

    Raises OSError, for anything else too: a pipe may never end, and a device is no data.
    """
    if os.path.lexists(_checked_name(path)) and not os.path.isfile(path):
        kind = "a folder" if os.path.isdir(path) else "no regular file"
        raise OSError(errno.EINVAL, f"this is {kind} - name a regular file", str(path))
    return open(path, "rb")


def replaceable(path: str | Path) -> Path:
    """Return the file that is replaced when this path is written: that which a link leads to.

    Raises OSError where something is there that is no regular file.
    """
    target = os.path.realpath(_checked_name(path))
    if os.path.lexists(target) and not os.path.isfile(target):
        what = "this is no regular file, and is not replaced - name another one"
        raise OSError(errno.EINVAL, what, str(path))
    return Path(target)


def can_be_path(path: str | Path) -> bool:
    """Whether a file can have this path, as this system names files."""
    try:
        return b"\0" not in os.fsencode(path)
    except ValueError:  # a lone surrogate
        return False


def _checked_name(path: str | Path) -> str | Path:
    """Return a path as it is. Raises OSError where no file can have such a name."""
    if not can_be_path(path):
        raise OSError(errno.ENOENT, "no file can have this name", ascii(str(path)))
    return path


def user_folder(variable: str, default: str) -> Path | None:
    """Return the folder of this program's own files on this platform, or None without a home.

    `variable` and `default` are the environment variable and the folder in the user's home that
    Linux has for files of this kind, as XDG_CONFIG_HOME and ".config".
    """
    try:
        if sys.platform == "win32":
            base = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Application Support"
        else:
            base = os.environ.get(variable) or Path.home() / default
    except RuntimeError:
        return None
    return Path(base) / "gridapt"


def prepare_folder(folder: Path) -> None:
    """Make a folder for results, and check that files can be written into it, before the work.

    Raises OSError, which names the folder instead of the file that the check would have made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary file beside `path`, then move that into place.

    Raises OSError, and leaves what is there, where that is no regular file.
    """
    path = replaceable(path)
    temporary = path.with_name(f"{_temporary_stem(path)}{os.getpid()}.part")
    try:
        write_into(temporary, write, path)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary_stem(path: Path) -> str:
    """Return the name of the temporary file of a path without the number of its process."""
    name = os.fsencode(path.name)
    is_long = len(name) > MOST_NAME
    return f".{hashlib.sha256(name).hexdigest() if is_long else path.name}."


def remove_abandoned(path: Path) -> None:
    """Remove temporary files of this path whose programs were killed while they wrote it.

    What a living process writes stays, and so does what was written just now: another machine may
    be at it.
    """
    with contextlib.suppress(OSError, ValueError):
        path = Path(os.path.realpath(path))
        stem = _temporary_stem(path)
        for name in os.listdir(path.parent):
            number = name.removeprefix(stem).removesuffix(".part")
            if name == f"{stem}{number}.part" and number.isdecimal() and not _is_alive(int(number)):
                file = path.with_name(name)
                if abs(time.time() - file.stat().st_mtime) > LONGEST_WRITE:
                    file.unlink()


def _is_alive(process: int) -> bool:
    """Whether this machine has a process of this number; on Windows that is not found out."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def write_into(path: Path, write: Callable[[Path], object], target: Path) -> None:
    """Call `write` with the path of a new file, and make sure that its content is on the disk.

    Raises OSError with the name of the file that it is to become: where a disk is full, the system
    names none.
    """
    try:
        write(path)
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(
            error.errno or errno.EIO, error.strerror or str(error), str(target)
        ) from error


def json_text(value: Any) -> str:
    """Return a value as JSON, in ASCII: a path may be no text. Equal values give equal texts."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; the same value gives the same bytes."""
    write_atomically(path, lambda file: file.write_text(json_text(value), encoding="utf-8"))


def save_png(path: Path, image: Image) -> None:
    """Write an image as a PNG, as small as it gets."""
    image.save(path, "PNG", optimize=True)


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays by name as an npz file; the same arrays give the same bytes."""
    with path.open("wb") as file:
        np.savez(file, **arrays)

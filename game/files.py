"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def prepare_folder(folder: Path) -> None:
    """Make a folder for results, and check that files can be written into it, before the work.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary file beside `path`, then move that into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_into(temporary, write, path)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


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


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays by name as an npz file; the same arrays give the same bytes."""
    with path.open("wb") as file:
        np.savez(file, **arrays)

"""Read a pack.toml, with errors that point into it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from game.filling import Misfit, fill
from game.text.dialects import SUFFIXES
from game.text.level import MAX_BYTES

PACK_FILE = "pack.toml"
Kind = TypeVar("Kind")


class PackError(Exception):
    """A pack cannot be used; the message says where and why."""


def level_files(folder: Path) -> list[Path]:
    """The files of a folder whose suffix says that they are levels, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _read_text(path: Path) -> str:
    """What a pack.toml says. Raises PackError where it is no text, or too much of it."""
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PackError(f"{path}:1:1: the file is over {MAX_BYTES:,} bytes - it is to say little")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise PackError(f"{path}:{line}:{column}: this is no UTF-8 - save it as UTF-8") from None


def _toml_error(file: str, message: str) -> str:
    """The parser's message with its place in front, as that of all errors."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if not place:
        return f"{file}:1:1: {message}"
    at = f"{file}:{place[1]}:{place[2]}" if place[1] else f"{file}: at its end"
    return f"{at}: {message[: place.start()]} - mend the TOML"


class PackFile:
    """A pack's TOML file, and errors that point into it. Beside levels there need not be one."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        there = path.is_file()
        if not there and not level_files(path.parent):
            todo = "'python main.py levels new FOLDER' writes a first pack"
            raise PackError(f"{path.parent}: no levels and no {PACK_FILE} in this folder - {todo}")
        try:
            self.text = _read_text(path) if there else ""
            self.content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise PackError(_toml_error(self.file, str(error))) from None
        except RecursionError:
            raise PackError(f"{path}:1:1: nested too deeply - a pack.toml is flat") from None

    def error(self, key: str, what: str) -> PackError:
        """An error about a key, with the line that sets it, or else mentions it, first."""
        lines = list(enumerate(self.text.split("\n"), 1))
        found = [i for i, line in lines if line.partition("=")[0].strip(" \t\"'") == key]
        found += [i for i, line in lines if key in line]
        return PackError(f"{self.file}:{next(iter(found), 1)}:1: '{key}' {what}")

    def fail(self, key: str, what: str) -> None:
        raise self.error(key, what)

    def fill(self, kind: type[Kind], table: Any, where: str) -> Kind:
        """A dataclass filled from a table of the file, which the key `where` sets. Raises
        PackError."""
        try:
            return fill(kind, table)
        except Misfit as misfit:
            raise self.error(misfit.key or where, misfit.what) from None

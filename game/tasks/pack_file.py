"""Reading a pack.toml, with error messages that point to a line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, TypeVar

from game.files import open_regular
from game.filling import Misfit, TomlMisfit, fill, parse_toml
from game.text.dialects import SUFFIXES
from game.text.level import MAX_BYTES

PACK_FILE = "pack.toml"
Kind = TypeVar("Kind")


class PackError(Exception):
    """The pack cannot be used; the message says where, why and what to do."""


def level_files(folder: Path) -> list[Path]:
    """Return the level files of a folder, recognised by their suffix and sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _read_text(path: Path) -> str:
    """Return the text of a pack.toml. Raises PackError if it is too long or not UTF-8."""
    with open_regular(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        what = f"the file is over {MAX_BYTES:,} bytes"
        raise PackError(f"{path}:1:1: {what} - keep only the settings of the pack")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise PackError(
            f"{path}:{line}:{column}: the file is not UTF-8 - save it as UTF-8"
        ) from None


def _sets(line: str, key: str) -> bool:
    """Whether a line of TOML sets a key, perhaps one of a table inside: `inner.discount = 0.8`."""
    left = line.partition("=")[0].strip(" \t")
    return key in (left.strip("\"'"), left.rpartition(".")[2].strip(" \t\"'"))


def _names(line: str, key: str) -> bool:
    """Whether a key is among those left of a line's `=`, or in the line that begins a table."""
    left = line.partition("#")[0].partition("=")[0]
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", left) is not None


class PackFile:
    """A pack's TOML file. It may be missing where the folder has level files.

    Raises PackError where there are neither, or the file is not valid TOML.
    """

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        there = os.path.lexists(path)
        if not there and not level_files(path.parent):
            what = f"there are no level files and no {PACK_FILE} in this folder"
            todo = "create a first pack with 'python main.py levels new FOLDER'"
            raise PackError(f"{path.parent}: {what} - {todo}")
        try:
            self.text = _read_text(path) if there else ""
            self.content = parse_toml(self.text)
        except TomlMisfit as misfit:
            if misfit.key:
                raise self.error(misfit.key, misfit.what) from None
            raise PackError(f"{path}:{misfit.place}: {misfit.what}") from None

    def error(self, key: str, what: str, within: str = "") -> PackError:
        """Return an error about a key, at the first line that sets it or else mentions it.

        `what` continues the sentence that begins with the key. `within` is the key of the table
        that the line is in: the lines above its first mention are left out.
        """
        lines = list(enumerate(self.text.split("\n"), 1))
        first = next((i for i, line in lines if _names(line, within)), 1)
        lines = lines[first - 1 :]
        found = [i for i, line in lines if _sets(line, key)]
        found += [i for i, line in lines if _names(line, key)]
        found += [i for i, line in lines if key in line]
        return PackError(f"{self.file}:{next(iter(found), 1)}:1: '{key}' {what}")

    def fail(self, key: str, what: str) -> None:
        """Raise the error about a key."""
        raise self.error(key, what)

    def fill(self, kind: type[Kind], table: Any, where: str) -> Kind:
        """Return a dataclass filled from a table of the file, which the key `where` sets.

        Raises PackError where a value does not fit.
        """
        try:
            return fill(kind, table)
        except Misfit as misfit:
            raise self.error(misfit.key or where, misfit.what) from None

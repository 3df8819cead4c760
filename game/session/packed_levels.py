"""Levels as part of a replay line: the files of a pack as compressed text, and files again."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from game.tasks.family import family
from game.tasks.level_members import read_members
from game.tasks.pack_file import PACK_FILE, PackError, PackFile, level_files
from game.tasks.packs import LEVELS, Pack, pack_folder
from game.tasks.task import Task
from game.text.dialects import SUFFIXES
from game.text.level import LevelError
from game.text.writing import write

MOST_TEXT = 90_000  # characters of packed levels; Linux takes 128 KiB in an argument
MOST_BYTES = 4 << 20  # of all files together
MOST_NAME = 100  # characters
LEVEL_SUFFIX = ".txt"  # of a level in our own notation
CODING = ("utf-8", "surrogateescape")  # files may hold bytes that are not UTF-8
NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|]')  # on any system
Files = str | dict[str, str]  # the text of a level file, or the texts in a folder by name


class UnpackableLevels(ValueError):
    """Levels do not fit into a line, or a text holds none; the message says why."""


def pack_levels(pack: Pack, task: Task) -> tuple[str, str]:
    """Return the name of a pack's file or folder, and its content as URL-safe base64.

    Where the files are too large, have changed since they were loaded, or need other packs of the
    user, the content is only the level that the task is a draw of. Raises UnpackableLevels where
    that is too large as well.
    """
    name, files = _pack_name(pack), _pack_files(pack)
    text = None if files is None else _compressed(files)
    if text is None:
        name, text = _safe_name(pack.name) + LEVEL_SUFFIX, _compressed(_level_of(pack, task))
    if text is None:
        raise UnpackableLevels(f"the level takes over {MOST_TEXT:,} characters in a replay line")
    return name, text


def unpack_levels(name: str, text: str) -> Path:
    """Return the path of a file or folder with the content that `pack_levels` gave.

    It is kept until the program ends. Raises UnpackableLevels or OSError.
    """
    files = _decompressed(text)
    for one in (name, *([] if isinstance(files, str) else files)):
        if not _is_name(one):
            raise UnpackableLevels(f"{one!r} is no name of a file or a folder")
    key = hashlib.sha256(f"{name} {text}".encode("utf-8", "surrogatepass")).hexdigest()
    path = Path(_unpacked().name, key[:16], name)
    path.parent.mkdir(exist_ok=True)
    if isinstance(files, str):
        path.write_bytes(_encoded(files))
        return path
    path.mkdir(exist_ok=True)
    for one, content in files.items():
        if one != PACK_FILE and Path(one).suffix.lower() not in SUFFIXES:
            raise UnpackableLevels(f"{one!r} is neither {PACK_FILE} nor a level file")
        (path / one).write_bytes(_encoded(content))
    return path


def _is_name(name: str) -> bool:
    """Whether a file in a folder of this system can have a name."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # a lone surrogate
        return False
    is_plain = Path(name).name == name and name not in ("", "..")
    return is_plain and not NOT_IN_NAMES.search(name)


def is_unpacked(path: Path) -> bool:
    """Whether a file or folder comes out of a replay line, and goes when the program ends."""
    any_unpacked = _unpacked.cache_info().currsize > 0
    return any_unpacked and Path(_unpacked().name).resolve() in path.resolve().parents


@cache
def _unpacked() -> tempfile.TemporaryDirectory[str]:
    """Return the folder of all unpacked levels, which is removed as the program ends."""
    return tempfile.TemporaryDirectory(prefix="gridapt-")


# --- the files of a pack -------------------------------------------------------------------------


def _pack_name(pack: Pack) -> str:
    """Return the name of a pack's folder, or of its file as `_pack_files` gives it."""
    folder = pack_folder(pack.path)
    if folder is not None:
        return _safe_name(folder.resolve().name)
    own_notation = len(pack.levels) == 1
    return _safe_name(pack.name) + LEVEL_SUFFIX if own_notation else _safe_name(pack.path.name)


def _safe_name(name: str) -> str:
    """Return a name that a file can have on any system, most often the same."""
    return NOT_IN_NAMES.sub("-", name)[:MOST_NAME].strip(". ") or "level"


def _pack_files(pack: Pack) -> Files | None:
    """Return the files of a pack, or None where they are no longer as they were loaded, or do not
    suffice. A single level is written in our own notation."""
    folder = pack_folder(pack.path)
    if folder is None and len(pack.levels) == 1:
        return write(pack.levels[0])
    try:
        paths = [pack.path] if folder is None else level_files(folder)
        if pack.levels != tuple(level for path in paths for _, level in read_members(path).levels):
            return None
        if folder is not None and (folder / PACK_FILE).exists():
            if _needs_other_packs(PackFile(folder / PACK_FILE)):
                return None
            paths.append(folder / PACK_FILE)
        texts = {path.name: path.read_bytes().decode(*CODING) for path in paths}
    except (LevelError, PackError, OSError):
        return None
    return texts if folder is not None else texts[pack.path.name]


def _needs_other_packs(source: PackFile) -> bool:
    """Whether a pack is a mixture of packs that do not all come with the project."""
    mixture = source.content.get("mixture", {})
    return any(not (LEVELS / name / PACK_FILE).exists() for name in mixture.get("packs", {}))


def _level_of(pack: Pack, task: Task) -> str:
    """Return the text of the level that a task of the pack is a draw of. Raises UnpackableLevels
    where the pack cannot say which one that is."""
    for level in pack.levels or pack.families(task):
        if any(draw.id == task.id for draw in family(level, "")):
            return write(level)
    raise UnpackableLevels(f"the pack {pack.name} is too large, and task {task.id} of no one level")


# --- text ----------------------------------------------------------------------------------------


def _compressed(files: Files) -> str | None:
    """Return files as URL-safe base64, or None if that is too long."""
    content = json.dumps(files, separators=(",", ":")).encode()
    if len(content) > MOST_BYTES:
        return None
    text = base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")
    return text if len(text) <= MOST_TEXT else None


def _decompressed(text: str) -> Files:
    """Return the files of a text from `_compressed`. Raises UnpackableLevels."""
    damaged = UnpackableLevels("the text of its levels is damaged - copy the whole line")
    if len(text) > MOST_TEXT or not re.fullmatch("[A-Za-z0-9_-]*", text):
        raise damaged
    try:
        expander = zlib.decompressobj()
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = expander.decompress(packed, MOST_BYTES)
        files: Any = json.loads(content) if expander.eof else None
    except (ValueError, zlib.error, RecursionError):
        raise damaged from None
    texts = files.values() if isinstance(files, dict) else [files]
    if not all(isinstance(one, str) for one in texts):
        raise damaged
    found: Files = files
    return found


def _encoded(text: str) -> bytes:
    """Return the bytes of a file. Raises UnpackableLevels where no file can have this text."""
    try:
        return text.encode(*CODING)
    except UnicodeEncodeError:
        raise UnpackableLevels("the text of its levels holds what no file can hold") from None

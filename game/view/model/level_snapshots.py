"""Snapshots of a draft: files with its text as it is now, which packs are loaded from.

So a level can be played and watched before it is saved.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from game.authoring.draft_file import Draft
from game.authoring.text_bytes import encode
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, load_pack
from game.text.level import LevelError
from game.world.tables import TooLarge

NAMELESS = "new-level.txt"  # the file name of a level that has no file yet


class LevelSnapshots:
    """A temporary folder of snapshots, which is removed with this object."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    def file_of(self, draft: Draft) -> tuple[Path, bool]:
        """Return a path to load the draft's level from, and whether it is a snapshot.

        It is the draft's own file where that has the same text. Raises OSError.
        """
        if draft.path and not draft.is_changed and not draft.is_new:
            return _address(draft.path, draft.number), False
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="gridapt-")
        self._count += 1
        folder = Path(self._folder.name) / str(self._count)
        folder.mkdir()
        file = folder / (draft.path.name if draft.path else NAMELESS)
        file.write_bytes(encode(draft.text))
        return _address(file, draft.number), True

    def close(self) -> None:
        """Remove the snapshots."""
        if self._folder:
            self._folder.cleanup()
            self._folder = None


def _address(file: Path, number: int | None) -> Path:
    return file.with_name(f"{file.name}#{number}") if number else file


def load_edited(path: Path) -> Pack | str:
    """Return the pack of a level file, or why it cannot be loaded."""
    try:
        return load_pack(path)
    except (LevelError, PackError, TooLarge) as error:
        return str(error)
    except OSError as error:
        return f"{path}: {error.strerror or error}"

"""The levels beside the one that is edited: their list, their split, and their changes."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from game.authoring.goal_painting import change_pack
from game.authoring.pack_names import copy_level, rename_level
from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PACK_FILE, PackError, level_files
from game.tasks.packs import Pack, load_pack
from game.text.header_edits import EditError
from game.text.level import LevelError
from game.text.reading import open_levels, split_address
from game.view.model.background_jobs import BackgroundJobs
from game.world.tables import TooLarge

MOST_LEVELS = 200  # that are listed


class FolderLevels:
    """The levels of a folder, one of them selected; the split is that of its pack.toml.

    `levels` are paths of files, or `FILE#NUMBER` for those of a file that holds several.
    """

    def __init__(self, folder: Path, jobs: BackgroundJobs, selected: Path | None = None) -> None:
        self.folder, self._jobs = folder, jobs
        self.levels: list[Path] = []
        self.selected = 0
        self.refresh(selected)

    @property
    def level(self) -> Path | None:
        """The selected level; None in an empty folder."""
        return self.levels[self.selected] if self.levels else None

    @property
    def file(self) -> Path | None:
        """The file of the selected level; None in an empty folder."""
        return split_address(self.level)[0] if self.level else None

    def refresh(self, selected: Path | None = None) -> None:
        """List the levels again, and select one."""
        try:
            files = level_files(self.folder)[:MOST_LEVELS]
        except OSError:
            files = []
        self.levels = [level for file in files for level in _levels_of(file)][:MOST_LEVELS]
        names = [level.name for level in self.levels]
        if selected and selected.name in names:
            self.selected = names.index(selected.name)
        self.selected = min(self.selected, max(0, len(self.levels) - 1))
        self._jobs.forget(("split", self.folder))

    def select(self, by: int) -> None:
        """Select the next (1) or the previous (-1) level."""
        self.selected = min(max(self.selected + by, 0), max(0, len(self.levels) - 1))

    def splits(self) -> dict[str, str] | str | None:
        """Return each level's share of the splits by its name, or why there is none; None while it
        is being found out."""
        if not (self.folder / PACK_FILE).is_file():
            return f"There is no {PACK_FILE}: each level is a pack of its own."
        return self._jobs.ask(("split", self.folder), lambda: _splits(self.folder), str)

    def duplicate(self) -> Path | None:
        """Copy the selected level's file under a free name, and select it.

        The copy is in the same split of the pack. Raises OSError and EditError.
        """
        if self.file is None:
            return None
        copy = free_name(self.file)
        shutil.copyfile(self.file, copy)
        self._change_pack(copy_level, self.file, copy, copy.unlink)
        self.refresh(copy)
        return copy

    def rename(self, name: str) -> Path | None:
        """Give the selected level's file another name, in its pack.toml too.

        Raises OSError, also where there is a file of this name, and EditError.
        """
        if self.file is None:
            return None
        target = self.file.with_name(Path(name).name)
        if target == self.file:
            return target
        if target.exists():
            raise FileExistsError(17, "there is a file of this name already", str(target))
        file = self.file
        file.rename(target)
        self._change_pack(rename_level, file, target, lambda: target.rename(file))
        self.refresh(target)
        return target

    def _change_pack(
        self,
        change: Callable[[str, str, str], str],
        old: Path,
        new: Path,
        take_back: Callable[[], object],
    ) -> None:
        """Change the names of a level in the pack.toml; if that fails, take its file back."""
        try:
            change_pack(self.folder / PACK_FILE, lambda text: change(text, old.name, new.name))
        except (EditError, OSError):
            take_back()
            raise


def free_name(path: Path) -> Path:
    """Return the path, or with a number if there is a file of that name."""
    if not path.exists():
        return path
    names = (path.with_name(f"{path.stem}-{i}{path.suffix}") for i in range(2, 10_000))
    return next(name for name in names if not name.exists())


def _levels_of(file: Path) -> list[Path]:
    """Return a level file, or the addresses of its levels if there are several."""
    try:
        count = len(open_levels(file))
    except OSError:
        count = 1
    numbers = range(1, count + 1)
    return [file] if count == 1 else [file.with_name(f"{file.name}#{n}") for n in numbers]


def pack_problem(folder: Path) -> str:
    """Return why a pack cannot be loaded, with the names of files in its folder, or ""."""
    found = _loaded(folder)
    return found.replace(f"{folder}{os.sep}", "") if isinstance(found, str) else ""


def _loaded(folder: Path) -> Pack | str:
    """Return a pack, or why it cannot be loaded."""
    try:
        return load_pack(folder)
    except (LevelError, PackError, TooLarge) as error:
        return str(error).split("\n")[0]
    except OSError as error:
        return f"{folder}: {error.strerror or error}"


def _splits(folder: Path) -> dict[str, str] | str:
    """Return the numbers of tasks by level in words, as "6 train, 2 validation, 2 test"."""
    pack = _loaded(folder)
    if isinstance(pack, str):
        return pack
    counts: dict[str, Counter[str]] = {}
    for name in SPLITS:
        for task in pack.split(name).tasks:
            counts.setdefault(Path(task.level.file).name, Counter())[name] += 1
    return {
        level: ", ".join(f"{found[name]:,} {name}" for name in SPLITS if found[name])
        for level, found in counts.items()
    }

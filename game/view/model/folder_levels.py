"""The level files beside the one that is edited: their list, their split, and their changes."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PACK_FILE, PackError, level_files
from game.tasks.packs import load_pack
from game.text.level import LevelError
from game.text.reading import split_number
from game.view.model.background_jobs import BackgroundJobs
from game.world.tables import TooLarge

MOST_FILES = 200  # that are listed


class FolderLevels:
    """The level files of a folder, one of them selected; the split is that of its pack.toml."""

    def __init__(self, folder: Path, jobs: BackgroundJobs, selected: Path | None = None) -> None:
        self.folder, self._jobs = folder, jobs
        self.files: list[Path] = []
        self.selected = 0
        self.refresh(selected)

    @property
    def file(self) -> Path | None:
        """The selected file; None in an empty folder."""
        return self.files[self.selected] if self.files else None

    def refresh(self, selected: Path | None = None) -> None:
        """List the files again, and select one."""
        try:
            self.files = level_files(self.folder)[:MOST_FILES]
        except OSError:
            self.files = []
        names = [file.name for file in self.files]
        if selected and selected.name in names:
            self.selected = names.index(selected.name)
        self.selected = min(self.selected, max(0, len(self.files) - 1))
        self._jobs.forget(("split", self.folder))

    def select(self, by: int) -> None:
        """Select the next (1) or the previous (-1) file."""
        self.selected = min(max(self.selected + by, 0), max(0, len(self.files) - 1))

    def splits(self) -> dict[str, str] | str | None:
        """Return each file's share of the splits by its name, or why there is none; None while it
        is being found out."""
        if not (self.folder / PACK_FILE).is_file():
            return f"There is no {PACK_FILE}: each level is a pack of its own."
        return self._jobs.ask(("split", self.folder), lambda: _splits(self.folder), str)

    def duplicate(self) -> Path | None:
        """Copy the selected file under a free name, and select the copy. Raises OSError."""
        if self.file is None:
            return None
        copy = free_name(self.file)
        shutil.copyfile(self.file, copy)
        self.refresh(copy)
        return copy

    def rename(self, name: str) -> Path | None:
        """Give the selected file another name. Raises OSError, also where there is such a file."""
        if self.file is None:
            return None
        target = self.file.with_name(Path(name).name)
        if target == self.file:
            return target
        if target.exists():
            raise FileExistsError(17, "there is a file of this name already", str(target))
        self.file.rename(target)
        self.refresh(target)
        return target


def free_name(path: Path) -> Path:
    """Return the path, or with a number if there is a file of that name."""
    if not path.exists():
        return path
    names = (path.with_name(f"{path.stem}-{i}{path.suffix}") for i in range(2, 10_000))
    return next(name for name in names if not name.exists())


def _splits(folder: Path) -> dict[str, str] | str:
    """Return the numbers of tasks by file in words, as "6 train, 2 validation, 2 test"."""
    try:
        pack = load_pack(folder)
    except (LevelError, PackError, TooLarge) as error:
        return str(error).split("\n")[0]
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    counts: dict[str, Counter[str]] = {}
    for name in SPLITS:
        for task in pack.split(name).tasks:
            file = Path(split_number(task.level.file)[0]).name
            counts.setdefault(file, Counter())[name] += 1
    return {
        file: ", ".join(f"{found[name]:,} {name}" for name in SPLITS if found[name])
        for file, found in counts.items()
    }

"""The library of the gallery: shipped packs and the user's own, loaded in background jobs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, list_packs, load_pack
from game.tasks.task import Task
from game.text.level import LevelError
from game.text.reading import open_levels, split_address
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import PlannedTask, plan_failure, plan_task
from game.world.tables import TooLarge

SHOWCASE = "showcase"  # the first of the shipped packs
MOST_OF_WORLDS = 20  # tasks of a pack of worlds that the gallery shows


WrongCell = tuple[str, tuple[int, int]]  # a level file, and (row, column) in its map


@dataclass(frozen=True)
class LibraryPack:
    """A pack in the library, or the `problem` that keeps it from being loaded."""

    path: Path
    title: str
    pack: Pack | None = None
    tasks: tuple[Task, ...] = ()
    problem: str = ""
    is_file: bool = False  # whether it is a single level file
    wrong: tuple[WrongCell, ...] = ()  # places of the problem in maps, where it has such

    @property
    def text(self) -> str:
        """What the pack says of itself."""
        return self.pack.text if self.pack else ""

    @property
    def level_file(self) -> Path | None:
        """The level file that the pack consists of, as it can be edited; None for a folder."""
        return self.path if os.path.isfile(self.path) else None  # of any text, unlike Path.is_file


def load_library_pack(path: Path) -> LibraryPack:
    """Load a pack with its held-out tasks, or those of another split if there are none.

    A single level file gets only its first task, and a pack of worlds of their own the first
    MOST_OF_WORLDS: such tasks look alike, and are many.
    """
    is_file = os.path.isfile(path)
    try:
        pack = load_pack(path)
    except (LevelError, PackError, OSError) as error:
        wrong = _wrong_cells(error) if isinstance(error, LevelError) else ()
        return LibraryPack(path, path.name, problem=str(error), is_file=is_file, wrong=wrong)
    except TooLarge as error:
        return LibraryPack(path, path.name, problem=f"{path}: {error}", is_file=is_file)
    splits = [pack.split(name).tasks for name in reversed(SPLITS)]
    tasks = next((found for found in splits if found), ())
    if not tasks:
        return LibraryPack(path, pack.title, problem=f"{path}: the pack has no tasks to show")
    shown = tasks[:1] if is_file else tasks[: MOST_OF_WORLDS if pack.world else None]
    for task in shown:
        _ = task.id  # computed here, and not in a frame: a pack may have many tasks
    return LibraryPack(path, pack.title, pack, shown, is_file=is_file)


def _wrong_cells(error: LevelError) -> tuple[WrongCell, ...]:
    """Return the cells of maps in our own notation that have problems."""
    found: list[WrongCell] = []
    for one in error.problems:
        try:
            levels = open_levels(one.file)
        except OSError:
            continue
        row = one.line - levels.map_line - 1
        if 0 <= row < len(levels.own_rows()) and one.column:
            found.append((one.file, (row, one.column - 1)))
    return tuple(found)


class Library:
    """All packs: the user's own levels and folders first, then the shipped packs."""

    def __init__(self, own: Iterable[str | Path] = (), jobs: BackgroundJobs | None = None) -> None:
        self.jobs = jobs or BackgroundJobs()
        self.own: list[Path] = []
        for path in own:
            self.add(Path(path))
        self.shipped = sorted(list_packs(), key=lambda path: path.name != SHOWCASE)

    def add(self, path: Path) -> None:
        """Put a level file or folder first among the user's own, unless it is a shipped pack."""
        path = resolved(path)
        if os.path.exists(path) and path not in list_packs():
            self.own = [path, *(one for one in self.own if one != path)]

    @property
    def size(self) -> int:
        """The number of packs, loaded or not."""
        return len(self.own) + len(self.shipped)

    def loaded_packs(self) -> list[LibraryPack]:
        """Return the packs that have been loaded so far."""
        found = (self.pack(path) for path in (*self.own, *self.shipped))
        return [pack for pack in found if pack]

    def pack(self, path: Path) -> LibraryPack | None:
        """Return the pack of a path, or None while it is being loaded."""

        def failed(why: str) -> LibraryPack:
            problem = f"{path}: the pack cannot be loaded ({why}) - correct its files"
            return LibraryPack(path, path.name, problem=problem)

        return self.jobs.ask(("pack", path), lambda: load_library_pack(path), failed)

    def reload(self, path: Path) -> None:
        """Load a pack again the next time it is asked for, because its files have changed."""
        self.jobs.forget(("pack", path))

    def planned(self, task: Task) -> PlannedTask | None:
        """Return a task's baseline returns, or None while it is being planned."""
        key = ("baselines", task.id)
        return self.jobs.ask(key, lambda: _plan_without_tables(task), plan_failure)


def _plan_without_tables(task: Task) -> PlannedTask:
    """Plan a task, and drop its tables, which take by far the most memory."""
    return replace(plan_task(task), tables=None)


def resolved(path: Path) -> Path:
    """Return the absolute path without links, or the path as it is where there can be no such."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a folder that is closed, a circle of links, a NUL
        return path


def file_stamps(path: Path) -> tuple[object, ...]:
    """Return (name, time of change, size) of a level file, or of each file of a pack."""
    path, _ = split_address(path)
    try:
        files = [path] if os.path.isfile(path) else sorted(path.iterdir())[:200]
        return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
    except (OSError, ValueError):
        return ()

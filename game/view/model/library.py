"""What the gallery shows: packs and a person's own levels, loaded and planned in the background."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, list_packs, load_pack
from game.tasks.task import Task
from game.text.level import LevelError
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import PlannedTask, plan_task

SHOWCASE = "showcase"


@dataclass(frozen=True)
class LibraryPack:
    """A pack as it stands in the gallery; `problem` says why it cannot be used."""

    path: Path
    title: str
    pack: Pack | None = None
    tasks: tuple[Task, ...] = ()
    problem: str = ""


def load_shelf(path: Path) -> LibraryPack:
    """A pack with its held-out tasks, or with those that it has. Of a file, its first task."""
    try:
        pack = load_pack(path)
    except (LevelError, PackError, OSError) as error:
        return LibraryPack(path, path.name, problem=str(error))
    lists = [pack.split(name).tasks for name in reversed(SPLITS)]
    tasks = next((found for found in lists if found), ())
    if not tasks:
        return LibraryPack(path, pack.title, problem=f"{path}: the pack has no tasks to show")
    return LibraryPack(path, pack.title, pack, tasks[:1] if path.is_file() else tasks)


class Library:
    """All shelves: a person's own level files first, then the packs that come with the project."""

    def __init__(self, own: Iterable[str | Path] = (), jobs: BackgroundJobs | None = None) -> None:
        self.jobs = jobs or BackgroundJobs()
        self.own: list[Path] = []
        for path in own:
            self.add(Path(path))
        packs = list_packs()
        self.packs = sorted(packs, key=lambda path: path.name != SHOWCASE)  # that one first

    def add(self, path: Path) -> None:
        """Put a level file or folder of one's own first; the shipped packs are here anyway."""
        path = path.resolve()
        if path.exists() and path not in list_packs():
            self.own = [path, *(one for one in self.own if one != path)]

    def shelves(self) -> list[LibraryPack]:
        """Those that have been loaded by now."""
        found = (self.shelf(path) for path in (*self.own, *self.packs))
        return [shelf for shelf in found if shelf]

    def shelf(self, path: Path) -> LibraryPack | None:
        """One of them, once it is loaded."""
        shelf: LibraryPack | None = self.jobs.ask(("shelf", path), lambda: load_shelf(path))
        return shelf

    def reload(self, path: Path) -> None:
        """Load it again: its files are others than before."""
        self.jobs.forget(("shelf", path))

    def known(self, task: Task) -> PlannedTask | None:
        """What can be said of a task, once it is planned."""
        known: PlannedTask | None = self.jobs.ask(("known", task.id), lambda: _figures(task))
        return known


def _figures(task: Task) -> PlannedTask:
    """What can be said of a task; its tables, by far the largest part, are not kept."""
    return replace(plan_task(task), tables=None)


def stamp(path: Path) -> tuple[object, ...]:
    """What changes when a level file, or a file of a pack, is written."""
    try:
        files = [path] if path.is_file() else sorted(path.iterdir())[:200]
        return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
    except OSError:
        return ()

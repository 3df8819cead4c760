"""What the gallery shows: packs and a person's own levels, loaded and planned in the background.

No frame may stall on a file or on a plan: a thread of its own does such errands, the last one asked
for first, and the screens ask again in the next frame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from game.level import LevelError
from game.tasks import SPLITS, Pack, PackError, Task, list_packs, load_pack
from game.view.watch import Known, know

SHOWCASE = "showcase"
MOST_KEPT = 2000  # results of errands


class Errands:
    """Work that is done by a thread, one piece after the other; `at_once`: by whoever asks."""

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._done: dict[Hashable, Any] = {}
        self._wanted: dict[Hashable, Callable[[], Any]] = {}
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """The result of the work, or None as long as there is none."""
        if key in self._done:
            return self._done[key]
        if self._at_once:
            self._done[key] = work()
            return self._done[key]
        with self._bell:
            self._wanted.pop(key, None)
            self._wanted[key] = work  # asked last, done first
            self._bell.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return None

    @property
    def count(self) -> int:
        """How many results there are by now."""
        return len(self._done)

    def forget(self, key: Hashable) -> None:
        """Do this errand again when it is asked for the next time."""
        self._done.pop(key, None)

    def _run(self) -> None:
        while True:
            with self._bell:
                while not self._wanted:
                    self._bell.wait()
                key, work = self._wanted.popitem()
            if key not in self._done:
                result = work()
                if len(self._done) > MOST_KEPT:
                    self._done.clear()
                self._done[key] = result


@dataclass(frozen=True)
class Shelf:
    """A pack as it stands in the gallery; `problem` says why it cannot be used."""

    path: Path
    title: str
    pack: Pack | None = None
    tasks: tuple[Task, ...] = ()
    problem: str = ""


def load_shelf(path: Path) -> Shelf:
    """A pack with its held-out tasks, or with those that it has. Of a file, its first task."""
    try:
        pack = load_pack(path)
    except (LevelError, PackError, OSError) as error:
        return Shelf(path, path.name, problem=str(error))
    lists = [pack.split(name).tasks for name in reversed(SPLITS)]
    tasks = next((found for found in lists if found), ())
    if not tasks:
        return Shelf(path, pack.title, problem=f"{path}: the pack has no tasks to show")
    return Shelf(path, pack.title, pack, tasks[:1] if path.is_file() else tasks)


class Library:
    """All shelves: a person's own level files first, then the packs that come with the project."""

    def __init__(self, own: Iterable[str | Path] = (), errands: Errands | None = None) -> None:
        self.errands = errands or Errands()
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

    def shelves(self) -> list[Shelf]:
        """Those that have been loaded by now."""
        found = (self.shelf(path) for path in (*self.own, *self.packs))
        return [shelf for shelf in found if shelf]

    def shelf(self, path: Path) -> Shelf | None:
        """One of them, once it is loaded."""
        shelf: Shelf | None = self.errands.ask(("shelf", path), lambda: load_shelf(path))
        return shelf

    def reload(self, path: Path) -> None:
        """Load it again: its files are others than before."""
        self.errands.forget(("shelf", path))

    def known(self, task: Task) -> Known | None:
        """What can be said of a task, once it is planned."""
        known: Known | None = self.errands.ask(("known", task.id), lambda: _figures(task))
        return known


def _figures(task: Task) -> Known:
    """What can be said of a task; its tables, by far the largest part, are not kept."""
    return replace(know(task), tables=None)


def stamp(path: Path) -> tuple[object, ...]:
    """What changes when a level file, or a file of a pack, is written."""
    try:
        files = [path] if path.is_file() else sorted(path.iterdir())[:200]
        return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files)
    except OSError:
        return ()

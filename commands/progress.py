"""Progress of work that takes long, shown on stderr where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from commands.exit_codes import NOTE, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from game.tasks.packs import Pack

PATIENCE = 1.0  # seconds of work before its progress is shown


@contextlib.contextmanager
def show_progress(what: str) -> Iterator[WorkLine]:
    """Show what is being done, and for how long, until the block ends, if that takes long."""
    line = WorkLine(what)
    timer = threading.Timer(PATIENCE, line.start)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        timer.join()  # it may be starting
        line.stop()


class WorkLine:
    """A line on stderr about work in progress. It loads what it needs when it is started."""

    def __init__(self, what: str) -> None:
        self._what, self._doing = what, what
        self._began = time.monotonic()
        self._progress: Progress | None = None
        self._lock = threading.Lock()  # of the terminal, which the line shares with the output

    def start(self) -> None:
        """Show the line, where stderr is a terminal."""
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        if not console.is_terminal:
            return
        text = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), text, TimeElapsedColumn())
        progress = Progress(*columns, console=console, transient=True, get_time=time.monotonic)
        progress.add_task(self._doing, total=None)
        progress.tasks[0].start_time = self._began
        with self._lock:
            progress.start()
            self._progress = progress
        self._describe()  # what may have been said meanwhile

    def __call__(self, file: str, done: int, total: int) -> None:
        """Say how many tasks of a file are done, and their number."""
        tasks = f": task {done + 1:,} of {total:,}" if total else ""
        self._doing = f"{self._what} {file}{tasks}"
        self._describe()

    def _describe(self) -> None:
        """Show what is being done, if the line is shown."""
        if self._progress:
            self._progress.update(self._progress.task_ids[0], description=self._doing)

    def print(self, lines: Sequence[str]) -> None:
        """Print lines to stdout at once, above the line on work in progress."""
        with self._lock:
            if self._progress:
                self._progress.stop()
            if lines:
                say("\n".join(lines))
                sys.stdout.flush()
            if self._progress:
                self._progress.start()

    def stop(self) -> None:
        """Remove the line."""
        if self._progress:
            self._progress.stop()


def load_pack(name: str) -> Pack:
    """Load a pack as `game.tasks.packs.load_pack` does, showing that it takes time.

    A line on stderr says whether levels of it are left out.
    """
    from game.tasks import packs

    with show_progress(f"reading {name}"):
        pack = packs.load_pack(name)
    if pack.left_out:
        say(f"{NOTE}{pack.left_out}", sys.stderr)
    return pack

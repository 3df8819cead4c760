"""Progress of work that may take long, shown on stderr where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from commands.exit_codes import say

if TYPE_CHECKING:
    from game.tasks.packs import Pack


@contextlib.contextmanager
def show_progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show what is being done, and for how long, until the block ends.

    The function that is yielded takes a file, the tasks of it that are done, and their number.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda file, done, total: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(what, total=None)

        def show(file: str, done: int, total: int) -> None:
            tasks = f": task {done + 1:,} of {total:,}" if total else ""
            progress.update(bar, description=f"{what} {file}{tasks}")

        yield show


def load_pack(name: str) -> Pack:
    """Load a pack as `game.tasks.packs.load_pack` does, showing that it takes time.

    A line on stderr says whether levels of it are left out.
    """
    from game.tasks import packs

    with show_progress(f"reading {name}"):
        pack = packs.load_pack(name)
    if pack.left_out:
        say(f"note: {pack.left_out}", sys.stderr)
    return pack

"""`levels sample`: tasks drawn from a level or pack."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro
from tyro.conf import Positional

from commands.exit_codes import DONE, UNUSABLE, fail, say
from commands.levels.printing import print_report, terminal_width
from commands.limits import MOST_SEED, out_of_range
from commands.option_types import OptionalPath, OptionalText
from commands.progress import show_progress

if TYPE_CHECKING:
    from game.authoring.figures import TaskFigures


@dataclass(frozen=True)
class SampleCommand:
    """Draw tasks: their maps, what was drawn, optimal returns and shortest paths."""

    level: Positional[str]
    """Level file or FILE#3 of a collection (any task), pack folder, or name of a shipped pack."""
    n: Annotated[int, tyro.conf.arg(aliases=["-n"], name="number")] = 8
    """Number of tasks."""
    seed: int = 0
    """Seed for the draws."""
    split: OptionalText = None
    """Split to draw from: train, validation or test; else train, or test if that is empty."""
    png: OptionalPath = None
    """PNG file for a picture of the tasks."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import MOST_DRAWN, sample_report, sample_tasks
        from game.files import replaceable
        from game.tasks.distribution import SPLITS

        if not 1 <= self.n <= MOST_DRAWN:
            return fail(f"--number is at least 1, and at most {MOST_DRAWN:,}", UNUSABLE)
        if rule := out_of_range(self, seed=(0, MOST_SEED)):
            return fail(rule, UNUSABLE)
        if self.png:
            replaceable(self.png)  # before the work, as any error
        if self.split not in (None, *SPLITS):
            return fail(f"--split is one of {', '.join(SPLITS)}", UNUSABLE)
        with show_progress(f"reading {self.level}"):
            title, figures = sample_tasks(self.level, self.n, self.seed, self.split)
            report = sample_report(title, figures, self.json, terminal_width())
        code = self._draw(title, figures) if self.png else DONE
        print_report(report, self.json)
        return code

    def _draw(self, title: str, figures: Sequence[TaskFigures]) -> int:
        from game.files import write_atomically
        from game.view.contact_sheet import save_sheet
        from game.view.window import WrongPygame

        assert self.png
        try:
            write_atomically(self.png, lambda path: save_sheet(path, title, figures))
        except WrongPygame as error:
            return fail(error, UNUSABLE)
        say(f"picture written to {self.png}", sys.stderr)
        return DONE

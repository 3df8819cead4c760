"""`levels hash`: the ids of the tasks of a level or pack."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import DONE
from commands.levels.printing import print_report
from commands.progress import show_progress


@dataclass(frozen=True)
class HashCommand:
    """Print the ids of the tasks of a level or pack."""

    level: Positional[str]
    """Level file, level of a collection (FILE#3), pack folder, or name of a shipped pack."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import task_ids_report

        with show_progress(f"reading {self.level}"):
            report = task_ids_report(self.level, self.json)
        print_report(report, self.json)
        return DONE

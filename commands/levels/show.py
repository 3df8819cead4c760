"""`levels show`: the map, the optimal path and the returns of a level."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import DONE, say
from commands.levels.printing import print_bytes
from commands.progress import show_progress


@dataclass(frozen=True)
class ShowCommand:
    """Print a level's map with its optimal path, returns and task ids."""

    level: Positional[str]
    """Level file, level of a collection (FILE#3), pack folder, or name of a shipped pack."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import optimal_paths_report

        with show_progress(f"reading {self.level}"):
            report = optimal_paths_report(self.level, self.json)
        if self.json:
            print_bytes(f"{report}\n")
        else:
            say(report)
        return DONE

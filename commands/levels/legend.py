"""`levels legend`: the table of tiles, and how to define one's own."""

from __future__ import annotations

from dataclasses import dataclass

from commands.exit_codes import DONE
from commands.levels.printing import print_report


@dataclass(frozen=True)
class LegendCommand:
    """Print the table of tiles, how to define your own, and the map formats that can be read."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import legend_report

        print_report(legend_report(self.json), self.json)
        return DONE

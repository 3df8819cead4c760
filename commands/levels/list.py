"""`levels list`: the packs that come with the project."""

from __future__ import annotations

from dataclasses import dataclass

from commands.exit_codes import DONE
from commands.levels.printing import print_report


@dataclass(frozen=True)
class ListCommand:
    """List the packs that come with the project."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import packs_report

        print_report(packs_report(self.json), self.json)
        return DONE

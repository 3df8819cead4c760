"""`levels list`: the packs that come with the project."""

from __future__ import annotations

from dataclasses import dataclass

from commands.exit_codes import DONE, say


@dataclass(frozen=True)
class ListCommand:
    """List the packs that come with the project."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import packs_report

        say(packs_report(self.json))
        return DONE

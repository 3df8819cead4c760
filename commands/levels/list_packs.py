"""`levels list`: the packs that come with the project."""

from __future__ import annotations

from dataclasses import dataclass

from commands.exit_codes import DONE


@dataclass(frozen=True)
class ListCommand:
    """List the packs that come with the project."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import list_packs

        print(list_packs(self.json))
        return DONE

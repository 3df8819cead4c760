"""`levels check`: errors, warnings and figures of levels and packs."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail
from commands.levels.printing import print_bytes
from commands.option_types import Texts
from commands.progress import show_progress


@dataclass(frozen=True)
class CheckCommand:
    """Check level files or packs; exit with 1 if there is an error."""

    files: Positional[Texts]
    """Level files, levels of collections (FILE#3), pack folders, or names of shipped packs."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.check import check, check_in_turn, check_text, verdict_lines

        if not self.files:
            return fail("name the level files or packs to check", UNUSABLE)
        with show_progress("checking") as progress:
            if self.json:
                reports = check(self.files, progress)
            else:
                reports = []
                for report in check_in_turn(self.files, progress, progress.print):
                    progress.print(verdict_lines(report))
                    reports.append(report)
        if self.json:
            print_bytes(check_text(reports, as_json=True))
        return AT_FAULT if any(report["errors"] for report in reports) else DONE

"""`levels fixed`: the best policy that does not adapt."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import DONE, UNUSABLE, fail
from commands.levels.printing import print_report
from commands.limits import MOST_GROUP_TASKS, MOST_GROUPS, MOST_SEED, out_of_range
from commands.progress import show_progress


@dataclass(frozen=True)
class FixedCommand:
    """Find the best policy that does not adapt: its mean score over all that a map may hide."""

    pack: Positional[str]
    """Pack folder, name of a shipped pack, level file, or level of a collection (FILE#3)."""
    split: str = "test"
    """Split whose maps are used: test, validation or train."""
    groups: int = 4
    """Number of maps, taken from the start of the split."""
    tasks: int = 64
    """Most tasks used of each map; if there are more, this many are drawn."""
    seed: int = 0
    """Seed for the draws and the search."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring.reports import fixed_policy_report
        from game.tasks.distribution import SPLITS

        if self.split not in SPLITS:
            return fail(f"--split is one of {', '.join(SPLITS)}", UNUSABLE)
        rule = out_of_range(
            self, groups=(1, MOST_GROUPS), tasks=(1, MOST_GROUP_TASKS), seed=(0, MOST_SEED)
        )
        if rule:
            return fail(rule, UNUSABLE)
        with show_progress(f"searching {self.pack}"):
            report = fixed_policy_report(
                self.pack, self.split, self.groups, self.tasks, self.seed, self.json
            )
        print_report(report, self.json)
        return DONE

"""`bench`: throughput of stepping, compiling and learning."""

from __future__ import annotations

from dataclasses import dataclass

from commands.exit_codes import DONE


@dataclass(frozen=True)
class BenchCommand:
    """Measure throughput on one core: stepping, environments, compiling, generating and learning.
    Ratios compare with a plain Python loop over the same rules, in the same run."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from agents.studies.bench import all_figures
        from commands.console import show_benchmarks

        show_benchmarks(all_figures(), self.json)
        return DONE

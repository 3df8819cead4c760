"""`bench`: rates and times of stepping, making levels and learning, and where the time goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commands.exit_codes import DONE, UNUSABLE, fail, say
from commands.limits import out_of_range
from commands.option_types import Texts

MOST_SECONDS = 3600


@dataclass(frozen=True)
class BenchCommand:
    """Measure how fast levels are made and stepped, and how fast agents learn. Each figure says
    what it includes."""

    only: Texts = ()
    """Figures to measure, by the names that 'bench' prints; all by default."""
    profile: bool = False
    """Show where the time of a training iteration goes instead: MAML on new mazes, by stage."""
    growth: bool = False
    """Show how the cost grows with tasks, states, episodes, steps and cells instead."""
    seconds: float = 2.0
    """Time spent on each figure, or on each amount of --growth, in seconds (0 to 3600); --profile
    takes ten times as long."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        rule = out_of_range(self, seconds=(0, MOST_SECONDS))
        if rule:
            return fail(rule, UNUSABLE)
        if self.profile + self.growth + bool(self.only) > 1:
            return fail("--only, --profile and --growth exclude each other - use one", UNUSABLE)
        if self.profile:
            return self._show_profile()
        if self.growth:
            return self._show_growth()
        return self._show_figures()

    def _show_figures(self) -> int:
        from agents.studies.bench import BENCHMARKS, measure
        from commands.bench_tables import print_json, show_figures

        unknown = [name for name in self.only if name not in BENCHMARKS]
        if unknown:
            known = ", ".join(BENCHMARKS)
            return fail(f"there is no figure '{unknown[0]}' - use some of: {known}", UNUSABLE)
        figures = measure(self.only, self.seconds)
        if self.json:
            print_json(dict(figures))
        else:
            show_figures(figures)
        return DONE

    def _show_profile(self) -> int:
        from agents.studies.bench_profile import profile
        from commands.bench_tables import show_profile

        return self._show_table(profile, show_profile)

    def _show_growth(self) -> int:
        from agents.studies.bench_growth import growth
        from commands.bench_tables import show_growth

        return self._show_table(growth, show_growth)

    def _show_table(self, measure: Callable[[float], Any], show: Callable[[Any], None]) -> int:
        """Print what is measured when all of it is, and say before that it takes a while."""
        from commands.bench_tables import print_json

        if not self.json:
            say("measuring ...", sys.stderr)
        measured = dict(measure(self.seconds))
        if self.json:
            print_json(measured)
        else:
            show(measured)
        return DONE

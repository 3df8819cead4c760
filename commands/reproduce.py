"""`reproduce`: train what papers report, and put it beside published and exact figures."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail, say
from commands.limits import MOST_WORKERS, out_of_range
from commands.option_types import OptionalInt, OptionalPath, Texts

if TYPE_CHECKING:
    from agents.studies.reproduce.definition import PublishedBenchmark
    from agents.studies.reproduce.plan import TrainingRuns
    from agents.studies.reproduce.report_files import Report
    from agents.sweep.sweep_run import SweepRun

SEEDS, QUICK_SEEDS, MOST_SEEDS = 3, 1, 100


@dataclass(frozen=True)
class ReproduceCommand:
    """Train what papers report; compare it with their figures, and with exact values or bounds.

    Each benchmark gets a folder in --out; summary.md there has the bars of all. The same command
    skips trainings that are done, and goes on with those that were cut.
    """

    names: Positional[Texts] = ()
    """Benchmarks: gridnavi, darkroom, darkroom-10, darkroom-permuted, key-to-door,
    bandits-10-pulls, bandits-100-pulls, bandits-500-pulls, random-mdps, mazes, readme; else all."""
    quick: bool = False
    """Train for less time and with one seed: 41 minutes for all benchmarks on two cores, without
    policies, bounds and evaluation."""
    seeds: OptionalInt = None
    """Training seeds (1 to 100), else 3, or 1 with --quick."""
    out: OptionalPath = None
    """Folder of the benchmarks, each with its runs, results.md, results.csv, results.json,
    episodes.csv and curves.png; else runs/reproduce."""
    tables: bool = False
    """Train nothing: evaluate what is done, and write its tables."""
    workers: OptionalInt = None
    """Processes; else one for each core that this program may use."""

    def run(self) -> int:
        from agents.studies.reproduce import BENCHMARKS
        from game.files import prepare_folder
        from game.session.messages import RUNS

        if problem := self._usage_problem():
            return fail(problem, UNUSABLE)
        out = self.out or RUNS / "reproduce"
        if out.exists() and not out.is_dir():
            return fail(f"{out}: is not a folder - give another --out", UNUSABLE)
        from agents.torch_start import load_torch

        load_torch()
        from agents.run_folder import locked
        from agents.studies.reproduce.report import load_benchmark

        chosen = [load_benchmark(name) for name in dict.fromkeys(self.names or BENCHMARKS)]
        prepare_folder(out)
        with locked(out, "sweep"):
            return self._reproduce(chosen, out)

    def _usage_problem(self) -> str:
        """Return what is wrong with the options, or ""."""
        from agents.studies.reproduce import BENCHMARKS, list_benchmarks

        unknown = [name for name in self.names if name not in BENCHMARKS]
        lines = []
        for name in unknown:
            close = difflib.get_close_matches(name, BENCHMARKS, 1)
            meant = f" - did you mean '{close[0]}'?" if close else ""
            lines.append(f"no benchmark is called '{name}'{meant}")
        if lines:
            return "\n".join([*lines, "there are:", list_benchmarks()])
        return out_of_range(self, seeds=(1, MOST_SEEDS), workers=(1, MOST_WORKERS))

    def _n_seeds(self) -> int:
        return self.seeds or (QUICK_SEEDS if self.quick else SEEDS)

    def _reproduce(self, chosen: Sequence[PublishedBenchmark], out: Path) -> int:
        """Plan all benchmarks, so that what is wrong is said first, and carry out one by one."""
        from agents.studies.reproduce.plan import plan_benchmark
        from agents.studies.reproduce.report_files import write_report, write_summary
        from agents.sweep.sweep_folder import check_folder
        from commands.progress import load_pack, show_progress
        from commands.reproduce_display import show_report

        plans: list[tuple[PublishedBenchmark, list[TrainingRuns], list[SweepRun]]] = []
        for benchmark in chosen:
            folder = out / benchmark.name
            parts = plan_benchmark(benchmark, self._n_seeds(), self.quick, folder, load_pack)
            runs = [run for part in parts for run in part.runs]
            with show_progress(f"looking for runs of {benchmark.name}"):
                states = check_folder(runs, folder)
            left = [] if self.tables else [run for run in runs if not states[run.name].done]
            plans.append((benchmark, parts, left))
        failed: list[str] = []
        for i, (benchmark, parts, left) in enumerate(plans, 1):
            say(f"benchmark {i} of {len(plans)}: {benchmark.title}")
            failed += self._train(benchmark, parts, left, out / benchmark.name)
            report = self._report(benchmark, parts, out / benchmark.name)
            with show_progress("writing tables and figure"):
                write_report(report)
                write_summary(out)
            show_report(report)
        return fail("\n".join(["trainings failed:", *failed]), AT_FAULT) if failed else DONE

    def _train(
        self,
        benchmark: PublishedBenchmark,
        parts: Sequence[TrainingRuns],
        left: Sequence[SweepRun],
        folder: Path,
    ) -> Iterator[str]:
        """Train what is left of a benchmark, and write its tables. Yields what failed, and why.

        What is known without training is computed first, so that tables can be written after each
        training without keeping the others from their cores for long.
        """
        from agents.studies.reproduce.kept_results import kept_references
        from agents.studies.reproduce.plan import pack_of
        from agents.studies.reproduce.report_files import write_report
        from agents.sweep.local import LocalEngine
        from agents.training.processes import usable_cores
        from commands.progress import load_pack, show_progress
        from commands.sweep_display import duration, show_runs

        workers = self.workers or len(usable_cores())
        n_runs = sum(len(part.runs) for part in parts)
        for setting in benchmark.settings:
            with show_progress(f"computing what is known of {setting.name}"):
                kept_references(benchmark, setting, load_pack(pack_of(setting, folder)), folder)
        if left:
            minutes = [run.training.minutes or 0.0 for run in left]
            about = duration(60 * sum(minutes) / min(workers, len(left)))
            time = f", about {about}" if all(minutes) else ""
            say(f"{len(left)} of {n_runs} trainings to do{time}")

            def after_run() -> None:
                write_report(self._report(benchmark, parts, folder, evaluating=False))

            failed = show_runs(LocalEngine(workers), n_runs, left, folder, after_run)
            yield from (f"{name}: {message}" for name, message in failed.items())

    def _report(
        self,
        benchmark: PublishedBenchmark,
        parts: Sequence[TrainingRuns],
        folder: Path,
        evaluating: bool = True,
    ) -> Report:
        """Return the results of a benchmark; without `evaluating`, those of its trainings alone."""
        from agents.studies.reproduce.report import setting_result
        from agents.studies.reproduce.report_files import Report
        from commands.progress import load_pack, show_progress

        results = []
        for setting in benchmark.settings:
            with show_progress(f"evaluating {setting.name}") if evaluating else nullcontext():
                one = setting_result(benchmark, setting, parts, folder, load_pack, evaluating)
                results.append(one)
        return Report(benchmark, results, parts, folder, self._n_seeds(), self.quick)

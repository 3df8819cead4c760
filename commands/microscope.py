"""`microscope`: bias and variance of meta-gradient estimators."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail
from commands.limits import MOST_SAMPLES, MOST_SEED, out_of_range
from commands.option_types import OptionalPath


@dataclass(frozen=True)
class MicroscopeCommand:
    """Measure the bias and variance of each estimator of the meta-gradient."""

    level: Positional[str]
    """Level file, pack folder, or name of a shipped pack (its first held-out task is used)."""
    step_size: float = 0.1
    """Step size of the inner loop."""
    samples: int = 1000
    """Meta-gradients drawn for each estimator and number of episodes (10 to 20,000)."""
    seed: int = 0
    """Seed for the policy and the samples."""
    out: OptionalPath = None
    """Folder for microscope.png and microscope.csv."""

    def run(self) -> int:
        from agents.torch_start import load_torch

        load_torch()
        from agents.studies.microscope import measure, plot_readings, write_readings
        from commands.console import Terminal, show_readings, show_written
        from commands.progress import load_pack
        from game.files import prepare_folder
        from game.tasks.distribution import SPLITS

        rule = out_of_range(
            self, step_size=(1e-6, 100), samples=(10, MOST_SAMPLES), seed=(0, MOST_SEED)
        )
        if rule:
            return fail(rule, UNUSABLE)
        pack = load_pack(self.level)
        tasks = [task for split in reversed(SPLITS) for task in pack.split(split).tasks]
        if not tasks:
            return fail(f"{pack.path}: the pack has no listed tasks", AT_FAULT)
        if self.out:
            prepare_folder(self.out)
        title = f"Meta-gradients on {tasks[0].name}: step size α = {self.step_size:g}"
        console = Terminal()
        readings = measure(tasks[0].level, self.step_size, self.samples, self.seed, console.print)
        if self.out:
            write_readings(self.out / "microscope.csv", readings)
            plot_readings(self.out / "microscope.png", readings, title)
        show_readings(readings, title, console)
        if self.out:
            show_written(self.out, console)
        return DONE

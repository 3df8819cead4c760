"""`exercise`: the classic exercises of meta-RL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from commands.exit_codes import DONE, UNUSABLE, fail
from commands.limits import MOST_SEED, out_of_range
from commands.option_types import OptionalPath


@dataclass(frozen=True)
class ExerciseCommand:
    """Do a classic exercise of meta-RL: three sentences on its result, and a figure."""

    name: Positional[str] = ""
    """Exercise: goals, warm-up, second-order, pitfalls, memory, navigation, games; else a list."""
    out: OptionalPath = None
    """Folder for the figure and the numbers, else out/NAME."""
    seed: int = 0
    """Seed for all random numbers."""
    budget: float = 1.0
    """Share of the full amount of work (up to 100); less is faster and noisier."""

    def run(self) -> int:
        from agents.studies.exercises import EXERCISES, list_exercises

        if not self.name:
            print(list_exercises())
            return DONE
        if self.name not in EXERCISES:
            known = list_exercises()
            return fail(f"no exercise is called '{self.name}' - there are:\n{known}", UNUSABLE)
        if not 0 < self.budget <= 100:
            return fail("--budget is more than 0, and at most 100", UNUSABLE)
        if rule := out_of_range(self, seed=(0, MOST_SEED)):
            return fail(rule, UNUSABLE)

        from rich.progress import track

        from agents.torch_start import load_torch

        load_torch()
        from agents.studies.exercises.exercise_run import ExerciseRun, do_exercise
        from commands.console import Terminal, show_written

        console = Terminal()
        run = ExerciseRun(
            self.out or Path("out") / self.name,
            self.seed,
            self.budget,
            lambda steps, text: track(
                steps, text, console=console, transient=True, disable=not console.is_terminal
            ),
        )
        for sentence in do_exercise(self.name, run).sentences:
            console.print(sentence, highlight=False)
        show_written(run.out, console)
        return DONE

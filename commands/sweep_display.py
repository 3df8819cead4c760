"""What `sweep` shows: its plan, the progress of its runs, and its results."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from agents.learner_registry import is_file_learner
from agents.sweep.engine import Engine, RunEvent
from agents.sweep.estimate import Estimate
from agents.sweep.results import MINUTES, OF_SEEDS, SEEDS, sweep_results
from agents.sweep.run_state import RunState
from agents.sweep.sweep_run import SweepRun
from agents.training.evaluate import Evaluation, write_results
from commands.console import Terminal, plain, show_table, show_written, with_interval
from commands.progress import show_progress

BEST = "*"  # marks the row of the best combination
MOST_LISTED = 50  # runs of a plan; of more, their combinations are listed
MOST_LINES = 10  # lines of a figure's panel that can all be named
BEST_NAMED = 6  # lines that are named where there are more

# --- plan ----------------------------------------------------------------------------------------


def plan_lines(
    runs: Sequence[SweepRun], states: Mapping[str, RunState], estimate: Estimate, workers: int
) -> Iterator[str]:
    """Yield a line for each run and how far it is, or for each combination if there are many runs;
    then the number of runs, the combinations that would fail, and the time that is left."""
    told = {run.name: _state_text(states[run.name]) for run in runs}
    width = max(map(len, told.values()))
    counts = Counter("begun" if text.endswith("%") else text for text in told.values())
    if len(runs) <= MOST_LISTED:
        yield from (f"{text:>{width}}  {name}" for name, text in told.items())
    else:
        kinds = Counter((run.pack, run.combination) for run in runs)
        yield from (f"{n:>5}  {combination} on {pack}" for (pack, combination), n in kinds.items())
    yield f"{len(runs)} runs: " + ", ".join(f"{n} {text}" for text, n in counts.items())
    for (pack, combination), error in estimate.failures.items():
        yield f"would fail at once: {combination} on {pack}: {error}"
    on = f"on {workers} worker{'s' * (workers > 1)}"
    about = f"about {duration(estimate.seconds)} {on}, " if estimate.seconds else ""
    yield f"{about}{estimate.source}"


def _state_text(state: RunState) -> str:
    if state.diverged:
        return "diverged"
    if state.done:
        return "done"
    return f"{state.share:.0%}" if state.share else "new"


def duration(seconds: float) -> str:
    """Return a time in the unit that people would say it in."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            number = seconds / size
            return f"{number:.2g} {unit}" if number < 100 else f"{number:.0f} {unit}"
    n = max(1, round(seconds))
    return f"{n} second{'s' * (n > 1)}"


# --- progress ------------------------------------------------------------------------------------


def show_runs(
    engine: Engine,
    n_runs: int,
    left: Sequence[SweepRun],
    folder: Path,
    after_run: Callable[[], None] = lambda: None,
) -> dict[str, str]:
    """Carry out the runs that are left of `n_runs`; return those that failed, and why.

    `after_run` is called whenever a run is done.

    Shows bars where stderr is a terminal, else a line for each run that ends. On KeyboardInterrupt
    it says how far the sweep is, once all runs are saved.
    """
    with _RunsDisplay(n_runs, left) as display, closing(engine.run(left, folder)) as events:
        try:
            for event in events:
                display.show(event)
                if event.kind == "done":
                    after_run()
        except KeyboardInterrupt:
            events.close()
            display.say_stopped()
            raise
    return display.failed


class _RunsDisplay:
    """Bars of the whole sweep and of the runs that are under way, on stderr."""

    def __init__(self, n_runs: int, left: Sequence[SweepRun]) -> None:
        self.failed: dict[str, str] = {}
        self._n_runs, self._n_done = n_runs, n_runs - len(left)
        self._console = Terminal(stderr=True)
        self._progress = Progress(
            BarColumn(30),
            TextColumn("{task.percentage:3.0f}%"),
            TextColumn("{task.description}", markup=False),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._all = self._progress.add_task(self._count(), total=len(left))
        self._bars: dict[str, TaskID] = {}
        self._shares: dict[str, float] = {}

    def __enter__(self) -> _RunsDisplay:
        self._progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.stop()

    def _count(self) -> str:
        return f"{self._n_done} of {self._n_runs} runs done"

    def show(self, event: RunEvent) -> None:
        """Show what an event says."""
        name, kind = event.run.name, event.kind
        if kind == "started":
            self._bars[name] = self._progress.add_task(name, total=1.0)
            self._progress.update(self._bars[name], completed=event.share)
        elif kind == "progress":
            self._progress.update(self._bars[name], completed=event.share)
        else:
            self._progress.remove_task(self._bars.pop(name))
        self._shares[name] = 1.0 if kind in ("done", "failed") else event.share
        self._n_done += kind == "done"
        self._progress.update(
            self._all, completed=sum(self._shares.values()), description=self._count()
        )
        if kind == "failed":
            self.failed[name] = event.message
        self._say(event)

    def _say(self, event: RunEvent) -> None:
        """Print a line about a run that has ended; about one that is done only without bars."""
        name = event.run.name
        if event.kind == "done" and not self._console.is_terminal:
            self._print(f"done: {name} ({self._count()})")
        elif event.kind == "failed":
            self._print(f"failed: {name}: {event.message}")
        elif event.kind == "retried":
            self._print(f"retried: {name}: {event.message}; it goes on from its checkpoint")

    def _print(self, text: str) -> None:
        self._console.print(plain(text), soft_wrap=True)

    def say_stopped(self) -> None:
        """Say how many runs are done, and that the others are saved."""
        self._progress.stop()
        self._print(f"stopped: {self._count()}, those begun are saved; the same command continues")


# --- results -------------------------------------------------------------------------------------


def show_results(runs: Sequence[SweepRun], folder: Path) -> None:
    """Print a table for each pack, and write the files of an evaluation into the sweep's folder."""
    console = Terminal()
    with show_progress("computing intervals"):
        evaluations = sweep_results(runs, folder)
        if not evaluations:
            return
        most = max(len(evaluation.agents) for evaluation in evaluations)
        write_results(folder, evaluations, most_named=BEST_NAMED if most > MOST_LINES else None)
    for evaluation in evaluations:
        _show_pack(evaluation, console)
    show_written(folder, console)
    if evaluations[0].split != "test":
        console.print("next: evaluate the best on test tasks, by which nothing was chosen:")
        for evaluation in evaluations:
            console.print(plain(_test_command(evaluation)), soft_wrap=True)


def _test_command(evaluation: Evaluation) -> str:
    """Return the command that adapts the best combination to the pack's test tasks."""
    pack, best = evaluation.pack, next(iter(evaluation.agents.values()))
    name = pack.name if pack.is_shipped else str(pack.path)
    words = ["python", "main.py", "eval", name, "--agent", *best, "--split", "test"]
    learner = next(iter(evaluation.facts.values()))["learner"]
    if is_file_learner(learner):
        words += ["--learner", learner]
    return f"  {shlex.join(words)}"


def _show_pack(evaluation: Evaluation, console: Terminal) -> None:
    """Print a table with a row for each combination."""
    agents = evaluation.summary["agents"]
    last = max(len(facts["episodes"]) for facts in agents.values()) - 1
    columns: dict[str, list[Any]] = {
        f"step {k}": [with_interval(facts, k) for facts in agents.values()]
        for k in sorted({0, min(1, last), last})
    }
    columns["mean"] = [f"{facts['score_mean'][-1]:z.3f}" for facts in agents.values()]
    columns["seeds"] = [_seeds_text(facts) for facts in agents.values()]
    columns["min"] = [f"{facts[MINUTES]:.1f}" for facts in agents.values()]
    measured = f"mean score over steps 1 to {last}" if last > 1 else "mean score after step 1"
    in_training = "score on validation tasks in training"
    merit = measured if last and evaluation.split == "validation" else in_training
    about = [evaluation.title, f"interquartile mean score, 95% interval; mean after step {last}"]
    about.append(f"best ({BEST}) first, by {merit}")
    about.append("number of training seeds; minutes (min) of training for each")
    ((heading, names),) = _without_common_learner(list(agents)).items()
    marked = [f"{BEST if i == 0 else ' '} {name}" for i, name in enumerate(names)]
    show_table(console, about, {f"  {heading}": marked}, columns)
    if any(len(facts[SEEDS]) == 1 for facts in agents.values()):
        what = "1 training seed: its interval covers tasks and adaptation seeds, not training"
        console.print(plain(what), soft_wrap=True)


def _without_common_learner(combinations: Sequence[str]) -> dict[str, list[str]]:
    """Return the column of names by its heading, which names a learner that all rows have: so the
    table fits into most terminals."""
    parts = [name.partition(" ") for name in combinations]
    learners = {learner for learner, _, _ in parts}
    if len(learners) > 1 or not all(options for _, _, options in parts):
        return {"combination": [*combinations]}
    return {f"{learners.pop()} with": [options for _, _, options in parts]}


def _seeds_text(facts: Mapping[str, Any]) -> str:
    n, asked = len(facts[SEEDS]), facts[OF_SEEDS]
    return str(n) if n == asked else f"{n} of {asked}"

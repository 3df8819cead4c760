"""What training and evaluation show in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents.evaluate import Curves
from agents.train import Training, Update

BARS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """Values from 0 to 1 as a row of bars."""
    return "".join(BARS[round(max(0.0, min(1.0, value)) * (len(BARS) - 1))] for value in values)


def show_training(training: Training, console: Console) -> None:
    """Train to the end, with a progress bar and a line for every validation."""
    console.print(f"meta-training [b]{training.learner_name}[/b] on {training.pack.name}")
    console.print("validation: mean score after 0, 1, 2 ... adaptation steps (1 is the optimum)")
    columns = (
        BarColumn(None),
        TextColumn("{task.percentage:3.0f}%"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=1.0)
        for event in training.run():
            if isinstance(event, Update):
                progress.update(bar, completed=event.progress, description=_rates(event))
            else:
                numbers = " ".join(f"{score:.2f}" for score in event.scores)
                history = sparkline([row.get("score_1", 0.0) for row in training.rows])
                kept = "  best so far, kept" if event.best else ""
                progress.console.print(
                    f"iteration {event.iteration:5}  {numbers}  step 1 so far |{history}|{kept}",
                    highlight=False,
                    soft_wrap=True,
                )


def _rates(event: Update) -> str:
    per_second = event.iteration / max(event.seconds, 1e-9)
    steps = event.env_steps / max(event.seconds, 1e-9)
    return f"iteration {event.iteration}  {per_second:.1f} it/s  {steps:,.0f} env steps/s"


def show_curves(curves: dict[str, Curves], title: str, console: Console) -> None:
    """A table with the mean normalised score of each agent after each adaptation step."""
    first = next(iter(curves.values()))
    table = Table(title=title, title_justify="left")
    table.add_column("agent\nafter episodes", no_wrap=True)
    for k, episodes in enumerate(first.episodes):
        table.add_column(f"step {k}\n{episodes}", justify="right")
    for name, curve in curves.items():
        table.add_row(name, *(f"{score:.3f}" for score in curve.mean_scores))
    console.print(table)


def show_written(folder: Path, console: Console) -> None:
    """Say where the results are."""
    files = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_file()))
    console.print(f"written to {folder}: {files}", soft_wrap=True, highlight=False)


def show_benchmarks(figures: dict[str, dict[str, object]], as_json: bool) -> None:
    """Benchmarks by name: value and unit, and the ratio to a reference in the same run."""
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    table = Table()
    for name in ("benchmark", "value", "unit", "ratio", "to"):
        table.add_column(name, justify="right" if name in ("value", "ratio") else "left")
    for name, row in figures.items():
        table.add_row(name, *(_cell(row[key]) for key in ("value", "unit", "ratio", "ratio_to")))
    Console().print(table)


def _cell(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str("" if value is None else value)

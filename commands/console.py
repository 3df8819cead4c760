"""Terminal output of training, evaluation, the microscope and the benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents.studies.bench_world import Figure
from agents.studies.microscope import EstimatorReading
from agents.training.train import Training, Update
from game.session.messages import BASELINE_AGENT

BARS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """Draw values from 0 to 1 as a row of bars."""
    return "".join(BARS[round(max(0.0, min(1.0, value)) * (len(BARS) - 1))] for value in values)


def show_training(training: Training, console: Console) -> None:
    """Train to the end, with a progress bar and one line per validation."""
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
                history = sparkline([row.get("score_1", 0.0) for row in training.status.rows])
                note = "  best so far: saved" if event.best else ""
                note += "  no improvement: stopping early" if event.plateau else ""
                progress.console.print(
                    f"iteration {event.iteration:5}  {numbers}  step 1 so far |{history}|{note}",
                    highlight=False,
                    soft_wrap=True,
                )


def _rates(event: Update) -> str:
    per_second = event.iteration / max(event.seconds, 1e-9)
    steps = event.env_steps / max(event.seconds, 1e-9)
    return f"iteration {event.iteration}  {per_second:.1f} it/s  {steps:,.0f} env steps/s"


def show_evaluation(title: str, summary: dict[str, Any], console: Console) -> None:
    """Print two tables of an evaluation: its curves, and statistics after the last step."""
    agents = summary["agents"]
    layout: dict[str, Any] = {"box": SIMPLE, "title_justify": "left", "pad_edge": False}
    curves = Table(title=f"{title}\ninterquartile mean score, 95% interval", **layout)
    last = Table(title="after the last step", **layout)
    for table in (curves, last):
        table.add_column("agent", no_wrap=True)
    shown = _some_steps(max(len(facts["episodes"]) for facts in agents.values()))
    for k in shown:
        curves.add_column(f"step {k}", justify="right")
    for name in ("episodes", "mean", "p20", "made worse", f"beats {BASELINE_AGENT}", "area"):
        last.add_column(name, justify="right")
    for name, facts in agents.items():
        steps = [k for k in shown if k < len(facts["episodes"])]
        curves.add_row(name, *(_with_interval(facts, k) for k in steps))
        wins = facts["improvement"]
        last.add_row(
            name,
            f"{facts['episodes'][-1]:,}",
            f"{facts['score_mean'][-1]:z.3f}",
            f"{facts['score_p20'][-1]:z.3f}",
            f"{facts['worse_fraction'][-1]:.1%}",
            f"{wins[-1]:.2f}" if wins and "scratch" not in facts else "",
            f"{facts['area']:z.3f}",
        )
    console.print(curves)
    console.print(last)
    for name, facts in agents.items():
        if "scratch" in facts:
            console.print(f"{name}: {facts['scratch']['text']}", markup=False, highlight=False)
    if summary["bayes_optimal_return"] is not None:
        _show_episodes(summary, console, layout)


def _show_episodes(summary: dict[str, Any], console: Console, layout: dict[str, Any]) -> None:
    """Print the mean return in each episode of a trial, for baselines and agents with memory."""
    bayes = summary["bayes_optimal_return"]
    n = len(bayes)
    rows = {"oracle": [summary["optimal_return"]] * n, "Bayes-optimal": bayes}
    for name, facts in summary["agents"].items():
        if facts["episodes"] == list(range(n)):
            rows[name] = facts["return_mean"]
    rows["random policy"] = [summary["random_return"]] * n
    table = Table(
        title="mean return of each episode of a trial, and their sum",
        collapse_padding=True,
        **layout,
    )
    table.add_column("agent", no_wrap=True)
    for k in range(n):
        table.add_column(f"{k + 1}", justify="right", no_wrap=True)
    table.add_column("trial", justify="right", no_wrap=True)
    for name, returns in rows.items():
        table.add_row(name, *(f"{value:z.3f}" for value in [*returns, sum(returns)]))
    console.print(table)


def _some_steps(n: int) -> list[int]:
    """Return the steps 0 to n - 1, or six of them if the table would be too wide."""
    return list(range(n)) if n <= 6 else [0, 1, 2, 3, (n + 2) // 2, n - 1]


def _with_interval(facts: dict[str, Any], k: int) -> str:
    """Format the interquartile mean score after step k, above its interval."""
    low, high = (f"{facts[key][k]:z.2f}" for key in ("score_low", "score_high"))
    interval = f"{low}–{high}".replace("0.", ".").replace("1.00", "1")
    return f"{facts['score_iqm'][k]:z.3f}\n[dim]{interval}[/dim]"


def show_readings(readings: Sequence[EstimatorReading], title: str, console: Console) -> None:
    """Print a table for each true gradient: bias, variance and cosine of each estimator."""
    for truth in dict.fromkeys(reading.truth for reading in readings):
        table = Table(title=f"{title}\n{truth}", title_justify="left")
        for heading in ("episodes", "estimator", "bias", "variance", "cosine"):
            table.add_column(heading, justify="left" if heading == "estimator" else "right")
        previous = None
        for r in (reading for reading in readings if reading.truth == truth):
            if previous not in (None, r.episodes):
                table.add_section()
            episodes = "" if previous == r.episodes else str(r.episodes)
            bias = f"{r.bias:.3f} ± {2 * r.noise:.3f}"
            table.add_row(episodes, r.estimator, bias, f"{r.variance:.3g}", f"{r.cosine:.3f}")
            previous = r.episodes
        console.print(table)


def show_written(folder: Path, console: Console) -> None:
    """Print where the results are written."""
    files = ", ".join(sorted(path.name for path in folder.glob("[!.]*") if path.is_file()))
    console.print(f"written to {folder}: {files}", soft_wrap=True, highlight=False)


def show_benchmarks(figures: Iterator[tuple[str, Figure]], as_json: bool) -> None:
    """Print benchmarks by name: value, unit, and ratio to a reference in the same run."""
    if not as_json:
        Console(stderr=True).print("measuring (takes less than a minute) ...")
    measured = dict(figures)
    if as_json:
        print(json.dumps({name: asdict(figure) for name, figure in measured.items()}, indent=2))
        return
    table = Table(caption="on one core; the ratio of a time counts the Python loop's steps in it")
    for heading in ("benchmark", "value", "unit", "ratio", "to"):
        table.add_column(heading, justify="right" if heading in ("value", "ratio") else "left")
    for name, figure in measured.items():
        table.add_row(name, *(_cell(value) for value in asdict(figure).values()))
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
    return str("" if value is None else value)

"""Terminal output of `bench`: figures, the profile, and the growth of the cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.padding import Padding

from agents.studies.bench_growth import Growth
from agents.studies.bench_profile import StageTime
from agents.studies.benchmark import Figure
from commands.console import Terminal, plain, show_table

NAME, VALUE, UNIT = 22, 12, 14  # widths of the columns of figures


def print_json(measured: Mapping[str, Any]) -> None:
    """Print measurements, which are dataclasses, by their names."""
    print(json.dumps({name: asdict(one) for name, one in measured.items()}, indent=2))


def show_figures(figures: Iterator[tuple[str, Figure]]) -> None:
    """Print each figure as soon as it is measured, and below it what it counts, by groups."""
    console, group = Terminal(), ""
    for name, one in figures:
        if one.group != group:
            group = one.group
            console.print()
            console.print(plain(group), style="bold")
        line = f"{name:{NAME}}{_rounded(one.value):>{VALUE}} {one.unit:{UNIT}}"
        if one.ratio is not None:
            line += _compared(one.ratio, one.ratio_to)
        console.print(plain(line.rstrip()))
        console.print(Padding(plain(one.about), (0, 0, 0, 4), expand=False), style="dim")


def show_profile(stages: Mapping[str, StageTime]) -> None:
    """Print the time of each stage of a training iteration, and their sum."""
    times = list(stages.values())
    ms, share = sum(one.ms for one in times), sum(one.share for one in times)
    columns = {
        "ms": [f"{value:.2f}" for value in (*(one.ms for one in times), ms)],
        "share": [f"{value:.1%}" for value in (*(one.share for one in times), share)],
        "calls": [*(f"{one.calls:.0f}" if one.calls else "" for one in times), ""],
    }
    about = [
        "MAML on mazes-9x9 with default options: each iteration draws new levels;",
        "processor time of an iteration on one core",
    ]
    show_table(Terminal(), about, {"stage": [*stages, "iteration"]}, columns)


def show_growth(measured: Mapping[str, Growth]) -> None:
    """Print a table for each quantity: the cost for each of its amounts."""
    for name, one in measured.items():
        about = [f"{one.about}; exponent {one.exponent:.2f} (1 is linear)"]
        columns = {
            "ms": [f"{ms:.1f}" for ms in one.ms],
            "per doubling": ["", *(f"x {factor:.2f}" for factor in one.per_doubling)],
        }
        show_table(Terminal(), about, {name: [f"{n:,}" for n in one.amounts]}, columns)


def _compared(ratio: float, other: str | None) -> str:
    """Return a rate's ratio to another one in words: "7.1 x other" or "1/11 of other"."""
    if ratio >= 1:
        return f"{_rounded(ratio)} x {other}"
    return f"1/{_rounded(1 / ratio)} of {other}"


def _rounded(value: float) -> str:
    """Return a number with three significant digits."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"

"""What `reproduce` prints: the tables of a benchmark, and where they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from agents.studies.reproduce.comparison import episode_rows, row_cells
from agents.studies.reproduce.report_files import SHOWN, Report
from commands.console import Terminal, plain, show_table, show_written


def show_report(report: Report) -> None:
    """Print the comparison of each setting, and the means of each episode or adaptation step."""
    console, unit = Terminal(), report.benchmark.unit
    for result in report.results:
        name, n = result.setting.name, result.tasks
        rows = [row_cells(row) for row in report.rows if row.setting == name]
        _show_rows(console, [f"{name}: {n} tasks"], rows, ("measure", "agent"), ("setting",))
        about = [f"{name}: {SHOWN[unit].lower()}"]
        _show_rows(console, about, episode_rows(result, unit), ("pack", "agent"))
    for note in report.notes:
        console.print(plain(note), soft_wrap=True)
    show_written(report.folder, console)


def _show_rows(
    console: Console,
    about: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    names: Sequence[str],
    left_out: Sequence[str] = (),
) -> None:
    """Print rows with those columns in front that name them; empty columns are left out."""
    if not rows:
        return
    shown = [key for key in rows[0] if key not in (*names, *left_out)]
    columns = {key: [row[key] for row in rows] for key in shown if any(row[key] for row in rows)}
    first = [", ".join(filter(None, (row[key] for key in names))) for row in rows]
    show_table(console, about, {", ".join(names): first}, columns)

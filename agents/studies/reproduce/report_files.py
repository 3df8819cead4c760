"""The files of a benchmark: results.md, results.csv, episodes.csv, results.json and curves.png."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from agents.studies.reproduce import BENCHMARKS
from agents.studies.reproduce.comparison import (
    Row,
    SettingResult,
    comparison_rows,
    episode_rows,
    markdown_table,
    row_cells,
)
from agents.studies.reproduce.definition import Measure, PublishedBenchmark
from agents.studies.reproduce.plan import TrainingRuns
from agents.training.plots import (
    INK,
    Line,
    draw_lines,
    new_figure,
    place_labels,
    save_figure,
    style_axes,
)
from agents.training.statistics import mean_interval
from game.files import name_text, write_atomically, write_json
from game.filling import Misfit, fill, read_json

QUICK_NOTE = "Quick: shorter trainings and one seed, which says little about others."
INTERVAL_NOTE = "Intervals are Student's 95% intervals of the mean over training seeds."
ONE_SEED_NOTE = "One training seed: there are no intervals."
EPISODE_COLUMNS = ("setting", "pack", "agent", "seed", "episode", "return", "score")
UNTRAINED = -1  # in place of the training seed
PANELS = 2  # in a row of the figure
MOST_POLICIES = 5  # lines of policies without training in a panel: the best of them
SHOWN = {
    "return": "Mean return of each episode",
    "score": "Mean score by adaptation step",
    "regret": "Mean regret up to each episode",
}


@dataclass(frozen=True)
class Report:
    """What came out of a benchmark."""

    benchmark: PublishedBenchmark
    results: Sequence[SettingResult]
    parts: Sequence[TrainingRuns]
    folder: Path
    seeds: int
    quick: bool

    @property
    def rows(self) -> list[Row]:
        """The rows of the comparison."""
        return [row for result in self.results for row in comparison_rows(result)]

    @property
    def done(self) -> int:
        """The number of trainings whose results are here."""
        own = [a for one in self.results for a in one.agents if a.pack == one.setting.pack]
        return sum(len(agent.seeds) for agent in own)

    @property
    def notes(self) -> list[str]:
        """What the tables need to be read."""
        notes = [ONE_SEED_NOTE if self.seeds == 1 else INTERVAL_NOTE]
        n = sum(len(part.runs) for part in self.parts)
        if self.done < n:
            notes.insert(0, f"Not finished: {self.done} of {n} trainings are done.")
        return [QUICK_NOTE, *notes] if self.quick else notes

    @property
    def command(self) -> str:
        """The command that makes these results."""
        words = ["python", "main.py", "reproduce", self.benchmark.name]
        words += ["--quick"] if self.quick else []
        words += ["--seeds", str(self.seeds), "--out", str(self.folder.parent)]
        return name_text(shlex.join(words))

    def training_commands(self) -> list[str]:
        """Return the commands of `train` that make the same runs one by one."""
        return [run.command(self.folder) for part in self.parts for run in part.runs]


def write_report(report: Report) -> None:
    """Write all files of a benchmark into its folder."""
    folder = report.folder
    _write_text(folder / "results.md", markdown(report))
    rows = [_flat(row) for row in report.rows]
    if rows:
        _write_text(folder / "results.csv", csv_text(rows))
    _write_text(folder / "episodes.csv", csv_text(list(_episode_values(report))))
    write_json(folder / "results.json", _facts(report, rows))
    _plot(report, folder / "curves.png")


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write_text(text, "utf-8"))


# --- Markdown ------------------------------------------------------------------------------------


def markdown(report: Report) -> str:
    """Return the tables of a benchmark as a Markdown section."""
    benchmark = report.benchmark
    parts = [f"## {benchmark.title}", benchmark.text, *_sources(benchmark), " ".join(report.notes)]
    if report.rows:
        parts.append(markdown_table([row_cells(row) for row in report.rows]))
    parts += _episode_tables(report)
    parts += _best_runs(report)
    commands = "\n".join(report.training_commands())
    parts.append(f"```\n{report.command}\n```")
    parts.append(f"The same runs, one by one:\n\n```\n{commands}\n```")
    return "\n\n".join(parts) + "\n"


def write_summary(out: Path) -> None:
    """Write summary.md: the rows with a bar of all benchmarks that have results in a folder."""
    found = [*_rows_with_bars(out)]
    if found:
        _write_text(out / "summary.md", markdown_table(found) + "\n")


def _rows_with_bars(out: Path) -> Iterator[dict[str, str]]:
    for name in BENCHMARKS:
        try:
            facts = read_json(out / name / "results.json")
            title = f"{name} (quick)" if facts["quick"] else name
            rows = [_row_of(flat) for flat in facts["rows"]]
        except (OSError, Misfit, KeyError, TypeError):
            continue  # no results, damaged ones, or those of another version
        for row in rows:
            if row.seeds and row.bar is not None:
                yield {"benchmark": title, **row_cells(row)}


def _sources(benchmark: PublishedBenchmark) -> Iterator[str]:
    if benchmark.sources:
        each = [f"- {one.paper}: {one.where}. <{one.address}>" for one in benchmark.sources]
        yield "\n".join(["Sources:", "", *each])


def _best_runs(report: Report) -> Iterator[str]:
    """Yield a line about the runs to choose: the best training seeds on validation tasks."""
    best = [agent.best for one in report.results for agent in one.agents if agent.best]
    if best and report.seeds > 1:
        yield f"Best on validation tasks: {', '.join(f'`{name}`' for name in best)}."


def _episode_tables(report: Report) -> Iterator[str]:
    """Yield a table for each setting, with a line above it."""
    unit = report.benchmark.unit
    for result in report.results:
        name, n = result.setting.name, result.tasks
        if rows := episode_rows(result, unit):
            yield f"{SHOWN[unit]}, {name} ({n} tasks):\n\n{markdown_table(rows)}"
        if result.references.notes:
            yield f"{name}: {' '.join(result.references.notes)}"


# --- data ----------------------------------------------------------------------------------------


def _flat(row: Row) -> dict[str, Any]:
    """Return a row with a column for each bound."""
    facts = asdict(row)
    low, high = facts.pop("bounds")
    return {**facts, "bound_low": low, "bound_high": high, "share": row.share}


def _row_of(flat: Mapping[str, Any]) -> Row:
    """Return the row that `_flat` made this of. Raises Misfit or KeyError where it fits none."""
    bounds = [flat["bound_low"], flat["bound_high"]]
    own = {one.name: flat[one.name] for one in fields(Row) if one.name in flat}
    return fill(Row, {**own, "bounds": bounds})


def _episode_values(report: Report) -> Iterator[dict[str, Any]]:
    """Yield each mean return and score of each agent, training seed and episode."""
    for result in report.results:
        for agent in result.agents:
            seeds = agent.seeds or [UNTRAINED]
            for seed, returns, scores in zip(seeds, agent.returns, agent.scores):
                for k, pair in enumerate(zip(returns, scores), 1):
                    cells = (result.setting.name, agent.pack, agent.agent, seed, k, *pair)
                    yield dict(zip(EPISODE_COLUMNS, cells, strict=True))


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV with full precision; "" for none."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _facts(report: Report, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the contents of results.json."""
    return {
        "benchmark": report.benchmark.name,
        "title": report.benchmark.title,
        "sources": [asdict(source) for source in report.benchmark.sources],
        "quick": report.quick,
        "seeds": report.seeds,
        "command": report.command,
        "trainings": report.training_commands(),
        "rows": rows,
        "settings": [_setting_facts(result) for result in report.results],
    }


def _setting_facts(result: SettingResult) -> dict[str, Any]:
    policies = result.references.policies
    return {
        "setting": result.setting.name,
        "pack": result.setting.pack,
        "tasks": result.tasks,
        "agents": [asdict(agent) for agent in result.agents],
        "policies": {name: list(map(float, returns)) for name, returns in policies.items()},
        "notes": list(result.references.notes),
    }


# --- figure --------------------------------------------------------------------------------------


def _plot(report: Report, path: Path) -> None:
    """Plot a panel for each setting: its agents by episode, and what is known without training."""
    results = [one for one in report.results if one.agents or one.references.policies]
    if not results:
        return
    columns = min(PANELS, len(results))
    title = report.benchmark.title + (" (quick)" if report.quick else "")
    note = report.notes[-1]
    figure, grid = new_figure(title, -(-len(results) // columns), columns, note)
    unit = report.benchmark.unit
    for axes, result in zip(grid.flat, results):
        steps = "adaptation step" if unit == "score" else "episode"
        style_axes(axes, f"{result.setting.name}, {result.tasks} tasks", steps, f"mean {unit}")
        draw_lines(axes, [*_lines(result, unit)])
        place_labels(axes)
    for axes in grid.flat[len(results) :]:
        axes.set_visible(False)
    save_figure(figure, path)


def _lines(result: SettingResult, unit: str) -> Iterator[Line]:
    """Yield the lines of agents, and of the best policies without training."""
    first = 0 if unit == "score" else 1
    x = range(first, first + result.setting.episodes)
    for agent in result.agents:
        values = result.by_episode(agent, unit)
        low, high = mean_interval(values) or (None, None)
        name = agent.agent if agent.pack == result.setting.pack else f"{agent.agent}, {agent.pack}"
        yield Line(name, list(x), values.mean(0), low, high)
    policies, totals = result.policies_by_episode(unit), result.references.policies
    best = sorted(policies, key=lambda name: -totals[name].sum())[:MOST_POLICIES]
    for name in policies:
        if name in best:
            yield Line(name, list(x), policies[name])
    if unit == "return":
        bounds = {m.last: high for m, (_, high) in result.references.bounds.items() if _is_one(m)}
        known = [(k, high) for k, high in bounds.items() if high is not None]
        if known:
            x_known, heights = zip(*known)
            yield Line("upper bound", x_known, heights, colour=INK)


def _is_one(measure: Measure) -> bool:
    """Whether a measure is the return of one episode."""
    return measure.first == measure.last and not measure.less

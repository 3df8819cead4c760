"""Terminal output of training, evaluation and the microscope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agents import ranks
from agents.studies.microscope import EstimatorReading
from agents.training.train import Training, Update
from commands.exit_codes import NOTHING_SAVED
from game.session.messages import BASELINE_AGENT
from game.text.visible import visible

BARS = " ▁▂▃▄▅▆▇█"
GAP = 3  # between two columns of a table
LEAST_NAME = 4  # width of a column of names


def sparkline(values: Sequence[float]) -> str:
    """Draw values from 0 to 1 as a row of bars."""
    return "".join(BARS[round(max(0.0, min(1.0, value)) * (len(BARS) - 1))] for value in values)


def show_training(training: Training, console: Console) -> None:
    """Train to the end, with a progress bar and one line per validation."""
    together = f" in {ranks.n_ranks()} processes" if ranks.n_ranks() > 1 else ""
    console.print(plain(f"meta-training {training.learner_name} on {training.pack.name}{together}"))
    steps = ", ".join(map(str, _some_steps(max(training.learner.judged) + 1)))
    console.print(f"validation: mean score after {steps} adaptation steps (1 is the optimum)")
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
                shown = _some_steps(len(event.scores))
                numbers = " ".join(f"{event.scores[k]:.2f}" for k in shown)
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


def show_stopped(training: Training, console: Console) -> None:
    """Say what is saved of a training that was stopped, and where."""
    saved = f"stopped; the agent so far is saved in {training.out}"
    console.print(saved if training.status.iteration else NOTHING_SAVED, soft_wrap=True)


def show_evaluation(title: str, summary: dict[str, Any], console: Console) -> None:
    """Print two tables of an evaluation: its curves, and statistics after the last step."""
    agents = summary["agents"]
    shown = _some_steps(max(len(facts["episodes"]) for facts in agents.values()))
    steps = {f"step {k}": [with_interval(facts, k) for facts in agents.values()] for k in shown}
    about = title, "interquartile mean score, 95% interval"
    show_table(console, about, {"agent": list(agents)}, steps)
    rows = [_last_row(name, facts) for name, facts in agents.items()]
    last = {heading: [row[heading] for row in rows] for heading in rows[0]}
    show_table(console, ["after the last step"], {"agent": list(agents)}, last)
    for name, facts in agents.items():
        if "scratch" in facts:
            of = ", ".join(facts["scratch"]["for"])
            beside = f" (for {of})" if of and len(agents) > 2 else ""
            console.print(plain(f"{name}{beside}: {facts['scratch']['text']}"), soft_wrap=True)
    if note := _unequal_steps(agents):
        console.print(plain(note), soft_wrap=True)
    if summary["bayes_optimal_return"] is not None:
        _show_episodes(summary, console)


def _unequal_steps(agents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what to know where agents spend different numbers of episodes in a step; "" if all
    spend the same."""
    sizes: dict[int, list[str]] = {}  # agents by the episodes of their first step
    for name, facts in agents.items():
        for size in facts["episodes"][1:2]:
            sizes.setdefault(size, []).append(name)
    if len(sizes) < 2:
        return ""
    each = "; ".join(f"{', '.join(names)}: {size:,}" for size, names in sorted(sizes.items()))
    return (
        f"episodes of a step differ ({each}), and scores and 'beats {BASELINE_AGENT}' compare step "
        "by step - curves.png (--out) compares after equal numbers of episodes, and so does "
        f"--episodes {min(sizes)} where agents let them be chosen"
    )


def _last_row(name: str, facts: dict[str, Any]) -> dict[str, str]:
    """Return an agent's statistics after the last step by their headings."""
    wins = facts["improvement"]
    return {
        "episodes": f"{facts['episodes'][-1]:,}",
        "mean": f"{facts['score_mean'][-1]:z.3f}",
        "p20": f"{facts['score_p20'][-1]:z.3f}",
        "made worse": f"{facts['worse_fraction'][-1]:.1%}",
        f"beats {BASELINE_AGENT}": f"{wins[-1]:.2f}" if wins and "scratch" not in facts else "",
        "area": f"{facts['area']:z.3f}",
    }


def _show_episodes(summary: dict[str, Any], console: Console) -> None:
    """Print the mean return in each episode of a trial, for baselines and agents with memory."""
    bayes = summary["bayes_optimal_return"]
    n = len(bayes)
    rows = {"oracle": [summary["optimal_return"]] * n, "Bayes-optimal": bayes}
    for name, facts in summary["agents"].items():
        if facts["episodes"] == list(range(n)):
            rows[name] = facts["return_mean"]
    rows["random policy"] = [summary["random_return"]] * n
    columns = {
        f"{k + 1}": [f"{returns[k]:z.3f}" for returns in rows.values()] for k in range(n)
    } | {"trial": [f"{sum(returns):z.3f}" for returns in rows.values()]}
    about = ["mean return of each episode of a trial, and their sum"]
    show_table(console, about, {"agent": list(rows)}, columns)


def _some_steps(n: int) -> list[int]:
    """Return the steps 0 to n - 1, or six of them if the table would be too wide."""
    return list(range(n)) if n <= 6 else [0, 1, 2, 3, (n + 2) // 2, n - 1]


def with_interval(facts: dict[str, Any], k: int) -> Text:
    """Format the interquartile mean score after step k, above its interval; empty beyond the last
    step."""
    if k >= len(facts["episodes"]):
        return Text()
    low, high = (f"{facts[key][k]:z.2f}" for key in ("score_low", "score_high"))
    interval = f"{low}–{high}".replace("0.", ".").replace("1.00", "1")
    return Text.assemble(f"{facts['score_iqm'][k]:z.3f}\n", (interval, "dim"))


def show_readings(readings: Sequence[EstimatorReading], title: str, console: Console) -> None:
    """Print a table for each true gradient: bias, variance and cosine of each estimator."""
    for truth in dict.fromkeys(reading.truth for reading in readings):
        found = [reading for reading in readings if reading.truth == truth]
        names = {"estimator": [f"{r.estimator}, {r.episodes} episodes" for r in found]}
        figures = {
            "bias": [f"{r.bias:.3f} ± {2 * r.noise:.3f}" for r in found],
            "variance": [f"{r.variance:.3g}" for r in found],
            "cosine": [f"{r.cosine:.3f}" for r in found],
        }
        show_table(console, [title, truth], names, figures)


def show_written(folder: Path, console: Console) -> None:
    """Print where the results are written."""
    files = ", ".join(sorted(path.name for path in folder.glob("[!.]*") if path.is_file()))
    console.print(plain(f"written to {folder}: {files}"), soft_wrap=True)


# --- tables of any width -------------------------------------------------------------------------


def show_table(
    console: Console,
    about: Sequence[str],
    names: Mapping[str, Sequence[str]],
    columns: Mapping[str, Sequence[str | Text]],
) -> None:
    """Print lines about a table, and the table: a column of names, and columns of numbers, by
    their headings.

    Numbers are always whole. Where the terminal is too narrow, headings are broken at spaces, then
    names anywhere, and the columns come in several tables below each other.
    """
    ((name_heading, name_cells),) = names.items()
    named = [plain(name_heading), *map(plain, name_cells)]
    numbers = [[plain(heading), *map(plain, cells)] for heading, cells in columns.items()]
    width, room = _width(named), console.width
    widths = [_width(column) for column in numbers]
    if width + sum(GAP + one for one in widths) > room:
        widths = [max(_width(cells), _longest_word(heading)) for heading, *cells in numbers]
    if width + sum(GAP + one for one in widths) > room:
        widest = max(widths)
        width = max(min(width, room // 3, room - GAP - widest), LEAST_NAME)
        widths = [max(1, min(one, room - width - GAP)) for one in widths]
    console.print()
    for line in about:
        console.print(plain(line), style="italic")
    for number, part in enumerate(_parts(widths, room - width)):
        if number:
            console.print()
        table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
        table.add_column(named[0], width=width, overflow="fold")
        for i in part:
            table.add_column(numbers[i][0], width=widths[i], justify="right", overflow="fold")
        for row in zip(named[1:], *(numbers[i][1:] for i in part)):
            table.add_row(*row)
        console.print(table)


def _parts(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Yield the numbers of the columns of each table, at least one, that there is room for."""
    part: list[int] = []
    for i, _ in enumerate(widths):
        if part and sum(GAP + widths[k] for k in [*part, i]) > room:
            yield part
            part = []
        part.append(i)
    if part:
        yield part


def _width(cells: Sequence[Text]) -> int:
    """Return the width of the longest line of the cells."""
    lines = (line for cell in cells for line in cell.plain.split("\n"))
    return max(map(cell_len, lines), default=0)


def _longest_word(text: Text) -> int:
    return max(map(cell_len, text.plain.split()), default=0)


# --- plain text ----------------------------------------------------------------------------------


def plain(text: str | Text) -> Text:
    """Return a text that is printed as it is: without markup, control characters as escapes."""
    return Text(visible(text)) if isinstance(text, str) else text


class Terminal(Console):
    """A console that prints every string as it is."""

    def render_str(self, text: str, **options: Any) -> Text:
        return plain(text)

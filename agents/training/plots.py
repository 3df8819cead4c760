"""Figures: a common style, and the kinds of panel that all figures are made of.

Colours are Okabe and Ito's, safe for colour blindness. Each line also has its own marker and dash
pattern, and its name and last value next to it. Figures show only measured values.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from game.files import write_atomically
from game.text.level import Level
from game.text.tiles import BY_CHAR, GOAL
from game.text.visible import visible
from game.text.walking import start_cells
from game.world.rules import Floats

INK, MUTED, RULE, CONTEXT = "#242934", "#606775", "#e2e3e6", "#b9bcc4"
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#b8548c", "#a87800", "#3d9bd1", "#242934")
MARKERS = "os^DvPX"
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)), (0, (4, 1, 1, 1, 1, 1)))
MAX_STEP_TICKS = 8  # more adaptation steps than this are not labelled on the axis
MOST_STEPS = 10  # adaptation steps with a curve of their own in the plot of a training
MAX_MARKERS = 16  # per line
MAX_LETTERS, MAX_NAME = 500, 60  # letters of a text, and of a name beside a line or in a legend

Values = Sequence[float] | Floats


@dataclass(frozen=True)
class Line:
    """A named line; `low` and `high` are the ends of an interval at each point.

    `style` is the index of its colour, marker and dash pattern; the default is its index among the
    panel's lines.
    """

    name: str
    x: Values
    y: Values
    low: Values | None = None
    high: Values | None = None
    style: int | None = None
    colour: str = ""  # overrides the colour of the style
    value: str = "{:z.2f}"  # format of the last value, shown next to the line
    is_context: bool = False  # thin and grey, without name and interval, behind the others


def plain(text: str, most: int = MAX_LETTERS) -> str:
    """Return a text that matplotlib draws as it is: without mathematics between dollar signs,
    control characters as escapes, and cut to `most` letters."""
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    return visible(shown, keep="\n").replace("$", r"\$")


@contextlib.contextmanager
def _quiet_about_glyphs() -> Iterator[None]:
    """Say nothing of letters that the font lacks: they are drawn as boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        yield


# --- figures -----------------------------------------------------------------------------------


def new_figure(
    title: str, rows: int = 1, columns: int = 1, note: str = "", heights: Sequence[float] = ()
) -> tuple[Any, Any]:
    """Return a figure with a title, a note below it, and `[rows, columns]` empty panels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    heights = heights or [4.2] * rows
    width = {1: 8.5, 2: 12.5}.get(columns, 5.6 * columns)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(width, sum(heights) + 0.7), layout=layout)
    FigureCanvasAgg(figure)
    title = plain(title.replace("\n", " "))
    head = figure.suptitle(title, x=0.012, ha="left", size=13, weight="bold", color=INK)
    if note:
        head.set_text(f"{title}\n")  # reserves a line for the note
        with _quiet_about_glyphs():
            figure.canvas.draw()
        box = head.get_window_extent().transformed(figure.transFigure.inverted())
        place = {"x": 0.012, "y": box.y0 + 0.1 * box.height, "va": "bottom"}
        figure.text(s=plain(note), size=9.5, color=MUTED, **place).set_in_layout(False)
    ratios = {"height_ratios": heights}
    return figure, figure.subplots(rows, columns, squeeze=False, gridspec_kw=ratios)


def style_axes(axes: Any, title: str, x_label: str, y_label: str) -> None:
    """Apply the common style to a panel, and set its title and axis labels."""
    axes.set_title(plain(title), loc="left", size=11, color=INK)
    axes.set_xlabel(plain(x_label), size=10, color=MUTED)
    axes.set_ylabel(plain(y_label), size=10, color=MUTED)
    axes.tick_params(labelsize=9.5, color=RULE, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b9bcc4")
    axes.grid(axis="y", color=RULE, lw=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.get_major_locator().set_params(integer=True)


def save_figure(figure: Any, path: Path) -> None:
    """Write a PNG; equal figures give equal bytes."""
    meta = {"Software": ""}  # no version number, which would change the bytes
    with _quiet_about_glyphs():
        write_atomically(
            path, lambda file: figure.savefig(file, dpi=120, format="png", metadata=meta)
        )


# --- panels ------------------------------------------------------------------------------------


def draw_lines(axes: Any, lines: Sequence[Line]) -> None:
    """Draw lines with their intervals; `place_labels` then adds names and last values."""
    ends = []
    for i, line in enumerate(lines):
        if line.is_context:
            axes.plot(line.x, line.y, color=CONTEXT, lw=0.8, zorder=2)
            continue
        style = i if line.style is None else line.style
        colour = line.colour or COLOURS[style % len(COLOURS)]
        if line.low is not None and line.high is not None:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, lw=0)
        axes.plot(
            line.x,
            line.y,
            color=colour,
            ls=DASHES[style % len(DASHES)],
            marker=MARKERS[style % len(MARKERS)],
            markevery=max(1, -(-len(line.x) // MAX_MARKERS)),
            ms=5.5,
            lw=1.9,
            zorder=3 + 0.01 * (len(lines) - i),
        )
        ends.append((line.y[-1], _end_text(line), colour))
    axes.margins(x=0.03)
    axes.direct_labels = ends  # for `place_labels`, once the axis limits are final


def _end_text(line: Line) -> str:
    """Return a line's name and its last value."""
    return f"{plain(line.name, MAX_NAME)}  {line.value.format(line.y[-1])}"


def place_labels(axes: Any) -> None:
    """Write the names and last values of the lines at their right ends, without overlap."""
    ends = sorted(getattr(axes, "direct_labels", []), key=lambda end: end[0])
    low, high = axes.get_ylim()
    inches = axes.get_position().height * axes.figure.get_figheight()
    line = 0.19 / inches  # height of a line of text, as a share of the panel
    sizes = [line * (1 + text.count("\n")) for _, text, _ in ends]
    wanted = np.array([(value - low) / (high - low) for value, _, _ in ends])
    for height, (_, text, colour) in zip(spread(np.clip(wanted, 0, 1), sizes), ends):
        place = {"transform": axes.transAxes, "va": "center", "ha": "left"}
        axes.text(1.015, height, text, color=colour, size=9.5, weight="bold", **place)


def spread(wanted: Floats, sizes: Sequence[float]) -> list[float]:
    """Move sorted centres as little as needed so that items of these sizes do not overlap."""
    groups: list[tuple[float, list[float]]] = []  # centre, and sizes of adjacent items
    for place, size in zip(wanted, sizes):
        groups.append((float(place), [size]))
        while len(groups) > 1:
            (a, below), (b, above) = groups[-2:]
            if b - a >= (sum(below) + sum(above)) / 2:
                break
            n, m = len(below), len(above)
            centre = max((a * n + b * m) / (n + m), (sum(below) + sum(above)) / 2)
            groups[-2:] = [(centre, below + above)]
    centres = []
    for centre, members in groups:
        edge = centre - sum(members) / 2
        for size in members:
            centres.append(edge + size / 2)
            edge += size
    return centres


def step_colour(k: int, n_steps: int) -> str:
    """Return a blue for the k-th adaptation step; later steps are darker."""
    share = k / max(1, n_steps - 1)
    light, dark = np.array([150, 187, 214]), np.array([0, 55, 105])
    red, green, blue = (light + share * (dark - light)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def draw_bars(
    axes: Any,
    groups: Sequence[str],
    bars: Sequence[tuple[str, Values, Any]],
    base: float = 0.0,
    value: str = "{:z.2f}",
) -> None:
    """Draw grouped bars from `base` up, with their values above them.

    Each entry of `bars` is (name, height in each group, (low, high) or None). A single entry
    without a name gets one colour per group.
    """
    width = 0.8 / len(bars)
    single = not bars[0][0]
    hatches = ("", "//", "..", "xx")
    size = 9.5 if len(bars) < 3 else 8  # of the values, which are about as wide as a bar
    for i, (name, heights, interval) in enumerate(bars):
        x = np.arange(len(groups)) + (i - (len(bars) - 1) / 2) * width
        colour = COLOURS[: len(groups)] if single else COLOURS[i]
        hatch = hatches[: len(groups)] if single else hatches[i % 4]
        fill: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white"}
        rise = np.asarray(heights) - base
        axes.bar(x, rise, (0.6 if single else 0.92) * width, base, label=_label(name), lw=0, **fill)
        tops = np.maximum(heights, base)
        if interval is not None:
            axes.vlines(x, *interval, color=INK, lw=1.4)
            tops = np.maximum(tops, interval[1])
        for left, top, height in zip(x, tops, heights):
            offset = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center"}
            axes.annotate(value.format(height), (left, top), size=size, color=INK, **offset)
    axes.set_xticks(range(len(groups)), list(map(plain, groups)))
    axes.margins(y=0.1)
    if not single:
        axes.legend(frameon=False, fontsize=9.5, loc="upper left", ncols=len(bars))


def _label(name: str) -> str:
    """Return a name for a legend, which leaves out those that begin with an underscore."""
    shown = plain(name, MAX_NAME)
    return f"\N{ZERO WIDTH NON-JOINER}{shown}" if shown.startswith("_") else shown


def mark_level(
    axes: Any, level: float, name: str, above: bool = True, dashed: bool = True, end: str = "right"
) -> None:
    """Draw a horizontal reference line, named inside the panel at its right or left end."""
    axes.axhline(level, color="#8a909c", ls="--" if dashed else ":", lw=1, zorder=1)
    place = {"transform": axes.get_yaxis_transform(), "ha": end}
    side = "bottom" if above else "top"
    axes.text(
        0.995 if end == "right" else 0.005,
        level,
        plain(name),
        color=MUTED,
        size=9,
        va=side,
        **place,
    )


def mark_place(axes: Any, x: float, name: str) -> None:
    """Draw a vertical reference line, named at its top, on the side where there is more room."""
    axes.axvline(x, color="#8a909c", ls=":", lw=1, zorder=1)
    low, high = axes.get_xlim()
    left = x > (low + high) / 2
    place = {
        "transform": axes.get_xaxis_transform(),
        "va": "top",
        "ha": "right" if left else "left",
    }
    offset = {"xytext": (-4 if left else 4, -2), "textcoords": "offset points"}
    axes.annotate(
        plain(name), (x, 1), xycoords=axes.get_xaxis_transform(), size=9, color=MUTED, **offset
    ).set(**place)


def score_axis(axes: Any, low: float = 0.0) -> None:
    """Set the axis of normalised scores; all figures share its limits unless `low` is lower."""
    axes.set_ylim(min(-0.06, low - 0.05), 1.09)
    mark_level(axes, 1, "optimum")
    mark_level(axes, 0, "random policy", above=False, dashed=False)


def lowest_value(lines: Sequence[Line]) -> float:
    """Return the lowest value of all lines and their intervals."""
    return min(float(np.min(line.y if line.low is None else line.low)) for line in lines)


def episode_axis(axes: Any, lines: Sequence[Line]) -> None:
    """Label the axis of environment episodes, with adaptation steps if all lines share them."""
    axes.set_xlabel("environment episodes spent (a marker for each step)")
    episodes = {tuple(line.x) for line in lines}
    if len(episodes) == 1 and len(lines[0].x) <= MAX_STEP_TICKS:
        names = [f"{n:g}\n{k}" if k else f"{n:g}\nstep {k}" for k, n in enumerate(lines[0].x)]
        axes.set_xticks(lines[0].x, names)
        axes.set_xlabel("environment episodes spent, and adaptation step")


def draw_level(axes: Any, level: Level, paths: Sequence[tuple[Any, str, int]]) -> None:
    """Draw a level's map with its goals framed, and groups of paths on it.

    Each group is (list of paths, each cells [n, 2]; name; style index).
    """
    colours = np.array([[BY_CHAR[char].colour for char in row] for row in level.tiles], np.uint8)
    axes.imshow(colours, extent=(-0.5, level.width - 0.5, level.height - 0.5, -0.5))
    for row, line in enumerate(level.rows):
        for column, char in enumerate(line):
            own = char not in BY_CHAR  # a character of the level's legend
            if own or BY_CHAR[char].effect not in ("", "start", "goal", "candidate"):
                place = {"ha": "center", "va": "center", "size": 8, "color": MUTED}
                axes.text(column, row, char, **place)
    for row, column in level.find(GOAL):
        box = {"marker": "s", "ms": 13, "mfc": "none", "mec": "#008a64", "mew": 2.5, "ls": ""}
        axes.plot(column, row, **box)
    for group, name, style in paths:
        for i, cells in enumerate(group):
            offset = 0.16 * (i - (len(group) - 1) / 2) + 0.05 * style  # keeps paths apart
            x, y = cells[:, 1] + offset, cells[:, 0] + offset
            stroke = {"lw": 1.0 if style else 2.0, "alpha": 0.75 if style else 0.95}
            label = _label(name) if i == 0 else None
            axes.plot(x, y, color=COLOURS[style], ls=DASHES[style], label=label, **stroke)
    for row, column in start_cells(level):
        axes.plot(column, row, marker="o", ms=7, color=INK, ls="")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))


# --- whole figures -----------------------------------------------------------------------------


def plot_scores(
    path: Path, panels: Sequence[tuple[str, Sequence[Line]]], title: str, note: str
) -> None:
    """Plot adaptation curves: normalised score over environment episodes, one panel per pack."""
    figure, grid = new_figure(title, 1, len(panels), note)
    lowest = min(lowest_value(lines) for _, lines in panels)
    for axes, (name, lines) in zip(grid[0], panels):
        style_axes(axes, name, "", "normalised score")
        draw_lines(axes, lines)
        episode_axis(axes, lines)
        score_axis(axes, lowest)
        place_labels(axes)
    save_figure(figure, path)


def plot_training(path: Path, rows: Sequence[dict[str, float]], title: str) -> None:
    """Plot the validation score after each adaptation step over the outer loop's iterations.

    Of more than MOST_STEPS adaptation steps, as in trials of many episodes, some are drawn.
    """
    figure, grid = new_figure(title)
    iterations = [row["iteration"] for row in rows]
    steps = [name for name in (rows[0] if rows else {}) if name.startswith("score_")]
    lines = [
        Line(
            f"step {k}",
            iterations,
            [row[name] for row in rows],
            style=k,
            colour=step_colour(k, len(steps)),
        )
        for k, name in spread_out(list(enumerate(steps)))
    ]
    axes = grid[0, 0]
    style_axes(axes, "", "iterations of the outer loop", "normalised score on validation tasks")
    draw_lines(axes, lines)
    score_axis(axes, min((min(line.y) for line in lines), default=0.0))
    place_labels(axes)
    save_figure(figure, path)


def spread_out(items: Sequence[Any]) -> list[Any]:
    """Return up to MOST_STEPS items at even distances, among them the first and the last."""
    n = min(len(items), MOST_STEPS)
    return [items[round(i * (len(items) - 1) / max(1, n - 1))] for i in range(n)]


def plot_trace(path: Path, traces: Sequence[Any], title: str) -> None:
    """Plot the return on one task after each adaptation step, with random and optimal return."""
    figure, grid = new_figure(title)
    axes = grid[0, 0]
    lines = [
        Line(trace.name, [s.episodes for s in trace.steps], [trace.exact(s) for s in trace.steps])
        for trace in traces
    ]
    exact = all(step.return_exact is not None for trace in traces for step in trace.steps)
    style_axes(axes, "", "", "return (exact)" if exact else "return (sampled)")
    draw_lines(axes, lines)
    episode_axis(axes, lines)
    mark_level(axes, traces[0].optimal_return, "optimum")
    mark_level(axes, traces[0].random_return, "random policy", above=False, dashed=False)
    axes.margins(y=0.09)
    place_labels(axes)
    save_figure(figure, path)

"""All pictures of curves: one style, and the few kinds of panel that everything is drawn with.

Colours are Okabe and Ito's, safe for colour blindness; each line also has a marker and a dash of
its own, and its name and last value beside it. Nothing is drawn on a figure that was not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from game.files import write_atomically
from game.text.level import Level
from game.text.tiles import BY_CHAR, GOAL, START
from game.world.rules import Floats

INK, MUTED, RULE = "#242934", "#606775", "#e2e3e6"
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#b8548c", "#a87800", "#3d9bd1", "#242934")
MARKERS = "os^DvPX"
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)), (0, (4, 1, 1, 1, 1, 1)))
MOST_TICKS = 8  # adaptation steps that are named below the axis
MOST_MARKERS = 16  # on a line

Values = Sequence[float] | Floats


@dataclass(frozen=True)
class Line:
    """A named line; `low` and `high` are the ends of an interval at each point.

    `look` numbers its colour, marker and dash; by default its place among the panel's lines.
    """

    name: str
    x: Values
    y: Values
    low: Values | None = None
    high: Values | None = None
    look: int | None = None
    colour: str = ""  # instead of its look's, where lines are ordered
    value: str = "{:z.2f}"  # how its last value is written beside it


# --- figures -----------------------------------------------------------------------------------


def new_figure(
    title: str, rows: int = 1, columns: int = 1, note: str = "", heights: Sequence[float] = ()
) -> tuple[Any, Any]:
    """A figure with a title, a note below it, and `[rows, columns]` empty panels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    heights = heights or [4.2] * rows
    width = {1: 8.5, 2: 12.5}.get(columns, 5.6 * columns)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(width, sum(heights) + 0.7), layout=layout)
    FigureCanvasAgg(figure)
    head = figure.suptitle(title, x=0.012, ha="left", size=13, weight="bold", color=INK)
    if note:
        head.set_text(f"{title}\n")  # keeps a line free
        figure.canvas.draw()
        box = head.get_window_extent().transformed(figure.transFigure.inverted())
        place = {"x": 0.012, "y": box.y0 + 0.1 * box.height, "va": "bottom"}
        figure.text(s=note, size=9.5, color=MUTED, **place).set_in_layout(False)
    ratios = {"height_ratios": heights}
    return figure, figure.subplots(rows, columns, squeeze=False, gridspec_kw=ratios)


def style(axes: Any, title: str, x_label: str, y_label: str) -> None:
    """The look that all panels share."""
    axes.set_title(title, loc="left", size=11, color=INK)
    axes.set_xlabel(x_label, size=10, color=MUTED)
    axes.set_ylabel(y_label, size=10, color=MUTED)
    axes.tick_params(labelsize=9.5, color=RULE, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b9bcc4")
    axes.grid(axis="y", color=RULE, lw=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.get_major_locator().set_params(integer=True)


def save(figure: Any, path: Path) -> None:
    """Write a PNG; the same picture gives the same bytes."""
    meta = {"Software": ""}  # no version in the file
    write_atomically(path, lambda file: figure.savefig(file, dpi=120, format="png", metadata=meta))


# --- panels ------------------------------------------------------------------------------------


def draw_lines(axes: Any, lines: Sequence[Line]) -> None:
    """Lines with their intervals; names and last values stand to the right of the panel."""
    ends = []
    for i, line in enumerate(lines):
        look = i if line.look is None else line.look
        colour = line.colour or COLOURS[look % len(COLOURS)]
        if line.low is not None and line.high is not None:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, lw=0)
        axes.plot(
            line.x,
            line.y,
            color=colour,
            ls=DASHES[look % len(DASHES)],
            marker=MARKERS[look % len(MARKERS)],
            markevery=max(1, -(-len(line.x) // MOST_MARKERS)),
            ms=5.5,
            lw=1.9,
            zorder=3 + 0.01 * (len(lines) - i),
        )
        ends.append((line.y[-1], f"{line.name}  {line.value.format(line.y[-1])}", colour))
    axes.margins(x=0.03)
    axes.direct_labels = ends  # placed by `place_labels`, once the axis has its limits


def place_labels(axes: Any) -> None:
    """Write the names of the lines at their ends, apart from each other."""
    ends = sorted(getattr(axes, "direct_labels", []), key=lambda end: end[0])
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_figheight()  # inches
    line = 0.19 / height  # of the panel's height
    sizes = [line * (1 + text.count("\n")) for _, text, _ in ends]
    wanted = np.array([(value - low) / (high - low) for value, _, _ in ends])
    for at, (_, text, colour) in zip(spread(np.clip(wanted, 0, 1), sizes), ends):
        place = {"transform": axes.transAxes, "va": "center", "ha": "left"}
        axes.text(1.015, at, text, color=colour, size=9.5, weight="bold", **place)


def spread(wanted: Floats, sizes: Sequence[float]) -> list[float]:
    """Sorted centres moved as little as need be for things of these sizes not to overlap."""
    groups: list[tuple[float, list[float]]] = []  # centre, and sizes of those pushed together
    for place, size in zip(wanted, sizes):
        groups.append((float(place), [size]))
        while len(groups) > 1:
            (a, below), (b, above) = groups[-2:]
            if b - a >= (sum(below) + sum(above)) / 2:
                break
            n, m = len(below), len(above)
            centre = max((a * n + b * m) / (n + m), (sum(below) + sum(above)) / 2)
            groups[-2:] = [(centre, below + above)]  # not below the panel
    found = []
    for centre, members in groups:
        edge = centre - sum(members) / 2
        for size in members:
            found.append(edge + size / 2)
            edge += size
    return found


def shade(k: int, steps: Sequence[Any]) -> str:
    """A blue for the k-th of several adaptation steps, darker from step to step."""
    share = k / max(1, len(steps) - 1)
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
    """Bars side by side in groups: (name, heights, (low, high) or None), from `base` up; their
    values stand above them. A single nameless kind of bar has a colour for each group instead."""
    width = 0.8 / len(bars)
    alone = not bars[0][0]
    hatches = ("", "//", "..", "xx")
    for i, (name, heights, interval) in enumerate(bars):
        at = np.arange(len(groups)) + (i - (len(bars) - 1) / 2) * width
        colour = COLOURS[: len(groups)] if alone else COLOURS[i]
        hatch = hatches[: len(groups)] if alone else hatches[i % 4]
        kind: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white"}
        rise = np.asarray(heights) - base
        axes.bar(at, rise, (0.6 if alone else 0.92) * width, base, label=name, lw=0, **kind)
        tops = np.maximum(heights, base)
        if interval is not None:
            axes.vlines(at, *interval, color=INK, lw=1.4)
            tops = np.maximum(tops, interval[1])
        for x, top, height in zip(at, tops, heights):
            offset = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center"}
            axes.annotate(value.format(height), (x, top), size=9.5, color=INK, **offset)
    axes.set_xticks(range(len(groups)), groups)
    axes.margins(y=0.1)
    if not alone:
        axes.legend(frameon=False, fontsize=9.5, loc="upper left", ncols=len(bars))


def mark_level(
    axes: Any, level: float, name: str, above: bool = True, dashed: bool = True, end: str = "right"
) -> None:
    """A reference line across the panel, named at its right or left end, inside."""
    axes.axhline(level, color="#8a909c", ls="--" if dashed else ":", lw=1, zorder=1)
    place = {"transform": axes.get_yaxis_transform(), "ha": end}
    side = "bottom" if above else "top"
    axes.text(
        0.995 if end == "right" else 0.005, level, name, color=MUTED, size=9, va=side, **place
    )


def score_axis(axes: Any, low: float = 0.0) -> None:
    """Normalised scores: the same limits on every figure, unless something fell below them."""
    axes.set_ylim(min(-0.06, low - 0.05), 1.09)
    mark_level(axes, 1, "optimum")
    mark_level(axes, 0, "random policy", above=False, dashed=False)


def lowest_of(lines: Sequence[Line]) -> float:
    """Of all points and intervals."""
    return min(float(np.min(line.y if line.low is None else line.low)) for line in lines)


def episode_axis(axes: Any, lines: Sequence[Line]) -> None:
    """Environment episodes, with the adaptation steps marked where all agents share them."""
    axes.set_xlabel("environment episodes spent (a marker for each step)")
    spent = {tuple(line.x) for line in lines}
    if len(spent) == 1 and len(lines[0].x) <= MOST_TICKS:
        names = [f"{n:g}\n{k}" if k else f"{n:g}\nstep {k}" for k, n in enumerate(lines[0].x)]
        axes.set_xticks(lines[0].x, names)
        axes.set_xlabel("environment episodes spent, and adaptation step")


def draw_level(axes: Any, level: Level, paths: Sequence[tuple[Any, str, int]]) -> None:
    """A level's map from above, its goals framed, with bundles of paths: (cells [n, 2] of each
    path, name, look)."""
    colours = np.array([[BY_CHAR[char].colour for char in row] for row in level.rows], np.uint8)
    axes.imshow(colours, extent=(-0.5, level.width - 0.5, level.height - 0.5, -0.5))
    for row, line in enumerate(level.rows):
        for column, char in enumerate(line):
            if BY_CHAR[char].effect not in ("", "start", "goal", "candidate"):
                place = {"ha": "center", "va": "center", "size": 8, "color": MUTED}
                axes.text(column, row, char, **place)
    for row, column in level.find(GOAL):
        box = {"marker": "s", "ms": 13, "mfc": "none", "mec": "#008a64", "mew": 2.5, "ls": ""}
        axes.plot(column, row, **box)
    for bundle, name, look in paths:
        for i, cells in enumerate(bundle):
            aside = 0.16 * (i - (len(bundle) - 1) / 2) + 0.05 * look
            x, y = cells[:, 1] + aside, cells[:, 0] + aside
            thin = {"lw": 1.0 if look else 2.0, "alpha": 0.75 if look else 0.95}
            label = name if i == 0 else None
            axes.plot(x, y, color=COLOURS[look], ls=DASHES[look], label=label, **thin)
    for row, column in level.find(START):
        axes.plot(column, row, marker="o", ms=7, color=INK, ls="")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))


# --- pictures ----------------------------------------------------------------------------------


def plot_scores(
    path: Path, panels: Sequence[tuple[str, Sequence[Line]]], title: str, note: str
) -> None:
    """Adaptation curves: normalised score over environment episodes; a panel for each pack."""
    figure, grid = new_figure(title, 1, len(panels), note)
    lowest = min(lowest_of(lines) for _, lines in panels)
    for axes, (name, lines) in zip(grid[0], panels):
        style(axes, name, "", "normalised score")
        draw_lines(axes, lines)
        episode_axis(axes, lines)
        score_axis(axes, lowest)
        place_labels(axes)
    save(figure, path)


def plot_training(path: Path, rows: Sequence[dict[str, float]], title: str) -> None:
    """Validation score after each adaptation step, over the iterations of the outer loop."""
    figure, grid = new_figure(title)
    iterations = [row["iteration"] for row in rows]
    steps = [name for name in (rows[0] if rows else {}) if name.startswith("score_")]
    lines = [
        Line(f"step {k}", iterations, [row[name] for row in rows], look=k, colour=shade(k, steps))
        for k, name in enumerate(steps)
    ]
    axes = grid[0, 0]
    style(axes, "", "iterations of the outer loop", "normalised score on validation tasks")
    draw_lines(axes, lines)
    score_axis(axes, min((min(line.y) for line in lines), default=0.0))
    place_labels(axes)
    save(figure, path)


def plot_trace(path: Path, traces: Sequence[Any], title: str) -> None:
    """Return after each adaptation step of one task, between the random policy and the optimum."""
    figure, grid = new_figure(title)
    axes = grid[0, 0]
    lines = [
        Line(trace.name, [s.episodes for s in trace.steps], [trace.exact(s) for s in trace.steps])
        for trace in traces
    ]
    exact = all(step.return_exact is not None for trace in traces for step in trace.steps)
    style(axes, "", "", "return (exact)" if exact else "return (sampled)")
    draw_lines(axes, lines)
    episode_axis(axes, lines)
    mark_level(axes, traces[0].optimal_return, "optimum")
    mark_level(axes, traces[0].random_return, "random policy", above=False, dashed=False)
    axes.margins(y=0.09)
    place_labels(axes)
    save(figure, path)

"""Adaptation curves on tasks that were not trained on, and their plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.learner import Learner
from game.files import write_atomically, write_json
from game.planner import optimal_return, random_return, score
from game.rules import Floats, Ints
from game.tables import GridBatch
from game.tasks import Pack, Task, task_rng

CHUNK = 64  # tasks adapted side by side


@dataclass(frozen=True)
class Curves:
    """What an agent reached on N tasks with M seeds of adaptation, after each of K + 1 steps."""

    returns: Floats  # [M, N, K + 1] exact where the policy has no memory
    scores: Floats  # [M, N, K + 1]
    env_steps: Ints  # [M, N, K + 1] spent before
    episodes: tuple[int, ...]  # [K + 1] spent before
    gradient_steps: tuple[int, ...]  # [K + 1]
    optimal: Floats  # [N]
    random: Floats  # [N]

    @property
    def mean_scores(self) -> list[float]:
        return [float(value) for value in self.scores.mean((0, 1))]

    def summary(self) -> dict[str, Any]:
        """Lists over adaptation steps, as in results.json."""
        return {
            "episodes": list(self.episodes),
            "env_steps": self.env_steps.mean((0, 1)).tolist(),
            "gradient_steps": list(self.gradient_steps),
            "return_mean": self.returns.mean((0, 1)).tolist(),
            "score_mean": self.mean_scores,
            "score_p20": np.quantile(self.scores, 0.2, axis=(0, 1)).tolist(),
        }


def adaptation_curves(
    load: Callable[[int], Learner], tasks: Sequence[Task], seeds: Sequence[int], steps: int
) -> Curves:
    """Adapt to every task with every seed, with the learner that `load` gives for the seed."""
    learners = {seed: load(seed) for seed in seeds}
    optimal, random = [], []
    parts = []
    for first in range(0, len(tasks), CHUNK):
        chunk = tasks[first : first + CHUNK]
        batch = GridBatch.of([task.level for task in chunk])
        optimal.append(optimal_return(batch))
        random.append(random_return(batch))
        for seed in seeds:
            rngs = [task_rng(seed, task) for task in chunk]
            parts.append(list(learners[seed].adapt(batch, rngs, steps)))

    def gather(values: Sequence[Any]) -> np.ndarray:
        """[M, N, K + 1] from what each part says of each of its steps and tasks."""
        by_part = [np.stack(value, -1) for value in values]
        chunks = [np.stack(by_part[i : i + len(seeds)]) for i in range(0, len(parts), len(seeds))]
        return np.concatenate(chunks, 1)

    def reached(step: Any) -> Floats:
        known: Floats = step.return_sampled if step.return_exact is None else step.return_exact
        return known

    returns = gather([[reached(step) for step in part] for part in parts])
    best, worst = np.concatenate(optimal), np.concatenate(random)
    return Curves(
        returns=returns,
        scores=score(returns, worst[:, None], best[:, None]),
        env_steps=gather([[step.env_steps for step in part] for part in parts]),
        episodes=tuple(step.episodes for step in parts[0]),
        gradient_steps=tuple(step.gradient_steps for step in parts[0]),
        optimal=best,
        random=worst,
    )


def write_results(
    folder: Path, pack: Pack, split: str, curves: dict[str, Curves], title: str
) -> None:
    """results.json with the means over tasks and seeds, and curves.png."""
    first = next(iter(curves.values()))
    results = {
        "pack": pack.name,
        "split": split,
        "tasks": len(first.optimal),
        "optimal_return": float(first.optimal.mean()),
        "random_return": float(first.random.mean()),
        "agents": {name: curve.summary() for name, curve in curves.items()},
    }
    write_json(folder / "results.json", results)
    means = {name: curve.mean_scores for name, curve in curves.items()}
    plot_curves(folder / "curves.png", means, first.episodes, title)


# --- plots -------------------------------------------------------------------------------------

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
MARKERS = "os^Dv*P"


def plot_curves(
    path: Path, curves: dict[str, list[float]], episodes: Sequence[int], title: str
) -> None:
    """Normalised score over environment episodes; each agent by colour, marker and its name."""
    figure, axes = _figure(title)
    for (name, values), colour, marker in zip(curves.items(), COLOURS, MARKERS):
        axes.plot(episodes, values, color=colour, marker=marker, label=name, lw=2, ms=6)
    labels = [f"{n}\nstep {k}" for k, n in enumerate(episodes)]
    axes.set_xticks(list(episodes), labels)
    axes.set_xlabel("environment episodes spent, and adaptation step")
    axes.set_ylabel("normalised score")
    _score_axis(axes)
    _finish(figure, axes, path)


def plot_training(path: Path, rows: Sequence[dict[str, float]], title: str) -> None:
    """Validation score after each adaptation step, over the iterations of the outer loop."""
    figure, axes = _figure(title)
    iterations = [row["iteration"] for row in rows]
    steps = [name for name in rows[0] if name.startswith("score_")] if rows else []
    for k, name in reversed(list(enumerate(steps))):
        colour = _blue(0.35 + 0.65 * k / max(1, len(steps) - 1))
        values = [row[name] for row in rows]
        axes.plot(iterations, values, color=colour, marker=MARKERS[k % len(MARKERS)], ms=4, lw=2)
        axes.lines[-1].set_label(f"step {k}: {values[-1]:.2f}")
    axes.set_xlabel("iterations of the outer loop")
    axes.set_ylabel("normalised score on validation tasks")
    _score_axis(axes)
    _finish(figure, axes, path)


def plot_trace(path: Path, traces: Sequence[Any], title: str) -> None:
    """Return after each adaptation step of one task, between the random policy and the optimum."""
    figure, axes = _figure(title)
    for trace, colour, marker in zip(traces, COLOURS, MARKERS):
        episodes = [step.episodes for step in trace.steps]
        values = [trace.exact(step) for step in trace.steps]
        axes.plot(episodes, values, color=colour, marker=marker, label=trace.name, lw=2, ms=6)
    axes.axhline(traces[0].optimal_return, color="#555555", ls="--", label="optimum")
    axes.axhline(traces[0].random_return, color="#999999", ls=":", label="random policy")
    labels = [f"{step.episodes}\nstep {step.step}" for step in traces[0].steps]
    axes.set_xticks([step.episodes for step in traces[0].steps], labels)
    axes.set_xlabel("environment episodes spent, and adaptation step")
    axes.set_ylabel("return (exact)")
    _finish(figure, axes, path)


def _figure(title: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e4e4")
    axes.set_axisbelow(True)
    return figure, axes


def _score_axis(axes: Any) -> None:
    axes.set_ylim(-0.08, 1.08)
    for level, name, style, side in (
        (1, "optimum", "--", "bottom"),
        (0, "random policy", ":", "top"),
    ):
        axes.axhline(level, color="#777777", ls=style, lw=1)
        place = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": side}
        axes.text(0.99, level, f"{name} ", color="#555555", **place)


def _finish(figure: Any, axes: Any, path: Path) -> None:
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    write_atomically(path, lambda file: figure.savefig(file, dpi=120, format="png", metadata=_META))


_META = {"Software": ""}  # no version in the file: the same curves give the same bytes


def _blue(shade: float) -> tuple[float, float, float]:
    """From white (0) to a dark blue (1)."""
    red, green, blue = 1 - shade * (1 - np.array([0.0, 0.25, 0.45]))
    return red, green, blue

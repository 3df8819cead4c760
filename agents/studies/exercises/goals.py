"""Goals: meta-train on ten goals, then adapt to five held-out goals.

The inner loop adapts a copy of the policy to one goal by gradient steps on its own episodes. The
outer loop changes the initial policy so that these steps improve it most. The policy is tested on
goals that it was not trained on, and compared with an untrained policy in the same inner loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.learner_registry import advised_config, build_learner
from agents.studies.exercises.exercise_run import (
    AHEAD,
    ExerciseRun,
    Findings,
    checkpoints,
    measure,
    meta_train,
    standing,
)
from agents.training.curves import Curves, TaskBatches
from agents.training.plots import (
    MUTED,
    Line,
    draw_bars,
    draw_lines,
    mark_level,
    mark_place,
    new_figure,
    place_labels,
    save_figure,
    step_colour,
    style_axes,
)
from agents.training.scratch_baseline import tune_config
from agents.training.statistics import bootstrap_interval
from agents.training.tuning import tuning_value
from game.tasks.packs import Pack, load_pack
from game.world.planner import BaselineReturns
from game.world.rules import Floats

ITERATIONS = 300
SHOWN = (0, 1, 5)  # adaptation steps
MEASUREMENTS = 15  # during training, besides the one before it


@dataclass(frozen=True)
class TrainingCourse:
    """The course of a meta-training: curves by iteration and kind of goals."""

    measured: dict[int, dict[str, Curves]]
    chosen: int  # the iteration with the best score on validation goals

    @property
    def selected(self) -> dict[str, Curves]:
        """The curves of the selected iteration."""
        return self.measured[self.chosen]


def run(exercise: ExerciseRun) -> Findings:
    """Train on training goals, select by validation goals, and report on held-out goals."""
    pack = load_pack("goals-5x5")
    config = advised_config(pack, "maml")
    training = train(exercise, pack, config)
    baseline = tune_config(config, pack)
    scratch = measure(exercise, baseline, exercise.held_out(pack), max(SHOWN))
    draw(exercise, training, scratch)
    numbers = summarise(training, scratch) | {"scratch_step_size": baseline.step_size}
    return Findings(conclude(numbers), numbers)


def train(exercise: ExerciseRun, pack: Pack, config: Any) -> TrainingCourse:
    """Meta-train, and measure the learner on training, validation and held-out goals meanwhile."""
    learner = build_learner("maml", config, exercise.seed)
    tasks, validation = pack.split("train"), pack.split("validation").tasks
    goals = {"training": tasks.tasks, "held-out": exercise.held_out(pack)}
    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, MEASUREMENTS)
    measured, values, batches = {}, {}, TaskBatches(validation)
    for i in meta_train(exercise, learner, tasks, iterations, 10, "outer loop"):
        if i in measured_at:
            measured[i] = {
                kind: measure(exercise, learner, some, max(SHOWN)) for kind, some in goals.items()
            }
            values[i] = tuning_value(lambda _: learner, batches)
    chosen = max(values, key=lambda i: values[i])  # early stopping: ten goals are soon memorised
    return TrainingCourse(measured, chosen)


def summarise(training: TrainingCourse, scratch: Curves) -> dict[str, Any]:
    """Return the numbers that the sentences are based on."""
    ours, iterations = training.selected["held-out"], max(training.measured)
    last = training.measured[iterations]
    return {
        "maml_return": ours.returns.mean((0, 1)).tolist(),
        "scratch_return": scratch.returns.mean((0, 1)).tolist(),
        "optimal_return": float(ours.baselines.optimal.mean()),
        "random_return": float(ours.baselines.random.mean()),
        "maml_score": ours.mean_scores,
        "scratch_score": scratch.mean_scores,
        "training_goals_score": training.selected["training"].mean_scores,
        "untrained_score": training.measured[0]["held-out"].mean_scores,
        "last_score": {kind: curves.mean_scores for kind, curves in last.items()},
        "iterations": iterations,
        "chosen": training.chosen,
    }


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    maml, scratch = n["maml_return"], n["scratch_return"]
    first, late = (n["maml_score"][k] - n["scratch_score"][k] for k in (1, 5))
    old, new = n["training_goals_score"], n["maml_score"]
    lost = max(SHOWN, key=lambda k: old[k] - new[k])
    few = "ten goals are few, and the policy has partly memorised them"
    memorised = old[lost] - new[lost] > AHEAD
    return (
        f"Before adaptation the meta-trained policy's mean return is {maml[0]:.2f} on the five "
        f"held-out goals (random policy {n['random_return']:.2f}, optimum "
        f"{n['optimal_return']:.2f}), since it cannot know where the goal is; one gradient step on "
        f"20 episodes takes it to {maml[1]:.2f} and five to {maml[5]:.2f}.",
        f"An untrained policy with the same network and inner loop, and a tuned step size, reaches "
        f"{scratch[1]:.2f} after one step and {scratch[5]:.2f} after five; in normalised score "
        f"meta-training is {_lead(first)} after one step and {_lead(late)} after five: "
        f"{_bought(first, late)}.",
        f"Iteration {n['chosen']} of {n['iterations']} was selected on validation goals; there the "
        f"normalised score after 0, 1 and 5 steps is {_listed(old)} on the training goals and "
        f"{_listed(new)} on the held-out goals: "
        f"{few if memorised else 'nothing is lost on new goals'}.",
    )


def _lead(lead: float) -> str:
    """Say by how much meta-training leads."""
    where = standing(lead)
    return f"{where} ({lead:+z.2f})" if where == "level" else f"{where} by {abs(lead):.2f}"


def _bought(first: float, late: float) -> str:
    """Say what meta-training buys, by its lead after one step and after five."""
    if first > AHEAD and late < -AHEAD:
        return "meta-training buys the first step, and scratch overtakes it"
    if first > late + AHEAD and first > AHEAD:
        return "what meta-training buys here is above all the first step"
    if first > AHEAD and late > AHEAD:
        return "meta-training is ahead after one step and after five"
    if late > AHEAD:
        return "meta-training is ahead only after five steps"
    return "in this run meta-training buys nothing"


def _listed(scores: Sequence[float]) -> str:
    return "{:z.2f}, {:z.2f} and {:z.2f}".format(*(scores[k] for k in SHOWN))


def _mean_returns(curves: Curves) -> Floats:
    """Return the mean return after each step and the ends of its interval [3, K + 1]."""
    ends = bootstrap_interval(curves.returns, lambda drawn: drawn.mean((0, 1)))
    return np.stack([curves.returns.mean((0, 1)), *ends])


def _mark(axes: Any, baselines: BaselineReturns) -> None:
    """Mark optimum and random policy; `place_labels` names them at the right, clear of the data."""
    for name in ("optimal", "random"):
        level = float(getattr(baselines, name).mean())
        mark_level(axes, level, "", dashed=name == "optimal")
        label = (level, f"{name} return", MUTED)
        axes.direct_labels = [*getattr(axes, "direct_labels", []), label]


def draw(exercise: ExerciseRun, training: TrainingCourse, scratch: Curves) -> None:
    """Draw the course of training on both kinds of goals, and the comparison with scratch."""
    note = (
        "an open 5x5 grid with a hidden goal; 20 episodes before each gradient step; bands and "
        "whiskers: 95% bootstrap interval over goals and adaptation seeds"
    )
    figure, grid = new_figure("Goals: learning to find a goal", 1, 3, note)
    for axes, kind in zip(grid[0], ("training", "held-out")):
        draw_course(axes, training, kind)
    draw_comparison(grid[0, 2], {"MAML": training.selected["held-out"], "scratch": scratch})
    low = min(axes.get_ylim()[0] for axes in grid[0])
    high = max(axes.get_ylim()[1] for axes in grid[0])
    for axes in grid[0]:
        axes.set_ylim(low, high)
        place_labels(axes)
    save_figure(figure, exercise.out / "goals.png")


def draw_course(axes: Any, training: TrainingCourse, kind: str) -> None:
    """Draw the return on one kind of goals over the iterations of the outer loop."""
    curves = [at[kind] for at in training.measured.values()]
    baselines = curves[0].baselines
    title = f"{len(baselines.optimal)} {kind} goals"
    style_axes(axes, title, "iterations of the outer loop", "return (exact)")
    means = np.stack([_mean_returns(one) for one in curves])  # [measurements, 3, K + 1]
    lines = []
    for i, k in enumerate(SHOWN):
        mean, low, high = means[..., k].T
        colour = step_colour(i, len(SHOWN))
        lines.append(Line(f"step {k}", list(training.measured), mean, low, high, i, colour))
    draw_lines(axes, lines)
    _mark(axes, baselines)
    mark_place(axes, training.chosen, "selected")


def draw_comparison(axes: Any, compared: dict[str, Curves]) -> None:
    """Draw the returns of agents on the held-out goals as bars."""
    baselines = next(iter(compared.values())).baselines
    bars = []
    for agent, one in compared.items():
        mean, low, high = _mean_returns(one)[:, list(SHOWN)]
        bars.append((agent, mean, (low, high)))
    style_axes(axes, "held-out goals, same inner loop", "", "return (exact)")
    base = float(baselines.random.mean())
    draw_bars(axes, [f"step {k}" for k in SHOWN], bars, base=base)
    for value in axes.texts:  # interrupts reference lines there, but covers no whisker
        value.xyann = (0, 7)
        value.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 3})
    _mark(axes, baselines)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))  # room for the legend

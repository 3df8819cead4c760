"""Goals: meta-train on ten goals, then adapt to five held-out goals.

The inner loop adapts a copy of the policy to one goal by gradient steps on its own episodes. The
outer loop changes the initial policy so that these steps improve it most. The policy is tested on
goals that it was not trained on, and compared with an untrained policy in the same inner loop.
"""

from __future__ import annotations

from collections.abc import Sequence
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
)
from agents.training.curves import Curves
from agents.training.plots import (
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
from game.tasks.packs import load_pack
from game.world.rules import Floats

ITERATIONS = 300
SHOWN = (0, 1, 5)  # adaptation steps
MEASUREMENTS = 15  # during training, besides the one before it


def run(exercise: ExerciseRun) -> Findings:
    """Train on training goals, select by validation goals, and report on held-out goals."""
    pack = load_pack("goals-5x5")
    config = advised_config(pack, "maml")
    learner = build_learner("maml", config, exercise.seed)
    training, validation = pack.split("train"), pack.split("validation").tasks
    goals = {"training": training.tasks, "held-out": exercise.held_out(pack)}

    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, MEASUREMENTS)
    measured: dict[int, dict[str, Curves]] = {}
    best, chosen, best_state = -np.inf, 0, learner.state()
    for i in meta_train(exercise, learner, training, iterations, 10, "outer loop"):
        if i not in measured_at:
            continue
        measured[i] = {
            name: measure(exercise, learner, tasks, max(SHOWN)) for name, tasks in goals.items()
        }
        value = tuning_value(lambda _: learner, validation)
        if value > best:  # early stopping: ten goals are soon memorised
            best, chosen, best_state = value, i, learner.state()
    learner.load(best_state)

    ours, trained = measured[chosen]["held-out"], measured[chosen]["training"]
    baseline = tune_config(config, pack)
    scratch = measure(exercise, baseline, goals["held-out"], max(SHOWN))
    draw(exercise, measured, chosen, {"MAML": ours, "scratch": scratch})
    last = measured[iterations]
    numbers = {
        "maml_return": ours.returns.mean((0, 1)).tolist(),
        "scratch_return": scratch.returns.mean((0, 1)).tolist(),
        "optimal_return": float(ours.baselines.optimal.mean()),
        "random_return": float(ours.baselines.random.mean()),
        "maml_score": ours.mean_scores,
        "scratch_score": scratch.mean_scores,
        "scratch_step_size": baseline.step_size,
        "training_goals_score": trained.mean_scores,
        "untrained_score": measured[0]["held-out"].mean_scores,
        "last_score": {name: curves.mean_scores for name, curves in last.items()},
        "iterations": iterations,
        "chosen": chosen,
    }
    return Findings(conclude(numbers), numbers)


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
        f"meta-training is {first:+.2f} and {late:+.2f} from it: {_bought(first, late)}.",
        f"Of {n['iterations']} iterations, {n['chosen']} was selected on validation goals; there "
        f"the normalised score after 0, 1 and 5 steps is {_listed(old)} on the training goals and "
        f"{_listed(new)} on the held-out goals: "
        f"{few if memorised else 'nothing is lost on new goals'}.",
    )


def _bought(first: float, late: float) -> str:
    """Say what meta-training buys, by its lead after one step and after five."""
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


def _mark(axes: Any, curves: Curves) -> None:
    """Mark the optimum and the random policy on a panel of returns, with room around them."""
    optimum, random = (float(v.mean()) for v in (curves.baselines.optimal, curves.baselines.random))
    axes.set_ylim(random - 0.4, optimum + 0.75)
    mark_level(axes, optimum, "optimum", end="left")
    mark_level(axes, random, "random policy", above=False, dashed=False)


def draw(
    exercise: ExerciseRun,
    measured: dict[int, dict[str, Curves]],
    chosen: int,
    compared: dict[str, Curves],
) -> None:
    """Draw the course of training on both kinds of goals, and the comparison with scratch."""
    note = (
        "an open 5x5 grid with a hidden goal; 20 episodes before each gradient step; bands and "
        "whiskers: 95% bootstrap interval over goals and adaptation seeds"
    )
    figure, grid = new_figure("Goals: learning to find a goal", 1, 3, note)
    for axes, name in zip(grid[0], ("training", "held-out")):
        curves = [at[name] for at in measured.values()]
        title = f"{len(curves[0].baselines.optimal)} {name} goals"
        style_axes(axes, title, "iterations of the outer loop", "return (exact)")
        means = np.stack([_mean_returns(one) for one in curves])  # [measurements, 3, K + 1]
        lines = []
        for i, k in enumerate(SHOWN):
            mean, low, high = means[..., k].T
            colour = step_colour(i, len(SHOWN))
            lines.append(Line(f"step {k}", list(measured), mean, low, high, i, colour))
        draw_lines(axes, lines)
        _mark(axes, curves[0])
        mark_place(axes, chosen, "selected")
    bars = []
    for agent, one in compared.items():
        mean, low, high = _mean_returns(one)[:, list(SHOWN)]
        bars.append((agent, mean, (low, high)))
    right = grid[0, 2]
    style_axes(right, "held-out goals, same inner loop", "", "return (exact)")
    base = float(compared["MAML"].baselines.random.mean())
    draw_bars(right, [f"step {k}" for k in SHOWN], bars, base=base)
    _mark(right, compared["MAML"])
    limits = [axes.get_ylim() for axes in grid[0]]
    for axes in grid[0]:  # one axis for all panels
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    for axes in grid[0, :2]:
        place_labels(axes)
    save_figure(figure, exercise.out / "goals.png")

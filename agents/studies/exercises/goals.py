"""Goals: meta-train on ten goals, then adapt to five held-out goals.

The inner loop adapts a copy of the policy to one goal by gradient steps on its own episodes. The
outer loop changes the initial policy so that these steps improve it most. The policy is tested on
goals that it was not trained on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.gradient.inner_loop import InnerConfig
from agents.learner_registry import make_learner
from agents.studies.exercises.exercise_run import (
    ExerciseRun,
    Findings,
    checkpoints,
    measure,
    measure_scratch,
    meta_train,
)
from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    mark_level,
    new_figure,
    place_labels,
    save_figure,
    style_axes,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import load_pack
from game.world.rules import Floats

ITERATIONS = 300
SHOWN = (0, 1, 5)  # adaptation steps
SEEDS = 10  # adaptation seeds on the held-out goals
LINEAR = {"hidden": (), "step_size": 10.0}  # a linear policy memorises little
NEARBY = InnerConfig(discount=0.8)  # credits an action for what soon follows


def run(exercise: ExerciseRun) -> Findings:
    """Train on training goals, select by validation goals, and report on held-out goals."""
    pack = load_pack("goals-5x5")
    training, validation, held_out = (pack.split(s) for s in ("train", "validation", "test"))
    learner = make_learner("maml", exercise.seed, entropy=0.2, inner=NEARBY, **LINEAR)

    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, 15)
    at: list[int] = []
    after: dict[str, list[float]] = {"training": [], "validation": []}
    best, chosen, best_state = -np.inf, 0, learner.state()
    for i in meta_train(exercise, learner, training, iterations, 10, "outer loop"):
        if i not in measured_at:
            continue
        at.append(i)
        for name, goals in (("training", training), ("validation", validation)):
            curves = measure(learner, goals.tasks, 2, 5)
            after[name].append(float(curves.returns[..., 1].mean()))
        value = float(curves.scores[..., 1:].mean())  # on the validation goals
        if value > best:  # early stopping: ten goals are soon memorised
            best, chosen, best_state = value, i, learner.state()
    learner.load(best_state)

    ours = measure(learner, held_out.tasks, exercise.at_most(SEEDS), 5)
    scratch = measure_scratch(held_out.tasks, exercise.at_most(SEEDS), 5, inner=NEARBY, **LINEAR)
    trained = measure(learner, training.tasks, 2, 5)
    optimum, random = float(ours.baselines.optimal.mean()), float(ours.baselines.random.mean())
    returns = {"MAML": ours.returns, "scratch": scratch.returns}
    draw(exercise, at, after, chosen, returns, optimum, random)
    numbers = {
        "maml_return": ours.returns.mean((0, 1)).tolist(),
        "scratch_return": scratch.returns.mean((0, 1)).tolist(),
        "optimal_return": optimum,
        "random_return": random,
        "training_goals_score": trained.mean_scores,
        "held_out_goals_score": ours.mean_scores,
        "iterations": iterations,
        "chosen": chosen,
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    maml, scratch = n["maml_return"], n["scratch_return"]
    old, new = n["training_goals_score"][1], n["held_out_goals_score"][1]
    pays = maml[1] > scratch[1] and maml[5] > scratch[5]
    memorised = old > new + 0.03
    learned = "the outer loop has learned how to learn"
    few = "ten goals are few, and the policy has partly memorised them"
    return (
        f"Before adaptation the meta-trained policy's mean return is {maml[0]:.2f} on the five "
        f"held-out goals (random policy {n['random_return']:.2f}, optimum "
        f"{n['optimal_return']:.2f}): it cannot know where the goal is, but it is prepared to "
        "find it.",
        f"One gradient step on 20 episodes takes the return to {maml[1]:.2f} and five to "
        f"{maml[5]:.2f}, whereas learning from scratch reaches {scratch[1]:.2f} and "
        f"{scratch[5]:.2f}: "
        f"{learned if pays else 'in this run meta-learning does not win both comparisons'}.",
        f"After one step its normalised score is {old:.2f} on the training goals and {new:.2f} on "
        f"the held-out goals ({few if memorised else 'nothing is lost on new goals'}); iteration "
        f"{n['chosen']} of {n['iterations']} was selected on validation goals.",
    )


def draw(
    exercise: ExerciseRun,
    at: list[int],
    after: dict[str, list[float]],
    chosen: int,
    held_out: dict[str, Floats],
    optimum: float,
    random: float,
) -> None:
    """Draw the course of training on the left, and the held-out goals on the right."""
    note = "an open 5x5 grid with a hidden goal; 20 episodes before each gradient step"
    figure, grid = new_figure("Goals: learning to find a goal", 1, 2, note)
    left, right = grid[0]
    style_axes(left, "return after one step", "iterations of the outer loop", "return (exact)")
    names = {"training": "training goals", "validation": "validation goals"}
    draw_lines(left, [Line(names[name], at, values) for name, values in after.items()])
    left.axvline(chosen, color="#8a909c", lw=1, ls=":")
    left.annotate(
        "selected",
        (chosen, random),
        xytext=(4, 3),
        textcoords="offset points",
        size=9,
        color="#606775",
    )

    style_axes(right, "held-out goals, after adaptation", "", "return (exact)")
    bars = []
    for name, returns in held_out.items():
        low, high = bootstrap_interval(returns, lambda values: values.mean((0, 1)))
        steps = list(SHOWN)
        bars.append((name, returns.mean((0, 1))[steps], (low[steps], high[steps])))
    draw_bars(right, [f"{k} gradient step{'s' * (k != 1)}" for k in SHOWN], bars, base=random)
    for axes, end in ((left, "right"), (right, "left")):  # the end where the panel is empty
        axes.set_ylim(random - 0.35, optimum + 0.75)
        mark_level(axes, optimum, "optimum", end=end)
        mark_level(axes, random, "random policy", above=False, dashed=False)
    place_labels(left)
    save_figure(figure, exercise.out / "goals.png")

"""Goals: learn on ten goals to find a goal, then meet five others.

The inner loop adapts a copy of the policy to one goal, by gradient steps on its own episodes. The
outer loop moves the policy to where such steps lead far. It is judged on goals it has never met.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.gradient.inner_loop import InnerConfig
from agents.registry import make_learner
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
    save,
    style,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import load_pack
from game.world.rules import Floats

ITERATIONS = 300
SHOWN = (0, 1, 5)  # adaptation steps
SEEDS = 10  # of adaptation, on the held-out goals
LINEAR = {"hidden": (), "step_size": 10.0}  # a policy that learns little by heart, and long steps
NEARBY = InnerConfig(discount=0.8)  # a step counts for what comes soon after it


def run(lesson: ExerciseRun) -> Findings:
    """Train on the training goals, stop by the validation goals, report the held-out goals."""
    pack = load_pack("goals-5x5")
    training, validation, held_out = (pack.split(s) for s in ("train", "validation", "test"))
    learner = make_learner("maml", lesson.seed, entropy=0.2, inner=NEARBY, **LINEAR)

    iterations = lesson.iterations(ITERATIONS)
    looks = checkpoints(iterations, 15)
    at: list[int] = []
    after: dict[str, list[float]] = {"training": [], "validation": []}
    best, chosen, kept = -np.inf, 0, learner.state()
    for i in meta_train(lesson, learner, training, iterations, 10, "outer loop"):
        if i not in looks:
            continue
        at.append(i)
        for name, goals in (("training", training), ("validation", validation)):
            curves = measure(learner, goals.tasks, 2, 5)
            after[name].append(float(curves.returns[..., 1].mean()))
        value = float(curves.scores[..., 1:].mean())  # on the validation goals
        if value > best:  # ten goals are soon learned by heart: keep the best moment
            best, chosen, kept = value, i, learner.state()
    learner.load(kept)

    ours = measure(learner, held_out.tasks, lesson.most(SEEDS), 5)
    scratch = measure_scratch(held_out.tasks, lesson.most(SEEDS), 5, inner=NEARBY, **LINEAR)
    known = measure(learner, training.tasks, 2, 5)
    optimum, random = float(ours.optimal.mean()), float(ours.random.mean())
    returns = {"MAML": ours.returns, "scratch": scratch.returns}
    draw(lesson, at, after, chosen, returns, optimum, random)
    numbers = {
        "maml_return": ours.returns.mean((0, 1)).tolist(),
        "scratch_return": scratch.returns.mean((0, 1)).tolist(),
        "optimal_return": optimum,
        "random_return": random,
        "training_goals_score": known.mean_scores,
        "held_out_goals_score": ours.mean_scores,
        "iterations": iterations,
        "chosen": chosen,
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """What the numbers say."""
    maml, scratch = n["maml_return"], n["scratch_return"]
    known, new = n["training_goals_score"][1], n["held_out_goals_score"][1]
    pays = maml[1] > scratch[1] and maml[5] > scratch[5]
    by_heart = known > new + 0.03
    learned = "what the outer loop has learned is how to learn"
    few = "ten goals are few, and partly learned by heart"
    return (
        f"Before adaptation the meta-trained policy returns {maml[0]:.2f} on the five held-out "
        f"goals (the random policy {n['random_return']:.2f}, the optimum "
        f"{n['optimal_return']:.2f}): it cannot know where the goal is, only be ready to find out.",
        f"One gradient step on 20 episodes takes it to {maml[1]:.2f} and five to {maml[5]:.2f}, "
        f"where learning from scratch is at {scratch[1]:.2f} and {scratch[5]:.2f}: "
        f"{learned if pays else 'in this run meta-learning did not pay at both'}.",
        f"After one step its normalised score is {known:.2f} on the goals it was trained on and "
        f"{new:.2f} on the held-out ones ({few if by_heart else 'nothing is lost on new goals'}); "
        f"the moment to stop, iteration {n['chosen']} of {n['iterations']}, was chosen on "
        "validation goals.",
    )


def draw(
    lesson: ExerciseRun,
    at: list[int],
    after: dict[str, list[float]],
    chosen: int,
    held_out: dict[str, Floats],
    optimum: float,
    random: float,
) -> None:
    """Left the outer loop, right the held-out goals."""
    note = "an open 5x5 grid with a hidden goal; 20 episodes before each gradient step"
    figure, grid = new_figure("Goals: learning to find a goal", 1, 2, note)
    left, right = grid[0]
    style(left, "return after one step", "iterations of the outer loop", "return (exact)")
    names = {"training": "training goals", "validation": "validation goals"}
    draw_lines(left, [Line(names[name], at, values) for name, values in after.items()])
    left.axvline(chosen, color="#8a909c", lw=1, ls=":")
    left.annotate(
        "kept", (chosen, random), xytext=(4, 3), textcoords="offset points", size=9, color="#606775"
    )

    style(right, "held-out goals, after adaptation", "", "return (exact)")
    bars = []
    for name, returns in held_out.items():
        low, high = bootstrap_interval(returns, lambda values: values.mean((0, 1)))
        steps = list(SHOWN)
        bars.append((name, returns.mean((0, 1))[steps], (low[steps], high[steps])))
    draw_bars(right, [f"{k} gradient step{'s' * (k != 1)}" for k in SHOWN], bars, base=random)
    for axes, end in ((left, "right"), (right, "left")):  # where the panel is empty
        axes.set_ylim(random - 0.35, optimum + 0.75)
        mark_level(axes, optimum, "optimum", end=end)
        mark_level(axes, random, "random policy", above=False, dashed=False)
    place_labels(left)
    save(figure, lesson.out / "goals.png")

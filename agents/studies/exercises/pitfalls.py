"""Pitfalls: three ways in which meta-learning fails, shown with a textbook inner loop.

They are an inner loop that is too long, tasks from another distribution, and step sizes that are
too large.
"""

from __future__ import annotations

from dataclasses import replace

from agents.gradient.inner_loop import InnerConfig
from agents.learner import Learner
from agents.learner_registry import make_learner
from agents.studies.exercises.exercise_run import (
    ExerciseRun,
    Findings,
    measure,
    measure_scratch,
    meta_train,
)
from agents.training.curves import Curves
from agents.training.plots import (
    Line,
    draw_lines,
    episode_axis,
    lowest_value,
    new_figure,
    place_labels,
    save_figure,
    score_axis,
    style_axes,
)
from game.tasks.packs import Pack, load_pack

ITERATIONS = 150  # with USUAL inner steps; fewer with more steps, for equal episodes
USUAL, LONG = 3, 12  # inner steps
FACTORS = (1, 2, 5)  # multiples of the learned step sizes
TEXTBOOK = InnerConfig(discount=0.95, rarity=0, curiosity=0, trust=0)  # no bonuses, no trust region
CAREFUL = replace(TEXTBOOK, trust=0.1)  # with a trust region
LESS_EXPLORATION = {"discovery": 1.0, "entropy": 0.06}  # smaller than the defaults
SEEDS = 5
OTHERS = 20  # tasks from the other distribution
NOT_SHOWN = "in this run the pitfall does not appear"


def train(exercise: ExerciseRun, pack: Pack, steps: int) -> Learner:
    """Train MAML for the return after `steps` inner steps, on an equal number of episodes."""
    learner = make_learner(
        "maml",
        exercise.seed,
        inner_steps=steps,
        multi_step=False,
        inner=TEXTBOOK,
        **LESS_EXPLORATION,
    )
    iterations = exercise.iterations(ITERATIONS * USUAL / steps)
    for _ in meta_train(
        exercise, learner, pack.split("train"), iterations, 10, f"{steps} inner steps"
    ):
        pass
    return learner


def with_inner(learner: Learner, inner: InnerConfig, factor: float = 1) -> Learner:
    """Return the meta-parameters with another inner loop and step sizes scaled by `factor`."""
    changed = make_learner("maml", inner_steps=USUAL, multi_step=False, inner=inner)
    changed.load(learner.state())
    changed.scale_steps(factor)
    return changed


def run(exercise: ExerciseRun) -> Findings:
    """Measure each pitfall next to the setting that avoids it."""
    pack, other = load_pack("goals-5x5"), load_pack("mazes-9x9")
    goals, mazes = pack.split("test").tasks, other.split("test").tasks[: exercise.at_most(OTHERS)]
    usual, long = train(exercise, pack, USUAL), train(exercise, pack, LONG)

    seeds = exercise.at_most(SEEDS)
    at_usual = measure(usual, goals, seeds, LONG)
    panels: list[tuple[str, dict[str, Curves]]] = [
        (
            "1. an inner loop that is too long",
            {
                f"{USUAL} inner steps": at_usual,
                f"{LONG} inner steps": measure(long, goals, seeds, LONG),
            },
        ),
        (
            "2. tasks from another distribution",
            {
                "held-out goals": measure(usual, goals, seeds, 5),
                "mazes": measure(usual, mazes, exercise.at_most(2), 5),
                "mazes,\nfrom scratch": measure_scratch(
                    mazes, exercise.at_most(2), 5, inner=TEXTBOOK
                ),
            },
        ),
        (
            "3. a step size that is too large",
            {
                **{
                    f"x {factor}": measure(with_inner(usual, TEXTBOOK, factor), goals, seeds, 5)
                    for factor in FACTORS
                },
                f"x {FACTORS[-1]}, in a\ntrust region": measure(
                    with_inner(usual, CAREFUL, FACTORS[-1]), goals, seeds, 5
                ),
            },
        ),
    ]
    numbers = {
        title: {name.replace("\n", " "): curve.mean_scores for name, curve in curves.items()}
        for title, curves in panels
    }
    draw(exercise, panels)
    return Findings(conclude(numbers), numbers)


def conclude(numbers: dict[str, dict[str, list[float]]]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    (short, long), (near, far, fresh), (one, *_, large, held) = (
        list(curves.values()) for curves in numbers.values()
    )
    late = "its training ignored the first steps, and it had fewer outer iterations"
    own = "an initialisation is good only for the distribution it was trained on"
    stiff = "steps that are too large make the policy deterministic, and it stops learning"
    return (
        f"Trained with {LONG} inner steps, the agent scores {long[1]:.2f} after one step and "
        f"{long[LONG]:.2f} after {LONG}; trained with {USUAL} inner steps on the same number of "
        f"episodes, it scores {short[1]:.2f} and {short[LONG]:.2f}: "
        f"{late if long[1] < short[1] - 0.02 else NOT_SHOWN}.",
        f"On held-out goals of its training distribution it scores {near[1]:.2f} after one step "
        f"and {near[5]:.2f} after five; on mazes it scores {far[1]:.2f} and {far[5]:.2f}, where "
        f"learning from scratch scores {fresh[1]:.2f} and {fresh[5]:.2f}: "
        f"{own if far[5] < fresh[5] + 0.02 < near[5] else NOT_SHOWN}.",
        f"With {FACTORS[-1]} times the learned step sizes it scores {large[1]:.2f} after one step "
        f"and {large[5]:.2f} after five, instead of {one[1]:.2f} and {one[5]:.2f}: "
        f"{stiff if large[5] < one[5] - 0.05 else NOT_SHOWN}; a trust region limits each step, and "
        f"the score after five steps is {held[5]:.2f}.",
    )


def draw(exercise: ExerciseRun, panels: list[tuple[str, dict[str, Curves]]]) -> None:
    """Draw one panel per pitfall."""
    note = "MAML on 10 goals of a 5x5 grid with a textbook inner loop; mean score on held-out tasks"
    figure, grid = new_figure("Pitfalls", 1, 3, note)
    drawn = [
        [Line(name, curve.episodes, curve.mean_scores) for name, curve in curves.items()]
        for _, curves in panels
    ]
    for axes, (title, _), lines in zip(grid[0], panels, drawn):
        style_axes(axes, title, "", "normalised score")
        draw_lines(axes, lines)
        episode_axis(axes, lines)
        score_axis(axes, min(map(lowest_value, drawn)))
        place_labels(axes)
    save_figure(figure, exercise.out / "pitfalls.png")

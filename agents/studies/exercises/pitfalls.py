"""Pitfalls: three ways to get meta-learning wrong, with the inner loop as textbooks have it.

An inner loop that is too long, tasks from another distribution, and a step size that is too large.
"""

from __future__ import annotations

from dataclasses import replace

from agents.gradient.inner_loop import InnerConfig
from agents.learner import Learner
from agents.registry import make_learner
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
    lowest_of,
    new_figure,
    place_labels,
    save,
    score_axis,
    style,
)
from game.tasks.packs import Pack, load_pack

ITERATIONS = 150  # with the usual inner loop; the longer it is, the fewer, for the same episodes
USUAL, LONG = 3, 12  # inner steps
FACTORS = (1, 2, 5)  # of the learned step sizes
TEXTBOOK = InnerConfig(discount=0.95, rarity=0, curiosity=0, trust=0)  # advantages, steps in full
CAREFUL = replace(TEXTBOOK, trust=0.1)  # no step moves the policy far
SHY = {"discovery": 1.0, "entropy": 0.06}  # reasons to explore: fewer than usual
SEEDS = 5
OTHERS = 20  # tasks of the other distribution
NOT_SHOWN = "in this run the pitfall does not show"


def train(lesson: ExerciseRun, pack: Pack, steps: int) -> Learner:
    """MAML that looks at the end of `steps` inner steps; all have sampled as many episodes."""
    learner = make_learner(
        "maml", lesson.seed, inner_steps=steps, multi_step=False, inner=TEXTBOOK, **SHY
    )
    iterations = lesson.iterations(ITERATIONS * USUAL / steps)
    for _ in meta_train(
        lesson, learner, pack.split("train"), iterations, 10, f"{steps} inner steps"
    ):
        pass
    return learner


def with_inner(learner: Learner, inner: InnerConfig, factor: float = 1) -> Learner:
    """The same meta-parameters with another inner loop, and step sizes `factor` times as large."""
    changed = make_learner("maml", inner_steps=USUAL, multi_step=False, inner=inner)
    changed.load(learner.state())
    changed.scale_steps(factor)
    return changed


def run(lesson: ExerciseRun) -> Findings:
    """Each pitfall is a panel: what goes wrong beside what goes right."""
    pack, other = load_pack("goals-5x5"), load_pack("mazes-9x9")
    goals, mazes = pack.split("test").tasks, other.split("test").tasks[: lesson.most(OTHERS)]
    usual, long = train(lesson, pack, USUAL), train(lesson, pack, LONG)

    seeds = lesson.most(SEEDS)
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
                "mazes": measure(usual, mazes, lesson.most(2), 5),
                "mazes,\nfrom scratch": measure_scratch(mazes, lesson.most(2), 5, inner=TEXTBOOK),
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
    draw(lesson, panels)
    return Findings(conclude(numbers), numbers)


def conclude(numbers: dict[str, dict[str, list[float]]]) -> tuple[str, str, str]:
    """What the numbers say."""
    (short, through), (near, far, fresh), (one, *_, large, held) = (
        list(found.values()) for found in numbers.values()
    )
    late = "nobody asked its first steps to be good, and there were fewer outer iterations"
    own = "an initialisation is good for the distribution it was learned on, and for no other"
    stiff = "a step too long makes the policy deterministic, and it learns no more"
    return (
        f"Trained through {LONG} inner steps on as many episodes, the agent scores "
        f"{through[1]:.2f} after one step and {through[LONG]:.2f} after {LONG}, trained through "
        f"{USUAL} {short[1]:.2f} and {short[LONG]:.2f}: "
        f"{late if through[1] < short[1] - 0.02 else NOT_SHOWN}.",
        f"On held-out goals of its own kind it scores {near[1]:.2f} after one step and "
        f"{near[5]:.2f} after five, on mazes {far[1]:.2f} and {far[5]:.2f}, where scratch has "
        f"{fresh[1]:.2f} and {fresh[5]:.2f}: "
        f"{own if far[5] < fresh[5] + 0.02 < near[5] else NOT_SHOWN}.",
        f"With step sizes {FACTORS[-1]} times those it learned it scores {large[1]:.2f} after one "
        f"step and {large[5]:.2f} after five, instead of {one[1]:.2f} and {one[5]:.2f}: "
        f"{stiff if large[5] < one[5] - 0.05 else NOT_SHOWN}; kept in a trust region, each step "
        f"does less, and it ends at {held[5]:.2f}.",
    )


def draw(lesson: ExerciseRun, panels: list[tuple[str, dict[str, Curves]]]) -> None:
    """A panel for each pitfall."""
    note = (
        "MAML on 10 goals of a 5x5 grid, inner loop as in textbooks; mean score on held-out tasks"
    )
    figure, grid = new_figure("Pitfalls", 1, 3, note)
    drawn = [
        [Line(name, curve.episodes, curve.mean_scores) for name, curve in curves.items()]
        for _, curves in panels
    ]
    for axes, (title, _), lines in zip(grid[0], panels, drawn):
        style(axes, title, "", "normalised score")
        draw_lines(axes, lines)
        episode_axis(axes, lines)
        score_axis(axes, min(map(lowest_of, drawn)))
        place_labels(axes)
    save(figure, lesson.out / "pitfalls.png")

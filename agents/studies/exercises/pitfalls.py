"""Pitfalls: three ways in which meta-learning fails, each next to a setting that avoids it.

They are an inner loop that is too long for its episodes, tasks from another distribution, and step
sizes that are too large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.gradient.gradient_learner import GradientLearner
from agents.learner import Learner
from agents.learner_registry import advised_config, build_learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import (
    AHEAD,
    ExerciseRun,
    Findings,
    measure,
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
from agents.training.scratch_baseline import ScratchBaseline, tuned_scratch
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.world.rules import Floats, Ints

GOALS, MAZES, ONE_MAP = "goals-5x5", "mazes-9x9", "gridnavi"
ELSEWHERE = ("opponents", "dynamics")  # packs that agents of other packs are tested on
EPISODES = 60  # in the whole inner loop
USUAL, LONG = 3, 12  # inner steps
ITERATIONS = 100
FACTORS = (1, 2, 5)  # multiples of the learned step sizes
STEPS = 5
SEEDS = 5  # training seeds where an agent is trained, else adaptation seeds
SOLVED = 0.8  # score from which a task counts as solved
NOT_SHOWN = "in this run the pitfall does not appear"


@dataclass(frozen=True)
class Panel:
    """A panel of the figure."""

    key: str  # in the numbers
    title: str
    scores: dict[str, Floats]  # by name: [seeds, steps + 1]
    episodes: Mapping[str, Sequence[int]]  # by name: [steps + 1]

    def numbers(self) -> dict[str, list[float]]:
        """Return the mean score after each step by name, as saved in the exercise's JSON file."""
        return {one_line(name): scores.mean(0).tolist() for name, scores in self.scores.items()}


def one_line(name: str) -> str:
    """Return the name of a line without its line breaks."""
    return name.replace("\n", " ")


def run(exercise: ExerciseRun) -> Findings:
    """Measure each pitfall next to the setting that avoids it."""
    long, solved = too_long(exercise)
    columns = [long, other_tasks(exercise), too_large(exercise)]
    draw(exercise, columns)
    numbers: dict[str, Any] = {
        pitfall: {panel.key: panel.numbers() for panel in panels}
        for pitfall, panels in zip(("long", "elsewhere", "large"), columns)
    }
    numbers["solved"] = solved
    return Findings(conclude(numbers), numbers)


# --- an inner loop that is too long ---------------------------------------------------------------


def too_long(exercise: ExerciseRun) -> tuple[list[Panel], dict[str, dict[str, float]]]:
    """Train with few inner steps of many episodes, and with many of few: the episodes on each task
    and the outer iterations are equal.

    Returns the scores on the easy and the hard half of the goals that are not trained on, and the
    shares of tasks that are solved in the end. Easy goals are those of the shorter optimal paths.
    """
    pack = load_pack(GOALS)
    tasks = [*pack.split("test").tasks, *pack.split("validation").tasks]  # none is used to select
    curves: dict[str, list[Curves]] = {}
    for steps in (USUAL, LONG):
        name = f"{steps} steps of\n{EPISODES // steps} episodes"
        curves[name] = [
            measure(exercise, train(exercise, pack, steps, seed), tasks, steps)
            for seed in exercise.seeds(SEEDS)
        ]
    halves = easy_and_hard(next(iter(curves.values()))[0].baselines.optimal)
    episodes = {name: runs[0].episodes for name, runs in curves.items()}
    panels, solved = [], {}
    for key, half in zip(("easy", "hard"), halves):
        scores = {
            name: np.stack([run.scores[:, half] for run in runs]) for name, runs in curves.items()
        }
        means = {name: values.mean((1, 2)) for name, values in scores.items()}
        panels.append(Panel(key, f"1. a long inner loop: {key} goals", means, episodes))
        solved[key] = {
            one_line(name): float((values[..., -1] > SOLVED).mean())
            for name, values in scores.items()
        }
    return panels, solved


def train(exercise: ExerciseRun, pack: Pack, steps: int, seed: int) -> Learner:
    """Train MAML for the return after `steps` inner steps, without bonuses for exploration."""
    config = advised_config(pack, "maml")
    inner = replace(config.inner, episodes=EPISODES // steps, rarity=0.0, curiosity=0.0)
    config = replace(config, inner=inner, inner_steps=steps, multi_step=False)
    learner = build_learner("maml", config, seed)
    text = f"{steps} inner steps, training seed {seed}"
    iterations = exercise.iterations(ITERATIONS)
    for _ in meta_train(exercise, learner, pack.split("train"), iterations, 10, text, seed):
        pass
    return learner


def easy_and_hard(optimal: Floats) -> tuple[Ints, Ints]:
    """Return the indices of the tasks with the higher optimal returns, and of the others."""
    order = np.argsort(-optimal, kind="stable")
    half = len(order) // 2
    return order[:half], order[half:]


# --- tasks from another distribution --------------------------------------------------------------


def other_tasks(exercise: ExerciseRun) -> list[Panel]:
    """Test agents of other packs: one trained on a single map, and one on ever new mazes."""
    panels = []
    for name in ELSEWHERE:
        pack = load_pack(name)
        agents: dict[str, Learner | ScratchBaseline] = {
            f"trained on\n{pack.title}": load_agent("maml", name).learner,
            "trained on mazes": load_agent("maml", MAZES).learner,
            "scratch": tuned_scratch(f"scratch:maml-{ONE_MAP}", pack),
            "trained on\nGridNavi": load_agent("maml", ONE_MAP).learner,
        }
        title = f"2. other tasks: tested on {pack.title}"
        panels.append(compare(exercise, pack.title, title, agents, exercise.held_out(pack)))
    return panels


def compare(
    exercise: ExerciseRun,
    key: str,
    title: str,
    agents: Mapping[str, Learner | ScratchBaseline],
    tasks: Sequence[Task],
) -> Panel:
    """Measure agents on tasks with each of the adaptation seeds."""
    seeds = exercise.seeds(SEEDS)
    curves = {name: measure(exercise, one, tasks, STEPS, seeds) for name, one in agents.items()}
    return Panel(
        key,
        title,
        {name: one.scores.mean(1) for name, one in curves.items()},
        {name: one.episodes for name, one in curves.items()},
    )


# --- step sizes that are too large ----------------------------------------------------------------


def too_large(exercise: ExerciseRun) -> list[Panel]:
    """Multiply the learned step sizes, without and with a trust region."""
    learner = load_agent("maml", MAZES).learner
    assert isinstance(learner, GradientLearner)
    tasks = exercise.held_out(load_pack(MAZES))
    regions = {"no trust region": 0.0, "a trust region": learner.config.inner.trust}
    return [
        compare(
            exercise,
            name,
            f"3. large step sizes: {name}",
            {f"step sizes x {factor}": with_steps(learner, trust, factor) for factor in FACTORS},
            tasks,
        )
        for name, trust in regions.items()
    ]


def with_steps(learner: GradientLearner, trust: float, factor: float) -> Learner:
    """Return the agent with another trust region and its step sizes scaled by `factor`."""
    config = replace(learner.config, inner=replace(learner.config.inner, trust=trust))
    changed = build_learner("maml", config, 0)
    changed.load(learner.state())
    changed.scale_steps(factor)
    return changed


# --- sentences and figure -------------------------------------------------------------------------


def conclude(numbers: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    return (
        _conclude_long(numbers["long"], numbers["solved"]),
        _conclude_elsewhere(numbers["elsewhere"]),
        _conclude_large(numbers["large"]),
    )


def _conclude_long(scores: dict[str, Any], solved: dict[str, Any]) -> str:
    (easy_short, easy_long), (hard_short, hard_long) = (
        [curve[-1] for curve in scores[half].values()] for half in ("easy", "hard")
    )
    (some_easy, few_easy), (some_hard, few_hard) = (solved[h].values() for h in ("easy", "hard"))
    lost_easy, lost_hard = easy_short - easy_long, hard_short - hard_long
    outcome = NOT_SHOWN
    if lost_hard > max(0.0, lost_easy) + AHEAD:
        outcome = (
            f"it loses {lost_hard:z.2f} on the hard goals and {lost_easy:z.2f} on the easy ones; "
            "the long inner loop overfits to easy tasks"
        )
    elif min(lost_easy, lost_hard) > AHEAD:
        outcome = f"it loses {lost_easy:.2f} on easy and {lost_hard:.2f} on hard goals"
    return (
        f"On {EPISODES} episodes and with as many outer iterations, an agent trained with {USUAL} "
        f"inner steps scores {easy_short:.2f} on the easy half of the goals and {hard_short:.2f} "
        f"on the hard half, and solves {some_easy:.0%} and {some_hard:.0%} of them, with a score "
        f"over {SOLVED}; trained with {LONG} steps it scores {easy_long:.2f} and "
        f"{hard_long:.2f}, and solves {few_easy:.0%} and {few_hard:.0%}: {outcome}."
    )


def _conclude_elsewhere(panels: dict[str, dict[str, list[float]]]) -> str:
    parts, shown, safe = [], [], []
    for pack, curves in panels.items():
        home, mazes, scratch, one_map = (curve[STEPS] for curve in curves.values())
        parts.append(f"{one_map:.2f}, {scratch:.2f} and {home:.2f} on {pack}")
        shown.append(one_map < min(scratch, home) - AHEAD)
        safe.append(mazes > scratch + AHEAD)
    bet = "there its initialisation is worse than none"
    but = (
        "; an agent trained on ever new mazes stays ahead of that policy on both"
        if all(safe)
        else ""
    )
    return (
        f"After {STEPS} steps the agent of GridNavi, which knows a single map, an untrained policy "
        f"with its network and inner loop, and the pack's own agent score {' and '.join(parts)}: "
        f"{bet + but if all(shown) else NOT_SHOWN}."
    )


def _conclude_large(panels: dict[str, dict[str, list[float]]]) -> str:
    free, held = ([curve[STEPS] for curve in curves.values()] for curves in panels.values())
    falls = free[-1] < free[0] - AHEAD
    saved = held[-1] > free[-1] + AHEAD
    outcome = f"steps that are too large cost {free[0] - free[-1]:.2f}" if falls else NOT_SHOWN
    if falls and saved:
        outcome += "; a trust region, which shortens such steps, prevents it"
    return (
        f"With {FACTORS[-1]} times the learned step sizes the agent of the mazes scores "
        f"{free[-1]:.2f} after {STEPS} steps instead of {free[0]:.2f}, and inside a trust region "
        f"{held[-1]:.2f} instead of {held[0]:.2f}: "
        f"{outcome}."
    )


def draw(exercise: ExerciseRun, columns: Sequence[Sequence[Panel]]) -> None:
    """Draw one column of two panels per pitfall."""
    n = len(exercise.seeds(SEEDS))
    note = (
        f"mean score on tasks that were not trained on; bands: lowest and highest of {n} training "
        f"seeds (1) or adaptation seeds (2, 3); scratch: GridNavi's network and inner loop"
    )
    figure, grid = new_figure("Pitfalls", 2, len(columns), note, heights=(3.7, 3.7))
    drawn = {
        (row, column): [
            Line(name, panel.episodes[name], values.mean(0), values.min(0), values.max(0))
            for name, values in panel.scores.items()
        ]
        for column, panels in enumerate(columns)
        for row, panel in enumerate(panels)
    }
    lowest = min(map(lowest_value, drawn.values()))
    for (row, column), lines in drawn.items():
        axes = grid[row, column]
        style_axes(axes, columns[column][row].title, "", "normalised score")
        draw_lines(axes, lines)
        episode_axis(axes, lines)
        score_axis(axes, lowest)
        place_labels(axes)
    save_figure(figure, exercise.out / "pitfalls.png")

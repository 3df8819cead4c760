"""Pitfalls: three ways in which meta-learning fails, each next to a setting that avoids it.

They are an inner loop that is too long for its episodes, tasks from another distribution, and step
sizes that are too large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.gradient.gradient_learner import GradientLearner
from agents.learner import Learner
from agents.learner_registry import build_learner
from agents.runs import load_agent
from agents.studies.exercises import long_inner_loop
from agents.studies.exercises.exercise_run import (
    AHEAD,
    NOT_SHOWN,
    ExerciseRun,
    Findings,
    joined,
    measure,
    standing,
)
from agents.studies.exercises.pitfall_panels import BarPanel, CurvePanel, Panel
from agents.training.curves import Curves
from agents.training.plots import new_figure, save_figure
from agents.training.scratch_baseline import tuned_scratch
from game.tasks.packs import load_pack

MAZES, ONE_MAP = "mazes-9x9", "gridnavi"
ELSEWHERE = ("opponents", "dynamics")  # packs that agents of other packs are tested on
FACTORS = (1, 2, 5)  # multiples of the learned step sizes
STEPS = 5
SEEDS = 5  # adaptation seeds

Pairs = dict[str, dict[str, Curves]]  # by role: the curves of an agent and of its scratch


def run(exercise: ExerciseRun) -> Findings:
    """Measure each pitfall next to the setting that avoids it."""
    loops = long_inner_loop.compare_loops(exercise)
    elsewhere = {load_pack(name).title: other_tasks(exercise, name) for name in ELSEWHERE}
    large = too_large(exercise)
    columns: list[Sequence[Panel]] = [
        long_inner_loop.panels(loops),
        [pair_panel(title, pairs) for title, pairs in elsewhere.items()],
        [curve_panel(name, curves) for name, curves in large.items()],
    ]
    draw(exercise, columns)
    numbers = {
        "long": {
            kind: {name: run.numbers() for name, run in runs.items()}
            for kind, runs in loops.items()
        },
        "elsewhere": {
            title: {role: _means(pair) for role, pair in pairs.items()}
            for title, pairs in elsewhere.items()
        },
        "large": {name: _means(curves) for name, curves in large.items()},
        "iterations": exercise.iterations(long_inner_loop.ITERATIONS),
    }
    return Findings(conclude(numbers), numbers)


def _means(curves: Mapping[str, Curves]) -> dict[str, list[float]]:
    return {name: one.mean_scores for name, one in curves.items()}


# --- tasks from another distribution --------------------------------------------------------------


def other_tasks(exercise: ExerciseRun, name: str) -> Pairs:
    """Test agents on a pack: its own, that of ever new mazes, and that of a single map; beside each
    a scratch with that agent's network and inner loop."""
    pack, seeds = load_pack(name), exercise.seeds(SEEDS)
    tasks = exercise.held_out(pack)
    agents = {"own": name, "mazes": MAZES, "one map": ONE_MAP}
    pairs = {}
    for role, home in agents.items():
        agent = load_agent("maml", home)
        scratch = tuned_scratch(f"scratch:{agent.name}", pack)
        pairs[role] = {
            "agent": measure(exercise, agent.learner, tasks, STEPS, seeds),
            "scratch": measure(exercise, scratch, tasks, STEPS, seeds),
        }
    return pairs


def pair_panel(title: str, pairs: Pairs) -> BarPanel:
    """Return the panel of final scores on a pack."""
    homes = {"own": title, "mazes": load_pack(MAZES).title, "one map": load_pack(ONE_MAP).title}
    names = {"agent": "agent", "scratch": "scratch with its network and inner loop"}
    return BarPanel(
        f"2. other tasks: tested on {title}",
        [f"agent of\n{homes[role]}" for role in pairs],
        {
            shown: [pair[name].scores[..., STEPS].mean(1) for pair in pairs.values()]
            for name, shown in names.items()
        },
        y_label=f"normalised score after {STEPS} steps",
    )


# --- step sizes that are too large ----------------------------------------------------------------


def too_large(exercise: ExerciseRun) -> dict[str, dict[str, Curves]]:
    """Multiply the learned step sizes, without and with a trust region."""
    learner = load_agent("maml", MAZES).learner
    assert isinstance(learner, GradientLearner)
    tasks, seeds = exercise.held_out(load_pack(MAZES)), exercise.seeds(SEEDS)
    regions = {"no trust region": 0.0, "a trust region": learner.config.inner.trust}
    return {
        name: {
            f"step sizes x {factor}": measure(
                exercise, with_steps(learner, trust, factor), tasks, STEPS, seeds
            )
            for factor in FACTORS
        }
        for name, trust in regions.items()
    }


def curve_panel(name: str, curves: Mapping[str, Curves]) -> CurvePanel:
    """Return the panel of scores over episodes, without or with a trust region."""
    return CurvePanel(
        f"3. large step sizes: {name}",
        {name: one.scores.mean(1) for name, one in curves.items()},
        {name: one.episodes for name, one in curves.items()},
    )


def with_steps(learner: GradientLearner, trust: float, factor: float) -> Learner:
    """Return the agent with another trust region and its step sizes scaled by `factor`."""
    config = replace(learner.config, inner=replace(learner.config.inner, trust=trust))
    changed = build_learner("maml", config, 0)
    changed.load(learner.state())
    changed.scale_steps(factor)
    return changed


# --- sentences and figure -------------------------------------------------------------------------


def conclude(numbers: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers, pitfall by pitfall."""
    return (
        long_inner_loop.conclude(numbers["long"], numbers["iterations"]),
        _conclude_elsewhere(numbers["elsewhere"]),
        _conclude_large(numbers["large"]),
    )


def _conclude_elsewhere(packs: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    def listed(role: str, name: str) -> str:
        return joined([f"{pairs[role][name][STEPS]:z.2f} on {p}" for p, pairs in packs.items()])

    def where(role: str, wanted: str) -> list[str]:
        leads = {
            pack: pairs[role]["agent"][STEPS] - pairs[role]["scratch"][STEPS]
            for pack, pairs in packs.items()
        }
        return [pack for pack, lead in leads.items() if standing(lead) == wanted]

    worse, safe = where("one map", "behind"), where("mazes", "ahead")
    outcome = f"on {joined(worse)} its initialisation is worse than none" if worse else NOT_SHOWN
    ahead = f"ahead of it on {joined(safe)}" if safe else "not ahead of it"
    return (
        f"After {STEPS} steps the agent of GridNavi, which knows a single map, scores "
        f"{listed('one map', 'agent')}, and an untrained policy with its network and inner loop "
        f"{listed('one map', 'scratch')}: {outcome}. The agent of ever new mazes scores "
        f"{listed('mazes', 'agent')}, and an untrained policy with the network and inner loop of "
        f"that agent {listed('mazes', 'scratch')}: the agent is {ahead}."
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
        "mean over tasks that were not trained on; whiskers and bands: lowest and highest of "
        f"{n} training seeds (1) or adaptation seeds (2, 3)"
    )
    figure, grid = new_figure("Pitfalls", 2, len(columns), note, heights=(3.7, 3.7))
    for axes, panels in zip(grid.T, columns):
        lowest = min(panel.lowest for panel in panels)  # one axis for the panels of a pitfall
        for one, panel in zip(axes, panels):
            panel.draw(one, lowest)
    save_figure(figure, exercise.out / "pitfalls.png")

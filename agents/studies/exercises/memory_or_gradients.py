"""Memory: what a gradient step costs, what memory buys, and where memory fails.

A gradient needs a batch of episodes for each of its steps. An agent with memory changes no weight:
what an episode has shown is there in the next one. All of them stand on one axis, the episodes
spent in the task, between the bounds: chance and the oracle, and where it is known the best that
any explorer could get. Then the agents are taken to where they were not trained to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.catalog import is_shipped
from agents.learner import Learner
from agents.registry import make_learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import ExerciseRun, Findings, measure, measure_scratch
from agents.training.curves import Curves
from agents.training.evaluate import bayes_optimal
from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    lowest_of,
    mark_level,
    new_figure,
    place_labels,
    save,
    score_axis,
    style,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.world.rules import Floats

TRIAL = 4  # episodes that the agents with memory are trained for
LONG = 12  # episodes of a longer trial
STEPS = 5  # of gradient learners
HELD_OUT = 100  # at most this many held-out tasks of each pack
MEMORY = ("rl2", "varibad", "transformer")  # the first is taken elsewhere, too
LOOKS = ("maml", "scratch", *MEMORY, "posterior sampling")  # each the same in both panels
TICKS = (0, 1, 2, 4, 10, 20, 50, 100)  # of the axis of episodes


def run(lesson: ExerciseRun) -> Findings:
    """Gradients and memory on two packs, then memory where it was not trained to be."""
    navi, mazes = _Ground.of(lesson, "gridnavi"), _Ground.of(lesson, "mazes-9x9")
    elsewhere = compare_elsewhere(lesson, mazes)
    draw(lesson, navi, mazes, elsewhere)
    numbers = {
        "gridnavi": navi.numbers(),
        "mazes": mazes.numbers(),
        "elsewhere": elsewhere,
    }
    return Findings(conclude(numbers), numbers)


@dataclass(frozen=True)
class _Ground:
    """A pack, and what everybody reached on it."""

    pack: Pack
    learners: dict[str, Learner]
    curves: dict[str, Curves]
    bayes: list[float] | None  # of the episodes of a trial

    @classmethod
    def of(cls, lesson: ExerciseRun, name: str) -> _Ground:
        pack = load_pack(name)
        tasks = pack.split("test").tasks[: lesson.most(HELD_OUT)]
        others = [learner for learner in MEMORY[1:] if is_shipped(learner, name)]
        learners = {n: load_agent(n, name).learner for n in ("maml", MEMORY[0], *others)}
        curves = {"maml": measure(learners["maml"], tasks, lesson.most(2), STEPS)}
        curves["scratch"] = measure_scratch(tasks, lesson.most(2), STEPS)
        for with_memory in list(learners)[1:]:
            curves[with_memory] = measure(learners[with_memory], tasks, 1, TRIAL - 1)
        sampling = make_learner("posterior-sampling")
        curves["posterior sampling"] = measure(sampling, tasks, lesson.most(4), LONG - 1)
        return cls(pack, learners, curves, bayes_optimal(pack, tasks, TRIAL))

    def numbers(self) -> dict[str, Any]:
        """What is said and written of it: means by the episodes spent."""
        first = self.curves["maml"]
        return {
            "episodes": {name: list(curve.episodes) for name, curve in self.curves.items()},
            "return": {name: _mean(curve.returns) for name, curve in self.curves.items()},
            "score": {name: curve.mean_scores for name, curve in self.curves.items()},
            "optimal_return": float(first.optimal.mean()),
            "random_return": float(first.random.mean()),
            "bayes_optimal_return": self.bayes,
        }


def compare_elsewhere(lesson: ExerciseRun, mazes: _Ground) -> dict[str, dict[str, float]]:
    """Mean scores after all adaptation, at home and where nobody was trained to be."""
    home = list(mazes.pack.split("test").tasks[: lesson.most(HELD_OUT)])
    rooms = list(load_pack("rooms-13x13").split("test").tasks[: lesson.most(12)])
    slippery = [_slippery(task) for task in home]
    grounds: list[tuple[list[Task], dict[str, int]]] = [
        (home, {"as trained": TRIAL, f"episode {LONG}": LONG}),
        (rooms, {"13x13 rooms": TRIAL}),
        (slippery, {"slippery": TRIAL}),
    ]
    found: dict[str, dict[str, float]] = {}
    for tasks, trials in grounds:
        gradient = measure(mazes.learners["maml"], tasks, 1, STEPS).mean_scores[-1]
        scratch = measure_scratch(tasks, 1, STEPS).mean_scores[-1]
        for place, episodes in trials.items():
            memory = measure(mazes.learners[MEMORY[0]], tasks, 1, episodes - 1).mean_scores[-1]
            found[place] = {"maml": gradient, "scratch": scratch, MEMORY[0]: memory}
    return found


def _slippery(task: Task) -> Task:
    return Task(replace(task.level, slip=0.3), f"{task.name}, slippery")


def _mean(values: Floats) -> list[float]:
    mean: list[float] = values.mean((0, 1)).tolist()
    return mean


# --- what it says --------------------------------------------------------------------------------


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """What the numbers say."""
    navi, mazes, name = n["gridnavi"], n["mazes"], MEMORY[0]
    gradient, remembered = navi["return"]["maml"], navi["return"][name]
    each = navi["episodes"]["maml"][1]
    scores, memory = mazes["score"]["maml"], mazes["score"][name]
    bayes = navi["bayes_optimal_return"]
    bound = f" (the best explorer: {_listed(bayes)})" if bayes else ""
    level = next((k for k, score in enumerate(memory) if score >= scores[1]), None)
    equal = f"it has in episode {level + 1}" if level is not None else "it does not reach"
    away = n["elsewhere"]
    home = away["as trained"]
    lost = {place: home[name] - found[name] for place, found in away.items()}
    worst = max(lost, key=lambda place: lost[place])
    kept = home["maml"] - away[worst]["maml"]
    most = (
        f"most in '{worst}', by {lost[worst]:.2f}, where the gradient learner loses {kept:.2f}"
        if lost[worst] > 0.02
        else "which does it no harm in this run"
    )
    return (
        f"A gradient step costs {each} episodes: on GridNavi the gradient learner returns "
        f"{gradient[0]:.2f} before one and {gradient[1]:.2f} after, on the mazes it scores "
        f"{scores[0]:.2f} and {scores[1]:.2f}.",
        f"With memory ({name}) the episodes of a trial return {_listed(remembered)} on "
        f"GridNavi{bound}; posterior sampling, which never explores for the sake of later "
        f"episodes, {_listed(navi['return']['posterior sampling'][:TRIAL])}; on the mazes it "
        f"scores {_listed(memory)}: what a gradient step reaches {equal}.",
        f"Beyond its training ({', '.join(place for place in away if place != 'as trained')}) it "
        f"scores {_listed([f[name] for p, f in away.items() if p != 'as trained'])} instead of "
        f"{home[name]:.2f}, {most}.",
    )


def _listed(values: Sequence[float]) -> str:
    parts = [f"{value:z.2f}" for value in values]
    return ", ".join(parts[:-1]) + f" and {parts[-1]}"


# --- what it draws -------------------------------------------------------------------------------


def draw(
    lesson: ExerciseRun, navi: _Ground, mazes: _Ground, elsewhere: dict[str, dict[str, float]]
) -> None:
    """Both packs over episodes, and memory where it was not trained to be."""
    note = (
        "a marker for each adaptation step: 20 episodes of a gradient learner, one of memory; "
        "posterior sampling knows the map"
    )
    figure, (panels,) = new_figure("Memory: adapting without a gradient", 1, 3, note)
    left, middle, right = panels
    numbers = navi.numbers()
    style(left, "GridNavi, all 21 goals", "", "mean return of an episode")
    lines = _lines(navi.curves, "returns")
    if navi.bayes:
        lines.append(Line("best explorer", range(TRIAL), navi.bayes, look=len(LOOKS)))
    draw_lines(left, lines)
    low, high = numbers["random_return"], numbers["optimal_return"]
    left.set_ylim(min(low, lowest_of(lines)) - 0.6, high + 0.9)
    mark_level(left, high, "oracle")
    mark_level(left, low, "random policy", above=False, dashed=False)
    style(middle, f"{mazes.pack.title}, unseen levels", "", "mean normalised score")
    lines = _lines(mazes.curves, "scores")
    draw_lines(middle, lines)
    score_axis(middle, lowest_of(lines))
    for axes in (left, middle):
        _episodes(axes)
        place_labels(axes)
    style(right, "mazes, after all adaptation", "", "mean normalised score")
    names = {"maml": f"maml, {STEPS} steps", "scratch": "scratch", MEMORY[0]: MEMORY[0]}
    bars = [(names[n], [found[n] for found in elsewhere.values()], None) for n in names]
    draw_bars(right, [place.replace(" ", "\n") for place in elsewhere], bars)
    right.set_ylim(min(0.0, *(min(found.values()) for found in elsewhere.values())), 1.2)
    save(figure, lesson.out / "memory.png")


def _lines(curves: dict[str, Curves], what: str) -> list[Line]:
    lines = []
    for name, curve in curves.items():
        values = getattr(curve, what)
        low, high = bootstrap_interval(values, lambda drawn: drawn.mean((0, 1)))
        lines.append(Line(name, curve.episodes, _mean(values), low, high, look=LOOKS.index(name)))
    return lines


def _episodes(axes: Any) -> None:
    """Episodes on a symmetric logarithmic axis, so that 0 is on it."""
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.set_xticks([], minor=True)
    axes.set_xlim(-0.15, 130)
    axes.set_xlabel("environment episodes spent before", size=10)

"""Memory: what a gradient step costs, what memory gains, and where memory fails.

A gradient learner needs a batch of episodes for each step. An agent with memory changes no weights:
it uses in one episode what it observed in the previous ones. All agents are compared by the
episodes spent on the task, together with the random return, the optimal return and, where it is
exact, the Bayes bound. Finally the agents are tested on tasks outside their training distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.agent_catalog import is_shipped
from agents.learner import Learner
from agents.learner_registry import make_learner
from agents.runs import load_agent
from agents.studies.exercises.exercise_run import AHEAD, ExerciseRun, Findings, measure
from agents.training.curves import Curves
from agents.training.evaluate import bayes_optimal_returns
from agents.training.plots import (
    Line,
    draw_bars,
    draw_lines,
    lowest_value,
    mark_level,
    new_figure,
    place_labels,
    save_figure,
    score_axis,
    style_axes,
)
from agents.training.scratch_baseline import ScratchBaseline, tuned_scratch
from agents.training.statistics import bootstrap_interval
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.world.rules import Floats

TRIAL = 4  # episodes that the agents with memory are trained for
LONG = 12  # episodes of a longer trial
STEPS = 5  # adaptation steps of gradient learners
HELD_OUT = 100  # at most this many held-out tasks of each pack
ROOMS = 12  # held-out tasks of the rooms, which are large
MEMORY = ("rl2", "varibad", "transformer")  # the first is also tested out of distribution
STYLES = ("maml", "scratch", *MEMORY, "posterior sampling")  # by index, for both panels
TICKS = (0, 1, 2, 4, 10, 20, 50, 100)  # on the axis of episodes


def run(exercise: ExerciseRun) -> Findings:
    """Compare gradients and memory on two packs, then out of distribution."""
    navi, mazes = _PackResults.of(exercise, "gridnavi"), _PackResults.of(exercise, "mazes-9x9")
    shifted = compare_out_of_distribution(exercise, mazes)
    draw(exercise, navi, mazes, shifted)
    numbers = {
        "gridnavi": navi.numbers(),
        "mazes": mazes.numbers(),
        "elsewhere": shifted,
    }
    return Findings(conclude(numbers), numbers)


@dataclass(frozen=True)
class _PackResults:
    """A pack with the results of all agents on it."""

    pack: Pack
    learners: dict[str, Learner]
    scratch: ScratchBaseline  # with the network and inner loop of maml
    curves: dict[str, Curves]
    bayes: list[float] | None  # Bayes-optimal returns of a trial's episodes, if exact

    @classmethod
    def of(cls, exercise: ExerciseRun, name: str) -> _PackResults:
        """Evaluate all agents on a pack."""
        pack = load_pack(name)
        tasks = exercise.held_out(pack, HELD_OUT)
        others = [learner for learner in MEMORY[1:] if is_shipped(learner, name)]
        learners = {n: load_agent(n, name).learner for n in ("maml", MEMORY[0], *others)}
        scratch = tuned_scratch(f"scratch:maml-{name}", pack)
        curves = {
            "maml": measure(exercise, learners["maml"], tasks, STEPS),
            "scratch": measure(exercise, scratch, tasks, STEPS),
        }
        for with_memory in list(learners)[1:]:
            curves[with_memory] = measure(exercise, learners[with_memory], tasks, TRIAL - 1)
        sampling = make_learner("posterior-sampling")
        curves["posterior sampling"] = measure(exercise, sampling, tasks, LONG - 1)
        bayes = bayes_optimal_returns(pack, tasks, TRIAL)
        return cls(pack, learners, scratch, curves, bayes)

    def numbers(self) -> dict[str, Any]:
        """Return means after each step, as saved in the exercise's JSON file."""
        first = self.curves["maml"]
        return {
            "episodes": {name: list(curve.episodes) for name, curve in self.curves.items()},
            "return": {name: _mean(curve.returns) for name, curve in self.curves.items()},
            "score": {name: curve.mean_scores for name, curve in self.curves.items()},
            "optimal_return": float(first.baselines.optimal.mean()),
            "random_return": float(first.baselines.random.mean()),
            "bayes_optimal_return": self.bayes,
        }


def compare_out_of_distribution(
    exercise: ExerciseRun, mazes: _PackResults
) -> dict[str, dict[str, float]]:
    """Return mean scores after all adaptation, in and out of the training distribution.

    The step size of scratch is tuned on validation tasks of the pack that the tasks are from.
    """
    rooms = load_pack("rooms-13x13")
    trained = exercise.held_out(mazes.pack, HELD_OUT)
    in_rooms = tuned_scratch(mazes.scratch.name, rooms)
    test_sets: list[tuple[Sequence[Task], ScratchBaseline, dict[str, int]]] = [
        (trained, mazes.scratch, {"as trained": TRIAL, f"episode {LONG}": LONG}),
        (exercise.held_out(rooms, ROOMS), in_rooms, {"13x13 rooms": TRIAL}),
        ([_slippery(task) for task in trained], mazes.scratch, {"slippery": TRIAL}),
    ]

    def final_score(agent: Learner | ScratchBaseline, tasks: Sequence[Task], steps: int) -> float:
        return measure(exercise, agent, tasks, steps).mean_scores[-1]

    scores: dict[str, dict[str, float]] = {}
    for tasks, baseline, trials in test_sets:
        gradient = final_score(mazes.learners["maml"], tasks, STEPS)
        scratch = final_score(baseline, tasks, STEPS)
        for setting, episodes in trials.items():
            memory = final_score(mazes.learners[MEMORY[0]], tasks, episodes - 1)
            scores[setting] = {"maml": gradient, "scratch": scratch, MEMORY[0]: memory}
    return scores


def _slippery(task: Task) -> Task:
    return Task(replace(task.level, slip=0.3), f"{task.name}, slippery")


def _mean(values: Floats) -> list[float]:
    mean: list[float] = values.mean((0, 1)).tolist()
    return mean


# --- sentences -----------------------------------------------------------------------------------


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    navi, mazes, name = n["gridnavi"], n["mazes"], MEMORY[0]
    gradient, with_memory = navi["return"]["maml"], navi["return"][name]
    episodes = navi["episodes"]["maml"][1]
    first, memory = mazes["score"]["maml"], mazes["score"][name]
    bayes = navi["bayes_optimal_return"]
    bound = f" (Bayes-optimal: {_listed(bayes)})" if bayes else ""
    matching = next((k for k, score in enumerate(memory) if score >= first[1]), None)
    equal = (
        f"it matches the gradient learner's first step in episode {matching + 1}"
        if matching is not None
        else "it does not match the gradient learner's first step"
    )
    shifted = n["elsewhere"]
    trained = shifted["as trained"]
    outside = [setting for setting in shifted if setting != "as trained"]
    losses = {setting: trained[name] - scores[name] for setting, scores in shifted.items()}
    worst = max(losses, key=lambda setting: losses[setting])
    gradient_loss = trained["maml"] - shifted[worst]["maml"]
    loss = (
        f"it loses most in '{worst}', {losses[worst]:.2f}, where the gradient learner loses "
        f"{gradient_loss:.2f}"
        if losses[worst] > AHEAD
        else "the change does it no harm in this run"
    )
    return (
        f"A gradient step costs {episodes} episodes: on GridNavi the gradient learner's mean "
        f"return is {gradient[0]:.2f} before the first step and {gradient[1]:.2f} after it, and "
        f"its score on the mazes {first[0]:.2f} and {first[1]:.2f}.",
        f"With memory ({name}) the mean returns of a trial's episodes are {_listed(with_memory)} "
        f"on GridNavi{bound}; those of posterior sampling, which does not explore for the benefit "
        "of later episodes, are "
        f"{_listed(navi['return']['posterior sampling'][:TRIAL])}. On the mazes {name} scores "
        f"{_listed(memory)}: {equal}.",
        f"Outside its training distribution ({', '.join(outside)}) {name} scores "
        f"{_listed([shifted[setting][name] for setting in outside])} instead of "
        f"{trained[name]:.2f}: {loss}.",
    )


def _listed(values: Sequence[float]) -> str:
    parts = [f"{value:z.2f}" for value in values]
    return ", ".join(parts[:-1]) + f" and {parts[-1]}"


# --- figure --------------------------------------------------------------------------------------


def draw(
    exercise: ExerciseRun,
    navi: _PackResults,
    mazes: _PackResults,
    shifted: dict[str, dict[str, float]],
) -> None:
    """Draw the curves on both packs, and the scores out of distribution."""
    note = (
        "one marker per adaptation step: 20 episodes for gradient learners, 1 for agents with "
        "memory; scratch has the inner loop of maml; posterior sampling knows the map"
    )
    figure, (panels,) = new_figure("Memory: adapting without a gradient", 1, 3, note)
    left, middle, right = panels
    numbers = navi.numbers()
    style_axes(left, "GridNavi, all 21 goals", "", "mean return of an episode")
    lines = _lines(navi.curves, "returns")
    if navi.bayes:
        lines.append(Line("Bayes-optimal", range(TRIAL), navi.bayes, style=len(STYLES)))
    draw_lines(left, lines)
    low, high = numbers["random_return"], numbers["optimal_return"]
    left.set_ylim(min(low, lowest_value(lines)) - 0.6, high + 0.9)
    mark_level(left, high, "oracle")
    mark_level(left, low, "random policy", above=False, dashed=False)
    style_axes(middle, f"{mazes.pack.title}, unseen levels", "", "mean normalised score")
    lines = _lines(mazes.curves, "scores")
    draw_lines(middle, lines)
    score_axis(middle, lowest_value(lines))
    for axes in (left, middle):
        _log_episode_axis(axes)
        place_labels(axes)
    style_axes(right, "mazes, after all adaptation", "", "mean normalised score")
    names = {"maml": f"maml, {STEPS} steps", "scratch": "scratch", MEMORY[0]: MEMORY[0]}
    bars = [(names[n], [scores[n] for scores in shifted.values()], None) for n in names]
    draw_bars(right, [setting.replace(" ", "\n") for setting in shifted], bars)
    right.set_ylim(min(0.0, *(min(scores.values()) for scores in shifted.values())), 1.2)
    save_figure(figure, exercise.out / "memory.png")


def _lines(curves: dict[str, Curves], what: str) -> list[Line]:
    lines = []
    for name, curve in curves.items():
        values = getattr(curve, what)
        low, high = bootstrap_interval(values, lambda drawn: drawn.mean((0, 1)))
        lines.append(Line(name, curve.episodes, _mean(values), low, high, style=STYLES.index(name)))
    return lines


def _log_episode_axis(axes: Any) -> None:
    """Give the panel a symmetric logarithmic axis of episodes, which includes 0."""
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.set_xticks([], minor=True)
    axes.set_xlim(-0.15, 130)
    axes.set_xlabel("environment episodes spent", size=10)

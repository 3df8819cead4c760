"""The texts and numbers of the screen with many tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from game.session.ending import GOOD, HARM
from game.session.messages import BASELINE_AGENT, Request, TasksStepped
from game.tasks.task import Task
from game.text.percentage import percentage
from game.view.draw.marks import DYNAMIC_TILES
from game.view.draw.number_table import TableRow
from game.view.draw.panel import PanelFacts
from game.view.draw.plot_axes import Axes, Curve
from game.view.model.tasks_run import TasksPlayback, TasksRun
from game.view.screens.watch_run import WatchSetup
from game.view.screens.watch_texts import (
    AFTER,
    GHOST_FADE,
    START_OVER,
    reset_hint,
    settings_in_force,
)

MOST_TASKS = 20  # at once
COLUMNS = ("mean", "made worse", "95% interval")
GHOST = "own settings"
SPLIT_WORDS = {"test": "held-out", "validation": "validation", "train": "training"}
BAND = "band: 95% interval"
STANDING = "Keys, coins, boxes and opponents stand as at the start."


@dataclass(frozen=True)
class ManySetup:
    """The tasks and agents of the screen with many tasks.

    `tasks` are all of a split of the pack; the screen begins with the one that has index `first`,
    and marks the one that is `marked` places after it. `request` has the settings.
    """

    usual: WatchSetup
    tasks: tuple[Task, ...]
    split: str
    request: Request
    first: int = 0
    marked: int = 0


def shown_tasks(tasks: Sequence[Task], first: int) -> tuple[Task, ...]:
    """Return up to MOST_TASKS tasks from index `first` on; after the last task comes the first."""
    return tuple((*tasks[first:], *tasks[:first])[:MOST_TASKS])


def places_in_words(count: int, first: int) -> str:
    """Return which tasks of a split of `count` tasks are shown: "tasks 21–24 and 1–16 of 24"."""
    if count <= MOST_TASKS:
        return f"all {count} tasks of the split" if count > 1 else "the only task of the split"
    end = first + MOST_TASKS
    parts = [(first + 1, min(end, count)), *([(1, end - count)] if end > count else [])]
    return f"tasks {' and '.join(f'{a}–{b}' if a < b else f'{a}' for a, b in parts)} of {count}"


def kind_in_words(setup: ManySetup, tasks: Sequence[Task]) -> str:
    """Return how many tasks there are and of which split, and how many of them were trained on."""
    seen = sum(map(setup.usual.seen, tasks))
    tasks_word = f"task{'s' * (len(tasks) != 1)}"
    if seen == len(tasks):
        return f"{seen} {tasks_word} seen in training"
    kind = "test" if seen and setup.split == "test" else SPLIT_WORDS[setup.split]
    text = f"{len(tasks)} {kind} {tasks_word}"
    return f"{text} ({seen} seen in training)" if seen and setup.split != "train" else text


def sentence(
    setup: ManySetup,
    tasks: Sequence[Task],
    names: Sequence[str],
    shown: Sequence[TasksStepped],
    brief: bool = False,
) -> str:
    """Return what is on screen in one sentence, from the step of each agent that is shown, the
    watched one first.

    `names` are the names of these agents; `brief` leaves out the others.
    """
    what = kind_in_words(setup, tasks)
    if not shown:
        return f"{names[0]} adapts to {what} at the same time."
    step, now, n = shown[0].step, shown[0].statistics, len(tasks)
    interval = f" ({_interval(shown[0])})" if n > 1 else ""
    when = f"after {step} step{'s' * (step != 1)}" if step else "before adaptation"
    score = f"{'mean' if n > 1 else 'score'} {percentage(now.mean)}{interval} {when}"
    beside = [] if brief else list(zip(names[1:], shown[1:]))
    others = "".join(f", {name} {percentage(other.statistics.mean)}" for name, other in beside)
    worse = f"; worse than before on {_worse(shown[0])}" if step else ""
    return f"{what}: {score}{others}{worse}."


def _worse(step: TasksStepped) -> str:
    """Return on how many tasks adaptation has made the score worse: "2 of 20"."""
    count = int((step.changes < 0).sum())
    return f"{count} of {len(step.changes)}" if count else "none"


def many_facts(
    setup: ManySetup,
    run: TasksRun,
    own: TasksRun | None,
    playback: TasksPlayback,
    first: int,
    watched: int,
    feed_ready: bool,
) -> PanelFacts:
    """Return everything that the panel shows at this moment.

    `own` is the run with the agents' own settings, for comparison; `watched` is the index of the
    agent whose walks are shown.
    """
    usual, request, tasks = setup.usual, run.asked.request, run.asked.tasks
    settings = settings_in_force(usual, request, request.steps)
    step = playback.step if run.steps[watched] else None
    ghost = own.steps[watched] if own and settings else []
    order = [watched, *(i for i in range(len(run.steps)) if i != watched)]
    names = ["agent" if i == 0 and len(order) <= 2 else usual.agents[i] for i in order]
    shown = [run.steps[i][: playback.furthest + 1] for i in order]
    rows = [_row(*one, playback.step) for one in zip(names, order, shown)]
    dynamic = any(task.level.find(*DYNAMIC_TILES) for task in tasks)
    scratch = (f"{BASELINE_AGENT}: {note}" for note in run.notes if note)
    state = _state(run, watched, step, feed_ready)
    return PanelFacts(
        title=usual.pack_title,
        badge=kind_in_words(setup, tasks),
        seen=any(map(usual.seen, tasks)),
        about=places_in_words(len(setup.tasks), first),
        identity=f"seed {request.seed}  {usual.agents[watched]}",
        hidden="This level is a single task: there is no mean and no interval."
        if len(setup.tasks) == 1
        else "",
        step=step,
        steps=request.steps,
        state=state,
        does_well=state == AFTER and run.steps[watched][-1].statistics.mean >= GOOD,
        doing=_activity(run, playback, watched, feed_ready),
        trail=None,
        tempo="paused" if playback.paused else "",
        axes=_axes(setup, run, own if ghost else None, watched),
        rows=(*rows, *([_row(GHOST, watched, ghost, playback.step, GHOST_FADE)] if ghost else [])),
        notes=(*((STANDING,) if dynamic else ()), *scratch),
        settings=reset_hint(settings),
        columns=COLUMNS,
        plot_title="Mean score after each step" if len(tasks) > 1 else "",
        plot_hint=BAND if len(tasks) > 1 else "",
    )


def _axes(setup: ManySetup, run: TasksRun, own: TasksRun | None, watched: int) -> Axes:
    """Return the axes in percent, long enough for the runs of all agents."""
    usual, request = setup.usual, run.asked.request
    episodes = run.episodes_per_step(watched, request.episodes or usual.episodes)
    ends = [steps[-1].episodes for one in (run, own) if one for steps in one.steps if steps]
    longest = 0 if request.episodes else usual.max_episodes * request.steps // max(1, usual.steps)
    axes = Axes(
        request.steps,
        episodes,
        0.0,
        1.0,
        max([longest, *ends]),
        logarithmic=usual.episodes_differ,
    )
    return axes.in_percent()


def _curve(name: str, agent: int, steps: Sequence[TasksStepped], fade: float) -> Curve:
    """Return the curve of an agent's mean score in percent, with its intervals."""

    def values(field: str) -> tuple[float, ...]:
        return tuple(100 * getattr(step.statistics, field) for step in steps)

    has_interval = bool(steps) and len(steps[0].scores) > 1 and not fade
    low, high = (values("low"), values("high")) if has_interval else ((), ())
    return Curve(name, tuple(s.episodes for s in steps), values("mean"), agent, fade, low, high)


def _row(
    name: str, agent: int, shown: Sequence[TasksStepped], step: int, fade: float = 0.0
) -> TableRow:
    """Return an agent's curve of the steps that are shown, and its numbers at the one on screen."""
    curve = _curve(name, agent, shown, fade)
    if not shown:
        return TableRow(curve, ("–",) * len(COLUMNS))
    now = shown[min(step, len(shown) - 1)]
    interval = _interval(now) if len(now.scores) > 1 else "–"
    worse = f"{int((now.changes < 0).sum())} of {len(now.changes)}" if now.step else "–"
    return TableRow(curve, (percentage(now.statistics.mean), worse, interval))


def _state(run: TasksRun, watched: int, step: int | None, feed_ready: bool) -> str:
    """Return the state of the adaptation, a key of the panel's `STATE_HUES`."""
    if run.failure:
        return "stopped"
    if step is None:
        return "adapting" if feed_ready else "loading"
    steps = run.steps[watched]
    if step == 0:
        return "before adaptation"
    if steps[step].statistics.mean < steps[0].statistics.mean - HARM:
        return "worse than before"
    return AFTER if step == run.asked.request.steps else "adapting"


def _activity(run: TasksRun, playback: TasksPlayback, watched: int, feed_ready: bool) -> str:
    """Return what is computed, or else which walk is shown."""
    if run.failure:
        return START_OVER
    if not run.finished:
        done = f"{int(100 * run.progress)}%"
        return f"adapting to {len(run.asked.tasks)} tasks: {done}" if feed_ready else "loading…"
    n = run.steps[watched][playback.step].paths.shape[1]
    return f"walk {playback.walk % n + 1} of {n} of this step" if n > 1 else "one walk per step"


def point_tip(name: str, step: TasksStepped) -> list[str]:
    """Return the lines of the tip for a point of the plot."""
    now = step.statistics
    lines = [f"{name}, step {step.step}, after {step.episodes:,} episodes"]
    if len(step.scores) == 1:
        return [*lines, f"score {percentage(now.mean)}"]
    mean = f"mean score {percentage(now.mean)}, 95% interval {_interval(step)}"
    return [*lines, mean, _worse_line(step)]


def _interval(step: TasksStepped) -> str:
    """Return the interval of a step's mean score: "50 to 70%"."""
    low, high = step.statistics.low, step.statistics.high
    return f"{percentage(low).removesuffix('%')} to {percentage(high)}"


def _worse_line(step: TasksStepped) -> str:
    """Return what adaptation has made worse by a step."""
    return f"worse than before on {_worse(step)} tasks" if step.step else "before adaptation"


def board_tip(task: Task, score: float, before: float) -> list[str]:
    """Return the lines of the tip for a small board."""
    return [
        task.name,
        f"score {percentage(score)}, before adaptation {percentage(before)}",
        "click to watch it",
    ]

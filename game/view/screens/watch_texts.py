"""The watch screen's texts: header, panel, rows of numbers and tips beside the mouse."""

from __future__ import annotations

import math
from dataclasses import replace

from game.session.ending import GOOD, HARM, ending_sentence
from game.session.messages import BASELINE_AGENT, Request
from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.hidden_variables import hidden_names, values_in_words
from game.tasks.task import Task
from game.text.percentage import percentage
from game.view.draw.number_table import NO_NUMBERS, TableRow, numbers_of
from game.view.draw.panel import PanelFacts
from game.view.draw.plot_axes import Axes, Curve, Stretch
from game.view.draw.theme import number
from game.view.model.playback import PlaybackPosition
from game.view.model.slow_motion import SlowMoment, SlowStep
from game.view.model.task_families import Families
from game.view.screens.watch_run import AdaptationRun, WatchSetup

UNSEEN = "A meta-trained agent adapts in a few steps to a level that it has never seen."
SEEN = "A meta-trained agent adapts in a few steps to a level from its training."
MOVING_GOAL = "Move the goal to any floor cell: drop it there, or press Enter."
GOAL_MOVED = "The goal has moved: the agent must unlearn its old position and find the new one."
AMNESIA = "Amnesia: the agent has lost what it learned and starts again from its initial state."
START_OVER = "press R to start over"  # after a failure
AFTER = "after adaptation"  # state of an agent at its last step
BAYES_BOUND = (
    "Upper bound on the first episode's return",
    "when the goal is hidden, as a mean over",
    "all cells where the goal may be",
)
GHOST_FADE = 0.55  # 0..1: how far the colour of an old curve goes towards the card's


def header_text(
    setup: WatchSetup, run: AdaptationRun, moving_goal: bool, short: bool = False
) -> str:
    """Return the sentence in the header that says what is on screen.

    A `short` one leaves out how the agent adapts, and details of how a run ended.
    """
    if moving_goal:
        return MOVING_GOAL
    if run.has_ended and setup.cards:
        return ending_sentence(run.traces, setup.cards, run.request.changes, short)
    position = run.playback.position()
    step = position.step if position else 0
    changes = [change for change in run.request.changes if change.step <= step]
    if changes:
        return GOAL_MOVED if changes[-1].goal else AMNESIA
    usual = SEEN if setup.seen(run.task) else UNSEEN
    if setup.adapts_by and not short:
        usual = f"{usual.removesuffix('.')}, by {setup.adapts_by}."
    return setup.sentence or usual


def slow_text(slow: SlowStep, moment: SlowMoment, captioned: bool) -> str:
    """Return the sentence in the header about a step in slow motion: the caption, unless that has
    a place of its own below the board."""
    if captioned:
        return f"The inner loop in slow motion, from step {moment.step} to step {moment.step + 1}."
    return slow.phases[moment.phase].caption


def panel_facts(
    setup: WatchSetup,
    run: AdaptationRun,
    feed_ready: bool,
    one_board: bool,
    percent: bool = True,
    settings: str = "",
    ghost: AdaptationTrace | None = None,
    waiting: int | None = None,
) -> PanelFacts:
    """Return everything that the panel shows at this moment.

    `percent` chooses the plot's unit. `settings` are those that are not the agent's own, and
    `ghost` is its adaptation with its own settings, for comparison. `waiting` is the position of
    the waiting bar's part, while nothing has arrived yet.
    """
    playback, position = run.playback, run.playback.position()
    seen, reasons = setup.seen(run.task), setup.out_of_distribution(run.task)
    badge = "unseen, out of distribution" if reasons else "unseen in training"
    badge = badge if setup.learned else "untrained agent"
    step = position.step if position else None
    state = _state(run, step, feed_ready)
    return PanelFacts(
        title=run.task.name,
        badge="seen in training" if seen else badge,
        seen=seen,
        about="; ".join(reasons or (setup.in_distribution or setup.pack_title,)),
        identity=f"seed {run.seed}  task {run.task.id}  {setup.agents[0]}",
        hidden=_hidden_text(run.task),
        step=step,
        steps=run.steps,
        state=state,
        doing=_activity(run, position, feed_ready),
        trail=position.episode % 3 if position and one_board else None,
        tempo="paused" if playback.paused else speed_text(playback.speed),
        axes=_axes(setup, run, percent, ghost) if run.planned else None,
        rows=tuple(_row(run, agent, step, percent) for agent in range(len(run.traces))),
        notes=(*_warnings(run, step), *_scratch_notes(run)),
        does_well=state == AFTER and run.traces[0].score(run.traces[0].steps[run.steps]) >= GOOD,
        waiting=waiting,
        settings=reset_hint(settings),
        ghost=_curve("own settings", ghost, len(ghost.steps), 0, percent, GHOST_FADE)
        if ghost
        else None,
    )


def _hidden_text(task: Task) -> str:
    """Return what the agent does not observe of a task, and what was drawn; "" if nothing is."""
    names, values = hidden_names(task), values_in_words(task)
    text = f"Hidden here: {', '.join(names)}." if names else ""
    return f"{text}\nDrawn: {'; '.join(values)}." if values else text


def settings_in_force(setup: WatchSetup, request: Request, steps: int) -> str:
    """Return the settings of a request that are not the agent's own, in words; "" if all are.

    `steps` is the number of adaptation steps of the next run.
    """
    parts = [f"{request.step_size:g} × step size"] if request.step_size != 1 else []
    parts += [f"{request.episodes} episodes per step"] if request.episodes else []
    parts += [f"{steps} step{'s' * (steps != 1)}"] if steps != setup.steps else []
    return ", ".join(parts)


def reset_hint(settings: str) -> str:
    """Return the text of the pill about settings that are not the agent's own; "" without any."""
    return f"{settings}: Bksp resets" if settings else ""


def _scratch_notes(run: AdaptationRun) -> tuple[str, ...]:
    """Return how the inner loop of each scratch was chosen."""
    return tuple(f"{BASELINE_AGENT}: {trace.note}" for trace in run.traces if trace.note)


def _warnings(run: AdaptationRun, step: int | None) -> tuple[str, ...]:
    """Return why the level is hard for the watched agent, if it is; with what this run shows."""
    warning = run.phase.warning
    if not warning:
        return ()
    if step == run.steps and _searching(run.traces[0], step):
        warning += f" Here it found no goal in {run.traces[0].steps[step].episodes:,} episodes."
    return (warning,)


def point_tip(trace: AdaptationTrace, step: int) -> list[str]:
    """Return the lines of the tip for a point of the plot."""
    point = trace.steps[step]
    value, score = number(trace.exact(point)), percentage(trace.score(point))
    return [
        f"{trace.name}, step {step}",
        f"after {point.episodes:,} episodes{_steps_taken(point)}",
        f"return {value}, score {score}",
    ]


def _steps_taken(step: AdaptationStep) -> str:
    """Return how many gradient steps were taken by then, in words; "" before adaptation."""
    if not step.step:
        return ""
    n = step.gradient_steps
    return f", {n:,} gradient step{'s' * (n > 1)}" if n else ", no gradient step"


def bayes_tip(bound: str) -> list[str]:
    """Return the lines of the tip for the plot's line of the Bayes bound."""
    return [f"Bayes bound {bound}", *BAYES_BOUND]


def speed_text(speed: float) -> str:
    """Return a playback speed in words."""
    return "all at once" if speed == math.inf else f"speed {speed:g}×"


def _axes(
    setup: WatchSetup, run: AdaptationRun, percent: bool, ghost: AdaptationTrace | None
) -> Axes:
    """Return the axes of the phase on screen, with the Bayes bounds that are known."""
    axes = run.phase.axes
    if ghost:
        axes = replace(axes, last=max(axes.last, ghost.steps[-1].episodes))
    if setup.families:
        axes = _with_bayes_bounds(axes, setup.families, run)
    return axes.in_percent() if percent else axes


def _with_bayes_bounds(axes: Axes, families: Families, run: AdaptationRun) -> Axes:
    """Return the axes with the Bayes bound of the phase on screen, and of each stretch."""
    moves = (
        replace(stretch, bayes=_bayes_bound(families, phase.task, stretch))
        for stretch, phase in zip(axes.moves, run.phases)
    )
    return replace(axes, bayes=_bayes_bound(families, run.phase.task, axes), moves=tuple(moves))


def _bayes_bound(families: Families, task: Task, baselines: Axes | Stretch) -> float | None:
    """Return the Bayes bound of a task as a return, once it is known."""
    share = families.bayes_bound(task)
    if share is None:
        return None
    return baselines.random + share * (baselines.optimal - baselines.random)


def _state(run: AdaptationRun, step: int | None, feed_ready: bool) -> str:
    """Return the state of the adaptation, a key of the panel's `STATE_HUES`."""
    if run.failure:
        return "stopped"
    if step is None or not run.planned:
        return "adapting" if feed_ready else "loading"
    trace = run.traces[0]
    if trace.score(trace.steps[step]) < trace.score(trace.steps[0]) - HARM:
        return "worse than before"
    if step == 0:
        return "before adaptation"
    if _searching(trace, step):
        return "still searching"
    return AFTER if step == run.steps else "adapting"


def _searching(trace: AdaptationTrace, step: int | None) -> str:
    """Return how much of the map an agent has seen that has not found a goal, or ""."""
    maps = trace.steps[step].maps if step else None
    if maps is None or not maps.is_searching(0):
        return ""
    return f"still searching: {maps.percent_explored(0)}% of the map seen"


def _activity(run: AdaptationRun, position: PlaybackPosition | None, feed_ready: bool) -> str:
    """Return what the agent is doing, or what the screen is waiting for."""
    if run.failure:
        return START_OVER
    if not run.planned:
        return "planning the optimal return of a large level…"
    if position is None:
        name = run.traces[0].name
        return f"loading {name}…" if feed_ready else "starting the learners' process…"
    if searching := _searching(run.traces[0], position.step):
        return f"episode {position.index + 1}, {searching}"
    if position.step == run.steps and position.episode >= run.playback.pace.episodes:
        return "replaying the adapted policy"
    if run.episodes == 1:
        return "one episode per step"
    return f"episode {position.index + 1} of {run.episodes} in this step"


def _row(run: AdaptationRun, agent: int, step: int | None, percent: bool) -> TableRow:
    """Return an agent's curve up to the last step shown, and its numbers at the step on screen."""
    trace = run.traces[agent]
    has_steps = step is not None and run.planned
    shown = trace.steps[: run.playback.furthest + 1 if has_steps else 0]
    name = "agent" if agent == 0 and len(run.traces) <= 2 else trace.name
    curve = _curve(name, trace, len(shown), agent, percent)
    if run.phase.axes.by_step:
        curve = replace(curve, episodes=tuple(one.step * run.episodes for one in shown))
    if not shown:
        return TableRow(curve, NO_NUMBERS)
    now = shown[min(step or 0, len(shown) - 1)]
    spent = now.episodes, int(now.env_steps[0])
    return TableRow(curve, numbers_of(trace.exact(now), trace.score(now), *spent))


def _curve(
    name: str, trace: AdaptationTrace, count: int, hue: int, percent: bool, fade: float = 0.0
) -> Curve:
    """Return the curve of a trace's first `count` steps: scores in percent, or returns."""
    shown = trace.steps[:count]
    values = tuple(100 * trace.score(one) if percent else trace.exact(one) for one in shown)
    return Curve(name, tuple(one.episodes for one in shown), values, hue, fade)

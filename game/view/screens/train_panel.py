"""The train screen's panel: progress, scores after each adaptation step, and their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pygame

from game.session.messages import Begun, Trained
from game.view.draw.plot import draw_plot, draw_strip
from game.view.draw.plot_axes import Axes, Curve
from game.view.draw.text_boxes import draw_pill
from game.view.draw.theme import Typeset
from game.view.draw.training_loops import LoopFacts, LoopPlaces, draw_loops, loops_height
from game.view.draw.waiting_bar import draw_waiting_bar
from game.view.model.training_run import ScoreRecord, TrainingRun

MOST_PAST_CURVES = 14
PALEST_NEW, PALEST_OLD = 0.45, 0.8  # fade of the newest and of the oldest past curve, 0..1
HEAD_LINES, PLOT_LINES = 8, 8  # lines of text: title and progress, and the least plot
PASSING_TEXT = "a demonstration, removed at the end"
STATE_HUES = {  # state of the training: field of the palette
    "loading": "muted",
    "learning": "agent",
    "saving": "muted",
    "trained": "goal",
    "stopped": "muted",
    "failed": "alert",
}


class Progress(NamedTuple):
    """The texts on the progress of training, and its share that is done, 0..1."""

    iteration: str
    time: str
    rates: str
    share: float
    waiting: int | None = None  # position of the waiting bar's part, before the first iteration


def progress_of(
    begun: Begun | None, latest: Trained | None, waiting: int | None = None
) -> Progress:
    """Return the progress of training for its first and its latest message.

    `waiting` is the position of the waiting bar's part, which moves until the first iteration ends.
    """
    if latest is None or begun is None:
        status = "The first iteration is running…" if begun else "Loading the learner…"
        return Progress("Iteration –", "", status, 0.0, waiting)
    iteration = f"Iteration {latest.iteration:,}"
    iteration += "" if begun.minutes else f" of {begun.iterations:,}"
    time = clock(latest.seconds) + (f" of {clock(60 * begun.minutes)}" if begun.minutes else "")
    seconds = max(latest.seconds, 1e-9)
    rates = (
        f"{latest.iteration / seconds:.1f} iterations/s",
        f"{latest.env_steps / seconds:,.0f} env steps/s",
        f"{count_text(latest.env_steps)} in total",
    )
    return Progress(iteration, time, "   ".join(rates), latest.progress)


def loop_facts(run: TrainingRun, latest: Trained | None) -> LoopFacts:
    """Return what the drawing of the loops shows; `latest` has the numbers that are on screen."""
    phases, iteration = run.phases, latest.iteration if latest else 0
    tasks = iteration * run.begun.tasks if run.begun else 0
    different = run.begun.different_tasks if run.begun else 0
    reported = frozenset(phases.reported)
    return LoopFacts(phases.shown, phases.is_slowed, reported, iteration, tasks, different)


def score_curves(evaluations: Sequence[ScoreRecord], episodes_per_step: int) -> list[Curve]:
    """Return the curve of the last evaluation and some earlier ones, the older the paler."""
    *past, latest = evaluations
    last = len(past) - 1
    count = min(MOST_PAST_CURVES, len(past))
    chosen = sorted({round(i * last / max(1, count - 1)) for i in range(count)})

    def curve(scores: tuple[float, ...], name: str, fade: float) -> Curve:
        episodes = tuple(episodes_per_step * k for k in range(len(scores)))
        return Curve(name, episodes, tuple(100 * score for score in scores), 0, fade)

    curves = [curve(latest.scores, "now", 0.0)]
    for i in reversed(chosen):
        fade = PALEST_OLD + (PALEST_NEW - PALEST_OLD) * (i / max(1, last))
        curves.append(curve(past[i].scores, "" if i else "at first", fade))
    return curves


def score_history(evaluations: Sequence[ScoreRecord]) -> dict[str, list[tuple[float, float]]]:
    """Return (progress, score) of all evaluations: after the last step, the first, and before."""
    last = len(evaluations[-1].scores) - 1
    steps = {f"after step {last}": last, "after step 1": min(1, last), "before": 0}
    return {
        name: [(one.progress, one.scores[step]) for one in evaluations]
        for name, step in steps.items()
    }


def score_axes(evaluations: Sequence[ScoreRecord], episodes_per_step: int) -> Axes:
    """Return axes of scores, from that of the random policy (0 %) to the optimum (100 %)."""
    lowest = 100 * min(min(one.scores) for one in evaluations)
    steps = len(evaluations[-1].scores) - 1
    return Axes(steps, episodes_per_step, 0.0, 100.0, span=(min(0.0, lowest), 100.0), percent=True)


def draw_train_panel(
    surface: pygame.Surface,
    rect: pygame.Rect,
    run: TrainingRun,
    progress: Progress,
    loops: LoopFacts,
    pointed_at: str,
    type: Typeset,
) -> LoopPlaces | None:
    """Draw title, progress, loops, plot and history, the last ones only if there is room.

    Where the tour points at the panel or its loops, these and the plot go before the title, and the
    loops stay when the training has ended. Return the places of the loops, if they were drawn.
    """
    palette, unit, small = type.palette, type.unit, type.height("small")
    pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
    pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
    inside, places = rect.inflate(-5 * unit, -4 * unit), None
    y, plot = inside.top, PLOT_LINES if pointed_at == "panel" else 0
    is_low = inside.height < loops_height(type) + (HEAD_LINES + plot) * small
    if not (pointed_at and is_low):
        y = _draw_title(surface, inside, run, type) + unit
        pygame.draw.line(surface, palette.rule, (inside.left, y), (inside.right, y))
        y = _draw_progress(surface, inside, y + unit * 3 // 2, progress, type) + unit
    if run.is_running or pointed_at == "loops":
        room = pygame.Rect(inside.left, y, inside.width, inside.bottom - y)
        if plot and run.evaluations and room.height < loops_height(type) + plot * small:
            room.height = small  # for a sentence
        places = draw_loops(surface, room, loops, type)
        y = places.bottom + unit
    y += unit
    if run.evaluations:
        rest = pygame.Rect(inside.left, y, inside.width, inside.bottom - y)
        _draw_scores(surface, rest, run, type)
    return places


def _draw_scores(
    surface: pygame.Surface, rect: pygame.Rect, run: TrainingRun, type: Typeset
) -> None:
    """Draw the scores of the evaluations: after each step and, if there is room, their history."""
    unit, small = type.unit, type.height("small")
    bottom = rect.bottom
    if rect.height > 20 * small:
        bottom -= 8 * small
        strip = pygame.Rect(rect.left, bottom + unit, rect.width, 8 * small - unit)
        draw_strip(surface, strip, "Score during training", score_history(run.evaluations), type)
    y = _draw_plot_heading(surface, rect, rect.top, run.on_validation_tasks, type) + unit // 2
    plot = pygame.Rect(rect.left, y, rect.width, bottom - y)
    if plot.height > 5 * small:
        axes = score_axes(run.evaluations, run.episodes_per_step)
        curves = score_curves(run.evaluations, run.episodes_per_step)
        draw_plot(surface, plot, axes, curves, None, type)


def _draw_title(surface: pygame.Surface, rect: pygame.Rect, run: TrainingRun, type: Typeset) -> int:
    """Draw learner and pack, the state, and the folder of the agent. Return the y below them."""
    begun, unit = run.begun, type.unit
    title = f"{begun.learner} on {begun.title}" if begun else "Meta-training"
    style = "title" if type.width(title, "title") <= rect.width else "heading"
    title = type.fit(title, style, rect.width)
    y = type.write(surface, title, style, type.palette.ink, topleft=rect.topleft).bottom
    hue = getattr(type.palette, STATE_HUES[run.state])
    pill = draw_pill(surface, run.state, hue, (rect.left, y + unit // 2), type)
    at = (pill.right + unit, pill.centery)
    text, style = (str(begun.out), "mono") if begun and begun.is_kept else (PASSING_TEXT, "small")
    text = type.fit(text if begun else "", style, rect.right - at[0])
    type.write(surface, text, style, type.palette.muted, midleft=at)
    return pill.bottom


def _draw_progress(
    surface: pygame.Surface, rect: pygame.Rect, y: int, progress: Progress, type: Typeset
) -> int:
    """Draw iteration and time, a bar, and the rates. Return the y below them."""
    palette, unit = type.palette, type.unit
    at = (rect.left, y)
    head = type.write(surface, progress.iteration, "heading", palette.ink, topleft=at)
    at = (rect.right, head.bottom)
    type.write(surface, progress.time, "body", palette.ink, bottomright=at)
    bar = pygame.Rect(rect.left, head.bottom + unit, rect.width, unit * 3 // 4)
    pygame.draw.rect(surface, palette.rule, bar, border_radius=bar.height // 2)
    if progress.waiting is not None:
        draw_waiting_bar(surface, bar, progress.waiting, type)
    share = progress.share
    bar.width = max(bar.height, round(rect.width * share)) if share else 0
    pygame.draw.rect(surface, palette.agent, bar, border_radius=bar.height // 2)
    rates = type.fit(progress.rates, "small", rect.width)
    at = (rect.left, bar.bottom + unit * 3 // 4)
    return type.write(surface, rates, "small", palette.muted, topleft=at).bottom


def _draw_plot_heading(
    surface: pygame.Surface, rect: pygame.Rect, y: int, on_validation_tasks: bool, type: Typeset
) -> int:
    """Draw the plot's title and, if there is room, a hint. Return the y below them."""
    title, at = "Score after each adaptation step", (rect.left, y)
    head = type.write(surface, title, "label", type.palette.ink, topleft=at)
    hint = "on validation tasks" if on_validation_tasks else "on this task"
    hint += "; paler: earlier"
    if type.width(hint, "small") < rect.right - head.right - 2 * type.unit:
        type.write(surface, hint, "small", type.palette.muted, topright=(rect.right, y))
    return head.bottom


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, 1:05, or with hours, 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count_text(count: int) -> str:
    """Return a count with thousands separators, or in millions from a million on."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:,.1f} million"

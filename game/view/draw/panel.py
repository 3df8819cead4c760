"""The panel beside the boards: the task, the progress of adaptation, the plot and the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pygame

from game.view.draw.curve_names import draw_curve_names
from game.view.draw.number_table import COLUMNS, TableRow, draw_table, table_height
from game.view.draw.plot import draw_plot, plot_area, usual_hue
from game.view.draw.plot_axes import Axes, Curve
from game.view.draw.text_boxes import draw_pill
from game.view.draw.theme import Typeset, mix
from game.view.draw.waiting_bar import draw_waiting_bar

NOTE_LINES = 2  # of a note, at most
HIDDEN_LINES = 3  # of what is hidden, at most
PLOT, TALL_PLOT = 7, 14  # lines of text: the least height of a plot, and where it matters most
BRIEF_PLOT = 5  # lines of text that the plot of a low panel takes, at least
NAMES_INSIDE = 2  # curves of a low panel's plot that are named beside their points, at most
OUT_OF_RANGE = "arrows: beyond the axis"  # explains the marks of such values
STATE_HUES = {  # agent's state: field of the palette
    "loading": "muted",
    "before adaptation": "muted",
    "adapting": "agent",
    "still searching": "muted",
    "after adaptation": "muted",
    "worse than before": "alert",
    "stopped": "alert",
}


@dataclass(frozen=True)
class PanelFacts:
    """Everything that the panel shows; it is drawn again only if one of these has changed."""

    title: str  # the task's name
    badge: str  # how the task relates to training, in a pill
    seen: bool  # whether the agent was trained on the task
    about: str  # a few words beside the badge
    identity: str  # the task's id and seed
    hidden: str  # what the agent does not observe, and what was drawn; "" if nothing is hidden
    step: int | None  # adaptation step on screen, if one has arrived
    steps: int  # adaptation steps in all
    state: str  # of the agent, a key of `STATE_HUES`
    doing: str  # what the agent is doing now
    trail: int | None  # index of the trail colour that is being drawn
    tempo: str  # speed of the playback
    axes: Axes | None  # None until the baseline returns are known
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...] = ()  # lines about agents, below the numbers
    settings: str = ""  # settings in force that are not the agent's own, in a pill
    does_well: bool = False  # whether its score after adaptation is high
    waiting: int | None = None  # position of the waiting bar's part, while nothing has arrived yet
    ghost: Curve | None = None  # the watched agent's curve with its own settings
    columns: tuple[str, ...] = COLUMNS  # heads of the numbers
    plot_title: str = ""  # if not the usual one
    plot_hint: str = ""


def draw_panel(
    surface: pygame.Surface, rect: pygame.Rect, facts: PanelFacts, type: Typeset, lines: int = PLOT
) -> pygame.Rect | None:
    """Draw task, progress, plot and numbers from top to bottom; the plot takes the room left over.

    Where there is no room for all, notes are left out first, then all but two lines and the plot:
    it is to be `lines` of text high.
    Return the inside of the plot's axes, or None if there was no room for a plot.
    """
    pygame.draw.rect(surface, type.palette.card, rect, border_radius=type.unit + 4)
    pygame.draw.rect(surface, type.palette.rule, rect, 1, border_radius=type.unit + 4)
    if is_brief(rect, facts, lines, type):
        return _draw_brief(surface, rect.inflate(-4 * type.unit, -3 * type.unit), facts, type)
    inside = rect.inflate(-5 * type.unit, -4 * type.unit)
    y = _draw_task(surface, inside, facts, type)
    height, line = table_height(len(facts.rows), type), type.height("small")
    notes = NOTE_LINES * len(facts.notes) * line
    free = inside.bottom - y - type.height("heading") - line - 7 * type.unit - _least_plot(type)
    rooms = free - height - notes, free - height, free
    room = next((one for one in rooms if one >= line), 0)
    y = _draw_hidden(surface, inside, y, room, facts.hidden, type) + type.unit
    pygame.draw.line(surface, type.palette.rule, (inside.left, y), (inside.right, y))
    y = _draw_progress(surface, inside, y + type.unit * 3 // 2, facts, type) + 2 * type.unit
    fits = y + height + notes + _least_plot(type) <= inside.bottom
    fitting = facts.notes if fits else ()
    bottom = _draw_notes(surface, inside, fitting, type)
    table = bottom - height
    plot = pygame.Rect(inside.left, y, inside.width, table - type.unit - y)
    draw_table(surface, inside, table, facts.columns, facts.rows, type)
    if facts.axes and plot.height > 6 * line:
        return _draw_plot(surface, plot, facts, facts.axes, type)
    return None


def is_brief(rect: pygame.Rect, facts: PanelFacts, lines: int, type: Typeset) -> bool:
    """Whether a panel has no room for all its parts beside a plot of so many lines of text."""
    return rect.height < least_height(facts, type) + (lines - PLOT) * type.height("small")


def chart_place(panel: pygame.Rect, plot: pygame.Rect | None, type: Typeset) -> pygame.Rect:
    """Return the place of a plot with its title and the numbers of its axes, or the panel's.

    `plot` is the inside of the axes; None where the panel has no plot, or little else.
    """
    if plot is None:
        return panel
    line, unit = type.height("small"), type.unit
    above, below = type.height("label") + line // 2 + 3 * unit // 2, 2 * line + unit
    chart = pygame.Rect(panel.left, plot.top - above, panel.width, above + plot.height + below)
    return chart.clip(panel.inflate(-8, -8))


def least_height(facts: PanelFacts, type: Typeset) -> int:
    """Return the height in px from which on a panel has room for all but notes."""
    unit, small, pill = type.unit, type.height("small"), type.height("label") + type.unit // 2
    task = type.height("title") + pill + type.height("mono") + unit * 5 // 4
    settings = pill + unit // 2 if facts.settings else 0
    progress = type.height("heading") + small + 7 * unit
    table = table_height(len(facts.rows), type)
    return 4 * unit + task + settings + progress + table + _least_plot(type)


def _least_plot(type: Typeset) -> int:
    """Return the least height in px of a plot with its title and the gap below it."""
    return PLOT * type.height("small") + type.unit


def _draw_brief(
    surface: pygame.Surface, inside: pygame.Rect, facts: PanelFacts, type: Typeset
) -> pygame.Rect | None:
    """Draw what a low panel has room for: the task and the step in two lines, and the plot.

    Where there is no room for both, the plot stands alone. Return the inside of the plot's axes, or
    None if there was no room for a plot.
    """
    palette, unit, small = type.palette, type.unit, type.height("small")
    head = type.height("heading") + type.height("label") + 3 * unit // 2
    if 0 <= inside.height - BRIEF_PLOT * small < head and facts.axes and facts.step is not None:
        return _draw_bare_plot(surface, inside, facts, facts.axes, facts.step, type)
    moment = "" if facts.step is None else f"step {facts.step} of {facts.steps}"
    at = (inside.right, inside.top)
    right = type.write(surface, moment, "label", palette.ink, topright=at).left
    title = type.fit(facts.title, "heading", (right - inside.left) // 2)
    place = type.write(surface, title, "heading", palette.ink, topleft=inside.topleft)
    left = place.right + 2 * unit
    identity = type.fit(facts.identity, "mono", right - left - 2 * unit)
    type.write(surface, identity, "mono", palette.muted, midleft=(left, place.centery))
    text, hue = facts.settings or facts.badge, palette.alert if facts.settings else palette.agent
    hue = palette.muted if facts.seen and not facts.settings else hue
    text = type.fit(text, "label", inside.width - 2 * unit)
    pill = draw_pill(surface, text, hue, (inside.left, place.bottom + unit // 2), type)
    y = pill.bottom + unit // 2
    left, most = pill.right + unit, max(0, (inside.bottom - y) // small - BRIEF_PLOT)
    about = facts.hidden or facts.about
    for i, line in enumerate(_beside(about, inside.right - left, inside.width, most, type)):
        if i:
            at = (inside.left, y)
            y = type.write(surface, line, "small", palette.muted, topleft=at).bottom
        else:
            type.write(surface, line, "small", palette.muted, midleft=(left, pill.centery))
    plot = pygame.Rect(inside.left, y, inside.width, inside.bottom - y)
    if facts.step is None:
        doing = type.fit(facts.doing, "small", plot.width)
        type.write(surface, doing, "small", palette.muted, center=plot.center)
    if not facts.axes or facts.step is None or plot.height < BRIEF_PLOT * small:
        return None
    return _draw_bare_plot(surface, plot, facts, facts.axes, facts.step, type)


def _draw_bare_plot(
    surface: pygame.Surface,
    rect: pygame.Rect,
    facts: PanelFacts,
    axes: Axes,
    step: int,
    type: Typeset,
) -> pygame.Rect:
    """Draw the plot without its title, and the names of many curves above it, since not all would
    find a place inside. Return the inside of its axes."""
    curves = [row.curve for row in facts.rows if row.curve.values]
    curves += [facts.ghost] if facts.ghost else []
    line, gap = type.height("small"), type.unit // 2
    if len(curves) > NAMES_INSIDE and rect.height >= BRIEF_PLOT * line + line + gap:
        draw_curve_names(surface, pygame.Rect(rect.topleft, (rect.width, line)), curves, type)
        curves = [replace(curve, name="") for curve in curves]
        rect = pygame.Rect(rect.left, rect.top + line + gap, rect.width, rect.height - line - gap)
    draw_plot(surface, rect, axes, curves, step, type)
    return plot_area(rect, axes, type)


def _beside(text: str, room: int, width: int, most: int, type: Typeset) -> list[str]:
    """Return the lines of a text: one beside something, in `room` px, and at most `most` below it,
    in `width` px."""
    first = type.wrap(text, "small", room)[0] if most else type.fit(text, "small", room)
    rest = text[len(first) :].strip() if most else ""
    return [first, *(type.wrap(rest, "small", width, most) if rest else [])]


def _draw_notes(
    surface: pygame.Surface, rect: pygame.Rect, notes: tuple[str, ...], type: Typeset
) -> int:
    """Draw the notes at the bottom. Return the y above them."""
    y = rect.bottom
    lines = [line for note in notes for line in type.wrap(note, "small", rect.width, NOTE_LINES)]
    for line in reversed(lines):
        place = type.write(surface, line, "small", type.palette.muted, bottomleft=(rect.left, y))
        y = place.top
    return y - type.unit // 2 if notes else y


def _draw_task(surface: pygame.Surface, rect: pygame.Rect, facts: PanelFacts, type: Typeset) -> int:
    """Draw name, badge and identity of the task. Return the y below them."""
    style = "title" if type.width(facts.title, "title") <= rect.width else "heading"
    title = type.fit(facts.title, style, rect.width)
    place = type.write(surface, title, style, type.palette.ink, topleft=rect.topleft)
    y = place.bottom + type.unit // 2
    hue = type.palette.muted if facts.seen else type.palette.agent
    badge = draw_pill(surface, facts.badge, hue, (rect.left, y), type)
    left = badge.right + type.unit
    about = type.fit(facts.about, "small", rect.right - left)
    type.write(surface, about, "small", type.palette.muted, midleft=(left, badge.centery))
    y = badge.bottom + type.unit * 3 // 4
    identity = type.fit(facts.identity, "mono", rect.width)
    at = (rect.left, y)
    y = type.write(surface, identity, "mono", type.palette.muted, topleft=at).bottom
    if not facts.settings:
        return y
    settings = type.fit(facts.settings, "label", rect.width - 2 * type.unit)
    at = (rect.left, y + type.unit // 2)
    return draw_pill(surface, settings, type.palette.alert, at, type).bottom


def _draw_hidden(
    surface: pygame.Surface, rect: pygame.Rect, y: int, room: int, text: str, type: Typeset
) -> int:
    """Draw what is hidden from `y` down, in at most `room` px. Return the y below it."""
    most = min(HIDDEN_LINES, room // type.height("small"))
    if not text or most < 1:
        return y
    y += type.unit // 2
    for line in type.wrap(text, "small", rect.width, most):
        y = type.write(surface, line, "small", type.palette.ink, topleft=(rect.left, y)).bottom
    return y


def _draw_progress(
    surface: pygame.Surface, rect: pygame.Rect, y: int, facts: PanelFacts, type: Typeset
) -> int:
    """Draw the adaptation step and what the agent is doing. Return the y below them."""
    step = "–" if facts.step is None else facts.step
    width = type.width(facts.state, "label") + 2 * type.unit
    text = f"Adaptation step {step} of {facts.steps}"
    if type.width(text, "heading") + type.unit + width > rect.width:
        text = f"Step {step} of {facts.steps}"
    heading = type.write(surface, text, "heading", type.palette.ink, topleft=(rect.left, y))
    hue = getattr(type.palette, "goal" if facts.does_well else STATE_HUES[facts.state])
    draw_pill(surface, facts.state, hue, (rect.right - width, y), type)
    y = heading.bottom + type.unit
    bar = pygame.Rect(rect.left, y, rect.width, type.unit * 3 // 4)
    if facts.waiting is None:
        _draw_progress_bar(surface, bar, facts, type)
    else:
        draw_waiting_bar(surface, bar, facts.waiting, type)
    y += type.unit * 3 // 2
    tempo = type.write(surface, facts.tempo, "small", type.palette.muted, topright=(rect.right, y))
    left = rect.left
    if facts.trail is not None:
        surface.fill(type.palette.trails[facts.trail], (left, tempo.centery - 1, 2 * type.unit, 4))
        left += 3 * type.unit
    doing = type.fit(facts.doing, "small", tempo.left - left - type.unit)
    return type.write(surface, doing, "small", type.palette.muted, topleft=(left, y)).bottom


def _draw_progress_bar(
    surface: pygame.Surface, rect: pygame.Rect, facts: PanelFacts, type: Typeset
) -> None:
    """Draw a bar with one part for each adaptation step, filled up to the step on screen."""
    palette = type.palette
    count = facts.steps + 1
    pitch = (rect.width + 4) / count
    gap = 4 if pitch > 8 else 0
    for k in range(count):
        left, right = round(rect.left + k * pitch), round(rect.left + (k + 1) * pitch) - gap
        colour = palette.rule
        if facts.step is not None and k <= facts.step:
            colour = mix(palette.agent, palette.card, 0.0 if k == facts.step else 0.55)
        part = pygame.Rect(left, rect.top, min(right, rect.right) - left, rect.height)
        pygame.draw.rect(surface, colour, part, border_radius=rect.height // 2)


def _draw_plot(
    surface: pygame.Surface, rect: pygame.Rect, facts: PanelFacts, axes: Axes, type: Typeset
) -> pygame.Rect:
    """Draw the plot with its title and hint. Return the inside of its axes."""
    usual_title = "Score after each step" if axes.percent else "Return after each step"
    title = facts.plot_title or usual_title
    ink = type.palette.ink
    top = type.write(surface, title, "label", ink, topleft=rect.topleft)
    usual = bool(axes.usual)
    hint = "seen in training" if facts.seen else "higher is better"
    hint = "usual on unseen tasks" if usual else hint
    hint = "usual on levels like this" if axes.usual_low else hint
    hint = facts.plot_hint or hint
    curves = [row.curve for row in facts.rows if row.curve.values]
    if any(axes.is_out_of_range(value) for curve in curves for value in curve.values):
        hint, usual = OUT_OF_RANGE, False
    left = rect.right - type.width(hint, "small")
    if left - 4 * type.unit > top.right:
        at = (rect.right, rect.top)
        type.write(surface, hint, "small", type.palette.muted, topright=at)
        if usual:
            band = pygame.Rect(left - 3 * type.unit, top.centery - 4, 2 * type.unit, 9)
            pygame.draw.rect(surface, usual_hue(type.palette), band, border_radius=4)
    below = top.bottom + type.unit // 2
    area = pygame.Rect(rect.left, below, rect.width, rect.bottom - below)
    ghosts = [facts.ghost] if facts.ghost else []
    draw_plot(surface, area, axes, [*curves, *ghosts], facts.step, type)
    return plot_area(area, axes, type)

"""The words and figures around the board: header, panel, legend and keys.

Everything here is drawn from plain facts, so that it is drawn again only when a fact has changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL, START, TILES
from game.text.values import text_of
from game.view.draw.board import goal_mark, swatch
from game.view.draw.layout import flow
from game.view.draw.plot import MARKERS, Axes, Curve, draw_plot, paint_marker, plot_area, usual_hue
from game.view.draw.theme import Colour, Typeset, mix, number, smooth

STATE_HUES = {
    "loading": "muted",
    "before adaptation": "muted",
    "adapting": "agent",
    "adapted": "goal",
    "worse than before": "alert",
    "stopped": "alert",
}  # fields of the palette
COLUMNS = ("return", "score", "episodes", "env steps")
NAME_SHARE, MOST_NAME_SHARE = 0.22, 0.36  # of the table's width, for the agents' names
GOAL_TEXT = {
    "hidden": "goal, hidden from the agent",
    "visible": "goal, seen by the agent",
}


@dataclass(frozen=True)
class Row:
    """An agent's line in the table of numbers: one text for each of `COLUMNS`."""

    curve: Curve
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """All that the panel says."""

    title: str
    badge: str
    seen: bool
    about: str
    identity: str
    step: int | None
    steps: int
    state: str
    doing: str
    trail: int | None  # which is being drawn
    tempo: str
    axes: Axes | None  # None as long as what the plot spans is not known
    rows: tuple[Row, ...]


# --- header and footer -----------------------------------------------------------------------


def header_height(width: int, type: Typeset) -> int:
    """Room for a long sentence in small type: one line, or in a narrow window two."""
    lines = 1 if width >= 72 * type.height("small") else 2
    return max(type.height("heading"), lines * type.height("small"))


def draw_header(surface: pygame.Surface, rect: pygame.Rect, sentence: str, type: Typeset) -> None:
    """The project's name, and what there is to see: in one line, or smaller in two."""
    surface.fill(type.palette.paper, rect)
    name = type.render("Gridapt", "heading", type.palette.ink)
    place = surface.blit(name, name.get_rect(midleft=rect.midleft))
    left, colour = place.right + 2 * type.unit, type.palette.muted
    if type.width(sentence, "body") <= rect.right - left:
        type.write(surface, sentence, "body", colour, midleft=(left, rect.centery))
        return
    room = max(1, rect.height // type.height("small"))
    lines = type.wrap(sentence, "small", rect.right - left, room)
    y = rect.centery - len(lines) * type.height("small") // 2
    for line in lines:
        y = type.write(surface, line, "small", colour, topleft=(left, y)).bottom


Words = Sequence[tuple[str, str]]  # keys and what they do


def key_widths(keys: Words, type: Typeset) -> list[int]:
    """The width of each (key, meaning) in px; a key without a word stands close to the next."""
    near = -2 * type.unit + type.unit // 2
    return [
        _cap_width(cap, type) + (type.unit * 3 // 4 + type.width(text, "small") if text else near)
        for cap, text in keys
    ]


def key_places(keys: Words, width: int, type: Typeset) -> list[tuple[int, int]]:
    """(x, line) of each key in a window of this width; those that share a word stay together."""
    gap, groups, near = 2 * type.unit, list[list[int]](), False
    for (_, text), wide in zip(keys, key_widths(keys, type), strict=True):
        if near:
            groups[-1].append(wide)
        else:
            groups.append([wide])
        near = not text
    starts = flow([sum(group) + gap * (len(group) - 1) for group in groups], gap, width)
    places = []
    for group, (x, line) in zip(groups, starts, strict=True):
        for wide in group:
            places.append((x, line))
            x += wide + gap
    return places


def footer_lines(keys: Words, width: int, type: Typeset) -> int:
    """How many lines the keys take in a window of this width."""
    return key_places(keys, width, type)[-1][1] + 1


def footer_height(keys: Words, width: int, type: Typeset) -> int:
    """How high the keys stand in a window of this width."""
    lines = footer_lines(keys, width, type)
    return lines * _cap_height(type) + (lines - 1) * type.unit * 3 // 4


def draw_footer(
    surface: pygame.Surface, rect: pygame.Rect, keys: Words, lit: Sequence[bool], type: Typeset
) -> list[pygame.Rect]:
    """Every key and what it does; returns their places, for clicks."""
    surface.fill(type.palette.paper, rect.inflate(0, 6))
    places = key_places(keys, rect.width, type)
    boxes = []
    for (cap, text), (x, line), on in zip(keys, places, lit, strict=True):
        y = rect.top + line * (_cap_height(type) + type.unit * 3 // 4)
        boxes.append(draw_key(surface, (rect.left + x, y), cap, text, on, type))
    return boxes


def draw_key(
    surface: pygame.Surface, topleft: tuple[int, int], cap: str, text: str, on: bool, type: Typeset
) -> pygame.Rect:
    """A key and its meaning; filled where its switch is on. Returns their rectangle."""
    palette = type.palette
    box = pygame.Rect(*topleft, _cap_width(cap, type), _cap_height(type))
    pygame.draw.rect(surface, palette.rule, box.move(0, 2), border_radius=5)
    pygame.draw.rect(surface, palette.ink if on else palette.card, box, border_radius=5)
    pygame.draw.rect(surface, mix(palette.rule, palette.ink, 0.15), box, 1, border_radius=5)
    ink = palette.paper if on else palette.ink
    type.write(surface, cap, "label", ink, center=box.center)
    at = (box.right + type.unit * 3 // 4, box.centery)
    words = type.write(surface, text, "small", palette.ink if on else palette.muted, midleft=at)
    return box.union(words)


def _cap_width(cap: str, type: Typeset) -> int:
    return max(type.width(cap, "label") + 2 * type.unit, _cap_height(type))


def _cap_height(type: Typeset) -> int:
    return type.height("label") + type.unit


def draw_help(surface: pygame.Surface, keys: Words, type: Typeset) -> None:
    """All keys on a card over the screen, in two columns."""
    whole, unit, line = surface.get_rect(), type.unit, _cap_height(type) + type.unit
    rows = -(-len(keys) // 2)
    column = max(key_widths(keys, type), default=0) + 3 * unit
    title = type.height("heading") + 2 * unit
    box = pygame.Rect(0, 0, 2 * column + 3 * unit, title + rows * line + 2 * unit)
    box.center = whole.center
    box.clamp_ip(whole)
    pygame.draw.rect(surface, type.palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, type.palette.muted, box, 2, border_radius=unit)
    at = (box.left + 3 * unit, box.top + 3 * unit // 2)
    head = type.write(surface, "All keys", "heading", type.palette.ink, topleft=at)
    at = head.right + 2 * unit, head.centery
    type.write(surface, "any key goes on", "small", type.palette.muted, midleft=at)
    for i, (cap, text) in enumerate(keys):
        x = box.left + 3 * unit + (i // rows) * column
        y = box.top + title + (i % rows) * line
        draw_key(surface, (x, y), cap, text, False, type)


# --- the legend below the board --------------------------------------------------------------


def legend_items(
    level: Level, type: Typeset, goal_text: dict[str, str] = GOAL_TEXT
) -> list[tuple[pygame.Surface, str]]:
    """Pictures and words: the goal, and the tiles that cost or do something else than floor."""
    side = type.height("small") + type.unit // 2
    items = [
        (
            goal_mark(side + type.unit // 2, level.goal == "hidden", type.palette),
            goal_text[level.goal],
        )
    ]
    present = set("".join(level.rows)) - {START, GOAL, CANDIDATE, FLOOR}
    tiles = {t.name: t for t in TILES if t.char in present and t.passable}  # one of each name
    for tile in tiles.values():
        cost = level.cost(tile.char)
        words = tile.name if cost == level.cost(FLOOR) else f"{tile.name} costs {text_of(cost)}"
        items.append((swatch(tile.char, side, type.palette), words))
    return items


def legend_places(
    items: Sequence[tuple[pygame.Surface, str]], width: int, type: Typeset
) -> tuple[list[tuple[int, int]], int]:
    """(x, line) of each item, and the legend's height in px."""
    widths = [p.get_width() + type.unit + type.width(t, "small") for p, t in items]
    places = flow(widths, 2 * type.unit, width)
    return places, (places[-1][1] + 1) * _legend_line(type)


def _legend_line(type: Typeset) -> int:
    return type.height("small") + type.unit


def draw_legend(
    surface: pygame.Surface,
    rect: pygame.Rect,
    items: Sequence[tuple[pygame.Surface, str]],
    type: Typeset,
) -> None:
    """What the pictures on the board mean."""
    places, _ = legend_places(items, rect.width, type)
    for (picture, text), (x, line) in zip(items, places, strict=True):
        y = rect.top + line * _legend_line(type) + _legend_line(type) // 2
        box = picture.get_rect(midleft=(rect.left + x, y))
        surface.blit(picture, box)
        left = box.right + type.unit
        text = type.fit(text, "small", rect.right - left)
        type.write(surface, text, "small", type.palette.muted, midleft=(left, y))


# --- the panel -------------------------------------------------------------------------------


def draw_panel(
    surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset
) -> pygame.Rect | None:
    """Level, progress, plot and numbers, from top to bottom; the plot takes what room there is.

    Returns where the inside of the plot's axes is, if there was room for a plot.
    """
    area = None
    pygame.draw.rect(surface, type.palette.card, rect, border_radius=type.unit + 4)
    pygame.draw.rect(surface, type.palette.rule, rect, 1, border_radius=type.unit + 4)
    inside = rect.inflate(-5 * type.unit, -4 * type.unit)
    y = _draw_level(surface, inside, facts, type) + type.unit
    pygame.draw.line(surface, type.palette.rule, (inside.left, y), (inside.right, y))
    y = _draw_progress(surface, inside, y + type.unit * 3 // 2, facts, type) + 2 * type.unit
    table = (type.height("small") + type.unit * 3 // 4) * (len(facts.rows) + 1)
    plot = pygame.Rect(inside.left, y, inside.width, inside.bottom - table - type.unit - y)
    if facts.axes and plot.height > 4 * type.height("small"):
        area = _draw_plot(surface, plot, facts, facts.axes, type)
    draw_table(surface, inside, inside.bottom - table, COLUMNS, facts.rows, type)
    return area


def _draw_level(surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset) -> int:
    """Name, badge and identity of the level; returns the y below."""
    style = "title" if type.width(facts.title, "title") <= rect.width else "heading"
    title = type.fit(facts.title, style, rect.width)
    y = (
        type.write(surface, title, style, type.palette.ink, topleft=rect.topleft).bottom
        + type.unit // 2
    )
    hue = type.palette.muted if facts.seen else type.palette.agent
    badge = draw_pill(surface, facts.badge, hue, (rect.left, y), type)
    left = badge.right + type.unit
    about = type.fit(facts.about, "small", rect.right - left)
    type.write(surface, about, "small", type.palette.muted, midleft=(left, badge.centery))
    y = badge.bottom + type.unit * 3 // 4
    identity = type.fit(facts.identity, "mono", rect.width)
    return type.write(surface, identity, "mono", type.palette.muted, topleft=(rect.left, y)).bottom


def draw_pill(
    surface: pygame.Surface, text: str, hue: Colour, topleft: tuple[int, int], type: Typeset
) -> pygame.Rect:
    """A short word on a tinted ground with round ends. Returns its rectangle."""
    picture = type.render(text, "label", mix(hue, type.palette.ink, 0.3))
    box = picture.get_rect(topleft=topleft).inflate(2 * type.unit, type.unit // 2)
    box.topleft = topleft
    ground = mix(hue, type.palette.card, 0.84)

    def paint(canvas: pygame.Surface, factor: int) -> None:
        whole = canvas.get_rect()
        pygame.draw.rect(canvas, ground, whole, border_radius=whole.height // 2)

    surface.blit(smooth(box.size, paint, ground), box)
    surface.blit(picture, picture.get_rect(center=box.center))
    return box


def _draw_progress(
    surface: pygame.Surface, rect: pygame.Rect, y: int, facts: Facts, type: Typeset
) -> int:
    """Which step of how many, and what the agent is doing; returns the y below."""
    step = "–" if facts.step is None else facts.step
    width = type.width(facts.state, "label") + 2 * type.unit
    text = f"Adaptation step {step} of {facts.steps}"
    if type.width(text, "heading") + type.unit + width > rect.width:
        text = f"Step {step} of {facts.steps}"
    heading = type.write(surface, text, "heading", type.palette.ink, topleft=(rect.left, y))
    draw_pill(
        surface,
        facts.state,
        getattr(type.palette, STATE_HUES[facts.state]),
        (rect.right - width, y),
        type,
    )
    y = heading.bottom + type.unit
    _draw_pips(surface, pygame.Rect(rect.left, y, rect.width, type.unit * 3 // 4), facts, type)
    y += type.unit * 3 // 2
    tempo = type.write(surface, facts.tempo, "small", type.palette.muted, topright=(rect.right, y))
    left = rect.left
    if facts.trail is not None:
        surface.fill(type.palette.trails[facts.trail], (left, tempo.centery - 1, 2 * type.unit, 4))
        left += 3 * type.unit
    doing = type.fit(facts.doing, "small", tempo.left - left - type.unit)
    return type.write(surface, doing, "small", type.palette.muted, topleft=(left, y)).bottom


def _draw_pips(surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset) -> None:
    """A bar in as many parts as there are steps, filled up to this one."""
    palette = type.palette
    count = facts.steps + 1
    pitch = (rect.width + 4) / count
    gap = 4 if pitch > 8 else 0
    for k in range(count):
        left, right = round(rect.left + k * pitch), round(rect.left + (k + 1) * pitch) - gap
        colour = palette.rule
        if facts.step is not None and k <= facts.step:
            colour = mix(palette.agent, palette.card, 0.0 if k == facts.step else 0.55)
        bar = pygame.Rect(left, rect.top, min(right, rect.right) - left, rect.height)
        pygame.draw.rect(surface, colour, bar, border_radius=rect.height // 2)


def _draw_plot(
    surface: pygame.Surface, rect: pygame.Rect, facts: Facts, axes: Axes, type: Typeset
) -> pygame.Rect:
    top = type.write(
        surface, "Return after each step", "label", type.palette.ink, topleft=rect.topleft
    )
    usual = bool(axes.usual)
    hint = "usual on unseen tasks" if usual else "higher is better"
    left = rect.right - type.width(hint, "small")
    if left - 4 * type.unit > top.right:
        at = (rect.right, rect.top)
        type.write(surface, hint, "small", type.palette.muted, topright=at)
        if usual:
            band = pygame.Rect(left - 3 * type.unit, top.centery - 4, 2 * type.unit, 9)
            pygame.draw.rect(surface, usual_hue(type.palette), band, border_radius=4)
    below = top.bottom + type.unit // 2
    area = pygame.Rect(rect.left, below, rect.width, rect.bottom - below)
    curves = [row.curve for row in facts.rows if row.curve.values]
    draw_plot(surface, area, axes, curves, facts.step, type)
    return plot_area(area, axes, type)


def draw_table(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    columns: Sequence[str],
    rows: Sequence[Row],
    type: Typeset,
) -> None:
    """The numbers of each agent, in columns that are aligned to the right."""
    line = type.height("small") + type.unit * 3 // 4
    while len(columns) > 1 and _too_wide(columns, rect.width, type):
        columns = columns[:-1]
    share = name_share([row.curve.name for row in rows], rect.width, type)
    ends = column_ends(rect, columns, share, type)
    for text, right in zip(columns, ends, strict=True):
        type.write(surface, text, "small", type.palette.muted, topright=(right, y))
    for row in rows:
        y += line
        pygame.draw.line(surface, type.palette.faint, (rect.left, y - 3), (rect.right, y - 3))
        middle = y + type.height("small") // 2
        picture = marker_picture(row.curve.hue, type)
        box = surface.blit(picture, picture.get_rect(midleft=(rect.left, middle)))
        name = type.fit(row.curve.name, "label", rect.width * share - box.width)
        at = (box.right + type.unit // 2, middle)
        type.write(surface, name, "label", type.palette.texts[row.curve.hue], midleft=at)
        for text, right in zip(row.numbers, ends):
            type.write(surface, text, "small", type.palette.ink, midright=(right, middle))


def name_share(names: Sequence[str], width: int, type: Typeset) -> float:
    """The share of the table's width that the names of agents need."""
    most = max((type.width(name, "label") for name in names), default=0) + 4 * type.unit
    return min(max(NAME_SHARE, most / max(width, 1)), MOST_NAME_SHARE)


def _too_wide(columns: Sequence[str], width: int, type: Typeset) -> bool:
    """Whether the columns would touch each other."""
    heads = sum(type.width(head, "small") + type.unit for head in columns)
    return heads > width * (1 - NAME_SHARE)


def column_ends(
    rect: pygame.Rect, columns: Sequence[str], share: float, type: Typeset
) -> list[float]:
    """Where the columns end on the right: as wide as their heads, with equal gaps."""
    widths = [type.width(head, "small") for head in columns]
    gap = (rect.width * (1 - share) - sum(widths)) / len(widths)
    ends = itertools.accumulate(width + gap for width in widths)
    return [rect.left + rect.width * share + end for end in ends]


def marker_picture(agent: int, type: Typeset) -> pygame.Surface:
    """The marker of the agent with this number."""
    side = type.unit + type.unit // 2
    colour = type.palette.agents[agent]

    def paint(canvas: pygame.Surface, factor: int) -> None:
        middle = canvas.get_rect().center
        paint_marker(canvas, MARKERS[agent % len(MARKERS)], middle, side * factor * 0.38, colour)

    return smooth((side, side), paint, type.palette.card)


def draw_notice(
    surface: pygame.Surface,
    rect: pygame.Rect,
    heading: str,
    text: str,
    type: Typeset,
    calm: bool = False,
) -> None:
    """A note over the lower part of a region: a heading, and as much of the text as has room.

    A text of several lines is set as it is, in letters of one width: carets point into rows.
    """
    style = "mono" if "\n" in text else "small"
    most_wide = (900 if style == "mono" else 560) * type.scale
    width = min(rect.width - 4 * type.unit, round(most_wide))
    lines = type.wrap(text, style, width - 4 * type.unit)
    line, gap = type.height(style), type.unit // 2
    most = max(1, (rect.height - 8 * type.unit) // line - 2)
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    height = type.height("heading") + gap + len(lines) * line + 3 * type.unit
    box = pygame.Rect(0, 0, width, height)
    box.midbottom = rect.centerx, rect.bottom - 3 * type.unit
    pygame.draw.rect(surface, type.palette.paper, box, border_radius=type.unit)
    hue = type.palette.ink if calm else type.palette.alert
    pygame.draw.rect(surface, hue, box, 2, border_radius=type.unit)
    y = box.top + 3 * type.unit // 2
    left = box.left + 2 * type.unit
    heading = type.fit(heading, "heading", width - 4 * type.unit)
    y = type.write(surface, heading, "heading", hue, topleft=(left, y)).bottom + gap
    for text in lines:
        type.write(surface, text, style, type.palette.ink, topleft=(left, y))
        y += line


def draw_tip(
    surface: pygame.Surface, at: tuple[int, int], lines: Sequence[str], type: Typeset
) -> None:
    """A small note beside the mouse."""
    width = max(type.width(line, "small") for line in lines) + 2 * type.unit
    line = type.height("small")
    box = pygame.Rect(at[0] + 2 * type.unit, at[1], width, line * len(lines) + type.unit)
    box.clamp_ip(surface.get_rect())
    pygame.draw.rect(surface, type.palette.ink, box, border_radius=type.unit // 2)
    y = box.top + type.unit // 2
    for text in lines:
        type.write(surface, text, "small", type.palette.paper, topleft=(box.left + type.unit, y))
        y += line


def numbers_of(value: float, score: float, episodes: int, env_steps: int) -> tuple[str, ...]:
    """The texts of a row: return, score in per cent, episodes and environment steps spent."""
    return number(value), f"{number(100 * score, 0)} %", f"{episodes:,}", f"{env_steps:,}"


NO_NUMBERS = ("–",) * len(COLUMNS)

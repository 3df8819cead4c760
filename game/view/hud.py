"""The words and figures around the board: header, panel, legend and keys.

Everything here is drawn from plain facts, so that it is drawn again only when a fact has changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.level import Level
from game.tiles import CANDIDATE, FLOOR, GOAL, START, TILES
from game.values import text_of
from game.view.board import goal_mark, swatch
from game.view.layout import flow
from game.view.plot import Axes, Curve, draw_plot
from game.view.theme import (
    AGENT,
    ALERT,
    CARD,
    FAINT,
    INK,
    MUTED,
    PAPER,
    RULE,
    WHITE,
    Colour,
    Typeset,
    mix,
    number,
    smooth,
)
from game.view.theme import (
    GOAL as GOAL_HUE,
)

STATE_HUES: dict[str, Colour] = {
    "loading": MUTED,
    "before adaptation": MUTED,
    "adapting": AGENT,
    "adapted": GOAL_HUE,
    "stopped": ALERT,
}
COLUMNS = ("return", "score", "episodes", "env steps")
NAME_SHARE = 0.22  # of the table's width, for the agents' names
GOAL_TEXT = {
    "hidden": "hidden goal: the agent cannot see it",
    "visible": "goal: the agent can see it",
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
    hue: Colour | None  # of the trail that is being drawn
    tempo: str
    axes: Axes
    rows: tuple[Row, ...]


# --- header and footer -----------------------------------------------------------------------


def draw_header(surface: pygame.Surface, rect: pygame.Rect, sentence: str, type: Typeset) -> None:
    """The project's name, and one sentence on what there is to see."""
    name = type.render("Gridapt", "heading", INK)
    place = surface.blit(name, name.get_rect(midleft=rect.midleft))
    left = place.right + 2 * type.unit
    text = type.fit(sentence, "body", rect.right - left)
    type.write(surface, text, "body", MUTED, midleft=(left, rect.centery))


def key_widths(keys: Sequence[tuple[str, str]], type: Typeset) -> list[int]:
    """The width of each (key, meaning) in px."""
    return [_cap_width(cap, type) + type.unit + type.width(text, "small") for cap, text in keys]


def footer_height(keys: Sequence[tuple[str, str]], width: int, type: Typeset) -> int:
    """How high the keys stand in a window of this width."""
    lines = flow(key_widths(keys, type), 3 * type.unit, width)[-1][1] + 1
    return lines * _cap_height(type) + (lines - 1) * type.unit


def draw_footer(
    surface: pygame.Surface, rect: pygame.Rect, keys: Sequence[tuple[str, str]], type: Typeset
) -> None:
    """Every key and what it does."""
    places = flow(key_widths(keys, type), 3 * type.unit, rect.width)
    for (cap, text), (x, line) in zip(keys, places, strict=True):
        box = pygame.Rect(rect.left + x, 0, _cap_width(cap, type), _cap_height(type))
        box.top = rect.top + line * (box.height + type.unit)
        pygame.draw.rect(surface, RULE, box.move(0, 2), border_radius=5)
        pygame.draw.rect(surface, CARD, box, border_radius=5)
        pygame.draw.rect(surface, mix(RULE, INK, 0.15), box, 1, border_radius=5)
        type.write(surface, cap, "label", INK, center=box.center)
        at = (box.right + type.unit, box.centery)
        type.write(surface, text, "small", MUTED, midleft=at)


def _cap_width(cap: str, type: Typeset) -> int:
    return max(type.width(cap, "label") + 2 * type.unit, _cap_height(type))


def _cap_height(type: Typeset) -> int:
    return type.height("label") + type.unit


# --- the legend below the board --------------------------------------------------------------


def legend_items(level: Level, type: Typeset) -> list[tuple[pygame.Surface, str]]:
    """Pictures and words: the goal, and the tiles that cost or do something else than floor."""
    side = type.height("small") + type.unit // 2
    items = [(goal_mark(side * 2, level.goal == "hidden"), GOAL_TEXT[level.goal])]
    present = set("".join(level.rows)) - {START, GOAL, CANDIDATE, FLOOR}
    tiles = {t.name: t for t in TILES if t.char in present and t.passable}  # one of each name
    for tile in tiles.values():
        cost = level.cost(tile.char)
        words = tile.name if cost == level.cost(FLOOR) else f"{tile.name} costs {text_of(cost)}"
        items.append((swatch(tile.char, side), words))
    return items


def legend_places(
    items: Sequence[tuple[pygame.Surface, str]], width: int, type: Typeset
) -> tuple[list[tuple[int, int]], int]:
    """(x, line) of each item, the goal in a line of its own; and the legend's height in px."""
    widths = [p.get_width() + type.unit + type.width(t, "small") for p, t in items[1:]]
    places = flow(widths, 2 * type.unit, width)
    lines = places[-1][1] + 1 if places else 0
    height = items[0][0].get_height() + lines * (type.height("small") + type.unit)
    return [(0, 0), *((x, line + 1) for x, line in places)], height


def draw_legend(
    surface: pygame.Surface,
    rect: pygame.Rect,
    items: Sequence[tuple[pygame.Surface, str]],
    type: Typeset,
) -> None:
    """What the pictures on the board mean."""
    places, _ = legend_places(items, rect.width, type)
    line_height = type.height("small") + type.unit
    first = items[0][0].get_height()
    for i, ((picture, text), (x, line)) in enumerate(zip(items, places, strict=True)):
        middle = first // 2 if not line else first + line * line_height - line_height // 2
        y = rect.top + middle
        box = picture.get_rect(midleft=(rect.left + x, y))
        surface.blit(picture, box)
        left = box.right + type.unit
        text = type.fit(text, "small", rect.right - left)
        type.write(surface, text, "small", INK if not i else MUTED, midleft=(left, y))


# --- the panel -------------------------------------------------------------------------------


def draw_panel(surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset) -> None:
    """Level, progress, plot and numbers, from top to bottom; the plot takes what room there is."""
    pygame.draw.rect(surface, CARD, rect, border_radius=type.unit + 4)
    pygame.draw.rect(surface, RULE, rect, 1, border_radius=type.unit + 4)
    inside = rect.inflate(-5 * type.unit, -4 * type.unit)
    y = _draw_level(surface, inside, facts, type) + type.unit
    pygame.draw.line(surface, RULE, (inside.left, y), (inside.right, y))
    y = _draw_progress(surface, inside, y + type.unit * 3 // 2, facts, type) + 2 * type.unit
    table = (type.height("small") + type.unit * 3 // 4) * (len(facts.rows) + 1)
    plot = pygame.Rect(inside.left, y, inside.width, inside.bottom - table - type.unit - y)
    if plot.height > 5 * type.height("small"):
        _draw_plot(surface, plot, facts, type)
    _draw_table(surface, inside, inside.bottom - table, facts.rows, type)


def _draw_level(surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset) -> int:
    """Name, badge and identity of the level; returns the y below."""
    style = "title" if type.width(facts.title, "title") <= rect.width else "heading"
    title = type.fit(facts.title, style, rect.width)
    y = type.write(surface, title, style, INK, topleft=rect.topleft).bottom + type.unit // 2
    hue = MUTED if facts.seen else AGENT
    badge = draw_pill(surface, facts.badge, hue, (rect.left, y), type)
    left = badge.right + type.unit
    about = type.fit(facts.about, "small", rect.right - left)
    type.write(surface, about, "small", MUTED, midleft=(left, badge.centery))
    y = badge.bottom + type.unit * 3 // 4
    identity = type.fit(facts.identity, "mono", rect.width)
    return type.write(surface, identity, "mono", MUTED, topleft=(rect.left, y)).bottom


def draw_pill(
    surface: pygame.Surface, text: str, hue: Colour, topleft: tuple[int, int], type: Typeset
) -> pygame.Rect:
    """A short word on a tinted ground with round ends. Returns its rectangle."""
    picture = type.render(text, "label", mix(hue, INK, 0.3))
    box = picture.get_rect(topleft=topleft).inflate(2 * type.unit, type.unit // 2)
    box.topleft = topleft

    def paint(canvas: pygame.Surface, factor: int) -> None:
        whole = canvas.get_rect()
        pygame.draw.rect(canvas, mix(hue, WHITE, 0.86), whole, border_radius=whole.height // 2)

    surface.blit(smooth(box.size, paint), box)
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
    heading = type.write(surface, text, "heading", INK, topleft=(rect.left, y))
    draw_pill(surface, facts.state, STATE_HUES[facts.state], (rect.right - width, y), type)
    y = heading.bottom + type.unit
    _draw_pips(surface, pygame.Rect(rect.left, y, rect.width, type.unit * 3 // 4), facts)
    y += type.unit * 3 // 2
    tempo = type.write(surface, facts.tempo, "small", MUTED, topright=(rect.right, y))
    left = rect.left
    if facts.hue:
        surface.fill(facts.hue, (left, tempo.centery - 1, 2 * type.unit, 4))
        left += 3 * type.unit
    doing = type.fit(facts.doing, "small", tempo.left - left - type.unit)
    return type.write(surface, doing, "small", MUTED, topleft=(left, y)).bottom


def _draw_pips(surface: pygame.Surface, rect: pygame.Rect, facts: Facts) -> None:
    """A bar in as many parts as there are steps, filled up to this one."""
    count = facts.steps + 1
    pitch = (rect.width + 4) / count
    gap = 4 if pitch > 8 else 0
    for k in range(count):
        left, right = round(rect.left + k * pitch), round(rect.left + (k + 1) * pitch) - gap
        done = facts.step is not None and k <= facts.step
        colour = AGENT if k == facts.step else mix(AGENT, WHITE, 0.55) if done else RULE
        bar = pygame.Rect(left, rect.top, min(right, rect.right) - left, rect.height)
        pygame.draw.rect(surface, colour, bar, border_radius=rect.height // 2)


def _draw_plot(surface: pygame.Surface, rect: pygame.Rect, facts: Facts, type: Typeset) -> None:
    top = type.write(surface, "Return after each step", "label", INK, topleft=rect.topleft)
    hint = type.width("higher is better", "small")
    if top.width + hint + 3 * type.unit < rect.width:
        type.write(surface, "higher is better", "small", MUTED, topright=rect.topright)
    below = top.bottom + type.unit // 2
    area = pygame.Rect(rect.left, below, rect.width, rect.bottom - below)
    curves = [row.curve for row in facts.rows if row.curve.values]
    draw_plot(surface, area, facts.axes, curves, facts.step, type)


def _draw_table(
    surface: pygame.Surface, rect: pygame.Rect, y: int, rows: Sequence[Row], type: Typeset
) -> None:
    """The numbers of each agent, in columns that are aligned to the right."""
    line = type.height("small") + type.unit * 3 // 4
    ends = column_ends(rect, type)
    for text, right in zip(COLUMNS, ends, strict=True):
        type.write(surface, text, "small", MUTED, topright=(right, y))
    for row in rows:
        y += line
        pygame.draw.line(surface, FAINT, (rect.left, y - 3), (rect.right, y - 3))
        middle = y + type.height("small") // 2
        picture = _marker(row.curve, type)
        box = surface.blit(picture, picture.get_rect(midleft=(rect.left, middle)))
        name = type.fit(row.curve.name, "label", rect.width * NAME_SHARE - box.width)
        at = (box.right + type.unit // 2, middle)
        type.write(surface, name, "label", row.curve.text_colour, midleft=at)
        for text, right in zip(row.numbers, ends, strict=True):
            type.write(surface, text, "small", INK, midright=(right, middle))


def column_ends(rect: pygame.Rect, type: Typeset) -> list[float]:
    """Where the columns end on the right: as wide as their heads, with equal gaps."""
    widths = [type.width(head, "small") for head in COLUMNS]
    gap = (rect.width * (1 - NAME_SHARE) - sum(widths)) / len(widths)
    ends = itertools.accumulate(width + gap for width in widths)
    return [rect.left + rect.width * NAME_SHARE + end for end in ends]


def _marker(curve: Curve, type: Typeset) -> pygame.Surface:
    """The curve's marker as in the plot."""
    side = type.unit + type.unit // 2

    def paint(canvas: pygame.Surface, factor: int) -> None:
        box = canvas.get_rect().inflate(-2 * factor, -2 * factor)
        if curve.marker == "dot":
            pygame.draw.circle(canvas, curve.colour, box.center, box.width / 2)
        else:
            pygame.draw.rect(canvas, curve.colour, box, 2 * factor)

    return smooth((side, side), paint)


def draw_notice(
    surface: pygame.Surface, rect: pygame.Rect, heading: str, text: str, type: Typeset
) -> None:
    """A note over the lower part of the board: a heading, and as much of the text as has room."""
    width = min(rect.width - 4 * type.unit, round(560 * type.scale))
    lines = type.wrap(text, "small", width - 4 * type.unit)
    most = max(1, (rect.height - 8 * type.unit) // type.height("small") - 2)
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    line = type.height("small")
    gap = type.unit // 2
    height = type.height("heading") + gap + len(lines) * line + 3 * type.unit
    box = pygame.Rect(0, 0, width, height)
    box.midbottom = rect.centerx, rect.bottom - 3 * type.unit
    pygame.draw.rect(surface, PAPER, box, border_radius=type.unit)
    pygame.draw.rect(surface, ALERT, box, 2, border_radius=type.unit)
    y = box.top + 3 * type.unit // 2
    left = box.left + 2 * type.unit
    y = type.write(surface, heading, "heading", ALERT, topleft=(left, y)).bottom + gap
    for text in lines:
        type.write(surface, text, "small", INK, topleft=(left, y))
        y += line


def numbers_of(value: float, score: float, episodes: int, env_steps: int) -> tuple[str, ...]:
    """The texts of a row: return, score in per cent, episodes and environment steps spent."""
    return number(value), f"{number(100 * score, 0)} %", f"{episodes:,}", f"{env_steps:,}"


NO_NUMBERS = ("–",) * len(COLUMNS)

"""A drawing of the outer and the inner loop, in which the phase of a training is lit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import pygame

from game.session.messages import Phase
from game.view.draw.theme import Colour, Typeset, mix

INNER = (Phase.EPISODES, Phase.ADAPTATION)
WORDS = {  # phase: what happens, for a sentence
    Phase.TASKS: "Outer loop: draw tasks",
    Phase.EPISODES: "Inner loop: walk on each task",
    Phase.ADAPTATION: "Inner loop: a gradient step on each task",
    Phase.UPDATE: "Outer loop: improve the starting point",
    Phase.EVALUATION: "Evaluation: measure the score",
}
CHIPS = {  # phase: its two lines
    Phase.TASKS: ("draw", "tasks"),
    Phase.EPISODES: ("sample", "walks"),
    Phase.ADAPTATION: ("gradient", "step"),
    Phase.UPDATE: ("improve", "the start"),
}


@dataclass(frozen=True)
class LoopFacts:
    """What the drawing shows: the phase, whether it lies behind, which phases exist, counts."""

    phase: Phase | None
    is_slowed: bool
    reported: frozenset[Phase]
    iteration: int
    tasks: int  # drawn so far; 0 if that is not known
    different: int = 0  # tasks that they are drawn from; 0: there is no end of them


class LoopPlaces(NamedTuple):
    """The places of the loops in the drawing, if there was room for it, and the y below."""

    bottom: int
    outer: pygame.Rect | None = None
    inner: pygame.Rect | None = None


def loops_height(type: Typeset) -> int:
    """Return the height of the drawing in px."""
    return 5 * type.height("small") + 7 * type.unit


def draw_loops(
    surface: pygame.Surface, rect: pygame.Rect, facts: LoopFacts, type: Typeset
) -> LoopPlaces:
    """Draw the loops, or a sentence if there is no room for them. Return where they are."""
    if rect.height < loops_height(type):
        return LoopPlaces(_draw_sentence(surface, rect, facts, type))
    palette, unit, small = type.palette, type.unit, type.height("small")
    frame = pygame.Rect(rect.left, rect.top, rect.width, loops_height(type))
    is_inner = facts.phase in INNER
    is_outer = facts.phase in (Phase.TASKS, Phase.UPDATE)
    _draw_frame(surface, frame, is_outer, type)
    left, right = frame.left + unit, frame.right - unit
    y = _draw_heading(surface, (left, frame.top + unit // 2), right, facts, is_outer, type)

    chips = [phase for phase in CHIPS if phase is not Phase.ADAPTATION or phase in facts.reported]
    widths = {phase: _chip_width(phase, type) for phase in chips}
    inside = [phase for phase in chips if phase in INNER]
    spare = right - left - sum(widths.values()) - 2 * unit
    gap = max(unit, min(5 * unit, spare // len(chips)))
    total = sum(widths.values()) + gap * (len(chips) - 1) + 2 * unit
    x = left + max(0, (right - left - total) // 2)
    top, high = y + small + unit // 2, 2 * small + unit // 2
    boxes: dict[Phase, pygame.Rect] = {}
    for phase in chips:
        x += unit if inside and phase is inside[0] else 0
        boxes[phase] = pygame.Rect(x, top, widths[phase], high)
        x += widths[phase] + gap + (unit if inside and phase is inside[-1] else 0)
    inner = boxes[inside[0]].union(boxes[inside[-1]]).inflate(2 * unit, unit)
    inner.top, inner.height = inner.top - small, inner.height + small + unit
    _draw_frame(surface, inner, is_inner, type)
    ink = palette.texts[0] if is_inner else palette.muted
    title = "inner loop, on each task" if len(inside) > 1 else "inner loop"
    title = title if type.width(title, "small") < inner.width - unit else "inner loop"
    type.write(surface, title, "small", ink, midtop=(inner.centerx, inner.top + unit // 4))
    for phase, box in boxes.items():
        _draw_chip(surface, box, CHIPS[phase], phase is facts.phase, type)
    places = [*boxes.values()]
    for a, b in itertools.pairwise(places):
        _draw_arrow(surface, (a.right + 2, a.centery), (b.left - 2, a.centery), type)
    if len(inside) > 1:
        _draw_back(surface, boxes[inside[0]], boxes[inside[-1]], inner.bottom - unit, type)
    _draw_back(surface, places[0], places[-1], frame.bottom - small // 2 - unit, type)
    _draw_moment(surface, frame, facts, type)
    return LoopPlaces(frame.bottom, frame, inner)


def _draw_sentence(
    surface: pygame.Surface, rect: pygame.Rect, facts: LoopFacts, type: Typeset
) -> int:
    """Write the phase in a line, if there is room for one."""
    if rect.height < type.height("small") or facts.phase is None:
        return rect.top
    text = f"{WORDS[facts.phase]}{' (slowed down)' if facts.is_slowed else ''}"
    text = type.fit(text, "small", rect.width)
    return type.write(surface, text, "small", type.palette.texts[0], topleft=rect.topleft).bottom


def _draw_heading(
    surface: pygame.Surface,
    at: tuple[int, int],
    right: int,
    facts: LoopFacts,
    is_lit: bool,
    type: Typeset,
) -> int:
    """Write the outer loop's name and the number of tasks. Return the y below."""
    palette = type.palette
    ink = palette.texts[0] if is_lit else palette.muted
    head = type.write(surface, "outer loop", "small", ink, topleft=at)
    text = type.fit(_count(facts), "small", right - head.right - 2 * type.unit)
    type.write(surface, text, "small", palette.ink, topright=(right, at[1]))
    return head.bottom


def _count(facts: LoopFacts) -> str:
    """Return how many tasks were drawn so far, and from how many."""
    if not facts.tasks:
        return f"iteration {facts.iteration:,}"
    if not facts.different:
        return f"{facts.tasks:,} tasks so far"
    return f"{facts.tasks:,} draws from {facts.different:,} tasks"


def _draw_frame(surface: pygame.Surface, rect: pygame.Rect, is_lit: bool, type: Typeset) -> None:
    """Draw the frame of a loop; a lit one is tinted, with a thick line."""
    palette = type.palette
    if is_lit:
        tint = mix(palette.card, palette.agent, 0.12)
        pygame.draw.rect(surface, tint, rect, border_radius=type.unit)
    else:
        pygame.draw.rect(surface, palette.card, rect, border_radius=type.unit)
    hue, width = (palette.agent, 3) if is_lit else (palette.rule, 2)
    pygame.draw.rect(surface, hue, rect, width, border_radius=type.unit)


def _chip_width(phase: Phase, type: Typeset) -> int:
    return max(type.width(line, "small") for line in CHIPS[phase]) + type.unit


def _draw_chip(
    surface: pygame.Surface,
    rect: pygame.Rect,
    lines: tuple[str, str],
    is_lit: bool,
    type: Typeset,
) -> None:
    """Draw a phase; the one that is lit is filled."""
    palette = type.palette
    ground = palette.agent if is_lit else palette.faint
    pygame.draw.rect(surface, ground, rect, border_radius=type.unit // 2)
    ink: Colour = palette.card if is_lit else palette.ink
    y = rect.top + (rect.height - 2 * type.height("small")) // 2
    for line in lines:
        y = type.write(surface, line, "small", ink, midtop=(rect.centerx, y)).bottom


def _draw_arrow(
    surface: pygame.Surface, a: tuple[int, int], b: tuple[int, int], type: Typeset
) -> None:
    """Draw an arrow to the right."""
    hue, head = type.palette.muted, max(3, type.unit // 2)
    pygame.draw.line(surface, hue, a, (b[0] - head, b[1]), 2)
    tip = [(b[0], b[1]), (b[0] - head, b[1] - head), (b[0] - head, b[1] + head)]
    pygame.draw.polygon(surface, hue, tip)


def _draw_back(
    surface: pygame.Surface, first: pygame.Rect, last: pygame.Rect, y: int, type: Typeset
) -> None:
    """Draw the way from the last phase of a loop back to its first one, along a height `y`."""
    hue, head = type.palette.muted, max(3, type.unit // 2)
    x, top = first.centerx, first.bottom + 1
    points = [(last.centerx, last.bottom + 1), (last.centerx, y), (x, y), (x, top + head)]
    pygame.draw.lines(surface, hue, False, points, 2)
    pygame.draw.polygon(surface, hue, [(x, top), (x - head, top + head), (x + head, top + head)])


def _draw_moment(
    surface: pygame.Surface, frame: pygame.Rect, facts: LoopFacts, type: Typeset
) -> None:
    """Write on the outer loop's way back that the score is measured, or that the pace is not the
    training's own."""
    palette, unit = type.palette, type.unit
    said, ink = "shown slowed down" if facts.is_slowed else "", palette.muted
    if facts.phase is Phase.EVALUATION:
        said, ink = "now: measure the score", palette.texts[0]
    if said:
        text = type.render(said, "small", ink)
        place = text.get_rect(midbottom=(frame.centerx, frame.bottom - unit))
        ground = surface.get_at((frame.left + unit, frame.bottom - unit))
        surface.fill(ground, place.inflate(unit, 0))
        surface.blit(text, place)

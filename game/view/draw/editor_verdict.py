"""The verdict of the editor: what a level is worth, in a pill, a sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Callable

import pygame

from game.view.draw.layout import flow
from game.view.draw.spots import Spot, clicked
from game.view.draw.text_boxes import draw_pill
from game.view.draw.theme import Typeset, mix
from game.view.model.verdict_facts import BAD, GOOD, WAITING, WARNING, Piece, VerdictFacts

WHY_LINES = 3  # at most
ADVICE_LINES = 3  # of one piece of advice
DO_IT = "do it"  # on the button of advice
TONES = {GOOD: "goal", WARNING: "agent", BAD: "alert", WAITING: "muted"}  # fields of the palette


def draw_verdict(
    surface: pygame.Surface,
    rect: pygame.Rect,
    facts: VerdictFacts,
    apply: Callable[[int], None],
    type: Typeset,
) -> list[Spot]:
    """Draw the verdict from the top of `rect`. Return the spots of its advice."""
    palette, unit = type.palette, type.unit
    hue = getattr(palette, TONES[facts.tone])
    pill = draw_pill(surface, facts.word, hue, rect.topleft, type)
    left, y = pill.right + unit, pill.centery - type.height("small") // 2
    for line in _why_lines(rect, facts, type):
        y = type.write(surface, line, "small", palette.ink, topleft=(left, y)).bottom
    y = max(y, pill.bottom) + unit // 2
    if facts.figures:
        y = _draw_figures(surface, rect, y, facts.figures, type)
    if facts.meter:
        y = _draw_meter(surface, rect, y, *facts.meter, type)
    spots: list[Spot] = []
    for piece in facts.advice:
        y, spot = _draw_piece(surface, rect, y, piece, apply, type)
        spots += [spot] if spot else []
    return spots


def verdict_height(rect: pygame.Rect, facts: VerdictFacts, type: Typeset) -> int:
    """Return the height that the verdict takes within the width of `rect`, in px."""
    line, unit = type.height("small"), type.unit
    why = max(len(_why_lines(rect, facts, type)), 1) * line + unit
    places = _places(rect, facts.figures, type)
    figures = (places[-1][1] + 1) * type.height("label") + unit // 2 if places else 0
    meter = line + unit // 2 if facts.meter else 0
    advice = sum(len(_piece_lines(rect, piece, type)) for piece in facts.advice) * line
    advice += len(facts.advice) * unit // 2
    return why + figures + meter + advice


def _why_lines(rect: pygame.Rect, facts: VerdictFacts, type: Typeset) -> list[str]:
    """Return the lines of the reason, to the right of the pill."""
    pill = type.width(facts.word, "label") + 2 * type.unit
    return type.wrap(facts.why, "small", rect.width - pill - type.unit, WHY_LINES)


def _piece_lines(rect: pygame.Rect, piece: Piece, type: Typeset) -> list[str]:
    """Return the lines of a piece of advice, between its dot and its button."""
    button = 0 if piece.key is None else type.width(DO_IT, "label") + 3 * type.unit
    room = rect.width - 2 * type.unit - button
    return type.wrap(piece.text, "small", room, ADVICE_LINES)


def _places(
    rect: pygame.Rect, figures: tuple[tuple[str, str], ...], type: Typeset
) -> list[tuple[int, int]]:
    """Return (x, line) of each figure within the width of `rect`."""
    widths = [_figure_width(name, value, type) for name, value in figures]
    return flow(widths, 2 * type.unit, rect.width)


def _figure_width(name: str, value: str, type: Typeset) -> int:
    return type.width(name, "small") + type.unit // 2 + type.width(value, "label")


def _draw_figures(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    figures: tuple[tuple[str, str], ...],
    type: Typeset,
) -> int:
    """Draw names with their values, wrapped like words. Return the y below."""
    palette, line = type.palette, type.height("label")
    places = _places(rect, figures, type)
    for (name, value), (x, row) in zip(figures, places, strict=True):
        at = (rect.left + x, y + row * line)
        left = type.write(surface, name, "small", palette.muted, topleft=at).right + type.unit // 2
        value = type.fit(value, "label", rect.right - left)
        type.write(surface, value, "label", palette.ink, topleft=(left, at[1]))
    return y + (places[-1][1] + 1) * line + type.unit // 2


def _draw_meter(
    surface: pygame.Surface, rect: pygame.Rect, y: int, share: float, words: str, type: Typeset
) -> int:
    """Draw a bar that is filled by a share, with its words to the right. Return the y below."""
    palette, unit = type.palette, type.unit
    words = type.fit(words, "small", rect.width * 3 // 4)
    text = type.write(surface, words, "small", palette.muted, topright=(rect.right, y))
    bar = pygame.Rect(rect.left, 0, text.left - rect.left - 2 * unit, unit * 3 // 4)
    bar.centery = text.centery
    pygame.draw.rect(surface, palette.rule, bar, border_radius=bar.height // 2)
    hue = palette.alert if share > 1 else mix(palette.goal, palette.card, 0.15)
    full = bar.copy()
    full.width = max(round(bar.width * min(share, 1.0)), bar.height)
    pygame.draw.rect(surface, hue, full, border_radius=bar.height // 2)
    return text.bottom + unit // 2


def _draw_piece(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    piece: Piece,
    apply: Callable[[int], None],
    type: Typeset,
) -> tuple[int, Spot | None]:
    """Draw a piece of advice. Return the y below it, and its spot if a click applies it."""
    palette, unit, top = type.palette, type.unit, y
    middle = rect.left + unit // 2, y + type.height("small") // 2
    pygame.draw.circle(surface, palette.agent, middle, max(2, unit // 3))
    for line in _piece_lines(rect, piece, type):
        at = (rect.left + 2 * unit, y)
        y = type.write(surface, line, "small", palette.ink, topleft=at).bottom
    if piece.key is None:
        return y + unit // 2, None
    left = rect.right - type.width(DO_IT, "label") - 2 * unit
    draw_pill(surface, DO_IT, palette.goal, (left, top - 1), type)
    box = pygame.Rect(rect.left, top, rect.width, y - top)
    return y + unit // 2, Spot(box, clicked(apply, piece.key))

"""The verdict of the editor: what a level is worth, in a pill, a sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pygame

from game.view.draw.layout import flow
from game.view.draw.spots import Spot, clicked, explained
from game.view.draw.text_boxes import draw_pill
from game.view.draw.theme import Typeset, mix
from game.view.model.verdict_facts import (
    BAD,
    GOOD,
    WAITING,
    WARNING,
    Piece,
    VerdictFacts,
    VerdictNumber,
)

WHY_LINES = 3  # at most
ADVICE_LINES = 3  # of one piece of advice
DO_IT = "do it"  # on the button of advice
METER_HINT = "States of a task, of as many as agents learn on in a short time."
TONES = {GOOD: "goal", WARNING: "agent", BAD: "alert", WAITING: "muted"}  # fields of the palette


def draw_verdict(
    surface: pygame.Surface,
    rect: pygame.Rect,
    facts: VerdictFacts,
    apply: Callable[[int], None],
    type: Typeset,
) -> list[Spot]:
    """Draw the verdict from the top of `rect`. Return its spots: a click on advice applies it."""
    palette, unit = type.palette, type.unit
    hue = getattr(palette, TONES[facts.tone])
    pill = draw_pill(surface, facts.word, hue, rect.topleft, type)
    y = pill.centery - type.height("small") // 2
    for i, line in enumerate(_why_lines(rect, facts, type)):
        left = rect.left if i else pill.right + unit
        y = type.write(surface, line, "small", palette.ink, topleft=(left, y)).bottom
        y = max(y, pill.bottom)
    y = max(y, pill.bottom) + unit // 2
    why = f"{facts.word[:1].upper()}{facts.word[1:]}: {facts.why}" if facts.why else ""
    spots = [explained(pygame.Rect(rect.left, rect.top, rect.width, y - rect.top), why)]
    if facts.figures:
        y, figures = _draw_figures(surface, rect, y, facts.figures, type)
        spots += figures
    if facts.meter:
        top, y = y, _draw_meter(surface, rect, y, *facts.meter, type)
        spots.append(explained(pygame.Rect(rect.left, top, rect.width, y - top), METER_HINT))
    for piece in facts.advice:
        y, spot = _draw_piece(surface, rect, y, piece, apply, type)
        spots.append(spot)
    return spots


def verdict_height(rect: pygame.Rect, facts: VerdictFacts, type: Typeset) -> int:
    """Return the height that the verdict takes within the width of `rect`, in px."""
    line, unit = type.height("small"), type.unit
    why = max(len(_why_lines(rect, facts, type)), 1) * line + 3 * unit // 2
    places = _places(rect, facts.figures, type)
    figures = (places[-1][1] + 1) * type.height("label") + unit // 2 if places else 0
    meter = line + unit // 2 if facts.meter else 0
    advice = sum(len(_piece_lines(rect, piece, type)) for piece in facts.advice) * line
    advice += len(facts.advice) * unit // 2
    return why + figures + meter + advice


def _why_lines(rect: pygame.Rect, facts: VerdictFacts, type: Typeset) -> list[str]:
    """Return the lines of the reason: the first to the right of the pill, the others below it."""
    pill = type.width(facts.word, "label") + 2 * type.unit
    first = type.wrap(facts.why, "small", rect.width - pill - type.unit)[0]
    rest = facts.why.removeprefix(first).strip()
    return [first, *(type.wrap(rest, "small", rect.width, WHY_LINES - 1) if rest else ())]


def _piece_lines(rect: pygame.Rect, piece: Piece, type: Typeset) -> list[str]:
    """Return the lines of a piece of advice, between its dot and its button."""
    button = 0 if piece.key is None else type.width(DO_IT, "label") + 3 * type.unit
    room = rect.width - 2 * type.unit - button
    return type.wrap(piece.text, "small", room, ADVICE_LINES)


def _places(
    rect: pygame.Rect, figures: Sequence[VerdictNumber], type: Typeset
) -> list[tuple[int, int]]:
    """Return (x, line) of each figure within the width of `rect`."""
    return flow([_figure_width(one, type) for one in figures], 2 * type.unit, rect.width)


def _figure_width(figure: VerdictNumber, type: Typeset) -> int:
    return type.width(figure.name, "small") + type.unit // 2 + type.width(figure.value, "label")


def _draw_figures(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    figures: Sequence[VerdictNumber],
    type: Typeset,
) -> tuple[int, list[Spot]]:
    """Draw names with their values, wrapped like words. Return the y below, and their spots."""
    palette, line, spots = type.palette, type.height("label"), []
    places = _places(rect, figures, type)
    for figure, (x, row) in zip(figures, places, strict=True):
        at = (rect.left + x, y + row * line)
        name = type.write(surface, figure.name, "small", palette.muted, topleft=at)
        left = name.right + type.unit // 2
        value = type.fit(figure.value, "label", rect.right - left)
        place = type.write(surface, value, "label", palette.ink, topleft=(left, at[1]))
        spots.append(explained(name.union(place), figure.hint))
    return y + (places[-1][1] + 1) * line + type.unit // 2, spots


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
) -> tuple[int, Spot]:
    """Draw a piece of advice. Return the y below it, and its spot for clicks and hints."""
    palette, unit, top = type.palette, type.unit, y
    middle = rect.left + unit // 2, y + type.height("small") // 2
    pygame.draw.circle(surface, palette.agent, middle, max(2, unit // 3))
    for line in _piece_lines(rect, piece, type):
        at = (rect.left + 2 * unit, y)
        y = type.write(surface, line, "small", palette.ink, topleft=at).bottom
    box = pygame.Rect(rect.left, top, rect.width, y - top)
    if piece.key is None:
        return y + unit // 2, explained(box, piece.text)
    left = rect.right - type.width(DO_IT, "label") - 2 * unit
    draw_pill(surface, DO_IT, palette.goal, (left, top - 1), type)
    return y + unit // 2, Spot(box, clicked(apply, piece.key), hint=piece.text)

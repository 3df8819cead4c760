"""Terms of the glossary in the texts on screen, and the card that explains one beside the mouse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pygame

from game.session.glossary import TERMS, terms_in
from game.view.draw.theme import NotedText, Typeset

WIDEST = 340  # px at scale 1, of a card


class TermSpot(NamedTuple):
    """A term of the glossary on screen, and its place: left, top, width and height in px."""

    term: str
    place: tuple[int, int, int, int]


def term_at(noted: Iterable[NotedText], at: tuple[int, int], type: Typeset) -> TermSpot | None:
    """Return the term at a point of the window, in one of the texts that were noted there."""
    for text, style, place in noted:
        if not place.collidepoint(at):
            continue
        for start, end, term in terms_in(text):
            left = place.left + type.width(text[:start], style)
            width = type.width(text[:end], style) - type.width(text[:start], style)
            box = pygame.Rect(left, place.top, width, place.height)
            if box.collidepoint(at):
                return TermSpot(term, (box.left, box.top, box.width, box.height))
    return None


def draw_term_line(surface: pygame.Surface, spot: TermSpot, type: Typeset) -> None:
    """Draw a dotted line below a term: it can be explained."""
    left, top, width, height = spot.place
    for x in range(left, left + width - 1, 4):
        surface.fill(type.palette.agent, (x, top + height - 2, 2, 2))


def draw_term_card(surface: pygame.Surface, spot: TermSpot, type: Typeset) -> pygame.Rect:
    """Draw what a term means on a card below it, or above where there is no room below.

    Return the place of the card, which is wholly inside the surface where that is large enough.
    """
    palette, unit, whole = type.palette, type.unit, surface.get_rect()
    widest = min(round(WIDEST * type.scale), whole.width - 2 * unit) - 3 * unit
    lines = type.wrap(TERMS[spot.term], "small", widest)
    texts = [(spot.term, "label"), *((line, "small") for line in lines)]
    width = max(type.width(text, style) for text, style in texts)
    high = sum(type.height(style) for _, style in texts) + unit // 2
    box = pygame.Rect(0, 0, width + 3 * unit, high + 2 * unit)
    term = pygame.Rect(spot.place)
    box.topleft = term.left - unit, term.bottom + unit // 2
    if box.bottom > whole.bottom - unit // 2:
        box.bottom = term.top - unit // 2
    box.clamp_ip(whole.inflate(-4 * unit, -unit))
    pygame.draw.rect(surface, palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, palette.agent, box, 1, border_radius=unit)
    at = box.left + unit * 3 // 2, box.top + unit
    y = type.write(surface, spot.term, "label", palette.texts[0], topleft=at).bottom + unit // 2
    for line in lines:
        y = type.write(surface, line, "small", palette.ink, topleft=(at[0], y)).bottom
    return box

"""A question over the screen: a heading, a text, and an answer for each of a few keys."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.key_caps import draw_key, key_widths
from game.view.draw.theme import Typeset


def draw_question(
    surface: pygame.Surface,
    heading: str,
    text: str,
    answers: Sequence[tuple[str, str]],
    type: Typeset,
) -> list[pygame.Rect]:
    """Draw the question in the middle, with (key, meaning) of each answer. Return their places."""
    unit, whole, palette = type.unit, surface.get_rect(), type.palette
    gap = 3 * unit
    keys = sum(key_widths(answers, type)) + gap * (len(answers) - 1)
    width = min(whole.width - 4 * unit, max(keys + 6 * unit, round(520 * type.scale)))
    lines = type.wrap(text, "small", width - 6 * unit)
    high = type.height("heading") + len(lines) * type.height("small") + 9 * unit
    high += type.height("label")
    veil = pygame.Surface(whole.size, pygame.SRCALPHA)
    veil.fill((0, 0, 0, 90))
    surface.blit(veil, (0, 0))
    box = pygame.Rect(0, 0, width, high)
    box.center = whole.center
    pygame.draw.rect(surface, palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, palette.agent, box, 2, border_radius=unit)
    left, y = box.left + 3 * unit, box.top + 2 * unit
    y = type.write(surface, heading, "heading", palette.ink, topleft=(left, y)).bottom + unit
    for line in lines:
        y = type.write(surface, line, "small", palette.ink, topleft=(left, y)).bottom
    y += 2 * unit
    places = []
    for cap, meaning in answers:
        place = draw_key(surface, (left, y), cap, meaning, False, type)
        places.append(place.inflate(unit, unit))
        left = place.right + gap
    return places


def draw_line_field(
    surface: pygame.Surface,
    rect: pygame.Rect,
    text: str,
    caret: int,
    type: Typeset,
) -> list[int]:
    """Draw a text that is being typed into a box, with its caret, which is always in view.

    Return the x of a caret before each of its characters and at its end.
    """
    palette, unit = type.palette, type.unit
    pygame.draw.rect(surface, palette.card, rect, border_radius=unit // 2)
    pygame.draw.rect(surface, palette.agent, rect, 2, border_radius=unit // 2)
    inside = rect.inflate(-2 * unit, 0).clip(surface.get_rect())
    if not inside.width or not inside.height:
        return []
    view = surface.subsurface(inside)
    before = type.width(text[:caret], "mono")
    shift = min(0, inside.width - before - 4)
    type.write(view, text, "mono", palette.ink, midleft=(shift, inside.height // 2))
    x = shift + before
    view.fill(palette.agent, (x, 3, 2, inside.height - 6))
    return [inside.left + shift + type.width(text[:i], "mono") for i in range(len(text) + 1)]

"""The header of every screen: the project's name and one sentence about what is on screen."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.theme import Typeset

NAME = "Gridapt"


def header_height(width: int, type: Typeset) -> int:
    """Return the header's height in px: a narrow window sets the sentence in two small lines."""
    lines = 1 if width >= 72 * type.height("small") else 2
    return max(type.height("heading"), lines * type.height("small"))


def draw_header(
    surface: pygame.Surface, rect: pygame.Rect, sentences: str | Sequence[str], type: Typeset
) -> None:
    """Draw the project's name and the sentence, smaller and wrapped if it is too long.

    `draw_status` may draw something else in the name's place.

    Of several sentences, the first one that fits whole is drawn, or else the last.
    """
    surface.fill(type.palette.paper, rect)
    name = type.render(NAME, "heading", type.palette.ink)
    place = surface.blit(name, name.get_rect(midleft=rect.midleft))
    left, colour = place.right + 2 * type.unit, type.palette.muted
    choices = [sentences] if isinstance(sentences, str) else sentences
    room = max(1, rect.height // type.height("small"))
    for sentence in choices:
        if type.width(sentence, "body") <= rect.right - left:
            type.write(surface, sentence, "body", colour, midleft=(left, rect.centery))
            return
        if len(type.wrap(sentence, "small", rect.right - left)) <= room:
            break
    lines = type.wrap(sentence, "small", rect.right - left, room)
    y = rect.centery - len(lines) * type.height("small") // 2
    for line in lines:
        y = type.write(surface, line, "small", colour, topleft=(left, y)).bottom


def draw_status(
    surface: pygame.Surface, rect: pygame.Rect, lines: Sequence[str], type: Typeset
) -> None:
    """Draw two short lines about what goes on, in place of the project's name in a header.

    They begin in the margin, so that they end before the sentence.
    """
    line = type.height("small")
    width = type.width(NAME, "heading") + 2 * type.unit
    box = pygame.Rect(rect.left - type.unit, 0, width, len(lines) * line)
    box.centery = rect.centery
    surface.fill(type.palette.paper, box)
    for i, text in enumerate(lines):
        at = (box.left, box.top + i * line)
        type.write(surface, text, "small", type.palette.alert, topleft=at)

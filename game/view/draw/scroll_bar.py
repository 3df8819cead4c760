"""The bar beside a list that is longer than its room."""

from __future__ import annotations

import pygame

from game.view.draw.theme import Typeset, mix


def draw_scroll_bar(
    surface: pygame.Surface, rect: pygame.Rect, first: int, shown: int, count: int, type: Typeset
) -> None:
    """Draw which of `count` lines are in view at the right edge of `rect`, if that is not all."""
    if count <= shown:
        return
    bar = pygame.Rect(rect.right - 3, 0, 4, max(8, rect.height * shown // count))
    bar.top = min(rect.top + rect.height * first // count, rect.bottom - bar.height)
    pygame.draw.rect(surface, mix(type.palette.rule, type.palette.ink, 0.2), bar, border_radius=2)

"""A bar that moves to and fro while something is loading whose progress nobody knows."""

from __future__ import annotations

import pygame

from game.view.draw.theme import Typeset

PHASES = 16  # positions of the moving part, there and back
PHASES_PER_SECOND = 8  # each one draws the panel anew
PART = 0.25  # share of the bar that moves


def waiting_phase(seconds: float) -> int:
    """Return the position of the moving part after so many seconds, 0 to `PHASES` - 1."""
    return int(seconds * PHASES_PER_SECOND) % PHASES


def draw_waiting_bar(surface: pygame.Surface, rect: pygame.Rect, phase: int, type: Typeset) -> None:
    """Draw the bar with its moving part, which slows down at both ends."""
    way = abs(2 * phase / PHASES - 1)  # 1 at the right end, 0 at the left one
    eased = way * way * (3 - 2 * way)
    radius = rect.height // 2
    pygame.draw.rect(surface, type.palette.rule, rect, border_radius=radius)
    width = round(rect.width * PART)
    left = rect.left + round((rect.width - width) * eased)
    part = pygame.Rect(left, rect.top, width, rect.height)
    pygame.draw.rect(surface, type.palette.agent, part, border_radius=radius)

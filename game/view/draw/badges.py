"""Badges: the characters of a level's own legend, in a corner of the cells that have them.

They tell apart what looks alike otherwise, such as two kinds of coins.
"""

from __future__ import annotations

from functools import lru_cache

import pygame

from game.text.level import Level
from game.text.tiles import BOXES
from game.view.draw.theme import Palette, mix, smooth

LEAST_BADGED = 20  # px: smaller cells have no badges, which would not be legible
SHARE, LEAST_HEIGHT = 0.36, 13  # of the cell's side; px
INSET = 0.04  # of the cell's side: from its corner


def has_badge(level: Level, char: str) -> bool:
    """Whether a character of the map gets a badge.

    Boxes get none: the states of a level do not say which of them is which.
    """
    return level.tile(char) not in (char, *BOXES)


@lru_cache(maxsize=256)
def badge(char: str, cell: int, palette: Palette) -> pygame.Surface:
    """Return the badge of a character for cells of `cell` px."""
    height = max(LEAST_HEIGHT, round(cell * SHARE))
    letter = _font(round(height * 1.15)).render(char, True, palette.ink)
    size = (max(height, letter.get_width() + height // 3), height)
    rim = mix(palette.ink, palette.card, 0.35)

    def paint(surface: pygame.Surface, factor: int) -> None:
        whole, radius = surface.get_rect(), height * factor // 3
        pygame.draw.rect(surface, palette.card, whole, border_radius=radius)
        pygame.draw.rect(surface, rim, whole, factor, border_radius=radius)

    picture = smooth(size, paint, palette.card)
    ink = letter.get_bounding_rect()
    place = ink.copy()
    place.center = picture.get_rect().center
    picture.blit(letter, place, ink)
    return picture


def put_badge(surface: pygame.Surface, box: pygame.Rect, char: str, palette: Palette) -> None:
    """Draw the badge of a character into the lower right corner of a cell, if it has room."""
    if box.width < LEAST_BADGED:
        return
    picture, inset = badge(char, box.width, palette), round(box.width * INSET)
    surface.blit(picture, picture.get_rect(bottomright=(box.right - inset, box.bottom - inset)))


def _font(size: int) -> pygame.font.Font:
    return pygame.font.Font(None, size)

"""The palette of the editor: a swatch with its key for each tile that can be painted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import pygame

from game.text.level import Level
from game.text.tiles import BY_CHAR, TILES
from game.view.draw.badges import badge
from game.view.draw.marks import badged_swatch, swatch
from game.view.draw.theme import Palette, Typeset

# of which only those in use are offered, and the next one
FAMILIES = (tuple("123456789"), ("aA", "bB", "cC", "dD"))

LEAST_PITCH = 30  # px: in a smaller swatch the character would hide the picture


def palette_chars(level: Level) -> list[str]:
    """Return the characters that the palette shows, in the order of the tile table.

    Of the teleporters, keys and doors it shows those that the map has, and the next one.
    """
    hidden: set[str] = set()
    for family in FAMILIES:
        used = [i for i, chars in enumerate(family) if level.has(chars)]
        for chars in family[max(used, default=-1) + 2 :]:
            hidden |= set(chars)
    own = [one.char for one in level.legend]
    return [tile.char for tile in TILES if tile.char not in hidden] + own


def palette_pitch(type: Typeset) -> int:
    """Return the distance between two swatches in px."""
    return max(4 * type.unit, LEAST_PITCH)


def palette_rows(count: int, width: int, type: Typeset) -> int:
    """Return the number of rows that so many swatches take."""
    return -(-count // max(1, width // palette_pitch(type)))


def draw_palette(
    surface: pygame.Surface,
    rect: pygame.Rect,
    level: Level,
    chosen: str,
    chars: Sequence[str],
    type: Typeset,
) -> list[tuple[pygame.Rect, str]]:
    """Draw the swatches in rows from the top of `rect`. Return the place of each."""
    pitch = palette_pitch(type)
    across = max(1, rect.width // pitch)
    side = pitch - 4
    places = []
    for i, char in enumerate(chars):
        box = pygame.Rect(
            rect.left + i % across * pitch, rect.top + i // across * pitch, side, side
        )
        if char in BY_CHAR:
            picture = _keyed(char, side, type.palette, level.goal == "hidden")
        else:
            picture = badged_swatch(level, char, side, type.palette)
        surface.blit(picture, box)
        if char == chosen:
            pygame.draw.rect(surface, type.palette.card, box.inflate(2, 2), 2, border_radius=4)
            pygame.draw.rect(surface, type.palette.agent, box.inflate(6, 6), 3, border_radius=5)
        places.append((box, char))
    return places


@lru_cache(maxsize=512)
def _keyed(char: str, side: int, palette: Palette, hidden: bool) -> pygame.Surface:
    """Return a tile's swatch with its character in the corner. It is shared."""
    picture = swatch(char, side, palette, hidden)
    letter = badge(char, max(side, 24), palette)
    picture.blit(letter, letter.get_rect(bottomright=picture.get_rect().bottomright))
    return picture

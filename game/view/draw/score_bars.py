"""Score bars: the scores of episodes as small bars, for panels without room for a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.view.draw.curve_markers import marker_picture
from game.view.draw.number_table import name_share
from game.view.draw.theme import Typeset

LEAST_BAR, MOST_PITCH = 2, 40  # px: least height of a bar, greatest width of its slot
MOST_LINES = 2.2  # greatest height of a row, in lines of small text


@dataclass(frozen=True)
class ScoreRow:
    """A player's row: name, hue, scores (0..1) of the episodes so far, and a text at the end."""

    name: str
    hue: int
    scores: tuple[float, ...]
    text: str


def least_bars_height(rows: int, type: Typeset) -> int:
    """Return the height in px below which rows of bars have no room."""
    return rows * (type.height("small") + LEAST_BAR)


def draw_score_bars(
    surface: pygame.Surface, rect: pygame.Rect, rows: Sequence[ScoreRow], count: int, type: Typeset
) -> None:
    """Draw one row of bars for each player at the bottom of `rect`, with slots for `count`
    episodes. Scores outside 0..1 are drawn as the nearest of both."""
    high = min(rect.height // len(rows), round(MOST_LINES * type.height("small")))
    share = name_share([row.name for row in rows], rect.width, type)
    texts = max(type.width(row.text, "small") for row in rows) + type.unit
    left, right = rect.left + round(share * rect.width), rect.right - texts
    pitch = min((right - left) / count, MOST_PITCH)
    for k, row in enumerate(rows):
        line = pygame.Rect(rect.left, rect.bottom - (len(rows) - k) * high, rect.width, high)
        picture = marker_picture(row.hue, type)
        box = surface.blit(picture, picture.get_rect(midleft=line.midleft))
        at = (box.right + type.unit // 2, line.centery)
        name = type.fit(row.name, "label", left - at[0] - type.unit)
        type.write(surface, name, "label", type.palette.texts[row.hue], midleft=at)
        type.write(surface, row.text, "small", type.palette.ink, midright=line.midright)
        for i in range(count):
            slot = pygame.Rect(round(left + i * pitch), line.top + 2, 0, high - 4)
            slot.width = max(round(left + (i + 1) * pitch) - slot.left - 2, 1)
            pygame.draw.rect(surface, type.palette.faint, slot)
            if i < len(row.scores):
                bar = round(slot.height * min(max(row.scores[i], 0.0), 1.0))
                slot.top, slot.height = slot.bottom - max(bar, LEAST_BAR), max(bar, LEAST_BAR)
                pygame.draw.rect(surface, type.palette.agents[row.hue], slot)

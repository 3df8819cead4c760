"""The legend below a board: the goal mark and the special tiles, each with its meaning."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.text.level import Level
from game.text.tiles import CANDIDATE, FLOOR, GOAL, START, TILES
from game.text.values import text_of
from game.view.draw.layout import flow
from game.view.draw.marks import goal_mark, swatch
from game.view.draw.theme import Typeset

LegendItem = tuple[pygame.Surface, str]  # a picture and its meaning
GOAL_TEXT = {
    "hidden": "goal, hidden from the agent",
    "visible": "goal, visible to the agent",
}


def legend_items(
    level: Level, type: Typeset, goal_text: dict[str, str] = GOAL_TEXT
) -> list[LegendItem]:
    """Return the legend of a level: the goal, then each passable tile other than plain floor.

    `goal_text` maps "hidden" and "visible" to the goal's meaning.
    """
    side = type.height("small") + type.unit // 2
    goal = goal_mark(side + type.unit // 2, level.goal == "hidden", type.palette)
    items = [(goal, goal_text[level.goal])]
    present = set("".join(level.rows)) - {START, GOAL, CANDIDATE, FLOOR}
    tiles = {t.name: t for t in TILES if t.char in present and t.passable}  # one of each name
    for tile in tiles.values():
        cost = level.cost(tile.char)
        words = tile.name if cost == level.cost(FLOOR) else f"{tile.name} costs {text_of(cost)}"
        items.append((swatch(tile.char, side, type.palette), words))
    return items


def legend_places(
    items: Sequence[LegendItem], width: int, type: Typeset
) -> tuple[list[tuple[int, int]], int]:
    """Return (x, line) of each item in a legend of `width` px, and the legend's height in px."""
    widths = [p.get_width() + type.unit + type.width(t, "small") for p, t in items]
    places = flow(widths, 2 * type.unit, width)
    return places, (places[-1][1] + 1) * _line_height(type)


def draw_legend(
    surface: pygame.Surface, rect: pygame.Rect, items: Sequence[LegendItem], type: Typeset
) -> None:
    """Draw the pictures and their meanings, wrapped like words."""
    places, _ = legend_places(items, rect.width, type)
    for (picture, text), (x, line) in zip(items, places, strict=True):
        y = rect.top + line * _line_height(type) + _line_height(type) // 2
        box = picture.get_rect(midleft=(rect.left + x, y))
        surface.blit(picture, box)
        left = box.right + type.unit
        text = type.fit(text, "small", rect.right - left)
        type.write(surface, text, "small", type.palette.muted, midleft=(left, y))


def _line_height(type: Typeset) -> int:
    return type.height("small") + type.unit

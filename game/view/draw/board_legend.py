"""The legend below a board: the goal mark and the special tiles, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pygame

from game.text.level import ENDS_BOXES, Level
from game.text.tiles import (
    BOX_ON_TARGET,
    BY_CHAR,
    CANDIDATE,
    FLOOR,
    GOAL,
    START,
    START_ON_TARGET,
    TARGET,
    TARGETS,
    TILES,
)
from game.view.draw.layout import Heights, Layout, arrange, flow
from game.view.draw.marks import badged_swatch, goal_mark, swatch, things_mark
from game.view.draw.theme import Typeset
from game.view.model.tile_words import Hidden, tile_words

LegendItem = tuple[pygame.Surface, str]  # a picture and its meaning
GOAL_TEXT = {
    "hidden": "goal, hidden from the agent",
    "visible": "goal, visible to the agent",
}
BOXES_TEXT = "goal: every box on a target"
MOST_LINES = 5  # what takes more lines is left out
WIDEST = 45  # of a text, in units of the spacing
NOT_LISTED = {START, START_ON_TARGET, GOAL, CANDIDATE, FLOOR, BOX_ON_TARGET}


def legend_items(
    level: Level,
    type: Typeset,
    goal_text: dict[str, str] = GOAL_TEXT,
    hidden: Hidden | None = None,
    reveal: bool = True,
) -> list[LegendItem]:
    """Return the legend of a level: the goal, then its special tiles, then its own characters.
    A level with a world of its own lists the hidden things of that alone.

    `goal_text` maps "hidden" and "visible" to the goal's meaning. `hidden` are the settings that
    were drawn; their values are shown only if `reveal` is true.
    """
    hidden, side = hidden or {}, type.height("small") + type.unit // 2
    large = side + type.unit // 2
    items = []
    if level.world:
        for tile, _ in level.world.things:
            if mark := things_mark([(tile, False)], large, type.palette):
                items.append((mark, thing_text(tile, goal_text)))
    elif level.ends == ENDS_BOXES:
        items = [(swatch(BOX_ON_TARGET, large, type.palette), BOXES_TEXT)]
    else:
        mark = goal_mark(large, level.goal == "hidden", type.palette)
        items = [(mark, goal_text[level.goal])]
    for char in listed_chars(level, hidden, reveal):
        picture = badged_swatch(level, char, side if char in BY_CHAR else large, type.palette)
        text = tile_words(level, char, hidden, reveal)
        items.append((picture, type.fit(text, "small", WIDEST * type.unit)))
    return items


def thing_text(tile: str, goal_text: dict[str, str] = GOAL_TEXT) -> str:
    """Return the meaning of a hidden thing of a world, in the words for a hidden goal."""
    return goal_text["hidden"].replace("goal", BY_CHAR[tile].name, 1)


def listed_chars(level: Level, hidden: Hidden, reveal: bool) -> Iterator[str]:
    """Yield the characters of the map that the legend lists: one tile of each name, then its own.

    A hidden goal that was drawn is left out unless `reveal` is true, since it would say which of
    several kinds of candidates was drawn.
    """
    present = level.chars - NOT_LISTED
    if level.has(TARGETS):
        present.add(TARGET)
    yield from {t.name: t.char for t in TILES if t.char in present and t.passable}.values()
    goal_drawn = "goal" in hidden and level.goal == "hidden" and not reveal
    for one in level.legend:
        if one.char in present and not (one.tile == GOAL and goal_drawn):
            yield one.char


def arrange_with_legend(
    size: tuple[int, int],
    grid: tuple[float, float],
    heights: Heights,
    legend: Sequence[LegendItem],
    type: Typeset,
    boards: int = 1,
) -> Layout:
    """Return the layout of a window, see `arrange`, with the height that the legend takes."""
    for _ in range(3):  # a higher legend shrinks the board, and that narrows the legend
        layout = arrange(size, grid, type.unit, heights, type.scale, boards)
        heights = replace(heights, legend=legend_places(legend, layout.legend.width, type)[1])
    return layout


def legend_places(
    items: Sequence[LegendItem], width: int, type: Typeset
) -> tuple[list[tuple[int, int]], int]:
    """Return (x, line) of each item in a legend of `width` px, and the legend's height in px.

    Items beyond MOST_LINES have no place.
    """
    widths = [p.get_width() + type.unit + type.width(t, "small") for p, t in items]
    places = [place for place in flow(widths, 2 * type.unit, width) if place[1] < MOST_LINES]
    return places, (places[-1][1] + 1) * _line_height(type) if places else 0


def draw_legend(
    surface: pygame.Surface, rect: pygame.Rect, items: Sequence[LegendItem], type: Typeset
) -> None:
    """Draw the pictures and their meanings, wrapped like words."""
    places, _ = legend_places(items, rect.width, type)
    for (picture, text), (x, line) in zip(items, places):
        y = rect.top + line * _line_height(type) + _line_height(type) // 2
        box = picture.get_rect(midleft=(rect.left + x, y))
        surface.blit(picture, box)
        left = box.right + type.unit
        text = type.fit(text, "small", rect.right - left)
        type.write(surface, text, "small", type.palette.muted, midleft=(left, y))


def _line_height(type: Typeset) -> int:
    return type.height("small") + type.unit

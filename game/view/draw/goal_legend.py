"""The marks of goals for training, validation and test: on the board, and their legend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pygame

from game.authoring.goal_marks import HELD_OUT, TRAIN, VALIDATION
from game.text.level import Cell
from game.view.draw.board import BoardGrid
from game.view.draw.overlay_shapes import cell_box
from game.view.draw.spots import Spot, clicked
from game.view.draw.theme import Colour, Palette, Typeset, mix

MARK_TEXTS = {
    TRAIN: "train: agents learn on tasks with this goal",
    VALIDATION: "validation: these choose the best agent of a training",
    HELD_OUT: "held out: the test, with goals that no training shows",
}
PALE = 0.45  # share of the card's colour in that of a mark


def draw_goal_marks(
    view: pygame.Surface, board: BoardGrid, marks: Mapping[Cell, str], type: Typeset
) -> None:
    """Draw the mark of each candidate in its cell."""
    for cell, mark in marks.items():
        _draw_mark(view, cell_box(board, cell).inflate(-2, -2), mark, type)


def draw_goal_legend(
    surface: pygame.Surface,
    rect: pygame.Rect,
    chosen: str,
    counts: Mapping[str, int],
    choose: Callable[[str], object],
    type: Typeset,
) -> list[Spot]:
    """Draw each mark with its meaning and number of goals. Return their spots: a click chooses."""
    unit, palette, spots = type.unit, type.palette, []
    high = min(rect.height // len(MARK_TEXTS), type.height("label") + 2 * unit)
    for i, (mark, text) in enumerate(MARK_TEXTS.items()):
        row = pygame.Rect(rect.left, rect.top + i * high, rect.width, high)
        box = pygame.Rect(row.left + unit, 0, high - unit, high - unit)
        box.centery = row.centery
        if mark == chosen:
            pale = mix(palette.agent, palette.paper, 0.86)
            pygame.draw.rect(surface, pale, row, border_radius=5)
        _draw_mark(surface, box, mark, type)
        style = "label" if mark == chosen else "small"
        words = type.fit(f"{counts[mark]} {text}", style, row.right - box.right - 2 * unit)
        type.write(surface, words, style, palette.ink, midleft=(box.right + unit, row.centery))
        spots.append(Spot(row, clicked(choose, mark)))
    return spots


def _draw_mark(surface: pygame.Surface, box: pygame.Rect, mark: str, type: Typeset) -> None:
    """Draw a mark: a coloured plate with its letter, where there is room for one."""
    palette = type.palette
    hue = _hue(mark, palette)
    pygame.draw.rect(surface, mix(hue, palette.card, PALE), box, border_radius=box.width // 5)
    thick = max(1, box.width // 16)
    pygame.draw.rect(surface, hue, box, thick, border_radius=box.width // 5)
    if type.height("label") <= box.height + 4:
        type.write(surface, mark.upper(), "label", palette.ink, center=box.center)


def _hue(mark: str, palette: Palette) -> Colour:
    """Return the colour of a mark."""
    return {TRAIN: palette.goal, VALIDATION: palette.agents[1], HELD_OUT: palette.agents[2]}[mark]

"""Tasks side by side on one sheet: boards in cards, each with its id, what was drawn, its figures.

It needs no display.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pygame
from PIL import Image

from game.authoring.figures import TaskFigures
from game.view.draw.actors import Cast
from game.view.draw.board import Board, grid_size
from game.view.draw.theme import LIGHT, Typeset, number
from game.view.window import check_pygame

ABREAST = 4
BOARD = 288  # px: the longer side of the largest board
FINEST, COARSEST = 3, 56  # px of a cell


@dataclass(frozen=True)
class _Card:
    """A task's board and the lines below it."""

    board: pygame.Surface
    identity: str
    figures: str
    drawn: tuple[str, ...]


def save_sheet(path: Path, title: str, known: Sequence[TaskFigures]) -> None:
    """Write a PNG of the tasks. Raises WrongPygame."""
    check_pygame()
    pygame.font.init()
    sheet = draw_sheet(title, known)
    Image.frombytes("RGB", sheet.get_size(), pygame.image.tobytes(sheet, "RGB")).save(path, "PNG")


def draw_sheet(title: str, known: Sequence[TaskFigures]) -> pygame.Surface:
    """The sheet: a title, then the cards, as many abreast as ABREAST and all of one size."""
    type = Typeset(1.0)
    unit = type.unit
    cell = _cell(known)
    cards = [_card(one, cell, type) for one in known]
    room = max(card.board.get_width() for card in cards), max(c.board.get_height() for c in cards)
    width = max(room[0], BOARD * 3 // 4) + 4 * unit
    lines = max(len(card.drawn) for card in cards)
    line = type.height("small")
    height = room[1] + 6 * unit + type.height("mono") + line * (lines + 1)
    columns = min(ABREAST, len(cards))
    rows = -(-len(cards) // columns)
    top = 3 * unit + type.height("heading") + 2 * unit
    size = (
        6 * unit + columns * width + (columns - 1) * 2 * unit,
        top + rows * height + (rows - 1) * 2 * unit + 3 * unit,
    )
    sheet = pygame.Surface(size)
    sheet.fill(LIGHT.paper)
    title = type.fit(title, "heading", size[0] - 6 * unit)
    type.write(sheet, title, "heading", LIGHT.ink, topleft=(3 * unit, 3 * unit))
    for i, card in enumerate(cards):
        row, column = divmod(i, columns)
        left, y = 3 * unit + column * (width + 2 * unit), top + row * (height + 2 * unit)
        _draw_card(sheet, pygame.Rect(left, y, width, height), room[1], card, type)
    return sheet


def _cell(known: Sequence[TaskFigures]) -> int:
    """One side for the cells of all boards."""
    longest = max(max(grid_size(one.task.level)) for one in known)
    return max(FINEST, min(COARSEST, int(BOARD / longest)))


def _card(one: TaskFigures, cell: int, type: Typeset) -> _Card:
    board = Board(one.task.level, cell)
    picture = board.surface.copy()
    begin = int(one.tables.starts[0])
    Cast(one.tables, board).draw(picture, begin, begin, 0.0)
    path = "no way" if one.shortest_path is None else f"path {one.shortest_path}"
    figures = f"optimal {number(one.optimal_return)}   {path}"
    drawn = tuple(f"{what} {value}" for what, value in one.task.drawn)
    return _Card(picture, one.task.id, figures, drawn or (one.task.name,))


def _draw_card(
    sheet: pygame.Surface, rect: pygame.Rect, board: int, card: _Card, type: Typeset
) -> None:
    """The board in the middle of a space `board` px high; below it the lines, from the left."""
    unit = type.unit
    pygame.draw.rect(sheet, LIGHT.card, rect, border_radius=unit)
    pygame.draw.rect(sheet, LIGHT.rule, rect, 1, border_radius=unit)
    middle = rect.centerx, rect.top + 2 * unit + board // 2
    sheet.blit(card.board, card.board.get_rect(center=middle))
    left, room = rect.left + 2 * unit, rect.width - 4 * unit
    y = rect.top + 2 * unit + board + unit
    y = type.write(sheet, card.identity, "mono", LIGHT.muted, topleft=(left, y)).bottom + unit // 2
    for i, text in enumerate((card.figures, *card.drawn)):
        text = type.fit(text, "small", room)
        type.write(sheet, text, "small", LIGHT.muted if i else LIGHT.ink, topleft=(left, y))
        y += type.height("small")

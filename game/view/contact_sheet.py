"""The contact sheet: one picture with the boards of many tasks, each with id, numbers and draws.

No display is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pygame
from PIL import Image

from game.authoring.figures import TaskFigures
from game.view.draw.board import Board, grid_size
from game.view.draw.dynamic_tiles import DynamicTiles
from game.view.draw.theme import LIGHT, Typeset, number
from game.view.window import check_pygame

MOST_COLUMNS = 4
BOARD_SIDE = 288  # px: the longer side of the largest board
FINEST, COARSEST = 3, 56  # px: least and greatest side of a cell


@dataclass(frozen=True)
class _Card:
    """A task's board and the lines below it."""

    board: pygame.Surface
    identity: str
    figures: str
    drawn: tuple[str, ...]


def save_sheet(path: Path, title: str, tasks: Sequence[TaskFigures]) -> None:
    """Write the contact sheet of the tasks as a PNG. Raises WrongPygame."""
    check_pygame()
    pygame.font.init()
    sheet = draw_sheet(title, tasks)
    Image.frombytes("RGB", sheet.get_size(), pygame.image.tobytes(sheet, "RGB")).save(path, "PNG")


def draw_sheet(title: str, tasks: Sequence[TaskFigures]) -> pygame.Surface:
    """Return the sheet: a title, then cards of one size, up to `MOST_COLUMNS` in a row."""
    type = Typeset(1.0)
    unit = type.unit
    cell = _cell_side(tasks)
    cards = [_card(one, cell, type) for one in tasks]
    room = max(card.board.get_width() for card in cards), max(c.board.get_height() for c in cards)
    width = max(room[0], BOARD_SIDE * 3 // 4) + 4 * unit
    lines = max(len(card.drawn) for card in cards)
    line = type.height("small")
    height = room[1] + 6 * unit + type.height("mono") + line * (lines + 1)
    columns = min(MOST_COLUMNS, len(cards))
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


def _cell_side(tasks: Sequence[TaskFigures]) -> int:
    """Return the side in px of the cells of all boards."""
    longest = max(max(grid_size(one.task.level)) for one in tasks)
    return max(FINEST, min(COARSEST, int(BOARD_SIDE / longest)))


def _card(one: TaskFigures, cell: int, type: Typeset) -> _Card:
    """Return the card of a task: its board with cells of `cell` px, and its lines."""
    board = Board(one.task.level, cell)
    picture = board.surface.copy()
    begin = int(one.tables.starts[0])
    DynamicTiles(one.tables, board).draw(picture, begin, begin, 0.0)
    path = "goal unreachable" if one.shortest_path is None else f"path {one.shortest_path}"
    figures = f"optimal {number(one.optimal_return)}   {path}"
    drawn = tuple(f"{name} {value}" for name, value in one.task.drawn)
    return _Card(picture, one.task.id, figures, drawn or (one.task.name,))


def _draw_card(
    sheet: pygame.Surface, rect: pygame.Rect, board: int, card: _Card, type: Typeset
) -> None:
    """Draw the board, centred in a space `board` px high, and the lines below it."""
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

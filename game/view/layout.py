"""Where everything goes in a window of any size: one function, from sizes to rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

SMALLEST = (480, 480)  # below this the window is cut off rather than squeezed
SIDE_BY_SIDE = 1.15  # wider than this (to its height), the panel stands beside the board
PANEL_LEAST, PANEL_MOST = 460, 640  # width in px at scale 1
STACKED_PANEL = 0.48  # of the height, where the panel stands below the board


@dataclass(frozen=True)
class Layout:
    """The regions of the window. `cell` is the side of the board's cells in px."""

    header: pygame.Rect
    board: pygame.Rect
    legend: pygame.Rect
    panel: pygame.Rect
    footer: pygame.Rect
    cell: int


def scale_for(size: tuple[int, int]) -> float:
    """How large type is, compared with a window of 1280 x 800."""
    return min(max(min(size[0] / 1280, size[1] / 800), 0.8), 1.6)


def arrange(
    size: tuple[int, int],
    grid: tuple[float, float],
    unit: int,
    heights: tuple[int, int, int],
    scale: float,
) -> Layout:
    """Lay out a window for a board of `grid` (columns, rows) cells.

    `unit` is the px that all spacing is a multiple of; `heights` are those of header, legend and
    footer.
    """
    width, height = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    header_height, legend_height, footer_height = heights
    inside = pygame.Rect(0, 0, width, height).inflate(-6 * unit, -4 * unit)
    header = pygame.Rect(inside.left, inside.top, inside.width, header_height)
    footer = pygame.Rect(inside.left, inside.bottom - footer_height, inside.width, footer_height)
    top, bottom = header.bottom + 2 * unit, footer.top - 2 * unit
    main = pygame.Rect(inside.left, top, inside.width, bottom - top)
    if width < height * SIDE_BY_SIDE:
        split = main.bottom - round(height * STACKED_PANEL)
        room = pygame.Rect(main.left, main.top, main.width, split - main.top)
        board, legend, cell = _place_board(room, grid, legend_height, unit)
        lower = legend.bottom + 2 * unit
        panel = pygame.Rect(main.left, lower, main.width, main.bottom - lower)
        board.centerx, legend.width = main.centerx, main.width
        return Layout(header, board, legend, panel, footer, cell)
    least = min(round(PANEL_LEAST * scale), main.width // 2)
    room = pygame.Rect(main.left, main.top, main.width - least - 3 * unit, main.height)
    board, legend, cell = _place_board(room, grid, legend_height, unit)
    left = board.right + 3 * unit
    panel_width = min(main.right - left, round(PANEL_MOST * scale))
    panel = pygame.Rect(left, main.top, panel_width, main.height)
    spare = (main.right - panel.right) // 2
    for rect in (header, board, legend, panel, footer):
        rect.x += spare
    lower = (main.bottom - legend.bottom) // 2  # a wide board stands in the middle of the height
    lower = lower if lower > cell else 0
    board.y, legend.y = board.y + lower, legend.y + lower
    header.width = footer.width = panel.right - board.left
    return Layout(header, board, legend, panel, footer, cell)


def _place_board(
    room: pygame.Rect, grid: tuple[float, float], legend_height: int, unit: int
) -> tuple[pygame.Rect, pygame.Rect, int]:
    """The largest board in a room, its legend right below it, and the side of its cells."""
    high = room.height - legend_height - unit
    cell = max(1, int(min(room.width / grid[0], high / grid[1])))
    board = pygame.Rect(room.left, room.top, round(grid[0] * cell), round(grid[1] * cell))
    legend = pygame.Rect(board.left, board.bottom + unit, board.width, legend_height)
    return board, legend, cell


def flow(widths: Sequence[int], gap: int, room: int) -> list[tuple[int, int]]:
    """Where items of these widths go when set like words: (x, line) of each."""
    places, x, line = [], 0, 0
    for width in widths:
        if x and x + width > room:
            x, line = 0, line + 1
        places.append((x, line))
        x += width + gap
    return places

"""The layout of a window of any size: from sizes to rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

SMALLEST = (480, 480)  # px: smaller windows are cut off, not squeezed
SIDE_BY_SIDE = 1.15  # width / height from which on the panel stands beside the board
LEAST_BOARD = 0.42  # of the window's shorter side, before timeline and legend are left out
PANEL_LEAST, PANEL_MOST = 460, 640  # px at scale 1: least and greatest width
STACKED_PANEL = 0.48  # of the height, if the panel stands below the board
LOW, LOW_PANEL = 520, 0.36  # px: lower windows give a panel without a plot less of the height


@dataclass(frozen=True)
class Place:
    """The regions of one agent: name, board and, below it, timeline."""

    name: pygame.Rect
    board: pygame.Rect
    timeline: pygame.Rect


@dataclass(frozen=True)
class Layout:
    """The regions of the window. `cell` is the side of a board's cells in px."""

    header: pygame.Rect
    boards: tuple[Place, ...]
    legend: pygame.Rect
    panel: pygame.Rect
    footer: pygame.Rect
    cell: int

    @property
    def board(self) -> pygame.Rect:
        """The first board."""
        return self.boards[0].board


@dataclass(frozen=True)
class Heights:
    """The heights of the regions that are as high as their text, in px."""

    header: int
    legend: int
    footer: int
    name: int = 0
    timeline: int = 0
    panel: int = 0  # of a panel with all its parts; one below the board that is lower is brief
    brief: int = 0  # of a brief panel below the board, with the gap between them


def arrange(
    size: tuple[int, int],
    grid: tuple[float, float],
    unit: int,
    heights: Heights,
    scale: float,
    boards: int = 1,
) -> Layout:
    """Return the layout of a window with `boards` boards of `grid` (columns, rows) cells.

    All spacing is a multiple of `unit` px, and `scale` is that of the type.
    """
    width, height = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    header, main, footer = frame(size, unit, heights.header, heights.footer)
    if width < height * SIDE_BY_SIDE:
        low = round(height * LOW_PANEL)
        high = round(height * STACKED_PANEL) if height >= LOW * scale else low
        split = main.bottom - (high if high >= heights.panel else max(heights.brief, low))
        room = pygame.Rect(main.left, main.top, main.width, max(split - main.top, 1))
        places, legend, cell = _place_boards(room, grid, heights, unit, boards)
        shift = (main.width - _span(places).width) // 2
        places = [_moved(place, shift, 0) for place in places]
        legend.x, legend.width = main.left, main.width
        lower = legend.bottom + 2 * unit
        panel = pygame.Rect(main.left, lower, main.width, main.bottom - lower)
        return Layout(header, tuple(places), legend, panel, footer, cell)
    least = min(round(PANEL_LEAST * scale), main.width // 2)
    room = pygame.Rect(main.left, main.top, main.width - least - 3 * unit, main.height)
    places, legend, cell = _place_boards(room, grid, heights, unit, boards)
    left = _span(places).right + 3 * unit
    panel_width = min(main.right - left, round(PANEL_MOST * scale))
    panel = pygame.Rect(left, main.top, panel_width, main.height)
    spare = (main.right - panel.right) // 2
    for rect in (header, legend, panel, footer):
        rect.x += spare
    lower = (main.bottom - legend.bottom) // 2  # centres a wide board vertically
    lower = lower if lower > cell else 0
    places = [_moved(place, spare, lower) for place in places]
    legend.y += lower
    header.width = footer.width = panel.right - places[0].board.left
    return Layout(header, tuple(places), legend, panel, footer, cell)


def inside_width(width: int, unit: int) -> int:
    """Return the width between the margins of a window."""
    return max(width, SMALLEST[0]) - 6 * unit


def frame(
    size: tuple[int, int], unit: int, header: int, footer: int
) -> tuple[pygame.Rect, pygame.Rect, pygame.Rect]:
    """Return the header, the region between, and the footer of a screen."""
    width, height = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    inside = pygame.Rect(0, 0, width, height).inflate(-6 * unit, -4 * unit)
    top = pygame.Rect(inside.left, inside.top, inside.width, header)
    bottom = pygame.Rect(inside.left, inside.bottom - footer, inside.width, footer)
    upper, lower = top.bottom + 2 * unit, bottom.top - 2 * unit
    return top, pygame.Rect(inside.left, upper, inside.width, max(lower - upper, 1)), bottom


def _place_boards(
    room: pygame.Rect, grid: tuple[float, float], heights: Heights, unit: int, boards: int
) -> tuple[list[Place], pygame.Rect, int]:
    """Return the largest boards that fit, the legend below them, and the side of their cells."""
    name = heights.name + unit // 2 if boards > 1 else 0
    timeline = heights.timeline + unit if heights.timeline and boards <= 2 else 0
    gap = 2 * unit

    def largest(columns: int) -> tuple[int, int]:
        rows = -(-boards // columns)
        wide = (room.width - (columns - 1) * gap) / columns
        high = (room.height - heights.legend - unit - (rows - 1) * gap) / rows - name - timeline
        return max(1, int(min(wide / grid[0], high / grid[1]))), columns

    sizes = [(largest(c), -(-boards // c) * c) for c in range(1, boards + 1)]
    (cell, columns), _ = max(sizes, key=lambda s: (s[0][0], -s[1]))  # ties: fewest empty places
    width, height = round(grid[0] * cell), round(grid[1] * cell)
    places = []
    for i in range(boards):
        row, column = divmod(i, columns)
        x = room.left + column * (width + gap)
        y = room.top + row * (name + height + timeline + gap)
        board = pygame.Rect(x, y + name, width, height)
        below = pygame.Rect(x, board.bottom + unit, width, heights.timeline if timeline else 0)
        places.append(Place(pygame.Rect(x, y, width, heights.name), board, below))
    low = max(place.timeline.bottom if timeline else place.board.bottom for place in places)
    legend = pygame.Rect(room.left, low + unit, _span(places).width, heights.legend)
    return places, legend, cell


def _span(places: Sequence[Place]) -> pygame.Rect:
    """Return the rectangle around all boards."""
    return places[0].board.unionall([place.board for place in places])


def _moved(place: Place, x: int, y: int) -> Place:
    return Place(place.name.move(x, y), place.board.move(x, y), place.timeline.move(x, y))


def flow(widths: Sequence[int], gap: int, room: int) -> list[tuple[int, int]]:
    """Return (x, line) of items of these widths when they are wrapped like words."""
    places, x, line = [], 0, 0
    for width in widths:
        if x and x + width > room:
            x, line = 0, line + 1
        places.append((x, line))
        x += width + gap
    return places

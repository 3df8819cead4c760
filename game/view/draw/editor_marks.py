"""What the editor draws over its board: cursor, selection, preview, symmetry axes and problems."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from game.text.level import Cell
from game.view.draw.board import BoardGrid
from game.view.draw.marks import swatch
from game.view.draw.overlay_shapes import cell_box
from game.view.draw.theme import WHITE, Colour, Palette, Point, Typeset, dashes

SIDES = ("up", "down", "left", "right")
PREVIEW_OPACITY = 150  # of tiles that are about to be painted, 0..255
BAR = 5  # px: the thickness of scroll bars


def draw_cursor(view: pygame.Surface, board: BoardGrid, cell: Cell, hue: Colour) -> None:
    """Draw a frame around a cell, light within dark, so that it shows on every tile."""
    box = cell_box(board, cell)
    thick = max(2, board.cell // 14)
    pygame.draw.rect(view, WHITE, box.inflate(2, 2), thick + 2, border_radius=thick + 1)
    pygame.draw.rect(view, hue, box, thick, border_radius=thick)


def draw_preview(
    view: pygame.Surface, board: BoardGrid, cells: Iterable[Cell], tile: str, hue: Colour
) -> None:
    """Draw a tile, half transparent, in the cells that it is about to be painted into."""
    picture = swatch(tile, board.cell, board.palette)
    picture.set_alpha(PREVIEW_OPACITY)
    for cell in cells:
        box = cell_box(board, cell)
        view.blit(picture, box)
        pygame.draw.rect(view, hue, box, 1)


def draw_selection(
    view: pygame.Surface, board: BoardGrid, first: Cell, last: Cell, hue: Colour
) -> None:
    """Draw a dashed frame around the cells from `first` to `last`, and tint them."""
    box = cell_box(board, first).union(cell_box(board, last))
    tint = pygame.Surface(box.size, pygame.SRCALPHA)
    tint.fill((*hue, 46))
    view.blit(tint, box)
    pygame.draw.rect(view, WHITE, box, 3)
    draw_dashed_frame(view, box, hue, 3)


def draw_dashed_frame(view: pygame.Surface, box: pygame.Rect, hue: Colour, thick: int = 1) -> None:
    """Draw the outline of a box in dashes."""
    corners = [box.topleft, box.topright, box.bottomright, box.bottomleft]
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        for a, b in dashes(start, end, 7, 5):
            pygame.draw.line(view, hue, a, b, thick)


def draw_axes(
    view: pygame.Surface, board: BoardGrid, grid: Cell, columns: bool, rows: bool, hue: Colour
) -> None:
    """Draw the axes of the symmetry that is drawn with; `grid` is (height, width) of the map."""
    width, height = board.size
    x, y = board.centre(grid[0] / 2 - 0.5, grid[1] / 2 - 0.5)
    lines: list[tuple[Point, Point]] = []
    lines += [((x, 0), (x, height))] if columns else []
    lines += [((0, y), (width, y))] if rows else []
    for start, end in lines:
        for a, b in dashes(start, end, 10, 6):
            pygame.draw.line(view, WHITE, a, b, 4)
            pygame.draw.line(view, hue, a, b, 2)


def draw_problem(view: pygame.Surface, board: BoardGrid, cell: Cell, hue: Colour) -> None:
    """Draw a zigzag below what is wrong in a cell, as below a misspelled word, and a frame."""
    box = cell_box(board, cell)
    thick = max(2, board.cell // 16)
    pygame.draw.rect(view, hue, box, thick)
    step, y = max(3, board.cell // 8), box.bottom - thick - 3
    along = range(box.left + 2, box.right - 2, step)
    points = [(x, y - step * (i % 2)) for i, x in enumerate(along)]
    if len(points) > 1:
        pygame.draw.lines(view, hue, False, points, thick)


def draw_scroll_bars(
    view: pygame.Surface, part: pygame.Rect, whole: tuple[int, int], palette: Palette
) -> None:
    """Draw at the edges of a board which part it shows of the picture of the whole map."""
    width, height = part.size
    shares = [side / most for side, most in zip((*part.topleft, *part.size), whole * 2)]
    across = pygame.Rect(shares[0] * width, height - BAR - 2, shares[2] * width, BAR)
    down = pygame.Rect(width - BAR - 2, shares[1] * height, BAR, shares[3] * height)
    for bar in ([across] if width < whole[0] else []) + ([down] if height < whole[1] else []):
        pygame.draw.rect(view, palette.card, bar.inflate(2, 2), border_radius=BAR)
        pygame.draw.rect(view, palette.muted, bar, border_radius=BAR)


def handle_boxes(board: pygame.Rect, unit: int) -> dict[tuple[str, bool], pygame.Rect]:
    """Return the places of the handles beside a board by (side, whether it adds a line)."""
    length, thick = max(4 * unit, 20), max(unit * 3 // 2, 10)
    boxes = {}
    for adds in (True, False):
        along = -(length // 2) - 1 if adds else length // 2 + 1
        for side in SIDES:
            flat = side in ("up", "down")
            box = pygame.Rect(0, 0, length if flat else thick, thick if flat else length)
            out = thick // 2 + 3
            box.center = {
                "up": (board.centerx + along, board.top - out),
                "down": (board.centerx + along, board.bottom + out),
                "left": (board.left - out, board.centery + along),
                "right": (board.right + out, board.centery + along),
            }[side]
            boxes[side, adds] = box
    return boxes


def draw_handles(
    surface: pygame.Surface, boxes: dict[tuple[str, bool], pygame.Rect], type: Typeset
) -> None:
    """Draw the handles that add a row or column (+) and remove one (−)."""
    palette = type.palette
    for (_, adds), box in boxes.items():
        pygame.draw.rect(surface, palette.card, box, border_radius=4)
        pygame.draw.rect(surface, palette.rule, box, 1, border_radius=4)
        reach = min(box.size) // 3
        x, y = box.center
        pygame.draw.line(surface, palette.muted, (x - reach, y), (x + reach, y), 2)
        if adds:
            pygame.draw.line(surface, palette.muted, (x, y - reach), (x, y + reach), 2)

"""The shapes that overlays are made of: tints, numbers, crosses and arrows on a board's cells."""

from __future__ import annotations

import math

import pygame

from game.view.draw.board import BoardGrid
from game.view.draw.theme import WHITE, Colour, Palette, Point, Typeset, mix
from game.world.rules import MOVES, STAY

WIDEST_NUMBER = "−0.0"  # cells without room for it bear no numbers, so that all or none do
VALUE_SCALE: tuple[Colour, ...] = (  # dark is low and bright is high, also in greyscale
    (0, 32, 76),
    (58, 78, 108),
    (110, 110, 114),
    (166, 148, 110),
    (222, 194, 88),
    (255, 233, 69),
)


def value_colour(share: float) -> Colour:
    """Return the colour on `VALUE_SCALE` of a share 0..1."""
    at = min(max(share, 0.0), 1.0) * (len(VALUE_SCALE) - 1)
    first = min(int(at), len(VALUE_SCALE) - 2)
    return mix(VALUE_SCALE[first], VALUE_SCALE[first + 1], at - first)


def cell_box(board: BoardGrid, cell: tuple[int, ...]) -> pygame.Rect:
    """Return the rectangle of a cell (row, column) on the board, in px."""
    x, y = board.centre(*cell)
    half = board.cell / 2
    left, top = round(x - half), round(y - half)
    return pygame.Rect(left, top, round(x + half) - left, round(y + half) - top)


def halves(box: pygame.Rect, two: bool) -> tuple[pygame.Rect, pygame.Rect]:
    """Return the upper and the lower half of a cell, or the whole cell twice if not `two`."""
    if not two:
        return box, box
    high = box.height // 2
    upper = pygame.Rect(box.left, box.top, box.width, high)
    return upper, pygame.Rect(box.left, upper.bottom + 1, box.width, box.height - high - 1)


def tint_cell(
    surface: pygame.Surface, board: BoardGrid, cell: tuple[int, ...], colour: Colour, opacity: float
) -> None:
    """Fill a cell with a colour; opacity 0..255."""
    surface.fill((*colour, round(opacity)), cell_box(board, cell))


def has_room(board: BoardGrid, type: Typeset, text: str = WIDEST_NUMBER) -> bool:
    """Whether a cell has room for a number."""
    return max(type.width(text, "small"), type.width(WIDEST_NUMBER, "small")) < board.cell


def write_in_cell(
    surface: pygame.Surface,
    board: BoardGrid,
    cell: tuple[int, ...],
    text: str,
    type: Typeset,
    colour: Colour | None = None,
) -> None:
    """Write a number in the middle of a cell, if it has room."""
    if has_room(board, type, text):
        colour = colour or board.palette.ink
        type.write(surface, text, "small", colour, center=cell_box(board, cell).center)


def write_below(
    surface: pygame.Surface, board: BoardGrid, cell: tuple[int, ...], text: str, type: Typeset
) -> None:
    """Write a number at the bottom of a cell, below what stands in its middle."""
    x, y = cell_box(board, cell).midbottom
    type.write(surface, text, "small", board.palette.ink, midbottom=(x, y - board.cell // 20))


def write_chance(
    surface: pygame.Surface,
    box: pygame.Rect,
    chance: float,
    type: Typeset,
    palette: Palette,
    plate: bool,
) -> None:
    """Write a probability in per cent, if the box has room; `plate` puts it on a pale ground."""
    if type.width("100%", "small") >= box.width or type.height("small") - 2 > box.height:
        return
    text = f"{100 * chance:.0f}%"
    if plate:
        ground = pygame.Rect(0, 0, type.width(text, "small") + type.unit, type.height("small"))
        ground.center = box.center
        pygame.draw.rect(surface, (*palette.card, 210), ground, border_radius=type.unit // 2)
    type.write(surface, text, "small", palette.ink, center=box.center)


def cross_cell(
    surface: pygame.Surface, board: BoardGrid, cell: tuple[int, int], colour: Colour = WHITE
) -> None:
    """Draw a cross in the middle of a cell."""
    box = cell_box(board, cell).inflate(-board.cell * 0.55, -board.cell * 0.55)
    draw_cross(surface, box, colour, max(2, board.cell // 16))


def draw_cross(surface: pygame.Surface, box: pygame.Rect, colour: Colour, thick: int) -> None:
    """Draw the two diagonals of a box."""
    for a, b in ((box.topleft, box.bottomright), (box.bottomleft, box.topright)):
        pygame.draw.line(surface, colour, a, b, thick)


def draw_arrow(
    surface: pygame.Surface,
    tail: Point,
    action: int,
    side: int,
    share: float,
    colour: Colour,
    halo: Colour | None = None,
    hollow: bool = False,
) -> None:
    """Draw an arrow in the direction of an action, or a ring for staying.

    The cell is `side` px wide, and `share` 0..1 scales the arrow. `halo` is the colour of a rim; a
    `hollow` arrow is thin.
    """
    if action == STAY:
        width = max(2, side // 40)
        pygame.draw.circle(surface, colour, tail, side * 0.13 * math.sqrt(share), width)
        return
    dy, dx = MOVES[action].tolist()
    reach, head = side * (0.1 + 0.36 * share), side * (0.05 + 0.05 * share)
    tip = (tail[0] + dx * reach, tail[1] + dy * reach)
    neck = (tip[0] - dx * head, tip[1] - dy * head)
    thick = max(2, round(side * (0.02 if hollow else 0.02 + 0.035 * share)))
    wings = [(neck[0] + dy * head, neck[1] + dx * head), (neck[0] - dy * head, neck[1] - dx * head)]
    if halo:
        rim = max(1, side // 40)
        pygame.draw.line(surface, halo, tail, neck, thick + 2 * rim)
        pygame.draw.polygon(surface, halo, [tip, *wings])
        pygame.draw.polygon(surface, halo, [tip, *wings], 2 * rim)
    pygame.draw.line(surface, colour, tail, neck, thick)
    pygame.draw.polygon(surface, colour, [tip, *wings], thick if hollow else 0)

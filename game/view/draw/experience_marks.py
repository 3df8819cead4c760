"""The marks of an agent's experience on a board: fog, halos, signs, and what its actions do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pygame

from game.session.trace import ExperienceMaps
from game.view.draw.board import Board
from game.view.draw.overlay_shapes import cell_box, draw_arrow, draw_cross
from game.view.draw.theme import Colour, Palette, Point, mix, smooth
from game.world.rules import MOVES, STAY, Floats

GRAIN = 6  # points of the fog to a cell's width, before it is enlarged
THICKEST = 0.86  # opacity of the fog where nothing has been seen
CLEARS = 3.0  # visits after which hardly any fog is left
CLOUD = 0.14  # share by which the fog's thickness varies
LIKELY = 0.5  # probability from which on it is drawn what an action does
BESIDE = 0.82  # cells from the agent's cell to the caps around it
CAP = 0.46  # of a cell: the side of the caps that show what actions do
Cell = tuple[int, int]  # (row, column)


def fog_thickness(maps: ExperienceMaps, rows: int, columns: int) -> Floats:
    """Return how thick the fog is on each cell of a map [rows, columns], 0..1.

    Visits lift it. A cell that cannot be walked on is as clear as the clearest one nearby.
    """
    size = rows * columns
    visits = maps.visits[0, :size].reshape(rows, columns)
    known = (maps.reachable[0, :size].reshape(rows, columns) > 0) | (visits > 0)
    thickness: Floats = np.where(known, np.exp(-2 * visits / CLEARS), 2.0)
    while (thickness > 1).any() and (thickness <= 1).any():
        around = np.pad(thickness, 1, constant_values=2.0)
        clearest = np.lib.stride_tricks.sliding_window_view(around, (3, 3)).min((2, 3))
        thickness = np.where(thickness > 1, clearest, thickness)
    return thickness.clip(max=1.0)


def draw_fog(surface: pygame.Surface, board: Board, thickness: Floats) -> None:
    """Draw soft fog of a thickness [rows, columns] over a board."""
    edge = np.pad(thickness, board.ring, mode="edge") if board.ring else thickness
    hue = mix(board.palette.paper, board.palette.muted, 0.22)
    fog = _fog(edge.astype(np.float32).tobytes(), edge.shape, board.cell, hue)
    inside = surface.get_rect(center=fog.get_rect().center)
    surface.blit(fog, (0, 0), inside)
    corners = pygame.Surface(board.size, pygame.SRCALPHA)
    pygame.draw.rect(corners, (255, 255, 255, 255), corners.get_rect(), border_radius=board.radius)
    surface.blit(corners, (0, 0), special_flags=pygame.BLEND_RGBA_MULT)


@lru_cache(maxsize=4)
def _fog(values: bytes, shape: tuple[int, int], cell: int, hue: Colour) -> pygame.Surface:
    """Return the fog over a whole board, blurred at a small size to save time."""
    thickness = np.frombuffer(values, np.float32).reshape(shape)
    fine = np.kron(thickness, np.ones((GRAIN, GRAIN)))
    opacity = 255 * THICKEST * fine * (1 - CLOUD + CLOUD * _clouds(fine.shape))
    small = pygame.Surface(fine.shape[::-1], pygame.SRCALPHA)
    small.fill((*hue, 0))
    pygame.surfarray.pixels_alpha(small)[:] = opacity.T.astype(np.uint8)
    soft = pygame.transform.gaussian_blur(small, GRAIN // 3)
    return pygame.transform.smoothscale(soft, (shape[1] * cell, shape[0] * cell))


def _clouds(shape: tuple[int, ...]) -> Floats:
    """Return smooth noise -1..1 of a shape, always the same."""
    rng, total = np.random.default_rng(7), np.zeros(shape)
    for spacing, weight in ((4 * GRAIN, 0.65), (2 * GRAIN, 0.35)):
        rows, columns = (np.arange(n) / spacing for n in shape)
        coarse = rng.uniform(-1, 1, (int(rows[-1]) + 2, int(columns[-1]) + 2))
        across = np.stack([np.interp(columns, np.arange(coarse.shape[1]), row) for row in coarse])
        down = [np.interp(rows, np.arange(len(across)), column) for column in across.T]
        total += weight * np.stack(down, 1)
    return total


def draw_halo(surface: pygame.Surface, board: Board, cell: Cell, hue: Colour) -> None:
    """Draw a ring around a cell, and a glow that fades away from it."""
    glow = _halo(board.cell, hue)
    surface.blit(glow, glow.get_rect(center=cell_box(board, cell).center))


@lru_cache(maxsize=16)
def _halo(side: int, hue: Colour) -> pygame.Surface:
    def paint(canvas: pygame.Surface, factor: int) -> None:
        middle, reach = canvas.get_rect().center, canvas.get_width() / 2
        for share in np.linspace(1, 0.3, 24).tolist():
            pygame.draw.circle(canvas, (*hue, round(105 * (1 - share))), middle, reach * share)
        width = max(2, side * factor // 14)
        pygame.draw.circle(canvas, (*hue, 255), middle, side * factor * 0.46, width)

    return smooth((2 * side, 2 * side), paint, hue)


def draw_death(surface: pygame.Surface, board: Board, cell: Cell, share: float) -> None:
    """Draw a cross with a pale rim in a cell where episodes ended; `share` 0..1 scales it."""
    palette = board.palette
    side = board.cell * (0.26 + 0.24 * share)
    box = pygame.Rect(0, 0, side, side)
    box.center = cell_box(board, cell).center
    thick = max(2, board.cell // 12)
    draw_cross(surface, box.inflate(2, 2), palette.card, thick + 4)
    draw_cross(surface, box, palette.alert, thick)


def draw_paid(surface: pygame.Surface, board: Board, cell: Cell, gain: bool, share: float) -> None:
    """Tint a cell where more was paid than the level shows, or less; `share` 0..1 is strength."""
    hue = board.palette.goal if gain else board.palette.alert
    box = cell_box(board, cell).inflate(-2, -2)
    pygame.draw.rect(surface, (*hue, round(40 + 70 * share)), box, border_radius=board.cell // 5)


def draw_sign(surface: pygame.Surface, board: Board, cell: Cell, gain: bool) -> None:
    """Draw a plus or a minus in a cell that has no room for a number."""
    palette, box = board.palette, cell_box(board, cell)
    reach, thick = board.cell * 0.2, max(2, board.cell // 10)
    x, y = box.center
    pygame.draw.line(surface, palette.ink, (x - reach, y), (x + reach, y), thick)
    if gain:
        pygame.draw.line(surface, palette.ink, (x, y - reach), (x, y + reach), thick)


def draw_controls(surface: pygame.Surface, board: Board, at: Cell, controls: Floats) -> None:
    """Draw, on each side of a cell, a cap with the action that is known to move there.

    controls: [A, A] the probability that an action (row) makes a move (column). Sides where no
    action is likely have an empty cap.
    """

    likely = [int(controls[:, move].argmax()) for move in range(STAY)]
    known = [a if controls[a, move] >= LIKELY else None for move, a in enumerate(likely)]

    def paint(canvas: pygame.Surface, factor: int) -> None:
        paint_caps(canvas, board.cell * factor, BESIDE, known, board.palette)

    caps = smooth((3 * board.cell, 3 * board.cell), paint, board.palette.card)
    surface.blit(caps, caps.get_rect(center=cell_box(board, at).center))


def paint_caps(
    canvas: pygame.Surface,
    side: int,
    reach: float,
    actions: Sequence[int | None],
    palette: Palette,
) -> None:
    """Paint a cap on each side of a canvas's middle, with the action that moves there, or empty.

    A cell is `side` px wide, and the caps are `reach` cells away from the middle.
    """
    middle = canvas.get_width() / 2, canvas.get_height() / 2
    for move, action in enumerate(actions):
        dy, dx = MOVES[move].tolist()
        at = middle[0] + reach * side * dx, middle[1] + reach * side * dy
        _paint_cap(canvas, at, side, action, palette)


def _paint_cap(
    canvas: pygame.Surface, middle: Point, side: int, action: int | None, palette: Palette
) -> None:
    """Paint a round cap with an action's arrow, or an empty one."""
    radius = side * CAP / 2
    opacity = 255 if action is not None else 150
    pygame.draw.circle(canvas, (*palette.ink, opacity), middle, radius)
    if action is None:
        pygame.draw.circle(canvas, (*palette.card, opacity), middle, radius * 0.25)
        return
    dy, dx = MOVES[action].tolist()
    tail = middle[0] - dx * radius * 0.6, middle[1] - dy * radius * 0.6
    draw_arrow(canvas, tail, action, round(radius * 2.6), 1.0, palette.card)

"""Signs for tiles that do something: each with a shape of its own, and letters for what belongs
together."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pygame

from game.text.tiles import BY_CHAR, FLOOR, TILES
from game.view.draw.theme import DARK_INK, LIGHT, WHITE, Colour, Palette, Point, darker, smooth

GOLD: Colour = (230, 159, 0)
PORTAL: Colour = (124, 72, 160)
PATROL: Colour = (0, 114, 178)
HUNTER: Colour = (170, 40, 60)

# --- patterns of the ground: (surface, rect, colour, chance) -------------------------------------


def glints(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random
) -> None:
    """Ice: long bright and dark slanting streaks."""
    thick = max(2, rect.width // 24)
    for x, y, length, shade in (
        (0.2, 0.45, 0.3, -0.8),
        (0.55, 0.9, 0.38, -0.8),
        (0.3, 0.9, 0.24, 0.2),
    ):
        start = (rect.x + x * rect.width, rect.y + y * rect.height)
        end = (start[0] + length * rect.width, start[1] - length * rect.height)
        pygame.draw.line(surface, darker(colour, shade), start, end, thick)


def lava(surface: pygame.Surface, rect: pygame.Rect, colour: Colour, chance: random.Random) -> None:
    """Lava: a dark cross of cracks with bright embers between."""
    thick, (x, y), side = max(2, rect.width // 14), rect.topleft, rect.width
    for line in (((0.1, 0.16), (0.5, 0.42), (0.9, 0.2)), ((0.12, 0.86), (0.5, 0.6), (0.88, 0.84))):
        points = [(x + a * side, y + b * side) for a, b in line]
        pygame.draw.lines(surface, darker(colour, 0.55), False, points, thick)
    for a, b in ((0.5, 0.18), (0.2, 0.52), (0.8, 0.52), (0.5, 0.84)):
        pygame.draw.circle(surface, (255, 214, 92), (x + a * side, y + b * side), side * 0.055)


def chevrons(
    down: int,
    right: int,
    surface: pygame.Surface,
    rect: pygame.Rect,
    colour: Colour,
    chance: random.Random,
) -> None:
    """One way: two arrowheads that point where the tile is left."""
    reach, thick = rect.width * 0.22, max(2, rect.width // 12)
    for at in (-0.14, 0.18):
        tip_x = rect.centerx + right * rect.width * (at + 0.14)
        tip_y = rect.centery + down * rect.width * (at + 0.14)
        wings = [
            (tip_x - right * reach - down * reach * s, tip_y - down * reach - right * reach * s)
            for s in (1, -1)
        ]
        points = [wings[0], (tip_x, tip_y), wings[1]]
        pygame.draw.lines(surface, darker(colour, 0.5), False, points, thick)


GROUNDS: dict[str, Callable[..., None]] = {
    "glints": glints,
    "lava": lava,
    "up": partial(chevrons, -1, 0),
    "down": partial(chevrons, 1, 0),
    "left": partial(chevrons, 0, -1),
    "right": partial(chevrons, 0, 1),
}

# --- signs upon the ground: (surface, side, character) -------------------------------------------


def _letter(surface: pygame.Surface, side: int, char: str, at: Point, size: float = 0.5) -> None:
    text = pygame.font.Font(None, round(side * size)).render(char, True, DARK_INK)
    surface.blit(text, text.get_rect(center=(at[0] * side, at[1] * side)))


def _portal(surface: pygame.Surface, side: int, char: str) -> None:
    middle = (side / 2, side / 2)
    pygame.draw.circle(surface, WHITE, middle, side * 0.36)
    for radius in (0.42, 0.3):
        pygame.draw.circle(surface, PORTAL, middle, side * radius, max(2, side // 18))
    _letter(surface, side, char, (0.5, 0.51))


def _key(surface: pygame.Surface, side: int, char: str) -> None:
    thick = max(2, side // 11)
    dark = darker(GOLD, 0.25)
    pygame.draw.circle(surface, dark, (side * 0.3, side * 0.36), side * 0.16, thick)
    pygame.draw.line(surface, dark, (side * 0.44, side * 0.36), (side * 0.86, side * 0.36), thick)
    for x in (0.68, 0.82):
        pygame.draw.line(surface, dark, (side * x, side * 0.36), (side * x, side * 0.52), thick)
    _letter(surface, side, char, (0.34, 0.74))


def _door(surface: pygame.Surface, side: int, char: str) -> None:
    wood = BY_CHAR[char].colour
    frame = pygame.Rect(side * 0.14, side * 0.08, side * 0.72, side * 0.86)
    arch = {"border_top_left_radius": side // 3, "border_top_right_radius": side // 3}
    pygame.draw.rect(surface, darker(wood, -0.25), frame, **arch)
    pygame.draw.rect(surface, darker(wood, 0.5), frame, max(2, side // 14), **arch)
    pygame.draw.circle(surface, DARK_INK, (side * 0.73, side * 0.62), side * 0.05)
    _letter(surface, side, char, (0.46, 0.54), 0.6)


def _coin(surface: pygame.Surface, side: int, char: str) -> None:
    middle = (side / 2, side / 2)
    pygame.draw.circle(surface, GOLD, middle, side * 0.24)
    pygame.draw.circle(surface, darker(GOLD, 0.35), middle, side * 0.24, max(2, side // 22))
    pygame.draw.circle(surface, darker(GOLD, -0.6), middle, side * 0.13, max(2, side // 22))


def _patrol(surface: pygame.Surface, side: int, char: str) -> None:
    body = pygame.Rect(side * 0.2, side * 0.2, side * 0.6, side * 0.6)
    _opponent(surface, side, PATROL, body, side // 9)


def _hunter(surface: pygame.Surface, side: int, char: str) -> None:
    """With horns."""
    for x in (0.26, 0.74):
        horn = [(x - 0.08, 0.4), (x + 0.08, 0.4), (x + (x - 0.5) * 0.5, 0.1)]
        pygame.draw.polygon(surface, HUNTER, [(a * side, b * side) for a, b in horn])
    body = pygame.Rect(side * 0.18, side * 0.26, side * 0.64, side * 0.6)
    _opponent(surface, side, HUNTER, body, side // 3)


def _opponent(
    surface: pygame.Surface, side: int, colour: Colour, body: pygame.Rect, radius: int
) -> None:
    pygame.draw.rect(surface, colour, body, border_radius=radius)
    pygame.draw.rect(surface, darker(colour, 0.4), body, max(2, side // 24), border_radius=radius)
    for x in (0.38, 0.62):
        middle = (x * side, body.centery - side * 0.04)
        pygame.draw.circle(surface, WHITE, middle, side * 0.09)
        pygame.draw.circle(surface, DARK_INK, middle, side * 0.04)
    y, reach = body.centery + side * 0.17, side * 0.12
    start, end = (body.centerx - reach, y), (body.centerx + reach, y)
    pygame.draw.line(surface, WHITE, start, end, max(2, side // 22))


_SIGNS: dict[str, Callable[[pygame.Surface, int, str], None]] = {
    "portal": _portal,
    "key": _key,
    "door": _door,
    "coin": _coin,
    "patrol": _patrol,
    "hunter": _hunter,
}


def sign(char: str, cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """The sign of a tile that has one, `cell` px wide."""
    paint = _SIGNS[BY_CHAR[char].pattern]
    return smooth(
        (cell, cell),
        lambda surface, factor: paint(surface, cell * factor, char),
        palette.board(BY_CHAR[FLOOR].colour),
    )


SIGNS: dict[str, Callable[[int, bool, Palette], pygame.Surface]] = {
    tile.char: partial(sign, tile.char) for tile in TILES if tile.pattern in _SIGNS
}

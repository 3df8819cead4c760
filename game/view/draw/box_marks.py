"""Signs of boxes and of what they act on: crates, targets, switches and gates.

Each is painted on a square of `side` px. The middle of an open gate stays clear for the agent.
"""

from __future__ import annotations

import pygame

from game.text.tiles import BY_CHAR, FLOOR, WALL
from game.view.draw.theme import DARK_INK, WHITE, Colour, Palette, darker, mix

WOOD: Colour = (190, 140, 88)
STEEL: Colour = (150, 162, 180)
IRON: Colour = (58, 64, 80)
SETTLED: Colour = (0, 120, 88)  # of the tick on a box on a target
STONE = BY_CHAR[WALL].colour
BARS = (0.3, 0.435, 0.565, 0.7)  # of the side: where the bars of a gate are
SILL, BAR_TOP, SUNK = 0.88, 0.1, 0.69  # of the side: floor and tops of the bars; how far they sink


def _rect(side: int, left: float, top: float, width: float, height: float) -> pygame.Rect:
    """Return a rectangle that is given in shares of the side."""
    right, bottom = round((left + width) * side), round((top + height) * side)
    left, top = round(left * side), round(top * side)
    return pygame.Rect(left, top, right - left, bottom - top)


# --- boxes and targets ---------------------------------------------------------------------------


def paint_box(surface: pygame.Surface, side: int) -> None:
    """Paint a wooden crate that stands on the floor, with a dark south face."""
    radius = max(1, side // 16)
    shadow = _rect(side, 0.13, 0.76, 0.8, 0.16)
    pygame.draw.ellipse(surface, (*DARK_INK, 60), shadow)
    whole = _rect(side, 0.12, 0.1, 0.76, 0.78)
    pygame.draw.rect(surface, darker(WOOD, 0.5), whole, border_radius=radius)
    _paint_lid(surface, _rect(side, 0.12, 0.1, 0.76, 0.66), side, WOOD)


def paint_settled_box(surface: pygame.Surface, side: int, palette: Palette) -> None:
    """Paint a crate that has sunk into its target: framed by it, and ticked."""
    paint_target(surface, side, palette.goal)
    _paint_lid(surface, _rect(side, 0.19, 0.19, 0.62, 0.62), side, darker(WOOD, 0.08))
    middle = (side / 2, side / 2)
    pygame.draw.circle(surface, WHITE, middle, side * 0.215)
    pygame.draw.circle(surface, SETTLED, middle, side * 0.18)
    tick = [(side * x, side * y) for x, y in ((0.415, 0.505), (0.475, 0.565), (0.59, 0.44))]
    pygame.draw.lines(surface, WHITE, False, tick, max(2, side // 20))


def _paint_lid(surface: pygame.Surface, rect: pygame.Rect, side: int, wood: Colour) -> None:
    """Paint the lid of a crate: planks within a frame, and a brace across them."""
    radius, frame = max(1, side // 16), max(2, side // 11)
    dark, thin = darker(wood, 0.42), max(1, side // 48)
    pygame.draw.rect(surface, wood, rect, border_radius=radius)
    for share in (0.36, 0.64):
        y = rect.top + rect.height * share
        pygame.draw.line(surface, darker(wood, 0.22), (rect.left, y), (rect.right, y), thin)
    inner = rect.inflate(-frame, -frame)
    brace = (inner.bottomleft, inner.topright)
    pygame.draw.line(surface, dark, *brace, frame + 2 * thin)
    pygame.draw.line(surface, darker(wood, -0.22), *brace, frame)
    pygame.draw.rect(surface, darker(wood, -0.22), rect, frame, border_radius=radius)
    pygame.draw.rect(surface, dark, inner.inflate(-frame, -frame), thin)
    pygame.draw.rect(surface, dark, rect, thin, border_radius=radius)


def paint_target(surface: pygame.Surface, side: int, hue: Colour) -> None:
    """Paint a socket in the floor: four corner brackets."""
    thick, reach = max(2, side // 16), side * 0.2
    near, far = side * 0.1, side * 0.9
    for x, right in ((near, 1), (far, -1)):
        for y, down in ((near, 1), (far, -1)):
            points = [(x + right * reach, y), (x, y), (x, y + down * reach)]
            pygame.draw.lines(surface, hue, False, points, thick)
            pygame.draw.circle(surface, hue, (x, y), thick / 2)


def paint_empty_target(surface: pygame.Surface, side: int, palette: Palette) -> None:
    """Paint the socket with a diamond in its middle, which a box will cover."""
    hue = target_hue(palette)
    paint_target(surface, side, hue)
    middle, reach = side / 2, side * 0.15
    diamond = [(middle, middle - reach), (middle + reach, middle)]
    diamond += [(middle, middle + reach), (middle - reach, middle)]
    pygame.draw.polygon(surface, (*hue, 60), diamond)
    pygame.draw.polygon(surface, hue, diamond, max(2, side // 26))


def target_hue(palette: Palette) -> Colour:
    """Return the colour of empty targets: ink on the floor."""
    return mix(palette.board(BY_CHAR[FLOOR].colour), palette.ink, 0.58)


# --- switches and gates --------------------------------------------------------------------------


def paint_switch(surface: pygame.Surface, side: int) -> None:
    """Paint a pressure plate with an arrow up and one down: it opens and closes gates."""
    radius = max(1, side // 9)
    pygame.draw.rect(surface, darker(STEEL, 0.6), _rect(side, 0.2, 0.24, 0.6, 0.58), 0, radius)
    lid = _rect(side, 0.2, 0.2, 0.6, 0.54)
    pygame.draw.rect(surface, STEEL, lid, border_radius=radius)
    edge = max(1, side // 40)
    pygame.draw.rect(surface, darker(STEEL, 0.45), lid, edge, border_radius=radius)
    thick, x, y, wide, high = max(2, side // 18), 0.12, 0.47, 0.085, 0.15
    for sign in (-1, 1):  # the arrow up is on the left
        middle, tip = (0.5 + sign * x) * side, (y + sign * high) * side
        neck = tip - sign * side * 0.12
        pygame.draw.line(surface, IRON, (middle, (y - sign * high) * side), (middle, neck), thick)
        wings = [(middle - wide * side, neck), (middle + wide * side, neck)]
        pygame.draw.polygon(surface, IRON, [(middle, tip), *wings])


def paint_gate(surface: pygame.Surface, side: int, openness: float) -> None:
    """Paint a portcullis between two posts. Its bars have sunk by the share `openness`, 0..1."""
    sill = _rect(side, 0.16, SILL - 0.035, 0.68, 0.07)
    pygame.draw.rect(surface, darker(STONE, 0.35), sill, border_radius=max(1, side // 30))
    below = surface.get_clip()
    surface.set_clip(pygame.Rect(0, 0, side, round(SILL * side)).clip(below))
    sunk, thick = openness * SUNK, max(2, side // 13)
    for y in (0.32, 0.6):
        band = _rect(side, 0.2, y + sunk, 0.6, 0.07)
        pygame.draw.rect(surface, IRON, band)
    for x in BARS:
        top, point = BAR_TOP + sunk + 0.08, BAR_TOP + sunk
        pygame.draw.line(surface, IRON, (x * side, top * side), (x * side, side), thick)
        tip = [((x - 0.05) * side, top * side), ((x + 0.05) * side, top * side)]
        pygame.draw.polygon(surface, IRON, [*tip, (x * side, point * side)])
        shine = (x - 0.012) * side
        pygame.draw.line(
            surface, darker(IRON, -0.35), (shine, top * side), (shine, side), max(1, side // 60)
        )
    surface.set_clip(below)
    for left in (0.05, 0.81):
        _paint_post(surface, _rect(side, left, 0.06, 0.14, 0.88), side)


def _paint_post(surface: pygame.Surface, post: pygame.Rect, side: int) -> None:
    """Paint a stone post with a light head."""
    radius = max(1, side // 30)
    pygame.draw.rect(surface, darker(STONE, 0.35), post, border_radius=radius)
    pygame.draw.rect(surface, STONE, (*post.topleft, post.width, post.height * 0.8), 0, radius)
    head = (*post.topleft, post.width, post.width)
    pygame.draw.rect(surface, darker(STONE, -0.35), head, border_radius=radius)

"""Marks that stand on a single cell: start, goal, candidates and the tiles that do something.

Each has a shape of its own. Tiles that belong together, such as a key and its door, share a letter.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import pygame

from game.text.level import Level
from game.text.tiles import (
    BOX_ON_TARGET,
    BOXES,
    BY_CHAR,
    CANDIDATE,
    COIN,
    FLOOR,
    GATE,
    GOAL,
    HUNTER,
    PATROL,
    START,
    START_ON_TARGET,
    TARGET,
    TILES,
)
from game.view.draw.badges import has_badge, put_badge
from game.view.draw.box_marks import (
    IRON,
    paint_box,
    paint_empty_target,
    paint_gate,
    paint_settled_box,
    paint_switch,
    paint_target,
    target_hue,
)
from game.view.draw.ground_patterns import PATTERNS, no_pattern
from game.view.draw.theme import (
    DARK_INK,
    LIGHT,
    WHITE,
    Colour,
    Palette,
    Point,
    darker,
    dashes,
    mix,
    smooth,
)
from game.world.rules import KEYS

GOLD: Colour = (230, 159, 0)
PORTAL: Colour = (124, 72, 160)
PATROL_HUE: Colour = (0, 114, 178)
HUNTER_HUE: Colour = (170, 40, 60)
EYE = (0.7, 0.27)  # middle of the struck eye of what is hidden, in cells
# side and corners of the signs of one hidden thing, and of two in the same cell, in cells
THING_PLACES = ((0.62, ((0.13, 0.31),)), (0.42, ((0.08, 0.48), (0.48, 0.48))))


SignPainter: TypeAlias = Callable[[pygame.Surface, int, str, Palette], None]

# --- start, candidates and goal ------------------------------------------------------------------


def start_mark(cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """Return the mark of a start cell: a ring on the floor."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        _rings(surface, cell * factor, palette, 0.4)

    return smooth((cell, cell), paint, BY_CHAR[FLOOR].colour)


def start_on_target_mark(
    cell: int, hidden: bool = True, palette: Palette = LIGHT
) -> pygame.Surface:
    """Return the mark of a start on a target: smaller rings between the brackets of a target."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        paint_target(surface, cell * factor, target_hue(palette))
        _rings(surface, cell * factor, palette, 0.3)

    return smooth((cell, cell), paint, BY_CHAR[FLOOR].colour)


def _rings(surface: pygame.Surface, side: int, palette: Palette, radius: float) -> None:
    """Paint two rings; `radius` is that of the outer one, in cells."""
    middle = (side / 2, side / 2)
    colour = mix(palette.board(BY_CHAR[FLOOR].colour), palette.ink, 0.32)
    pygame.draw.circle(surface, colour, middle, side * radius, max(2, side // 18))
    pygame.draw.circle(surface, colour, middle, side * radius * 0.68, max(2, side // 34))


def candidate_mark(cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """Return the mark of a cell that may be the goal: a question mark."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = cell * factor
        mark = pygame.font.Font(None, round(side * 0.8)).render("?", True, palette.muted)
        surface.blit(mark, mark.get_rect(center=(side / 2, side / 2)))

    return smooth((cell, cell), paint, BY_CHAR[FLOOR].colour)


def goal_mark(cell: int, hidden: bool, palette: Palette = LIGHT) -> pygame.Surface:
    """Return the mark of the goal: a flag; a hidden goal is dashed and pale, with a struck eye."""

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = cell * factor
        hue = palette.goal
        frame = _pale_plate(surface, side, hue)
        if hidden:
            _dashed_frame(surface, frame, side, hue)
            _flag(surface, side, (0.44, 0.56), hue, ghost=True)
            _struck_eye(surface, side, EYE, hue)
        else:
            pygame.draw.rect(surface, hue, frame, max(2, side // 18), border_radius=side // 6)
            _flag(surface, side, (0.53, 0.5), hue, ghost=False)

    return smooth((cell, cell), paint, palette.goal)


def _pale_plate(surface: pygame.Surface, side: int, hue: Colour) -> pygame.Rect:
    """Paint what lies below a goal, and return its frame."""
    frame = pygame.Rect(0, 0, side, side).inflate(-side * 0.12, -side * 0.12)
    pygame.draw.rect(surface, (*hue, 38), frame, border_radius=side // 6)
    return frame


def _dashed_frame(surface: pygame.Surface, frame: pygame.Rect, side: int, hue: Colour) -> None:
    corners = [frame.topleft, frame.topright, frame.bottomright, frame.bottomleft]
    on = frame.width / 9
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        for a, b in dashes(start, end, on, on):
            pygame.draw.line(surface, hue, a, b, max(2, side // 22))


def _flag(surface: pygame.Surface, side: int, middle: Point, hue: Colour, ghost: bool) -> None:
    """Paint a pennant on a pole around `middle` (in cells)."""

    def at(x: float, y: float) -> Point:
        return (middle[0] + x) * side, (middle[1] + y) * side

    cloth = [at(-0.12, -0.24), at(0.2, -0.12), at(-0.12, 0.0)]
    thick = max(2, side // 18)
    pygame.draw.polygon(surface, (*hue, 110) if ghost else hue, cloth)
    pygame.draw.polygon(surface, hue, cloth, max(2, side // 36))
    pygame.draw.line(surface, hue, at(-0.13, -0.26), at(-0.13, 0.26), thick)
    pygame.draw.line(surface, hue, at(-0.22, 0.26), at(-0.04, 0.26), thick)


def _struck_eye(surface: pygame.Surface, side: int, middle: Point, hue: Colour) -> None:
    """Paint a crossed-out eye in a white disc, which means hidden."""
    x, y = middle[0] * side, middle[1] * side
    disc, wide, high = side * 0.23, side * 0.15, side * 0.085
    pygame.draw.circle(surface, WHITE, (x, y), disc)
    pygame.draw.circle(surface, hue, (x, y), disc, max(1, side // 44))
    ink, thick = DARK_INK, max(2, side // 32)
    lid = [(x + wide * t / 6, y - high * math.cos(t * math.pi / 12)) for t in range(-6, 7)]
    under = [(px, 2 * y - py) for px, py in lid]
    pygame.draw.lines(surface, ink, False, lid, thick)
    pygame.draw.lines(surface, ink, False, under, thick)
    pygame.draw.circle(surface, ink, (x, y), high * 0.55)
    pygame.draw.line(surface, WHITE, (x - wide, y + wide), (x + wide, y - wide), thick * 3)
    pygame.draw.line(surface, ink, (x - wide, y + wide), (x + wide, y - wide), thick)


# --- tiles that do something: (surface, side, character, palette) --------------------------------


def _letter(surface: pygame.Surface, side: int, char: str, at: Point, size: float = 0.5) -> None:
    text = pygame.font.Font(None, round(side * size)).render(char, True, DARK_INK)
    surface.blit(text, text.get_rect(center=(at[0] * side, at[1] * side)))


def _portal(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    middle = (side / 2, side / 2)
    pygame.draw.circle(surface, WHITE, middle, side * 0.36)
    for radius in (0.42, 0.3):
        pygame.draw.circle(surface, PORTAL, middle, side * radius, max(2, side // 18))
    _letter(surface, side, char, (0.5, 0.51))


def _key(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    thick = max(2, side // 11)
    dark = darker(GOLD, 0.25)
    pygame.draw.circle(surface, dark, (side * 0.3, side * 0.36), side * 0.16, thick)
    pygame.draw.line(surface, dark, (side * 0.44, side * 0.36), (side * 0.86, side * 0.36), thick)
    for x in (0.68, 0.82):
        pygame.draw.line(surface, dark, (side * x, side * 0.36), (side * x, side * 0.52), thick)
    _letter(surface, side, char, (0.34, 0.74))


def _door(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    wood = BY_CHAR[char].colour
    frame = pygame.Rect(side * 0.14, side * 0.08, side * 0.72, side * 0.86)
    arch = {"border_top_left_radius": side // 3, "border_top_right_radius": side // 3}
    pygame.draw.rect(surface, darker(wood, -0.25), frame, **arch)
    pygame.draw.rect(surface, darker(wood, 0.5), frame, max(2, side // 14), **arch)
    pygame.draw.circle(surface, DARK_INK, (side * 0.73, side * 0.62), side * 0.05)
    _letter(surface, side, char, (0.46, 0.54), 0.6)


def _open_door(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    """Paint a door whose leaf has swung to the left."""
    wood = BY_CHAR[char].colour
    frame = pygame.Rect(side * 0.14, side * 0.08, side * 0.72, side * 0.86)
    arch = {"border_top_left_radius": side // 3, "border_top_right_radius": side // 3}
    pygame.draw.rect(surface, darker(wood, 0.75), frame, **arch)
    leaf = [(x * side, y * side) for x, y in ((0.16, 0.2), (0.4, 0.32), (0.4, 0.92), (0.16, 0.92))]
    pygame.draw.polygon(surface, darker(wood, -0.25), leaf)
    pygame.draw.polygon(surface, darker(wood, 0.5), leaf, max(2, side // 22))
    pygame.draw.rect(surface, darker(wood, 0.5), frame, max(2, side // 14), **arch)


def _coin(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    middle = (side / 2, side / 2)
    pygame.draw.circle(surface, GOLD, middle, side * 0.24)
    pygame.draw.circle(surface, darker(GOLD, 0.35), middle, side * 0.24, max(2, side // 22))
    pygame.draw.circle(surface, darker(GOLD, -0.6), middle, side * 0.13, max(2, side // 22))


def _patrol(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    body = pygame.Rect(side * 0.2, side * 0.2, side * 0.6, side * 0.6)
    _opponent(surface, side, PATROL_HUE, body, side // 9)


def _hunter(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    """Paint an opponent with horns."""
    for x in (0.26, 0.74):
        horn = [(x - 0.08, 0.4), (x + 0.08, 0.4), (x + (x - 0.5) * 0.5, 0.1)]
        pygame.draw.polygon(surface, HUNTER_HUE, [(a * side, b * side) for a, b in horn])
    body = pygame.Rect(side * 0.18, side * 0.26, side * 0.64, side * 0.6)
    _opponent(surface, side, HUNTER_HUE, body, side // 3)


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


def _box(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    if char == BOX_ON_TARGET:
        paint_settled_box(surface, side, palette)
    else:
        paint_box(surface, side)


def _target(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    paint_empty_target(surface, side, palette)


def _switch(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    paint_switch(surface, side)


def _gate(surface: pygame.Surface, side: int, char: str, palette: Palette) -> None:
    paint_gate(surface, side, 0.0)


_SIGN_PAINTERS: dict[str, SignPainter] = {
    "portal": _portal,
    "key": _key,
    "door": _door,
    "coin": _coin,
    "patrol": _patrol,
    "hunter": _hunter,
    "box": _box,
    "target": _target,
    "switch": _switch,
    "gate": _gate,
}


def sign(char: str, cell: int, hidden: bool = True, palette: Palette = LIGHT) -> pygame.Surface:
    """Return the sign of a tile that has one, `cell` px wide. Gates are closed."""
    paint = _SIGN_PAINTERS[BY_CHAR[char].pattern]
    return smooth(
        (cell, cell),
        lambda surface, factor: paint(surface, cell * factor, char, palette),
        palette.board(BY_CHAR[FLOOR].colour),
    )


_FOUND_PAINTERS = {"door": _open_door}  # of things that are still there once they are found


def things_mark(
    things: Sequence[tuple[str, bool]], cell: int, palette: Palette = LIGHT
) -> pygame.Surface | None:
    """Return the mark of a world's hidden things in a cell: the signs of their tiles side by side,
    in the frame of a hidden goal.

    things: (tile, whether it has been found). Then a door is open and a key is gone; None where
    nothing is left.
    """
    painters = [(_thing_painter(char, found), char) for char, found in things]
    signs = [(painter, char) for painter, char in painters if painter]
    if not signs:
        return None
    share, places = THING_PLACES[len(signs) - 1]

    def paint(surface: pygame.Surface, factor: int) -> None:
        side, hue = cell * factor, palette.goal
        _dashed_frame(surface, _pale_plate(surface, side, hue), side, hue)
        for (painter, char), (x, y) in zip(signs, places, strict=True):
            small = pygame.Surface((side * share, side * share), pygame.SRCALPHA)
            painter(small, small.get_width(), char, palette)
            surface.blit(small, (side * x, side * y))
        _struck_eye(surface, side, EYE, hue)

    return smooth((cell, cell), paint, palette.goal)


def _thing_painter(char: str, found: bool) -> SignPainter | None:
    return (_FOUND_PAINTERS if found else _SIGN_PAINTERS).get(BY_CHAR[char].pattern)


def gate_sign(cell: int, openness: float) -> pygame.Surface:
    """Return the sign of a gate whose bars have sunk by the share `openness`, 0..1."""
    return smooth(
        (cell, cell), lambda surface, factor: paint_gate(surface, cell * factor, openness), IRON
    )


SIGNS: dict[str, Callable[[int, bool, Palette], pygame.Surface]] = {
    START_ON_TARGET: start_on_target_mark,
    **{tile.char: partial(sign, tile.char) for tile in TILES if tile.pattern in _SIGN_PAINTERS},
}


# drawn in each frame by `DynamicTiles`
DYNAMIC_TILES = {*KEYS, COIN, PATROL, HUNTER, *BOXES, GATE}
# painted once, below everything that moves
MARKS: dict[str, Callable[[int, bool, Palette], pygame.Surface]] = {
    START: start_mark,
    CANDIDATE: candidate_mark,
    GOAL: goal_mark,
    **{char: mark for char, mark in SIGNS.items() if char not in DYNAMIC_TILES},
    BOX_ON_TARGET: SIGNS[TARGET],
}


def swatch(char: str, cell: int, palette: Palette = LIGHT, hidden: bool = True) -> pygame.Surface:
    """Return a tile as it looks on the board, for a legend; a `hidden` goal is marked as such."""
    tile = BY_CHAR[char]
    colour = palette.board(tile.colour)
    mark = SIGNS.get(char) or MARKS.get(char)

    def paint(surface: pygame.Surface, factor: int) -> None:
        whole = pygame.Rect(0, 0, cell * factor, cell * factor)
        surface.fill(colour)
        PATTERNS.get(tile.pattern, no_pattern)(surface, whole, colour, random.Random(1))
        if mark:
            surface.blit(mark(whole.width, hidden, palette), (0, 0))
        pygame.draw.rect(surface, darker(colour, 0.25), whole, factor)

    return smooth((cell, cell), paint, colour)


def badged_swatch(level: Level, char: str, cell: int, palette: Palette = LIGHT) -> pygame.Surface:
    """Return a character of a level's map as it looks on the board, for a legend."""
    picture = swatch(level.tile(char), cell, palette, level.goal == "hidden")
    if has_badge(level, char):
        put_badge(picture, picture.get_rect(), char, palette)
    return picture

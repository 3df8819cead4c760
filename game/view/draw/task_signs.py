"""The signs on a small picture of a task: wind, controls and the settings of tiles it has drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pygame

from game.authoring.task_strip import StripTask
from game.text.level import NO_WIND, WINDS, Level
from game.text.tiles import ACTIONS, BY_NAME
from game.text.values import moves_of
from game.view.draw.experience_marks import paint_caps
from game.view.draw.marks import badged_swatch
from game.view.draw.overlay_shapes import draw_arrow
from game.view.draw.theme import Palette, Typeset, smooth
from game.world.rules import MOVES, STAY

CAPS_SHARE, CAPS_MOST = 0.4, 54  # of the box's width; px: the side of the sign for controls
CAPS_REACH, CAPS_CELL = 0.375, 0.8  # cells from the middle to a cap; cells in the sign's width
GAP = 2  # px, between and within signs
MOST_ROWS = 2  # of signs: more would hide the picture
PLATE_OPACITY = 225  # 0..255
Sign = tuple[pygame.Surface, str]  # a picture and the value beside it


def draw_task_signs(
    surface: pygame.Surface, box: pygame.Rect, task: StripTask, type: Typeset
) -> StripTask:
    """Draw what distinguishes a task at the bottom of a box: controls to the right, others in rows.

    Return the task with the signs that are left to words: those that have no picture or no room.
    """
    palette, controls, left = type.palette, str(task.task.level.controls), []
    room = box.copy()
    if "controls" in dict(task.signs):
        side = min(round(box.width * CAPS_SHARE), CAPS_MOST)
        plate = pygame.Rect(box.right - side, box.bottom - side, side, side)
        _draw_plate(surface, plate, palette)
        surface.blit(_caps(controls, side, palette), plate)
        room.width -= side + GAP
    at, high = room.bottomleft, type.height("small") + GAP
    for name, value in task.signs:
        sign = _sign(name, value, task.task.level, type)
        if sign is None:
            left += [] if name == "controls" else [(name, value)]
            continue
        wide = sign[0].get_width() + type.width(sign[1], "small") + 3 * GAP
        if at[0] + wide > room.right and at[0] > room.left:
            at = room.left, at[1] - high - GAP
        if at[0] + wide > room.right or room.bottom - at[1] >= MOST_ROWS * high:
            left.append((name, value))
            continue
        plate = pygame.Rect(at[0], at[1] - high, wide, high)
        _draw_plate(surface, plate, palette)
        _draw_sign(surface, plate, sign, type)
        at = plate.right + GAP, at[1]
    return replace(task, signs=tuple(left))


def _draw_sign(surface: pygame.Surface, plate: pygame.Rect, sign: Sign, type: Typeset) -> None:
    picture, value = sign
    place = surface.blit(picture, picture.get_rect(midleft=(plate.left + GAP, plate.centery)))
    at = place.right + GAP, plate.centery
    type.write(surface, value, "small", type.palette.ink, midleft=at)


def _draw_plate(surface: pygame.Surface, box: pygame.Rect, palette: Palette) -> None:
    """Draw the pale ground of a sign, so that it is legible on any tile."""
    plate = pygame.Surface(box.size, pygame.SRCALPHA)
    radius = min(box.size) // 4
    pygame.draw.rect(plate, (*palette.card, PLATE_OPACITY), plate.get_rect(), border_radius=radius)
    surface.blit(plate, box)


def _sign(name: str, value: str, level: Level, type: Typeset) -> Sign | None:
    """Return the sign of a wind or of a setting of a tile; None for anything else."""
    side, first = type.height("small") - GAP, name.partition(" ")[0]
    if first == "wind":
        chance = f"{level.wind_chance:.2g}" if level.wind != NO_WIND else ""
        return _wind(str(level.wind), side, type.palette), chance
    if char := _tile_of(first, level):
        return _swatch(level, char, side, type.palette), _short(value)
    return None


def _tile_of(name: str, level: Level) -> str:
    """Return the character of a tile that a sign names by its name or character; "" for others."""
    if level.legend_tile(name):
        return name
    return BY_NAME[name].char if name in BY_NAME and name != "goal" else ""


def _short(value: str) -> str:
    """Return a number with two digits, and a word as it is."""
    try:
        return f"{float(value):.2g}"
    except ValueError:
        return value


@lru_cache(maxsize=64)
def _caps(controls: str, side: int, palette: Palette) -> pygame.Surface:
    """Return the sign of controls: on each side the action that moves there."""
    moves = moves_of(controls)
    actions = [moves.index(move) if move in moves else None for move in ACTIONS[:STAY]]

    def paint(canvas: pygame.Surface, factor: int) -> None:
        paint_caps(canvas, round(side * factor * CAPS_CELL), CAPS_REACH, actions, palette)

    return smooth((side, side), paint, palette.card)


@lru_cache(maxsize=64)
def _wind(wind: str, side: int, palette: Palette) -> pygame.Surface:
    """Return the sign of a wind: an arrow to where it blows, or a ring where there is none."""
    action = ACTIONS.index(WINDS[wind]) if wind in WINDS else STAY

    def paint(canvas: pygame.Surface, factor: int) -> None:
        whole = side * factor
        dy, dx = MOVES[action].tolist()
        tail = whole * (0.5 - 0.4 * dx), whole * (0.5 - 0.4 * dy)
        draw_arrow(canvas, tail, action, round(whole * 1.7), 1.0, palette.agents[1])

    return smooth((side, side), paint, palette.card)


@lru_cache(maxsize=128)
def _swatch(level: Level, char: str, side: int, palette: Palette) -> pygame.Surface:
    """Return the picture of a tile."""
    return badged_swatch(level, char, side, palette)

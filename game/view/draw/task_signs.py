"""The signs below a small picture of a task: wind, controls and settings of tiles it has drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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

CAPS_REACH, CAPS_CELL = 0.375, 0.8  # cells from the middle to a cap; cells in the sign's width
GAP = 2  # px, between and within signs
MOST_ROWS = 2  # of signs: more would take the room of the picture
Sign = tuple[pygame.Surface, str]  # a picture and the value beside it


def signs_height(tasks: Iterable[StripTask], width: int, type: Typeset) -> int:
    """Return the height in px that the signs of some tasks take, each within a width."""
    return max((_arrange(task, width, type).height for task in tasks), default=0)


def draw_task_signs(
    surface: pygame.Surface, box: pygame.Rect, task: StripTask, type: Typeset
) -> StripTask:
    """Draw what distinguishes a task from the top of a box: controls to the right, others in rows.

    Return the task with the signs that are left to words: those that have no picture or no room.
    """
    found = _arrange(task, box.width, type)
    if found.caps:
        side, controls = found.caps, str(task.task.level.controls)
        surface.blit(_caps(controls, side, type.palette), (box.right - side, box.top))
    for sign, place in found.signs:
        _draw_sign(surface, place.move(box.topleft), sign, type)
    return replace(task, signs=found.left)


@dataclass(frozen=True)
class _Arranged:
    """The signs of a task with their places, below the left top of their box, in px.

    `caps` is the side of the sign for controls, 0 for none, and `left` is what has no sign.
    """

    signs: tuple[tuple[Sign, pygame.Rect], ...]
    caps: int
    left: tuple[tuple[str, str], ...]

    @property
    def height(self) -> int:
        """The height of all signs in px."""
        return max([self.caps, *(place.bottom for _, place in self.signs)])


def _arrange(task: StripTask, width: int, type: Typeset) -> _Arranged:
    """Return the signs of a task, in rows within a width; the sign for controls has two rows."""
    high = type.height("small") + GAP
    caps = MOST_ROWS * high if "controls" in dict(task.signs) else 0
    right, x, row = width - caps, 0, 0
    signs, left = [], []
    for name, value in task.signs:
        sign = _sign(name, value, task.task.level, type)
        if sign is None:
            left += [] if name == "controls" else [(name, value)]
            continue
        wide = sign[0].get_width() + type.width(sign[1], "small") + 3 * GAP
        if x and x + wide > right and row + 1 < MOST_ROWS:
            x, row = 0, row + 1
        if x + wide > right:
            left.append((name, value))
            continue
        signs.append((sign, pygame.Rect(x, row * high, wide, high)))
        x += wide + GAP
    left.sort(key=lambda words: words[0] == "goal")  # last: the picture shows it, too
    return _Arranged(tuple(signs), caps, tuple(left))


def _draw_sign(surface: pygame.Surface, box: pygame.Rect, sign: Sign, type: Typeset) -> None:
    picture, value = sign
    place = surface.blit(picture, picture.get_rect(midleft=(box.left, box.centery)))
    at = place.right + GAP, box.centery
    type.write(surface, value, "small", type.palette.ink, midleft=at)


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

    return smooth((side, side), paint, palette.paper)


@lru_cache(maxsize=64)
def _wind(wind: str, side: int, palette: Palette) -> pygame.Surface:
    """Return the sign of a wind: an arrow to where it blows, or a ring where there is none."""
    action = ACTIONS.index(WINDS[wind]) if wind in WINDS else STAY

    def paint(canvas: pygame.Surface, factor: int) -> None:
        whole = side * factor
        dy, dx = MOVES[action].tolist()
        tail = whole * (0.5 - 0.4 * dx), whole * (0.5 - 0.4 * dy)
        draw_arrow(canvas, tail, action, round(whole * 1.7), 1.0, palette.agents[1])

    return smooth((side, side), paint, palette.paper)


@lru_cache(maxsize=128)
def _swatch(level: Level, char: str, side: int, palette: Palette) -> pygame.Surface:
    """Return the picture of a tile."""
    return badged_swatch(level, char, side, palette)

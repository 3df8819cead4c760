"""Short texts in boxes: notices over the screen, tips beside the mouse, and pills."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.text.level import Level
from game.view.draw.theme import Colour, Typeset, mix, smooth

DESCRIPTION_LINES = 4  # at most, of a level's description


def draw_notice(
    surface: pygame.Surface,
    rect: pygame.Rect,
    heading: str,
    text: str,
    type: Typeset,
) -> None:
    """Draw a heading and as much of the text as fits, over the lower part of `rect`.

    A text of several lines keeps its line ends and is set in a monospaced face, because the carets
    of error messages point at columns.
    """
    style = "mono" if "\n" in text else "small"
    widest = (900 if style == "mono" else 560) * type.scale
    width = min(rect.width - 4 * type.unit, round(widest))
    lines = type.wrap(text, style, width - 4 * type.unit)
    line, gap = type.height(style), type.unit // 2
    most = max(1, (rect.height - 8 * type.unit) // line - 2)
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    height = type.height("heading") + gap + len(lines) * line + 3 * type.unit
    box = pygame.Rect(0, 0, width, height)
    box.midbottom = rect.centerx, rect.bottom - 3 * type.unit
    pygame.draw.rect(surface, type.palette.paper, box, border_radius=type.unit)
    hue = type.palette.alert
    pygame.draw.rect(surface, hue, box, 2, border_radius=type.unit)
    y = box.top + 3 * type.unit // 2
    left = box.left + 2 * type.unit
    heading = type.fit(heading, "heading", width - 4 * type.unit)
    y = type.write(surface, heading, "heading", hue, topleft=(left, y)).bottom + gap
    for text in lines:
        type.write(surface, text, style, type.palette.ink, topleft=(left, y))
        y += line


def draw_wrong_cell(surface: pygame.Surface, cell: pygame.Rect, type: Typeset) -> None:
    """Draw a ring around a cell with an error, clear of what is on it."""
    around = cell.inflate(type.unit, type.unit)
    pygame.draw.rect(surface, type.palette.paper, around.inflate(4, 4), 2, border_radius=type.unit)
    pygame.draw.rect(surface, type.palette.alert, around, 3, border_radius=type.unit)


def draw_tip(
    surface: pygame.Surface, at: tuple[int, int], lines: Sequence[str], type: Typeset
) -> None:
    """Draw a small dark box with these lines beside the mouse, which is at `at` (px)."""
    width = max(type.width(line, "small") for line in lines) + 2 * type.unit
    line = type.height("small")
    box = pygame.Rect(at[0] + 2 * type.unit, at[1], width, line * len(lines) + type.unit)
    box.clamp_ip(surface.get_rect())
    pygame.draw.rect(surface, type.palette.ink, box, border_radius=type.unit // 2)
    y = box.top + type.unit // 2
    for text in lines:
        type.write(surface, text, "small", type.palette.paper, topleft=(box.left + type.unit, y))
        y += line


def draw_description(
    surface: pygame.Surface, rect: pygame.Rect, y: int, level: Level, type: Typeset
) -> int:
    """Draw a level's description for players from `y` down. Return the y below it, with a gap."""
    if not level.description:
        return y
    for line in type.wrap(level.description, "small", rect.width, DESCRIPTION_LINES):
        y = type.write(surface, line, "small", type.palette.ink, topleft=(rect.left, y)).bottom
    return y + type.unit


def draw_card(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    text: str,
    style: str,
    hue: Colour,
    type: Typeset,
    room: int | None = None,
) -> int:
    """Draw a text on a card across `rect` from `y` down, with a frame. Return the y below it.

    A text that takes more than `room` px is cut, but keeps one line.
    """
    palette, unit = type.palette, type.unit
    most = None if room is None else max(1, (room - 2 * unit) // type.height(style))
    lines = type.wrap(text, style, rect.width - 4 * unit, most)
    box = pygame.Rect(rect.left, y, rect.width, len(lines) * type.height(style) + 2 * unit)
    pygame.draw.rect(surface, palette.faint, box, border_radius=unit)
    pygame.draw.rect(surface, hue, box, 2, border_radius=unit)
    y = box.top + unit
    for line in lines:
        at = (box.left + 2 * unit, y)
        y = type.write(surface, line, style, palette.ink, topleft=at).bottom
    return box.bottom


def draw_pill(
    surface: pygame.Surface, text: str, hue: Colour, topleft: tuple[int, int], type: Typeset
) -> pygame.Rect:
    """Draw a short text on a tinted ground with round ends. Return the rectangle of the ground."""
    picture = type.render(text, "label", mix(hue, type.palette.ink, 0.3))
    box = picture.get_rect(topleft=topleft).inflate(2 * type.unit, type.unit // 2)
    box.topleft = topleft
    ground = mix(hue, type.palette.card, 0.84)

    def paint(canvas: pygame.Surface, factor: int) -> None:
        whole = canvas.get_rect()
        pygame.draw.rect(canvas, ground, whole, border_radius=whole.height // 2)

    surface.blit(smooth(box.size, paint, ground), box)
    place = surface.blit(picture, picture.get_rect(center=box.center))
    type.note(surface, text, "label", place)
    return box

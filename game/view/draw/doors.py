"""The doors of the first screen: a row of words, each with its key and a line of what it does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pygame

from game.view.draw.key_caps import cap_width, draw_key
from game.view.draw.theme import Typeset

DoorTexts = Sequence[tuple[str, str, str]]  # (cap, word, line) of each door


def doors_height(doors: DoorTexts, width: int, type: Typeset) -> int:
    """Return the height in px of a row of doors that is `width` px wide."""
    lines = type.height("heading")
    if _has_lines(doors, width, type):
        lines += type.height("small")
    return lines + type.unit * 5 // 2


def draw_doors(
    surface: pygame.Surface, rect: pygame.Rect, doors: DoorTexts, type: Typeset
) -> list[pygame.Rect]:
    """Draw the doors side by side, the first one framed as the one to begin with.

    Their lines are left out where they have no room. Return the places of the doors, for clicks.
    """
    palette, unit = type.palette, type.unit
    with_lines = _has_lines(doors, rect.width, type)
    places = _places(rect, len(doors), unit)
    for i, (box, (cap, word, line)) in enumerate(zip(places, doors)):
        pygame.draw.rect(surface, palette.card, box, border_radius=unit)
        hue = palette.rule if i else palette.agent
        pygame.draw.rect(surface, hue, box, 1 if i else 2, border_radius=unit)
        left, high = box.left + unit * 3 // 2, type.height("heading")
        middle = box.top + unit + high // 2 if with_lines else box.centery
        if with_lines or _has_caps(doors, rect.width, type):
            key = draw_key(surface, (left, middle - high // 2 - 1), cap, "", False, type)
            left = key.right + unit
        ink = palette.ink if i else palette.texts[0]
        style = "heading" if with_lines else "label"
        type.write(surface, word, style, ink, midleft=(left, middle))
        if with_lines:
            at = (box.left + unit * 3 // 2, box.bottom - unit * 3 // 4)
            type.write(surface, line, "small", palette.muted, bottomleft=at)
    return places


def _places(rect: pygame.Rect, count: int, unit: int) -> list[pygame.Rect]:
    """Return the places of so many doors across a rectangle, with gaps between them."""
    pitch = (rect.width + unit) / count
    ends = [round(rect.left + i * pitch) for i in range(count + 1)]
    return [
        pygame.Rect(left, rect.top, right - unit - left, rect.height)
        for left, right in itertools.pairwise(ends)
    ]


def _room(doors: DoorTexts, width: int, type: Typeset) -> int:
    """Return the width in px inside a door."""
    return (width + type.unit) // len(doors) - 4 * type.unit


def _has_lines(doors: DoorTexts, width: int, type: Typeset) -> bool:
    """Whether each door has room for its line."""
    return max(type.width(line, "small") for *_, line in doors) <= _room(doors, width, type)


def _has_caps(doors: DoorTexts, width: int, type: Typeset) -> bool:
    """Whether each door has room for its key beside its word."""
    widths = [
        cap_width(cap, type) + type.unit + type.width(word, "label") for cap, word, _ in doors
    ]
    return max(widths) <= _room(doors, width, type)

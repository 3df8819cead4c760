"""The card that lists the levels of a folder, over the editor."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.key_caps import draw_key, key_widths
from game.view.draw.theme import Typeset, mix

MOST_ROWS = 14


def draw_folder(
    surface: pygame.Surface,
    folder: str,
    rows: Sequence[tuple[str, str]],
    selected: int,
    note: str,
    answers: Sequence[tuple[str, str]],
    type: Typeset,
) -> tuple[list[tuple[pygame.Rect, int]], list[pygame.Rect]]:
    """Draw (name, split) of each level, and the keys below. Return the places of both."""
    unit, palette, whole = type.unit, type.palette, surface.get_rect()
    line = type.height("small") + type.unit
    shown = max(1, min(MOST_ROWS, len(rows), (whole.height - 16 * unit) // line))
    first = min(max(0, selected - shown // 2), max(0, len(rows) - shown))
    keys = sum(key_widths(answers, type)) + 2 * unit * (len(answers) - 1)
    width = min(whole.width - 2 * unit, max(keys + 6 * unit, round(620 * type.scale)))
    notes = type.wrap(note, "small", width - 6 * unit, 2) if note else []
    high = type.height("heading") + shown * line + len(notes) * type.height("small") + 9 * unit
    box = pygame.Rect(0, 0, width, high + type.height("label"))
    box.center = whole.center
    pygame.draw.rect(surface, palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, palette.agent, box, 2, border_radius=unit)
    inside = box.inflate(-6 * unit, -4 * unit)
    heading = type.fit(f"Levels of {folder}", "heading", inside.width)
    place = type.write(surface, heading, "heading", palette.ink, topleft=inside.topleft)
    y, places = place.bottom + unit, []
    for i in range(first, min(first + shown, len(rows))):
        name, split = rows[i]
        row = pygame.Rect(inside.left - unit, y, inside.width + 2 * unit, line)
        if i == selected:
            pygame.draw.rect(surface, mix(palette.agent, palette.card, 0.86), row, border_radius=5)
        share = type.fit(split, "small", inside.width // 2)
        at = (inside.right, row.centery)
        right = type.write(surface, share, "small", palette.muted, midright=at)
        style = "label" if i == selected else "small"
        name = type.fit(name, style, right.left - inside.left - unit)
        type.write(surface, name, style, palette.ink, midleft=(inside.left, row.centery))
        places.append((row, i))
        y += line
    y += unit
    for text in notes:
        y = type.write(surface, text, "small", palette.muted, topleft=(inside.left, y)).bottom
    x, boxes = inside.left, []
    for cap, meaning in answers:
        key = draw_key(surface, (x, y + unit), cap, meaning, False, type)
        boxes.append(key.inflate(unit, unit))
        x = key.right + 2 * unit
    return places, boxes

"""The gallery's panel on the right: the selected level, and the fields below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pygame

from game.view.draw.text_boxes import draw_description, draw_pill
from game.view.draw.theme import Typeset, number
from game.view.model.baselines import PlannedTask
from game.view.model.gallery_fields import AGENT_FIELDS, MODES, GalleryFields
from game.view.model.gallery_levels import NEW_LEVEL, GalleryItem

NEW_TEXT = (
    "Draw a level of your own: paint its map with keys or mouse, see at once what it is worth, "
    "play it, and watch agents adapt to it."
)


class FieldButton(NamedTuple):
    """One half of a field, which changes the field by -1 or 1 when it is clicked.

    A field for an agent is one button (`by` is 0), which opens the list of agents.
    """

    rect: pygame.Rect
    field: str
    by: int


def draw_inspector(
    surface: pygame.Surface, rect: pygame.Rect, fields: GalleryFields, type: Typeset
) -> tuple[pygame.Rect, list[FieldButton]]:
    """Draw the panel with the fields at its bottom. Return the room above them and the buttons."""
    palette, unit = type.palette, type.unit
    pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
    pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
    inside = rect.inflate(-4 * unit, -4 * unit)
    bottom, buttons = _draw_fields(surface, inside, fields, type)
    return pygame.Rect(inside.left, inside.top, inside.width, bottom - inside.top), buttons


def draw_problem(
    surface: pygame.Surface, room: pygame.Rect, item: GalleryItem, type: Typeset
) -> None:
    """Draw why a pack cannot be used."""
    y = _draw_name(surface, room, item, type)
    hue = type.palette.alert
    for line in type.wrap(item.library_pack.problem, "small", room.width):
        y = type.write(surface, line, "small", hue, topleft=(room.left, y)).bottom
        if y > room.bottom - 2 * type.unit:
            return


def draw_new_level(surface: pygame.Surface, room: pygame.Rect, type: Typeset) -> None:
    """Draw what the card for a new level does."""
    name = type.write(surface, NEW_LEVEL, "title", type.palette.ink, topleft=room.topleft)
    y = name.bottom + type.unit
    for line in type.wrap(NEW_TEXT, "small", room.width):
        y = type.write(surface, line, "small", type.palette.muted, topleft=(room.left, y)).bottom


def draw_level(
    surface: pygame.Surface,
    room: pygame.Rect,
    item: GalleryItem,
    seen: bool,
    planned: PlannedTask | None,
    picture_of: Callable[[int], pygame.Surface | None],
    type: Typeset,
) -> None:
    """Draw a level's name, baseline returns, description and picture.

    `seen` says whether the chosen agent was trained on it. `planned` is None while the level is
    being planned. `picture_of` gives the picture for a square of this many px.
    """
    y = _draw_name(surface, room, item, type)
    y = _draw_badge(surface, room, y, item, seen, type) + type.unit
    y = _draw_returns(surface, room, y, planned, type) + type.unit
    y = draw_description(surface, room, y, item.task.level, type) if item.task else y
    side = min(room.width, room.bottom - y - type.unit)
    if side > 8 * type.unit:
        picture = picture_of(side)
        if picture:
            surface.blit(picture, picture.get_rect(midtop=(room.centerx, y)))


def _draw_name(surface: pygame.Surface, room: pygame.Rect, item: GalleryItem, type: Typeset) -> int:
    """Draw an item's name at the top. Return the y below it."""
    style = "title" if type.width(item.name, "title") <= room.width else "heading"
    name = type.fit(item.name, style, room.width)
    place = type.write(surface, name, style, type.palette.ink, topleft=room.topleft)
    return place.bottom + type.unit // 2


def _draw_badge(
    surface: pygame.Surface,
    room: pygame.Rect,
    y: int,
    item: GalleryItem,
    seen: bool,
    type: Typeset,
) -> int:
    """Draw whether the agent was trained on the level, and the pack's title. Return the y below."""
    palette, unit = type.palette, type.unit
    text, hue = ("seen", palette.muted) if seen else ("unseen", palette.agent)
    badge = draw_pill(surface, f"{text} in training", hue, (room.left, y), type)
    title = type.fit(item.library_pack.title, "small", room.right - badge.right - unit)
    at = (badge.right + unit, badge.centery)
    type.write(surface, title, "small", palette.muted, midleft=at)
    return badge.bottom


def _draw_returns(
    surface: pygame.Surface, room: pygame.Rect, y: int, planned: PlannedTask | None, type: Typeset
) -> int:
    """Draw the baseline returns, once they are known. Return the y below them."""
    if planned is None:
        return y
    text, hue = "too large to plan", type.palette.alert
    if not planned.failure:
        optimal, random = number(planned.optimal_return), number(planned.random_return)
        text, hue = f"return: optimal {optimal}, random {random}", type.palette.ink
    for line in type.wrap(text, "small", room.width):
        y = type.write(surface, line, "small", hue, topleft=(room.left, y)).bottom
    return y


def _draw_fields(
    surface: pygame.Surface, rect: pygame.Rect, fields: GalleryFields, type: Typeset
) -> tuple[int, list[FieldButton]]:
    """Draw the mode's fields and its explanation. Return the y above them and the buttons."""
    palette, unit = type.palette, type.unit
    names = fields.names[1:]  # the levels are chosen in the grid
    pitch = type.height("label") + 2 * unit
    explanation = type.wrap(MODES[fields.value("mode")], "small", rect.width)
    top = rect.bottom - len(names) * pitch - len(explanation) * type.height("small") - unit
    y, buttons = top, []
    label = max(type.width(name, "small") for name in names) + 2 * unit
    for name in names:
        box = pygame.Rect(rect.left + label, y, rect.width - label, pitch - unit // 2)
        type.write(surface, name, "small", palette.muted, midleft=(rect.left, box.centery))
        buttons += _draw_field(surface, box, fields, name, type)
        y += pitch
    for line in explanation:
        type.write(surface, line, "small", palette.muted, topleft=(rect.left, y))
        y += type.height("small")
    pygame.draw.line(surface, palette.rule, (rect.left, top - unit), (rect.right, top - unit))
    return top - unit, buttons


def _draw_field(
    surface: pygame.Surface, box: pygame.Rect, fields: GalleryFields, name: str, type: Typeset
) -> list[FieldButton]:
    """Draw the value of a field between two arrows, or before one that opens the list of agents.

    Return the buttons.
    """
    palette, unit = type.palette, type.unit
    active = fields.active == name
    pygame.draw.rect(surface, palette.faint, box, border_radius=unit // 2)
    hue = palette.agent if active else palette.rule
    pygame.draw.rect(surface, hue, box, 3 if active else 1, border_radius=unit // 2)
    arrow = type.width("◂", "label") + 2 * unit
    if name in AGENT_FIELDS:
        value = type.fit(fields.value(name), "label", box.width - arrow - unit)
        at = (box.left + unit, box.centery)
        type.write(surface, value, "label", palette.ink, midleft=at)
        at = (box.right - arrow // 2, box.centery)
        type.write(surface, "▾", "label", palette.muted, center=at)
        return [FieldButton(box, name, 0)]
    value = type.fit(fields.value(name), "label", box.width - 2 * arrow)
    type.write(surface, value, "label", palette.ink, center=box.center)
    buttons = []
    for text, by, left, x in (
        ("◂", -1, box.left, box.left + arrow // 2),
        ("▸", 1, box.centerx, box.right - arrow // 2),
    ):
        type.write(surface, text, "label", palette.muted, center=(x, box.centery))
        rect = pygame.Rect(left, box.top, box.width // 2, box.height)
        buttons.append(FieldButton(rect, name, by))
    return buttons

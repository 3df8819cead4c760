"""The settings of the editor: a row for each control, with a slider, arrows or its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pygame

from game.authoring.drawn_numbers import FIXED, RANGE, SET
from game.view.draw.scroll_bar import draw_scroll_bar
from game.view.draw.spots import Press, Spot, clicked
from game.view.draw.theme import Typeset, mix
from game.view.model.editor_settings import form_of, numbers_of, share_of
from game.view.model.settings_rows import ControlRow

NAME_SHARE, VALUE_SHARE = 0.34, 0.26  # of the width
FORM_SIGNS = {FIXED: "1", RANGE: "a..b", SET: "{ }"}


class ControlActions(Protocol):
    """What the rows do when they are clicked; `number` is the index of the row."""

    def step_control(self, number: int, by: int) -> None: ...
    def slide_control(self, number: int, share: float) -> None: ...
    def change_form(self, number: int) -> None: ...
    def edit_control(self, number: int) -> None: ...


def row_height(type: Typeset) -> int:
    """Return the height of a row in px."""
    return type.height("small") + type.unit


def draw_controls(
    surface: pygame.Surface,
    rect: pygame.Rect,
    rows: Sequence[ControlRow],
    scroll: int,
    active: int | None,
    actions: ControlActions,
    type: Typeset,
) -> list[Spot]:
    """Draw the rows from number `scroll` on, as many as there is room for; return their spots.

    The `active` row is the one that keys change.
    """
    high = row_height(type)
    spots: list[Spot] = []
    for i, y in zip(range(scroll, len(rows)), range(rect.top, rect.bottom - high + 1, high)):
        box = pygame.Rect(rect.left, y, rect.width, high)
        if i == active:
            pygame.draw.rect(
                surface, mix(type.palette.agent, type.palette.card, 0.86), box, border_radius=5
            )
        spots += _draw_row(surface, box, i, rows[i], actions, type)
    draw_scroll_bar(surface, rect, scroll, max(1, rect.height // high), len(rows), type)
    return spots


def _draw_row(
    surface: pygame.Surface,
    box: pygame.Rect,
    number: int,
    row: ControlRow,
    actions: ControlActions,
    type: Typeset,
) -> list[Spot]:
    palette, unit = type.palette, type.unit
    style, ink = ("label", palette.ink) if row.written else ("small", palette.muted)
    inside = box.inflate(-2 * unit, 0)
    name_width, value_width = (round(share * inside.width) for share in (NAME_SHARE, VALUE_SHARE))
    name = type.fit(row.control.name, style, name_width - unit)
    type.write(surface, name, style, ink, midleft=inside.midleft)
    middle = pygame.Rect(
        inside.left + name_width, box.top, inside.width - name_width - value_width, box.height
    )
    value_box = pygame.Rect(middle.right, box.top, value_width, box.height)
    edit = Spot(value_box, clicked(actions.edit_control, number))
    if not row.control.is_number:
        whole = middle.union(value_box)
        if row.control.is_text:
            return _draw_text(surface, whole, number, row, actions, type)
        return _draw_choice(surface, whole, number, row, actions, type)
    spots = [edit]
    right = value_box.right
    if row.control.drawn or row.control.word:
        is_word = row.value == row.control.word
        sign = row.value if is_word else FORM_SIGNS[form_of(row.value)]
        form_box = pygame.Rect(0, 0, type.width("a..b", "small") + unit, box.height - 4)
        form_box.midright = (inside.right, box.centery)
        pygame.draw.rect(surface, palette.faint, form_box, border_radius=4)
        pygame.draw.rect(surface, palette.rule, form_box, 1, border_radius=4)
        type.write(surface, sign, "small", palette.ink, center=form_box.center)
        spots.insert(0, Spot(form_box, clicked(actions.change_form, number)))
        right = form_box.left - unit // 2
    value = type.fit(row.value.replace("-", "−"), style, right - value_box.left)
    type.write(surface, value, style, palette.ink, midright=(right, box.centery))
    track = middle.inflate(-2 * unit, 0)
    if numbers_of(row.value):
        _draw_slider(surface, track, row, type)
        slide = _slider(track, number, actions)
        spots.append(Spot(track.inflate(2 * unit, 0), slide, slide))
    return spots


def _slider(track: pygame.Rect, number: int, actions: ControlActions) -> Press:
    """Return what pressing and dragging on a slider does."""

    def slide(at: tuple[int, int]) -> None:
        actions.slide_control(number, (at[0] - track.left) / max(1, track.width))

    return slide


def _draw_slider(
    surface: pygame.Surface, track: pygame.Rect, row: ControlRow, type: Typeset
) -> None:
    """Draw a line with a knob for each number; the part between both ends of a range is thick."""
    palette, y = type.palette, track.centery
    hue = palette.agent if row.written else palette.muted
    pygame.draw.line(surface, palette.rule, (track.left, y), (track.right, y), 2)
    places = [
        track.left + round(share_of(row.control, number) * track.width)
        for number in numbers_of(row.value)
    ]
    if form_of(row.value) == RANGE:
        pygame.draw.line(surface, hue, (min(places), y), (max(places), y), 5)
    for x in places:
        pygame.draw.aacircle(surface, palette.card, (x, y), type.unit * 3 // 4 + 2)
        pygame.draw.aacircle(surface, hue, (x, y), type.unit * 3 // 4)


def _draw_field(surface: pygame.Surface, box: pygame.Rect, type: Typeset) -> pygame.Rect:
    """Draw the ground of a choice or a text in a box, and return where it is."""
    field = box.inflate(-type.unit, -4)
    pygame.draw.rect(surface, type.palette.faint, field, border_radius=type.unit // 2)
    return field


def _draw_choice(
    surface: pygame.Surface,
    box: pygame.Rect,
    number: int,
    row: ControlRow,
    actions: ControlActions,
    type: Typeset,
) -> list[Spot]:
    """Draw the chosen one between two arrows."""
    palette, unit = type.palette, type.unit
    field = _draw_field(surface, box, type)
    style = "label" if row.written else "small"
    text = type.fit(row.value, style, field.width - 6 * unit)
    type.write(surface, text, style, palette.ink, center=field.center)
    spots = []
    for sign, by, left, x in (
        ("◂", -1, field.left, field.left + 3 * unit // 2),
        ("▸", 1, field.centerx, field.right - 3 * unit // 2),
    ):
        type.write(surface, sign, "label", palette.muted, center=(x, field.centery))
        half = pygame.Rect(left, field.top, field.width // 2, field.height)
        spots.append(Spot(half, clicked(actions.step_control, number, by)))
    return spots


def _draw_text(
    surface: pygame.Surface,
    box: pygame.Rect,
    number: int,
    row: ControlRow,
    actions: ControlActions,
    type: Typeset,
) -> list[Spot]:
    """Draw a line for people, or how to write one."""
    palette, unit = type.palette, type.unit
    field = _draw_field(surface, box, type)
    text, hue = (row.value, palette.ink) if row.value else ("click to write", palette.muted)
    text = type.fit(text, "small", field.width - 2 * unit)
    type.write(surface, text, "small", hue, midleft=(field.left + unit, field.centery))
    return [Spot(field, clicked(actions.edit_control, number))]

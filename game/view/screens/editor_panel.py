"""The drawing of the editor's panel: title, tools, palette, settings or text, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import pygame

from game.text.level import Level, Problem
from game.view.draw.editor_controls import ControlActions, draw_controls, row_height
from game.view.draw.editor_palette import draw_palette, palette_chars, palette_pitch, palette_rows
from game.view.draw.editor_tools import Tool, draw_tools, tools_height
from game.view.draw.editor_verdict import TONES, draw_verdict, verdict_height
from game.view.draw.layout import inside_width
from game.view.draw.spots import Press, Spot, clicked, explained
from game.view.draw.text_boxes import draw_pill
from game.view.draw.text_pane import (
    PaneScroll,
    PaneText,
    TextPaneView,
    draw_text_pane,
    pane_size,
)
from game.view.draw.theme import Typeset
from game.view.model.settings_rows import ControlRow
from game.view.model.text_caret import Caret, lines_of
from game.view.model.tile_words import describe_tile
from game.view.model.verdict_facts import VerdictFacts

VERDICT_SHARE = 0.42  # of the panel's height, at most, with advice
LEAST_SETTINGS = 5  # rows: with room for fewer, they have a page of their own
BOARD, SETTINGS, STRIP, TEXT = "board", "settings", "strip", "text"  # what the keys change
TABS = (
    ("Tiles and tools", BOARD, "What the map is painted with."),
    (
        "Settings",
        SETTINGS,
        "The header lines of the level: steps, rewards, costs, chance and more.",
    ),
)


@dataclass(frozen=True)
class PanelState:
    """All that the panel shows: it is drawn again when one of these has changed."""

    title: str
    file: str
    verdict: VerdictFacts
    tools: tuple[Tool, ...]
    tile: str
    chars: tuple[str, ...]
    rows: tuple[ControlRow, ...]
    row: int  # of the control that keys change
    focus: str
    text: str | None  # of the pane, None while it is closed
    caret: Caret
    selected: tuple[Caret, Caret] | None  # begin and end of what is selected in the pane
    marked: tuple[int, int] | None  # line and column in the text of the board's cursor
    problems: tuple[Problem, ...]
    look: object  # all that the swatches depend on


class PanelActions(ControlActions, Protocol):
    """What the panel does when it is clicked."""

    def apply_advice(self, key: int) -> None: ...
    def go_to_area(self, area: str) -> None: ...
    def choose_tile(self, char: str) -> None: ...
    def press_key(self, cap: str) -> None: ...
    def press_text(self, place: Caret) -> None: ...
    def drag_text(self, place: Caret) -> None: ...


class EditorPanel:
    """The panel for one size of window, drawn again when what it shows has changed."""

    def __init__(
        self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset, is_brief: bool
    ) -> None:
        """`is_brief` leaves out the title, and all of the verdict but its word."""
        self._is_brief = is_brief
        self._surface, self._rect, self._type = surface, rect, type
        self.shown: PanelState | None = None
        self.spots: list[Spot] = []
        self.field_boxes: dict[int, pygame.Rect] = {}  # of the controls on screen
        self.pane: TextPaneView | None = None  # None while the text is closed
        self._settings_shown = 1  # rows of settings that fit
        self._scroll = 0
        self._revealed: object = None  # the row that was scrolled to last
        self._pane_scroll = PaneScroll()
        self._pane_revealed: object = None  # the place in the text that was scrolled to last

    # --- scrolling

    @property
    def scrolled(self) -> object:
        """Where the settings and the text are scrolled to."""
        return self._scroll, self._pane_scroll

    def keep_scroll(self, before: EditorPanel) -> None:
        """Scroll to where another panel of the same level is scrolled to."""
        self._scroll, self._revealed = before._scroll, before._revealed
        self._pane_scroll, self._pane_revealed = before._pane_scroll, before._pane_revealed

    def scroll(self, by: int) -> None:
        """Scroll the settings, or the text, by some rows."""
        if self.shown is None:
            return
        if self.shown.text is None:
            most = max(0, len(self.shown.rows) - self._settings_shown)
            self._scroll = min(max(self._scroll + by, 0), most)
        else:
            most, old = self.shown.text.count("\n"), self._pane_scroll
            self._pane_scroll = replace(old, line=min(max(old.line + by, 0), most))
        self.shown = None

    # --- drawing

    def draw(self, state: PanelState, level: Level, actions: PanelActions) -> None:
        """Draw the panel, if what it shows has changed."""
        if state == self.shown:
            return
        self.shown = state
        type, rect, unit = self._type, self._rect, self._type.unit
        pygame.draw.rect(self._surface, type.palette.card, rect, border_radius=unit + 4)
        pygame.draw.rect(self._surface, type.palette.rule, rect, 1, border_radius=unit + 4)
        inside = rect.inflate(-4 * unit, -3 * unit)
        self._surface.set_clip(inside.inflate(2 * unit, 2 * unit))
        if self._is_brief:
            self.spots = self._draw_brief(inside, state, level, actions)
            self._surface.set_clip(None)
            return
        y = self._draw_title(inside, state)
        facts = self._fitting(inside, state, y)
        high = verdict_height(inside, facts, type)
        low = pygame.Rect(inside.left, inside.bottom - high, inside.width, high)
        below = draw_verdict(self._surface, low, facts, actions.apply_advice, type)
        line = low.top - unit
        ends = (inside.left, line), (inside.right, line)
        pygame.draw.line(self._surface, type.palette.rule, *ends)
        room = pygame.Rect(inside.left, y, inside.width, max(line - unit // 2 - y, 1))
        self._surface.set_clip(room.inflate(3 * unit, 0))
        if state.text is None:
            above = self._draw_tiles(room, state, level, actions)
            self.pane = None
        else:
            above = self._draw_text(room, state, state.text, actions)
        self.spots = [*below, *(spot for spot in above if room.collidepoint(spot.rect.center))]
        self._surface.set_clip(None)

    def _draw_brief(
        self, rect: pygame.Rect, state: PanelState, level: Level, actions: PanelActions
    ) -> list[Spot]:
        """Draw the word of the verdict beside the names of the pages, and one page. Return the
        spots."""
        type, unit = self._type, self._type.unit
        word = state.verdict.word
        left = rect.right - type.width(word, "label") - 2 * unit
        hue = getattr(type.palette, TONES[state.verdict.tone])
        pill = draw_pill(self._surface, word, hue, (left, rect.top - unit // 2), type)
        verdict = explained(pill, f"{word[:1].upper()}{word[1:]}: {state.verdict.why}")
        y = rect.top + self._tabs_height
        room = pygame.Rect(rect.left, y + unit // 2, rect.width, rect.bottom - y - unit // 2)
        self.field_boxes, self.pane = {}, None
        if state.text is not None:
            title = type.fit(state.title, "label", left - unit - rect.left)
            type.write(self._surface, title, "label", type.palette.ink, topleft=rect.topleft)
            return [verdict, *self._draw_text(room, state, state.text, actions)]
        spots, _ = self._draw_tabs(rect, state, actions)
        if state.focus == SETTINGS:
            return [verdict, *spots, *self._draw_settings(room, state, actions)]
        # the header says what a tool does while the mouse is on its key
        tools = tuple(one._replace(name=" ") for one in state.tools if one.cap.startswith("Ctrl"))
        caps = replace(state, tools=tools)
        return [verdict, *spots, *self._draw_palette(room, caps, level, actions)[0]]

    def _fitting(self, rect: pygame.Rect, state: PanelState, top: int) -> VerdictFacts:
        """Return the verdict with so much advice that it leaves most of the panel to the rest.

        Tools and palette, from `top` on and below their tab, are never cut off for advice.
        """
        facts, most = state.verdict, round(rect.height * VERDICT_SHARE)
        if state.text is None:
            tools = self._tabs_height + self._tools_height(rect, state) + 2 * self._type.unit
            most = min(most, rect.bottom - top - tools)
        while facts.advice and verdict_height(rect, facts, self._type) > most:
            facts = replace(facts, advice=facts.advice[:-1])
        return facts

    def _draw_title(self, rect: pygame.Rect, state: PanelState) -> int:
        """Draw the level's title, and its file to the right. Return the y below."""
        type, palette = self._type, self._type.palette
        file = type.fit(state.file, "small", rect.width // 2)
        at = (rect.right, rect.top + type.height("heading"))
        place = type.write(self._surface, file, "small", palette.muted, bottomright=at)
        title = type.fit(state.title, "heading", place.left - rect.left - type.unit)
        bottom = type.write(
            self._surface, title, "heading", palette.ink, topleft=rect.topleft
        ).bottom
        return bottom + self._type.unit

    def _draw_tiles(
        self, rect: pygame.Rect, state: PanelState, level: Level, actions: PanelActions
    ) -> list[Spot]:
        """Draw tools, palette and settings; a small panel has settings on a page of their own."""
        type, unit = self._type, self._type.unit
        tools = self._tools_height(rect, state)
        if rect.height - tools >= LEAST_SETTINGS * row_height(type):
            spots, y = self._draw_palette(rect, state, level, actions)
            room = pygame.Rect(rect.left, y, rect.width, rect.bottom - y)
            return spots + self._draw_settings(room, state, actions)
        spots, y = self._draw_tabs(rect, state, actions)
        room = pygame.Rect(rect.left, y + unit // 2, rect.width, rect.bottom - y - unit // 2)
        if state.focus == SETTINGS:
            return spots + self._draw_settings(room, state, actions)
        self.field_boxes = {}
        return spots + self._draw_palette(room, state, level, actions)[0]

    def _draw_tabs(
        self, rect: pygame.Rect, state: PanelState, actions: PanelActions
    ) -> tuple[list[Spot], int]:
        """Draw the names of the two pages, the current one underlined. Return the y below."""
        type, palette, spots, x = self._type, self._type.palette, [], rect.left
        for text, area, hint in TABS:
            is_on = (state.focus == SETTINGS) == (area == SETTINGS)
            hue = palette.ink if is_on else palette.muted
            place = type.write(self._surface, text, "label", hue, topleft=(x, rect.top))
            if is_on:
                low = place.bottom + 2
                pygame.draw.line(
                    self._surface, palette.agent, (place.left, low), (place.right, low), 3
                )
            press = clicked(actions.go_to_area, area)
            spots.append(Spot(place.inflate(type.unit, type.unit), press, hint=hint))
            x = place.right + 3 * type.unit
        return spots, rect.top + self._tabs_height

    @property
    def _tabs_height(self) -> int:
        """The height of the names of the two pages in px."""
        return self._type.height("label") + self._type.unit

    def _tools_height(self, rect: pygame.Rect, state: PanelState) -> int:
        """Return the height of tools and palette in px."""
        type = self._type
        rows = palette_rows(len(state.chars), rect.width, type)
        tools = tools_height(rect.width, state.tools, type)
        return tools + rows * palette_pitch(type) + 3 * type.unit // 2

    def _draw_palette(
        self, rect: pygame.Rect, state: PanelState, level: Level, actions: PanelActions
    ) -> tuple[list[Spot], int]:
        """Draw tools and palette. Return their spots and the y below."""
        type = self._type
        spots = draw_tools(self._surface, rect, state.tools, actions.press_key, type)
        y = rect.top + tools_height(rect.width, state.tools, type) + type.unit
        high = palette_rows(len(state.chars), rect.width, type) * palette_pitch(type)
        area = pygame.Rect(rect.left, y, rect.width, high)
        swatches = draw_palette(self._surface, area, level, state.tile, state.chars, type)
        for box, char in swatches:
            press = clicked(actions.choose_tile, char)
            spots.append(Spot(box.inflate(4, 4), press, hint=f"{describe_tile(level, char)}."))
        return spots, area.bottom + type.unit // 2

    def _draw_settings(
        self, rect: pygame.Rect, state: PanelState, actions: PanelActions
    ) -> list[Spot]:
        """Draw the rows of settings that there is room for. Return their spots."""
        unit, high = self._type.unit, row_height(self._type)
        room = rect.inflate(2 * unit, 0)
        self._settings_shown = max(1, room.height // high)
        active = state.row if state.focus == SETTINGS else None
        place = state.row, state.focus, self._settings_shown
        if self._revealed != place:
            self._revealed = place
            self._reveal(state.row)
        self._scroll = max(0, min(self._scroll, len(state.rows) - self._settings_shown))
        end = min(self._scroll + self._settings_shown, len(state.rows))
        self.field_boxes = {
            i: pygame.Rect(room.left, room.top + (i - self._scroll) * high, room.width, high)
            for i in range(self._scroll, end)
        }
        return draw_controls(
            self._surface, room, state.rows, self._scroll, active, actions, self._type
        )

    def _reveal(self, row: int) -> None:
        """Scroll the settings to a row."""
        self._scroll = min(self._scroll, row)
        self._scroll = max(self._scroll, row - self._settings_shown + 1)

    def _draw_text(
        self, rect: pygame.Rect, state: PanelState, text: str, actions: PanelActions
    ) -> list[Spot]:
        """Draw the text of the level; a caret or a cursor that has moved is scrolled to."""
        lines, is_active = lines_of(text), state.focus == TEXT
        place = state.caret if is_active else state.marked and Caret(*state.marked)
        if place and self._pane_revealed != (place, text, is_active):
            self._pane_revealed = (place, text, is_active)
            size = pane_size(rect, self._type)
            self._pane_scroll = self._pane_scroll.showing(place.within(lines), *size)
        last = min(self._pane_scroll.line, len(lines) - 1)
        self._pane_scroll = replace(self._pane_scroll, line=last)
        shown = PaneText(
            lines, state.caret, is_active, state.selected, state.marked, state.problems
        )
        self.pane, spot = draw_text_pane(
            self._surface,
            rect,
            shown,
            self._pane_scroll,
            self._on_text(actions.press_text),
            self._on_text(actions.drag_text),
            self._type,
        )
        return [spot]

    def _on_text(self, action: Callable[[Caret], None]) -> Press:
        """Return what a click on the pane does: an action at the place in the text."""

        def press(at: tuple[int, int]) -> None:
            if self.pane:
                action(self.pane.caret_at(at))

        return press


def brief_panel_height(level: Level, width: int, type: Typeset) -> int:
    """Return the height in px of a brief panel in a window of a width: names of the pages, a line
    of tools, and the palette."""
    unit = type.unit
    rows = palette_rows(len(palette_chars(level)), inside_width(width, unit) - 4 * unit, type)
    tabs, tools = type.height("label") + unit, type.height("label") + 3 * unit // 2
    return tabs + tools + rows * palette_pitch(type) + 6 * unit


def chars_of(level: Level) -> tuple[str, ...]:
    """Return the characters of the palette of a level."""
    return tuple(palette_chars(level))

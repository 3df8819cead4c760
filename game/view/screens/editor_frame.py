"""The drawing of the editor: board, panel, strip and texts for one size of window.

Pictures are kept between frames. The board paints only the cells that have changed, and panel and
strip are drawn again when what they show has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pygame

from game.authoring.analyses import LevelAnalysis
from game.authoring.task_strip import StripTask
from game.text.level import Cell, Level, Problem
from game.text.tiles import BY_CHAR, FLOOR
from game.view.draw.board_view import BoardView
from game.view.draw.editor_controls import ControlActions, draw_controls, row_height
from game.view.draw.editor_layout import STRIP_TASKS, EditorLayout, arrange_editor
from game.view.draw.editor_marks import (
    draw_axes,
    draw_cursor,
    draw_dashed_frame,
    draw_handles,
    draw_preview,
    draw_problem,
    draw_scroll_bars,
    draw_selection,
    handle_boxes,
)
from game.view.draw.editor_overlays import EditorOverlay, overlay_layer
from game.view.draw.editor_palette import draw_palette, palette_chars, palette_pitch, palette_rows
from game.view.draw.editor_tools import Tool, draw_tools, tools_height
from game.view.draw.editor_verdict import draw_verdict, verdict_height
from game.view.draw.live_board import LiveBoard
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.spots import Spot, clicked
from game.view.draw.task_signs import draw_task_signs
from game.view.draw.text_pane import (
    PaneScroll,
    PaneText,
    TextPaneView,
    draw_text_pane,
    pane_size,
)
from game.view.draw.theme import Typeset
from game.view.model.level_editor import SELECT, SYMMETRIES, Editor, tile_words
from game.view.model.settings_rows import ControlRow
from game.view.model.text_caret import Caret, lines_of
from game.view.model.verdict_facts import VerdictFacts

PAINT_SECONDS = 0.008  # of a frame, for cells that have changed
STRIP_SECONDS = 0.003  # likewise, for the pictures of the strip
CAPTION_LINES = 2  # below each task of the strip
NO_TASKS = "Six tasks drawn from this level, once it has a start and a goal."
VERDICT_SHARE = 0.42  # of the panel's height, at most, with advice
LEAST_SETTINGS = 5  # rows: with room for fewer, they have a page of their own
BOARD, SETTINGS, STRIP, TEXT = "board", "settings", "strip", "text"  # what the keys change


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
    def press_text(self, at: tuple[int, int]) -> None: ...
    def drag_text(self, at: tuple[int, int]) -> None: ...


@dataclass(frozen=True)
class StripState:
    """All that the strip shows. `is_current` says that the tasks are those of the text as it is.

    `chosen` is the index of the task that the keys play; -1 while they do something else.
    """

    tasks: Sequence[StripTask]
    is_current: bool
    chosen: int


class EditorFrame:
    """The pictures of the editor for one size of window and one size of map.

    `look` makes the board, before anything is drawn.
    """

    board: LiveBoard
    board_box: pygame.Rect  # its place in the window
    handles: dict[tuple[str, bool], pygame.Rect]  # beside it, by side and whether one adds a line

    def __init__(
        self, size: tuple[int, int], type: Typeset, level: Level, footer_height: int
    ) -> None:
        self.size, self.type, self.footer_height = size, type, footer_height
        self.grid = (level.height, level.width)
        captions = CAPTION_LINES * type.height("small") + type.unit
        header = header_height(size[0], type)
        self.layout: EditorLayout = arrange_editor(
            size, type.unit, type.scale, header, footer_height, captions
        )
        self.background = pygame.Surface(size)
        self.background.fill(type.palette.paper)
        self._view: BoardView | None = None  # that the board shows
        self.strip_boards: list[LiveBoard] = []
        self.panel_spots: list[Spot] = []
        self.field_boxes: dict[int, pygame.Rect] = {}  # of the controls on screen
        self.pane: TextPaneView | None = None
        self.settings_shown = 1  # rows of settings that fit
        self._scroll = 0
        self._revealed: object = None  # the row that was scrolled to last
        self._pane_scroll = PaneScroll()
        self._pane_revealed: object = None  # the place in the text that was scrolled to last
        self._panel: PanelState | None = None
        self._sentence: str | None = None  # that the header shows
        self._caps: object = None  # what the footer depends on
        self.explanation = ""  # of the last overlay
        self._overlays: tuple[object, pygame.Surface] | None = None  # what they show; the picture
        self._analysis: LevelAnalysis | None = None  # the last one of this size of map

    def fits(self, size: tuple[int, int], type: Typeset, level: Level, footer_height: int) -> bool:
        """Whether the pictures are those of this window, these fonts and this size of map."""
        mine = self.size, self.type, self.grid, self.footer_height
        return mine == (size, type, (level.height, level.width), footer_height)

    @property
    def scrolled(self) -> object:
        """Where the settings and the text are scrolled to."""
        return self._scroll, self._pane_scroll

    def keep_scroll(self, before: EditorFrame) -> None:
        """Scroll to where another frame of the same level is scrolled to."""
        self._scroll, self._revealed = before._scroll, before._revealed
        self._pane_scroll, self._pane_revealed = before._pane_scroll, before._pane_revealed

    # --- board

    @property
    def room(self) -> tuple[int, int]:
        """The room for the board in px, within that for the handles at its sides."""
        border = 4 * self.type.unit
        width, height = self.layout.room.size
        return max(width - border, 1), max(height - border, 1)

    @property
    def shows_whole_map(self) -> bool:
        """Whether no part of the map is out of sight."""
        return self._view is None or self._view.is_whole

    def look(self, view: BoardView, level: Level) -> None:
        """Let the board show a part of the map."""
        last, self._view = self._view, view
        if last is None or (last.cell, last.part.size) != (view.cell, view.part.size):
            self.board = LiveBoard(level, view.cell, self.type.palette, view.part)
            self.board_box = self.board.surface.get_rect(center=self.layout.room.center)
            self.handles = handle_boxes(self.board_box, self.type.unit)
            around = self.layout.room.inflate(self.type.unit, self.type.unit)  # handles reach out
            self.background.fill(self.type.palette.paper, around)
            draw_handles(self.background, self.handles, self.type)
        elif last.part != view.part:
            self.board.scroll(view.part.topleft)

    def draw_board(
        self, surface: pygame.Surface, editor: Editor, wrong: Iterable[Cell], has_focus: bool
    ) -> None:
        """Draw the board with cursor, preview and selection, and what is `wrong` in its cells."""
        board, palette = self.board, self.type.palette
        if editor.reading.level is not board.level:
            board.show(editor.reading.level)
        board.paint(PAINT_SECONDS)
        view = self.board_view(surface)
        if view is None:
            return
        view.blit(board.surface, (0, 0))
        if self._overlays:
            view.blit(self._overlays[1], (0, 0))
        for cell in {*editor.reading.unknown, *wrong}:
            draw_problem(view, board, cell, palette.alert)
        axes = SYMMETRIES[editor.symmetry]
        columns, rows = "left-right" in axes, "up-down" in axes
        draw_axes(view, board, self.grid, columns, rows, palette.agents[1])
        if editor.tool != SELECT and editor.anchor is not None:
            tile = editor.reading.level.tile(editor.tile)
            tile = tile if tile in BY_CHAR else FLOOR
            draw_preview(view, board, editor.preview(), tile, palette.agent)
        elif editor.anchor is not None:
            draw_selection(view, board, editor.anchor, editor.cursor, palette.agents[1])
        if chosen := editor.selection:
            corners = (chosen.top, chosen.left), (chosen.bottom, chosen.right)
            draw_selection(view, board, *corners, palette.agents[1])
        hue = palette.agent if has_focus else palette.muted
        draw_cursor(view, board, editor.cursor, hue)
        if self._view and not self.shows_whole_map:
            draw_scroll_bars(view, self._view.part, self._view.whole, palette)

    def board_view(self, surface: pygame.Surface) -> pygame.Surface | None:
        """Return the part of a surface in which the board is, None in too small a window."""
        visible = self.board_box.clip(surface.get_rect())
        return surface.subsurface(visible) if visible.size == self.board_box.size else None

    def prepare_overlays(
        self, overlays: Sequence[EditorOverlay], analysis: LevelAnalysis | None
    ) -> None:
        """Draw overlays of a level, if they have changed; without an analysis the last one counts."""
        if not overlays:
            self._overlays, self.explanation = None, ""
            return
        if analysis and (analysis.level.height, analysis.level.width) == self.grid:
            self._analysis = analysis
        key = (tuple(overlays), self._analysis, self._view)
        if self._analysis is None or (self._overlays and self._overlays[0] == key):
            return
        layer, self.explanation = overlay_layer(overlays, self.board, self._analysis, self.type)
        self._overlays = key, layer

    def cell_at(self, at: tuple[int, int], outside: bool = False) -> Cell | None:
        """Return the cell at a place in px; `outside` takes the nearest one beside the board."""
        board = self.board_box
        if not board.width or not (outside or board.collidepoint(at)):
            return None
        return self.board.cell_at((at[0] - board.left, at[1] - board.top))

    # --- strip

    def draw_strip(
        self, surface: pygame.Surface, state: StripState, play: Callable[[int], None]
    ) -> list[Spot]:
        """Draw the tasks with their captions. Return their spots: a click plays one."""
        type, rect, palette = self.type, self.layout.strip, self.type.palette
        line = type.height("small")
        pitch = rect.width // STRIP_TASKS
        side = max(8, min(pitch - 2 * type.unit, rect.height - CAPTION_LINES * line - type.unit))
        self._show_strip(state, side)
        spots = []
        for i in range(STRIP_TASKS):
            box = pygame.Rect(rect.left + i * pitch, rect.top, side, side)
            room = pygame.Rect(box.left, box.top, pitch - type.unit, rect.height)
            if i >= len(state.tasks):
                if not state.tasks:
                    draw_dashed_frame(surface, box, palette.rule)
                continue
            place = surface.blit(self.strip_boards[i].surface, box)
            if i == state.chosen:
                pygame.draw.rect(surface, palette.agent, place.inflate(6, 6), 3, border_radius=5)
            hue = palette.ink if state.is_current else palette.muted
            signed = pygame.Rect(box.left, box.top, room.width, box.height)
            told = draw_task_signs(surface, signed, state.tasks[i], type)
            words = told.caption or ("the only task" if len(state.tasks) == 1 else "")
            y = (place if told == state.tasks[i] else box).bottom + type.unit // 2
            for text in type.wrap(words, "small", room.width, CAPTION_LINES):
                y = type.write(surface, text, "small", hue, topleft=(box.left, y)).bottom
            spots.append(Spot(room, clicked(play, i)))
        if not state.tasks:
            at = (rect.left, rect.top + side + type.unit // 2)
            type.write(surface, NO_TASKS, "small", palette.muted, topleft=at)
        return spots

    def _show_strip(self, state: StripState, side: int) -> None:
        """Bring the boards of the strip up to date, each for a short time per frame."""
        del self.strip_boards[len(state.tasks) :]
        for i, one in enumerate(state.tasks):
            level, palette = one.task.level, self.type.palette
            cell = max(1, side // max(level.height, level.width))
            if i >= len(self.strip_boards):
                self.strip_boards.append(LiveBoard(level, cell, palette))
            elif not self.strip_boards[i].fits(level, cell, palette):
                self.strip_boards[i] = LiveBoard(level, cell, palette)
            elif self.strip_boards[i].level is not level:
                self.strip_boards[i].show(level)
        if unfinished := [board for board in self.strip_boards if not board.is_finished]:
            unfinished[0].paint(STRIP_SECONDS)

    # --- texts

    def draw_texts(
        self,
        sentence: str,
        caps: object,
        draw_footer: Callable[[pygame.Surface, pygame.Rect, Typeset], None],
    ) -> None:
        """Draw header and footer, if they have changed."""
        if self._sentence != sentence:
            self._sentence = sentence
            draw_header(self.background, self.layout.header, sentence, self.type)
        if self._caps != caps:
            self._caps = caps
            draw_footer(self.background, self.layout.footer, self.type)

    # --- panel

    def draw_panel(self, state: PanelState, level: Level, actions: PanelActions) -> None:
        """Draw the panel into the background, if what it shows has changed."""
        if state == self._panel:
            return
        self._panel = state
        type, rect, unit = self.type, self.layout.panel, self.type.unit
        pygame.draw.rect(self.background, type.palette.card, rect, border_radius=unit + 4)
        pygame.draw.rect(self.background, type.palette.rule, rect, 1, border_radius=unit + 4)
        inside = rect.inflate(-4 * unit, -3 * unit)
        self.background.set_clip(inside.inflate(2 * unit, 2 * unit))
        y = self._draw_title(inside, state)
        facts = self._fitting(inside, state, y)
        high = verdict_height(inside, facts, type)
        low = pygame.Rect(inside.left, inside.bottom - high, inside.width, high)
        below = draw_verdict(self.background, low, facts, actions.apply_advice, type)
        line = low.top - unit
        ends = (inside.left, line), (inside.right, line)
        pygame.draw.line(self.background, type.palette.rule, *ends)
        room = pygame.Rect(inside.left, y, inside.width, max(line - unit // 2 - y, 1))
        self.background.set_clip(room.inflate(3 * unit, 0))
        if state.text is None:
            above = self._draw_tiles(room, state, level, actions)
            self.pane = None
        else:
            above = self._draw_text(room, state, state.text, actions)
        spots = [*below, *(spot for spot in above if room.collidepoint(spot.rect.center))]
        self.panel_spots = spots
        self.background.set_clip(None)

    def _fitting(self, rect: pygame.Rect, state: PanelState, top: int) -> VerdictFacts:
        """Return the verdict with so much advice that it leaves most of the panel to the rest.

        Tools and palette, from `top` on and below their tab, are never cut off for advice.
        """
        facts, most = state.verdict, round(rect.height * VERDICT_SHARE)
        if state.text is None:
            tools = self._tabs_height + self._tools_height(rect, state) + 2 * self.type.unit
            most = min(most, rect.bottom - top - tools)
        while facts.advice and verdict_height(rect, facts, self.type) > most:
            facts = replace(facts, advice=facts.advice[:-1])
        return facts

    def _draw_title(self, rect: pygame.Rect, state: PanelState) -> int:
        """Draw the level's title, and its file to the right. Return the y below."""
        type, palette = self.type, self.type.palette
        file = type.fit(state.file, "small", rect.width // 2)
        at = (rect.right, rect.top + type.height("heading"))
        place = type.write(self.background, file, "small", palette.muted, bottomright=at)
        title = type.fit(state.title, "heading", place.left - rect.left - type.unit)
        bottom = type.write(
            self.background, title, "heading", palette.ink, topleft=rect.topleft
        ).bottom
        return bottom + self.type.unit

    def _draw_tiles(
        self, rect: pygame.Rect, state: PanelState, level: Level, actions: PanelActions
    ) -> list[Spot]:
        """Draw tools, palette and settings; a small panel has settings on a page of their own."""
        type, unit = self.type, self.type.unit
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
        type, palette, spots, x = self.type, self.type.palette, [], rect.left
        for text, area in (("Tiles and tools", BOARD), ("Settings", SETTINGS)):
            is_on = (state.focus == SETTINGS) == (area == SETTINGS)
            hue = palette.ink if is_on else palette.muted
            place = type.write(self.background, text, "label", hue, topleft=(x, rect.top))
            if is_on:
                low = place.bottom + 2
                pygame.draw.line(
                    self.background, palette.agent, (place.left, low), (place.right, low), 3
                )
            spots.append(
                Spot(place.inflate(type.unit, type.unit), clicked(actions.go_to_area, area))
            )
            x = place.right + 3 * type.unit
        return spots, rect.top + self._tabs_height

    @property
    def _tabs_height(self) -> int:
        """The height of the names of the two pages in px."""
        return self.type.height("label") + self.type.unit

    def _tools_height(self, rect: pygame.Rect, state: PanelState) -> int:
        """Return the height of tools and palette in px."""
        type = self.type
        rows = palette_rows(len(state.chars), rect.width, type)
        tools = tools_height(rect.width, state.tools, type)
        return tools + rows * palette_pitch(type) + 3 * type.unit // 2

    def _draw_palette(
        self, rect: pygame.Rect, state: PanelState, level: Level, actions: PanelActions
    ) -> tuple[list[Spot], int]:
        """Draw tools and palette. Return their spots and the y below."""
        type = self.type
        spots = draw_tools(self.background, rect, state.tools, actions.press_key, type)
        y = rect.top + tools_height(rect.width, state.tools, type) + type.unit
        high = palette_rows(len(state.chars), rect.width, type) * palette_pitch(type)
        area = pygame.Rect(rect.left, y, rect.width, high)
        swatches = draw_palette(self.background, area, level, state.tile, state.chars, type)
        for box, char in swatches:
            press = clicked(actions.choose_tile, char)
            spots.append(Spot(box.inflate(4, 4), press, hint=f"{tile_words(level, char)}."))
        return spots, area.bottom + type.unit // 2

    def _draw_settings(
        self, rect: pygame.Rect, state: PanelState, actions: PanelActions
    ) -> list[Spot]:
        """Draw the rows of settings that there is room for. Return their spots."""
        unit, high = self.type.unit, row_height(self.type)
        room = rect.inflate(2 * unit, 0)
        self.settings_shown = max(1, room.height // high)
        active = state.row if state.focus == SETTINGS else None
        if self._revealed != (state.row, state.focus):
            self._revealed = (state.row, state.focus)
            self._reveal(state.row)
        self._scroll = max(0, min(self._scroll, len(state.rows) - self.settings_shown))
        end = min(self._scroll + self.settings_shown, len(state.rows))
        self.field_boxes = {
            i: pygame.Rect(room.left, room.top + (i - self._scroll) * high, room.width, high)
            for i in range(self._scroll, end)
        }
        return draw_controls(
            self.background, room, state.rows, self._scroll, active, actions, self.type
        )

    def scroll(self, by: int) -> None:
        """Scroll the settings, or the text, by some rows."""
        if self._panel is None:
            return
        if self._panel.text is None:
            most = max(0, len(self._panel.rows) - self.settings_shown)
            self._scroll = min(max(self._scroll + by, 0), most)
        else:
            most, old = self._panel.text.count("\n"), self._pane_scroll
            self._pane_scroll = replace(old, line=min(max(old.line + by, 0), most))
        self._panel = None

    def _reveal(self, row: int) -> None:
        """Scroll the settings to a row."""
        self._scroll = min(self._scroll, row)
        self._scroll = max(self._scroll, row - self.settings_shown + 1)

    def _draw_text(
        self, rect: pygame.Rect, state: PanelState, text: str, actions: PanelActions
    ) -> list[Spot]:
        """Draw the text of the level; a caret or a cursor that has moved is scrolled to."""
        lines, is_active = lines_of(text), state.focus == TEXT
        place = state.caret if is_active else state.marked and Caret(*state.marked)
        if place and self._pane_revealed != (place, text, is_active):
            self._pane_revealed = (place, text, is_active)
            size = pane_size(rect, self.type)
            self._pane_scroll = self._pane_scroll.showing(place.within(lines), *size)
        last = min(self._pane_scroll.line, len(lines) - 1)
        self._pane_scroll = replace(self._pane_scroll, line=last)
        shown = PaneText(
            lines, state.caret, is_active, state.selected, state.marked, state.problems
        )
        self.pane, spot = draw_text_pane(
            self.background,
            rect,
            shown,
            self._pane_scroll,
            actions.press_text,
            actions.drag_text,
            self.type,
        )
        return [spot]


def chars_of(level: Level) -> tuple[str, ...]:
    """Return the characters of the palette of a level."""
    return tuple(palette_chars(level))

"""The drawing of the editor: board, panel, strip and texts for one size of window.

Pictures are kept between frames. The board paints only the cells that have changed, and panel and
strip are drawn again when what they show has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pygame

from game.authoring.analyses import LevelAnalysis
from game.authoring.task_strip import StripTask
from game.text.level import Cell, Level
from game.text.tiles import BY_CHAR, FLOOR
from game.view.draw.board_view import EASY_CELL, BoardView
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
from game.view.draw.live_board import LiveBoard
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.spots import Spot, clicked
from game.view.draw.task_signs import draw_task_signs, signs_height
from game.view.draw.theme import NotedText, Typeset
from game.view.model.level_editor import SELECT, SYMMETRIES, LevelEditor
from game.view.screens.editor_panel import EditorPanel, brief_panel_height

PAINT_SECONDS = 0.008  # of a frame, for cells that have changed
STRIP_SECONDS = 0.003  # likewise, for the pictures of the strip
CAPTION_LINES = 2  # below each task of the strip
LOW = 33  # lines of text: a lower window has a brief panel below the board
NO_TASKS = "Six tasks drawn from this level, once it has a start, a goal and no errors."


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
        self,
        size: tuple[int, int],
        type: Typeset,
        level: Level,
        footer_height: int,
        is_marking: bool,
    ) -> None:
        """`is_marking` says whether goals are being marked."""
        self.size, self.type, self.footer_height = size, type, footer_height
        self.grid, self.is_marking = (level.height, level.width), is_marking
        self._brief = _brief_height(size, level, type)
        captions = CAPTION_LINES * type.height("small") + type.unit
        header = header_height(size[0], type)
        self.layout: EditorLayout = arrange_editor(
            size,
            type.unit,
            type.scale,
            header,
            footer_height,
            captions,
            self._brief,
            is_marking,
        )
        self.background = pygame.Surface(size)
        self.background.fill(type.palette.paper)
        self._view: BoardView | None = None  # that the board shows
        self.strip_boards: list[LiveBoard] = []
        self.panel = EditorPanel(self.background, self.layout.panel, type, self.layout.is_brief)
        self._sentence: str | None = None  # that the header shows
        self._caps: object = None  # what the footer depends on
        self.header_texts: list[NotedText] = []  # whose terms explain themselves
        self.explanation = ""  # of the last overlay
        self._overlays: tuple[object, pygame.Surface] | None = None  # what they show; the picture
        self._analysis: LevelAnalysis | None = None  # the last one of this size of map

    def fits(
        self,
        size: tuple[int, int],
        type: Typeset,
        level: Level,
        footer_height: int,
        is_marking: bool,
    ) -> bool:
        """Whether the pictures are those of this window, these fonts and this size of map."""
        mine = self.size, self.type, self.grid, self.footer_height, self.is_marking
        if mine != (size, type, (level.height, level.width), footer_height, is_marking):
            return False
        return self._brief == _brief_height(size, level, type)

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

    @property
    def has_small_cells(self) -> bool:
        """Whether the cells are so small that they are hard to hit with the mouse."""
        return self._view is not None and self._view.cell < EASY_CELL * self.type.scale

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
        self, surface: pygame.Surface, editor: LevelEditor, wrong: Iterable[Cell], has_focus: bool
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
        if not rect.height:
            return []
        line, gap = type.height("small"), type.unit // 2
        pitch = rect.width // STRIP_TASKS
        signs = signs_height(state.tasks, pitch - type.unit, type)
        texts = line if signs else CAPTION_LINES * line  # signs take the place of words
        high = rect.height - texts - signs - 2 * gap
        size = max(8, pitch - 2 * type.unit), max(8, high)
        self._show_strip(state, size)
        spots = []
        for i in range(STRIP_TASKS):
            box = pygame.Rect((rect.left + i * pitch, rect.top), size)
            room = pygame.Rect(box.left, box.top, pitch - type.unit, rect.height)
            if i >= len(state.tasks):
                if not state.tasks:
                    draw_dashed_frame(surface, box, palette.rule)
                continue
            task = state.tasks[i]
            place = surface.blit(self.strip_boards[i].surface, box)
            if i == state.chosen:
                pygame.draw.rect(surface, palette.agent, place.inflate(6, 6), 3, border_radius=5)
            hue = palette.ink if state.is_current else palette.muted
            y = place.bottom + gap
            told = draw_task_signs(surface, pygame.Rect(box.left, y, room.width, signs), task, type)
            y += signs
            words = told.caption or ("the only task" if len(state.tasks) == 1 else "")
            for text in type.wrap(words, "small", room.width, (room.bottom - y) // line):
                y = type.write(surface, text, "small", hue, topleft=(box.left, y)).bottom
            hint = f"Task {i + 1}: {task.caption or 'the only one'}. A click plays it."
            spots.append(Spot(room, clicked(play, i), hint=hint))
        if not state.tasks:
            y = rect.top + size[1] + gap
            for text in type.wrap(NO_TASKS, "small", rect.width, max(1, (rect.bottom - y) // line)):
                at = (rect.left, y)
                y = type.write(surface, text, "small", palette.muted, topleft=at).bottom
        return spots

    def _show_strip(self, state: StripState, size: tuple[int, int]) -> None:
        """Bring the boards of the strip up to date, each for a short time per frame; each has a
        room of `size` px."""
        del self.strip_boards[len(state.tasks) :]
        for i, one in enumerate(state.tasks):
            level, palette = one.task.level, self.type.palette
            cell = max(1, min(size[0] // level.width, size[1] // level.height))
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
            with self.type.noting() as self.header_texts:
                draw_header(self.background, self.layout.header, sentence, self.type)
        if self._caps != caps:
            self._caps = caps
            draw_footer(self.background, self.layout.footer, self.type)


def _brief_height(size: tuple[int, int], level: Level, type: Typeset) -> int:
    """Return the height in px of the brief panel of a low window; 0 for other windows."""
    is_low = size[1] < LOW * type.height("small")
    return brief_panel_height(level, size[0], type) if is_low else 0

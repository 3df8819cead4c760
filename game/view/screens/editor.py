"""The editor: a level is drawn on its board, and its text follows; all of it by keys or mouse.

The screen turns events into commands of `LevelEditor`, which knows nothing of windows, and draws what
came of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pygame

from game.authoring.draft_file import Draft
from game.session.messages import Agents, Feed
from game.text.map_edits import PAINTABLE
from game.view.draw.editor_overlays import EditorOverlay
from game.view.draw.editor_tools import Tool
from game.view.draw.key_caps import footer_height
from game.view.draw.layout import inside_width
from game.view.draw.live_board import LiveBoard
from game.view.draw.spots import Spot
from game.view.draw.theme import Appearance, NotedText, Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.editor_regions import Regions
from game.view.model.level_editor import TOOL_HINTS, LevelEditor
from game.view.model.live_verdict import LiveVerdict
from game.view.model.settings_rows import SettingsRows
from game.view.model.text_area import TextArea
from game.view.model.text_caret import caret_at
from game.view.model.tried_agents import tried_agents
from game.view.screens.current_verdict import CurrentVerdict
from game.view.screens.editor_camera import Camera
from game.view.screens.editor_departures import Departures
from game.view.screens.editor_files import FileDialogs
from game.view.screens.editor_folder import FolderDialog
from game.view.screens.editor_frame import EditorFrame, StripState
from game.view.screens.editor_goals import GoalsMode
from game.view.screens.editor_keys import (
    BOARD_KEYS,
    EDIT_KEYS,
    FIELD_KEYS,
    FILE_KEYS,
    GOAL_KEYS,
    LAST_GOAL_KEYS,
    LAST_KEYS,
    MOUSE,
    PANEL_KEYS,
    SETTINGS_KEYS,
    STRIP_KEYS,
    TEXT_KEYS,
    VIEW_KEYS,
)
from game.view.screens.editor_panel import (
    BOARD,
    SETTINGS,
    STRIP,
    TEXT,
    PanelState,
    chars_of,
)
from game.view.screens.editor_panel_commands import PanelCommands
from game.view.screens.editor_pointer import EditorPointer
from game.view.screens.editor_widgets import KeyRepeat, LineField
from game.view.screens.key_binding import CTRL, Key, fitting_keys, key_words
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import Screen

AREA_KEYS = {BOARD: BOARD_KEYS, SETTINGS: SETTINGS_KEYS, STRIP: STRIP_KEYS, TEXT: TEXT_KEYS}
NARROW = 30  # lines of text: the footer of a narrower window has no keys that the mouse replaces
EXPORT_SECONDS = 10.0  # that the painting of a picture to export may take
WIDEST_PICTURE = 4096  # px
EXPORT_BLOCK = 64  # rows and columns of such a picture that are painted at once
ZOOM_HINT = " Alt + and Alt − zoom, Alt 0 shows the whole map."
ZOOM_IN_HINT = " Alt + zooms in on the small cells."


class EditorScreen(Screen):
    """Draw a level, see what it is worth, and play, watch or train on it."""

    typing = True
    asks_by_itself = True
    stays_on_reload = True
    mouse = MOUSE

    def __init__(
        self,
        draft: Draft,
        agents: Agents,
        feed: Feed,
        numbers: Iterator[int],
        appearance: Appearance | None = None,
        jobs: BackgroundJobs | None = None,
        quick_jobs: BackgroundJobs | None = None,
        slow_jobs: BackgroundJobs | None = None,
    ) -> None:
        """The screens of one feed share `numbers`, the numbers of requests.

        The verdict has `quick_jobs` for itself, and its slow stages go to `slow_jobs`. Without any
        of them, the work is done at once.
        """
        super().__init__(appearance)
        self.editor = LevelEditor(draft)
        self.regions = Regions(self.editor)
        self.jobs = jobs or BackgroundJobs(at_once=True)
        self.area = BOARD
        self.settings = SettingsRows(self.editor, lambda: self.verdict.live.verdict.level)
        self.text = TextArea(self.editor)
        self.task = 0  # index of the chosen task of the strip
        self.text_open = False
        self.overlays: list[EditorOverlay] = []  # the header explains the last one
        self.field: LineField | None = None
        slow_jobs = slow_jobs or BackgroundJobs(at_once=True)
        quick_jobs = quick_jobs or BackgroundJobs(at_once=True)
        live = LiveVerdict(tried_agents(agents), feed, numbers, quick_jobs, slow_jobs)
        self.verdict = CurrentVerdict(self.editor, self.text, live, feed)
        self._frame: EditorFrame | None = None
        self._panel_texts: list[NotedText] = []  # of the panel's last drawing
        self._footer_room: tuple[int, Typeset, bool, int] | None = None  # ..., height in px
        self._repeat = KeyRepeat()
        self.camera, self.pointer = Camera(), EditorPointer(self)
        self.panel = PanelCommands(self)
        self.files = FileDialogs(self)
        self.folder = FolderDialog(self, self.jobs)
        self.goals = GoalsMode(self)
        self.departures = Departures(self, agents, self.jobs)

    @property
    def draft(self) -> Draft:
        """The file that is edited."""
        return self.editor.draft

    def all_keys(self) -> list[Key]:
        """Return the keys of the area that keys change, then those of the whole screen."""
        if self.field:
            return [*FIELD_KEYS]
        return self._keys_of(None if self.goals.painting else self.area)

    def _keys_of(self, area: str | None) -> list[Key]:
        """Return the keys of an area, None for the marking of goals."""
        if area is None:
            own, last = (*GOAL_KEYS, *VIEW_KEYS), LAST_GOAL_KEYS
        else:
            own = (*AREA_KEYS[area], *PANEL_KEYS, *VIEW_KEYS, *EDIT_KEYS, *FILE_KEYS)
            last = LAST_KEYS
        caps = {key.cap for key in (*own, *last)}
        common = [key for key in super().all_keys() if key.cap not in caps]
        return [*own, *common, *last]

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at."""
        frame = self._frame
        if frame is None:
            return super().anchors()
        layout = frame.layout
        own = {"board": frame.board_box, "strip": layout.strip, "panel": layout.panel}
        return super().anchors() | own

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences on screen that may name keys."""
        return (*super().sentences(), self.sentence())

    def footer_caps(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return no key as needed, so that the board never moves, and those that sentences name
        with the toggles that are on."""
        return frozenset(), self.named_caps() | self.active_caps()

    def footer_height(self, width: int, type: Typeset) -> int:
        """Return the height of the largest footer, so that the board never moves.

        In a narrow window the marking of goals has a footer of its own height.
        """
        inside = inside_width(width, type.unit)
        is_narrow = inside < NARROW * type.height("small")
        marks = is_narrow and self.goals.painting is not None
        if self._footer_room is None or self._footer_room[:3] != (width, type, marks):
            areas = [None] if marks else [*AREA_KEYS] if is_narrow else [*AREA_KEYS, None]
            keys = (self._footer_of(self._keys_of(area), area, inside, type) for area in areas)
            words = (key_words(fitting_keys(some, frozenset(), inside, type)) for some in keys)
            high = max(footer_height(some, inside, type) for some in words)
            self._footer_room = width, type, marks, high
        return self._footer_room[3]

    def footer_choice(self, width: int, type: Typeset) -> list[Key]:
        """Return the keys that a footer of this width chooses from."""
        area = None if self.goals.painting or self.field else self.area
        return self._footer_of(self.all_keys(), area, width, type)

    def _footer_of(self, keys: list[Key], area: str | None, width: int, type: Typeset) -> list[Key]:
        """Return the keys of an area that a footer chooses from: in a narrow window without those
        that the mouse replaces."""
        if area is None or width >= NARROW * type.height("small"):
            return keys
        return [key for key in keys if key.group != "change" or key.ctrl]

    # --- what the keys change

    def escape(self) -> None:
        """Give up a selection, go back to the board, or leave."""
        if self.text.deselect() if self.area == TEXT else self.editor.cancel():
            return
        if self.area != BOARD:
            self.area = BOARD
        else:
            self.leave()

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether the draft differs from its file."""
        return self.draft.is_changed

    @property
    def has_saved(self) -> bool:
        """Whether the file was written since the editor was opened."""
        return self.files.has_saved

    def leave(self) -> None:
        """Close the editor; if the text is not saved, ask first."""
        self.files.leave()

    def next_area(self) -> None:
        """Let the keys change the next area."""
        areas = [BOARD, TEXT, STRIP] if self.text_open else [BOARD, SETTINGS, STRIP]
        at = areas.index(self.area) if self.area in areas else 0
        self.go_to_area(areas[(at + 1) % len(areas)])

    def go_to_area(self, area: str) -> None:
        """Let the keys change an area."""
        self.area = area
        if area == TEXT:
            self.text.follow_cursor()

    def toggle_text(self) -> None:
        """Show the level's text in place of palette and settings, or these again."""
        self.text_open = not self.text_open
        if self.text_open or self.area == TEXT:
            self.go_to_area(TEXT if self.text_open else BOARD)

    def choose_tool(self, tool: str) -> None:
        """Take another tool, and say what it does."""
        self.editor.choose_tool(tool)
        self.area, self.editor.message = BOARD, TOOL_HINTS[tool]

    def toggle_overlay(self, overlay: EditorOverlay) -> None:
        """Show an overlay, or hide it."""
        if overlay in self.overlays:
            self.overlays.remove(overlay)
        else:
            self.overlays.append(overlay)

    # --- undo

    def undo(self) -> None:
        """Take the last step back; a caret in the text goes to where it was."""
        self._follow(self.editor.undo())

    def redo(self) -> None:
        """Do again what was undone; a caret in the text goes to where it is."""
        self._follow(self.editor.redo())

    def _follow(self, offset: int | None) -> None:
        """Put the caret to an offset of the text, while it is the text that keys change."""
        if offset is not None and self.area == TEXT:
            self.text.go_to(caret_at(self.editor.text, offset))

    # --- the line that is typed

    def finish_field(self) -> None:
        """Take the line as it is."""
        done, self.field = self.field, None
        if done:
            done.done(done.text)

    def cancel_field(self) -> None:
        """Leave the value as it was."""
        self.field = None

    # --- the strip

    def choose_task(self, by: int) -> None:
        """Choose the task to the right or to the left."""
        self.task = min(max(self.task + by, 0), max(0, len(self.verdict.strip) - 1))

    def play_task(self) -> None:
        """Play the chosen task of the strip."""
        if self.task < len(self.verdict.strip):
            self.departures.play(self.verdict.strip[self.task].task)

    def play_number(self, number: int) -> None:
        """Play a task of the strip by its number."""
        self.area, self.task = STRIP, number
        self.play_task()

    def export(self) -> None:
        """Ask the app to save a picture of the board."""
        if self._frame:
            level, palette = self.editor.reading.level, self.appearance.palette
            cell = min(self._frame.board.cell, WIDEST_PICTURE // max(level.width, level.height))
            board = LiveBoard(level, cell, palette, block=EXPORT_BLOCK)
            board.paint(EXPORT_SECONDS)
            self.navigation = Navigation("photo", picture=board.surface)

    def on_close(self) -> None:
        """Let go of the file; an unsaved text stays as a copy."""
        self.draft.close(keep_copy=True)
        self.goals.close()
        self.departures.close()

    # --- events and time

    def handle(self, event: pygame.event.Event) -> None:
        """Handle an event; a key that is held comes again."""
        if event.type in (pygame.KEYUP, pygame.MOUSEBUTTONDOWN, pygame.WINDOWFOCUSLOST):
            self._repeat.release()
        elif event.type == pygame.KEYDOWN:
            self._repeat.hold(event)
        self._dispatch(event)

    def _dispatch(self, event: pygame.event.Event) -> None:
        """Give an event to the question, the list of levels, the line or the screen."""
        self.editor.follow_text()
        if self.question and event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            self._repeat.release()
            super().handle(event)
        elif not self.field and self.folder.handle(event):
            return
        else:
            super().handle(event)

    def on_event(self, event: pygame.event.Event) -> None:
        """Type characters, and look around, draw, pick and press with the mouse."""
        if self.field and event.type == pygame.MOUSEBUTTONDOWN:
            if event.button == 1 and not self.field.press(event.pos) and self.field.row is not None:
                self.finish_field()
            return
        if self._frame and self.camera.handle(event, self._frame.board_box):
            return
        if self.goals.painting and self._frame and self.goals.handle(event, self._frame):
            return
        if event.type == pygame.KEYDOWN:
            self._type(event)
        else:
            self.pointer.handle(event, self._frame)

    def _type(self, event: pygame.event.Event) -> None:
        """Take a character that is typed."""
        char = event.unicode
        if not (char and char.isprintable()) or _is_command(event):
            return
        if self.field:
            self.field.type(char)
        elif self.area == TEXT:
            self.text.type(char)
        elif self.area == SETTINGS:
            self.panel.edit_control()
            if self.field:
                self.field.text, self.field.caret = char, len(char)
        elif char == " " or char in PAINTABLE:
            self.area = BOARD
            self.editor.type_tile(char)

    def update(self, seconds: float) -> None:
        """Look at the file now and then, and take what background jobs have found."""
        self.panel.update(seconds)
        self.files.update(seconds)
        self.goals.update()
        self.verdict.update(seconds, self.pointer.is_drawing)
        self.departures.update()
        if self.files.is_closed:
            self.departures.close()
            self.goals.close()
            self.quit = True
        if event := self._repeat.due(seconds):
            self._dispatch(event)

    def on_suspend(self) -> None:
        """Free the pictures, and let the feed work for the other screen."""
        self.verdict.live.pause()
        self._repeat.release()
        self._frame = None
        self.pointer.forget()

    # --- drawing

    def sentence(self) -> str:
        """Return the header's sentence: what the mouse is over, what has happened, the chosen
        setting, the last overlay's explanation, or what is at the cursor."""
        explained = self._frame.explanation if self._frame and self.overlays else ""
        said = self.pointer.hint or self.editor.message or self.goals.sentence()
        row = self.settings.row() if self.area == SETTINGS else None
        return said or (row.control.hint if row else explained) or self._at_cursor()

    def _at_cursor(self) -> str:
        """Return what is at the cursor, and how to zoom where cells are small or out of sight."""
        zoom, frame = "", self._frame
        if frame and not frame.shows_whole_map:
            zoom = ZOOM_HINT
        elif frame and frame.has_small_cells:
            zoom = ZOOM_IN_HINT
        return f"{self.editor.at_cursor()}{zoom}"

    def body_snapshot(self) -> object:
        """Return the text, where the cursors are, and what has been computed and painted."""
        editor, field = self.editor, self.field
        boards = [self._frame.board, *self._frame.strip_boards] if self._frame else []
        return (
            (editor.text, editor.cursor, editor.tile, editor.tool, editor.symmetry, editor.anchor),
            (editor.selection, editor.message, self.pointer.hint),
            (self.draft.is_changed, self.draft.name),
            (self.area, self.settings.chosen, self.task, self.text_open),
            (self.text.caret, self.text.selection, self._frame and self._frame.panel.scrolled),
            field and (field.text, field.caret),
            tuple((board.painted, board.is_finished) for board in boards),
            (tuple(self.overlays), self.camera.snapshot()),
            (self.folder.snapshot(), self.goals.snapshot()),
            (self.verdict.facts, self.verdict.is_current),
            tuple(one.task.id for one in self.verdict.strip),
        )

    def draw_dialogs(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw the list of levels, and the line that is being typed."""
        self.folder.draw(surface, type)
        if self.field and self._frame:
            row = self.field.row
            box = None if row is None else self._frame.panel.field_boxes.get(row)
            self.field.draw(surface, box, type)

    def noted_texts(self) -> list[NotedText]:
        """Return the texts of header and panel, without the level's own text."""
        texts = [*self._frame.header_texts, *self._panel_texts] if self._frame else []
        return [one for one in texts if one.style != "mono"]

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw board, strip and panel."""
        size, level = surface.get_size(), self.editor.reading.level
        type = self.appearance.typeset(size)
        footer, marking = self.footer_height(size[0], type), self.goals.painting is not None
        if self._frame is None or not self._frame.fits(size, type, level, footer, marking):
            before, self._frame = self._frame, EditorFrame(size, type, level, footer, marking)
            if before:
                self._frame.panel.keep_scroll(before.panel)
        frame = self._frame
        cursor, grid = self.editor.cursor, (level.width, level.height)
        view = self.camera.look(frame.room, grid, type.scale, cursor, self.pointer.is_drawing)
        frame.look(view, level)
        frame.prepare_overlays(self.overlays, self.verdict.analysis)
        frame.draw_texts(
            self.sentence(),
            (self.footer_caps(), self.area, bool(self.field), bool(self.goals.painting)),
            self.draw_footer,
        )
        with type.noting() as written:
            frame.panel.draw(self._panel_state(), level, self.panel)
        self._panel_texts = written or self._panel_texts
        surface.blit(frame.background, (0, 0))
        frame.draw_board(surface, self.editor, self.verdict.wrong_cells, self.area == BOARD)
        self.pointer.spots = [*frame.panel.spots, *self._draw_below(surface, frame, type)]

    def _draw_below(self, surface: pygame.Surface, frame: EditorFrame, type: Typeset) -> list[Spot]:
        """Draw the strip or the marks of goals. Return the spots of the strip."""
        if self.goals.painting:
            self.goals.draw(surface, frame, type)
            return []
        chosen = self.task if self.area == STRIP else -1
        state = StripState(self.verdict.strip, self.verdict.is_current, chosen)
        return frame.draw_strip(surface, state, self.play_number)

    def _panel_state(self) -> PanelState:
        """Return all that the panel shows."""
        editor, reading = self.editor, self.editor.reading
        level = reading.level
        place = reading.source.place_of(editor.cursor)
        active = self.active_caps()
        changed, path = " •" if self.draft.is_changed else "", self.draft.path
        return PanelState(
            title=level.title or (path.stem if path else "New level"),
            file=f"{path.name if path else 'no file yet'}{changed}",
            verdict=self.verdict.facts,
            tools=tuple(
                Tool(key.cap, key.text, key.cap in active, key.sentence) for key in PANEL_KEYS
            ),
            tile=editor.tile,
            chars=chars_of(level),
            rows=() if self.text_open else self.settings.rows,
            row=self.settings.chosen,
            focus=self.area,
            text=editor.text if self.text_open else None,
            caret=self.text.caret,
            selected=self.text.selection,
            marked=(place[0] - 1, place[1] - 1) if place and self.text_open else None,
            problems=self.verdict.errors,
            look=(level.goal, level.legend, active),
        )


def _is_command(event: pygame.event.Event) -> bool:
    """Whether Ctrl or the left Alt is held; AltGr, which some keyboards report as both, is not."""
    held = getattr(event, "mod", 0)
    both = held & CTRL and held & pygame.KMOD_ALT
    return bool(held & CTRL or held & pygame.KMOD_LALT) and not both

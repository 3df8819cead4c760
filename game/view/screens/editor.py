"""The editor: a level is drawn on its board, and its text follows; all of it by keys or mouse.

The screen turns events into commands of `Editor`, which knows nothing of windows, and draws what
came of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pygame

from game.authoring.advice import suggested_steps
from game.authoring.draft_file import Draft
from game.authoring.task_strip import StripTask
from game.authoring.verdict import Verdict
from game.authoring.verdict_line import Kind, summarize
from game.session.messages import Agents, Feed
from game.text.level import Cell, Problem
from game.text.map_checks import missing_part
from game.text.map_edits import PAINTABLE
from game.text.tiles import WALL
from game.view.draw.editor_overlays import EditorOverlay
from game.view.draw.key_caps import footer_height
from game.view.draw.layout import inside_width
from game.view.draw.live_board import LiveBoard
from game.view.draw.question import draw_line_field, draw_question
from game.view.draw.spots import Spot, spot_at
from game.view.draw.theme import Appearance, Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.clipboard import pasted_text
from game.view.model.editor_regions import Regions
from game.view.model.editor_settings import ON_MAP
from game.view.model.level_editor import LevelEditor
from game.view.model.live_verdict import LiveVerdict
from game.view.model.settings_rows import SettingsRows
from game.view.model.text_area import TextArea
from game.view.model.text_caret import Caret, caret_at
from game.view.model.tried_agents import tried_agents
from game.view.model.verdict_facts import WAITING, VerdictFacts
from game.view.screens.editor_camera import Camera
from game.view.screens.editor_departures import Departures
from game.view.screens.editor_facts import applied, verdict_facts
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
    OVERLAY_KEYS,
    SETTINGS_KEYS,
    STRIP_KEYS,
    TEXT_KEYS,
    TOOL_KEYS,
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
from game.view.screens.editor_widgets import DoubleClick, KeyRepeat, LineField, Question
from game.view.screens.screen import CTRL, Key, Navigation, Screen, fitting_keys, key_words

PANEL_KEYS = (*TOOL_KEYS, *OVERLAY_KEYS)  # whose pictures are in the panel
AREA_KEYS = {BOARD: BOARD_KEYS, SETTINGS: SETTINGS_KEYS, STRIP: STRIP_KEYS, TEXT: TEXT_KEYS}
PAN = 3  # rows that the wheel scrolls
EXPORT_SECONDS = 10.0  # that the painting of a picture to export may take
WIDEST_PICTURE = 4096  # px
EXPORT_BLOCK = 64  # rows and columns of such a picture that are painted at once
ZOOM_HINT = "Alt + and Alt − zoom, Alt 0 shows the whole map."


class EditorScreen(Screen):
    """Draw a level, see what it is worth, and play, watch or train on it."""

    typing = True

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
        self.settings = SettingsRows(self.editor, lambda: self.live.verdict.level)
        self.text = TextArea(self.editor)
        self.task = 0  # index of the chosen task of the strip
        self.text_open = False
        self.overlays: list[EditorOverlay] = []  # the header explains the last one
        self.field: LineField | None = None
        self.question: Question | None = None
        self.feed = feed
        slow_jobs = slow_jobs or BackgroundJobs(at_once=True)
        quick_jobs = quick_jobs or BackgroundJobs(at_once=True)
        self.live = LiveVerdict(tried_agents(agents), feed, numbers, quick_jobs, slow_jobs)
        self.strip: tuple[StripTask, ...] = ()  # of the last text that had tasks
        self.facts = VerdictFacts("…", WAITING, "")
        self._judged: str | None = None  # the text that `live` judges
        self._outdated: Verdict | None = None  # the verdict on the text before that
        self._frame: EditorFrame | None = None
        self._held: Spot | None = None  # what the pressed mouse is on, outside of the board
        self._drawing = False  # whether the mouse is pressed on the board
        self._spots: list[Spot] = []
        self._hint = ""  # what the mouse is over, if that explains itself
        self._footer_room: tuple[int, Typeset, int] | None = None  # width, fonts, height in px
        self._repeat, self._double_click = KeyRepeat(), DoubleClick()
        self._text_place = Caret()  # where the mouse was last on the pane
        self.camera = Camera()
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

    def footer_height(self, width: int, type: Typeset) -> int:
        """Return the height of the largest footer, so that the board never moves."""
        if self._footer_room is None or self._footer_room[:2] != (width, type):
            inside = inside_width(width, type.unit)
            keys = (self._keys_of(area) for area in (*AREA_KEYS, None))
            words = (key_words(fitting_keys(some, inside, type)) for some in keys)
            high = max(footer_height(some, inside, type) for some in words)
            self._footer_room = width, type, high
        return self._footer_room[2]

    # --- what the keys change

    def escape(self) -> None:
        """Give up a selection, go back to the board, or leave."""
        if self.text.deselect() if self.area == TEXT else self.editor.cancel():
            return
        if self.area != BOARD:
            self.area = BOARD
        else:
            self.leave()

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

    def next_problem(self) -> None:
        """Go to the next problem, on the board and in the text."""
        problems = self.live.verdict.problems
        if not problems:
            self.editor.message = "No problems."
            return
        here = self.text.caret.line + 1, self.text.caret.column + 1
        later = (one for one in problems if (one.line, one.column) > here)
        problem = next(later, problems[0])
        self.text.go_to(Caret(problem.line - 1, problem.column - 1))
        self.editor.message = f"{problem.what[:1].upper()}{problem.what[1:]} - {problem.todo}."

    def choose_tool(self, tool: str) -> None:
        """Take another tool."""
        self.editor.choose_tool(tool)
        self.area = BOARD

    def choose_tile(self, char: str) -> None:
        """Choose the tile that the tools paint; a selection is filled with it."""
        self.area, self.editor.tile = BOARD, char
        if self.editor.selection:
            self.editor.type_tile(char)

    def add_tile(self) -> None:
        """Ask for a tile of one's own."""
        label = "A tile of your own, as  q = o worth=-1  or  m = M kind=y"
        self.field = LineField(label, "", self.editor.add_tile)

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

    # --- the clipboard

    def paste_in_field(self) -> None:
        """Put the clipboard's text into the line that is typed."""
        if self.field:
            self.field.type(pasted_text())

    # --- the line that is typed

    def finish_field(self) -> None:
        """Take the line as it is."""
        done, self.field = self.field, None
        if done:
            done.done(done.text)

    def cancel_field(self) -> None:
        """Leave the value as it was."""
        self.field = None

    # --- clicks on the panel

    def step_control(self, number: int, by: int) -> None:
        """Change a setting to its next choice."""
        self.area = SETTINGS
        self.settings.step(by, number=number)

    def slide_control(self, number: int, share: float) -> None:
        """Move a knob of a setting."""
        self.area = SETTINGS
        self.settings.slide(number, share)

    def change_form(self, number: int) -> None:
        """Turn a setting from one value into a range, a set, and back."""
        self.area = SETTINGS
        self.settings.change_form(number)

    def edit_control(self, number: int | None = None) -> None:
        """Begin to type the value of a setting, by default of the chosen one."""
        self.area = SETTINGS
        found = self.settings.row(number)
        if found and found.value == ON_MAP:
            self.settings.step(1)
        elif found:
            done = partial(self.settings.write, found)
            name, row = found.control.name, self.settings.chosen
            self.field = LineField(name, found.value, done, row)

    def apply_advice(self, key: int) -> None:
        """Apply a piece of advice."""
        advice = self.live.verdict.advice
        if self.is_judged and key < len(advice):
            self.editor.begin_stroke()
            if self.editor.edit(lambda source: applied(source, advice[key])):
                self.editor.message = "Done. Ctrl Z undoes it."

    def press_key(self, cap: str) -> None:
        """Do what a key does whose picture is clicked."""
        next(key for key in PANEL_KEYS if key.cap == cap).action(self)

    def press_text(self, place: Caret) -> None:
        """Put the caret to a place of the text; with Shift, or twice, select text."""
        self.area, self._text_place = TEXT, place
        if self._double_click.click(place):
            self.text.select_word(place)
        else:
            self.text.go_to(place, select=_is_shift_held())

    def drag_text(self, place: Caret) -> None:
        """Select the text up to a place."""
        if place != self._text_place:  # the mouse trembles during a double click
            self._text_place, self._double_click = place, DoubleClick()
            self.text.go_to(place, select=True)

    # --- from here

    def open(self, kind: str) -> None:
        """Open another screen with the level, if it has no problems."""
        if self._is_sound():
            self.departures.open(kind)

    def train(self) -> None:
        """Train an agent on the level's file, which is saved first, or on its whole folder."""
        if not self._is_sound():
            return
        if self.draft.is_changed or self.draft.path is None:
            self.files.save()
        if not self.draft.is_changed and self.draft.path is not None:
            self.departures.train(self.draft.path)

    def _is_sound(self) -> bool:
        """Whether the level has no problems; else say what to do."""
        if not (self.is_judged and self.live.verdict.problems):
            return True
        summary = summarize(self.live.verdict)
        if summary.kind == Kind.UNFINISHED:
            self.editor.message = f"The level is not finished yet: {summary.why}."
        else:
            self.next_problem()
            self.editor.message = f"Mend the level first. {self.editor.message}"
        return False

    def choose_task(self, by: int) -> None:
        """Choose the task to the right or to the left."""
        self.task = min(max(self.task + by, 0), max(0, len(self.strip) - 1))

    def play_task(self) -> None:
        """Play the chosen task of the strip."""
        if self.task < len(self.strip):
            self.departures.open("play", self.strip[self.task].task)

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
            answer = self.question.answer_to(event)
            if answer:
                self.question = None
                self._repeat.release()
                answer.action()
        elif not self.field and self.folder.handle(event):
            return
        elif event.type == pygame.MOUSEBUTTONDOWN and self.field and event.button == 1:
            self.finish_field()
        else:
            super().handle(event)

    def on_event(self, event: pygame.event.Event) -> None:
        """Type characters, and look around, draw, pick and press with the mouse."""
        if self._frame and self.camera.handle(event, self._frame.board_box):
            return
        if self.goals.painting and self._frame and self.goals.handle(event, self._frame):
            return
        if event.type == pygame.KEYDOWN:
            self._type(event)
        elif event.type == pygame.MOUSEBUTTONDOWN:
            self._press(event.pos, event.button)
        elif event.type == pygame.MOUSEMOTION:
            self._drag(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._release()
        elif event.type == pygame.MOUSEWHEEL and self._frame:
            self._frame.panel.scroll(-PAN * event.y)

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
            self.edit_control()
            if self.field:
                self.field.text, self.field.caret = char, len(char)
        elif char == " " or char in PAINTABLE:
            self.area = BOARD
            self.editor.type_tile(char)

    def _press(self, at: tuple[int, int], button: int) -> None:
        """Press a mouse button: draw, pick a tile, or press what is there."""
        if self._frame is None or button not in (1, 3):
            return
        cell = self._frame.cell_at(at)
        if cell is not None:
            self.area = BOARD
            if button == 3:
                self.editor.pick(cell)
            else:
                self._press_cell(cell)
            return
        if button == 1:
            for (side, adds), box in self._frame.handles.items():
                if box.inflate(4, 4).collidepoint(at):
                    self.editor.grow(side, 1 if adds else -1)
                    return
            self.settings.begin_stroke()
            self._held = spot_at(self._spots, at)
            if self._held:
                self._held.press(at)

    def _press_cell(self, cell: Cell) -> None:
        """Press the mouse on a cell; with Shift it draws a line from the cursor to there."""
        if _is_shift_held():
            self.editor.line_to(cell)
            return
        self.editor.press(cell)
        self._drawing = True

    def _drag(self, at: tuple[int, int]) -> None:
        if self._drawing and self._frame:
            cell = self._frame.cell_at(at, outside=True)
            if cell is not None:
                self.editor.drag(cell)
        elif self._held and self._held.drag:
            self._held.drag(at)
        over = spot_at(self._spots, at)
        self._hint = over.hint if over and not (self._drawing or self.question) else ""

    def _release(self) -> None:
        if self._drawing:
            self._drawing = False
            self.editor.release()
        self._held = None

    def update(self, seconds: float) -> None:
        """Look at the file now and then, and take what background jobs have found."""
        self._double_click.advance(seconds)
        self.files.update(seconds)
        self.goals.update()
        self._judge(seconds)
        self.departures.update()
        if self.files.is_closed:
            self.departures.close()
            self.goals.close()
            self.quit = True
        if event := self._repeat.due(seconds):
            self._dispatch(event)

    def _judge(self, seconds: float) -> None:
        """Take what is known about the text by now."""
        draft = self.draft
        if self._judged != draft.text and not self._drawing:
            self._judged, self._outdated = draft.text, self.live.verdict
            self.live.judge(draft.text, draft.source.name, draft.number)
        for message in self.feed.poll():
            self.live.take(message)
        verdict = self.live.update(seconds)
        self.facts = verdict_facts(verdict)
        if self.is_judged and verdict.strip:
            self.strip = verdict.strip
        if self.is_judged and verdict.analysis and not self._drawing:
            self.editor.follow_steps(suggested_steps(verdict.analysis))

    def _errors(self) -> tuple[Problem, ...]:
        """Return the problems with what is there; what is still missing is at no place."""
        problems = self.live.verdict.problems if self.is_judged else ()
        return tuple(one for one in problems if not missing_part(one))

    def _wrong_cells(self) -> set[Cell]:
        """Return the cells that have errors.

        What is wrong with the whole map is reported at its first cell; a wall there is not wrong.
        """
        source = self.editor.reading.source
        places = (source.cell_at(one.line, one.column) for one in self._errors())
        tiles, (height, width) = self.editor.reading.level.tiles, self.editor.size
        inside = {at for at in places if at and at[0] < height and at[1] < width}
        return {(row, column) for row, column in inside if tiles[row][column] != WALL}

    @property
    def is_judged(self) -> bool:
        """Whether the problems are known that the text has now."""
        return self._judged == self.draft.text and self.live.verdict is not self._outdated

    def on_suspend(self) -> None:
        """Free the pictures, and let the feed work for the other screen."""
        self.live.pause()
        self._repeat.release()
        self._frame = None
        self._drawing, self._held = False, None

    # --- drawing

    def sentence(self) -> str:
        """Return the header's sentence: what the mouse is over, what has happened, the last
        overlay's explanation, or what is at the cursor."""
        explained = self._frame.explanation if self._frame and self.overlays else ""
        said = self._hint or self.editor.message or self.goals.sentence()
        part = "" if not self._frame or self._frame.shows_whole_map else f" {ZOOM_HINT}"
        return said or explained or f"{self.editor.at_cursor()}{part}"

    def body_snapshot(self) -> object:
        """Return the text, where the cursors are, and what has been computed and painted."""
        editor, field = self.editor, self.field
        boards = [self._frame.board, *self._frame.strip_boards] if self._frame else []
        return (
            (editor.text, editor.cursor, editor.tile, editor.tool, editor.symmetry, editor.anchor),
            (editor.selection, editor.message, self._hint, self.draft.is_changed, self.draft.name),
            (self.area, self.settings.chosen, self.task, self.text_open),
            (self.text.caret, self.text.selection, self._frame and self._frame.panel.scrolled),
            (field and (field.text, field.caret), self.question and self.question.heading),
            tuple((board.painted, board.is_finished) for board in boards),
            (tuple(self.overlays), self.camera.snapshot()),
            (self.folder.snapshot(), self.goals.snapshot()),
            (self.facts, self.is_judged, tuple(one.task.id for one in self.strip)),
        )

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen, and the question over it."""
        super().draw(surface)
        type = self.appearance.typeset(surface.get_size())
        self.folder.draw(surface, type)
        if self.field and self._frame:
            self._draw_field(surface, self._frame, self.field, type)
        if question := self.question:
            answers = [(one.cap, one.meaning) for one in question.answers]
            question.places = draw_question(surface, question.heading, question.text, answers, type)

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw board, strip and panel."""
        size, level = surface.get_size(), self.editor.reading.level
        type = self.appearance.typeset(size)
        footer = self.footer_height(size[0], type)
        if self._frame is None or not self._frame.fits(size, type, level, footer):
            before, self._frame = self._frame, EditorFrame(size, type, level, footer)
            if before:
                self._frame.panel.keep_scroll(before.panel)
        frame = self._frame
        cursor, grid = self.editor.cursor, (level.width, level.height)
        view = self.camera.look(frame.room, grid, type.scale, cursor, self._drawing)
        frame.look(view, level)
        analysis = self.live.verdict.analysis if self.is_judged else None
        frame.prepare_overlays(self.overlays, analysis)
        frame.draw_texts(
            self.sentence(),
            (self.active_caps(), self.area, bool(self.field), bool(self.goals.painting)),
            self.draw_footer,
        )
        frame.panel.draw(self._panel_state(), level, self)
        surface.blit(frame.background, (0, 0))
        frame.draw_board(surface, self.editor, self._wrong_cells(), self.area == BOARD)
        self._spots = [*frame.panel.spots]
        if self.goals.painting:
            self.goals.draw(surface, frame, type)
            return
        chosen = self.task if self.area == STRIP else -1
        state = StripState(self.strip, self.is_judged, chosen)
        self._spots += frame.draw_strip(surface, state, self.play_number)

    def _draw_field(
        self, surface: pygame.Surface, frame: EditorFrame, field: LineField, type: Typeset
    ) -> None:
        """Draw the line that is being typed, at its control or in the middle."""
        box = frame.panel.field_boxes.get(field.row) if field.row is not None else None
        if box is None:
            width = min(surface.get_width() - 8 * type.unit, round(600 * type.scale))
            box = pygame.Rect(0, 0, width, type.height("mono") + 2 * type.unit)
            box.center = surface.get_rect().center
            back = box.inflate(4 * type.unit, 4 * type.unit)
            back.top -= type.height("label")
            back.height += type.height("label")
            pygame.draw.rect(surface, type.palette.card, back, border_radius=type.unit)
            pygame.draw.rect(surface, type.palette.agent, back, 2, border_radius=type.unit)
            at = (box.left, box.top - type.unit // 2)
            type.write(surface, field.label, "label", type.palette.ink, bottomleft=at)
        else:
            left = box.left + type.width(field.label, "label") + 3 * type.unit
            box = pygame.Rect(left, box.top, box.right - left - type.unit, box.height)
        draw_line_field(surface, box, field.text, field.caret, type)

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
            verdict=self.facts,
            tools=tuple((key.cap, key.text, key.cap in active) for key in PANEL_KEYS),
            tile=editor.tile,
            chars=chars_of(level),
            rows=() if self.text_open else self.settings.rows,
            row=self.settings.chosen,
            focus=self.area,
            text=editor.text if self.text_open else None,
            caret=self.text.caret,
            selected=self.text.selection,
            marked=(place[0] - 1, place[1] - 1) if place and self.text_open else None,
            problems=self._errors(),
            look=(level.goal, level.legend, active),
        )


def _is_shift_held() -> bool:
    """Whether Shift is held, for clicks, whose events do not say it."""
    return pygame.display.get_init() and bool(pygame.key.get_mods() & pygame.KMOD_SHIFT)


def _is_command(event: pygame.event.Event) -> bool:
    """Whether Ctrl or the left Alt is held; AltGr, which some keyboards report as both, is not."""
    held = getattr(event, "mod", 0)
    both = held & CTRL and held & pygame.KMOD_ALT
    return bool(held & CTRL or held & pygame.KMOD_LALT) and not both

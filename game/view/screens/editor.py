"""The editor: a level is drawn on its board, and its text follows; all of it by keys or mouse.

The screen turns events into commands of `Editor`, which knows nothing of windows, and draws what
came of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pygame

from game.authoring.advice import suggested_steps
from game.authoring.draft_file import CHOICES, Choice, Draft
from game.authoring.recovery import Recovery
from game.authoring.task_strip import StripTask
from game.authoring.verdict import Verdict
from game.session.messages import Agents, Feed
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import Cell
from game.text.map_edits import PAINTABLE
from game.view.draw.editor_controls import ControlRow, value_at
from game.view.draw.editor_overlays import EditorOverlay
from game.view.draw.folder_card import draw_folder
from game.view.draw.question import draw_line_field, draw_question
from game.view.draw.spots import Spot, spot_at
from game.view.draw.theme import Appearance, Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.clipboard import copy_text, pasted_text
from game.view.model.editor_settings import (
    ON_MAP,
    Control,
    controls,
    nearest_knob,
    next_form,
    put_knob,
    stepped,
)
from game.view.model.folder_levels import FolderLevels, free_name
from game.view.model.level_editor import Editor
from game.view.model.level_snapshots import LevelSnapshots, load_edited
from game.view.model.live_verdict import LiveVerdict
from game.view.model.text_caret import Caret, deleted, lines_of, typed
from game.view.model.training_run import training_args
from game.view.model.tried_agents import tried_agents
from game.view.model.verdict_facts import WAITING, VerdictFacts
from game.view.screens.editor_facts import applied, verdict_facts
from game.view.screens.editor_frame import (
    BOARD,
    SETTINGS,
    STRIP,
    TEXT,
    EditorFrame,
    PanelState,
    StripState,
    chars_of,
)
from game.view.screens.editor_keys import (
    BOARD_KEYS,
    EDIT_KEYS,
    FIELD_KEYS,
    FILE_KEYS,
    LAST_KEYS,
    OVERLAY_KEYS,
    SETTINGS_KEYS,
    STRIP_KEYS,
    TEXT_KEYS,
    TOOL_KEYS,
)
from game.view.screens.editor_widgets import Answer, KeyRepeat, LineField, Question
from game.view.screens.screen import CTRL, Key, Navigation, Notice, Screen

CHECK_FILE = 0.5  # seconds between two looks whether the file has changed on disk
NEW_FOLDER = Path("my-levels")  # where levels without a file are saved by default
TRAIN_LEARNER, TRAIN_MINUTES = "maml", "2"
PANEL_KEYS = (*TOOL_KEYS, *OVERLAY_KEYS)  # whose pictures are in the panel
AREA_KEYS = {BOARD: BOARD_KEYS, SETTINGS: SETTINGS_KEYS, STRIP: STRIP_KEYS, TEXT: TEXT_KEYS}
FEW_TASKS = (
    "A level needs at least five tasks for a training: paint more candidates '?', or let a value be "
    "drawn from a range or a set."
)
PAN = 3  # rows that the wheel scrolls


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
        self.editor, self.agents = Editor(draft), agents
        self.jobs = jobs or BackgroundJobs(at_once=True)
        self.area = BOARD
        self.row = 0  # of the setting that keys change
        self.task = 0  # index of the chosen task of the strip
        self.caret = Caret()
        self.text_open = False
        self.overlays: list[EditorOverlay] = []  # the header explains the last one
        self.field: LineField | None = None
        self.question: Question | None = None
        self.has_saved = False  # whether the file was written since the screen was opened
        self.feed = feed
        slow_jobs = slow_jobs or BackgroundJobs(at_once=True)
        quick_jobs = quick_jobs or BackgroundJobs(at_once=True)
        self.live = LiveVerdict(tried_agents(agents), feed, numbers, quick_jobs, slow_jobs)
        self.strip: tuple[StripTask, ...] = ()  # of the last text that had tasks
        self.facts = VerdictFacts("…", WAITING, "")
        self._judged: str | None = None  # the text that `live` judges
        self._outdated: Verdict | None = None  # the verdict on the text before that
        self._snapshots = LevelSnapshots()
        self._frame: EditorFrame | None = None
        self._held: Spot | None = None  # what the pressed mouse is on, outside of the board
        self._drawing = False  # whether the mouse is pressed on the board
        self._waiting: tuple[str, Path, bool, Task | None] | None = None  # for a pack to be loaded
        self._unchecked = 0.0  # seconds
        self._typed = 0  # number of the stroke of typing
        self._spots: list[Spot] = []
        self._repeat = KeyRepeat()
        self.folder: FolderLevels | None = None  # that is listed over the screen
        self._folder_keys: list[pygame.Rect] = []  # places of the keys below its rows
        self._folder_places: list[tuple[pygame.Rect, int]] = []  # of its rows
        self._offer_recovery()

    @property
    def draft(self) -> Draft:
        """The file that is edited."""
        return self.editor.draft

    def all_keys(self) -> list[Key]:
        """Return the keys of the area that keys change, then those of the whole screen."""
        if self.field:
            return [*FIELD_KEYS]
        own = (*AREA_KEYS[self.area], *EDIT_KEYS, *FILE_KEYS, *OVERLAY_KEYS)
        caps = {key.cap for key in (*own, *LAST_KEYS)}
        common = [key for key in super().all_keys() if key.cap not in caps]
        return [*own, *common, *LAST_KEYS]

    # --- the file

    def save(self) -> None:
        """Write the text to its file; a level without one is named first."""
        if self.draft.path is None:
            name = free_name(NEW_FOLDER / "level.txt")
            self.field = LineField("Save as", str(name), self._save_as)
            return
        self._save(None)

    def _save_as(self, name: str) -> None:
        path = Path(name.strip())
        if not name.strip() or path.is_dir():
            self.notice = Notice("The level is not saved", f"'{name}' is no name for a file.", True)
        elif path.exists():
            replace = Answer("R", pygame.K_r, "replace it", partial(self._save, path))
            other = Answer("Esc", pygame.K_ESCAPE, "name another", self.save)
            text = f"{path} exists already."
            self.question = Question("Replace the file?", text, (replace, other))
        else:
            self._save(path)

    def _save(self, path: Path | None) -> None:
        try:
            if self.draft.save(path):
                self.has_saved = True
                self.editor.message = f"Saved {self.draft.path}."
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self.notice = Notice("The level is not saved", f"{path or self.draft.path}: {why}")

    def escape(self) -> None:
        """Give up a selection, go back to the board, or leave."""
        if self.editor.cancel():
            return
        if self.area != BOARD:
            self.area = BOARD
        else:
            self.leave()

    def leave(self) -> None:
        """Close the editor; if the text is not saved, ask first."""
        if not self.draft.is_changed:
            self._close()
            return
        self.question = Question(
            "Save the changes?",
            f"{self.draft.name} has changes that are not saved.",
            (
                Answer("S", pygame.K_s, "save and leave", self._save_and_close),
                Answer("D", pygame.K_d, "discard them", self._close),
                Answer("Esc", pygame.K_ESCAPE, "stay", _nothing),
            ),
        )

    def _save_and_close(self) -> None:
        self.save()
        if not self.draft.is_changed:
            self._close()

    def _close(self) -> None:
        self.draft.close()
        self._snapshots.close()
        self.quit = True

    def on_close(self) -> None:
        """Let go of the file; an unsaved text stays as a copy."""
        self.draft.close(keep_copy=True)
        self._snapshots.close()

    def _offer_recovery(self) -> None:
        """Ask whether to restore the newest text that an earlier editor left unsaved."""
        if not self.draft.recoveries:
            return
        found = self.draft.recoveries[0]
        self.question = Question(
            "Restore unsaved changes?",
            f"An earlier editor of {self.draft.name} ended before its text was saved.",
            (
                Answer("R", pygame.K_r, "restore them", partial(self._restore, found)),
                Answer("D", pygame.K_d, "discard them", partial(self.draft.dismiss, found)),
                Answer("Esc", pygame.K_ESCAPE, "later", _nothing),
            ),
        )

    def _restore(self, found: Recovery) -> None:
        self.draft.restore(found)
        self.editor.message = "Restored. Ctrl Z goes back to the text of the file."

    def _check_file(self) -> None:
        """Take over a change of the file by another program, or ask."""
        what = self.draft.poll()
        if self.draft.conflict and self.question is None:
            codes = (("M", pygame.K_m), ("F", pygame.K_f), ("C", pygame.K_c))
            answers = (
                Answer(cap, code, choice.label.lower(), partial(self._resolve, choice))
                for (cap, code), choice in zip(codes, CHOICES, strict=True)
            )
            question = self.draft.conflict.question
            self.question = Question("Whose text counts?", question, tuple(answers))
        elif what and not self.draft.conflict:
            self.editor.message = f"{what[0].upper()}{what[1:]}."

    def _resolve(self, choice: Choice) -> None:
        try:
            done = self.draft.resolve(choice)
        except OSError as error:
            self.notice = Notice("The copy is not saved", str(error))
            return
        self.editor.message = f"{done or choice.effect}"

    # --- editing: keys of every area

    def undo(self) -> None:
        """Take the last change back."""
        self.editor.undo()

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self.editor.redo()

    def next_area(self) -> None:
        """Let the keys change the next area."""
        areas = [BOARD, TEXT, STRIP] if self.text_open else [BOARD, SETTINGS, STRIP]
        at = areas.index(self.area) if self.area in areas else 0
        self.area = areas[(at + 1) % len(areas)]
        self._follow_cursor()

    def go_to_area(self, area: str) -> None:
        """Let the keys change an area."""
        self.area = area

    def toggle_text(self) -> None:
        """Show the level's text in place of palette and settings, or these again."""
        self.text_open = not self.text_open
        if self.text_open:
            self.area = TEXT
            self._follow_cursor()
        elif self.area == TEXT:
            self.area = BOARD

    def _follow_cursor(self) -> None:
        """Put the caret where the board's cursor is in the text."""
        place = self.editor.reading.source.place_of(self.editor.cursor)
        if self.area == TEXT and place:
            self.caret = Caret(place[0] - 1, place[1] - 1)

    def next_problem(self) -> None:
        """Go to the next problem, on the board and in the text."""
        problems = self.live.verdict.problems
        if not problems:
            self.editor.message = "No problems."
            return
        here = self.caret.line + 1, self.caret.column + 1
        places = [(one.line, one.column) for one in problems]
        place = next((one for one in places if one > here), places[0])
        self.caret = Caret(place[0] - 1, place[1] - 1)
        problem = problems[places.index(place)]
        cell = self.editor.reading.source.cell_at(*place)
        if cell:
            self.editor.go_to(cell)
        self.editor.message = f"{problem.what[:1].upper()}{problem.what[1:]} - {problem.todo}."

    # --- editing: the board

    def move(self, down: int, right: int) -> None:
        """Move the cursor."""
        self.editor.move(down, right)

    def draw_move(self, down: int, right: int) -> None:
        """Paint along the way of the cursor, or extend the selection."""
        self.editor.draw_move(down, right)

    def use(self) -> None:
        """Use the tool at the cursor."""
        self.editor.use()

    def clear(self) -> None:
        """Paint floor."""
        self.editor.clear()

    def choose_tool(self, tool: str) -> None:
        """Take another tool."""
        self.editor.choose_tool(tool)
        self.area = BOARD

    def pick(self) -> None:
        """Choose the tile at the cursor."""
        self.editor.pick()

    def next_symmetry(self) -> None:
        """Draw with the next symmetry."""
        self.editor.next_symmetry()
        self.editor.message = f"Symmetry: {self.editor.symmetry}."

    def select_all(self) -> None:
        """Select the whole map."""
        self.editor.select_all()

    def copy(self) -> None:
        """Copy the selection, or else the whole text."""
        copy_text(self.editor.copy())

    def cut(self) -> None:
        """Copy the selection and put floor in its place."""
        copy_text(self.editor.cut())

    def paste(self) -> None:
        """Paste what was copied at the cursor; a whole level replaces the text."""
        self.editor.paste_text(pasted_text())

    def mirror(self, axis: str) -> None:
        """Mirror the selection, or else the map."""
        self.editor.mirror(axis)

    def rotate(self) -> None:
        """Turn the selection, or else the map."""
        self.editor.rotate()

    def shift(self, down: int, right: int) -> None:
        """Move the selection, or else shift the map."""
        self.editor.shift(down, right)

    def grow(self, side: str, by: int) -> None:
        """Make the map larger or smaller at a side."""
        self.editor.grow(side, by)

    def toggle_overlay(self, overlay: EditorOverlay) -> None:
        """Show an overlay, or hide it."""
        if overlay in self.overlays:
            self.overlays.remove(overlay)
        else:
            self.overlays.append(overlay)

    # --- editing: settings

    def controls(self) -> list[Control]:
        """Return the controls of the level as it is now."""
        return controls(self.editor.reading.level)

    def rows(self) -> tuple[ControlRow, ...]:
        """Return the controls with their values."""
        rows = []
        for control in self.controls():
            value = self.editor.value(control.path)
            shown = control.usual if value is None else value
            rows.append(ControlRow(control, shown, value is not None))
        return tuple(rows)

    def choose_row(self, by: int) -> None:
        """Choose the setting below or above."""
        self.row = min(max(self.row + by, 0), len(self.controls()) - 1)

    def step_row(self, by: int, knob: int) -> None:
        """Change the chosen setting by a step."""
        self.step_control(self.row, by, knob)

    def change_row_form(self) -> None:
        """Turn the chosen setting from one value into a range, a set, and back."""
        self.change_form(self.row)

    def edit_row(self) -> None:
        """Type the value of the chosen setting."""
        self.edit_control(self.row)

    def reset_row(self) -> None:
        """Remove the line of the chosen setting."""
        rows = self.rows()
        if self.row < len(rows):
            self.editor.set_value(rows[self.row].control.path, None)

    def step_control(self, row: int, by: int, knob: int = -1) -> None:
        """Change a setting by a step, or to its next choice."""
        found = self._row(row)
        if found:
            self._write(found, stepped(found.control, found.value, by, knob), "step")

    def slide_control(self, row: int, share: float) -> None:
        """Move the nearest knob of a setting to a place of its slider."""
        found = self._row(row)
        if found:
            value = value_at(found.control, share)
            knob = nearest_knob(found.value, value)
            self._write(found, put_knob(found.control, found.value, knob, value), "slide")

    def change_form(self, row: int) -> None:
        """Turn a setting from one value into a range, a set, and back."""
        found = self._row(row)
        if found:
            self._write(found, next_form(found.control, found.value))

    def edit_control(self, row: int) -> None:
        """Begin to type the value of a setting."""
        found = self._row(row)
        if not found:
            return
        if found.value == ON_MAP:
            self.step_control(row, 1)
            return
        done = partial(self._write, found)
        self.field = LineField(found.control.name, found.value, done, row)

    def _row(self, row: int) -> ControlRow | None:
        """Make a row the chosen one, and return it."""
        rows = self.rows()
        if not 0 <= row < len(rows):
            return None
        self.row = row
        if self.area != STRIP:
            self.area = SETTINGS
        return rows[row]

    def _write(self, row: ControlRow, value: str, how: str = "") -> None:
        """Write the value of a setting; steps of the same kind are undone together."""
        if value == row.value and row.written:
            return
        removed = value == ON_MAP or (not value.strip() and row.control.is_text)
        stroke = (row.control.path, how, self._typed) if how else None
        self.editor.set_value(row.control.path, None if removed else value, stroke)

    # --- a line that is typed

    def move_in_field(self, by: int) -> None:
        """Move the caret of the line."""
        if self.field:
            self.field.move(by)

    def delete_in_field(self) -> None:
        """Delete a character of the line."""
        if self.field:
            self.field.delete()

    def paste_in_field(self) -> None:
        """Put the clipboard's text into the line."""
        if self.field:
            self.field.type(pasted_text())

    def finish_field(self) -> None:
        """Take the line as it is."""
        done, self.field = self.field, None
        if done:
            done.done(done.text)

    def cancel_field(self) -> None:
        """Leave the value as it was."""
        self.field = None

    # --- editing: the text

    def type_text(self, new: str) -> None:
        """Put characters in at the caret; what is typed on one line is undone together."""
        text, caret = typed(self.editor.text, self.caret, new)
        self._change_text(text, caret, "type")

    def delete_text(self, by: int) -> None:
        """Delete the character before or behind the caret."""
        text, caret = deleted(self.editor.text, self.caret, by)
        self._change_text(text, caret, "delete")

    def paste_text(self) -> None:
        """Put the clipboard's text in at the caret."""
        self._typed += 1
        self.type_text(pasted_text())

    def _change_text(self, text: str, caret: Caret, how: str) -> None:
        self.editor.apply(text, (how, self.caret.line, self._typed))
        self.editor.message = ""
        self.caret = caret
        self._follow_caret()

    def move_caret(self, down: int, right: int) -> None:
        """Move the caret, and the board's cursor with it."""
        lines = lines_of(self.editor.text)
        self.caret = self.caret.within(lines).moved(lines, down, right)
        self._typed += 1
        self._follow_caret()

    def caret_to_edge(self, end: bool) -> None:
        """Move the caret to the begin or the end of its line."""
        lines = lines_of(self.editor.text)
        line = self.caret.within(lines).line
        self.caret = Caret(line, len(lines[line].removesuffix("\r")) if end else 0)
        self._follow_caret()

    def _follow_caret(self) -> None:
        """Put the board's cursor into the cell at the caret."""
        cell = self.editor.reading.source.cell_at(self.caret.line + 1, self.caret.column + 1)
        if cell:
            self.editor.go_to(cell)

    def press_text(self, at: tuple[int, int]) -> None:
        """Put the caret to a place of the pane."""
        if self._frame and self._frame.pane:
            self.area = TEXT
            self.caret = self._frame.pane.caret_at(at).within(lines_of(self.editor.text))
            self._typed += 1
            self._follow_caret()

    # --- the strip

    def choose_task(self, by: int) -> None:
        """Choose the task to the right or to the left."""
        self.task = min(max(self.task + by, 0), max(0, len(self.strip) - 1))

    def play_task(self) -> None:
        """Play the chosen task of the strip."""
        if self.task < len(self.strip):
            self._open("play", self.strip[self.task].task)

    def play_number(self, number: int) -> None:
        """Play a task of the strip by its number."""
        self.area, self.task = STRIP, number
        self.play_task()

    def reroll(self) -> None:
        """Draw six other tasks."""
        self.live.reroll()

    # --- from here

    def play(self) -> None:
        """Play the level."""
        self._open("play")

    def watch(self) -> None:
        """Watch agents adapt to the level."""
        self._open("watch")

    def duel(self) -> None:
        """Play the level against an agent."""
        self._open("duel")

    def train(self) -> None:
        """Train an agent on the level's file, which is saved first, or on its whole folder."""
        if self.draft.is_changed or self.draft.path is None:
            self.save()
        path = self.draft.path
        if self.draft.is_changed or path is None:
            return
        if not (path.parent / PACK_FILE).is_file():
            self._open("train")
            return
        self.question = Question(
            "Train on what?",
            f"{path.name} is part of the pack in {path.parent.resolve().name}.",
            (
                Answer("F", pygame.K_f, "this file", partial(self._open, "train")),
                Answer("P", pygame.K_p, "the whole pack", self._train_on_folder),
                Answer("Esc", pygame.K_ESCAPE, "neither", _nothing),
            ),
        )

    def _train_on_folder(self) -> None:
        if self.draft.path is not None:
            self._waiting = "train", self.draft.path.parent, False, None
            self.editor.message = "Opening…"

    # --- the folder

    def list_folder(self) -> None:
        """List the levels of the file's folder, or close the list."""
        path = self.draft.path or NEW_FOLDER / "x"
        is_open = self.folder is not None
        self.folder = None if is_open else FolderLevels(path.parent, self.jobs, self.draft.path)

    def _folder_answers(self) -> tuple[Answer, ...]:
        """Return what can be done with the list of levels."""
        return (
            Answer("Enter", pygame.K_RETURN, "open", self._open_listed),
            Answer("N", pygame.K_n, "new", self._add_listed),
            Answer("D", pygame.K_d, "duplicate", self._duplicate_listed),
            Answer("R", pygame.K_r, "rename", self._rename_listed),
            Answer("Esc", pygame.K_ESCAPE, "close", self.list_folder),
        )

    def _press_folder(self, event: pygame.event.Event) -> bool:
        """Handle a key or a click on the list of levels. Return whether it was one."""
        assert self.folder
        if event.type not in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            return False
        card = Question("", "", self._folder_answers(), self._folder_keys)
        if event.type == pygame.KEYDOWN and event.key in (pygame.K_UP, pygame.K_DOWN):
            self.folder.select(1 if event.key == pygame.K_DOWN else -1)
        elif answer := card.answer_to(event):
            answer.action()
        elif event.type == pygame.MOUSEBUTTONDOWN:
            for box, number in self._folder_places:
                if box.collidepoint(event.pos):
                    again = number == self.folder.selected
                    self.folder.selected = number
                    if again:
                        self._open_listed()
        return True

    def _open_listed(self) -> None:
        """Open the selected level in an editor over this one."""
        file = self.folder.file if self.folder else None
        self.folder = None
        if file is not None and file != self.draft.path:
            self.navigation = Navigation("edit", path=file)

    def _add_listed(self) -> None:
        """Open a new level in the folder."""
        if self.folder:
            file = free_name(self.folder.folder / "level.txt")
            self.folder = None
            self.navigation = Navigation("edit", path=file)

    def _duplicate_listed(self) -> None:
        try:
            if self.folder:
                self.folder.duplicate()
        except OSError as error:
            self.notice = Notice("The level is not copied", error.strerror or str(error))

    def _rename_listed(self) -> None:
        file = self.folder.file if self.folder else None
        if file == self.draft.path:
            text = "Save it under another name instead."
            self.notice = Notice("The level is open in this editor", text, transient=True)
        elif file is not None:
            self.field = LineField("Rename to", file.name, self._rename)

    def _rename(self, name: str) -> None:
        try:
            if self.folder and name.strip():
                self.folder.rename(name.strip())
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self.notice = Notice("The level is not renamed", why)

    def _open(self, kind: str, task: Task | None = None) -> None:
        """Open another screen with the level as soon as it is loaded."""
        if self.is_judged and self.live.verdict.problems:
            self.next_problem()
            self.editor.message = f"Solve the problems first: {self.editor.message}"
            return
        try:
            path, is_snapshot = self._snapshots.file_of(self.draft)
        except OSError as error:
            self.notice = Notice("The level cannot be opened", str(error))
            return
        self._waiting = kind, path, is_snapshot, task
        self.editor.message = "Opening…"

    def _go_on(self) -> None:
        """Ask the app for the screen, once the level is loaded."""
        if self._waiting is None:
            return
        kind, path, is_snapshot, task = self._waiting
        key = ("edited", path, self.draft.text)
        loaded = self.jobs.ask(key, lambda: load_edited(path), str)
        if loaded is None:
            return
        self._waiting = None
        self.editor.message = ""
        if isinstance(loaded, str):
            self.notice = Notice("The level cannot be opened", loaded)
        elif kind == "train":
            self._open_training(loaded)
        else:
            self.navigation = Navigation(kind, loaded, task, is_unlisted=is_snapshot)

    def _open_training(self, pack: Pack) -> None:
        """Ask the app to train on the file."""
        split = pack.split("train")
        if not (split.tasks or split.unlimited):
            self.notice = Notice("There are no training tasks", FEW_TASKS)
            return
        args = training_args(self.agents, pack, TRAIN_LEARNER, TRAIN_MINUTES)
        self.navigation = Navigation("train", pack, args=args)

    def export(self) -> None:
        """Ask the app to save a picture of the board."""
        if self._frame:
            self._frame.board.paint(10.0)
            self.navigation = Navigation("photo", picture=self._frame.board.surface.copy())

    # --- clicks on the panel

    def apply_advice(self, key: int) -> None:
        """Apply a piece of advice."""
        advice = self.live.verdict.advice
        if self.is_judged and key < len(advice):
            self.editor.begin_stroke()
            if self.editor.edit(lambda source: applied(source, advice[key])):
                self.editor.message = "Done. Ctrl Z undoes it."

    def choose_tile(self, char: str) -> None:
        """Choose the tile that the tools paint."""
        self.editor.tile = char
        self.area = BOARD
        if self.editor.selection:
            self.editor.type_tile(char)

    def press_key(self, cap: str) -> None:
        """Do what a key does whose picture is clicked."""
        next(key for key in PANEL_KEYS if key.cap == cap).action(self)

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
        if self.question and event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            answer = self.question.answer_to(event)
            if answer:
                self.question = None
                self._repeat.release()
                answer.action()
        elif self.folder and not self.field and self._press_folder(event):
            return
        elif event.type == pygame.MOUSEBUTTONDOWN and self.field and event.button == 1:
            self.finish_field()
        else:
            super().handle(event)

    def on_event(self, event: pygame.event.Event) -> None:
        """Type characters, and draw, pick and press with the mouse."""
        if event.type == pygame.KEYDOWN:
            self._type(event)
        elif event.type == pygame.MOUSEBUTTONDOWN:
            self._press(event.pos, event.button)
        elif event.type == pygame.MOUSEMOTION:
            self._drag(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._release()
        elif event.type == pygame.MOUSEWHEEL and self._frame:
            self._frame.scroll(-PAN * event.y)

    def _type(self, event: pygame.event.Event) -> None:
        """Take a character that is typed."""
        char = event.unicode
        if not (char and char.isprintable()) or _is_command(event):
            return
        if self.field:
            self.field.type(char)
        elif self.area == TEXT:
            self.type_text(char)
        elif self.area == SETTINGS:
            self.edit_row()
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
                    self.grow(side, 1 if adds else -1)
                    return
            self._typed += 1
            self._held = spot_at(self._spots, at)
            if self._held:
                self._held.press(at)

    def _press_cell(self, cell: Cell) -> None:
        """Press the mouse on a cell; with Shift it draws a line from the cursor to there."""
        if pygame.display.get_init() and pygame.key.get_mods() & pygame.KMOD_SHIFT:
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

    def _release(self) -> None:
        if self._drawing:
            self._drawing = False
            self.editor.release()
        self._held = None

    def update(self, seconds: float) -> None:
        """Look at the file now and then, and take what background jobs have found."""
        self._unchecked += seconds
        if self._unchecked > CHECK_FILE:
            self._unchecked = 0.0
            self._check_file()
        self._judge(seconds)
        self._go_on()
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
        """Return the header's sentence: what has happened, the last overlay's explanation, or what
        is at the cursor."""
        explained = self._frame.explanation if self._frame and self.overlays else ""
        return self.editor.message or explained or self.editor.at_cursor()

    def body_snapshot(self) -> object:
        """Return the text, where the cursors are, and what has been computed and painted."""
        editor, field = self.editor, self.field
        boards = [self._frame.board, *self._frame.strip_boards] if self._frame else []
        return (
            (editor.text, editor.cursor, editor.tile, editor.tool, editor.symmetry, editor.anchor),
            (editor.selection, editor.message, self.draft.is_changed, self.draft.name),
            (self.area, self.row, self.task, self.caret, self.text_open),
            (field and (field.text, field.caret), self.question and self.question.heading),
            tuple((board.painted, board.is_finished) for board in boards),
            tuple(self.overlays),
            self.folder and (self.folder.selected, tuple(self.folder.files), self.jobs.count),
            (self.facts, self.is_judged, tuple(one.task.id for one in self.strip)),
        )

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen, and the question over it."""
        super().draw(surface)
        if self.folder:
            self._draw_folder(surface, self.folder)
            if self.field and self._frame:
                type = self.appearance.typeset(surface.get_size())
                self._draw_field(surface, self._frame, self.field, type)
        if self.question:
            type = self.appearance.typeset(surface.get_size())
            answers = [(one.cap, one.meaning) for one in self.question.answers]
            question = self.question
            question.places = draw_question(surface, question.heading, question.text, answers, type)

    def _draw_folder(self, surface: pygame.Surface, folder: FolderLevels) -> None:
        """Draw the list of levels over the screen."""
        splits = folder.splits()
        shares = splits if isinstance(splits, dict) else {}
        note = splits if isinstance(splits, str) else "" if splits else "Dividing the tasks…"
        rows = [(file.name, shares.get(file.name, "")) for file in folder.files]
        answers = [(one.cap, one.meaning) for one in self._folder_answers()]
        name = folder.folder.resolve().name
        type = self.appearance.typeset(surface.get_size())
        self._folder_places, self._folder_keys = draw_folder(
            surface, name, rows, folder.selected, note, answers, type
        )

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw board, strip and panel."""
        size, level = surface.get_size(), self.editor.reading.level
        type = self.appearance.typeset(size)
        footer = self.footer_height(size[0], type)
        if self._frame is None or not self._frame.fits(size, type, level, footer):
            self._frame = EditorFrame(size, type, level, footer)
        frame = self._frame
        analysis = self.live.verdict.analysis if self.is_judged else None
        frame.prepare_overlays(self.overlays, analysis)
        frame.draw_texts(
            self.sentence(), (self.active_caps(), self.area, bool(self.field)), self.draw_footer
        )
        frame.draw_panel(self._panel_state(), level, self)
        surface.blit(frame.background, (0, 0))
        frame.draw_board(surface, self.editor, self.area == BOARD)
        chosen = self.task if self.area == STRIP else -1
        state = StripState(self.strip, self.is_judged, chosen)
        strip = frame.draw_strip(surface, state, self.play_number)
        self._spots = [*frame.panel_spots, *strip]
        if self.field:
            self._draw_field(surface, frame, self.field, type)

    def _draw_field(
        self, surface: pygame.Surface, frame: EditorFrame, field: LineField, type: Typeset
    ) -> None:
        """Draw the line that is being typed, at its control or in the middle."""
        box = frame.field_boxes.get(field.row) if field.row is not None else None
        if box is None:
            width = min(surface.get_width() - 8 * type.unit, round(600 * type.scale))
            box = pygame.Rect(0, 0, width, type.height("mono") + 2 * type.unit)
            box.center = surface.get_rect().center
            back = box.inflate(4 * type.unit, 6 * type.unit)
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
        level, problems = reading.level, self.live.verdict.problems
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
            rows=() if self.text_open else self.rows(),
            row=self.row,
            focus=self.area,
            text=editor.text if self.text_open else None,
            caret=self.caret,
            marked=(place[0] - 1, place[1] - 1) if place and self.text_open else None,
            problems=problems if self.is_judged else (),
            look=(level.goal, level.legend, active),
        )


def _is_command(event: pygame.event.Event) -> bool:
    """Whether Ctrl or the left Alt is held; AltGr, which some keyboards report as both, is not."""
    held = getattr(event, "mod", 0)
    both = held & CTRL and held & pygame.KMOD_ALT
    return bool(held & CTRL or held & pygame.KMOD_LALT) and not both


def _nothing() -> None:
    """Do nothing but close the question."""

"""The settings of the level that is edited: a row for each control, one of them chosen for keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from game.authoring.safe_edits import safely
from game.text.header_edits import Path, remove_value, set_value
from game.text.level import Level
from game.text.source_map import SourceMap
from game.view.model.editor_settings import (
    ON_MAP,
    Control,
    controls,
    is_offered,
    nearest_knob,
    put_knob,
    stepped,
    value_at,
    with_implied,
)
from game.view.model.level_editor import STEPS, LevelEditor

CHANGES = {True: "Enter types it", False: "← and → change it"}  # a line for people; choices


@dataclass(frozen=True)
class ControlRow:
    """A control with the text of its value, and whether the file has a line for it."""

    control: Control
    value: str
    written: bool


class SettingsRows:
    """The rows, and what clicks and keys do to their values."""

    def __init__(
        self, editor: LevelEditor, read: Callable[[], Level | None] = lambda: None
    ) -> None:
        """`read` returns the level as it was read last, which knows what a foreign map implies."""
        self._editor, self._read = editor, read
        self._index, self._path = 0, STEPS  # of the row that keys change
        self._found_in: object = None  # the reading of the text in which this is its index
        self._stroke = 0  # number of the drag or series of keys that is one step of the undo
        self._own: dict[Path, tuple[str, ...]] = {}  # values of authors that clicks have replaced

    @property
    def chosen(self) -> int:
        """Index of the row that keys change; it moves with its row where others appear."""
        reading = self._editor.reading
        if self._found_in is not reading:
            self._found_in = reading
            paths = [control.path for control in controls(reading.level)]
            known = paths.index(self._path) if self._path in paths else self._index
            self._index = min(known, len(paths) - 1)
        return self._index

    @chosen.setter
    def chosen(self, index: int) -> None:
        reading = self._editor.reading
        self._found_in, self._index = reading, index
        self._path = controls(reading.level)[index].path

    @property
    def rows(self) -> tuple[ControlRow, ...]:
        """The rows of the level as it is now."""
        rows, reading = [], self._editor.reading
        read = self._read() if reading.source.dialect else None
        for control in controls(reading.level):
            control = with_implied(control, read) if read else control
            value = self._editor.value(control.path)
            shown = control.usual if value is None else value
            rows.append(ControlRow(control, shown, value is not None))
        return tuple(rows)

    def begin_stroke(self) -> None:
        """Begin a step of the undo: what follows is not undone with what was before."""
        self._stroke += 1

    def choose(self, by: int) -> None:
        """Choose the row below or above."""
        self.chosen = min(max(self.chosen + by, 0), len(self.rows) - 1)
        self.begin_stroke()

    def row(self, number: int | None = None) -> ControlRow | None:
        """Make a row the chosen one, and return it; without a number it is the chosen one."""
        rows = self.rows
        number = self.chosen if number is None else number
        if not 0 <= number < len(rows):
            return None
        self.chosen = number
        return rows[number]

    def step(self, by: int, knob: int = -1, number: int | None = None) -> None:
        """Change a row by a step, or to its next choice; `knob` is the index of the number.

        A choice that would only add a problem to the level is passed over, and the message says so.
        """
        found = self.row(number)
        if found is None:
            return
        self._keep_own(found)
        own = self._own.get(found.control.path, ())
        control = replace(found.control, choices=(*found.control.choices, *own))
        value, passed = found.value, ""
        for _ in control.choices or ("number",):
            value = stepped(control, value, by, knob)
            if self._change(found, value, "step") or value == found.value:
                break
            said = self._editor.message.replace("Not", f"'{value}' is not", 1)
            passed = passed or said
        if passed and control.choices:
            self._editor.message = passed

    def slide(self, number: int, share: float) -> None:
        """Move the nearest knob of a row to a place 0..1 of its slider."""
        if found := self.row(number):
            value = value_at(found.control, share)
            knob = nearest_knob(found.value, value)
            self._change(found, put_knob(found.control, found.value, knob, value), "slide")

    def change_form(self, number: int | None = None) -> None:
        """Turn a row from one value into a range, a set, and back, or a number into a word."""
        found = self.row(number)
        if found is None:
            return
        control = found.control
        if control.word:
            self._change(found, control.usual if found.value == control.word else control.word)
        elif control.is_number and control.drawn:
            self._editor.turn_value(control.path, control.usual)
        elif control.is_number:
            self._editor.message = f"All tasks have the same {control.name}: it cannot be drawn."
        else:
            self._editor.message = f"'{control.name}' takes no range: {CHANGES[control.is_text]}."

    def reset(self) -> None:
        """Remove the line of the chosen row, so that the default counts."""
        if found := self.row():
            self._keep_own(found)
            self._editor.message = ""
            self._editor.edit(safely(lambda source: remove_value(source, found.control.path)))

    def _keep_own(self, row: ControlRow) -> None:
        """Make an author's own value one of the row's choices, which clicks come back to."""
        path, own = row.control.path, self._own.get(row.control.path, ())
        if (
            row.control.choices
            and row.value
            and not is_offered(row.value, row.control.choices + own)
        ):
            self._own[path] = (*own, row.value)

    def _change(self, row: ControlRow, value: str, how: str = "") -> bool:
        """Write the value of a row unless that only adds problems. Return whether it is written."""
        if value == row.value and (row.written or value == ON_MAP):
            return False

        def change(source: SourceMap) -> str:
            path = row.control.path
            return remove_value(source, path) if value == ON_MAP else set_value(source, path, value)

        self._editor.message = ""
        stroke = (row.control.path, how, self._stroke) if how else None
        return self._editor.edit(safely(change), stroke)

    def write(self, row: ControlRow, value: str) -> None:
        """Write the value of a row that was typed; an empty text is removed."""
        if value == row.value and row.written:
            return
        self._keep_own(row)
        removed = value == ON_MAP or (not value.strip() and row.control.is_text)
        self._editor.set_value(row.control.path, None if removed else value)

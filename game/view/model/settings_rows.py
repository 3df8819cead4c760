"""The settings of the level that is edited: a row for each control, one of them chosen for keys."""

from __future__ import annotations

from dataclasses import dataclass

from game.view.model.editor_settings import (
    ON_MAP,
    Control,
    controls,
    nearest_knob,
    put_knob,
    stepped,
    value_at,
)
from game.view.model.level_editor import Editor


@dataclass(frozen=True)
class ControlRow:
    """A control with the text of its value, and whether the file has a line for it."""

    control: Control
    value: str
    written: bool


class SettingsRows:
    """The rows, and what clicks and keys do to their values."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self.chosen = 0  # index of the row that keys change
        self._stroke = 0  # number of the drag or series of keys that is one step of the undo

    @property
    def rows(self) -> tuple[ControlRow, ...]:
        """The rows of the level as it is now."""
        rows = []
        for control in controls(self._editor.reading.level):
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
        """Change a row by a step, or to its next choice; `knob` is the index of the number."""
        if found := self.row(number):
            self.write(found, stepped(found.control, found.value, by, knob), "step")

    def slide(self, number: int, share: float) -> None:
        """Move the nearest knob of a row to a place 0..1 of its slider."""
        if found := self.row(number):
            value = value_at(found.control, share)
            knob = nearest_knob(found.value, value)
            self.write(found, put_knob(found.control, found.value, knob, value), "slide")

    def change_form(self, number: int | None = None) -> None:
        """Turn a row from one value into a range, a set, and back, or a number into a word."""
        found = self.row(number)
        if found and found.control.word:
            control = found.control
            self.write(found, control.usual if found.value == control.word else control.word)
        if found and found.control.is_number and found.control.drawn:
            self._editor.turn_value(found.control.path, found.control.usual)

    def reset(self) -> None:
        """Remove the line of the chosen row, so that the default counts."""
        if found := self.row():
            self._editor.set_value(found.control.path, None)

    def write(self, row: ControlRow, value: str, how: str = "") -> None:
        """Write the value of a row; steps of the same kind are undone together."""
        if value == row.value and row.written:
            return
        removed = value == ON_MAP or (not value.strip() and row.control.is_text)
        stroke = (row.control.path, how, self._stroke) if how else None
        self._editor.set_value(row.control.path, None if removed else value, stroke)

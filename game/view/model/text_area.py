"""The level's text as it is typed: a caret, and the board's cursor that follows it."""

from __future__ import annotations

from game.view.model.clipboard import pasted_text
from game.view.model.level_editor import Editor
from game.view.model.text_caret import Caret, deleted, lines_of, typed


class TextArea:
    """A caret in the text of an editor, and what keys do there."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self.caret = Caret()
        self._stroke = 0  # number of the run of typing that is one step of the undo

    def type(self, new: str) -> None:
        """Put characters in at the caret; what is typed on one line is undone together."""
        self._change(*typed(self._editor.text, self.caret, new), "type")

    def delete(self, by: int) -> None:
        """Delete the character before (-1) or behind (1) the caret."""
        self._change(*deleted(self._editor.text, self.caret, by), "delete")

    def paste(self) -> None:
        """Put the clipboard's text in at the caret."""
        self._stroke += 1
        self.type(pasted_text())

    def move(self, down: int, right: int) -> None:
        """Move the caret, and the board's cursor with it."""
        lines = lines_of(self._editor.text)
        self.go_to(self.caret.within(lines).moved(lines, down, right))

    def to_edge(self, end: bool) -> None:
        """Move the caret to the begin or the end of its line."""
        lines = lines_of(self._editor.text)
        line = self.caret.within(lines).line
        self.go_to(Caret(line, len(lines[line].removesuffix("\r")) if end else 0))

    def go_to(self, caret: Caret) -> None:
        """Put the caret to a place of the text, and the board's cursor into its cell."""
        self.caret = caret.within(lines_of(self._editor.text))
        self._stroke += 1
        self._lead_cursor()

    def follow_cursor(self) -> None:
        """Put the caret where the board's cursor is in the text."""
        if place := self._editor.reading.source.place_of(self._editor.cursor):
            self.caret = Caret(place[0] - 1, place[1] - 1)

    def _change(self, text: str, caret: Caret, how: str) -> None:
        self._editor.apply(text, (how, self.caret.line, self._stroke))
        self._editor.message = ""
        self.caret = caret
        self._lead_cursor()

    def _lead_cursor(self) -> None:
        """Put the board's cursor into the cell at the caret, if there is one."""
        cell = self._editor.reading.source.cell_at(self.caret.line + 1, self.caret.column + 1)
        if cell:
            self._editor.go_to(cell)

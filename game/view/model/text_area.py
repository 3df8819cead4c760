"""The level's text as it is typed: a caret, a selection, and the board's cursor that follows."""

from __future__ import annotations

from game.view.model.clipboard import CLIPBOARD_EMPTY, copy_text, pasted_text
from game.view.model.level_editor import LevelEditor
from game.view.model.text_caret import Caret, deleted, line_end, lines_of, typed

NOTHING_SELECTED = "Nothing is selected: hold Shift and move the caret, or drag the mouse."


class TextArea:
    """A caret in the text of an editor, and what keys do there.

    The selection is what is between the caret and the place where it began. It is gone as soon as
    the text is another one.
    """

    def __init__(self, editor: LevelEditor) -> None:
        self._editor = editor
        self.caret = Caret()
        self._anchor: tuple[str, Caret] | None = None  # text and place where the selection began
        self._stroke = 0  # number of the run of typing that is one step of the undo

    @property
    def selection(self) -> tuple[Caret, Caret] | None:
        """The begin and the end of what is selected; None where that is nothing."""
        if self._anchor is None or self._anchor[0] != self._editor.text:
            return None
        begin, end = sorted((self._anchor[1], self.caret))
        return (begin, end) if begin != end else None

    @property
    def selected(self) -> str:
        """The text that is selected."""
        if self.selection is None:
            return ""
        lines = lines_of(self._editor.text)
        begin, end = self.selection
        return self._editor.text[begin.offset(lines) : end.offset(lines)]

    # --- changing the text

    def type(self, new: str) -> None:
        """Put characters in at the caret, or in place of the selection.

        What is typed on one line is undone together.
        """
        begin, end = self._begin_change()
        self._change(*typed(self._editor.text, begin, end, new), "type", begin.line)

    def delete(self, by: int) -> None:
        """Delete the selection, or else the character before (-1) or behind (1) the caret."""
        if self.selection:
            self.type("")
        else:
            text, caret = deleted(self._editor.text, self.caret, by)
            self._change(text, caret, "delete", self.caret.line)

    def paste(self) -> None:
        """Put the clipboard's text in at the caret, or in place of the selection."""
        text = pasted_text()
        if not text:
            self._editor.message = CLIPBOARD_EMPTY
            return
        self._stroke += 1
        self.type(text)
        self._stroke += 1

    def copy(self) -> None:
        """Copy the selection, or else the whole text."""
        copy_text(self.selected or self._editor.text)
        what = "the selected text" if self.selection else "the level as text"
        self._editor.message = f"Copied {what}."

    def cut(self) -> None:
        """Copy the selection and delete it."""
        if self.selection:
            self.copy()
            self.delete(-1)
            self._editor.message = "Cut. Ctrl V pastes it at the caret."
        else:
            self._editor.message = NOTHING_SELECTED

    def _begin_change(self) -> tuple[Caret, Caret]:
        """Return the places between which the text changes; a selection begins a step of undo."""
        if self.selection is None:
            return self.caret, self.caret
        self._stroke += 1
        return self.selection

    def _change(self, text: str, caret: Caret, how: str, line: int) -> None:
        self._editor.apply(text, (how, line, self._stroke))
        self._editor.message = ""
        self.caret, self._anchor = caret, None
        self._lead_cursor()

    # --- moving and selecting

    def move(self, down: int, right: int, select: bool = False) -> None:
        """Move the caret, and the board's cursor with it.

        Without `select` a move along the line ends at the edge of what was selected.
        """
        if self.selection and right and not select:
            self.go_to(self.selection[right > 0])
            return
        lines = lines_of(self._editor.text)
        self.go_to(self.caret.within(lines).moved(lines, down, right), select)

    def move_by_word(self, by: int, select: bool = False) -> None:
        """Move the caret to the next word (1), or to the one before (-1)."""
        self.go_to(self.caret.by_word(lines_of(self._editor.text), by), select)

    def to_edge(self, end: bool, select: bool = False) -> None:
        """Move the caret to the begin or the end of its line."""
        lines = lines_of(self._editor.text)
        line = self.caret.within(lines).line
        self.go_to(line_end(lines, line) if end else Caret(line, 0), select)

    def to_edge_of_text(self, end: bool, select: bool = False) -> None:
        """Move the caret to the begin or the end of the text."""
        lines = lines_of(self._editor.text)
        self.go_to(line_end(lines, len(lines) - 1) if end else Caret(), select)

    def go_to(self, caret: Caret, select: bool = False) -> None:
        """Put the caret to a place of the text, and the board's cursor into its cell.

        With `select` the text from where the caret was is selected.
        """
        text = self._editor.text
        if not select:
            self._anchor = None
        elif self._anchor is None or self._anchor[0] != text:
            self._anchor = text, self.caret.within(lines_of(text))
        self.caret = caret.within(lines_of(text))
        self._stroke += 1
        self._lead_cursor()

    def select_word(self, caret: Caret) -> None:
        """Select the word at a place."""
        begin, end = caret.word(lines_of(self._editor.text))
        self.go_to(begin)
        self.go_to(end, select=True)

    def select_all(self) -> None:
        """Select the whole text."""
        self.to_edge_of_text(False)
        self.to_edge_of_text(True, select=True)

    def deselect(self) -> bool:
        """Give the selection up. Return whether there was one."""
        found = self.selection is not None
        self._anchor = None
        return found

    def follow_cursor(self) -> None:
        """Put the caret where the board's cursor is in the text."""
        if place := self._editor.reading.source.place_of(self._editor.cursor):
            self.caret, self._anchor = Caret(place[0] - 1, place[1] - 1), None

    def _lead_cursor(self) -> None:
        """Put the board's cursor into the cell at the caret, if there is one."""
        cell = self._editor.reading.source.cell_at(self.caret.line + 1, self.caret.column + 1)
        if cell:
            self._editor.go_to(cell)

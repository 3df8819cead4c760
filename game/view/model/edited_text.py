"""The text of a level while it is edited: what was found in it, and changes with a way back.

The text is the document: each command replaces it by another one, and undo goes back to the former.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from game.authoring.draft_file import Draft
from game.authoring.drawn_numbers import turn_value
from game.authoring.safe_edits import safely
from game.text.conversion import in_own_notation
from game.text.header_edits import EditError, Path, remove_value, set_value, value_at
from game.text.level import Cell, Level, Rows
from game.text.map_edits import NeedsConversion
from game.text.reading import LevelFile
from game.text.source_map import SourceMap, locate
from game.view.model.drawable import drawable, unknown_cells

SEVERAL_LEVELS = (
    "Not possible: this file holds several levels in a notation that lacks this. Copy the map "
    "(Ctrl A, Ctrl C) into a new level."
)


@dataclass(frozen=True)
class Reading:
    """All that the window needs to know of one text."""

    source: SourceMap

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def level(self) -> Level:
        """The level for the board, whatever is wrong with the text."""
        return drawable(self.source)

    @cached_property
    def unknown(self) -> list[Cell]:
        """The cells whose character is no tile."""
        return unknown_cells(self.source, self.level)


class EditedText:
    """The text of a draft, and how it is changed; `message` says what came of it."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.message = ""  # what has happened, or what to do next
        self.last_stroke: object = None  # of the last change
        self._reading = Reading(draft.source)

    def on_new_text(self) -> None:
        """React to another text, for subclasses: it has been read."""

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.draft.text

    @property
    def reading(self) -> Reading:
        """The text with all that was found in it."""
        self.follow_text()
        return self._reading

    def follow_text(self) -> None:
        """Read the text if it is another one, as undo or another program may have changed it."""
        if self._reading.text != self.text:
            self._reading = Reading(self.draft.source)
            self.on_new_text()

    @property
    def rows(self) -> Rows:
        """The rows of the map, all of one length."""
        return self.reading.source.board

    @property
    def size(self) -> tuple[int, int]:
        """The height and the width of the map that the board shows, at least one cell."""
        return self.reading.level.height, self.reading.level.width

    def apply(self, text: str, stroke: object = None) -> bool:
        """Replace the text; changes of one stroke are undone together. Return if it is another."""
        if text == self.text:
            return False
        self.draft.change(text, stroke=stroke)
        self.last_stroke = stroke
        return True

    def edit(self, change: Callable[[SourceMap], str], stroke: object = None) -> bool:
        """Replace the text by what a change makes of it. Return whether it is another.

        A foreign map that cannot say the change is converted to our own notation first.
        """
        try:
            return self.apply(change(self.reading.source), stroke)
        except NeedsConversion:
            return self._edit_converted(change, stroke)
        except EditError as error:
            self.message = f"Not possible: {error}."
            return False

    def _edit_converted(self, change: Callable[[SourceMap], str], stroke: object) -> bool:
        """Convert the map to our own notation, and change that; a file of several levels stays."""
        source = self.reading.source
        if len(LevelFile(source.text, source.name)) > 1:
            self.message = SEVERAL_LEVELS
            return False
        try:
            text = change(locate(in_own_notation(source), source.name, source.number))
        except EditError as error:
            self.message = f"Not possible: {error}."
            return False
        changed = self.apply(text, stroke)
        self.message = (
            "The map's old notation lacks this, so it is in Gridapt's own now. Ctrl Z undoes it."
        )
        return changed

    def undo(self) -> int | None:
        """Go back to the text before the last step. Return the offset of what changes."""
        found = self.draft.undo()
        self.message = "Nothing to undo." if found is None else ""
        return found

    def redo(self) -> int | None:
        """Do again what was undone last. Return the offset of what changes."""
        found = self.draft.redo()
        self.message = "Nothing to redo." if found is None else ""
        return found

    # --- values of the header

    def value(self, path: Path) -> str | None:
        """Return the text of a header value; None where the text does not have it."""
        return value_at(self.reading.source, path)

    def set_value(self, path: Path, value: str | None, stroke: object = None) -> None:
        """Write a header value; None removes it. Changes of one stroke are undone together."""
        self.message = ""
        if value is None:
            self.edit(lambda source: remove_value(source, path), stroke)
        else:
            self.edit(lambda source: set_value(source, path, value), stroke)

    def turn_value(self, path: Path, usual: str) -> None:
        """Turn a header value from one number into a range, a set, and back.

        `usual` is the value where the text has none: for a tile of the legend, that of its kind.
        """

        def turn(source: SourceMap) -> str:
            if value_at(source, path) is None:
                text = set_value(source, path, usual)
                source = locate(text, source.name, source.number)
            return turn_value(source, path)

        self.message = ""
        self.edit(safely(turn))

"""Regions of the map that is edited: copying, pasting, moving, mirroring and turning them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from game.authoring import drawing
from game.text import variants
from game.text.conversion import in_own_notation
from game.text.guesses import counted
from game.text.header_edits import EditError, with_header
from game.text.level import Rows
from game.text.map_edits import replace_map
from game.text.reading import LevelFile
from game.text.source_map import SourceMap, locate
from game.text.tiles import BY_CHAR, FLOOR
from game.text.variants import turned_characters
from game.view.model.clipboard import CLIPBOARD_EMPTY, copy_text, pasted_text
from game.view.model.level_editor import NO_MAP, SELECT, LevelEditor
from game.view.model.region import Region

UNCHANGED = "The map looks the same as before."


class Regions:
    """Commands for the selection of an editor, or else for its whole map."""

    def __init__(self, editor: LevelEditor) -> None:
        self._editor = editor
        self.copied: Rows = ()

    def select_all(self) -> None:
        """Select the whole map."""
        height, width = self._editor.size
        self._editor.choose_tool(SELECT)
        self._editor.selection = Region(0, 0, height - 1, width - 1)

    def copy(self) -> None:
        """Copy the selection, or else the whole level as text."""
        if not self._editor.selection:
            self.copied = ()
            self._editor.message = "Copied the level as text."
            copy_text(self._editor.text)
            return
        self.copied = self._editor.selection.of(self._editor.rows)
        self._editor.message = "Copied. Ctrl V pastes at the cursor."
        copy_text(_text_of(self.copied))

    def cut(self) -> None:
        """Copy the selection, and put floor in its place."""
        self.copy()
        if self._editor.selection:
            self._editor.clear()

    def paste(self) -> None:
        """Paste what was copied at the cursor; a whole level replaces the text."""
        self.paste_text(pasted_text())

    def paste_text(self, text: str) -> None:
        """Paste rows at the cursor, or a whole level, also in a foreign format, over the text."""
        if self.copied and (text == _text_of(self.copied) or not text):
            self.paste_rows(self.copied)
            return
        source = locate(text, "pasted.txt")
        if source.is_guessed:
            with contextlib.suppress(EditError):
                source = with_header(source)  # which names the format
        file = LevelFile(source.text, source.name)
        if len(file) > 1:
            self._editor.message = f"The clipboard holds {len(file)} levels: copy one of them."
            return
        level, problems = file.examine()
        if level is None and (rows := self._bare_rows(source)):
            self._paste_map(rows)
        elif level is not None:
            self._editor.begin_stroke()
            self._editor.apply(in_own_notation(source))
            self._editor.message = "Pasted a level in place of this one. Ctrl Z brings it back."
        elif problems and text.strip():
            self._editor.message = f"The clipboard holds no level: {problems[0].what}."
        else:
            self._editor.message = CLIPBOARD_EMPTY

    def _bare_rows(self, source: SourceMap) -> Rows:
        """Return the rows of a text that is nothing but tiles that the level has; else none."""
        rows = tuple(row.replace(" ", FLOOR) for row in source.lines if row)
        known = {*BY_CHAR, *(one.char for one in self._editor.reading.level.legend)}
        is_bare = not (source.map_line or source.dialect) and {*"".join(rows)} <= known
        return rows if is_bare else ()

    def _paste_map(self, rows: Rows) -> None:
        """Put rows at the cursor; rows that are larger than the map are a map of their own."""
        height, width = self._editor.size
        widest = max(map(len, rows))
        if len(rows) <= height and widest <= width:
            self.paste_rows(rows)
            return
        self._editor.begin_stroke()
        self._set_rows(tuple(row.ljust(widest, FLOOR) for row in rows))
        said = "Pasted a map in place of this one. Ctrl Z brings it back."
        self._editor.message = self._editor.message or said

    def paste_rows(self, rows: Rows) -> None:
        """Put rows onto the map with their first cell at the cursor, and select them."""
        self._editor.begin_stroke()
        changes = drawing.pasted(self._editor.rows, rows, self._editor.cursor)
        if changes:
            cut = _cut_text(*drawing.overhang(self._editor.rows, rows, self._editor.cursor))
            self._editor.put(changes)
            self._editor.choose_tool(SELECT)
            self._editor.selection = Region.between(min(changes), max(changes))
            said = cut if self._editor.message else cut or "Pasted. Alt with an arrow key moves it."
            self._editor.message = f"{self._editor.message} {said}".strip()
        else:
            self._editor.message = NO_MAP

    def shift(self, down: int, right: int) -> None:
        """Move what is selected by a cell, or else the whole map: what leaves it comes back at the
        opposite side."""
        self._editor.begin_stroke()
        if not self._editor.selection:
            rows = self._editor.rows[-down:] + self._editor.rows[:-down]
            self._set_rows(tuple(row[-right:] + row[:-right] for row in rows))
            if not self._editor.has_stroke_changed and not self._editor.message:
                self._editor.message = UNCHANGED
            return
        self.move(self._editor.selection.moved(down, right, self._editor.size))

    def move(self, moved: Region) -> None:
        """Move what is selected to another region of its size; floor stays behind."""
        chosen = self._editor.selection
        assert chosen
        if moved == chosen:
            self._editor.message = "The selection is at the edge of the map."
            return
        self._editor.begin_stroke()
        corners = (chosen.top, chosen.left), (chosen.bottom, chosen.right)
        self._editor.put(drawing.moved(self._editor.rows, *corners, (moved.top, moved.left)))
        self._editor.selection, self._editor.cursor = moved, (moved.top, moved.left)

    def mirror(self, axis: str) -> None:
        """Mirror the selection, or else the whole map."""
        self._turn(lambda rows: drawing.mirrored_region(rows, axis, self._editor.turns()[axis]))

    def rotate(self) -> None:
        """Turn the selection, or else the whole map, clockwise by a quarter."""
        chosen = self._editor.selection
        if chosen and chosen.bottom - chosen.top != chosen.right - chosen.left:
            self._editor.message = "Only a square can be turned: select as many rows as columns."
            return
        turn = turned_characters(self._editor.reading.level, variants.QUARTER)
        self._turn(lambda rows: drawing.rotated_region(rows, turn))

    def _turn(self, turn: Callable[[Rows], Rows]) -> None:
        """Replace the selection, or else the whole map, by what is made of it."""
        self._editor.begin_stroke()
        chosen = self._editor.selection
        if chosen:
            rows = turn(chosen.of(self._editor.rows))
            self._editor.put(drawing.pasted(self._editor.rows, rows, (chosen.top, chosen.left)))
        else:
            self._set_rows(turn(self._editor.rows) if self._editor.rows else ())
        if not self._editor.has_stroke_changed and not self._editor.message:
            self._editor.message = UNCHANGED

    def _set_rows(self, rows: Rows) -> None:
        if not rows:
            self._editor.message = NO_MAP
            return
        self._editor.edit_in_stroke(lambda source: replace_map(source, rows))


def _cut_text(rows: int, columns: int) -> str:
    """Return that rows and columns did not fit onto the map, and what to do; "" for none."""
    missing = [counted(n, one) for n, one in ((rows, "row"), (columns, "column")) if n]
    if not missing:
        return ""
    todo = "Ctrl Z undoes it, Ctrl with arrows makes the map larger."
    return f"{' and '.join(missing)} did not fit. {todo}"


def _text_of(rows: Rows) -> str:
    """Return rows of a map as text."""
    return "\n".join(rows) + "\n"

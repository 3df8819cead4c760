"""The editor without its window: a level's text, a cursor, a tile and a tool, driven by commands.

The text is the document: each command replaces it by another one, and undo goes back to the former.
What belongs to one stroke of the mouse is one step of the undo.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from game.authoring import drawing
from game.authoring.draft_file import Draft, empty_room
from game.authoring.drawing import LEFT_RIGHT, UP_DOWN, Turn
from game.authoring.drawn_numbers import turn_value
from game.authoring.partners import newly_missing
from game.authoring.safe_edits import safely
from game.text import variants
from game.text.conversion import in_own_notation
from game.text.guesses import counted
from game.text.header_edits import (
    EditError,
    Path,
    remove_value,
    set_value,
    value_at,
    with_header,
)
from game.text.legend import EXAMPLE as LEGEND_EXAMPLE
from game.text.level import Cell, Level
from game.text.map_edits import (
    PAINTABLE,
    NeedsConversion,
    new_map,
    replace_map,
    resize,
    set_cells,
)
from game.text.reading import LevelFile
from game.text.source_map import SourceMap, locate
from game.text.tiles import BY_CHAR, FLOOR, WALL
from game.text.variants import turned_characters
from game.view.model.drawable import drawable, unknown_cells

BRUSH, LINE, RECTANGLE, FILLED, FILL, REPLACE, SELECT = (
    *("brush", "line", "rectangle", "filled", "fill", "replace", "select"),
)
TOOLS = (BRUSH, LINE, RECTANGLE, FILLED, FILL, REPLACE, SELECT)
SYMMETRIES = {  # name: axes
    "none": (),
    "left-right": (LEFT_RIGHT,),
    "up-down": (UP_DOWN,),
    "four-fold": (LEFT_RIGHT, UP_DOWN),
}
MIRRORS = {LEFT_RIGHT: variants.LEFT_RIGHT, UP_DOWN: variants.UP_DOWN}  # words by axis
STEPS: Path = ("steps",)
SPANNING = (LINE, RECTANGLE, FILLED, SELECT)  # tools from one cell to another
SIDES = {"up": "top", "down": "bottom", "left": "left", "right": "right"}  # for `resize`
SEVERAL_LEVELS = (
    "Not possible: this file holds several levels in a notation that lacks this. Copy the map "
    "(Ctrl A, Ctrl C) into a new level."
)
FIRST_STEPS = (
    "Choose a tile on the right, or type its key, and paint: a start '@', then a goal 'G' or "
    "several '?'."
)
NO_MAP = "There is no map yet: paint a tile to begin one."
UNCHANGED = "The map looks the same as before."
NEW_ROOM = "The text had no map: this is an empty room. Choose a tile and paint."
CLIPBOARD_EMPTY = "The clipboard is empty."
Rows = tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """A rectangle of cells; `bottom` and `right` are the last row and column in it."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def between(cls, a: Cell, b: Cell) -> Region:
        """Return the region with these two corners."""
        return cls(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))

    @property
    def cells(self) -> list[Cell]:
        """The cells of the region in reading order."""
        rows, columns = range(self.top, self.bottom + 1), range(self.left, self.right + 1)
        return [(r, c) for r in rows for c in columns]

    def of(self, rows: Rows) -> Rows:
        """Return the part of a map that is in the region."""
        return tuple(row[self.left : self.right + 1] for row in rows[self.top : self.bottom + 1])


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


class Editor:
    """A level's text that is edited: that of a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._reading = Reading(draft.source)
        self.cursor: Cell = (1, 1) if draft.is_new else (0, 0)  # a new map has walls around it
        self.tile = WALL  # the character that the tools paint
        self.tool = BRUSH
        self.symmetry = "none"
        self.anchor: Cell | None = None  # where a line, a rectangle or a selection begins
        self.selection: Region | None = None
        self.copied: Rows = ()
        self.message = FIRST_STEPS if draft.is_new else ""  # what has happened, or what to do next
        self._stroke = 0
        self._is_offering = draft.is_new  # whether the message says what to paint next
        self._last: Cell | None = None  # cell of the brush in this stroke
        self._last_stroke: object = None  # of the last change
        self._own_steps = {self.value(STEPS)} if draft.is_new else set()  # that nobody has chosen
        self._before: Rows = ()  # tiles of the map before this stroke
        self._text_before = ""
        self._painted: dict[Cell, str] = {}  # by this stroke

    # --- the text

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
        """Keep what is chosen inside the map, which undo or another program may have changed."""
        if self._reading.text != self.text:
            self._reading = Reading(self.draft.source)
            self._keep_inside()

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
        self._last_stroke = stroke
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

    def _keep_inside(self) -> None:
        """Move the cursor into the map, and drop an anchor and a selection that are not in it."""
        height, width = self.size
        self.cursor = min(self.cursor[0], height - 1), min(self.cursor[1], width - 1)
        if self.anchor and (self.anchor[0] >= height or self.anchor[1] >= width):
            self.anchor = None
        chosen = self.selection
        if chosen and (chosen.bottom >= height or chosen.right >= width):
            self.selection = None

    def at_cursor(self) -> str:
        """Return in words where the cursor is, and on what."""
        level = self.reading.level
        row, column = self.cursor
        return f"Row {row + 1}, column {column + 1}: {tile_words(level, level.rows[row][column])}."

    # --- moving

    def move(self, down: int, right: int) -> None:
        """Move the cursor; at the edge it stays. What was said before is over then, but for what to
        do next."""
        if self.anchor is None and not self._is_offering:
            self.message = ""
        height, width = self.size
        row, column = self.cursor
        self.cursor = (
            min(max(row + down, 0), height - 1),
            min(max(column + right, 0), width - 1),
        )

    def go_to(self, cell: Cell) -> None:
        """Put the cursor into a cell of the map."""
        self.cursor = (0, 0)
        self.move(*cell)

    def draw_move(self, down: int, right: int) -> None:
        """Move the cursor and paint, or extend the selection."""
        if self.tool == SELECT:
            self.anchor = self.anchor or self.cursor
            self.move(down, right)
            self.selection = Region.between(self.anchor, self.cursor)
            return
        start = self.cursor
        self.begin_stroke()
        self._paint([start])
        self.move(down, right)
        self._paint([self.cursor])
        self.end_stroke()

    # --- drawing

    def begin_stroke(self) -> None:
        """Begin a step of the undo."""
        self._stroke += 1
        self.message, self._is_offering = "", False
        self._before = self.reading.level.tiles
        self._text_before, self._painted = self.text, {}

    def end_stroke(self) -> None:
        """End a stroke, say why if it shows nothing, and offer the tile that belongs to it."""
        self._last = None
        self._explain()
        for missing in newly_missing(self._before, self.reading.level.tiles)[:1]:
            tile, partner = _called(missing.tile), _called(missing.partner)
            needed = "a second one" if missing.tile == missing.partner else partner
            offer = f"{tile} needs {needed}, which is chosen now: paint it next."
            self.message = f"{self.message} {offer}".strip()
            self.tile, self._is_offering = missing.partner, True

    def _explain(self) -> None:
        """Say why the map does not show what this stroke has painted, unless something is said."""
        rows, dialect = self.rows, self.reading.source.dialect
        pairs = [
            (char, rows[row][column])
            for (row, column), char in self._painted.items()
            if row < len(rows) and column < len(rows[row])  # another program may cut the map
        ]
        if self.message or not pairs:
            return
        painted, shown = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        if painted != shown and dialect:
            name = f"The format '{dialect.name}'"
            self.message = f"{name} reads {_called(painted)} at this place as {_called(shown)}."
        elif self.text == self._text_before:
            self.message = f"{_called(shown)} is there already."

    def press(self, cell: Cell) -> None:
        """Begin to use the tool in a cell: the mouse is pressed there."""
        self.go_to(cell)
        self.begin_stroke()
        if self.tool == BRUSH:
            self._paint([self.cursor])
            self._last = self.cursor
        elif self.tool in SPANNING:
            self.anchor = self.cursor
            self.selection = None
        else:
            self._use_at_cursor()

    def drag(self, cell: Cell) -> None:
        """Go on to use the tool: the mouse is moved while it is pressed."""
        self.go_to(cell)
        if self.tool == BRUSH and self._last is not None and self._last != self.cursor:
            self._paint(drawing.line(self._last, self.cursor))
            self._last = self.cursor

    def release(self) -> None:
        """End the use of the tool: the mouse is released."""
        if self.tool in SPANNING and self.anchor is not None:
            self._finish_span()
        self.end_stroke()

    def use(self) -> None:
        """Use the tool at the cursor, by keys: a line or a rectangle takes two of its cells."""
        if self.tool in SPANNING:
            if self.anchor is None:
                self.anchor, self.selection = self.cursor, None
                self.message = "Move to the other end and press Enter again."
                return
            self.begin_stroke()
            self._finish_span()
        else:
            self.begin_stroke()
            self._use_at_cursor()
        self.end_stroke()

    def type_tile(self, char: str) -> None:
        """Choose the tile of a character, and use the tool with it."""
        char = FLOOR if char == " " else char
        if char not in BY_CHAR and self.reading.level.legend_tile(char) is None:
            self.message = f"'{char}' is no tile. Ctrl N makes it one."
            return
        self.tile = char
        if self.selection:
            self.begin_stroke()
            self._paint(self.selection.cells, mirrored=False)
            self.end_stroke()
        elif self.tool in SPANNING and self.anchor is None:
            self.begin_stroke()
            self._paint([self.cursor])
            self.end_stroke()
        else:
            self.use()

    def clear(self) -> None:
        """Paint floor at the cursor or over the selection, and keep the tile."""
        kept, self.tile = self.tile, FLOOR
        self.begin_stroke()
        cells = self.selection.cells if self.selection else [self.cursor]
        self._paint(cells, mirrored=self.selection is None)
        self._explain()
        self.tile = kept

    def line_to(self, cell: Cell) -> None:
        """Draw a line from the cursor to a cell."""
        self.begin_stroke()
        start = self.cursor
        self.go_to(cell)
        self._paint(drawing.line(start, self.cursor))
        self.end_stroke()

    def pick(self, cell: Cell | None = None) -> None:
        """Choose the tile of a cell, by default that at the cursor."""
        self.go_to(cell or self.cursor)
        if not self.rows:
            self.message = NO_MAP
        else:
            self.tile = self.rows[self.cursor[0]][self.cursor[1]]
            self.message = f"Picked {_called(self.tile)}."

    def preview(self) -> list[Cell]:
        """Return the cells that the tool is about to paint, from the anchor to the cursor."""
        if self.anchor is None:
            return []
        return self._span() if self.tool == SELECT else list(self._drawing(self._span()))

    def cancel(self) -> bool:
        """Give up the span and the selection. Return whether there was one."""
        found = self.anchor is not None or self.selection is not None
        self.anchor = self.selection = None
        self.message = "" if found else self.message
        return found

    def choose_tool(self, tool: str) -> None:
        """Take another tool."""
        self.tool, self.anchor = tool, None
        if tool != SELECT:
            self.selection = None

    def next_symmetry(self) -> None:
        """Draw with the next symmetry: none, left-right, up-down, four-fold."""
        names = list(SYMMETRIES)
        self.symmetry = names[(names.index(self.symmetry) + 1) % len(names)]
        self.message = f"Symmetry: {self.symmetry}."

    def _span(self) -> list[Cell]:
        """Return the cells from the anchor to the cursor, as the tool draws them."""
        assert self.anchor is not None
        if self.tool == LINE:
            return drawing.line(self.anchor, self.cursor)
        if self.tool == SELECT:
            return Region.between(self.anchor, self.cursor).cells
        return drawing.rectangle(self.anchor, self.cursor, self.tool == FILLED)

    def _finish_span(self) -> None:
        """Paint the span, or select it."""
        assert self.anchor is not None
        if self.tool == SELECT:
            self.selection = Region.between(self.anchor, self.cursor)
            self.message = "Selected. Type a tile to fill it, or copy, cut, move, mirror, rotate."
        else:
            self._paint(self._span())
        self.anchor = None

    def _use_at_cursor(self) -> None:
        """Use a tool that takes one cell."""
        if self.tool == FILL:
            self._paint(drawing.flood(self.rows, self.cursor))
        elif self.tool == REPLACE:
            old = self.rows[self.cursor[0]][self.cursor[1]] if self.rows else FLOOR
            self._paint(drawing.cells_of(self.rows, old), mirrored=False)
        else:
            self._paint([self.cursor])

    def _paint(self, cells: Iterable[Cell], mirrored: bool = True) -> None:
        """Paint the tile into cells, and into their mirror images."""
        if self.rows:
            self._set(self._drawing(cells, mirrored))
        elif self.edit(lambda source: new_map(source, empty_room()), self._stroke):
            self.go_to((1, 1))
            self.message = NEW_ROOM

    def _drawing(self, cells: Iterable[Cell], mirrored: bool = True) -> dict[Cell, str]:
        """Return the tile in these cells, and in their mirror images."""
        axes = SYMMETRIES[self.symmetry] if mirrored else ()
        return drawing.paint(self.rows, cells, self.tile, axes, self._turns())

    def _turns(self) -> dict[str, Turn]:
        """Return what tiles with a direction become at each axis."""
        level = self.reading.level
        return {axis: turned_characters(level, words) for axis, words in MIRRORS.items()}

    def _set(self, changes: dict[Cell, str]) -> None:
        if changes:
            self._painted |= changes
            self.edit(lambda source: set_cells(source, changes), self._stroke)

    # --- regions

    def select_all(self) -> None:
        """Select the whole map."""
        height, width = self.size
        self.choose_tool(SELECT)
        self.selection = Region(0, 0, height - 1, width - 1)

    def copy(self) -> str:
        """Keep a copy of the selection. Return it as text: the whole level without a selection."""
        if not self.selection:
            self.copied = ()
            self.message = "Copied the level as text."
            return self.text
        self.copied = self.selection.of(self.rows)
        self.message = "Copied. Ctrl V pastes at the cursor."
        return "\n".join(self.copied) + "\n"

    def cut(self) -> str:
        """Copy the selection, and put floor in its place."""
        text = self.copy()
        if self.selection:
            self.clear()
        return text

    def paste_text(self, text: str) -> None:
        """Paste rows at the cursor, or a whole level, also in a foreign format, over the text."""
        if self.copied and (text == "\n".join(self.copied) + "\n" or not text):
            self.paste(self.copied)
            return
        source = locate(text, "pasted.txt")
        if source.is_guessed:
            with contextlib.suppress(EditError):
                source = with_header(source)  # which names the format
        level, problems = LevelFile(source.text, source.name).examine()
        rows = tuple(row for row in source.lines if row)
        is_bare = not (source.map_line or source.dialect)
        if level is None and is_bare and rows and {*"".join(rows)} <= PAINTABLE | {" "}:
            self.paste(tuple(row.replace(" ", FLOOR) for row in rows))
        elif level is not None:
            self.begin_stroke()
            self.apply(in_own_notation(source))
            self.message = "Pasted a level in place of this one. Ctrl Z brings it back."
        elif problems and text.strip():
            self.message = f"The clipboard holds no level: {problems[0].what}."
        else:
            self.message = CLIPBOARD_EMPTY

    def paste(self, rows: Rows) -> None:
        """Put rows onto the map with their first cell at the cursor, and select them."""
        self.begin_stroke()
        changes = drawing.pasted(self.rows, rows, self.cursor)
        if changes:
            cut = cut_text(*drawing.overhang(self.rows, rows, self.cursor))
            self._set(changes)
            self.choose_tool(SELECT)
            self.selection = Region.between(min(changes), max(changes))
            said = cut if self.message else cut or "Pasted. Alt with an arrow key moves it."
            self.message = f"{self.message} {said}".strip()
        else:
            self.message = NO_MAP

    def shift(self, down: int, right: int) -> None:
        """Move what is selected by a cell, or else the whole map: what leaves it comes back at the
        opposite side."""
        self.begin_stroke()
        if not self.selection:
            rows = self.rows[-down:] + self.rows[:-down]
            self._set_rows(tuple(row[-right:] + row[:-right] for row in rows))
            if self.text == self._text_before and not self.message:
                self.message = UNCHANGED
            return
        chosen, (height, width) = self.selection, self.size
        moved = Region(
            chosen.top + down, chosen.left + right, chosen.bottom + down, chosen.right + right
        )
        if moved.top < 0 or moved.left < 0 or moved.bottom >= height or moved.right >= width:
            self.message = "The selection is at the edge of the map."
            return
        corners = (chosen.top, chosen.left), (chosen.bottom, chosen.right)
        self._set(drawing.moved(self.rows, *corners, (moved.top, moved.left)))
        self.selection, self.cursor = moved, (moved.top, moved.left)

    def mirror(self, axis: str) -> None:
        """Mirror the selection, or else the whole map."""
        self._turn(lambda rows: drawing.mirrored_region(rows, axis, self._turns()[axis]))

    def rotate(self) -> None:
        """Turn the selection, or else the whole map, clockwise by a quarter."""
        chosen = self.selection
        if chosen and chosen.bottom - chosen.top != chosen.right - chosen.left:
            self.message = "Only a square can be turned: select as many rows as columns."
            return
        turn = turned_characters(self.reading.level, variants.QUARTER)
        self._turn(lambda rows: drawing.rotated_region(rows, turn))

    def _turn(self, turn: Callable[[Rows], Rows]) -> None:
        """Replace the selection, or else the whole map, by what is made of it."""
        self.begin_stroke()
        chosen = self.selection
        if chosen:
            rows = turn(chosen.of(self.rows))
            self._set(drawing.pasted(self.rows, rows, (chosen.top, chosen.left)))
        else:
            self._set_rows(turn(self.rows) if self.rows else ())
        if self.text == self._text_before and not self.message:
            self.message = UNCHANGED

    # --- the size of the map

    def grow(self, side: str, by: int = 1) -> None:
        """Add a line of cells at a side, or remove one if `by` is -1.

        Where the side is all walls they stay: the line within them is added or removed.
        """
        is_walled = set(_edge(self.rows, side)) == {WALL}
        row, column = self.cursor
        self.begin_stroke()
        self.selection = self.anchor = None
        fill, sides = WALL if is_walled else FLOOR, {SIDES[side]: by}
        if not self.edit(lambda source: resize(source, fill=fill, **sides), self._stroke):
            return
        if is_walled:
            height, width = self.size
            inside = _line_inside(height, width, side, 1 if by > 0 else 0)
            inner = inside[1:-1] if by > 0 else inside
            self._set(dict.fromkeys(inner, FLOOR if by > 0 else WALL))
        self.go_to((row + by * (side == "up"), column + by * (side == "left")))
        height, width = self.size
        self.message = f"The map has {height} rows and {width} columns."

    def _set_rows(self, rows: Rows) -> None:
        if not rows:
            self.message = NO_MAP
            return
        self.edit(lambda source: replace_map(source, rows), self._stroke)

    # --- settings

    def add_tile(self, line: str) -> None:
        """Add a tile of one's own, as "q = o worth=-1", and choose it."""
        char, _, meaning = (part.strip() for part in line.partition("="))
        if len(char) != 1 or not meaning:
            self.message = f"'{line}' is no tile. {LEGEND_EXAMPLE[0].upper()}{LEGEND_EXAMPLE[1:]}."
            return
        self.set_value(("legend", char), meaning)
        if self.reading.level.legend_tile(char):
            self.tile = char
            self.message = f"'{char}' is chosen: paint it, or type it."

    def follow_steps(self, suggested: int | None) -> None:
        """Write the number of steps that fits the map of a new level, until somebody changes it.

        It belongs to the change before, as one step of the undo.
        """
        written, wanted = self.value(STEPS), str(suggested)
        if suggested is None or written not in self._own_steps or written == wanted:
            return
        if self.draft.history.redo_label is None:
            self._own_steps.add(wanted)
            kept = self.message
            self.set_value(STEPS, wanted, self._last_stroke)
            self.message = kept

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


def _edge(rows: Rows, side: str) -> str:
    """Return the tiles at a side of a map."""
    if side in ("up", "down"):
        return rows[0 if side == "up" else -1] if rows else ""
    return "".join(row[0 if side == "left" else -1] for row in rows)


def _line_inside(height: int, width: int, side: str, depth: int) -> list[Cell]:
    """Return the cells of the line that is so many lines inside a map from a side."""
    if side in ("up", "down"):
        row = depth if side == "up" else height - 1 - depth
        return [(row, column) for column in range(width)]
    column = depth if side == "left" else width - 1 - depth
    return [(row, column) for row in range(height)]


def cut_text(rows: int, columns: int) -> str:
    """Return that rows and columns did not fit onto the map, and what to do; "" for none."""
    missing = [counted(n, one) for n, one in ((rows, "row"), (columns, "column")) if n]
    if not missing:
        return ""
    todo = "Ctrl Z undoes it, Ctrl with arrows makes the map larger."
    return f"{' and '.join(missing)} did not fit. {todo}"


def tile_words(level: Level, char: str) -> str:
    """Return a character of a level with the name of its tile and what that does."""
    tile, own = BY_CHAR[level.tile(char)], level.legend_tile(char)
    name = own.title if own and own.title else tile.name
    return f"'{char}' {name}, {tile.text}"


def _called(char: str) -> str:
    """Return a tile's character and name."""
    tile = BY_CHAR.get(char)
    return f"'{char}' ({tile.name})" if tile else f"'{char}'"

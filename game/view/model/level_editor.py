"""The editor without its window: a text with a cursor, a tile and a tool, driven by commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from game.authoring import drawing
from game.authoring.draft_file import Draft, empty_room
from game.authoring.drawing import LEFT_RIGHT, UP_DOWN, Turn
from game.authoring.safe_edits import safely
from game.text import variants
from game.text.header_edits import Path, set_value
from game.text.legend import EXAMPLE as LEGEND_EXAMPLE
from game.text.level import Cell, Rows
from game.text.map_edits import new_map, resize, set_cells
from game.text.source_map import SourceMap
from game.text.tiles import BY_CHAR, FLOOR, FREE, WALL
from game.text.variants import turned_characters
from game.view.model.edited_text import EditedText
from game.view.model.region import Region
from game.view.model.strokes import Stroke, offer_partner
from game.view.model.tile_words import describe_tile, name_tile

BRUSH, LINE, RECTANGLE, FILLED, FILL, REPLACE, SELECT = (
    *("brush", "line", "rectangle", "filled", "fill", "replace", "select"),
)
TOOL_HINTS = {
    BRUSH: "Brush: paints cell by cell. Drag the mouse, hold Shift with arrows, or press Enter.",
    LINE: "Line: paints a straight line from one cell to another.",
    RECTANGLE: "Rectangle: paints the border of a rectangle between two corners.",
    FILLED: "Filled: paints a whole rectangle between two corners.",
    FILL: "Fill: paints a cell and all cells with its tile that are connected to it.",
    REPLACE: "Replace all: paints all cells of the map that have the tile of a cell.",
    SELECT: "Select: selects a region, to fill, copy, cut, move, mirror or turn it.",
}
TOOLS = tuple(TOOL_HINTS)
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
FIRST_STEPS = (
    "Choose a tile on the right, or type its key, and paint: a start '@', then a goal 'G' or "
    "several '?'."
)
NO_MAP = "There is no map yet: paint a tile to begin one."
COPIED = "This is a copy: Ctrl S saves it under a name of its own, and the level stays as it is."
NEW_ROOM = "The text had no map: this is an empty room. Choose a tile and paint."


class LevelEditor(EditedText):
    """A level's text with a cursor, a tile and a tool, which commands use."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self.cursor: Cell = (1, 1) if draft.is_new else (0, 0)  # a new map has walls around it
        self.tile = WALL  # the character that the tools paint
        self.tool = BRUSH
        self.symmetry = "none"
        self.anchor: Cell | None = None  # where a line, a rectangle or a selection begins
        self.selection: Region | None = None
        self.message = FIRST_STEPS if draft.is_new else COPIED if draft.is_copy else ""
        self._stroke = Stroke(0, self.reading)
        self._is_offering = draft.is_new  # whether the message says what to paint next
        self._last: Cell | None = None  # cell of the brush in this stroke
        self._own_steps = {self.value(STEPS)} if draft.is_new else set()  # that nobody has chosen

    def on_new_text(self) -> None:
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
        return (
            f"Row {row + 1}, column {column + 1}: {describe_tile(level, level.rows[row][column])}."
        )

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
        self.message, self._is_offering = "", False
        self._stroke = Stroke(self._stroke.number + 1, self.reading)

    def end_stroke(self) -> None:
        """End a stroke, say why if it shows nothing, and offer the tile that belongs to it."""
        self._last = None
        self._explain()
        if missing := self._stroke.missing_partner(self.reading):
            self.message = f"{self.message} {offer_partner(missing)}".strip()
            self.tile, self._is_offering = missing.partner, True

    def _explain(self) -> None:
        """Say why the map does not show what this stroke has painted, unless something is said."""
        self.message = self.message or self._stroke.explain(self.reading)

    @property
    def has_stroke_changed(self) -> bool:
        """Whether the text is another one than before the stroke."""
        return self.text != self._stroke.before.text

    def edit_in_stroke(self, change: Callable[[SourceMap], str]) -> bool:
        """Replace the text as a part of the stroke. Return whether it is another."""
        return self.edit(change, self._stroke.number)

    def put(self, changes: dict[Cell, str]) -> None:
        """Write tiles into cells of the map as a part of the stroke."""
        if changes:
            self._stroke.painted |= changes
            self.edit_in_stroke(lambda source: set_cells(source, changes))

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
            self.message = f"Picked {name_tile(self.tile)}."

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
            self.put(self._drawing(cells, mirrored))
        elif self.edit_in_stroke(lambda source: new_map(source, empty_room())):
            self.go_to((1, 1))
            self.message = NEW_ROOM

    def _drawing(self, cells: Iterable[Cell], mirrored: bool = True) -> dict[Cell, str]:
        """Return the tile in these cells, and in their mirror images."""
        axes = SYMMETRIES[self.symmetry] if mirrored else ()
        return drawing.paint(self.rows, cells, self.tile, axes, self.turns())

    def turns(self) -> dict[str, Turn]:
        """Return what tiles with a direction become at each axis."""
        level = self.reading.level
        return {axis: turned_characters(level, words) for axis, words in MIRRORS.items()}

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
        if not self.edit_in_stroke(lambda source: resize(source, fill=fill, **sides)):
            return
        if is_walled:
            height, width = self.size
            inside = _line_inside(height, width, side, 1 if by > 0 else 0)
            inner = inside[1:-1] if by > 0 else inside
            self.put(dict.fromkeys(inner, FLOOR if by > 0 else WALL))
        self.go_to((row + by * (side == "up"), column + by * (side == "left")))
        height, width = self.size
        self.message = f"The map has {height} rows and {width} columns."

    # --- settings

    def add_tile(self, line: str) -> bool:
        """Add a tile of one's own, as "q = o worth=-1", and choose it; else say what is wrong."""
        char, _, meaning = (part.strip() for part in line.partition("="))
        self.message = ""
        if char not in FREE or not meaning:
            what = f"'{char}' is a tile already" if char in BY_CHAR else f"'{line}' is no tile"
            self.message = f"{what}: {LEGEND_EXAMPLE}, with a character that is free."
            return False
        self.edit(safely(lambda source: set_value(source, ("legend", char), meaning)))
        if self.message or not self.reading.level.legend_tile(char):
            return False
        self.tile = char
        self.message = f"'{char}' is chosen: paint it, or type it."
        return True

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
            self.set_value(STEPS, wanted, self.last_stroke)
            self.message = kept


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

"""One stroke of the editor: what it paints, why the map may not show that, and what to paint next.

What belongs to one stroke of the mouse is one step of the undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from game.authoring.partners import MissingPartner, newly_missing
from game.text.level import Cell
from game.view.model.edited_text import Reading
from game.view.model.tile_words import name_tile


@dataclass
class Stroke:
    """A stroke with its number, the text before it, and the tiles that it has painted."""

    number: int
    before: Reading
    painted: dict[Cell, str] = field(default_factory=dict)

    def explain(self, now: Reading) -> str:
        """Return why the map does not show what was painted; an empty text if it does."""
        rows, dialect = now.source.board, now.source.dialect
        pairs = [
            (char, rows[row][column])
            for (row, column), char in self.painted.items()
            if row < len(rows) and column < len(rows[row])  # another program may cut the map
        ]
        if not pairs:
            return ""
        painted, shown = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        if painted != shown and dialect:
            name = f"The format '{dialect.name}'"
            return f"{name} reads {name_tile(painted)} at this place as {name_tile(shown)}."
        return f"{name_tile(shown)} is there already." if now.text == self.before.text else ""

    def missing_partner(self, now: Reading) -> MissingPartner | None:
        """Return the tile that lacks its partner since this stroke, if there is one."""
        return next(iter(newly_missing(self.before.level.tiles, now.level.tiles)), None)


def offer_partner(missing: MissingPartner) -> str:
    """Return the sentence that offers the partner of a tile."""
    tile, partner = name_tile(missing.tile), name_tile(missing.partner)
    needed = "a second one" if missing.tile == missing.partner else partner
    return f"{tile} needs {needed}, which is chosen now: paint it next."

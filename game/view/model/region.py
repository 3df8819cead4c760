"""A rectangle of cells of a map."""

from __future__ import annotations

from dataclasses import dataclass

from game.text.level import Cell, Rows


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

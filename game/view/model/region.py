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

    def moved(self, down: int, right: int, size: tuple[int, int]) -> Region:
        """Return the region moved by rows and columns, as far as the map of this size goes."""
        down = min(max(down, -self.top), size[0] - 1 - self.bottom)
        right = min(max(right, -self.left), size[1] - 1 - self.right)
        return Region(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def of(self, rows: Rows) -> Rows:
        """Return the part of a map that is in the region."""
        return tuple(row[self.left : self.right + 1] for row in rows[self.top : self.bottom + 1])

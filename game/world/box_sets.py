"""Numbers for the sets of cells that the boxes of a level may stand on."""

from __future__ import annotations

import math

import numpy as np

from game.world.rules import Ints


class BoxSets:
    """A number from 0 for each set of `n_boxes` cells out of `cells`, ascending.

    The number of a set is the sum of the binomials C(c, i + 1) over its places c in `cells`, the
    i-th smallest from i = 0 (the combinatorial number system; Knuth 2005, 7.2.1.3).
    """

    def __init__(self, cells: Ints, n_boxes: int, n_all_cells: int) -> None:
        self._cells = cells
        self._place = np.zeros(n_all_cells, np.int64)
        self._place[cells] = np.arange(len(cells))
        table = [[math.comb(c, i + 1) for c in range(len(cells))] for i in range(n_boxes)]
        self._binomials: Ints = np.array(table, np.int64).reshape(n_boxes, len(cells))

    def encode(self, boxes: Ints) -> Ints:
        """Return the numbers [N] of sets of cells [N, n_boxes], each ascending."""
        numbers = np.zeros(len(boxes), np.int64)
        for binomials, box in zip(self._binomials, boxes.T):
            numbers += binomials[self._place[box]]
        return numbers

    def decode(self, numbers: Ints) -> Ints:
        """Return the sets of cells [N, n_boxes] with these numbers [N]."""
        places = np.zeros((len(numbers), len(self._binomials)), np.int64)
        for i, binomials in reversed(list(enumerate(self._binomials))):
            places[:, i] = np.searchsorted(binomials, numbers, "right") - 1
            numbers = numbers - binomials[places[:, i]]
        return self._cells[places]

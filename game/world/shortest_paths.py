"""Shortest paths along the moves of a graph, in moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.world.rules import Bools, Ints

Distances = NDArray[np.int16]
FAR = 10_000  # moves; stands for no path


@dataclass(frozen=True)
class Backward:
    """The moves of a graph with N nodes, sorted by where they lead."""

    source: Ints  # [E] the node before each move
    begins: Ints  # [N + 1] the first move that leads to each node, and the end

    @classmethod
    def of(cls, following: Ints, taken: Bools) -> Backward:
        """Return the moves that lead from nodes [N] to `following` [N, A], where `taken` [N, A]."""
        before = np.broadcast_to(np.arange(len(following))[:, None], following.shape)
        source, target = before[taken], following[taken]
        order = target.argsort(kind="stable")
        counts = np.bincount(target, minlength=len(following))
        return cls(source[order], np.concatenate([[0], counts.cumsum()]))

    def edges_of(self, node: Ints) -> tuple[Ints, Ints]:
        """Return the numbers of all moves that lead to nodes [n], and for each which of them."""
        begin = self.begins[node]
        counts = self.begins[node + 1] - begin
        which = np.repeat(np.arange(len(node)), counts)
        place = np.arange(len(which)) - np.repeat(counts.cumsum() - counts, counts)
        return begin[which] + place, which

    def distances(self, targets: Bools, first: Ints) -> Distances:
        """Return the fewest moves from each node to one of the targets [m, M]; FAR for none.

        Each of m rows is a search among M nodes, of which the first has the number `first` [m]. It
        goes from the targets against the moves, and comes to each node once.
        """
        distance: Distances = np.where(targets, 0, FAR).astype(np.int16)
        flat, turn = distance.reshape(-1), np.empty(distance.size, int)
        offset = first - np.arange(len(first)) * distance.shape[1]  # from a place in `flat`
        place = np.flatnonzero(targets)
        row, steps = place // distance.shape[1], 0
        while len(place):
            steps += 1
            edge, which = self.edges_of(place + offset[row])
            row = row[which]
            place = self.source[edge] - offset[row]
            fresh = flat.take(place) == FAR
            place, row = place[fresh], row[fresh]
            flat[place] = steps
            turns = np.arange(len(place))
            turn[place] = turns
            once = turn[place] == turns  # of several moves from one node, the last
            place, row = place[once], row[once]
        return distance

"""Which kind and pace opponents have, where these are drawn per task: what their moves rule out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from game.text.drawn_values import with_values
from game.text.level import Level
from game.text.tiles import PATROL, SETTINGS
from game.text.values import Value
from game.world.rules import Bools, FlatGrid, Ints, hunt
from game.world.shown_graph import hidden_of_opponents

PACES = (1, 2, 3, 4)  # that a hidden pace may have
MOST = 1_000  # combinations of kinds and paces that are weighed; with more, none is believed
ENOUGH = 8  # moves of opponents after which the first kind that explains them all is believed


@dataclass(frozen=True)
class Moved:
    """What was seen of opponents in n steps of one task. Cells are (row, column)."""

    time: Ints  # [n] steps of the episode before this one
    before: Ints  # [n, opponents, 2]
    after: Ints  # [n, opponents, 2]
    agent: Ints  # [n, 2] the agent's cell after its move


class OpponentsBelief:
    """The belief about the opponents of one shown level, which has some of unknown kind or pace."""

    def __init__(self, shown: Level) -> None:
        self.shown = shown
        labels = hidden_of_opponents(shown)
        choices: list[tuple[Value, ...]] = [
            SETTINGS[f"{PATROL} kind"].words if label.endswith(" kind") else PACES
            for label in labels
        ]
        combinations = itertools.product(*choices) if math.prod(map(len, choices)) <= MOST else ()
        self.levels = [
            _known(with_values(shown, dict(zip(labels, chosen))), labels) for chosen in combinations
        ]
        self.possible: Bools = np.ones(len(self.levels), bool)
        self.seen = 0

    @property
    def is_known(self) -> bool:
        """Whether there is enough evidence to believe in one kind and pace."""
        return bool(self.possible.sum() == 1 or (self.possible.any() and self.seen >= ENOUGH))

    @property
    def level(self) -> Level:
        """The shown level with the opponents as believed; as unknown before there is evidence."""
        return self.levels[int(self.possible.argmax())] if self.is_known else self.shown

    def add(self, moved: Moved) -> None:
        """Rule out what contradicts these moves."""
        self.seen += len(moved.time)
        for i in np.flatnonzero(self.possible):
            expected = _expected(FlatGrid(self.levels[i]), moved)
            self.possible[i] = np.array_equal(expected, moved.after)


def _known(level: Level, labels: Sequence[str]) -> Level:
    """Return a shown level in which these values are not hidden."""
    return replace(level, hidden=tuple(name for name in level.hidden if name not in labels))


def _expected(game: FlatGrid, moved: Moved) -> Ints:
    """Return the cells [n, opponents, 2] where the opponents go by a level's rules."""
    n_patrols = game.patrols.shape[1]
    cells = (moved.before[..., 0] + 1) * game.wide + moved.before[..., 1] + 1
    ordered = np.empty_like(cells)
    ordered[:, game.order] = cells
    phase = (moved.time + 1) % game.period
    agent = (moved.agent[:, 0] + 1) * game.wide + moved.agent[:, 1] + 1
    hunters = hunt(game, ordered[:, n_patrols:], agent, phase)
    return game.place(np.concatenate([game.patrols[phase], hunters], 1)[:, game.order])

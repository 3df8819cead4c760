"""All sketches by name, and the drawing of a level of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from game.tasks.sketches import indoors, machinery, outdoors
from game.tasks.sketches.finishing import finish
from game.tasks.sketches.pen import Dice, Pen
from game.text.level import Level


@dataclass(frozen=True)
class Sketch:
    """A way to draw maps, with the least and greatest side of what is inside their borders.

    `small` is the share of the training levels that have few states, and `added` the share of the
    drawings that something is added to.
    """

    draw: Callable[[Pen], None]
    least: int = 3
    most: int = 38
    odd: bool = False
    small: float = 0.85
    added: float = 0.3


SKETCHES: dict[str, Sketch] = {
    "hall": Sketch(indoors.hall),
    "corridors": Sketch(indoors.corridors, 5),
    "spiral": Sketch(indoors.spiral, 5, odd=True),
    "rooms": Sketch(indoors.rooms, 5),
    "keys": Sketch(indoors.keys, 5),
    "gates": Sketch(indoors.gates, 5),
    "teleporters": Sketch(indoors.teleporters, 5),
    "warehouse": Sketch(indoors.warehouse, 4),
    "village": Sketch(indoors.village, 7),
    "castle": Sketch(indoors.castle, 5),
    "letters": Sketch(indoors.letters, 6),
    "meadow": Sketch(outdoors.meadow),
    "lava-field": Sketch(outdoors.lava_field, 4),
    "lava-lakes": Sketch(outdoors.lava_lakes, 4),
    "islands": Sketch(outdoors.islands, 5),
    "river": Sketch(outdoors.river, 4),
    "marsh": Sketch(outdoors.marsh, 4),
    "rink": Sketch(outdoors.rink, 3),
    "ledges": Sketch(outdoors.ledges, 4),
    "switchbacks": Sketch(outdoors.switchbacks, 4),
    "garden": Sketch(outdoors.garden, 4),
    "cave": Sketch(outdoors.cave, 6),
    "rubble": Sketch(outdoors.rubble, 3),
    "maze": Sketch(outdoors.maze, 5, odd=True),
    "conveyors": Sketch(machinery.conveyors, 4),
    "guards": Sketch(machinery.guards, 4, 16, small=0.5),
    "sentries": Sketch(machinery.sentries, 4, 12, small=0.5),
    "hunters": Sketch(machinery.hunters, 4, 9, small=0.3),
    "treasure": Sketch(machinery.treasure, 4, 16),
    "pushing": Sketch(machinery.pushing, 5, 8, small=0.6),
    "storage": Sketch(machinery.storage, 3, 6, small=0.6, added=0),
    "salad": Sketch(machinery.salad, 3, 8, small=0.6, added=0),
    "patchwork": Sketch(machinery.patchwork, 7),
}


def draw_level(name: str, rng: np.random.Generator, least: int, most: int) -> Level | None:
    """Return a level family of a kind of sketch with sides of `least` to `most`, border included.

    A kind whose maps are always smaller has its own sides. None where the drawing has come to
    nothing.
    """
    kind = SKETCHES[name]
    least = max(kind.least, least - 2) if least - 2 <= kind.most else kind.least
    height, width = _draw_size(Dice(rng), least, min(kind.most, most - 2))
    if kind.odd:
        height, width = height | 1, width | 1
    pen = Pen(rng, height, width)
    kind.draw(pen)
    if pen.chance(kind.added):
        for add in pen.some(machinery.ADDITIONS, pen.choose((1, 1, 2))):
            add(pen)
    return finish(pen)


def _draw_size(dice: Dice, least: int, most: int) -> tuple[int, int]:
    """Return a height and a width, which are often alike."""
    most = max(least, most)
    first = least + (most - least) * dice.number(0, 1)
    second = first * dice.number(0.7, 1.4)
    if dice.chance(0.25):
        second = dice.number(least, most)
    sides = [min(most, max(least, round(side))) for side in (first, second)]
    return sides[0], sides[1]

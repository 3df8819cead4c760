"""Write a level as text; its canonical form."""

from __future__ import annotations

from dataclasses import replace

from game.text.header import HEADER
from game.text.legend import settled_legend
from game.text.level import Level


def write(level: Level) -> str:
    """The level as text; `parse(write(level)) == level`. Lines at their default are left out."""
    lines = [f"{key.name}: {text}" for key in HEADER.values() for text in key.write(level)]
    return "\n".join([*lines, "", "map:", *level.rows, ""])


def canonical(level: Level) -> str:
    """Return what matters for play, as text that is the same for levels that play alike."""
    level = settled_legend(level) if level.legend else level
    settled = {name: value for key in HEADER.values() for name, value in key.settle(level).items()}
    return write(replace(level, **settled))

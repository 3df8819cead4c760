"""Foreign map formats: Sokoban, FrozenLake and MovingAI, each read into our tiles.

A dialect is recognised by the suffix of a file, or by its name in a header line (`dialect:
frozenlake`) above a foreign map. Problems are reported where they are in the file.
"""

from __future__ import annotations

from pathlib import PurePath

from game.text.dialects.foreign_map import Dialect, undivided
from game.text.dialects.frozen_lake import FROZEN_LAKE, locate_frozen_lake, read_frozen_lake
from game.text.dialects.moving_ai import (
    MOVING_AI,
    complete_moving_ai,
    locate_moving_ai,
    read_moving_ai,
)
from game.text.dialects.sokoban import (
    SOKOBAN_CHARS,
    complete_sokoban,
    locate_sokoban,
    read_sokoban,
    respell_sokoban,
    sokoban_tiles,
)
from game.text.dialects.sokoban_files import split_levels

SOKOBAN, MOVING_AI_NAME = "xsb", "movingai"

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            SOKOBAN,
            (".xsb", ".sok"),
            "Sokoban: # wall, @ player, $ box, . goal, * box and + player on a goal",
            read_sokoban,
            split_levels,
            locate_sokoban,
            sokoban_tiles,
            SOKOBAN_CHARS,
            complete_sokoban,
            respell_sokoban,
        ),
        Dialect(
            "frozenlake",
            (".frozenlake",),
            "Gymnasium's FrozenLake: S start, F frozen, H hole (lava), G goal; also a list of rows",
            read_frozen_lake,
            undivided,
            locate_frozen_lake,
            lambda rows: FROZEN_LAKE,
            {tile: char for char, tile in FROZEN_LAKE.items()},
        ),
        Dialect(
            MOVING_AI_NAME,
            (".map",),
            "MovingAI: . G ground, S swamp (mud), @ O T W wall; a start and goals are added",
            read_moving_ai,
            undivided,
            locate_moving_ai,
            lambda rows: MOVING_AI,
            {tile: char for char, tile in reversed(MOVING_AI.items())},
            complete_moving_ai,
        ),
    )
}

SUFFIXES = (".txt", *(suffix for dialect in DIALECTS.values() for suffix in dialect.suffixes))


def dialect_of(file: str) -> Dialect | None:
    """The dialect that the suffix of a file stands for."""
    suffix = PurePath(file).suffix.lower()
    return next((d for d in DIALECTS.values() if suffix in d.suffixes), None)

"""`levels convert`: foreign maps in our notation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from commands.exit_codes import DONE
from commands.levels.printing import print_bytes


@dataclass(frozen=True)
class ConvertCommand:
    """Convert a Sokoban (.xsb, .sok), FrozenLake (.frozenlake) or MovingAI (.map) level to the
    notation of this project, and print it."""

    level: Positional[Path]
    """Level file."""

    def run(self) -> int:
        from game.text.reading import read
        from game.text.writing import write

        print_bytes(write(read(self.level)))
        return DONE

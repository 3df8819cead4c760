"""`levels convert`: foreign maps in our notation, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, fail
from commands.levels.printing import print_bytes


@dataclass(frozen=True)
class ConvertCommand:
    """Convert a Sokoban (.xsb, .sok, .txt), FrozenLake (.frozenlake) or MovingAI (.map) level to
    the notation of this project, or a level to Sokoban, and print it."""

    level: Positional[Path]
    """Level file, or one level of a collection, as boxes.xsb#3."""
    to: Literal["own", "xsb"] = "own"
    """Notation to print: this project's own, or Sokoban (xsb), if nothing would be lost."""

    def run(self) -> int:
        from game.text.reading import read
        from game.text.sokoban_writing import LostInSokoban, write_sokoban
        from game.text.writing import write

        level = read(self.level)
        try:
            text = write_sokoban(level) if self.to == "xsb" else write(level)
        except LostInSokoban as lost:
            return fail(lost, AT_FAULT)
        print_bytes(text)
        return DONE

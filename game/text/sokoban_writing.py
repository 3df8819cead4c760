"""Write a level as a Sokoban file, where nothing of it is lost."""

from __future__ import annotations

from game.text.dialects import SOKOBAN
from game.text.dialects.sokoban import PUZZLE, WALK
from game.text.header import HEADER
from game.text.legend import without_plain_characters
from game.text.level import Cell, Level
from game.text.reading import examine
from game.text.tiles import BOXES, BY_CHAR
from game.text.values import quote, text_of

_FILE = f"level.{SOKOBAN}"


class LostInSokoban(ValueError):
    """A Sokoban file cannot say all of a level; the message says what would be lost, and where."""


def write_sokoban(level: Level) -> str:
    """Return the level as the text of a Sokoban file; reading it gives the same task again.

    What the map does not say by itself, such as the number of steps, stands in a header above it:
    text to other programs. A legend's character that plays like its tile becomes the tile, and
    loses its title. Raises LostInSokoban.
    """
    level = without_plain_characters(level) if level.legend else level
    board = _board(level)
    about = [
        f"{key.title()}: {text}" for key in ("title", "author") if (text := getattr(level, key))
    ]
    texts = [[*about, "", *board] if about else board, [*_header(level), "", "map:", *board]]
    for lines in texts:
        text = "\n".join([*lines, ""])
        found, _ = examine(text, _FILE)
        if found == level:
            return text
    raise LostInSokoban(_difference(level, found))


def _board(level: Level) -> list[str]:
    """The rows of the map in the characters of Sokoban; floor at the end of a row is `-`."""
    chars = {tile: char for char, tile in reversed((PUZZLE if level.has(BOXES) else WALK).items())}
    for r, row in enumerate(level.rows):
        for c, char in enumerate(row):
            if char not in chars:
                tile = BY_CHAR[level.tile(char)].name
                raise LostInSokoban(_lost(level, (r, c), f"the {tile} {quote(char)}"))
    rows = ["".join(chars[char] for char in row) for row in level.rows]
    return [row.rstrip(" ").ljust(len(row), "-") for row in rows]


def _header(level: Level) -> list[str]:
    """The header lines that a Sokoban map may not stand for by itself."""
    own = [key for name, key in HEADER.items() if name not in ("steps", "reward")]
    lines = [f"{key.name}: {text}" for key in own for text in key.write(level)]
    goal, step = text_of(level.goal_reward), text_of(level.step_reward)
    return [
        f"dialect: {SOKOBAN}",
        *lines,
        f"steps: {level.steps}",
        f"reward: goal={goal} step={step}",
    ]


def _difference(level: Level, found: Level | None) -> str:
    """The first loss of a level with known tiles in a Sokoban file."""
    if found:
        for r, (row, other) in enumerate(zip(level.rows, found.rows)):
            for c, (char, read) in enumerate(zip(row, other)):
                if char != read:
                    tile = f"the {BY_CHAR[char].name} {quote(char)}, which the player cannot reach,"
                    return _lost(level, (r, c), tile)
    return _lost(level, (0, 0), "the shape of the map")


def _lost(level: Level, cell: Cell, what: str) -> str:
    line, column = level.place(cell)
    place = f"{level.file}:{line}:{column}: " if level.file else ""
    return f"{place}{what} would be lost in a Sokoban file - remove it, or keep our own notation"

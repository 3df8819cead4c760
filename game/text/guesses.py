"""Guesses at what was meant by characters and files that are not in our notation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from game.text.tiles import BY_CHAR, FLOOR, FREE, GOAL, START, WALL

# characters that others use for a tile, by our own
_OFTEN = {
    START: "SsPp&",
    GOAL: "EeT★⚑",
    WALL: "█▓▒░■▀▄▌▐◼⬛▩▣|WwxΧ",
    FLOOR: "_-·•0□⬜▢",
}
_MEANT = {char: tile for tile, chars in _OFTEN.items() for char in chars}
_SOKOBAN = set("#@.$*+ -_")
_ENCODED_SOKOBAN = _SOKOBAN | set("bBpP0123456789()|\t")  # with letters and run-length encoding
_FROZEN_LAKE = set("SFHG")
_MOVING_AI = set(".G@OTSW")
_HEADER = re.compile(
    r"[ \t]*(type[ \t]+[a-z]+|(height|width)[ \t]+[0-9]+|map)[ \t]*", re.IGNORECASE
)
_STRING = re.compile(r"""(["'])([A-Z]{1,256})\1""")  # of a Python list of rows
_CSV_ROW = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})+,?")
_TILED = re.compile(r'\s*(<\?xml|<map\b|<tileset\b|\{[^}]*"(tiledversion|tilewidth|layers)")')
TILED = "Tiled"
NO_SETTINGS: Mapping[str, object] = {}
_NAMES = {"xsb": "Sokoban", "frozenlake": "FrozenLake", "movingai": "MovingAI"}


def tile_meant(char: str) -> str:
    """Return advice on a character that is no tile: the tile that was probably meant."""
    likely = (_MEANT.get(char, ""), char.swapcase(), unicodedata.normalize("NFKC", char))
    tile = next((BY_CHAR[one] for one in likely if one in BY_CHAR), None)
    if not tile:
        todo = "'main.py levels legend' lists the tiles"
        return f"{todo}; 'legend: {char} = .' makes it one" if char in FREE else todo
    return f"did you mean '{tile.char}' ({tile.name})?"


def guess_format(rows: Sequence[str], settings: Mapping[str, object] = NO_SETTINGS) -> str:
    """Return the foreign format that rows of a map look like: a dialect, TILED, or "".

    `settings` are the fields that a header of ours above the rows sets.
    """
    filled = [row for row in rows if row.strip()]
    chars = set("".join(filled))
    if filled and all(map(_CSV_ROW.fullmatch, (row.strip() for row in filled))):
        return TILED
    if "F" in chars and (chars <= _FROZEN_LAKE or _lists_frozen_lake(filled)):
        return "frozenlake"
    is_ours = "ends" in settings and chars & set("X*+")  # boxes with targets of ours
    if chars & set("$*+") and "#" in chars and chars <= _SOKOBAN and not is_ours:
        return "xsb"
    if chars & set("OTW") and "." in chars and chars <= _MOVING_AI:
        return "movingai"
    return ""


def guess_file(lines: Sequence[str]) -> str:
    """Return the foreign format that a file without a line `map:` looks like, as `guess_format`."""
    if _TILED.match("\n".join(lines[:100])[:10_000]):
        return TILED
    filled = [line for line in lines if line.strip()]
    if len(filled) > 3 and all(map(_HEADER.fullmatch, filled[:4])):
        return "movingai"
    board = [line for line in filled if set(line) <= _ENCODED_SOKOBAN and "#" in line]
    chars = set("".join(board))
    if form := guess_format(filled):
        return form
    return "xsb" if "|" in chars or (len(board) > 2 and chars & set("$*+")) else ""


def _lists_frozen_lake(lines: Sequence[str]) -> bool:
    """Whether lines are a Python list of the rows of a FrozenLake map."""
    text = "\n".join(lines[:300])[:80_000]
    rows = [row for _, row in _STRING.findall(text)]
    return bool(rows) and set("".join(rows)) <= _FROZEN_LAKE


def what_to_do(form: str, has_map_line: bool) -> tuple[str, str]:
    """Return what is wrong with a file in a foreign format, and what to do."""
    if form == TILED:
        todo = "draw it with one character a tile; 'main.py levels legend' lists them"
        return "this looks like a Tiled map, which is not read", todo
    name, line = _NAMES[form], f"'dialect: {form}'"
    todo = f"write {line} above 'map:'" if has_map_line else f"write {line} and 'map:' above it"
    return f"this looks like a {name} map", todo


def count_unknown(rows: Iterable[str], known: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    """Return row and column, from 0, of each unknown character's first place, and its number."""
    known, found = set(known), dict[str, tuple[int, int, int]]()
    for i, row in enumerate(rows):
        for char in set(row) - known:
            first = found.get(char, (i, row.index(char), 0))
            found[char] = (*first[:2], first[2] + row.count(char))
    return found


def counted(number: int, noun: str, plural: str = "s") -> str:
    """Return a number with its noun, to which `plural` is added unless there is one."""
    return f"{number} {noun}{plural if number != 1 else ''}"


def times(number: int) -> str:
    """Return how often a thing that is reported once occurs; "" for once."""
    return f", {number:,} times" if number > 1 else ""

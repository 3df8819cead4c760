"""Sokoban files divided into their levels, with the titles and authors that stand around them.

Lines that are no rows of a map are text. A title is `Title: NAME`, or else the last line of text
above a map, as `; 12`, `'Corners'` or `Level 3`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from game.text.dialects.foreign_map import MAX_TEXT, Part
from game.text.dialects.run_length import DIGITS, MARKS

FLOORS = " -_"
PLAYERS = "@+pP"
TILES = f"#$.*bB{PLAYERS}{FLOORS}"
_PLAIN = set("#@$.*+-_ \t")
_ENCODED = {*TILES, *MARKS, "\t"}
_NUMBERED = re.compile(r"#+ *[0-9]+")  # "#12" is a title
_KEY = re.compile(r"[ \t]*([A-Za-z][A-Za-z _-]{0,40}?)[ \t]*:(.*)")
_MOVES = re.compile(r"[lurdLURD0-9()*\[\] ]{20,}")  # a solution

Texts = dict[str, Any]


def split_levels(lines: Sequence[str], first: int) -> list[Part]:
    """The levels of a Sokoban file: at least one, which has no lines if there is no map."""
    blocks = _blocks(lines)
    if not blocks:
        return [Part(first, ())]
    ends = [0, *(end for _, end in blocks)]
    begins = [*(begin for begin, _ in blocks), len(lines)]
    around = [list(lines[a:b]) for a, b in zip(ends, begins)]  # the text around each block
    texts = _texts(around)
    return [
        Part(first + begin, tuple(lines[begin:end]), one)
        for (begin, end), one in zip(blocks, texts)
    ]


# --- rows --------------------------------------------------------------------------------------


def is_row(line: str) -> bool:
    """Whether a line is a row of a map, or several of them with `|` between them.

    A line that begins with a wall, or has `|`, may have other characters, too: mistakes.
    """
    text = line.strip(f"{FLOORS}\t")
    if not text or _NUMBERED.fullmatch(text):
        return False
    chars = set(text)
    if chars <= _PLAIN or ("#" in chars and chars <= _ENCODED):
        return True
    seems_row = text[0] == "#" or {"#", "|"} <= chars
    return seems_row and 2 * sum(char in _ENCODED for char in text) > len(text)


def _is_floor(line: str) -> bool:
    """Whether a line may be a row of floor, if it stands between other rows."""
    return set(line) <= {*FLOORS, "\t", *DIGITS} and any(char in line for char in "-_")


def _blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Begin and end of each run of rows that has a wall, or of all runs if none has one.

    If each line of a run is a whole level, they are levels of their own.
    """
    comments = _comments(lines)
    rows = [is_row(line) and i not in comments for i, line in enumerate(lines)]
    for i in range(1, len(rows) - 1):
        rows[i] = rows[i] or (rows[i - 1] and rows[i + 1] and _is_floor(lines[i]))
    runs = [list(run) for filled, run in groupby(range(len(rows)), rows.__getitem__) if filled]
    walled = [run for run in runs if any("#" in lines[i] for i in run)]
    blocks: list[tuple[int, int]] = []
    for run in walled or runs:
        whole = all("|" in lines[i] and set(lines[i]) & set(PLAYERS) for i in run)
        blocks += [(i, i + 1) for i in run] if whole else [(run[0], run[-1] + 1)]
    return blocks


def _comments(lines: Sequence[str]) -> set[int]:
    """The lines between `Comment:` and `Comment-End:`."""
    found: set[int] = set()
    begin = None
    for i, line in enumerate(lines):
        text = line.strip().lower()
        if text == "comment:":
            begin = i
        elif begin is not None and text.startswith(("comment-end", "comment_end")):
            found.update(range(begin, i + 1))
            begin = None
    return found


# --- titles and authors ------------------------------------------------------------------------


def _texts(around: Sequence[list[str]]) -> list[Texts]:
    """Title and author of each level, from the text above, between and below the levels.

    If there is a title only above the first level and none below the last one, keys are above their
    level, and else below it. Then those at the top of the file hold for all levels without.
    """
    keys = [_keys(lines) for lines in around]
    n = len(around) - 1
    if n == 1:
        return [_heads(around[0]) | keys[0] | keys[1]]
    if "title" in keys[0] and "title" not in keys[n]:
        return [_heads(around[i]) | keys[i] for i in range(n)]
    shared = {name: text for name, text in keys[0].items() if name == "author"}
    return [shared | _heads(around[i]) | keys[i + 1] for i in range(n)]


def _keys(lines: Sequence[str]) -> Texts:
    """Title and author, from lines as `Title: Microban 1`."""
    found = {}
    for line in lines:
        match = _KEY.fullmatch(line[: 2 * MAX_TEXT])
        if match and match[1].lower() in ("title", "author") and (text := _clean(match[2])):
            found[match[1].lower()] = text
    return found


def _heads(lines: Sequence[str]) -> Texts:
    """The title that the last line of text above a map gives, if it does."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if not filled:
        return {}
    last = lines[filled[-1]].strip()[: 2 * MAX_TEXT]
    alone = len(filled) == 1 or filled[-2] < filled[-1] - 1
    marked = last[0] in ";'\""
    if last.startswith("::") or _MOVES.fullmatch(last) or not (alone or marked):
        return {}
    if not marked and _KEY.match(last):
        return {}
    text = _clean(last.lstrip("; "))
    return {"title": text} if any(char.isalnum() for char in text) else {}


def _clean(text: str) -> str:
    """A line of text as a header takes it, without the quotes around it."""
    text = "".join(char for char in text if char.isprintable()).strip()
    for mark in "'\"":
        if len(text) > 1 and text[0] == text[-1] == mark:
            text = text[1:-1].strip()
    if ";" in text:
        text = text.replace('"', "'")  # a header has such a text in quotes
    return text[:MAX_TEXT].strip()

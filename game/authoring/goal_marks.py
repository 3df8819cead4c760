"""The goals of training, validation and test, painted: the drawings of a pack.toml in place."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from game.text.header_edits import EditError
from game.text.level import Cell, Rows
from game.text.tiles import CANDIDATE, FLOOR, WALL

TRAIN, VALIDATION, HELD_OUT = MARKS = "tvh"
_SECTION = re.compile(r"[ \t]*\[[^\[\]]+\][ \t]*(#.*)?")
_BY = re.compile(r"""([ \t]*by[ \t]*=[ \t]*)("[^"]*"|'[^']*')(.*)""")
GOALS = "goals"  # the name of this division
_DRAWINGS = "[split.goals]"


def goal_drawing(pack: str, file: str) -> Rows | None:
    """Return the drawing that the text of a pack.toml has of a level, or None. Raises EditError."""
    found = _drawings(pack).get(file)
    return None if found is None else tuple(found.strip("\n").split("\n"))


def goal_marks(pack: str, file: str, tiles: Rows) -> dict[Cell, str]:
    """Return the mark of each candidate of a level that the text of a pack.toml has one for.

    `tiles` are the rows of the level with nothing but tiles of the table.
    """
    drawing = goal_drawing(pack, file) or ()
    marked = {(r, c): mark for r, row in enumerate(drawing) for c, mark in enumerate(row)}
    return {cell: marked[cell] for cell in _candidates(tiles) if marked.get(cell, "-") in MARKS}


def fits(drawing: Rows, tiles: Rows) -> bool:
    """Whether a drawing has the size of a map, and a mark for each of its candidates."""
    return [len(row) for row in drawing] == [len(row) for row in tiles] and all(
        drawing[r][c] in MARKS for r, c in _candidates(tiles)
    )


def set_goal_marks(pack: str, file: str, tiles: Rows, marks: Mapping[Cell, str]) -> str:
    """Return the text of a pack.toml with these marks for the candidates of a level.

    Candidates without a mark are for training. A drawing of the map's size keeps its other
    characters; else there is a new one. A pack that is divided otherwise is divided by goals from
    then on, and the lines of the old division become comments. Raises EditError.
    """
    old = goal_drawing(pack, file) or ()
    if [len(row) for row in old] != [len(row) for row in tiles]:
        old = tuple("".join(char if char == WALL else FLOOR for char in row) for row in tiles)
    grid = [list(row) for row in old]
    for r, c in _candidates(tiles):
        grid[r][c] = marks.get((r, c), TRAIN)
    return set_goal_drawing(_divided_by_goals(pack), file, tuple("".join(row) for row in grid))


def set_goal_drawing(pack: str, file: str, drawing: Rows) -> str:
    """Return the text of a pack.toml with this drawing of a level. Raises EditError."""
    text = _with_drawing(pack, file, drawing)
    if goal_drawing(text, file) != drawing:
        raise EditError("the drawing in pack.toml is written in an unusual way - edit it as text")
    return text


def _candidates(tiles: Rows) -> list[Cell]:
    return [(r, c) for r, row in enumerate(tiles) for c, x in enumerate(row) if x == CANDIDATE]


def quoted(name: str) -> str:
    """Return a name as a string of TOML."""
    return json.dumps(name, ensure_ascii=False)


def is_divided_by_goals(pack: str) -> bool:
    """Whether the text of a pack.toml divides tasks by goals.

    Raises EditError where it is no valid TOML, or where the pack has no levels of its own.
    """
    for table in ("generate", "mixture"):
        if table in content_of(pack):
            raise EditError(
                f"pack.toml has a table [{table}], so that its tasks are not those of the files "
                "beside it - put this level into a folder of its own"
            )
    return division(pack) == GOALS


def division(pack: str) -> str:
    """Return how the text of a pack.toml says that it divides tasks, or "". Raises EditError."""
    split = content_of(pack).get("split")
    return str(split.get("by", "share")) if isinstance(split, dict) else ""


def content_of(pack: str) -> dict[str, Any]:
    """Return the content of a pack.toml. Raises EditError."""
    try:
        return tomllib.loads(pack.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise EditError(f"pack.toml is no valid TOML: {error} - mend it first") from None


def _drawings(pack: str) -> dict[str, str]:
    """The drawings of a pack by the names of the level files. Raises EditError."""
    split = content_of(pack).get("split", {})
    goals = split.get("goals", {}) if isinstance(split, dict) else {}
    return {k: v for k, v in goals.items() if isinstance(v, str)} if isinstance(goals, dict) else {}


def _divided_by_goals(pack: str) -> str:
    """The text with `by = "goals"` in its section [split]."""
    end = "\r\n" if "\r\n" in pack else "\n"
    lines = pack.split("\n")
    heads = [i for i, line in enumerate(lines) if _SECTION.fullmatch(line.rstrip("\r"))]
    first = next((i for i in heads if lines[i].partition("#")[0].strip() == "[split]"), None)
    if first is None:
        gap = "" if not pack or pack.endswith("\n") else end
        return f'{pack}{gap}{end if pack else ""}[split]{end}by = "goals"{end}'
    last = next((i for i in heads if i > first), len(lines))
    section = lines[first + 1 : last]
    if any((found := _BY.match(line)) and found[2][1:-1] == "goals" for line in section):
        return pack
    kept = [f"# {line}" if line.strip() and line.lstrip()[0] != "#" else line for line in section]
    by = f'by = "goals"{end[:-1]}'
    return "\n".join([*lines[: first + 1], by, *kept, *lines[last:]])


def _with_drawing(pack: str, file: str, rows: Rows) -> str:
    """The text with the drawing of a level, in place of the one that it has."""
    end = "\r\n" if "\r\n" in pack else "\n"
    names = "|".join(map(re.escape, (quoted(file), f'"{file}"', f"'{file}'")))
    found = re.search(
        rf"""^[ \t]*(?:{names})[ \t]*=[ \t]*(?P<q>\"\"\"|''')(?P<rows>.*?)(?P=q)""",
        pack,
        re.MULTILINE | re.DOTALL,
    )
    if found:
        begin, last = found.span("rows")
        body = pack[begin:last]
        head = body[: len(body) - len(body.lstrip("\r\n"))]
        tail = body[len(body.rstrip("\r\n")) :]
        return f"{pack[:begin]}{head}{end.join(rows)}{tail}{pack[last:]}"
    entry = end.join([f'{quoted(file)} = """', *rows, '"""', ""])
    lines = pack.split("\n")
    at = next(
        (i for i, one in enumerate(lines) if one.partition("#")[0].strip() == _DRAWINGS), None
    )
    if at is None:
        gap = "" if not pack or pack.endswith("\n") else end
        return f"{pack}{gap}{end}{_DRAWINGS}{end}{entry}"
    return "\n".join([*lines[: at + 1], entry.removesuffix("\n"), *lines[at + 1 :]])

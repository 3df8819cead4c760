"""Maps of Gymnasium's FrozenLake, as rows or as a Python list of strings, read into our tiles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from game.text.dialects.foreign_map import (
    ForeignMap,
    Part,
    Report,
    WrittenMap,
    check_shape,
    find_board,
)
from game.text.level import RowPlace, Rows
from game.text.tiles import BY_NAME, FLOOR, GOAL, START
from game.text.values import quote

FROZEN_LAKE = {"S": START, "F": FLOOR, "H": BY_NAME["lava"].char, "G": GOAL}
_KNOWN = "'S' start, 'F' frozen, 'H' hole, 'G' goal"
_EXAMPLE = 'write a list as ["SFFF", "FHFG"], and nothing else'
_NAME = r"""\s*(?:[A-Za-z_][\w.]*(?:\s*:[\w.\[\], ]*)?\s*=|"[^"]*"\s*:|'[^']*'\s*:)?\s*"""
_BEGIN = re.compile(rf"""({_NAME})(?:[\[(]|b?["'])""")
_PYTHON = re.compile(r"""[\[(\]){}="':]""")  # what no row of a map has
_NAMED_LIST = re.compile(r"""[=:(]\s*[\[(]\s*[\[(]?\s*[bB]?["']""")  # the begin of one
_LONGEST_NAME = 200
_TOKEN = re.compile(
    r"""(?P<blank>[\s,]+|\#[^\n]*)|(?P<open>[\[(])|(?P<close>[\])])"""
    r"""|[bB]?(?P<quote>["'])(?P<row>[^"'\n]*)(?P=quote)"""
)


def read_frozen_lake(part: Part, report: Report) -> ForeignMap | None:
    """Read a map in Gymnasium's letters; a hole is lava."""
    if not any(line.strip() for line in part.lines):
        report(max(1, part.first - 1), 1, "the map is empty", "write its rows, as 'SFFF'")
        return None
    found = find_board(part, locate_frozen_lake, FROZEN_LAKE, _KNOWN, report)
    if found is None:
        return None
    lake, board, report = found
    rows, first = lake.rows, lake.first
    even = check_shape(rows, first, report, "'F' or 'H'")
    text = "".join(rows)
    for char, what, todo in (
        ("S", "no start", "put 'S' where the episode begins"),
        ("G", "no goal", "put 'G' at the goal"),
    ):
        if char not in text:
            report(first, 1, what, todo)
            even = False
    return ForeignMap(board, first, row_places=lake.row_places) if board and even else None


def locate_frozen_lake(part: Part, report: Report) -> WrittenMap | None:
    """The rows in Gymnasium's letters."""
    row_places: tuple[RowPlace, ...] = ()
    filled = [i for i, line in enumerate(part.lines) if line.strip()]
    lines = [line.rstrip(" \t") for line in part.lines]
    if not filled:
        return None
    rows, first = tuple(lines[filled[0] : filled[-1] + 1]), part.first + filled[0]
    if problem := _no_list(rows):
        report(first, 1, *problem)
        return None
    if is_list(rows):
        found = _listed(rows, first, report)
        if found is None:
            return None
        rows, row_places = found
        if not rows:
            report(first, 1, "a list without rows", _EXAMPLE)
            return None
    elif indent := min(len(row) - len(row.lstrip(" \t")) for row in rows if row):
        row_places = tuple(
            (line, range(indent + 1, max(indent, len(row)) + 2))
            for line, row in enumerate(rows, first)
        )
        rows = tuple(row[indent:] for row in rows)
    return WrittenMap(rows, first, row_places)


def _no_list(lines: Sequence[str]) -> tuple[str, str] | None:
    """The problem that the lines are Python text with several lists, or with more than a list."""
    number = len(_NAMED_LIST.findall("\n".join(lines)))
    if number > 1:
        return f"{number} maps in the file, not a list of rows", f"keep one of them: {_EXAMPLE}"
    if not is_list(lines) and any(map(_PYTHON.search, lines)):
        return f"{quote(lines[0].strip())} is not a list of rows", _EXAMPLE
    return None


def is_list(lines: Sequence[str]) -> bool:
    """Whether the first line begins a list of strings, perhaps with a name, as `desc = [`."""
    return bool(lines) and _BEGIN.match(lines[0][:_LONGEST_NAME]) is not None


def _listed(
    lines: Sequence[str], first: int, report: Report
) -> tuple[Rows, tuple[RowPlace, ...]] | None:
    """The strings of a list, and their places. Strings of a list within the list are one row."""
    rows: list[str] = []
    places: list[tuple[int, list[int]]] = []
    depth, is_over, joins = 0, False, False
    for number, line in enumerate(lines, first):
        begin = _BEGIN.match(line[:_LONGEST_NAME]) if number == first else None
        at = begin.end(1) if begin else 0
        while at < len(line):
            token = _TOKEN.match(line, at)
            wrong = not token or (is_over and not token["blank"])
            if token and not wrong:
                depth += bool(token["open"]) - bool(token["close"])
                wrong = not 0 <= depth <= 2
            if not token or wrong:
                report(number, at + 1, f"{quote(line[at:].split()[0])} in a list of rows", _EXAMPLE)
                return None
            if token["quote"]:
                columns = range(token.start("row") + 1, token.end("row") + 2)
                if not (joins and depth == 2):
                    rows.append("")
                    places.append((number, [1]))
                rows[-1] += token["row"]
                places[-1][1][-1:] = columns
            joins = depth == 2 and (joins or bool(token["quote"])) and not token["open"]
            is_over = depth == 0 and (is_over or bool(token["close"]))
            at = token.end()
    if depth:
        report(number, len(line) + 1, "a list without its end", "write ']' behind the last row")
        return None
    return tuple(rows), tuple((line, tuple(columns)) for line, columns in places)

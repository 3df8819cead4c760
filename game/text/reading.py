"""Read a level from its text, and report all that is wrong with it at once."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from game.files import open_regular
from game.text.dialects import DIALECTS, Dialect, Report, check_shape, check_size, dialect_of
from game.text.guesses import count_unknown, guess_file, guess_format, tile_meant, times, what_to_do
from game.text.header import AUTO, HEADER, LINE_KEYS, TEXT_KEYS
from game.text.level import (
    ANY,
    ENDS_BOXES,
    MAX_BYTES,
    MAX_STATES,
    MAX_STEPS,
    STEPS,
    Level,
    LevelError,
    Problem,
    Rows,
)
from game.text.quoted import without_comment
from game.text.step_reward import NoStepReward, automatic_step_reward
from game.text.tiles import (
    BOX,
    BOXES,
    BY_CHAR,
    CANDIDATE,
    FLOOR,
    GOAL,
    OPPONENTS,
    START,
    TARGET,
    TARGETS,
)
from game.text.values import Fault, meant, quote
from game.text.walking import Node, explore, goal_test, start_cells

MAX_LINES = 10_000
MAX_LINE = 10_000  # characters of a header line without its comment
MAX_PROBLEMS = 100


def read(path: str | Path) -> Level:
    """Read a level file. Raises LevelError with every problem, or OSError."""
    with open_regular(path) as file:
        return parse(file.read(MAX_BYTES + 1), str(path))


def parse(text: str | bytes, name: str = "level") -> Level:
    """Read a level from its text. Raises LevelError with every problem found."""
    level, problems = examine(text, name)
    if level is None:
        raise LevelError(problems)
    return level


def examine(text: str | bytes, name: str = "level") -> tuple[Level | None, list[Problem]]:
    """Read a level: the level and no problems, or None and all problems. Never raises."""
    if len(text) > MAX_BYTES:
        todo = "split it into several levels"
        return None, [Problem(name, 1, 1, f"the file is over {MAX_BYTES:,} bytes", todo)]
    problems: list[Problem] = []
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="surrogateescape")
    if (more := text.count("\n")) > MAX_LINES:
        what = f"a file of {more + 1:,} lines"
        return None, [Problem(name, MAX_LINES + 1, 1, what, f"use at most {MAX_LINES:,}")]
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]

    def report(line: int, column: int, what: str, todo: str) -> None:
        if _ESCAPED.match(lines[line - 1], column - 1):
            return  # reported already, as a byte that is no text
        problems.append(Problem(name, line, column, what, todo, lines[line - 1]))
        if len(problems) > MAX_PROBLEMS:
            raise _Enough

    problems += itertools.islice(_undecodable(lines, name), MAX_PROBLEMS)
    whole = dialect_of(name)  # a foreign file as it stands, without a header of ours
    has_map_line = any(line.partition(";")[0].strip(" \t") == "map:" for line in lines)
    whole = None if has_map_line else whole
    with contextlib.suppress(_Enough):
        if not whole and not has_map_line and (form := guess_file(lines)):
            report(1, 1, *what_to_do(form, has_map_line))
            raise _Enough
        settings, map_line = ({}, 0) if whole else _read_header(lines, report)
        dialect = DIALECTS.get(settings.pop("dialect", ""), whole)
        rows: Rows = ()
        if dialect and (whole or map_line):
            rows, settings = _read_foreign(dialect, lines, map_line, settings, report)
        elif map_line and "dialect" not in settings["places"]:
            rows = _read_map(lines, map_line, settings, report)
        if not problems and settings.get("step_reward") == AUTO:
            _set_step_reward(rows, settings, lines, report)
    if problems:
        return None, _in_order(problems)
    return Level(rows=rows, file=name, **settings), []


_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes, by surrogateescape


class _Enough(Exception):
    """The search for problems ends: there are MAX_PROBLEMS, or one that explains all others."""


def _in_order(problems: list[Problem]) -> list[Problem]:
    """The problems by place; where there are too many, the last one says so."""
    found = sorted(problems, key=lambda p: (p.line, p.column))
    if len(found) > MAX_PROBLEMS:
        found[-1] = replace(found[-1], what="and more problems", todo="mend the others first")
    return found


def _undecodable(lines: list[str], name: str) -> Iterator[Problem]:
    """The first byte of each line that is not UTF-8, and was escaped."""
    for number, line in enumerate(lines, 1):
        if not line.isascii() and (found := _ESCAPED.search(line)):
            what = f"byte 0x{ord(found[0]) - 0xDC00:02x} is not UTF-8 text"
            yield Problem(name, number, found.start() + 1, what, "save the file as UTF-8", line)


def _read_header(lines: list[str], report: Report) -> tuple[dict[str, Any], int]:
    """The fields that the header sets, and the number of the `map:` line (0: there is none)."""
    settings: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        key = line.partition(":")[0]
        content = without_comment(line, key if key.strip(" \t") in TEXT_KEYS else "")
        if not content.strip(" \t"):
            continue
        if len(content) > MAX_LINE:
            what = f"a line of {len(content):,} characters"
            report(number, MAX_LINE + 1, what, f"use at most {MAX_LINE:,}, or write 'map:' first")
            continue
        key, colon, value = content.partition(":")
        column = len(key) - len(key.lstrip(" \t")) + 1
        key = key.strip(" \t")
        at = len(content) - len(value.lstrip(" \t")) + 1
        value = value.strip(" \t")
        if key == "map" and colon:
            if value:
                report(number, at, "text after 'map:'", "start the map on the next line")
            return settings | {"places": seen | {"map": number + 1}}, number
        if not colon or key not in HEADER:
            _report_line(number, column, key, content.strip(" \t"), bool(colon), report)
            continue
        found: dict[str, Any] = {}
        try:
            found = HEADER[key].read(value)
        except Fault as fault:
            for one in (fault, *fault.others):
                report(number, min(at, len(line) + 1) + one.offset, one.what, one.todo)
        for name in HEADER[key].labels_of(found):
            if seen.setdefault(name, number) != number:
                what = f"{quote(name)} is already on line {seen[name]}"
                report(number, column, what, "keep one of them")
        settings = HEADER[key].join(settings, found)
    last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)
    report(last, 1, "there is no map", "write 'map:' and the map's rows below the header")
    return settings, 0


def _report_line(
    number: int, column: int, key: str, content: str, colon: bool, report: Report
) -> None:
    """Report what is wrong with a line that is no header line."""
    if len(content) > 2 and all(c in BY_CHAR for c in content) and not key.isalpha():
        report(number, column, "a row of a map in the header", "write 'map:' before the first row")
    elif colon:
        report(number, column, f"unknown key {quote(key)}", meant(key, LINE_KEYS))
    else:
        todo = "write 'key: value', or begin the line with ';' for a comment"
        report(number, column, f"{quote(content)} is not a header line", todo)


def _read_map(lines: list[str], map_line: int, settings: dict[str, Any], report: Report) -> Rows:
    """The rows below the `map:` line, with all that is wrong with them reported."""
    first = map_line + 1
    below = lines[map_line:]
    known = {*BY_CHAR, " ", *(one.char for one in settings.get("legend", ()))}
    strays = [i for i, row in enumerate(below[: MAX_PROBLEMS + 1]) if _belongs_above(row, known)]
    for i in strays:
        report(first + i, 1, "a header line or comment below 'map:'", "move it above 'map:'")
    raw = below[: strays[0]] if strays else below
    while raw and not raw[-1]:
        raw.pop()
    rows = tuple(row.replace(" ", FLOOR) for row in raw)
    if form := guess_format(raw, settings):
        report(first, 1, *what_to_do(form, has_map_line=True))
    elif not rows:
        report(map_line, 1, "the map is empty", "write its rows below 'map:'")
    elif check_size(rows, first, report):
        level = Level(rows, **settings)
        whole = check_shape(rows, first, report)
        whole &= _check_tiles(level, first, report)
        whole &= _check_ends(level, first, report)
        if (whole or not level.starts) and _check_starts(level, first, report) and whole:
            _check_reach(level, first, report)
    return rows


def _read_foreign(
    dialect: Dialect, lines: list[str], above: int, settings: dict[str, Any], report: Report
) -> tuple[Rows, dict[str, Any]]:
    """The rows in our tiles, and the settings; the header takes precedence over the foreign map."""
    reading = dialect.read(lines[above:], above + 1, report)
    if reading is None:
        return (), settings
    places = settings.get("places", {}) | {"map": reading.first}
    steps = min(max(STEPS, 2 * reading.way), MAX_STEPS)
    settings = {"steps": steps} | reading.settings | settings | {"places": places}
    level = Level(reading.rows, **settings)
    if _check_ends(level, reading.first, report) and _check_starts(level, reading.first, report):
        _check_reach(level, reading.first, report)
    return reading.rows, settings


def _set_step_reward(
    rows: Rows, settings: dict[str, Any], lines: list[str], report: Report
) -> None:
    """Replace 'auto' by the step reward that the map calls for, or report why there is none."""
    try:
        level = Level(rows, **settings | {"step_reward": 0.0})
        settings["step_reward"] = automatic_step_reward(level)
    except NoStepReward as error:
        what, _, todo = str(error).partition(" - ")
        line = settings["places"]["reward"]
        report(line, lines[line - 1].find("step=") + 1, f"'step=auto': {what}", todo)


def _belongs_above(row: str, known: set[str]) -> bool:
    """Whether a line below `map:` is a comment or a header line, and no row of `known` tiles."""
    key, colon, _ = row.partition(":")
    is_header = colon != "" and key.strip(" \t") in LINE_KEYS and not set(row) <= known
    return row.lstrip(" \t").startswith(";") or is_header


def _check_tiles(level: Level, first: int, report: Report) -> bool:
    """Whether the map has only known characters, and at most two of each teleporter."""
    unknown = count_unknown(level.rows, {*BY_CHAR, *(one.char for one in level.legend)})
    for char, (i, j, number) in unknown.items():
        if char == "\t":
            what, todo = "a tab", "use spaces: each is one tile of floor"
        else:
            what, todo = f"unknown tile {quote(char)}", tile_meant(char)
        report(first + i, j + 1, what + times(number), todo)
    whole = not unknown
    for char, tile in BY_CHAR.items():
        if tile.effect == "teleporter" and len(cells := level.find(char)) > 2:
            row, column = cells[2]
            todo = "use another digit: two of each are a pair"
            report(first + row, column + 1, f"a third teleporter '{char}'", todo)
            whole = False
    return whole


def _check_ends(level: Level, first: int, report: Report) -> bool:
    """Whether the map has a goal, or the boxes and targets that `ends: boxes` takes."""
    if level.ends == ENDS_BOXES:
        return _check_boxes(level, first, report)
    line, whole = level.places.get("candidates", first), True
    for row, column in level.candidates:
        if row >= level.height or column >= level.width:
            what = f"the candidate {row + 1},{column + 1} is outside the map"
            report(line, 1, what, "name another cell: row and column, from 1")
            whole = False
    if not level.has((GOAL, CANDIDATE)):
        whole = False
        todo = f"put '{GOAL}' at the goal, or '{CANDIDATE}' at each cell where it may be"
        if level.has(BOXES):
            todo += f", or write 'ends: {ENDS_BOXES}'"
        report(first, 1, "no goal", todo)
    return whole & _check_opponents(level, first, report)


def _check_boxes(level: Level, first: int, report: Report) -> bool:
    """Whether a map has all that `ends: boxes` takes."""
    line = level.places.get("ends", first)
    boxes, targets = level.find(*BOXES), level.find(*TARGETS)
    whole = True
    for row, column in level.find(GOAL, CANDIDATE)[:1]:
        what = f"'{level.tiles[row][column]}' on a map that has 'ends: {ENDS_BOXES}'"
        report(first + row, column + 1, what, f"use a target '{TARGET}', or another 'ends:'")
        whole = False
    if not boxes:
        todo = f"put '{BOX}' where a box is"
        report(line, 1, f"'ends: {ENDS_BOXES}', and no box on the map", todo)
    elif len(targets) < len(boxes):
        row, column = boxes[len(targets)]
        what = f"{len(boxes)} boxes, and {len(targets)} target{'s' if len(targets) != 1 else ''}"
        report(first + row, column + 1, what, f"put '{TARGET}' where the boxes belong")
    elif {*boxes} <= {*targets}:
        row, column = boxes[0]
        todo = f"put a box '{BOX}' on floor"
        report(first + row, column + 1, "all boxes stand on targets at the start", todo)
    else:
        return whole & _check_opponents(level, first, report)
    return False


def _check_opponents(level: Level, first: int, report: Report) -> bool:
    """Whether the map does not have both boxes and opponents."""
    boxes, opponents = level.find(*BOXES), level.find(*OPPONENTS)
    if not (boxes and opponents):
        return True
    row, column = opponents[0]
    report(first + row, column + 1, "an opponent on a map with boxes", "remove one or the other")
    return False


def _check_starts(level: Level, first: int, report: Report) -> bool:
    """Whether the episodes have a start, on the map or as the header says."""
    marked = level.marked_starts()
    if not level.starts:
        if not marked:
            report(first, 1, "no start", f"put '{START}' where the episode begins")
        return bool(marked)
    line = level.places.get("starts", first)
    for row, column in marked[:1]:
        what = f"a start on the map, and the header has 'starts: {ANY}' (line {line})"
        report(first + row, column + 1, what, "remove one or the other")
        return False
    if not start_cells(level):
        what = "there is no cell from which every goal can be reached"
        report(line, 1, what, "open ways to the goals, or put '@' where the episode begins")
        return False
    return True


def _check_reach(level: Level, first: int, report: Report) -> None:
    """Report starts from which no goal or candidate can be reached, even by chance."""
    nodes = explore(level, start_cells(level))
    if len(nodes) > MAX_STATES:
        return
    before: dict[Node, list[Node]] = {}
    for node, (_, exits) in nodes.items():
        for ahead in exits:
            before.setdefault(ahead, []).append(node)
    is_goal, candidates = goal_test(level), set(level.find(CANDIDATE))
    leading = [node for node in nodes if node[:2] in candidates or is_goal(node)]
    seen = set(leading)
    for node in leading:
        fresh = [n for n in before.get(node, ()) if n not in seen]
        seen.update(fresh)
        leading += fresh
    for node, (distance, _) in nodes.items():
        if not distance and node not in seen:
            what, todo = "no goal can be reached from this start", _OPEN
            if level.ends == ENDS_BOXES:
                what, todo = "the boxes cannot be pushed to targets from this start", _MOVE
            report(first + node.row, node.column + 1, what, todo)


_OPEN = "open a way to it through the walls"
_MOVE = "move a box or a target, or open a way"

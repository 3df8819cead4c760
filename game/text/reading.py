"""Read levels from their text, and report all that is wrong with them at once."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from game.files import can_be_path, open_regular
from game.text.dialects import DIALECTS, SOKOBAN, dialect_of
from game.text.dialects.foreign_map import (
    MAX_SIDE,
    Dialect,
    Part,
    Report,
    check_shape,
    check_size,
    located,
)
from game.text.guesses import guess_file, guess_format, what_to_do
from game.text.header import AUTO, HEADER, LINE_KEYS, TEXT_KEYS
from game.text.header_lines import BLANKS, header_line
from game.text.legend import LEGEND, named_char
from game.text.level import (
    ENDS_BOXES,
    MAX_BYTES,
    MAX_STEPS,
    STEPS,
    Level,
    LevelError,
    Problem,
    Rows,
)
from game.text.map_checks import check_map, check_tiles
from game.text.step_reward import NoStepReward, automatic_step_reward
from game.text.tiles import BY_CHAR, FLOOR, WALL
from game.text.values import Fault, meant, quote
from game.text.walking import Graph, goal_groups

MAX_LINES = 10_000  # of a file with one level
MAX_LEVELS = 10_000  # in a file
MAX_LINE = 10_000  # characters of a header line without its comment
MAX_PROBLEMS = 100
BOM = "\ufeff"  # a byte order mark at the begin of a file
_ADDRESS = re.compile(r"(.+)#([0-9]{1,9})", re.DOTALL)


def read(path: str | Path) -> Level:
    """Read a level file, or one level of a file that holds several, as `boxes.xsb#3`.

    Raises LevelError with every problem, or OSError.
    """
    file, number = split_address(path)
    return open_levels(file).level(number)


def split_address(path: str | Path) -> tuple[Path, int | None]:
    """Return a file, and the number of a level where the path is `FILE#NUMBER`.

    A file or folder that has the whole name comes first.
    """
    file, number = split_number(str(path))
    if not can_be_path(path) or os.path.lexists(path) or not os.path.isfile(file):
        return Path(path), None
    return Path(file), number


def split_number(name: str) -> tuple[str, int | None]:
    """Return file and number of a name as `FILE#NUMBER`, and any other name without a number."""
    found = _ADDRESS.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, None)


def open_levels(path: str | Path) -> LevelFile:
    """Open a file with one level or several. Raises OSError."""
    with open_regular(path) as file:
        return LevelFile(file.read(MAX_BYTES + 1), str(path))


def parse(text: str | bytes, name: str = "level") -> Level:
    """Read a level from its text. Raises LevelError with every problem found."""
    return LevelFile(text, name).level()


def examine(text: str | bytes, name: str = "level") -> tuple[Level | None, list[Problem]]:
    """Read a level: the level and no problems, or None and all problems. Never raises."""
    return LevelFile(text, name).examine()


class LevelFile:
    """The text of a level file, and its levels: one, or several in a Sokoban file.

    They are numbered from 1, in the order of the file. `len` is their number.
    """

    def __init__(self, text: str | bytes, name: str = "level") -> None:
        self.name = name
        self.lines: list[str] = []
        self._problems: list[Problem] = []  # of the whole file, or of its header
        self._settings: dict[str, Any] = {"places": {}}
        self._map_line = 0
        self._dialect: Dialect | None = None
        self._parts: list[Part] = []
        with contextlib.suppress(_Enough):
            self._open(text)

    def __len__(self) -> int:
        return max(1, len(self._parts))

    @property
    def header(self) -> Sequence[str]:
        """The lines of the header, with the line `map:`."""
        return self.lines[: self._map_line]

    @property
    def map_line(self) -> int:
        """The number of the line `map:`; 0 where there is none."""
        return self._map_line

    @property
    def dialect(self) -> Dialect | None:
        """The foreign format of the map; None for our own notation."""
        return self._dialect

    def part(self, number: int | None = None) -> Part | None:
        """Return the lines of a foreign level by its number, the first one without a number."""
        if not 1 <= (number or 1) <= len(self._parts):
            return None
        return self._parts[(number or 1) - 1]

    def own_rows(self) -> list[str]:
        """Return the rows of a map in our own notation as they are written; none without one."""
        if self._dialect or not self._map_line or "dialect" in self._settings["places"]:
            return []
        return _divided(self.lines[self._map_line :], self._settings)[0]

    def level(self, number: int | None = None) -> Level:
        """Return a level by its number. Raises LevelError with every problem found."""
        level, problems = self.examine(number)
        if level is None:
            raise LevelError(problems)
        return level

    def examine(self, number: int | None = None) -> tuple[Level | None, list[Problem]]:
        """Return a level and no problems, or None and all its problems; never raise.

        Without a number it is the only level: it is a problem if there are more.
        """
        if not self._problems and (wrong := self._wrong_number(number)):
            return None, wrong
        problems = list(self._problems)
        report = _reporter(self.name, self.lines, problems)
        rows: Rows = ()
        settings = dict(self._settings)
        with contextlib.suppress(_Enough):
            if self._dialect and self._parts:
                part = self._parts[min(number or 1, len(self)) - 1]
                if self._dialect.name == SOKOBAN:
                    begin = part.first - 1
                    problems += self._undecodable(begin, begin + len(part.lines))
                rows, settings = _read_foreign(self._dialect, part, settings, report)
            elif self._map_line and "dialect" not in settings["places"]:
                rows = _read_map(self.lines, self._map_line, settings, report)
            if not problems and settings.get("step_reward") == AUTO:
                _set_step_reward(rows, settings, self.lines, report)
        if problems:
            return None, _in_order(problems)
        return Level(rows=rows, file=self.name, **settings), []

    def draft(self) -> Level | None:
        """Return the level as far as it is written, whatever its problems; never raise.

        Short rows end in walls, and an unknown character is floor. Settings with a fault have their
        defaults. None without a map in our own notation.
        """
        if self._dialect or not self._map_line:
            return None
        rows = [row.replace(" ", FLOOR) for row in self.lines[self._map_line :]]
        while rows and not rows[-1]:
            rows.pop()
        wide = max(map(len, rows), default=0)
        if not wide or max(wide, len(rows)) > MAX_SIDE:
            return None
        settings = {**self._settings}
        if settings.get("step_reward") == AUTO:
            del settings["step_reward"]
        inside = (c for c in settings.get("candidates", ()) if c[0] < len(rows) and c[1] < wide)
        settings["candidates"] = tuple(inside)
        known = {*BY_CHAR, *(one.char for one in settings.get("legend", ()))}
        grid = ("".join(c if c in known else FLOOR for c in row) for row in rows)
        return Level(tuple(row.ljust(wide, WALL) for row in grid), file=self.name, **settings)

    def _open(self, text: str | bytes) -> None:
        """Read the header, and divide what is below it. Raises _Enough."""
        if len(text) > MAX_BYTES:
            todo = "split it into several levels"
            self._fail(1, f"the file is over {MAX_BYTES:,} bytes", todo)
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="surrogateescape")
        self.lines = split_lines(text)
        self._check_text()
        above = next((n for n, line in enumerate(self.lines, 1) if _is_map_line(line)), 0)
        # a foreign file as it stands, without a header of ours
        whole = None if above else dialect_of(self.name) or self._guess()
        dialect, header = whole, 0
        if not whole:
            header = above or len(self.lines)
            self._check_lines(header)
            self._problems += self._undecodable(0, header)
            report = _reporter(self.name, self.lines, self._problems)
            self._settings, self._map_line = _read_header(self.lines, report)
            dialect = DIALECTS.get(self._settings.pop("dialect", ""))
        if not (dialect and dialect.name == SOKOBAN):  # of which each level is looked at by itself
            self._check_lines(len(self.lines))
            self._problems += self._undecodable(header, len(self.lines))
        if dialect and (whole or self._map_line):
            self._dialect = dialect
            self._parts = dialect.split(self.lines[self._map_line :], self._map_line + 1)
            self._check_levels()

    def _guess(self) -> Dialect | None:
        """Return Sokoban for a text file that is nothing else; report any other foreign format.

        Raises _Enough after a report.
        """
        if not (form := guess_file(self.lines)):
            return None
        if form == SOKOBAN and self.name.lower().endswith(".txt"):
            keys = (line.partition(":")[0].strip(" \t") for line in self.lines if ":" in line)
            if not {*keys} & {*HEADER} - {*TEXT_KEYS}:
                return DIALECTS[SOKOBAN]
        self._fail(1, *what_to_do(form, has_map_line=False))
        return None

    def _fail(self, line: int, what: str, todo: str) -> None:
        """Report a problem that explains all others. Raises _Enough."""
        row = self.lines[line - 1] if self.lines else ""
        self._problems.append(Problem(self.name, line, 1, what, todo, row))
        raise _Enough

    def _check_text(self) -> None:
        """Report a file that another encoding makes unreadable as a whole. Raises _Enough."""
        if "\0" in self.lines[0]:
            self._fail(1, "NUL bytes, as UTF-16 has them", "save the file as UTF-8 text")
        if line := self._line_with_others():
            self._fail(
                line, "lines that end in CR alone", "save the file with line ends LF or CRLF"
            )

    def _line_with_others(self) -> int:
        """The number of a line that holds the lines of a level, with CR alone between them; else 0.

        A CR elsewhere, as in a comment, does not hide a map.
        """
        if "\r" in self.lines[0] and not any(self.lines[1:]):
            return 1
        if any(map(_is_map_line, self.lines)):
            return 0
        parts = ((n, line.split("\r")) for n, line in enumerate(self.lines, 1) if "\r" in line)
        return next((n for n, lines in parts if any(map(_is_map_line, lines))), 0)

    def _check_lines(self, number: int) -> None:
        """Report a file with so many lines if they are too many for one level. Raises _Enough."""
        if number > MAX_LINES + 1:
            what = f"a file of {len(self.lines):,} lines"
            self._fail(MAX_LINES + 1, what, f"use at most {MAX_LINES:,}")

    def _check_levels(self) -> None:
        """Report a file with too many levels, or with several below a header that has a fault.

        Raises _Enough.
        """
        if len(self._parts) > MAX_LEVELS:
            line, what = self._parts[MAX_LEVELS].first, f"a file of {len(self._parts):,} levels"
            self._parts = []
            self._fail(line, what, f"use at most {MAX_LEVELS:,}")
        if self._problems:
            self._parts = self._parts[:1]

    def _wrong_number(self, number: int | None) -> list[Problem]:
        """Return the problem that there is no level of this number, or that none is named."""
        name, n = PurePath(self.name).name, len(self)
        if number is None and n > 1:
            line, what = self._parts[1].first, f"a second level in the file, which has {n:,}"
            return [Problem(self.name, line, 1, what, f"name one of them, as '{name}#2'")]
        if number is not None and not 1 <= number <= n:
            todo = "there is only one" if n == 1 else f"the levels are '{name}#1' to '{name}#{n}'"
            return [Problem(self.name, 1, 1, f"there is no level {number}", todo)]
        return []

    def _undecodable(self, begin: int, end: int) -> list[Problem]:
        """Return the first byte of each of these lines that is not UTF-8, and was escaped."""
        found: list[Problem] = []
        for number, line in enumerate(self.lines[begin:end], begin + 1):
            if not line.isascii() and (byte := _ESCAPED.search(line)):
                what = f"byte 0x{ord(byte[0]) - 0xDC00:02x} is not UTF-8 text"
                todo = "save the file as UTF-8"
                found.append(Problem(self.name, number, byte.start() + 1, what, todo, line))
        return found[:MAX_PROBLEMS]


def split_lines(text: str) -> list[str]:
    """Return the lines of a text without line ends and byte order mark."""
    return [line.removesuffix("\r") for line in text.removeprefix(BOM).split("\n")]


def _is_map_line(line: str) -> bool:
    return line.partition(";")[0].strip(" \t") == "map:"


def _reporter(name: str, lines: Sequence[str], problems: list[Problem]) -> Report:
    """Return a function that adds to these problems, and raises _Enough if there are too many."""

    def report(line: int, column: int, what: str, todo: str) -> None:
        is_byte = _ESCAPED.match(lines[line - 1], column - 1)
        if is_byte and any(problem.line == line for problem in problems):
            return  # reported already, as a byte that is no text
        problems.append(Problem(name, line, column, what, todo, lines[line - 1]))
        if len(problems) > MAX_PROBLEMS:
            raise _Enough

    return report


_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes, by surrogateescape


class _Enough(Exception):
    """The search for problems ends: there are MAX_PROBLEMS, or one that explains all others."""


def _in_order(problems: list[Problem]) -> list[Problem]:
    """The problems by place; where there are too many, the last one says so."""
    found = sorted(problems, key=lambda p: (p.line, p.column))[: MAX_PROBLEMS + 1]
    if len(found) > MAX_PROBLEMS:
        found[-1] = replace(found[-1], what="and more problems", todo="mend the others first")
    return found


def _read_header(lines: list[str], report: Report) -> tuple[dict[str, Any], int]:
    """The fields that the header sets, and the number of the `map:` line (0: there is none)."""
    settings: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        parts = header_line(line)
        if parts is None:
            continue
        if parts.end > MAX_LINE:
            what = f"a line of {parts.end:,} characters"
            report(number, MAX_LINE + 1, what, f"use at most {MAX_LINE:,}, or write 'map:' first")
            continue
        key, value, colon = parts.key, parts.value, parts.colon >= 0
        column, at = parts.key_begin + 1, parts.begin + 1
        if key == "map" and colon:
            if value:
                report(number, at, "text after 'map:'", "start the map on the next line")
            return settings | {"places": seen | {"map": number + 1}}, number
        if not colon or key not in HEADER:
            _report_line(number, column, key, parts.content.strip(BLANKS), colon, report)
            continue
        found: dict[str, Any] = {}
        try:
            found = HEADER[key].read(value)
        except Fault as fault:
            for one in (fault, *fault.others):
                report(number, min(at, len(line) + 1) + one.offset, one.what, one.todo)
            if key == LEGEND and (char := named_char(value)):
                seen.setdefault(f"{LEGEND} {char}", number)  # the map may have it
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
    raw, strays = _divided(lines[map_line:], settings)
    for i in strays:
        report(first + i, 1, "a header line or comment below 'map:'", "move it above 'map:'")
    rows = tuple(row.replace(" ", FLOOR) for row in raw)
    if form := guess_format(raw, settings):
        report(first, 1, *what_to_do(form, has_map_line=True))
    elif not rows:
        report(map_line, 1, "the map is empty", "write its rows below 'map:'")
    elif check_size(rows, first, report):
        level = Level(rows, **settings)
        whole = check_shape(rows, first, report) & check_tiles(level, first, report)
        check_map(level, first, report, whole)
    return rows


def _read_foreign(
    dialect: Dialect, part: Part, settings: dict[str, Any], report: Report
) -> tuple[Rows, dict[str, Any]]:
    """The rows in our tiles, and the settings; the header takes precedence over the foreign map."""
    reading = dialect.read(part, report)
    if reading is None:
        return (), settings
    places = settings["places"] | {"map": reading.first}
    settings = reading.settings | settings | {"places": places, "row_places": reading.row_places}
    level = Level(reading.rows, **settings)
    on_map = located(report, reading.first, reading.row_places)
    graph = check_map(level, reading.first, on_map)
    is_puzzle = level.ends == ENDS_BOXES
    distance = _moves_to_solve(level, graph) if graph and is_puzzle else reading.distance
    settings = {"steps": min(max(STEPS, 2 * distance), MAX_STEPS)} | settings
    if graph and is_puzzle and "step_reward" not in settings:
        with contextlib.suppress(NoStepReward):
            settings["step_reward"] = automatic_step_reward(level, graph)
    return reading.rows, settings


def _moves_to_solve(level: Level, graph: Graph) -> int:
    """The number of moves of the shortest solution."""
    [solved] = goal_groups(level, graph)
    return min(graph[node][0] for node in solved)


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


def _divided(below: list[str], settings: dict[str, Any]) -> tuple[list[str], list[int]]:
    """The rows of the map that the lines below `map:` begin with, and the lines that are strays.

    The map ends above the first stray: a header line or a comment.
    """
    known = {*BY_CHAR, " ", *(one.char for one in settings.get("legend", ()))}
    strays = [i for i, row in enumerate(below[: MAX_PROBLEMS + 1]) if _belongs_above(row, known)]
    raw = below[: strays[0]] if strays else list(below)
    while raw and not raw[-1]:
        raw.pop()
    return raw, strays


def _belongs_above(row: str, known: set[str]) -> bool:
    """Whether a line below `map:` is a comment or a header line, and no row of `known` tiles."""
    key, colon, _ = row.partition(":")
    is_header = colon != "" and key.strip(" \t") in LINE_KEYS and not set(row) <= known
    return row.lstrip(" \t").startswith(";") or is_header

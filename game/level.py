"""Levels as text: parse, check, write.

A level file is a header of `key: value` lines and a map. `parse` reads one and reports *all* that
is wrong with it at once, as `file:line:column: what is wrong - what to do`; `write` is its inverse.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from game.tiles import BY_CHAR, CANDIDATE, FLOOR, GOAL, START, TILES

MAX_BYTES = 1 << 20
MAX_SIDE = 256
MAX_STEPS = 10_000
MAX_TEXT = 200
MAX_PROBLEMS = 100

MIRROR, ROTATE = "mirror", "rotate"


@dataclass(frozen=True)
class Level:
    """One level text, immutable. It may describe a family (several candidate goals, `vary`).

    `rows` are the map's rows, all of one length; `goal_reward` and `step_reward` are in units of
    return; `costs` overrides entering costs by tile name, in the order of the tile table.
    """

    rows: tuple[str, ...]
    title: str = ""
    author: str = ""
    goal: str = "hidden"
    ends: str = "goal"
    steps: int = 50
    goal_reward: float = 1.0
    step_reward: float = -0.1
    costs: tuple[tuple[str, float], ...] = ()
    slip: float = 0.0
    vary: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def find(self, char: str) -> list[tuple[int, int]]:
        """All cells (row, column), from 0, that show `char`, in reading order."""
        return [(r, c) for r, row in enumerate(self.rows) for c, x in enumerate(row) if x == char]

    def cost(self, char: str) -> float:
        """What entering a cell of this tile costs in this level, in units of `step_reward`."""
        tile = BY_CHAR[char]
        return dict(self.costs).get(tile.name, tile.cost)


@dataclass(frozen=True)
class Problem:
    """One fault of a file. `line` and `column` count from 1; `row` is the line's text."""

    file: str
    line: int
    column: int
    what: str
    todo: str
    row: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.what} - {self.todo}"
        return f"{place}\n{self.excerpt()}" if self.row.strip() else place

    def excerpt(self, width: int = 78) -> str:
        """The row, cut to a readable width, and a caret below the column."""
        first = max(0, min(self.column - 1 - width // 2, len(self.row) - width))
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.row)
        return f"    {shown[first : first + width]}\n    {' ' * (self.column - 1 - first)}^"


class LevelError(Exception):
    """A level file cannot be used; `problems` holds every reason, each with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class _Fault(Exception):
    """What is wrong with a value, and at which offset of it; `others` are further faults of it."""

    def __init__(self, what: str, todo: str, offset: int = 0) -> None:
        self.what, self.todo, self.offset = what, todo, offset
        self.others: list[_Fault] = []


def _raise_all(faults: list[_Fault]) -> None:
    """Raise the first fault with the others along, if there is any."""
    if faults:
        faults[0].others = faults[1:]
        raise faults[0]


# --- header values: each reader turns a value's text into fields of Level ----------------------

_NUMBER = re.compile(r"[+-]?([0-9]{1,7}(\.[0-9]{0,9})?|\.[0-9]{1,9})")
_WORD = re.compile(r"[^ \t]+")


def _number(text: str, what: str, low: float, high: float, offset: int = 0) -> float:
    todo = f"write a number from {low:g} to {high:g}, with at most 9 decimals"
    if not _NUMBER.fullmatch(text):
        raise _Fault(f"{what} {_quote(text)} is not a number", todo, offset)
    if not low <= float(text) <= high:
        raise _Fault(f"{what} {_quote(text)} is out of range", todo, offset)
    return float(text) + 0.0  # + 0.0 makes -0 a plain 0


def _quote(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:23] + "…")


def _meant(word: str, choices: list[str]) -> str:
    """What to do about a word that is none of `choices`: the likeliest meaning, or all of them."""
    close = difflib.get_close_matches(word[:40].lower(), choices, 1)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(choices)}"


def _choice(what: str, *choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise _Fault(f"unknown {what} {_quote(text)}", _meant(text, list(choices)))
        return text

    return read


def _line_of_text(text: str) -> str:
    bad = next((i for i, c in enumerate(text) if not c.isprintable()), None)
    if bad is not None:
        raise _Fault(f"unprintable character {_quote(text[bad])}", "remove it", bad)
    if len(text) > MAX_TEXT:
        raise _Fault(f"text of {len(text)} characters", f"use at most {MAX_TEXT}", MAX_TEXT)
    return text


def _steps(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_STEPS:
        raise _Fault(
            f"steps {_quote(text)} is not a whole number from 1 to {MAX_STEPS}",
            "give the steps of an episode, as 'steps: 50'",
        )
    return int(text)


def _pairs(text: str, names: list[str], low: float, high: float) -> dict[str, float]:
    """`mud=4 water=8` as a dictionary; each name from `names`, at most once."""
    found: dict[str, float] = {}
    faults: list[_Fault] = []
    todo = f"write name=number, as '{names[-1]}=1'"
    for match in _WORD.finditer(text):
        name, equals, value = match[0].partition("=")
        at = match.start()
        if not equals:
            faults.append(_Fault(f"{_quote(match[0])} has no value", todo, at))
        elif name not in names:
            faults.append(_Fault(f"unknown name {_quote(name)}", _meant(name, names), at))
        elif name in found:
            faults.append(_Fault(f"'{name}' is given twice", "keep one of them", at))
        else:
            found[name] = 0.0
            try:
                found[name] = _number(value, name, low, high, at + len(name) + 1)
            except _Fault as fault:
                faults.append(fault)
    if not found and not faults:
        faults.append(_Fault("nothing is given", todo))
    _raise_all(faults)
    return found


def _rewards(text: str) -> dict[str, Any]:
    pairs = _pairs(text, ["goal", "step"], -1000, 1000)
    return {f"{name}_reward": value for name, value in pairs.items()}


def _costs(text: str) -> dict[str, Any]:
    names = [tile.name for tile in TILES if tile.passable]
    pairs = _pairs(text, names, 0, 1000)
    return {"costs": tuple((name, pairs[name]) for name in names if name in pairs)}


def _vary(text: str) -> dict[str, Any]:
    words = [(m.start(), m[0]) for m in _WORD.finditer(text)]
    if [word for _, word in words] == ["none"]:
        return {"vary": ()}
    todo = [_meant(word, [MIRROR, ROTATE, "none"]) for _, word in words]
    _raise_all(
        [
            _Fault(f"unknown variation {_quote(word)}", what, offset)
            for (offset, word), what in zip(words, todo)
            if word not in (MIRROR, ROTATE)
        ]
    )
    given = {word for _, word in words}
    if len(given) < len(words) or not words:
        raise _Fault("a variation is given twice, or none", "write 'vary: mirror rotate'")
    return {"vary": tuple(word for word in (MIRROR, ROTATE) if word in given)}


def _only(name: str, word: str) -> Callable[[str], dict[str, Any]]:
    """A line that so far has one legal value, and so sets nothing."""

    def read(text: str) -> dict[str, Any]:
        _choice(name, word)(text)
        return {}

    return read


def _sets(name: str, read: Callable[[str], Any]) -> Callable[[str], dict[str, Any]]:
    return lambda text: {name: read(text)}


_HEADER: dict[str, Callable[[str], dict[str, Any]]] = {
    "title": _sets("title", _line_of_text),
    "author": _sets("author", _line_of_text),
    "goal": _sets("goal", _choice("goal", "hidden", "visible")),
    "ends": _sets("ends", _choice("end", "goal", "never")),
    "steps": _sets("steps", _steps),
    "reward": _rewards,
    "cost": _costs,
    "slip": _sets("slip", lambda text: _number(text, "slip", 0, 1)),
    "controls": _only("controls", "normal"),
    "wind": _only("wind", "none"),
    "vary": _vary,
}


# --- reading -----------------------------------------------------------------------------------


def read(path: str | Path) -> Level:
    """Read a level file. Raises LevelError with every problem, or OSError."""
    with open(path, "rb") as file:
        return parse(file.read(MAX_BYTES + 1), str(path))


def parse(text: str | bytes, name: str = "level") -> Level:
    """Read a level from its text. Raises LevelError with every problem found."""
    level, problems = examine(text, name)
    if level is None:
        raise LevelError(problems)
    return level


def examine(text: str | bytes, name: str = "level") -> tuple[Level | None, list[Problem]]:
    """The level, or None and all problems. Never raises on any input of any size."""
    if len(text) > MAX_BYTES:
        todo = "split it into several levels"
        return None, [Problem(name, 1, 1, f"the file is over {MAX_BYTES:,} bytes", todo)]
    problems: list[Problem] = []
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append(_undecodable(error.object, error.start, name))
            text = error.object.decode("utf-8", errors="replace")
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]

    def report(line: int, column: int, what: str, todo: str) -> None:
        problems.append(Problem(name, line, column, what, todo, lines[line - 1]))

    settings, map_line = _read_header(lines, report)
    rows = _read_map(lines, map_line, report) if map_line else ()
    if problems:
        return None, _in_order(problems)
    return Level(rows=rows, **settings), []


def _in_order(problems: list[Problem]) -> list[Problem]:
    """By place, and no more than anybody reads."""
    found = sorted(problems, key=lambda p: (p.line, p.column))
    if len(found) > MAX_PROBLEMS:
        what, todo = f"and {len(found) - MAX_PROBLEMS} more problems", "mend the others first"
        found[MAX_PROBLEMS:] = [replace(found[MAX_PROBLEMS], what=what, todo=todo)]
    return found


def _undecodable(data: bytes, at: int, name: str) -> Problem:
    before = data[:at].removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    line, column = before.count("\n") + 1, at and len(before) - before.rfind("\n")
    what = f"byte 0x{data[at]:02x} is not UTF-8 text"
    return Problem(name, line, max(1, column), what, "save the file as UTF-8")


Report = Callable[[int, int, str, str], None]


def _read_header(lines: list[str], report: Report) -> tuple[dict[str, Any], int]:
    """The fields that the header sets, and the number of the `map:` line (0: there is none)."""
    settings: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        content = line.partition(";")[0]
        if not content.strip(" \t"):
            continue
        key, colon, value = content.partition(":")
        column = len(key) - len(key.lstrip(" \t")) + 1
        key = key.strip(" \t")
        at = len(content) - len(value.lstrip(" \t")) + 1
        value = value.strip(" \t")
        if key == "map" and colon:
            if value:
                report(number, at, "text behind 'map:'", "start the map on the next line")
            return settings, number
        if not colon or key not in _HEADER:
            _report_line(number, column, key, content.strip(" \t"), bool(colon), report)
        elif key in seen:
            first = f"line {seen[key]}"
            report(number, column, f"'{key}' is already on {first}", "keep one of them")
        else:
            seen[key] = number
            try:
                settings |= _HEADER[key](value)
            except _Fault as fault:
                for one in (fault, *fault.others):
                    report(number, min(at, len(line) + 1) + one.offset, one.what, one.todo)
    report(len(lines), 1, "there is no map", "write 'map:' and the map's rows below the header")
    return settings, 0


def _report_line(
    number: int, column: int, key: str, content: str, colon: bool, report: Report
) -> None:
    """Say what is wrong with a line that is no header line."""
    if len(content) > 2 and all(c in BY_CHAR for c in content) and not key.isalpha():
        report(number, column, "a row of a map in the header", "write 'map:' before the first row")
    elif colon:
        report(number, column, f"unknown key {_quote(key)}", _meant(key, [*_HEADER, "map"]))
    else:
        todo = "write 'key: value', or begin the line with ';' for a comment"
        report(number, column, f"{_quote(content)} is not a header line", todo)


def _read_map(lines: list[str], map_line: int, report: Report) -> tuple[str, ...]:
    raw = lines[map_line:]
    while raw and not raw[-1]:
        raw.pop()
    rows = tuple(row.replace(" ", FLOOR) for row in raw)
    first = map_line + 1
    if not rows:
        report(map_line, 1, "the map is empty", "write its rows below 'map:'")
    elif len(rows) > MAX_SIDE or max(map(len, rows)) > MAX_SIDE:
        what = f"a map of {len(rows)} rows and up to {max(map(len, rows))} columns"
        report(first, 1, what, f"use at most {MAX_SIDE} of each")
    else:
        whole = _check_shape(rows, first, report)
        whole &= _check_tiles(rows, first, report)
        whole &= _check_ends(rows, first, report)
        if whole:
            _check_reach(rows, first, report)
    return rows


def _check_shape(rows: tuple[str, ...], first: int, report: Report) -> bool:
    """Rows are to be of one length: that of most of them."""
    lengths = [len(row) for row in rows]
    usual = max(set(lengths), key=lambda n: (lengths.count(n), n))
    for i, length in enumerate(lengths):
        if length != usual:
            what = f"a row of {length} tiles among rows of {usual}"
            less, more = "fill it up with '#' or '.'", "cut it (a space counts as floor)"
            column = min(length, usual) + 1 if length < usual else usual + 1
            report(first + i, column, what, less if length < usual else more)
    return len(set(lengths)) == 1


def _check_tiles(rows: tuple[str, ...], first: int, report: Report) -> bool:
    unknown = [
        (i, j, char)
        for i, row in enumerate(rows)
        for j, char in enumerate(row)
        if char not in BY_CHAR
    ]
    for i, j, char in unknown:
        todo = "'main.py levels legend' lists the tiles"
        report(first + i, j + 1, f"unknown tile {_quote(char)}", todo)
    return not unknown


def _check_ends(rows: tuple[str, ...], first: int, report: Report) -> bool:
    text = "".join(rows)
    if START not in text:
        report(first, 1, "no start", f"put '{START}' where the episode begins")
    if GOAL not in text and CANDIDATE not in text:
        todo = f"put '{GOAL}' at the goal, or '{CANDIDATE}' at each cell where it may be"
        report(first, 1, "no goal", todo)
    return START in text and (GOAL in text or CANDIDATE in text)


def _check_reach(rows: tuple[str, ...], first: int, report: Report) -> None:
    """Every start needs a way to some goal or candidate."""
    level = Level(rows)
    near = reachable(level, *level.find(GOAL), *level.find(CANDIDATE))
    for row, column in level.find(START):
        if (row, column) not in near:
            todo = "open a way to it through the walls"
            report(first + row, column + 1, "no goal can be reached from this start", todo)


def reachable(level: Level, *sources: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Cells that can be walked to from a source, each with its distance in moves to the nearest."""
    distance = dict.fromkeys(sources, 0)
    queue = list(sources)
    for r, c in queue:
        for cell in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            inside = 0 <= cell[0] < level.height and 0 <= cell[1] < level.width
            if inside and cell not in distance and BY_CHAR[level.rows[cell[0]][cell[1]]].passable:
                distance[cell] = distance[r, c] + 1
                queue.append(cell)
    return distance


# --- writing -----------------------------------------------------------------------------------

_DEFAULT = {field.name: field.default for field in fields(Level)}


def number_text(value: float) -> str:
    """The shortest decimal text that reads back as `value`, without an exponent."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def write(level: Level) -> str:
    """The level as text; `parse(write(level)) == level`. Lines at their default are left out."""
    lines = [f"{key}: {value}" for key, value in _lines(level)]
    return "\n".join([*lines, "", "map:", *level.rows, ""])


def _lines(level: Level) -> Iterator[tuple[str, str]]:
    for key in ("title", "author", "goal", "ends", "steps"):
        value = getattr(level, key)
        if value != _DEFAULT[key]:
            yield key, str(value)
    rewards = {"goal": level.goal_reward, "step": level.step_reward}
    changed = {k: v for k, v in rewards.items() if v != _DEFAULT[f"{k}_reward"]}
    if changed:
        yield "reward", _pairs_text(changed.items())
    if level.costs:
        yield "cost", _pairs_text(level.costs)
    if level.slip:
        yield "slip", number_text(level.slip)
    if level.vary:
        yield "vary", " ".join(level.vary)


def _pairs_text(pairs: Any) -> str:
    return " ".join(f"{name}={number_text(value)}" for name, value in pairs)


def canonical(level: Level) -> str:
    """What matters for play, and nothing else, as text: two levels that play alike agree in it."""
    names = {BY_CHAR[char].name for char in set("".join(level.rows))}
    costs = tuple(
        (tile.name, level.cost(tile.char))
        for tile in TILES
        if tile.name in names and level.cost(tile.char) != tile.cost
    )
    return write(replace(level, title="", author="", vary=(), costs=costs))


# --- symmetry ----------------------------------------------------------------------------------


def mirrored(level: Level) -> Level:
    """The level with left and right swapped."""
    return replace(level, rows=tuple(row[::-1] for row in level.rows))


def rotated(level: Level) -> Level:
    """The level turned clockwise by a quarter."""
    return replace(level, rows=tuple("".join(column[::-1]) for column in zip(*level.rows)))


def variants(level: Level) -> list[tuple[str, Level]]:
    """The symmetric variants that `vary` allows, each with a name, the level itself first."""
    found = [("", level)]
    if MIRROR in level.vary:
        found.append(("mirrored", mirrored(level)))
    if ROTATE in level.vary:
        for name, variant in list(found):
            for quarter in (90, 180, 270):
                variant = rotated(variant)
                found.append((f"{name} turned {quarter}".strip(), variant))
    return found

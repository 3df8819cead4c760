"""Levels as text: parse, check, write.

A level file is a header of `key: value` lines and a map. `parse` reads one and reports *all* that
is wrong with it at once, as `file:line:column: what is wrong - what to do`; `write` is its inverse.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from game.dialects import (
    DIALECTS,
    MAX_TEXT,
    Dialect,
    Report,
    check_shape,
    check_size,
    dialect_of,
)
from game.tiles import (
    BY_CHAR,
    BY_NAME,
    CANDIDATE,
    DIRECTIONS,
    FLOOR,
    GOAL,
    ICE,
    PATROL,
    RESERVED,
    SETTINGS,
    START,
    TILES,
)
from game.values import (
    NORMAL,
    PERMUTATIONS,
    SHUFFLED,
    Fault,
    OneOf,
    Range,
    Value,
    find_words,
    meant,
    quote,
    raise_all,
    read_number,
    read_pairs,
    read_value,
    read_word,
    text_of,
)

MAX_BYTES = 1 << 20
STEPS, MAX_STEPS = 50, 10_000  # of an episode
MAX_LINES = 10_000
MAX_LINE = 10_000  # characters of a header line, its comment apart
MAX_PROBLEMS = 100
MAX_NODES = 65_536  # that are walked to; a level with more has too many states anyway

MIRROR, ROTATE = "mirror", "rotate"
NO_WIND = "none"
WINDS = dict(zip(("north", "south", "west", "east"), DIRECTIONS))
NAMES = tuple(dict.fromkeys(tile.name for tile in TILES if tile.passable))


@dataclass(frozen=True)
class Level:
    """One level text, immutable. It may describe a family (candidate goals, `vary`, ranges, sets).

    `rows` are the map's rows, all of one length; `goal_reward` and `step_reward` are in units of
    return; `costs` overrides entering costs by tile name, and `defines` refines tiles by the
    setting's label ("M every"), both in the order of the tile table. `controls` is "normal",
    "shuffled", or the moves of the actions up, down, left and right, as "down up left right".
    `shown` is what agents see in its stead: of a drawn level, the family with nominal values.
    `places` are the line numbers of a file's header keys and labels, and of its map's first row.
    """

    rows: tuple[str, ...]
    title: str = ""
    author: str = ""
    goal: str = "hidden"
    ends: str = "goal"
    steps: int = STEPS
    goal_reward: float = 1.0
    step_reward: float = -0.1
    costs: tuple[tuple[str, Value], ...] = ()
    slip: Value = 0.0
    controls: str = NORMAL
    wind: str = NO_WIND
    wind_chance: Value = 0.0
    defines: tuple[tuple[str, Value], ...] = ()
    vary: tuple[str, ...] = ()
    shown: Level | None = field(default=None, compare=False, repr=False)
    places: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def find(self, char: str) -> list[tuple[int, int]]:
        """All cells (row, column), from 0, that show `char`, in reading order."""
        rows = [(r, row) for r, row in enumerate(self.rows) if char in row]
        return [(r, c) for r, row in rows for c, x in enumerate(row) if x == char]

    def cost(self, char: str) -> Value:
        """What entering a cell of this tile costs in this level, in units of `step_reward`."""
        tile = BY_CHAR[char]
        return dict(self.costs).get(tile.name, tile.cost)

    def setting(self, label: str) -> Value:
        """A tile's setting by its label, as "I slip": as defined here, or the default."""
        return dict(self.defines).get(label, SETTINGS[label].default)


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
        row = self.row[first : first + width]
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in row)
        return f"    {shown}\n    {' ' * (self.column - 1 - first)}^"


class LevelError(Exception):
    """A level file cannot be used; `problems` holds every reason, each with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


# --- header values: each reader turns a value's text into fields of Level ----------------------


def _choice(what: str, *choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise Fault(f"unknown {what} {quote(text)}", meant(text, choices))
        return text

    return read


def _line_of_text(text: str) -> str:
    bad = next((i for i, c in enumerate(text) if not c.isprintable()), None)
    if bad is not None:
        raise Fault(f"unprintable character {quote(text[bad])}", "remove it", bad)
    if len(text) > MAX_TEXT:
        raise Fault(f"text of {len(text)} characters", f"use at most {MAX_TEXT}", MAX_TEXT)
    return text


def _steps(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_STEPS:
        raise Fault(
            f"steps {quote(text)} is not a whole number from 1 to {MAX_STEPS}",
            "give the steps of an episode, as 'steps: 50'",
        )
    return int(text)


def _rewards(text: str) -> dict[str, Any]:
    pairs = read_pairs(
        text, ["goal", "step"], lambda name, value, at: read_number(value, name, -1000, 1000, at)
    )
    return {f"{name}_reward": value for name, value in pairs.items()}


def _costs(text: str) -> dict[str, Any]:
    def read(name: str, value: str, at: int) -> Value:
        return read_value(value, name, 0, 1000, at, whole="range")

    pairs = read_pairs(text, NAMES, read)
    return {"costs": tuple((name, pairs[name]) for name in NAMES if name in pairs)}


def _controls(text: str) -> dict[str, Any]:
    """`normal`, `shuffled`, or four moves, those of the actions up, down, left and right."""
    words = [(m.start(), m[0]) for m in find_words(text)]
    given = [word for _, word in words]
    if len(words) == 1:
        return {"controls": _choice("controls", NORMAL, SHUFFLED)(text)}
    for i, (offset, word) in enumerate(words):
        if word not in DIRECTIONS:
            raise Fault(f"unknown move {quote(word)}", meant(word, DIRECTIONS), offset)
        if word in given[:i]:
            raise Fault(f"'{word}' is given twice", "name each of the four moves once", offset)
    if len(words) != len(DIRECTIONS):
        todo = "write 'normal', 'shuffled', or the four moves, as 'down up left right'"
        raise Fault(f"{len(words)} moves for the controls", todo)
    return {"controls": NORMAL if tuple(given) == DIRECTIONS else " ".join(given)}


def _wind(text: str) -> dict[str, Any]:
    """`none`, or where it blows to and the chance that it does."""
    words = [(m.start(), m[0]) for m in find_words(text)]
    example = "write 'none', or as 'east 0.2'"
    if not words:
        raise Fault("nothing is given", example)
    direction = _choice("wind", NO_WIND, *WINDS)(words[0][1])
    wanted = 1 if direction == NO_WIND else 2
    if len(words) < wanted:
        raise Fault(f"the wind {quote(direction)} has no chance", example)
    if len(words) > wanted:
        raise Fault(f"{quote(words[wanted][1])} is too much", example, words[wanted][0])
    if direction == NO_WIND:
        return {}
    offset, chance = words[1]
    return {"wind": direction, "wind_chance": read_value(chance, "wind", 0, 1, offset)}


def _define(text: str) -> dict[str, Any]:
    """`M kind=x every=2`: a tile, and its settings."""
    tile = text[:1] if text[1:2] in ("", " ", "\t") else find_words(text)[0][0]
    known = [setting for setting in SETTINGS.values() if setting.tile == tile]
    if not known:
        tiles = ", ".join(dict.fromkeys(setting.tile for setting in SETTINGS.values()))
        raise Fault(f"{quote(tile)} is no tile with settings", f"use one of: {tiles}")

    def read(key: str, value: str, at: int) -> Value:
        setting = SETTINGS[f"{tile} {key}"]
        if setting.words:
            return read_word(value, key, setting.words, at)
        whole = "all" if setting.whole else ""
        return read_value(value, key, setting.low, setting.high, at, whole)

    try:
        pairs = read_pairs(text[1:], [setting.key for setting in known], read)
    except Fault as fault:
        for one in (fault, *fault.others):
            one.offset += 1
        raise
    return {"defines": tuple((s.label, pairs[s.key]) for s in known if s.key in pairs)}


def _vary(text: str) -> dict[str, Any]:
    if text == "none":
        return {"vary": ()}
    given: list[str] = []
    faults = []
    for match in find_words(text):
        if match[0] not in (MIRROR, ROTATE):
            todo = meant(match[0], [MIRROR, ROTATE])
            faults.append(Fault(f"unknown variation {quote(match[0])}", todo, match.start()))
        elif match[0] in given:
            faults.append(Fault(f"'{match[0]}' is given twice", "keep one of them", match.start()))
        given.append(match[0])
    if not given:
        faults.append(Fault("nothing is given", "write 'none', or as 'mirror rotate'"))
    raise_all(faults)
    return {"vary": tuple(word for word in (MIRROR, ROTATE) if word in given)}


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
    "slip": _sets("slip", partial(read_value, what="slip", low=0, high=1)),
    "controls": _controls,
    "wind": _wind,
    "define": _define,
    "vary": _vary,
    "dialect": _sets("dialect", _choice("dialect", *DIALECTS)),
}
LINE_KEYS = (*_HEADER, "map")


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
        text = text.decode("utf-8", errors="surrogateescape")
    if (more := text.count("\n")) > MAX_LINES:
        what = f"a file of {more + 1:,} lines"
        return None, [Problem(name, MAX_LINES + 1, 1, what, f"use at most {MAX_LINES:,}")]
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]

    def report(line: int, column: int, what: str, todo: str) -> None:
        if _ESCAPED.match(lines[line - 1], column - 1):
            return  # said already
        problems.append(Problem(name, line, column, what, todo, lines[line - 1]))
        if len(problems) > MAX_PROBLEMS:
            raise _Enough

    problems += itertools.islice(_undecodable(lines, name), MAX_PROBLEMS)
    whole = dialect_of(name)  # a file of others as it stands, without a header of ours
    if whole and any(line.partition(";")[0].strip(" \t") == "map:" for line in lines):
        whole = None
    with contextlib.suppress(_Enough):
        settings, map_line = ({}, 0) if whole else _read_header(lines, report)
        dialect = DIALECTS.get(settings.pop("dialect", ""), whole)
        rows: tuple[str, ...] = ()
        if dialect and (whole or map_line):
            rows, settings = _read_theirs(dialect, lines, map_line, settings, report)
        elif map_line and "dialect" not in settings["places"]:  # else nobody knows how to read it
            rows = _read_map(lines, map_line, settings, report)
    if problems:
        return None, _in_order(problems)
    defines = dict(settings.pop("defines", ()))
    settings["defines"] = tuple((label, defines[label]) for label in SETTINGS if label in defines)
    return Level(rows=rows, **settings), []


_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes, by surrogateescape


class _Enough(Exception):
    """So many problems that no more are looked for."""


def _in_order(problems: list[Problem]) -> list[Problem]:
    """By place; the last says so where there are more than anybody reads."""
    found = sorted(problems, key=lambda p: (p.line, p.column))
    if len(found) > MAX_PROBLEMS:
        found[-1] = replace(found[-1], what="and more problems", todo="mend the others first")
    return found


def _undecodable(lines: list[str], name: str) -> Iterator[Problem]:
    """The first byte of each line that is no text, and was escaped."""
    for number, line in enumerate(lines, 1):
        if not line.isascii() and (found := _ESCAPED.search(line)):
            what = f"byte 0x{ord(found[0]) - 0xDC00:02x} is not UTF-8 text"
            yield Problem(name, number, found.start() + 1, what, "save the file as UTF-8", line)


def _read_header(lines: list[str], report: Report) -> tuple[dict[str, Any], int]:
    """The fields that the header sets, and the number of the `map:` line (0: there is none)."""
    settings: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        content = line.partition(";")[0]
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
                report(number, at, "text behind 'map:'", "start the map on the next line")
            return settings | {"places": seen | {"map": number + 1}}, number
        if not colon or key not in _HEADER:
            _report_line(number, column, key, content.strip(" \t"), bool(colon), report)
            continue
        found: dict[str, Any] = {}
        try:
            found = _HEADER[key](value)
        except Fault as fault:
            for one in (fault, *fault.others):
                report(number, min(at, len(line) + 1) + one.offset, one.what, one.todo)
        defines = found.get("defines", ())
        for name in dict(defines) if key == "define" else [key]:
            if seen.setdefault(name, number) != number:
                what = f"{quote(name)} is already on line {seen[name]}"
                report(number, column, what, "keep one of them")
        settings |= found | {"defines": settings.get("defines", ()) + defines}
    last = max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)
    report(last, 1, "there is no map", "write 'map:' and the map's rows below the header")
    return settings, 0


def _report_line(
    number: int, column: int, key: str, content: str, colon: bool, report: Report
) -> None:
    """Say what is wrong with a line that is no header line."""
    if len(content) > 2 and all(c in BY_CHAR for c in content) and not key.isalpha():
        report(number, column, "a row of a map in the header", "write 'map:' before the first row")
    elif colon:
        report(number, column, f"unknown key {quote(key)}", meant(key, LINE_KEYS))
    else:
        todo = "write 'key: value', or begin the line with ';' for a comment"
        report(number, column, f"{quote(content)} is not a header line", todo)


def _read_map(
    lines: list[str], map_line: int, settings: dict[str, Any], report: Report
) -> tuple[str, ...]:
    first = map_line + 1
    below = lines[map_line:]
    strays = [i for i, row in enumerate(below[: MAX_PROBLEMS + 1]) if _belongs_above(row)]
    for i in strays:
        report(first + i, 1, "a header line or comment below 'map:'", "move it above 'map:'")
    raw = below[: strays[0]] if strays else below
    while raw and not raw[-1]:
        raw.pop()
    rows = tuple(row.replace(" ", FLOOR) for row in raw)
    if not rows:
        report(map_line, 1, "the map is empty", "write its rows below 'map:'")
    elif check_size(rows, first, report):
        whole = check_shape(rows, first, report)
        whole &= _check_tiles(rows, first, report)
        whole &= _check_ends(rows, first, report)
        if whole:
            _check_reach(Level(rows, **settings), first, report)
    return rows


def _read_theirs(
    dialect: Dialect, lines: list[str], above: int, settings: dict[str, Any], report: Report
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The rows in our tiles, and the settings; what the header says counts more than the map."""
    reading = dialect.read(lines[above:], above + 1, report)
    if reading is None:
        return (), settings
    places = settings.get("places", {}) | {"map": reading.first}
    steps = min(max(STEPS, 2 * reading.way), MAX_STEPS)
    settings = {"steps": steps} | reading.settings | settings | {"places": places}
    _check_reach(Level(reading.rows, **settings), reading.first, report)
    return reading.rows, settings


def _belongs_above(row: str) -> bool:
    """Whether what stands below `map:` is a comment or a header line; no row of tiles looks so."""
    key, colon, _ = row.partition(":")
    return row.lstrip(" \t").startswith(";") or (colon != "" and key.strip(" \t") in LINE_KEYS)


def _check_tiles(rows: tuple[str, ...], first: int, report: Report) -> bool:
    """Only tiles of the table, and of each teleporter no more than two."""
    whole = True
    seen: dict[str, int] = {}
    for i, row in enumerate(rows):
        for j, char in enumerate(row):
            seen[char] = seen.get(char, 0) + 1
            if char in RESERVED:
                what = f"'{char}' is reserved for {RESERVED[char]}, which are not there yet"
                todo = "use another tile"
            elif char == "\t":
                what, todo = "a tab", "use spaces: each is one tile of floor"
            elif char not in BY_CHAR:
                what = f"unknown tile {quote(char)}"
                todo = "'main.py levels legend' lists the tiles"
            elif BY_CHAR[char].effect == "teleporter" and seen[char] == 3:
                what = f"a third teleporter '{char}'"
                todo = "use another digit: two of each are a pair"
            else:
                continue
            report(first + i, j + 1, what, todo)
            whole = False
    return whole


def _check_ends(rows: tuple[str, ...], first: int, report: Report) -> bool:
    text = "".join(rows)
    if START not in text:
        report(first, 1, "no start", f"put '{START}' where the episode begins")
    if GOAL not in text and CANDIDATE not in text:
        todo = f"put '{GOAL}' at the goal, or '{CANDIDATE}' at each cell where it may be"
        report(first, 1, "no goal", todo)
    return START in text and (GOAL in text or CANDIDATE in text)


def _check_reach(level: Level, first: int, report: Report) -> None:
    """Every start needs a way to some goal or candidate, by any luck."""
    starts = level.find(START)
    nodes = explore(level, starts)
    if len(nodes) > MAX_NODES:
        return
    before: dict[Node, list[Node]] = {}
    for node, (_, exits) in nodes.items():
        for ahead in exits:
            before.setdefault(ahead, []).append(node)
    hopeful = [node for node in nodes if level.rows[node[0]][node[1]] in (GOAL, CANDIDATE)]
    seen = set(hopeful)
    for node in hopeful:
        fresh = [n for n in before.get(node, ()) if n not in seen]
        seen.update(fresh)
        hopeful += fresh
    for row, column in starts:
        if (row, column, "") not in seen:
            todo = "open a way to it through the walls"
            report(first + row, column + 1, "no goal can be reached from this start", todo)


# --- walking, without opponents ----------------------------------------------------------------

Cell = tuple[int, int]  # row and column, from 0
Node = tuple[int, int, str]  # row, column, keys held
_BACK = dict(zip(DIRECTIONS, ("down", "up", "right", "left")))
_STEPS = dict(zip(DIRECTIONS, ((-1, 0), (1, 0), (0, -1), (0, 1))))


def reachable(level: Level, start: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Cells that can be reached from `start`, opponents apart, each with its distance in moves."""
    distance: dict[tuple[int, int], int] = {}
    for (row, column, _), (steps, _) in explore(level, [start]).items():
        distance.setdefault((row, column), steps)
    return distance


def explore(level: Level, starts: list[tuple[int, int]]) -> dict[Node, tuple[int, list[Node]]]:
    """What can be reached: nodes in the order of their distance, each with that and its exits.

    It gives up behind MAX_NODES of them.
    """
    distance: dict[Node, int] = dict.fromkeys(((r, c, "") for r, c in starts), 0)
    found: dict[Node, tuple[int, list[Node]]] = {}
    exits_of = _walker(level)
    queue = list(distance)
    for node in queue:
        if len(found) > MAX_NODES:
            break
        exits = exits_of(node)
        found[node] = distance[node], exits
        for ahead in exits:
            if ahead not in distance:
                distance[ahead] = distance[node] + 1
                queue.append(ahead)
    return found


def _walker(level: Level) -> Callable[[Node], list[Node]]:
    """Where each single move may lead to; a wind that always blows leaves only its own move."""
    rows, height, width = level.rows, level.height, level.width
    certain = WINDS[level.wind] if level.wind_chance == 1 else None
    moves = [(move, *_STEPS[move]) for move in DIRECTIONS if certain in (None, move)]
    ends = {"lava", "goal"} if level.ends == "goal" else {"lava"}
    twins = {a: b for char in set("".join(rows)) for a, b in teleporters(level, char)}

    def exits(node: Node) -> list[Node]:
        row, column, keys = node
        here = BY_CHAR[rows[row][column]].effect
        found: list[Node] = []
        if here in ends:
            return found
        for move, down, right in moves:
            r, c = row + down, column + right
            if not (0 <= r < height and 0 <= c < width) or (here in _BACK and here != move):
                continue
            tile = BY_CHAR[rows[r][c]]
            if not tile.passable or tile.effect == _BACK[move]:
                continue
            if tile.effect == "door" and tile.char.lower() not in keys:
                continue
            if tile.effect == "key" and tile.char not in keys:
                found.append((r, c, "".join(sorted(keys + tile.char))))
            else:
                found.append((*twins.get((r, c), (r, c)), keys))
        return found

    return exits


def teleporters(level: Level, char: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where the teleporters `char` lead: a pair leads both ways, a single nowhere."""
    if BY_CHAR[char].effect != "teleporter":
        return []
    cells = level.find(char)
    return list(zip(cells, cells[::-1])) if len(cells) == 2 else []


# --- writing -----------------------------------------------------------------------------------

_DEFAULT = {field.name: field.default for field in fields(Level)}


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
        yield "slip", text_of(level.slip)
    if level.controls != NORMAL:
        yield "controls", level.controls
    if level.wind != NO_WIND:
        yield "wind", f"{level.wind} {text_of(level.wind_chance)}"
    for tile in dict.fromkeys(label[0] for label, _ in level.defines):
        pairs = [(label[2:], value) for label, value in level.defines if label[0] == tile]
        yield "define", f"{tile} {_pairs_text(pairs)}"
    if level.vary:
        yield "vary", " ".join(level.vary)


def _pairs_text(pairs: Any) -> str:
    return " ".join(f"{name}={text_of(value)}" for name, value in pairs)


def canonical(level: Level) -> str:
    """What matters for play, and nothing else, as text: two levels that play alike agree in it."""
    tiles = set("".join(level.rows))
    names = {BY_CHAR[char].name for char in tiles}
    costs = tuple(
        (name, cost)
        for name in NAMES
        if name in names and (cost := level.cost(BY_NAME[name].char)) != BY_NAME[name].cost
    )
    defines = tuple(
        (label, value)
        for label, value in level.defines
        if label[0] in tiles and value != SETTINGS[label].default
    )
    level = replace(level, title="", author="", vary=(), costs=costs, defines=defines)
    if level.wind_chance == 0:
        level = replace(level, wind=NO_WIND, wind_chance=0.0)
    return write(level)


# --- symmetry ----------------------------------------------------------------------------------


def mirrored(level: Level) -> Level:
    """The level with left and right swapped; where opponents set out to stays as it is."""
    rows = tuple(row[::-1] for row in level.rows)
    return _transformed(level, rows, {"left": "right", "right": "left"})


def rotated(level: Level) -> Level:
    """The level turned clockwise by a quarter; opponents still set out to the right, or down."""
    rows = tuple("".join(column[::-1]) for column in zip(*level.rows))
    turn = {"up": "right", "right": "down", "down": "left", "left": "up", "x": "y", "y": "x"}
    return _transformed(level, rows, turn)


_ARROWS = {tile.effect: tile.char for tile in TILES if tile.effect in DIRECTIONS}
_BLOWS = {move: wind for wind, move in WINDS.items()}


def _transformed(level: Level, rows: tuple[str, ...], words: dict[str, str]) -> Level:
    """The level with other rows, in which all that has a direction goes by other words."""
    arrows = str.maketrans({_ARROWS[a]: _ARROWS[b] for a, b in words.items() if a in _ARROWS})
    moves = {a: words.get(a, a) for a in DIRECTIONS}
    controls = level.controls
    if controls not in (NORMAL, SHUFFLED):
        turned = {moves[a]: moves[b] for a, b in zip(DIRECTIONS, controls.split())}
        controls = " ".join(turned[a] for a in DIRECTIONS)
    return replace(
        level,
        rows=tuple(row.translate(arrows) for row in rows),
        controls=controls,
        wind=_BLOWS[moves[WINDS[level.wind]]] if level.wind in WINDS else level.wind,
        defines=_turned_axis(level, words),
        shown=level.shown and _transformed(level.shown, rows, words),
    )


def _turned_axis(level: Level, words: dict[str, str]) -> tuple[tuple[str, Value], ...]:
    """The settings where a patrol's axis goes by other words, too."""
    label = f"{PATROL} kind"
    if not level.find(PATROL) or "x" not in words:
        return level.defines
    kind = level.setting(label)
    if isinstance(kind, OneOf):
        turned: Value = OneOf(tuple(words.get(str(k), k) for k in kind.members))
    else:
        turned = words.get(str(kind), kind) if isinstance(kind, str) else kind
    given = dict(level.defines) | {label: turned}
    return tuple((name, given[name]) for name in SETTINGS if name in given)


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


# --- what a task draws -------------------------------------------------------------------------


def place_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at one candidate (row, column), the others being floor."""
    rows = [list(row.replace(CANDIDATE, FLOOR)) for row in level.rows]
    rows[cell[0]][cell[1]] = GOAL
    shown = level.shown and place_goal(level.shown, cell)
    return replace(level, rows=tuple("".join(row) for row in rows), shown=shown)


def move_goal(level: Level, cell: tuple[int, int]) -> Level:
    """The level with its goal at this (row, column) instead; where it was there is floor."""
    without = tuple(row.replace(GOAL, FLOOR) for row in level.rows)
    shown = level.shown and move_goal(level.shown, cell)
    return place_goal(replace(level, rows=without, shown=shown), cell)


def can_move_goal(level: Level, cell: tuple[int, int]) -> bool:
    """Whether the goal may be moved to a (row, column): to floor that can be reached."""
    inside = 0 <= cell[0] < level.height and 0 <= cell[1] < level.width
    if not inside or level.rows[cell[0]][cell[1]] not in (FLOOR, GOAL):
        return False
    moved = move_goal(level, cell)
    return all(cell in reachable(moved, start) for start in moved.find(START))


def values(level: Level) -> dict[str, Value]:
    """All that a task may draw besides goal and variant, each by its label."""
    found: dict[str, Value] = {"slip": level.slip}
    found["controls"] = PERMUTATIONS if level.controls == SHUFFLED else level.controls
    if level.wind != NO_WIND:
        found[f"wind {level.wind}"] = level.wind_chance
    found |= {f"cost {name}": value for name, value in level.costs}
    return found | dict(level.defines)


def with_values(level: Level, chosen: dict[str, Value]) -> Level:
    """The level with some of its values replaced, by their labels."""
    return replace(
        level,
        slip=chosen.get("slip", level.slip),
        controls=str(chosen.get("controls", level.controls)),
        wind_chance=chosen.get(f"wind {level.wind}", level.wind_chance),
        costs=tuple((name, chosen.get(f"cost {name}", value)) for name, value in level.costs),
        defines=tuple((label, chosen.get(label, value)) for label, value in level.defines),
    )


def nominal(level: Level) -> Level:
    """What agents see of a family's values: the middle, the mean; of words and worths the default.

    Neither wind nor controls nor what opponents do is ever seen, so their values don't matter.
    """
    seen: dict[str, Value] = {}
    for label, value in values(level).items():
        if not isinstance(value, Range | OneOf):
            continue
        if label in SETTINGS and label != f"{ICE} slip":
            seen[label] = SETTINGS[label].default
        elif isinstance(value, Range):
            seen[label] = (value.low + value.high) / 2
        elif label == "controls":
            seen[label] = NORMAL
        else:
            seen[label] = sum(float(member) for member in value.members) / len(value.members)
    return with_values(level, seen)

"""Convert a level with a foreign map to our own notation, and keep the text around the map."""

from __future__ import annotations

import re
from collections.abc import Iterator

from game.text.dialects import MOVING_AI_NAME, SOKOBAN
from game.text.header import DEFAULTS
from game.text.header_edits import EditError, Path, set_value, value_at, with_header, without_line
from game.text.header_lines import BLANKS
from game.text.level import ENDS_BOXES, Level
from game.text.reading import LevelFile
from game.text.source_map import Patch, SourceMap, locate, patched
from game.text.tiles import FLOOR
from game.text.values import text_of
from game.text.writing import write

_TITLE = re.compile(r"(title|author)[ \t]*:(.*)", re.IGNORECASE)  # a line around a Sokoban map


def in_own_notation(source: SourceMap) -> str:
    """Return the level in our own notation: the same text where it is in that already.

    Our rows stand where the foreign ones stood. Header lines of ours stay as they are, without
    `dialect:`, and get those that the foreign map stands for. Text around the map becomes comments
    above it. A map with problems is converted cell by cell. Of a collection it is the one level, so
    that the text belongs into a file of its own.
    """
    if not source.dialect:
        return source.text
    level = LevelFile(source.text, source.name).examine(source.number)[0]
    level = level or _unchecked(source)
    if source.levels > 1 or not source.written:
        return write(level).lstrip("\n")
    try:
        source = with_header(source)
    except EditError:
        return write(level).lstrip("\n")
    for path, value in _implied(level):
        if value_at(source, path) is None:
            source = locate(set_value(source, path, value), source.name)
    return patched(source.text, [*_without_dialect(source), *_own_map(source, level)])


def _without_dialect(source: SourceMap) -> Iterator[Patch]:
    """The patches that remove the name of the format, with the blank line below it if that would
    be a second one, or the first line of the file."""
    for entry in source.entries_of("dialect"):
        begin, end, kept = without_line(source, entry)
        above, below = source.lines[: entry.line][-2:-1], source.lines[entry.line]
        if not (entry.parts.comment or "".join(above).strip(BLANKS) or below.strip(BLANKS)):
            end = source.next_begin(entry.line + 1)
        yield begin, end, kept


def _own_map(source: SourceMap, level: Level) -> Iterator[Patch]:
    """The patches that put the rows of a level in place of those of a foreign map."""
    line, last, end = source.map_line, source.row_places[-1][0], source.line_end(source.map_line)
    at = source.begins[line - 1]
    yield at, at, "".join(f"{comment}{end}" for comment in _comments(source, level))
    rows = "".join(f"{end}{row}" for row in level.rows)
    behind = source.text[source.end_of(last) :]
    if behind.strip():  # this stands above the map now
        rows += end if behind.endswith("\n") else ""
        yield source.end_of(line), len(source.text), rows
    else:
        yield source.end_of(line), source.end_of(last), rows


def _comments(source: SourceMap, level: Level) -> Iterator[str]:
    """The text around a foreign map as comments, without titles that the level has by now."""
    assert source.dialect is not None
    rows = {line for line, _ in source.row_places}
    for number in range(source.map_line + 1, len(source.lines) + 1):
        text = source.lines[number - 1].encode(errors="replace").decode().strip(BLANKS)
        if source.dialect.name == SOKOBAN:
            title = _TITLE.fullmatch(text)
            is_said = title and title[2].strip() == getattr(level, title[1].lower())
            text = "" if is_said or number in rows else text
        elif source.dialect.name == MOVING_AI_NAME:
            text = ""  # the format has no comments
        else:
            text = text.partition("#")[2].strip(BLANKS)
        if text:
            yield text if text.startswith(";") else f"; {text}"


def _implied(level: Level) -> Iterator[tuple[Path, str]]:
    """The header values that a foreign map may stand for, where the level has no default."""
    for name in ("title", "author"):
        if text := getattr(level, name):
            yield (name,), text
    for name in ("ends", "steps"):
        if (value := getattr(level, name)) != DEFAULTS[name]:
            yield (name,), str(value)
    if level.step_reward != DEFAULTS["step_reward"]:
        yield ("reward", "step"), text_of(level.step_reward)


def _unchecked(source: SourceMap) -> Level:
    """The level of a foreign map with problems, with all that can be told from its rows."""
    ends = ENDS_BOXES if source.is_puzzle else Level.ends
    return Level(source.board or (FLOOR,), ends=ends)

"""Change the header of a level's text in place: one value changes, and every other byte stays.

A value is addressed by a path:

- `("steps",)`: the whole value of a key's line;
- `("cost", "mud")`, `("reward", "step")`, `("slip", "left")`: a pair on the key's line;
- `("wind", "chance")`: the probability of a single wind;
- `("define", "M", "every")`, `("legend", "q", "worth")`: a setting of a tile or character;
- `("define", "M")`, `("legend", "q")`: everything behind the tile, and behind the `=`.
"""

from __future__ import annotations

from collections.abc import Sequence

from game.text.header import HEADER, TEXT_KEYS
from game.text.header_lines import BLANKS
from game.text.legend import LEGEND, LINE, TITLE, named_char
from game.text.level import WINDS
from game.text.quoted import quoted, unquoted
from game.text.source_map import Entry, Patch, SourceMap, locate, patched
from game.text.values import Fault, find_words

Path = tuple[str, ...]
Span = tuple[int, int]  # begin and end in a value
DEFINE = "define"
CHANCE = ("wind", "chance")
_LINES = (DEFINE, LEGEND)  # keys with a line for each tile or character


class EditError(ValueError):
    """An edit cannot be made; the message says why, and what to do."""


# --- reading -----------------------------------------------------------------------------------


def value_at(source: SourceMap, path: Path) -> str | None:
    """Return the value with a path as it is written; None where the header does not have it.

    Texts for people come without the quotes around them.
    """
    found = _find(source, path)
    if found is None:
        return None
    entry, (begin, end) = found
    text = entry.parts.value[begin:end]
    return unquoted(text) if _is_text(path) else text


def _is_text(path: Path) -> bool:
    """Whether a path leads to a line of text for people."""
    return path[0] in TEXT_KEYS or (path[0] == LEGEND and path[2:] == ("title",))


def _find(source: SourceMap, path: Path) -> tuple[Entry, Span] | None:
    """The first header line that has a value, and where it is in the value of the line."""
    for entry in _lines_of(source, path):
        if (span := _span(entry, path)) is not None:
            return entry, span
    return None


def _lines_of(source: SourceMap, path: Path) -> list[Entry]:
    """The header lines that a path is about: those of its key, and of its tile or character."""
    found = source.entries_of(path[0])
    if path[0] in _LINES:
        return [entry for entry in found if _owner(entry) == path[1]]
    return found


def _owner(entry: Entry) -> str:
    """The tile or character that a line is about."""
    value = entry.parts.value
    if entry.key == LEGEND:
        return named_char(value)
    return value[:1] if value[1:2] in ("", *BLANKS) else ""


def _span(entry: Entry, path: Path) -> Span | None:
    """The place of a value within the value of its line; None where the line does not have it."""
    value = entry.parts.value
    if path == CHANCE:
        words = _words(value)
        return words[1] if len(words) == 2 and value.split()[0] in WINDS else None
    if len(path) == (3 if path[0] in _LINES else 2):
        pair = _pairs(entry).get(path[-1])
        return pair and pair[1]
    begin = {LEGEND: value.find("=") + 1, DEFINE: 1}.get(path[0], 0)
    return len(value) - len(value[begin:].lstrip(BLANKS)), len(value)


def _words(text: str) -> list[Span]:
    """The places of the words of a value, in which a range or set is one word."""
    try:
        return [word.span() for word in find_words(text)]
    except Fault:  # more words than any valid line has
        return []


def _pairs(entry: Entry) -> dict[str, tuple[Span, Span]]:
    """The pairs of a line by name: where the pair is, and its value."""
    value, found = entry.parts.value, dict[str, tuple[Span, Span]]()
    head = _head_end(entry)
    rest = " " * head + value[head:]
    if entry.key == LEGEND and (title := TITLE.search(rest)):
        found["title"] = title.span(), (title.start("text") - 1, title.end())
        rest = rest[: title.start()] + " " * len(title[0]) + rest[title.end() :]
    for begin, end in _words(rest):
        name, equals, _ = rest[begin:end].partition("=")
        if equals and name not in found:
            found[name] = (begin, end), (begin + len(name) + 1, end)
    return found


def _head_end(entry: Entry) -> int:
    """The end of a line's tile, behind which its settings stand."""
    if entry.key == LEGEND:
        found = LINE.match(entry.parts.value)
        return found.end("tile") if found else len(entry.parts.value)
    return 1 if entry.key == DEFINE else 0


# --- changing ----------------------------------------------------------------------------------


def set_value(source: SourceMap, path: Path, value: str) -> str:
    """Return the text with a value changed or added.

    A line that is missing is added where the order of the others suggests it. Raises EditError
    where the value cannot stand on a line, or has nothing to belong to.
    """
    value = value.strip(BLANKS)
    _check_value(path, value)
    if value_at(source, path) == value:
        return source.text
    source = with_header(source)
    ways = [value]
    if _is_text(path):  # a comment with quotes would end a text that has none itself
        ways = [_in_quotes(source, path, value), f'"{value}"', quoted(value)]
    for written in ways:
        new = patched(source.text, _changes(source, path, written))
        found = value_at(locate(new, source.name, source.number), path)
        if found == value:
            return new
    raise EditError(f"{value!r} cannot stand on this line - write it without quotes and ';'")


def remove_value(source: SourceMap, path: Path) -> str:
    """Return the text without a value: its pair, or its whole line where nothing else is on it.

    A comment on the line stays, on a line of its own.
    """
    return patched(source.text, list(_removals(source, path)))


def with_header(source: SourceMap) -> SourceMap:
    """Return the source with a header of ours above a foreign file, which stays as it is."""
    if source.map_line or not source.written:
        return source
    first = 1 if source.dialect else source.row_places[0][0]
    end, at = source.line_end(first), source.begins[first - 1]
    lines = [f"dialect: {source.dialect.name}", ""] if source.dialect else []
    text = patched(source.text, [(at, at, end.join([*lines, "map:", ""]))])
    found = locate(text, source.name, source.number)
    if found.written != source.written:
        raise EditError("no header can stand above this map - convert it to our own notation")
    return found


def _check_value(path: Path, value: str) -> None:
    """Raise EditError for a value that would end its line, or begin a comment."""
    if any(char in value for char in "\r\n"):
        raise EditError("a value of several lines - write it on one line")
    if ";" in value and path[0] not in TEXT_KEYS:
        raise EditError("a ';' in a value would begin a comment - leave it out")
    if path[2:] == ("title",) and '"' in value:
        raise EditError("a '\"' in the title of a legend would end it - leave it out")


def _in_quotes(source: SourceMap, path: Path, value: str) -> str:
    """A text for people as it is written, in quotes where it needs them or had them before."""
    if path[0] == LEGEND:
        return f'"{value}"'
    written, found = quoted(value), _find(source, path)
    had_quotes = found is not None and found[0].parts.value[:1] == '"'
    return f'"{written}"' if had_quotes and written == value else written


def _changes(source: SourceMap, path: Path, value: str) -> list[Patch]:
    """The patches that set a value which is already in the words of the text."""
    if found := _find(source, path):
        entry, (begin, end) = found
        others = _lines_of(source, path)[1:] if path[0] == DEFINE and len(path) == 2 else []
        removed = [without_line(source, other) for other in others]
        return [_replacement(source, entry, begin, end, value), *removed]
    lines = _lines_of(source, path)
    if path == CHANCE:
        raise EditError("there is no single wind - choose its direction first")
    if path[0] == LEGEND and len(path) == 3 and not lines:
        raise EditError(f"the legend has no line for '{path[1]}' - choose its tile first")
    if not lines:
        return [_new_line(source, path, value)]
    entry, pair = lines[-1], f"{path[-1]}={value}"
    end = len(entry.parts.value)
    if path[0] not in _LINES and not _pairs(entry):
        return [_replacement(source, entry, 0, end, pair)]
    return [_replacement(source, entry, end, end, f" {pair}")]


def _replacement(source: SourceMap, entry: Entry, begin: int, end: int, new: str) -> Patch:
    """The patch that replaces a part of an entry's value."""
    parts, at = entry.parts, source.begins[entry.line - 1]
    if parts.value:
        return at + parts.begin + begin, at + parts.begin + end, new
    behind = at + parts.colon + 1  # where there is no value yet
    if parts.line[parts.colon + 1 : parts.colon + 2] in (*BLANKS,):
        return behind + 1, behind + 1, new
    return behind, behind, f" {new}"


# --- lines -------------------------------------------------------------------------------------


def _new_line(source: SourceMap, path: Path, value: str) -> Patch:
    """The patch that adds a line for a value."""
    text = value
    if len(path) == (3 if path[0] in _LINES else 2):
        text = f"{path[-1]}={value}"
    if path[0] in _LINES:
        text = f"{path[1]} {'= ' if path[0] == LEGEND else ''}{text}"
    line = f"{path[0]}: {text}"
    above, below = _neighbours(source, path[0])
    if above:
        at = source.end_of(above)
        return at, at, source.line_end(above) + line
    if below:
        at = source.begins[below - 1]
        return at, at, line + source.line_end(below)
    last = len(source.lines)
    if source.lines[-1]:
        return len(source.text), len(source.text), source.line_end(last) + line
    return len(source.text), len(source.text), line + source.line_end(last)


def _neighbours(source: SourceMap, key: str) -> tuple[int, int]:
    """The line above a new line with a key, or else the line below it; 0 for none.

    It follows the last line that the table of keys has before it; else it precedes all others, and
    the comment that belongs to the first of them.
    """
    ranks = {name: rank for rank, name in enumerate(HEADER)}
    before = [entry for entry in source.entries if ranks[entry.key] <= ranks[key]]
    if before:
        return max(before, key=lambda entry: (ranks[entry.key], entry.line)).line, 0
    below = min((entry.line for entry in source.entries), default=source.map_line)
    if not below:
        return 0, 0
    top = below
    while top > 1 and source.lines[top - 2].lstrip(BLANKS).startswith(";"):
        top -= 1
    if top == 1:  # a comment on the whole file
        top = below
    if not source.entries:
        while top > 1 and not source.lines[top - 2].strip(BLANKS):
            top -= 1
    return 0, top


def without_line(source: SourceMap, entry: Entry) -> Patch:
    """The patch that removes a line, except for its comment."""
    begin, parts = source.begins[entry.line - 1], entry.parts
    if parts.comment:
        return begin, source.end_of(entry.line) - len(parts.comment), ""
    if entry.line < len(source.begins) or entry.line == 1:
        return begin, source.next_begin(entry.line), ""
    return source.end_of(entry.line - 1), source.end_of(entry.line), ""


def _removals(source: SourceMap, path: Path) -> Sequence[Patch]:
    """The patches that remove a value wherever the header has it."""
    lines = _lines_of(source, path)
    if len(path) < (3 if path[0] in _LINES else 2):
        return [without_line(source, entry) for entry in lines]
    if path == CHANCE:
        raise EditError("a wind has a probability - remove the wind")
    patches = []
    for entry in lines:
        pairs = _pairs(entry)
        if path[-1] not in pairs:
            continue
        if len(pairs) == 1 and path[0] != LEGEND:
            patches.append(without_line(source, entry))
            continue
        value, (begin, end) = entry.parts.value, pairs[path[-1]][0]
        if before := value[:begin].rstrip(BLANKS):
            begin = len(before)
        else:
            end = len(value) - len(value[end:].lstrip(BLANKS))
        patches.append(_replacement(source, entry, begin, end, ""))
    return patches

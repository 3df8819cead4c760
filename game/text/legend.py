"""The `legend:` lines of a level: characters of its own, each a tile with settings of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from game.text.dialects.foreign_map import MAX_TEXT
from game.text.level import Fields, LegendTile, Level
from game.text.quoted import line_of_text
from game.text.tiles import ARROWS, BY_CHAR, BY_NAME, FREE, ICE, LEGEND_SETTINGS, SETTINGS
from game.text.values import (
    Fault,
    OneOf,
    Range,
    Value,
    average,
    quote,
    read_pairs,
    read_setting,
    text_of,
)

LEGEND = "legend"  # the key of these lines
EXAMPLE = "write it as 'q = o worth=-1'"
LINE = re.compile(r"(?P<char>[^ \t])(?P<equals>[ \t]*=[ \t]*)(?P<tile>[^ \t]+)")
TITLE = re.compile(r'(?:^|(?<=[ \t]))title="(?P<text>[^"]*)"(?=[ \t]|$)')

_UP_TO_TITLE = re.compile(r'[^;"]*[ \t]title="[^"]*"')


def keys_of(tile: str) -> list[str]:
    """The keys that a legend line may set for a tile, besides its title, as they are written."""
    return [setting.key for setting in LEGEND_SETTINGS.values() if setting.tile == tile]


# --- reading and writing -----------------------------------------------------------------------


def read_legend(text: str) -> Fields:
    """Read a character, its tile and its settings, as `q = o worth=-1`. Raises Fault."""
    found = LINE.match(text)
    if not found:
        raise Fault(f"{quote(text)} is no legend", EXAMPLE)
    char, tile = found["char"], found["tile"]
    if char not in FREE:
        what = f"{quote(char)} is not free"
        if char in BY_CHAR:
            what = f"{quote(char)} is already a tile ({BY_CHAR[char].name})"
        raise Fault(what, "use another character of the keyboard, as 'p' or 'q'")
    if tile not in BY_CHAR:
        raise Fault(f"unknown tile {quote(tile)}", _tile_meant(tile), found.start("tile"))
    rest, title = _cut_title(text, found.end("tile"))
    settings = _read_settings(rest, tile) if rest.strip(" \t") else {}
    ordered = tuple((key, settings[key]) for key in keys_of(tile) if key in settings)
    return {"legend": (LegendTile(char, tile, ordered, title),)}


def without_legend_comment(line: str) -> str:
    """The line without its comment. A title with a `;` is kept whole: `read_legend` reports it."""
    found = _UP_TO_TITLE.match(line)
    end = found.end() if found else 0
    return line[:end] + line[end:].partition(";")[0]


def named_char(text: str) -> str:
    """The character that a legend line gives a meaning, even if the line has a fault; or ""."""
    char, equals = text[:1], text[1:].lstrip(" \t")[:1]
    return char if char in FREE and equals == "=" else ""


def _tile_meant(text: str) -> str:
    if text in BY_NAME:
        return f"did you mean '{BY_NAME[text].char}' ({text})?"
    if text[0] in BY_CHAR:
        return f"put a blank behind '{text[0]}', or {EXAMPLE}"
    return "'main.py levels legend' lists the tiles"


def _cut_title(text: str, begin: int) -> tuple[str, str]:
    """The text of the settings, blank up to `begin` and where the title was, and the title."""
    rest = " " * begin + text[begin:]
    found = TITLE.search(rest)
    if not found:
        if (at := re.search(r"(?<=[ \t])title[ \t]*=", rest)) is not None:
            todo = "write it as title=\"Fool's gold\", without ';' or '\"' inside"
            raise Fault("the title is not in quotes", todo, at.start())
        return rest, ""
    if (semicolon := found["text"].find(";")) >= 0:
        todo = "a title in a legend has no ';' and no '\"'"
        raise Fault("a ';' in the title", todo, found.start("text") + semicolon)
    try:
        title = line_of_text(found["text"].strip(" \t"), MAX_TEXT)
    except Fault as fault:
        fault.offset += found.start("text")
        raise
    return rest[: found.start()] + " " * len(found[0]) + rest[found.end() :], title


def _read_settings(text: str, tile: str) -> dict[str, Value]:
    def read(key: str, value: str, at: int) -> Value:
        return read_setting(LEGEND_SETTINGS[f"{tile} {key}"], value, at)

    known = keys_of(tile)
    try:
        return read_pairs(text, known or ["title"], read)
    except Fault as fault:
        for one in (fault, *fault.others):
            if one.what.startswith("unknown name"):
                name = BY_CHAR[tile].name
                one.todo = f"'{tile}' ({name}) has the settings: {', '.join([*known, 'title'])}"
                if "title" in one.what:
                    one.what, one.todo = "a second title", "keep one of them"
        raise


def write_legend(level: Level) -> Iterator[str]:
    """Yield the text of each legend line."""
    for one in level.legend:
        settings = [f"{key}={text_of(value)}" for key, value in one.settings]
        title = [f'title="{one.title}"'] if one.title else []
        yield " ".join([one.char, "=", one.tile, *settings, *title])


def join_legend(settings: Fields, found: Fields) -> Fields:
    """The fields read so far with those of one more legend line."""
    return settings | {"legend": settings.get("legend", ()) + found.get("legend", ())}


# --- draws -------------------------------------------------------------------------------------


def draws_of_legend(level: Level) -> dict[str, Value]:
    """The settings of the characters that the map has, by labels as "q worth"."""
    chars = level.chars if level.legend else set()
    return {
        f"{one.char} {key}": value
        for one in level.legend
        for key, value in one.settings
        if one.char in chars
    }


def assign_legend(level: Level, chosen: dict[str, Value]) -> Fields:
    """The legend with the chosen values."""
    return {"legend": tuple(_assigned(one, chosen) for one in level.legend)}


def _assigned(one: LegendTile, chosen: dict[str, Value]) -> LegendTile:
    pairs = ((key, chosen.get(f"{one.char} {key}", value)) for key, value in one.settings)
    return replace(one, settings=tuple(pairs))


def nominal_of_legend(level: Level, label: str, value: Range | OneOf) -> Value:
    """The mean of a cost or slip, and the default of any other setting."""
    tile, key = level.tile(label[0]), label[2:]
    if key in ("cost", "slip"):
        return average(value)
    default = SETTINGS.get(f"{tile} {key}")
    return default.default if default else level.goal_reward


def turn_legend(level: Level, words: dict[str, str]) -> Fields:
    """The axis of each patrol that has one of its own, and the direction of one-way tiles."""
    arrows = {ARROWS[a]: ARROWS[b] for a, b in words.items() if a in ARROWS}

    def turned(one: LegendTile) -> LegendTile:
        pairs = ((k, turn_kind(v, words) if k == "kind" else v) for k, v in one.settings)
        return replace(one, tile=arrows.get(one.tile, one.tile), settings=tuple(pairs))

    return {"legend": tuple(map(turned, level.legend))}


def turn_kind(kind: Value, words: dict[str, str]) -> Value:
    """The kind of a patrol when its map is turned."""
    if isinstance(kind, OneOf):
        return OneOf(tuple(words.get(str(k), k) for k in kind.members))
    return words.get(kind, kind) if isinstance(kind, str) else kind


# --- canonical form ----------------------------------------------------------------------------


def uses(level: Level, char: str, key: str) -> bool:
    """Whether a character of the map has a setting from elsewhere than its own legend line."""
    one = level.legend_tile(char)
    return one is None or key not in dict(one.settings)


def settled_legend(level: Level) -> Level:
    """The level with its legend in canonical form.

    Characters that play alike become one, and a tile of the table where they play like it. The
    others get names in reading order. A character has all settings by which it differs from the
    default, whichever line they came from.
    """
    chars = level.chars
    for tile in dict.fromkeys(one.tile for one in level.legend if one.char in chars):
        level = _with_one_source(level, tile)
    present = list(dict.fromkeys("".join(level.rows)))
    plain = replace(level, legend=())
    legend = {one.char: _settled(plain, one) for one in level.legend}
    names: dict[str | tuple[Any, ...], str] = {}
    table: dict[str, str | int | None] = {}
    kept: list[LegendTile] = []
    for char in (c for c in present if c in legend):
        one = legend[char]
        if not one.settings:
            table[char] = one.tile
            continue
        drawn = any(isinstance(value, Range | OneOf) for _, value in one.settings)
        alike = char if drawn else (one.tile, one.settings)  # drawn values differ between the two
        if alike not in names:
            names[alike] = FREE[len(names)]
            kept.append(replace(one, char=names[alike]))
        table[char] = names[alike]
    rows = tuple(row.translate(str.maketrans(table)) for row in level.rows)
    return replace(level, rows=rows, legend=tuple(kept))


def without_plain_characters(level: Level) -> Level:
    """The level without the legend lines of characters that play as a tile of the table does.

    The map has that tile in their place; all other lines stay as they are.
    """
    plain = replace(level, legend=())
    table: dict[str, str | int | None] = {
        one.char: one.tile
        for one in level.legend
        if one.char not in level.chars or not _settled(plain, one).settings
    }
    rows = tuple(row.translate(str.maketrans(table)) for row in level.rows)
    kept = tuple(one for one in level.legend if one.char not in table)
    return replace(level, rows=rows, legend=kept)


def _with_one_source(level: Level, tile: str) -> Level:
    """The level with the settings of a tile from `define:` alone, or from the legend alone.

    They are defined if all cells of the tile have the same ones. It makes no difference where they
    came from. Where some are drawn, they stay as they are.
    """
    keys = [setting.key for setting in SETTINGS.values() if setting.tile == tile]
    if not keys:
        return level
    chars = [char for char in sorted(level.chars) if level.tile(char) == tile]
    found = {c: {key: level.setting(f"{c} {key}") for key in keys} for c in chars}
    drawn = any(isinstance(v, Range | OneOf) for own in found.values() for v in own.values())
    unused = [char for char in FREE if all(char != one.char for one in level.legend)]
    if drawn or (tile in chars and not unused):
        return level
    alike = all(own == found[chars[0]] for own in found.values())
    defines = {label: value for label, value in level.defines if label[0] != tile}
    if alike:
        defines |= {f"{tile} {key}": value for key, value in found[chars[0]].items()}
    elif tile in chars:
        plain = LegendTile(unused[0], tile)
        rows = tuple(row.replace(tile, plain.char) for row in level.rows)
        level = replace(level, rows=rows, legend=(*level.legend, plain))
        found[plain.char] = found.pop(tile)

    def settled(one: LegendTile) -> LegendTile:
        others = {key: value for key, value in one.settings if key not in keys}
        return replace(one, settings=tuple((others if alike else found[one.char] | others).items()))

    legend = tuple(settled(one) if one.char in found else one for one in level.legend)
    ordered = tuple((label, defines[label]) for label in SETTINGS if label in defines)
    return replace(level, defines=ordered, legend=legend)


def _settled(level: Level, one: LegendTile) -> LegendTile:
    """The legend tile without a title, with all settings that make a difference to play.

    `level` is the level without its legend.
    """
    plain = {key: level.setting(f"{one.tile} {key}") for key in keys_of(one.tile)}
    sided = bool(level.slip_left or level.slip_right)  # then a slip of one's own is another
    own = {
        key: value
        for key, value in one.settings
        if value != plain[key] or (sided and key == "slip" and one.tile != ICE)
    }
    if own:
        own |= {
            key: value
            for key, value in plain.items()
            if key not in own
            and isinstance(value, int | float | str)
            and f"{one.tile} {key}" in _WITH_DEFAULTS
            and value != _WITH_DEFAULTS[f"{one.tile} {key}"]
        }
    ordered = tuple((key, own[key]) for key in keys_of(one.tile) if key in own)
    return LegendTile(one.char, one.tile, ordered)


# settings whose default is that of the table, not one of the level
_WITH_DEFAULTS = {label: s.default for label, s in SETTINGS.items()} | {
    label: s.default for label, s in LEGEND_SETTINGS.items() if s.key == "cost"
}

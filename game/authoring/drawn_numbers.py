"""Numbers of a level's header that each task may draw: fixed, a range, or a set, by one click."""

from __future__ import annotations

import math

from game.text.header_edits import CHANCE, DEFINE, EditError, Path, set_value, value_at
from game.text.legend import LEGEND
from game.text.source_map import SourceMap
from game.text.tiles import BY_NAME, LARGEST, LEGEND_SETTINGS, SETTINGS, Setting
from game.text.values import (
    DECIMALS,
    Fault,
    OneOf,
    Range,
    Value,
    average,
    read_setting,
    text_of,
)

FIXED, RANGE, SET = "fixed", "range", "set"
KINDS = (FIXED, RANGE, SET)  # in the order of clicks
_WIND_CHANCE = 0.2  # of a wind that is not there yet


def setting_at(source: SourceMap, path: Path) -> Setting | None:
    """Return limits and default of a value that tasks may draw; None for any other value."""
    key, *rest = path
    if key == "cost" and len(rest) == 1 and rest[0] in BY_NAME:
        return Setting("", key, BY_NAME[rest[0]].cost, 0, LARGEST, whole="range")
    if key == "slip" or path == CHANCE:
        return Setting("", key, _WIND_CHANCE if path == CHANCE else 0.0, 0, 1)
    if key == DEFINE and len(rest) == 2:
        return SETTINGS.get(" ".join(rest))
    if key == LEGEND and len(rest) == 2:
        tile = (value_at(source, path[:2]) or " ")[0]
        return LEGEND_SETTINGS.get(f"{tile} {rest[1]}")
    return None


def value_of(source: SourceMap, path: Path) -> Value:
    """Return the value that a task draws from; the default where the header does not have it.

    Raises EditError where it cannot be drawn, or has a fault.
    """
    setting, text = setting_at(source, path), value_at(source, path)
    if setting is None:
        raise EditError(f"'{' '.join(path)}' is the same in all tasks - choose one value")
    try:
        return setting.default if text is None else read_setting(setting, text, 0)
    except Fault as fault:
        raise EditError(f"{fault.what} - {fault.todo}") from None


def kind_of(value: Value) -> str:
    """Return whether a value is fixed, a range or a set."""
    return RANGE if isinstance(value, Range) else SET if isinstance(value, OneOf) else FIXED


def turn_value(source: SourceMap, path: Path) -> str:
    """Return the text with a value of the next kind: fixed, range, set, and fixed again.

    Words have no range. Raises EditError for a value that tasks do not draw, or that has a fault.
    """
    setting, value = setting_at(source, path), value_of(source, path)
    assert setting is not None  # else there is no value
    kinds = [kind for kind in KINDS if kind != RANGE or not setting.words]
    kind = kinds[(kinds.index(kind_of(value)) + 1) % len(kinds)]
    return set_value(source, path, text_of(_with_kind(value, kind, setting)))


def _with_kind(value: Value, kind: str, setting: Setting) -> Value:
    """A value made fixed, a range around it, or a set, within the limits of its setting."""
    if setting.words:
        return _words_as(value, kind, setting.words)
    if kind == FIXED:
        return _fixed(value, setting)
    low, high = _ends(value, setting)
    if kind == RANGE:
        return Range(low, high, whole=bool(setting.whole))
    return OneOf((low, high) if low < high else (low,))


def _words_as(value: Value, kind: str, words: tuple[str, ...]) -> Value:
    """A value of a setting with these words: its first word, or the set of all."""
    members = value.members if isinstance(value, OneOf) else (str(value),)
    if kind == FIXED:
        return members[0]
    return OneOf((*members, *(word for word in words if word not in members)))


def _fixed(value: Value, setting: Setting) -> float:
    """The middle of what may be drawn."""
    middle = average(value) if isinstance(value, Range | OneOf) else float(value)
    return math.floor(middle + 0.5) if setting.whole else round(middle, DECIMALS)


def _ends(value: Value, setting: Setting) -> tuple[float, float]:
    """The least and the largest number of a range or set, or those around a fixed number."""
    if isinstance(value, Range):
        return value.low, value.high
    if isinstance(value, OneOf):
        numbers = [float(member) for member in value.members]
        return _rounded(min(numbers), max(numbers), setting)
    number = float(value)
    radius = abs(number) / 2 or min(1.0, setting.high / 5)
    radius = max(1.0, math.floor(radius)) if setting.whole else radius
    room = min(number - setting.low, setting.high - number)
    radius = min(radius, room) if room > 0 else radius
    low, high = max(setting.low, number - radius), min(setting.high, number + radius)
    return _rounded(low, high, setting)


def _rounded(low: float, high: float, setting: Setting) -> tuple[float, float]:
    """The ends of a range, rounded outwards to whole numbers, or to the decimals of a file."""
    if setting.whole:
        return math.floor(low), math.ceil(high)
    return round(low, DECIMALS), round(high, DECIMALS)

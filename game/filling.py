"""Read untrusted data: JSON and TOML, and dataclasses that are filled from their tables.

The readers refuse what no file of ours holds: deep nesting, endless lists, numbers that are not
finite or have over 64 bits, text that is no Unicode. A dataclass is filled without unknown or
missing keys, each value of the type that it declares; it checks ranges itself, in `__post_init__`.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from game.files import open_regular

Kind = TypeVar("Kind")
MOST_ITEMS = 16  # of a tuple of numbers
MOST_TEXTS = 100  # of a tuple of texts
MOST_SHOWN = 100  # characters of a value in a message
MOST_DEPTH = 20  # of tables and lists inside each other
MOST_VALUES = 1_000_000  # in a JSON file
MOST_DOTS = 50  # before a "=" of TOML: the parser's time grows with the square of a key's parts
MOST_BYTES = 1 << 24  # of a JSON file
IF_MISSING = "if missing"  # in a field's metadata: its value in tables older than the field


class Misfit(Exception):
    """A value that does not fit; `key` is whose, "" the whole table, and `what` completes the
    sentence that begins with it."""

    def __init__(self, key: str, what: str) -> None:
        self.key, self.what = key, what
        super().__init__(f"'{key}' {what}" if key else what)


# --- JSON and TOML -----------------------------------------------------------------------------


def parse_json(content: bytes, infinite: bool = False, any_text: bool = False) -> Any:
    """The value of a JSON file. Raises Misfit.

    `infinite` allows infinite numbers, and `any_text` strings that are no Unicode.
    """
    if len(content) > MOST_BYTES or sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        what = f"over {MOST_BYTES:,} bytes or {MOST_VALUES:,} values"
        raise Misfit("", f"this is no such file: it has {what}")
    try:
        value = json.loads(content.decode("utf-8"))
    except RecursionError:
        raise Misfit("", "it is nested too deeply") from None
    except ValueError as error:
        raise Misfit("", f"this is not valid JSON: {error}") from None
    _check_value("", value, infinite, any_text)
    return value


def read_json(path: str | Path) -> Any:
    """The value of a JSON file. Raises Misfit, or OSError where it is no regular file."""
    with open_regular(path) as file:
        return parse_json(file.read(MOST_BYTES + 1))


class TomlMisfit(Misfit):
    """TOML that cannot be read; `place` says where, as "LINE:COLUMN", if `key` does not."""

    def __init__(self, what: str, place: str = "1:1", key: str = "") -> None:
        super().__init__(key, what)
        self.place = place


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML file. Raises TomlMisfit."""
    for row, content in enumerate(text.split("\n"), 1):
        if "." in content and _has_long_key(content):
            raise TomlMisfit(f"a key of over {MOST_DOTS} parts - use plain keys", f"{row}:1")
    try:
        table = tomllib.loads(text)
        _check_value("", table, infinite=False, any_text=False)
    except tomllib.TOMLDecodeError as error:
        raise _toml_misfit(str(error)) from None
    except RecursionError:
        raise TomlMisfit("the TOML is nested too deeply - use plain keys and tables") from None
    except Misfit as misfit:
        raise TomlMisfit(f"{misfit.what} - correct it", key=misfit.key) from None
    except ValueError:  # Python reads no number of so many digits
        digits = re.search(r"[0-9_]{4000}", text)
        line = text.count("\n", 0, digits.start() if digits else 0) + 1
        what = "a number of thousands of digits - correct it"
        raise TomlMisfit(what, f"{line}:1") from None
    return table


def _has_long_key(line: str) -> bool:
    """Whether a key in a line of TOML may have over MOST_DOTS parts."""
    parts = line.split("=")
    keys = parts if line.lstrip().startswith("[") else parts[:-1]
    return any(key.count(".") > MOST_DOTS for key in keys)


def _toml_misfit(message: str) -> TomlMisfit:
    """The parser's message, without the place at its end, and that place."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    what = f"{message[: place.start()] if place else message} - correct the TOML"
    if place and place[1]:
        return TomlMisfit(what, f"{place[1]}:{place[2]}")
    return TomlMisfit(what, " at the end of the file" if place else "1:1")


def _check_value(key: str, value: Any, infinite: bool, any_text: bool, depth: int = 0) -> None:
    """Raise Misfit where a value of a file is none that a file of ours holds."""
    if isinstance(value, dict | list):
        if depth == MOST_DEPTH:
            raise Misfit(key, "is nested too deeply")
        pairs = value.items() if isinstance(value, dict) else ((key, one) for one in value)
        for name, one in pairs:
            _check_value(name, one, infinite, any_text, depth + 1)
            if not (any_text or _is_text(name)):
                raise Misfit(key, "has a key that is no text")
    elif type(value) is int and not -(2**63) <= value < 2**63:
        raise Misfit(key, "is a whole number of over 64 bits")
    elif type(value) is float and not (math.isfinite(value) or (infinite and value == value)):
        raise Misfit(key, "is a number that is not finite")
    elif isinstance(value, str) and not (any_text or _is_text(value)):
        raise Misfit(key, "is no text")


def _is_text(value: str) -> bool:
    """Whether a string is Unicode text, or the name of a file that is not UTF-8."""
    if value.isascii():
        return True
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


# --- dataclasses -------------------------------------------------------------------------------


def fill(kind: type[Kind], values: Any) -> Kind:
    """A dataclass from a table, nested ones from nested tables. Raises Misfit; ValueError where the
    dataclass itself refuses a value."""
    hints = _known(kind, values)
    given = {key: _converted(key, value, hints[key]) for key, value in values.items()}
    for field in fields(kind):  # type: ignore[arg-type]
        if IF_MISSING in field.metadata:
            given.setdefault(field.name, field.metadata[IF_MISSING])
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name not in given:
            raise Misfit("", f"lacks '{field.name}'")
    return kind(**given)


def update(config: Kind, values: Any) -> Kind:
    """A dataclass with the values of a table in place of its own, nested ones from nested tables.
    Raises as `fill`."""
    hints, given = _known(type(config), values), {}
    for key, value in values.items():
        old = getattr(config, key)
        nested = is_dataclass(old) and isinstance(value, dict)
        given[key] = update(old, value) if nested else _converted(key, value, hints[key])
    return replace(config, **given)  # type: ignore[type-var]


def _known(kind: Any, values: Any) -> dict[str, Any]:
    """The types of a dataclass's fields by name. Raises Misfit where `values` is no table, or has
    a key that is no field."""
    if not isinstance(values, dict):
        raise Misfit("", "is no table of settings")
    hints = _hints(kind)
    unknown = next((key for key in values if key not in hints), None)
    if unknown is not None:
        raise Misfit(str(unknown), f"is not known here - {_meant(str(unknown), list(hints))}")
    return hints


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The types of a dataclass's fields by name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _meant(word: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(word, choices, 1)
    return f"did you mean '{close[0]}'?" if close else f"it is one of {choices}"


def _converted(key: str, value: Any, expected: Any) -> Any:
    """The value as the field takes it. Raises Misfit where it is of another type."""
    if is_dataclass(expected) and isinstance(value, dict):
        return fill(expected, value)  # type: ignore[arg-type]
    if not _fits(value, expected):
        raise Misfit(key, f"is {_short(value)}, and should be {type_text(expected)}")
    if expected is float:
        return float(value)
    return tuple(value) if get_origin(expected) is tuple else value


def _short(value: Any) -> str:
    """A value for a message; a long one is cut."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _fits(value: Any, expected: Any) -> bool:
    origin, arguments = get_origin(expected), get_args(expected)
    if expected is Any:
        return True
    if origin is Literal:
        return type(value) is str and value in arguments
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(one, arguments[1]) for one in value.values())
    if origin is list:  # no name in it is empty
        fit = isinstance(value, list) and all(_fits(one, arguments[0]) for one in value)
        return fit and "" not in value
    if origin is tuple:
        most = MOST_TEXTS if arguments[0] is str else MOST_ITEMS
        short = isinstance(value, list) and len(value) <= most
        return short and all(_fits(one, arguments[0]) for one in value)
    if expected is NoneType:
        return value is None
    return type(value) is expected or (expected is float and type(value) is int)


def type_text(expected: Any) -> str:
    """A type as people know it."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if origin in (list, tuple):
        return f"a list of {_PLURALS.get(arguments[0], 'values')}"
    if origin is dict:
        return "a table" if arguments[1] is Any else f"a table of {_PLURALS[arguments[1]]}"
    if origin in (Union, UnionType):
        return " or ".join(type_text(one) for one in arguments)
    return _NAMES.get(expected, "a table")


_NAMES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "nothing",
}
_PLURALS = {str: "texts", int: "whole numbers", float: "numbers"}

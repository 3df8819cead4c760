"""Fill a dataclass from untrusted data (a table of TOML or JSON).

No unknown key, no missing one, each value of the type that the dataclass declares. The dataclass
itself checks ranges, in `__post_init__`.
"""

from __future__ import annotations

import difflib
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")
MOST_ITEMS = 16  # of a tuple of numbers
MOST_TEXTS = 100  # of a tuple of texts
IF_MISSING = "if missing"  # in a field's metadata: its value in tables older than the field


class Misfit(Exception):
    """A value that does not fit; `key` is whose, "" the whole table, and `what` completes the
    sentence that begins with it."""

    def __init__(self, key: str, what: str) -> None:
        self.key, self.what = key, what
        super().__init__(f"'{key}' {what}" if key else what)


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
        raise Misfit(key, f"is {value!r}, and should be {type_text(expected)}")
    if expected is float:
        return float(value)
    return tuple(value) if get_origin(expected) is tuple else value


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
    if origin is list:  # of names, none of them empty
        return isinstance(value, list) and all(one and _fits(one, arguments[0]) for one in value)
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

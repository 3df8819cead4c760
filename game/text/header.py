"""The header of a level file, key by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from game.text.dialects import DIALECTS, MAX_TEXT
from game.text.level import MAX_STEPS, MIRROR, NAMES, NO_WIND, ROTATE, WINDS
from game.text.tiles import DIRECTIONS, SETTINGS
from game.text.values import (
    NORMAL,
    SHUFFLED,
    Fault,
    Value,
    find_words,
    meant,
    quote,
    raise_all,
    read_number,
    read_pairs,
    read_value,
    read_word,
)


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


HEADER: dict[str, Callable[[str], dict[str, Any]]] = {
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
LINE_KEYS = (*HEADER, "map")

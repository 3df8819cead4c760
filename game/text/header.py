"""The header of a level file: one `HeaderKey` record for each key.

A record holds all that the text of a level knows of its key: how it is read, written, brought into
canonical form, drawn from, shown to agents, and turned with the map. Adding a key is one record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from game.text.dialects import DIALECTS, MAX_TEXT
from game.text.level import MAX_STEPS, MIRROR, NAMES, NO_WIND, ROTATE, WINDS, Level
from game.text.tiles import BY_CHAR, BY_NAME, DIRECTIONS, ICE, LARGEST, PATROL, SETTINGS
from game.text.values import (
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

Fields = dict[str, Any]  # fields of Level by name
Words = dict[
    str, str
]  # directions and axes, and what they become when a map is mirrored or rotated
DEFAULTS = {field.name: field.default for field in fields(Level)}


def average(label: str, value: Range | OneOf) -> Value:
    """The middle of a range, or the mean of a set of numbers."""
    if isinstance(value, Range):
        return (value.low + value.high) / 2
    return sum(float(member) for member in value.members) / len(value.members)


@dataclass(frozen=True)
class HeaderKey:
    """One key of the header.

    Functions that give `Fields` return only those that differ; by default there are none.
    """

    name: str
    read: Callable[[str], Fields]
    """Read the text behind the colon. Raises Fault."""
    write: Callable[[Level], Iterable[str]] = lambda level: ()
    """The texts to write behind the colon, one a line; none where the level has the default."""
    settle: Callable[[Level], Fields] = lambda level: {}
    """Fields without what makes no difference to play: the canonical form."""
    draws: Callable[[Level], dict[str, Value]] = lambda level: {}
    """The values by label, of which a task draws those that are ranges or sets."""
    assign: Callable[[Level, dict[str, Value]], Fields] = lambda level, chosen: {}
    """Fields with the chosen values, by the labels of `draws`."""
    nominal: Callable[[str, Range | OneOf], Value] = average
    """The value that agents see in place of a range or set with this label."""
    turn: Callable[[Level, Words], Fields] = lambda level, words: {}
    """Fields of the level when its map is mirrored or rotated."""
    labels: Callable[[Fields], list[str]] | None = None
    """The labels that a line sets, for a key that may be on several lines."""

    def labels_of(self, found: Fields) -> list[str]:
        """The names that no second line of a file may set again."""
        return self.labels(found) if self.labels else [self.name]

    def join(self, settings: Fields, found: Fields) -> Fields:
        """The fields read so far with those of one more line."""
        if not self.labels:
            return settings | found
        joined = {name: dict(settings.get(name, ())) | dict(pairs) for name, pairs in found.items()}
        ordered = {name: sorted(pairs.items(), key=_place) for name, pairs in joined.items()}
        return settings | {name: tuple(pairs) for name, pairs in ordered.items()}


def _place(pair: tuple[str, Value]) -> int:
    """The place of a tile's setting in the table of settings."""
    return list(SETTINGS).index(pair[0])


# --- keys with a plain value -------------------------------------------------------------------


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
            "give the number of steps in an episode, as 'steps: 50'",
        )
    return int(text)


def _plain(name: str, read: Callable[[str], Any], in_play: bool = True) -> HeaderKey:
    """A key that sets the field of the same name; `in_play` says whether it matters for play."""
    default = DEFAULTS[name]

    def write(level: Level) -> Iterable[str]:
        value = getattr(level, name)
        return [] if value == default else [str(value)]

    def settle(level: Level) -> Fields:
        return {} if in_play else {name: default}

    return HeaderKey(name, lambda text: {name: read(text)}, write, settle)


# --- reward ------------------------------------------------------------------------------------


AUTO = "auto"  # a step reward that depends on the map, see `automatic_step_reward`


def _read_rewards(text: str) -> Fields:
    def read(name: str, value: str, at: int) -> Value:
        if (name, value) == ("step", AUTO):
            return AUTO
        return read_number(value, name, -LARGEST, LARGEST, at)

    pairs = read_pairs(text, ["goal", "step"], read)
    if pairs.get("step") == AUTO and float(pairs.get("goal", DEFAULTS["goal_reward"])) <= 0:
        todo = "give it a reward above 0, or write a number"
        raise Fault("'step=auto', and the goal pays nothing", todo, text.find("step="))
    return {f"{name}_reward": value for name, value in pairs.items()}


def _write_rewards(level: Level) -> Iterable[str]:
    rewards = {"goal": level.goal_reward, "step": level.step_reward}
    changed = {k: v for k, v in rewards.items() if v != DEFAULTS[f"{k}_reward"]}
    return [_pairs_text(changed.items())] if changed else []


def _pairs_text(pairs: Iterable[tuple[str, Value]]) -> str:
    return " ".join(f"{name}={text_of(value)}" for name, value in pairs)


# --- cost --------------------------------------------------------------------------------------


def _read_costs(text: str) -> Fields:
    def read(name: str, value: str, at: int) -> Value:
        return read_value(value, name, 0, LARGEST, at, whole="range")

    pairs = read_pairs(text, NAMES, read)
    return {"costs": tuple((name, pairs[name]) for name in NAMES if name in pairs)}


def _settle_costs(level: Level) -> Fields:
    present = {BY_CHAR[char].name for char in set("".join(level.rows))}
    costs = ((name, level.cost(BY_NAME[name].char)) for name in NAMES if name in present)
    return {"costs": tuple((name, cost) for name, cost in costs if cost != BY_NAME[name].cost)}


def _assign_costs(level: Level, chosen: dict[str, Value]) -> Fields:
    return {"costs": tuple((n, chosen.get(f"cost {n}", value)) for n, value in level.costs)}


# --- controls ----------------------------------------------------------------------------------


def _read_controls(text: str) -> Fields:
    """`normal`, `shuffled`, or the moves of the four actions up, down, left and right."""
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


def _turn_controls(level: Level, words: Words) -> Fields:
    if level.controls in (NORMAL, SHUFFLED):
        return {}
    turned = {words.get(a, a): words.get(b, b) for a, b in zip(DIRECTIONS, level.controls.split())}
    return {"controls": " ".join(turned[action] for action in DIRECTIONS)}


# --- wind --------------------------------------------------------------------------------------

_WIND_OF = {move: wind for wind, move in WINDS.items()}


def _read_wind(text: str) -> Fields:
    """`none`, or the direction that it blows to and its chance."""
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


def _write_wind(level: Level) -> Iterable[str]:
    return [] if level.wind == NO_WIND else [f"{level.wind} {text_of(level.wind_chance)}"]


def _turn_wind(level: Level, words: Words) -> Fields:
    if level.wind == NO_WIND:
        return {}
    move = WINDS[level.wind]
    return {"wind": _WIND_OF[words.get(move, move)]}


# --- define ------------------------------------------------------------------------------------

_AXIS = f"{PATROL} kind"  # the setting that has a direction


def _read_defines(text: str) -> Fields:
    """A tile and its settings, as `M kind=x every=2`."""
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


def _write_defines(level: Level) -> Iterable[str]:
    for tile in dict.fromkeys(label[0] for label, _ in level.defines):
        pairs = [(label[2:], value) for label, value in level.defines if label[0] == tile]
        yield f"{tile} {_pairs_text(pairs)}"


def _settle_defines(level: Level) -> Fields:
    tiles = set("".join(level.rows))
    return {
        "defines": tuple(
            (label, value)
            for label, value in level.defines
            if label[0] in tiles and value != SETTINGS[label].default
        )
    }


def _nominal_setting(label: str, value: Range | OneOf) -> Value:
    """The default of a setting, since agents see a neutral item; but ice slips as on average."""
    return average(label, value) if label == f"{ICE} slip" else SETTINGS[label].default


def _turn_defines(level: Level, words: Words) -> Fields:
    """The axis of the patrols, also where it is the default."""
    if not level.find(PATROL) or "x" not in words:
        return {}
    kind = level.setting(_AXIS)
    if isinstance(kind, OneOf):
        turned: Value = OneOf(tuple(words.get(str(k), k) for k in kind.members))
    else:
        turned = words.get(str(kind), kind) if isinstance(kind, str) else kind
    given = dict(level.defines) | {_AXIS: turned}
    return {"defines": tuple((label, given[label]) for label in SETTINGS if label in given)}


# --- vary --------------------------------------------------------------------------------------


def _read_vary(text: str) -> Fields:
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


# --- the table ---------------------------------------------------------------------------------

_read_slip = partial(read_value, what="slip", low=0, high=1)

HEADER: dict[str, HeaderKey] = {
    key.name: key
    for key in (  # in the order in which they are written: task ids depend on it
        _plain("title", _line_of_text, in_play=False),
        _plain("author", _line_of_text, in_play=False),
        _plain("goal", _choice("goal", "hidden", "visible")),
        _plain("ends", _choice("end", "goal", "never")),
        _plain("steps", _steps),
        HeaderKey("reward", _read_rewards, _write_rewards),
        HeaderKey(
            "cost",
            _read_costs,
            write=lambda level: [_pairs_text(level.costs)] if level.costs else [],
            settle=_settle_costs,
            draws=lambda level: {f"cost {name}": value for name, value in level.costs},
            assign=_assign_costs,
        ),
        HeaderKey(
            "slip",
            lambda text: {"slip": _read_slip(text)},
            write=lambda level: [text_of(level.slip)] if level.slip else [],
            draws=lambda level: {"slip": level.slip},
            assign=lambda level, chosen: {"slip": chosen.get("slip", level.slip)},
        ),
        HeaderKey(
            "controls",
            _read_controls,
            write=lambda level: [level.controls] if level.controls != NORMAL else [],
            draws=lambda level: {
                "controls": PERMUTATIONS if level.controls == SHUFFLED else level.controls
            },
            assign=lambda level, chosen: {"controls": str(chosen.get("controls", level.controls))},
            nominal=lambda label, value: NORMAL,
            turn=_turn_controls,
        ),
        HeaderKey(
            "wind",
            _read_wind,
            write=_write_wind,
            settle=lambda level: {} if level.wind_chance else {"wind": NO_WIND, "wind_chance": 0.0},
            draws=lambda level: (
                {} if level.wind == NO_WIND else {f"wind {level.wind}": level.wind_chance}
            ),
            assign=lambda level, chosen: {
                "wind_chance": chosen.get(f"wind {level.wind}", level.wind_chance)
            },
            turn=_turn_wind,
        ),
        HeaderKey(
            "define",
            _read_defines,
            write=_write_defines,
            settle=_settle_defines,
            draws=lambda level: dict(level.defines),
            assign=lambda level, chosen: {
                "defines": tuple((n, chosen.get(n, value)) for n, value in level.defines)
            },
            nominal=_nominal_setting,
            turn=_turn_defines,
            labels=lambda found: [label for label, _ in found.get("defines", ())],
        ),
        HeaderKey(
            "vary",
            _read_vary,
            write=lambda level: [" ".join(level.vary)] if level.vary else [],
            settle=lambda level: {"vary": ()},
        ),
        HeaderKey("dialect", lambda text: {"dialect": _choice("dialect", *DIALECTS)(text)}),
    )
}
LINE_KEYS = (*HEADER, "map")
# Tasks are numbered by what they draw, in this order; keys that are added draw after these.
_FIRST_DRAWN = ("slip", "controls", "wind", "cost", "define")
DRAWN: tuple[HeaderKey, ...] = tuple(
    HEADER[name] for name in dict.fromkeys([*_FIRST_DRAWN, *HEADER])
)

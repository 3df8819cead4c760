"""The header of a level file: one `HeaderKey` record for each key.

A record holds all that the text of a level knows of its key: how it is read, written, brought into
canonical form, drawn from, shown to agents, and turned with the map. Adding a key is one record.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from game.text.dialects import DIALECTS
from game.text.dialects.foreign_map import MAX_SIDE, MAX_TEXT
from game.text.legend import (
    assign_legend,
    draws_of_legend,
    join_legend,
    nominal_of_legend,
    read_legend,
    turn_kind,
    turn_legend,
    uses,
    write_legend,
)
from game.text.level import (
    ANY,
    ENDS_BOXES,
    MAX_STEPS,
    MIRROR,
    NAMES,
    NO_WIND,
    ROTATE,
    WINDS,
    Cell,
    Fields,
    Level,
    needs_candidates,
)
from game.text.quoted import line_of_text, quoted
from game.text.tiles import ACTIONS, BY_CHAR, BY_NAME, DIRECTIONS, ICE, LARGEST, PATROL, SETTINGS
from game.text.values import (
    NORMAL,
    PERMUTATIONS,
    PERMUTATIONS_OF_ALL,
    SHUFFLED,
    SHUFFLED_ALL,
    Fault,
    OneOf,
    Range,
    Value,
    average,
    controls_text,
    find_words,
    largest,
    meant,
    moves_of,
    quote,
    raise_all,
    read_number,
    read_pairs,
    read_set,
    read_setting,
    read_value,
    text_of,
)
from game.text.worlds import read_world

MAX_DESCRIPTION = 500  # characters
DEFAULTS = {field.name: field.default for field in fields(Level)}


Words = dict[str, str]  # directions and axes, and what they become when a map is turned


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
    nominal: Callable[[Level, str, Range | OneOf], Value] = lambda _, label, value: average(value)
    """The value that agents see in place of a range or set with this label."""
    turn: Callable[[Level, Words], Fields] = lambda level, words: {}
    """Fields of the level when its map is mirrored or rotated."""
    labels: Callable[[Fields], list[str]] | None = None
    """The labels that a line sets, for a key that may be on several lines."""
    join: Callable[[Fields, Fields], Fields] = lambda settings, found: settings | found
    """The fields read so far with those of one more line."""

    def labels_of(self, found: Fields) -> list[str]:
        """The names that no second line of a file may set again."""
        return self.labels(found) if self.labels else [self.name]


# --- keys with a plain value -------------------------------------------------------------------


def _choice(what: str, *choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise Fault(f"unknown {what} {quote(text)}", meant(text, choices))
        return text

    return read


def _steps(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_STEPS:
        raise Fault(
            f"steps {quote(text)} is not a whole number from 1 to {MAX_STEPS}",
            "give the number of steps in an episode, as 'steps: 50'",
        )
    return int(text)


def _plain(name: str, read: Callable[[str], Any]) -> HeaderKey:
    """A key that sets the field of the same name."""
    default = DEFAULTS[name]

    def write(level: Level) -> Iterable[str]:
        value = getattr(level, name)
        return [] if value == default else [str(value)]

    return HeaderKey(name, lambda text: {name: read(text)}, write)


def _text(name: str, longest: int = MAX_TEXT) -> HeaderKey:
    """A key with a line of text for people, which makes no difference to play."""

    def write(level: Level) -> Iterable[str]:
        text = getattr(level, name)
        return [quoted(text)] if text else []

    def settle(level: Level) -> Fields:
        return {name: ""}

    return HeaderKey(name, lambda text: {name: line_of_text(text, longest)}, write, settle)


# --- reward ------------------------------------------------------------------------------------


AUTO = "auto"  # a step reward that depends on the map, see `automatic_step_reward`


def _read_rewards(text: str) -> Fields:
    def read(name: str, value: str, at: int) -> Value:
        if (name, value) == ("step", AUTO):
            return AUTO
        return read_number(value, name, -LARGEST, LARGEST, at)

    pairs = read_pairs(text, ["goal", "step"], read)
    goal: Value = pairs.get("goal", Level.goal_reward)
    if pairs.get("step") == AUTO and not largest(goal) > 0:
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
    used = {
        BY_CHAR[level.tile(char)].cost_name for char in level.chars if uses(level, char, "cost")
    }
    costs = ((name, cost) for name, cost in level.costs if name in used)
    return {"costs": tuple((name, cost) for name, cost in costs if cost != BY_NAME[name].cost)}


def _assign_costs(level: Level, chosen: dict[str, Value]) -> Fields:
    return {"costs": tuple((n, chosen.get(f"cost {n}", value)) for n, value in level.costs)}


# --- slip --------------------------------------------------------------------------------------

_SIDES = ("left", "right")


def _read_slip(text: str) -> Fields:
    """A chance, or the chances of either side, as `left=0.3 right=0.1`."""
    if "=" not in text:
        return {"slip": read_value(text, "slip", 0, 1)}

    def read(name: str, value: str, at: int) -> Value:
        return read_value(value, f"slip {name}", 0, 1, at)

    pairs = read_pairs(text, _SIDES, read)
    most = sum(largest(value) for value in pairs.values())
    if most > 1:
        todo = "make their largest values add up to at most 1"
        raise Fault(f"left and right together may be {most:g}", todo)
    return {f"slip_{side}": value for side, value in pairs.items()}


def _write_slip(level: Level) -> Iterable[str]:
    sides = [(side, value) for side, value in zip(_SIDES, _slips(level)) if value]
    if sides:
        return [_pairs_text(sides)]
    return [text_of(level.slip)] if level.slip else []


def _slips(level: Level) -> tuple[Value, Value]:
    return level.slip_left, level.slip_right


def _settle_slip(level: Level) -> Fields:
    """The same chance to both sides is a plain slip."""
    left, right = _slips(level)
    if left != right or not isinstance(left, int | float):
        return {}
    return {"slip": level.slip if not left else 2 * left, "slip_left": 0.0, "slip_right": 0.0}


def _draw_slip(level: Level) -> dict[str, Value]:
    left, right = _slips(level)
    return {"slip": level.slip, "slip left": left, "slip right": right}


def _assign_slip(level: Level, chosen: dict[str, Value]) -> Fields:
    return {
        label.replace(" ", "_"): chosen.get(label, value)
        for label, value in _draw_slip(level).items()
    }


def _turn_slip(level: Level, words: Words) -> Fields:
    """A slip to the left of a move becomes one to its right in a mirror."""
    if "up" in words:
        return {}
    return {"slip_left": level.slip_right, "slip_right": level.slip_left}


# --- controls ----------------------------------------------------------------------------------

_DRAWN_CONTROLS = {SHUFFLED: PERMUTATIONS, SHUFFLED_ALL: PERMUTATIONS_OF_ALL}


def _read_controls(text: str) -> Fields:
    """One way of controls, or a set of them."""
    if text.startswith("{"):
        return {"controls": read_set(text, _read_moves)}
    return {"controls": _read_moves(text)}


def _read_moves(text: str, at: int = 0) -> str:
    """`normal`, `shuffled`, `shuffled all`, or the moves of the first four or of all actions."""
    words = [(at + m.start(), m[0]) for m in find_words(text)]
    given = [word for _, word in words]
    if given == SHUFFLED_ALL.split():
        return SHUFFLED_ALL
    if len(words) == 1:
        if given[0] not in (NORMAL, SHUFFLED):
            raise Fault(f"unknown controls {quote(text)}", meant(text, (NORMAL, SHUFFLED)), at)
        return given[0]
    known = DIRECTIONS if len(words) == len(DIRECTIONS) else ACTIONS
    for offset, word in words:
        if word not in ACTIONS:
            raise Fault(f"unknown move {quote(word)}", meant(word, known), offset)
    if len(words) not in (len(DIRECTIONS), len(ACTIONS)):
        todo = "write 'normal', 'shuffled', 'shuffled all', or four moves, as 'down up left right'"
        raise Fault(f"{len(words)} moves for the controls", f"{todo}, or five with 'stay'", at)
    for i, (offset, word) in enumerate(words):
        if word not in known:
            todo = f"name four moves without '{word}', or all five"
            raise Fault(f"four moves, and one is '{word}'", todo, offset)
        if word in given[:i]:
            raise Fault(f"'{word}' is given twice", "name each of the moves once", offset)
    return controls_text(given if known is ACTIONS else [*given, ACTIONS[-1]])


def _write_controls(level: Level) -> Iterable[str]:
    return [text_of(level.controls)] if level.controls != NORMAL else []


def _draw_controls(level: Level) -> dict[str, Value]:
    """The controls; of a set, each member is equally likely, and then each of its permutations."""
    if isinstance(level.controls, str):
        return {"controls": _DRAWN_CONTROLS.get(level.controls, level.controls)}
    groups = [_DRAWN_CONTROLS.get(str(m), OneOf((m,))).members for m in level.controls.members]
    size = math.lcm(*map(len, groups))
    return {
        "controls": OneOf(tuple(one for g in groups for one in g for _ in range(size // len(g))))
    }


def _turn_controls(level: Level, words: Words) -> Fields:
    def turn(controls: float | str) -> str:
        if controls in (NORMAL, *_DRAWN_CONTROLS):
            return str(controls)
        moves = moves_of(str(controls))
        turned = {words.get(a, a): words.get(b, b) for a, b in zip(ACTIONS, moves)}
        return controls_text([turned[action] for action in ACTIONS])

    return {"controls": _each(level.controls, turn)}


def _each(value: str | OneOf, change: Callable[[float | str], str]) -> str | OneOf:
    """A word or the members of a set, changed."""
    return OneOf(tuple(map(change, value.members))) if isinstance(value, OneOf) else change(value)


# --- wind --------------------------------------------------------------------------------------

_WIND_OF = {move: wind for wind, move in WINDS.items()}


def _read_wind(text: str) -> Fields:
    """One wind, or a set of winds, of which each has one chance."""
    if not text.startswith("{"):
        direction, chance = _read_one_wind(text)
        return {"wind": direction, "wind_chance": chance}

    def read(part: str, at: int) -> str:
        direction, chance = _read_one_wind(part, at)
        return _wind_text(direction, chance)

    return {"wind": read_set(text, read), "wind_chance": 0.0}


def _read_one_wind(text: str, at: int = 0) -> tuple[str, Value]:
    """`none`, or the direction that the wind blows to and its chance."""
    words = [(at + m.start(), m[0]) for m in find_words(text)]
    example = "write 'none', or as 'east 0.2'"
    if not words:
        raise Fault("nothing is given", example, at)
    direction = words[0][1]
    if direction not in (NO_WIND, *WINDS):
        raise Fault(f"unknown wind {quote(direction)}", meant(direction, (NO_WIND, *WINDS)), at)
    wanted = 1 if direction == NO_WIND else 2
    if len(words) < wanted:
        raise Fault(f"the wind {quote(direction)} has no chance", example, at)
    if len(words) > wanted:
        raise Fault(f"{quote(words[wanted][1])} is too much", example, words[wanted][0])
    if direction == NO_WIND:
        return direction, 0.0
    offset, chance = words[1]
    return direction, read_value(chance, "wind", 0, 1, offset)


def _wind_text(direction: str, chance: Value) -> str:
    return direction if direction == NO_WIND else f"{direction} {text_of(chance)}"


def _write_wind(level: Level) -> Iterable[str]:
    if isinstance(level.wind, OneOf):
        return [text_of(level.wind)]
    return [] if level.wind == NO_WIND else [_wind_text(level.wind, level.wind_chance)]


def _settle_wind(level: Level) -> Fields:
    if isinstance(level.wind, OneOf) or level.wind_chance:
        return {}
    return {"wind": NO_WIND, "wind_chance": 0.0}


def _draw_wind(level: Level) -> dict[str, Value]:
    if isinstance(level.wind, OneOf):
        return {"wind": level.wind}
    return {} if level.wind == NO_WIND else {f"wind {level.wind}": level.wind_chance}


def _assign_wind(level: Level, chosen: dict[str, Value]) -> Fields:
    if "wind" in chosen:
        direction, chance = _read_one_wind(str(chosen["wind"]))
        return {"wind": direction, "wind_chance": chance}
    return {"wind_chance": chosen.get(f"wind {level.wind}", level.wind_chance)}


def _nominal_wind(level: Level, label: str, value: Range | OneOf) -> Value:
    """The mean chance of a wind; no wind for a set of winds."""
    return NO_WIND if label == "wind" else average(value)


def _turn_wind(level: Level, words: Words) -> Fields:
    def turn(wind: float | str) -> str:
        direction, *chance = str(wind).split()
        move = WINDS.get(direction)
        return " ".join([_WIND_OF[words.get(move, move)] if move else direction, *chance])

    return {"wind": _each(level.wind, turn)}


# --- define ------------------------------------------------------------------------------------

_AXIS = f"{PATROL} kind"  # the setting that has a direction


def _read_defines(text: str) -> Fields:
    """A tile and its settings, as `M kind=x every=2`."""
    tile = text[:1] if text[1:2] in ("", " ", "\t") else find_words(text)[0][0]
    known = [setting for setting in SETTINGS.values() if setting.tile == tile]
    if not known:
        tiles = ", ".join(dict.fromkeys(setting.tile for setting in SETTINGS.values()))
        todo = f"use one of: {tiles}; a 'legend:' line can set more"
        raise Fault(f"{quote(tile)} is no tile with settings", todo)

    def read(key: str, value: str, at: int) -> Value:
        return read_setting(SETTINGS[f"{tile} {key}"], value, at)

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
    if not level.defines:
        return {}
    used = {
        f"{level.tile(char)} {s.key}"
        for char in level.chars
        for s in SETTINGS.values()
        if s.tile == level.tile(char) and uses(level, char, s.key)
    }
    return {
        "defines": tuple(
            (label, value)
            for label, value in level.defines
            if label in used and value != SETTINGS[label].default
        )
    }


def _nominal_setting(level: Level, label: str, value: Range | OneOf) -> Value:
    """The default of a setting, since agents see a neutral item; but ice slips as on average."""
    return average(value) if label == f"{ICE} slip" else SETTINGS[label].default


def _join_defines(settings: Fields, found: Fields) -> Fields:
    """The settings of all lines so far, in the order of the table."""
    joined = dict(settings.get("defines", ())) | dict(found.get("defines", ()))
    ordered = tuple((label, joined[label]) for label in SETTINGS if label in joined)
    return settings | {"defines": ordered}


def _turn_defines(level: Level, words: Words) -> Fields:
    """The axis of the patrols, also where it is the default."""
    if not level.find(PATROL) or "x" not in words:
        return {}
    given = dict(level.defines) | {_AXIS: turn_kind(level.setting(_AXIS), words)}
    return {"defines": tuple((label, given[label]) for label in SETTINGS if label in given)}


# --- candidates --------------------------------------------------------------------------------


def _read_cells(text: str) -> tuple[Cell, ...]:
    """Cells as `2,3 2,4`: row and column, from 1."""
    cells: list[Cell] = []
    for match in re.finditer(r"[^ \t]+", text):
        numbers = re.fullmatch(r"([0-9]{1,3}),([0-9]{1,3})", match[0])
        if not numbers or not all(1 <= int(n) <= MAX_SIDE for n in numbers.groups()):
            todo = "give row and column of each cell, as '2,3 2,4'"
            raise Fault(f"{quote(match[0])} is no cell", todo, match.start())
        cells.append((int(numbers[1]) - 1, int(numbers[2]) - 1))
    return tuple(sorted(set(cells)))


def _write_candidates(level: Level) -> Iterable[str]:
    """The cells, on one line for each row of the map: one for all may be too long to be read."""
    for _, cells in itertools.groupby(level.candidates, key=lambda cell: cell[0]):
        yield " ".join(f"{row + 1},{column + 1}" for row, column in cells)


def _join_candidates(settings: Fields, found: Fields) -> Fields:
    cells = {*settings.get("candidates", ()), *found.get("candidates", ())}
    return settings | {"candidates": tuple(sorted(cells))}


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

HEADER: dict[str, HeaderKey] = {
    key.name: key
    for key in (  # in the order in which they are written: task ids depend on it
        _text("title"),
        _text("author"),
        _text("description", MAX_DESCRIPTION),
        _plain("goal", _choice("goal", "hidden", "visible")),
        _plain("ends", _choice("end", "goal", "never", ENDS_BOXES)),
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
            _read_slip,
            write=_write_slip,
            settle=_settle_slip,
            draws=_draw_slip,
            assign=_assign_slip,
            turn=_turn_slip,
        ),
        HeaderKey(
            "controls",
            _read_controls,
            write=_write_controls,
            draws=_draw_controls,
            assign=lambda level, chosen: {"controls": chosen.get("controls", level.controls)},
            nominal=lambda level, label, value: NORMAL,
            turn=_turn_controls,
        ),
        HeaderKey(
            "wind",
            _read_wind,
            write=_write_wind,
            settle=_settle_wind,
            draws=_draw_wind,
            assign=_assign_wind,
            nominal=_nominal_wind,
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
            join=_join_defines,
        ),
        HeaderKey(
            "legend",
            read_legend,
            write=write_legend,
            draws=draws_of_legend,
            assign=assign_legend,
            nominal=nominal_of_legend,
            turn=turn_legend,
            labels=lambda found: [f"legend {one.char}" for one in found.get("legend", ())],
            join=join_legend,
        ),
        _plain("starts", _choice("starts", ANY)),
        HeaderKey(
            "candidates",
            lambda text: {"candidates": _read_cells(text)},
            write=_write_candidates,
            settle=lambda level: {} if needs_candidates(level) else {"candidates": ()},
            labels=lambda found: [
                f"candidates {row + 1}" for row, _ in found.get("candidates", ())
            ],
            join=_join_candidates,
        ),
        HeaderKey(
            "world",
            lambda text: {"world": read_world(text)},
            write=lambda level: [str(level.world)] if level.world else [],
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
TEXT_KEYS = ("title", "author", "description")
# Tasks are numbered by what they draw, in this order; keys that are added draw after these.
_FIRST_DRAWN = ("slip", "controls", "wind", "cost", "define")
DRAWN: tuple[HeaderKey, ...] = tuple(
    HEADER[name] for name in dict.fromkeys([*_FIRST_DRAWN, *HEADER])
)

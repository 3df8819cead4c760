"""The words for a level's tiles in a legend: their names or titles, and their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.legend import keys_of
from game.text.level import Level
from game.text.tiles import BY_CHAR, FLOOR, SETTINGS
from game.text.values import OneOf, Range, Value, text_of

Hidden = Mapping[str, Value | None]  # labels of settings, with their ranges where those are known
NEVER_ENTERED_AT_COST = ("goal", "candidate", "lava")  # effects of tiles that pay instead
MOST_MEMBERS = 5  # of a set that is written out
FORMS = {
    "cost": "costs {}",
    "slip": "slip {}",
    "worth": "worth {}",
    "kind": "patrol {}",
    "every": "every {}",
    "pays": "pays {}",
}
HUNTS = "patrol that hunts"
VERBS = ("cost", "pays")  # keys whose words follow the name without a colon


def hidden_settings(task: Task) -> dict[str, Value | None]:
    """Return the labels of all that was drawn for a task, each with its range if it has one.

    The settings that agents are shown otherwise are among them.
    """
    found: dict[str, Value | None] = {label: None for label, _ in task.drawn}
    for key, text in task.drawn:  # of packs that divide header lines, such as ("cost", "mud=7")
        names = [word.partition("=")[0] for word in text.split()]
        found |= {f"{start} {name}": None for name in names for start in (key, text[:1])}
    if task.level.shown:
        shown = drawable_values(task.level.shown)
        values = drawable_values(task.level)
        found |= {label: None for label, one in values.items() if shown.get(label) != one}
    if task.member:
        values = drawable_values(task.member)
        found |= {label: value for label, value in values.items() if isinstance(value, Range)}
    return found


def tile_words(level: Level, char: str, hidden: Hidden, reveal: bool) -> str:
    """Return the words for a character of the map: its title or name, and what is special about it.

    The values of `hidden` settings are marked as drawn. Unless `reveal` is true, they are replaced
    by their ranges, or by a question mark.
    """
    own = level.legend_tile(char)
    title = own.title if own else ""
    name = title or BY_CHAR[level.tile(char)].name
    words = dict(_words(level, char, hidden, reveal))
    text = ", ".join(words.values())
    if not words or ("kind" in words and not title):
        return text or name  # "patrol y" holds the name already
    return f"{name} {text}" if next(iter(words)) in VERBS and not title else f"{name}: {text}"


def _words(level: Level, char: str, hidden: Hidden, reveal: bool) -> Iterator[tuple[str, str]]:
    """Yield key and words of each setting that a legend names."""
    for key, label, value, is_usual in _settings(level, char):
        drawn = label in hidden
        if is_usual and not drawn:
            continue
        known = value if reveal or not drawn else hidden[label]
        text = FORMS[key].format("?" if known is None else value_words(known))
        text = HUNTS if key == "kind" and known == "hunt" else text
        drawn = drawn or isinstance(known, Range | OneOf)
        yield key, f"{text} (drawn)" if drawn else text


def _settings(level: Level, char: str) -> Iterator[tuple[str, str, Value, bool]]:
    """Yield key, label and value of a character's settings, and whether they need no mention."""
    tile = BY_CHAR[level.tile(char)]
    one = level.legend_tile(char)
    own = dict(one.settings) if one else {}
    keys = [key for key in keys_of(tile.char) if key != "cost"]
    if tile.passable and tile.effect not in NEVER_ENTERED_AT_COST:
        keys.insert(0, "cost")
    for key in keys:
        value = level.setting(f"{char} {key}")
        label = f"{tile.char} {key}" if key != "cost" else f"cost {tile.cost_name}"
        if key in own:
            yield key, f"{char} {key}", value, False
        elif key == "cost":
            yield key, label, value, value == level.cost(FLOOR)
        elif label in SETTINGS:
            yield key, label, value, value == SETTINGS[label].default


def value_words(value: Value) -> str:
    """Return a value in words: a range as "1 to 2", a set as "1, 2 or 3"."""
    if isinstance(value, Range):
        return f"{value_words(value.low)} to {value_words(value.high)}"
    if isinstance(value, OneOf):
        *first, last = map(value_words, value.members)
        if len(first) >= MOST_MEMBERS:
            return f"one of {len(value.members)}"
        return f"{', '.join(first)} or {last}" if first else last
    return text_of(value).replace("-", "−")


def describe_tile(level: Level, char: str) -> str:
    """Return a character of a level with the name of its tile and what that does."""
    tile, own = BY_CHAR[level.tile(char)], level.legend_tile(char)
    name = own.title if own and own.title else tile.name
    return f"'{char}' {name}, {tile.text}"


def name_tile(char: str) -> str:
    """Return a tile's character and name."""
    tile = BY_CHAR.get(char)
    return f"'{char}' ({tile.name})" if tile else f"'{char}'"

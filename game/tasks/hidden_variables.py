"""A task's hidden variables in words: their names, what they may do, and the values drawn."""

from __future__ import annotations

from collections.abc import Iterator

from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.level import ENDS_BOXES, NO_WIND, Level
from game.text.tiles import ACTIONS, BY_CHAR, COIN, GOAL, HUNTER, PATROL
from game.text.values import Value, moves_of, text_of

ROUTES = {"x": "walks along its row", "y": "walks along its column", "hunt": "pursues the agent"}
# what other tiles than the terrain are called, and the ending of a verb that follows
NAMES = {COIN: ("coins", ""), PATROL: ("the opponent", "s"), HUNTER: ("the hunter", "s")}
# what is hidden, in the order of the texts: its name, and what it may do to a person who plays
WORDS = {
    "controls": ("controls", "your controls may be swapped"),
    "slip": ("slip", "moves may slip"),
    "wind": ("wind", "a wind may blow"),
    "cost": ("cost of {names}", "the cost of {names} is unknown"),
    "worth": ("what {names} pay{s}", "what {names} pay{s} is unknown"),
    "pays": ("what {names} pay{s}", "what {names} pay{s} is unknown"),
    "kind": ("how {names} move{s}", "{names} may patrol or pursue you"),
    "every": ("how often {names} move{s}", "how often {names} move{s} is unknown"),
    "tile slip": ("slip on {names}", "moves on {names} may slip"),
}


def hidden_names(task: Task) -> list[str]:
    """Return the names of what agents do not observe of a task. They say nothing about its draw."""
    if task.level.world:
        return [task.level.world.rules.hidden]
    goal = ["goal"] if _hides_goal(task.level) else []
    return goal + [name for name, _ in _described(task)]


def hidden_hints(task: Task) -> list[str]:
    """Return what the hidden values may do, besides the goal, to a person who plays the task.

    The hints are the same for all draws of a level.
    """
    return [hint for _, hint in _described(task)]


def hidden_in_words(task: Task) -> list[str]:
    """Return what agents do not observe of a task: its goal, if hidden, and the values drawn."""
    return (["the goal"] if _hides_goal(task.level) else []) + values_in_words(task)


def values_in_words(task: Task) -> list[str]:
    """Return the values that were drawn for a task and are hidden, in words.

    A value set by the task's split is not in `Task.drawn`, but differs from the value shown.
    """
    level = task.level
    if level.world:
        return [f"{name} {value}" for name, value in task.drawn]
    shown = drawable_values(level.shown or level)
    drawn = {label for label, _ in task.drawn}
    found = {
        label: value
        for label, value in drawable_values(level).items()
        if label in drawn or value != shown.get(label)
    }
    calm = ["no wind"] if "wind" in _hidden_labels(level) and level.wind == NO_WIND else []
    present = [label for label in found if _is_present(label, level)]
    present.sort(key=lambda label: list(WORDS).index(_key_and_tile(level, label)[0]))
    return [_in_words(level, label, found[label]) for label in present] + calm


def _hides_goal(level: Level) -> bool:
    """Whether a level has a goal cell that agents do not observe."""
    return level.goal == "hidden" and level.ends != ENDS_BOXES and level.has((GOAL,))


def _hidden_labels(level: Level) -> tuple[str, ...]:
    """Return the labels of the values that agents do not observe, the same for all draws."""
    return (level.shown or level).hidden


def _described(task: Task) -> Iterator[tuple[str, str]]:
    """Yield the name and the hint of each kind of hidden value that matters on the map."""
    level = task.level
    tiles: dict[str, dict[str, str]] = {}  # by key of `WORDS`: names of tiles with verb endings
    for label in _hidden_labels(level):
        if _is_present(label, level):
            key, named = _key_and_tile(level, label)
            tiles.setdefault(key, {}).update(named)
    for key in WORDS:
        if key in tiles:
            *first, last = tiles[key] or ("",)
            names = f"{', '.join(first)} and {last}" if first else last
            s = "" if first else tiles[key].get(last, "")
            name, hint = (text.format(names=names, s=s) for text in WORDS[key])
            yield name, hint


def _key_and_tile(level: Level, label: str) -> tuple[str, dict[str, str]]:
    """Return a label's key of `WORDS`, and its tile's name with a verb's ending, if it has one."""
    first, _, second = label.partition(" ")
    if first in ("controls", "slip", "wind"):
        return first, {}
    if first == "cost":
        return first, {second: "s"}
    name, s = _name(level, first)
    return "tile slip" if second == "slip" else second, {name: s}


def _is_present(label: str, level: Level) -> bool:
    """Whether a variable matters on the map: its tile is there, or it belongs to no tile."""
    first, _, second = label.partition(" ")
    tiles = set("".join(level.tiles))
    if first == "cost":
        return second in {BY_CHAR[char].cost_name for char in tiles}
    return first not in BY_CHAR or first in tiles


def _in_words(level: Level, label: str, value: Value) -> str:
    """Return the value of a variable in words; without words for it, as in the level's header."""
    text = text_of(value)
    match label.split():
        case ["controls"]:
            return _controls_in_words(text)
        case ["cost", name]:
            return f"{name} costs {text} steps"
        case ["wind", direction]:
            return f"wind to the {direction} with probability {text}"
        case ["slip"]:
            return _slip_words("moves", value)
        case ["slip", side]:
            return _slip_words("moves", value, f" to the {side}")
        case [char, key] if len(char) == 1:
            return _setting_in_words(level, char, key, value)
    return f"{label} {text}"


def _controls_in_words(text: str) -> str:
    """Return where the actions move that do not move as they are called."""
    pairs = zip(ACTIONS, moves_of(text))
    swapped = [f"{action} moves {move}" for action, move in pairs if action != move]
    return ", ".join(swapped) or "normal controls"


def _slip_words(moves: str, value: Value, side: str = "") -> str:
    """Return in words with which probability moves slip."""
    if not value:
        return f"{moves} do not slip{side}"
    return f"{moves} slip{side} with probability {text_of(value)}"


def _setting_in_words(level: Level, char: str, key: str, value: Value) -> str:
    """Return a setting of a character of the map in words."""
    name, s = _name(level, char)
    text = text_of(value)
    match key:
        case "worth" | "pays":
            verb = "cost" if text.startswith("-") else "pay"
            return f"{name} {verb}{s} {text.removeprefix('-')}"
        case "kind":
            return f"{name} {ROUTES[text]}"
        case "every":
            return f"{name} moves every {'step' if value == 1 else f'{text} steps'}"
        case "cost":
            return f"{name} costs {text} steps"
        case "slip":
            return _slip_words(f"moves on {name}", value)
    return f"{char} {key} {text}"


def _name(level: Level, char: str) -> tuple[str, str]:
    """Return the name of a character's tile, and the ending of a verb that follows it."""
    tile = BY_CHAR[level.tile(char)]
    if own := level.legend_tile(char):
        return own.title or f"{tile.name} '{char}'", "s"
    return NAMES.get(char, (tile.name, "s"))

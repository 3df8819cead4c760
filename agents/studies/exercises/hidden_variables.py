"""A task's hidden variables in words, for the text below a picture that cannot show them."""

from __future__ import annotations

from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.level import Level
from game.text.tiles import ACTIONS, BY_CHAR, COIN, HUNTER, PATROL
from game.text.values import NORMAL, Value, text_of

ROUTES = {"x": "walks along its row", "y": "walks along its column", "hunt": "pursues the agent"}
# what other tiles than the terrain are called, and the ending of a verb that follows
NAMES = {COIN: ("coins", ""), PATROL: ("the opponent", "s"), HUNTER: ("the hunter", "s")}


def hidden_variables(task: Task) -> list[str]:
    """Return what agents do not observe of a task: its goal, if hidden, and the values drawn.

    A value set by the task's split is not in `Task.drawn`, but differs from the value shown.
    """
    level = task.level
    shown = drawable_values(level.shown or level)
    drawn = {label for label, _ in task.drawn}
    found = {
        label: value
        for label, value in drawable_values(level).items()
        if label in drawn or value != shown.get(label)
    }
    goal = ["the goal"] if level.goal == "hidden" else []
    present = {label: value for label, value in found.items() if _is_present(label, level)}
    return goal + [_in_words(level, label, value) for label, value in present.items()]


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
            moves = text.split()
            actions = ", ".join(ACTIONS[: len(moves)])
            return "normal controls" if text == NORMAL else f"{actions} move {', '.join(moves)}"
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

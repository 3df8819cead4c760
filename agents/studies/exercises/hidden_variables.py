"""A task's hidden variables in words, for the text below a picture that cannot show them."""

from __future__ import annotations

from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.level import Level
from game.text.tiles import BY_CHAR, DIRECTIONS
from game.text.values import NORMAL, Value, text_of

OPPONENTS = {"x": "walks along its row", "y": "walks along its column", "hunt": "pursues the agent"}


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
    return goal + [_in_words(label, value) for label, value in present.items()]


def _is_present(label: str, level: Level) -> bool:
    """Whether a variable matters on the map: its tile is there, or it belongs to no tile."""
    first, _, second = label.partition(" ")
    tiles = set("".join(level.tiles))
    if first == "cost":
        return second in {BY_CHAR[char].cost_name for char in tiles}
    return first not in BY_CHAR or first in tiles


def _in_words(label: str, value: Value) -> str:
    """Return the value of a variable in words; without words for it, as in the level's header."""
    text = text_of(value)
    match label.split():
        case ["o", "worth"]:
            return f"coins cost {text[1:]}" if text.startswith("-") else f"coins pay {text}"
        case ["M", "kind"]:
            return f"the opponent {OPPONENTS[text]}"
        case ["controls"]:
            moves = ", ".join(text.split())
            actions = ", ".join(DIRECTIONS)
            return "normal controls" if text == NORMAL else f"{actions} move {moves}"
        case ["cost", tile]:
            return f"{tile} costs {text} steps"
        case ["wind", direction]:
            return f"wind to the {direction} with probability {text}"
        case ["slip"]:
            return f"moves slip with probability {text}" if value else "moves do not slip"
    return f"{label} {text}"

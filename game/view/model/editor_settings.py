"""The settings of the editor: one control for each header line, and how clicks change its value.

A control knows the text of its value, as it stands in the file: for a number that is one value, a
range or a set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from game.authoring.drawn_numbers import FIXED, RANGE, SET
from game.text.header import AUTO
from game.text.header_edits import CHANCE, Path
from game.text.level import (
    ANY,
    ENDS_BOXES,
    MAX_STEPS,
    MIRROR,
    NO_WIND,
    ROTATE,
    STEPS,
    WINDS,
    Level,
)
from game.text.tiles import BY_CHAR, LARGEST, LEGEND_SETTINGS, SETTINGS, TILES, Setting
from game.text.values import NORMAL, SHUFFLED, SHUFFLED_ALL, number_text
from game.text.values import text_of as value_text

ON_MAP = "on the map"  # starts: what no line says
ALWAYS_COSTED = ("grass", "sand", "mud", "water")  # terrains whose cost is always offered


@dataclass(frozen=True)
class Control:
    """A setting that can be changed by clicks.

    `path` is the place of the value in the header, as `value_at` takes it. `usual` is the value
    where the header does not have it; `ON_MAP` is one that no line can say. A control with
    `choices` goes round them; one with a number goes from `low` to `high`, by `step`, and its
    slider shows `low` to `shown`. `word` may stand in place of a number, as "auto".
    """

    path: Path
    name: str
    usual: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    shown: float = 0.0
    step: float = 0.0
    drawn: bool = False  # whether a task may draw it from a range or a set
    word: str = ""
    hint: str = ""  # what it means, in sentences

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, a range or a set of numbers."""
        return self.step > 0

    @property
    def is_text(self) -> bool:
        """Whether the value is a line for people."""
        return not (self.choices or self.is_number)


# what header lines mean, by the first words of their paths
HINTS = {
    "steps": "The length of an episode. Three steps for each move of the shortest path leave time "
    "to search.",
    "reward step": "What each step pays, times the cost of the cell that is entered. 'auto' fits "
    "it to the map: the way to the goal then costs at most half of what the goal pays.",
    "reward goal": "What reaching the goal pays.",
    "goal": "A hidden goal looks like floor to agents, so that they have to find it.",
    "ends": "What ends an episode early: reaching a goal, nothing, or all boxes on targets.",
    "starts": "Where episodes begin: on '@' of the map, or on any free cell, drawn each time.",
    "vary": "Each task mirrors the map left-right, or turns it by quarters, or both.",
    "cost": "What entering such a cell costs, in units of the step reward.",
    "slip": "The probability that a move goes to one of its two sides instead.",
    "slip left": "The probability that a move goes to its left side instead.",
    "slip right": "The probability that a move goes to its right side instead.",
    "controls": "What the actions do: 'shuffled' draws for each task which action moves where, and "
    "'shuffled all' may move with the action stay, too.",
    "wind": "Where the wind blows to, and the probability that a step goes there instead.",
    "wind chance": "The probability that a step goes where the wind blows instead.",
    "legend": "A tile of your own: its kind, its settings and its title. Enter types the line.",
    "title": "The name of the level, for people.",
    "author": "Who has made the level, for people.",
    "description": "A line about the level, which players see.",
}
# what the settings of tiles mean, by their keys
SETTING_HINTS = {
    "cost": HINTS["cost"],
    "slip": "The probability that a move from such a cell goes to one of its two sides instead.",
    "worth": "What a coin pays when it is first entered in an episode.",
    "kind": "How it moves: along its row (x), along its column (y), or towards the agent (hunt).",
    "every": "Steps from one move of the opponent to the next: a larger number is a slower one.",
    "pays": "What entering such a cell pays.",
}


def controls(level: Level) -> list[Control]:
    """Return the controls of a level: those of every level, and those of the tiles on its map."""
    own = _own_tiles(level)
    every = *_plain(level), *_costs(level), *_chance(level), *_tiles(level), *own, *_texts()
    return [one if one.hint else replace(one, hint=_hint(one.path)) for one in every]


def _hint(path: Path) -> str:
    """Return what the header line with a path means."""
    return HINTS.get(" ".join(path)) or HINTS[path[0]]


def with_implied(control: Control, level: Level) -> Control:
    """Return a control whose usual value is that of a level, where a foreign map implies one.

    The steps and the step reward of a Sokoban map fit its shortest solution.
    """
    implied: dict[Path, str] = {
        ("steps",): str(level.steps),
        ("reward", "step"): number_text(level.step_reward),
    }
    return replace(control, usual=implied.get(control.path, control.usual))


def _plain(level: Level) -> Iterator[Control]:
    yield Control(("steps",), "steps", str(STEPS), low=1, high=MAX_STEPS, shown=200, step=1)
    yield Control(
        ("reward", "step"),
        "step reward",
        "-0.1",
        low=-LARGEST,
        high=LARGEST,
        shown=-1,
        step=0.01,
        word=AUTO,
    )
    yield Control(
        ("reward", "goal"), "goal reward", "1", low=-LARGEST, high=LARGEST, shown=10, step=0.5
    )
    yield Control(("goal",), "goal", "hidden", ("hidden", "visible"))
    yield Control(("ends",), "ends", level.ends, ("goal", "never", ENDS_BOXES))
    yield Control(("starts",), "starts", ON_MAP, (ON_MAP, ANY))
    yield Control(("vary",), "vary", "none", ("none", MIRROR, ROTATE, f"{MIRROR} {ROTATE}"))


def _costs(level: Level) -> Iterator[Control]:
    """Yield the costs of terrains, and of the other tiles that the map has."""
    there = {BY_CHAR[level.tile(char)].cost_name for char in level.chars}
    named = {name for name, _ in level.costs}
    tiles = {tile.cost_name: tile for tile in reversed(TILES) if tile.passable}
    for name, tile in reversed(tiles.items()):
        pays_instead = tile.effect in ("start", "goal", "candidate", "lava")
        if name in ALWAYS_COSTED or name in named or (name in there and not pays_instead):
            usual = number_text(tile.cost)
            yield Control(
                ("cost", name),
                f"cost of {name}",
                usual,
                low=0,
                high=LARGEST,
                shown=12,
                step=1,
                drawn=True,
            )


def _chance(level: Level) -> Iterator[Control]:
    paths: list[Path] = [("slip",)]
    if level.slip_left or level.slip_right:
        paths = [("slip", "left"), ("slip", "right")]
    for path in paths:
        name = " ".join(path)
        yield Control(path, name, "0", low=0, high=1, shown=1, step=0.05, drawn=True)
    controls = (NORMAL, SHUFFLED, SHUFFLED_ALL, "{normal, shuffled}")
    yield Control(("controls",), "controls", NORMAL, controls)
    is_single = isinstance(level.wind, str) and level.wind != NO_WIND
    chance = value_text(level.wind_chance) if is_single else "0.2"
    winds = (NO_WIND, *(f"{wind} {chance}" for wind in WINDS), "{none, east 0.2, west 0.2}")
    yield Control(("wind",), "wind", NO_WIND, winds)
    if is_single:
        yield Control(CHANCE, "wind chance", "0.2", low=0, high=1, shown=1, step=0.05, drawn=True)


def _tiles(level: Level) -> Iterator[Control]:
    """Yield the settings of tiles that the map or a line of the header has."""
    for label, setting in SETTINGS.items():
        if level.has(setting.tile) or label in dict(level.defines):
            yield of_setting(
                ("define", setting.tile, setting.key), setting, BY_CHAR[setting.tile].name
            )


def of_setting(path: Path, setting: Setting, tile: str) -> Control:
    """Return the control of a tile's setting."""
    usual = setting.default if isinstance(setting.default, str) else number_text(setting.default)
    name = f"{tile}: {setting.key}"
    if setting.words:
        choices = (*setting.words, "{" + ", ".join(setting.words) + "}")
        return Control(path, name, usual, choices, hint=SETTING_HINTS[setting.key])
    shown = 1.0 if setting.high == 1 else 4.0
    step = 0.05 if setting.high == 1 else 1.0 if setting.whole else 0.1
    return Control(
        path,
        name,
        usual,
        low=setting.low,
        high=setting.high,
        shown=shown,
        step=step,
        drawn=True,
        hint=SETTING_HINTS[setting.key],
    )


def _own_tiles(level: Level) -> Iterator[Control]:
    """Yield the lines of the legend, and the settings of each of its tiles."""
    for one in level.legend:
        yield Control(("legend", one.char), f"tile {one.char}", "")
        for setting in LEGEND_SETTINGS.values():
            if setting.tile == one.tile:
                label = f"{one.char} {setting.key}"
                control = of_setting(("legend", one.char, setting.key), setting, f"tile {one.char}")
                yield replace(control, usual=value_text(level.setting(label)))


def _texts() -> Iterator[Control]:
    for key in ("title", "author", "description"):
        yield Control((key,), key, "")


# --- values ------------------------------------------------------------------------------------


def form_of(text: str) -> str:
    """Return whether the text of a value is fixed, a range or a set."""
    return SET if text.startswith("{") else RANGE if ".." in text else FIXED


def numbers_of(text: str) -> list[float]:
    """Return the numbers of a value: one, both ends of a range, or the members of a set.

    A value that cannot be read has none.
    """
    words = text.strip("{}").split(",") if text.startswith("{") else text.split("..")
    try:
        return [float(word) for word in words]
    except ValueError:
        return []


def text_of(form: str, numbers: list[float]) -> str:
    """Return the text of a value of this form with these numbers."""
    words = [number_text(round(number, 4)) for number in numbers]
    if form == SET:
        return "{" + ", ".join(dict.fromkeys(words)) + "}"
    return f"{words[0]}..{words[-1]}" if form == RANGE else words[0]


def stepped(control: Control, text: str, by: int, knob: int = -1) -> str:
    """Return the value after `by` clicks; `knob` is the number to change, -1 the last one.

    Choices go round. The ends of a range do not pass each other.
    """
    if control.choices:
        at = _place_of(text, control.choices)
        return control.choices[(at + by) % len(control.choices)]
    numbers = numbers_of(text)
    if not numbers:
        return control.usual if control.is_number else text
    knob %= len(numbers)
    return put_knob(control, text, knob, numbers[knob] + by * control.step)


def is_offered(text: str, choices: tuple[str, ...]) -> bool:
    """Return whether a value is among the choices, also in another spelling or with another
    number."""
    return _place_of(text, choices) >= 0


def _place_of(text: str, choices: tuple[str, ...]) -> int:
    """Return the index of a value among its choices; -1 for none of them.

    It may be spelled otherwise, as "rotate mirror", or be a wind with another probability.
    """
    words = text.replace(",", " , ").split()
    found = [choice.replace(",", " , ").split() for choice in choices]
    if words in found:
        return found.index(words)
    if {*words} <= {MIRROR, ROTATE}:
        return next((i for i, one in enumerate(found) if {*one} == {*words}), -1)
    heads = [one[0] for one in found]
    return heads.index(words[0]) if words and words[0] in WINDS and words[0] in heads else -1


def put_knob(control: Control, text: str, knob: int, value: float) -> str:
    """Return the value with one of its numbers put to the nearest step."""
    numbers, form = numbers_of(text), form_of(text)
    if not numbers:
        return text
    value = _within(control, value)
    if form == RANGE:
        value = min(value, numbers[1]) if knob == 0 else max(value, numbers[0])
    numbers[knob] = value
    return text_of(form, numbers)


def nearest_knob(text: str, value: float) -> int:
    """Return the index of the number of a value that is nearest to `value`."""
    numbers = numbers_of(text)
    return min(range(len(numbers)), key=lambda i: abs(numbers[i] - value), default=0)


def share_of(control: Control, value: float) -> float:
    """Return the place of a value on a control's slider, 0..1; values beyond its end are there."""
    first = _slider_begin(control)
    return min(max((value - first) / (control.shown - first), 0.0), 1.0)


def value_at(control: Control, share: float) -> float:
    """Return the value at a place 0..1 on a control's slider."""
    first = _slider_begin(control)
    return first + min(max(share, 0.0), 1.0) * (control.shown - first)


def _slider_begin(control: Control) -> float:
    """Return the value at the left end of a control's slider."""
    return max(control.low, 0.0) if control.shown > 0 else 0.0


def _within(control: Control, value: float) -> float:
    steps = round(value / control.step) * control.step
    return min(max(round(steps, 4), control.low), control.high)

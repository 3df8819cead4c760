"""Write a level as text; its canonical form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from game.text.level import NAMES, NO_WIND, Level
from game.text.tiles import BY_CHAR, BY_NAME, SETTINGS
from game.text.values import NORMAL, text_of

DEFAULTS = {field.name: field.default for field in fields(Level)}


def write(level: Level) -> str:
    """The level as text; `parse(write(level)) == level`. Lines at their default are left out."""
    lines = [f"{key}: {value}" for key, value in _lines(level)]
    return "\n".join([*lines, "", "map:", *level.rows, ""])


def _lines(level: Level) -> Iterator[tuple[str, str]]:
    for key in ("title", "author", "goal", "ends", "steps"):
        value = getattr(level, key)
        if value != DEFAULTS[key]:
            yield key, str(value)
    rewards = {"goal": level.goal_reward, "step": level.step_reward}
    changed = {k: v for k, v in rewards.items() if v != DEFAULTS[f"{k}_reward"]}
    if changed:
        yield "reward", _pairs_text(changed.items())
    if level.costs:
        yield "cost", _pairs_text(level.costs)
    if level.slip:
        yield "slip", text_of(level.slip)
    if level.controls != NORMAL:
        yield "controls", level.controls
    if level.wind != NO_WIND:
        yield "wind", f"{level.wind} {text_of(level.wind_chance)}"
    for tile in dict.fromkeys(label[0] for label, _ in level.defines):
        pairs = [(label[2:], value) for label, value in level.defines if label[0] == tile]
        yield "define", f"{tile} {_pairs_text(pairs)}"
    if level.vary:
        yield "vary", " ".join(level.vary)


def _pairs_text(pairs: Any) -> str:
    return " ".join(f"{name}={text_of(value)}" for name, value in pairs)


def canonical(level: Level) -> str:
    """What matters for play, and nothing else, as text: two levels that play alike agree in it."""
    tiles = set("".join(level.rows))
    names = {BY_CHAR[char].name for char in tiles}
    costs = tuple(
        (name, cost)
        for name in NAMES
        if name in names and (cost := level.cost(BY_NAME[name].char)) != BY_NAME[name].cost
    )
    defines = tuple(
        (label, value)
        for label, value in level.defines
        if label[0] in tiles and value != SETTINGS[label].default
    )
    level = replace(level, title="", author="", vary=(), costs=costs, defines=defines)
    if level.wind_chance == 0:
        level = replace(level, wind=NO_WIND, wind_chance=0.0)
    return write(level)

"""The header lines of a sketched level: rewards, steps and chance as people choose them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from game.tasks.sketches.pen import Dice, Pen
from game.text.header import HEADER
from game.text.tiles import BY_CHAR, COIN, GROUND, HUNTER, ICE, LAVA, PATROL

Line = tuple[str, str]  # a header key and the text behind the colon
STEP_REWARDS = (-0.1, -0.1, -0.05, -0.05, -0.04, -0.03, -0.02, -0.02, -0.01)
GOAL_REWARDS = (1,) * 16 + (2, 5, 10, 10, 100)
MOST_SPENT = 0.8  # share of the goal's reward that the way to it may cost
FEWEST_STEPS, MOST_STEPS = 8, 300


def draw_rules(pen: Pen, moves: int, cost: float) -> list[Line]:
    """Return header lines for a map whose farthest goal is so many moves away, at this cost."""
    tiles = set("".join(pen.rows))
    lines = [*_lengths(pen, moves), *_rewards(pen, cost, tiles), *_chances(pen, pen.surprises)]
    return [*lines, *_costs(pen, tiles), *_settings(pen, tiles)]


def fields_of(lines: Iterable[Line]) -> dict[str, Any]:
    """Return the fields of a level that header lines set."""
    found: dict[str, Any] = {}
    for key, text in lines:
        found = HEADER[key].join(found, HEADER[key].read(text))
    return found


def _lengths(dice: Dice, moves: int) -> list[Line]:
    """Return the number of steps, and whether a goal ends the episode."""
    factor = dice.number(1.2, 2) if dice.chance(0.15) else dice.number(1.8, 5)
    steps = max(FEWEST_STEPS, min(MOST_STEPS, int(moves * factor) + 2))
    if dice.chance(0.7):
        steps = -(-steps // 10) * 10
    return [("steps", str(steps)), *([("ends", "never")] if dice.chance(0.07) else [])]


def _rewards(dice: Dice, cost: float, tiles: set[str]) -> list[Line]:
    """Return what the goal, a step and lava pay, so that the goal is worth its way."""
    goal = dice.choose(GOAL_REWARDS)
    most = MOST_SPENT * goal / max(1, cost)
    fitting = [step for step in STEP_REWARDS if -step <= most]
    if goal >= 10 and dice.chance(0.5):
        fitting = [step for step in (-1, -0.5) if -step <= most]
    automatic = -round(goal / (2 * max(1, cost)), 4)
    step = dice.choose(fitting) if fitting and not dice.chance(0.06) else automatic
    lines = [("reward", f"goal={goal} step={step:g}")]
    if LAVA in tiles and dice.chance(0.5 if goal > 2 else 0.12):
        pays = dice.choose((f"{-goal}", f"{-goal / 2:g}", "-2", "-0.5", "0", f"{-goal}..0"))
        lines.append(("define", f"L pays={pays}"))
    return lines


def _chances(dice: Dice, factor: float) -> list[Line]:
    """Return slip, wind and controls: in most levels, moves do what they say. The factor is on the
    shares of the others."""
    lines = []
    if dice.chance(0.1 * factor):
        slips = ("0.1", "0.1", "0.2", "0.2", "0.3", "0..0.2", "{0, 0.2}", "left=0.2 right=0")
        lines.append(("slip", dice.choose(slips)))
    if dice.chance(0.06 * factor):
        side = dice.choose(("north", "south", "west", "east"))
        strength = dice.choose(("0.1", "0.2", "0.3", "0..0.3"))
        winds = (f"{side} {strength}", f"{{none, {side} 0.2}}", "{north 0.2, south 0.2}")
        lines.append(("wind", dice.choose(winds)))
    if dice.chance(0.07 * factor):
        ways = ("shuffled", "shuffled", "{normal, shuffled}", "down up right left")
        lines.append(("controls", dice.choose((*ways, "shuffled all"))))
    return lines


def _costs(dice: Dice, tiles: set[str]) -> list[Line]:
    """Return costs of the terrain: now and then others than usual, or drawn for each task."""
    names = [BY_CHAR[char].name for char in GROUND[1:] if char in tiles]
    if not names or not dice.chance(0.25):
        return []
    amounts = ("0", "1", "2", "3", "5", "8", "1..4", "0..6", "{1, 5}", "{0, 4}")
    chosen = dice.some(names, dice.whole(1, len(names)))
    return [("cost", " ".join(f"{name}={dice.choose(amounts)}" for name in chosen))]


def _settings(dice: Dice, tiles: set[str]) -> list[Line]:
    """Return settings of ice, coins and opponents."""
    settings = {
        f"{ICE} slip": (0.5, ("0.1", "0.2", "0.3", "0.5", "0.8", "0..0.5", "{0.1, 0.6}")),
        f"{COIN} worth": (0.7, ("0.1", "0.2", "0.3", "1", "-0.3", "{-1, 1}", "{0, 0.5}", "0..1")),
        f"{PATROL} kind": (0.25, ("y", "hunt", "{x, y}", "{x, y, hunt}")),
        f"{PATROL} every": (0.3, ("2", "2", "3", "1..3", "{1, 2}")),
        f"{HUNTER} every": (0.4, ("2", "3", "4", "{2, 4}", "2..3")),
    }
    return [
        ("define", f"{label[0]} {label[2:]}={dice.choose(texts)}")
        for label, (share, texts) in settings.items()
        if label[0] in tiles and dice.chance(share)
    ]

"""Warnings about valid levels that probably contain a mistake."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from game.authoring.analyses import stuck_opponents
from game.authoring.figures import CheckedTask
from game.text.header import TEXT_KEYS
from game.text.legend import uses
from game.text.level import ENDS_BOXES, MAX_STATES, Cell, Level
from game.text.quoted import without_comment
from game.text.step_reward import DECIMALS, NoStepReward, automatic_step_reward
from game.text.tiles import (
    ARROWS,
    BY_CHAR,
    BY_NAME,
    CANDIDATE,
    FLOOR,
    GATE,
    GOAL,
    OPPONENTS,
    SWITCH,
    TARGETS,
)
from game.text.values import OneOf, Range, Value, text_of
from game.text.walking import (
    Graph,
    Node,
    exits_from,
    explore,
    reached_by_start,
    start_cells,
    teleporters,
)
from game.world.batch import GridBatch
from game.world.planner import goal_probability
from game.world.rules import KEYS

# tiles that cost nothing to enter
NEVER_PAID = [BY_CHAR[GOAL].name, BY_CHAR[CANDIDATE].name, BY_NAME["lava"].name]
MOST_NAMED = 4  # goals in a message
ENOUGH = 0.5 - 1e-9  # the least probability of reaching the goal that needs no warning
MOST_TRIED = 32  # tasks with which a step reward is tried
MOST_HALVINGS = 6  # of a step reward
Warnings = Iterator[tuple[int, int, str]]  # line, column, message


def cell_text(cell: Cell) -> str:
    """Return the name of a cell, in the words of `Task.drawn`."""
    return f"row {cell[0] + 1} column {cell[1] + 1}"


def find_warnings(
    level: Level, checked: Sequence[CheckedTask], graph: Graph | None = None
) -> Warnings:
    """Yield warnings about a level. `checked` are its tasks, or a sample of them.

    `graph` is what `explore` finds from the level's starts, where that is known.
    """
    candidates, graph = level.find(CANDIDATE), graph or explore(level, start_cells(level))
    whole = len(graph) <= MAX_STATES  # otherwise the search ended early
    reached = {node[:2] for node in graph} if whole else set()
    yield from _unused_parts(level, reached)
    yield from _stuck_parts(level)
    if level.goal == "hidden" and len(candidates) == 1 and not level.find(GOAL):
        what = "the hidden goal has only one candidate - add another '?'"
        yield *level.place(candidates[0]), what
    if candidates and level.find(GOAL):
        what = "'G' and '?' on one map: every task has the goals 'G' and one more - use one of them"
        yield *level.place(level.find(GOAL)[0]), what
    if whole:
        yield from _unreached_goals(level, checked, reached)
        yield from _unreached_from_some(level, reached)
    yield from _too_few_steps(level, checked)
    yield from _unwanted_goals(level, checked)


def _unreached_goals(level: Level, checked: Sequence[CheckedTask], reached: set[Cell]) -> Warnings:
    """Yield warnings about goals that no start leads to, in all tasks or in some of them."""
    drawn: Counter[str] = Counter(dict(one.task.drawn).get("goal", "") for one in checked)
    missed: Counter[str] = Counter(
        dict(one.task.drawn).get("goal", "") for one in checked if one.shortest_path is None
    )
    for cell in level.find(CANDIDATE) + level.find(GOAL):
        name = cell_text(cell)
        times, of = missed[name], drawn[name]
        what, todo = f"the goal at {name} is out of reach", "open a path to it"
        if cell not in reached or (of and times == of):
            yield *level.place(cell), f"{what} - {todo}"
        elif times:
            yield *level.place(cell), f"{what} in {times} of {of} tasks - {todo}"


def _unreached_from_some(level: Level, reached: set[Cell]) -> Warnings:
    """Yield warnings about starts from which candidates are out of reach that others lead to."""
    for starts, cells in reached_by_start(level):
        missed = [cell for cell in level.find(CANDIDATE) if cell in reached - cells]
        if not missed:
            continue
        verb = "is" if len(missed) == 1 else "are"
        what = f"from the {_cells_text('start', starts)}, the {_cells_text('goal', missed)} {verb}"
        yield *level.place(min(starts)), f"{what} out of reach - open a path"


def _cells_text(noun: str, cells: Sequence[Cell]) -> str:
    """Return a noun with the names of its cells, up to MOST_NAMED of them."""
    named = sorted(cells)[:MOST_NAMED]
    more = f" and {len(cells) - len(named)} more" if len(cells) > len(named) else ""
    plural = "s" if len(cells) > 1 else ""
    return f"{noun}{plural} at {', '.join(map(cell_text, named))}{more}"


def _unused_parts(level: Level, reached: set[Cell]) -> Warnings:
    """Yield warnings about doors that never open, single teleporters and settings without a tile.

    `reached` are the cells that the agent can reach; none if they are not known.
    """
    yield from _unused_settings(level)
    tiles = set("".join(level.tiles))
    for char in sorted(tiles):
        tile, cells = BY_CHAR[char], level.find(char)
        keys = level.find(char.lower())
        if tile.effect == "door" and not keys:
            key = char.lower()
            what = f"the door '{char}' never opens: there is no key '{key}' - add one"
            yield *level.place(cells[0]), what
        elif tile.effect == "door" and reached and not reached & {*keys}:
            key = char.lower()
            what = f"the door '{char}' never opens: its key is out of reach - move the '{key}'"
            yield *level.place(keys[0]), what
        if tile.effect == "teleporter" and not teleporters(level, char):
            what = f"the teleporter '{char}' leads nowhere - add a second '{char}'"
            yield *level.place(cells[0]), what
    for char, partner, what in (
        (GATE, SWITCH, "the gates never open: there is no switch '!' - add one"),
        (SWITCH, GATE, "the switches open nothing: there is no gate '=' - add one"),
    ):
        if char in tiles and partner not in tiles:
            yield *level.place(level.find(char)[0]), what
    if level.ends != ENDS_BOXES and level.has(TARGETS):
        what = f"the targets have no effect - write 'ends: {ENDS_BOXES}', or remove them"
        yield *level.place(level.find(*TARGETS)[0]), what


def _unused_settings(level: Level) -> Warnings:
    """Yield warnings about costs, settings and characters that the map does not use."""
    line = level.places.get("cost", 1)
    names = {
        BY_CHAR[level.tile(char)].cost_name for char in level.chars if uses(level, char, "cost")
    }
    names |= {BY_CHAR[FLOOR].name} if level.find(CANDIDATE) else set()  # all but one become floor
    for name in (name for name, _ in level.costs):
        if name not in names:
            yield line, 1, f"'cost: {name}', but there is no {name} on the map - remove it"
        elif name in NEVER_PAID:
            yield line, 1, f"'cost: {name}' is never paid: entering it has a reward - remove it"
    for char in sorted({label[0] for label, _ in level.defines} - set("".join(level.tiles))):
        line = min(level.places.get(label, 1) for label, _ in level.defines if label[0] == char)
        yield line, 1, f"'define: {char}', but there is no '{char}' on the map - remove the line"
    for char in (one.char for one in level.legend if one.char not in level.chars):
        line = level.places.get(f"legend {char}", 1)
        yield line, 1, f"'legend: {char}', but there is no '{char}' on the map - remove the line"


def _stuck_parts(level: Level) -> Warnings:
    """Yield warnings about opponents that cannot move, and one-way tiles that cannot be left."""
    exits = exits_from(level)
    keys = "".join(char for char in KEYS if level.find(char))
    for row, column in level.find(*ARROWS.values()):
        if not exits(Node(row, column, keys, gates_open=True)):
            what = f"the one-way tile at {cell_text((row, column))} cannot be left"
            yield *level.place((row, column)), f"{what} - open a way out of it"
    for row, column in stuck_opponents(level):
        name = BY_CHAR[level.tiles[row][column]].name
        what = f"the {name} at {cell_text((row, column))} cannot move - leave room for it"
        yield *level.place((row, column)), what
    for char in sorted(char for char in level.chars if level.tile(char) in OPPONENTS):
        label = f"{char} every"
        fewest = min(_numbers(level.setting(label)))
        if fewest > level.steps:
            default = level.places.get(f"{level.tile(char)} every", level.places.get("map", 1))
            line = level.places.get(f"legend {char}", default)
            what = f"'{char}' moves every {fewest:g} steps, and episodes have {level.steps}"
            yield line, 1, f"{what}, so it never moves - lower 'every'"


def _numbers(value: Value) -> list[float]:
    """Return the ends of a range, the members of a set, or the value itself."""
    if isinstance(value, Range):
        return [value.low, value.high]
    return [float(one) for one in (value.members if isinstance(value, OneOf) else (value,))]


def _too_few_steps(level: Level, checked: Sequence[CheckedTask]) -> Warnings:
    """Yield a warning about the farthest goal if episodes are too short to reach it."""
    far = {
        dict(one.task.drawn).get("goal", "the goal"): one.shortest_path
        for one in checked
        if one.shortest_path and one.shortest_path > level.steps
    }
    if far:
        name = max(far, key=lambda goal: far[goal])
        others = f" ({len(far)} goals are too far)" if len(far) > 1 else ""
        line = level.places.get("steps", level.places.get("map", 1))
        have = f"episodes have {level.steps} step{'s' if level.steps > 1 else ''}"
        what = f"{have}, but the way to {name} takes {far[name]}{others} - raise 'steps'"
        yield line, 1, what


# --- the optimum and the goal --------------------------------------------------------------------


def unwanted_goals(checked: Sequence[CheckedTask]) -> list[CheckedTask]:
    """Return the tasks whose optimal policy reaches the goal with a probability below 1/2.

    Tasks in which no policy reaches it with a higher one are left out.
    """
    return [one for one in checked if one.goal_probability < ENOUGH <= one.best_probability]


def _unwanted_goals(level: Level, checked: Sequence[CheckedTask]) -> Warnings:
    """Yield a warning where the optimal policy of some task does not want the goal."""
    unwanted = unwanted_goals(checked)
    if unwanted:
        line = level.places.get("reward", level.places.get("map", 1))
        yield line, 1, unwanted_text(unwanted, checked, level)


def unwanted_text(
    unwanted: Sequence[CheckedTask], checked: Sequence[CheckedTask], level: Level | None = None
) -> str:
    """Return the warning about tasks whose optimum does not want the goal, with a step reward.

    `level` is the family that all tasks are draws of.
    """
    least = min(one.goal_probability for one in unwanted)
    what = f"the optimal policy reaches the goal with a probability of {least:.2g}"
    if len(checked) > 1:
        what += f" ({len(unwanted)} of {len(checked)} tasks are below 1/2)"
    line = rewarding_line(unwanted, level)
    if not line:
        return f"{what}, whatever a step pays - raise the reward of the goal"
    return f"{what}, since something else pays more - use '{line}'"


def rewarding_line(unwanted: Sequence[CheckedTask], level: Level | None = None) -> str:
    """Return a reward line with which the optimal policies want the goal; "" if there is none."""
    levels = tuple(one.task.level for one in unwanted)[:MOST_TRIED]
    step = _rewarding_step(levels, level)
    return "" if step is None else reward_line(levels[0], step)


def reward_line(level: Level, step: float) -> str:
    """Return the header line that gives a level this step reward, and keeps that of its goal."""
    goal = f"goal={text_of(level.goal_reward)} " if level.goal_reward != 1 else ""
    return f"reward: {goal}step={text_of(step)}"


@lru_cache(maxsize=8)
def _rewarding_step(levels: tuple[Level, ...], family: Level | None) -> float | None:
    """Return a step reward with which the optimal policies reach the goal; None if there is none.

    The first that is tried is the automatic one; then each is half of the one before, to 0.
    """
    tried = []
    for level in [family] if family else levels:
        with contextlib.suppress(NoStepReward):
            tried.append(automatic_step_reward(level))
    first = max(tried, default=-0.1)
    for reward in [*(round(first / 2**k, DECIMALS) for k in range(MOST_HALVINGS)), 0.0]:
        batch = GridBatch.of([replace(level, step_reward=reward + 0.0) for level in levels])
        if goal_probability(batch)[0].min() >= ENOUGH:
            return reward + 0.0
    return None


# --- the text of the file ------------------------------------------------------------------------

_CUT = re.compile(rf"([ \t]*(?P<key>{'|'.join(TEXT_KEYS)})[ \t]*):[^;]*[^; \t](?=;)", re.IGNORECASE)


def cut_texts(header: Sequence[str]) -> Warnings:
    """Yield warnings about texts in the lines of a header that a ';' cuts inside the text."""
    for number, line in enumerate(header, 1):
        found = _CUT.match(line)
        if found and without_comment(line, found[1]) == found[0] and not found[0].endswith('"'):
            key = found["key"].lower()
            what = f"the {key} ends before ';', where a comment begins"
            todo = f'put it in quotes, as {key}: "a; b", or a blank before the comment'
            yield number, found.end() + 1, f"{what} - {todo}"

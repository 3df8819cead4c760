"""Replay lines: an adaptation in one line of text, so that it can be shown again.

`level=showcase task=f86b8b089d59 agents=maml-mazes-9x9,scratch seed=0 steps=5 goal@3=2,7 forget@6`
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from game.session.messages import MOST_AGENTS, MOST_EPISODES_PER_STEP, MOST_STEPS, Change, Request
from game.tasks.distribution import SPLITS
from game.tasks.packs import LEVELS, Pack, load_pack
from game.tasks.task import Task
from game.text.drawn_values import can_move_goal

MOST_LINE = 20_000  # characters
MOST_CELL = 10_000  # a row or column
SAFE = "/.:~@+-_"  # characters that are not quoted, besides letters and digits


class ReplayError(Exception):
    """A replay line cannot be used; the message says why."""


@dataclass(frozen=True)
class ReplayTarget:
    """The content of a replay line: a request, and the pack of its task."""

    pack: Pack
    request: Request


def line_of(pack: Pack, request: Request) -> str:
    """The replay line of a request, with the name of a shipped pack or the path of another one."""
    path = Path(os.path.realpath(pack.path))
    level = path.name if path.parent == LEVELS.resolve() else str(path)
    words = [
        f"level={_quoted(level)}",
        f"task={request.task.id}",
        f"agents={','.join(_quoted(name) for name in request.agents)}",
        f"seed={request.seed}",
        f"steps={request.steps}",
    ]
    if request.episodes:
        words.append(f"episodes={request.episodes}")
    if request.step_size != 1:
        words.append(f"step-size={request.step_size:g}")
    for change in request.changes:
        where = f"goal@{change.step}={change.goal[0]},{change.goal[1]}" if change.goal else ""
        words.append(where or f"forget@{change.step}")
    return " ".join(words)


def _quoted(name: str) -> str:
    """Return a name without spaces; also one that is not UTF-8."""
    return quote(name, SAFE, errors="surrogateescape")


def read_line(line: str) -> ReplayTarget:
    """Read a replay line. Raises ReplayError, and what `load_pack` raises."""
    if len(line) > MOST_LINE:
        raise ReplayError("the replay line is too long")
    facts: dict[str, str] = {}
    changes: list[Change] = []
    for word in line.split():
        name, _, value = word.partition("=")
        if "@" in name:
            changes.append(_change(name, value))
        elif name in facts:
            raise ReplayError(f"'{name}' is twice in the replay line")
        else:
            facts[name] = value
    known = {"level", "task", "agents", "seed", "steps", "episodes", "step-size"}
    missing = {"level", "task", "agents", "seed", "steps"} - set(facts)
    if missing or set(facts) - known:
        what = f"lacks {', '.join(sorted(missing))}"
        if not missing:
            what = f"has an unknown part '{min(set(facts) - known)}'"
        raise ReplayError(f"the replay line {what} - copy one from the window with L")
    agents = tuple(_unquoted(name) for name in facts["agents"].split(",") if name)
    if not 1 <= len(agents) <= MOST_AGENTS:
        raise ReplayError(f"a replay line names 1 to {MOST_AGENTS} agents")
    seed = _whole("seed", facts["seed"], 0, 2**63 - 1)
    steps = _whole("steps", facts["steps"], 0, MOST_STEPS)
    each, factor = facts.get("episodes"), _factor(facts.get("step-size", "1"))
    episodes = None if each is None else _whole("episodes", each, 1, MOST_EPISODES_PER_STEP)
    pack = load_pack(_unquoted(facts["level"]))
    task = next((one for one in _tasks(pack) if one.id == facts["task"]), None)
    if task is None:
        what = f"{pack.path}: there is no task {facts['task']}"
        raise ReplayError(f"{what} - the level has changed since the line was written")
    request = Request(
        *(0, task, seed, steps, agents, pack.name, episodes, factor),
        path=str(pack.path),
        changes=tuple(changes),
    )
    _check(request)
    return ReplayTarget(pack, request)


def _unquoted(text: str) -> str:
    """Return a quoted name. Raises ReplayError where no file can have it."""
    name = unquote(text, errors="surrogateescape")
    if "\0" in name:
        raise ReplayError("a name in the replay line is none that a file can have")
    return name


def _tasks(pack: Pack) -> Iterator[Task]:
    for name in reversed(SPLITS):
        yield from pack.split(name).tasks


def _whole(name: str, text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise ReplayError(f"'{name}={text}' in the replay line should be {low} to {high}")
    return int(text)


def _factor(text: str) -> float:
    number = re.fullmatch(r"[0-9]{0,20}\.?[0-9]{1,20}(e[+-]?[0-9]{1,3})?", text)
    value = float(text) if number else 0.0
    if not 1e-3 <= value <= 1e3:
        raise ReplayError(f"'step-size={text}' in the replay line should be 0.001 to 1000")
    return value


def _change(name: str, value: str) -> Change:
    what, _, step = name.partition("@")
    at = _whole(name, step, 1, MOST_STEPS)
    if what == "forget" and not value:
        return Change(at)
    row, _, column = value.partition(",")
    if what != "goal":
        raise ReplayError(f"'{name}' in the replay line is neither goal@STEP nor forget@STEP")
    return Change(at, (_whole(name, row, 0, MOST_CELL), _whole(name, column, 0, MOST_CELL)))


def _check(request: Request) -> None:
    """Raise ReplayError if the goal cannot be where a change moves it."""
    for change in request.changes:
        if change.goal and not can_move_goal(request.task.level, change.goal):
            row, column = change.goal
            raise ReplayError(f"the goal cannot be in row {row + 1}, column {column + 1}")

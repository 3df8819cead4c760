"""Replay lines: an adaptation in one line of text, so that it can be shown again, also elsewhere.

`level=showcase task=f86b8b089d59 agents=maml-mazes-9x9,scratch seed=0 steps=5 goal@3=2,7 forget@6`

A level that does not come with the project is part of the line, after `text=`; see
`game.session.packed_levels`. `run:NAME` is the run in the folder NAME of `runs`. Older lines have
paths in their places.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from game.session.messages import (
    BASELINE_AGENT,
    MOST_AGENTS,
    MOST_EPISODES_PER_STEP,
    MOST_STEPS,
    RUNS,
    Change,
    Request,
)
from game.session.packed_levels import (
    MOST_TEXT,
    UnpackableLevels,
    pack_levels,
    unpack_levels,
)
from game.tasks.distribution import SPLITS
from game.tasks.packs import LEVELS, Pack, load_pack
from game.tasks.task import Task
from game.text.drawn_values import can_move_goal

MOST_LINE = MOST_TEXT + 20_000  # characters
MOST_CELL = 10_000  # a row or column
SAFE = "/.:~@+-_"  # characters that are not quoted, besides letters and digits
RUN = "run:"  # begins the name of a folder in RUNS


class ReplayError(Exception):
    """A replay line cannot be used; the message says why."""


@dataclass(frozen=True)
class ReplayTarget:
    """The content of a replay line: a request, and the pack of its task."""

    pack: Pack
    request: Request


def line_of(pack: Pack, request: Request, own_runs: bool = False) -> str:
    """Return the replay line of a request. Raises ReplayError if the level is too large for it.

    `own_runs` keeps the paths of runs, for a program on the same machine.
    """
    name, text = pack_source(pack), ""
    if not _is_shipped(pack):
        try:
            name, text = pack_levels(pack, request.task)
        except UnpackableLevels as error:
            raise ReplayError(str(error)) from None
    agents = request.agents if own_runs else [_without_path(name) for name in request.agents]
    words = [
        f"level={_quoted(name)}",
        f"task={request.task.id}",
        f"agents={','.join(_quoted(name) for name in agents)}",
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
    if text:
        words.append(f"text={text}")
    return " ".join(words)


def pack_source(pack: Pack) -> str:
    """Return the name of a pack's file or folder without the path to it."""
    return Path(os.path.realpath(pack.path)).name


def _is_shipped(pack: Pack) -> bool:
    return Path(os.path.realpath(pack.path)).parent == LEVELS.resolve()


def _without_path(agent: str) -> str:
    """Return an agent's name with `run:NAME` in place of the path of a run."""
    prefix, colon, like = agent.partition(":")
    if colon and prefix == BASELINE_AGENT:
        return f"{prefix}:{_without_path(like)}"
    is_path = os.path.isdir(agent) or Path(agent).name != agent
    return RUN + Path(os.path.abspath(agent)).name if is_path else agent


def _with_path(agent: str) -> str:
    """Return an agent's name with the path of a run in place of `run:NAME`. Raises ReplayError
    where there is no such run."""
    prefix, colon, like = agent.partition(":")
    if colon and prefix == BASELINE_AGENT:
        return f"{prefix}:{_with_path(like)}"
    if not agent.startswith(RUN):
        return agent
    name = agent.removeprefix(RUN)
    folder = RUNS / name
    if Path(name).name != name or name in ("", "..") or not os.path.isdir(folder):
        what = f"the replay line needs the agent '{name}', a run that is not in {RUNS}"
        todo = f"copy its folder to {folder}, or name another agent in the line"
        raise ReplayError(f"{what} - {todo}")
    return str(folder)


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
    known = {"level", "task", "agents", "seed", "steps", "episodes", "step-size", "text"}
    missing = {"level", "task", "agents", "seed", "steps"} - set(facts)
    if missing or set(facts) - known:
        what = f"lacks {', '.join(sorted(missing))}"
        if not missing:
            what = f"has an unknown part '{min(set(facts) - known)}'"
        raise ReplayError(f"the replay line {what} - copy one from the window with L")
    agents = tuple(_with_path(_unquoted(name)) for name in facts["agents"].split(",") if name)
    if not 1 <= len(agents) <= MOST_AGENTS:
        raise ReplayError(f"a replay line names 1 to {MOST_AGENTS} agents")
    seed = _whole("seed", facts["seed"], 0, 2**63 - 1)
    steps = _whole("steps", facts["steps"], 0, MOST_STEPS)
    each, factor = facts.get("episodes"), _factor(facts.get("step-size", "1"))
    episodes = None if each is None else _whole("episodes", each, 1, MOST_EPISODES_PER_STEP)
    level = _unquoted(facts["level"])
    pack = load_pack(_unpacked(level, facts["text"]) if "text" in facts else level)
    task = next((one for one in _tasks(pack) if one.id == facts["task"]), None)
    if task is None:
        what = f"{level}: there is no task {facts['task']}"
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


def _unpacked(name: str, text: str) -> Path:
    """Return the path of the levels of a line. Raises ReplayError or OSError."""
    try:
        return unpack_levels(name, text)
    except UnpackableLevels as error:
        raise ReplayError(f"the replay line cannot be used: {error}") from None


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

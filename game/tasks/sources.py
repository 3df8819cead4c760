"""What can be played: a path, the name of a pack, a level's text or rows, a level, or a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from game.tasks.authored_splits import DEFAULT_SHARES, divide_by_share, list_tasks
from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.dialects.frozen_lake import FROZEN_LAKE
from game.text.drawn_values import drawable_values
from game.text.level import Level, LevelError
from game.text.reading import examine, parse
from game.text.tiles import CANDIDATE
from game.text.values import OneOf, Range, quote

Row = str | bytes | Sequence[str] | Sequence[bytes]
Source = str | Path | Sequence[Row] | np.ndarray[Any, Any] | Level | Task

FORMS = (
    "the path of a level or pack, a pack's name, a level's text, its rows, a Level or a Task "
    "(a row is a string, bytes or a list of characters; rows may be a numpy array)"
)
UNNAMED = "level"


def playable(source: Source, split: str = "test", argument: str = "level") -> TaskDistribution:
    """Return a split of what can be played. A single task is in every split.

    A `Level` is played as it is unless it has something to draw. Raises TypeError or ValueError for
    a wrong argument (whose name the message gives) or an empty split, and PackError, LevelError or
    OSError.
    """
    require_choice("split", split, SPLITS)
    if isinstance(source, Level) and not _is_family(source):
        source = Task(source, source.title or UNNAMED)
    if isinstance(source, Task):
        return TaskDistribution(split, (source,))
    splits = _splits(source, argument)
    if not (splits[split].unlimited or splits[split].tasks):
        filled = [name for name in SPLITS if splits[name].unlimited or splits[name].tasks]
        raise ValueError(f"split '{split}' has no tasks here - use one of: {', '.join(filled)}")
    return splits[split]


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise ValueError unless the argument `name` is one of the choices."""
    if not (isinstance(value, str) and value in choices):
        given = quote(value) if isinstance(value, str) else f"of type {type(value).__name__}"
        raise ValueError(f"{name} {given} is unknown - use one of: {', '.join(choices)}")


def _splits(source: Source, argument: str) -> dict[str, TaskDistribution]:
    """Return all splits of what is more than one task."""
    if isinstance(source, str) and not source:
        raise ValueError(f"{argument} is empty - give {FORMS}")
    if isinstance(source, str) and "\n" in source:
        return _splits_of_level(parse(source, UNNAMED))
    if isinstance(source, str | Path):
        return load_pack(source).splits
    if isinstance(source, Level):
        return _splits_of_level(source)
    return _splits_of_level(_level_of_rows(_rows(source, argument)))


def _rows(source: object, argument: str) -> list[str]:
    """Return the rows of a map, such as the `desc` of Gymnasium's FrozenLake, as strings.

    Raises TypeError if the source is nothing of the kind.
    """
    kind = type(source).__name__
    if isinstance(source, np.ndarray):
        source = source.tolist()  # no list where it has no dimension
    if isinstance(source, list | tuple):
        rows = [_text_of_row(row) for row in source]
        found = [row for row in rows if row is not None]
        if len(found) == len(rows):
            return found
        wrong = rows.index(None)
        kind += f", whose row {wrong + 1} is of type {type(source[wrong]).__name__},"
    raise TypeError(f"{argument} of type {kind} is unknown - give {FORMS}")


def _text_of_row(row: object) -> str | None:
    """Return the text of a row: a string, bytes, or a list of them. None for anything else."""
    if isinstance(row, np.ndarray):
        row = row.tolist()
    cells = row if isinstance(row, list | tuple) else [row]
    texts: list[str] = []
    for cell in cells:
        if isinstance(cell, bytes):  # a byte that is not UTF-8 is reported where rows are read
            cell = cell.decode("utf-8", errors="surrogateescape")
        if not isinstance(cell, str):
            return None
        texts.append(cell)
    return "".join(texts)


def _splits_of_level(level: Level) -> dict[str, TaskDistribution]:
    """Return the splits of a level as those of a level file; a single task is in all of them."""
    tasks = list_tasks([(UNNAMED, level)], UNNAMED)
    if len(tasks) == 1 and tasks[0].member is None:
        return {name: TaskDistribution(name, tuple(tasks)) for name in SPLITS}
    return divide_by_share(tasks, DEFAULT_SHARES)


def _level_of_rows(rows: Sequence[str]) -> Level:
    """Return the level with these rows as its map: in our tiles, or as Gymnasium's FrozenLake.

    Raises LevelError, whose lines are the rows.
    """
    for number, row in enumerate(rows, 1):
        if "\n" in row:
            raise ValueError(f"row {number} has a line break - give one string for each row")
    header = ["map:"]
    if any(rows) and set("".join(rows)) <= {*FROZEN_LAKE}:  # no map of ours: it has no start
        header = ["dialect: frozenlake", *header]
    level, problems = examine("\n".join([*header, *rows]), "rows")
    if level is None:
        raise LevelError([replace(one, line=max(1, one.line - len(header))) for one in problems])
    return level


def _is_family(level: Level) -> bool:
    """Whether a goal or a value of the level is still to be drawn."""
    values = drawable_values(level).values()
    return bool(level.find(CANDIDATE)) or any(isinstance(v, Range | OneOf) for v in values)

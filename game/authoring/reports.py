"""The other reports for level authors: packs, legend, samples, tasks and fixed policies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from game.authoring.figures import TaskFigures, drawn_text
from game.authoring.fixed_policy import best_tables
from game.authoring.formatting import aligned_columns, as_json_text
from game.tasks.distribution import SPLITS
from game.tasks.family import draw_task
from game.tasks.pack_file import PackError
from game.tasks.packs import list_packs as pack_folders
from game.tasks.packs import load_pack, pack_entry
from game.tasks.task import Task
from game.text.dialects import DIALECTS
from game.text.level import Level
from game.text.tiles import TILES
from game.text.values import NORMAL
from game.world.planner import optimal_path
from game.world.rules import ACTIONS

SHOWN_TASKS = 24
ABREAST = 4  # maps beside each other
ABOUT_DIALECTS = "Maps of others, by the file's suffix or a header line as 'dialect: xsb':"
ARROWS = dict(zip(ACTIONS, "^v<>"))
MOST_DRAWN = 1000  # tasks of one `sample`


def list_packs(as_json: bool) -> str:
    """The shipped packs with the number of tasks in each split."""
    entries = [pack_entry(folder) for folder in pack_folders()]
    rows = [
        {"name": e.name, "title": e.title, **_counts(e.sizes), "agent": e.agent} for e in entries
    ]
    if as_json:
        return as_json_text(rows)
    return aligned_columns([list(rows[0]), *(list(row.values()) for row in rows)])


def _counts(sizes: dict[str, int | None]) -> dict[str, int | str]:
    return {name: "unlimited" if size is None else size for name, size in sizes.items()}


def legend(as_json: bool) -> str:
    """The table of tiles; for people also the dialects that are read."""
    rows = [
        {"tile": t.char, "name": t.name, "cost": t.cost if t.passable else "-", "what": t.text}
        for t in TILES
    ]
    if as_json:
        return as_json_text(rows)
    table = aligned_columns([list(rows[0]), *(list(row.values()) for row in rows)])
    theirs = [[d.name, " ".join(d.suffixes), d.text] for d in DIALECTS.values()]
    return f"{table}\n\n{ABOUT_DIALECTS}\n{aligned_columns(theirs)}"


def draw(name: str, n: int, seed: int, split: str | None) -> tuple[str, list[TaskFigures]]:
    """n tasks and where they are from: any of a level file; of a pack, those it trains on.

    Raises PackError where the split has no tasks.
    """
    pack, rng = load_pack(name), np.random.default_rng(seed)
    if split is None and pack.path.is_file():
        level = pack.levels[0]
        tasks = [draw_task(level, pack.title, rng) for _ in range(n)]
        return f"{pack.title}: {n} tasks of the level, seed {seed}", list(map(TaskFigures, tasks))
    trained = pack.split("train")
    split = split or ("train" if trained.tasks or trained.unlimited else "test")
    try:
        tasks = pack.split(split).sample(n, rng)
    except LookupError as error:
        raise PackError(f"{pack.path}: {error}") from None
    return f"{pack.title}: {n} tasks of the {split} split, seed {seed}", list(
        map(TaskFigures, tasks)
    )


def sample(about: str, known: Sequence[TaskFigures], as_json: bool) -> str:
    """The tasks' maps side by side, what was drawn, and the figures of each."""
    if as_json:
        return as_json_text([_drawn_row(one) | one.figures for one in known])
    maps = [_side_by_side(known[i : i + ABREAST]) for i in range(0, len(known), ABREAST)]
    table = aligned_columns(
        [["task", "states", "path", "optimal", "drawn"], *map(_sample_row, known)]
    )
    return "\n\n".join([about, *maps, table])


def _drawn_row(one: TaskFigures) -> dict[str, Any]:
    task = one.task
    row = {"task": task.id, "name": task.name, "drawn": dict(task.drawn)}
    return row | {"map": list(task.level.rows)}


def _sample_row(one: TaskFigures) -> list[object]:
    path = "-" if one.shortest_path is None else one.shortest_path
    optimal = f"{one.optimal_return:.3f}"
    return [one.task.id, one.tables.n_states, path, optimal, drawn_text(one.task)]


def _side_by_side(known: Sequence[TaskFigures]) -> str:
    """Their maps, each under its id."""
    blocks = [[one.task.id, *one.task.level.rows] for one in known]
    lines = itertools.zip_longest(*blocks, fillvalue="")
    return aligned_columns([list(line) for line in lines])


def fixed(name: str, split: str, groups: int, tasks: int, seed: int, as_json: bool) -> str:
    """How far the best policy that was found gets without adapting, map by map."""
    pack = load_pack(name)
    if not pack.split(split).tasks:
        raise PackError(f"{pack.path}: the {split} split is not a list of tasks")
    found = list(best_tables(pack, split, groups, tasks, seed=seed))
    rows = [
        {"name": f.tasks[0].name, "tasks": len(f.tasks), "states": f.states, "score": f.score}
        for f in found
    ]
    mean = float(np.mean([f.score for f in found]))
    if as_json:
        return as_json_text({"pack": pack.name, "split": split, "score": mean, "groups": rows})
    table = [[*list(row.values())[:-1], f"{row['score']:.3f}"] for row in rows]
    return f"{aligned_columns([list(rows[0]), *table])}\nmean score {mean:.3f}"


def _listed(name: str) -> list[tuple[str, Task]]:
    pack = load_pack(name)
    return [(split, task) for split in SPLITS for task in pack.split(split).tasks]


def show(name: str, as_json: bool) -> str:
    """The map of each of the first tasks with the optimal path as arrows, and its figures."""
    tasks = list({task.id: task for _, task in _listed(name)}.values())
    known = [TaskFigures(task) for task in tasks[:SHOWN_TASKS]]
    if as_json:
        return as_json_text([_drawn_row(one) | one.figures | {"path": _path(one)} for one in known])
    parts = [_described(one) for one in known]
    if len(tasks) > SHOWN_TASKS:
        parts.append(f"and {len(tasks) - SHOWN_TASKS:,} more: 'levels hash' lists them all")
    return "\n\n".join(parts)


def _path(one: TaskFigures) -> list[list[int]]:
    """Row and column, from 1, of each cell on an optimal path."""
    cells: list[list[int]] = (one.tables.cell[optimal_path(one.tables)[0]] + 1).tolist()
    return cells


def _described(one: TaskFigures) -> str:
    task, tables = one.task, one.tables
    rows = [list(row) for row in task.level.rows]
    states, actions = optimal_path(tables)
    for state, action in list(zip(states, actions))[1:]:
        row, column = tables.cell[state]
        rows[row][column] = ARROWS.get(_move(task.level, action), rows[row][column])
    drawn = task.drawn and f", {drawn_text(task)}"
    figures = (
        f"task {task.id}{drawn or ''}\n{tables.n_states} states, "
        f"shortest path {one.shortest_path}, "
        f"optimal return {one.optimal_return:.3f}, random {one.random_return:.3f}"
    )
    chance = "chance has a hand: the arrows go by the likeliest luck, the returns by all"
    return "\n".join(
        [
            task.name,
            *("".join(row) for row in rows),
            figures,
            *([chance] if one.batch.chancy.any() else []),
        ]
    )


def _move(level: Level, action: int) -> str:
    """Where an action goes: with shuffled controls not where its name says."""
    if level.controls == NORMAL:
        return ACTIONS[action]
    return [*level.controls.split(), "stay"][action]


def hashes(name: str, as_json: bool) -> str:
    """Each listed task: id, split, name, what was drawn."""
    listed = _listed(name)
    if as_json:
        return as_json_text(
            [
                {"task": task.id, "split": split, "name": task.name, "drawn": dict(task.drawn)}
                for split, task in listed
            ]
        )
    return aligned_columns(
        [[task.id, split, task.name, drawn_text(task)] for split, task in listed]
    )

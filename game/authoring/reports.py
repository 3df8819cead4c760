"""Reports for level authors on packs, tiles, sampled and listed tasks, and fixed policies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from game.authoring.figures import TaskFigures, describe_draws
from game.authoring.fixed_policy import best_fixed_policies
from game.authoring.formatting import aligned_columns, as_json_text
from game.tasks.distribution import SPLITS
from game.tasks.family import draw_task
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, list_packs, load_pack, pack_entry, pack_folder
from game.tasks.task import Task
from game.text.dialects import DIALECTS
from game.text.legend import keys_of, write_legend
from game.text.level import ANY, Level
from game.text.tiles import ACTIONS, FREE, START, TILES
from game.text.values import moves_of
from game.text.visible import visible
from game.world.planner import optimal_path

SHOWN_TASKS = 24  # tasks in `levels show`
MAPS_PER_ROW = 4
ABOUT_DIALECTS = "Other map formats, by the file's suffix or a header line such as 'dialect: xsb':"
ABOUT_OWN_TILES = """\
A tile of your own, by a header line that gives a free character a tile with settings:
  legend: q = o worth=-1 title="Fool's gold"
Settings of such tiles:"""
ARROWS = dict(zip(ACTIONS, "^v<>"))
ABOUT_CHANCE = (
    "moves are random: the arrows follow the most likely outcomes, the returns are expected values"
)
NO_AGENT = "(default)"  # of a pack that names none: see agents/default_agents.py
MOST_DRAWN = 1000  # tasks in `levels sample`


def packs_report(as_json: bool) -> str:
    """Return a table of the shipped packs: tasks in each split, agent and hidden variables."""
    entries = [pack_entry(folder) for folder in list_packs()]
    rows = [
        {"name": e.name, "title": e.title, **_counts(e.sizes), "agent": e.agent or NO_AGENT}
        for e in entries
    ]
    if as_json:
        return as_json_text([row | {"hidden": e.hidden} for row, e in zip(rows, entries)])
    table = [[*row.values(), _hidden_text(e.hidden)] for row, e in zip(rows, entries)]
    return aligned_columns([[*rows[0], "hidden"], *table])


def _hidden_text(hidden: tuple[str, ...] | None) -> str:
    """Return the names of hidden variables in a line; "" where a pack does not say."""
    return "" if hidden is None else ", ".join(hidden) or "nothing"


def _counts(sizes: dict[str, int | None]) -> dict[str, int | str]:
    """Return the number of tasks by split, in words where it is unlimited."""
    return {name: "unlimited" if size is None else size for name, size in sizes.items()}


def legend_report(as_json: bool) -> str:
    """Return the table of tiles. As text it includes how to define a tile of one's own, and the map
    formats that can be read."""
    rows = [
        {"tile": t.char, "name": t.name, "cost": t.cost if t.passable else "-", "what": t.text}
        for t in TILES
    ]
    if as_json:
        return as_json_text([row | {"legend": keys_of(str(row["tile"]))} for row in rows])
    table = aligned_columns([list(rows[0]), *(list(row.values()) for row in rows)])
    dialects = [[d.name, " ".join(d.suffixes), d.text] for d in DIALECTS.values()]
    return (
        f"{table}\n\n{ABOUT_OWN_TILES}\n{aligned_columns(_settings_of_own_tiles())}\n\n"
        f"{ABOUT_DIALECTS}\n{aligned_columns(dialects)}"
    )


def _settings_of_own_tiles() -> list[list[str]]:
    """Return rows of tiles and the settings that a legend line may give them."""
    tiles: dict[tuple[str, ...], list[str]] = {}
    for tile in TILES:
        tiles.setdefault(tuple(keys_of(tile.char)), []).append(tile.char)
    settings = [[" ".join(chars), " ".join(keys)] for keys, chars in tiles.items() if keys]
    return [*settings, ["any tile", 'title="..."'], ["free characters", " ".join(FREE)]]


def sample_tasks(name: str, n: int, seed: int, split: str | None) -> tuple[str, list[TaskFigures]]:
    """Return a title and n random tasks of a level file, or of a split of a pack.

    Without `split`, tasks of a level file are drawn from the whole level, and those of a pack from
    its training split, or from its test split where there is nothing to train on. Raises PackError
    where the split has no tasks.
    """
    pack, rng = load_pack(name), np.random.default_rng(seed)
    if split is None and len(pack.levels) == 1 and not pack_folder(pack.path):
        [level] = pack.levels
        tasks = [draw_task(level, pack.title, rng) for _ in range(n)]
        return f"{pack.title}: {n} tasks of the level, seed {seed}", list(map(TaskFigures, tasks))
    train = pack.split("train")
    split = split or ("train" if train.tasks or train.unlimited else "test")
    try:
        tasks = pack.split(split).sample(n, rng)
    except LookupError as error:
        raise PackError(f"{pack.path}: {error} - choose another split") from None
    return f"{pack.title}: {n} tasks of the {split} split, seed {seed}", list(
        map(TaskFigures, tasks)
    )


def sample_report(
    title: str, figures: Sequence[TaskFigures], as_json: bool, width: int | None = None
) -> str:
    """Return the maps of tasks side by side, and a table of their draws and figures.

    There are at most MAPS_PER_ROW maps in a row, and no more than `width` columns allow.
    """
    if as_json:
        return as_json_text([_json_row(one) | one.figures for one in figures])
    widest = max(max(len(one.task.id), one.task.level.width) for one in figures)
    fitting = MAPS_PER_ROW if width is None else max(1, (width + 2) // (widest + 2))
    n = min(MAPS_PER_ROW, fitting)
    rows = [figures[i : i + n] for i in range(0, len(figures), n)]
    head = ["task", "states", "path", "optimal", "drawn"]
    table = aligned_columns([head, *map(_sample_row, figures)])
    return "\n\n".join([visible(title), *map(_side_by_side, rows), table])


def _json_row(one: TaskFigures) -> dict[str, Any]:
    """Return a task's id, name, draws and map."""
    task = one.task
    row = {"task": task.id, "name": task.name, "drawn": dict(task.drawn)}
    return row | {"map": list(task.level.rows)}


def _sample_row(one: TaskFigures) -> list[object]:
    """Return a task's row in the table of a sample."""
    path = "-" if one.shortest_path is None else one.shortest_path
    optimal = f"{one.optimal_return:.3f}"
    return [one.task.id, one.tables.n_states, path, optimal, describe_draws(one.task)]


def _side_by_side(figures: Sequence[TaskFigures]) -> str:
    """Return the maps of tasks side by side, each below its id."""
    blocks = [[one.task.id, *one.task.level.rows] for one in figures]
    lines = itertools.zip_longest(*blocks, fillvalue="")
    return aligned_columns([list(line) for line in lines])


def fixed_policy_report(
    name: str, split: str, groups: int, tasks: int, seed: int, as_json: bool
) -> str:
    """Return the scores of the best policies found that do not adapt, one per group of tasks.

    Raises PackError where the split lists no tasks.
    """
    pack = load_pack(name)
    if not pack.split(split).tasks:
        raise PackError(f"{pack.path}: the {split} split lists no tasks - choose another split")
    found = list(best_fixed_policies(pack, split, groups, tasks, seed=seed))
    rows = [
        {"name": f.tasks[0].name, "tasks": len(f.tasks), "states": f.states, "score": f.score}
        for f in found
    ]
    mean = float(np.mean([f.score for f in found]))
    if as_json:
        return as_json_text({"pack": pack.name, "split": split, "score": mean, "groups": rows})
    table = [[*list(row.values())[:-1], f"{row['score']:.3f}"] for row in rows]
    return f"{aligned_columns([list(rows[0]), *table])}\nmean score {mean:.3f}"


def _listed(pack: Pack) -> list[tuple[str, Task]]:
    """Return the listed tasks of all splits, each with the name of its split."""
    return [(split, task) for split in SPLITS for task in pack.split(split).tasks]


def _left_out(pack: Pack) -> list[str]:
    """Return a line on the levels that are left out, if any are."""
    return [visible(pack.left_out)] if pack.left_out else []


def optimal_paths_report(name: str, as_json: bool) -> str:
    """Return the maps of the first tasks with their optimal paths as arrows, and their figures."""
    pack = load_pack(name)
    tasks = list({task.id: task for _, task in _listed(pack)}.values())
    figures = [TaskFigures(task) for task in tasks[:SHOWN_TASKS]]
    if as_json:
        rows = [
            _json_row(one) | _json_about(one.task.level) | one.figures | {"path": _path(one)}
            for one in figures
        ]
        return as_json_text(rows)
    parts = [_map_with_path(one) for one in figures]
    if len(tasks) > SHOWN_TASKS:
        more = len(tasks) - SHOWN_TASKS
        parts.append(f"and {more:,} more - 'levels hash' lists all tasks")
    return "\n\n".join([*parts, *_left_out(pack)])


def _json_about(level: Level) -> dict[str, Any]:
    """Return a level's description and the lines of its legend, where it has any."""
    parts = {"description": level.description, "legend": list(write_legend(level))}
    return {name: part for name, part in parts.items() if part}


def _path(one: TaskFigures) -> list[list[int]]:
    """Return row and column, from 1, of each cell on an optimal path."""
    cells: list[list[int]] = (one.tables.cell[optimal_path(one.tables)[0]] + 1).tolist()
    return cells


def _map_with_path(one: TaskFigures) -> str:
    """Return a task's map with an optimal path as arrows, and its figures."""
    task, tables = one.task, one.tables
    rows = [list(row) for row in task.level.rows]
    states, actions = optimal_path(tables)
    for i, (state, action) in enumerate(zip(states, actions)):
        row, column = tables.cell[state]
        if i and not (task.level.world and not task.level.world.rules.by_moves):
            rows[row][column] = ARROWS.get(_move(task.level, action), rows[row][column])
        elif task.level.starts == ANY:  # which the map does not show
            rows[row][column] = START
    drawn = task.drawn and f", {describe_draws(task)}"
    way = f", shortest path {one.shortest_path}" if one.shortest_path is not None else ""
    figures = (
        f"task {task.id}{drawn or ''}\n{tables.n_states} states{way}, "
        f"optimal return {one.optimal_return:.3f}, random {one.random_return:.3f}"
    )
    lines = [visible(task.name), *_about(task.level), *("".join(row) for row in rows), figures]
    if tables.boxes.size:
        lines.append(f"moves (capitals push): {_pushes(one)}")
    if task.level.world and one.batch.by_chance:
        lines.append("chance has a part in it: the returns are expected values")
    elif one.batch.stochastic.any():
        lines.append(ABOUT_CHANCE)
    return "\n".join(lines)


def _about(level: Level) -> list[str]:
    """Return a level's description and the lines of its legend, for people."""
    lines = [level.description] if level.description else []
    return [visible(line) for line in (*lines, *(f"legend: {x}" for x in write_legend(level)))]


def _pushes(one: TaskFigures) -> str:
    """Return the moves of the optimal path as letters; a move that pushes a box is a capital."""
    tables, (states, actions) = one.tables, optimal_path(one.tables)
    letters = []
    for action, here, there in zip(actions, states, states[1:]):
        letter = _move(one.task.level, action)[0]
        pushes = (tables.boxes[here] != tables.boxes[there]).any()
        letters.append(letter.upper() if pushes else letter)
    return "".join(letters)


def _move(level: Level, action: int) -> str:
    """Return the move that an action causes, which depends on the level's controls."""
    return moves_of(str(level.controls))[action]


def task_ids_report(name: str, as_json: bool) -> str:
    """Return a table of all listed tasks: id, split, name and draws."""
    pack = load_pack(name)
    listed = _listed(pack)
    if as_json:
        return as_json_text(
            [
                {"task": task.id, "split": split, "name": task.name, "drawn": dict(task.drawn)}
                for split, task in listed
            ]
        )
    rows = [[task.id, split, task.name, describe_draws(task)] for split, task in listed]
    return "\n".join([aligned_columns(rows), *_left_out(pack)])

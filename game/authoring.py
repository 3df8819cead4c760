"""What level authors ask: what is there, is my file right, what does it look like and amount to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from game.dialects import DIALECTS
from game.level import MAX_BYTES, Level, examine, read, suspicious, values
from game.planner import optimal_path, optimal_return, random_return, shortest_path
from game.rules import ACTIONS
from game.tables import GridBatch, TooLarge, compile_level
from game.tasks import (
    PACK_FILE,
    SPLITS,
    Pack,
    PackError,
    Task,
    count_tasks,
    draw_task,
    family,
    find_pack,
    level_files,
    load_pack,
)
from game.tasks import list_packs as pack_folders
from game.tiles import TILES
from game.values import Range

MOST_TASKS = 1000  # that means are taken over; of more than these,
SAMPLED_TASKS = 256  # so many are drawn
SHOWN_TASKS = 24
ABREAST = 4  # maps beside each other
ABOUT_DIALECTS = "Maps of others, by the file's suffix or a header line as 'dialect: xsb':"
ARROWS = dict(zip(ACTIONS, "^v<> "))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _columns(rows: Sequence[Sequence[object]]) -> str:
    """Rows of cells as text with aligned columns."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ("  ".join(cell.ljust(n) for cell, n in zip(row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def list_packs(as_json: bool) -> str:
    """The shipped packs with the number of tasks in each split."""
    packs = [load_pack(folder) for folder in pack_folders()]
    rows = [
        {"name": pack.name, "title": pack.title, **_sizes(pack), "agent": pack.agent}
        for pack in packs
    ]
    if as_json:
        return _json(rows)
    return _columns([list(rows[0]), *(list(row.values()) for row in rows)])


def _sizes(pack: Pack) -> dict[str, object]:
    splits = {name: pack.split(name) for name in SPLITS}
    return {name: "unlimited" if s.unlimited else len(s.tasks) for name, s in splits.items()}


def legend(as_json: bool) -> str:
    """The table of tiles; for people also the dialects that are read."""
    rows = [
        {"tile": t.char, "name": t.name, "cost": t.cost if t.passable else "-", "what": t.text}
        for t in TILES
    ]
    if as_json:
        return _json(rows)
    table = _columns([list(rows[0]), *(list(row.values()) for row in rows)])
    theirs = [[d.name, " ".join(d.suffixes), d.text] for d in DIALECTS.values()]
    return f"{table}\n\n{ABOUT_DIALECTS}\n{_columns(theirs)}"


# --- check -------------------------------------------------------------------------------------


def check(names: Sequence[str]) -> list[dict[str, Any]]:
    """A report on each level file; a pack stands for its files and its pack.toml."""
    reports = []
    for name in names:
        try:
            path = find_pack(name)
            path = path.parent if path.name == PACK_FILE else path
            if path.is_file():
                reports.append(check_file(path))
                continue
            files = [check_file(file) for file in level_files(path)]
            reports += files
            if not any(report["errors"] for report in files):
                load_pack(path)
                if not files:
                    reports.append(_report(str(path), []))  # its levels are generated
        except PackError as error:
            reports.append(_report(name, [str(error)]))
        except OSError as error:
            reports.append(_report(name, [f"{name}: {error.strerror}"]))
    return reports


def _report(file: str, errors: list[str]) -> dict[str, Any]:
    figures = ("states", "optimal_return", "random_return", "shortest_path", "tasks", "sampled")
    return {"file": file, "errors": errors, "warnings": [], **dict.fromkeys(figures)}


def check_file(path: Path) -> dict[str, Any]:
    """Errors, warnings and, of a sound level, its figures (means over the tasks of a family)."""
    with open(path, "rb") as file:
        level, problems = examine(file.read(MAX_BYTES + 1), str(path))
    report = _report(str(path), [str(problem) for problem in problems])
    if level:
        try:
            report |= _figures(level)
            if report["shortest_path"] is None:
                what = "no goal can be reached past the opponents"
                report["errors"] = [f"{path}:1:1: {what} - let them leave a way"]
        except TooLarge as error:
            report["errors"] = [f"{path}:1:1: {error} - use a smaller map"]
    return report


def _figures(level: Level) -> dict[str, Any]:
    """Warnings, and means over the level's tasks, or over some of them if they are too many."""
    tasks, sampled = _some_tasks(level)
    warnings = dict.fromkeys(suspicious(level))
    rows = []
    for task in tasks:
        tables = compile_level(task.level)
        batch, path = GridBatch([tables]), shortest_path(tables)
        where = dict(task.drawn).get("goal", "the goal")
        if path is None:
            warnings[f"the goal at {where} is out of reach"] = None
        elif path > level.steps:
            warnings[f"{level.steps} steps, but the way to {where} takes {path}"] = None
        rows.append((tables.n_states, optimal_return(batch)[0], random_return(batch)[0], path))
    states, optimal, random, paths = zip(*rows)
    reached = [path for path in paths if path is not None]
    return {
        "warnings": list(warnings),
        "states": max(states),
        "optimal_return": float(np.mean(optimal)),
        "random_return": float(np.mean(random)),
        "shortest_path": float(np.mean(reached)) if reached else None,
        "tasks": len(tasks),
        "sampled": sampled,
    }


def _some_tasks(level: Level) -> tuple[list[Task], bool]:
    """A level's tasks; where they are many or have ranges, some drawn with seed 0; and which."""
    if count_tasks(level) <= MOST_TASKS and not any(
        isinstance(value, Range) for value in values(level).values()
    ):
        return list(family(level, "")), False
    rng = np.random.default_rng(0)
    return [draw_task(level, "", rng) for _ in range(SAMPLED_TASKS)], True


def check_text(reports: list[dict[str, Any]], as_json: bool) -> str:
    """The reports for people, or as JSON."""
    if as_json:
        return _json(reports) + "\n"
    lines = []
    for report in reports:
        lines += report["errors"]
        lines += [f"{report['file']}: warning: {warning}" for warning in report["warnings"]]
        if not report["errors"] and report["states"] is None:
            lines.append(f"{report['file']}: ok, its levels are generated")
        elif not report["errors"]:
            lines.append(
                f"{report['file']}: ok, {report['states']} states, "
                f"optimal return {report['optimal_return']:.3f}, "
                f"random {report['random_return']:.3f}"
            )
    return "".join(f"{line}\n" for line in lines)


# --- sample ------------------------------------------------------------------------------------


def sample(path: str, n: int, seed: int, as_json: bool) -> str:
    """n tasks of a level file: what was drawn, and the figures of each."""
    level = read(path)
    rng = np.random.default_rng(seed)
    tasks = [draw_task(level, level.title or Path(path).stem, rng) for _ in range(n)]
    rows = [_sampled(task) for task in tasks]
    if as_json:
        return _json(rows)
    maps = "\n\n".join(_side_by_side(tasks[i : i + ABREAST]) for i in range(0, n, ABREAST))
    table = _columns([["task", "states", "path", "optimal", "drawn"], *map(_sample_row, rows)])
    return f"{maps}\n\n{table}"


def _sampled(task: Task) -> dict[str, Any]:
    tables = compile_level(task.level)
    return {
        "task": task.id,
        "drawn": dict(task.drawn),
        "states": tables.n_states,
        "shortest_path": shortest_path(tables),
        "optimal_return": float(optimal_return(GridBatch([tables]))[0]),
    }


def _sample_row(row: dict[str, Any]) -> list[object]:
    drawn = ", ".join(f"{what} {value}" for what, value in row["drawn"].items())
    path = "-" if row["shortest_path"] is None else row["shortest_path"]
    return [row["task"], row["states"], path, f"{row['optimal_return']:.3f}", drawn]


def _side_by_side(tasks: Sequence[Task]) -> str:
    """Their maps, each under its id."""
    blocks = [[task.id, *task.level.rows] for task in tasks]
    lines = itertools.zip_longest(*blocks, fillvalue="")
    return _columns([list(line) for line in lines])


# --- show, hash --------------------------------------------------------------------------------


def _tasks(name: str) -> list[Task]:
    pack = load_pack(name)
    return [task for split in SPLITS for task in pack.split(split).tasks]


def show(name: str) -> str:
    """The map of each of the first tasks with the optimal path as arrows, and its figures."""
    tasks = _tasks(name)
    parts = [_describe(task) for task in tasks[:SHOWN_TASKS]]
    if len(tasks) > SHOWN_TASKS:
        parts.append(f"and {len(tasks) - SHOWN_TASKS:,} more: 'levels hash' lists them all")
    return "\n\n".join(parts)


def _describe(task: Task) -> str:
    tables = compile_level(task.level)
    batch = GridBatch([tables])
    rows = [list(row) for row in task.level.rows]
    states, actions = optimal_path(tables)
    for state, action in list(zip(states, actions))[1:]:
        row, column = tables.cell[state]
        rows[row][column] = ARROWS[ACTIONS[action]]
    drawn = "".join(f", {what} {value}" for what, value in task.drawn)
    figures = (
        f"task {task.id}{drawn}\n{tables.n_states} states, shortest path {shortest_path(tables)}, "
        f"optimal return {optimal_return(batch)[0]:.3f}, random {random_return(batch)[0]:.3f}"
    )
    return "\n".join([task.name, *("".join(row) for row in rows), figures])


def hashes(name: str) -> str:
    """One line for each listed task: id, split, name, what was drawn."""
    pack = load_pack(name)
    rows = [
        [task.id, split, task.name, ", ".join(f"{what} {value}" for what, value in task.drawn)]
        for split in SPLITS
        for task in pack.split(split).tasks
    ]
    return _columns(rows)

"""What level authors ask: what is there, is my file right, what does it look like and amount to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from game.level import MAX_BYTES, Level, examine
from game.planner import optimal_path, optimal_return, random_return, shortest_path
from game.rules import ACTIONS
from game.tables import GridBatch, TooLarge, compile_level
from game.tasks import PACK_FILE, SPLITS, Pack, PackError, Task, family, find_pack, load_pack
from game.tasks import list_packs as pack_folders
from game.tiles import TILES

MOST_TASKS = 1000  # that means are taken over
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
    """The table of tiles."""
    rows = [
        {"tile": t.char, "name": t.name, "cost": t.cost if t.passable else "-", "what": t.text}
        for t in TILES
    ]
    if as_json:
        return _json(rows)
    return _columns([list(rows[0]), *(list(row.values()) for row in rows)])


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
            files = [check_file(file) for file in sorted(path.glob("*.txt"))]
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
    figures = ("states", "optimal_return", "random_return", "shortest_path")
    return {"file": file, "errors": errors, "warnings": [], **dict.fromkeys(figures)}


def check_file(path: Path) -> dict[str, Any]:
    """Errors, warnings and, of a sound level, its figures (means over the tasks of a family)."""
    with open(path, "rb") as file:
        level, problems = examine(file.read(MAX_BYTES + 1), str(path))
    report = _report(str(path), [str(problem) for problem in problems])
    if level:
        try:
            report |= _figures(level)
        except TooLarge as error:
            report["errors"] = [f"{path}:1:1: {error} - use a smaller map"]
    return report


def _figures(level: Level) -> dict[str, Any]:
    """Warnings, and means over the level's tasks."""
    found: dict[str, list[float]] = {"optimal_return": [], "random_return": []}
    warnings, paths, states = [], [], 0
    for task in itertools.islice(family(level, ""), MOST_TASKS):
        tables = compile_level(task.level)
        batch = GridBatch([tables])
        found["optimal_return"].append(float(optimal_return(batch)[0]))
        found["random_return"].append(float(random_return(batch)[0]))
        states = max(states, tables.n_states)
        path = shortest_path(tables)
        where = dict(task.drawn).get("goal", "the goal")
        if path is None:
            warnings.append(f"the goal at {where} is out of reach")
        else:
            paths.append(path)
            if path > level.steps:
                warnings.append(f"{level.steps} steps, but the way to {where} takes {path}")
    if level.goal == "hidden" and len(level.find("?")) == 1 and not level.find("G"):
        warnings.append("one candidate goal: nothing is left to find out")
    return {
        "warnings": warnings,
        "states": states,
        **{name: float(np.mean(values)) for name, values in found.items()},
        "shortest_path": float(np.mean(paths)) if paths else None,
    }


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


# --- show, hash --------------------------------------------------------------------------------


def _tasks(name: str) -> list[Task]:
    pack = load_pack(name)
    return [task for split in SPLITS for task in pack.split(split).tasks]


def show(name: str) -> str:
    """Each task's map with the optimal path as arrows, and its figures."""
    return "\n\n".join(_describe(task) for task in _tasks(name))


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

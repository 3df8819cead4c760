"""What level authors ask: what is there, is my file right, what does it look like and amount to."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from game.bayes import bayes_returns, posterior_sampling
from game.dialects import DIALECTS
from game.fixed import best_tables
from game.level import (
    MAX_BYTES,
    MAX_STEPS,
    Cell,
    Level,
    LevelError,
    examine,
    explore,
    teleporters,
    values,
    with_values,
)
from game.planner import optimal_path, optimal_return, random_return, shortest_path
from game.rules import ACTIONS
from game.tables import GridBatch, Tables, TooLarge, compile_level
from game.tasks import (
    DEFAULT_EPISODES,
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
    pack_entry,
)
from game.tasks import list_packs as pack_folders
from game.tiles import BY_CHAR, CANDIDATE, GOAL, START, TILES
from game.values import NORMAL, OneOf, Range, Value

MOST_TASKS = 1000  # that means are taken over; of more than these,
SAMPLED_TASKS = 256  # so many are drawn
SHOWN_TASKS = 24
ABREAST = 4  # maps beside each other
ABOUT_DIALECTS = "Maps of others, by the file's suffix or a header line as 'dialect: xsb':"
ARROWS = dict(zip(ACTIONS, "^v<>"))
MOST_DRAWN = 1000  # tasks of one `sample`
FIGURES = (
    *("states", "optimal_return", "random_return", "shortest_path"),
    *("tasks", "sampled", "episodes", "bayes_return", "bayes_return_bounds"),
    *("bayes_trial", "bayes_trial_bounds", "posterior_sampling"),
)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _columns(rows: Sequence[Sequence[object]]) -> str:
    """Rows of cells as text with aligned columns."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ("  ".join(cell.ljust(n) for cell, n in zip(row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


@dataclass(frozen=True)
class Known:
    """A task, and what can be said of it before any agent has met it."""

    task: Task

    @cached_property
    def tables(self) -> Tables:
        return compile_level(self.task.level)

    @cached_property
    def batch(self) -> GridBatch:
        return GridBatch([self.tables])

    @cached_property
    def shortest_path(self) -> int | None:
        """Tables know the phases of one episode; a longer way past opponents needs them all."""
        path, level = shortest_path(self.tables), self.task.level
        if self.tables.opponents.size and (path is None or path > level.steps):
            with contextlib.suppress(TooLarge):
                return shortest_path(compile_level(replace(level, steps=MAX_STEPS)))
        return path

    @cached_property
    def optimal_return(self) -> float:
        return float(optimal_return(self.batch)[0])

    @cached_property
    def random_return(self) -> float:
        return float(random_return(self.batch)[0])

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "states": self.tables.n_states,
            "shortest_path": self.shortest_path,
            "optimal_return": self.optimal_return,
            "random_return": self.random_return,
        }


def drawn_text(task: Task) -> str:
    """What was drawn for the task, in a line."""
    return ", ".join(f"{what} {value}" for what, value in task.drawn)


def list_packs(as_json: bool) -> str:
    """The shipped packs with the number of tasks in each split."""
    entries = [pack_entry(folder) for folder in pack_folders()]
    rows = [
        {"name": e.name, "title": e.title, **_counts(e.sizes), "agent": e.agent} for e in entries
    ]
    if as_json:
        return _json(rows)
    return _columns([list(rows[0]), *(list(row.values()) for row in rows)])


def _counts(sizes: dict[str, int | None]) -> dict[str, int | str]:
    return {name: "unlimited" if size is None else size for name, size in sizes.items()}


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
            reports += check_folder(path)
        except PackError as error:
            reports.append(_report(name, [str(error)]))
        except OSError as error:
            reports.append(_report(name, [f"{name}: {error.strerror}"]))
    return reports


def _report(file: str, errors: list[str]) -> dict[str, Any]:
    return {"file": file, "errors": errors, "warnings": [], **dict.fromkeys(FIGURES)}


def check_folder(folder: Path) -> list[dict[str, Any]]:
    """A report on each level file, then on the pack, if its levels are generated or it is wrong."""
    episodes, whole = DEFAULT_EPISODES, []
    try:
        pack = load_pack(folder)
        episodes = pack.episodes
        whole = [] if pack.levels else [check_generated(pack)]
    except LevelError:  # of which each file has its own report
        pass
    except PackError as error:
        whole = [_report(str(folder), [str(error)])]
    return [check_file(file, episodes) for file in level_files(folder)] + whole


def check_generated(pack: Pack) -> dict[str, Any]:
    """The figures of the tasks that a pack lists: those for validation and test."""
    report = _report(str(pack.path), [])
    tasks = [task for split in SPLITS for task in pack.split(split).tasks]
    sampled = len(tasks) > MOST_TASKS
    if sampled:
        chosen = np.random.default_rng(0).permutation(len(tasks))[:SAMPLED_TASKS]
        tasks = [tasks[i] for i in chosen]
    if not tasks:
        return report
    try:
        known = [Known(task) for task in tasks]
        report |= _figures(known) | {"sampled": sampled, "episodes": pack.episodes}
    except TooLarge as error:
        return _report(str(pack.path), [f"{pack.path / PACK_FILE}:1:1: {error}"])
    steps = tasks[0].level.steps
    late = sum(one.shortest_path is None or one.shortest_path > steps for one in known)
    if late:
        what = f"{late} of {len(tasks)} tasks cannot be done in their {steps} steps"
        report["warnings"] = [f"{pack.path / PACK_FILE}:1:1: warning: {what}"]
    return report


def check_file(path: Path, episodes: int = DEFAULT_EPISODES) -> dict[str, Any]:
    """Errors, warnings and, of a sound level, its figures (means over the tasks of a family).

    `episodes` are those of a trial.
    """
    with open(path, "rb") as file:
        level, problems = examine(file.read(MAX_BYTES + 1), str(path))
    report = _report(str(path), [str(problem) for problem in problems])
    if not level:
        return report
    try:
        tasks, sampled = _some_tasks(level)
        known = [Known(task) for task in tasks]
        report |= _figures(known) | {"sampled": sampled} | _bayes_figures(level, episodes)
        report["warnings"] = [
            f"{path}:{line}:{column}: warning: {what}"
            for line, column, what in sorted(dict.fromkeys(_warnings(level, known)))
        ]
        if report["shortest_path"] is None:
            line, column = _place(level, level.find(START)[0])
            what = "no goal can be reached past the opponents - let them leave a way"
            report["errors"] = [f"{path}:{line}:{column}: {what}"]
    except TooLarge as error:
        line = level.places.get("map", 1)
        report["errors"] = [f"{path}:{line}:1: {error}"]
    return report


def _some_tasks(level: Level) -> tuple[list[Task], bool]:
    """A level's tasks; where they are too many, some drawn with seed 0; and which.

    A range of whole numbers has as many tasks as numbers, one of others has too many.
    """
    drawn = values(level)
    ranges = {label: value for label, value in drawn.items() if isinstance(value, Range)}
    if all(value.points for value in ranges.values()):
        sets: dict[str, Value] = {
            label: OneOf(tuple(value.low + i for i in range(value.points)))
            for label, value in ranges.items()
        }
        listed = with_values(level, sets)
        if count_tasks(listed) <= MOST_TASKS:
            return list(family(listed, "")), False
    rng = np.random.default_rng(0)
    return [draw_task(level, "", rng) for _ in range(SAMPLED_TASKS)], True


def _figures(known: Sequence[Known]) -> dict[str, Any]:
    """Means over the tasks, and the most states of one."""
    paths = [one.shortest_path for one in known if one.shortest_path is not None]
    return {
        "states": max(one.tables.n_states for one in known),
        "optimal_return": float(np.mean([one.optimal_return for one in known])),
        "random_return": float(np.mean([one.random_return for one in known])),
        "shortest_path": float(np.mean(paths)) if paths else None,
        "tasks": len(known),
    }


def _bayes_figures(level: Level, episodes: int) -> dict[str, Any]:
    """What is best for who does not know the goal: numbers where known, else bounds, or None."""
    figures: dict[str, Any] = {"episodes": episodes}
    for name, bounds in zip(("return", "trial"), bayes_returns(level, episodes) or ()):
        lower, upper = bounds
        figures[f"bayes_{name}"] = lower if lower == upper else None
        figures[f"bayes_{name}_bounds"] = None if lower == upper else [lower, upper]
    sampled = posterior_sampling(level, episodes, np.random.default_rng(0))
    figures["posterior_sampling"] = None if sampled is None else sampled.tolist()
    return figures


def check_text(reports: list[dict[str, Any]], as_json: bool) -> str:
    """The reports for people, or as JSON."""
    if as_json:
        return _json(reports) + "\n"
    lines = []
    for report in reports:
        lines += [*report["errors"], *report["warnings"]]
        if not report["errors"]:
            lines.append(f"{report['file']}: ok, {_verdict(report)}")
            lines += _bayes_verdict(report)
    return "".join(f"{line}\n" for line in lines)


def _verdict(report: dict[str, Any]) -> str:
    if report["states"] is None:
        return "its levels are generated"
    tasks, path = report["tasks"], report["shortest_path"]
    of = "" if tasks == 1 else f"{tasks} tasks{' drawn' if report['sampled'] else ''}: "
    return (
        f"{of}{report['states']} states, shortest path {path:.4g}, "
        f"optimal return {report['optimal_return']:.3f}, random {report['random_return']:.3f}"
    )


def _bayes_verdict(report: dict[str, Any]) -> list[str]:
    """A line on what is best as long as the goal is hidden; none where it is not."""
    if report["posterior_sampling"] is None:
        return []
    exact = [report[f"bayes_{name}"] for name in ("return", "trial")]
    bounds = [report[f"bayes_{name}_bounds"] for name in ("return", "trial")]
    one, trial = (
        f"{bound[0]:.3f} to {bound[1]:.3f}" if value is None else f"{value:.3f}"
        for value, bound in zip(exact, bounds)
    )
    return [
        f"    not knowing the goal, at best {one} in the first episode, {trial} in a trial of "
        f"{report['episodes']}; posterior sampling {sum(report['posterior_sampling']):.3f}"
    ]


# --- what is legal, and probably not meant -----------------------------------------------------

Warnings = Iterator[tuple[int, int, str]]  # line, column, what


def _place(level: Level, cell: Cell) -> tuple[int, int]:
    """Line and column of a cell in the level's file."""
    return level.places.get("map", 1) + cell[0], cell[1] + 1


def _named(cell: Cell) -> str:
    return f"row {cell[0] + 1} column {cell[1] + 1}"  # as `Task.drawn` says it


def _warnings(level: Level, known: Sequence[Known]) -> Warnings:
    """By walking the map, and by the tables of the level's tasks (or of some of them)."""
    candidates = level.find(CANDIDATE)
    reached = {node[:2] for node in explore(level, level.find(START))}
    yield from _idle(level, reached)
    if level.goal == "hidden" and len(candidates) == 1 and not level.find(GOAL):
        what = "a hidden goal, and one candidate for it: nothing is left to find out"
        yield *_place(level, candidates[0]), what
    drawn: Counter[str] = Counter(dict(one.task.drawn).get("goal", "") for one in known)
    missed: Counter[str] = Counter(
        dict(one.task.drawn).get("goal", "") for one in known if one.shortest_path is None
    )
    for cell in candidates + level.find(GOAL):
        name = _named(cell)
        times, of = missed[name], drawn[name]
        if cell not in reached or (of and times == of):
            yield *_place(level, cell), f"the goal at {name} is out of reach"
        elif times:
            what = f"the goal at {name} is out of reach in {times} of {of} tasks"
            yield *_place(level, cell), what
    yield from _hurried(level, known)


def _idle(level: Level, reached: set[Cell]) -> Warnings:
    """Doors that nothing opens, teleporters that lead nowhere, settings of tiles not there."""
    for char in sorted({label[0] for label, _ in level.defines} - set("".join(level.rows))):
        line = min(level.places.get(label, 1) for label, _ in level.defines if label[0] == char)
        yield line, 1, f"'define: {char}', and there is no '{char}' on the map"
    for char in sorted(set("".join(level.rows))):
        tile, cells = BY_CHAR[char], level.find(char)
        keys = level.find(char.lower())
        if tile.effect == "door" and not keys:
            what = f"the door '{char}' has no key '{char.lower()}': it is a wall"
            yield *_place(level, cells[0]), what
        elif tile.effect == "door" and not reached & {*keys}:
            what = f"the key '{char.lower()}' is out of reach: the door '{char}' is a wall"
            yield *_place(level, keys[0]), what
        if tile.effect == "teleporter" and not teleporters(level, char):
            yield *_place(level, cells[0]), f"the teleporter '{char}' has no twin: it leads nowhere"


def _hurried(level: Level, known: Sequence[Known]) -> Warnings:
    """Fewer steps than it takes: said of the farthest goal."""
    far = {
        dict(one.task.drawn).get("goal", "the goal"): one.shortest_path
        for one in known
        if one.shortest_path and one.shortest_path > level.steps
    }
    if far:
        name = max(far, key=lambda goal: far[goal])
        others = f" ({len(far)} goals are too far)" if len(far) > 1 else ""
        line = level.places.get("steps", level.places.get("map", 1))
        yield line, 1, f"{level.steps} steps, but the way to {name} takes {far[name]}{others}"


# --- sample ------------------------------------------------------------------------------------


def draw(name: str, n: int, seed: int, split: str | None) -> tuple[str, list[Known]]:
    """n tasks and where they are from: any of a level file; of a pack, those it trains on.

    Raises PackError where the split has no tasks.
    """
    pack, rng = load_pack(name), np.random.default_rng(seed)
    if split is None and pack.path.is_file():
        level = pack.levels[0]
        tasks = [draw_task(level, pack.title, rng) for _ in range(n)]
        return f"{pack.title}: {n} tasks of the level, seed {seed}", list(map(Known, tasks))
    trained = pack.split("train")
    split = split or ("train" if trained.tasks or trained.unlimited else "test")
    try:
        tasks = pack.split(split).sample(n, rng)
    except LookupError as error:
        raise PackError(f"{pack.path}: {error}") from None
    return f"{pack.title}: {n} tasks of the {split} split, seed {seed}", list(map(Known, tasks))


def sample(about: str, known: Sequence[Known], as_json: bool) -> str:
    """The tasks' maps side by side, what was drawn, and the figures of each."""
    if as_json:
        return _json([_drawn_row(one) | one.figures for one in known])
    maps = [_side_by_side(known[i : i + ABREAST]) for i in range(0, len(known), ABREAST)]
    table = _columns([["task", "states", "path", "optimal", "drawn"], *map(_sample_row, known)])
    return "\n\n".join([about, *maps, table])


def _drawn_row(one: Known) -> dict[str, Any]:
    task = one.task
    row = {"task": task.id, "name": task.name, "drawn": dict(task.drawn)}
    return row | {"map": list(task.level.rows)}


def _sample_row(one: Known) -> list[object]:
    path = "-" if one.shortest_path is None else one.shortest_path
    optimal = f"{one.optimal_return:.3f}"
    return [one.task.id, one.tables.n_states, path, optimal, drawn_text(one.task)]


def _side_by_side(known: Sequence[Known]) -> str:
    """Their maps, each under its id."""
    blocks = [[one.task.id, *one.task.level.rows] for one in known]
    lines = itertools.zip_longest(*blocks, fillvalue="")
    return _columns([list(line) for line in lines])


# --- fixed -------------------------------------------------------------------------------------


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
        return _json({"pack": pack.name, "split": split, "score": mean, "groups": rows})
    table = [[*list(row.values())[:-1], f"{row['score']:.3f}"] for row in rows]
    return f"{_columns([list(rows[0]), *table])}\nmean score {mean:.3f}"


# --- show, hash --------------------------------------------------------------------------------


def _listed(name: str) -> list[tuple[str, Task]]:
    pack = load_pack(name)
    return [(split, task) for split in SPLITS for task in pack.split(split).tasks]


def show(name: str, as_json: bool) -> str:
    """The map of each of the first tasks with the optimal path as arrows, and its figures."""
    tasks = list({task.id: task for _, task in _listed(name)}.values())
    known = [Known(task) for task in tasks[:SHOWN_TASKS]]
    if as_json:
        return _json([_drawn_row(one) | one.figures | {"path": _path(one)} for one in known])
    parts = [_described(one) for one in known]
    if len(tasks) > SHOWN_TASKS:
        parts.append(f"and {len(tasks) - SHOWN_TASKS:,} more: 'levels hash' lists them all")
    return "\n\n".join(parts)


def _path(one: Known) -> list[list[int]]:
    """Row and column, from 1, of each cell on an optimal path."""
    cells: list[list[int]] = (one.tables.cell[optimal_path(one.tables)[0]] + 1).tolist()
    return cells


def _described(one: Known) -> str:
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
        return _json(
            [
                {"task": task.id, "split": split, "name": task.name, "drawn": dict(task.drawn)}
                for split, task in listed
            ]
        )
    return _columns([[task.id, split, task.name, drawn_text(task)] for split, task in listed])

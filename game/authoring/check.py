"""The check of level files and packs: errors, warnings and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from game.authoring.figures import CheckedTask, check_tasks
from game.authoring.formatting import as_json_text
from game.authoring.level_warnings import (
    cut_texts,
    find_warnings,
    unwanted_goals,
    unwanted_text,
)
from game.authoring.training_cost import find_slow_levels, slow_levels
from game.tasks.authored_splits import check_cells
from game.tasks.distribution import SPLITS
from game.tasks.family import count_tasks, draw_tasks, family
from game.tasks.pack_file import PACK_FILE, PackError, level_files
from game.tasks.packs import DEFAULT_EPISODES, Pack, find_pack, load_pack, pack_folder
from game.tasks.task import Task
from game.text.drawn_values import drawable_values, with_values
from game.text.level import Level, LevelError
from game.text.reading import MAX_PROBLEMS, LevelFile, open_levels, split_address
from game.text.tiles import CANDIDATE
from game.text.values import OneOf, Range, Value
from game.text.walking import start_cells
from game.world.bayes_optimal import bayes_figures
from game.world.tables import TooLarge

MOST_TASKS = 1000  # up to this many tasks, figures are means over all of them
SAMPLED_TASKS = 256  # sampled tasks if there are more than MOST_TASKS
Progress = Callable[[str, int, int], None]  # the file, tasks done, and their number
Found = Callable[[Sequence[str]], None]  # problems of a file, as soon as they are known
MOST_UNWANTED = 0.05  # share of generated tasks whose optimum may leave the goal, unmentioned
FIGURES = (
    *("states", "optimal_return", "random_return", "shortest_path"),
    *("tasks", "sampled", "episodes", "bayes_return", "bayes_return_bounds"),
    *("bayes_trial", "bayes_trial_bounds", "posterior_sampling"),
)


def _no_progress(file: str, done: int, total: int) -> None:
    """Show nothing."""


def _not_told(problems: Sequence[str]) -> None:
    """Say nothing of problems before the report."""


def check(names: Sequence[str], progress: Progress = _no_progress) -> list[dict[str, Any]]:
    """Return a report on each level file, including the files of packs, and on faulty packs."""
    return list(check_in_turn(names, progress))


def check_in_turn(
    names: Sequence[str], progress: Progress = _no_progress, found: Found = _not_told
) -> Iterator[dict[str, Any]]:
    """Yield the reports of `check` as they are done.

    `found` is called once for each of them, before bounds are computed, which may take long.
    """
    for name in names:
        progress(name, 0, 0)
        try:
            path = find_pack(name)
            folder = pack_folder(path)
            if folder:
                yield from _check_folder(folder, progress, found)
            else:
                yield from _check_members(path, progress, found, DEFAULT_EPISODES, None)
        except PackError as error:
            yield _told(_report(name, [str(error)]), found)
        except OSError as error:
            yield _told(_report(name, [f"{error.filename or name}: {error.strerror}"]), found)


def _told(report: dict[str, Any], found: Found) -> dict[str, Any]:
    """Return a report after its problems have been told."""
    found(problem_lines(report))
    return report


def _report(file: str, errors: list[str]) -> dict[str, Any]:
    """Return a report without warnings and figures."""
    return {"file": file, "errors": errors, "warnings": [], **dict.fromkeys(FIGURES)}


def _check_folder(folder: Path, progress: Progress, found: Found) -> Iterator[dict[str, Any]]:
    """Yield a report on each level file, and on the pack if it has an error or a generator."""
    episodes, whole = DEFAULT_EPISODES, []
    slow: dict[str, str] = {}
    try:
        pack = load_pack(folder)
        episodes = pack.episodes
        pack.train.check()
        whole = [] if pack.levels else [check_generated(pack, progress)]
        slow = {level.where: what for level, what in find_slow_levels(pack.levels)}
    except LevelError:  # these errors are in the files' own reports
        pass
    except (PackError, TooLarge) as error:
        whole = [_report(str(folder), [str(error)])]
    for report in whole:
        found(problem_lines(report))
    for file in level_files(folder):
        yield from _check_members(file, progress, found, episodes, slow)
    yield from whole


def check_all(path: Path) -> list[dict[str, Any]]:
    """Return a report on a level file or a member of a collection, or on each of the members.

    Raises OSError.
    """
    return list(_check_members(path, _no_progress, _not_told, DEFAULT_EPISODES, None))


def _check_members(
    path: Path,
    progress: Progress,
    found: Found,
    episodes: int,
    slow: Mapping[str, str] | None,
) -> Iterator[dict[str, Any]]:
    """Yield the reports of `check_all`.

    `slow` says what levels, given by their places, cost in training with their pack-mates. Without
    it each level is looked at by itself. Raises OSError.
    """
    file, number = split_address(path)
    text = open_levels(file)
    if number is not None or len(text) == 1:
        yield _check_level(str(path), text, number, episodes, slow, progress, found)
        return
    for i in range(1, len(text) + 1):
        yield _check_level(f"{path}#{i}", text, i, episodes, slow, progress, found)


def check_generated(pack: Pack, progress: Progress = _no_progress) -> dict[str, Any]:
    """Return a report with the figures of a generating pack's validation and test tasks."""
    report = _report(str(pack.path), [])
    tasks = [task for split in SPLITS for task in pack.split(split).tasks]
    sampled = len(tasks) > MOST_TASKS
    if sampled:
        chosen = np.random.default_rng(0).permutation(len(tasks))[:SAMPLED_TASKS]
        tasks = [tasks[i] for i in chosen]
    if not tasks:
        return report
    place = f"{pack.path / PACK_FILE}:1:1:"
    try:
        checked = check_tasks(tasks, partial(progress, str(pack.path)))
        sampled |= len(checked) < len(tasks)
        report |= _mean_figures(checked) | {"sampled": sampled, "episodes": pack.episodes}
    except TooLarge as error:
        return _report(str(pack.path), [f"{place} {error}"])
    found = []
    if pack.world:
        return report  # there is no way to a goal
    late = [
        one
        for one in checked
        if one.shortest_path is None or one.shortest_path > one.task.level.steps
    ]
    if late:
        steps = " or ".join(f"{n}" for n in sorted({one.task.level.steps for one in late}))
        what = f"{len(late)} of {len(checked)} tasks cannot be solved in {steps} steps"
        found.append(f"{place} warning: {what} - raise 'steps'")
    unwanted = unwanted_goals(checked)
    if len(unwanted) > MOST_UNWANTED * len(checked):
        found.append(f"{place} warning: {unwanted_text(unwanted, checked)}")
    found += [line.replace(place, f"{place} warning:", 1) for line in slow_levels(pack)]
    return report | {"warnings": found}


def check_file(
    path: Path, episodes: int = DEFAULT_EPISODES, progress: Progress = _no_progress
) -> dict[str, Any]:
    """Return a report on a file with one level; figures of a family are means over its tasks.

    `episodes` is the number of episodes in a trial. Raises OSError.
    """
    file, number = split_address(path)
    return _check_level(str(path), open_levels(file), number, episodes, None, progress, _not_told)


def _check_level(
    name: str,
    text: LevelFile,
    number: int | None,
    episodes: int,
    slow: Mapping[str, str] | None,
    progress: Progress,
    found: Found,
) -> dict[str, Any]:
    """Return a report, under a name, on a level of a file. The rest is as for `_check_members`."""
    level, problems = text.examine(number)
    report = _report(name, [str(problem) for problem in problems])
    if level:
        report = _check_tasks(report, level, text, slow, partial(progress, name))
    found(problem_lines(report))
    if level and report["tasks"] is not None:
        known = None if report["sampled"] or report["tasks"] > 1 else report["optimal_return"]
        report |= _bayes_figures(level, episodes, known)
    return report


def _check_tasks(
    report: dict[str, Any],
    level: Level,
    text: LevelFile,
    slow: Mapping[str, str] | None,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """Return the report with what the tasks of a level show: all but the bounds."""
    file = level.file
    if slow is None:
        try:
            check_cells([level], level.where.removesuffix(": "))
        except PackError as error:
            return _report(report["file"], [str(error)])
    try:
        tasks, sampled = tasks_to_check(level)
        checked = check_tasks(tasks, progress)
        sampled |= len(checked) < len(tasks)
        report |= _mean_figures(checked) | {"sampled": sampled}
        if slow is None:
            known = {one.task.level: one.states for one in checked}
            slow = {one.where: what for one, what in find_slow_levels([level], known)}
        warnings = [] if level.world else find_warnings(level, checked)
        found = [*cut_texts(text.header), *warnings]
        if what := slow.get(level.where):
            found.append((level.places.get("map", 1), 1, what))
        report["warnings"] = _warning_lines(file, found)
        if report["shortest_path"] is None and not level.world:
            line, column = level.place(start_cells(level)[0])
            what = "the opponents block every way to a goal - open another way"
            report["errors"] = [f"{file}:{line}:{column}: {what}"]
    except TooLarge as error:
        report["errors"] = [str(error)]
    return report


def _warning_lines(path: str, found: Sequence[tuple[int, int, str]]) -> list[str]:
    """Return warnings (line, column, message) in the order of their places, up to MAX_PROBLEMS."""
    lines = [
        f"{path}:{line}:{column}: warning: {what}"
        for line, column, what in sorted(dict.fromkeys(found))
    ]
    if len(lines) > MAX_PROBLEMS:
        more = f"and {len(lines) - MAX_PROBLEMS:,} more warnings - mend the others first"
        lines[MAX_PROBLEMS:] = [f"{path}:1:1: warning: {more}"]
    return lines


def tasks_to_check(level: Level) -> tuple[list[Task], bool]:
    """Return all tasks of a level and False, or a sample drawn with seed 0 and True.

    A range of whole numbers counts one task per number. Other ranges are always sampled.
    """
    drawn = drawable_values(level)
    ranges = {label: value for label, value in drawn.items() if isinstance(value, Range)}
    if all(value.points for value in ranges.values()) and not any(map(_has_range, drawn.values())):
        sets: dict[str, Value] = {
            label: OneOf(tuple(value.low + i for i in range(value.points)))
            for label, value in ranges.items()
        }
        listed = with_values(level, sets)
        if count_tasks(listed) <= MOST_TASKS:
            return list(family(listed, "")), False
    drawn_tasks = draw_tasks(level, "", np.random.default_rng(0))
    return list(islice(drawn_tasks, SAMPLED_TASKS)), True


def _has_range(value: Value) -> bool:
    """Whether a member of a set has a range of its own, as one of several winds may."""
    return isinstance(value, OneOf) and any(".." in str(member) for member in value.members)


def _mean_figures(figures: Sequence[CheckedTask]) -> dict[str, Any]:
    """Return the mean figures of tasks, and the number of states of the largest one."""
    paths = [one.shortest_path for one in figures if one.shortest_path is not None]
    return {
        "states": max(one.states for one in figures),
        "optimal_return": float(np.mean([one.optimal_return for one in figures])),
        "random_return": float(np.mean([one.random_return for one in figures])),
        "shortest_path": float(np.mean(paths)) if paths else None,
        "tasks": len(figures),
    }


def _bayes_figures(level: Level, episodes: int, known: float | None) -> dict[str, Any]:
    """Return the Bayes-optimal returns, exact or as bounds, and those of posterior sampling.

    `known` is the optimal return of a level with a single task. Figures that do not apply are None.
    """
    figures: dict[str, Any] = {"episodes": episodes}
    if level.world:
        return figures | {"posterior_sampling": None}
    if known is not None and not level.find(CANDIDATE):  # nothing is hidden
        return figures | {"bayes_return": known, "bayes_trial": episodes * known}
    returns, sampled = bayes_figures(level, episodes, np.random.default_rng(0))
    for name, bounds in zip(("return", "trial"), returns or ()):
        lower, upper = bounds
        figures[f"bayes_{name}"] = lower if lower == upper else None
        figures[f"bayes_{name}_bounds"] = None if lower == upper else [lower, upper]
    figures["posterior_sampling"] = None if sampled is None else sampled.tolist()
    return figures


def check_text(reports: list[dict[str, Any]], as_json: bool) -> str:
    """Return the reports as text, or as JSON."""
    if as_json:
        return as_json_text(reports) + "\n"
    lines = [line for one in reports for line in [*problem_lines(one), *verdict_lines(one)]]
    return "".join(f"{line}\n" for line in lines)


def problem_lines(report: dict[str, Any]) -> list[str]:
    """Return the errors and warnings of a report."""
    return [*report["errors"], *report["warnings"]]


def verdict_lines(report: dict[str, Any]) -> list[str]:
    """Return lines on the figures of a report without errors."""
    if report["errors"]:
        return []
    return [f"{report['file']}: ok, {_verdict(report)}", *_bayes_verdict(report)]


def _verdict(report: dict[str, Any]) -> str:
    """Return the figures of a report in one line."""
    if report["states"] is None:
        return "the levels are generated, and no tasks are listed"
    tasks, path = report["tasks"], report["shortest_path"]
    of = "" if tasks == 1 else f"{tasks} tasks{' drawn' if report['sampled'] else ''}: "
    way = "" if path is None else f", shortest path {path:.4g}"
    return (
        f"{of}{report['states']} states{way}, "
        f"optimal return {report['optimal_return']:.3f}, random {report['random_return']:.3f}"
    )


def _bayes_verdict(report: dict[str, Any]) -> list[str]:
    """Return a line on the returns with the goal hidden, or no line where it is not.

    Each figure has a limit of its own, so that any of them may be missing. Where the goal is known,
    there are no bounds and no posterior sampling.
    """
    sampled = report["posterior_sampling"]
    if sampled is None and report["bayes_return_bounds"] is None:
        return []
    one, trial = _bayes_text(report, "return"), _bayes_text(report, "trial")
    parts = []
    if one and trial:
        of = f"a trial of {report['episodes']}"
        parts.append(f"Bayes-optimal return {one} in the first episode, {trial} in {of}")
    if sampled is not None:
        of = "" if parts else f" in a trial of {report['episodes']}"
        parts.append(f"posterior sampling {sum(sampled):.3f}{of}")
    return [f"    goal hidden: {'; '.join(parts)}"]


def _bayes_text(report: dict[str, Any], name: str) -> str:
    """Return a Bayes-optimal return or its bounds as text; "" where neither is known."""
    value, bounds = report[f"bayes_{name}"], report[f"bayes_{name}_bounds"]
    if value is not None:
        return f"{value:.3f}"
    return "" if bounds is None else f"{bounds[0]:.3f} to {bounds[1]:.3f}"

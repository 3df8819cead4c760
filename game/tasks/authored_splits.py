"""The division of authored levels' tasks into training, validation and test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.family import count_tasks, family, nth_task
from game.tasks.level_members import level_name
from game.tasks.pack_file import PackError, PackFile
from game.tasks.task import Task
from game.text.drawn_values import drawable_values
from game.text.level import Level, LevelError
from game.text.reading import parse, split_number
from game.text.tiles import CANDIDATE
from game.text.writing import write

DEFAULT_SHARES = (0.6, 0.2, 0.2)
FEWEST_TO_DIVIDE = 5  # with fewer distinct tasks, a division by shares puts all of them into test
WIND = "wind"  # begins the labels of values of the wind
ALIKE = "alike"  # the only division whose splits share their tasks
MOST_CELLS = 4_000_000  # in the maps of all tasks of a pack


def list_tasks(levels: list[tuple[str, Level]], where: str) -> list[Task]:
    """Return all tasks of levels, given with their file names.

    Raises PackError over MOST_CELLS; `where` is the file that the message names.
    """
    check_cells([level for _, level in levels], where)
    named = ((level, level.title or level_name(file)) for file, level in levels)
    return [task for level, name in named for task in family(level, name)]


def check_cells(levels: Iterable[Level], where: str) -> None:
    """Raise PackError where the maps of all tasks of these levels have over MOST_CELLS cells."""
    total = sum(count_tasks(level) * level.height * level.width for level in levels)
    if total > MOST_CELLS:
        raise PackError(
            f"{where}: the maps of all tasks have {total:,} cells in total, over the limit of "
            f"{MOST_CELLS:,} - use fewer candidates"
        )


def _listed(train: list[Task], validation: list[Task], test: list[Task]) -> dict[str, Any]:
    """Return splits of listed tasks. Only training tasks have their ranges redrawn."""
    held_out = frozenset(task.id for task in (*validation, *test))
    return {
        "train": TaskDistribution("train", tuple(train), redraws_ranges=True, held_out=held_out),
        "validation": TaskDistribution("validation", tuple(validation)),
        "test": TaskDistribution("test", tuple(test)),
    }


def divide_by_share(tasks: list[Task], shares: tuple[float, ...]) -> dict[str, Any]:
    """Return splits by shares of the distinct tasks.

    Symmetric variants and draws from the same ranges stay together. The division depends only on
    the tasks' hashes.
    """
    kinds = sorted({task.kind for task in tasks})
    n = len(kinds)
    if n < FEWEST_TO_DIVIDE:
        return _listed([], [], tasks)
    held_out = held_out_counts(n, shares)
    cuts = [0, n - sum(held_out), n - held_out[1], n]
    groups = [set(kinds[a:b]) for a, b in itertools.pairwise(cuts)]
    return _listed(*([task for task in tasks if task.kind in group] for group in groups))


def held_out_counts(n: int, shares: tuple[float, ...]) -> list[int]:
    """Return the numbers of validation and of test tasks among n."""
    return [max(1, round(share * n)) if share else 0 for share in shares[1:]]


def alike_splits(tasks: list[Task], table: AlikeTable) -> dict[str, Any]:
    """Return splits that share tasks: training has all of them.

    A sample depends only on the tasks' hashes, and all tasks keep their order.
    """
    n, order = len(tasks), sorted(tasks, key=lambda task: task.id)
    validation, test = alike_sizes(n, table)
    parts = order[:validation], order[n - test :]
    return _listed(tasks, *(part if len(part) < n else tasks for part in parts))


def alike_sizes(n: int, table: AlikeTable) -> list[int]:
    """Return the numbers of validation and of test tasks among n that splits share."""
    return [min(n, asked) or n for asked in (table.validation, table.test)]


def shares_of(source: PackFile, table: ShareTable) -> tuple[float, float, float]:
    """Return the shares of training, validation and test. Raises PackError."""
    whole = (table.train, table.validation, table.test)
    if not (abs(sum(whole) - 1) <= 1e-6 and min(whole) >= 0):
        source.fail("split", "has shares that do not add up to 1 - correct them")
    return whole


def authored_splits(
    source: PackFile, table: dict[str, Any], levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Return the splits of authored levels by the [split] table of a pack. Raises PackError."""
    how = table.get("by", "share")
    if how == "share":
        shares = shares_of(source, source.fill(ShareTable, table, "split"))
        return divide_by_share(list_tasks(levels, source.file), shares)
    if how == "file":
        return _divide_by_file(source, source.fill(SplitLists, table, "split"), levels)
    if how == "goals":
        return _divide_by_goals(source, source.fill(GoalTable, table, "split"), levels)
    if how == "draws":
        return _divide_by_draws(source, source.fill(SplitLists, table, "split"), levels)
    if how == ALIKE:
        return alike_splits(list_tasks(levels, source.file), read_alike(source, table))
    raise source.error("by", f"is unknown - use 'share', 'file', 'goals', 'draws' or '{ALIKE}'")


@dataclass(frozen=True)
class AlikeTable:
    """The [split] table for splits that share their tasks.

    Validation and test have all of them, or a sample of this size.
    """

    by: str = ALIKE
    validation: int = 0
    test: int = 0


def read_alike(source: PackFile, table: dict[str, Any]) -> AlikeTable:
    """Return the [split] table of a pack whose splits share their tasks. Raises PackError."""
    found = source.fill(AlikeTable, table, "split")
    for name, size in (("validation", found.validation), ("test", found.test)):
        if size < 0:
            raise source.error(name, "is negative - write a number of tasks, or 0 for all", "split")
    return found


@dataclass(frozen=True)
class ShareTable:
    """The [split] table for a division by shares."""

    by: str = "share"
    train: float = DEFAULT_SHARES[0]
    validation: float = DEFAULT_SHARES[1]
    test: float = DEFAULT_SHARES[2]


@dataclass(frozen=True)
class SplitLists:
    """The [split] table with a list per split: level files, or hidden header lines."""

    by: str = "file"
    train: list[str] = field(default_factory=list)
    validation: list[str] = field(default_factory=list)
    test: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GoalTable:
    """The [split] table for a division by goals: a drawing of the candidates per level file."""

    by: str = "goals"
    goals: dict[str, str] = field(default_factory=dict)


def _divide_by_file(
    source: PackFile, files: SplitLists, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Return splits of whole level files, named by patterns."""
    lists: list[list[Task]] = []
    used: dict[str, str] = {}
    for split in SPLITS:
        chosen = []
        for pattern in getattr(files, split):
            found = [pair for pair in levels if matches_pattern(pair[0], pattern)]
            if not found:
                source.fail(split, f"names {pattern!r}, which matches no level file - correct it")
            for name, _ in found:
                if used.setdefault(name, split) != split:
                    what = f"and '{used[name]}' both list {name} - list it in one of them"
                    source.fail(split, what)
            chosen += [pair for pair in found if pair not in chosen]
        lists.append(list_tasks(chosen, source.file))
    return _listed(*lists)


def matches_pattern(name: str, pattern: str) -> bool:
    """Whether a pattern of a pack.toml matches a file's name, or that of a member's collection."""
    try:
        return any(Path(file).match(pattern) for file in (name, split_number(name)[0]))
    except ValueError:  # an empty pattern, as "."
        return False


def _divide_by_goals(
    source: PackFile, table: GoalTable, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Return splits of candidates; drawings of the maps mark each with t, v or h (held out)."""
    check_cells([level for _, level in levels], source.file)
    lists: dict[str, list[Task]] = {"t": [], "v": [], "h": []}
    for name, level in levels:
        if not level.find(CANDIDATE):
            what = f"divides candidates, but {name} has no '?' - choose another division"
            source.fail("goals", what)
        drawing = table.goals.get(name, "").strip("\n").split("\n")
        if [len(row) for row in drawing] != [level.width] * level.height:
            source.fail(name, "needs a drawing of the map's size - mark each '?' with t, v or h")
        n_variants = count_tasks(level) // max(1, len(level.find(CANDIDATE)))
        for i, (row, column) in enumerate(level.find(CANDIDATE)):
            mark = drawing[row][column]
            if mark not in lists:
                what = f"has {mark!r} at row {row + 1} column {column + 1}"
                source.fail(name, f"{what} - mark each '?' with t, v or h")
            numbers = range(i * n_variants, (i + 1) * n_variants)
            title = level.title or level_name(name)
            found = (nth_task(level, number, title) for number in numbers)
            lists[mark] += [replace(task, weight=1) for task in found]  # each draw is listed
    return _listed(*lists.values())


def _divide_by_draws(
    source: PackFile, draws: SplitLists, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Return splits of header lines: each level is combined with each of a split's hidden lines."""
    hiding = {
        split: [
            (
                lines,
                [
                    (name, with_hidden_lines(source, split, lines, one, draws))
                    for name, one in levels
                ],
            )
            for lines in getattr(draws, split)
        ]
        for split in SPLITS
    }
    every = (level for pairs in hiding.values() for _, named in pairs for _, level in named)
    check_cells(every, source.file)
    return _listed(
        *(
            [with_notes(t, lines) for lines, named in pairs for t in list_tasks(named, source.file)]
            for pairs in hiding.values()
        )
    )


def with_notes(task: Task, lines: str) -> Task:
    """Return the task with header lines added to its `drawn` values."""
    pairs = (line.partition(":") for line in lines.splitlines() if line.strip())
    notes = ((key.strip(), value.strip()) for key, _, value in pairs)
    return replace(task, drawn=(*task.drawn, *notes))


def with_hidden_lines(
    source: PackFile, key: str, lines: str, level: Level, draws: SplitLists
) -> Level:
    """Return the level with further header lines, one of `draws`, that agents do not observe.

    Whatever any of the draws sets is hidden, so that nothing tells which one it is.
    """
    refined, before = with_lines(source, key, lines, level), drawable_values(level)
    labels: dict[str, None] = {}
    for split in SPLITS:
        for drawn in getattr(draws, split):
            values = drawable_values(with_lines(source, split, drawn, level))
            labels |= dict.fromkeys(
                WIND if label.startswith(WIND) else label
                for label in {**before, **values}
                if before.get(label) != values.get(label)
            )
    return replace(refined, shown=replace(level, hidden=(*level.hidden, *sorted(labels))))


def with_lines(source: PackFile, key: str, lines: str, level: Level) -> Level:
    """Return the level with further header lines. Raises PackError where they are invalid."""
    try:
        refined = parse(f"{lines}\n{write(level)}", key)
        places, row_places = level.places, level.row_places
        return replace(refined, file=level.file, places=places, row_places=row_places)
    except LevelError as error:
        first = error.problems[0]
        raise source.error(key, f"has an invalid header line: {first}") from None


def check_apart(splits: dict[str, TaskDistribution], where: str) -> None:
    """Raise PackError where two splits share a task, up to symmetries and ranges."""
    for name in ("kind", "id"):
        owner: dict[str, tuple[str, Task]] = {}
        for split, distribution in splits.items():
            for task in distribution.tasks:
                other, twin = owner.setdefault(getattr(task, name), (split, task))
                if other != split:
                    raise PackError(
                        f"{where}: {split} and {other} share a task: {task.name} ({task.id}) and "
                        f"{twin.name} ({twin.id}) - keep it in one split"
                    )

"""Task distributions: what levels and packs become when they are drawn from.

A `Task` is one concrete draw of a level. A pack (a folder with a `pack.toml`, or one level file)
divides its tasks into three splits that never share one: train, validation and test (held out).
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from game.dialects import SUFFIXES
from game.generate import GENERATORS, candidates
from game.level import (
    MAX_BYTES,
    MIRROR,
    ROTATE,
    Level,
    LevelError,
    canonical,
    nominal,
    parse,
    place_goal,
    read,
    values,
    variants,
    with_values,
    write,
)
from game.planner import shortest_path
from game.tables import compile_level
from game.tiles import CANDIDATE, FLOOR, GOAL, HUNTER, PATROL, TILES
from game.values import OneOf, Range, Value, text_of

LEVELS = Path(__file__).resolve().parent.parent / "levels"
PACK_FILE = "pack.toml"
SPLITS = ("train", "validation", "test")
DEFAULT_AGENT = "maml-mazes-9x9"
DEFAULT_SHARES = (0.6, 0.2, 0.2)
DEFAULT_EPISODES = 4
MOST_EPISODES = 100  # of a trial
FEWEST_TO_DIVIDE = 5  # a pack with fewer distinct tasks, and no split of its own, is all test
ALIKE = "alike"  # the one division by which splits share their tasks, if a pack asks for it
MOST_CELLS = 4_000_000  # of all tasks of a pack together
MOST_GENERATED = 10_000  # tasks for validation and test
TRIES = 1000  # to generate a level that is not there yet
MOST_REDRAWS = 100  # of a range whose points are held out elsewhere


@dataclass(frozen=True)
class Task:
    """One concrete draw of a level: `level` has nothing left to draw; `drawn` says what was drawn.

    `member` is the level with only its ranges still to be drawn, the goal, the variant and the
    named draws being settled: what splits divide. None where that is the level itself.
    """

    level: Level
    name: str
    drawn: tuple[tuple[str, str], ...] = ()
    member: Level | None = None

    @cached_property
    def id(self) -> str:
        """A stable name for what matters for play: 12 hexadecimal digits."""
        return _digest(canonical(self.level))

    @cached_property
    def kind(self) -> str:
        """The id up to the symmetries that the level's family varies by, and to its ranges."""
        level = self.member or self.level
        if not level.vary:
            return _digest(canonical(level))
        return min(_digest(canonical(variant)) for _, variant in variants(level))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def task_rng(seed: int, task: Task) -> np.random.Generator:
    """The generator of one task: a batch of tasks draws what single tasks draw."""
    return np.random.default_rng([seed, int(task.id, 16)])


# --- families ----------------------------------------------------------------------------------


def _sizes(level: Level) -> tuple[int, ...]:
    """How many candidate goals, variants, and members of each set there are to draw from."""
    turns = 4 if ROTATE in level.vary else 1
    flips = 2 if MIRROR in level.vary else 1
    sets = (len(value.members) for value in values(level).values() if isinstance(value, OneOf))
    return max(1, len(level.find(CANDIDATE))), turns * flips, *sets


def count_tasks(level: Level) -> int:
    """How many tasks `nth_task` tells apart (variants that look alike are counted apart).

    A range counts as one: its points are no tasks of their own.
    """
    return math.prod(_sizes(level))


def nth_task(level: Level, index: int, name: str) -> Task:
    """The task with this number among `count_tasks(level)`: a candidate goal, then a variant, then
    a member of each set. Ranges are drawn from, always the same for the same task."""
    candidate, variant, *members = map(int, np.unravel_index(index, _sizes(level)))
    drawn: list[tuple[str, str]] = []
    candidates = level.find(CANDIDATE)
    if candidates:
        row, column = candidates[candidate]
        level = place_goal(level, (row, column))
        drawn.append(("goal", f"row {row + 1} column {column + 1}"))
    if variant:
        label, level = variants(level)[variant]
        drawn.append(("variant", label))
    sets = {label: v.members for label, v in values(level).items() if isinstance(v, OneOf)}
    chosen: dict[str, Value] = {label: m[i] for (label, m), i in zip(sets.items(), members)}
    drawn += [(label, text_of(value)) for label, value in chosen.items()]
    shown = nominal(level.shown or level)
    member = with_values(level, chosen)
    if shown != member:
        member = replace(member, shown=shown)
    if not any(isinstance(value, Range) for value in values(member).values()):
        return Task(member, name, tuple(drawn))
    task = Task(member, name, tuple(drawn), member)
    return redrawn(task, np.random.default_rng(int(task.kind, 16)))


def redrawn(task: Task, rng: np.random.Generator) -> Task:
    """The task with its ranges drawn from anew."""
    if task.member is None:
        return task
    ranges = {k: v for k, v in values(task.member).items() if isinstance(v, Range)}
    chosen: dict[str, Value] = {label: r.at(rng.random()) for label, r in ranges.items()}
    kept = [(label, text) for label, text in task.drawn if label not in ranges]
    drawn = (*kept, *((label, text_of(value)) for label, value in chosen.items()))
    return Task(with_values(task.member, chosen), task.name, drawn, task.member)


def draw_task(level: Level, name: str, rng: np.random.Generator) -> Task:
    """Any task of a level: all that it draws is drawn, uniformly."""
    choices = count_tasks(level)
    index = int(rng.random() * choices) if choices > 1 else 0
    return redrawn(nth_task(level, index, name), rng)


def family(level: Level, name: str) -> Iterator[Task]:
    """Every task of a level once, in a fixed order."""
    seen: set[str] = set()
    for index in range(count_tasks(level)):
        task = nth_task(level, index, name)
        if task.id not in seen:
            seen.add(task.id)
            yield task


# --- distributions -----------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskDistribution:
    """One split of a pack: a list of tasks, or a source that draws ever new ones.

    With `fresh`, the ranges of a listed task are drawn from anew each time that it is sampled; what
    is `held_out`, by id, is never drawn. `guises`, of a pack that generates its levels, gives the
    families that a task may be a draw of, as far as an agent sees.
    """

    name: str
    tasks: tuple[Task, ...] = ()
    draw: Callable[[np.random.Generator], Task] | None = None
    fresh: bool = False
    held_out: frozenset[str] = frozenset()
    guises: Callable[[Task], list[Level]] | None = None

    @property
    def unlimited(self) -> bool:
        return self.draw is not None or (self.fresh and any(t.member for t in self.tasks))

    def sample(self, n: int, rng: np.random.Generator) -> list[Task]:
        """n tasks; from a list without repeats as long as it lasts. Raises LookupError if empty."""
        if self.draw:
            return [self.draw(rng) for _ in range(n)]
        if not self.tasks:
            raise LookupError(f"the {self.name} split has no tasks")
        rounds = -(-n // len(self.tasks))
        order = np.concatenate([rng.permutation(len(self.tasks)) for _ in range(rounds)])
        chosen = [self.tasks[i] for i in order[:n]]
        return [self._redrawn(task, rng) for task in chosen] if self.fresh else chosen

    def _redrawn(self, task: Task, rng: np.random.Generator) -> Task:
        for _ in range(MOST_REDRAWS if task.member else 0):
            new = redrawn(task, rng)
            if new.id not in self.held_out:
                return new
        return task  # listed, and so not held out


class PackError(Exception):
    """A pack cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Pack:
    """A task distribution with its splits. `path` is a folder or a level file.

    `episodes` is how many there are in a trial: what an agent with memory has to explore a task
    and to use what it found.
    """

    name: str
    path: Path
    title: str
    text: str
    agent: str
    episodes: int
    train: dict[str, str]  # by learner: options of `train` that suit the pack, as they are typed
    levels: tuple[Level, ...]  # as authored; none where the pack generates its levels
    splits: dict[str, TaskDistribution] = field(repr=False)

    def split(self, name: str) -> TaskDistribution:
        return self.splits[name]

    def families(self, task: Task) -> list[Level]:
        """What a task may be a draw of, as far as one sees who does not see its goal: families of
        levels, each once. Which of their goals are held out, nobody sees."""
        guises = self.split("test").guises
        if guises:
            found = guises(task)
        else:
            forms = (replace(form, vary=()) for one in self.levels for _, form in variants(one))
            found = [form for form in forms if _sight(form) == _sight(task.level)]
        return list({canonical(level): level for level in found}.values())


def _sight(level: Level) -> str:
    """All of a level but where its goal is, or may be."""
    rows = tuple(row.replace(CANDIDATE, FLOOR).replace(GOAL, FLOOR) for row in level.rows)
    return canonical(replace(level, rows=rows, vary=()))


@dataclass(frozen=True)
class _Settings:
    """What a pack.toml may say; `episodes` are those of a trial."""

    title: str = ""
    text: str = ""
    agent: str = DEFAULT_AGENT
    episodes: int = DEFAULT_EPISODES
    train: dict[str, str] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    generate: dict[str, Any] = field(default_factory=dict)


def list_packs() -> list[Path]:
    """The folders of the packs that come with the project."""
    return sorted(path.parent for path in LEVELS.glob(f"*/{PACK_FILE}"))


def find_pack(name: str | Path) -> Path:
    """A path as given, or the shipped pack of that name. Raises PackError."""
    path = Path(name)
    if path.is_file() or path.is_dir():
        return path
    if path.exists():
        raise PackError(f"{name}: neither a file nor a folder - give a level file or a pack")
    shipped = [folder.name for folder in list_packs()]
    if str(name) in shipped:
        return LEVELS / str(name)
    close = difflib.get_close_matches(str(name), shipped, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"the packs are: {', '.join(shipped)}"
    raise PackError(f"{name}: no such file, folder or pack - {hint}")


def load_pack(name: str | Path) -> Pack:
    """Load a pack folder or a level file. Raises PackError, LevelError or OSError."""
    path = find_pack(name)
    folder = _folder(path)
    if folder is None:
        level = read(path)
        tasks = _list_tasks([(path.name, level)], str(path))
        splits = _divide_by_share(tasks, DEFAULT_SHARES)
        return Pack(
            name=path.stem,
            path=path,
            title=level.title or path.stem,
            text="",
            agent=DEFAULT_AGENT,
            episodes=DEFAULT_EPISODES,
            train={},
            levels=(level,),
            splits=splits,
        )
    source, settings = _open(folder)
    levels: list[tuple[str, Level]] = []
    if settings.generate:
        splits = _generated_splits(source, settings.generate, settings.split)
    else:
        levels = _read_levels(folder)
        splits = _authored_splits(source, settings.split, levels)
    if settings.split.get("by") != ALIKE:
        _check_apart(splits, source.file)
    name = folder.resolve().name
    return Pack(
        name=name,
        path=folder,
        title=settings.title or name,
        text=settings.text,
        agent=settings.agent,
        episodes=settings.episodes,
        train=settings.train,
        levels=tuple(level for _, level in levels),
        splits=splits,
    )


def pack_advice(name: str | Path) -> dict[str, str]:
    """The pack's `train`, for which no level is read. Raises PackError or OSError."""
    folder = _folder(find_pack(name))
    return {} if folder is None else _open(folder)[1].train


def _folder(path: Path) -> Path | None:
    """The folder of the pack that a path stands for; None where it is a level file."""
    if path.is_file() and path.name != PACK_FILE:
        return None
    return path if path.is_dir() else path.parent


def _open(folder: Path) -> tuple[_Toml, _Settings]:
    source = _Toml(folder / PACK_FILE)
    settings: _Settings = source.fill(_Settings, source.content, "")
    if not settings.agent:
        source.fail("agent", "names no agent")
    if not 1 <= settings.episodes <= MOST_EPISODES:
        source.fail("episodes", f"is how many make a trial, 1 to {MOST_EPISODES}")
    return source, settings


@dataclass(frozen=True)
class PackEntry:
    """What a list says of a pack: `sizes` are the numbers of tasks; None where unlimited."""

    name: str
    title: str
    agent: str
    sizes: dict[str, int | None]


def pack_entry(folder: Path) -> PackEntry:
    """The entry of a pack folder. No level is generated for it. Raises as `load_pack`."""
    source, settings = _open(folder)
    if settings.generate:
        chosen = source.fill(_Generate, settings.generate, "generate")
        sizes = {"train": None, "validation": chosen.validation, "test": chosen.test}
        return PackEntry(folder.name, settings.title or folder.name, settings.agent, sizes)
    pack = load_pack(folder)
    splits = {name: pack.split(name) for name in SPLITS}
    sizes = {name: None if s.unlimited else len(s.tasks) for name, s in splits.items()}
    return PackEntry(pack.name, pack.title, pack.agent, sizes)


def level_files(folder: Path) -> list[Path]:
    """The files of a folder whose suffix says that they are levels, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _read_levels(folder: Path) -> list[tuple[str, Level]]:
    """All level files of a folder, with their names; all problems of all of them at once."""
    levels, problems = [], []
    for path in level_files(folder):
        try:
            levels.append((path.name, read(path)))
        except LevelError as error:
            problems += error.problems
    if problems:
        raise LevelError(problems)
    if not levels:
        raise PackError(f"{folder}: the pack has no level files - add one, as 'first.txt'")
    return levels


def _list_tasks(levels: list[tuple[str, Level]], where: str) -> list[Task]:
    total = sum(count_tasks(level) * level.height * level.width for _, level in levels)
    if total > MOST_CELLS:
        raise PackError(
            f"{where}: the maps of all its tasks together have {total:,} cells, over the limit of "
            f"{MOST_CELLS:,} - use fewer candidates"
        )
    named = ((level, level.title or Path(file).stem) for file, level in levels)
    return [task for level, name in named for task in family(level, name)]


def _listed(train: list[Task], validation: list[Task], test: list[Task]) -> dict[str, Any]:
    """Splits of listed tasks. In training a range is drawn from freely; what is held out stays."""
    held_out = frozenset(task.id for task in (*validation, *test))
    return {
        "train": TaskDistribution("train", tuple(train), fresh=True, held_out=held_out),
        "validation": TaskDistribution("validation", tuple(validation)),
        "test": TaskDistribution("test", tuple(test)),
    }


def _divide_by_share(tasks: list[Task], shares: tuple[float, ...]) -> dict[str, Any]:
    """Tasks alike up to symmetry stay together; which go where hangs on their ids alone."""
    kinds = sorted({task.kind for task in tasks})
    n = len(kinds)
    if n < FEWEST_TO_DIVIDE:
        return _listed([], [], tasks)
    held_out = [max(1, round(share * n)) if share else 0 for share in shares[1:]]
    cuts = [0, n - sum(held_out), n - held_out[1], n]
    groups = [set(kinds[a:b]) for a, b in itertools.pairwise(cuts)]
    return _listed(*([task for task in tasks if task.kind in group] for group in groups))


def _authored_splits(
    source: _Toml, table: dict[str, Any], levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    how = table.get("by", "share")
    if how == "share":
        shares = source.fill(_Shares, table, "split")
        whole = (shares.train, shares.validation, shares.test)
        if not (abs(sum(whole) - 1) <= 1e-6 and min(whole) >= 0):
            source.fail("split", "has shares that do not add up to 1")
        return _divide_by_share(_list_tasks(levels, source.file), whole)
    if how == "file":
        return _divide_by_file(source, source.fill(_Lists, table, "split"), levels)
    if how == "goals":
        return _divide_by_goals(source, source.fill(_Goals, table, "split"), levels)
    if how == "draws":
        return _divide_by_draws(source, source.fill(_Lists, table, "split"), levels)
    if how == ALIKE:
        source.fill(_Alike, table, "split")
        return _listed(*[_list_tasks(levels, source.file)] * 3)
    raise source.error("by", f"is 'share', 'file', 'goals', 'draws' or '{ALIKE}'")


@dataclass(frozen=True)
class _Alike:
    by: str = ALIKE


@dataclass(frozen=True)
class _Shares:
    by: str = "share"
    train: float = DEFAULT_SHARES[0]
    validation: float = DEFAULT_SHARES[1]
    test: float = DEFAULT_SHARES[2]


@dataclass(frozen=True)
class _Lists:
    """Names of level files, or header lines that a task does not show, for each split."""

    by: str = "file"
    train: list[str] = field(default_factory=list)
    validation: list[str] = field(default_factory=list)
    test: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Goals:
    by: str = "goals"
    goals: dict[str, str] = field(default_factory=dict)


def _divide_by_file(
    source: _Toml, files: _Lists, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    lists: list[list[Task]] = []
    used: dict[str, str] = {}
    for split in SPLITS:
        chosen = []
        for pattern in getattr(files, split):
            found = [pair for pair in levels if Path(pair[0]).match(pattern)]
            if not found:
                source.fail(split, f"names {pattern!r}, and no level file is called that")
            for name, _ in found:
                if used.setdefault(name, split) != split:
                    source.fail(split, f"has {name}, and so has {used[name]}")
            chosen += [pair for pair in found if pair not in chosen]
        lists.append(_list_tasks(chosen, source.file))
    return _listed(*lists)


def _divide_by_goals(
    source: _Toml, table: _Goals, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Each level has a drawing of its map with t, v or h (held out) at every candidate."""
    lists: dict[str, list[Task]] = {"t": [], "v": [], "h": []}
    for name, level in levels:
        if not level.find(CANDIDATE):
            source.fail("goals", f"divides candidates, and {name} has no '?'")
        drawing = table.goals.get(name, "").strip("\n").split("\n")
        if [len(row) for row in drawing] != [level.width] * level.height:
            source.fail(name, "needs a drawing of the map's size, with t, v or h for each '?'")
        n_variants = count_tasks(level) // max(1, len(level.find(CANDIDATE)))
        for i, (row, column) in enumerate(level.find(CANDIDATE)):
            mark = drawing[row][column]
            if mark not in lists:
                source.fail(name, f"has {mark!r} at row {row + 1} column {column + 1}, not t, v, h")
            numbers = range(i * n_variants, (i + 1) * n_variants)
            title = level.title or Path(name).stem
            lists[mark] += [nth_task(level, number, title) for number in numbers]
    return _listed(*lists.values())


def _divide_by_draws(
    source: _Toml, draws: _Lists, levels: list[tuple[str, Level]]
) -> dict[str, TaskDistribution]:
    """Every level is played under each of a split's draws; what agents see is the level alone."""
    lists: list[list[Task]] = []
    for split in SPLITS:
        tasks: list[Task] = []
        for lines in getattr(draws, split):
            hiding = [(name, _hiding(source, split, lines, level)) for name, level in levels]
            tasks += [_noted(task, lines) for task in _list_tasks(hiding, source.file)]
        lists.append(tasks)
    return _listed(*lists)


def _noted(task: Task, lines: str) -> Task:
    """The task with its header lines among what was drawn for it."""
    pairs = (line.partition(":") for line in lines.splitlines() if line.strip())
    notes = ((key.strip(), value.strip()) for key, _, value in pairs)
    return replace(task, drawn=(*task.drawn, *notes))


def _hiding(source: _Toml, key: str, lines: str, level: Level) -> Level:
    """The level with further header lines that agents do not see."""
    return replace(_with_lines(source, key, lines, level), shown=level)


def _with_lines(source: _Toml, key: str, lines: str, level: Level) -> Level:
    """The level with further header lines, which are at fault where that is no level."""
    try:
        return parse(f"{lines}\n{write(level)}", key)
    except LevelError as error:
        first = error.problems[0]
        raise source.error(key, f"has a header line at fault: {first}") from None


# --- generated levels --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Generate:
    generator: str
    title: str = "level"
    seed: int = 0
    validation: int = 50
    test: int = 100
    header: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


_TERRAIN = "".join(tile.char for tile in TILES if tile.passable and not tile.effect)
# the map where only a header matters: it has whatever a header refines, and a goal on every side
_SPECIMEN = Level(tuple(f"{row}{_TERRAIN}IoMH" for row in ("#G#", "G@G", "#G#")))


@dataclass(frozen=True)
class _Generator:
    """Where a pack draws its levels from: ever new ones, and none that is `listed`, by id.

    `rules` are for each split its draws, and levels with their header lines, see `_rules`.
    """

    source: _Toml
    settings: _Generate
    parameters: Any
    rules: dict[str, list[tuple[str, Level]]]
    listed: dict[str, Task] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator, split: str, title: str) -> Task:
        """A new task of a split. Raises PackError where there seems to be none."""
        rules = self.rules[split]
        for _ in range(TRIES):
            rows = self._generate(rng).rows
            luck = rng.random() if len(rules) > 1 else 0.0
            lines, rule = rules[int(luck * len(rules))]
            task = _noted(draw_task(_in_place(rule, rows), title, rng), lines)
            if task.id not in self.listed and _passable(task.level):
                return task
        raise self.source.error("parameters", f"leave no level that is new, in {TRIES} tries")

    def _generate(self, rng: np.random.Generator) -> Level:
        _, generate = GENERATORS[self.settings.generator]
        try:
            return generate(rng, self.parameters)
        except ValueError as error:
            raise self.source.error("parameters", f"do not fit: {error}") from None

    def split(self, name: str, tasks: Sequence[Task] | None = None) -> TaskDistribution:
        """These tasks, or without any a source of new ones."""

        def guises(task: Task) -> list[Level]:
            level = task.level
            hidden = level.goal == "hidden"
            rows = candidates(level, self.parameters).rows if hidden else level.rows
            return [_in_place(rule, rows) for _, rule in self.rules[name]]

        new = partial(self.draw, split=name, title=self.settings.title)
        draw = new if tasks is None else None
        return TaskDistribution(name, tuple(tasks or ()), draw, guises=guises)


def _generated_splits(
    source: _Toml, table: dict[str, Any], split: dict[str, Any]
) -> dict[str, TaskDistribution]:
    """Validation and test are the first levels of a seed; training draws any others.

    With a split by draws, each level is also played under one of its split's header lines.
    """
    chosen = source.fill(_Generate, table, "generate")
    if chosen.generator not in GENERATORS:
        source.fail("generator", f"is one of: {', '.join(GENERATORS)}")
    held_out = chosen.validation + chosen.test
    if min(chosen.seed, chosen.validation, chosen.test) < 0 or held_out > MOST_GENERATED:
        source.fail("generate", f"has a negative number, or over {MOST_GENERATED:,} tasks")
    kind, _ = GENERATORS[chosen.generator]
    try:
        parameters = source.fill(kind, chosen.parameters, "parameters")
    except ValueError as error:
        source.fail("parameters", f"do not fit: {error}")
    rules = _rules(source, chosen.header, parameters.steps, split)
    generator = _Generator(source, chosen, parameters, rules)
    rng = np.random.default_rng(chosen.seed)
    while len(generator.listed) < held_out:
        number = len(generator.listed)
        name = "test" if number < chosen.test else "validation"
        task = generator.draw(rng, name, f"{chosen.title} {number + 1}")
        generator.listed[task.id] = task
    tasks = list(generator.listed.values())
    return {
        "train": generator.split("train"),
        "validation": generator.split("validation", tasks[chosen.test :]),
        "test": generator.split("test", tasks[: chosen.test]),
    }


def _rules(
    source: _Toml, header: str, steps: int, split: dict[str, Any]
) -> dict[str, list[tuple[str, Level]]]:
    """For each split its draws, and levels with their header lines; the map is a specimen."""
    plain = _with_lines(source, "header", header, replace(_SPECIMEN, steps=steps))
    if plain.vary:
        source.fail("header", "has a 'vary' line, and generated levels vary by themselves")
    if not split:
        return {name: [("", plain)] for name in SPLITS}
    if split.get("by") != "draws":
        raise source.error("by", "is 'draws', or left out, where levels are generated")
    draws = source.fill(_Lists, split, "split")
    found, apart = {}, {}
    for name in SPLITS:
        lines = getattr(draws, name)
        if not lines:
            source.fail("split", f"by draws names none for {name}")
        found[name] = [(line, _hiding(source, name, line, plain)) for line in lines]
        tasks = [task for line, level in found[name] for task in family(level, line)]
        apart[name] = TaskDistribution(name, tuple(tasks))
    _check_apart(apart, source.file)
    return found


def _passable(level: Level) -> bool:
    """Whether the goal can be reached in time; opponents may be in the way."""
    if not (level.find(PATROL) or level.find(HUNTER)):
        return True
    path = shortest_path(compile_level(level))
    return path is not None and path <= level.steps


def _in_place(rule: Level, rows: tuple[str, ...]) -> Level:
    """The rules of one level on the map of another."""
    return replace(rule, rows=rows, shown=rule.shown and replace(rule.shown, rows=rows))


def _check_apart(splits: dict[str, TaskDistribution], where: str) -> None:
    for name in ("kind", "id"):
        owner: dict[str, tuple[str, Task]] = {}
        for split, distribution in splits.items():
            for task in distribution.tasks:
                other, twin = owner.setdefault(getattr(task, name), (split, task))
                if other != split:
                    raise PackError(
                        f"{where}: {split} and {other} share a task: {task.name} ({task.id}) and "
                        f"{twin.name} ({twin.id}) - keep it in one of them"
                    )


def _read_text(path: Path) -> str:
    """What a pack.toml says. Raises PackError where it is no text, or too much of it."""
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PackError(f"{path}:1:1: the file is over {MAX_BYTES:,} bytes - it is to say little")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise PackError(f"{path}:{line}:{column}: this is no UTF-8 - save it as UTF-8") from None


def _toml_error(file: str, message: str) -> str:
    """The parser's message with its place in front, as that of all errors."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if not place:
        return f"{file}:1:1: {message}"
    at = f"{file}:{place[1]}:{place[2]}" if place[1] else f"{file}: at its end"
    return f"{at}: {message[: place.start()]} - mend the TOML"


class _Toml:
    """A pack's TOML file, and errors that point into it. Beside levels there need not be one."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        there = path.is_file()
        if not there and not level_files(path.parent):
            todo = "'python main.py levels new FOLDER' writes a first pack"
            raise PackError(f"{path.parent}: no levels and no {PACK_FILE} in this folder - {todo}")
        try:
            self.text = _read_text(path) if there else ""
            self.content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise PackError(_toml_error(self.file, str(error))) from None
        except RecursionError:
            raise PackError(f"{path}:1:1: nested too deeply - a pack.toml is flat") from None

    def error(self, key: str, what: str) -> PackError:
        """An error about a key, with the line that sets it, or else mentions it, first."""
        lines = list(enumerate(self.text.split("\n"), 1))
        found = [i for i, line in lines if line.partition("=")[0].strip(" \t\"'") == key]
        found += [i for i, line in lines if key in line]
        return PackError(f"{self.file}:{next(iter(found), 1)}:1: '{key}' {what}")

    def fail(self, key: str, what: str) -> None:
        raise self.error(key, what)

    def fill(self, kind: type, table: Any, where: str) -> Any:
        """A dataclass filled from a table: no unknown key, each value of its default's type."""
        if not isinstance(table, dict):
            self.fail(where, "is a table of settings")
        known = {f.name: f for f in fields(kind)}
        for key, value in table.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean '{close[0]}'?" if close else f"it is one of {list(known)}"
                self.fail(key, f"is not known here - {hint}")
            if not _fits(value, str(known[key].type)):
                self.fail(key, f"is {value!r}, and should be a {known[key].type}")
        missing = [f.name for f in known.values() if _required(f) and f.name not in table]
        if missing:
            self.fail(where, f"lacks '{missing[0]}'")
        return kind(**table)


_PLAIN: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float)}


def _fits(value: Any, kind: str) -> bool:
    """Whether a TOML value is of a type as a dataclass names it, as `list[str]`."""
    if kind == "list[str]":
        return isinstance(value, list) and all(isinstance(x, str) and x for x in value)
    if kind == "dict[str, str]":
        return isinstance(value, dict) and all(isinstance(x, str) for x in value.values())
    if kind == "dict[str, Any]":
        return isinstance(value, dict)
    return isinstance(value, _PLAIN[kind]) and not isinstance(value, bool)


def _required(f: Any) -> bool:
    return f.default is MISSING and f.default_factory is MISSING

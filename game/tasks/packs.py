"""Packs: folders of levels that make up a task distribution."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.generated import GenerateTable, generated_splits
from game.tasks.pack_file import PACK_FILE, PackError, PackFile, level_files
from game.tasks.splits import (
    ALIKE,
    DEFAULT_SHARES,
    authored_splits,
    check_apart,
    divide_by_share,
    list_tasks,
)
from game.tasks.task import Task
from game.text.level import Level, LevelError
from game.text.reading import read
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.text.variants import variants
from game.text.writing import canonical

LEVELS = Path(__file__).resolve().parents[2] / "levels"
DEFAULT_AGENT = "maml-mazes-9x9"
DEFAULT_EPISODES = 4
MOST_EPISODES = 100  # of a trial


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
class PackTable:
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
        tasks = list_tasks([(path.name, level)], str(path))
        splits = divide_by_share(tasks, DEFAULT_SHARES)
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
        splits = generated_splits(source, settings.generate, settings.split)
    else:
        levels = _read_levels(folder)
        splits = authored_splits(source, settings.split, levels)
    if settings.split.get("by") != ALIKE:
        check_apart(splits, source.file)
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


def _open(folder: Path) -> tuple[PackFile, PackTable]:
    source = PackFile(folder / PACK_FILE)
    settings: PackTable = source.fill(PackTable, source.content, "")
    if not settings.agent:
        source.fail("agent", "names no agent")
    if not 1 <= settings.episodes <= MOST_EPISODES:
        source.fail("episodes", f"is how many make a trial, 1 to {MOST_EPISODES}")
    return source, settings


@dataclass(frozen=True)
class PackSummary:
    """What a list says of a pack: `sizes` are the numbers of tasks; None where unlimited."""

    name: str
    title: str
    agent: str
    sizes: dict[str, int | None]


def pack_entry(folder: Path) -> PackSummary:
    """The entry of a pack folder. No level is generated for it. Raises as `load_pack`."""
    source, settings = _open(folder)
    if settings.generate:
        chosen = source.fill(GenerateTable, settings.generate, "generate")
        sizes = {"train": None, "validation": chosen.validation, "test": chosen.test}
        return PackSummary(folder.name, settings.title or folder.name, settings.agent, sizes)
    pack = load_pack(folder)
    splits = {name: pack.split(name) for name in SPLITS}
    sizes = {name: None if s.unlimited else len(s.tasks) for name, s in splits.items()}
    return PackSummary(pack.name, pack.title, pack.agent, sizes)


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

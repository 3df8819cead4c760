"""Packs: folders of level files or generators, each a task distribution with splits."""

from __future__ import annotations

import difflib
import os
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from game.files import name_text
from game.tasks.authored_splits import (
    ALIKE,
    DEFAULT_SHARES,
    authored_splits,
    check_apart,
    divide_by_share,
    list_tasks,
)
from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.generated_splits import GenerateTable, generated_splits
from game.tasks.level_members import Members, Named, level_name, read_members
from game.tasks.mixture import (
    MixtureTable,
    mixture_splits,
    read_mixture,
    sizes_by_share,
    weights_of,
)
from game.tasks.pack_file import PACK_FILE, PackError, PackFile, level_files
from game.tasks.tables_pack import KIND, read_tables
from game.tasks.task import Task
from game.tasks.train_advice import TrainAdvice
from game.text.drawn_values import without_goals
from game.text.level import Level, LevelError, Problem
from game.text.reading import split_address
from game.text.tiles import ACTIONS
from game.text.values import meant
from game.text.variants import variants
from game.text.worlds import WORLDS
from game.text.writing import canonical

LEVELS = Path(__file__).resolve().parents[2] / "levels"
DEFAULT_EPISODES = 4
MOST_EPISODES = 1000  # in a trial


@dataclass(frozen=True)
class Pack:
    """A task distribution with its splits.

    `path` is a folder, a level file, a collection, or a member of one as `boxes.xsb#3`. `agent` is
    the pack's own agent; "" where it names none. `episodes` is the number of episodes in a trial of
    an agent with memory. `hidden` names the hidden variables; it is empty where there are none, and
    None where the pack does not say. `refused` says why some levels of collections are left out.
    """

    name: str
    path: Path
    title: str
    text: str
    agent: str
    episodes: int
    train: TrainAdvice
    levels: tuple[Level, ...]  # the authored levels; empty for generated levels
    splits: dict[str, TaskDistribution] = field(repr=False)
    hidden: tuple[str, ...] | None = None
    refused: tuple[str, ...] = ()
    world: str = ""  # the kind of world that its tasks have in place of the grid

    def split(self, name: str) -> TaskDistribution:
        """Return the split "train", "validation" or "test"."""
        return self.splits[name]

    @property
    def has_moves(self) -> bool:
        """Whether the actions of its tasks are the grid's moves, so that people can play."""
        return not self.world or WORLDS[self.world].by_moves

    @property
    def is_shipped(self) -> bool:
        """Whether the pack comes with the project, so that its name finds it anywhere."""
        return self.path == LEVELS / self.name

    @property
    def left_out(self) -> str:
        """What is left out of the pack, and how to find out why; "" if nothing is."""
        if not self.refused:
            return ""
        n, path = len(self.refused), self.path
        what = "1 level is" if n == 1 else f"{n:,} levels are"
        return f"{path}: {what} left out - 'levels check {path}' says why"

    def families(self, task: Task) -> list[Level]:
        """Return the distinct families that a task may be a draw of, given its map without the
        goal. Their candidates include those of all splits."""
        possible_families = self.split("test").possible_families
        if possible_families:
            found = possible_families(task)
        else:
            forms = (replace(form, vary=()) for one in self.levels for _, form in variants(one))
            visible = _without_goals(task.level)
            found = [form for form in forms if _without_goals(form) == visible]
        return list({canonical(level): level for level in found}.values())


def _without_goals(level: Level) -> str:
    """Return the canonical text of a level with floor in place of goals and candidates."""
    return canonical(replace(without_goals(level), vary=()))


@dataclass(frozen=True)
class PackTable:
    """The contents of a pack.toml."""

    title: str = ""
    text: str = ""
    kind: str = ""
    agent: str = ""
    episodes: int = DEFAULT_EPISODES
    hidden: list[str] | None = None
    train: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    generate: dict[str, Any] = field(default_factory=dict)
    mixture: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)


def list_packs() -> list[Path]:
    """Return the folders of the packs that come with the project."""
    return sorted(path.parent for path in LEVELS.glob(f"*/{PACK_FILE}"))


def find_pack(name: str | Path) -> Path:
    """Return a path as given, or the folder of a shipped pack by its name. Raises PackError.

    The path may be that of a member of a collection, as `boxes.xsb#3`.
    """
    path = Path(name)
    if os.path.isfile(path) or os.path.isdir(path) or split_address(path)[1] is not None:
        return path
    if os.path.lexists(path):
        raise PackError(f"{name}: neither a file nor a folder - name a level file or a pack")
    shipped = [folder.name for folder in list_packs()]
    if str(name) in shipped:
        return LEVELS / str(name)
    close = difflib.get_close_matches(str(name), shipped, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"the packs are: {', '.join(shipped)}"
    raise PackError(f"{name}: no such file, folder or pack - {hint}")


def load_pack(name: str | Path) -> Pack:
    """Load a pack folder or a level file. Raises PackError, LevelError or OSError."""
    path, shipped = find_pack(name), list_packs()
    if path in shipped or path.parent in shipped:
        return _load_shipped(path, _stamps(shipped))
    return _load(path)


@lru_cache(maxsize=256)
def _load_shipped(path: Path, stamps: Hashable) -> Pack:
    """Load a pack that comes with the project, or a level of one, once for many environments.

    `stamps` are those of the files of all such packs: a change to one of them loads it anew. Raises
    as `load_pack`.
    """
    return _load(path)


def _load(path: Path) -> Pack:
    """Load what is at a path. Raises as `load_pack`."""
    folder = pack_folder(path)
    if folder is None:
        return _load_file(path)
    source, settings = _open(folder)
    members = Members(())
    if settings.mixture:
        parts = [_find_part(source, name) for name in read_mixture(source, settings.mixture).packs]
        splits = _mixture_splits(folder, _stamps([folder, *parts]))
    elif settings.generate:
        splits = generated_splits(source, settings.generate, settings.split)
    elif settings.kind:
        splits = read_tables(source, settings.tables, settings.split).splits()
    else:
        members = _read_levels(folder)
        splits = authored_splits(source, settings.split, list(members.levels))
        _check_actions(members, str(folder))
    if settings.split.get("by") != ALIKE:
        check_apart(splits, source.file)
    name = name_text(folder.resolve().name)
    return Pack(
        name=name,
        path=folder,
        title=settings.title or name,
        text=settings.text,
        agent=settings.agent,
        episodes=settings.episodes,
        train=TrainAdvice(settings.train, source, _n_actions(source, settings, members)),
        levels=tuple(level for _, level in members.levels),
        splits=splits,
        hidden=_names(settings.hidden),
        refused=members.refused,
        world=settings.tables.get("world") or _world_of(members),
    )


def _n_actions(source: PackFile, settings: PackTable, members: Members) -> int:
    """Return the number of actions of a pack's tasks."""
    if settings.kind:
        return read_tables(source, settings.tables, settings.split).n_actions
    return _actions_of(members.levels[0][1]) if members.levels else len(ACTIONS)


def _world_of(members: Members) -> str:
    """Return the kind of world of levels; "" for the grid, and where there are no levels."""
    world = members.levels[0][1].world if members.levels else None
    return world.kind if world else ""


def _actions_of(level: Level) -> int:
    return level.world.n_actions if level.world else len(ACTIONS)


def _world_and_actions(level: Level) -> tuple[str, int]:
    return level.world.kind if level.world else "", _actions_of(level)


def _check_actions(members: Members, where: str) -> None:
    """Raise PackError where levels of one pack have other actions than the first one."""
    first, *others = members.levels
    for name, level in others:
        if _world_and_actions(level) != _world_and_actions(first[1]):
            what = f"{name} has another world or number of actions than {first[0]}"
            raise PackError(f"{where}: {what} - put it into a pack of its own")


def _stamps(folders: Iterable[Path]) -> tuple[tuple[str, int], ...]:
    """Return the files of folders, each with the time of its last change, in nanoseconds."""
    files = (path for folder in folders for path in sorted(folder.iterdir()))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)


@lru_cache(maxsize=8)
def _mixture_splits(folder: Path, stamps: Hashable) -> dict[str, TaskDistribution]:
    """Return the splits of a mixture, made once, since listing its tasks takes seconds.

    `stamps` are those of the files of the mixture and its parts: a change to one of them makes the
    splits anew. Raises as `load_pack`.
    """
    source, settings = _open(folder)
    return mixture_splits(source, settings.mixture, partial(_load_part, source))


def _find_part(source: PackFile, name: str) -> Path:
    """Return the folder of a pack that is part of a mixture: a shipped one by its name, or else one
    whose path begins at the mixture's folder. Raises PackError."""
    shipped = [folder.name for folder in list_packs()]
    path = LEVELS / name if name in shipped else Path(source.file).parent / name
    if not os.path.isdir(path):
        what = f"is no shipped pack, and no folder beside this one - {meant(name, shipped)}"
        raise source.error(name, what, within="mixture")
    part = _open(path)[1]
    if part.mixture:
        what = "is a mixture itself - name its parts instead"
        raise source.error(name, what, within="mixture")
    if part.kind:
        what = "has tasks that are no mazes - use it by itself"
        raise source.error(name, what, within="mixture")
    return path


def _load_part(source: PackFile, name: str) -> Pack:
    """Load a pack that is part of a mixture. Raises as `load_pack`."""
    return load_pack(_find_part(source, name))


def _load_file(path: Path) -> Pack:
    """Load a level file, a collection or a member of one."""
    members = read_members(path)
    levels = [level for _, level in members.levels]
    name = level_name(path.name)
    return Pack(
        name=name,
        path=path,
        title=levels[0].title if len(levels) == 1 and levels[0].title else name,
        text="",
        agent="",
        episodes=DEFAULT_EPISODES,
        train=TrainAdvice(n_actions=_actions_of(levels[0])),
        levels=tuple(levels),
        splits=divide_by_share(list_tasks(list(members.levels), str(path)), DEFAULT_SHARES),
        refused=members.refused,
        world=_world_of(members),
    )


def pack_advice(name: str | Path) -> TrainAdvice:
    """Return the options that a pack recommends for learners, and of its levels only the number of
    actions in the first, which may have errors.

    Raises PackError or OSError.
    """
    path = find_pack(name)
    folder = pack_folder(path)
    if folder is None:
        return TrainAdvice(n_actions=_actions_in(path))
    source, settings = _open(folder)
    if settings.kind:
        n_actions = _n_actions(source, settings, Members(()))
    else:
        n_actions = next(map(_actions_in, level_files(folder)), len(ACTIONS))
    return TrainAdvice(settings.train, source, n_actions)


def _actions_in(path: Path) -> int:
    """Return the number of actions in a level file; that of the grid if it has errors."""
    try:
        return _actions_of(read_members(path).levels[0][1])
    except LevelError:
        return len(ACTIONS)


def pack_folder(path: Path) -> Path | None:
    """Return the folder of a folder or a pack.toml; None for a level file or a member of one."""
    if os.path.isdir(path):
        return path
    return path.parent if path.name == PACK_FILE else None


def _open(folder: Path) -> tuple[PackFile, PackTable]:
    """Return a folder's pack.toml and its checked contents. Raises PackError."""
    source = PackFile(folder / PACK_FILE)
    settings: PackTable = source.fill(PackTable, source.content, "")
    if "agent" in source.content and not settings.agent:
        source.fail("agent", "is empty - name a run's folder or a shipped agent")
    if not 1 <= settings.episodes <= MOST_EPISODES:
        what = f"is out of range - a trial has 1 to {MOST_EPISODES} episodes"
        source.fail("episodes", what)
    if settings.kind not in ("", KIND):
        source.fail("kind", f"is unknown - write '{KIND}', or remove it")
    if bool(settings.kind) != bool(settings.tables):
        given, lacks = ("kind", "[tables]") if settings.kind else ("tables", f"kind = '{KIND}'")
        source.fail(given, f"goes with {lacks} - add that, too")
    for other in ("generate", "mixture"):
        if settings.kind and getattr(settings, other):
            source.fail(other, f"does not go with kind = '{KIND}' - make it a pack of its own")
    for other in ("generate", "split"):
        if settings.mixture and getattr(settings, other):
            source.fail(other, "does not go with [mixture] - make it a pack of its own")
    return source, settings


def _names(hidden: list[str] | None) -> tuple[str, ...] | None:
    """Return the hidden variables that a pack names, or None where it does not say."""
    return None if hidden is None else tuple(hidden)


@dataclass(frozen=True)
class PackSummary:
    """A pack's entry in a list. `sizes` are the numbers of tasks by split; None is unlimited."""

    name: str
    title: str
    agent: str
    sizes: dict[str, int | None]
    hidden: tuple[str, ...] | None = None
    world: str = ""


def pack_entry(folder: Path) -> PackSummary:
    """Return the entry of a pack folder without generating levels.

    Raises PackError, LevelError or OSError.
    """
    source, settings = _open(folder)
    if settings.generate:
        chosen = source.fill(GenerateTable, settings.generate, "generate")
        sizes = {"train": None, "validation": chosen.validation, "test": chosen.test}
        title = settings.title or folder.name
        return PackSummary(folder.name, title, settings.agent, sizes, _names(settings.hidden))
    if settings.kind:
        sizes = read_tables(source, settings.tables, settings.split).sizes()
        title, world = settings.title or folder.name, settings.tables["world"]
        hidden = _names(settings.hidden)
        return PackSummary(folder.name, title, settings.agent, sizes, hidden, world)
    if settings.mixture:
        title = settings.title or folder.name
        sizes = _mixture_sizes(source, read_mixture(source, settings.mixture))
        return PackSummary(folder.name, title, settings.agent, sizes, _names(settings.hidden))
    pack = load_pack(folder)
    splits = {name: pack.split(name) for name in SPLITS}
    sizes = {name: None if s.unlimited else len(s.tasks) for name, s in splits.items()}
    return PackSummary(pack.name, pack.title, pack.agent, sizes, pack.hidden, pack.world)


def _mixture_sizes(source: PackFile, mixture: MixtureTable) -> dict[str, int | None]:
    """Return the numbers of tasks by split of a mixture; a part may have fewer than its share."""
    entries = {name: pack_entry(_find_part(source, name)).sizes for name in mixture.packs}
    weights = weights_of(mixture)
    shares = tuple(accumulate(weights.values()))
    sizes: dict[str, int | None] = {}
    own = [sizes["train"] for sizes in entries.values()]
    sizes["train"] = None if mixture.sketches or None in own else sum(n or 0 for n in own)
    for split, n in (("validation", mixture.validation), ("test", mixture.test)):
        wanted = sizes_by_share(weights, shares, n)
        sizes[split] = sum(
            min(size, entries[name][split] or 0) if name in entries else size
            for name, size in wanted.items()
        )
    return sizes


def _read_levels(folder: Path) -> Members:
    """Return the names and levels of a folder's level files and collections.

    Raises LevelError with the problems of all files, or PackError where there is no file.
    """
    levels: list[Named] = []
    problems: list[Problem] = []
    refused: list[str] = []
    for path in level_files(folder):
        try:
            members = read_members(path)
            levels += members.levels
            refused += members.refused
        except LevelError as error:
            problems += error.problems
    if problems:
        raise LevelError(problems)
    if not levels:
        raise PackError(f"{folder}: the pack has no level files - add one, for example 'first.txt'")
    return Members(tuple(levels), tuple(refused))

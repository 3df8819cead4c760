"""Mixtures: packs and sketches with weights, drawn as one pack."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice, zip_longest
from typing import Any, Protocol, TypeVar

import numpy as np

from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.pack_file import PackFile
from game.tasks.sketches.kinds import SKETCHES
from game.tasks.sketches.pen import Dice
from game.tasks.sketches.source import SketchParameters, draw_sketched_task
from game.tasks.task import Task
from game.text.level import Level
from game.text.values import meant
from game.text.variants import variants

MOST_WEIGHT = 1_000_000
MOST_LISTED = 1_000  # tasks for validation and test together
ATTEMPTS = 100  # to draw a task that is not held out
Result = TypeVar("Result")


@dataclass(frozen=True)
class MixtureTable:
    """The [mixture] table of a pack.toml: packs and sketches by name, with their weights."""

    packs: dict[str, float] = field(default_factory=dict)
    sketches: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    validation: int = 50
    test: int = 100


# --- parts -------------------------------------------------------------------------------------

Listed = tuple[Task, Level | None]  # a task, and the family that it is known to be a draw of


class MixedPack(Protocol):
    """A pack, as far as a mixture uses it."""

    def split(self, name: str) -> TaskDistribution:
        """Return the split "train", "validation" or "test"."""

    def families(self, task: Task) -> list[Level]:
        """Return the families that a task may be a draw of, given what is visible of it."""


@dataclass(frozen=True)
class PackPart:
    """A pack as a part of a mixture. `levels` are, by split, the distributions of its levels.

    A level is drawn first, and then a task of it: a level with many tasks has no larger share.
    """

    pack: MixedPack
    levels: dict[str, tuple[TaskDistribution, ...]]

    @classmethod
    def of(cls, pack: MixedPack) -> PackPart:
        """Return a pack as a part."""
        return cls(pack, {name: _by_level(pack.split(name)) for name in SPLITS})

    def draw(self, rng: np.random.Generator) -> Task:
        """Return a random training task."""
        levels = self.levels["train"]
        [task] = levels[int(rng.random() * len(levels))].sample(1, rng)
        return task

    def listed(self, split: str, n: int, rng: np.random.Generator) -> Iterator[Listed]:
        """Yield up to n tasks of a split, of all levels in turn."""
        dice = Dice(rng)
        levels = [dice.shuffled(level.tasks) for level in dice.shuffled(self.levels[split])]
        found = (task for in_turn in zip_longest(*levels) for task in in_turn if task)
        return ((task, None) for task in islice(found, n))


def _lists(pack: MixedPack, task: Task) -> bool:
    """Return whether a task is listed in a split of a pack."""
    return any(task.id == one.id for name in SPLITS for one in pack.split(name).tasks)


def _by_level(split: TaskDistribution) -> tuple[TaskDistribution, ...]:
    """Return a split as one distribution for each level; tasks of a level share their name."""
    if split.draw:
        return (split,)
    levels: dict[str, list[Task]] = {}
    for task in split.tasks:
        levels.setdefault(task.name, []).append(task)
    return tuple(replace(split, tasks=tuple(tasks)) for tasks in levels.values())


@dataclass(frozen=True)
class SketchPart:
    """A kind of sketch as a part of a mixture."""

    name: str
    parameters: SketchParameters

    def draw(self, rng: np.random.Generator) -> Task:
        """Return a new training task."""
        return draw_sketched_task(self.name, rng, self.parameters)[1]

    def listed(self, split: str, n: int, rng: np.random.Generator) -> Iterator[Listed]:
        """Yield n tasks for validation or test, some of them larger than those for training."""
        for number in range(1, n + 1):
            large = rng.random() < self.parameters.large
            level, task = draw_sketched_task(self.name, rng, self.parameters, large)
            yield replace(task, name=f"{task.name} {number}"), level


# --- the mixture -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mixture:
    """The parts of a mixture by name, with their cumulative shares. Training draws no task whose id
    is in `held_out`. `families` are those of the listed tasks that are known, by id."""

    source: PackFile
    parts: dict[str, PackPart | SketchPart]
    shares: tuple[float, ...]
    held_out: set[str] = field(default_factory=set)
    families: dict[str, Level] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator) -> Task:
        """Return a random training task. Raises PackError where a part has no others."""
        name = self.choose_part(rng)
        for _ in range(ATTEMPTS):
            task = self._attempt(name, self.parts[name].draw, rng)
            if task.id not in self.held_out:
                return task
        what = f"gives nothing but held-out tasks in {ATTEMPTS} attempts - use another part"
        raise self.source.error(name, what, within="mixture")

    def choose_part(self, rng: np.random.Generator) -> str:
        """Return the name of a random part, by the shares."""
        uniform = rng.random() * self.shares[-1]
        return next(name for name, share in zip(self.parts, self.shares) if uniform < share)

    def _attempt(self, name: str, function: Callable[..., Result], *args: Any) -> Result:
        """Return the result of a part's function. Raises PackError where it can find no level."""
        try:
            return function(*args)
        except ValueError as error:
            raise self.source.error(name, f"cannot be used: {error}", within="mixture") from None

    def list_split(
        self, split: str, n: int, seed: int, taken: Collection[str] = ()
    ) -> tuple[Task, ...]:
        """Return about n tasks of a split by the parts' shares, none with an id or kind in `taken`.

        Each part draws with a seed of its own, so that its tasks do not depend on other parts.
        """
        found: dict[str, Task] = {}
        for name, size in sizes_by_share(self.parts, self.shares, n).items():
            rng = np.random.default_rng([seed, SPLITS.index(split), *name.encode()])
            part = self.parts[name]
            listed: list[Listed] = self._attempt(name, list, part.listed(split, size, rng))
            for task, level in listed:
                if task.id not in taken and task.kind not in taken:
                    found[task.id] = task
                    if level:
                        self.families[task.id] = level
        return tuple(found.values())

    def possible_families(self, task: Task) -> list[Level]:
        """Return the families that a task may be a draw of, given what is visible: the task itself
        where none is known."""
        if task.id in self.families:
            forms = dict(variants(self.families[task.id]))
            return [replace(forms[dict(task.drawn).get("variant", "")], vary=())]
        packs = (part.pack for part in self.parts.values() if isinstance(part, PackPart))
        found = (pack.families(task) for pack in packs if _lists(pack, task))
        return next(found, []) or [task.level]


def sizes_by_share(names: Iterable[str], shares: Sequence[float], n: int) -> dict[str, int]:
    """Return numbers whose sum is n, by cumulative shares."""
    ends = [round(n * share / shares[-1]) for share in shares]
    return {name: b - a for name, a, b in zip(names, [0, *ends], ends)}


def mixture_splits(
    source: PackFile, table: dict[str, Any], load: Callable[[str], MixedPack]
) -> dict[str, TaskDistribution]:
    """Return the splits of a mixture, whose packs `load` loads. Raises PackError."""
    chosen = read_mixture(source, table)
    parameters = _read_parameters(source, chosen)
    parts: dict[str, PackPart | SketchPart] = {}
    for name in chosen.packs:
        parts[name] = PackPart.of(_load_part(source, name, load))
    parts |= {name: SketchPart(name, parameters) for name in chosen.sketches}
    shares = tuple(accumulate(weights_of(chosen).values()))
    mixture = Mixture(source, parts, shares)
    test = mixture.list_split("test", chosen.test, chosen.seed)
    taken = _ids_and_kinds(test)
    validation = mixture.list_split("validation", chosen.validation, chosen.seed, taken)
    mixture.held_out.update(taken, _ids_and_kinds(validation))
    packs = [part.pack for part in parts.values() if isinstance(part, PackPart)]
    for split in SPLITS[1:]:
        mixture.held_out.update(*(_ids_and_kinds(pack.split(split).tasks) for pack in packs))
    listed = [task for pack in packs for task in pack.split("train").tasks]
    endless = bool(chosen.sketches) or any(pack.split("train").unlimited for pack in packs)
    families = mixture.possible_families
    return {
        "train": TaskDistribution(
            "train", () if endless else tuple(listed), mixture.draw, possible_families=families
        ),
        "validation": TaskDistribution("validation", validation, possible_families=families),
        "test": TaskDistribution("test", test, possible_families=families),
    }


def read_mixture(source: PackFile, table: dict[str, Any]) -> MixtureTable:
    """Return the checked [mixture] table of a pack.toml. Raises PackError."""
    chosen = source.fill(MixtureTable, table, "mixture")
    if not (chosen.packs or chosen.sketches):
        todo = "name some with their weights under [mixture.packs] or [mixture.sketches]"
        source.fail("mixture", f"has no parts - {todo}")
    for name, weight in weights_of(chosen).items():
        if not 0 < weight <= MOST_WEIGHT:
            what = f"has a weight of {weight:g} - give a number above 0, up to {MOST_WEIGHT:,}"
            raise source.error(name, what, within="mixture")
    for name in chosen.sketches:
        if name not in SKETCHES:
            what = f"is no kind of sketch - {meant(name, list(SKETCHES))}"
            raise source.error(name, what, within="mixture")
        if name in chosen.packs:
            what = "is a pack and a sketch of this mixture - name the pack by its path"
            raise source.error(name, what, within="mixture")
    held_out = chosen.validation + chosen.test
    if min(chosen.seed, chosen.validation, chosen.test) < 0 or held_out > MOST_LISTED:
        what = f"has a negative number or over {MOST_LISTED:,} tasks - correct the numbers"
        source.fail("mixture", what)
    return chosen


def weights_of(table: MixtureTable) -> dict[str, float]:
    """Return the weights of all parts by name."""
    return table.packs | table.sketches


def _read_parameters(source: PackFile, chosen: MixtureTable) -> SketchParameters:
    """Return the parameters of the sketches."""
    try:
        return source.fill(SketchParameters, chosen.parameters, "parameters")
    except ValueError as error:
        raise source.error("parameters", f"cannot be used: {error}", within="mixture") from None


def _load_part(source: PackFile, name: str, load: Callable[[str], MixedPack]) -> MixedPack:
    """Return a pack that is a part. Raises PackError where it cannot be."""
    pack = load(name)
    train = pack.split("train")
    if not (train.unlimited or train.tasks):
        what = "has no training tasks, so it cannot be a part - name another pack"
        raise source.error(name, what, within="mixture")
    held_out = {task.id for split in SPLITS[1:] for task in pack.split(split).tasks}
    if any(task.id in held_out for task in train.tasks):
        what = "has the same tasks for training and test, so it cannot be a part"
        raise source.error(name, f"{what} - name another pack", within="mixture")
    return pack


def _ids_and_kinds(tasks: Iterable[Task]) -> set[str]:
    """Return what splits must not share: ids of tasks, and of their symmetric variants."""
    return {text for task in tasks for text in (task.id, task.kind)}

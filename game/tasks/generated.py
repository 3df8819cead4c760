"""Splits of packs that generate their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.family import draw_task, family
from game.tasks.generators import GENERATORS, candidates
from game.tasks.pack_file import PackFile
from game.tasks.splits import SplitLists, check_apart, with_hidden_lines, with_lines, with_notes
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import HUNTER, PATROL, TILES
from game.world.planner import shortest_path
from game.world.tables import compile_level

MOST_GENERATED = 10_000  # tasks for validation and test
TRIES = 1000  # to generate a level that is not there yet


@dataclass(frozen=True)
class GenerateTable:
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
class LevelGenerator:
    """Where a pack draws its levels from: ever new ones, and none that is `listed`, by id.

    `rules` are for each split its draws, and levels with their header lines, see `_rules`.
    """

    source: PackFile
    settings: GenerateTable
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
            task = with_notes(draw_task(_in_place(rule, rows), title, rng), lines)
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


def generated_splits(
    source: PackFile, table: dict[str, Any], split: dict[str, Any]
) -> dict[str, TaskDistribution]:
    """Validation and test are the first levels of a seed; training draws any others.

    With a split by draws, each level is also played under one of its split's header lines.
    """
    chosen = source.fill(GenerateTable, table, "generate")
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
    generator = LevelGenerator(source, chosen, parameters, rules)
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
    source: PackFile, header: str, steps: int, split: dict[str, Any]
) -> dict[str, list[tuple[str, Level]]]:
    """For each split its draws, and levels with their header lines; the map is a specimen."""
    plain = with_lines(source, "header", header, replace(_SPECIMEN, steps=steps))
    if plain.vary:
        source.fail("header", "has a 'vary' line, and generated levels vary by themselves")
    if not split:
        return {name: [("", plain)] for name in SPLITS}
    if split.get("by") != "draws":
        raise source.error("by", "is 'draws', or left out, where levels are generated")
    draws = source.fill(SplitLists, split, "split")
    found, apart = {}, {}
    for name in SPLITS:
        lines = getattr(draws, name)
        if not lines:
            source.fail("split", f"by draws names none for {name}")
        found[name] = [(line, with_hidden_lines(source, name, line, plain)) for line in lines]
        tasks = [task for line, level in found[name] for task in family(level, line)]
        apart[name] = TaskDistribution(name, tuple(tasks))
    check_apart(apart, source.file)
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

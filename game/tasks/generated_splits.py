"""Splits of packs with generated levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from game.tasks.authored_splits import (
    MOST_CELLS,
    SplitLists,
    check_apart,
    check_cells,
    with_hidden_lines,
    with_lines,
    with_notes,
)
from game.tasks.distribution import SPLITS, TaskDistribution
from game.tasks.family import draw_task, family
from game.tasks.generators import GENERATORS, attempts, with_candidates
from game.tasks.pack_file import PackFile
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import HUNTER, PATROL, TILES
from game.world.planner import shortest_path
from game.world.tables import TooLarge, compile_level

MOST_GENERATED = 10_000  # tasks for validation and test together


@dataclass(frozen=True)
class GenerateTable:
    """The [generate] table of a pack.toml."""

    generator: str
    title: str = "level"
    seed: int = 0
    validation: int = 50
    test: int = 100
    header: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


_TERRAIN = "".join(tile.char for tile in TILES if tile.passable and not tile.effect)
# A placeholder map for header lines: all tiles that a header can refine, and goals on all sides.
_PLACEHOLDER = Level(tuple(f"{row}{_TERRAIN}IoMH" for row in ("#G#", "G@G", "#G#")))


@dataclass(frozen=True)
class LevelGenerator:
    """A pack's source of new tasks. Tasks in `listed`, by id, are never drawn again.

    `templates` are, by split, the split's hidden header lines and levels that have these lines and
    a placeholder map, see `_templates`.
    """

    source: PackFile
    settings: GenerateTable
    parameters: Any
    templates: dict[str, list[tuple[str, Level]]]
    listed: dict[str, Task] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator, split: str, title: str) -> Task:
        """Return a new task of a split. Raises PackError if none is found in `attempts`."""
        templates = self.templates[split]
        n = attempts(self.parameters)
        for _ in range(n):
            rows = self._generate(rng).rows
            uniform = rng.random() if len(templates) > 1 else 0.0
            lines, template = templates[int(uniform * len(templates))]
            task = with_notes(draw_task(_with_map(template, rows), title, rng), lines)
            if task.id not in self.listed and self._passable(task.level):
                return task
        what = f"give no new level in {n} attempts - list fewer tasks or vary the levels more"
        raise self.source.error("parameters", what)

    def _passable(self, level: Level) -> bool:
        """Whether the goal can be reached within the steps of an episode, past the opponents.

        Raises PackError where the level has too many states.
        """
        if not (level.find(PATROL) or level.find(HUNTER)):
            return True
        try:
            path = shortest_path(compile_level(level))
        except TooLarge as error:
            raise self.source.error("parameters", f"cannot be used: {error}") from None
        return path is not None and path <= level.steps

    def _generate(self, rng: np.random.Generator) -> Level:
        """Return a new level. Raises PackError where the parameters cannot be met."""
        _, generate = GENERATORS[self.settings.generator]
        try:
            return generate(rng, self.parameters)
        except ValueError as error:
            raise self.source.error("parameters", f"cannot be used: {error}") from None

    def split(self, name: str, tasks: Sequence[Task] | None = None) -> TaskDistribution:
        """Return a split of these tasks, or without `tasks` one that draws new ones."""
        # Partial methods, since nested functions cannot be pickled.
        new = partial(self.draw, split=name, title=self.settings.title)
        draw = new if tasks is None else None
        listed = tuple(tasks or ())
        return TaskDistribution(
            name, listed, draw, possible_families=partial(self._possible_families, name)
        )

    def _possible_families(self, split: str, task: Task) -> list[Level]:
        """Return the families of a split that a task may be a draw of, given what is visible."""
        level = task.level
        hidden = level.goal == "hidden"
        rows = with_candidates(level, self.parameters).rows if hidden else level.rows
        return [_with_map(template, rows) for _, template in self.templates[split]]


def generated_splits(
    source: PackFile, table: dict[str, Any], split: dict[str, Any]
) -> dict[str, TaskDistribution]:
    """Return the splits of a pack with generated levels. Raises PackError.

    Test and validation are the first levels of a seed; training draws any others. With a division
    by draws, each level also has one of the header lines of its split.
    """
    chosen = source.fill(GenerateTable, table, "generate")
    if chosen.generator not in GENERATORS:
        source.fail("generator", f"is unknown - use one of: {', '.join(GENERATORS)}")
    held_out = chosen.validation + chosen.test
    if min(chosen.seed, chosen.validation, chosen.test) < 0 or held_out > MOST_GENERATED:
        what = f"has a negative number or over {MOST_GENERATED:,} tasks - correct the numbers"
        source.fail("generate", what)
    kind, _ = GENERATORS[chosen.generator]
    try:
        parameters = source.fill(kind, chosen.parameters, "parameters")
    except ValueError as error:
        source.fail("parameters", f"cannot be used: {error}")
    cells = held_out * (parameters.height + 2) * (parameters.width + 2)  # with the border
    if cells > MOST_CELLS:
        what = f"asks for {cells:,} cells in total, over the limit of {MOST_CELLS:,}"
        source.fail("generate", f"{what} - use fewer tasks or smaller maps")
    templates = _templates(source, chosen.header, parameters.steps, split)
    generator = LevelGenerator(source, chosen, parameters, templates)
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


def _templates(
    source: PackFile, header: str, steps: int, split: dict[str, Any]
) -> dict[str, list[tuple[str, Level]]]:
    """Return, by split, hidden header lines and a level with these lines and a placeholder map."""
    _refuse_auto(source, "header", header)
    plain = with_lines(source, "header", header, replace(_PLACEHOLDER, steps=steps))
    if plain.vary:
        source.fail("header", "has a 'vary' line - remove it: generated levels differ without it")
    if not split:
        return {name: [("", plain)] for name in SPLITS}
    if split.get("by") != "draws":
        raise source.error("by", "does not apply to generated levels - use 'draws' or remove it")
    draws = source.fill(SplitLists, split, "split")
    found, apart = {}, {}
    for name in SPLITS:
        lines = getattr(draws, name)
        for line in lines:
            _refuse_auto(source, name, line)
        if not lines:
            source.fail("split", f"has no header lines for {name} - list at least one")
        found[name] = [
            (line, with_hidden_lines(source, name, line, plain, draws)) for line in lines
        ]
        check_cells([level for _, level in found[name]], source.file)
        tasks = [task for line, level in found[name] for task in family(level, line)]
        apart[name] = TaskDistribution(name, tuple(tasks))
    check_apart(apart, source.file)
    return found


def _refuse_auto(source: PackFile, key: str, lines: str) -> None:
    """Raise PackError where header lines have a step reward that depends on a map."""
    if any("step=auto" in line.partition(";")[0] for line in lines.split("\n")):
        source.fail(key, "has 'step=auto', which depends on a map - write a number")


def _with_map(template: Level, rows: tuple[str, ...]) -> Level:
    """Return the template with a generated map."""
    shown = template.shown and replace(template.shown, rows=rows)
    return replace(template, rows=rows, shown=shown)

"""Levels that are compiled and observed together give what each gives alone."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from game.text.level import MAX_STATES, Level
from game.text.reading import parse
from game.text.walking import start_cells
from game.world.batch import GridBatch
from game.world.features import observe, observe_batch
from game.world.stacks import MOST_CELLS, stacked
from game.world.tables import MOST_BITS, Tables, TooLarge, compile_level, compile_levels
from tests import random_levels

SEEDS = 150
SIBLINGS = 4


def siblings(seed: int) -> list[Level]:
    """Return random levels with the same header; most of them have no boxes and no opponents."""
    level = random_levels.random_level(seed, random_levels.ALL)
    if seed % 3:
        level = level.with_tiles(dict.fromkeys("MH$*X", ".") | {"+": "@"})
    rng = random.Random(seed)
    found = [level]
    for _ in range(SIBLINGS - 1):
        chars = list("".join(level.rows))
        rng.shuffle(chars)
        width = rng.choice([level.width, level.width, level.height])
        rows = [chars[i : i + width] for i in range(0, len(chars), width)]
        found.append(replace(level, rows=random_levels.rows_of(rows)))
    return [level for level in found if start_cells(level)]


def assert_same(together: Tables, alone: Tables) -> None:
    """Raise AssertionError where two tables differ."""
    assert together.level is alone.level
    for name in (field.name for field in fields(Tables) if field.name != "level"):
        one, other = (np.asarray(getattr(tables, name)) for tables in (together, alone))
        assert one.dtype == other.dtype, (name, together.level)
        assert np.array_equal(one, other), (name, together.level)


def test_levels_compiled_together_have_the_tables_of_each_alone():
    stacked_tiles: Counter[str] = Counter()
    for seed in range(SEEDS):
        levels = siblings(seed)
        for together, level in zip(compile_levels(levels), levels, strict=True):
            assert_same(together, compile_level(level))
        if len(levels) > 1 and not level.has("MH$*X+") and not level.starts:
            stacked_tiles.update(set("".join(level.tiles)))
    assert min(stacked_tiles[tile] for tile in "#LI^v<>aAbBo1!=,%~") > 10, stacked_tiles


def test_levels_observed_together_have_the_features_of_each_alone():
    for seed in range(0, SEEDS, 2):
        tables = compile_levels([level for s in (seed, seed + 1) for level in siblings(s)])
        features, columns = observe_batch(GridBatch(tables))
        for of_task, one in zip(features, tables):
            alone = observe(one)
            assert np.array_equal(of_task[: one.n_states], alone[:, columns]), one.level
            assert not np.delete(alone, columns, 1).any(), one.level
            assert not of_task[one.n_states :].any(), one.level


def test_a_number_type_changes_the_features_by_rounding_alone():
    batch = GridBatch.of(siblings(1))
    exact, columns = observe_batch(batch)
    rounded, same = observe_batch(batch, np.float32)
    assert rounded.dtype == np.float32
    assert np.array_equal(rounded, exact.astype(np.float32))
    assert np.array_equal(columns, same)


def test_a_stack_holds_each_level_between_walls():
    maps = ("@.G\n...", "@~G", "G.@\n.#.\n...")
    levels = [parse(f"map:\n{text}\n") for text in (*maps, "@...G")]
    wide, tall = sorted(stacked(levels, gap=2), key=lambda stack: len(stack.members))
    assert wide.level is levels[3]
    assert tall.members == [0, 1, 2]
    assert tall.tops == [0, 4, 7]
    rows = "@.G/.../###/###/@~G/###/###/G.@/.#./.../###/###"
    assert "/".join(tall.level.rows) == rows


def test_levels_of_other_rules_or_without_room_are_in_other_stacks():
    level = parse("map:\n@..G\n")
    others = [replace(level, slip=0.2), replace(level, costs=(("floor", 2.0),)), level]
    assert len(stacked([level, *others], 1)) == 3
    assert len(stacked([level, level], 1, lambda level: None)) == 2
    large = replace(level, rows=("." * 60,) * 60)
    sizes = [len(stack.members) for stack in stacked([large] * 5, 1)]
    assert sizes == [2, 2, 1]


def test_no_stack_has_more_states_than_a_level_may_have():
    """So that levels which can be compiled alone can be compiled together."""
    assert MOST_CELLS << MOST_BITS <= MAX_STATES
    keys = parse("map:\n@.aA\nbBcG\n")
    assert len(compile_levels([keys] * 40)) == 40
    too_large = replace(keys, rows=("@" + "." * 199,) * 200 + ("o" * 200,))
    with pytest.raises(TooLarge, match="states"):
        compile_levels([keys, too_large])

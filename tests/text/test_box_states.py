"""The number of states of a puzzle of boxes is that of the states that a search visits."""

from __future__ import annotations

import random

import pytest

from game.text.box_states import count_box_states, has_more_box_states, is_simple
from game.text.level import Level
from game.text.walking import explore, start_cells
from game.world.tables import TooLarge, check_states, compile_level

N_LEVELS = 80


def random_level(rng: random.Random) -> Level:
    """Return a small map with one to three boxes and as many targets or more; it may be open."""
    height, width = rng.randint(2, 5), rng.randint(3, 6)
    cells = ["@", *rng.choice(["$X", "$X*", "$$XX", "$X,", "$$XX@", "$$$XXX"])]
    cells += [rng.choice("...,#") for _ in range(height * width - len(cells))]
    cells = cells[: height * width]
    rng.shuffle(cells)
    rows = tuple("".join(cells[i * width : (i + 1) * width]) for i in range(height))
    return Level(rows, ends=rng.choice(["boxes", "never"]))


@pytest.mark.parametrize("seed", range(3))
def test_the_states_counted_are_those_that_are_visited(seed: int):
    rng = random.Random(seed)
    for _ in range(N_LEVELS):
        level = random_level(rng)
        assert is_simple(level)
        n = len(explore(level, start_cells(level)))
        assert count_box_states(level, n) == n, level.rows
        assert has_more_box_states(level, n - 1)
        assert not has_more_box_states(level, n)
        if n < 300:
            assert compile_level(level).n_states == n


def test_other_tiles_are_not_counted_by_pushes():
    for rows in (("@$X!=.",), ("@$X>.",), ("@$XI.",), ("@$X1.1",), ("@$XG",)):
        assert not is_simple(Level(rows, ends="boxes"))
    assert not is_simple(Level(("@$X",), ends="boxes", wind="east", wind_chance=1))
    assert not has_more_box_states(Level(("@.G",)), 0)


def test_a_puzzle_that_is_too_large_is_refused_before_its_tables_are_made():
    level = Level(("@" + "." * 11, *["." * 12] * 6, "..$.$.$.$...", "..X.X.X.X..."), ends="boxes")
    for check in (check_states, compile_level):
        with pytest.raises(TooLarge, match=r"108 cells x 5,359,095 sets of cells of the boxes"):
            check(level)
    check_states(Level(("@$X",), ends="boxes"))

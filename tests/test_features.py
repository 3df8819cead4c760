"""What agents see: one layout for all levels, and nothing that tells a hidden goal."""

from __future__ import annotations

import numpy as np
import pytest

from game.features import (
    LAYOUT,
    MAX_SIZE,
    N_FEATURES,
    START_OF,
    TooLargeToSee,
    observe,
    observe_batch,
)
from game.level import Level, parse
from game.tables import GridBatch, compile_level
from game.tasks import family, load_pack


def block(seen: np.ndarray, name: str) -> np.ndarray:
    return seen[..., START_OF[name] : START_OF[name] + LAYOUT[name]]


def test_one_layout_for_every_level():
    for text in ("map:\n@G\n", "map:\n" + ("." * 16 + "\n") * 15 + "@" + "." * 14 + "G\n"):
        tables = compile_level(parse(text))
        assert observe(tables).shape == (tables.n_states, N_FEATURES)


def test_a_hidden_goal_cannot_be_told_from_what_is_seen():
    level = parse("ends: never\ncost: goal=9 floor=2\nmap:\n@?,?\n?.%?\n")
    seen = [observe(compile_level(task.level)) for task in family(level, "x")]
    assert len(seen) == 4
    assert all((other == seen[0]).all() for other in seen[1:])


def test_a_hidden_goal_looks_like_floor_and_a_visible_one_is_pointed_at():
    hidden, floor = (compile_level(parse(f"map:\n@.{char}G\n")) for char in "G.")
    assert (observe(hidden)[:2] == observe(floor)[:2]).all()
    visible = compile_level(parse("goal: visible\nmap:\n@..\n..G\n"))
    assert not block(observe(hidden), "goal").any()
    offsets = block(observe(visible), "goal")
    assert offsets[visible.state_of((0, 0))].tolist() == [1, 1 / MAX_SIZE, 2 / MAX_SIZE]


def test_the_surroundings_show_walls_the_outside_and_costs():
    tables = compile_level(parse("map:\n@~#\n.,G\n"))
    state = tables.state_of((0, 0))
    blocked = block(observe(tables), "blocked")[state].reshape(5, 5)
    cost = block(observe(tables), "cost")[state].reshape(5, 5)
    assert blocked.astype(int).tolist() == [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1],
        [1, 1, 0, 0, 1],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1],
    ]
    assert cost[2:4, 2:].tolist() == [[0, 1, 0], [0, 0.2, 0]]
    assert not block(observe(tables), "slip").any()
    slippery = compile_level(parse("slip: 0.3\nmap:\n@G\n"))
    assert block(observe(slippery), "slip").max() == 0.3


def test_leaving_out_columns_of_zeros_leaves_out_nothing_else():
    batch = GridBatch.of([task.level for task in load_pack("mazes-9x9").split("test").tasks[:9]])
    seen, columns = observe_batch(batch)
    whole = np.zeros((batch.n_tasks, batch.n_states, N_FEATURES))
    for t, tables in enumerate(batch.tables):
        whole[t, : tables.n_states] = observe(tables)
    assert (whole[..., columns] == seen).all()
    assert np.count_nonzero(whole) == np.count_nonzero(seen)
    assert seen.any((0, 1)).all()


def test_a_level_too_large_to_see_is_refused_with_its_size():
    with pytest.raises(TooLargeToSee, match="1 x 17"):
        observe(compile_level(Level(("@" + "." * 15 + "G",))))

"""Features: one layout for all levels, and no information on hidden variables."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import draw_task, family
from game.tasks.packs import load_pack
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.features import (
    FIRST_LAYOUT,
    LAYOUT,
    MAX_SIZE,
    N_FEATURES,
    N_FIRST_FEATURES,
    START_OF,
    TooLargeToSee,
    observe,
    observe_batch,
)
from game.world.tables import compile_level


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


# --- tiles with an effect ----------------------------------------------------------------------


def around(text: str, name: str, **state: object) -> list[list[float]]:
    """Return a block of the cells around the agent [5, 5], in the first state with these values."""
    tables = compile_level(parse(text))
    chosen = np.ones(tables.n_states, bool)
    for key, value in state.items():
        array = getattr(tables, key)
        chosen &= (array == value).reshape(tables.n_states, -1).all(1)
    return block(observe(tables), name)[chosen.argmax()].reshape(5, 5).round(6).tolist()


def test_lava_is_danger_ice_slips_and_one_way_tiles_push():
    text = "slip: 0.1\nmap:\n@.LI\n.^>.\n...G\n"
    assert around(text, "danger", cell=(0, 1))[2] == [0, 0, 0, 1, 0]
    assert around(text, "slip", cell=(0, 1))[2] == [0, 0.1, 0.1, 0.1, 0.5]
    assert around(text, "push_row", cell=(0, 1))[3] == [0, 0, -1, 0, 0]
    assert around(text, "push_column", cell=(0, 1))[3] == [0, 0, 0, 1, 0]


def test_keys_and_coins_are_items_until_they_are_taken_and_a_door_blocks_until_then():
    text = "define: o worth=-1\nmap:\n@aoAG\n"
    before = {"cell": (0, 1), "keys": (True, False, False, False), "coins": True}
    assert around(text, "item", cell=(0, 0), keys=False)[2] == [0, 0, 0, 1, -2]
    assert around(text, "item", **before)[2] == [0, 0, 0, -2, 0]
    assert around(text, "item", **before | {"coins": False})[2] == [0, 0, 0, 0, 0]
    assert around(text, "blocked", **before)[2] == [1, 0, 0, 0, 0]
    assert around("map:\n@.AG\na...\n", "blocked", keys=False)[2] == [1, 1, 0, 0, 1]
    tables = compile_level(parse(text))
    assert (block(observe(tables), "keys")[:, 0] == tables.keys[:, 0]).all()


def test_the_nearest_opponent_is_pointed_at():
    tables = compile_level(parse("map:\n@....M\n......\n##H#.G\n"))
    seen = block(observe(tables), "opponent")[tables.starts[0]]
    assert seen.tolist() == [1, 2 / MAX_SIZE, 2 / MAX_SIZE]


def test_boxes_targets_switches_and_gates_are_seen_as_they_are_now():
    text = "ends: never\nmap:\n@$X.G\n!.=..\n.*...\n"
    closed = {"cell": (0, 0), "gates": False, "boxes": [(0, 1), (2, 1)]}
    assert around(text, "box", **closed) == [
        *[[0, 0, 0, 0, 0]] * 2,
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 1, 0],
    ]
    assert around(text, "target", **closed)[2] == [0, 0, 0, 0, 1]
    assert around(text, "target", **closed)[4] == [0, 0, 0, 1, 0]  # below the box, too
    assert around(text, "switch", **closed)[3] == [0, 0, 1, 0, 0]
    assert around(text, "gate", **closed)[3] == [0, 0, 0, 0, 1]
    assert around(text, "blocked", **closed)[2:4] == [[1, 1, 0, 0, 0], [1, 1, 0, 0, 1]]
    is_open = closed | {"gates": True}
    assert around(text, "gate", **is_open)[3] == [0, 0, 0, 0, 1]
    assert around(text, "blocked", **is_open)[3] == [1, 1, 0, 0, 0]
    pushed = {"cell": (0, 1), "gates": False, "boxes": [(0, 2), (2, 1)]}
    assert around(text, "box", **pushed)[2] == [0, 0, 0, 1, 0]
    assert around(text, "target", **pushed)[2] == [0, 0, 0, 1, 0]
    assert around("map:\n+.G\n", "target", cell=(0, 0))[2] == [0, 0, 1, 0, 0]


def test_the_first_layout_is_a_prefix_whose_columns_never_change():
    assert list(LAYOUT)[: len(FIRST_LAYOUT)] == list(FIRST_LAYOUT)
    assert (list(FIRST_LAYOUT)[-1], sum(FIRST_LAYOUT.values())) == (
        "goal",
        16 + 16 + 256 + 175 + 10,
    )
    assert START_OF["box"] == N_FIRST_FEATURES
    assert list(LAYOUT)[len(FIRST_LAYOUT) :] == ["box", "target", "switch", "gate"]
    without = observe(compile_level(parse("map:\n@a%A.M\n.I.oL.\n^...G.\n")))
    assert not without[:, N_FIRST_FEATURES:].any()


def test_the_values_of_a_legend_are_seen_and_those_of_goals_and_lava_are_not():
    text = "legend: q = , cost=6 slip=0.5\nlegend: w = o worth=-1\nmap:\n@q.\n,wG\n"
    assert around(text, "cost", cell=(0, 0))[2:4] == [[0, 0, 0, 1, 0], [0, 0, 0.2, 0, 0]]
    assert around(text, "slip", cell=(0, 0))[2] == [0, 0, 0, 0.5, 0]
    assert around(text, "item", cell=(0, 0), coins=True)[3] == [0, 0, 0, -2, 0]
    assert around("slip: left=0.3 right=0.1\nmap:\n@.G\n", "slip", cell=(0, 0))[2][2] == 0.4
    plain = observe(compile_level(parse("map:\n@LG\n..G\n")))
    own = "define: L pays=3\nlegend: q = G pays=9\nmap:\n@LG\n..q\n"
    assert (observe(compile_level(parse(own))) == plain).all()


DRAWN = [
    "slip: {0, 0.2}",
    "slip: left=0..0.2 right={0, 0.3}",
    "controls: shuffled all",
    "controls: {normal, shuffled}",
    "wind: {east 0.2, west 0.2, none}",
    "define: L pays={-1, 1}",
    "legend: q = , cost=2..8",
    "legend: q = , cost={1, 9} slip={0, 0.5}",
    "legend: q = I slip=0..1 cost={1, 2}",
    "legend: q = o worth={-1, 2}",
    "legend: q = M kind={x, y, hunt}",
    "legend: q = M every=1..3",
    "legend: q = H every={1, 3}",
    "legend: q = L pays=-3..3",
    "legend: q = G pays={0.5, 2}",
    "legend: q = ? pays={0.5, 2}",
    "slip: 0.0..0.2",
    "controls: shuffled",
    "wind: east 0..0.5",
    "cost: mud=2..8 ice={1, 9}",
    "define: I slip=0..1",
    "define: o worth={-1, 1}",
    "define: M kind={x, y, hunt}",
    "define: M every={1, 2}",
    "define: H every=1..3",
]


@pytest.mark.parametrize("line", DRAWN)
def test_what_is_drawn_for_a_task_cannot_be_told_from_what_is_seen(line: str):
    """Features do not depend on the hidden draws."""
    mark = "q" if "q" in line else "."
    level = parse(f"{line}\nsteps: 6\nmap:\n@.I%\n.?M.\n.o#H\n.{mark}.L\n")
    rng = np.random.default_rng(0)
    seen: dict[tuple, np.ndarray] = {}
    tasks = [draw_task(level, "x", rng) for _ in range(6)]
    assert len({task.id for task in tasks}) > 1
    for task in tasks:
        tables = compile_level(task.level)
        for state, features in enumerate(observe(tables)):
            looks = (*tables.cell[state], *tables.coins[state], *tables.opponents[state].ravel())
            assert (seen.setdefault(looks, features) == features).all()


def test_of_two_opponents_as_near_the_same_is_pointed_at_whatever_their_kinds():
    level = parse("legend: q = M kind={x, y, hunt}\nmap:\n.q@M.\nG....\n")
    starts = [compile_level(task.level) for task in family(level, "x")]
    seen = [block(observe(tables), "opponent")[tables.starts[0]].tolist() for tables in starts]
    assert seen == [[1, 0, -1 / MAX_SIZE]] * 3


def test_the_nominal_value_is_seen():
    level = parse("slip: 0.1..0.3\ncost: mud={2, 4}\nmap:\n@%G\n")
    task = draw_task(level, "x", np.random.default_rng(0))
    seen = observe(compile_level(task.level))
    assert task.level.slip != 0.2
    assert block(seen, "slip").max() == pytest.approx(0.2)
    assert block(seen, "cost")[0, 13] == pytest.approx((3 - 1) / 5)

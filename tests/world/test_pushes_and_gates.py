"""The rules of boxes, targets, switches and gates as films, see `test_rules`."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import family
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.tables import TooLarge, compile_level
from tests import random_levels, reference
from tests.world.test_rules import boards, film, looks, played, reads

NEVER = "ends: never\nmap:\n"

# --- pushes ------------------------------------------------------------------------------------


def test_a_box_is_pushed_one_cell_on_for_the_cost_of_the_cell_that_the_agent_enters():
    assert film("cost: floor=2 target=5 mud=9\nmap:\n@.$.%G\n......\n", "rrrr") == [
        (".A$.%G/......", -0.2, False),
        ("..A$%G/......", -0.2, False),
        ("...A$G/......", -0.2, False),
        ("...A$G/......", -0.2, False),  # a box does not go onto a goal
    ]
    assert film("cost: floor=2 target=5\nmap:\nG@*.\n", "r.l") == [
        ("G.A$", -0.5, False),
        ("G.A$", -0.5, False),
        ("GAX$", -0.1, False),  # and is not pulled
    ]


@pytest.mark.parametrize(
    ("text", "move", "board"),
    [
        ("..G\n.$.\n.@.\n", "u", ".$G/.A./..."),
        (".@G\n.$.\n...\n", "d", "..G/.A./.$."),
        ("..G\n.$@\n...\n", "l", "..G/$A./..."),
        ("..G\n@$.\n...\n", "r", "..G/.A$/..."),
    ],
)
def test_a_box_is_pushed_in_each_direction_and_not_off_the_map(text: str, move: str, board: str):
    assert boards(NEVER + text, move * 2) == [board, board]


@pytest.mark.parametrize("tile", [*".,:%~IX!@+"])
def test_boxes_go_onto_floor_terrain_ice_targets_switches_and_starts(tile: str):
    moved = "*" if tile in "X+" else "$"
    assert boards(f"{NEVER}@${tile}\n.G.\n", "r") == [f".A{moved}/.G."]


@pytest.mark.parametrize("tile", [*"#L^v<>1aAobBG="])
def test_boxes_go_nowhere_else_and_the_move_is_a_bump(tile: str):
    bump = film(f"{NEVER}@.${tile}\n..1G\n", "rr")[1]
    assert bump == (f".A${tile}/..1G", -0.1, False)


def test_a_taken_coin_or_key_and_an_open_door_still_stop_boxes():
    assert boards(NEVER + ".o..\n.$..\n@..G\n", "uurddlu")[2:] == [
        ".A../.$../...G",  # the coin is taken
        "..../.A../.$.G",
        "..../.A../.$.G",  # off the map
        "..../A.../.$.G",
        "A.../..../.$.G",
    ]
    coin = "@..G\n.$o.\n....\n"
    assert boards(NEVER + coin, "rrdulldr")[-2:] == ["...G/A$../...."] * 2
    assert boards(NEVER + coin.replace("o", "a"), "rrdulldr")[-2:] == ["...G/A$../...."] * 2
    assert boards(NEVER + "a$A.\n.@.G\n", "lurr")[-2:] == ["A$A./...G"] * 2


def test_of_two_boxes_in_a_row_none_is_pushed():
    assert film(NEVER + "@$$..\nG....\n", "r") == [("A$$../G....", -0.1, False)]
    assert boards(NEVER + "@$.$..\nG.....\n", "rr") == [".A$$../G.....", ".A$$../G....."]


def test_a_box_does_not_slide():
    assert boards("define: I slip=1\n" + NEVER + "...G\n@$II\n....\n", "rr") == [
        "...G/.A$I/....",
        "...G/..A$/....",
    ]


def test_candidates_stop_boxes_in_every_task_drawn_or_not():
    level = parse("map:\n@$?..\n.?...\n")
    tasks = list(family(level, ""))
    assert [task.level.candidates for task in tasks] == [((0, 2), (1, 1))] * 2
    for task in tasks:
        assert played(compile_level(task.level), "r")[0][0].startswith("A$")
    assert boards(NEVER + "@$...\n.G...\n", "r") == [".A$../.G..."]  # floor as ever


def test_one_way_tiles_let_the_agent_push_in_their_direction():
    assert boards(NEVER + "@>$.\n...G\n", "rr") == [".A$./...G", ".>A$/...G"]
    assert boards(NEVER + "@v$.\n...G\n", "rr") == [".A$./...G", ".A$./...G"]


def test_a_push_follows_the_move_that_takes_effect():
    batch = GridBatch.of([parse("slip: 1\nends: never\nmap:\n..G\n.$.\n.@.\n...\n")])
    chosen = np.zeros((1, batch.n_states, 5))
    chosen[..., 3] = 1  # to the right: it slips up, against the box, or down
    start = batch.tables[0].starts[0]
    assert batch.effective(chosen)[0, start].tolist() == [0.5, 0.5, 0, 0, 0]
    controls = "controls: down up left right\n" + NEVER + "...\n.$.\n.@.\n..G\n"
    assert boards(controls, "ud") == [".../.$./.../.AG", ".../.$./.A./..G"]
    assert boards(controls, "d") == [".$./.A./.../..G"]


# --- the end -----------------------------------------------------------------------------------


def test_with_all_boxes_on_targets_the_goal_is_paid_instead_of_the_cost_and_the_episode_ends():
    text = "ends: boxes\nreward: goal=7 step=-1\ncost: floor=3\nmap:\n@$X\n.$X\n"
    assert film(text, "rldr.") == [
        (".A*/.$X", -3.0, False),
        ("A.*/.$X", -1.0, False),
        ("..*/A$X", -3.0, False),
        ("..*/.A*", 7.0, True),
        ("..*/.A*", 0.0, True),
    ]
    tables = compile_level(parse(text))
    assert tables.goal.tolist() == tables.over.tolist()
    assert tables.goal.any()


def test_boxes_may_stand_on_any_of_the_targets():
    text = "ends: boxes\nmap:\n@$XX\n....\n"
    assert film(text, "r") == [(".A*X/....", 1.0, True)]
    assert film("ends: boxes\nmap:\n+$.\n...\n...\n", ".") == [("A$./.../...", -0.1, False)]


def test_without_ends_boxes_all_boxes_on_targets_change_nothing():
    assert film("map:\n@$X\n.G.\n", "r.") == [(".A*/.G.", -0.1, False)] * 2
    assert film(NEVER + "@$X\n.G.\n", "r.") == [(".A*/.G.", -0.1, False)] * 2
    assert film("map:\n@*.\n.G.\n", ".") == [("A*./.G.", -0.1, False)]


def test_lava_ends_an_episode_of_boxes_too():
    assert film("ends: boxes\nmap:\n@$X\nL..\n", "d") == [(".$X/A..", -1.0, True)]


# --- switches and gates ------------------------------------------------------------------------


def test_a_gate_is_a_wall_until_a_switch_is_entered_and_again_after_the_next_time():
    assert film("cost: switch=2 gate=3\nmap:\n@=G\n!..\n", "rdu.rl") == [
        ("A=G/!..", -0.1, False),
        ("._G/A..", -0.2, False),
        ("A_G/!..", -0.1, False),
        ("A_G/!..", -0.1, False),
        (".AG/!..", -0.3, False),
        ("A_G/!..", -0.1, False),
    ]
    assert boards("map:\n@=G\n!..\n", "dudu") == ["._G/A..", "A_G/!..", ".=G/A..", "A=G/!.."]


def test_staying_and_bumping_on_a_switch_flip_nothing():
    assert boards("map:\n@!=G\n....\n", "r.u") == [".A_G/...."] * 3


def test_every_switch_flips_all_gates():
    assert boards("map:\n@!.!=G\n..=...\n", "rrr") == [
        ".A.!_G/.._...",
        ".!A!_G/.._...",
        ".!.A=G/..=...",
    ]


def test_a_box_flips_the_gates_when_it_enters_a_switch_and_not_when_it_leaves():
    assert boards(NEVER + "@$!.=G\n......\n", "rr") == [
        ".A$._G/......",
        "..A$=G/......",  # the agent enters the switch that the box leaves
    ]


def test_agent_and_box_on_two_switches_in_one_step_change_nothing():
    assert boards(NEVER + "@$!!=G\n......\n", "rr") == [".A$!_G/......", "..A$_G/......"]


def test_a_push_is_judged_with_the_gates_before_the_switch_that_the_agent_enters():
    """The box stands on a switch before a gate, so that the push flips the gates."""
    text = NEVER + "@$!=.\n!...G\n"
    assert boards(text, "rr") == [".A$_./!...G", "..A$./!...G"]  # into the gate, which closes
    assert boards(text, "rldurr")[-2:] == [".A$=./!...G"] * 2  # closed: it would open too late


def test_boxes_go_through_open_gates_and_not_through_closed_ones():
    assert boards(NEVER + "!....\n@$=..\n....G\n", "rudrrr") == [
        "!..../A$=../....G",
        "A..../.$_../....G",
        "!..../A$_../....G",
        "!..../.A$../....G",
        "!..../..A$./....G",
        "!..../.._A$/....G",
    ]


def test_a_box_in_a_gate_that_closes_cannot_be_pushed_until_it_opens():
    text = NEVER + "!.....\n@$=..G\n!.....\n"
    assert boards(text, "udrldur")[2:] == [
        "!...../.A$..G/!.....",
        "!...../A.$..G/!.....",
        "!...../..$..G/A.....",  # the gate has closed
        "!...../A.$..G/!.....",
        "!...../.A$..G/!.....",
    ]
    assert boards(text, "udrldurr")[-2:] == ["!...../.A$..G/!....."] * 2  # a bump
    assert boards(text, "udrldudurr")[-2:] == ["!...../.A$..G/!.....", "!...../..A$.G/!....."]


def test_whoever_stands_in_a_gate_that_closes_may_leave_and_not_come_back():
    text = "cost: gate=4\n" + NEVER + "!......\n@.$=!..\n.....G.\n"
    assert film(text, "udrrr.lr")[3:] == [
        ("!....../..A$!../.....G.", -0.1, False),
        ("!....../...A$../.....G.", -0.4, False),  # the box closes the gate
        ("!....../...A$../.....G.", -0.4, False),
        ("!....../..A=$../.....G.", -0.1, False),
        ("!....../..A=$../.....G.", -0.1, False),
    ]
    assert boards(text, "udrrrr")[-1] == "!....../..._A$./.....G."  # onto the switch, with a push


def test_open_gates_are_closed_to_opponents():
    hunter = "define: H every=1\nmap:\n!@#G\n..=H\n....\n"
    assert boards(hunter, "l..") == ["A.#H/.._./...."] * 3
    patrol = "map:\n!@..G\n#####\nM.=..\n"
    assert [b[-5:] for b in boards(patrol, "l...")] == [".M_..", "M._..", ".M_..", "M._.."]


def test_opponents_flip_no_switch():
    text = "map:\n@..=.G\n#.....\nM.!..#\n"
    assert {board.split("/")[0] for board in boards(text, "......")} == {"A..=.G"}


# --- states ------------------------------------------------------------------------------------


def test_boxes_multiply_the_states_by_what_can_be_reached():
    assert compile_level(parse("map:\n@.$#\n#G##\n")).n_states == 3  # it cannot be pushed
    assert compile_level(parse("map:\nG@$.\n")).n_states == 5


def test_three_boxes_on_25_cells_are_compiled_and_too_many_are_refused_with_their_factors():
    rows = ("@....", ".$.$.", "..$..", ".....", "XXX..")
    assert compile_level(Level(rows, ends="boxes")).n_states > 10_000
    large = ["@" + "." * 15, *["." * 16] * 10, ".$" * 8, "." * 16, "X" * 16]
    with pytest.raises(TooLarge, match=r"\(224 cells x [\d,]+ sets of cells of the boxes\)"):
        compile_level(Level(tuple(large), ends="boxes"))
    with pytest.raises(TooLarge, match=r"of the boxes x 2 positions of the gates"):
        compile_level(Level(("!=" + "." * 14, *large), ends="boxes"))


def test_switches_without_gates_multiply_no_states():
    assert compile_level(parse("map:\n@!G\n")).n_states == 3


def test_states_differ_in_what_they_show():
    """Boxes that change places make no difference."""
    tables = compile_level(parse("ends: never\nmap:\n@....\n.$$..\n....G\n.....\n"))
    assert len({repr(looks(tables, s)) for s in range(tables.n_states)}) == tables.n_states


@pytest.mark.parametrize("seed", range(1, 181, 3))
def test_every_state_and_action_of_a_level_with_boxes_agrees_with_a_scalar_reading(seed: int):
    level = random_levels.random_level(seed, random_levels.ALL)
    tables = compile_level(level)
    if tables.n_states > 1000:
        return
    pairs = [(int(s), here) for s, here in zip(tables.starts, reference.starts(level))]
    assert all(looks(tables, state) == reads(here) for state, here in pairs)
    seen = {*pairs}
    for state, here in pairs:
        for action in range(5):
            target, pays, ended = reference.step(level, here, action)
            ahead = int(tables.next_state[state, action])
            assert looks(tables, ahead) == reads(target)
            assert abs(tables.reward[state, action] - pays) < 1e-9
            assert tables.terminated[state, action] == ended
            pair = ahead, target._replace(time=0)
            if pair not in seen:
                seen.add(pair)
                pairs.append(pair)
    assert {state for state, _ in pairs} == {*range(tables.n_states)}

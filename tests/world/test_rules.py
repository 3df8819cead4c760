"""The rules as films: a level, moves, and the board and reward after each move."""

from __future__ import annotations

import numpy as np
import pytest

from game.text.level import Level
from game.text.reading import examine, parse
from game.text.tiles import ACTIONS, DIRECTIONS, TILES, Tile
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.tables import Tables, TooLarge, compile_level
from tests import random_levels, reference

KEYS = {"u": 0, "d": 1, "l": 2, "r": 3, ".": 4}


def film(text: str, moves: str) -> list[tuple[str, float, bool]]:
    """Boards, reward and end, after each move, see `board`."""
    return played(compile_level(parse(text)), moves)


def played(tables: Tables, moves: str) -> list[tuple[str, float, bool]]:
    """Boards, reward and end, after each move from the first start."""
    state, frames = int(tables.starts[0]), []
    for move in moves:
        action = KEYS[move]
        reward, ended = tables.reward[state, action], tables.terminated[state, action]
        state = int(tables.next_state[state, action])
        frames.append((board(tables, state), round(float(reward), 9), bool(ended)))
    return frames


def board(tables: Tables, state: int) -> str:
    """Return the map as it is now, with the agent as `A`, or `Z` together with an opponent.

    Starts and what was taken are floor. A box is `$`, or `*` on a target, and an open gate is `_`.
    """
    level = tables.level
    rows = [list(row) for row in level.rows]
    gone = [cell for cell, left in zip(level.find("o"), tables.coins[state]) if not left]
    gone += [c for char, held in zip("abcd", tables.keys[state]) if held for c in level.find(char)]
    for row, column in [*gone, *level.find(*"@$MH")]:
        rows[row][column] = "."
    for row, column in level.find(*"*+"):
        rows[row][column] = "X"
    for row, column in level.find("=") if tables.gates[state] else []:
        rows[row][column] = "_"
    for row, column in tables.boxes[state].tolist():
        rows[row][column] = "*" if rows[row][column] == "X" else "$"
    for char, (row, column) in zip(opponents(level), tables.opponents[state].tolist()):
        rows[row][column] = char
    row, column = tables.cell[state]
    rows[row][column] = "Z" if rows[row][column] in "MH" else "A"
    return "/".join("".join(row) for row in rows)


def opponents(level: Level) -> str:
    return "M" * len(level.find("M")) + "H" * len(level.find("H"))


def boards(text: str, moves: str) -> list[str]:
    return [frame[0] for frame in film(text, moves)]


def test_moves_pay_for_the_cell_that_is_entered_and_the_goal_ends_the_episode():
    assert film("map:\n@,:\n%~G\n", "rrd") == [
        (".A:/%~G", -0.2, False),
        (".,A/%~G", -0.3, False),
        (".,:/%~A", 1.0, True),
    ]
    assert film("map:\n@,:\n%~G\n", "dr") == [(".,:/A~G", -0.4, False), (".,:/%AG", -0.6, False)]


def test_a_bump_or_a_stay_costs_the_cell_one_stands_on():
    assert film("map:\n@%#G\n....\n", "rr.ul") == [
        (".A#G/....", -0.4, False),
        (".A#G/....", -0.4, False),  # into the wall
        (".A#G/....", -0.4, False),  # stay
        (".A#G/....", -0.4, False),  # off the map
        ("A%#G/....", -0.1, False),
    ]


def test_where_the_goal_never_ends_the_episode_every_step_that_ends_on_it_pays():
    assert film("ends: never\nmap:\n@G.\n", "r.url") == [
        (".A.", 1.0, False),
        (".A.", 1.0, False),  # stay
        (".A.", 1.0, False),  # a bump
        (".GA", -0.1, False),
        (".A.", 1.0, False),
    ]


def test_rewards_and_costs_of_the_header_count():
    text = "reward: goal=5 step=-1\ncost: floor=2 mud=0\nmap:\n@.%G\n"
    assert [pay for _, pay, _ in film(text, "rrr")] == [-2.0, 0.0, 5.0]


def test_candidates_and_starts_are_floor():
    assert [pay for _, pay, _ in film("map:\n@?@G\n", "rr")] == [-0.1, -0.1]


def test_after_the_end_nothing_happens_and_nothing_is_paid():
    assert film("map:\n@G.\n", "rr.") == [
        (".A.", 1.0, True),
        (".A.", 0.0, True),
        (".A.", 0.0, True),
    ]


# --- tiles with an effect ----------------------------------------------------------------------


def test_a_one_way_tile_is_left_in_its_direction_alone_and_never_entered_against_it():
    assert film("map:\n.@.\n.v.\n.G.\n", "dlr.ud") == [
        (".../.A./.G.", -0.1, False),
        (".../.A./.G.", -0.1, False),  # a bump, as the next one
        (".../.A./.G.", -0.1, False),
        (".../.A./.G.", -0.1, False),  # to stay is allowed
        (".../.A./.G.", -0.1, False),  # back
        (".../.v./.A.", 1.0, True),
    ]
    assert boards("map:\n@<.\n..G\n", "r") == ["A<./..G"]
    assert boards("map:\n@>.G\n", "rl") == [".A.G", ".A.G"]
    assert boards("ends: never\nmap:\n.G.\n@^.\n...\n", "rdu") == [
        ".G./.A./...",  # from the side
        ".G./.A./...",
        ".A./.^./...",
    ]


def test_lava_ends_the_episode_and_pays_1_less_whatever_it_costs():
    assert film("cost: lava=7\nends: never\nmap:\n@LG\n.>.\n", "rr") == [
        (".AG/.>.", -1.0, True),
        (".AG/.>.", 0.0, True),
    ]


def test_a_teleporter_leads_to_its_twin_for_its_cost_once():
    assert film("cost: teleporter=3\nmap:\n@1#\n##.\nG.1\n", "r.ld") == [
        (".1#/##./G.A", -0.3, False),
        (".1#/##./G.A", -0.3, False),  # to stay is not to enter
        (".1#/##./GA1", -0.1, False),
        (".1#/##./GA1", -0.1, False),
    ]
    assert boards("map:\n@1#\n##.\nG.1\n", "rud") == [
        ".1#/##./G.A",
        ".1#/##A/G.1",
        ".A#/##./G.1",
    ]
    assert boards("map:\n@1G\n", "r") == [".AG"]  # without a twin it is floor


def test_a_door_is_a_wall_without_its_key_and_the_key_is_kept():
    assert film("cost: door=2\nmap:\n@BG\nb..\n##.\n", "rdurl.") == [
        ("ABG/b../##.", -0.1, False),  # closed
        (".BG/A../##.", -0.1, False),
        ("ABG/.../##.", -0.1, False),
        (".AG/.../##.", -0.2, False),  # and it stays a door, which can be walked through again
        ("ABG/.../##.", -0.1, False),
        ("ABG/.../##.", -0.1, False),
    ]


def test_a_coin_pays_its_worth_once_on_top_of_the_cost():
    assert film("map:\n@oG\n", ".r.lr") == [
        ("AoG", -0.1, False),
        (".AG", 0.4, False),
        (".AG", -0.1, False),
        ("A.G", -0.1, False),
        (".AG", -0.1, False),
    ]
    assert film("define: o worth=-2\ncost: coin=3\nmap:\n@oG\n", "r") == [(".AG", -2.3, False)]


def test_a_patrol_walks_its_line_and_turns_at_walls_at_once():
    text = "map:\n@..G\n####\n#.M#\n"
    assert [b[-4:] for b in boards(text, "......")] == ["#M.#", "#.M#"] * 3
    text = "map:\nM...\n@..G\n"
    assert [b[:4] for b in boards(text, "......")] == [
        ".M..",
        "..M.",
        "...M",
        "..M.",
        ".M..",
        "M...",
    ]
    text = "define: M kind=y every=2\nmap:\n@.G.\n...M\n....\n"
    assert boards(text, "...")[1:] == ["A.G./..../...M", "A.G./..../...M"]
    assert [b[3::5] for b in boards(text, "........")] == [
        ".M.",
        "..M",
        "..M",
        ".M.",
        ".M.",
        "M..",
        "M..",
        ".M.",
    ]
    assert boards("map:\n@.G\n###\n#MA\n", "..") == ["A.G/###/#MA"] * 2  # between two walls


def test_a_hunter_takes_the_axis_on_which_it_is_farther_and_waits_every_other_step():
    text = "map:\n@....\n.....\n....H\nG....\n"
    assert boards(text, ".....") == [
        "A..../...../....H/G....",
        "A..../...../...H./G....",  # 2 down, 4 right: farther across
        "A..../...../...H./G....",
        "A..../...../..H../G....",
        "A..../...../..H../G....",
    ]
    assert boards(text, "......")[-1] == "A..../..H../...../G...."  # 2 and 2: vertical


def test_a_wall_delays_a_hunter_which_takes_the_other_axis_or_waits():
    text = "define: H every=1\nmap:\n@..G\n.##.\n..H.\n"
    assert boards(text, "..") == ["A..G/.##./.H..", "A..G/.##./H..."]
    text = "define: H every=1\nmap:\n@.G\n.#.\n.H.\n"
    assert boards(text, "r.") == [".AG/.#./.H."] * 2  # straight below, no other axis: it waits
    text = "define: M kind=hunt\nmap:\n@.BG\n..b.\n..M.\n"
    assert boards(text, ".") == ["A.BG/..M./...."]


def test_caught_ends_the_episode_and_takes_1_off():
    walk_into = "define: H every=9\nmap:\n@HG\n"
    assert film(walk_into, "r.") == [(".ZG", -1.1, True), (".ZG", 0.0, True)]
    is_met = "define: H every=1\nmap:\n@.HG\n"
    assert film(is_met, "..") == [("AH.G", -0.1, False), ("Z..G", -1.1, True)]
    assert film("map:\nG@.M#\n", "r") == [("G.Z.#", -1.1, True)]  # both come there
    assert film("map:\nG@M#\n", "r")[0][1:] == (-1.1, True)  # they change places


def test_goal_and_lava_come_before_a_catch_where_the_goal_ends_the_episode():
    """The goal is the hunter's only way; where the goal does not end it, it pays and 1 is off."""
    text = "define: H every=1\nmap:\n@GH\n"
    assert film(text, "r") == [(".AH", 1.0, True)]
    assert film("ends: never\n" + text, "r") == [(".Z.", 0.0, True)]
    lava = "ends: never\ndefine: H every=1\nmap:\n@LH\nG..\n"
    assert film(lava, "r") == [(".AH/G..", -1.0, True)]


def test_doors_are_closed_to_opponents_and_nothing_else_is():
    text = "define: M every=1\nmap:\n@.......G\n#########\n#BM1^Loa#\n########b\n"
    lines = [b.split("/")[2] for b in boards(text, ".....")]
    assert [line.index("M") for line in lines] == [3, 4, 5, 6, 7]
    assert [b.split("/")[2].index("M") for b in boards(text, "." * 10)] == [
        *(3, 4, 5, 6, 7),
        *(6, 5, 4, 3, 2),
    ]


def test_opponents_walk_through_each_other():
    text = "map:\n@..G\n####\n.M.M\n"
    assert [b[-4:] for b in boards(text, "...")] == ["..M.", ".M.M", "M.M."]


def test_shuffled_controls_move_otherwise_and_stay_stays():
    text = "controls: right left up down\nmap:\n...\n.@.\n..G\n"
    assert boards(text, "u.l") == [".../..A/..G", ".../..A/..G", "..A/.../..G"]
    assert boards(text, "dr") == [".../A../..G", ".../.../A.G"]


def test_wind_and_slip_are_about_moves_in_the_world_whatever_the_controls():
    text = "controls: right left up down\nslip: 0.4\nwind: east 0.5\nmap:\n...\n.@.\n..G\n"
    batch = GridBatch.of([parse(text)])
    state = batch.tables[0].state_of((1, 1))
    chosen = np.zeros((1, batch.n_states, 5))
    chosen[0, :, KEYS["u"]] = 1  # which moves to the right, and slips up (l) or down (r)
    assert batch.effective(chosen)[0, state] == pytest.approx([0.5 + 0.3, 0, 0.1, 0.1, 0])
    chosen = np.roll(chosen, 4, -1)  # stay: blown to the right, or not, and never slipping
    assert batch.effective(chosen)[0, state] == pytest.approx([0.5, 0, 0, 0, 0.5])


def test_ice_slips_by_itself_and_other_cells_by_the_header():
    def slip(header: str) -> list[float]:
        return compile_level(parse(header + "map:\n@I.G\n")).slip[:3].tolist()

    assert slip("") == [0, 0.5, 0]
    assert slip("slip: 0.2\n") == [0.2, 0.5, 0.2]
    assert slip("define: I slip=0.3\n") == [0, 0.3, 0]


def test_only_states_that_can_be_reached_are_kept_and_too_many_are_refused_with_their_factors():
    assert compile_level(parse("map:\n@oG\n")).n_states == 4  # before, on it, back, at the goal
    assert compile_level(parse("map:\n@aAG\n")).n_states == 5
    large = "map:\n@" + "." * 30 + "G\n" + ("." * 32 + "\n") * 30 + "." * 31 + "H\n"
    with pytest.raises(TooLarge, match=r"1,024 cells x 2 phases .* x 1,024 cells of the hunters"):
        compile_level(parse(large))
    with pytest.raises(TooLarge, match="1,024 cells x 1,180,591,620,717,411,303,424 sets of coins"):
        compile_level(parse(large.replace("H", ".").replace("." * 14, "." * 7 + "ooooooo", 10)))


def test_what_is_still_to_be_drawn_cannot_be_played():
    with pytest.raises(ValueError, match="still to be drawn"):
        compile_level(parse("slip: 0..1\nmap:\n@G\n"))


# --- against the reference ---------------------------------------------------------------------


def test_the_reference_knows_every_tile_and_random_levels_have_all_of_them():
    reference.check_tiles(TILES)
    random_levels.check_random_tiles(TILES)
    levels = [random_levels.random_level(seed, random_levels.ALL) for seed in range(300)]
    assert {tile.char for tile in TILES} <= set("".join("".join(level.tiles) for level in levels))


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (("S", "swamp", 3, True, ""), r"'S', and the table has \('swamp', 3\) - teach tests/ref"),
        (("Y", "statue", 1, False, "turns"), r"'Y', and the table has \('statue', 1\) - teach"),
        (("~", "water", 5, True, ""), r"has \('water', 6\) .* the table has \('water', 5\)"),
    ],
)
def test_a_tile_that_the_reference_does_not_know_is_named(new: tuple, what: str):
    tile = Tile(*new, colour=(0, 0, 0), pattern="plain", text="")
    with pytest.raises(AssertionError, match=what):
        reference.check_tiles((*TILES, tile))


def test_a_tile_that_the_reference_knows_has_to_be_in_random_levels():
    tile = Tile("S", "swamp", 1, True, "", colour=(0, 0, 0), pattern="plain", text="")
    with pytest.raises(AssertionError, match=r"no random level of tests.*levels.py has .* 'S'"):
        random_levels.check_random_tiles((*TILES, tile))


def looks(tables: Tables, state: int) -> tuple[object, ...]:
    """Return the contents of a state of the tables."""
    coins = tables.level.find("o")
    return (
        tuple(tables.cell[state].tolist()),
        "".join(char for char, held in zip("abcd", tables.keys[state]) if held),
        frozenset(cell for cell, left in zip(coins, tables.coins[state]) if left),
        frozenset(tuple(cell) for cell in tables.boxes[state].tolist()),
        bool(tables.gates[state]),
        sorted(tuple(cell) for cell in tables.opponents[state].tolist()),
        bool(tables.over[state]),
    )


def reads(state: reference.State) -> tuple[object, ...]:
    """Return the contents of a state of the reference."""
    opponents = sorted(opponent.cell for opponent in state.opponents)
    changed = (state.keys, state.coins, state.boxes, state.gates_open)
    return state.cell, *changed, opponents, state.over


@pytest.mark.parametrize("seed", range(60))
def test_tables_agree_with_a_scalar_reading_of_the_rules(seed: int):
    level = random_levels.random_level(seed)
    tables = compile_level(level)
    cells = [tuple(cell) for cell in tables.cell.tolist()]
    assert cells == reference.cells(level)
    begin = reference.starts(level)[0]
    for state, cell in enumerate(cells):
        if tables.over[state]:
            assert level.ends == "goal"
            assert reference.tile(level, cell) == "G"
            continue
        for action in range(len(ACTIONS)):
            target, reward, ended = reference.step(level, begin._replace(cell=cell), action)
            assert cells[tables.next_state[state, action]] == target.cell
            assert tables.reward[state, action] == pytest.approx(reward)
            assert tables.terminated[state, action] == ended


@pytest.mark.parametrize("seed", range(300))
def test_all_tiles_agree_with_a_scalar_reading_of_the_rules_along_random_episodes(seed: int):
    level = random_levels.random_level(seed, random_levels.ALL)
    tables, rng = compile_level(level), np.random.default_rng(seed)
    for episode in range(10):
        start = episode % len(tables.starts)
        state, expected = int(tables.starts[start]), reference.starts(level)[start]
        assert looks(tables, state) == reads(expected)
        for _ in range(level.steps):
            action = int(rng.integers(5))
            expected, pays, ends = reference.step(level, expected, action)
            assert tables.reward[state, action] == pytest.approx(pays)
            assert tables.terminated[state, action] == ends
            state = int(tables.next_state[state, action])
            assert looks(tables, state) == reads(expected)
            if ends:
                break


def test_the_canonical_text_of_a_level_plays_alike():
    n_read = 0
    for seed in range(200):
        level = random_levels.random_level(seed, random_levels.ALL)
        read_back, found = examine(canonical(level))
        if not read_back:
            assert (
                "reach" in found[0].what or "pushed" in found[0].what or "no goal" in found[0].what
            )
            continue
        n_read += bool(level.legend)
        assert canonical(read_back) == canonical(level)
        arrays = compile_level(read_back).arrays()
        for name, array in compile_level(level).arrays().items():
            assert np.array_equal(arrays[name], array), f"seed {seed}: {name} of {level}"
    assert n_read > 30


@pytest.mark.parametrize("seed", range(100))
def test_chance_has_exactly_the_outcomes_of_a_scalar_reading(seed: int):
    """Evenly spaced uniform numbers sample each outcome according to its probability."""
    level = random_levels.random_level(seed, random_levels.ALL)
    batch = GridBatch.of([level])
    tables, begin = batch.tables[0], reference.starts(level)[0]
    uniform = (np.arange(4000)[None] + 0.5) / 4000
    for state in range(0, tables.n_states, 1 + tables.n_states // 20):
        here = begin._replace(cell=tuple(tables.cell[state].tolist()))
        for action in range(5):
            expected = np.zeros(5)
            for chance, effect in reference.outcomes(level, here, action):
                expected[effect] += chance
            chosen = np.zeros((1, batch.n_states, 5))
            chosen[0, state, action] = 1
            assert batch.effective(chosen)[0, state] == pytest.approx(expected)
            effect = np.full(uniform.shape, state * 5 + action)
            batch.detours.divert(effect, uniform)
            count = np.bincount(effect[0] - state * 5, minlength=5)
            assert count / 4000 == pytest.approx(expected, abs=1 / 1000)


def test_a_batch_steps_each_task_by_its_own_tables():
    levels = [random_levels.random_level(seed) for seed in range(40)]
    batch = GridBatch.of(levels)
    rng = np.random.default_rng(0)
    first = np.arange(batch.n_tasks) * batch.n_states
    state = np.array([t.starts[0] for t in batch.tables]) + first
    for _ in range(30):
        action = rng.integers(5, size=batch.n_tasks)
        following, reward, ended = batch.step(state, action)
        for t, tables in enumerate(batch.tables):
            s = state[t] - first[t]
            assert following[t] - first[t] == tables.next_state[s, action[t]]
            assert reward[t] == tables.reward[s, action[t]]
            assert ended[t] == tables.terminated[s, action[t]]
        state = following


def test_padding_states_are_over_and_never_entered():
    batch = GridBatch.of([Level(("@G",)), Level(("@..G",))])
    assert batch.over[0].tolist() == [False, True, True, True]
    assert batch.next_state[0, :2].max() < 2
    assert batch.start.sum(1).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.char)
def test_every_effect_in_the_tile_table_is_known(tile: Tile):
    """A misspelt effect would be silent. A new one needs its rule, and its name here."""
    known = {"", "start", "goal", "candidate", "ice", "lava", "teleporter", "key", "door", "coin"}
    known |= {"box", "target", "switch", "gate"}
    assert tile.effect in {*known, *DIRECTIONS, "patrol", "hunter"}


@pytest.mark.parametrize("char", ["I", "^", "L", "1", "a", "A", "o", "M", "H"])
def test_a_tile_with_an_effect_does_not_act_like_floor(char: str):
    partner = char if char.isdigit() else char.swapcase() if char in "aA" else "."
    tables = compile_level(parse(f"map:\n....\n@.{char}G\n.{partner}..\n"))
    floor = compile_level(parse("map:\n....\n@..G\n....\n"))
    names = ("next_state", "reward", "terminated", "slip")
    assert not all(np.array_equal(getattr(tables, n), getattr(floor, n)) for n in names)

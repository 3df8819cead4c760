"""The rules that a level sets for single places, for its end and for its moves, as films."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import family, nth_task
from game.text.level import LevelError
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.world.batch import GridBatch
from game.world.planner import optimal_return
from game.world.tables import compile_level
from tests.world.test_rules import KEYS, boards, film


def pays(text: str, moves: str) -> list[float]:
    return [reward for _, reward, _ in film(text, moves)]


def effects(text: str, action: str, cell: tuple[int, int]) -> dict[str, float]:
    """Return the probability of each action that may take effect, by the keys of films."""
    batch = GridBatch.of([parse(text)])
    chosen = np.zeros((1, batch.n_states, len(ACTIONS)))
    chosen[..., KEYS[action]] = 1
    found = batch.effective(chosen)[0, batch.tables[0].state_of(cell)].round(9)
    return {key: float(p) for key, p in zip(KEYS, found) if p}


# --- legends -----------------------------------------------------------------------------------


def test_a_legend_character_is_its_tile_in_every_rule():
    plain = "map:\n@oa.A>G\n1##.###\n1.$!=X.\n.......\n"
    tiles = dict(zip("qwertysgkhnm", "o1aA#>@G$!=X"))
    meant = "".join(f"legend: {char} = {tile}\n" for char, tile in tiles.items())
    rows = plain.removeprefix("map:\n").translate(str.maketrans({t: c for c, t in tiles.items()}))
    found = compile_level(parse(f"{meant}map:\n{rows}")).arrays()
    for name, array in compile_level(parse(plain)).arrays().items():
        assert (found[name] == array).all(), name


def test_two_kinds_of_coins():
    text = "legend: q = o worth=-1\ndefine: o worth=2\nmap:\n@oq.G\n"
    assert pays(text, "rrl") == [1.9, -1.1, -0.1]
    assert pays("legend: q = o\ndefine: o worth=2\nmap:\n@q.G\n", "r") == [1.9]


def test_terrain_with_a_cost_and_a_slip_of_its_own():
    text = "legend: q = , cost=7\nlegend: w = . cost=0\ncost: grass=3 floor=2\nmap:\n@,qw.G\n"
    assert pays(text, "rrrr") == [-0.3, -0.7, 0.0, -0.2]
    text = "slip: 0.2\nlegend: q = , slip=0.6\nlegend: w = I slip=0\nmap:\n...w.\n@,qIG\n.....\n"
    assert effects(text, "r", (1, 1)) == {"u": 0.1, "d": 0.1, "r": 0.8}
    assert effects(text, "r", (1, 2)) == {"u": 0.3, "d": 0.3, "r": 0.4}
    assert effects(text, "r", (1, 3)) == {"u": 0.25, "d": 0.25, "r": 0.5}
    assert effects(text, "r", (0, 3)) == {"r": 1.0}


def test_an_x_and_a_y_patrol_and_hunters_of_different_pace():
    text = "legend: q = M kind=y\nmap:\n@..G\n####\nM..q\n.##.\n"
    assert [board[-9:] for board in boards(text, "...")] == [".M../.##M", "..MM/.##.", "...M/.##M"]
    text = "legend: q = H every=1\ndefine: H every=3\nmap:\n@......H\n.......q\n#G######\n"
    assert [board[:17] for board in boards(text, "...")] == [
        "A......H/......H.",
        "A......H/.....H..",
        "A.....H./....H...",
    ]


def test_a_legend_patrol_may_hunt_at_the_pace_of_patrols():
    text = "legend: q = M kind=hunt\ndefine: M every=3 kind=y\nmap:\n@...q\n#G###\n"
    assert [board[:5] for board in boards(text, "...")] == ["A...M", "A...M", "A..M."]


# --- what ends and pays ------------------------------------------------------------------------


def test_each_goal_pays_its_own():
    text = "reward: goal=5\nlegend: w = G pays=0.2\nmap:\nG@w\n"
    assert film(text, "r") == [("G.A", 0.2, True)]
    assert pays(text, "l") == [5.0]
    never = "ends: never\nreward: goal=5\nlegend: w = G pays=-2\nmap:\nG@w\n"
    assert pays(never, "r.rlll") == [-2.0, -2.0, -2.0, -0.1, 5.0, 5.0]


def test_a_drawn_candidate_pays_its_own_and_the_others_become_floor():
    level = parse("legend: q = ? pays=3\nlegend: w = ? pays=4\nmap:\n?@q\n.w.\n")
    best = [optimal_return(GridBatch.of([task.level]))[0] for task in family(level, "")]
    assert best == pytest.approx([1, 3, 4])
    second = nth_task(level, 1, "").level
    assert second.tiles == (".@G", "...")


@pytest.mark.parametrize("worth", [0.0, 2.0, -7.5])
def test_lava_pays_what_the_level_says_and_ends_the_episode(worth: float):
    text = f"ends: never\nreward: goal=0\ndefine: L pays={worth}\nmap:\n@LG\n...\n"
    assert film(text, "r.") == [(".AG/...", worth, True), (".AG/...", 0.0, True)]
    text = f"define: L pays=1\nlegend: q = L pays={worth}\nmap:\n@qL\n..G\n"
    assert film(text, "r")[0][1:] == (worth, True)


# --- slips and controls ------------------------------------------------------------------------

ROOM = "map:\n...\n.@.\n..G\n"
LEFT_OF = {"u": "l", "l": "d", "d": "r", "r": "u"}
RIGHT_OF = {left: move for move, left in LEFT_OF.items()}


@pytest.mark.parametrize("move", LEFT_OF)
def test_a_slip_to_the_left_is_relative_to_the_direction_moved(move: str):
    found = effects(f"slip: left=0.3 right=0.1\n{ROOM}", move, (1, 1))
    assert found == {move: 0.6, LEFT_OF[move]: 0.3, RIGHT_OF[move]: 0.1}
    assert effects(f"slip: right=0.25\n{ROOM}", move, (1, 1)) == {move: 0.75, RIGHT_OF[move]: 0.25}
    assert effects(f"slip: left=1\n{ROOM}", move, (1, 1)) == {LEFT_OF[move]: 1.0}
    assert effects(f"slip: left=0.3 right=0.1\n{ROOM}", ".", (1, 1)) == {".": 1.0}


def test_a_mirror_swaps_the_slips_and_a_turn_does_not():
    level = parse(f"slip: left=0.3 right=0.1\nvary: mirror rotate\n{ROOM}")
    slips = {dict(t.drawn).get("variant", ""): t.level.slip_left for t in family(level, "")}
    assert slips.pop("") == 0.3
    assert {name: slip == 0.1 for name, slip in slips.items()} == {
        name: name.startswith("mirrored") for name in slips
    }
    assert len(slips) == 7


def test_ice_and_legends_keep_their_own_slip_to_both_sides():
    text = "slip: left=0.3\nlegend: q = . slip=0.5\nmap:\n.....\n@.IqG\n.....\n"
    assert effects(text, "r", (1, 1)) == {"u": 0.3, "r": 0.7}
    assert effects(text, "r", (1, 2)) == {"u": 0.25, "d": 0.25, "r": 0.5}
    assert effects(text, "r", (1, 3)) == {"u": 0.25, "d": 0.25, "r": 0.5}


def test_wind_comes_before_a_lopsided_slip():
    text = f"wind: east 0.5\nslip: left=0.3 right=0.1\n{ROOM}"
    assert effects(text, "u", (1, 1)) == {"u": 0.3, "l": 0.15, "r": 0.5 + 0.05}


def test_controls_of_all_five_actions():
    text = "controls: stay up down left right\nmap:\n...\n.@.\n..G\n"
    assert boards(text, "udlr.") == [
        ".../.A./..G",
        ".A./.../..G",
        ".../.A./..G",
        ".../A../..G",
        ".../.A./..G",
    ]


def test_an_action_that_has_become_stay_does_not_slip_and_stay_does_where_it_has_become_a_move():
    text = f"controls: stay up down left right\nslip: left=0.3 right=0.1\n{ROOM}"
    assert effects(text, "u", (1, 1)) == {"u": 1.0}
    # stay moves to the right: to the left of it is up (the action down), to its right down (left)
    assert effects(text, ".", (1, 1)) == {".": 0.6, "d": 0.3, "l": 0.1}
    blown = f"wind: east 0.2\ncontrols: stay up down left right\n{ROOM}"
    assert effects(blown, "u", (1, 1)) == {"u": 0.8, ".": 0.2}


# --- starts ------------------------------------------------------------------------------------


def starts(text: str) -> list[tuple[int, int]]:
    """Return the cells of the starts of the first task."""
    tables = compile_level(nth_task(parse(f"starts: any\n{text}"), 0, "").level)
    return sorted(map(tuple, tables.cell[tables.starts].tolist()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("map:\n.,I\n#~G\n", [(0, 0), (0, 1), (0, 2), (1, 1)]),
        ("map:\n.oa\n1.G\n", [(0, 0), (1, 1)]),  # neither a coin nor a key nor a teleporter
        ("map:\n.>.\n..G\n", [(0, 0), (0, 2), (1, 0), (1, 1)]),
        ("map:\n.#G.#G\n", [(0, 3)]),  # some goal is enough
        ("map:\n.?.?.\n", [(0, 0), (0, 2), (0, 4)]),  # and a candidate ends no way
        ("map:\n.?#..\n.>.?.\n", [(0, 0), (1, 0)]),
        ("map:\n.LG\n", []),
        ("map:\n.A.Ga.\n", [(0, 2), (0, 5)]),  # the key is on the way
        ("map:\n.GL\n", [(0, 0)]),
        ("wind: west 1\nmap:\n.G.\n", [(0, 2)]),
        ("wind: west 0.9\nmap:\n.G.\n", [(0, 0), (0, 2)]),
        ("ends: boxes\nmap:\n.$X\n#..\n", [(0, 0)]),
        ("legend: q = , cost=3\nlegend: w = !\nmap:\nqw.G\n", [(0, 0), (0, 2)]),
        ("map:\n!=.G\n", [(0, 2)]),
        ("map:\n.!=.G\n", [(0, 0), (0, 3)]),
    ],
)
def test_starts_anywhere_lead_to_every_candidate(text: str, expected: list[tuple[int, int]]):
    if expected:
        assert starts(text) == expected
    else:
        with pytest.raises(LevelError, match="there is no cell from which every goal can be"):
            parse(f"starts: any\n{text}")


def test_starts_anywhere_are_equally_likely_and_the_same_in_all_tasks():
    level = parse("starts: any\nwind: {west 1, none}\nslip: 0..0.5\nmap:\n..??\n.#G?\n")
    batch = GridBatch.of([task.level for task in family(level, "")])
    assert batch.n_tasks == 6
    for t, tables in enumerate(batch.tables):
        chances = {tuple(tables.cell[s].tolist()): batch.start[t, s] for s in tables.starts}
        assert chances == pytest.approx({(0, 0): 1 / 3, (0, 1): 1 / 3, (1, 0): 1 / 3})


# --- published rules ---------------------------------------------------------------------------

FROZEN_LAKE = """define: L pays=0
reward: goal=1 step=0
slip: 0.666666667
steps: 100
map:
@...
.L.L
...L
L..G
"""


def test_frozen_lake_has_its_published_optimal_return():
    """Gymnasium's FrozenLake-v1, 4 x 4, slippery: 0.7442 within 100 steps."""
    assert optimal_return(GridBatch.of([parse(FROZEN_LAKE)]))[0] == pytest.approx(0.7442, abs=5e-5)
    lake = "SFFF\nFHFH\nFFFH\nHFFG\n"
    rules = FROZEN_LAKE.partition("map:")[0]
    assert parse(f"dialect: frozenlake\n{rules}map:\n{lake}") == parse(FROZEN_LAKE)

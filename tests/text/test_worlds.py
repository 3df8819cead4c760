"""The header line `world:`: what is read, written and refused, each fault with its place."""

from __future__ import annotations

import pytest

from game.text.level import LevelError
from game.text.reading import parse
from game.text.worlds import WORLDS, make_world, map_of
from game.text.writing import canonical, write

TEXT = "title: Levers\nsteps: 1\nworld: bandit seed=7  arms=3 ; as published\n\nmap:\n#@\n..\n.#\n"


def problems(text: str) -> list[str]:
    with pytest.raises(LevelError) as caught:
        parse(text, "x.txt")
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


def test_a_world_is_read_and_written_in_one_form():
    level = parse(TEXT)
    assert str(level.world) == "bandit arms=3 seed=7"
    assert parse(write(level)) == level
    assert canonical(level) == "steps: 1\nworld: bandit arms=3 seed=7\n\nmap:\n#@\n..\n.#\n"


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ("bandits arms=3 seed=1", 8, "did you mean 'bandit'"),
        ("", 8, "unknown world"),
        ("bandit", 8, "lacks its settings - write it as 'world: bandit arms=5 seed=17'"),
        ("bandit arms=3", 8, "'seed' is missing"),
        ("bandit arm=3 seed=1", 15, "did you mean 'arms'"),
        ("bandit arms=1 seed=1", 20, "out of range - write a number from 2 to 100"),
        ("bandit arms=3 arms=3 seed=1", 22, "given twice"),
        ("bandit arms=3 seed=1.5", 27, "not a whole number"),
        ("key-to-door key=1 door=1,1", 24, "not row and column"),
    ],
)
def test_a_fault_in_the_line_is_reported_in_its_place(line: str, place: int, said: str):
    found = problems(TEXT.replace("bandit seed=7  arms=3 ; as published", line))
    assert any(one.startswith(f"x.txt:3:{place}: ") and said in one for one in found), found


def test_all_that_does_not_fit_the_world_is_reported_at_once():
    text = "slip: 0.2\nworld: bandit arms=3 seed=7\nmap:\n@G.\n.@.\n"
    assert problems(text) == [
        "x.txt:1:1: this line does not go with 'world', which has rules of its own - remove one or "
        "the other",
        "x.txt:4:2: tile 'G' on the map of a world - use '@' once, and '.' and '#' elsewhere",
        "x.txt:5:2: a second start - keep one '@'",
    ]


def test_the_map_has_a_cell_for_each_state():
    assert "1 floor cell on the map" in problems("world: bandit arms=3 seed=7\nmap:\n@.\n")[0]
    assert (
        "draw 4 beside the start" in problems("world: mdp states=5 actions=2 seed=7\nmap:\n@.\n")[0]
    )
    assert "no start" in problems("world: bandit arms=2 seed=7\nmap:\n..\n")[0]
    found = problems("world: key-to-door key=1,3 door=1,2\nmap:\n@#\n")
    assert [one.split(" - ")[0] for one in found] == [
        "x.txt:1:1: key=1,3 is no open cell of the map",
        "x.txt:1:1: door=1,2 is no open cell of the map",
    ]


@pytest.mark.parametrize("arms", [2, 5, 10, 11, 50, 100])
def test_the_maps_of_bandits_fit_them(arms: int):
    world = make_world("bandit", {"arms": arms, "seed": 0})
    rows = map_of(world, 0)
    assert max(map(len, rows)) <= 10
    parse("\n".join([f"world: {world}", "map:", *rows, ""]))


def test_the_maps_of_all_mdps_fit_them_and_agents_observe_them():
    most = WORLDS["mdp"].find("states").high
    for states in range(2, most + 1):
        world = make_world("mdp", {"states": states, "actions": 2, "seed": 0})
        level = parse("\n".join([f"world: {world}", "map:", *map_of(world, 0), ""]))
        assert max(level.height, level.width) <= 16

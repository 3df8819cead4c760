"""Hidden variables in words: names, hints that give nothing away, and the values drawn."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import family, nth_task
from game.tasks.hidden_variables import (
    hidden_hints,
    hidden_in_words,
    hidden_names,
    values_in_words,
)
from game.tasks.packs import load_pack
from game.text.reading import parse


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("define: M kind={y}", ["the opponent walks along its column"]),
        ("define: M kind={x}", ["the opponent walks along its row"]),  # the value that is shown
        ("define: M every={2}", ["the opponent moves every 2 steps"]),
        ("cost: mud={0} water={2}", ["mud costs 0 steps"]),  # there is no water
        ("slip: {0, 0.4}", ["moves do not slip"]),
        ("wind: east {0.2}", ["wind to the east with probability 0.2"]),
        ("controls: shuffled", ["normal controls"]),
        ("controls: {down up left right}", ["up moves down, down moves up"]),
        (
            "controls: {down up stay left right}",
            ["up moves down, down moves up, left moves stay, right moves left, stay moves right"],
        ),
        (
            "slip: left={0.2} right={0, 0.1}",
            ["moves slip to the left with probability 0.2", "moves do not slip to the right"],
        ),
        ("slip: 0.3\ncontrols: down up left right", []),  # the same in all tasks, and shown
        ("goal: hidden", ["the goal"]),
    ],
)
def test_hidden_variables_are_said_in_words(header: str, words: list[str]):
    goal = "" if "goal" in header else "goal: visible\n"
    task = nth_task(parse(f"{goal}{header}\nmap:\n@.%\n.MG\n"), 0, "task")
    assert hidden_in_words(task) == words


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("legend: q = o worth={-1}", "coin 'q' costs 1"),
        ('legend: q = o worth={2} title="Fool\'s gold"', "Fool's gold pays 2"),
        ("legend: q = L pays={-3}", "lava 'q' costs 3"),
        ("legend: q = G pays={0.2}", "goal 'q' pays 0.2"),
        ('legend: q = M kind={hunt} title="a guard"', "a guard pursues the agent"),
        ("legend: q = M kind={y}", "patrol 'q' walks along its column"),
        ("legend: q = M every={1}", "patrol 'q' moves every step"),
        ("legend: q = H every={3}", "hunter 'q' moves every 3 steps"),
        ('legend: q = . cost={5} title="deep snow"', "deep snow costs 5 steps"),
        ('legend: q = . slip={0.4} title="wet floor"', "moves on wet floor slip with"),
        ("legend: q = I slip={0, 1}", "moves on ice 'q' do not slip"),
        ("define: I slip={0.3}\nlegend: q = I", "moves on ice slip with probability 0.3"),
        ("define: H every={1}\nlegend: q = H", "the hunter moves every step"),
        ("define: L pays={0}\nlegend: q = L", "lava pays 0"),
    ],
)
def test_hidden_settings_of_tiles_are_said_in_words(header: str, words: str):
    task = nth_task(parse(f"goal: visible\n{header}\nmap:\n@.G\nq..\n"), 0, "task")
    [said] = hidden_in_words(task)
    assert said.startswith(words)


def test_hidden_variables_that_a_split_adds_are_said():
    assert any(
        "wind to the west" in text
        for text in hidden_in_words(load_pack("dynamics").split("test").tasks[0])
    )


@pytest.mark.parametrize(
    ("name", "names", "hints"),
    [
        ("goals-5x5", ["goal"], []),
        ("rewards", ["what coins pay"], ["what coins pay is unknown"]),
        (
            "opponents",
            ["goal", "how the opponent moves"],
            ["the opponent may patrol or pursue you"],
        ),
        (
            "dynamics",
            ["controls", "slip", "wind"],
            ["your controls may be swapped", "moves may slip", "a wind may blow"],
        ),
        (
            "terrain-9x9",
            ["goal", "cost of grass, mud and water"],
            ["the cost of grass, mud and water is unknown"],
        ),
        ("frozen-lake", [], []),
    ],
)
def test_a_task_names_what_its_pack_hides(name: str, names: list[str], hints: list[str]):
    tasks = load_pack(name).split("test").tasks
    assert names in [hidden_names(task) for task in tasks]
    assert hints in [hidden_hints(task) for task in tasks]


def test_names_and_hints_give_nothing_of_the_draw_away():
    level = parse(
        'controls: shuffled\nslip: {0, 0.2}\nlegend: q = o worth={-1, 1} title="Fool\'s gold"\n'
        "define: M every={1, 2}\nmap:\n@.oG\nq.M.\n"
    )
    tasks = list(family(level, "many"))
    assert len({(*hidden_names(task), *hidden_hints(task)) for task in tasks}) == 1
    assert len({tuple(values_in_words(task)) for task in tasks}) == len(tasks)
    assert hidden_names(tasks[0]) == [
        *("goal", "controls", "slip"),
        *("what Fool's gold pays", "how often the opponent moves"),
    ]


def test_boxes_that_stand_in_sight_hide_nothing():
    task = nth_task(parse("ends: boxes\nmap:\n@$X\n"), 0, "boxes")
    assert hidden_names(task) == hidden_hints(task) == hidden_in_words(task) == []


def test_no_wind_is_said_where_one_might_blow():
    train = load_pack("dynamics").split("train")
    tasks = [train.draw(np.random.default_rng(seed)) for seed in range(8)]
    assert {"no wind" in values_in_words(task) for task in tasks} == {True, False}
    assert {tuple(hidden_names(task)) for task in tasks} == {("controls", "slip", "wind")}

"""What may be believed of a task: questions about its draws, and cells that are ruled out."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import draw_task
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.beliefs import (
    N_ANSWERS,
    N_CELLS,
    QUESTIONS,
    SPANS,
    answers,
    cell_numbers,
    goal_chances,
    on_map,
    ruled_out,
)
from game.world.features import MAX_SIZE
from game.world.tables import compile_level


def said(level) -> dict[str, str]:
    return {
        question: choices[number]
        for (question, choices), number in zip(QUESTIONS.items(), answers(level), strict=True)
    }


def test_each_draw_is_the_answer_to_a_question():
    level = parse(
        "slip: {0, 0.2}\ncost: mud={2, 8}\ncontrols: shuffled\nwind: east 0.1\n"
        "define: o worth={-1, 1}\ndefine: M kind={x, y, hunt}\nmap:\n@.o%\n..M.\n...G\n"
    )
    met = set()
    for seed in range(30):
        task = draw_task(level, "x", np.random.default_rng(seed))
        found, drawn = said(task.level), dict(task.drawn)
        assert found["slip"] == ("less than shown" if drawn["slip"] == "0" else "more than shown")
        more = {"2": "less than shown", "8": "more than shown"}
        assert found["cost mud"] == more[drawn["cost mud"]]
        assert found["controls"] == drawn["controls"]
        assert found["M kind"] == drawn["M kind"]
        assert found["wind"] == "east"
        assert (found["o worth"] == "more than shown") == (drawn["o worth"] == "1")
        assert found["cost water"] == "as shown"
        met.add(found["M kind"])
    assert met == {"x", "y", "hunt"}


def test_the_spans_divide_all_answers():
    assert SPANS[0][0] == 0
    assert SPANS[-1][1] == N_ANSWERS
    assert [b - a for a, b in SPANS] == [len(choices) for choices in QUESTIONS.values()]


@pytest.mark.parametrize("pack", ["dynamics", "opponents", "rewards", "terrain-9x9", "mazes-9x9"])
def test_every_task_of_the_packs_has_answers(pack: str):
    for task in load_pack(pack).split("validation").tasks[:3]:
        assert len(answers(task.level)) == len(QUESTIONS)


def picture(out: np.ndarray, rows: int, columns: int) -> list[str]:
    grid = out.reshape(MAX_SIZE, MAX_SIZE)
    assert grid[rows:].all()
    assert grid[:, columns:].all()
    return ["".join("x" if cell else "." for cell in row[:columns]) for row in grid[:rows]]


def test_what_is_seen_is_ruled_out_and_the_rest_is_not():
    tables = compile_level(parse("map:\n@....#.\n.%....G\n"))
    out = ruled_out(tables)
    assert picture(out[tables.state_of((0, 0))], 2, 7) == ["x......", ".x....."]
    assert picture(out[tables.state_of((0, 3))], 2, 7) == [".....x.", ".x....."]
    visible = compile_level(parse("goal: visible\nmap:\n@....#.\n.%....G\n"))
    assert picture(ruled_out(visible)[0], 2, 7) == ["xxxxxxx", "xxxxxx."]


def test_cells_are_numbered_alike_in_every_map_and_shown_as_in_its_own():
    level = parse("map:\n@.G\n..G\n")
    tables = compile_level(level)
    chances = goal_chances(level)
    assert chances.shape == (N_CELLS,)
    assert chances[cell_numbers(tables)[tables.state_of((1, 2))]] == 0.5
    assert on_map(chances, level, 8).tolist() == [0, 0, 0.5, 0, 0, 0.5, 0, 0]

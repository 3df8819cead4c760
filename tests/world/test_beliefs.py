"""Beliefs about a task: questions about its draws, and cells that cannot be the goal."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import draw_task
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.beliefs import (
    AMOUNTS,
    N_CELLS,
    BeliefQuestions,
    all_questions,
    cell_numbers,
    goal_distribution,
    on_map,
    ruled_out,
)
from game.world.features import MAX_SIZE
from game.world.tables import compile_level

QUESTIONS = BeliefQuestions(all_questions())


def answers_in_words(level) -> dict[str, str]:
    numbers = QUESTIONS.true_answers(level)
    return {
        question: choices[number]
        for (question, choices), number in zip(QUESTIONS.choices.items(), numbers, strict=True)
    }


def test_each_draw_is_the_answer_to_a_question():
    level = parse(
        "slip: {0, 0.2}\ncost: mud={2, 8}\ncontrols: shuffled\nwind: east 0.1\n"
        "define: o worth={-1, 1}\ndefine: M kind={x, y, hunt}\nmap:\n@.o%\n..M.\n...G\n"
    )
    kinds = set()
    for seed in range(30):
        task = draw_task(level, "x", np.random.default_rng(seed))
        found, drawn = answers_in_words(task.level), dict(task.drawn)
        assert found["slip"] == ("less than shown" if drawn["slip"] == "0" else "more than shown")
        more = {"2": "less than shown", "8": "more than shown"}
        assert found["cost mud"] == more[drawn["cost mud"]]
        assert found["controls"] == drawn["controls"]
        assert found["M kind"] == drawn["M kind"]
        assert found["wind"] == "east"
        assert (found["o worth"] == "more than shown") == (drawn["o worth"] == "1")
        assert found["cost water"] == "as shown"
        kinds.add(found["M kind"])
    assert kinds == {"x", "y", "hunt"}


def test_the_spans_divide_all_answers():
    assert QUESTIONS.spans[0][0] == 0
    assert QUESTIONS.spans[-1][1] == QUESTIONS.n_answers
    lengths = [len(choices) for choices in QUESTIONS.choices.values()]
    assert [end - first for first, end in QUESTIONS.spans] == lengths


def test_only_questions_about_amounts_follow_the_leading_ones():
    choices = list(QUESTIONS.choices.values())
    assert AMOUNTS not in choices[: QUESTIONS.n_leading]
    assert set(choices[QUESTIONS.n_leading :]) == {AMOUNTS}
    mixed = BeliefQuestions(("slip: less than shown, as shown, more than shown", "M kind: x, y"))
    assert mixed.n_leading == 2


def test_an_answer_that_a_question_does_not_offer_is_named():
    level = parse("define: M kind=hunt\nmap:\n@.M\n..G\n")
    with pytest.raises(ValueError, match="'hunt' is no answer to 'M kind'"):
        BeliefQuestions(("M kind: x, y",)).true_answers(level)


@pytest.mark.parametrize("pack", ["dynamics", "opponents", "rewards", "terrain-9x9", "mazes-9x9"])
def test_every_task_of_the_packs_has_answers(pack: str):
    for task in load_pack(pack).split("validation").tasks[:3]:
        assert len(QUESTIONS.true_answers(task.level)) == len(QUESTIONS.choices)


def as_text(out: np.ndarray, rows: int, columns: int) -> list[str]:
    """Return the map with an x in each cell that is ruled out."""
    grid = out.reshape(MAX_SIZE, MAX_SIZE)
    assert grid[rows:].all()
    assert grid[:, columns:].all()
    return ["".join("x" if cell else "." for cell in row[:columns]) for row in grid[:rows]]


def test_visible_obstacles_are_ruled_out_and_other_cells_are_not():
    tables = compile_level(parse("map:\n@....#.\n.%....G\n"))
    out = ruled_out(tables)
    assert as_text(out[tables.state_of((0, 0))], 2, 7) == ["x......", ".x....."]
    assert as_text(out[tables.state_of((0, 3))], 2, 7) == [".....x.", ".x....."]
    visible = compile_level(parse("goal: visible\nmap:\n@....#.\n.%....G\n"))
    assert as_text(ruled_out(visible)[0], 2, 7) == ["xxxxxxx", "xxxxxx."]


def test_cells_have_the_same_number_in_every_map_and_are_shown_in_their_own():
    level = parse("map:\n@.G\n..G\n")
    tables = compile_level(level)
    probabilities = goal_distribution(level)
    assert probabilities.shape == (N_CELLS,)
    assert probabilities[cell_numbers(tables)[tables.state_of((1, 2))]] == 0.5
    assert on_map(probabilities, level, 8).tolist() == [0, 0, 0.5, 0, 0, 0.5, 0, 0]

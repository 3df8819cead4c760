"""Texts in figures are drawn as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from agents.training.plots import (
    MOST_STEPS,
    Line,
    draw_bars,
    draw_level,
    draw_lines,
    mark_level,
    new_figure,
    place_labels,
    save_figure,
    spread_out,
    style_axes,
)
from game.text.reading import parse

HOSTILE = (r"_a $\foo$ $x$ \$ [/red] %s {x}", "\x1b[31m$_^\udcff", "中 $")
SHOWN = (r"_a $\foo$ $x$ \$ [/red] %s {x}", r"\x1b[31m$_^\udcff", "中 $")


def drawn(figure: Any) -> list[str]:
    """The texts of a figure as matplotlib draws them; there must be no formulas."""
    found = []
    for text in figure.findobj(Text):
        shown, is_formula = text._preprocess_math(text.get_text())
        assert not is_formula
        found.append(shown.strip("\n\u200c"))
    return found


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("text", "shown"), list(zip(HOSTILE, SHOWN)))
def test_texts_are_drawn_as_they_are(text: str, shown: str, tmp_path: Path) -> None:
    figure, ((left, right),) = new_figure(text, 1, 2, text)
    style_axes(left, text, text, text)
    draw_lines(left, [Line(text, [0, 1], [0.0, 0.5])])
    mark_level(left, 0.5, text)
    place_labels(left)
    draw_bars(right, [text], [(text, [1.0], None), ("b", [1.0], None)])
    save_figure(figure, tmp_path / "a.png")
    texts = drawn(figure)
    assert (
        texts.count(shown) == 9
    )  # title, note, panel, two axes, level, group (above and below), legend
    assert f"{shown}  0.50" in texts


def test_names_of_paths_are_in_the_legend() -> None:
    figure, ((axes,),) = new_figure("")
    level = parse("map:\n@.G\n")
    draw_level(axes, level, [([np.array([[0, 0], [0, 1]])], "_$a$", 0)])
    assert "_$a$" in drawn(figure)


def test_of_many_steps_some_are_drawn_from_the_first_to_the_last():
    assert spread_out([*range(MOST_STEPS)]) == [*range(MOST_STEPS)]
    few = spread_out([*range(500)])
    assert len(few) == MOST_STEPS
    assert few[0] == 0
    assert few[-1] == 499
    assert spread_out([7]) == [7]
    assert spread_out([]) == []

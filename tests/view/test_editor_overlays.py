"""The overlays of the editor leave what is below them readable."""

from __future__ import annotations

import pygame
import pytest

from game.authoring.analyses import LevelAnalysis
from game.text.level import Level
from game.view.draw.board import BoardGrid
from game.view.draw.editor_overlays import BELOW_SIGNS, EDITOR_OVERLAYS, overlay_layer
from game.view.draw.theme import LIGHT, Typeset

pytestmark = pytest.mark.usefixtures("fonts")
ROWS = ("@...b.?", ".#.##A#", "a.1..#?", "..M..1.")
CELL = 40
BY_NAME = {overlay.name: overlay for overlay in EDITOR_OVERLAYS}


def drawn(name: str) -> tuple[pygame.Surface, BoardGrid, str]:
    board = BoardGrid((CELL * len(ROWS[0]), CELL * len(ROWS)), CELL, LIGHT)
    found = LevelAnalysis(Level(ROWS))
    layer, text = overlay_layer([BY_NAME[name]], board, found, Typeset(1.0))
    return layer, board, text


@pytest.mark.parametrize("name", ["path", "tracks", "links", "distance"])
def test_signs_stay_readable_below_an_overlay(name: str) -> None:
    layer, board, _ = drawn(name)
    for r, row in enumerate(ROWS):
        for c, char in enumerate(row):
            if char in "ab?A1M":
                x, y = board.centre(r, c)
                inner = pygame.Rect(0, 0, CELL // 2, CELL // 2)
                inner.center = round(x), round(y)
                alphas = pygame.surfarray.array_alpha(layer.subsurface(inner))
                assert alphas.max() <= BELOW_SIGNS, (name, char)


def test_a_path_rings_its_goals_and_says_what_numbers_mean() -> None:
    layer, board, text = drawn("path")
    x, y = board.centre(0, 6)
    assert layer.get_at((round(x - CELL * 0.44), round(y)))[3] == 255
    assert "order of its parts" not in text

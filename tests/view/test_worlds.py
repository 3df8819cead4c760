"""The board on levels with a world of their own: numbers, overlays, and a legend without a goal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from game.tasks.packs import LEVELS, load_pack
from game.tasks.task import Task
from game.text.reading import parse
from game.view.app import NO_MOVES
from game.view.draw.actors import draw_walk, segments
from game.view.draw.board import Board, badges_of
from game.view.draw.board_legend import legend_items, legend_places
from game.view.draw.overlay_context import OverlayContext
from game.view.draw.overlay_shapes import cell_box
from game.view.draw.overlays import OVERLAYS
from game.view.draw.theme import Typeset
from game.view.model.library import MOST_OF_WORLDS, load_library_pack
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.world.rules import Floats
from game.world.tables import Tables, compile_level
from tests.view.test_first_sight import home
from tests.view_data import traces

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 60
BANDIT = "steps: 1\nworld: bandit arms=3 seed=4\nmap:\n#@#\n...\n"
MDP = "steps: 4\nworld: mdp states=4 actions=3 seed=2\nmap:\n@.\n..\n"
ROOM = "steps: 4\nworld: key-to-door key=1,1 door=1,3\nmap:\n.@.\n"


def drawn(text: str, word: str, probs: Floats | None = None) -> tuple[pygame.Surface, str]:
    """Return the overlay of this name, for a policy [S, A] or the uniform one."""
    tables = compile_level(parse(text))
    n_actions = tables.level.world.n_actions if tables.level.world else 0
    if probs is None:
        probs = np.full((tables.n_states, n_actions), 1 / n_actions)
    step = replace(traces()[0].steps[0], action_probs=probs[None], paths=np.zeros((1, 1, 2), int))
    overlay = next(one for one in OVERLAYS if one.word == word)
    board = Board(tables.level, CELL)
    return overlay.draw(board, OverlayContext(tables, [step], 0, 0), Typeset(1.0))


def painted(picture: pygame.Surface, box: pygame.Rect) -> int:
    """Return how many pixels of a box are painted."""
    return int((pygame.surfarray.array_alpha(picture.subsurface(box)) > 0).sum())


@pytest.mark.parametrize("text", [BANDIT, MDP, ROOM])
def test_every_overlay_draws_or_says_that_it_is_for_mazes(text: str) -> None:
    for overlay in OVERLAYS:
        picture, sentence = drawn(text, overlay.word)
        assert picture.get_size() == Board(parse(text), CELL).size
        assert sentence.endswith(".")


def test_the_bars_of_arms_are_as_high_as_their_chances_and_means() -> None:
    level = parse(BANDIT)
    probs = np.tile([0.1, 0.2, 0.7], (4, 1))
    means = compile_level(level).reward[0]
    boxes = [cell_box(Board(level, CELL), (1, column)) for column in range(3)]
    lower = [pygame.Rect(box.left, box.top + 20, box.width, box.height - 20) for box in boxes]
    for word, expected in (("policy", probs[0]), ("values", means)):
        picture, _ = drawn(BANDIT, word, probs)
        assert np.argsort([painted(picture, box) for box in lower]).tolist() == (
            np.argsort(expected).tolist()
        )


def test_the_graph_of_an_mdp_has_an_arrow_to_the_likeliest_next_state() -> None:
    """Under another policy other transitions are likely."""
    tables: Tables = compile_level(parse(MDP))
    assert tables.outcomes is not None
    pictures = set()
    for action in range(3):
        probs = np.tile(np.eye(3)[action], (4, 1))
        likeliest = tables.outcomes[:, action].argmax(1)
        picture, _ = drawn(MDP, "policy", probs)
        pictures.add((tuple(likeliest.tolist()), pygame.image.tobytes(picture, "RGBA")))
        board = Board(parse(MDP), CELL)
        middles = [board.centre(*cell) for cell in tables.cell.tolist()]
        for state, following in enumerate(likeliest.tolist()):
            if state != following:  # the middle of the arrow, to the right of the line
                (x, y), (u, v) = middles[state], middles[following]
                length = np.hypot(u - x, v - y)
                right = -0.1 * CELL * (v - y) / length, 0.1 * CELL * (u - x) / length
                at = round((x + u) / 2 + right[0]), round((y + v) / 2 + right[1])
                assert picture.get_at(at)[3] > 100
    assert len(pictures) > 1


def test_trails_lead_from_any_state_to_any_other() -> None:
    """On the grid a trail has a gap where a teleporter leads; here each transition is a line."""
    cells, path = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 3, 2])
    board = Board(parse(MDP), CELL)
    stretches = segments(board, cells, path, 0.0)
    assert len(stretches) == 2
    trail = pygame.Surface(board.size, pygame.SRCALPHA)
    draw_walk(trail, stretches, (0, 0, 0), 4)
    (x, y), (u, v) = board.centre(0, 0), board.centre(1, 1)
    assert trail.get_at((round((x + u) / 2), round((y + v) / 2)))[3] == 255
    assert trail.get_at((round(u), round(y)))[3] == 0  # no filled box
    grid = Board(parse("map:\n@.\n.G\n"), CELL)
    assert len(segments(grid, cells, path, 0.0)) == 1


def test_what_has_no_moves_is_not_played(tmp_path: Path) -> None:
    app, shown = home(tmp_path), {}
    for name, text in (("bandit", BANDIT), ("room", ROOM)):
        file = tmp_path / f"{name}.txt"
        file.write_text(text)
        app._try(Navigation("play", load_pack(file)))
        shown[name] = type(app.page).__name__
    assert shown == {"bandit": "WatchScreen", "room": "PlayScreen"}
    assert app.pages[0].notice == Notice("This level cannot be played", NO_MOVES, transient=True)
    app.close()


def test_the_gallery_shows_some_of_the_tasks_of_a_pack_of_worlds() -> None:
    assert len(load_library_pack(LEVELS / "bandits-5").tasks) == MOST_OF_WORLDS
    assert len(load_library_pack(LEVELS / "mazes-9x9").tasks) == 100


def test_arms_and_states_have_their_numbers_and_the_legend_no_goal() -> None:
    assert badges_of(parse(BANDIT)) == {(1, 0): "1", (1, 1): "2", (1, 2): "3"}
    assert badges_of(parse(MDP), 1) == {(1, 2): "1", (2, 1): "2", (2, 2): "3"}
    for text in (BANDIT, MDP, ROOM):
        items = legend_items(Task(parse(text), "").level, Typeset(1.0))
        assert legend_places(items, 300, Typeset(1.0)) == ([], 0)

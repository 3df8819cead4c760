"""The board on levels with a world of their own: numbers, overlays, hidden things, the legend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from game.tasks.packs import LEVELS, load_pack
from game.tasks.task import Task
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.view.app import NO_MOVES
from game.view.draw.actors import draw_walk, segments
from game.view.draw.board import Board, badges_of
from game.view.draw.board_legend import legend_items, legend_places
from game.view.draw.dynamic_tiles import DynamicTiles, draw_as_written
from game.view.draw.live_board import LiveBoard
from game.view.draw.overlay_context import OverlayContext, visible_states
from game.view.draw.overlay_shapes import cell_box
from game.view.draw.overlays import OVERLAYS
from game.view.draw.theme import LIGHT, Typeset
from game.view.model.library import MOST_OF_WORLDS, load_library_pack
from game.view.model.play_session import PlaySetup
from game.view.screens.level_pictures import without_goal
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.view.screens.play import PlayScreen
from game.view.screens.play_panel import verdict
from game.world.rules import Floats
from game.world.tables import Tables, compile_level
from tests.view.test_first_sight import home
from tests.view_data import traces

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 60
BANDIT = "steps: 1\nworld: bandit arms=3 seed=4\nmap:\n#@#\n...\n"
MDP = "steps: 4\nworld: mdp states=4 actions=3 seed=2\nmap:\n@.\n..\n"
ROOM = "steps: 4\nworld: key-to-door key=1,1 door=1,3\nmap:\n.@.\n"
KEY, DOOR = (0, 0), (0, 2)  # cells of ROOM
TO_KEY, TO_DOOR = ["left"], ["right", "right"]  # from its start, and from the key


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
    for text in (BANDIT, MDP):
        items = legend_items(Task(parse(text), "").level, Typeset(1.0))
        assert legend_places(items, 300, Typeset(1.0)) == ([], 0)


# --- hidden things: a key and a door


def things(n_found: int, n_shown: int | None = None, text: str = ROOM) -> pygame.Surface:
    """Return what changes on a board once so many things have been found."""
    tables = compile_level(parse(text))
    assert tables.found is not None
    state = int(np.flatnonzero(tables.found == n_found)[0])
    board = Board(tables.level, CELL)
    picture = pygame.Surface(board.size, pygame.SRCALPHA)
    DynamicTiles(tables, board).draw(picture, state, state, 0.0, n_shown)
    return picture


def parts(picture: pygame.Surface, *cells: tuple[int, int]) -> list[bytes]:
    """Return the pixels of cells of ROOM; b"" where nothing is painted."""
    boxes = [cell_box(Board(parse(ROOM), CELL), cell) for cell in cells]
    return [
        pygame.image.tobytes(picture.subsurface(box), "RGBA") if painted(picture, box) else b""
        for box in boxes
    ]


def test_the_key_is_shown_until_it_is_taken_and_the_door_opens() -> None:
    (key, start, door), (taken, _, closed), (gone, _, opened) = (
        parts(things(n_found), KEY, (0, 1), DOOR) for n_found in range(3)
    )
    assert key
    assert door
    assert not start + taken + gone
    assert closed == door
    assert opened
    assert opened != door


def test_a_key_and_a_door_in_one_cell_are_both_shown() -> None:
    shared = ROOM.replace("door=1,3", "door=1,1")
    both, door, opened = (parts(things(n, text=shared), KEY)[0] for n in range(3))
    assert len({both, door, opened, *parts(things(0), KEY, DOOR)}) == 4  # the door alone is as ever
    assert door in parts(things(0), DOOR)


def test_overlays_show_the_states_in_which_as_much_has_been_found() -> None:
    tables = compile_level(parse(ROOM))
    assert tables.found is not None
    for state, n_found in enumerate(tables.found.tolist()):
        shown = visible_states(tables, state)
        assert tables.found[shown].tolist() == [n_found] * 3


def test_the_legend_and_pictures_have_key_and_door_unless_they_are_to_be_found() -> None:
    texts = [text for _, text in legend_items(parse(ROOM), Typeset(1.0))]
    assert texts == ["key, hidden from the agent", "door, hidden from the agent"]
    level = parse(ROOM)
    for shown in (level, without_goal(level)):
        board = Board(shown, CELL)
        picture = pygame.Surface(board.size, pygame.SRCALPHA)
        draw_as_written(picture, shown, board)
        assert [bool(part) for part in parts(picture, KEY, DOOR)] == [shown is level] * 2


def test_the_editor_moves_the_key_with_its_line() -> None:
    other = parse(ROOM.replace("key=1,1", "key=1,2"))
    board, anew = LiveBoard(parse(ROOM), CELL, LIGHT), LiveBoard(other, CELL, LIGHT)
    board.paint(60.0)
    anew.paint(60.0)
    before = pygame.image.tobytes(board.surface, "RGB")
    board.show(other)
    board.paint(60.0)
    assert pygame.image.tobytes(board.surface, "RGB") != before
    pixels = [pygame.surfarray.array3d(one.surface).astype(int) for one in (board, anew)]
    assert abs(pixels[0] - pixels[1]).max() <= 16  # the softness of shadows


def playing(*episodes: list[str]) -> PlayScreen:
    """Return the play screen after some moves of each of these episodes; all but the last end."""
    page = PlayScreen(PlaySetup((Task(parse(ROOM), "Room"),), "Test pack", episodes=2))
    page.update(1.0)
    for i, moves in enumerate(episodes):
        rest = ["stay"] * (4 - len(moves) + 1) if i + 1 < len(episodes) else []  # and the next one
        for move in [*moves, *rest]:
            page.session.act(ACTIONS.index(move))
            page.update(1.0)
    return page


def sees(page: PlayScreen) -> list[bool]:
    """Return whether the person sees the frames of key and door."""
    surface = pygame.Surface((960, 640))
    page.draw(surface)
    boxes = [page.cell_box(cell) for cell in (KEY, DOOR)]
    seen = []
    for box in boxes:
        assert box
        pixels = pygame.surfarray.array3d(surface.subsurface(box)).astype(int)
        seen.append(bool((abs(pixels - LIGHT.goal).max(-1) <= 9).any()))
    return seen


def test_a_person_sees_what_has_been_found_and_all_on_request_or_at_the_end() -> None:
    assert sees(playing([])) == [False, False]
    assert sees(playing(["right"])) == [False, False]  # at the door without the key
    assert sees(playing(TO_KEY)) == [False, False]  # the key is taken
    assert sees(playing(TO_KEY + TO_DOOR)) == [False, True]
    assert sees(playing(TO_KEY, [])) == [True, False]
    assert sees(playing(TO_KEY + TO_DOOR, [])) == [True, True]
    assert sees(playing([], ["stay"] * 4)) == [True, True]
    page = playing([])
    page.toggle_goal()
    assert sees(page) == [True, True]


def test_a_person_is_told_what_to_do_about_key_and_door() -> None:
    said = {
        "A key and a door are hidden": playing([]),
        "You have the key: now find the door.": playing(TO_KEY),
        "nothing more pays in this episode.": playing(TO_KEY + TO_DOOR),
        "Fetch the key, then find the door.": playing(TO_KEY, []),
        "Fetch the key, then go to the door.": playing(TO_KEY + TO_DOOR, []),
        "You have the key: now go to the door.": playing(TO_KEY + TO_DOOR, TO_KEY),
    }
    for text, page in said.items():
        assert text in page.sentence()
    over = playing(TO_KEY + TO_DOOR, TO_KEY + TO_DOOR + ["stay"])
    assert over.session.trial
    total = verdict(over.session, over.session.trial, percent=False)
    assert total == "Total return 4.00. With key and door known, the optimum is 4.00."

"""Zooming and panning of the editor's board, by keys and mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from game.text.level import Level
from game.view.draw.board_view import READABLE_CELL, BoardView
from game.view.draw.live_board import LiveBoard
from game.view.draw.theme import LIGHT
from game.view.screens.editor_frame import EditorFrame
from tests.view.test_editor import ALT, LEVEL, SHIFT, Window
from tests.view_data import click

pytestmark = pytest.mark.usefixtures("fonts")
SIDE = 120
LARGE = "map:\n" + "\n".join(["#" * SIDE, *["#" + "." * (SIDE - 2) + "#"] * (SIDE - 2), "#" * SIDE])


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "large.txt"
    path.write_text(LARGE)
    window = Window(path)
    yield window
    window.app.close()


def frame_of(window: Window) -> EditorFrame:
    assert window.page._frame
    return window.page._frame


def move_mouse(window: Window, at: tuple[int, int], buttons: tuple[int, ...] = (0, 0, 0)) -> None:
    event = {"pos": at, "rel": (1, 1), "buttons": buttons}
    window.app.handle(pygame.event.Event(pygame.MOUSEMOTION, event))


def turn_wheel(window: Window, x: int, y: int) -> None:
    window.app.handle(pygame.event.Event(pygame.MOUSEWHEEL, x=x, y=y))
    window.step(1)


def test_a_large_map_opens_with_readable_cells_and_is_shown_whole_on_demand(window: Window) -> None:
    readable = frame_of(window).board.cell
    assert readable == round(READABLE_CELL * frame_of(window).type.scale)
    assert "Alt 0 shows the whole map" in window.page.sentence()
    window.press(pygame.K_0, mod=ALT)
    frame = frame_of(window)
    assert "Alt 0" not in window.page.sentence()
    whole = SIDE * frame.board.cell, SIDE * frame.board.cell
    assert frame.board.size == whole
    assert frame.board.cell < readable
    window.press(pygame.K_PLUS, mod=ALT)
    assert frame.board.cell > whole[0] // SIDE
    window.press(pygame.K_MINUS, mod=ALT)
    assert frame.board.size == whole


def test_a_small_map_fits_at_every_size_of_the_window(tmp_path: Path) -> None:
    path = tmp_path / "small.txt"
    path.write_text(LEVEL)
    window = Window(path)
    for size in ((1280, 800), (400, 300), (960, 640)):
        window.surface = pygame.Surface(size)
        window.step(1)
        board = frame_of(window).board
        assert board.size == (7 * board.cell, 5 * board.cell)
    window.app.close()


def test_the_board_follows_the_cursor_and_what_is_drawn_lands_below_the_mouse(
    window: Window,
) -> None:
    frame = frame_of(window)
    window.page.editor.go_to((SIDE - 2, 0))
    window.press(pygame.K_DOWN)
    assert frame.board.shows((SIDE - 1, 0))
    assert not frame.board.shows((0, 0))
    window.page.panel.choose_tile("~")
    window.drag((SIDE - 2, 3), (SIDE - 2, 6))
    assert window.rows[SIDE - 2].startswith("#..~~~~.")
    window.press(pygame.K_RIGHT, mod=SHIFT)
    window.page.editor.go_to((0, SIDE - 1))
    window.step(1)
    assert frame.board.shows((0, SIDE - 1))


def test_the_wheel_and_the_middle_button_pan(window: Window) -> None:
    frame = frame_of(window)
    middle = frame.board_box.center
    move_mouse(window, middle)
    before = frame.cell_at(middle)
    assert before
    turn_wheel(window, 0, -2)
    assert frame.cell_at(middle) == (before[0] + 6, before[1])
    turn_wheel(window, 1, 0)
    assert frame.cell_at(middle) == (before[0] + 6, before[1] + 3)
    window.app.handle(click(middle, 2))
    there = middle[0] + 3 * frame.board.cell, middle[1] + 6 * frame.board.cell
    move_mouse(window, there, (0, 1, 0))
    move_mouse(window, middle)  # the button is released
    window.step(1)
    assert frame.cell_at(middle) == before
    assert window.page.editor.text == LARGE


def test_ctrl_and_the_wheel_zoom_about_the_mouse(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pygame.display.get_init", lambda: True)
    monkeypatch.setattr("pygame.key.get_mods", lambda: pygame.KMOD_LCTRL)
    frame = frame_of(window)
    window.page.camera._pan(200, 200)
    window.step(1)
    mouse = frame.board_box.left + 55, frame.board_box.top + 85
    move_mouse(window, mouse)
    cell = frame.cell_at(mouse)
    turn_wheel(window, 0, 3)
    assert frame.board.cell > READABLE_CELL
    assert frame.cell_at(mouse) == cell
    turn_wheel(window, 0, -3)
    assert frame.cell_at(mouse) == cell


def test_a_board_that_was_scrolled_looks_as_if_it_had_been_painted_there() -> None:
    rows = tuple("#~.%,"[i % 5 :] + "#~.%,a" * 9 for i in range(30))
    level = Level(tuple(row[:40] for row in rows))
    view = BoardView((205, 155), (40, 30), 12).clamped()
    board = LiveBoard(level, 12, LIGHT, view.part)
    board.paint(0.0)
    for by in ((37, 5), (-20, 0), (100, 200), (-3, -400)):
        view = view.panned(by)
        board.scroll(view.part.topleft)
        board.paint(0.0)
    board.paint(60.0)
    anew = LiveBoard(level, 12, LIGHT, view.part)
    anew.paint(60.0)
    assert board.is_finished
    other = (pygame.surfarray.array3d(one.surface).astype(int) for one in (board, anew))
    first, second = other
    assert abs(first - second).mean() < 1.0

"""Selecting in the editor's text pane, by keys and by mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from game.view.draw.text_pane import TextPaneView
from game.view.model.text_caret import Caret
from game.view.screens.editor_panel import BOARD, TEXT
from tests.view.test_editor import CTRL, LEVEL, SHIFT, Window
from tests.view_data import click

pytestmark = pytest.mark.usefixtures("fonts")
HOME, END = pygame.K_HOME, pygame.K_END


@pytest.fixture
def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that were copied; the last one is pasted."""
    texts: list[str] = []
    monkeypatch.setattr("game.view.model.text_area.copy_text", texts.append)
    monkeypatch.setattr("game.view.model.text_area.pasted_text", lambda: texts[-1])
    return texts


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "lane.txt").write_text(LEVEL)
    window = Window(tmp_path / "lane.txt")
    window.press(pygame.K_F4)
    window.press(HOME, mod=CTRL)
    yield window
    window.app.close()


def pane(window: Window) -> TextPaneView:
    assert window.page._frame
    assert window.page._frame.panel.pane
    return window.page._frame.panel.pane


def spot_of(window: Window, line: int, column: int) -> tuple[int, int]:
    """Return a place in px before a character."""
    view = pane(window)
    return view.x(column), view.y(line) + view.line // 2


def drag_to(window: Window, at: tuple[int, int]) -> None:
    event = {"pos": at, "rel": (1, 1), "buttons": (1, 0, 0)}
    window.app.handle(pygame.event.Event(pygame.MOUSEMOTION, event))
    window.step(1)


def release(window: Window, at: tuple[int, int]) -> None:
    window.app.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, {"pos": at, "button": 1}))
    window.step(1)


def test_what_is_typed_replaces_the_selection_and_is_one_step(window: Window) -> None:
    text = window.page.text
    window.press(pygame.K_DOWN)
    window.press(pygame.K_RIGHT, pygame.K_RIGHT, mod=SHIFT | CTRL)
    assert text.selected == "title: "
    window.press(pygame.K_LEFT, mod=SHIFT)
    assert text.selected == "title:"
    window.type("name")
    assert window.page.editor.text == LEVEL.replace("title:", "name")
    assert text.selection is None
    window.press(pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL
    window.press(pygame.K_y, mod=CTRL)
    assert window.page.editor.text == LEVEL.replace("title:", "name")


@pytest.mark.parametrize("key", [pygame.K_BACKSPACE, pygame.K_DELETE])
def test_lines_are_selected_and_deleted(window: Window, key: int) -> None:
    window.press(pygame.K_DOWN, pygame.K_DOWN, mod=SHIFT)
    window.press(key)
    assert window.page.editor.text == "".join(LEVEL.splitlines(True)[2:])
    window.press(pygame.K_PAGEDOWN, mod=SHIFT)
    window.press(END, mod=SHIFT)
    window.press(END, mod=SHIFT | CTRL)
    assert window.page.text.selected == window.page.editor.text
    window.press(key)
    assert window.page.editor.text == ""
    window.press(pygame.K_z, pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL


def test_the_selection_is_copied_cut_and_pasted(window: Window, clipboard: list[str]) -> None:
    window.press(pygame.K_c, mod=CTRL)
    assert clipboard == [LEVEL]
    window.press(pygame.K_x, mod=CTRL)
    assert clipboard == [LEVEL]
    assert "Nothing is selected" in window.page.editor.message
    window.press(pygame.K_DOWN, mod=SHIFT)
    window.press(pygame.K_c, mod=CTRL)
    window.press(pygame.K_x, mod=CTRL)
    first = LEVEL.splitlines(True)[0]
    assert clipboard[1:] == [first, first]
    window.press(pygame.K_a, mod=CTRL)
    window.press(pygame.K_v, mod=CTRL)
    assert window.page.editor.text == first
    window.press(pygame.K_z, pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL


def test_escape_gives_the_selection_up_before_it_leaves_the_text(window: Window) -> None:
    window.press(pygame.K_a, mod=CTRL)
    window.press(pygame.K_ESCAPE)
    assert window.page.text.selection is None
    assert window.page.area == TEXT
    window.press(pygame.K_ESCAPE)
    assert window.page.area == BOARD


def test_a_selection_ends_when_the_board_changes_the_text(window: Window) -> None:
    window.press(pygame.K_a, mod=CTRL)
    window.page.editor.type_tile("%")
    assert window.page.text.selection is None
    window.type(" ")
    assert len(window.page.editor.text) == len(LEVEL) + 1


def test_the_mouse_drags_extends_and_selects_words(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = window.page.text
    begin, end = spot_of(window, 1, 7), spot_of(window, 2, 5)
    window.app.handle(click(begin))
    drag_to(window, end)
    release(window, end)
    assert text.selected == LEVEL[LEVEL.index("Lane") : LEVEL.index(": 20")]
    window.app.handle(click(begin))
    release(window, begin)
    assert text.selection is None
    monkeypatch.setattr("game.view.screens.editor_panel_commands.is_shift_held", lambda: True)
    window.app.handle(click(spot_of(window, 1, 11)))
    assert text.selected == "Lane"
    monkeypatch.undo()
    window.step(20)
    for _ in range(2):
        window.app.handle(click(spot_of(window, 2, 2)))
        drag_to(window, spot_of(window, 2, 2))
        release(window, spot_of(window, 2, 2))
    assert text.selected == "steps"


def test_long_lines_and_texts_scroll_to_the_caret_and_stay_below_the_mouse(
    window: Window,
) -> None:
    long = f"; {'word ' * 300}\n"
    window.page.editor.apply(f"{long}{LEVEL}{'; more' * 3}\n" + "; line\n" * 400)
    window.press(END)
    assert pane(window).scroll.column > 1000
    at = spot_of(window, 0, pane(window).scroll.column + 3)
    for way in (-3, 3):
        place = at[0] + way * pane(window).letter, at[1]
        window.app.handle(click(place))
        window.step(1)
        drag_to(window, at)
        assert len(window.page.text.selected) == 3
        release(window, at)
    window.press(HOME, mod=CTRL)
    window.press(END, mod=CTRL | SHIFT)
    assert pane(window).scroll.line > 350
    assert window.page.text.selected == window.page.editor.text
    window.app.handle(pygame.event.Event(pygame.MOUSEWHEEL, {"x": 0, "y": 9, "flipped": False}))
    line = pane(window).scroll.line
    window.step()
    assert pane(window).scroll.line < line
    window.type("x")
    assert window.page.editor.text == "x"


def test_words_and_line_ends_of_any_kind() -> None:
    lines = ["ab  c:1\r", "", "##.."]
    assert Caret(0, 9).within(lines) == Caret(0, 7)
    assert Caret(0, 7).moved(lines, 0, 1) == Caret(1, 0)
    steps, caret = [], Caret()
    for _ in range(7):
        caret = caret.by_word(lines, 1)
        steps.append((caret.line, caret.column))
    assert steps == [(0, 4), (0, 5), (0, 6), (0, 7), (1, 0), (2, 0), (2, 4)]
    back = []
    for _ in range(6):
        caret = caret.by_word(lines, -1)
        back.append((caret.line, caret.column))
    assert back == [(2, 0), (1, 0), (0, 7), (0, 6), (0, 5), (0, 4)]
    assert Caret(0, 3).word(lines) == (Caret(0, 3), Caret(0, 3))
    assert Caret(2, 1).word(lines) == (Caret(2, 0), Caret(2, 4))

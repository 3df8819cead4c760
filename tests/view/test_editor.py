"""The editor, driven by keys and mouse as a person would."""

from __future__ import annotations

import errno
import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from game.authoring.text_bytes import encode
from game.session.messages import Agents, Feed, Finished, Stop
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import LEVELS
from game.text.reading import parse
from game.text.tiles import BY_CHAR
from game.view.app import App
from game.view.draw.editor_overlays import EDITOR_OVERLAYS
from game.view.draw.key_caps import draw_help
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.clipboard import copy_text
from game.view.model.level_editor import TOOL_HINTS, TOOLS
from game.view.screens.editor import EditorScreen
from game.view.screens.editor_files import time_text
from game.view.screens.editor_panel import BOARD, SETTINGS, TEXT
from game.view.screens.gallery import Gallery
from game.view.screens.key_binding import in_groups
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.screen import Screen
from game.view.screens.train import TrainScreen
from game.view.screens.watch import WatchScreen
from tests.view_data import FixedAgents, Script, Slow, click, press

pytestmark = pytest.mark.usefixtures("fonts")
CTRL, ALT, SHIFT = pygame.KMOD_LCTRL, pygame.KMOD_LALT, pygame.KMOD_LSHIFT
LEVEL = """\
; a comment that stays
title: Lane   ; and so does this one
steps: 20

map:
#######
#@...?#
#.....#
#...?.#
#######
"""
SIZE = (960, 640)
SECONDS = float(os.environ.get("GRIDAPT_RANDOM_EVENTS", 0))  # as in test_random_events


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lane.txt"
    path.write_text(LEVEL)
    return path


class Window:
    """The app with an editor in front, and a person at its keys and mouse."""

    def __init__(
        self,
        path: Path | None,
        jobs: BackgroundJobs | None = None,
        agents: Agents | None = None,
        feed: Feed | None = None,
    ) -> None:
        first = Navigation("edit", path=path)
        jobs = jobs or BackgroundJobs(at_once=True)
        self.app = App(first, agents or FixedAgents(), feed or Script(), jobs=jobs)
        self.surface = pygame.Surface(SIZE)
        self.step()

    @property
    def page(self) -> EditorScreen:
        assert isinstance(self.app.page, EditorScreen)
        return self.app.page

    @property
    def rows(self) -> tuple[str, ...]:
        return self.page.editor.rows

    def step(self, frames: int = 2) -> None:
        for _ in range(frames):
            self.app.update(0.05)
            self.app.draw(self.surface)

    def press(self, *keys: int, mod: int = 0) -> None:
        for key in keys:
            self.strike(press(key, "", mod))

    def type(self, text: str) -> None:
        for char in text:
            self.strike(press(ord(char.lower()), char))

    def strike(self, event: pygame.event.Event) -> None:
        """Press a key and release it."""
        self.app.handle(event)
        self.app.handle(pygame.event.Event(pygame.KEYUP, key=event.key, unicode="", mod=0))
        self.step(1)

    def place(self, row: int, column: int) -> tuple[int, int]:
        frame = self.page._frame
        assert frame
        x, y = frame.board.centre(row, column)
        return round(frame.board_box.left + x), round(frame.board_box.top + y)

    def drag(self, *cells: tuple[int, int], button: int = 1) -> None:
        self.app.handle(click(self.place(*cells[0]), button))
        for cell in cells[1:]:
            event = {"pos": self.place(*cell), "rel": (1, 1), "buttons": (1, 0, 0)}
            self.app.handle(pygame.event.Event(pygame.MOUSEMOTION, event))
        end = {"pos": self.place(*cells[-1]), "button": button}
        self.app.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, end))
        self.step(1)

    def click_key(self, cap: str) -> None:
        """Click a key's picture in the footer, or on the card of all keys."""
        boxes = {key.cap: box for box, key in self.page._key_boxes}
        if cap not in boxes:
            self.press(pygame.K_F1)
            boxes = {key.cap: box for box, key in self.page._help_boxes}
        self.app.handle(click(boxes[cap].center))
        self.step(1)

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until the problems of the text are known, and what its map says."""
        end, live = time.monotonic() + seconds, self.page.verdict.live
        while time.monotonic() < end:
            self.step(1)
            if self.page.verdict.is_current and (live.verdict.analysis or live.verdict.is_done):
                return
            time.sleep(0.005)


@pytest.fixture
def window(file: Path) -> Iterator[Window]:
    window = Window(file)
    yield window
    window.app.close()


# --- the whole way


def test_a_level_is_drawn_by_keys_saved_played_and_left(file: Path, window: Window) -> None:
    window.press(pygame.K_DOWN, pygame.K_DOWN, pygame.K_RIGHT, pygame.K_RIGHT)
    window.type("%")
    window.press(pygame.K_RIGHT, mod=SHIFT)
    assert window.rows[2] == "#.%%..#"
    window.press(pygame.K_z, mod=CTRL)
    assert window.rows[2] == "#.%...#"
    window.press(pygame.K_y, mod=CTRL)
    window.press(pygame.K_s, mod=CTRL)
    assert file.read_text() == LEVEL.replace("#.....#", "#.%%..#")
    cursor = window.page.editor.cursor
    window.press(pygame.K_F5)
    window.step(3)
    assert isinstance(window.app.page, PlayScreen)
    assert window.app.page.task.level.rows[2] == "#.%%..#"
    window.press(pygame.K_ESCAPE)
    window.step()
    assert window.page.editor.cursor == cursor
    window.press(pygame.K_ESCAPE)
    assert window.app.quit


def test_a_level_is_drawn_by_mouse_alone(file: Path, window: Window) -> None:
    swatch = next(s for s in window.page.pointer.spots if s.press and s.rect.width == s.rect.height)
    window.page.panel.choose_tile("~")
    window.drag((1, 2), (1, 4), (3, 4))
    assert window.rows[1:4] == ("#@~~~?#", "#...~.#", "#...~.#")
    window.click_key("Ctrl Z")
    assert window.rows[1] == "#@...?#"
    window.drag((1, 1), button=3)
    assert window.page.editor.tile == "@"
    window.app.handle(click(swatch.rect.center))
    assert window.page.editor.tile == "#"
    window.click_key("Ctrl S")
    window.click_key("F6")
    window.step(3)
    assert isinstance(window.app.page, WatchScreen)


def test_unsaved_levels_are_played_from_a_snapshot(file: Path, window: Window) -> None:
    window.press(pygame.K_DOWN, pygame.K_DOWN, pygame.K_RIGHT)
    window.type("~")
    window.press(pygame.K_F5)
    window.step(3)
    assert isinstance(window.app.page, PlayScreen)
    assert window.app.page.task.level.rows[2] == "#~....#"
    assert file.read_text() == LEVEL


def test_a_level_with_problems_is_not_opened(window: Window) -> None:
    window.press(pygame.K_DOWN, pygame.K_RIGHT, pygame.K_DELETE)
    window.settle()
    window.press(pygame.K_F5)
    window.step(3)
    assert window.page.editor.message == "The level is not finished yet: paint a start '@'."
    window.page.editor.apply(LEVEL.replace("steps: 20", "steps: x"))
    window.settle()
    window.press(pygame.K_F5)
    window.step(3)
    assert window.page.editor.message.startswith("Mend the level first. Steps 'x' is not")


# --- the file


def test_leaving_asks_about_changes(file: Path, window: Window) -> None:
    window.type("~")
    window.press(pygame.K_ESCAPE)
    assert window.page.question
    window.press(pygame.K_ESCAPE)
    assert window.page.question is None
    window.press(pygame.K_ESCAPE)
    window.type("s")
    window.step()
    assert window.app.quit
    assert "~######" in file.read_text()


def test_closing_the_window_asks_too(file: Path, window: Window) -> None:
    window.type("~")
    window.app.handle(pygame.event.Event(pygame.QUIT))
    assert not window.app.quit
    window.type("d")
    window.step()
    assert window.app.quit
    assert file.read_text() == LEVEL


def test_a_new_level_is_named_when_it_is_saved(tmp_path: Path) -> None:
    window = Window(None)
    window.type("@")  # a new level has its cursor within the walls
    window.press(pygame.K_s, mod=CTRL)
    for _ in range(len("my-levels/level.txt")):
        window.press(pygame.K_BACKSPACE)
    window.type("maze.txt")
    window.press(pygame.K_RETURN)
    assert "#@..........#" in (tmp_path / "maze.txt").read_text()
    assert not window.page.draft.is_changed
    window.app.close()


@pytest.mark.parametrize("name", ["x" * 300, "lane.txt/x.txt", ".", "a\0b"])
def test_a_name_that_no_file_can_have_is_no_end(file: Path, name: str) -> None:
    window = Window(None)
    window.type("~")
    window.press(pygame.K_s, mod=CTRL)
    assert window.page.field
    window.page.field.text = name
    window.press(pygame.K_RETURN)
    assert window.page.notice or window.page.question
    assert window.page.draft.is_changed
    window.press(pygame.K_n)
    assert window.page.field
    window.page.field.text = "good.txt"
    window.press(pygame.K_RETURN)
    assert window.page.draft.path == Path("good.txt")
    window.app.close()


def test_a_text_that_cannot_be_saved_can_be_saved_elsewhere(
    tmp_path: Path, file: Path, window: Window
) -> None:
    window.type("~")
    file.unlink()
    file.mkdir()
    window.step(20)
    assert "Your text is kept: save it elsewhere" in window.page.sentence()
    window.press(pygame.K_s, mod=CTRL)
    assert window.page.question
    assert "name" in window.page.question.text
    window.type("n")
    window.press(*[pygame.K_BACKSPACE] * len(str(file)))
    window.type("b.txt")
    window.press(pygame.K_RETURN)
    assert (tmp_path / "b.txt").read_text().count("~######") == 1
    assert window.page.draft.path == Path("b.txt")


def test_no_save_passes_in_silence(file: Path, window: Window) -> None:
    window.type("~")
    file.write_bytes(b"")
    window.press(pygame.K_s, mod=CTRL)
    assert "Save again" in window.page.sentence()


def test_it_says_when_there_is_no_recovery_copy(
    tmp_path: Path, file: Path, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("game.authoring.recovery.write_atomically", full)
    window.type("~")
    end = time.monotonic() + 5
    while not window.page.draft.problem and time.monotonic() < end:
        time.sleep(0.01)
    window.step(15)
    assert "no recovery copy" in window.page.sentence()
    assert "No space left" in window.page.sentence()


def test_unsaved_text_is_offered_at_the_next_start(file: Path, window: Window) -> None:
    window.type("~")
    window.app.close()
    again = Window(file)
    question = again.page.question
    assert question
    assert re.fullmatch(
        r"The editor ended at \d\d:\d\d without saving lane.txt. Its last text was kept.",
        question.text,
    )
    again.type("r")
    assert again.rows[0] == "~######"
    again.press(pygame.K_z, mod=CTRL)
    assert again.page.editor.text == LEVEL
    again.app.close()


def test_one_unsaved_text_after_the_other_is_offered(file: Path) -> None:
    for char in "~%":
        window = Window(file)
        if window.page.question:
            window.press(pygame.K_ESCAPE)
        window.type(char)
        window.app.close()
    again = Window(file)
    again.type("d")
    again.step()
    again.type("r")
    assert again.rows[0] == "~######"
    again.app.close()


def test_times_are_given_with_their_date_only_where_that_is_not_today() -> None:
    noon = time.mktime((2026, 3, 4, 14, 2, 0, 0, 0, -1))
    assert time_text(noon, noon + 60) == "at 14:02"
    assert time_text(noon, noon + 86_400) == "on 2026-03-04 at 14:02"


def test_a_change_on_disk_is_taken_over_or_asked_about(file: Path, window: Window) -> None:
    file.write_text(LEVEL.replace("?", "G"))
    window.step(20)
    assert "#@...G#" in window.page.editor.text
    window.press(pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL
    file.write_text(LEVEL.replace("?", "o"))
    window.step(20)
    assert window.page.question
    window.type("m")
    assert window.page.editor.text == LEVEL


# --- tools


def test_lines_rectangles_fills_and_replacements(window: Window) -> None:
    window.page.panel.choose_tile("%")
    window.press(pygame.K_l, mod=CTRL)
    window.drag((1, 2), (1, 4))
    window.press(pygame.K_r, mod=CTRL)
    window.drag((2, 1), (3, 3))
    assert window.rows[1:4] == ("#@%%%?#", "#%%%..#", "#%%%?.#")
    window.press(pygame.K_h, mod=CTRL)
    window.page.editor.go_to((2, 1))
    window.type(",")
    assert window.rows[2] == "#,,,..#"
    window.press(pygame.K_f, mod=CTRL)
    window.page.editor.go_to((2, 4))
    window.type("~")
    assert window.rows[2:4] == ("#,,,~~#", "#,,,?~#")
    window.press(*[pygame.K_z] * 4, mod=CTRL)
    assert window.page.editor.text == LEVEL


def test_a_selection_is_copied_pasted_moved_mirrored_and_turned(window: Window) -> None:
    window.press(pygame.K_k, mod=CTRL)
    window.drag((1, 1), (2, 2))
    window.press(pygame.K_c, mod=CTRL)
    window.page.editor.go_to((2, 2))
    window.page.regions.paste_rows(window.page.regions.copied)
    assert window.rows[2:4] == ("#.@...#", "#...?.#")
    window.press(pygame.K_RIGHT, mod=ALT)
    assert window.rows[2] == "#..@..#"
    window.press(pygame.K_m, mod=ALT)
    assert window.rows[2] == "#...@.#"
    window.press(pygame.K_r, mod=ALT)
    assert window.rows[2:4] == ("#.....#", "#...@.#")


def test_symmetry_draws_the_mirror_images_too(window: Window) -> None:
    window.press(*[pygame.K_j] * 3, mod=CTRL)
    window.page.editor.go_to((1, 2))
    window.type("~")
    assert window.rows[1] == "#@~.~?#"
    assert window.rows[3] == "#.~.~.#"


def test_a_key_offers_its_door(window: Window) -> None:
    window.page.editor.go_to((2, 2))
    window.type("a")
    assert window.page.editor.tile == "A"
    assert "door" in window.page.sentence()
    window.press(pygame.K_RIGHT, pygame.K_RETURN)
    assert window.rows[2] == "#.aA..#"


def test_the_map_grows_and_shrinks_at_every_side(window: Window) -> None:
    for key in (pygame.K_UP, pygame.K_DOWN, pygame.K_LEFT, pygame.K_RIGHT):
        window.press(key, mod=CTRL)
    assert len(window.rows) == 7
    assert window.rows[1] == "#.......#"
    for key in (pygame.K_UP, pygame.K_DOWN, pygame.K_LEFT, pygame.K_RIGHT):
        window.press(key, mod=CTRL | SHIFT)
    assert window.page.editor.text == LEVEL
    frame = window.page._frame
    assert frame
    window.app.handle(click(frame.handles["right", True].center))
    assert window.rows[1] == "#@...?.#"


def test_whole_levels_and_rows_are_pasted_as_text(window: Window) -> None:
    window.page.regions.paste_text("4x4\nSFFF\nFHFH\nFFFH\nHFFG\n".partition("\n")[2])
    assert "Pasted" in window.page.editor.message
    window.page.editor.undo()
    window.page.editor.go_to((2, 1))
    window.page.regions.paste_text("%%\n~~\n")
    assert window.rows[2:4] == ("#%%...#", "#~~.?.#")


# --- settings


def test_a_setting_becomes_a_range_and_a_set_by_keys(window: Window) -> None:
    window.press(pygame.K_TAB)
    assert window.page.area == SETTINGS
    paths = [row.control.path for row in window.page.settings.rows]
    window.press(*[pygame.K_DOWN] * paths.index(("cost", "mud")))
    window.press(pygame.K_RIGHT)
    assert "cost: mud=5" in window.page.editor.text
    window.press(pygame.K_SPACE)
    assert "cost: mud=3..7" in window.page.editor.text
    window.press(pygame.K_RIGHT, mod=SHIFT)
    window.press(pygame.K_LEFT)
    assert "cost: mud=2..8" in window.page.editor.text
    window.press(pygame.K_SPACE)
    assert "cost: mud={2, 8}" in window.page.editor.text
    window.press(pygame.K_RETURN)
    window.press(*[pygame.K_BACKSPACE] * 6)
    window.type("7")
    window.press(pygame.K_RETURN)
    assert "cost: mud=7" in window.page.editor.text
    window.press(pygame.K_DELETE)
    assert window.page.editor.text == LEVEL


def test_the_range_of_a_tile_of_ones_own_is_around_the_value_of_its_kind(window: Window) -> None:
    editor = window.page.editor
    editor.apply("define: o worth=4\nlegend: q = o\nmap:\n@q?\n")
    paths = [row.control.path for row in window.page.settings.rows]
    window.page.panel.change_form(paths.index(("legend", "q", "worth")))
    assert "legend: q = o worth=2..6\n" in editor.text
    window.press(pygame.K_z, mod=CTRL)
    assert "legend: q = o\n" in editor.text


@pytest.mark.parametrize(
    ("line", "path", "stepped"),
    [
        ("wind: none", ("wind",), "wind: north 0.2"),
        ("wind: west  {0, 0.5}", ("wind",), "wind: east {0, 0.5}"),
        ("slip: left=0.3 right=0.1", ("slip", "right"), "slip: left=0.3 right=0.15"),
        ("legend: e = . cost=2..4", ("legend", "e", "cost"), "legend: e = . cost=2..5"),
    ],
)
def test_a_click_on_a_setting_keeps_the_level_readable(
    window: Window, line: str, path: tuple[str, ...], stepped: str
) -> None:
    settings, text = window.page.settings, f"{line}\nmap:\n@.?\n"
    window.page.editor.apply(text)
    paths = [row.control.path for row in settings.rows]
    settings.step(1, number=paths.index(path))
    assert window.page.editor.text == text.replace(line, stepped)
    parse(window.page.editor.text)


def test_the_step_reward_becomes_automatic_by_a_click_and_fixed_again(window: Window) -> None:
    page = window.page
    paths = [row.control.path for row in page.settings.rows]
    for value in ("auto", "-0.1"):
        page.panel.change_form(paths.index(("reward", "step")))
        assert f"reward: step={value}\n" in page.editor.text
        window.step()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SFFF\nFHFG\n", ("@...", ".L.G")),
        ('["SFF",\r\n "FHG"]', ("@..", ".LG")),
        ("type octile\nheight 2\nwidth 3\nmap\n...\n.@T\n", ("@??", "?##")),
        ("5#|#@$.#|5#", ("#####", "#@$X#", "#####")),
        ("~~\r\n~~\r\n", ("~~#####", "~~...?#", "#.....#", "#...?.#", "#######")),
    ],
)
def test_maps_of_other_programs_are_pasted(
    window: Window, text: str, rows: tuple[str, ...]
) -> None:
    window.page.regions.paste_text(text)
    assert window.rows == rows
    window.press(pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL


def test_a_sokoban_file_says_that_its_boxes_end_it(tmp_path: Path) -> None:
    (tmp_path / "a.xsb").write_text("#####\n#@$.#\n#####\n")
    window = Window(tmp_path / "a.xsb")
    rows = {row.control.name: row for row in window.page.settings.rows}
    assert (rows["ends"].value, rows["ends"].written) == ("boxes", False)
    window.app.close()


def test_a_selection_is_dragged_by_mouse(window: Window) -> None:
    before = window.rows
    window.press(pygame.K_k, mod=CTRL)
    window.drag((1, 1), (1, 2))
    window.drag((1, 2), (2, 4), (3, 5))
    assert window.rows[1::2] == ("#....?#", "#...@.#")
    window.press(pygame.K_z, mod=CTRL)
    assert window.rows == before


def test_a_line_that_is_typed_is_left_or_taken_by_mouse(file: Path, window: Window) -> None:
    window.press(pygame.K_TAB)
    for cap, value in (("Esc", "steps: 20"), ("Enter", "steps: 27")):
        window.type("27")
        window.click_key(cap)
        assert window.page.field is None
        assert value in window.page.editor.text
    window.type("345")
    line = window.page.field
    assert line
    assert line.box
    window.app.handle(click((line.places[0], line.box.centery)))
    window.type("1")
    assert line.text == "1345"
    window.app.handle(click((5, line.box.bottom + 60)))  # beside the line
    assert "steps: 1345" in window.page.editor.text


def test_a_click_beside_the_name_of_a_file_saves_nothing(tmp_path: Path) -> None:
    window = Window(None)
    window.type("~")
    window.press(pygame.K_s, mod=CTRL)
    window.app.handle(click((30, 300)))
    assert window.page.field
    window.click_key("Esc")
    assert window.page.field is None
    assert not [*tmp_path.rglob("level*.txt")]
    window.app.close()


def test_a_new_level_is_saved_and_left_or_trained_on(tmp_path: Path) -> None:
    window = Window(None)
    window.type("@")
    window.press(pygame.K_DOWN)
    window.type("?")
    window.press(*[pygame.K_RIGHT] * 7, mod=SHIFT)
    window.settle()
    window.press(pygame.K_F9)
    window.press(pygame.K_RETURN)  # takes the name
    window.step(20)
    assert isinstance(window.app.page, TrainScreen)
    window = Window(None)
    window.type("~")
    window.press(pygame.K_ESCAPE)
    window.press(pygame.K_s)
    window.press(pygame.K_RETURN)
    window.step(4)
    assert window.app.quit
    assert len([*tmp_path.rglob("my-levels/level*.txt")]) == 2


def test_settings_change_by_clicks(window: Window) -> None:
    window.press(pygame.K_TAB)
    window.step()
    page = window.page
    rows = {row.control.path: i for i, row in enumerate(page.settings.rows)}
    box = page._frame.panel.field_boxes[rows[("goal",)]]  # type: ignore[union-attr]
    window.app.handle(click((box.right - 12, box.centery)))
    assert "goal: visible" in page.editor.text
    page.panel.slide_control(rows[("steps",)], 0.5)
    assert "steps: 100" in page.editor.text


# --- the text


def test_text_and_board_follow_each_other(window: Window) -> None:
    window.press(pygame.K_F4)
    assert window.page.area == TEXT
    assert (window.page.text.caret.line, window.page.text.caret.column) == (5, 0)
    window.press(pygame.K_DOWN, pygame.K_RIGHT)
    assert window.page.editor.cursor == (1, 1)
    window.press(pygame.K_DELETE)
    window.type("~")
    assert window.rows[1] == "#~...?#"
    window.settle()
    assert window.page.verdict.live.verdict.problems
    window.press(pygame.K_F8)
    assert "start" in window.page.editor.message
    window.press(pygame.K_z, mod=CTRL)
    window.press(pygame.K_z, mod=CTRL)
    assert window.page.editor.text == LEVEL
    window.press(pygame.K_TAB)
    assert window.page.area != TEXT


def test_the_level_stays_on_screen_while_its_text_is_broken(window: Window) -> None:
    window.press(pygame.K_F4)
    for text in ("map", "map:\n", "", "title\nmap:\n#@x\n##", "legend: q = o\nmap:\n@qG\n"):
        window.page.editor.apply(text)
        window.settle()
        window.step()
    assert window.page.editor.reading.level.tiles == ("@oG",)


# --- overlays, the gallery, keys


def test_every_overlay_explains_itself(window: Window) -> None:
    window.settle()
    for overlay in EDITOR_OVERLAYS:
        window.press(ord(overlay.digit), mod=ALT)
        assert window.page.sentence() == window.page._frame.explanation != ""  # type: ignore[union-attr]
        assert window.page.overlays == [overlay]
        window.press(ord(overlay.digit), mod=ALT)
    assert window.page.overlays == []


def test_the_editor_opens_from_watch_and_gallery(file: Path, window: Window) -> None:
    window.press(pygame.K_F6)
    window.step(3)
    watch = window.app.page
    assert isinstance(watch, WatchScreen)
    window.press(pygame.K_e, mod=CTRL)
    window.step()
    assert window.page.draft.path == file
    window.press(pygame.K_ESCAPE)
    window.step()
    assert window.app.page is watch
    window.app.library.jobs = Slow()  # no pack is loaded: there is only the first card
    window.type("g")
    window.step()
    assert isinstance(window.app.page, Gallery)
    window.press(pygame.K_RETURN)
    window.step()
    assert window.page.draft.path is None


def test_a_level_that_comes_with_the_project_is_opened_as_a_copy() -> None:
    window = Window(min(LEVELS.glob("*/*.txt")))
    assert "This is a copy" in window.page.sentence()
    assert window.page.draft.path is None
    assert "steps:" in window.page.editor.text
    window.settle()
    window.step(20)
    assert not window.page.draft.is_changed  # its steps are its author's own
    window.press(pygame.K_ESCAPE)
    window.step()
    assert window.app.quit


def test_no_way_to_the_gallery_loses_a_text(window: Window) -> None:
    window.press(pygame.K_F6)
    window.step(3)
    watch, jobs, window.app.library.jobs = window.app.page, window.app.library.jobs, Slow()
    window.type("g")
    window.step()
    window.app.library.jobs = jobs
    window.app.page.navigation = Navigation("edit")
    window.step()
    editor = window.page
    editor.editor.apply("map:\n@.G")
    window.app.page.navigation = watch.opened_by
    window.step()
    assert isinstance(window.app.page, WatchScreen)
    window.app.page.navigation = Navigation("gallery")
    window.step()
    assert isinstance(window.app.page, Gallery)
    assert editor in window.app.pages


@pytest.mark.parametrize(
    ("tool", "key"),
    [(pygame.K_l, press(pygame.K_RETURN)), (pygame.K_k, press(pygame.K_UP, "", SHIFT))],
)
def test_a_map_that_has_become_smaller_since_the_last_frame_is_no_end(
    tool: int, key: pygame.event.Event, window: Window
) -> None:
    window.press(pygame.K_DOWN, mod=CTRL)
    window.page.editor.go_to((5, 2))
    window.press(tool, mod=CTRL)
    window.press(pygame.K_RETURN)
    window.app.handle(press(pygame.K_z, "", CTRL))
    window.app.handle(key)
    assert window.page.editor.text == LEVEL
    assert window.page.editor.cursor[0] <= 4


@pytest.mark.parametrize("text", ["a\0b", "caf\udce9", "\ud800"])
def test_any_text_can_be_copied(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real clipboard takes neither NUL nor half characters."""
    copied: list[str] = []
    monkeypatch.setattr("pygame.scrap.put_text", copied.append)
    assert copy_text(text)
    assert copied[0].encode().isascii()
    assert "?" in copied[0]
    assert "\0" not in copied[0]


def test_all_tiles_can_be_typed_and_every_key_has_a_cap_of_its_own(window: Window) -> None:
    for char in BY_CHAR:
        window.page.editor.go_to((2, 3))
        window.app.handle(press(ord(char.lower()), char))
        assert window.rows[2][3] == char
    for area in (BOARD, SETTINGS, TEXT):
        window.page.area = area
        caps = [key.cap for key in window.page.all_keys()]
        assert len(caps) == len(set(caps))
        assert not any(key.is_letter for key in window.page.all_keys())


# --- whatever happens

EVENTS = 120
TYPED = "".join(BY_CHAR) + "qxyz0;:= \u202e\0é"
RESIZED = (SIZE, (300, 200), (200, 900), (1, 1), (1280, 800))


PACKS = ('[split]\nby = "goals"\n', '[split]\nby = "share"\n', "a = " + "[" * 500, "\0")
TEXTS = (
    *(LEVEL, LEVEL.replace("?", "o"), LEVEL.replace(".", "~"), "x", "", "\0", "map:\n@..M?\n"),
    *["map:\n@????\n?????\n"] * 3,  # enough tasks for a training, and goals to mark
)
MARK_GOALS = (press(pygame.K_s, mod=CTRL), press(pygame.K_F3), press(pygame.K_g, "g"))


def random_event(rng: random.Random, page: Screen, size: tuple[int, int], file: Path) -> object:
    """An event of keys or mouse, often one that the screen has a key or a question for, or a file
    that is dropped onto the window."""
    pos = rng.randrange(-5, size[0] + 5), rng.randrange(-5, size[1] + 5)
    kinds = ["key", "type", "down", "up", "move", "wheel", "answer", "drop", "quit"]
    kind = rng.choices(kinds, [30, 20, 10, 10, 20, 10, 20, 1, 0.3])[0]
    if kind == "answer" and (codes := answers(page)):
        code = rng.choice(codes)
        return press(code, chr(code) if 32 <= code < 127 else "")
    if kind in ("key", "answer"):
        key = rng.choice(page.all_keys())
        mod = CTRL * key.ctrl | ALT * key.alt | SHIFT * bool(key.shift)
        return press(key.codes[0], key.typed[:1], mod)
    if kind == "type":
        char = rng.choice(TYPED)
        return press(ord(char), char)
    if kind == "down":
        return click(pos, rng.choice([1, 1, 2, 3]))
    if kind == "up":
        return pygame.event.Event(pygame.MOUSEBUTTONUP, pos=pos, button=1)
    if kind == "wheel":
        return pygame.event.Event(pygame.MOUSEWHEEL, x=rng.choice([0, 2]), y=rng.choice([-3, 3]))
    if kind == "drop":
        dropped = rng.choice([file, file.parent, file.with_name("missing"), "a\0b"])
        return pygame.event.Event(pygame.DROPFILE, file=str(dropped))
    if kind == "quit":
        return pygame.event.Event(pygame.QUIT)
    return pygame.event.Event(pygame.MOUSEMOTION, pos=pos, rel=(1, 1), buttons=(1, 1, 0))


def answers(page: Screen) -> list[int]:
    """Return the keys that answer what the screen asks, or that lead back to the editor."""
    if not isinstance(page, EditorScreen):
        return [pygame.K_ESCAPE]
    if page.question:
        return [answer.code for answer in page.question.answers]
    if page.folder.levels:
        return [pygame.K_UP, pygame.K_DOWN, *(one.code for one in page.folder._card.answers)]
    return []


def disturb(rng: random.Random, file: Path) -> None:
    """Do to the file, or to what is beside it, what another program may do."""
    pack = file.with_name(PACK_FILE)
    if rng.random() < 0.3:
        pack.write_text(rng.choice(PACKS))
    elif rng.random() < 0.2:
        pack.unlink(missing_ok=True)
    elif file.is_dir():
        file.rmdir()
    elif rng.random() < 0.2:
        file.unlink(missing_ok=True)
        if rng.random() < 0.5:
            file.mkdir()
    else:
        file.write_text(rng.choice(TEXTS))


def check_kept(window: Window) -> None:
    """Each editor shows the level that its text says, and an unsaved text has its copy on disk."""
    for page in window.app.pages:
        if isinstance(page, EditorScreen):
            source, draft = page.editor.reading.source, page.draft
            assert source.text == draft.text
            assert page.editor.size == (max(source.height, 1), max(source.width, 1))
            if draft.is_changed and not page.files.is_closed:
                assert draft._writer.flush(), draft.problem
                copy = draft._writer._copy
                assert copy
                assert copy.read_bytes().partition(b"\n")[2] == encode(draft.text)


def settle(feed: Feed) -> None:
    """Wait until a feed has sent what it had for a window that is closed."""
    if not isinstance(feed, Script):
        feed.request(Stop(-1))
        while Finished(-1) not in feed.poll():
            time.sleep(0.01)


@pytest.mark.timeout(SECONDS + 120)
def test_random_keys_and_clicks_lose_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board shows the level that the text says, whatever was done; undo leads back.

    With GRIDAPT_RANDOM_EVENTS, the learner's process is behind the window.
    """
    rng, jobs = random.Random(2), BackgroundJobs()
    agents, feed = real_agents() if SECONDS else (FixedAgents(), Script())
    for module in ("model.editor_regions", "screens.editor_widgets"):
        monkeypatch.setattr(
            f"game.view.{module}.pasted_text", lambda: rng.choice(["%%\n~~\n", "x", LEVEL])
        )
    window = Window(file, jobs, agents, feed)
    size, began = SIZE, time.monotonic()
    number = 0
    while (time.monotonic() - began < SECONDS) if SECONDS else number < EVENTS:
        number += 1
        window.app.handle(random_event(rng, window.app.page, size, file))
        if number % 40 == 0:
            size = rng.choice(RESIZED)
            disturb(rng, file)
            check_kept(window)
        for event in MARK_GOALS if number % 100 == 50 else ():
            window.app.handle(event)
        window.app.update(rng.choice([0.016, 0.05, 0.1]))
        if window.app.pages and number % 3 == 0:
            window.app.draw(pygame.Surface(size))
        if window.app.quit or len(window.app.pages) > 10:
            window.app.close()
            settle(feed)
            file.rmdir() if file.is_dir() else None
            window = Window(file, jobs, agents, feed)
    for page in window.app.pages:
        while isinstance(page, EditorScreen) and page.draft.undo() is not None:
            pass
    window.app.close()
    feed.close()


def real_agents() -> tuple[Agents, Feed]:
    """Return the agents that come with the project, and the process that they learn in."""
    from agents.training.worker import Worker
    from commands.agent_choices import AgentChoices
    from commands.train import training_of

    return AgentChoices(), Worker(training_of)


def test_a_new_level_says_what_to_do_first_and_no_wall_of_it_is_wrong(tmp_path: Path) -> None:
    window = Window(tmp_path / "new.txt")
    window.settle()
    window.press(pygame.K_DOWN)
    assert "a start '@'" in window.page.sentence()
    assert window.page.verdict.live.verdict.problems
    assert not window.page.verdict.wrong_cells
    assert (window.page.verdict.facts.word, window.page.verdict.facts.tone) == (
        "unfinished",
        "waiting",
    )
    assert window.page.verdict.facts.why.startswith("Paint a start '@' and a goal 'G'")
    window.press(pygame.K_F4)
    assert not window.page._panel_state().problems
    window.press(pygame.K_F4)
    window.type("@")
    assert "a start '@'" not in window.page.sentence()
    window.app.close()


def test_a_tile_explains_itself_below_the_mouse(window: Window) -> None:
    spot = next(spot for spot in window.page.pointer.spots if spot.hint.startswith("'%'"))
    for place, is_explained in ((spot.rect.center, True), (window.place(1, 1), False)):
        event = {"pos": place, "rel": (1, 1), "buttons": (0, 0, 0)}
        window.app.handle(pygame.event.Event(pygame.MOUSEMOTION, event))
        window.step()
        assert ("mud" in window.page.sentence()) == is_explained


def test_the_board_stays_where_it_is_whatever_the_keys_change(window: Window) -> None:
    """The footers of the areas, and that of a typed line, are not all of the same height."""
    for size in (SIZE, (1280, 800), (1920, 1080)):
        window.surface = pygame.Surface(size)
        window.step(1)
        place = window.place(1, 1)
        for keys in (
            (pygame.K_TAB,) * 3,
            (pygame.K_F4,) * 2,
            (pygame.K_F3, pygame.K_g, pygame.K_F3),
        ):
            for key in keys:
                window.press(key)
                assert window.place(1, 1) == place
        window.press(pygame.K_n, mod=CTRL)
        assert window.page.field
        assert window.place(1, 1) == place
        window.press(pygame.K_ESCAPE)


def test_every_tool_is_chosen_by_a_click_on_its_key(window: Window) -> None:
    for tool in reversed(TOOLS):
        [spot] = (one for one in window.page.pointer.spots if one.hint == TOOL_HINTS[tool])
        window.app.handle(click(spot.rect.center))
        window.step()
        assert window.page.editor.tool == tool
        assert window.page.sentence() == TOOL_HINTS[tool]


def test_everything_in_the_panel_explains_itself(window: Window) -> None:
    window.settle()
    for _ in range(2):
        assert all(spot.hint for spot in window.page.pointer.spots)
        window.press(pygame.K_TAB)
    window.press(*[pygame.K_TAB] * 2, pygame.K_DOWN, pygame.K_DOWN)
    assert window.page.area == SETTINGS
    assert window.page.sentence() == "What reaching the goal pays."
    window.press(pygame.K_SPACE)
    assert "cannot be drawn" in window.page.sentence()
    frame = window.page._frame
    assert frame
    at = frame.handles["right", True].center
    window.app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=at, rel=(1, 1), buttons=(0, 0, 0)))
    assert window.page.sentence() == "Adds a column at the right."


def test_signs_of_tasks_leave_their_pictures_free(window: Window) -> None:
    window.page.editor.edit(lambda source: f"controls: shuffled\nwind: {{east 0.1, none}}\n{LEVEL}")
    window.settle()
    window.step(30)
    frame = window.page._frame
    assert frame
    for i, board in enumerate(frame.strip_boards):
        at = frame.layout.strip.left + i * (frame.layout.strip.width // 6), frame.layout.strip.top
        place = board.surface.get_rect(topleft=at)
        shown = window.surface.subsurface(place)
        assert pygame.image.tobytes(shown, "RGB") == pygame.image.tobytes(board.surface, "RGB")


def test_a_small_window_has_room_for_the_board_and_all_tiles(window: Window) -> None:
    """There is no strip but while goals are marked; a tile is chosen and painted by mouse."""
    window.surface = pygame.Surface((480, 480))
    window.step()
    frame = window.page._frame
    assert frame
    assert frame.board_box.height > 150
    assert not frame.layout.strip.height
    water = next(spot for spot in window.page.pointer.spots if "water" in spot.hint.lower())
    assert frame.layout.panel.contains(water.rect)
    window.app.handle(click(water.rect.center))
    window.drag((1, 2))
    assert window.rows[1][2] == "~"


def test_all_keys_and_the_mouse_have_room_on_the_card(window: Window) -> None:
    window.press(pygame.K_F1)
    groups = in_groups(window.page.all_keys())
    texts = [(name, [(key.cap, key.text) for key in keys]) for name, keys in groups]
    type = window.page.appearance.typeset(SIZE)
    texts.append(("Mouse", window.page.mouse))
    boxes = draw_help(window.surface, texts, texts, 0, type).keys
    assert len(boxes) == len(window.page.all_keys()) + len(window.page.mouse)
    assert all(window.surface.get_rect().contains(box) for box in boxes)
    for i, box in enumerate(boxes):
        assert box.collidelist(boxes[i + 1 :]) == -1


def test_tools_are_lit_and_answer_their_keys_whatever_the_keys_change(window: Window) -> None:
    window.press(pygame.K_TAB)
    assert window.page.area == SETTINGS
    assert "Ctrl B" in window.page.active_caps()
    window.press(pygame.K_l, mod=CTRL)
    assert (window.page.area, window.page.editor.tool) == (BOARD, "line")


def test_the_steps_of_a_new_level_follow_its_map_until_they_are_touched(tmp_path: Path) -> None:
    window = Window(tmp_path / "new.txt")
    editor = window.page.editor
    for cell, char in (((1, 1), "@"), ((1, 5), "?")):
        editor.go_to(cell)
        window.type(char)
    window.settle()
    window.step()
    assert editor.value(("steps",)) == "12"
    window.press(pygame.K_z, mod=CTRL)
    assert (editor.value(("steps",)), editor.rows[1][5]) == ("50", ".")
    window.press(pygame.K_y, mod=CTRL)
    window.step(5)
    assert editor.value(("steps",)) == "12"
    editor.set_value(("steps",), "13")
    editor.go_to((1, 9))
    window.type("?")
    window.settle()
    window.step(5)
    assert editor.value(("steps",)) == "13"
    window.app.close()


def test_the_levels_of_a_folder_are_listed_copied_renamed_and_opened(
    tmp_path: Path, file: Path, window: Window
) -> None:
    window.press(pygame.K_F10)
    assert window.page.folder.levels
    window.type("d")
    assert (tmp_path / "lane-2.txt").read_text() == LEVEL
    window.type("r")
    window.press(*[pygame.K_BACKSPACE] * len("lane-2.txt"))
    window.type("b.txt")
    window.press(pygame.K_RETURN)
    assert not (tmp_path / "lane-2.txt").exists()
    window.press(pygame.K_RETURN)
    window.step()
    assert window.page.draft.path == tmp_path / "b.txt"
    window.press(pygame.K_ESCAPE)
    window.step()
    assert window.page.draft.path == file


def test_a_key_that_is_held_comes_again(window: Window) -> None:
    window.app.handle(press(pygame.K_RIGHT))
    window.step(10)
    column = window.page.editor.cursor[1]
    assert column > 2
    window.app.handle(pygame.event.Event(pygame.KEYUP, key=pygame.K_RIGHT, unicode="", mod=0))
    window.step(10)
    assert window.page.editor.cursor[1] == column


def test_a_tile_of_ones_own_is_made_and_set(window: Window) -> None:
    window.press(pygame.K_n, mod=CTRL)
    window.type("q = o worth=-1")
    window.press(pygame.K_RETURN)
    assert "legend: q = o worth=-1\n" in window.page.editor.text
    window.page.editor.go_to((2, 2))
    window.type("q")
    assert window.rows[2] == "#.q...#"
    rows = {row.control.path: i for i, row in enumerate(window.page.settings.rows)}
    window.page.panel.step_control(rows[("legend", "q", "worth")], 5)
    assert "legend: q = o worth=-0.5\n" in window.page.editor.text


def test_no_level_of_a_collection_is_lost(tmp_path: Path) -> None:
    """What its notation cannot say is refused: a converted text would hold one level alone."""
    text = "#####\n#@$.#\n#####\n\n; two\n######\n#@ $.#\n######\n"
    (tmp_path / "boxes.xsb").write_text(text)
    window = Window(tmp_path / "boxes.xsb#2")
    window.page.editor.go_to((1, 2))
    window.type("~")
    assert window.page.editor.text == text
    assert "several levels" in window.page.editor.message
    window.type("#")
    assert window.page.editor.text == text.replace("#@ $.#", "#@#$.#")
    window.app.close()


@pytest.mark.parametrize("tool", [pygame.K_h, pygame.K_f, pygame.K_b])
@pytest.mark.parametrize(
    ("text", "begin"),
    [("", "map:\n"), ("title: x", "title: x\nmap:\n"), ("; c\r\nmap:\r\n", "; c\r\nmap:\r\n")],
)
def test_the_first_tile_makes_a_room_where_a_text_has_no_map(
    tmp_path: Path, text: str, begin: str, tool: int
) -> None:
    (tmp_path / "odd.txt").write_bytes(text.encode())
    window = Window(tmp_path / "odd.txt")
    window.press(tool, mod=CTRL)
    window.type("~")
    editor = window.page.editor
    assert "had no map" in editor.message
    assert editor.text.startswith(begin + "#############")
    assert editor.rows[1] == "#...........#"
    window.press(pygame.K_b, mod=CTRL)
    window.type("@")
    assert editor.rows[1] == "#@..........#"
    window.press(pygame.K_z, pygame.K_z, mod=CTRL)
    assert editor.text == text
    window.app.close()


def test_texts_without_a_map_are_edited_as_text(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("\0nonsense")
    window = Window(tmp_path / "odd.txt")
    for tool in (pygame.K_h, pygame.K_f, pygame.K_b):
        window.press(tool, mod=CTRL)
        window.type("~")
    window.drag((0, 0))
    assert "no map" in window.page.editor.message
    window.press(pygame.K_r, mod=ALT)
    window.press(pygame.K_RIGHT, mod=ALT)
    window.press(pygame.K_F4)
    window.press(*[pygame.K_DOWN] * 3, pygame.K_RETURN)
    window.type("@.G")
    assert "\n@.G" in window.page.editor.text
    window.app.close()


def test_advice_never_cuts_off_the_palette(window: Window) -> None:
    window.settle()
    editor = window.page.editor
    for column, char in enumerate("aAbBcCdD12345"):  # tiles of families add swatches
        editor.grow("right")
        editor.go_to((2, 3 + column))
        window.type(char)
    window.settle()
    window.step(5)
    frame = window.page._frame
    assert frame
    swatches = {spot.hint[1] for spot in window.page.pointer.spots if spot.hint[:1] == "'"}
    assert swatches == set(frame.panel.shown.chars if frame.panel.shown else ())

"""The mode of the editor that marks goals for training, validation and test."""

from __future__ import annotations

from pathlib import Path

import pygame
import pytest

from game.tasks.packs import load_pack
from game.text.level import Cell
from game.view.screens.editor import EditorScreen
from tests.view.test_editor import CTRL, Window
from tests.view_data import click

pytestmark = pytest.mark.usefixtures("fonts")
LEVEL = """\
title: Lane
map:
#######
#@?.??#
#.....#
#.?.?.#
#######
"""
CELLS = ((1, 2), (1, 4), (1, 5), (3, 2), (3, 4))
PACK = '# mine\ntitle = "Lanes"\n[split]\nby = "share" # even\n'


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "lane.txt").write_text(LEVEL)


@pytest.fixture
def window(tmp_path: Path):
    window = Window(tmp_path / "lane.txt")
    yield window
    window.app.close()


def split_sizes(folder: Path) -> list[int]:
    pack = load_pack(folder)
    return [len(pack.split(name).tasks) for name in ("train", "validation", "test")]


def marks(page: EditorScreen) -> dict[Cell, str]:
    assert page.goals.painting
    return page.goals.painting.marks


def test_goals_are_marked_by_keys_in_a_folder_that_was_divided_otherwise(
    tmp_path: Path, window: Window
) -> None:
    pack = tmp_path / "pack.toml"
    pack.write_text(PACK)
    window.press(pygame.K_F3)
    question = window.page.question
    assert question
    assert "divide its tasks by goals" in question.text
    window.press(pygame.K_ESCAPE)
    assert pack.read_text() == PACK
    assert not window.page.goals.painting
    window.press(pygame.K_F3, pygame.K_g)
    assert marks(window.page) == dict.fromkeys(CELLS, "t")
    window.press(pygame.K_TAB)
    window.type("v")
    window.press(pygame.K_TAB)
    window.type("h")
    window.press(pygame.K_RIGHT, pygame.K_RETURN)
    assert [marks(window.page)[cell] for cell in CELLS] == list("vhhtt")
    assert split_sizes(tmp_path) == [2, 1, 2]
    assert pack.read_text().startswith('# mine\ntitle = "Lanes"\n[split]\nby = "goals"\n# by')
    window.press(pygame.K_ESCAPE)
    assert not window.page.goals.painting
    assert not window.page.quit
    assert not window.page.draft.is_changed


def test_goals_are_marked_by_mouse_and_each_stroke_is_undone(
    tmp_path: Path, window: Window
) -> None:
    window.click_key("F3")
    question = window.page.question
    assert question
    window.app.handle(click(question.places[0].center))
    window.step()
    before = (tmp_path / "pack.toml").read_text()
    window.drag((1, 4), (1, 5), (2, 5), (3, 4))
    assert split_sizes(tmp_path) == [2, 0, 3]
    legend = window.page.goals._spots
    window.app.handle(click(legend[1].rect.center))
    window.drag((3, 2))
    assert split_sizes(tmp_path) == [1, 1, 3]
    window.press(pygame.K_z, pygame.K_z, mod=CTRL)
    assert (tmp_path / "pack.toml").read_text() == before
    window.press(pygame.K_y, mod=CTRL)
    assert split_sizes(tmp_path) == [2, 0, 3]
    window.drag((1, 2), button=3)
    assert window.page.goals.painting
    assert window.page.goals.painting.mark == "t"
    window.drag((2, 2))
    assert "Only candidates" in window.page.sentence()
    assert (tmp_path / "lane.txt").read_text() == LEVEL


def test_it_says_what_is_missing(tmp_path: Path, window: Window) -> None:
    def said() -> str:
        window.press(pygame.K_F3)
        if window.page.question:
            window.press(pygame.K_g)
        assert not window.page.goals.painting
        return window.page.sentence()

    window.type("%")
    assert "Save the level first" in said()
    window.press(pygame.K_z, mod=CTRL)
    (tmp_path / "plain.txt").write_text("map:\n@.G\n")
    assert "plain.txt has no '?'" in said()
    (tmp_path / "pack.toml").write_text("[")
    assert "no valid TOML" in said()
    (tmp_path / "pack.toml").write_text("[mixture]\n")
    assert "a folder of its own" in said()


def test_goals_of_another_level_of_the_folder_are_marked(tmp_path: Path, window: Window) -> None:
    (tmp_path / "other.txt").write_text(LEVEL.replace("?.??", "?..?").replace("...", ".%."))
    window.press(pygame.K_F10, pygame.K_DOWN)
    window.type("g")
    window.step()
    window.press(pygame.K_g, pygame.K_TAB)
    window.type("h")
    assert window.page.draft.path == tmp_path / "other.txt"
    assert sorted(marks(window.page).values()) == list("httt")
    assert split_sizes(tmp_path) == [8, 0, 1]
    window.press(pygame.K_ESCAPE, pygame.K_ESCAPE)
    window.step()
    window.press(pygame.K_F10)
    window.step()
    key = window.page.folder._card.places[4]
    window.app.handle(click(key.center))
    window.step()
    assert window.page.draft.path == tmp_path / "lane.txt"
    assert set(marks(window.page).values()) == {"t"}


def test_a_collection_is_listed_by_level_and_says_why_it_has_no_goals(
    tmp_path: Path, window: Window
) -> None:
    text = "; one\n#####\n#@$.#\n#####\n\n; two\n######\n#@ $.#\n######\n"
    (tmp_path / "boxes.xsb").write_text(text)
    window.press(pygame.K_F10)
    levels = window.page.folder.levels
    assert levels
    assert [one.name for one in levels.levels] == ["boxes.xsb#1", "boxes.xsb#2", "lane.txt"]
    assert levels.selected == 2
    window.press(pygame.K_UP)
    window.type("g")
    window.step()
    assert window.page.draft.number == 2
    assert "no goals to mark" in window.page.sentence()
    window.press(pygame.K_F10)
    assert window.page.folder.levels
    assert window.page.folder.levels.selected == 1
    window.press(pygame.K_ESCAPE, pygame.K_ESCAPE)
    window.step()
    window.press(pygame.K_F3, pygame.K_g)
    assert "boxes.xsb#1 has no '?'" in window.page.sentence()
    assert not (tmp_path / "pack.toml").exists()


def test_a_number_at_a_file_of_one_level_makes_no_difference(tmp_path: Path) -> None:
    window = Window(tmp_path / "lane.txt#1")
    window.press(pygame.K_F3, pygame.K_g, pygame.K_TAB)
    window.type("h")
    assert split_sizes(tmp_path) == [4, 0, 1]
    window.app.close()


def test_changes_by_other_programs_are_kept(tmp_path: Path, window: Window) -> None:
    window.press(pygame.K_F3, pygame.K_g)
    pack = tmp_path / "pack.toml"
    pack.write_text('title = "Theirs"\n' + pack.read_text())
    window.press(pygame.K_TAB)
    window.type("h")
    assert pack.read_text().startswith('title = "Theirs"\n')
    assert split_sizes(tmp_path) == [4, 0, 1]
    (tmp_path / "lane.txt").write_text(LEVEL.replace("?.?.", "?..."))
    window.step(20)
    assert not window.page.goals.painting
    assert "has changed" in window.page.sentence()


# --- maps that change after they were marked


@pytest.fixture
def marked(tmp_path: Path, window: Window) -> Window:
    """A window with a level whose first goal is for validation and whose last one is held out."""
    pack = tmp_path / "pack.toml"
    drawing = "#######\n#.v.tt#\n#.....#\n#.t.h.#\n#######"
    pack.write_text(
        f'# mine\n[split]\nby = "goals"\n[split.goals]\n"lane.txt" = """\n{drawing}\n"""\n'
    )
    return window


def save(window: Window) -> str:
    window.press(pygame.K_s, mod=CTRL)
    window.step()
    return window.page.sentence()


def test_marks_follow_a_map_that_is_saved(tmp_path: Path, marked: Window) -> None:
    before = (tmp_path / "pack.toml").read_text()
    assert save(marked).endswith("lane.txt.")
    assert (tmp_path / "pack.toml").read_text() == before
    marked.press(pygame.K_LEFT, mod=CTRL)
    marked.page.editor.go_to((2, 4))
    marked.type("?")
    said = save(marked)
    assert said.endswith("Its new goal at row 3, column 5 is for training: F3 changes that.")
    assert split_sizes(tmp_path) == [4, 1, 1]
    assert (tmp_path / "pack.toml").read_text().startswith('# mine\n[split]\nby = "goals"\n')
    marked.press(pygame.K_F3)
    found = {(1, 3): "v", (1, 5): "t", (1, 6): "t", (2, 4): "t", (3, 3): "t", (3, 5): "h"}
    assert marks(marked.page) == found
    marked.press(pygame.K_ESCAPE)
    marked.page.editor.go_to((3, 5))
    marked.type(".")
    assert "Goals that are gone: 1 held out." in save(marked)


def test_it_asks_where_marks_belong_and_says_why_a_pack_is_broken(
    tmp_path: Path, marked: Window
) -> None:
    """Both at saving and at F3, where another program has changed the map."""
    before = (tmp_path / "pack.toml").read_text()
    (tmp_path / "lane.txt").write_text("map:\n@?.??\n")
    marked.step(20)
    marked.press(pygame.K_F3)
    assert marked.page.question
    assert "does not fit its drawing" in marked.page.question.text
    marked.press(pygame.K_ESCAPE)
    marked.page.editor.go_to((0, 2))
    marked.type("?")
    save(marked)
    assert marked.page.question
    marked.press(pygame.K_ESCAPE)
    assert (tmp_path / "pack.toml").read_text() == before
    marked.press(pygame.K_F3, pygame.K_t)
    assert list(marks(marked.page).values()) == list("tttt")
    marked.press(pygame.K_ESCAPE)
    (tmp_path / "plain.txt").write_text("map:\n@.G\n")
    marked.type("#")
    said = save(marked)
    assert "The pack cannot be loaded: pack.toml:" in said
    assert "plain.txt has no '?'" in said


def test_a_copy_has_the_same_marks_and_a_renamed_level_keeps_them(
    tmp_path: Path, marked: Window
) -> None:
    marked.press(pygame.K_F10, pygame.K_d)
    assert split_sizes(tmp_path) == [6, 2, 2]
    marked.press(pygame.K_r)
    assert marked.page.field
    marked.page.field.text, marked.page.field.caret = "zig.txt", 7
    marked.press(pygame.K_RETURN)
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["lane.txt", "zig.txt"]
    assert split_sizes(tmp_path) == [6, 2, 2]
    assert "lane-2" not in (tmp_path / "pack.toml").read_text()


def test_a_level_saved_under_another_name_keeps_its_marks(tmp_path: Path, marked: Window) -> None:
    marked.page.files._save_as(str(tmp_path / "second.txt"))
    marked.step()
    assert split_sizes(tmp_path) == [6, 2, 2]
    marked.page.files._save_as(str(tmp_path / "elsewhere" / "third.txt"))
    assert not (tmp_path / "elsewhere" / "pack.toml").exists()


def test_the_question_says_what_it_will_do_after_checking(tmp_path: Path, window: Window) -> None:
    window.press(pygame.K_F3)
    assert window.page.question
    assert window.page.question.text.startswith("This creates pack.toml in")
    assert "old division" not in window.page.question.text
    window.press(pygame.K_ESCAPE)
    assert not (tmp_path / "pack.toml").exists()
    (tmp_path / "plain.txt").write_text("map:\n@.G\n")
    window.press(pygame.K_F3)
    assert not window.page.question
    assert "plain.txt has no '?'" in window.page.sentence()

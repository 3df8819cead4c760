"""The gallery, and the way from screen to screen, driven by events."""

from __future__ import annotations

from pathlib import Path

import pygame
import pytest

from commands.agent_choices import AgentChoices
from game.tasks.packs import load_pack
from game.view.app import CHECK_FILES, App, setup_of
from game.view.draw.theme import DARK
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import Library
from game.view.screens.gallery import Gallery
from game.view.screens.screen import Navigation
from game.view.screens.watch import WatchScreen
from game.view.settings import load
from game.world.bayes import first_episode_score
from tests.view_data import AGENTS, LEVEL, FixedAgents, Script, click, press

pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture
def level(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text(LEVEL)
    return path


def start(tmp_path: Path, name: str | Path = "showcase") -> App:
    navigation = Navigation("watch", load_pack(name), agents=AGENTS)
    file = tmp_path / "settings.json"
    return App(navigation, FixedAgents(), Script(), file, jobs=BackgroundJobs(at_once=True))


def gallery_of(app: App) -> Gallery:
    app.handle(press(pygame.K_g, "g"))
    app.update(0.02)
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    assert isinstance(app.page, Gallery)
    return app.page


def type_in(app: App, text: str) -> None:
    for letter in text:
        app.handle(press(ord(letter), letter))
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))


# --- the gallery


def test_the_gallery_shows_all_packs_and_ones_own_levels(tmp_path: Path, level: Path) -> None:
    gallery = gallery_of(start(tmp_path, level))
    titles = dict.fromkeys(entry.shelf.title for entry in gallery.entries)
    assert list(titles)[:2] == ["Test lane", "Showcase"]
    assert {"Goals 5x5", "Mazes 9x9"} <= set(titles)
    assert gallery.entry is not None
    assert gallery.entry.name == "Test lane"


def test_typing_searches_and_enter_opens(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    type_in(app, "goals")
    assert {entry.shelf.title for entry in gallery.entries} == {"Goals 5x5"}
    assert len(gallery.entries) == 5
    app.handle(press(pygame.K_RIGHT))
    chosen = gallery.entry
    app.handle(press(pygame.K_RETURN))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert chosen is not None
    assert chosen.task is not None
    assert app.page.task.id == chosen.task.id
    assert app.page.subject.agents == AGENTS


def test_letters_are_letters_in_the_gallery(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    type_in(app, "tg")
    assert gallery.query == "tg"
    assert app.appearance.palette is not DARK
    app.handle(press(pygame.K_BACKSPACE))
    app.handle(press(pygame.K_t, "t", pygame.KMOD_CTRL))
    assert gallery.query == "t"
    assert app.appearance.palette is DARK
    app.handle(press(pygame.K_ESCAPE))
    assert gallery.query == ""
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)


def test_arrow_keys_go_through_lines_and_packs(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    first = gallery.entry
    app.handle(press(pygame.K_PAGEDOWN))
    assert gallery.entry is not None
    assert gallery.entry.shelf.title != "Showcase"
    app.handle(press(pygame.K_UP))
    assert gallery.entry.shelf.title == "Showcase"
    app.handle(press(pygame.K_PAGEUP))
    assert gallery.entry == first
    for _ in range(500):
        app.handle(press(pygame.K_RIGHT))
    assert gallery.selected == len(gallery.entries) - 1


def test_tab_chooses_agent_and_mode_by_keyboard(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    app.handle(press(pygame.K_TAB))
    app.handle(press(pygame.K_RIGHT))
    assert gallery.value("agent") == AGENTS[1]
    app.handle(press(pygame.K_TAB))
    app.handle(press(pygame.K_LEFT))
    assert gallery.value("beside it") == "no other"
    app.handle(press(pygame.K_RETURN))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.subject.agents == (AGENTS[1],)


@pytest.mark.parametrize("key", [pygame.K_RETURN, pygame.K_g])
def test_a_screen_that_is_covered_keeps_no_pictures(tmp_path: Path, key: int) -> None:
    """However many lie upon each other; what they show is drawn again."""
    app = start(tmp_path)
    app.draw(pygame.Surface((960, 640)))
    below = app.page
    assert isinstance(below, WatchScreen)
    assert below._stage
    app.handle(press(key))
    app.update(0.02)
    assert app.page is not below
    assert below._stage is None
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    assert below._stage


def test_each_mode_asks_only_what_it_needs(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    asked = {"watch": 4, "play": 2, "duel": 3, "train": 4}
    for _ in range(3):
        app.handle(press(pygame.K_TAB))
    for mode, count in asked.items():
        assert gallery.value("mode") == mode
        assert gallery.field == "mode"
        app.draw(pygame.Surface((960, 640)))
        assert len(gallery._fields) == 2 * (count - 1)
        app.handle(press(pygame.K_RIGHT))


def test_the_mouse_does_the_same(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    rect, number = gallery._cards[1]
    app.handle(click(rect.center))
    assert gallery.selected == number
    agent = gallery.value("agent")
    side = next(rect for rect, field, by in gallery._fields if field == "agent" and by == 1)
    app.handle(click(side.center))
    assert gallery.value("agent") != agent
    app.draw(pygame.Surface((960, 640)))
    app.handle(click(rect.center))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)


def test_seen_is_what_the_chosen_agent_was_trained_on(tmp_path: Path) -> None:
    app = start(tmp_path)
    tasks = load_pack("showcase").split("test").tasks
    app.agents = FixedAgents(tasks[0].id)
    gallery = gallery_of(app)
    said = [gallery._said(e, e.task) for e in gallery.entries[:2] if e.task]
    assert said[0].endswith(" seen")
    assert said[1].endswith(" unseen")


def test_one_picture_is_painted_a_frame(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    surface = pygame.Surface((960, 640))
    for _ in range(5):
        before = gallery._painted
        app.update(0.02)
        app.draw(surface)
        assert gallery._painted <= before + 1
    painted = gallery._painted
    for _ in range(60):
        app.update(0.1)
        app.draw(surface)
    assert gallery._painted > painted
    still = gallery._painted
    app.draw(surface)
    assert gallery._painted == still


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (300, 200), (1, 1)])
def test_it_draws_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    app = start(tmp_path)
    gallery_of(app)
    surface = pygame.Surface(size)
    app.draw(surface)


def test_a_level_with_errors_tells_them(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@xG\n")
    library = Library([bad], BackgroundJobs(at_once=True))
    gallery = Gallery(library, FixedAgents())
    gallery.update(0.1)
    gallery.draw(pygame.Surface((960, 640)))
    gallery.handle(press(pygame.K_RETURN))
    assert gallery.navigation is None
    assert gallery.notice is not None
    assert "bad.txt:2:2" in gallery.notice[1]


# --- files


def test_a_dropped_level_opens_and_is_remembered(tmp_path: Path, level: Path) -> None:
    app = start(tmp_path)
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(level)))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.task.name == "Test lane"
    assert load(tmp_path / "settings.json").recent == (str(level.resolve()),)


def test_a_dropped_file_with_errors_shows_them_and_changes_nothing(tmp_path: Path) -> None:
    app = start(tmp_path)
    before = app.page
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@xG\n")
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(bad)))
    app.update(0.02)
    assert app.page is before
    assert before.notice is not None
    assert "bad.txt:2:2" in before.notice[1]
    app.draw(pygame.Surface((960, 640)))
    app.handle(press(pygame.K_SPACE))
    assert before.notice is None


def test_a_level_that_is_written_is_loaded_again(tmp_path: Path, level: Path) -> None:
    """And while it has errors, the last good state stays."""
    app = start(tmp_path, level)
    assert isinstance(app.page, WatchScreen)
    first = app.page.task
    level.write_text(LEVEL.replace("G", "x"))
    app.update(CHECK_FILES * 1.1)
    assert app.page.task == first
    assert app.page.notice is not None
    assert "mine.txt:7:7" in app.page.notice[1]
    level.write_text(LEVEL.replace("%", ".").replace("steps: 12", "steps:  9"))
    app.update(CHECK_FILES * 1.1)
    assert isinstance(app.page, WatchScreen)
    assert app.page.task.level.steps == 9
    assert app.page.notice is None


# --- the window as a whole


def test_the_theme_is_kept_for_the_next_time(tmp_path: Path) -> None:
    app = start(tmp_path)
    app.handle(press(pygame.K_t, "t"))
    app.update(0.02)
    assert start(tmp_path).appearance.palette is DARK


def test_closing_the_window_leaves_every_screen(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery_of(app)
    app.handle(pygame.event.Event(pygame.QUIT))
    assert app.quit
    app.update(0.02)
    app.draw(pygame.Surface((320, 240)))


def test_what_other_screens_cut_short_begins_again(tmp_path: Path) -> None:
    app = start(tmp_path)
    asked = app.feed.asked  # type: ignore[attr-defined]
    gallery_of(app)
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert len(asked) == 2
    assert asked[0].task == asked[1].task
    assert asked[0].number != asked[1].number


@pytest.mark.parametrize("name", ["scratch", "random", "planner", "posterior-sampling"])
def test_of_agents_that_never_trained_is_said_what_they_are(name: str) -> None:
    said = setup_of(load_pack("showcase"), [name], AgentChoices()).sentence
    assert said
    assert (name == "scratch") == ("has learned nothing before" in said)


def test_steps_of_very_different_length_share_a_logarithmic_axis() -> None:
    pack = load_pack("showcase")
    assert setup_of(pack, ["maml-mazes-9x9", "posterior-sampling"], AgentChoices()).unlike
    assert not setup_of(pack, ["maml-mazes-9x9", "scratch"], AgentChoices()).unlike


def test_it_says_why_a_level_is_out_of_the_agents_distribution() -> None:
    agents, name = AgentChoices(), ["maml-mazes-9x9"]
    own, other = load_pack("mazes-9x9"), load_pack("opponents")
    inside = setup_of(own, name, agents)
    assert inside.outside(inside.tasks[0]) == ()
    outside = setup_of(other, name, agents)
    why = outside.outside(outside.tasks[0])
    assert why
    assert "patrol" in why[0] or "hunt" in why[0]
    facts = WatchScreen(outside, Script()).facts()
    assert facts.badge == "unseen, out of distribution"
    assert why[0] in facts.about


def test_the_bayes_bound_is_a_line_of_the_plot() -> None:
    pack = load_pack("goals-5x5")
    score = first_episode_score(pack.levels[0])
    axes = WatchScreen(setup_of(pack, AGENTS, FixedAgents()), Script()).facts().axes
    assert axes
    assert score
    assert axes.bayes == pytest.approx(axes.random + score * (axes.optimal - axes.random))
    plain = WatchScreen(setup_of(load_pack("showcase"), AGENTS, FixedAgents()), Script())
    assert plain.facts().axes.bayes is None  # its goals are no secret draw

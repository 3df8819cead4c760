"""The first screen with its doors, terms that explain themselves, and what moves while loading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from commands.watch import WIDE_GAP, FirstSight
from game.session.glossary import TERMS, terms_in
from game.session.messages import RecordedFeed
from game.tasks.packs import load_pack
from game.view.app import App
from game.view.draw.doors import doors_height, draw_doors
from game.view.draw.term_spots import TermSpot, draw_term_card
from game.view.draw.theme import DARK, LIGHT, Typeset
from game.view.draw.waiting_bar import PHASES, PHASES_PER_SECOND, waiting_phase
from game.view.model.background_jobs import BackgroundJobs
from game.view.screens.editor import EditorScreen
from game.view.screens.first_doors import DOOR_TEXTS, DOORS, WELCOME
from game.view.screens.gallery import Gallery
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.watch import WatchScreen
from tests.view_data import AGENTS, LEVEL, TASK, FixedAgents, Script, click, press, subject, traces

pytestmark = pytest.mark.usefixtures("fonts")

SIZES = [(480, 480), (960, 640), (1280, 800), (1920, 1080)]


def home(path: Path, settings: Path | None = None) -> App:
    """Return the app on its first screen, with the level of the traces."""
    file = path / "lane.txt"
    file.write_text(LEVEL)
    pack = load_pack(file)
    first = Navigation("watch", pack, agents=AGENTS, by_default=True, is_first_sight=True)
    return App(first, FixedAgents(), RecordedFeed(traces()), settings)


def move(screen: WatchScreen | App, at: tuple[int, int]) -> None:
    """Move the mouse without a button."""
    screen.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=at, buttons=(0, 0, 0)))


def test_the_first_level_is_one_of_the_showcase() -> None:
    task = FirstSight()._first_sight(load_pack("showcase"))
    assert task
    assert task.name == WIDE_GAP


@pytest.mark.parametrize(
    ("key", "screen"), [(2, Gallery), (3, PlayScreen), (4, EditorScreen), (5, Gallery)]
)
@pytest.mark.parametrize("by_mouse", [True, False])
def test_doors_lead_somewhere_by_key_and_by_mouse(
    key: int, screen: type, by_mouse: bool, tmp_path: Path
) -> None:
    app = home(tmp_path)
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    place = next(box for box, one in app.page._key_boxes if one.cap == str(key))
    app.handle(click(place.center) if by_mouse else press(pygame.K_0 + key))
    app.update(0.02)
    assert isinstance(app.page, screen)
    if isinstance(app.page, Gallery):
        assert app.page.fields.value("mode") == ("watch" if key == 2 else "train")
    app.close()


def test_the_first_door_is_the_tour(tmp_path: Path) -> None:
    app = home(tmp_path)
    app.page.handle(press(pygame.K_1))
    assert app.page.navigation == Navigation("tour")
    app.close()


def test_the_first_screen_keeps_its_doors_when_another_agent_is_watched(tmp_path: Path) -> None:
    """The welcome speaks of an agent that has learned to learn, which scratch has not."""
    app = home(tmp_path)
    assert isinstance(app.page, WatchScreen)
    assert app.page.sentence() == WELCOME
    app.handle(press(pygame.K_w))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.setup.agent_ids == AGENTS[::-1]
    assert app.page.has_doors
    assert (app.page.setup.sentence == WELCOME) == app.page.setup.learned
    app.close()


def test_the_doors_are_on_the_first_screen_only() -> None:
    assert not any(key.cap == "1" for key in WatchScreen(subject(), Script()).all_keys())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.6])
def test_the_words_of_the_doors_are_whole(size: tuple[int, int], scale: float) -> None:
    type, surface = Typeset(scale), pygame.Surface(size)
    width = size[0] - 6 * type.unit
    area = pygame.Rect(3 * type.unit, 0, width, doors_height(DOOR_TEXTS, width, type))
    with type.noting() as noted:
        places = draw_doors(surface, area, DOOR_TEXTS, type)
    assert len(places) == len(DOORS)
    for place, door in zip(places, DOORS):
        [word] = [text for text in noted if text.text == door.word]
        assert size[0] < 600 * scale or place.contains(word.place)
        assert surface.get_rect().contains(place)


def test_a_term_explains_itself_once_the_mouse_rests_on_it() -> None:
    screen = WatchScreen(subject(), RecordedFeed(traces()))
    screen.update(0.0)
    surface = pygame.Surface((1280, 800))
    screen.draw(surface)
    for word, term in (("score", "score"), ("unseen in training", "unseen")):
        place = next(text.place for text in screen.noted_texts() if text.text == word)
        move(screen, (place.left + 3, place.centery))
        assert screen._term.spot
        assert screen._term.spot.term == term
        before = screen.snapshot()
        screen.pass_time(0.3)
        assert screen.snapshot() == before
        screen.pass_time(0.2)
        assert screen.snapshot() != before
        screen.draw(surface)
    screen.handle(press(pygame.K_p))
    assert screen._term.spot is None
    move(screen, (1, 1))
    assert screen._term.spot is None


@pytest.mark.parametrize("door", [None, 2, 3, 4])
def test_every_screen_notes_the_places_of_its_texts(door: int | None, tmp_path: Path) -> None:
    app, surface = home(tmp_path), pygame.Surface((960, 640))
    if door:
        app.handle(press(pygame.K_0 + door))
    for _ in range(3):
        app.update(0.02)
        app.draw(surface)
    noted = app.page.noted_texts()
    assert any(list(terms_in(one.text)) for one in noted)
    assert all(surface.get_rect().colliderect(one.place) for one in noted if one.text)
    app.close()


@pytest.mark.parametrize("size", [(300, 200), *SIZES])
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_card_of_a_term_is_never_cut(size: tuple[int, int], palette: object) -> None:
    surface, type = pygame.Surface(size), Typeset(0.8, palette)  # type: ignore[arg-type]
    for term in TERMS:
        for left, top in ((0, 0), (size[0] - 40, 0), (0, size[1] - 18), (size[0], size[1])):
            card = draw_term_card(surface, TermSpot(term, (left, top, 40, 17)), type)
            assert surface.get_rect().contains(card)


def test_something_moves_while_the_agent_loads(script: Script) -> None:
    screen = WatchScreen(subject(TASK), script)
    seen = set()
    for _ in range(8):
        screen.update(0.25)
        seen.add(screen.facts().waiting)
    assert len(seen) > 3
    assert "process" in screen.facts().doing
    assert {waiting_phase(k / PHASES_PER_SECOND) for k in range(PHASES)} == set(range(PHASES))
    shown = WatchScreen(subject(TASK), RecordedFeed(traces()))
    shown.update(0.0)
    assert shown.facts().waiting is None


def test_a_file_that_is_loading_is_named_after_a_while(tmp_path: Path) -> None:
    app = home(tmp_path)
    app._waiting = replace(app.location, pack=None, path=tmp_path / "large.txt")
    assert app._loading_text() == ""
    app._loading_for = 0.4
    texts = {app._loading_text()}
    app._loading_for = 1.1
    assert texts | {app._loading_text()} == {"Loading large.txt.", "Loading large.txt..."}
    app.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", [None, pygame.K_4])
def test_all_keys_fit_on_pages_of_any_size(
    key: int | None, size: tuple[int, int], tmp_path: Path
) -> None:
    """F1 turns the pages, and after the last one closes the list."""
    app, surface = home(tmp_path), pygame.Surface(size)
    if key:
        app.handle(press(key))
        app.update(0.02)
    page, seen = app.page, set()
    page.handle(press(pygame.K_F1))
    while page.showing_help:
        app.draw(surface)
        shown = {one.cap: box for box, one in page._help_boxes if box.width}
        assert all(surface.get_rect().contains(box) for box in shown.values())
        seen |= set(shown)
        page.handle(press(pygame.K_F1))
    assert seen == {one.cap for one in page.all_keys()}
    app.close()


@pytest.mark.parametrize(
    "keys", [(), (pygame.K_s,), (pygame.K_x,)], ids=["one board", "side by side", "sliders"]
)
def test_the_smallest_window_has_room_for_the_board_and_the_chart(
    keys: tuple[int, ...], tmp_path: Path
) -> None:
    app = home(tmp_path)
    app.library.jobs = BackgroundJobs(at_once=True)  # so that the chart has its axes
    app.update(0.02)
    for key in keys:
        app.handle(press(key))
    app.update(0.02)
    app.draw(pygame.Surface(SIZES[0]))
    places = app.page.anchors()
    assert places["board"].width > SIZES[0][0] / 5
    plot = app.page._frame.plot
    assert plot is not None
    assert plot.height > SIZES[0][1] / 8
    app.close()


def test_the_first_screen_begins_once_the_tour_was_offered(tmp_path: Path) -> None:
    app = home(tmp_path, tmp_path / "settings.json")
    for _ in range(20):
        app.update(0.1)
    assert isinstance(app.page, WatchScreen)
    offered = app.page.run.playback.position()
    app.handle(press(pygame.K_ESCAPE))
    for _ in range(20):
        app.update(0.1)
    begun = app.page.run.playback.position()
    assert offered
    assert begun
    assert (offered.step, offered.episode, offered.move) == (0, 0, 0)
    assert begun != offered
    app.close()

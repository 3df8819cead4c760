"""The guided tour: its stops open, can be passed by keys or mouse, and point at what is there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pygame
import pytest

from game.session.messages import Finished, Stepped
from game.session.tasks_lines import (
    FIRST_ORDER,
    GAMES,
    HELD_OUT,
    OTHER_PACK,
    ROBOTS,
    TOO_LARGE,
    TOO_LONG,
    WHAT_DIFFERS,
)
from game.session.tour import (
    QUESTIONS,
    TOUR,
    Opening,
    TourAnswer,
    TourChoice,
    TourStop,
    place_of,
)
from game.tasks.packs import load_pack
from game.text.percentage import percentage
from game.view.app import App
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import file_stamps
from game.view.model.playback import SPEEDS
from game.view.screens.editor import EditorScreen
from game.view.screens.many import ManyScreen
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.tour_guide import TourGuide
from game.view.screens.watch import WatchScreen
from game.view.settings import load
from tests.view_data import AGENTS, FixedAgents, Script, adaptation, click, press

pytestmark = pytest.mark.usefixtures("fonts")
SLOW = "GRIDAPT_ADAPTATIONS" in os.environ  # also what takes long
SIZES = ((480, 480), *(((960, 640), (1280, 800), (1920, 1080)) if SLOW else ()))
F2, SHIFT = pygame.K_F2, pygame.KMOD_SHIFT


class Places(FixedAgents):
    """Agents of any name."""

    def card(self, name: str, pack: str):
        return super().card(AGENTS[0] if name.startswith("maml") else AGENTS[1], pack)


def start(file: Path | None = None, stops: tuple[TourStop, ...] = TOUR) -> App:
    first = Navigation("watch", load_pack("goals-5x5"), agents=AGENTS)
    app = App(first, Places(), Script(), file, jobs=BackgroundJobs(at_once=True))
    app.tour = TourGuide(stops, app.settings.tour)
    return app


def go(app: App, mod: int = 0, size: tuple[int, int] = (480, 480)) -> None:
    app.handle(press(F2, mod=mod))
    show(app, size)


def show(app: App, size: tuple[int, int] = (480, 480)) -> pygame.Surface:
    surface = pygame.Surface(size)
    app.update(0.02)
    app.draw(surface)
    return surface


def click_key(app: App, cap: str) -> None:
    keys = dict(zip((cap for cap, _ in app.tour._keys()), app.tour._boxes.keys))
    app.handle(click(keys[cap].center))
    show(app)


def let_adapt(app: App) -> None:
    """Send all steps of the current request, and show them at once."""
    page = app.page
    assert isinstance(page, WatchScreen)
    feed, run = page.feed, page.run
    assert isinstance(feed, Script)
    sharpness = np.linspace(0, 60, run.steps + 1)
    for agent in range(len(run.traces)):
        steps = adaptation(run.task, AGENTS[0], sharpness).steps
        feed.messages += [Stepped(run.number, agent, step) for step in steps]
    feed.messages.append(Finished(run.number))
    page.run.playback.speed_index = len(SPEEDS) - 1
    for _ in range(3):
        app.update(0.1)


def test_stops_open_in_order_by_keys_and_the_tour_ends_where_it_began(tmp_path: Path) -> None:
    stops = TOUR if SLOW else TOUR[::5]
    app = start(tmp_path / "settings.json", stops)
    first = app.page
    for stop in stops:
        go(app)
        assert app.tour.is_on(app.page), stop.name
        assert app.tour.stop is stop
        assert load(tmp_path / "settings.json").tour == stop.name
        assert app.pages[0] is first
    go(app)
    assert app.pages == [first]
    assert load(tmp_path / "settings.json").tour == ""
    go(app, SHIFT)  # no card is on screen: the key is not the tour's
    assert app.pages == [first]


def test_every_stop_points_at_what_the_card_leaves_free_and_can_be_passed_by_mouse() -> None:
    app = start()
    go(app)
    for stop in TOUR:
        assert app.tour.stop is stop
        assert app.page.notice is None
        assert len(app.pages) == 2  # a stop takes the place of the last one
        if isinstance(app.page, WatchScreen):
            app.page.run.finished = True  # so that the keys of the stop are pressed
        if isinstance(app.page, ManyScreen):
            app.tour._unpressed = ()  # its steps do not arrive here
        for size in SIZES:
            show(app, size)
            show(app, size)
            check_marks(app, stop, size)
        if app.tour.asks():
            app.handle(click(app.tour._boxes.answers[0].center))
            show(app, size)
            assert not app.tour.asks()
            check_said(app, stop)
        click_key(app, "F2")
    assert not app.tour.is_on(app.page)


def check_marks(app: App, stop: TourStop, size: tuple[int, int]) -> None:
    """Assert that the screen has the stop's anchors, and that the card is beside them."""
    anchors, window = app.page.anchors(), pygame.Rect((0, 0), size)
    answers = stop.choice.answers if stop.choice else ()
    for name in (stop.points_at, *(one.anchor for one in answers if one.anchor)):
        assert name in anchors, (stop.name, name, size)
    assert window.contains(app.tour._card), (stop.name, size)
    for mark in app.tour._marks:
        assert window.contains(mark.rect), (stop.name, size)
        assert not mark.rect.colliderect(app.tour._card), (stop.name, size)


def check_said(app: App, stop: TourStop) -> None:
    """Assert that the card is beside what it points at, also with all that it says at last."""
    for size in SIZES:
        with patch.object(app.tour, "_note", lambda *_: "No: neither. " + stop.choice.reason):
            show(app, size)
        for mark in app.tour._marks:
            assert not mark.rect.colliderect(app.tour._card), (stop.name, size)


def test_back_and_leave_are_keys_and_can_be_clicked() -> None:
    app = start()
    go(app)
    go(app)
    go(app, SHIFT)
    assert app.tour.index == 0
    go(app)
    click_key(app, "Shift F2")
    assert app.tour.index == 0
    click_key(app, "Esc")
    assert len(app.pages) == 1
    go(app)
    assert app.tour.index == 0
    assert app.tour.is_on(app.page)
    app.handle(press(pygame.K_ESCAPE))
    show(app)
    assert len(app.pages) == 1


def test_a_stop_can_be_left_and_comes_back_also_in_another_window(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    app = start(file)
    go(app)
    go(app)
    app.handle(press(pygame.K_i, "i"))  # fiddle: play the level
    show(app)
    assert isinstance(app.page, PlayScreen)
    assert not app.tour.is_on(app.page)
    go(app)
    assert app.tour.is_on(app.page)
    assert app.tour.index == 1
    assert sum(isinstance(page, WatchScreen) for page in app.pages) == 2  # the first, and the stop
    again = start(file)
    go(again)
    assert again.tour.index == 1


def test_an_adaptation_waits_for_its_prediction_and_then_says_what_came_of_it() -> None:
    app = start()
    go(app)
    go(app)
    assert app.tour.stop.choice is not None
    let_adapt(app)
    assert app.page.run.playback.furthest == 0
    assert app.tour.facts(app.page).question
    app.handle(press(pygame.K_2, "2"))
    show(app)
    app.page.run.playback.rewind()
    for _ in range(3):
        app.update(0.1)
    right = app.tour.stop.choice.right
    assert app.tour.right_answer(app.page) == right
    assert app.tour.facts(app.page).note.startswith("Right." if right == 1 else "No: ")


def test_the_persons_own_episodes_decide_the_first_prediction() -> None:
    app = start()
    go(app)
    app.handle(press(pygame.K_4, "4"))
    assert isinstance(app.page, PlayScreen)
    assert app.tour.right_answer(app.page) is None
    for _ in range(3):
        for _ in range(100):
            app.handle(press(pygame.K_PERIOD, "."))
        app.update(1.0)
        app.handle(press(pygame.K_SPACE, " "))
    assert app.tour.right_answer(app.page) == 3
    assert app.tour.facts(app.page).note.startswith("Right.")


def test_a_question_is_answered_by_a_click_on_the_screen() -> None:
    answers = TourAnswer("the board", "board"), TourAnswer("the chart", "chart")
    choice = TourChoice("Which one?", answers, 1, "It is the chart.")
    opening = Opening("watch", TOUR[1].opening.line, keys=("P",))
    stop = TourStop("asked", QUESTIONS, "A question", "Look.", opening, "board", "Click.", choice)
    app = start(stops=(stop,))
    go(app)
    app.page.run.finished = True
    show(app)
    assert [overlay.cap for overlay in app.page.active_overlays] == ["P"]
    assert [mark.number for mark in app.tour._marks] == ["1", "2"]
    app.handle(click(app.page.anchors()["chart"].center))
    show(app)
    assert app.tour.facts(app.page).note == "Right. It is the chart."
    assert [mark.is_right for mark in app.tour._marks] == [False, True]
    assert place_of(stop, (stop,)) == "question 1 of 1"


def test_the_answer_decides_which_reason_is_given() -> None:
    choice = TOUR[0].choice
    assert choice is not None
    assert "straight there" in choice.why(1)
    assert choice.why(3).startswith("Three tries are few.")


def test_stops_of_one_part_have_letters() -> None:
    places = {stop.name: place_of(stop, TOUR) for stop in TOUR}
    assert places["many goals"] == "6 of 8"
    assert [places[name] for name in ("long", "large", "first order")] == [
        "7a of 8",
        "7b of 8",
        "7c of 8",
    ]
    assert places["robots and games"] == "question 5 of 5"


def test_an_answer_on_the_screen_is_followed_by_the_step_that_decides() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("why many tasks")
    go(app)
    let_adapt(app)
    assert app.page.run.playback.furthest == 0  # it waits
    app.handle(press(pygame.K_1, "1"))
    show(app)
    assert app.page.run.playback.furthest == 1


def test_the_tour_takes_figures_on_many_tasks_from_their_study() -> None:
    lines = (TOO_LONG, TOO_LARGE, FIRST_ORDER, OTHER_PACK, HELD_OUT, ROBOTS, GAMES, WHAT_DIFFERS)
    names = (
        "long",
        "large",
        "first order",
        "fair",
        "when fair",
        "robots",
        "games",
        "robots and games",
    )
    stops = {stop.name: stop for stop in TOUR}
    for name, line in zip(names, lines, strict=True):
        stop = stops[name]
        said = stop.choice.reason if stop.choice else stop.text
        for figures in (*line.shown, *([line.own] if line.own else [])):
            assert percentage(figures.percent / 100) in said, name
        if stop.opening.kind == "many":
            assert stop.opening.line == line.line


@pytest.mark.parametrize("name", ["why many tasks", "why few steps", "robots and games"])
def test_a_question_on_the_screen_waits_until_the_screen_is_ready(name: str) -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index(name)
    go(app)
    assert app.tour.asks() is None
    assert app.tour.holds()
    app.handle(press(pygame.K_2, "2"))  # does not count yet
    assert not app.tour.given
    app.page.run.finished = True
    show(app)
    assert app.tour.asks()
    assert [mark.number for mark in app.tour._marks] == ["1", "2"]


def test_the_loops_of_a_training_are_answers_also_once_it_has_ended() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("which loop")
    go(app)
    app.page.run.state = "trained"
    for size in SIZES:
        show(app, size)
        outer, inner = (mark.rect for mark in app.tour._marks)
        assert outer.contains(inner)
    app.handle(click((outer.left + 4, outer.top + 4)))
    assert app.tour.given == {"which loop": 0}
    app.tour.given.clear()
    app.handle(click(inner.center))
    assert app.tour.given == {"which loop": 1}


@pytest.mark.parametrize(("name", "is_decided_there"), [("outer", True), ("which loop", False)])
def test_figures_on_screen_are_named_only_where_they_decide(
    name: str, is_decided_there: bool
) -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index(name)
    go(app)
    app.page.run.state = "trained"
    show(app)
    app.tour.answer(1)
    decides = patch.object(app.page, "outcome", lambda: 1)
    over = patch.object(app.page, "is_over", lambda: True)
    with decides, over, patch.object(app.page, "measured", lambda: "Before: 1%."):
        note = app.tour.facts(app.page).note
    assert note.startswith("Right. Before: 1%." if is_decided_there else "Right. The inner loop")


def test_only_the_first_screen_offers_the_tour_and_only_once(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    asked = []
    for is_first_sight in (False, True, True):
        first = Navigation(
            "watch", load_pack("goals-5x5"), agents=AGENTS, is_first_sight=is_first_sight
        )
        app = App(first, Places(), Script(), file, jobs=BackgroundJobs(at_once=True))
        asked.append(app.page.question is not None)
    assert asked == [False, True, False]


def test_a_prediction_is_not_told_before_it_is_made() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("meta")
    go(app)
    let_adapt(app)
    axes = replace(app.page.run.phase.axes, usual=((0, 0.0), (20, 1.0)))
    shown = []
    with patch("game.view.screens.watch_texts._axes", lambda *_: axes):
        for _ in range(2):
            shown.append(bool(app.page.facts().axes.usual))
            app.handle(press(pygame.K_3, "3"))
    assert shown == [False, True]


def test_terms_on_the_card_explain_themselves() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("first order")
    go(app, size=(1280, 800))
    app.handle(press(pygame.K_1, "1"))
    show(app, (1280, 800))
    text, style, place = next(one for one in app.tour._noted if "second order" in one.text)
    left = app.tour._typeset.width(text[: text.index("second order")], style)
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(place.left + left + 3, place.centery)))
    assert app.tour._term.spot.term == "second order"
    before = app.snapshot()
    app.update(0.5)
    assert app.snapshot() != before
    show(app, (1280, 800))
    app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(1, 1), buttons=(0, 0, 0)))
    assert app.tour._term.spot is None


def test_the_header_has_a_sentence_that_is_whole_in_a_small_window() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("meta")
    go(app)
    app.page.setup = replace(app.page.setup, adapts_by="gradient steps from a learned start")
    assert app.page.sentence().endswith(", by gradient steps from a learned start.")
    assert app.page.sentence(short=True).endswith("never seen.")


def test_the_level_to_edit_stands_for_many_tasks() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("make")
    go(app)
    assert isinstance(app.page, EditorScreen)
    assert sum(row.count("?") for row in app.page.editor.reading.level.rows) > 6


def test_esc_means_one_thing_on_the_card_and_on_the_screen() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("inner")
    go(app)
    let_adapt(app)
    app.handle(press(pygame.K_1, "1"))
    show(app)
    assert app.page.slow
    assert app.tour._keys()[-1] == ("Esc", "end slow motion")
    click_key(app, "Esc")
    assert app.tour.is_on(app.page)
    assert not app.page.slow
    assert app.tour._keys()[-1] == ("Esc", "leave")


def test_slow_motion_ends_with_the_score_after_its_step() -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index("inner")
    go(app)
    let_adapt(app)
    assert app.page.facts().step == 0
    while not app.page.is_over():
        app.handle(press(pygame.K_RIGHT))
    app.update(0.1)
    assert app.page.facts().step == 1
    app.handle(press(pygame.K_LEFT))
    app.update(0.1)
    assert app.page.facts().step == 0


def test_the_files_of_the_screen_below_are_not_taken_for_changed_ones() -> None:
    """Each stop has a pack of its own; the editor has none."""
    app = start()
    first = app.page
    app.tour.index = [stop.name for stop in TOUR].index("games")
    for _ in range(2):
        go(app)
        assert app._stamps == file_stamps(app.location.pack.path)
    app.tour.index = len(TOUR) - 1
    go(app)
    for _ in range(20):
        app.update(0.1)
    assert app.pages == [first]


@pytest.mark.parametrize("name", ["outer", "which loop"])
def test_a_training_that_is_left_early_does_not_cut_the_next_stop_short(name: str) -> None:
    app = start()
    app.tour.index = [stop.name for stop in TOUR].index(name)
    go(app)
    go(app)
    assert [type(asked).__name__ for asked in app.feed.asked[-2:]] == ["Stop", "Request"]

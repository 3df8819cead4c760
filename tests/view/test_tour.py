"""The guided tour: its stops open, can be passed by keys or mouse, and point at what is there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from agents.training.worker import trace
from game.session.messages import Finished, Request, Stepped
from game.session.replay import read_line
from game.session.tour import QUESTIONS, TOUR, Opening, TourAnswer, TourChoice, TourStop, place_of
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.view.app import App
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.playback import SPEEDS
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.tour_guide import TourGuide
from game.view.screens.watch import WatchScreen
from game.view.settings import load
from tests.view_data import AGENTS, FixedAgents, Script, adaptation, click, press

pytestmark = pytest.mark.usefixtures("fonts")
SLOW = "GRIDAPT_ADAPTATIONS" in os.environ  # also what takes long
SIZES = ((480, 480), (960, 640), *(((1280, 800), (1920, 1080)) if SLOW else ()))
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


def go(app: App, mod: int = 0, size: tuple[int, int] = (960, 640)) -> None:
    app.handle(press(F2, mod=mod))
    show(app, size)


def show(app: App, size: tuple[int, int] = (960, 640)) -> pygame.Surface:
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


def test_every_stop_opens_in_order_by_keys_and_the_tour_ends_where_it_began(tmp_path: Path) -> None:
    app = start(tmp_path / "settings.json")
    first = app.page
    for stop in TOUR:
        go(app)
        assert app.tour.is_on(app.page), stop.name
        assert app.tour.stop is stop
        assert app.page.notice is None
        assert load(tmp_path / "settings.json").tour == stop.name
        assert app.pages[0] is first
        assert len(app.pages) == 2  # a stop takes the place of the last one
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
        if isinstance(app.page, WatchScreen):
            app.page.run.finished = True  # so that the keys of the stop are pressed
        for size in SIZES:
            show(app, size)
            show(app, size)
            check_marks(app, stop, size)
        if app.tour.asks():
            app.handle(click(app.tour._boxes.answers[0].center))
            show(app, size)
            assert not app.tour.asks()
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
    assert app.tour.facts(app.page).note.startswith("Right." if right == 1 else "No, ")


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


def test_the_figures_of_the_tour_are_those_of_its_replay_lines() -> None:
    scores = {}
    for stop in TOUR:
        if stop.opening.kind == "watch":
            target = read_line(stop.opening.line)
            assert target.request.task in target.pack.split("test").tasks  # held out
            found = trace(target.request)
            scores[stop.name] = [[round(100 * t.score(s)) for s in t.steps] for t in found]
    assert scores["scratch"] == [[0, -4, 11, 7, 74, 87]]
    assert scores["meta"] == [[16, 97], [0, -4]]
    agent, scratch = scores["fair"]
    assert (agent[5], scratch[5]) == (-13, 100)
    assert [one[1] for one in scores["robots"]] == [99, 52]
    assert [one[1] for one in scores["games"]] == [99, 18]
    assert [one[1] for one in scores["many goals"]] == [91, -51]
    assert [one[1] for one in scores["why many tasks"]] == [-8, 96]
    assert [one[1] for one in scores["why few steps"]] == [1, 99]
    assert [one[1] for one in scores["robots and games"]] == [3, 99]


@pytest.mark.skipif(not SLOW, reason="slow; GRIDAPT_ADAPTATIONS")
def test_the_figures_of_many_tasks_are_those_of_their_replay_lines() -> None:
    expected = {"long": [(69, 4)], "large": [(82, 2), (90, 0), (96, 0)]}
    own = {"long": [92], "large": [94, 96, 96]}
    for stop in TOUR:
        if stop.name not in expected:
            continue
        target = read_line(stop.opening.line)
        tasks = target.pack.split("test").tasks[:20]
        assert figures(target.request, tasks) == expected[stop.name]
        steps = 2 if stop.name == "long" else 5  # 40 tries
        usual = replace(target.request, step_size=1.0, episodes=None, steps=steps)
        assert [mean for mean, _ in figures(usual, tasks)] == own[stop.name]


def figures(request: Request, tasks: tuple[Task, ...]) -> list[tuple[int, int]]:
    """Return the mean score in percent, and how many tasks were made worse, of each agent."""
    found = []
    for agent in request.agents:
        all_steps = [trace(replace(request, task=task, agents=(agent,)))[0] for task in tasks]
        scores = np.array([[t.score(t.steps[0]), t.score(t.steps[-1])] for t in all_steps])
        worse = int((scores[:, 1] < scores[:, 0] - 0.02).sum())
        found.append((round(100 * scores[:, 1].mean()), worse))
    return found

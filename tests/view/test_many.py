"""Tests of the screen with many tasks, driven by events and drawn onto plain surfaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pygame
import pytest

from game.session.messages import (
    Failed,
    Finished,
    Ready,
    Request,
    ScoreStatistics,
    TasksRequest,
    TasksStepped,
)
from game.session.tasks_lines import TOO_LARGE
from game.session.tour import Opening
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.view.app import App
from game.view.draw.small_boards import slots_of
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.playback import Pace
from game.view.screen_setups import many_setup, stop_navigation
from game.view.screens.key_binding import Key
from game.view.screens.many import KEYS, ManyScreen, pace_for
from game.view.screens.many_texts import ManySetup, places_in_words, shown_tasks
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import COMMON
from game.view.screens.watch import WatchScreen
from game.world.tables import compile_level
from tests.view_data import (
    AGENTS,
    EPISODES,
    OTHER,
    TASK,
    FixedAgents,
    Script,
    adaptation,
    click,
    press,
    subject,
)

pytestmark = pytest.mark.usefixtures("fonts")

SIZES = [(480, 480), (960, 640), (1280, 800), (1920, 1080), (600, 900), (300, 200)]
STEPS = 2


def setup_of(tasks: Sequence[Task] = (TASK, OTHER), **changes: object) -> ManySetup:
    usual = subject(*tasks, **changes)
    request = Request(0, tasks[0], 3, STEPS, AGENTS)
    return ManySetup(usual, tuple(tasks), "test", request)


def stepped(asked: TasksRequest, agent: int, step: int, scores: Sequence[float]) -> TasksStepped:
    """Return a step with these scores; the walks are those of the tests' adaptation."""
    paths = []
    for task in asked.tasks:
        [one] = adaptation(task, AGENTS[agent], (10 * step,)).steps
        cells = cell_numbers(task)
        paths.append(np.where(one.paths[0] >= 0, cells[one.paths[0]], -1))
    values = np.array(scores)
    changes = np.sign(values - 0.5).astype(int) if step else np.zeros(len(values), int)
    statistics = ScoreStatistics(
        values.mean(), values.mean() - 0.1, values.mean() + 0.1, (changes < 0).mean()
    )
    return TasksStepped(
        asked.number, agent, step, step * EPISODES, values, changes, np.stack(paths), statistics
    )


def cell_numbers(task: Task) -> np.ndarray:
    """Return the cell number of each state of a task."""
    return compile_level(task.level).cell @ (task.level.width, 1)


def last_asked(script: Script) -> TasksRequest:
    asked = script.asked[-1]
    assert isinstance(asked, TasksRequest)
    return asked


def answer(screen: ManyScreen, script: Script, last: Sequence[float] = (0.9, 0.3)) -> None:
    """Send all steps of both agents: the first one ends with the scores `last`."""
    asked = last_asked(script)
    script.messages = [Ready()]
    for step in range(asked.request.steps + 1):
        share = step / max(1, asked.request.steps)
        for agent in range(2):
            scores = [0.5 + (s - 0.5) * share / (1 + agent) for s in last[: len(asked.tasks)]]
            script.messages.append(stepped(asked, agent, step, scores))
    script.messages.append(Finished(asked.number))
    screen.update(0.0)


@pytest.fixture
def screen(script: Script) -> ManyScreen:
    screen = ManyScreen(setup_of(), script)
    screen.eager = True
    return screen


@pytest.fixture
def answered(screen: ManyScreen, script: Script) -> ManyScreen:
    answer(screen, script)
    return screen


def picture(screen: ManyScreen, size: tuple[int, int] = (960, 640)) -> bytes:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return pygame.image.tobytes(surface, "RGB")


# --- what it says


def test_one_sentence_says_what_is_on_screen(answered: ManyScreen) -> None:
    assert answered.sentence() == (
        "2 held-out tasks: mean 50% (40 to 60%) before adaptation, scratch 50%."
    )
    answered.playback.go_to(2)
    assert answered.sentence() == (
        "2 held-out tasks: mean 60% (50 to 70%) after 2 steps, scratch 55%; "
        "worse than before on 1 of 2."
    )
    assert answered.sentence(brief=True) == (
        "2 held-out tasks: mean 60% (50 to 70%) after 2 steps; worse than before on 1 of 2."
    )


def test_tasks_of_the_training_are_not_called_held_out(script: Script) -> None:
    screen = ManyScreen(setup_of(seen=lambda task: task is OTHER), script)
    answer(screen, script)
    assert screen.sentence().startswith("2 test tasks (1 seen in training): ")


def test_a_pack_of_one_level_says_so(script: Script) -> None:
    screen = ManyScreen(setup_of([TASK]), script)
    answer(screen, script)
    screen.playback.go_to(2)
    assert screen.sentence() == (
        "1 held-out task: score 90% after 2 steps, scratch 70%; worse than before on none."
    )
    assert "single task" in screen.facts().hidden
    assert screen.facts().about == "the only task of the split"
    assert picture(screen)


def test_the_panel_has_the_numbers_of_the_step_on_screen(answered: ManyScreen) -> None:
    answered.playback.go_to(2)
    agent, scratch = answered.facts().rows
    assert agent.numbers == ("60%", "1 of 2", "50 to 70%")
    assert scratch.numbers[0] == "55%"
    assert agent.curve.values == pytest.approx((50, 55, 60))
    assert agent.curve.low == pytest.approx((40, 45, 50))
    assert agent.curve.episodes == (0, EPISODES, 2 * EPISODES)


def test_marks_at_scores_are_explained_as_soon_as_there_are_some(answered: ManyScreen) -> None:
    explained = []
    for _ in range(2):
        explained.append(any("than before adaptation" in note for note in answered.facts().notes))
        answered.change_step(1)
    assert explained == [False, True]


def test_the_curve_ends_at_the_last_step_that_was_on_screen(answered: ManyScreen) -> None:
    assert len(answered.facts().rows[0].curve.values) == 1
    answered.handle(press(pygame.K_RIGHT))
    assert len(answered.facts().rows[0].curve.values) == 2


def test_progress_and_failure_are_said(screen: ManyScreen, script: Script) -> None:
    asked = last_asked(script)
    assert screen.facts().state == "loading"
    script.messages = [Ready(), stepped(asked, 0, 0, (0.5, 0.5)), stepped(asked, 1, 0, (0.5, 0.5))]
    screen.update(0.0)
    assert screen.facts().doing == "adapting to 2 tasks: 33%"
    script.messages = [Failed(asked.number, "no such agent")]
    screen.update(0.0)
    assert screen.facts().state == "stopped"
    assert picture(screen)


def test_older_requests_are_ignored(answered: ManyScreen, script: Script) -> None:
    old = last_asked(script)
    answered.handle(press(pygame.K_r))
    script.messages = [stepped(old, 0, 0, (0.1, 0.1)), Finished(old.number)]
    answered.update(0.0)
    assert not answered.run.steps[0]
    assert not answered.run.finished


@pytest.mark.parametrize(
    ("count", "first", "text"),
    [
        (1, 0, "the only task of the split"),
        (5, 0, "all 5 tasks of the split"),
        (100, 20, "tasks 21–40 of 100"),
        (24, 20, "tasks 21–24 and 1–16 of 24"),
        (21, 20, "tasks 21 and 1–19 of 21"),
    ],
)
def test_which_tasks_are_shown_is_said(count: int, first: int, text: str) -> None:
    assert places_in_words(count, first) == text
    tasks = tuple(replace(TASK, name=str(i + 1)) for i in range(count))
    shown = shown_tasks(tasks, first)
    assert len({task.name for task in shown}) == min(count, 20)
    assert shown[0].name == str(first + 1)


# --- keys and mouse


def test_every_key_on_the_screen_does_something(
    answered: ManyScreen, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched: list[bool] = []
    monkeypatch.setattr(
        "game.view.screens.screen.switch_full_screen", lambda: switched.append(True)
    )

    def state() -> object:
        look = answered.appearance.palette.name, answered.appearance.zoom, answered.showing_help
        done = answered.navigation, answered.notice, answered.quit, len(switched)
        sliders = answered.experiments.sliders is not None
        return answered.body_snapshot(), look, done, sliders, answered.run.number

    for key in (*KEYS, *COMMON):
        answered.playback.go_to(1)
        answered.appearance.zoom, answered.notice = 1, None
        before = state()
        mod = pygame.KMOD_CTRL * key.ctrl | pygame.KMOD_LALT * key.alt
        answered.handle(press(key.codes[0], mod=mod))
        assert state() != before, key.cap
        answered.showing_help, answered.experiments.sliders = False, None
        if not answered.run.finished:
            answer(answered, script)


def test_space_and_arrows_mean_what_they_mean_in_watch(answered: ManyScreen) -> None:
    answered.handle(press(pygame.K_SPACE))
    answered.update(100.0)
    assert answered.playback.step == 0
    answered.handle(press(pygame.K_RIGHT))
    assert answered.playback.step == 1
    answered.handle(press(pygame.K_LEFT))
    assert answered.playback.step == 0
    answered.handle(press(pygame.K_SPACE))
    answered.update(100.0)
    assert answered.playback.step == 1


def test_a_new_seed_asks_for_the_same_tasks(answered: ManyScreen, script: Script) -> None:
    before = last_asked(script)
    answered.handle(press(pygame.K_r))
    after = last_asked(script)
    assert after.tasks == before.tasks
    assert (before.request.seed, after.request.seed) == (3, 4)


def footer(screen: ManyScreen) -> list[tuple[pygame.Rect, Key]]:
    """Return the keys in the footer with their places."""
    picture(screen)
    return screen._key_boxes


def test_n_asks_for_the_next_tasks_and_says_if_there_are_none(
    answered: ManyScreen, script: Script
) -> None:
    assert "N" not in {key.cap for _, key in footer(answered)}
    answered.handle(press(pygame.K_n))
    assert answered.notice
    assert len(script.asked) == 1
    tasks = [replace(TASK, name=str(i)) for i in range(24)]
    screen = ManyScreen(setup_of(tasks), script)
    screen.handle(press(pygame.K_n))
    assert "N" in {key.cap for _, key in footer(screen)}
    names = [int(task.name) for task in last_asked(script).tasks]
    assert names == [*range(20, 24), *range(16)]


def test_the_walks_of_the_next_agent_are_shown(answered: ManyScreen) -> None:
    answered.playback.go_to(2)
    one = picture(answered)
    answered.handle(press(pygame.K_w))
    assert answered.sentence().startswith("2 held-out tasks: mean 55% (45 to 65%) after 2 steps")
    assert picture(answered) != one


@pytest.mark.parametrize("size", SIZES)
def test_a_click_on_a_board_watches_its_task(answered: ManyScreen, size: tuple[int, int]) -> None:
    picture(answered, size)
    assert answered._frame
    answered.handle(click(answered._frame.boards.slots[1].center))
    going = answered.navigation
    assert going
    assert going.kind == "watch"
    assert going.request
    assert going.request.task is OTHER
    assert (going.request.seed, going.request.agents) == (3, AGENTS)


# --- settings


def test_settings_in_force_show_beside_the_agents_own(answered: ManyScreen, script: Script) -> None:
    """The run before becomes the ghost; a new seed needs a new one, and resetting needs none."""
    answered.handle(press(pygame.K_x))
    answered.handle(press(pygame.K_RIGHT))
    assert last_asked(script).request.step_size == 2.0
    answer(answered, script, (0.2, 0.3))
    answered.playback.go_to(2)
    facts = answered.facts()
    assert facts.settings == "2 × step size: Bksp resets"
    assert [row.curve.name for row in facts.rows] == ["agent", "scratch", "own settings"]
    assert facts.rows[2].numbers[0] == "60%"
    assert facts.rows[2].curve.fade
    answered.handle(press(pygame.K_RETURN))
    answered.handle(press(pygame.K_r))
    assert len(answered.facts().rows) == 2
    answer(answered, script)
    assert last_asked(script).request.step_size == 1.0  # the ghost
    answer(answered, script)
    assert len(answered.facts().rows) == 3
    answered.handle(press(pygame.K_BACKSPACE))
    assert not answered.settings_in_force()
    assert answered.facts().settings == ""


def test_it_opens_with_the_settings_of_a_request(script: Script) -> None:
    """The tour and the watch screen open it so: the ghost follows by itself."""
    pack, request = load_pack("showcase"), Request(0, TASK, 7, 4, AGENTS, step_size=10.0)
    tasks = pack.split("test").tasks
    setup = many_setup(pack, AGENTS, FixedAgents(), 0, 5, tasks[2], request)
    screen = ManyScreen(setup, script)
    asked = last_asked(script)
    assert (asked.request.step_size, asked.request.seed, asked.request.steps) == (10.0, 7, 4)
    assert asked.tasks == tasks
    assert screen.marked == 2
    assert screen.facts().settings == "10 × step size, 4 steps: Bksp resets"
    screen.run.finished = True
    screen.update(0.0)
    assert (last_asked(script).request.step_size, last_asked(script).request.steps) == (1.0, 5)


# --- drawing


@pytest.mark.parametrize("size", SIZES)
def test_it_draws_at_any_size(screen: ManyScreen, script: Script, size: tuple[int, int]) -> None:
    waiting = picture(screen, size)
    answer(screen, script)
    screen.playback.go_to(2)
    assert picture(screen, size) != waiting
    screen.handle(press(pygame.K_x))
    assert picture(screen, size)


@pytest.mark.parametrize(
    ("name", "size"),
    [("drawn", SIZES[0]), ("drawn", SIZES[2]), *(("mazes-9x9", size) for size in SIZES[:-1])],
)
def test_boards_lie_apart_and_beside_the_panel(
    name: str, size: tuple[int, int], script: Script
) -> None:
    tasks = load_pack(name).split("test").tasks[:20]
    screen = ManyScreen(setup_of(tasks), script)
    screen.draw(pygame.Surface(size))
    frame = screen._frame
    assert frame
    slots = frame.boards.slots
    assert not any(a.colliderect(b) for a, b in combinations(slots, 2))
    whole = pygame.Rect((0, 0), size)
    for slot in slots:
        assert whole.contains(slot)
        assert not slot.colliderect(frame._panel)
    assert screen._frame
    assert screen._frame.boards.painted < 20  # the others follow in later frames


def test_boards_use_the_room(fonts: None) -> None:
    levels = [TASK.level] * 20
    slots = slots_of(pygame.Rect(0, 0, 700, 600), levels, 20, 8)
    assert slots[0].unionall(slots).width > 600 or slots[0].unionall(slots).height > 500


def test_a_ball_walks_on_every_board(answered: ManyScreen) -> None:
    start = picture(answered)
    answered.update(0.3)
    assert picture(answered) != start


def test_all_steps_are_shown_in_twenty_seconds() -> None:
    """A long inner loop is shown faster, step by step."""
    for steps in (1, 5, 50, 1000):
        pace = pace_for(steps, Pace())
        assert steps * (pace.longest + pace.rest) <= 20.01
    assert pace_for(5, Pace()) == Pace()


# --- the app


def start(name: str = "showcase") -> tuple[App, Script]:
    script = Script()
    navigation = Navigation("watch", load_pack(name), agents=AGENTS)
    return App(navigation, FixedAgents(), script, jobs=BackgroundJobs(at_once=True)), script


def press_in(app: App, key: int) -> None:
    app.handle(press(key))
    app.update(0.02)


def test_z_opens_it_and_esc_goes_back(tmp_path: Path) -> None:
    app, script = start()
    press_in(app, pygame.K_n)
    task = app.page.run.task  # type: ignore[attr-defined]
    press_in(app, pygame.K_z)
    assert isinstance(app.page, ManyScreen)
    assert last_asked(script).tasks[app.page.marked].id == task.id
    press_in(app, pygame.K_ESCAPE)
    assert isinstance(app.page, WatchScreen)
    assert isinstance(script.asked[-1], Request)  # begun again: it had been cut short


def test_the_screens_do_not_pile_up() -> None:
    app, _ = start()
    for _ in range(3):
        press_in(app, pygame.K_z)
        assert isinstance(app.page, ManyScreen)
        press_in(app, pygame.K_RETURN)
        assert isinstance(app.page, WatchScreen)
    assert len(app.pages) == 3
    press_in(app, pygame.K_ESCAPE)
    assert isinstance(app.page, ManyScreen)


def test_the_tour_opens_it_with_a_replay_line() -> None:
    """The settings of the line are in force, and the tour knows when all has been shown."""
    app, script = start()
    line = re.sub(r"agents=\S+", f"agents={AGENTS[0]},{AGENTS[1]}", TOO_LARGE.line)
    app._go(stop_navigation(Opening("many", line)))
    screen = app.page
    assert isinstance(screen, ManyScreen)
    assert last_asked(script).request.step_size == 10.0
    assert len(last_asked(script).tasks) == 20
    app.draw(pygame.Surface((960, 640)))
    assert {"boards", "chart", "panel"} <= set(screen.anchors())
    assert not screen.is_over()
    answer(screen, script, [0.5] * 20)
    screen.playback.go_to(5)
    assert not screen.is_over()
    answer(screen, script, [0.5] * 20)
    assert screen.is_over()

"""The watch screen, driven by events and drawn onto plain surfaces."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pygame
import pytest

from game.feed import Failed, Finished, Ready, Replay, Stepped
from game.view.watch import KEYS, UNSEEN, WatchScreen
from tests.view_data import AGENTS, OTHER, TASK, Script, press, subject, traces

SIZES = [(1280, 800), (800, 560), (1920, 1080), (600, 900), (300, 200)]


@pytest.fixture(autouse=True)
def _fonts() -> Iterator[None]:
    pygame.font.init()
    yield
    pygame.font.quit()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def screen(script: Script) -> WatchScreen:
    return WatchScreen(subject(TASK, OTHER), script)


@pytest.fixture
def replay() -> WatchScreen:
    """A screen for which all steps have arrived."""
    screen = WatchScreen(subject(), Replay(traces()))
    screen.update(0.0)
    return screen


def picture(screen: WatchScreen, size: tuple[int, int] = (960, 640)) -> bytes:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return pygame.image.tobytes(surface, "RGB")


def step_of(screen: WatchScreen) -> int | None:
    moment = screen.run.playback.moment()
    return moment.step if moment else None


def state_of(screen: WatchScreen) -> tuple[object, ...]:
    """All that a key may change."""
    run, playback = screen.run, screen.run.playback
    clock = (playback.paused, playback.speed, step_of(screen))
    return (run.number, *clock, screen.show_policy, screen.quit)


# --- keys


def test_every_key_on_the_screen_does_something(replay: WatchScreen) -> None:
    """The legend and the handler read one table, so no key can be shown that is not handled."""
    acted = []
    for key in KEYS:
        assert key.cap
        assert key.text
        event = press(key.codes[0])
        before = state_of(replay)
        replay.handle(event)
        acted.append(state_of(replay) != before)
        replay.update(0.0)
    assert all(acted)


def test_space_pauses_and_goes_on(replay: WatchScreen) -> None:
    replay.handle(press(pygame.K_SPACE))
    still = replay.run.playback.moment()
    replay.update(0.3)
    assert replay.run.playback.moment() == still
    replay.handle(press(pygame.K_SPACE))
    replay.update(0.3)
    assert replay.run.playback.moment() != still


def test_right_goes_one_adaptation_step(replay: WatchScreen) -> None:
    for expected in (1, 2, 2):
        replay.handle(press(pygame.K_RIGHT))
        assert step_of(replay) == expected


def test_r_starts_over_with_new_randomness(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_r))
    assert script.requests == [(0, TASK, 3, 2), (1, TASK, 4, 2)]


def test_n_goes_round_the_levels(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_n))
    screen.handle(press(pygame.K_n))
    assert [task.name for _, task, _, _ in script.requests] == [TASK.name, OTHER.name, TASK.name]


@pytest.mark.parametrize(
    ("event", "faster"),
    [
        (press(pygame.K_PLUS), True),
        (press(pygame.K_KP_PLUS), True),
        (press(pygame.K_EQUALS, "="), True),
        (press(pygame.K_MINUS), False),
        (press(pygame.K_KP_MINUS), False),
    ],
)
def test_plus_and_minus_change_the_speed(
    replay: WatchScreen, event: pygame.event.Event, faster: bool
) -> None:
    replay.handle(event)
    assert (replay.run.playback.speed > 1) == faster
    assert replay.run.playback.speed != 1


def test_speed_survives_a_new_start(screen: WatchScreen) -> None:
    screen.handle(press(pygame.K_PLUS))
    screen.handle(press(pygame.K_r))
    assert screen.run.playback.speed == 2


def test_p_shows_and_hides_the_policy(replay: WatchScreen) -> None:
    plain = picture(replay)
    replay.handle(press(pygame.K_p))
    assert picture(replay) != plain
    replay.handle(press(pygame.K_p))
    assert picture(replay) == plain


@pytest.mark.parametrize("event", [press(pygame.K_ESCAPE), pygame.event.Event(pygame.QUIT)])
def test_escape_and_the_close_button_quit(screen: WatchScreen, event: pygame.event.Event) -> None:
    screen.handle(event)
    assert screen.quit


def test_other_keys_and_events_are_ignored(screen: WatchScreen) -> None:
    screen.handle(press(pygame.K_F7))
    screen.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(0, 0), rel=(0, 0), buttons=(0, 0, 0)))
    assert not screen.quit


# --- messages


def test_the_first_frame_needs_nothing_from_the_feed(screen: WatchScreen) -> None:
    assert len(set(picture(screen))) > 10
    assert screen.facts().state == "loading"


def test_states_follow_the_adaptation(screen: WatchScreen, script: Script) -> None:
    states = [screen.facts().state]
    script.messages = [Ready(AGENTS)]
    screen.update(0)
    states.append(screen.facts().state)
    for step in traces()[0].steps:
        script.messages = [Stepped(0, 0, step)]
        screen.handle(press(pygame.K_RIGHT))
        screen.update(0)
        states.append(screen.facts().state)
    assert states == ["loading", "adapting", "before adaptation", "adapting", "adapted"]


def test_messages_of_an_older_request_are_ignored(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_r))
    script.messages = [Stepped(0, 0, traces()[0].steps[0]), Failed(0, "late"), Finished(0)]
    screen.update(0)
    assert step_of(screen) is None
    assert not screen.run.failure
    assert not screen.run.finished


def test_a_failure_is_shown_and_a_new_start_clears_it(screen: WatchScreen, script: Script) -> None:
    script.messages = [Ready(AGENTS), Finished(0)]
    screen.update(0)
    fine = picture(screen)
    script.messages = [Failed(0, "the agent's file is damaged " * 40)]
    screen.update(0)
    assert "damaged" in screen.run.failure
    assert screen.facts().state == "stopped"
    assert picture(screen) != fine
    screen.handle(press(pygame.K_r))
    assert not screen.run.failure


def test_the_curve_grows_with_what_is_on_screen(replay: WatchScreen) -> None:
    """All steps have arrived, yet the plot tells no more than has been shown."""
    lengths = []
    for _ in range(3):
        lengths.append([len(row.curve.values) for row in replay.facts().rows])
        replay.next_step()
    assert lengths == [[1, 1], [2, 2], [3, 3]]


def test_numbers_are_those_of_the_trace(replay: WatchScreen) -> None:
    replay.run.playback.to_last()
    trace = traces()[0]
    row = replay.facts().rows[0]
    assert row.curve.values[-1] == trace.exact(trace.steps[-1])
    assert row.numbers[2:] == ("8", str(int(trace.steps[-1].env_steps[0])))


def test_axes_are_fixed_before_the_run(screen: WatchScreen, script: Script) -> None:
    before = screen.facts().axes
    assert (before.random, before.optimal) == (
        traces()[0].random_return,
        traces()[0].optimal_return,
    )
    script.messages = [Stepped(0, 0, step) for step in traces()[0].steps]
    screen.update(9)
    assert screen.facts().axes == before


def test_unseen_is_said_only_of_unseen_tasks() -> None:
    unseen = WatchScreen(subject(), Script())
    seen = WatchScreen(subject(seen=lambda task: True), Script())
    assert unseen.facts().badge == "unseen in training"
    assert seen.facts().badge == "seen in training"
    assert unseen.sentence() == UNSEEN != seen.sentence()


# --- drawing


@pytest.mark.parametrize("size", SIZES)
def test_it_draws_at_any_size(replay: WatchScreen, size: tuple[int, int]) -> None:
    replay.show_policy = True
    assert len(picture(replay, size)) == 3 * size[0] * size[1]


def test_resizing_back_and_forth_gives_the_same_picture(replay: WatchScreen) -> None:
    first = picture(replay)
    picture(replay, (1280, 800))
    assert picture(replay) == first


@pytest.mark.parametrize("size", SIZES[:4])
def test_regions_do_not_overlap(replay: WatchScreen, size: tuple[int, int]) -> None:
    picture(replay, size)
    assert replay._stage is not None
    layout = replay._stage.layout
    regions = [layout.header, layout.board, layout.legend, layout.panel, layout.footer]
    assert all(pygame.Rect((0, 0), size).contains(region) for region in regions)
    for i, region in enumerate(regions):
        assert region.collidelist(regions[i + 1 :]) == -1


def test_the_agent_walks_from_cell_to_cell(replay: WatchScreen) -> None:
    """Between two cells the token is at neither: the board changes within one move."""
    replay.run.playback.to_last()
    replay.run.playback.advance(1.0)
    frames = []
    for _ in range(4):
        frames.append(picture(replay))
        replay.update(0.02)
    assert len(set(frames)) == 4


def test_importing_the_view_brings_neither_torch_nor_matplotlib() -> None:
    """The window opens at once, and its process stays small."""
    code = (
        "import sys, game.view.window, game.view.record, game.view.theme as theme;"
        "theme.font_folder();"
        "print([m for m in ('torch', 'matplotlib', 'agents') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_data_of_the_tests_learns() -> None:
    """The feed of these tests is worth watching: it starts at random and ends near the optimum."""
    learner, slow = traces()
    scores = [learner.score(step) for step in learner.steps]
    assert np.isclose(scores[0], 0)
    assert scores[-1] > 0.9 > slow.score(slow.steps[-1])

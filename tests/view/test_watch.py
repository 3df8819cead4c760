"""Tests of the watch screen, driven by events and drawn onto plain surfaces."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from agents.agent_catalog import agent_card
from commands.agent_choices import AgentChoices
from game.session.messages import AgentCard, Change, Failed, Finished, Ready, RecordedFeed, Stepped
from game.tasks.evaluated_levels import EvaluatedLevel, LevelKind
from game.tasks.family import nth_task
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.reading import parse
from game.view.draw.key_caps import key_places
from game.view.draw.overlays import OVERLAYS
from game.view.draw.plot import usual_hue
from game.view.draw.screen_header import header_height
from game.view.draw.theme import (
    DARK,
    LEAST_ZOOM,
    LIGHT,
    MOST_ZOOM,
    Appearance,
    Palette,
    Typeset,
    number,
)
from game.view.model.agent_tasks import held_out_ids, is_training_pack, seen_ids
from game.view.model.background_jobs import BackgroundJobs
from game.view.screen_setups import watch_setup
from game.view.screens.screen import COMMON
from game.view.screens.watch import WatchScreen
from game.view.screens.watch_keys import KEYS
from game.view.screens.watch_texts import UNSEEN, point_tip
from game.world.tables import compile_level
from tests.view_data import (
    AGENTS,
    EPISODES,
    OTHER,
    TASK,
    Script,
    Slow,
    adaptation,
    click,
    experience,
    press,
    subject,
    traces,
)

pytestmark = pytest.mark.usefixtures("fonts")

SIZES = [(1280, 800), (800, 560), (1920, 1080), (600, 900), (300, 200)]


@pytest.fixture
def screen(script: Script) -> WatchScreen:
    return WatchScreen(subject(TASK, OTHER), script)


@pytest.fixture
def replay() -> WatchScreen:
    """Return a screen to which all adaptation steps have arrived."""
    screen = WatchScreen(subject(), RecordedFeed(traces()))
    screen.update(0.0)
    return screen


def picture(screen: WatchScreen, size: tuple[int, int] = (960, 640)) -> bytes:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return pygame.image.tobytes(surface, "RGB")


def step_of(screen: WatchScreen) -> int | None:
    position = screen.run.playback.position()
    return position.step if position else None


def state_of(screen: WatchScreen) -> tuple[object, ...]:
    """Return everything that a key may change."""
    run, playback = screen.run, screen.run.playback
    clock = (playback.paused, playback.speed, step_of(screen))
    place = playback.position()
    appearance = (screen.appearance.palette.name, screen.appearance.zoom, screen.showing_help)
    return (
        run.number,
        *clock,
        place,
        tuple(screen.active_overlays),
        screen.side_by_side,
        *appearance,
        screen.appearance.plots_returns,
        screen.navigation,
        screen.quit,
        screen.experiments.goal,
        screen.experiments.sliders is not None,
        screen.slow,
    )


# --- keys


def test_every_key_on_the_screen_does_something(
    replay: WatchScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Footer and handler read one table, so every key on screen is handled."""
    switched: list[bool] = []
    monkeypatch.setattr(
        "game.view.screens.screen.switch_full_screen", lambda: switched.append(True)
    )
    for key in (*KEYS, *COMMON):
        assert key.cap
        assert key.text
        replay.run.playback.go_to(1)
        replay.run.playback.paused = False
        replay.run.playback.advance(3.3)
        replay.appearance.zoom = 1
        before = state_of(replay), len(switched)
        mod = pygame.KMOD_CTRL * key.ctrl | pygame.KMOD_LALT * key.alt
        replay.handle(press(key.codes[0], mod=mod))
        assert (state_of(replay), len(switched)) != before, key.cap
        replay.showing_help, replay.experiments.goal, replay.experiments.sliders = False, None, None
        replay.update(0.0)


def test_space_pauses_and_resumes(replay: WatchScreen) -> None:
    replay.handle(press(pygame.K_SPACE))
    still = replay.run.playback.position()
    replay.update(0.3)
    assert replay.run.playback.position() == still
    replay.handle(press(pygame.K_SPACE))
    replay.update(0.3)
    assert replay.run.playback.position() != still


def test_right_goes_one_adaptation_step(replay: WatchScreen) -> None:
    for expected in (1, 2, 2):
        replay.handle(press(pygame.K_RIGHT))
        assert step_of(replay) == expected


def test_r_starts_over_with_a_new_seed(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_r))
    assert script.requests == [(0, TASK, 3, 2), (1, TASK, 4, 2)]


def test_n_cycles_through_the_levels(screen: WatchScreen, script: Script) -> None:
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


def test_a_restart_keeps_the_speed(screen: WatchScreen) -> None:
    screen.handle(press(pygame.K_PLUS))
    screen.handle(press(pygame.K_r))
    assert screen.run.playback.speed == 2


def test_p_shows_and_hides_the_policy(replay: WatchScreen) -> None:
    replay.eager = True
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
    script.messages = [Ready()]
    screen.update(0)
    states.append(screen.facts().state)
    for step in traces()[0].steps:
        script.messages = [Stepped(0, 0, step)]
        screen.handle(press(pygame.K_RIGHT))
        screen.update(0)
        states.append(screen.facts().state)
    assert states == ["loading", "adapting", "before adaptation", "adapting", "after adaptation"]


def test_messages_of_an_older_request_are_ignored(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_r))
    script.messages = [Stepped(0, 0, traces()[0].steps[0]), Failed(0, "late"), Finished(0)]
    screen.update(0)
    assert step_of(screen) is None
    assert not screen.run.failure
    assert not screen.run.finished


def test_a_failure_is_shown_until_a_restart(screen: WatchScreen, script: Script) -> None:
    script.messages = [Ready(), Finished(0)]
    screen.update(0)
    fine = picture(screen)
    script.messages = [Failed(0, "the agent's file is damaged " * 40)]
    screen.update(0)
    assert "damaged" in screen.run.failure
    assert screen.facts().state == "stopped"
    assert picture(screen) != fine
    screen.handle(press(pygame.K_r))
    assert not screen.run.failure


def test_the_curve_ends_at_the_last_step_that_was_on_screen(replay: WatchScreen) -> None:
    """The plot does not run ahead of the playback, although all steps have arrived."""
    lengths = []
    for _ in range(3):
        lengths.append([len(row.curve.values) for row in replay.facts().rows])
        replay.run.playback.next_step()
    assert lengths == [[1, 1], [2, 2], [3, 3]]


def test_the_table_shows_the_numbers_of_the_trace(replay: WatchScreen) -> None:
    replay.run.playback.to_last()
    trace = traces()[0]
    row = replay.facts().rows[0]
    assert row.curve.values[-1] == 100 * trace.score(trace.steps[-1])
    assert row.numbers[2:] == ("8", str(int(trace.steps[-1].env_steps[0])))


def test_axes_are_fixed_before_the_run(screen: WatchScreen, script: Script) -> None:
    before = screen.run.phase.axes
    assert (before.random, before.optimal) == (
        traces()[0].random_return,
        traces()[0].optimal_return,
    )
    script.messages = [Stepped(0, 0, step) for step in traces()[0].steps]
    screen.update(9)
    assert screen.run.phase.axes == before


def test_badge_and_header_tell_seen_from_unseen_tasks() -> None:
    unseen = WatchScreen(subject(), Script())
    seen = WatchScreen(subject(seen=lambda task: True), Script())
    assert unseen.facts().badge == "unseen in training"
    assert seen.facts().badge == "seen in training"
    assert unseen.sentence() == UNSEEN != seen.sentence()


def test_an_agent_with_maps_that_has_found_no_goal_is_still_searching() -> None:
    """Before adaptation there is nothing to have been found."""
    seen, found = experience(TASK, ("visits", 1, 2, 1)), experience(TASK, ("goals", 3, 6, 1))
    trace = adaptation(TASK, AGENTS[0], (0, 1, 2))
    trace.steps = [replace(one, maps=m) for one, m in zip(trace.steps, (seen, seen, found))]
    screen = WatchScreen(subject(), RecordedFeed([trace, traces()[1]]))
    screen.update(0.0)
    states = []
    for _ in range(3):
        states.append((screen.facts().state, "searching" in screen.facts().doing))
        screen.run.playback.next_step()
    assert states == [
        ("before adaptation", False),
        ("still searching", True),
        ("after adaptation", False),
    ]
    screen.run.playback.go_to(1)
    share = f"{200 // seen.reachable.sum():.0f}% of the map seen"
    assert screen.facts().doing == f"episode 1, still searching: {share}"
    rows = trace.to_json()["steps"]
    assert [row["searching"] for row in rows] == [True, True, False]
    assert rows[1]["explored"] == 2 / seen.reachable.sum()
    assert trace.arrays()["maps_visits"].shape == (3, TASK.level.height * TASK.level.width)


# --- drawing


@pytest.mark.parametrize("size", SIZES)
def test_the_screen_draws_at_any_size(replay: WatchScreen, size: tuple[int, int]) -> None:
    replay.active_overlays = list(OVERLAYS)
    assert len(picture(replay, size)) == 3 * size[0] * size[1]


def test_resizing_back_and_forth_gives_the_same_picture(replay: WatchScreen) -> None:
    replay.eager = True
    first = picture(replay)
    picture(replay, (1280, 800))
    assert picture(replay) == first


@pytest.mark.parametrize("size", SIZES[:4])
def test_regions_do_not_overlap(replay: WatchScreen, size: tuple[int, int]) -> None:
    picture(replay, size)
    assert replay._frame is not None
    layout = replay._frame.layout
    regions = [layout.header, layout.board, layout.legend, layout.panel, layout.footer]
    assert all(pygame.Rect((0, 0), size).contains(region) for region in regions)
    for i, region in enumerate(regions):
        assert region.collidelist(regions[i + 1 :]) == -1


def test_the_agent_walks_from_cell_to_cell(replay: WatchScreen) -> None:
    """The token glides between two cells: the board changes within one move."""
    replay.run.playback.to_last()
    replay.run.playback.advance(1.0)
    frames = []
    for _ in range(4):
        frames.append(picture(replay))
        replay.update(0.02)
    assert len(set(frames)) == 4


def test_importing_the_view_loads_neither_torch_nor_matplotlib() -> None:
    """The window opens quickly and its process stays small."""
    code = (
        "import sys, game.view.window, game.view.image_files, game.view.draw.theme as theme;"
        "theme.font_folder();"
        "print([m for m in ('torch', 'matplotlib', 'agents') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_test_data_shows_learning() -> None:
    """The agent of these tests starts at the random return and ends near the optimum."""
    learner, slow = traces()
    scores = [learner.score(step) for step in learner.steps]
    assert np.isclose(scores[0], 0)
    assert scores[-1] > 0.9 > slow.score(slow.steps[-1])


# --- mouse and layout


def test_clicking_a_thumbnail_or_a_point_shows_its_step(replay: WatchScreen) -> None:
    replay.eager = True
    replay.run.playback.to_last()
    replay.run.playback.rewind()
    picture(replay)
    frame = replay._frame
    assert frame is not None
    replay.handle(click(frame.timelines[0].slots[2].center))
    assert step_of(replay) == 2
    picture(replay)
    assert frame.plot is not None
    assert frame.facts is not None
    point = frame.facts.rows[0].curve.points(replay.facts().axes, frame.plot)[1]
    replay.handle(click(point))
    assert step_of(replay) == 1


def test_hovering_over_a_point_shows_its_numbers(replay: WatchScreen) -> None:
    replay.eager = True
    plain = picture(replay)
    frame = replay._frame
    assert frame is not None
    assert frame.plot is not None
    assert frame.facts is not None
    point = frame.facts.rows[0].curve.points(replay.facts().axes, frame.plot)[0]
    at = (round(point[0]), round(point[1]))
    replay.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=at, rel=(0, 0), buttons=(0, 0, 0)))
    assert picture(replay) != plain
    assert point_tip(replay.run.traces[0], 0)[1] == "after 0 episodes"


def test_how_an_agent_adapts_is_said_plainly() -> None:
    memory, gradients = agent_card("rl2-gridnavi"), agent_card("maml-mazes-9x9")
    setups = [subject(adapts_by=card.adapts_by) for card in (memory, gradients)]
    said = [WatchScreen(setup, Script()).sentence() for setup in setups]
    assert said[0].endswith("by the memory of a recurrent policy, no gradient.")
    assert said[1].endswith("by gradient steps from a learned initialisation.")
    trace = traces()[0]
    assert point_tip(trace, 2)[1].endswith("episodes, 2 gradient steps")
    trace.steps[2] = replace(trace.steps[2], gradient_steps=0)
    assert point_tip(trace, 2)[1].endswith("episodes, no gradient step")


def test_a_thumbnail_shows_the_paths_of_its_step(replay: WatchScreen) -> None:
    """Thumbnails of different steps differ, by the paths drawn on the board."""
    replay.run.playback.to_last()
    for _ in range(4):
        picture(replay, (1280, 800))
    assert replay._frame is not None
    timeline = replay._frame.timelines[0]
    made = {pygame.image.tobytes(one, "RGB") for one in timeline._made.values()}
    assert len(made) == 3
    tables = replay.run.phase.baselines.tables
    assert tables
    board = timeline._board(tables)
    cell = tables.cell[replay.run.traces[0].steps[2].paths[0, 0, 1]]
    at = tuple(round(v) for v in board.centre(*cell))
    assert timeline._made[2].get_at(at) != board.surface.get_at(at)


@pytest.mark.parametrize("size", [(480, 480), (960, 640), (1280, 800), (1920, 1080)])
def test_the_panel_says_what_is_hidden_and_the_seed_at_any_size(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after R, so that the seed can be written down."""
    said: list[str] = []
    write = Typeset.write

    def note(self: Typeset, surface: pygame.Surface, text: str, *args: Any, **at: Any) -> Any:
        said.append(text)
        return write(self, surface, text, *args, **at)

    monkeypatch.setattr(Typeset, "write", note)
    task = load_pack("dynamics").split("test").tasks[0]
    screen = WatchScreen(subject(task), RecordedFeed(traces(task)))
    for seed in (3, 4):
        said.clear()
        picture(screen, size)
        assert any(text.startswith("Hidden here:") for text in said)
        assert any(f"seed {seed} " in text for text in said)
        screen.handle(press(pygame.K_r))


def test_captions_of_thumbnails_have_the_unit_of_the_chart(replay: WatchScreen) -> None:
    replay.run.playback.to_last()
    said = []
    for _ in range(2):
        for _ in range(4):
            picture(replay, (1280, 800))
        assert replay._frame
        said.append(replay._frame.timelines[0]._texts[2])
        replay.handle(press(pygame.K_y))
    trace = replay.run.traces[0]
    score, value = trace.score(trace.steps[2]), trace.exact(trace.steps[2])
    assert said == [f"step 2: {number(100 * score, 0)}%", f"step 2: {number(value, 1)}"]


def test_all_thumbnails_use_one_form_of_label(replay: WatchScreen) -> None:
    """If one label has no room for the word "step", no label shows it."""
    replay.run.playback.to_last()
    for _ in range(4):
        picture(replay, (1280, 800))
    assert replay._frame
    timeline = replay._frame.timelines[0]
    widths = [timeline.type.width(text, "label") for text in timeline._texts.values()]
    assert len(widths) == 3
    assert all(text.startswith("step") for text in timeline._texts.values())
    slot = timeline.slots[0]
    slot.width = max(widths) - timeline.type.unit - 1
    assert not any(text.startswith("step") for text in timeline._labels(percent=True).values())


@pytest.mark.parametrize("width", range(480, 1400, 70))
def test_keys_that_share_a_text_stand_in_one_line(replay: WatchScreen, width: int) -> None:
    type = replay.appearance.typeset((width, 800))
    words = [(key.cap, key.text if key.short is None else key.short) for key in KEYS]
    lines = [line for _, line in key_places(words, width, type)]
    shared = [i for i, (_, text) in enumerate(words) if not text]
    assert shared
    assert all(lines[i] == lines[i + 1] for i in shared)


def test_keys_on_the_screen_can_be_clicked(replay: WatchScreen) -> None:
    picture(replay, (1280, 800))
    rect = next(rect for rect, key in replay._key_boxes if key.cap == "Space")
    replay.handle(click(rect.center))
    assert replay.run.playback.paused


def test_all_agents_are_shown_side_by_side(replay: WatchScreen) -> None:
    replay.handle(press(pygame.K_s))
    picture(replay)
    assert replay._frame is not None
    boards = [place.board for place in replay._frame.layout.boards]
    assert len(boards) == 2
    assert not boards[0].colliderect(boards[1])
    assert [len(pane.trace.steps) for pane in replay._frame.panes] == [3, 3]


# --- appearance


def test_the_theme_switches_between_light_and_dark(replay: WatchScreen) -> None:
    picture(replay)
    light, dark = pygame.Surface((960, 640)), pygame.Surface((960, 640))
    replay.draw(light)
    replay.handle(press(pygame.K_t))
    replay.draw(dark)
    assert light.get_at((2, 2))[:3] == LIGHT.paper
    assert dark.get_at((2, 2))[:3] == DARK.paper


def test_text_grows_with_the_zoom_from_a_readable_size() -> None:
    appearance = Appearance()
    heights = []
    for zoom in range(LEAST_ZOOM, MOST_ZOOM + 1):
        appearance.zoom = zoom
        heights.append(appearance.typeset((960, 640)).height("small"))
    assert heights == sorted(heights)
    assert heights[0] == Typeset(1.0).height("small")
    assert heights[-1] > heights[0]


def test_text_wraps_to_the_width_and_ends_in_an_ellipsis_if_cut() -> None:
    type, text = Typeset(1.0), "one two three four five six seven\neight"
    lines = type.wrap(text, "small", 80)
    assert " ".join(lines) == text.replace("\n", " ")
    assert all(type.width(line, "small") <= 80 for line in lines)
    assert type.wrap(text, "small", 80, len(lines)) == lines
    assert type.wrap(text, "small", 80, 0) == []
    short = type.wrap(text, "small", 80, 2)
    assert len(short) == 2
    assert short[0] == lines[0]
    assert short[1].endswith("…")
    assert type.width(short[1], "small") <= 80


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in colour]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_all_texts_have_enough_contrast(palette: Palette) -> None:
    """The accessibility guidelines (WCAG) ask for at least 4.5 to 1 for small text."""
    for ink in (palette.ink, palette.muted, palette.alert, *palette.texts):
        for ground in (palette.paper, palette.card):
            bright, dim = sorted((luminance(ink), luminance(ground)), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_the_plot_shows_the_held_out_curve() -> None:
    """The band is drawn before any adaptation step has arrived."""
    curve = ((0, 0.2), (EPISODES, 0.9), (2 * EPISODES, 0.95))
    screen = WatchScreen(subject(held_out_curve=curve), Script())
    surface = pygame.Surface((1280, 800))
    screen.draw(surface)
    frame, axes = screen._frame, screen.facts().axes
    assert frame is not None
    assert frame.plot is not None
    assert axes is not None
    at = round(axes.x(EPISODES, frame.plot)), round(axes.y(90, frame.plot))
    assert np.abs(np.subtract(surface.get_at(at)[:3], usual_hue(LIGHT))).max() <= 3


def test_a_key_plots_returns_instead_of_scores(replay: WatchScreen) -> None:
    replay.run.playback.to_last()
    axes, row = replay.facts().axes, replay.facts().rows[0]
    trace = replay.run.traces[0]
    assert axes
    assert (axes.random, axes.optimal, axes.text(axes.optimal)) == (0, 100, "100%")
    assert row.curve.values == tuple(100 * trace.score(step) for step in trace.steps)
    scores = picture(replay)
    replay.handle(press(pygame.K_y))
    axes, row = replay.facts().axes, replay.facts().rows[0]
    assert axes == replay.run.phase.axes
    assert row.curve.values == tuple(trace.exact(step) for step in trace.steps)
    assert picture(replay) != scores


def test_settings_in_force_show_until_they_are_reset(replay: WatchScreen) -> None:
    """Sliders moved from the agent's own settings leave its curve as a ghost, and a pill."""
    own = replay.run.traces[0]
    replay.run.playback.to_last()
    assert (replay.facts().settings, replay.facts().ghost) == ("", None)
    replay.handle(press(pygame.K_x))
    for _ in range(3):
        replay.handle(press(pygame.K_RIGHT))
    facts = replay.facts()
    assert "10 × step size" in facts.settings
    assert facts.ghost is not None
    assert facts.ghost.values == tuple(100 * own.score(step) for step in own.steps)
    replay.handle(press(pygame.K_RETURN))
    before = picture(replay)
    assert "Bksp" in {key.cap for _, key in replay._key_boxes}
    for key in (pygame.K_n, pygame.K_r):  # another task or seed: the ghost is no comparison
        replay.handle(press(key))
        assert "10 × step size" in replay.facts().settings
        assert replay.run.request.step_size == 10
        assert replay.facts().ghost is None
    replay.handle(press(pygame.K_BACKSPACE))
    assert replay.facts().settings == ""
    assert replay.run.request.step_size == 1
    assert picture(replay) != before


def test_sliders_back_at_the_agents_own_settings_leave_no_pill(replay: WatchScreen) -> None:
    replay.handle(press(pygame.K_x))
    replay.handle(press(pygame.K_RIGHT))
    assert replay.facts().settings
    replay.handle(press(pygame.K_LEFT))
    assert (replay.facts().settings, replay.facts().ghost) == ("", None)


@pytest.mark.parametrize(("sharpness", "does_well"), [(0.5, False), (60, True)])
def test_only_a_high_score_after_adaptation_is_marked_as_good(
    sharpness: float, does_well: bool
) -> None:
    trace = adaptation(TASK, AGENTS[0], (0, 0, sharpness))
    screen = WatchScreen(subject(), RecordedFeed([trace, traces()[1]]))
    screen.update(0.0)
    marks = []
    for _ in range(3):
        marks.append(screen.facts().does_well)
        screen.run.playback.next_step()
    assert screen.facts().state == "after adaptation"
    assert marks == [False, False, does_well]


def test_a_loss_of_score_is_reported() -> None:
    worse = adaptation(TASK, AGENTS[0], (10, 0, 60))
    screen = WatchScreen(subject(), RecordedFeed([worse, traces()[1]]))
    screen.update(0.0)
    states = []
    for _ in range(3):
        states.append(screen.facts().state)
        screen.run.playback.next_step()
    assert states == ["before adaptation", "worse than before", "after adaptation"]


@pytest.mark.parametrize("width", [480, 960, 1280, 1920])
def test_an_ended_run_says_how_it_went_where_there_is_room_for_it(width: int) -> None:
    cards = (
        AgentCard(AGENTS[0], EPISODES, training_levels=20),
        AgentCard("scratch", 4, learned=False),
    )
    screen = WatchScreen(subject(cards=cards), RecordedFeed(traces()))
    screen.update(0.0)
    assert "after" not in screen.sentence()
    screen.run.playback.go_to(2)
    whole, short = screen.sentence(), screen.sentence(short=True)
    assert whole == f"{short} It was meta-trained on 20 levels; scratch was not."
    assert short.startswith("100% after 8 tries; from scratch")
    type = screen.appearance.typeset((width, 640))
    room = header_height(width, type) // type.height("small")
    assert len(type.wrap(short, "small", width - 6 * type.unit - 12 * type.unit)) <= room


@pytest.mark.parametrize("width", [1232, 912, 600, 444])
def test_keys_that_share_a_text_leave_the_footer_together(replay: WatchScreen, width: int) -> None:
    shown = [key.cap for key in replay.footer_keys(width, Typeset(1.0))]
    for pair in ("←→", "↑↓", ",.", "−+"):
        assert (pair[0] in shown) == (pair[1] in shown)
    assert shown == ["Space", "←", "→", "N", "F1"]


# --- experiments


def begin(script: Script, screen: WatchScreen, step: int) -> None:
    """Deliver all steps of the first request and show one of them."""
    script.messages = [Stepped(0, i, s) for i, t in enumerate(traces()) for s in t.steps]
    screen.update(0.0)
    screen.run.playback.go_to(step)
    picture(screen)


def test_amnesia_requests_the_same_run_with_a_change(screen: WatchScreen, script: Script) -> None:
    begin(script, screen, 1)
    screen.handle(press(pygame.K_a))
    asked = script.asked[-1]
    assert asked.changes == (Change(2),)
    assert asked.steps == 4
    assert step_of(screen) == 1
    script.messages = [Stepped(1, 0, s) for s in traces()[0].steps]
    screen.update(0.0)
    assert len(screen.run.traces[0].steps) == 3
    assert step_of(screen) == 2
    assert "Amnesia" in screen.sentence()


def test_the_goal_can_be_dragged(screen: WatchScreen, script: Script) -> None:
    begin(script, screen, 1)
    assert screen._frame is not None
    pane = screen._frame.panes[0]
    corner = pane.where.board.topleft
    at, to = (
        [c + v for c, v in zip(corner, pane.board.centre(*cell))] for cell in ((3, 6), (3, 3))
    )
    screen.handle(click((at[0], at[1])))
    for pos in ((at[0] - 9, at[1]), to):
        moved = pygame.event.Event(pygame.MOUSEMOTION, pos=pos, rel=(0, 0), buttons=(1, 0, 0))
        screen.handle(moved)
    picture(screen)
    screen.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=to, button=1))
    assert script.asked[-1].changes == (Change(2, (3, 3)),)
    assert [phase.task.level.find("G") for phase in screen.run.phases] == [[(3, 6)], [(3, 3)]]
    assert screen.run.phase.step == 0
    script.messages = [Stepped(1, 0, s) for s in traces()[0].steps]
    screen.update(0.0)
    assert screen.run.phase.step == 2
    assert screen.run.phase.axes.span == screen.run.phases[0].axes.span
    assert screen.facts().axes.ends == (0, 100)
    picture(screen)


def test_lines_of_the_plot_belong_to_their_position_of_the_goal(
    screen: WatchScreen, script: Script
) -> None:
    """Each stretch of the axis has the baselines of its own task, whichever step is on screen."""
    screen.appearance.plots_returns = True
    begin(script, screen, 0)
    for key in (pygame.K_m, pygame.K_LEFT, pygame.K_RETURN):
        screen.handle(press(key))
    first, second = (phase.baselines for phase in screen.run.phases)
    assert first.optimal_return != second.optimal_return
    for _ in range(2):
        axes, surface = screen.facts().axes, pygame.Surface((1280, 800))
        assert axes is not None
        assert [(one.start, one.optimal) for one in axes.stretches] == [
            (0, first.optimal_return),
            (EPISODES, second.optimal_return),
        ]
        screen.draw(surface)
        plot = screen._frame and screen._frame.plot
        assert plot
        border = axes.borders(plot)[1]
        for left, right, own, other in (
            (plot.left, border, first, second),
            (border, plot.right, second, first),
        ):
            row = [round(axes.y(one.optimal_return, plot)) for one in (own, other)]
            inked = [ink_share(surface, left + 12, right - 12, y) for y in row]
            assert inked[0] > 0.4 > 0.1 > inked[1]
        script.messages = [Stepped(1, 0, s) for s in traces()[0].steps]
        screen.update(0.0)


def test_points_lie_in_the_stretch_of_their_step_whatever_the_agents_episodes(
    script: Script,
) -> None:
    """A goal moves at a step of each agent. Where one has fewer episodes in its steps, the axis
    counts steps, so that its points do not lie beside the lines of the goal before."""
    screen = WatchScreen(subject(same_episodes=False), script)
    long = traces()[0].steps
    short = [replace(one, episodes=one.step) for one in traces()[1].steps]  # one in each step
    for i, steps in enumerate((long, short)):
        script.messages += [Stepped(0, i, one) for one in steps[:2]]
    screen.update(0.0)
    screen.run.playback.go_to(1)
    assert screen.facts().rows[1].curve.episodes == (0, 1)
    for key in (pygame.K_m, pygame.K_LEFT, pygame.K_RETURN):
        screen.handle(press(key))
    number = screen.run.number
    script.messages = [Stepped(number, 0, one) for one in long]
    script.messages += [Stepped(number, 1, one) for one in short]
    screen.update(0.0)
    screen.run.playback.go_to(2)
    screen.update(0.0)
    facts = screen.facts()
    assert facts.axes
    assert facts.axes.by_step
    assert not facts.axes.logarithmic
    area = pygame.Rect(0, 0, 600, 300)
    for row in facts.rows:
        starts = [
            facts.axes.stretch_at(x, area).start for x, _ in row.curve.points(facts.axes, area)
        ]
        assert starts == [0, 0, 2 * EPISODES]
    assert picture(screen)


def ink_share(surface: pygame.Surface, left: float, right: float, y: int) -> float:
    """Return the share of a row's pixels that have the colour of the line of the optimum."""
    columns = range(round(left), round(right))
    return sum(surface.get_at((x, y))[:3] == LIGHT.ink for x in columns) / len(columns)


def test_keys_move_the_goal_but_not_into_a_wall(screen: WatchScreen, script: Script) -> None:
    begin(script, screen, 0)
    for key in (pygame.K_m, pygame.K_DOWN, pygame.K_RETURN):
        screen.handle(press(key))
    assert len(script.asked) == 1
    for key in (pygame.K_m, pygame.K_LEFT, pygame.K_RETURN):
        screen.handle(press(key))
    assert script.asked[-1].changes == (Change(1, (3, 5)),)


def test_a_notice_explains_why_the_goal_cannot_be_moved(replay: WatchScreen) -> None:
    for key in (pygame.K_m, pygame.K_DOWN, pygame.K_RETURN):
        replay.handle(press(key))
    assert replay.notice
    assert "floor" in replay.notice.text


@pytest.mark.parametrize("opener", [pygame.K_m, pygame.K_x])
def test_the_footer_shows_the_keys_that_apply_now(replay: WatchScreen, opener: int) -> None:
    """Arrows, Enter and Esc change while the goal is being moved or the sliders are open."""
    replay.handle(press(opener))
    shown = {key.cap: key for key in replay.footer_keys(960, replay.appearance.typeset((960, 640)))}
    for cap in ("←", "→", "↑", "↓", "Enter", "Esc"):
        assert "goal" in shown[cap].text or "slider" in shown[cap].text
    assert all(shown[cap].short for cap in ("Enter", "Esc"))  # with a text of their own
    replay.handle(press(pygame.K_ESCAPE))
    assert not replay.experiments.goal
    assert not replay.experiments.sliders
    assert not replay.quit


def test_sliders_change_the_adaptation(screen: WatchScreen, script: Script) -> None:
    screen.handle(press(pygame.K_x))
    picture(screen)
    screen.handle(press(pygame.K_RIGHT))
    assert script.asked[-1].step_size == 2
    for key in (pygame.K_DOWN, pygame.K_RIGHT):
        screen.handle(press(key))
    assert (script.asked[-1].step_size, script.asked[-1].episodes) == (2, 2)
    for key in (pygame.K_DOWN, pygame.K_RIGHT):
        screen.handle(press(key))
    assert script.asked[-1].steps == 3
    assert screen.experiments.sliders is not None
    track = screen.experiments.sliders._tracks[0]
    screen.handle(click(track.midleft))
    assert script.asked[-1].step_size == 0.1
    screen.handle(press(pygame.K_ESCAPE))
    assert not screen.experiments.sliders
    assert not screen.quit


@pytest.mark.parametrize("size", [(1280, 800), (960, 640), (600, 900)])
def test_the_sliders_cover_no_other_region(replay: WatchScreen, size: tuple[int, int]) -> None:
    picture(replay, size)
    replay.handle(press(pygame.K_x))
    picture(replay, size)
    frame = replay._frame
    assert frame
    assert frame.slider_area
    places = frame.layout.boards[0]
    for other in (places.board, places.timeline, frame.layout.panel, frame.layout.legend):
        assert not frame.slider_area.colliderect(other)


@pytest.mark.parametrize("key", [pygame.K_a, pygame.K_m])
def test_a_change_keeps_the_pause(replay: WatchScreen, key: int) -> None:
    replay.run.playback.go_to(2)
    replay.handle(press(pygame.K_SPACE))
    replay.handle(press(key))
    if key == pygame.K_m:
        for move in (pygame.K_LEFT, pygame.K_RETURN):
            replay.handle(press(move))
    assert replay.run.request.changes
    assert replay.run.playback.paused


def test_planning_a_large_level_blocks_no_frame(script: Script) -> None:
    jobs = Slow()
    screen = WatchScreen(subject(), script, jobs=jobs)
    assert len(script.requests) == 1  # the agents start before planning is done
    script.messages = [Ready(), *(Stepped(0, 0, step) for step in traces()[0].steps)]
    for key in (pygame.K_a, pygame.K_p, pygame.K_s, pygame.K_m, pygame.K_RIGHT, pygame.K_x):
        screen.update(0.1)
        screen.handle(press(key))
        picture(screen)
    assert screen.facts().axes is None
    assert "planning" in screen.facts().doing
    jobs.let = True
    screen.update(0.1)
    picture(screen)
    assert screen.facts().axes
    assert screen.run.traces[0].optimal_return == traces()[0].optimal_return
    assert screen._frame
    assert len(screen._frame.timelines) == len(screen._frame.panes)


def test_background_jobs_wait_no_longer_than_allowed() -> None:
    jobs, bell = BackgroundJobs(), threading.Event()
    assert jobs.ask("quick", lambda: 1, len, 5.0) == 1
    assert jobs.ask("slow", bell.wait, bool, 0.01) is None
    assert jobs.ask("slow", bell.wait, bool, 5.0) is None  # it is being done: no second wait
    bell.set()
    while jobs.ask("slow", bell.wait, bool) is None:
        pass


def test_a_slider_can_be_dragged(replay: WatchScreen) -> None:
    replay.handle(press(pygame.K_x))
    picture(replay)
    assert replay.experiments.sliders
    track = replay.experiments.sliders._tracks[2]
    replay.handle(click(track.midleft))
    for x in range(track.left, track.right + 1, 4):
        held = {"pos": (x, track.centery), "rel": (4, 0), "buttons": (1, 0, 0)}
        replay.handle(pygame.event.Event(pygame.MOUSEMOTION, held))
    assert replay.run.request.steps == 50


def evaluated(end: float, task: Task = TASK) -> tuple[EvaluatedLevel, ...]:
    """Return results on eight levels of the kind of a task, whose scores end around a number."""
    kind = LevelKind.of(task.level, compile_level(task.level).n_states)
    ends = [end + i / 100 for i in range(-4, 5)]
    return tuple(EvaluatedLevel(str(i), kind, [0.0, e, e]) for i, e in enumerate(ends))


def expecting(end: float, task: Task = TASK, **changes: object) -> WatchScreen:
    """Return the screen of an agent that was evaluated on levels like the task."""
    curve = tuple((k * EPISODES, 0.7) for k in range(3))
    setup = subject(task, tested=evaluated(end, task), held_out_curve=curve, **changes)
    return WatchScreen(setup, RecordedFeed(traces(task)))


def test_the_band_comes_from_test_levels_like_the_one_on_screen() -> None:
    axes = expecting(0.9, held_out=lambda task: False).run.phase.axes
    room = axes.optimal - axes.random
    for line, score in ((axes.usual, 0.9), (axes.usual_low, 0.876), (axes.usual_high, 0.924)):
        assert [episodes for episodes, _ in line] == [0, EPISODES, 2 * EPISODES]
        assert line[-1][1] == pytest.approx(axes.random + score * room)
    picture(expecting(0.9), (1280, 800))
    seen = expecting(0.9, seen=lambda task: True, held_out=lambda task: False)
    assert seen.run.phase.axes.usual == ()
    other = WatchScreen(subject(tested=evaluated(0.9, LARGER)), Script())
    assert other.run.phase.axes.usual_low == ()  # no test level is like it


LARGER = Task(parse("map:\n@" + "." * 200 + "G\n"), "long")
PIT = Task(parse("goal: visible\nsteps: 9\nmap:\nLLLLL\n@...G\n....."), "along a pit")


@pytest.mark.parametrize(
    ("task", "why"), [(TASK, "Hard for this agent: on"), (PIT, "agent (danger on the way): on")]
)
def test_a_level_on_which_such_agents_fail_is_said_to_be_hard(task: Task, why: str) -> None:
    assert expecting(0.6, task).facts().notes == ()
    [note] = expecting(0.3, task).facts().notes
    assert why in note
    assert note.endswith("it ends at a score of 30%.")


def test_a_hard_level_says_that_no_goal_was_found() -> None:
    searching = traces()
    for trace in searching:
        trace.steps = [replace(step, maps=experience(TASK)) for step in trace.steps]
    screen = WatchScreen(expecting(0.3).setup, RecordedFeed(searching))
    screen.update(0.0)
    assert "no goal" not in screen.facts().notes[0]
    screen.run.playback.go_to(2)
    assert screen.facts().notes[0].endswith(f"Here it found no goal in {2 * EPISODES} episodes.")


@pytest.mark.parametrize(
    ("agent", "pack", "split", "hint"),
    [
        ("maml-goals-5x5", "goals-5x5", "test", "usual on unseen tasks"),
        ("maml-goals-5x5", "goals-5x5", "train", "seen in training"),
        ("maml-goals-5x5", "goals-5x5", "validation", "higher is better"),
        ("maml-goals-5x5", "gridnavi", "test", "higher is better"),
        ("maml-gridnavi", "goals-5x5", "train", "higher is better"),
        ("maml-mazes-9x9", "mazes-9x9", "test", "usual on unseen tasks"),  # unlimited training
        ("maml-mazes-9x9", "mazes-9x9", "validation", "higher is better"),
        ("scratch", "goals-5x5", "train", "higher is better"),
    ],
)
def test_the_band_of_usual_returns_is_for_held_out_tasks_of_the_agents_pack(
    agent: str, pack: str, split: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_pack(pack)
    task = loaded.split(split).tasks[0]
    setup = watch_setup(loaded, [agent], AgentChoices(), first=task)
    screen, written = WatchScreen(setup, Script()), []
    write = Typeset.write

    def note(type: Typeset, surface: pygame.Surface, text: str, *more: Any, **at: Any) -> Any:
        written.append(text)
        return write(type, surface, text, *more, **at)

    monkeypatch.setattr(Typeset, "write", note)
    screen.draw(pygame.Surface((1280, 800)))
    assert {"usual on unseen tasks", "seen in training", "higher is better"} & {*written} == {hint}
    assert bool(screen.run.phase.axes.usual) == (hint == "usual on unseen tasks")


def test_tasks_with_redrawn_ranges_are_seen_in_training(tmp_path: Path) -> None:
    """Their agent has no list of training tasks, because there is no end of them."""
    (tmp_path / "slippery.txt").write_text("slip: 0.1..0.2\nmap:\n@???\n????\n")
    pack = load_pack(tmp_path)
    card = AgentCard("maml", 20, pack=pack.name)
    train, test = pack.split("train").tasks, pack.split("test").tasks
    assert pack.split("train").unlimited
    assert seen_ids(card, pack) == {task.id for task in train}
    assert held_out_ids(card, pack) == {task.id for task in test}
    assert held_out_ids(replace(card, pack="other"), pack) == set()


def test_a_folder_of_the_same_name_is_not_the_agents_pack(tmp_path: Path):
    card = agent_card("maml-goals-5x5")
    assert is_training_pack(card, load_pack("goals-5x5"))
    (tmp_path / "goals-5x5").mkdir()
    (tmp_path / "goals-5x5" / "a.txt").write_text("map:\n@...\n???.\n???.\n")
    other = load_pack(tmp_path / "goals-5x5")
    assert other.name == card.pack
    assert not is_training_pack(card, other)
    assert held_out_ids(card, other) == frozenset()
    endless = replace(card, pack="mazes-9x9", trained_on=frozenset())
    assert is_training_pack(endless, load_pack("mazes-9x9"))
    (tmp_path / "goals-5x5").rename(tmp_path / "mazes-9x9")
    assert not is_training_pack(endless, load_pack(tmp_path / "mazes-9x9"))


# --- levels whose goal is every box on a target


def test_there_is_no_goal_to_move_where_boxes_are_the_goal() -> None:
    level = parse("ends: boxes\nsteps: 9\nmap:\n.....\n@.$.X\n.....\n")
    task = Task(level, "Boxes")
    screen = WatchScreen(subject(task), RecordedFeed(traces(task)))
    screen.update(0.0)
    picture(screen)
    screen.handle(press(pygame.K_m))
    assert screen.experiments.goal is None
    assert screen.notice is not None
    assert "no goal to move" in screen.notice.heading
    screen.notice = None
    assert screen._frame is not None
    screen.handle(click(screen._frame.layout.board.center))
    assert screen.notice is not None
    for key in (pygame.K_h, pygame.K_o, pygame.K_b, pygame.K_f):
        screen.handle(press(key, chr(key)))
        picture(screen)
    screen.run.playback.to_last()
    picture(screen)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("goal: visible", ""),
        ("goal: hidden", "Hidden here: goal."),
        (
            "define: o worth={-3}",
            "Hidden here: goal, what coins pay.\nDrawn: coins cost 3.",
        ),
    ],
)
def test_the_panel_names_what_is_hidden_and_what_was_drawn(script: Script, header: str, text: str):
    task = nth_task(parse(f"{header}\nmap:\n@.o\n..G\n"), 0, "Lane")
    page = WatchScreen(subject(task), script)
    assert page.facts().hidden == text
    assert picture(page, (480, 480))

"""The window, and recordings without a window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

from game.files import save_png
from game.session.messages import RecordedFeed
from game.view import window
from game.view.draw.display_size import fit_to_desktop
from game.view.draw.theme import Typeset
from game.view.image_files import (
    GIF_SIZE,
    FlatFrames,
    final_frame,
    gif_pace,
    save_gif,
)
from game.view.screens.watch import WatchScreen
from tests.view_data import Script, press, subject, traces


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use the video driver without a screen."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.quit()


class Scripted(WatchScreen):
    """A watch screen that posts one event, or resizes the window, in each frame."""

    def play(self, *events: pygame.event.Event | tuple[int, int]) -> None:
        self.coming = list(events)
        self.sizes: list[tuple[int, int]] = []

    def draw(self, surface: pygame.Surface) -> None:
        super().draw(surface)
        self.sizes.append(surface.get_size())
        event = self.coming.pop(0)
        if isinstance(event, tuple):
            pygame.display.set_mode(event, pygame.RESIZABLE)
        else:
            pygame.event.post(event)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("last", [pygame.event.Event(pygame.QUIT), press(pygame.K_ESCAPE)])
def test_it_closes_at_once_even_while_the_agent_loads(last: pygame.event.Event) -> None:
    screen = Scripted(subject(), Script())
    screen.play(last)
    assert window.run(screen, size=(640, 480), blind=True) == 0
    assert len(screen.sizes) == 1
    assert not pygame.display.get_init()


@pytest.mark.usefixtures("blind")
def test_it_can_be_resized_while_it_runs() -> None:
    screen = Scripted(subject(), RecordedFeed(traces()))
    screen.play(press(pygame.K_p), (1000, 700), press(pygame.K_RIGHT), press(pygame.K_ESCAPE))
    assert window.run(screen, size=(640, 480), blind=True) == 0
    assert screen.sizes == [(640, 480), (640, 480), (1000, 700), (1000, 700)]


@pytest.mark.usefixtures("blind")
def test_alt_and_enter_fill_the_screen_and_leave_it_again() -> None:
    screen = Scripted(subject(), RecordedFeed(traces()))
    switch = press(pygame.K_RETURN, mod=pygame.KMOD_LALT)
    screen.play(switch, switch, press(pygame.K_p), press(pygame.K_ESCAPE))
    assert window.run(screen, size=(640, 480), blind=True) == 0
    desktop = screen.sizes[1]
    assert screen.sizes[0] == (640, 480) != desktop
    assert screen.sizes[2:] == [(640, 480)] * 2


@pytest.mark.usefixtures("blind")
def test_nothing_is_drawn_while_nothing_changes() -> None:
    """A paused window is redrawn only after the next event."""

    class Paused(Scripted):
        frames = 0

        def update(self, seconds: float) -> None:
            super().update(seconds)
            self.frames += 1
            if self.frames in (40, 80):
                pygame.event.post(press(pygame.K_p if self.frames == 40 else pygame.K_ESCAPE))

    screen = Paused(subject(), RecordedFeed(traces()))
    drawn: list[int] = []
    screen.draw = lambda surface: drawn.append(screen.frames)  # type: ignore[method-assign]
    screen.handle(press(pygame.K_SPACE))
    assert window.run(screen, size=(640, 480), blind=True) == 0
    assert drawn[-1] >= 40
    assert len(drawn) < 10


@pytest.mark.usefixtures("blind")
def test_no_sound_is_opened() -> None:
    """A machine without a sound card would print warnings."""
    screen = Scripted(subject(), Script())
    screen.play(press(pygame.K_ESCAPE))
    window.run(screen, blind=True)
    assert pygame.mixer.get_init() is None


@pytest.mark.usefixtures("blind")
def test_gamepads_are_opened() -> None:
    """A gamepad that is plugged in while the window is open is opened, too."""
    found = []

    class Listening(Scripted):
        def handle(self, event: pygame.event.Event) -> None:
            found.append(pygame.joystick.get_init())
            super().handle(event)

    screen = Listening(subject(), Script())
    screen.play(press(pygame.K_ESCAPE))
    window.run(screen, blind=True)
    assert all(found)
    assert found


def test_it_refuses_to_run_on_a_driver_without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """SDL falls back on such a driver silently."""
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.setattr(pygame.display, "init", lambda: None)
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    with pytest.raises(window.NoDisplay, match="--headless --out"):
        window.run(WatchScreen(subject(), Script()))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays can be taken away there")
def test_it_refuses_on_a_machine_without_a_display() -> None:
    code = (
        "from game.view import window\n"
        "try: window.open_display((320, 240), 'none')\n"
        "except window.NoDisplay: print('refused')"
    )
    taken = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    bare = {name: value for name, value in os.environ.items() if name not in taken}
    command = [sys.executable, "-c", code]
    for environment in (bare, bare | {"SDL_VIDEODRIVER": "dummy"}):
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert found.stdout == "refused\n"


def test_plain_pygame_is_reported_with_the_command_that_repairs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(pygame, "IS_CE")
    with pytest.raises(window.WrongPygame, match="pip install pygame-ce"):
        window.run(WatchScreen(subject(), Script()))


# --- recordings


def test_the_picture_is_the_final_frame(tmp_path: Path) -> None:
    screen = WatchScreen(subject(), RecordedFeed(traces()))
    screen.eager = True
    screen.update(0.0)
    screen.run.playback.to_last()
    save_png(tmp_path / "board.png", final_frame(subject(), traces(), size=(960, 640)))
    surface = pygame.Surface((960, 640))
    screen.draw(surface)
    with Image.open(tmp_path / "board.png") as image:
        assert image.tobytes() == pygame.image.tobytes(surface, "RGB")


def test_the_gif_moves_and_stays_small(tmp_path: Path) -> None:
    save_gif(tmp_path / "a.gif", subject(), traces())
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == GIF_SIZE
        assert getattr(image, "n_frames") > 30  # noqa: B009 - Pillow does not declare it
    assert (tmp_path / "a.gif").stat().st_size < 3_000_000


def test_the_same_traces_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_gif(tmp_path / f"{name}.gif", subject(), traces(), size=(480, 480))
        save_png(tmp_path / f"{name}.png", final_frame(subject(), traces()))
    for kind in ("gif", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_what_changes_from_frame_to_frame_is_all_of_a_gif_that_is_converted() -> None:
    palette = Image.linear_gradient("L").convert("RGB").quantize(64)
    frames, rng = FlatFrames(palette), np.random.default_rng(0)
    surface = pygame.Surface((60, 40), depth=32)
    corners = [(0, 0, 60, 40), (0, 0, 0, 0), (0, 0, 1, 1), (59, 39, 1, 1), (20, 10, 30, 5)]
    for area in corners:
        surface = surface.copy()
        surface.fill(rng.integers(256, size=3).tolist(), area)
        rgb = Image.frombytes("RGB", (60, 40), pygame.image.tobytes(surface, "RGB"))
        whole = rgb.quantize(palette=palette, dither=Image.Dither.NONE)
        frame = frames.next(surface)
        assert frame.tobytes() == whole.tobytes()
        assert frame.getpalette() == whole.getpalette()


def test_recordings_need_no_second_agent(tmp_path: Path) -> None:
    """One agent is enough, also with a trace that was cut short."""
    agent = traces()[:1]
    agent[0].steps.pop()
    save_png(tmp_path / "alone.png", final_frame(subject(), agent))
    assert (tmp_path / "alone.png").exists()
    save_gif(tmp_path / "alone.gif", subject(), agent, size=(480, 480))
    assert (tmp_path / "alone.gif").exists()


@pytest.mark.parametrize("steps", [0, 1, 5, 50, 200])
def test_a_gif_stays_short_for_any_number_of_steps(steps: int) -> None:
    pace = gif_pace(steps)
    longest = pace.longest + pace.rest
    assert longest * (pace.first_episodes + steps * pace.episodes) < 90


def test_the_window_leaves_room_on_a_small_desktop():
    assert fit_to_desktop((1280, 800), (1920, 1080)) == (1280, 800)
    assert fit_to_desktop((1280, 800), (1280, 800)) == (1152, 720)


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("size", [(1, 1), (100, 100), (200, 400), (400, 40), (2000, 30)])
def test_no_size_is_too_small_to_be_drawn(size: tuple[int, int]) -> None:
    """Window managers may resize a window to any size."""
    for screen in (
        WatchScreen(subject(), RecordedFeed(traces())),
        WatchScreen(subject(), Script()),
    ):
        screen.update(0.0)
        screen.draw(pygame.Surface(size))


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize(
    "text", ["a\0b", "\udcff\x1b[31m\n", "\u200d", "\u202e", "x" * 10**6, "😀"]
)
def test_any_text_can_be_drawn(text: str) -> None:
    type = Typeset(1.0)
    surface = pygame.Surface((400, 100))
    for style in ("small", "title", "mono"):
        assert type.width(type.fit(text, style, 300), style) <= 300
        type.write(surface, text, style, (0, 0, 0), topleft=(0, 0))
        assert len(type.wrap(text, style, 300, 3)) <= 3
    assert type.fit("hello world", "small", type.width("hello…", "small")) == "hello…"

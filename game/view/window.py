"""The window: opens, shows its content at 60 frames per second, and closes cleanly at any time."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import pygame

from game.view.draw.display_size import SIZE, fit_to_desktop

FRAMES_PER_SECOND = 60
IDLE_FRAMES = 60  # without a change, after which the display is not flipped any more; until then
# every frame is flipped, so that motion has even frame times
LONGEST_FRAME = 0.1  # seconds; a longer stall (a dragged window) does not let time jump
SWITCH_INTERVAL = 0.001  # seconds after which another thread must yield to the window
DUMMY_DRIVERS = ("offscreen", "dummy")
REPAIR = "python -m pip uninstall -y pygame pygame-ce && python -m pip install pygame-ce"


class NoDisplay(Exception):
    """Raised if there is no display to open a window on."""


class WrongPygame(Exception):
    """Raised if plain pygame is installed in place of pygame-ce."""


class WindowContent(Protocol):
    """The content of a window, such as the app or a single screen."""

    @property
    def quit(self) -> bool: ...

    def handle(self, event: pygame.event.Event) -> None: ...
    def update(self, seconds: float) -> None: ...
    def draw(self, surface: pygame.Surface) -> None: ...
    def snapshot(self) -> object:
        """Return the state that the drawing depends on. While it is equal, no redraw is needed."""
        ...


def check_pygame() -> None:
    """Raise WrongPygame if plain pygame shadows pygame-ce: both install a folder `pygame`."""
    if not getattr(pygame, "IS_CE", 0):
        raise WrongPygame(
            "plain pygame is installed in place of pygame-ce, which the window needs - "
            f"repair it with:\n    {REPAIR}"
        )


def open_display(size: tuple[int, int], title: str, blind: bool = False) -> pygame.Surface:
    """Open a resizable window. Raises NoDisplay if there is no screen to show it on.

    `blind` also accepts a video driver without a screen; for tests.
    """
    try:
        # without a graphics card OpenGL is emulated, and presenting a frame takes ten times as long
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
        pygame.display.init()
        driver = pygame.display.get_driver()
        if driver in DUMMY_DRIVERS and not blind:  # SDL falls back on one silently
            raise pygame.error(f"the video driver is '{driver}'")
        pygame.display.set_caption(title)
        size = fit_to_desktop(size, pygame.display.get_desktop_sizes()[0])
        return pygame.display.set_mode(size, pygame.RESIZABLE)
    except pygame.error as error:
        pygame.display.quit()
        raise NoDisplay(
            f"there is no display to open a window on ({error}) - "
            "use --headless --out DIR to get the pictures as files"
        ) from None


def run(
    content: WindowContent,
    title: str = "Gridapt",
    size: tuple[int, int] = SIZE,
    blind: bool = False,
) -> int:
    """Show the content until it quits or the window is closed. Return the exit code.

    Only display, fonts and gamepads are initialised, because a mixer would print warnings on
    machines without a sound card. Raises NoDisplay or WrongPygame.
    """
    check_pygame()
    sys.setswitchinterval(SWITCH_INTERVAL)
    open_display(size, title, blind)
    try:
        pygame.font.init()
        pygame.joystick.init()
        pads: dict[int, object] = {}  # a gamepad sends events only as long as its object exists
        clock, idle = pygame.time.Clock(), 0
        shown: object = None  # snapshot of what is on the display; None: draw in any case
        while not content.quit:
            surface = pygame.display.get_surface()
            assert surface is not None
            snapshot = (surface.get_size(), content.snapshot())
            idle += 1
            if snapshot != shown:
                content.draw(surface)
                idle = 0
            seconds = clock.tick(FRAMES_PER_SECOND) / 1000
            if idle < IDLE_FRAMES:  # at even intervals, however long it took to draw
                pygame.display.flip()
            events = pygame.event.get()
            for event in events:
                if event.type == pygame.JOYDEVICEADDED:
                    pad = pygame.joystick.Joystick(event.device_index)
                    pads[pad.get_instance_id()] = pad
                content.handle(event)
            content.update(min(seconds, LONGEST_FRAME))
            shown = None if events else snapshot
        return 0
    finally:
        pygame.joystick.quit()
        pygame.font.quit()
        pygame.display.quit()

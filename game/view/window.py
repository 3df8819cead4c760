"""The window: opens, runs a screen at 60 frames a second, and closes cleanly at any moment."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import pygame

SIZE = (1280, 800)
DESKTOP_SHARE = 0.9  # of the desktop at most: the window's frame and a task bar need room, too
FRAMES_PER_SECOND = 60
CALM = 60  # frames without a change after which nothing is brought to the screen any more, so that
# as long as something moves the time from flip to flip is that of a frame
LONGEST_FRAME = 0.1  # seconds; after a longer stall (a dragged window) time does not jump
SWITCH_INTERVAL = 0.001  # seconds for which a thread may keep the window waiting
BLIND_DRIVERS = ("offscreen", "dummy")
MEND = "python -m pip uninstall -y pygame pygame-ce && python -m pip install pygame-ce"


class NoDisplay(Exception):
    """There is no display to open a window on."""


class WrongPygame(Exception):
    """Plain pygame is installed over pygame-ce."""


class WindowContent(Protocol):
    """What a window shows."""

    @property
    def quit(self) -> bool: ...

    def handle(self, event: pygame.event.Event) -> None: ...
    def update(self, seconds: float) -> None: ...
    def draw(self, surface: pygame.Surface) -> None: ...
    def state(self) -> object:
        """All that the picture hangs on: as long as it stays, nothing needs to be drawn."""
        ...


def check_pygame() -> None:
    """Raise WrongPygame where plain pygame shadows pygame-ce: both install a folder `pygame`."""
    if not getattr(pygame, "IS_CE", 0):
        raise WrongPygame(
            "plain pygame is installed in the place of pygame-ce, which the window needs - "
            f"mend it with:\n    {MEND}"
        )


def open_display(size: tuple[int, int], title: str, blind: bool = False) -> pygame.Surface:
    """Open a resizable window. Raises NoDisplay rather than to run on where nobody sees it.

    Only tests want a `blind` window.
    """
    try:
        # what the processor has drawn gets to the screen ten times as fast without OpenGL, which is
        # emulated where there is no graphics card
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
        pygame.display.init()
        driver = pygame.display.get_driver()
        if driver in BLIND_DRIVERS and not blind:  # SDL takes one silently where it finds no screen
            raise pygame.error(f"the video driver is '{driver}'")
        pygame.display.set_caption(title)
        size = fitting(size, pygame.display.get_desktop_sizes()[0])
        return pygame.display.set_mode(size, pygame.RESIZABLE)
    except pygame.error as error:
        pygame.display.quit()
        raise NoDisplay(
            f"there is no display to open a window on ({error}) - "
            "use --headless --out DIR to get the pictures as files"
        ) from None


def fitting(size: tuple[int, int], desktop: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height), made smaller where the desktop has no room for it."""
    width, height = (min(want, int(DESKTOP_SHARE * has)) for want, has in zip(size, desktop))
    return width, height


def run(
    screen: WindowContent, title: str = "Gridapt", size: tuple[int, int] = SIZE, blind: bool = False
) -> int:
    """Show a screen until it is left or closed. Returns the exit code.

    Only display, fonts and gamepads are initialised: a mixer would complain where there is no
    sound card.
    """
    check_pygame()
    sys.setswitchinterval(SWITCH_INTERVAL)
    open_display(size, title, blind)
    try:
        pygame.font.init()
        pygame.joystick.init()
        pads: dict[int, object] = {}  # those plugged in: one that nobody holds sends no events
        clock, calm = pygame.time.Clock(), 0
        shown: object = None  # what the picture on screen hangs on; None: draw it in any case
        while not screen.quit:
            surface = pygame.display.get_surface()
            assert surface is not None
            state = (surface.get_size(), screen.state())
            calm += 1
            if state != shown:
                screen.draw(surface)
                calm = 0
            seconds = clock.tick(FRAMES_PER_SECOND) / 1000
            if calm < CALM:  # at even intervals, however long it took to draw
                pygame.display.flip()
            events = pygame.event.get()
            for event in events:
                if event.type == pygame.JOYDEVICEADDED:
                    pad = pygame.joystick.Joystick(event.device_index)
                    pads[pad.get_instance_id()] = pad
                screen.handle(event)
            screen.update(min(seconds, LONGEST_FRAME))
            shown = None if events else state
        return 0
    finally:
        pygame.joystick.quit()
        pygame.font.quit()
        pygame.display.quit()

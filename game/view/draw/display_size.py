"""The size of the window: its usual one, and full screen."""

from __future__ import annotations

import pygame

SIZE = (1280, 800)
DESKTOP_SHARE = 0.9  # greatest share of the desktop: window frame and task bar need room, too


def fit_to_desktop(size: tuple[int, int], desktop: tuple[int, int]) -> tuple[int, int]:
    """Return the size (width, height), reduced if the desktop has too little room for it."""
    width, height = (min(want, int(DESKTOP_SHARE * has)) for want, has in zip(size, desktop))
    return width, height


def switch_full_screen() -> None:
    """Let the window fill the screen, or give it the size again that it had before. Without a
    window, nothing happens."""
    if pygame.display.get_surface() is None:
        return
    # `set_mode` with the old size is not enough: window managers keep that of the screen
    window = pygame.Window.from_display_module()
    if pygame.display.is_fullscreen():
        window.set_windowed()
    else:
        window.set_fullscreen(desktop=True)
